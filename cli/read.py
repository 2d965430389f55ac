"""Reading without crawling: ``extract`` from files, ``replay`` from the archive, ``import`` from any WARC."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from cli.context import NOTHING_FOUND, PARTIAL, USAGE, App, current, is_terminal, say

# -- extract ----------------------------------------------------------------------------------------------


@click.command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--url", help="Where the page was found: dates and canonical URLs are read against it.")
@click.option("--language", help="What the page is probably written in (BCP 47).")
@click.option(
    "--list",
    "listing",
    type=click.File("r", encoding="utf-8-sig", errors="replace"),
    help="JSON Lines {path, url, content_type?, fetched_at?, language?, pages?}; - is stdin.",
)
@click.option("--join", is_flag=True, help="FILES are the pages of one article, in order.")
@click.option("--json", "as_json", is_flag=True, help="One JSON line a page (docs/output.md).")
@click.option("--explain", is_flag=True, help="What was found for each field, and why each block is text.")
@click.option(
    "--html",
    "coloured",
    type=click.Path(path_type=Path, dir_okay=False, writable=True),
    help="Write the explanation to this file, as a page in colours.",
)
def extract(
    files: tuple[Path, ...],
    url: str | None,
    language: str | None,
    listing: Any,
    join: bool,
    as_json: bool,
    explain: bool,
    coloured: Path | None,
) -> None:
    """Read article pages from FILES, storing nothing.

    \b
    Examples:
      marsad extract page.html --url https://example.com/2026/11/24/title --json
      marsad extract --list pages.jsonl --json > articles.jsonl
      marsad extract one.html two.html --join --url https://example.com/x --json
      marsad extract page.html --url https://example.com/x --explain --html why.html
    """
    app = current()
    if coloured and not explain:
        raise click.UsageError("--html is a form of --explain: give both")
    if explain and (as_json or len(files) != 1):
        raise click.UsageError("--explain reads one FILE and prints for people: no --json, no --list")
    if join and (listing or len(files) < 2):
        raise click.UsageError('--join needs two FILES or more; in a --list, name the others in "pages"')
    if bool(files) == bool(listing):
        raise click.UsageError("name FILES, or --list FILE.jsonl")
    if files and not url:
        raise click.UsageError("FILES need --url: dates and canonical URLs are read against it")
    from cli.pages import url_fault

    if url and (fault := url_fault(url)):
        raise click.UsageError(f"--url: {fault}")
    if explain:
        _explain(app, {"path": str(files[0]), "url": url, "language": language}, coloured)
        return
    rows: Iterator[dict[str, Any]]
    if listing:
        rows = _listed(listing)
    elif join:
        rows = iter([{"path": str(files[0]), "url": url, "pages": [str(file) for file in files[1:]]}])
    else:
        rows = iter({"path": str(file), "url": url} for file in files)
    refused = 0
    for row in rows:
        row = {"language": language, **row}
        result = _extracted(app, row)
        refused += "rejected" in result
        if as_json:
            click.echo(json.dumps(result, ensure_ascii=False))
        else:
            _print_article(result)
    if refused:
        raise SystemExit(PARTIAL)


def _listed(listing: Any) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(listing, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            if not isinstance(row, dict):
                raise ValueError(f"got {type(row).__name__}, expected an object")
            for key in _LIST_KEYS:
                if not isinstance(row.get(key), str | None):
                    raise ValueError(f"{key}: got {row[key]!r}, expected a text")
            pages = row.get("pages") or []
            if not isinstance(pages, list) or not all(isinstance(path, str) for path in pages):
                raise ValueError(f"pages: got {pages!r}, expected a list of paths")
        except ValueError as fault:
            row = {"fault": f"line {number}: {fault}"}
        yield row


_LIST_KEYS = ("path", "url", "content_type", "fetched_at", "language")


def _extracted(app: App, row: dict[str, Any]) -> dict[str, Any]:
    """The JSON answer for one row.  A bad row harms no other."""
    from cli.pages import answer, page_of, rules_of
    from pipeline.extraction import joined

    if "fault" in row:
        return {"rejected": "unreadable", "url": None, "detail": row["fault"]}
    try:
        pages = [page_of(row), *(page_of(row, path) for path in row.get("pages") or ())]
        return answer(joined(pages, rules_of(app, row["url"], row.get("language"))))
    except OSError as fault:
        why = f"{fault.filename or row['path']}: {fault.strerror or fault}"
    except (ValueError, KeyError, TypeError) as fault:
        why = f"no key {fault}" if isinstance(fault, KeyError) else str(fault)
    return {"rejected": "unreadable", "url": row.get("url"), "detail": why}


def _explain(app: App, row: dict[str, Any], coloured: Path | None) -> None:
    from cli.explained import as_html, as_lines
    from cli.pages import page_of, rules_of
    from pipeline.extraction.explain import explain
    from store.records import Rejection

    page = page_of(row)
    explanation = explain(page, rules_of(app, page.url, row["language"]))
    if coloured:
        coloured.write_text(as_html(explanation, page.url), encoding="utf-8")
        say(f"written to {coloured}")
    else:
        for line in as_lines(explanation):
            click.echo(line)
    if isinstance(explanation.result, Rejection):
        raise SystemExit(PARTIAL)


def _print_article(result: dict[str, Any]) -> None:
    if "rejected" in result:
        say(f"{result['url']}: no article ({result['rejected']}) {result['detail']}".rstrip())
        return
    published = result["published"]
    click.echo(click.style(result["title"], bold=True))
    for value in (result["subtitle"], published and published["at"], ", ".join(result["authors"])):
        if value:
            click.echo(value)
    click.echo("\n" + result["text"] + "\n")


# -- replay and import ------------------------------------------------------------------------------------


@click.command()
@click.argument("warcs", nargs=-1, type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option(
    "--workers", default=1, show_default=True, type=click.IntRange(1, 64), help="Reading processes."
)
@click.option("--annotate", is_flag=True, help="Only make labels anew, from the texts in the ledger.")
@click.option("--json", "as_json", is_flag=True, help="The counts as one JSON object.")
def replay(warcs: tuple[Path, ...], workers: int, annotate: bool, as_json: bool) -> None:
    """Make every article again from the archive (or from these files of it), then index what changed.

    After a change of rules (config/) --annotate is enough: no page is read again, and it says how often each
    label changed.

    Into an empty home (copy its archive/ there) this rebuilds ledger and index: the same articles, revisions
    and times as the crawl made.

    \b
    Example:
      marsad --home fresh replay var/archive/*.warc.gz
      marsad replay --annotate
    """
    if annotate and warcs:
        raise click.UsageError("--annotate reads the ledger, not files")
    if annotate:
        _annotate_again(as_json)
    else:
        _read_in(warcs, workers, as_json)


def _annotate_again(as_json: bool) -> None:
    from cli.collect import index_waiting, link_waiting
    from pipeline.reannotate import reannotate

    app = current()
    app.require_ledger()
    with app.ledger(create=False) as ledger, ticker("revisions looked at") as tick:
        counts = reannotate(ledger, app.config, tick)
    link_waiting(app)
    indexed = index_waiting(app)
    if as_json:
        app.print_json({**counts, "indexed": indexed})
        return
    for line in app.banner():
        click.echo(line)
    for name, number in counts.items():
        click.echo(f"{name:<28}{number:>9}")
    click.echo(f"{'indexed':<28}{indexed:>9}")


@click.command("import")
@click.argument(
    "warcs", nargs=-1, required=True, type=click.Path(path_type=Path, dir_okay=False, exists=True)
)
@click.option(
    "--workers", default=1, show_default=True, type=click.IntRange(1, 64), help="Reading processes."
)
@click.option("--json", "as_json", is_flag=True, help="The counts as one JSON object.")
def import_(warcs: tuple[Path, ...], workers: int, as_json: bool) -> None:
    """Take in the pages of any WARC files (CC-NEWS included), keeping each capture's own time.

    The pages are copied into our archive first, credited to the outlet whose host served them.

    \b
    Example:
      marsad import CC-NEWS-20261124.warc.gz
    """
    _read_in(warcs, workers, as_json)


_NOT_PAGES = {"broken", "truncated", "too_large", "not_http", "skipped"}
"""Counts of records that gave no page."""


def _read_in(warcs: tuple[Path, ...], workers: int, as_json: bool) -> None:
    from cli.collect import index_waiting, link_waiting
    from config.logs import configure
    from pipeline.replay import replay_pages

    app = current()
    configure(app.config.settings)
    app.data.mkdir(parents=True, exist_ok=True)
    with ticker("pages read") as tick:
        counts: Counter[str] = replay_pages(
            app.config, app.data, list(warcs) or None, workers=workers, progress=tick
        )
    link_waiting(app)
    indexed = index_waiting(app)
    if as_json:
        app.print_json({**counts, "indexed": indexed})
    else:
        for line in app.banner():
            click.echo(line)
        for name, number in sorted(counts.items()):
            click.echo(f"{name:<28}{number:>9}")
        click.echo(f"{'indexed':<28}{indexed:>9}")
    if not counts:
        empty = "these files are empty" if warcs else "the archive is empty"
        say(f"no page to read: {empty}. Next: name WARC files, or `marsad crawl`.")
        raise SystemExit(USAGE)
    if not set(counts) - _NOT_PAGES:
        say("not one page could be read of these files")
        raise SystemExit(NOTHING_FOUND)


@contextmanager
def ticker(label: str) -> Iterator[Callable[[int], None]]:
    """A running count on stderr where that is a terminal."""
    if not is_terminal():
        yield lambda done: None
        return
    try:
        yield lambda done: click.echo(f"\r{done} {label}", nl=False, err=True)
    finally:
        click.echo("\r\x1b[K", nl=False, err=True)
