"""What is out of the ordinary: labels of which far more articles speak in a week than usual, or far fewer.

Seven days are compared with seven days that end on the same weekday, so that Fridays and the weekly road
toll, which come back, are no news; with the weeks just before and, where they were collected, with the same
weeks of the year before, so that a fair of every May is none either.  Weeks in which the press was not
collected tell nothing, and where fewer outlets were watched their counts are scaled up.  The number expected
is the mean; one that varies much by itself must vary more to be unusual.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from math import sqrt
from typing import TYPE_CHECKING

from search.calendar import midnight, uncovered
from search.trends import GAP_TOLERANCE, Coverage

if TYPE_CHECKING:
    from search.answers import Searcher

FIELDS = ("kind", "place", "institution", "unit", "partner", "source")
"""Labels that are looked at; none names a private person."""
OWN_WORDS = "-voice:(copy OR translation OR aggregator)"
"""Forty copies of a communiqué are one article here."""

RECENT = range(1, 9)
"""Weeks back of those just before."""
SEASON = range(51, 54)
"""Weeks back of the same time last year: the very weeks may move a little."""
ENOUGH = 4
"""Recent weeks collected below which nothing can be told."""
ENOUGH_SEASON = 2
FEWEST = 5
"""Articles below which nothing is unusual."""
_WATCHED = 0.5
"""Share of this week's outlets that must have been collected for a week to count."""
_VALUES = 500
"""Values of a field that are counted, the most frequent ones."""
_STRONG = 3.0
"""Standard deviations off the mean."""

Counts = Mapping[str, Mapping[str, int]]
"""Field → value → articles."""


@dataclass(frozen=True, slots=True)
class Week:
    """Seven days as they were collected."""

    counts: Counts
    outlets: frozenset[str]
    """Those that were collected all the week."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """What a week is compared with."""

    week: Week
    recent: tuple[Week, ...]
    season: tuple[Week, ...]

    @property
    def enough(self) -> bool:
        """Whether anything can be told."""
        return len(self.recent) >= ENOUGH

    @property
    def seasonal(self) -> bool:
        """Whether the year before is compared with too."""
        return len(self.season) >= ENOUGH_SEASON


@dataclass(frozen=True, slots=True)
class Unusual:
    """One value of one label."""

    field: str
    value: str
    count: int
    """Articles of this week."""
    usual: float
    """Mean of the weeks before."""
    last_year: float | None
    """Mean of the same weeks of the year before; ``None`` where too few were collected."""
    strength: float
    """Standard deviations off the nearer of the two; below 0 where there are fewer than usual."""


def baseline(week: Week, recent: Sequence[Week], season: Sequence[Week]) -> Baseline:
    """*week* with those of the others in which enough of its outlets were collected."""

    def watched(others: Sequence[Week]) -> tuple[Week, ...]:
        least = max(1.0, _WATCHED * len(week.outlets))
        return tuple(one for one in others if len(one.outlets & week.outlets) >= least)

    return Baseline(week, watched(recent), watched(season))


def unusual(field: str, seen: Baseline) -> list[Unusual]:
    """The values of *field* whose count is far from what is usual, the farthest first; none where there is
    not :attr:`~Baseline.enough` to tell."""
    found: list[Unusual] = []
    if not seen.enough:
        return found
    week = seen.week.counts.get(field, {})
    for value in {*week, *(value for one in seen.recent for value in one.counts.get(field, {}))}:
        count = week.get(value, 0)
        past = _past(field, value, seen.recent, seen.week)
        season = _past(field, value, seen.season, seen.week) if seen.seasonal else []
        if len(past) < ENOUGH:
            continue
        strengths = [_strength(count, line) for line in (past, season) if line]
        nearest = min(strengths, key=abs)
        same_side = len({strength > 0 for strength in strengths}) == 1
        if max(count, _mean(past)) >= FEWEST and same_side and abs(nearest) >= _STRONG:
            last_year = round(_mean(season), 1) if season else None
            found.append(Unusual(field, value, count, round(_mean(past), 1), last_year, round(nearest, 1)))
    return sorted(found, key=lambda one: (-abs(one.strength), one.value))


def compared(searcher: Searcher, last: date, zone: tzinfo, now: datetime | None = None) -> Baseline:
    """The seven days to *last* beside the weeks that they are compared with, as *searcher* counts them."""
    now = now or datetime.now(UTC)
    coverage = searcher.ledger.coverage()

    def week(back: int) -> Week:
        end = last - timedelta(weeks=back)
        found = searcher.search(
            f"{OWN_WORDS} {days(end)}", limit=0, facets=FIELDS, facet_size=_VALUES, now=now
        )
        counts = {name: {one.value: one.count for one in buckets} for name, buckets in found.facets.items()}
        return Week(counts, _collected(coverage, end, zone, now))

    return baseline(week(0), [week(back) for back in RECENT], [week(back) for back in SEASON])


def days(last: date) -> str:
    """The seven days to *last* in the language of queries."""
    return f"from:{last - timedelta(days=6)} to:{last}"


def _collected(coverage: Coverage, last: date, zone: tzinfo, now: datetime) -> frozenset[str]:
    """The outlets of which next to nothing of the seven days to *last* is missing."""
    edges = [midnight(day, zone).timestamp() for day in (last - timedelta(days=6), last + timedelta(days=1))]
    return frozenset(
        name
        for name, stretches in coverage.items()
        if not uncovered(
            edges,
            [(begin.timestamp(), end.timestamp()) for begin, end in stretches],
            now.timestamp(),
            GAP_TOLERANCE,
        )[0]
    )


def _past(field: str, value: str, weeks: Sequence[Week], now: Week) -> list[float]:
    """Counts of *value* in *weeks*, as if the outlets of *now* had been watched."""
    if field == "source":  # an outlet that was not collected was not silent
        if value not in now.outlets:
            return []
        return [float(one.counts.get(field, {}).get(value, 0)) for one in weeks if value in one.outlets]
    return [
        one.counts.get(field, {}).get(value, 0) * max(1.0, len(now.outlets) / len(one.outlets & now.outlets))
        for one in weeks
    ]


def _mean(line: Sequence[float]) -> float:
    return sum(line) / len(line)


def _strength(count: int, line: Sequence[float]) -> float:
    mean = _mean(line)
    # A count varies by its square root at least; what jumped about before is allowed to do so again.
    spread = sum((one - mean) ** 2 for one in line) / len(line)
    return (count - mean) / sqrt(max(mean, spread, 1.0))
