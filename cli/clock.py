"""The clock: ``up`` runs it, ``schedule`` says what is due and changes that, ``runs`` what ran."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from types import FrameType
from typing import TYPE_CHECKING, Any

import click

from cli.collect import check_catalogue
from cli.context import NOTHING_FOUND, UNREACHABLE, USAGE, current, say
from cli.rows import formats, iso, lasting, print_rows, say_zone
from config.wording import counted

if TYPE_CHECKING:
    from config import Config
    from scheduler.jobs import Job
    from store.ledger import Ledger
    from store.runs import JobState, Run
    from store.states import EntryState, SourceState


@click.command()
@click.option(
    "--standby", is_flag=True, help="Where another scheduler runs: wait, and take over when it ends."
)
def up(standby: bool) -> None:
    """Run the clock: collect, read, index and look after everything, until it is stopped.

    The first crawl begins at once. Ctrl-C or SIGTERM ends it within ten seconds: what is under way is given
    back or finished, nothing is lost. SIGHUP reads the configuration again. What happens is told on stderr
    (log.format, log.level); `marsad schedule list` and `marsad runs` say more from another terminal.

    \b
    Examples:
      marsad up
      marsad --set log.format=json up 2>> marsad.log
      marsad up --standby              on a second machine of one PostgreSQL ledger
    """
    from config.logs import configure
    from scheduler.clock import Clock, Elsewhere

    app = current()
    check_catalogue(app)
    configure(app.config.settings)
    stop, reload = threading.Event(), threading.Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    signal.signal(signal.SIGHUP, lambda _number, _frame: reload.set())
    try:
        Clock(app.config, app.read_config, stop=stop, reload=reload).run(standby=standby)
    except Elsewhere as fault:
        say(str(fault))
        raise SystemExit(UNREACHABLE) from fault


# -- schedule ---------------------------------------------------------------------------------------------


@click.group()
def schedule() -> None:
    """Say what is due when and why; run something now, pause it, resume it."""


@schedule.command("list")
@click.option("--jobs", "only_jobs", is_flag=True, help="The jobs alone, without the sources.")
@formats
def list_schedule(only_jobs: bool, as_json: bool, as_csv: bool) -> None:
    """List every job and every source: last run, next run, and why then.

    \b
    Examples:
      marsad schedule list --jobs
      marsad schedule list --csv > schedule.csv
    """
    from scheduler.jobs import jobs
    from store.states import SOURCE

    app = current()
    app.require_ledger()
    with app.ledger(create=False) as ledger:
        states, now = ledger.job_states(), ledger.clock()
        rows = [
            _job_row(job, states.get(job.name), next(iter(ledger.runs(job=job.name, limit=1)), None), now)
            for job in jobs(app.config.settings)
        ]
        if not only_jobs:
            visited = {state.source_id: state for state in ledger.source_states()}
            rows += [
                _source_row(
                    source.id,
                    visited.get(source.id),
                    states.get(SOURCE + source.id),
                    ledger.entry_states(source.id),
                    now,
                )
                for source in app.config.sources.values()
                if source.enabled
            ]
        holder = ledger.lock_holder("scheduler", now)
    print_rows(
        app, "schedule", rows, ("name", "last_at", "last", "next_at", "why"), as_json=as_json, as_csv=as_csv
    )
    if not (as_json or as_csv):
        say_zone(app)
    if holder is None:
        say("no scheduler runs: nothing is started by itself. Next: `marsad up`")


def _job_row(job: Job, state: JobState | None, last: Run | None, now: datetime) -> dict[str, Any]:
    from scheduler.jobs import due_at

    at = due_at(job, state, now)
    if state is not None and state.wanted_at is not None:
        why = "asked for"
    elif state is not None and state.paused_at is not None:
        why = f"paused since {iso(state.paused_at)}"
    elif not job.every_s:
        why = "only when asked for"
    else:
        why = f"{job.what}, every {_every(job.every_s)}"
    return {
        "name": job.name,
        "last_at": iso(last.started_at) if last else None,
        "last": _ended(last) if last else None,
        "next_at": iso(at) if at else None,
        "why": why,
    }


def _source_row(
    source_id: str,
    visited: SourceState | None,
    state: JobState | None,
    entries: Sequence[EntryState],
    now: datetime,
) -> dict[str, Any]:
    at: datetime | None = visited.next_due_at if visited and visited.next_due_at else now
    if state is not None and state.wanted_at is not None:
        at, why = now, "asked for"
    elif state is not None and state.paused_at is not None:
        at, why = None, f"paused since {iso(state.paused_at)}"
    elif state is not None and state.next_due_at is not None and state.next_due_at > (at or now):
        at, why = state.next_due_at, "rests: the process of its last visit died"
    elif visited is None:
        why = "never visited"
    elif visited.state not in ("ok", "new"):
        why = f"{visited.state}: {visited.reason or 'no reason told'}"
    else:
        pauses = [entry.interval_s for entry in entries if entry.interval_s]
        why = (
            f"asked every {_every(min(pauses))}, as fast as it publishes"
            if pauses
            else "visited without a listing"
        )
    return {
        "name": source_id,
        "last_at": iso(visited.last_visited_at) if visited and visited.last_visited_at else None,
        "last": visited.state if visited else None,
        "next_at": iso(at) if at else None,
        "why": why,
    }


@schedule.command("run-now")
@click.argument("names", nargs=-1, required=True, metavar="NAME…")
def run_now(names: tuple[str, ...]) -> None:
    """Have jobs, or visits of sources, begin as soon as the scheduler looks (seconds).

    \b
    Examples:
      marsad schedule run-now backup
      marsad schedule run-now hespress le360-fr
    """
    _change(
        names,
        "will run as soon as the scheduler looks",
        lambda ledger, keys, now: ledger.want_run(keys, now),
    )


@schedule.command()
@click.argument("names", nargs=-1, required=True, metavar="NAME…")
def pause(names: tuple[str, ...]) -> None:
    """Start no further run of jobs or visit of sources until they are resumed.

    \b
    Example:
      marsad schedule pause hespress
    """
    _change(names, "paused", lambda ledger, keys, now: ledger.pause(keys, now))


@schedule.command()
@click.argument("names", nargs=-1, required=True, metavar="NAME…")
def resume(names: tuple[str, ...]) -> None:
    """Let paused jobs and sources run again.

    \b
    Example:
      marsad schedule resume hespress
    """
    _change(names, "resumed", lambda ledger, keys, now: ledger.pause(keys, None))


def _change(names: Sequence[str], told: str, change: Callable[[Ledger, list[str], datetime], None]) -> None:
    """Have *change* done to the jobs and sources *names*, and say that they are *told*."""
    app = current()
    keys = [_key(app.config, name) for name in names]
    app.data.mkdir(parents=True, exist_ok=True)
    with app.ledger() as ledger:
        now = ledger.clock()
        change(ledger, keys, now)
        holder = ledger.lock_holder("scheduler", now)
    for name in names:
        click.echo(f"{name}: {told}")
    if holder is None:
        say("no scheduler runs now. Next: `marsad up`")


def _key(config: Config, name: str) -> str:
    """The ledger's name of a job or source; ends the call for one that is neither."""
    from scheduler.jobs import jobs
    from store.states import SOURCE

    known = [job.name for job in jobs(config.settings)]
    if name in known:
        return name
    source = config.sources.get(name)
    if source is None:
        near = _nearest(name, [*known, *config.sources])
        say(f"no job or source {name!r}.{near} Jobs: {', '.join(known)}; the sources: `marsad sources list`")
        raise SystemExit(USAGE)
    if not source.enabled:
        say(f"{name} is not visited, it is disabled: {source.reason}")
        raise SystemExit(USAGE)
    return SOURCE + name


def _nearest(name: str, known: Sequence[str]) -> str:
    """The names that *name* may have been meant for, as a sentence; empty where there are none."""
    import difflib

    near = difflib.get_close_matches(name, known, 3, 0.5)
    return f" Nearest: {', '.join(near)}." if near else ""


# -- runs -------------------------------------------------------------------------------------------------


@click.command()
@click.option("--job", metavar="NAME", help="Only runs of this job.")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="At most so many.")
@formats
def runs(job: str | None, limit: int, as_json: bool, as_csv: bool) -> None:
    """List what ran under `marsad up`, the newest first: outcome, counts, memory, log file.

    \b
    Examples:
      marsad runs
      marsad runs --job crawl --json
    """
    from scheduler.jobs import jobs

    app = current()
    app.require_ledger()
    with app.ledger(create=False) as ledger:
        found = ledger.runs(job=job, limit=limit)
    known = [one.name for one in jobs(app.config.settings)]
    if not found and job not in (None, *known):
        say(f"no job {job!r}.{_nearest(str(job), known)} Jobs: {', '.join(known)}")
        raise SystemExit(USAGE)
    rows = [_run_row(run) for run in found]
    shown = ("run_id", "job", "started_at", "took", "outcome", "peak_mb", "what")
    if not as_json:
        rows = [{**row, "what": _what(run)} for row, run in zip(rows, found, strict=True)]
    if found or as_json or as_csv:
        print_rows(app, "runs", rows, shown, as_json=as_json, as_csv=as_csv)
    if found and not (as_json or as_csv):
        say_zone(app)
    if not found:
        say(f"no run{f' of {job}' if job else ''} yet. Next: `marsad up`")
        raise SystemExit(NOTHING_FOUND)


def _run_row(run: Run) -> dict[str, Any]:
    seconds = None if run.ended_at is None else (run.ended_at - run.started_at).total_seconds()
    return {
        "run_id": run.run_id,
        "job": run.job,
        "sources": list(run.sources),
        "started_at": iso(run.started_at),
        "ended_at": iso(run.ended_at) if run.ended_at else None,
        "took": None if seconds is None else lasting(seconds) if seconds >= 60 else f"{seconds:.1f} s",
        "outcome": run.outcome or "under way",
        "detail": run.detail,
        "counts": dict(run.counts),
        "exit_code": run.exit_code,
        "peak_mb": None if run.peak_kb is None else round(run.peak_kb / 1024),
        "log": run.log,
        "owner": run.owner,
    }


def _what(run: Run) -> str:
    parts = list(_told(run.counts))
    if run.sources:
        parts.insert(0, run.sources[0] if len(run.sources) == 1 else counted(len(run.sources), "source"))
    if run.detail:
        parts.append(run.detail)
    return ", ".join(parts) or (run.log or "–")


def _told(counts: Mapping[str, Any]) -> Iterator[str]:
    for name, value in counts.items():
        if isinstance(value, Mapping):
            yield from (f"{word} {count}" for word, count in value.items())
        else:
            yield f"{name} {value}"


def _ended(run: Run) -> str:
    return run.outcome or "under way"


def _every(seconds: float) -> str:
    return lasting(seconds) if seconds >= 60 else f"{seconds:.0f} s"
