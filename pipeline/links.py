"""How likely two articles tell of one fact or one communication, and why.

The score is a weighted sum of what the two share and of what sets them apart: towns, numbers, things and
events, names, words.  Weights stand in ``config/stories.yml`` and were fitted to labelled stories, taking
articles of any two dates as strangers, so that two arrests in one city on one day are told apart by what they
say and not by the calendar.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

from pipeline.traits import BITS, Sort, Traits

_MASK = (1 << BITS) - 1
_SORTS = 1 << BITS

FEATURES = (
    "town",
    "towns",
    "town_apart",
    "unit",
    "number",
    "numbers",
    "small",
    "smalls",
    "digit",
    "concept",
    "focus",
    "focus_concept",
    "broad",
    "place",
    "place_apart",
    "body",
    "kind",
    "kind_apart",
    "name",
    "short",
    "word_arabic",
    "head_arabic",
    "word_latin",
    "head_latin",
    "word_between",
    "figure",
)
"""What is weighed, in the order of :func:`features`."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """Traits made ready for comparison with many others."""

    traits: Traits
    counts: tuple[int, ...]
    """How many keys of each sort."""

    @classmethod
    def of(cls, traits: Traits) -> Prepared:
        counts = [0] * _SORTS
        for key in traits.keys:
            counts[key & _MASK] += 1
        return cls(traits, tuple(counts))


def features(new: Prepared, old: Prepared, keys: frozenset[int] | None = None) -> list[float]:
    """The values of :data:`FEATURES` for a pair, in either order the same; *keys* are *new*'s, as a set."""
    both = [0] * _SORTS
    for key in (keys or frozenset(new.traits.keys)).intersection(old.traits.keys):
        both[key & _MASK] += 1
    ours, theirs = new.counts, old.counts
    like = [
        common / sqrt(mine * other) if common else 0.0
        for common, mine, other in zip(both, ours, theirs, strict=True)
    ]
    arabic = new.traits.arabic + old.traits.arabic
    latin = not arabic and new.traits.language == old.traits.language
    between = not arabic and not latin
    towns = both[Sort.TOWN]
    crossing = arabic < 2
    return [
        1.0 if towns else 0.0,
        like[Sort.TOWN],
        1.0 if not towns and ours[Sort.TOWN] and theirs[Sort.TOWN] else 0.0,
        1.0 if both[Sort.UNIT] else 0.0,
        float(min(both[Sort.NUMBER], 3)),
        like[Sort.NUMBER],
        float(min(both[Sort.SMALL], 3)),
        like[Sort.SMALL],
        like[Sort.DIGIT],
        like[Sort.CONCEPT],
        like[Sort.FOCUS],
        float(min(both[Sort.CONCEPT], 6)),
        like[Sort.BROAD],
        like[Sort.PLACE],
        1.0 if ours[Sort.PLACE] and theirs[Sort.PLACE] and not both[Sort.PLACE] else 0.0,
        like[Sort.BODY],
        like[Sort.KIND],
        1.0 if ours[Sort.KIND] and theirs[Sort.KIND] and not both[Sort.KIND] else 0.0,
        float(min(both[Sort.NAME], 3)) if crossing else 0.0,
        float(min(both[Sort.SHORT], 3)) if crossing else 0.0,
        like[Sort.WORD] if arabic == 2 else 0.0,
        like[Sort.HEAD] if arabic == 2 else 0.0,
        like[Sort.WORD] if latin else 0.0,
        like[Sort.HEAD] if latin else 0.0,
        like[Sort.WORD] if between else 0.0,
        float(min(both[Sort.FIGURE], 2)),
    ]
