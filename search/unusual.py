"""What is out of the ordinary: labels of which far more articles speak this week than in weeks before.

Whole weeks are compared with whole weeks, so that Fridays and the weekly road toll, which come back, are no
news.  The number expected is the mean of the weeks before; one that varies much by itself must vary more to
be unusual.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

WEEKS = 8
"""Before this one, with which it is compared."""
FEWEST = 5
"""Articles below which nothing is unusual."""
_STRONG = 3.0
"""Standard deviations above the mean."""


@dataclass(frozen=True, slots=True)
class Unusual:
    """One value of one label."""

    field: str
    value: str
    count: int
    """Articles of this week."""
    usual: float
    """Mean of the weeks before."""
    strength: float
    """Standard deviations above it."""


def unusual(field: str, week: Mapping[str, int], before: Sequence[Mapping[str, int]]) -> list[Unusual]:
    """The values of *field* whose count in *week* is far above that of the weeks *before*."""
    found = []
    for value, count in week.items():
        past = [one.get(value, 0) for one in before]
        mean = sum(past) / len(past) if past else 0.0
        # A count varies by its square root at least; what jumped about before is allowed to do so again.
        spread = sum((one - mean) ** 2 for one in past) / len(past) if past else 0.0
        strength = (count - mean) / sqrt(max(mean, spread, 1.0))
        if count >= FEWEST and strength >= _STRONG:
            found.append(Unusual(field, value, count, round(mean, 1), round(strength, 1)))
    return sorted(found, key=lambda one: (-one.strength, one.value))
