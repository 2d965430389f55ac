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
from config.wording import counted
from store.gauges import Queues
from store.health import INDEXING, Gap, Health, State, Visited
from store.runs import Failures, JobState
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
_GONE = 410
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


@dataclass(frozen=True, slots=True)
class _Case:
    """All that is known of one source."""

    source: Source
    state: SourceState | None
    points: Sequence[EntryState]
    """Its listings, those never asked among them."""
    before: Past
    blocks: Mapping[str, tuple[datetime, str]]
    job: JobState | None
    now: datetime

    @property
    def yesterday(self) -> date:
        return (self.now - timedelta(days=1)).astimezone(UTC).date()

    @property
    def seen(self) -> Day:
        """What came yesterday."""
        return self.before.days.get(self.yesterday, Day())

    @property
    def usual(self) -> tuple[int, int, str] | None:
        """What usually comes on such a day as yesterday."""
        return usual(self.before, self.yesterday, self.source.expect_per_day)

    @property
    def file(self) -> str:
        return f"config/sources/…/{self.source.id}.yml"

    @property
    def test(self) -> str:
        return f"marsad sources test {self.source.id}"


@dataclass(frozen=True, slots=True)
class _Verdict:
    state: State
    reason: str
    move: str = ""
    since: datetime | None = None
    """``None``: now, unless it was so before."""


def judge(
    source: Source,
    state: SourceState | None,
    entries: Sequence[EntryState],
    before: Past,
    blocks: Mapping[str, tuple[datetime, str]],
    job: JobState | None,
    now: datetime,
) -> Health:
    """What is to be said of *source* at *now*: the first that there is to say, the gravest first."""
    known = {entry.url: entry for entry in entries}
    points = [known.get(entry.url, EntryState(source.id, entry.url)) for entry in source.entry_points]
    case = _Case(source, state, points, before, blocks, job, now)
    looks = (_gone, _unasked, _unhad, _paused, _unvisited, _troubled, _unusual, _silent)
    said = next((found for look in looks if (found := look(case)) is not None), None)
    if said is None:
        said = _Verdict(
            State.OK, f"visited {_stamp(state.last_visited_at if state else None)}, nothing amiss"
        )
    return Health(source.id, said.state, said.since or now, said.reason, said.move, _evidence(case))


def _evidence(case: _Case) -> dict[str, Any]:
    span, pause = case.usual, case.before.longest_pause
    return {
        "last_statuses": {point.url: point.last_status for point in case.points},
        "last_visited_at": _stamp(case.state.last_visited_at) if case.state else None,
        "last_new_at": _stamp(case.before.last_new_at),
        "yesterday": {"new": case.seen.new, "visits": case.seen.visits},
        "usual": None if span is None else {"low": span[0], "high": span[1], "from": span[2]},
        "longest_pause_h": None if pause is None else round(pause.total_seconds() / 3600, 1),
    }


def _gone(case: _Case) -> _Verdict | None:
    if not case.points or any(point.last_status != _GONE for point in case.points):
        return None
    return _Verdict(
        State.RETIRED,
        "every listing has answered 410 (gone)",
        f"find where it publishes now and change {case.file}, or set enabled: false with the reason",
    )


def _unasked(case: _Case) -> _Verdict | None:
    if case.state is not None and case.state.last_visited_at is not None:
        return None
    return _Verdict(State.QUIET, "never visited yet", f"marsad up, or marsad crawl {case.source.id}")


def _unhad(case: _Case) -> _Verdict | None:
    """What its last visits say that brought no listing."""
    what, why = (case.state.state, case.state.reason) if case.state else ("", None)
    since = case.before.failing_since
    if what == "refused":
        return _Verdict(
            State.REFUSED,
            why or "robots.txt forbids every entry point",
            f"it is respected: set enabled: false with the reason in {case.file}, or ask the outlet",
            since,
        )
    if what == "blocked":
        until = _blocked_until(case.points, case.blocks)
        wait = f"nothing is asked until {_stamp(until)}; " if until else ""
        return _Verdict(
            State.BLOCKED,
            f"it keeps machines out: {why or 'challenge or 403'}",
            f"{wait}it is never evaded: ask the outlet for access, or set enabled: false in {case.file}",
            since,
        )
    if what == "failing":
        return _Verdict(
            State.FAILING,
            f"no listing could be had: {why or 'no reason told'}",
            f"{case.test}; where its address changed, change {case.file}",
            since,
        )
    return None


def _paused(case: _Case) -> _Verdict | None:
    if case.job is None or case.job.paused_at is None:
        return None
    at = case.job.paused_at
    return _Verdict(State.QUIET, f"paused since {_stamp(at)}", f"marsad schedule resume {case.source.id}", at)


def _unvisited(case: _Case) -> _Verdict | None:
    last_at = case.state.last_visited_at if case.state else None
    pause_s = max((point.interval_s or 0.0 for point in case.points), default=0.0) or 3600.0
    if last_at is None or case.now - last_at <= max(timedelta(seconds=_STALE * pause_s), GAP_FROM):
        return None
    return _Verdict(
        State.WARNING,
        f"not visited for {_hours(case.now - last_at)}, though it is due",
        "see that the scheduler runs and has time for it: marsad health, marsad runs",
        last_at,
    )


def _troubled(case: _Case) -> _Verdict | None:
    trouble = [point for point in case.points if point.failures >= _OFTEN and point.last_status != _GONE]
    if not trouble:
        return None
    worst = max(trouble, key=lambda point: point.failures)
    fail = "fails" if len(trouble) == 1 else "fail"
    return _Verdict(
        State.WARNING,
        f"{len(trouble)} of {len(case.points)} listings {fail}: {worst.url} {worst.failures} times in a row "
        f"(status {worst.last_status})",
        f"{case.test}; change or remove the listing in {case.file}",
    )


def _unusual(case: _Case) -> _Verdict | None:
    span, seen, first_at = case.usual, case.seen, case.before.first_at
    if span is None or not seen.ok or span[0] <= seen.new <= span[1]:
        return None
    if first_at is None or case.yesterday <= first_at.astimezone(UTC).date():
        return None  # its first day was not a whole one
    hint = (
        "a listing may have moved or been cut short"
        if seen.new < span[0]
        else "old items may be listed as new"
    )
    return _Verdict(
        State.WARNING,
        f"{seen.new} new items on {case.yesterday:%A}, usual are {span[0]} to {span[1]} (from {span[2]})",
        f"compare with its site: {case.test}; {hint}",
    )


def _silent(case: _Case) -> _Verdict | None:
    last_at, pause = case.before.last_new_at, case.before.longest_pause
    if last_at is None:
        return None
    silent = case.now - last_at
    if pause is not None and silent > max(pause * 1.5, _LONGEST_QUIET):
        return _Verdict(
            State.WARNING,
            f"nothing new for {_hours(silent)}; its longest pause in {WEEKS} weeks was {_hours(pause)}",
            f"compare with its site: {case.test}",
            last_at,
        )
    if silent > timedelta(days=1):
        return _Verdict(State.QUIET, f"nothing new for {_hours(silent)}", since=last_at)
    return None


STUCK = timedelta(hours=2)
"""A queue whose work has not been done for so long needs a person."""
_TRIES = 2
"""One run that fails is a server just being started again; so many in a row are an indexing that fails."""


def judge_indexing(waits: Queues, failed: Failures | None, job: JobState | None, now: datetime) -> Health:
    """What is to be said of the indexing at *now*, of what waits and of the runs that *failed* in a row."""
    articles, oldest_at = counted(waits.outbox, "article"), waits.oldest_queued_at
    fault = failed.last.detail or failed.last.outcome if failed is not None else None
    evidence = {
        "waiting": waits.outbox,
        "oldest_at": _stamp(oldest_at),
        "failed_runs": failed.count if failed is not None else 0,
        "fault": fault,
    }
    if failed is not None and fault is not None and waits.outbox and failed.count >= _TRIES:
        said, _, move = fault.partition(" Next: ")
        reason = f"fails since {_stamp(failed.first_at)}, {articles} waiting: {said.rstrip('.')}"
        move = move or "marsad runs --job outbox --json names the log of each run"
        return Health(INDEXING, State.FAILING, failed.first_at, reason, move, evidence)
    if waits.outbox and oldest_at is not None and now - oldest_at > STUCK:
        reason = f"{articles} waiting, the oldest since {_stamp(oldest_at)}"
        move = "marsad up, or marsad crawl: one of them must run"
        if job is not None and job.paused_at is not None:
            reason += f"; paused since {_stamp(job.paused_at)}"
            move = "marsad schedule resume outbox"
        return Health(INDEXING, State.WARNING, oldest_at, reason, move, evidence)
    return Health(INDEXING, State.OK, now, f"{articles} waiting", "", evidence)


def gaps_of(
    source_id: str,
    covered: Sequence[tuple[datetime, datetime]],
    before: Sequence[Visited],
    first_visited_at: datetime | None,
    now: datetime,
    pause_s: float,
) -> list[Gap]:
    """What lies between the stretches that were *covered*, each with why, as the visits in it say.

    The last one is open while the source is not collected.  *pause_s* usually lies between two visits.
    """
    if first_visited_at is None:
        return []
    least = max(GAP_FROM, timedelta(seconds=2 * pause_s))
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
