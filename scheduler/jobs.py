"""What a scheduler does and when, decided from the ledger alone: pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from config.settings import Settings
from store.runs import JobState
from store.states import SOURCE

CRAWL, BACKUP = "crawl", "backup"


@dataclass(frozen=True, slots=True)
class Job:
    """Something that is done again and again."""

    name: str
    what: str
    """In words, for a list."""
    every_s: float
    """From the end of one run to the next; 0 = never by itself."""
    on_demand: bool = False
    """Looks for work each time, and is no run where there is none: kept out of the rows then."""


def jobs(settings: Settings) -> tuple[Job, ...]:
    """Every job, in the order in which they are first run; a server's ledger is not for us to back up."""

    def every(name: str) -> float:
        return float(settings[f"scheduler.{name}_every_s"])

    every_one = (
        Job(CRAWL, "visits the sources that are due", every("crawl"), on_demand=True),
        Job("read", "makes articles of captured pages and compares them", every("read"), on_demand=True),
        Job("outbox", "indexes what was read", every("outbox"), on_demand=True),
        Job("revisit", "asks again for young articles: edits, corrections, removals", every("revisit")),
        Job("health", "judges each source and tells what changed", every("health")),
        Job("retention", "deletes old logs, and pages where told to", every("retention")),
        Job("archive", "reads some pages of the archive again and compares digests", every("archive")),
        Job(BACKUP, "copies the ledger, checked", every("backup")),
    )
    return tuple(job for job in every_one if job.name != BACKUP or not settings["ledger.url"])


def due_at(job: Job, state: JobState | None, now: datetime) -> datetime | None:
    """When *job* is to run next; ``None``: not until somebody asks.

    A wish goes before a pause.  A time further away than the job's own pause was written by a clock that
    was ahead: the job is due.
    """
    if state is not None and state.wanted_at is not None:
        return min(state.wanted_at, now)
    if not job.every_s or (state is not None and state.paused_at is not None):
        return None
    if state is None or state.next_due_at is None:
        return now
    if state.next_due_at > now + timedelta(seconds=job.every_s):
        return now
    return state.next_due_at


def is_due(job: Job, state: JobState | None, now: datetime) -> bool:
    """Whether *job* is to run at *now*."""
    at = due_at(job, state, now)
    return at is not None and at <= now


def visitable(
    due: list[str],
    wanted: set[str],
    states: Mapping[str, JobState],
    busy: Callable[[str], bool],
    now: datetime,
) -> list[str]:
    """Of the *due* sources those whose visit may begin: not under way, not paused, not resting after a crash.

    *wanted* ones come first, whatever else is said of them, unless their visit is under way.
    """
    first = [name for name in sorted(wanted) if not busy(name)]
    rest = []
    for name in due:
        state = states.get(SOURCE + name)
        resting = state is not None and (
            state.paused_at is not None or (state.next_due_at is not None and state.next_due_at > now)
        )
        if name not in wanted and not busy(name) and not resting:
            rest.append(name)
    return first + rest


def rest_s(failures: int, longest_s: float = 3600.0) -> float:
    """Seconds that a source rests after *failures* visits in a row whose process died: 60, 120 … an hour."""
    return min(60.0 * 2 ** (failures - 1), longest_s) if failures else 0.0


def jump_s(wall_s: float, monotonic_s: float) -> float:
    """By how much the clock was set, from the time that two clocks say has passed; 0.0 if it was not."""
    jumped = wall_s - monotonic_s
    return jumped if abs(jumped) > JUMP_S else 0.0


JUMP_S = 30.0
"""A wall clock that differs by less is being slewed, or the machine is busy."""
