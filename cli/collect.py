"""``marsad crawl``: fetching, reading and indexing side by side, each in its own process, until the end."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from cli.context import BAD_CONFIG, PARTIAL, USAGE, App, current, is_terminal, say
from config.logs import last_fault
from config.settings import variable_of
from config.wording import counted

COUNTS = ("found", "fetched", "stored", "revised", "unchanged", "not_modified")
REASONS = ("rejected", "errors")


@dataclass(frozen=True, slots=True)
class Collected:
    """What one collection brought, by source."""

    rows: tuple[dict[str, Any], ...]
    """The rows of ``crawl --json`` (docs/output.md)."""
    seconds: float
    failed: tuple[str, ...] = ()
    """Sources that brought errors and nothing else."""
    stopped: str | None = None
    totals: dict[str, Any] = field(default_factory=dict)
    unindexed: str | None = None
    """Why some of it waits for the index still, where it does for a fault."""


def collect(
    app: App,
    source_ids: Sequence[str] | None = None,
    *,
    since: datetime | None = None,
    revisit: timedelta | None = None,
    progress: bool = False,
) -> Collected:
    """Fetch what is due (or *source_ids*), read it and index it; returns when nothing is left to do.

    *revisit* asks again for the articles first seen within that time.  An index that cannot be written stops
    nothing: what it is to take waits in the outbox.  Raises ``LedgerError``.
    """
    from crawlers.run import run_crawl

    began, started_at = time.monotonic(), datetime.now(UTC)
    app.data.mkdir(parents=True, exist_ok=True)
    with app.ledger() as ledger:
        if revisit is not None:
            again = [
                link
                for link in ledger.links_to_revisit(started_at - revisit, source_ids)
                if (source := app.config.sources.get(link.source_id)) is not None and source.enabled
            ]
            ledger.add_links(again, started_at)
            if source_ids is None:
                source_ids = sorted({link.source_id for link in again})
    with ExitStack() as stack:
        meter = stack.enter_context(_meter(app, show=progress))
        # The reader ends first: the indexer then still hears of what it wrote last.
        indexer = stack.enter_context(_follower(app, "search.indexer"))
        reader = stack.enter_context(_follower(app, "pipeline.reader"))
        summary = run_crawl(app.config, source_ids, home=app.data, since=since, progress=meter.event)
        meter.phase("reading")
        reader.finish(meter.tick)
        meter.phase("comparing")
        link_waiting(app)
        meter.phase("indexing")
        unindexed = indexer.fault(meter.tick) or _index_rest(app)
    with app.ledger() as ledger:
        read = ledger.read_since(started_at)
    rows = []
    for row in summary.rows:
        mine = read.get(row["source"])
        rejected = Counter(row["rejected"]) + (mine.rejected if mine else Counter())
        errors = Counter(row["errors"]) + Counter(quarantined=mine.quarantined if mine else 0)
        rows.append(
            {
                "source": row["source"],
                "found": row["found"],
                "fetched": row["fetched"],
                "stored": mine.stored if mine else 0,
                "revised": mine.revised if mine else 0,
                "unchanged": mine.unchanged if mine else 0,
                "rejected": dict(rejected),
                "errors": dict(errors),
                "not_modified": row["not_modified"],
                # As everywhere in the output: UTC, written Z.
                "next_due_at": row["next_due_at"] and row["next_due_at"].replace("+00:00", "Z"),
            }
        )
    return Collected(
        tuple(rows),
        time.monotonic() - began,
        summary.failed,
        summary.stopped,
        totals=_totals(rows),
        unindexed=unindexed,
    )


def _totals(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    totals: dict[str, Any] = {name: sum(row[name] for row in rows) for name in COUNTS}
    for name in REASONS:
        totals[name] = dict(sum((Counter(row[name]) for row in rows), Counter()))
    return totals


def link_waiting(app: App) -> None:
    """Compare new articles with those around them: copies, stories, relations."""
    from pipeline.linking import link

    with app.ledger() as ledger:
        link(ledger, app.config)


def _index_rest(app: App) -> str | None:
    """Index what the outbox still holds; why it cannot be done, where it cannot."""
    from search.engine import EngineError

    try:
        index_waiting(app)
    except EngineError as fault:
        return str(fault)
    return None


def index_waiting(app: App) -> int:
    """Index what the outbox still holds; how many articles.

    Where another process is writing the index, what waits is left to it, and said.
    """
    from config.logs import configure
    from search.answers import Searcher
    from search.engine import EngineBusy
    from search.indexer import drain

    configure(app.config.settings)
    with Searcher(app.config, app.data) as searcher:
        try:
            return drain(searcher.ledger, searcher.engine, app.config, analysis=searcher.analysis).indexed
        except EngineBusy as busy:
            if waiting := searcher.ledger.outbox_size():
                say(f"{counted(waiting, 'article')} left to another process to index: {busy}")
            return 0


# -- the processes beside the crawl -----------------------------------------------------------------------


_ROOM_BYTES = 1 << 20
"""With less than this left a disk counts as full."""


class Follower:
    """A process that works beside the crawl and, once told that no more will come, ends when it is done."""

    def __init__(self, module: str, process: subprocess.Popen[bytes], log: Path) -> None:
        self._module = module
        self._process = process
        self._log = log
        """In a folder of the home."""

    def finish(self, tick: Callable[[], None]) -> None:
        """Tell it that no more will come, and wait; raises ``SystemExit`` where it ended badly."""
        if fault := self.fault(tick):
            say(fault)
            raise SystemExit(PARTIAL)

    def fault(self, tick: Callable[[], None]) -> str | None:
        """Tell it that no more will come, and wait; what went wrong where it ended badly."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        while (code := self._process.poll()) is None:
            tick()
            time.sleep(0.1)
        if not code:
            return None
        if shutil.disk_usage(self._log.parent).free < _ROOM_BYTES:  # its log is cut short by that, too
            why, move = f"the disk of {self._log.parent} is full", "free some space, then run"
        else:
            why, move = (last_fault(self._log) if code > 0 else None) or f"see {self._log}", "run"
        return (
            f"{self._module} ended with {code}: {why.removesuffix('.')}. "
            f"Nothing is lost: {move} `marsad crawl` again."
        )

    @property
    def ended(self) -> bool:
        """Whether it is gone, whoever ended it."""
        return self._process.poll() is not None

    def tell(self) -> None:
        """Tell it to end now (it gives back what it holds), and do not wait."""
        if not self.ended:
            self._process.terminate()

    def abandon(self, seconds: float = 10.0) -> None:
        """End it now, and wait; by force after *seconds*."""
        if not self.ended:
            self._process.terminate()
            try:
                self._process.wait(seconds)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()


@contextmanager
def _follower(app: App, module: str) -> Iterator[Follower]:
    follower = follow(app, module)
    try:
        yield follower
    finally:
        follower.abandon()


def follow(app: App, module: str, *more: str, log_name: str | None = None) -> Follower:
    """Start *module* as a process that works beside us until its standard input ends; *more* are further
    arguments.  It writes to ``log/<log_name>.log`` of the home."""
    log = app.data / "log" / f"{log_name or module.rpartition('.')[2]}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", module, "--home", str(app.data), "--follow", *more]
    if app.overlay_in_use is not None:
        command += ["--config", str(app.overlay_in_use)]
    environment = dict(os.environ)
    for dotted, value in app.overrides_in_use.items():
        variable = variable_of(dotted)
        environment[variable] = value
        environment.pop(f"{variable}_FILE", None)
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            env=environment,
            start_new_session=True,  # Ctrl-C is for us to pass on, in order
        )
    return Follower(module, process, log)


# -- what the person sees meanwhile -----------------------------------------------------------------------


class _Meter:
    """One line on stderr that says how far the collection is."""

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write
        self._counts: Counter[str] = Counter()
        self._phase = "fetching"

    def event(self, event: dict[str, Any]) -> None:
        self._counts[event["event"]] += 1
        self.tick()

    def phase(self, name: str) -> None:
        self._phase = name
        self.tick()

    def tick(self) -> None:
        counts = self._counts
        failed = counts["page_failed"] + counts["listing_failed"]
        self._write(
            f"{self._phase}: {counted(counts['listing'], 'listing')}, {counted(counts['fetched'], 'page')}"
            + (f", {failed} failed" if failed else "")
        )


@contextmanager
def _meter(app: App, *, show: bool) -> Iterator[_Meter]:
    if not (show and is_terminal()):
        yield _Meter(lambda line: None)
        return
    last = [0.0]

    def write(line: str) -> None:
        if time.monotonic() - last[0] >= 0.1:
            last[0] = time.monotonic()
            click.echo(f"\r\x1b[K{line}", nl=False, err=True)

    try:
        yield _Meter(write)
    finally:
        click.echo("\r\x1b[K", nl=False, err=True)


@contextmanager
def bar(label: str, length: int) -> Iterator[Callable[[int], None]]:
    """A progress bar on stderr where that is a terminal; call it with how many are done."""
    with click.progressbar(length=length, label=label, file=sys.stderr, hidden=not is_terminal()) as shown:
        yield lambda done: shown.update(done - shown.pos)


# -- the command ------------------------------------------------------------------------------------------


class _Duration(click.ParamType[timedelta]):
    name = "duration"
    _UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}  # noqa: RUF012  # constant

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        if isinstance(value, timedelta):
            return value
        unit = self._UNITS.get(value[-1:])
        if unit is None or not value[:-1].isdigit():
            self.fail(f"got {value!r}, expected a number and h, d or w: 72h, 3d, 2w", param, ctx)
        return int(value[:-1]) * unit


@click.command()
@click.argument("source_ids", nargs=-1, metavar="[ID]…")
@click.option("--once", is_flag=True, help="One pass over what is due (the default; for scheduled calls).")
@click.option(
    "--since",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="YYYY-MM-DD",
    help="How far back, instead of crawl.backfill_days before the first visit.",
)
@click.option(
    "--revisit",
    type=_Duration(),
    help="Ask again for the articles first seen within this time (72h, 3d): edits and removals are seen.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object (docs/output.md).")
def crawl(
    source_ids: tuple[str, ...],
    once: bool,
    since: datetime | None,
    revisit: timedelta | None,
    as_json: bool,
) -> None:
    """Collect what is due (or the outlets named), read it and index it.

    Links found but not yet fetched are kept: stop at any time and call again.

    \b
    Examples:
      marsad crawl
      marsad crawl hespress le360-fr --since 2026-11-01
      marsad crawl --revisit 72h
    """
    app = current()
    if since is not None and since.replace(tzinfo=UTC) > datetime.now(UTC):
        raise click.BadParameter(f"{since:%Y-%m-%d} is yet to come", param_hint="'--since'")
    check_catalogue(app)
    _check_ids(app, source_ids)
    found = collect(
        app,
        list(source_ids) or None,
        since=since.replace(tzinfo=UTC) if since else None,
        revisit=revisit,
        progress=not as_json,
    )
    if as_json:
        app.print_json({"sources": list(found.rows), "totals": found.totals})
    else:
        for line in report(app, found):
            click.echo(line)
    if found.unindexed:
        say(found.unindexed)
    if found.failed or found.stopped or found.unindexed:
        raise SystemExit(PARTIAL)


def check_catalogue(app: App) -> None:
    """Ends the call where nothing could ever be due."""
    known = app.config.sources
    if known and any(source.enabled for source in known.values()):
        return
    held = f"none of {counted(len(known), 'outlet')} is enabled" if known else "it holds no outlet"
    where = f"{app.overlay_in_use / 'sources'}" if app.overlay_in_use else "the catalogue"
    say(f"{where}: {held}, so there is nothing to collect. Next: add one (docs/sources.md).")
    raise SystemExit(BAD_CONFIG)


def _check_ids(app: App, source_ids: Sequence[str]) -> None:
    import difflib

    known = app.config.sources
    for name in source_ids:
        if name not in known:
            near = difflib.get_close_matches(name, known, 3, 0.5)
            hint = f" Nearest: {', '.join(near)}." if near else ""
            say(f"no source {name!r} among {len(known)}.{hint} `marsad sources list` shows them.")
            raise SystemExit(USAGE)
        if not known[name].enabled:
            say(f"{name} is not visited, it is disabled: {known[name].reason}")
            raise SystemExit(USAGE)


def report(app: App, found: Collected) -> Iterator[str]:
    """What a collection brought, for a person: one line a source that brought or failed something."""
    yield from app.banner()
    if not found.rows:
        yield "nothing is due"
        return
    yield f"{'source':<26}{'found':>7}{'fetched':>9}{'new':>6}{'revised':>9}  notes"
    quiet = 0
    for row in found.rows:
        notes = [f"{reason} {count}" for name in REASONS for reason, count in sorted(row[name].items())]
        if not (row["found"] or row["fetched"] or notes):
            quiet += 1
            continue
        yield (
            f"{row['source']:<26}{row['found']:>7}{row['fetched']:>9}{row['stored']:>6}"
            f"{row['revised']:>9}  {', '.join(notes)}"
        )
    if quiet:
        yield f"{counted(quiet, 'source')} had nothing new"
    totals = found.totals
    yield (
        f"{counted(len(found.rows), 'source')} in {found.seconds:.0f} s: {counted(totals['found'], 'link')}, "
        f"{counted(totals['fetched'], 'page')}, {counted(totals['stored'], 'new article')}, "
        f"{totals['revised']} revised"
        + (f"; {counted(len(found.failed), 'source')} failed" if found.failed else "")
        + (f"; stopped early ({found.stopped})" if found.stopped else "")
    )
