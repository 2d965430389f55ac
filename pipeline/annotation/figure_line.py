"""An article as its figures are read from it: its numbers, and where words of the rules stand."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, replace

from pipeline.annotation.figure_words import Rules, Tag
from pipeline.annotation.numbers import Number, Page
from pipeline.annotation.reading import Reading
from pipeline.annotation.words import PAUSE, STOP

_LISTED = 3
"""So few words stand between the numbers of a list."""
AND = frozenset(["et", "y", "and", "و"])


@dataclass(frozen=True, slots=True)
class Found:
    """A figure before it is compared with the others."""

    what: str
    value: float
    begin: int
    end: int
    approximate: bool = False
    recalled: bool = False
    bare: bool = False
    """No noun was told."""


class Line:
    """The numbers of one article, and what stands where beside them."""

    def __init__(self, rules: Rules, page: Page, reading: Reading) -> None:
        self.rules, self.page, self.reading = rules, page, reading
        self.said = page.said
        self.numbers = rules.numbers.read(page, reading.article.language or "")
        inside = {index for number in self.numbers for index in range(number.begin, number.end)}
        self._stops = [i for i, word in enumerate(self.said) if word == STOP and i not in inside]
        self.at: dict[int, list[Tag]] = {}
        self.by_kind: dict[str, list[Tag]] = {}
        for tag in rules.vocabulary.tags(self.said):
            self.at.setdefault(tag.begin, []).append(tag)
            self.by_kind.setdefault(tag.kind, []).append(tag)
        neutral = [(tag.begin, tag.end) for tag in self.by_kind.get("neutral", ())]
        if neutral:
            self.by_kind["fates"] = [
                tag
                for tag in self.by_kind.get("fates", ())
                if not any(begin <= tag.begin < end for begin, end in neutral)
            ]
        self._add_duals(inside)
        self.starts = [number.begin for number in self.numbers]

    def _add_duals(self, inside: set[int]) -> None:
        duals = [
            Number(tag.begin, tag.begin, 2.0, digits=False)
            for tag in self.by_kind.get("dual", ())
            if tag.begin not in inside and tag.begin - 1 not in inside
        ]
        duals += self._bare_weights(inside)
        if duals:
            self.numbers = sorted([*self.numbers, *duals], key=lambda number: number.begin)

    def _bare_weights(self, inside: set[int]) -> Iterator[Number]:
        """Weights without a number: طنين, half a ton, طن و200 كيلوغرام, *une tonne et 200 kilos*."""
        for tag in self.by_kind.get("mass_dual", ()):
            self.at[tag.begin].insert(0, replace(tag, kind="mass"))
            yield Number(tag.begin, tag.begin, 2.0, digits=False)
        for tag in self.by_kind.get("mass", ()):
            if tag.begin - 1 in inside or tag.begin in inside:
                continue
            if half := self.ends_at("half_of", tag.begin, 0):
                yield Number(half.begin, tag.begin, 0.5, digits=False)
            elif float(tag.label) >= 1000 or self._has_smaller(tag):
                one = self.ends_at("one_of", tag.begin, 0)
                if one is not None:
                    yield Number(one.begin, tag.begin, 1.0, digits=False)
                elif self.said[tag.begin].lstrip("وب") in self.rules.one_unit:
                    yield Number(tag.begin, tag.begin, 1.0, digits=False)

    def _has_smaller(self, tag: Tag) -> bool:
        """Whether a number of a smaller unit stands behind a unit: كيلوغرام و200 غرام."""
        for number in self.numbers:
            if tag.end <= number.begin <= tag.end + 1:
                unit = self.tag(number.end, "mass")
                return unit is not None and float(unit.label) < float(tag.label)
        return False

    # -- what stands where

    def tag(self, index: int, *kinds: str) -> Tag | None:
        """The tag of one of *kinds* that begins at *index*."""
        for tag in self.at.get(index, ()):
            if tag.kind in kinds:
                return tag
        return None

    def within(self, kind: str, begin: int, end: int) -> list[Tag]:
        """The tags of *kind* that begin in ``[begin, end)``."""
        tags = self.by_kind.get(kind)
        if not tags:
            return []
        first = bisect_left(tags, begin, key=lambda tag: tag.begin)
        last = bisect_left(tags, end, first, key=lambda tag: tag.begin)
        return tags[first:last]

    def ends_at(self, kind: str, index: int, reach: int) -> Tag | None:
        """A tag of *kind* that ends at *index* or up to *reach* words before."""
        for tag in reversed(self.within(kind, index - reach - 4, index)):
            if index - reach <= tag.end <= index:
                return tag
        return None

    def sentence(self, index: int) -> tuple[int, int]:
        """Where the sentence of word *index* begins and ends."""
        stop = bisect_left(self._stops, index)
        begin = self._stops[stop - 1] + 1 if stop else 0
        return begin, self._stops[stop] if stop < len(self._stops) else len(self.said)

    def numbers_between(self, begin: int, end: int) -> int:
        """How many numbers begin in ``[begin, end)``."""
        return bisect_left(self.starts, end) - bisect_left(self.starts, begin)

    def is_number(self, index: int) -> bool:
        """Whether a number begins at *index*."""
        first = bisect_left(self.starts, index)
        return first < len(self.starts) and self.starts[first] == index

    def unit(self, number: Number) -> Tag | None:
        """The unit that is joined to the digits of *number* (68kg)."""
        for entry in self.rules.vocabulary.exact.get(number.suffix, ()):
            if entry.kind in ("mass", "money") and not entry.rest:
                return Tag(entry.kind, entry.label, number.end - 1, number.end)
        return None

    def fate_at(self, index: int) -> Tag | None:
        """The verb of a fate at *index*."""
        return next(iter(self.within("fates", index, index + 1)), None)

    def subset_of(self, number: Number) -> Tag | None:
        """The word that makes *number* a part of what was told: *dont neuf femmes et quatre mineurs*."""
        if (tag := self.ends_at("subset", number.begin, 2)) is not None:
            return tag
        said, at = self.said, bisect_left(self.starts, number.begin)
        if not at or number.end == number.begin:
            return None
        before = self.numbers[at - 1]
        joined = said[number.begin][:1] == "و" or said[number.begin - 1] in AND
        near = number.begin - before.end <= _LISTED and PAUSE not in said[before.end : number.begin]
        if joined and near:
            return self.ends_at("subset", before.begin, 1)
        return None

    def denies(self) -> bool:
        """Whether title or first sentence deny what the article tells."""
        first = bisect_left(self.page.fields, self.page.fields[-1])
        return any(self.within("denials", *self.sentence(at)) for at in (0, first))
