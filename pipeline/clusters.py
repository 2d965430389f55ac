"""Groups from links: who belongs together, as a function of the links alone.

Links of one story form no clean cluster: a report abroad may share its facts with a single other article.
Nor is every chain of links a story.  So groups are merged step by step, the strongest tie first, where a tie
between two groups is the mean over their pairs, the pairs without a link counted as ``absent``, plus what the
best of their links says.  Scores are whole numbers (thousandths): sums are exact, and the result does not
depend on the order of anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
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
    """Larger components are taken apart by their weakest links before they are grouped."""


def component(start: str, links: Links, above: int | None = None) -> set[str]:
    """Everything that *start* reaches over links (of at least *above*)."""
    reached, waiting = {start}, [start]
    while waiting:
        for other, score in links.get(waiting.pop(), {}).items():
            if other not in reached and (above is None or score >= above):
                reached.add(other)
                waiting.append(other)
    return reached


def groups(members: Iterable[str], links: Links, rank: Rank, linkage: Linkage) -> list[list[str]]:
    """The groups of *members*, each in order of *rank*, in order of their first."""
    found: list[list[str]] = []
    left = set(members)
    for start in sorted(left, key=rank):
        if start in left:
            whole = component(start, links, linkage.join)
            left -= whole
            for part in _small_enough(whole, links, linkage.largest):
                found += _merged(sorted(part, key=rank), links, linkage)
    for group in found:
        group.sort(key=rank)
    return sorted(found, key=lambda group: rank(group[0]))


def _small_enough(whole: set[str], links: Links, largest: int) -> Iterator[set[str]]:
    """*whole*, or the parts that are left of it when its weakest links are cut, step by step."""
    waiting: list[tuple[set[str], int | None]] = [(whole, None)]
    while waiting:
        part, above = waiting.pop()
        scores = sorted(
            score for one in part for score in links.get(one, {}).values() if above is None or score >= above
        )
        if len(part) <= largest or not scores or scores[0] == scores[-1]:
            yield part
            continue
        # at least a tenth of the links goes each time: few steps, however large the component
        higher = max(scores[len(scores) // 10], scores[0] + 1)
        left = set(part)
        while left:
            piece = component(next(iter(left)), links, higher) & left
            left -= piece
            waiting.append((piece, higher))


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
