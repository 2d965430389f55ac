"""``marsad words``: what stands out in the articles that a query finds."""

from __future__ import annotations

import click

from cli.ask import nothing, searcher_of
from cli.context import NOTHING_FOUND, QueryCommand, current, say
from cli.rows import formats, print_rows
from config.wording import counted


@click.command(cls=QueryCommand)
@click.argument("query", nargs=-1)
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 200), help="Words shown.")
@formats
def words(query: tuple[str, ...], limit: int, as_json: bool, as_csv: bool) -> None:
    """List the words that stand out in the articles that QUERY matches.

    They are frequent there and rare in all other articles of the same language. `articles` of a `sample` of
    the matches have the word, in any of its forms, and so have `elsewhere` of all `background` articles of
    the language. Words of the query itself and words that only tie others together are left out.

    \b
    Examples:
      marsad words 'place:tanger from:7d'
      marsad words 'kind:denial' --limit 50 --json
    """
    app = current()
    text = " ".join(query)
    with searcher_of(app) as searcher:
        found = searcher.significant(text, limit=limit)
    rows = [word.to_json() for word in found.words]
    if as_json:
        app.print_json(found.to_json())
    elif as_csv or rows:
        shown = ("word", "language", "score", "articles", "sample", "elsewhere", "background")
        print_rows(app, "words", rows, shown, as_json=False, as_csv=as_csv)
    if not found.total:
        say(nothing(app, text))
        raise SystemExit(NOTHING_FOUND)
    if not rows:
        say(f"no word stands out in {counted(found.total, 'article')}. Next: ask for more, or for other ones")
        raise SystemExit(NOTHING_FOUND)
