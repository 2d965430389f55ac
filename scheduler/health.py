"""How each source is: judged from the ledger's rows alone; pure.

Silence is never success: a source that answers and lists nothing new for longer than it ever did is a
warning, and so is one that brings fewer items than this day of its week usually does.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from config.model import Source
from store.health import Gap, Health, State, Visited
from store.runs import JobState
from store.states import EntryState, SourceState
from store.urls import host_of

WEEKS = 8
"""How far back the usual range of a source reaches."""
_SAME_DAYS = 3
"""Fewer days of one weekday make no range of their own: then all days do, once there are …"""
_ANY_DAYS = 7
_LONGEST_QUIET = timedelta(hours=6)
"""A pause between two items is no news below this, whatever was usual."""
_OFTEN = 3
"""A listing that failed so often in a row is told of."""
_STALE = 4
"""Times its pause that a source may be unvisited."""
GAP_FROM = timedelta(hours=2)
"""A shorter stretch that no visit covered is the pause between two visits, and no gap."""


@dataclass(slots=True)
class Day:
    """A source's day (UTC)."""

    new: int = 0
    visits: int = 0
    ok: int = 0
    outcomes: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Past:
    """What the visits of some weeks tell of one source."""

    days: Mapping[date, Day]
    first_at: datetime | None
    last_new_at: datetime | None
    longest_pause: timedelta | None
    """Between two visits that brought something new, the first one aside."""
    failing_since: datetime | None
    """The first of the visits in a row, up to the last one, that had no listing."""


NO_PAST = Past({}, None, None, None, None)


def past(visits: Iterable[Visited]) -> Past:
    """What *visits* (of one source, in order of time) tell.

    What the first visit finds was published over weeks: it makes no day and no pause.
    """
    days: defaultdict[date, Day] = defaultdict(Day)
    first_at = last_new_at = failing_since = None
    longest: timedelta | None = None
    for visit in visits:
        if visit.outcome == "interrupted":
            continue
        good = visit.outcome in ("ok", "partial")
        failing_since = None if good else failing_since or visit.started_at
        day = days[visit.started_at.astimezone(UTC).date()]
        day.visits += 1
        day.ok += good
        day.outcomes.add(visit.outcome)
        if not good:
            continue
        if first_at is None:
            first_at = last_new_at = visit.started_at
            continue
        day.new += visit.new
        if visit.new:
            if last_new_at is not None and last_new_at != first_at:
                pause = visit.started_at - last_new_at
                longest = pause if longest is None else max(longest, pause)
            last_new_at = visit.started_at
    return Past(dict(days), first_at, last_new_at, longest, failing_since)


def usual(before: Past, day: date, expected: tuple[float, float] | None) -> tuple[int, int, str] | None:
    """The range of new items that is usual on *day*, and what it was taken from; ``None``: not known yet.

    From half of the least to twice the most of the same weekday in the last weeks, on days that were
    collected; the day of the first visit is none.
    """
    start = before.first_at.astimezone(UTC).date() if before.first_at else day
    whole = {
        at: counted.new
        for at, counted in before.days.items()
        if start < at < day and counted.ok and day - at <= timedelta(weeks=WEEKS)
    }
    same = [new for at, new in whole.items() if at.weekday() == day.weekday()]
    if len(same) >= _SAME_DAYS:
        return min(same) // 2, 2 * max(same), f"{len(same)} {day:%A}s"
    if len(whole) >= _ANY_DAYS:
        return min(whole.values()) // 2, 2 * max(whole.values()), f"{len(whole)} days"
    if expected is not None:
        return math.floor(expected[0]), math.ceil(expected[1]), "the catalogue"
    return None


def judge(
    source: Source,
    state: SourceState | None,
    entries: Sequence[EntryState],
    before: Past,
    blocks: Mapping[str, tuple[datetime, str]],
    job: JobState | None,
    now: datetime,
) -> Health:
    """What is to be said of *source* at *now*."""
    known = {entry.url: entry for entry in entries}
    points = [known.get(entry.url, EntryState(source.id, entry.url)) for entry in source.entry_points]
    gone = [point for point in points if point.last_status == 410]
    trouble = [point for point in points if point.failures >= _OFTEN and point not in gone]
    yesterday = (now - timedelta(days=1)).astimezone(UTC).date()
    seen = before.days.get(yesterday, Day())
    span = usual(before, yesterday, source.expect_per_day)
    evidence: dict[str, Any] = {
        "last_statuses": {point.url: point.last_status for point in points},
        "last_visited_at": _stamp(state.last_visited_at) if state else None,
        "last_new_at": _stamp(before.last_new_at),
        "yesterday": {"new": seen.new, "visits": seen.visits},
        "usual": None if span is None else {"low": span[0], "high": span[1], "from": span[2]},
        "longest_pause_h": None
        if before.longest_pause is None
        else round(before.longest_pause.total_seconds() / 3600, 1),
    }

    def say(what: State, since: datetime | None, reason: str, move: str = "") -> Health:
        return Health(source.id, what, since or now, reason, move, evidence)

    file = f"config/sources/…/{source.id}.yml"
    if points and len(gone) == len(points):
        return say(
            State.RETIRED,
            None,
            "every listing has answered 410 (gone)",
            f"find where it publishes now and change {file}, or set enabled: false with the reason",
        )
    if state is None or state.last_visited_at is None:
        return say(State.QUIET, None, "never visited yet", "marsad up, or marsad crawl " + source.id)
    if state.state == "refused":
        return say(
            State.REFUSED,
            before.failing_since,
            state.reason or "robots.txt forbids every entry point",
            f"it is respected: set enabled: false with the reason in {file}, or ask the outlet",
        )
    if state.state == "blocked":
        until = _blocked_until(points, blocks)
        wait = f"nothing is asked until {_stamp(until)}; " if until else ""
        return say(
            State.BLOCKED,
            before.failing_since,
            f"it keeps machines out: {state.reason or 'challenge or 403'}",
            f"{wait}it is never evaded: ask the outlet for access, or set enabled: false in {file}",
        )
    if state.state == "failing":
        return say(
            State.FAILING,
            before.failing_since,
            f"no listing could be had: {state.reason or 'no reason told'}",
            f"marsad sources test {source.id}; where its address changed, change {file}",
        )
    if job is not None and job.paused_at is not None:
        return say(
            State.QUIET,
            job.paused_at,
            f"paused since {_stamp(job.paused_at)}",
            f"marsad schedule resume {source.id}",
        )
    pause_s = max((point.interval_s or 0.0 for point in points), default=0.0) or 3600.0
    stale = now - state.last_visited_at
    if stale > max(timedelta(seconds=_STALE * pause_s), GAP_FROM):
        return say(
            State.WARNING,
            state.last_visited_at,
            f"not visited for {_hours(stale)}, though it is due",
            "see that the scheduler runs and has time for it: marsad health, marsad runs",
        )
    if trouble:
        worst = max(trouble, key=lambda point: point.failures)
        fail = "fails" if len(trouble) == 1 else "fail"
        return say(
            State.WARNING,
            None,
            f"{len(trouble)} of {len(points)} listings {fail}: {worst.url} {worst.failures} times in a row "
            f"(status {worst.last_status})",
            f"marsad sources test {source.id}; change or remove the listing in {file}",
        )
    if span is not None and seen.ok and not span[0] <= seen.new <= span[1]:
        below = seen.new < span[0]
        return say(
            State.WARNING,
            None,
            f"{seen.new} new items on {yesterday:%A}, usual are {span[0]} to {span[1]} (from {span[2]})",
            f"compare with its site: marsad sources test {source.id}"
            + (
                "; a listing may have moved or been cut short"
                if below
                else "; old items may be listed as new"
            ),
        )
    silent = None if before.last_new_at is None else now - before.last_new_at
    if silent is not None and before.longest_pause is not None:
        limit = max(before.longest_pause * 1.5, _LONGEST_QUIET)
        if silent > limit:
            return say(
                State.WARNING,
                before.last_new_at,
                f"nothing new for {_hours(silent)}; its longest pause in {WEEKS} weeks was "
                f"{_hours(before.longest_pause)}",
                f"compare with its site: marsad sources test {source.id}",
            )
    if silent is not None and silent > timedelta(days=1):
        return say(State.QUIET, before.last_new_at, f"nothing new for {_hours(silent)}")
    return say(State.OK, None, f"visited {_stamp(state.last_visited_at)}, nothing amiss")


def gaps_of(
    source_id: str,
    covered: Sequence[tuple[datetime, datetime]],
    before: Sequence[Visited],
    first_visited_at: datetime | None,
    now: datetime,
    longest_pause_s: float,
) -> list[Gap]:
    """What lies between the stretches that were *covered*, each with why, as the visits in it say.

    The last one is open while the source is not collected.
    """
    if first_visited_at is None:
        return []
    least = max(GAP_FROM, timedelta(seconds=2 * longest_pause_s))
    starts = [first_visited_at, *(end for _, end in covered)]
    ends = [*(start for start, _ in covered), None]
    found = []
    for start, end in zip(starts, ends, strict=True):
        start = max(start, first_visited_at)
        if (end or now) - start >= least:
            found.append(Gap(source_id, start, end, _why(before, start, end or now)))
    return found


def _why(before: Sequence[Visited], start: datetime, end: datetime) -> str:
    outcomes = {visit.outcome for visit in before if start <= visit.started_at < end}
    for word, told in (
        ("blocked", "it kept machines out"),
        ("refused", "robots.txt forbade it"),
        ("failed", "no listing could be had"),
    ):
        if word in outcomes:
            return told
    return "more was published than its listings showed" if outcomes & {"ok", "partial"} else "not visited"


def line(before: Past, until: date, days: int = 30) -> str:
    """The last *days* days of a source up to *until*, a mark each; :data:`MARKS` says what they mean."""
    marks = []
    for back in range(days - 1, -1, -1):
        at = until - timedelta(days=back)
        day = before.days.get(at)
        if day is None:
            marks.append("·")
        elif day.ok:
            first = before.first_at is not None and at == before.first_at.astimezone(UTC).date()
            marks.append("█" if day.new or first else "▁")
        elif "blocked" in day.outcomes:
            marks.append("b")
        elif "refused" in day.outcomes:
            marks.append("r")
        else:
            marks.append("x")
    return "".join(marks)


MARKS = "█ new items  ▁ nothing new  x no listing  b blocked  r refused  · not visited"


def _blocked_until(
    points: Sequence[EntryState], blocks: Mapping[str, tuple[datetime, str]]
) -> datetime | None:
    ends = [blocks[host][0] for point in points if (host := host_of(point.moved_to or point.url)) in blocks]
    return max(ends, default=None)


def _stamp(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).isoformat(timespec="minutes").replace("+00:00", "Z")


def _hours(span: timedelta) -> str:
    hours = span.total_seconds() / 3600
    return f"{hours:.0f} h" if hours < 72 else f"{hours / 24:.0f} days"
