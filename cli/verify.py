"""``marsad verify``: ledger, archive and index compared as a whole, and mended."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from cli.context import PARTIAL, App, current, is_terminal
from config.wording import counted

if TYPE_CHECKING:
    from search.engine import Engine
    from store.consistency import Finding
    from store.ledger import Ledger
    from store.verify import Compared

Tell = Callable[[str], None]
"""Told, often, what is being done."""

_EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class _Told:
    """How a kind of disagreement is spoken of."""

    what: str
    done: str | None
    """What is done about it; ``None``: a person has to."""
    move: str
    """What a person does where it was not mended."""


_REPLAY = "keep ledger and archive as they are, and make both anew in another home: marsad --home NEW replay"
_WARC = "bring the file back from a copy of the archive, then marsad verify; the articles' texts are kept"
_TOLD = {
    "damaged": _Told(
        "the ledger's file is damaged",
        None,
        "stop all marsad processes; put the newest backup back (marsad restore) and run marsad verify, or "
        "move the file aside and run marsad replay",
    ),
    "lease_of_the_dead": _Told("held by a process that is gone", "freed", ""),
    "run_of_the_dead": _Told("run under way of a process that is gone", "ended as killed", ""),
    "newest_revision": _Told("article that names the wrong revision", "names its newest one", ""),
    "without_text": _Told("article without any text", "made anew of its page, or fetched again", ""),
    "without_article": _Told("text whose article's row is missing", "row made anew", _REPLAY),
    "stray": _Told("row about an article that is not known", "deleted", ""),
    "link_without_article": _Told("link said to be stored without its article", "read or fetched again", ""),
    "wrong_id": _Told("article whose id is not that of its address", None, _REPLAY),
    "twice": _Told("article kept under two ids", "made one", _REPLAY),
    "unread_lost": _Told("page lost before it was read", "fetched again", ""),
    "page_lost": _Told("page of what is known lost from the archive", None, _WARC),
    "damaged_place": _Told("damaged place in the archive", None, _WARC),
    "unknown_page": _Told("page that the ledger did not know", "read in", ""),
    "unknown_visit": _Told("visit that the ledger did not know", "restored", ""),
    "unknown_override": _Told("analyst's word that the ledger did not know", "restored", ""),
    "not_indexed": _Told("article that was not indexed", "indexed", ""),
    "indexed_old": _Told("article indexed at another revision", "indexed again", ""),
    "indexed_stray": _Told("article indexed that the ledger does not have", "taken out", ""),
    "index_unusable": _Told("index that cannot be used", "built anew", "marsad index rebuild"),
    "index_of_another": _Told(
        "index of another version of Marsad",
        None,
        "marsad index migrate, or this with the version that uses it",
    ),
    "index_away": _Told(
        "index that does not answer or takes no writes",
        None,
        "see to its server, then marsad verify; meanwhile what is to be indexed waits",
    ),
}


@dataclass
class _Report:
    """What was found, and what became of it."""

    found: list[Finding] = field(default_factory=list)
    left: list[Finding] = field(default_factory=list)
    """Those of *found* that were not mended."""
    articles: int = 0
    waiting: int = 0
    """Articles that wait for the index."""
    index_left_to: str | None = None
    """The process that writes the index, and so brings in what waits."""

    def add(self, found: Sequence[Finding]) -> None:
        """*found*, of which some are for a person to mend."""
        self.found += found
        self.left += [one for one in found if one.beyond_us or _TOLD[one.kind].done is None]

    def rows(self, *, dry_run: bool) -> list[dict[str, Any]]:
        left = {id(finding) for finding in self.left}
        groups: defaultdict[tuple[str, bool], list[Finding]] = defaultdict(list)
        for finding in self.found:
            groups[finding.kind, id(finding) in left].append(finding)
        return [
            {
                "kind": str(kind),
                "count": len(some),
                "what": _TOLD[kind].what,
                "mended": not is_left and not dry_run,
                "next": _TOLD[kind].move if is_left else "marsad verify" if dry_run else "",
                "examples": [{"thing": one.thing, "said": one.said} for one in some[:_EXAMPLES]],
            }
            for (kind, is_left), some in groups.items()
        ]


@click.command()
@click.option(
    "--sample",
    type=click.IntRange(1),
    metavar="N",
    help="Read N pages of the archive, drawn at random, instead of all; unknown pages are not looked for.",
)
@click.option("--dry-run", is_flag=True, help="Only tell what disagrees; change nothing.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object (docs/output.md).")
def verify(sample: int | None, dry_run: bool, as_json: bool) -> None:
    """Compare ledger, archive and index as a whole, and mend what can be mended.

    Every row of the ledger fits the others; every page that it names is in the archive, to the byte; every
    page of the archive is known; the index has every article at its newest revision. May run beside
    `marsad up`: what a living process is doing is no disagreement. Ctrl-C keeps what was mended so far.
    Exit 0 if all agrees or was mended, 1 if something is left to a person (--dry-run: if anything disagrees).

    \b
    Examples:
      marsad verify
      marsad verify --dry-run --json
      marsad verify --sample 1000
    """
    from config.logs import configure

    app = current()
    app.require_ledger()
    configure(app.config.settings)
    report = _Report()
    with app.ledger(create=False) as ledger, _line() as tell:
        archive = _verified(app, ledger, report, sample, dry_run, tell)
    rows = report.rows(dry_run=dry_run)
    bad = bool(rows) if dry_run else bool(report.left)
    value = {
        "ok": not bad,
        "dry_run": dry_run,
        "articles": report.articles,
        "pages": archive.pages,
        "files": archive.files,
        "written": archive.written,
        "unfinished": archive.unfinished,
        "removed": archive.removed,
        "waiting": report.waiting,
        "index_left_to": report.index_left_to,
        "disagreements": rows,
    }
    if as_json:
        app.print_json(value)
    else:
        for line in (*app.banner(), *_lines(report, archive, rows, sample, dry_run=dry_run)):
            click.echo(line)
    if bad:
        raise SystemExit(PARTIAL)


def _verified(
    app: App, ledger: Ledger, report: _Report, sample: int | None, dry_run: bool, tell: Tell
) -> Compared:
    from store.archive import Archive
    from store.consistency import Finding, Kind
    from store.owners import is_dead
    from store.verify import Compared, compare_archive, compare_sample

    tell("reading the ledger's file")
    damage = [Finding(Kind.DAMAGED, "ledger", line) for line in ledger.quick_check(references=False)]
    if damage:  # rows that cannot be trusted are no ground to mend anything on
        report.add(damage)
        return Compared()
    tell("comparing the ledger's rows")
    found = ledger.disagreements(is_dead)
    report.add(found)
    if not dry_run:
        _mend_rows(ledger, found)
    archive = Archive(app.data)

    def progress(file: str, pages: int) -> None:
        tell(f"reading the archive: {counted(pages, 'page')}, {file}")

    if sample is None:
        compared = compare_archive(ledger, archive, progress)
    else:
        compared = compare_sample(ledger, archive, sample, progress)
    report.add(compared.findings)
    if not dry_run:
        reread = any(one.kind in (Kind.LINK_WITHOUT_ARTICLE, Kind.WITHOUT_TEXT) for one in found)
        _mend_from_archive(app, ledger, compared, reread, tell)
    _compare_index(app, report, dry_run, tell)
    return compared


def _mend_rows(ledger: Ledger, found: Sequence[Finding]) -> None:
    """Mend what the ledger's rows disagree in, and end what the dead still hold."""
    from store.owners import is_dead

    now = datetime.now(UTC)
    ledger.free_dead_owners(is_dead, now)
    ledger.outbox_free(is_dead)
    ledger.free_dead_locks(is_dead)
    ledger.end_dead_runs(is_dead, now)
    ledger.free_unowned()
    ledger.mend(found, now)


def _mend_from_archive(app: App, ledger: Ledger, compared: Compared, reread: bool, tell: Tell) -> None:
    """Bring in what the archive has and the ledger has not; have fetched again what was lost unread."""
    from cli.collect import link_waiting
    from pipeline.reader import read_captured
    from pipeline.replay import read_in

    ledger.fetch_again(compared.lost, datetime.now(UTC))
    for visit in compared.visits:
        ledger.restore_visit(visit)
    for said in compared.overrides:
        ledger.restore_override(said)
    if compared.overrides:
        ledger.unmark()  # whatever they join or part is compared again
    if compared.unknown:
        total = len(compared.unknown)
        read_in(
            app.config,
            app.data,
            [capture for _, capture in compared.unknown],
            progress=lambda done: tell(f"reading in: {done} of {counted(total, 'page')}"),
        )
    if reread:
        read_captured(app.config, app.data, progress=lambda done: tell(f"{counted(done, 'page')} read"))
    # Asked of the ledger: a verify that was stopped may have read them in.
    if ledger.unmarked(1) or ledger.waiting(1):
        tell("comparing articles")
        link_waiting(app)


# -- the index ---------------------------------------------------------------------------------------------


def _compare_index(app: App, report: _Report, dry_run: bool, tell: Tell) -> None:
    """Compare index and ledger; what differs goes through the outbox, as everything does."""
    from search.answers import Searcher
    from search.engine import EngineBusy, EngineError, MigrationNeeded, ReadOnly, Unreachable
    from store.consistency import Finding, Kind

    tell("comparing the index")
    with Searcher(app.config, app.data) as searcher:
        ledger, engine = searcher.ledger, searcher.engine
        try:
            # Asked first: a drain makes an index where there is none, and says nothing of it.
            missing = _is_missing(ledger, engine)
            if not dry_run and (missing or ledger.outbox_size()):  # else the writer is not ours to take
                _drain(app, engine, ledger, report, tell)
            if missing and report.index_left_to is None:
                name = app.config.settings["index.engine"]
                report.found.append(Finding(Kind.INDEX_UNUSABLE, name, "there is none"))
            found = [] if missing and dry_run else list(_index_findings(ledger, engine))
            report.found += found
            if found and not dry_run:
                ledger.index_again(one.thing for one in found)
                _drain(app, engine, ledger, report, tell)
        except (MigrationNeeded, ReadOnly, Unreachable) as fault:
            # A rebuild would take it from who uses it, or ask the same server for more.
            another = isinstance(fault, MigrationNeeded)
            kind = Kind.INDEX_OF_ANOTHER if another else Kind.INDEX_AWAY
            finding = Finding(kind, app.config.settings["index.engine"], str(fault))
            report.found.append(finding)
            report.left.append(finding)
        except (EngineError, OSError) as fault:
            finding = Finding(Kind.INDEX_UNUSABLE, app.config.settings["index.engine"], str(fault))
            report.found.append(finding)
            if not dry_run:
                try:
                    _rebuild(app, searcher, tell)
                except EngineBusy as busy:
                    report.index_left_to = str(busy)
                    report.left.append(finding)
                except (EngineError, OSError):
                    report.left.append(finding)
        report.articles, report.waiting = ledger.count(), ledger.outbox_size()


def _drain(app: App, engine: Engine, ledger: Ledger, report: _Report, tell: Tell) -> None:
    """Index what waits; where another process writes the index, that is left to it."""
    from search.engine import EngineBusy
    from search.indexer import drain

    try:
        drain(ledger, engine, app.config, progress=lambda done: tell(f"{counted(done, 'article')} indexed"))
    except EngineBusy as busy:
        report.index_left_to = str(busy)


def _is_missing(ledger: Ledger, engine: Engine) -> bool:
    """Whether articles were indexed once, and there is no index."""
    from search.engine import IndexMissing

    try:
        engine.info()
    except IndexMissing:
        return ledger.outbox_size() < ledger.count()
    return False


def _index_findings(ledger: Ledger, engine: Engine) -> Iterator[Finding]:
    """What differs and is under no way to be mended.  Seen twice, so that what a living process indexes
    while one looks does not count."""
    from search.engine import IndexMissing
    from search.indexer import verify as compare
    from store.consistency import Finding, Kind

    def look() -> dict[tuple[Kind, str], str]:
        try:
            found = compare(ledger, engine)
        except IndexMissing:
            return {}  # it is being made, or was never made: the outbox holds all there is
        return {
            **{(Kind.NOT_INDEXED, identity): "" for identity in found.missing},
            **{
                (Kind.INDEXED_OLD, identity): f"revision {indexed}, the ledger has {kept}"
                for identity, indexed, kept in found.stale
            },
            **{(Kind.INDEXED_STRAY, identity): "" for identity in found.surplus},
        }

    waiting = ledger.waiting_for_index()
    differences = look()
    if not differences:
        return
    again = look()
    waiting |= ledger.waiting_for_index()
    for (kind, identity), said in differences.items():
        if (kind, identity) in again and identity not in waiting:
            yield Finding(kind, identity, said)


def _rebuild(app: App, searcher: Any, tell: Tell) -> None:
    from search.indexer import rebuild

    rebuild(
        searcher.ledger,
        searcher.engine,
        app.config,
        analysis=searcher.analysis,
        progress=lambda done: tell(f"building the index anew: {counted(done, 'article')}"),
    )


# -- telling -----------------------------------------------------------------------------------------------


def _lines(
    report: _Report, archive: Compared, rows: Sequence[dict[str, Any]], sample: int | None, *, dry_run: bool
) -> Iterator[str]:
    yield f"ledger   {counted(report.articles, 'article')}"
    parts = [counted(archive.pages, "page")]
    parts += [counted(archive.files, "file")] if sample is None else ["drawn at random"]
    if archive.written:
        parts.append(f"{archive.written} being written")
    if archive.unfinished:
        parts.append(f"{archive.unfinished} with an unfinished last page, which is normal after a kill")
    if archive.removed:
        parts.append(f"{counted(archive.removed, 'page')} deleted in the course of time (retention)")
    yield f"archive  {', '.join(parts)}"
    left = f", left to another process: {report.index_left_to}" if report.index_left_to else ""
    yield f"index    {counted(report.waiting, 'article')} waiting{left}"
    for row in rows:
        told = _TOLD[row["kind"]]
        end = told.done if row["mended"] else "not mended"
        yield f"{'ok' if row['mended'] else '!!'}  {row['count']} × {row['what']}: {end}"
        for example in row["examples"]:
            yield f"      {example['thing']}" + (f"  ({example['said']})" if example["said"] else "")
        if row["count"] > len(row["examples"]):
            yield f"      … {row['count'] - len(row['examples'])} more"
        if row["next"]:
            yield f"    next: {row['next']}"
    if not rows:
        yield "all agrees"
    elif not dry_run and not report.left:
        yield "all agrees again"


@contextmanager
def _line() -> Iterator[Tell]:
    """One line on stderr, where that is a terminal, that says what is being done."""
    if not is_terminal():
        yield lambda text: None
        return
    last = [0.0]

    def write(text: str) -> None:
        if time.monotonic() - last[0] >= 0.1:
            last[0] = time.monotonic()
            click.echo(f"\r\x1b[K{text[:100]}", nl=False, err=True)

    try:
        yield write
    finally:
        click.echo("\r\x1b[K", nl=False, err=True)
