"""How fast the institution's communications reach the press at home and abroad."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from math import ceil
from statistics import median as middle

from search.stories import Communique, timed_at


@dataclass(frozen=True, slots=True)
class Reach:
    """How long it took until a mark was reached."""

    reached: int
    """Communications that reached it; the others are in no other number."""
    median: timedelta | None
    p90: timedelta | None
    """Nine in ten of those reached it within this time."""


@dataclass(frozen=True, slots=True)
class Speed:
    """The delays of many communications."""

    communications: int
    undated: int
    """Of them, those of which the first article bears no time of day: left out of what follows."""
    fifth_national: Reach
    first_foreign: Reach


def speed(communiques: Iterable[Communique]) -> Speed:
    """The delays of *communiques* from their first appearance on."""
    told = list(communiques)
    dated = [one for one in told if timed_at(one.origin) is not None]
    return Speed(
        communications=len(told),
        undated=len(told) - len(dated),
        fifth_national=_reach([one.fifth_national for one in dated]),
        first_foreign=_reach([one.first_foreign for one in dated]),
    )


def _reach(delays: Iterable[timedelta | None]) -> Reach:
    known = sorted(delay for delay in delays if delay is not None)
    if not known:
        return Reach(0, None, None)
    median = timedelta(seconds=middle(delay.total_seconds() for delay in known))
    return Reach(len(known), median, known[ceil(0.9 * len(known)) - 1])
