"""Hours, days, weeks, months, quarters and years of local time.

Units of a day or longer are reckoned in dates, which no clock change can bend; only their edges become
instants.  Hours are instants from the start: the hour that is lived twice when clocks go back is two hours,
the one that is skipped does not exist.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import pairwise
from typing import Literal, get_args

Interval = Literal["hour", "day", "week", "month", "quarter", "year"]
INTERVALS: tuple[str, ...] = get_args(Interval)

_HOUR = timedelta(hours=1)


def floor(day: date, interval: Interval) -> date:
    """The first day of the unit that *day* lies in; weeks begin on Monday (ISO 8601)."""
    match interval:
        case "week":
            return day - timedelta(days=day.weekday())
        case "month":
            return day.replace(day=1)
        case "quarter":
            return date(day.year, day.month - (day.month - 1) % 3, 1)
        case "year":
            return date(day.year, 1, 1)
    return day


def following(day: date, interval: Interval) -> date:
    """The first day of the next unit, for the first day of one."""
    match interval:
        case "week":
            return day + timedelta(days=7)
        case "month" | "quarter":
            months = day.year * 12 + day.month - 1 + (1 if interval == "month" else 3)
            return date(months // 12, months % 12 + 1, 1)
        case "year":
            return date(day.year + 1, 1, 1)
    return day + timedelta(days=1)


def midnight(day: date, zone: tzinfo) -> datetime:
    """The instant at which *day* begins (where clocks skip midnight: the instant of the skip), in UTC."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def hour_start(at: datetime, zone: tzinfo) -> datetime:
    """The instant at which the local clock hour of *at* began, in UTC."""
    local = at.astimezone(zone)
    past = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
    return at.astimezone(UTC) - past


class Axis:
    """The units of one trend, from the one that holds *first* to the one that holds *last*, none left out.

    ``edges`` has one instant more than there are units: unit *i* is ``edges[i] <= t < edges[i + 1]``.
    """

    def __init__(self, first: datetime, last: datetime, interval: Interval, zone: tzinfo, most: int) -> None:
        """Raises :class:`TooLong` if there would be more than *most* units."""
        self.labels: list[str] = []
        self.edges: list[datetime] = []
        if interval == "hour":
            self._hours(first, last, zone, most)
        else:
            self._days(first.astimezone(zone).date(), last.astimezone(zone).date(), interval, zone, most)

    def _hours(self, first: datetime, last: datetime, zone: tzinfo, most: int) -> None:
        instant, end = hour_start(first, zone), last.astimezone(UTC)
        if (end - instant) / _HOUR > most:
            raise TooLong(int((end - instant) / _HOUR))
        while instant <= end:
            self.edges.append(instant)
            self.labels.append(instant.astimezone(zone).isoformat(timespec="minutes"))
            after = hour_start(instant + _HOUR, zone)
            instant = after if after > instant else instant + _HOUR  # zones that change by half an hour
        self.edges.append(instant)
        self._keys: list[int] = [int(edge.timestamp()) for edge in self.edges[:-1]]

    def _days(self, first: date, last: date, interval: Interval, zone: tzinfo, most: int) -> None:
        day = floor(first, interval)
        if (last - day).days / _SHORTEST[interval] > most:
            raise TooLong((last - day).days // _SHORTEST[interval])
        self._keys = []
        while day <= last:
            self.edges.append(midnight(day, zone))
            self.labels.append(day.isoformat())
            self._keys.append(day.toordinal())
            day = following(day, interval)
        self.edges.append(midnight(day, zone))

    def __len__(self) -> int:
        return len(self.labels)

    def spread(self, counts: Mapping[int, int]) -> list[int]:
        """Counts by :class:`~search.engine.TimeCounts` key, gathered into the units."""
        out = [0] * len(self.labels)
        for key, count in counts.items():
            index = bisect_right(self._keys, key) - 1
            if index >= 0:
                out[index] += count
        return out


_SHORTEST: dict[Interval, int] = {"day": 1, "week": 7, "month": 28, "quarter": 90, "year": 365}


class TooLong(ValueError):
    """More units than asked for; ``args[0]`` is about how many."""


def uncovered(
    edges: Sequence[float], covered: Sequence[tuple[float, float]], now: float, tolerance: float
) -> list[bool]:
    """For each unit between *edges*: is more than *tolerance* (a share) of its past part outside *covered*?

    All times are epoch seconds (a trend asks this of every source and every unit, and numbers are quick).
    *covered* may be in any order and overlap.  What lies after *now* is not missing yet.
    """
    spans: list[list[float]] = []
    for begin, end in sorted(covered):
        if spans and begin <= spans[-1][1]:
            spans[-1][1] = max(spans[-1][1], end)
        else:
            spans.append([begin, end])
    out, at, size = [], 0, len(spans)
    for left, right in pairwise(edges):
        if right > now:
            right = now
        if right <= left:
            out.append(False)
            continue
        while at < size and spans[at][1] <= left:
            at += 1
        held, look = 0.0, at
        while look < size and spans[look][0] < right:
            held += min(spans[look][1], right) - max(spans[look][0], left)
            look += 1
        out.append(1 - held / (right - left) > tolerance)
    return out
