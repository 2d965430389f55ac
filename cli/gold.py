"""``marsad gold``: pages of an outlet kept with what is right on them, and read again whenever rules change.

A gold page is two files in ``<home>/gold/<outlet>/``: the page as it came (``.html.gz``) and what is right on
it (``.json``: ``url``, ``fetched_at``, ``content_type``, ``language``, and ``expected`` with the keys of
``extract --json``, the text as a list of paragraphs).  A key taken out of ``expected`` is not compared.
"""

from __future__ import annotations

import difflib
import gzip
import json
import re
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import click

from cli.context import NOTHING_FOUND, PARTIAL, USAGE, App, current, say
from config.wording import counted

if TYPE_CHECKING:
    from store.records import FetchedPage

_DERIVED = ("url", "canonical_url", "origins", "word_count", "language_confidence", "detail")
"""Keys that say nothing of their own: not compared unless a person adds them."""
_NAME = re.compile(r"[^\w-]+")
_LONGEST_NAME = 60


@click.group(context_settings={"max_content_width": 100})
def gold() -> None:
    """Keep pages of outlets with what is right on them, and check that they are still read so.

    \b
    Example: an outlet is read badly; a rule in its YAML mends it, and must go on doing so.
      marsad gold add page.html https://example.com/2026/11/24/title
      $EDITOR var/gold/example/title.json      say what is right
      marsad gold check example                whenever rules or Marsad change
    """


@gold.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.argument("url")
@click.option("--name", help="What the gold page is called; default: the end of its URL.")
@click.option("--language", help="What the page is probably written in (BCP 47), for an unknown outlet.")
@click.option("--fetched-at", help="When the page was fetched, with its offset; default: the file's time.")
@click.option("--force", is_flag=True, help="Put it in the place of the gold page of that name.")
def add(
    file: Path, url: str, name: str | None, language: str | None, fetched_at: str | None, force: bool
) -> None:
    """Keep FILE, the page at URL, with what is read of it today, for a person to correct.

    A page that is no article may be gold too: it must go on being rejected for the same reason.

    \b
    Example:
      marsad gold add page.html https://example.com/2026/11/24/title
    """
    from cli.pages import page_of, url_fault

    app = current()
    if fault := url_fault(url):
        raise click.UsageError(f"URL: {fault}")
    if fetched_at is None:
        fetched_at = datetime.fromtimestamp(int(file.stat().st_mtime), UTC).isoformat()
    row = {"path": str(file), "url": url, "fetched_at": fetched_at}
    try:
        page = page_of(row)
    except ValueError as fault:
        raise click.UsageError(f"--fetched-at: {fault}") from None
    path = _folder(app, url) / f"{_name_of(url, name)}.json"
    if path.exists() and not force:
        say(f"{path}: there is a gold page of this name. Next: --name ANOTHER, or --force to replace it")
        raise SystemExit(USAGE)
    expected = {key: value for key, value in _read(app, page, language).items() if key not in _DERIVED}
    if "text" in expected:  # a line each, to be corrected by hand
        expected["text"] = expected["text"].split("\n")
    told = {
        "url": url,
        "fetched_at": page.fetched_at.isoformat(),
        "content_type": page.header("content-type"),
        "language": language,
        "expected": expected,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    _page_file(path).write_bytes(gzip.compress(page.body, mtime=0))
    path.write_text(json.dumps(told, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    click.echo(str(path))
    say("this is how the page is read today. Next: correct the file where that is wrong")


@gold.command()
@click.argument("names", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="One JSON line a page.")
def check(names: tuple[str, ...], as_json: bool) -> None:
    """Read every gold page again (or those of NAMES: outlets, pages) and say what differs.

    \b
    Examples:
      marsad gold check
      marsad --config my-config gold check hespress le360
    Exit codes: 0 all are read as they should be · 1 some are not · 3 there is no gold page (of one of NAMES)
    """
    app = current()
    kept = sorted(_root(app).glob("*/*.json"))
    paths = [path for path in kept if not names or any(_is_named(path, name) for name in names)]
    unknown = [name for name in names if not any(_is_named(path, name) for path in kept)]
    if unknown or not paths:
        of = f" of {', '.join(unknown)}" if unknown else ""
        say(f"{_root(app)}: no gold page{of}. Next: `marsad gold add FILE URL`")
        raise SystemExit(NOTHING_FOUND)
    wrong = 0
    for path in paths:
        label = f"{path.parent.name}/{path.stem}"
        differences = _differences(app, path)
        wrong += bool(differences)
        if as_json:
            click.echo(json.dumps({"page": label, "differences": differences}, ensure_ascii=False))
        else:
            click.echo(f"{label}: {'differs' if differences else 'ok'}")
            for difference in differences:
                for line in _lines(difference):
                    click.echo(f"  {line}")
    say(f"{counted(len(paths), 'gold page')}, {wrong} not read as it should be")
    if wrong:
        raise SystemExit(PARTIAL)


def _root(app: App) -> Path:
    return app.data / "gold"


def _folder(app: App, url: str) -> Path:
    """Of the outlet that serves *url*, by its id; of an unknown one, by its host."""
    host = urlsplit(url).hostname or "unknown"
    source = app.config.source_of(host)
    return _root(app) / (source.id if source else _NAME.sub("-", host.lower().removeprefix("www.")))


def _name_of(url: str, name: str | None) -> str:
    """*name*, or the last part of the URL's path, as the name of a file."""
    last = name or unquote(urlsplit(url).path).rstrip("/").rpartition("/")[2].removesuffix(".html")
    return _NAME.sub("-", last).strip("-")[:_LONGEST_NAME] or "page"


def _page_file(path: Path) -> Path:
    return path.with_suffix(".html.gz")


def _is_named(path: Path, name: str) -> bool:
    return name in (path.parent.name, path.stem, f"{path.parent.name}/{path.stem}")


def _read(app: App, page: FetchedPage, language: str | None) -> dict[str, Any]:
    from cli.pages import answer, rules_of
    from pipeline.extraction import extract

    return answer(extract(page, rules_of(app, page.url, language)))


def _differences(app: App, path: Path) -> list[dict[str, Any]]:
    """``{field, expected, read}`` of each field of a gold page that is not read as it should be."""
    from cli.pages import fetch_time
    from store.records import FetchedPage

    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        expected, url = {**told["expected"]}, told["url"]
        page = FetchedPage.of(
            url,
            gzip.decompress(_page_file(path).read_bytes()),
            content_type=told.get("content_type") or "text/html",
            fetched_at=fetch_time(told["fetched_at"]),
        )
        got = _read(app, page, told.get("language"))
    except (
        OSError,
        EOFError,
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        OverflowError,
        zlib.error,
    ) as fault:
        what = f"no key {fault}" if isinstance(fault, KeyError) else str(fault)
        return [{"field": "file", "expected": "a gold page of `marsad gold add`", "read": what}]
    if isinstance(expected.get("text"), list):
        expected["text"] = "\n".join(map(str, expected["text"]))
    if "rejected" in got and "rejected" not in expected:
        expected = {"rejected": None}
    return [
        {"field": key, "expected": value, "read": got.get(key)}
        for key, value in expected.items()
        if got.get(key) != value
    ]


def _lines(difference: dict[str, Any]) -> Iterator[str]:
    """A difference for a terminal: of a text the lines that differ, of other fields both values."""
    field, expected, read = (difference[key] for key in ("field", "expected", "read"))
    yield click.style(field, bold=True)
    if field == "text" and isinstance(expected, str) and isinstance(read, str):
        changed = difflib.unified_diff(expected.split("\n"), read.split("\n"), lineterm="", n=0)
        for line in list(changed)[2:]:
            if not line.startswith("@@"):
                yield f"  {line[0]} {line[1:]}"
        return
    yield f"  - {_short(expected)}"
    yield f"  + {_short(read)}"


def _short(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
