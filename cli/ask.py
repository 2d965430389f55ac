"""The questions: ``search``, ``trend``, ``show``, ``export``."""

from __future__ import annotations

import difflib
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli.context import NOTHING_FOUND, PARTIAL, USAGE, App, QueryCommand, current, is_terminal, say
from cli.rows import local, print_rows
from config.wording import counted

if TYPE_CHECKING:
    from config.model import Source
    from search.answers import SearchAnswer, Searcher, SearchHit
    from search.highlight import Highlight
    from search.trends import Point, Trend
    from store.records import Annotated, Article, Evidence, Figure, StoredArticle
    from store.retention import Removed

UNITS = ("articles", "stories", "voices", "communications")
INTERVALS = ("hour", "day", "week", "month", "quarter", "year")


@contextmanager
def searcher_of(app: App) -> Iterator[Searcher]:
    from search.answers import Searcher

    app.require_ledger()
    with Searcher(app.config, app.data) as searcher:
        yield searcher


def _local(app: App, at: datetime | None) -> str:
    """*at* for a person, or as many blanks and words."""
    return "date unknown    " if at is None else local(app, at)


_unmasked = click.option(
    "--unmasked", is_flag=True, help="Names of private persons as printed, where the settings allow it."
)


def _may_unmask(app: App, unmasked: bool) -> None:
    """End the call where names were asked for as printed and the operator does not allow it."""
    if unmasked and not app.config.settings["privacy.unmasked"]:
        say("--unmasked is not allowed here. Next: `privacy.unmasked = true` in marsad.toml")
        raise SystemExit(USAGE)


# -- search -----------------------------------------------------------------------------------------------


class _Search(QueryCommand):
    """``--count`` stands alone or before a unit; any other word after it is one of the query."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        told = [
            "--count=all" if word == "--count" and after not in UNITS else word
            for word, after in pairwise([*args, ""])
        ]
        return super().parse_args(ctx, told)


@click.command(cls=_Search)
@click.argument("query", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="One JSON object (docs/output.md).")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(0), help="Hits shown.")
@click.option("--sort", type=click.Choice(["time", "score"]), default="time", show_default=True)
@click.option("--facets", default="", metavar="FIELD,…", help="Count values: source,lang,country,…")
@click.option("--values", default=10, show_default=True, type=click.IntRange(1), help="Values shown of each.")
@click.option("--cursor", help="Continue after the page that gave this cursor.")
@click.option("--group", type=click.Choice(["story"]), help="One line a story, as `marsad stories`.")
@click.option(
    "--count",
    "unit",
    type=click.Choice(["all", *UNITS]),
    metavar="[UNIT]",
    help="Only count articles, stories, voices, communications; or one of these.",
)
def search(
    query: tuple[str, ...],
    as_json: bool,
    limit: int,
    sort: Any,
    facets: str,
    values: int,
    cursor: str | None,
    group: str | None,
    unit: Any,
) -> None:
    """Find articles that QUERY matches, newest first.

    Words are joined by AND; "phrase", -word, OR, ( ), prefix*, "two words"~5, field:value, from: and to: are
    understood (docs/query.md). Articles about the watched institution and its neighbours are shown;
    relevance:any shows everything that was collected.

    \b
    Examples:
      marsad search 'توقيف طنجة from:7d'
      marsad search '"sûreté nationale" source:courrier-bouregreg' --sort score
      marsad search 'DGSN lang:(es OR en)' --facets source,lang --json
      marsad search 'kind:denial from:90d' --count stories
    """
    app = current()
    if group or unit:
        whole = "--group" if group else "--count"
        others = {"--count": group and unit, "--facets": facets, "--cursor": cursor, "--sort": sort != "time"}
        if beside := [name for name, given in others.items() if given]:
            raise click.UsageError(f"{whole} goes without {' and '.join(beside)}")
    if group:
        _grouped(query, limit, as_json)
        return
    if unit:
        _count(app, " ".join(query), unit, as_json)
        return
    names = tuple(filter(None, facets.split(",")))
    with searcher_of(app) as searcher:
        try:
            answer = searcher.search(
                " ".join(query), limit=limit, sort=sort, facets=names, facet_size=values, cursor=cursor
            )
        except ValueError as fault:
            say(str(fault))
            raise SystemExit(USAGE) from None
    if as_json:
        app.print_json(answer.to_json())
    elif answer.total:
        for line in _answer_lines(app, answer):
            click.echo(line)
    if answer.partial:
        say(f"partial: {answer.partial}")
        raise SystemExit(PARTIAL)
    if not answer.total:
        say(nothing(app, answer.query))
        raise SystemExit(NOTHING_FOUND)


def _grouped(query: tuple[str, ...], limit: int, as_json: bool) -> None:
    """The stories of the newest matches; the same answer as that of ``marsad stories``."""
    from cli.stories import stories

    context = click.get_current_context()
    context.invoke(stories, query=query, limit=limit, as_json=as_json, as_csv=False)


def _count(app: App, query: str, unit: str, as_json: bool) -> None:
    """How many articles, stories, voices and communications match, or of one of these."""
    from search.units import counted as units_of

    with searcher_of(app) as searcher:
        found = units_of(searcher.articles(query))
    shown = {name: number for name, number in found.items() if unit in ("all", name)}
    if as_json:
        app.print_json({"query": query, **shown})
    else:
        for line in app.banner():
            click.echo(line)
        for name, number in shown.items():
            click.echo(f"{name:<16}{number:>9}")
    if not found["articles"]:
        say(nothing(app, query))
        raise SystemExit(NOTHING_FOUND)


_COMPARED = re.compile(r"\b(story|voice):", re.IGNORECASE)
_SOURCE = re.compile(r"\bsource:[(\"-]*([\w.-]+)", re.IGNORECASE)


def nothing(app: App, query: str) -> str:
    """That *query* found nothing, and what may be the reason: a hole must not be read as silence."""
    from config.faults import nearest

    hints = []
    if labels := sorted({name.lower() for name in _COMPARED.findall(query)}):
        named = " and ".join(f"{name}:" for name in labels)
        hints.append(f"{named} ask for what `marsad link` works out (a crawl does so at its end).")
    asked = {name.lower() for name in _SOURCE.findall(query)} - {"web"}
    for unknown in sorted(asked - set(app.config.sources) if asked else ()):
        near = nearest(unknown, app.config.sources)
        hints.append(f"No outlet {unknown!r} is in the catalogue" + (f": {near!r}?" if near else "."))
    if "partner:" in query:
        hints.append(
            "`marsad search --facets partner --values 50 --limit 0` lists the partners that there are."
        )
    if "relevance:" not in query:
        hints.append("Articles not about the institution are found with relevance:any.")
    return " ".join([f"nothing found for {query!r}.", *hints])


def _answer_lines(app: App, answer: SearchAnswer) -> Iterator[str]:
    yield from app.banner()
    shown = len(answer.hits)
    part = f", {shown} shown" if shown < answer.total else ""
    yield f"{counted(answer.total, 'article')}{part} ({answer.took_ms:g} ms)"
    for hit in answer.hits:
        yield ""
        yield from _hit_lines(app, hit)
    for name, buckets in answer.facets.items():
        yield ""
        yield f"{name}: " + ("  ".join(f"{bucket.value} {bucket.count}" for bucket in buckets) or "none")
    if answer.cursor:
        yield ""
        yield f"more: --cursor {answer.cursor}"


def _hit_lines(app: App, hit: SearchHit) -> Iterator[str]:
    title = next((mark for mark in hit.highlights if mark.field == "title"), None)
    marks = "".join(
        f"  [{mark}]"
        for mark in (hit.relevance if hit.relevance != "in" else "", "taken down" if hit.removed_at else "")
        if mark
    )
    yield f"{_local(app, hit.published_at)}  {hit.source} ({hit.language}){marks}"
    yield "  " + (_marked(title) if title else click.style(hit.title, bold=False))
    for highlight in hit.highlights:
        if highlight.field != "title":
            yield "    " + " ".join(_marked(highlight).split())
    because = [
        f"{m.term} = {'، '.join(m.words)}" for m in hit.matched if m.via in ("equivalent", "form") and m.words
    ]
    if because:
        yield "    why: " + " · ".join(because)
    yield f"  {hit.article_id}  {hit.url}"


def _marked(highlight: Highlight) -> str:
    """The text with what matched set off: bold on a terminal, as it is elsewhere."""
    out, last = [], 0
    for start, end in highlight.marks:
        out += [highlight.text[last:start], click.style(highlight.text[start:end], bold=True)]
        last = end
    return "".join([*out, highlight.text[last:]])


# -- trend ------------------------------------------------------------------------------------------------


@click.command(cls=QueryCommand)
@click.argument("query", nargs=-1)
@click.option("--by", "interval", type=click.Choice(INTERVALS), default="day", show_default=True)
@click.option("--split", metavar="FIELD", help="One line for each value: lang, source, place, …")
@click.option(
    "--compare", multiple=True, metavar="QUERY", help="A second query on the same axis; up to four."
)
@click.option("--share", is_flag=True, help="Draw the share of all collected articles, not the count.")
@click.option(
    "--count",
    "unit",
    type=click.Choice(UNITS),
    default="articles",
    show_default=True,
    help="What is counted; each counts once, when it began.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object (docs/output.md).")
@click.option("--csv", "as_csv", is_flag=True, help="Rows as CSV: one for each interval of each line.")
@click.option("--svg", type=click.Path(path_type=Path, dir_okay=False), help="Draw it into this file.")
def trend(
    query: tuple[str, ...],
    interval: Any,
    split: str | None,
    compare: tuple[str, ...],
    share: bool,
    unit: Any,
    as_json: bool,
    as_csv: bool,
    svg: Path | None,
) -> None:
    """Count the articles that QUERY matches over time, in the newsroom's time zone.

    Empty intervals are shown; an interval in which a source was not collected is marked, so that a hole is
    never read as silence.

    \b
    Examples:
      marsad trend 'الأمن الوطني from:90d' --by week
      marsad trend DGSN --by month --share --split lang --svg dgsn.svg
      marsad trend place:tanger --compare place:casablanca --by week --json
      marsad trend kind:denial --by quarter --count communications --csv > denials.csv
    """
    app = current()
    text = " ".join(query)
    if unit != "articles" and (split or share):
        raise click.UsageError(f"--count {unit} goes without --split and --share: these are of articles")
    with searcher_of(app) as searcher:
        try:
            found = searcher.trend(text, compare=compare, interval=interval, split=split)
            if unit != "articles":
                found = searcher.in_units(found, unit)
        except ValueError as fault:
            say(str(fault))
            raise SystemExit(USAGE) from None
    if svg:
        from search.chart import svg as draw

        svg.write_text(draw(found, measure="share" if share else "count"), encoding="utf-8")
        say(f"drawn: {svg}")
    if as_json:
        app.print_json(found.to_json())
    elif as_csv:
        print_rows(app, "points", _trend_rows(found), (), as_json=False, as_csv=True)
    elif not svg:
        for line in _trend_lines(app, found, share, unit):
            click.echo(line)
    if not any(point.count for one in (found, *found.compare) for point in one.points):
        say(nothing(app, text))
        raise SystemExit(NOTHING_FOUND)


_BARS = " ▏▎▍▌▋▊▉█"
_BAR_WIDTH = 32


def _trend_rows(found: Trend) -> list[dict[str, Any]]:
    """One row for each interval of each query, and of each value that it is split by."""
    return [
        {"query": one.query, "value": value, **point.to_json()}
        for one in (found, *found.compare)
        for value, points in ((None, one.points), *one.split.items())
        for point in points
    ]


def _trend_lines(app: App, found: Trend, share: bool, unit: str) -> Iterator[str]:
    yield from app.banner()
    lines: list[tuple[str, Sequence[Point], int]] = [
        (value, points, found.sources) for value, points in found.split.items()
    ]
    for one in (found, *found.compare) if found.compare or not lines else ():
        lines.append((one.query, one.points, one.sources))
    for name, points, sources in lines:
        what = name or "all articles"
        if unit != "articles":
            what = f"{unit} of {what}"
        yield f"{what}, by {found.interval} ({found.time_zone})"
        top = max((_measure(point, share) for point in points), default=0) or 1
        for point in points:
            value = _measure(point, share)
            eighths = round(value / top * _BAR_WIDTH * 8)
            bar = "█" * (eighths // 8) + _BARS[eighths % 8].strip()
            number = "–" if share and point.share is None else f"{value:.1%}" if share else str(point.count)
            gap = f"  ({len(point.gaps)} of {counted(sources, 'outlet')} not collected)" if point.gaps else ""
            yield f"  {point.start:<10}  {number:>6}  {bar}{gap}"
        yield ""


def _measure(point: Point, share: bool) -> float:
    return (point.share or 0.0) if share else float(point.count)


# -- show -------------------------------------------------------------------------------------------------


@click.command()
@click.argument("article_id", metavar="ID")
@click.option("--revisions", is_flag=True, help="Every revision, and what each changed.")
@click.option("--json", "as_json", is_flag=True, help="The article with the keys of `export`.")
@_unmasked
def show(article_id: str, revisions: bool, as_json: bool, unmasked: bool) -> None:
    """Show one article: what it says, what was understood and why, and where its page lies.

    ID is the article's id, a beginning of it, or its URL. Names of private persons are hidden.

    \b
    Example:
      marsad show 3f2a9c --revisions
    """
    app = current()
    _may_unmask(app, unmasked)
    app.require_ledger()
    from search.export import record
    from search.masking import masked
    from store.archive import Archive
    from store.retention import removed_files

    with app.ledger(create=False) as ledger:
        stored = _find(ledger, article_id)
        history = ledger.revisions(stored.article_id) if revisions else [stored]
    source = app.config.sources.get(stored.article.source_id)
    removed = removed_files(Archive(app.data))
    if as_json:
        rows = [_shown(record(one, source, unmasked=unmasked), removed) for one in (stored, *history)]
        app.print_json({**rows[0], "revisions": rows[1:]} if revisions else rows[0])
        return
    if not unmasked:
        stored, history = masked(stored), [masked(one) for one in history]
    for line in (*app.banner(), *_article_lines(app, stored, source, removed.get(stored.capture.file))):
        click.echo(line)
    for older, newer in pairwise(history):
        click.echo("")
        for line in _change_lines(app, older, newer):
            click.echo(line)


def _shown(row: dict[str, Any], removed: Mapping[str, Removed]) -> dict[str, Any]:
    """*row* with when the file of its page was deleted, if it was."""
    from search.export import stamp

    gone = removed.get(row["capture"]["file"])
    return {**row, "capture": {**row["capture"], "removed_at": stamp(gone.removed_at) if gone else None}}


def _find(ledger: Any, wanted: str) -> StoredArticle:
    """The article of an id, the beginning of one, or a URL; ends the call where there is none or several."""
    if "/" in wanted:
        from store.urls import url_key

        try:
            found = ledger.find_by_key(url_key(wanted))
        except ValueError as fault:
            say(str(fault))
            raise SystemExit(USAGE) from None
        ids = [found] if found else []
    else:
        ids = ledger.ids_beginning(wanted.lower(), limit=6)
    if len(ids) > 1:
        say(f"{wanted!r} begins several ids: {', '.join(ids[:5])}{' …' if len(ids) > 5 else ''}")
        raise SystemExit(USAGE)
    stored: StoredArticle | None = ledger.find(ids[0]) if ids else None
    if stored is None:
        say(f"no article {wanted!r}; `marsad search` shows ids")
        raise SystemExit(NOTHING_FOUND)
    return stored


def _article_lines(
    app: App, stored: StoredArticle, source: Source | None, removed: Removed | None
) -> Iterator[str]:
    article, annotated = stored.article, stored.annotated
    published = article.published
    yield click.style(article.title, bold=True)
    if article.subtitle:
        yield article.subtitle
    yield ""
    times = {entry.paragraph: _local(app, entry.at.at) for entry in article.entries}
    for number, paragraph in enumerate(article.paragraphs):
        if number in times:
            yield click.style(times[number], dim=True)
        yield paragraph
    yield ""
    facts: list[tuple[str, object]] = [
        ("id", f"{stored.article_id}, revision {stored.revision}"),
        ("url", article.canonical_url),
        (
            "source",
            f"{article.source_id} ({source.country}, {source.scope})" if source else article.source_id,
        ),
        ("kind", article.kind if article.kind != "text" else None),
        ("shared as", article.alternative_title),
        ("language", _spoken(article)),
        ("words", article.word_count),
        ("authors", ", ".join(article.authors)),
        ("agencies", ", ".join(article.agencies)),
        (
            "published",
            published
            and f"{_local(app, published.at)} (to the {published.precision}; from {published.origin})",
        ),
        ("modified", article.modified and _local(app, article.modified.at)),
        ("first seen", _local(app, stored.first_seen_at)),
        ("last seen", _local(app, stored.last_seen_at)),
        ("taken down", stored.removed_at and _local(app, stored.removed_at)),
        ("access", article.access if article.access != "full" else None),
        ("section", article.section),
        ("tags", ", ".join(article.tags)),
        ("images", len(article.images) or None),
        ("captions", " | ".join(image.caption for image in article.images if image.caption)),
        ("videos", ", ".join(video.url for video in article.videos)),
        ("quotes", ", ".join(f"{one.url} ({one.institution})" for one in article.official_accounts)),
        ("relevance", f"{annotated.relevance.decision}: {annotated.relevance.reason}"),
        ("institutions", ", ".join(annotated.institutions)),
        *_understood(annotated),
        *_tied(stored),
        (
            "cues",
            "; ".join(dict.fromkeys(f"{cue.words} → {cue.label}" for cue in annotated.relevance.evidence)),
        ),
        (
            "capture",
            f"{stored.capture.file} @{stored.capture.offset} sha256:{stored.capture.sha256[:16]}…"
            + (f" (deleted {_local(app, removed.removed_at)}: retention)" if removed else ""),
        ),
        ("also met as", ", ".join(stored.variants)),
    ]
    for name, value in facts:
        if value:
            yield f"{name + ':':<14}{value}"


def _understood(annotated: Annotated) -> list[tuple[str, object]]:
    """What the article is and says, each with the words that say so."""
    said, quoted = annotated.attribution, annotated.quotations
    return [
        ("kinds", "; ".join(f"{one.id} ({'، '.join(_words(one.cues))})" for one in annotated.kinds)),
        ("whose word", said and (f"{said.value}: {said.cue.words}" if said.cue else said.value)),
        ("unit", annotated.unit),
        ("places", ", ".join(annotated.places)),
        ("also named", ", ".join((*annotated.other_places, *annotated.foreign_places))),
        ("with", ", ".join(one.id or one.name for one in annotated.partners)),
        ("figures", "; ".join(map(_figure, annotated.figures))),
        ("quotations", "; ".join(f"{one.speaker or '?'}: {one.words}" for one in quoted)),
        ("denies", annotated.claim and annotated.claim.words),
        ("hearsay", "; ".join(f"{cue.label}: {cue.words}" for cue in annotated.hearsay)),
    ]


def _tied(stored: StoredArticle) -> list[tuple[str, object]]:
    """What the article is to others."""
    ties = stored.ties
    if ties is None:
        return []
    copied = ties.copy_of and f"{ties.copy_of} ({ties.copy_how}, {ties.copy_share or 0:.0%} word for word)"
    return [
        ("story", ties.story_id),
        ("tied by", ", ".join(ties.because)),
        ("copy of", copied),
        ("relation", " to ".join(filter(None, (ties.relation, ties.relation_of)))),
        ("voice", str(ties.voice)),
    ]


def _words(cues: Sequence[Evidence]) -> list[str]:
    return list(dict.fromkeys(cue.words for cue in cues))


def _figure(one: Figure) -> str:
    period = f", {one.period[0]} to {one.period[1]}" if one.period else ""
    return f"{one.what} {one.value:g} ({one.words}{period})" + (" recalled" if one.recalled else "")


def _spoken(article: Article) -> str:
    """The language, with the shares of a mixed text."""
    if not article.languages:
        return article.language
    return ", ".join(f"{one.language} {one.share:.0%}" for one in article.languages)


def _change_lines(app: App, older: StoredArticle, newer: StoredArticle) -> Iterator[str]:
    seen = _local(app, newer.first_seen_at if newer.revision == 1 else newer.last_seen_at)
    yield click.style(f"revision {older.revision} → {newer.revision} ({seen})", bold=True)
    before = [older.article.title, older.article.subtitle or "", *older.article.paragraphs]
    after = [newer.article.title, newer.article.subtitle or "", *newer.article.paragraphs]
    for line in difflib.unified_diff(before, after, lineterm="", n=0):
        if not line.startswith(("---", "+++", "@@")):
            yield f"  {line[0]} {line[1:]}"


# -- export -----------------------------------------------------------------------------------------------


@click.command(cls=QueryCommand)
@click.argument("query", nargs=-1)
@click.option("--format", "form", type=click.Choice(["jsonl", "csv"]), default="jsonl", show_default=True)
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="Write here, not to stdout.")
@_unmasked
def export(query: tuple[str, ...], form: Any, output: Path | None, unmasked: bool) -> None:
    """Write every article that QUERY matches, whole, in a stable order (docs/output.md names the keys).

    Names of private persons are hidden.

    \b
    Examples:
      marsad export 'relevance:any' --output all.jsonl
      marsad export 'place:tanger from:2026-09-01' --format csv --output tanger.csv
    """
    app = current()
    _may_unmask(app, unmasked)
    text = " ".join(query)
    count = 0
    with searcher_of(app) as searcher:
        total = searcher.count(text)
        with (
            _sink(output) as write,
            click.progressbar(
                length=total, label="exported", file=sys.stderr, hidden=not (output and is_terminal())
            ) as bar,
        ):
            for line in searcher.export(text, form, unmasked=unmasked):
                write(line)
                count += 1
                bar.update(1)
    rows = count - (form == "csv")
    if output:
        say(f"{counted(rows, 'article')}: {output}")
    if not rows:
        say(nothing(app, text))
        raise SystemExit(NOTHING_FOUND)


@contextmanager
def _sink(output: Path | None) -> Iterator[Any]:
    """Where lines go: stdout, or a file that takes its name only when it is whole."""
    if output is None:
        sys.stdout.reconfigure(encoding="utf-8", newline="")  # type: ignore[union-attr]  # a text stream by default
        yield sys.stdout.write
        sys.stdout.flush()
        return
    part = output.with_name(output.name + ".part")
    try:
        with part.open("w", encoding="utf-8", newline="") as file:
            yield file.write
        part.replace(output)
    except OSError as fault:
        # A disk that ran full does not say which file it was; nobody asked for one called .part.
        if fault.filename in (None, str(part)):
            fault.filename = str(output)
        raise
    finally:
        part.unlink(missing_ok=True)
