"""What lies between articles: stories, communications, rumours, and whether a claim was denied."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from cli.context import NOTHING_FOUND, USAGE, App, QueryCommand, current, say
from cli.rows import formats, lasting, local, print_rows, table
from config.wording import counted

if TYPE_CHECKING:
    from pipeline.likeness import Asked
    from search.storybook import Storybook
    from store.ledger import Ledger

_LIMIT = click.option("--limit", default=20, show_default=True, type=click.IntRange(1), help="How many.")


@contextmanager
def _storybook(app: App) -> Iterator[Storybook]:
    from search.answers import Searcher
    from search.storybook import Storybook

    app.require_ledger()

    def likeness() -> Asked:
        from pipeline.likeness import Asked

        return Asked(app.config)

    with Searcher(app.config, app.data) as searcher:
        yield Storybook(searcher, app.config, likeness)


def _none(
    what: str, then: str = "`marsad status` says what was collected; `marsad link` compares articles"
) -> None:
    say(f"{what}. Next: {then}.")
    raise SystemExit(NOTHING_FOUND)


def _whole_id(book: Storybook, wanted: str) -> str:
    """The id of the one story that *wanted* begins, or that the article of that id belongs to."""
    ids = book.ids_beginning(wanted.lower())
    if len(ids) == 1:
        return ids[0]
    if ids:
        say(f"{wanted!r} begins several stories: {', '.join(ids[:5])}{' …' if len(ids) > 5 else ''}")
        raise SystemExit(USAGE)
    say(f"no story {wanted!r}; `marsad stories` shows ids")
    raise SystemExit(NOTHING_FOUND)


# -- stories ----------------------------------------------------------------------------------------------


@click.command(cls=QueryCommand)
@click.argument("query", nargs=-1)
@_LIMIT
@formats
def stories(query: tuple[str, ...], limit: int, as_json: bool, as_csv: bool) -> None:
    """List the newest stories of which an article matches QUERY.

    A story is all articles about one fact or one communication, in every language.

    \b
    Examples:
      marsad stories from:7d
      marsad stories 'place:tanger kind:operation' --json
    """
    app = current()
    with _storybook(app) as book:
        rows = [one.to_json() for one in book.stories(" ".join(query), limit)]
    if not rows:
        _none("no story found")
    shown = ("story_id", "first_at", "articles", "voices", "languages", "headline")
    print_rows(app, "stories", rows, shown, as_json=as_json, as_csv=as_csv)


@click.command()
@click.argument("words", nargs=-1, required=True, metavar="ID | merge ID ID… | split ID…")
@formats
def story(words: tuple[str, ...], as_json: bool, as_csv: bool) -> None:
    """Show a story, article by article, and what ties each to it; or correct it.

    `merge` makes one story of those that the articles (or stories) belong to, `split` makes a story of their
    own of articles and their copies. Both are kept as your word and stand above what is worked out, also
    after a replay; each undoes the other, the last word counts.

    \b
    Examples:
      marsad story 3f2a9c
      marsad story merge 3f2a9c 81bb02
      marsad story split 81bb02          that article is told elsewhere; `merge` takes it back
    """
    app = current()
    if words[0] in ("merge", "split"):
        if as_csv:
            raise click.UsageError(f"--csv is for a story that is shown; {words[0]} has --json")
        _correct(app, words[0], words[1:], as_json=as_json)
        return
    if len(words) > 1:
        raise click.UsageError(f"one story at a time, got {len(words)}; or `merge`, `split`")
    with _storybook(app) as book:
        found = book.story(_whole_id(book, words[0]))
    assert found is not None  # its id was just found
    rows = [_article_row(one) for one in found.articles]
    if as_json:
        app.print_json({**found.to_json(), "members": rows})
        return
    shown = ("at", "source", "language", "voice", "relation", "because", "title")
    told = rows if as_csv else [{**row, "because": _few(row["because"])} for row in rows]
    print_rows(app, "members", told, shown, as_json=False, as_csv=as_csv)


_FACTS = 3


def _few(facts: list[str]) -> str:
    """The first facts of a join; `show` and --json have all."""
    more = len(facts) - _FACTS
    return ", ".join(facts[:_FACTS]) + (f" and {more} more" if more > 0 else "")


def _article_row(one: Any) -> dict[str, Any]:
    from search.export import stamp
    from search.stories import time_of

    ties, article = one.ties, one.article
    return {
        "article_id": one.article_id,
        "at": stamp(time_of(one)),
        "source": article.source_id,
        "language": article.language,
        "title": article.title,
        "url": article.url,
        "voice": str(ties.voice),
        "relation": ties.relation,
        "relation_of": ties.relation_of,
        "copy_of": ties.copy_of,
        "copy_share": ties.copy_share,
        "because": list(ties.because),
    }


def _correct(app: App, kind: str, wanted: tuple[str, ...], *, as_json: bool) -> None:
    """Keep an analyst's word and work the stories out again."""
    if len(wanted) < (2 if kind == "merge" else 1):
        raise click.UsageError(f"{kind} needs {'two ids or more' if kind == 'merge' else 'an id'}")
    from cli.collect import index_waiting
    from pipeline.linking import link
    from store.archive import Archive
    from store.codec import encode
    from store.records import Override

    app.require_ledger()
    with app.ledger(create=False) as ledger:
        ids = list(dict.fromkeys(_article_id(ledger, each) for each in wanted))
        stories = {one.ties.story_id for one in map(ledger.find, ids) if one and one.ties}
        if kind == "merge" and len(stories) == 1:
            say(f"all of these are in story {stories.pop()} already; nothing was changed")
            raise SystemExit(USAGE)
        said = Override(kind, tuple(ids), datetime.now(UTC))
        with Archive(app.data).writer() as writer:  # first: a replay has it from there
            writer.write_override(encode(said))
        ledger.override(said)
        done = link(ledger, app.config, again=ids)
    say(
        f"kept: {kind} {' '.join(one[:8] for one in ids)}; ties changed of {counted(done.changed, 'article')}"
    )
    index_waiting(app)
    if as_json:
        app.print_json({"kind": kind, "article_ids": ids, "changed": done.changed})


def _article_id(ledger: Ledger, start: str) -> str:
    """The id of the one article that *start* begins."""
    found = ledger.ids_beginning(start.lower(), limit=6)
    if len(found) == 1:
        return found[0]
    if found:
        say(f"{start!r} begins several ids: {', '.join(found[:5])}{' …' if len(found) > 5 else ''}")
    else:
        say(f"{start!r} is no article; `marsad stories` and `marsad story ID --json` show ids")
    raise SystemExit(USAGE if found else NOTHING_FOUND)


# -- communications ---------------------------------------------------------------------------------------


@click.command(cls=QueryCommand)
@click.argument("query", nargs=-1)
@_LIMIT
@click.option("--speed", is_flag=True, help="Only how fast all of them reached the press (no --limit).")
@formats
def communiques(query: tuple[str, ...], limit: int, speed: bool, as_json: bool, as_csv: bool) -> None:
    """List the institution's newest communications of which an article matches QUERY.

    Of each: who issued it, how many printed it, how many in words of their own, how long until the fifth
    national and the first foreign outlet had it.

    \b
    Examples:
      marsad communiques from:30d
      marsad communiques 'place:fes' --csv > fes.csv
      marsad communiques from:90d --speed
    """
    from search.storybook import communique_record

    app = current()
    with _storybook(app) as book:
        if speed:
            _print_speed(app, book, " ".join(query), as_json=as_json, as_csv=as_csv)
            return
        rows = [communique_record(one) for one in book.communiques(" ".join(query), limit)]
    if not rows:
        _none("no communication found")
    shown = ("communique_id", "first_at", "issuer", "articles", "voices", "to_fifth", "to_foreign", "title")
    if not (as_json or as_csv):
        for row in rows:
            row["to_fifth"] = lasting(row["fifth_national_s"])
            row["to_foreign"] = lasting(row["first_foreign_s"])
    print_rows(app, "communiques", rows, shown, as_json=as_json, as_csv=as_csv)


def _print_speed(app: App, book: Storybook, query: str, *, as_json: bool, as_csv: bool) -> None:
    """How long communications took to reach the fifth national and the first foreign outlet."""
    from search.delays import speed

    found = speed(book.communiques(query, sys.maxsize))
    if not found.communications:
        _none("no communication found")
    marks = {"fifth_national": found.fifth_national, "first_foreign": found.first_foreign}
    seconds = {
        name: {
            "reached": mark.reached,
            "median_s": mark.median and int(mark.median.total_seconds()),
            "p90_s": mark.p90 and int(mark.p90.total_seconds()),
        }
        for name, mark in marks.items()
    }
    whole = {"communications": found.communications, "undated": found.undated}
    if as_json:
        app.print_json({**whole, **seconds})
        return
    rows: list[dict[str, Any]] = [{"until": name, **whole, **mark} for name, mark in seconds.items()]
    for row in rows if not as_csv else ():
        row["of"] = found.communications - found.undated
        row["median"], row["nine_in_ten"] = lasting(row["median_s"]), lasting(row["p90_s"])
    shown = ("until", "reached", "of", "median", "nine_in_ten")
    print_rows(app, "speed", rows, shown, as_json=False, as_csv=as_csv)
    if found.undated:
        say(f"left out for want of a time of publication: {found.undated}")


@click.command()
@click.argument("communique_id", metavar="ID", required=False)
@click.option(
    "--text",
    "file",
    type=click.File("rb"),
    help="A communiqué's text, in UTF-8 (- is stdin).",
)
@formats
def communique(communique_id: str | None, file: Any, as_json: bool, as_csv: bool) -> None:
    """Trace one communication through the press: every pick-up with its delay, its words and its figures.

    ID is that of its story; with --text FILE the communication is the one whose text is nearest to FILE's.

    \b
    Examples:
      marsad communique 3f2a9c
      marsad communique --text bayan.txt
      xclip -o | marsad communique --text - --json
    """
    from search.storybook import communique_record

    app = current()
    if (communique_id is None) == (file is None):
        raise click.UsageError("an ID or --text FILE, one of the two")
    with _storybook(app) as book:
        wanted = book.nearest(_text_of(file)) if file else _whole_id(book, communique_id or "")
        found = book.communique(wanted) if wanted else None
    if found is None:
        _none(
            "no communication of the institution is in this story"
            if wanted
            else "no article has this text, or tells the same"
        )
        return
    row = communique_record(found)
    if as_json:
        app.print_json(row)
        return
    rows, apart = (
        [{**one, "after": lasting(one["delay_s"]), "changed": _changed(one)} for one in row[key]]
        for key in ("pick_ups", "apart")
    )
    if as_csv:
        print_rows(app, "pick_ups", rows, (), as_json=False, as_csv=True)
        return
    for line in (*app.banner(), *_communique_lines(app, row, rows, apart)):
        click.echo(line)


def _text_of(file: Any) -> str:
    """The text of a file; ends the call where it has none, or is in another encoding than UTF-8."""
    try:
        text = file.read().decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        seen = f"byte {fault.object[fault.start]:#04x} at {fault.start}"
        say(
            f"{file.name}: not UTF-8 ({seen}). Next: `iconv -f windows-1256 -t utf-8 FILE`, or paste the text"
        )
        raise SystemExit(USAGE) from None
    if not text.strip():
        say(f"{file.name}: no text in it, expected a communiqué's words")
        raise SystemExit(USAGE)
    return str(text)


def _changed(pick_up: dict[str, Any]) -> str:
    """The figures that are not the communiqué's, in a few words."""
    told = []
    for one in pick_up["figures"]:
        said, printed = (", ".join(f"{value:g}" for value in one[key]) for key in ("said", "printed"))
        match one["how"]:
            case "dropped":
                told.append(f"without {one['what']} {said}")
            case "changed":
                told.append(f"{one['what']} {printed} for {said}")
            case "added":
                told.append(f"also {one['what']} {printed}")
    return "; ".join(told)


def _communique_lines(
    app: App, row: dict[str, Any], rows: list[dict[str, Any]], apart: list[dict[str, Any]]
) -> Iterator[str]:
    yield click.style(row["title"], bold=True)
    issuer = row["issuer"] or "issuer unknown"
    yield f"{issuer}, first seen at {row['source']} ({row['language']}) {local(app, row['first_at'])}"
    fifth, foreign = row["fifth_national_s"], row["first_foreign_s"]
    yield "; ".join(
        (
            f"{counted(row['articles'], 'article')}, {row['voices']} in words of their own",
            "fewer than five national outlets" if fifth is None else f"fifth national after {lasting(fifth)}",
            "no foreign one" if foreign is None else f"first foreign after {lasting(foreign)}",
        )
    )
    if row["silent"]:
        yield f"silent though collected: {', '.join(row['silent'])}"
    yield ""
    if rows:
        yield from table(rows, ("after", "source", "language", "voice", "share", "changed", "title"))
    if apart:
        yield ""
        yield "told of it before, or on nobody's word (not counted):"
        yield from table(apart, ("after", "source", "language", "title"))


# -- rumours ----------------------------------------------------------------------------------------------


@click.command(cls=QueryCommand)
@click.argument("query", nargs=-1)
@_LIMIT
@formats
def rumours(query: tuple[str, ...], limit: int, as_json: bool, as_csv: bool) -> None:
    """List the newest rumours, and denials of which no rumour was seen, that an article of QUERY belongs to.

    States: circulating, denied, clarified, confirmed, unresolved (nothing was printed of it for the time that
    rumours.yml gives).

    \b
    Example:
      marsad rumours from:90d
    """
    from search.storybook import rumour_record

    app = current()
    with _storybook(app) as book:
        rows = [rumour_record(one) for one in book.rumours(" ".join(query), limit)]
    if not rows:
        _none("no rumour found")
    if not (as_json or as_csv):
        for row in rows:
            row["after"] = lasting(row["delay_s"])
    shown = ("rumour_id", "first_at", "state", "after", "voices", "languages", "claim")
    print_rows(app, "rumours", rows, shown, as_json=as_json, as_csv=as_csv)


@click.command()
@click.argument("rumour_id", metavar="ID")
@formats
def rumour(rumour_id: str, as_json: bool, as_csv: bool) -> None:
    """Show what became of one rumour: who ran it, who answered, who ran which, what was edited afterwards.

    Told as are the words by which the first article says that nobody answers for it; came back is the same
    claim told again, in another story, after it was answered.

    \b
    Example:
      marsad rumour 3f2a9c
    """
    from search.storybook import rumour_record

    app = current()
    with _storybook(app) as book:
        found = book.rumour(_whole_id(book, rumour_id))
        row = {**rumour_record(found), "came_back": book.came_back(found)} if found else None
    if row is None:
        _none("this story is about no rumour", f"`marsad story {rumour_id}`, or `marsad rumours`")
        return
    if as_json:
        app.print_json(row)
        return
    if as_csv:
        print_rows(app, "rumours", [row], (), as_json=False, as_csv=True)
        return
    answer = row["answer"]
    for line in app.banner():
        click.echo(line)
    click.echo(click.style(row["claim"], bold=True))
    facts = [
        ("state", row["state"]),
        ("first", f"{row['first_source']} {local(app, row['first_at'])}: {row['first_title']}"),
        ("most on", row["peak"]),
        ("voices", f"{row['voices']} in {', '.join(row['languages']) or 'no language'}"),
        ("answer", answer and f"{answer['source']} {local(app, answer['at'])}: {answer['title']}"),
        ("after", answer and lasting(row["delay_s"])),
        ("ran both", ", ".join(row["ran_both"])),
        ("rumour only", ", ".join(row["ran_rumour_only"])),
        ("answer only", ", ".join(row["ran_answer_only"])),
        ("told as", " · ".join(row["hearsay"])),
        *(("edited after", _edit_line(one)) for one in row["edits"]),
        *(("came back", f"{one['source']} {one['at']}: {one['title']}") for one in row["came_back"]),
    ]
    for name, value in facts:
        if value:
            click.echo(f"{name + ':':<14}{value}")


def _edit_line(edit: dict[str, Any]) -> str:
    how = "without a word" if edit["silent"] else "and says so"
    return f"{edit['source']} {edit['seen_at']}, {how}: {edit['before']} → {edit['after']}"


@click.command()
@click.argument("words", nargs=-1, required=True)
@formats
def claim(words: tuple[str, ...], as_json: bool, as_csv: bool) -> None:
    """Say whether a claim was denied before: earlier denials of the like, the likest first.

    The claim may be in any of the languages. Where no denial is like it, the answer is "no denial found":
    an arrest or a report is never offered as one.

    \b
    Example:
      marsad claim 'enlèvement d’enfants devant une école'
    """
    app = current()
    text = " ".join(words) if words != ("-",) else sys.stdin.read()
    if not any(map(str.isalnum, text)):
        raise click.UsageError("there is no word in this claim")
    with _storybook(app) as book:
        rows = book.denials(text)
    if as_json:
        app.print_json({"claim": text, "denials": rows})
    elif rows:
        shown = ("at", "source", "language", "place", "score", "denied")
        print_rows(app, "denials", rows, shown, as_json=False, as_csv=as_csv)
    if not rows:
        say("no denial found")
        raise SystemExit(NOTHING_FOUND)
