"""Counts and shares over time, with what was not collected marked on each point.

``count`` is how many articles match, ``total`` how many articles were collected at all from the same part of
the press (the query's filters on source, country, scope and language, whatever the words and the relevance),
``share`` the one by the other.  A source is named in a point's ``gaps`` when it belongs to that part of the
press, was visited at least once, and more than :data:`GAP_TOLERANCE` of the point's time up to now lies
outside its covered intervals: there a low count says nothing about the press.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from config.zones import zone
from search.calendar import INTERVALS, Axis, Interval, TooLong, uncovered
from search.engine import LABELS, Clock, Engine

if TYPE_CHECKING:
    from search.query import Node

GAP_TOLERANCE = 0.1
POINTS_MAX = 10_000
COMPARED_MAX = 5
"""Queries of one trend, the first one included."""

Coverage = Mapping[str, Sequence[tuple[datetime, datetime]]]
"""Source id → the intervals in which all it published was seen; no interval for one never read well."""


class TrendFault(ValueError):
    """A trend that cannot be drawn as asked; the message says what would do."""


@dataclass(frozen=True, slots=True)
class Point:
    start: str
    """The local date on which the unit begins (``2026-11-23``), for hours date, time and offset."""
    count: int
    total: int
    share: float | None
    """``count / total``; ``None`` where nothing was collected."""
    gaps: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        return {
            "start": self.start,
            "count": self.count,
            "total": self.total,
            "share": self.share,
            "gaps": list(self.gaps),
        }


@dataclass(frozen=True, slots=True)
class Trend:
    query: str
    interval: Interval
    time_zone: str
    points: tuple[Point, ...]
    split: Mapping[str, tuple[Point, ...]] = field(default_factory=dict)
    """The most frequent values of the field split by, most frequent first; their totals are the points'
    totals, so that shares add up."""
    compare: tuple[Trend, ...] = ()
    sources: int = 0
    """How many sources could have had a gap."""

    def to_json(self) -> dict[str, Any]:
        out = self._own_json()
        if self.compare:
            out["compare"] = [other._own_json() for other in self.compare]
        return out

    def _own_json(self) -> dict[str, Any]:
        return {
            "query": self.query,
            "interval": self.interval,
            "time_zone": self.time_zone,
            "points": [point.to_json() for point in self.points],
            "split": {value: [point.to_json() for point in line] for value, line in self.split.items()},
        }


@dataclass(frozen=True, slots=True)
class Asked:
    """One query of a trend, taken apart (see :mod:`search.scope`)."""

    query: str
    tree: Node | None
    """What is counted."""
    press: Node | None
    """What the total counts: the same part of the press."""
    since: datetime | None
    until: datetime | None
    """The time that the query itself names, exclusive; ``None`` where it is open."""
    coverage: Coverage


def count_over_time(
    engine: Engine,
    asked: Sequence[Asked],
    *,
    now: datetime,
    time_zone: str,
    interval: Interval = "day",
    split: str | None = None,
    size: int = 12,
) -> Trend:
    """The trend of the first of *asked*, with the others, on the same axis, in ``compare``.

    The axis runs from the earliest time that a query names (else its first match) to the latest (else *now*,
    or the last match if that lies later), and leaves no unit out.  Raises :class:`TrendFault`.
    """
    if interval not in INTERVALS:
        raise TrendFault(f"no interval {interval!r}: there are {', '.join(INTERVALS)}")
    if split is not None and split not in LABELS:
        raise TrendFault(f"no field {split!r} to split by: there are {', '.join(LABELS)}")
    if not 1 <= len(asked) <= COMPARED_MAX:
        raise TrendFault(f"a trend compares 1 to {COMPARED_MAX} queries, got {len(asked)}")
    where = zone(time_zone)
    span = _span(engine, asked, now, time_zone)
    if span is None:
        return _together([Trend(one.query, interval, time_zone, ()) for one in asked])
    try:
        axis = Axis(span[0], span[1], interval, where, POINTS_MAX)
    except TooLong as long:
        raise TrendFault(
            f"about {long.args[0]:,} points by {interval} ({POINTS_MAX:,} at most): "
            "name from: and to:, or take a longer interval"
        ) from None
    return _together([_one(engine, one, axis, now, time_zone, interval, split, size) for one in asked])


def _together(trends: Sequence[Trend]) -> Trend:
    first, *others = trends
    return Trend(
        first.query,
        first.interval,
        first.time_zone,
        first.points,
        first.split,
        tuple(others),
        first.sources,
    )


def _span(
    engine: Engine, asked: Sequence[Asked], now: datetime, time_zone: str
) -> tuple[datetime, datetime] | None:
    """First and last instant of the axis, inclusive; ``None`` if no query has a match or names a time."""
    where = zone(time_zone)
    firsts: list[datetime] = []
    lasts: list[datetime] = []
    for one in asked:
        since, until = one.since, one.until
        if since is None or until is None:
            days = engine.count_over_time(one.tree, now=now, clock="day").counts
            if days:
                first, last = (date.fromordinal(edge) for edge in (min(days), max(days)))
                since = since or datetime(first.year, first.month, first.day, tzinfo=where)
                until = until or max(now, datetime(last.year, last.month, last.day, 23, 59, tzinfo=where))
            elif since is not None:
                until = max(now, since)
            else:
                continue
        else:
            until -= timedelta(microseconds=1)
        if until >= since:
            firsts.append(since)
            lasts.append(until)
    return (min(firsts).astimezone(UTC), max(lasts).astimezone(UTC)) if firsts else None


def _one(
    engine: Engine,
    asked: Asked,
    axis: Axis,
    now: datetime,
    time_zone: str,
    interval: Interval,
    split: str | None,
    size: int,
) -> Trend:
    clock: Clock = "hour" if interval == "hour" else "day"
    between = (axis.edges[0], axis.edges[-1])
    found = engine.count_over_time(asked.tree, now=now, clock=clock, between=between, split=split, size=size)
    totals = axis.spread(engine.count_over_time(asked.press, now=now, clock=clock, between=between).counts)
    gaps = _gaps(axis, asked.coverage, now)

    def line(counts: Mapping[int, int]) -> tuple[Point, ...]:
        return tuple(
            Point(start, count, total, count / total if total else None, missing)
            for start, count, total, missing in zip(
                axis.labels, axis.spread(counts), totals, gaps, strict=True
            )
        )

    parts = {value: line(counts) for value, counts in found.split.items()}
    return Trend(asked.query, interval, time_zone, line(found.counts), parts, sources=len(asked.coverage))


def _gaps(axis: Axis, coverage: Coverage, now: datetime) -> list[tuple[str, ...]]:
    missing: list[list[str]] = [[] for _ in range(len(axis))]
    edges = [edge.timestamp() for edge in axis.edges]
    for source in sorted(coverage):
        covered = [(begin.timestamp(), end.timestamp()) for begin, end in coverage[source]]
        for index, gap in enumerate(uncovered(edges, covered, now.timestamp(), GAP_TOLERANCE)):
            if gap:
                missing[index].append(source)
    return [tuple(names) for names in missing]
