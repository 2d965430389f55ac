"""Weights and what was weighed: ثلاثة أطنان و520 كيلوغراما من الشيرا."""

from __future__ import annotations

from bisect import bisect_left

from pipeline.annotation.figure_line import AND, Line
from pipeline.annotation.figure_words import Tag
from pipeline.annotation.numbers import Number

_TONNE = 1000
"""Kilograms."""
_MOST = 300
"""Of so many substances an article is asked which it names."""


class Weights:
    """The weights of one article."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self.added: set[int] = set()
        """Where numbers begin that were added to the weight before them."""

    def weighed(self, number: Number, noun: Tag) -> tuple[str, float, int]:
        """(what, kilograms, end) of a weight, with the smaller unit behind it: ثلاثة أطنان و520 كيلوغراما."""
        factor = float(noun.label)
        value, end = number.value * factor, noun.end
        if factor >= _TONNE and number.digits and value >= _TONNE * _TONNE:
            value /= _TONNE  # 1,363 tonne: nobody seizes a thousand
        if count := self._line.rules.numbers.half_behind(self._line.said, end):
            value, end = value + factor / 2, end + count
        while (smaller := self._smaller(end, factor)) is not None:
            more, unit = smaller
            factor = float(unit.label)
            value, end = value + more.value * factor, unit.end
            self.added.add(more.begin)
        return self._substance(number, end), round(value, 6), end

    def _smaller(self, end: int, factor: float) -> tuple[Number, Tag] | None:
        """The number, with its unit, that is added at *end* to a weight in a unit of *factor* kilograms."""
        at = bisect_left(self._line.starts, end)
        if at >= len(self._line.starts) or self._line.starts[at] - end > 1:
            return None
        begin = self._line.starts[at]
        more = next(number for number in self._line.numbers if number.begin == begin)
        unit = self._line.tag(more.end, "mass")
        between = self._line.said[end:begin]
        joined = not between or self._line.said[begin][:1] == "و" or between[0] in AND
        return (more, unit) if unit is not None and joined and float(unit.label) < factor else None

    def _substance(self, number: Number, end: int) -> str:
        sentence = self._line.sentence(number.begin)
        behind = self._line.within("substances", end, min(end + 6, sentence[1]))
        if behind and not self._line.numbers_between(end, behind[0].begin):
            return behind[0].label
        before = self._line.within("substances", max(sentence[0], number.begin - 8), number.begin)
        if before:
            return before[-1].label
        if behind:
            return behind[0].label
        every = {tag.label for tag in self._line.by_kind.get("substances", [])[:_MOST]}
        return every.pop() if len(every) == 1 else ""
