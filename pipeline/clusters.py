"""Groups from links: who belongs together, as a function of the links alone.

Links of one story form no clean cluster: a report abroad may share its facts with a single other article.
Nor is every chain of links a story.  So groups are merged step by step, the strongest tie first, where a tie
between two groups is the mean over their pairs, the pairs without a link counted as ``absent``, plus what the
best of their links says.  Scores are whole numbers (thousandths): sums are exact, and the result does not
depend on the order of anything.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass
from heapq import heapify, heappop, heappush

Links = Mapping[str, Mapping[str, int]]
"""article → linked article → score, both ways."""
Rank = Callable[[str], tuple[int, str]]


@dataclass(frozen=True, slots=True)
class Linkage:
    """How groups are merged (``stories`` of ``config/stories.yml``)."""

    join: int
    """What the tie between two groups must reach."""
    absent: int
    """What a pair without a link counts."""
    best: float
    """Share of the best link in a tie; the rest is the mean's."""
    largest: int
    """More articles that reach one another are a crowd, taken apart by its weak links before grouping."""


class Parts:
    """The parts in which links are grouped: what holds together, or of a crowd what holds together more.

    The part of an article is what it reaches over links that make a story (``join``) or, if that is more than
    ``largest``, over links that are one step stronger, and so on.  So a part is found from any of its
    members, by looking at few articles more than it has; and a new article concerns only the parts that it is
    linked to.
    """

    def __init__(self, links: Links, linkage: Linkage, without: Container[str] = ()) -> None:
        self._links = links
        self._linkage = linkage
        self._without = without
        self._crowds: dict[int, set[str]] = {}
        """Strength of links → articles known to reach too many over them."""

    def of(self, start: str) -> set[str]:
        """The part of *start*; articles of *without* are as if they were not there."""
        strength = self._linkage.join
        while (found := self._reached(start, strength)) is None:
            strength += _STEP
        return found

    def _reached(self, start: str, strength: int) -> set[str] | None:
        """Everything that *start* reaches over links of at least *strength*; ``None`` if it is too much."""
        crowd = self._crowds.setdefault(strength, set())
        if start in crowd:
            return None
        reached, waiting = {start}, [start]
        while waiting:
            for other, score in self._links.get(waiting.pop(), {}).items():
                if score < strength or other in reached or other in self._without:
                    continue
                reached.add(other)
                if other in crowd or len(reached) > self._linkage.largest:
                    crowd |= reached
                    return None
                waiting.append(other)
        return reached


_STEP = 250
"""By how much stronger, in thousandths, the links are that take a crowd apart."""


def groups(members: Iterable[str], links: Links, rank: Rank, linkage: Linkage) -> list[list[str]]:
    """The groups of *members* and of all in their parts, each in order of *rank*, in order of their first."""
    found: list[list[str]] = []
    left = set(members)
    parts = Parts(links, linkage)
    for start in sorted(left, key=rank):
        if start in left:
            part = parts.of(start)
            left -= part
            found += _merged(sorted(part, key=rank), links, linkage)
    for group in found:
        group.sort(key=rank)
    return sorted(found, key=lambda group: rank(group[0]))


def _merged(members: list[str], links: Links, linkage: Linkage) -> list[list[str]]:
    """*members*, which stand in order, in groups."""
    number = {name: at for at, name in enumerate(members)}
    held: dict[int, list[str]] = {at: [name] for at, name in enumerate(members)}
    # cluster → other cluster → (sum of links, how many, best)
    ties: dict[int, dict[int, tuple[int, int, int]]] = {
        at: {
            number[other]: (score, 1, score)
            for other, score in links.get(name, {}).items()
            if other in number and other != name
        }
        for at, name in enumerate(members)
    }

    def tie(a: int, b: int) -> float:
        total, count, best = ties[a][b]
        pairs = len(held[a]) * len(held[b])
        mean = (total + (pairs - count) * linkage.absent) / pairs
        return linkage.best * best + (1 - linkage.best) * mean

    queue = [(-tie(a, b), a, b, 1, 1) for a, others in ties.items() for b in others if a < b]
    heapify(queue)
    while queue:
        strength, a, b, size_a, size_b = heappop(queue)
        if -strength < linkage.join:
            break
        if a not in held or b not in held or (len(held[a]), len(held[b])) != (size_a, size_b):
            continue
        held[a] += held.pop(b)
        for other, (total, count, best) in ties.pop(b).items():
            del ties[other][b]
            if other == a:
                continue
            had = ties[a].get(other, (0, 0, best))
            ties[a][other] = ties[other][a] = (total + had[0], count + had[1], max(best, had[2]))
        for other in ties[a]:
            first, second = min(a, other), max(a, other)
            heappush(queue, (-tie(first, second), first, second, len(held[first]), len(held[second])))
    return list(held.values())
