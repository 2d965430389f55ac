"""An article as its figures are read from it: its numbers, the words of the rules, its dates and periods."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from pipeline.annotation.figure_words import Rules, Tag
from pipeline.annotation.numbers import Number, Page
from pipeline.annotation.reading import Reading
from pipeline.annotation.words import PAUSE, STOP

_YEARS = range(1900, 2100)
"""Numbers that may be years."""
_YEAR = 10
"""So near a number stands a year that it is of, in words, or else near the head of its sentence."""
_MONTHS_PAST = range(3, 10)
"""So many months ago a fact is another one; more, and the month is one to come."""
_NO_MONTHS = frozenset(["may", "march", "mar", "ago", "sept", "sep", "اب", "مارس"])
"""Names of months that are other words too …"""
_IN = frozenset(["in", "last", "en", "de", "في", "شهر", "خلال"])
"""… unless one of these stands before them."""
_DAY = 31
"""The last day that a month may have."""


class Line:
    """The numbers of one article, and what stands where beside them."""

    def __init__(self, rules: Rules, page: Page, reading: Reading) -> None:
        self._rules, self._page, self._reading = rules, page, reading
        self._said = page.said
        self._numbers = rules.numbers.read(page, reading.article.language or "")
        inside = {index for number in self._numbers for index in range(number.begin, number.end)}
        self._stops = [i for i, word in enumerate(self._said) if word == STOP and i not in inside]
        self._at: dict[int, list[Tag]] = {}
        self._by_kind: dict[str, list[Tag]] = {}
        for tag in rules.vocabulary.tags(self._said):
            self._at.setdefault(tag.begin, []).append(tag)
            self._by_kind.setdefault(tag.kind, []).append(tag)
        neutral = [(tag.begin, tag.end) for tag in self._by_kind.get("neutral", ())]
        if neutral:
            self._by_kind["fates"] = [
                tag
                for tag in self._by_kind.get("fates", ())
                if not any(begin <= tag.begin < end for begin, end in neutral)
            ]
        self._add_duals(inside)
        self._starts = [number.begin for number in self._numbers]
        self._year = reading.article.published.at.year if reading.article.published else None
        self._dates: set[int] = set()
        self._periods: list[tuple[int, tuple[str, str]]] = []
        self._years: list[tuple[int, int]] = []

    def _add_duals(self, inside: set[int]) -> None:
        duals = [
            Number(tag.begin, tag.begin, 2.0, digits=False)
            for tag in self._by_kind.get("dual", ())
            if tag.begin not in inside and tag.begin - 1 not in inside
        ]
        duals += self._bare_weights(inside)
        if duals:
            self._numbers = sorted([*self._numbers, *duals], key=lambda number: number.begin)

    def _bare_weights(self, inside: set[int]) -> Iterator[Number]:
        """Weights without a number: طنين, half a ton, طن و200 كيلوغرام, *une tonne et 200 kilos*."""
        for tag in self._by_kind.get("mass_dual", ()):
            self._at[tag.begin].insert(0, replace(tag, kind="mass"))
            yield Number(tag.begin, tag.begin, 2.0, digits=False)
        for tag in self._by_kind.get("mass", ()):
            if tag.begin - 1 in inside or tag.begin in inside:
                continue
            if half := self._ends_at("half_of", tag.begin, 0):
                yield Number(half.begin, tag.begin, 0.5, digits=False)
            elif float(tag.label) >= 1000 or self._has_smaller(tag):
                one = self._ends_at("one_of", tag.begin, 0)
                if one is not None:
                    yield Number(one.begin, tag.begin, 1.0, digits=False)
                elif self._said[tag.begin].lstrip("وب") in self._rules.one_unit:
                    yield Number(tag.begin, tag.begin, 1.0, digits=False)

    def _has_smaller(self, tag: Tag) -> bool:
        """Whether a number of a smaller unit stands behind a unit: كيلوغرام و200 غرام."""
        for number in self._numbers:
            if tag.end <= number.begin <= tag.end + 1:
                unit = self._tag(number.end, "mass")
                return unit is not None and float(unit.label) < float(tag.label)
        return False

    # -- what stands where

    def _tag(self, index: int, *kinds: str) -> Tag | None:
        for tag in self._at.get(index, ()):
            if tag.kind in kinds:
                return tag
        return None

    def _within(self, kind: str, begin: int, end: int) -> list[Tag]:
        tags = self._by_kind.get(kind, [])
        first = bisect_left(tags, begin, key=lambda tag: tag.begin)
        last = bisect_left(tags, end, first, key=lambda tag: tag.begin)
        return tags[first:last]

    def _ends_at(self, kind: str, index: int, reach: int) -> Tag | None:
        """A tag of *kind* that ends at *index* or up to *reach* words before."""
        for tag in reversed(self._within(kind, index - reach - 4, index)):
            if index - reach <= tag.end <= index:
                return tag
        return None

    def _sentence(self, index: int) -> tuple[int, int]:
        stop = bisect_left(self._stops, index)
        begin = self._stops[stop - 1] + 1 if stop else 0
        return begin, self._stops[stop] if stop < len(self._stops) else len(self._said)

    def _numbers_between(self, begin: int, end: int) -> int:
        return bisect_left(self._starts, end) - bisect_left(self._starts, begin)

    # -- dates

    def _read_dates(self) -> None:
        """Note which numbers are of dates, the periods between two, and the years."""
        numbers = self._numbers
        for index, number in enumerate(numbers):
            if not number.digits or number.suffix not in ("", "er"):
                continue
            if number.value in _YEARS and self._is_year(index):
                self._dates.add(number.begin)
                self._years.append((number.begin, int(number.value)))
            elif 1 <= number.value <= _DAY and (month := self._month(number)):
                self._dates.add(number.begin)
                self._read_range(index, month)

    def _is_year(self, index: int) -> bool:
        number = self._numbers[index]
        if number.end - number.begin > 1:
            return False
        if not self._tag(number.end, "things", "persons", "money", "mass"):
            return True
        near = self._year is not None and abs(number.value - self._year) <= 1
        return near and self._tag(number.begin - 1, "months", "year_words") is not None

    def _month(self, number: Number) -> int:
        """The month beside a day: behind it (7 شتنبر, 7 de septiembre), or before (September 7)."""
        for index in (number.end, number.end + 1, number.begin - 1):
            tag = self._tag(index, "months") if index >= 0 else None
            if tag is None or (index == number.end + 1 and self._said[number.end] not in ("de", "of", "من")):
                continue
            if index == number.begin - 1 and self._tag(number.end, "things", "persons", "money", "mass"):
                continue
            return int(tag.label)
        return 0

    def _read_range(self, index: int, month: int) -> None:
        """A period that ends, or begins, with day number *index*."""
        numbers = self._numbers
        last = numbers[index]
        if index and self._in_range(numbers[index - 1], last):
            first = numbers[index - 1]
            before = self._month(first) or month
            self._dates.add(first.begin)
            self._add_period(first, before, last, month)
        elif self._tag(last.begin - 1, "months") and index + 1 < len(numbers):
            following = numbers[index + 1]
            if self._in_range(last, following) and not self._tag(
                following.end, "things", "persons", "money", "mass", "measures"
            ):
                self._dates.add(following.begin)
                self._add_period(last, month, following, self._month(following) or month)

    def _in_range(self, first: Number, last: Number) -> bool:
        if not (first.digits and 1 <= first.value <= _DAY and last.begin - first.end <= 5):
            return False
        between = self._said[first.end : last.begin]
        if STOP in between or self._tag(first.end, "things", "persons", "money", "mass", "measures"):
            return False
        joined = self._said[last.begin][:1] == "و" or any(
            word in self._rules.to or word[:1] == "و" for word in between
        )
        dashed = not between
        opened = self._ends_at("range_openers", first.begin, 3) is not None
        return (joined and opened) or dashed or "الي" in between or "au" in between

    def _add_period(self, first: Number, month: int, last: Number, last_month: int) -> None:
        if self._year is None:
            return
        at = bisect_left(self._numbers, last.end, key=lambda number: number.begin)
        year = self._year
        for behind in self._numbers[at : at + 1]:
            alone = behind.digits and behind.end - behind.begin == 1 and behind.value in _YEARS
            if alone and behind.begin - last.end <= 2 and PAUSE not in self._said[last.end : behind.begin]:
                year = int(behind.value)
        published = self._reading.article.published
        assert published is not None
        try:
            end = date(year, last_month, int(last.value))
            if year == self._year and end > published.at.date() and last_month > published.at.month + 6:
                end = end.replace(year=year - 1)
            begin = date(end.year - (month > last_month), month, int(first.value))
        except ValueError:
            return
        if begin < end:
            self._periods.append((first.begin, (begin.isoformat(), end.isoformat())))

    def _recalled(self, index: int, *, priced: bool = False) -> bool:
        """Whether the sentence at *index* tells an earlier fact.

        What is told of a sum of money behind *contre* or مقابل is its price, no comparison (*priced*).
        """
        begin, end = self._sentence(index)
        compared = [
            tag
            for tag in self._within("compared", begin, end)
            if not priced and (tag.begin - begin <= 1 or self._numbers_between(begin, tag.begin))
        ]
        if any(begin <= tag.begin <= index < self._pause(tag.end) for tag in compared):
            return True
        if any(
            not any(tag.begin <= other.begin < self._pause(tag.end) for tag in compared)
            for other in self._within("recalled", begin, end)
        ):
            return True
        if self._year is None:
            return False
        if self._is_of_earlier_month(index, begin, end):
            return True
        return any(
            begin <= at < end
            and year < self._year
            and not self._ends_at("of_now", at, 3)
            and (abs(at - index) <= _YEAR or at - begin <= _YEAR // 2)
            for at, year in self._years
        )

    def _is_of_earlier_month(self, index: int, begin: int, end: int) -> bool:
        """Whether the head of the sentence, or the words by *index*, name a month that is long past."""
        published = self._reading.article.published
        assert published is not None
        return any(
            (published.at.month - int(tag.label)) % 12 in _MONTHS_PAST
            and (self._said[tag.begin].lstrip("وفبل") not in _NO_MONTHS or self._said[tag.begin - 1] in _IN)
            and (tag.begin - begin <= _YEAR // 2 or 0 < tag.begin - index <= _YEAR)
            and not self._within("range_openers", tag.begin - 3, tag.begin)
            for tag in self._within("months", begin, end)
        )

    def _pause(self, index: int) -> int:
        """Where the clause at *index* ends."""
        end = self._sentence(index)[1]
        return next((at for at in range(index, end) if self._said[at] == PAUSE), end)
