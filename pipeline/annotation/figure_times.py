"""Which numbers of an article are dates, the periods it speaks of, and what it recalls of other times."""

from __future__ import annotations

from bisect import bisect_left
from datetime import date

from pipeline.annotation.figure_line import Line
from pipeline.annotation.figure_words import COUNTED
from pipeline.annotation.numbers import Number
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


class Times:
    """The dates of one article."""

    def __init__(self, line: Line) -> None:
        self._line = line
        published = line.reading.article.published
        self._year = published.at.year if published else None
        self.dates: set[int] = set()
        """Where numbers begin that are of dates."""
        self._periods: list[tuple[int, tuple[str, str]]] = []
        self._years: list[tuple[int, int]] = []
        self._read_dates()

    def _read_dates(self) -> None:
        """Note which numbers are of dates, the periods between two, and the years."""
        numbers = self._line.numbers
        for index, number in enumerate(numbers):
            if not number.digits or number.suffix not in ("", "er"):
                continue
            if number.value in _YEARS and self._is_year(index):
                self.dates.add(number.begin)
                self._years.append((number.begin, int(number.value)))
            elif 1 <= number.value <= _DAY and (month := self._month(number)):
                self.dates.add(number.begin)
                self._read_range(index, month)

    def _is_year(self, index: int) -> bool:
        number = self._line.numbers[index]
        if number.end - number.begin > 1:
            return False
        behind = number.end
        if self._line.said[behind : behind + 1] and self._line.said[behind] in self._line.rules.of:
            behind += 1  # 1987 من الجرحى
        part = self._line.ends_at("subset", number.begin, 0) is not None  # dont 1998 corporels
        if not part and not self._line.tag(behind, *COUNTED):
            return True
        near = self._year is not None and abs(number.value - self._year) <= 1
        return near and self._line.tag(number.begin - 1, "months", "year_words") is not None

    def _month(self, number: Number) -> int:
        """The month beside a day: behind it (7 شتنبر, 7 de septiembre), or before (September 7)."""
        for index in (number.end, number.end + 1, number.begin - 1):
            tag = self._line.tag(index, "months") if index >= 0 else None
            if tag is None or (
                index == number.end + 1 and self._line.said[number.end] not in ("de", "of", "من")
            ):
                continue
            if index == number.begin - 1 and self._line.tag(number.end, "things", "persons", "money", "mass"):
                continue
            return int(tag.label)
        return 0

    def _read_range(self, index: int, month: int) -> None:
        """A period that ends, or begins, with day number *index*."""
        numbers = self._line.numbers
        last = numbers[index]
        if index and self._in_range(numbers[index - 1], last):
            first = numbers[index - 1]
            before = self._month(first) or month
            self.dates.add(first.begin)
            self._add_period(first, before, last, month)
        elif self._line.tag(last.begin - 1, "months") and index + 1 < len(numbers):
            following = numbers[index + 1]
            if self._in_range(last, following) and not self._line.tag(
                following.end, "things", "persons", "money", "mass", "measures"
            ):
                self.dates.add(following.begin)
                self._add_period(last, month, following, self._month(following) or month)

    def _in_range(self, first: Number, last: Number) -> bool:
        if not (first.digits and 1 <= first.value <= _DAY and last.begin - first.end <= 5):
            return False
        between = self._line.said[first.end : last.begin]
        if STOP in between or self._line.tag(first.end, "things", "persons", "money", "mass", "measures"):
            return False
        joined = self._line.said[last.begin][:1] == "و" or any(
            word in self._line.rules.to or word[:1] == "و" for word in between
        )
        dashed = not between
        opened = self._line.ends_at("range_openers", first.begin, 3) is not None
        return (joined and opened) or dashed or "الي" in between or "au" in between

    def _add_period(self, first: Number, month: int, last: Number, last_month: int) -> None:
        if self._year is None:
            return
        at = bisect_left(self._line.numbers, last.end, key=lambda number: number.begin)
        year = self._year
        for behind in self._line.numbers[at : at + 1]:
            alone = behind.digits and behind.end - behind.begin == 1 and behind.value in _YEARS
            if (
                alone
                and behind.begin - last.end <= 2
                and PAUSE not in self._line.said[last.end : behind.begin]
            ):
                year = int(behind.value)
        published = self._line.reading.article.published
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

    def recalled(self, index: int, *, priced: bool = False) -> bool:
        """Whether the sentence at *index* tells an earlier fact.

        What is told of a sum of money behind *contre* or مقابل is its price, no comparison (*priced*).
        """
        begin, end = self._line.sentence(index)
        compared = [
            tag
            for tag in self._line.within("compared", begin, end)
            if not priced and (tag.begin - begin <= 1 or self._line.numbers_between(begin, tag.begin))
        ]
        if any(begin <= tag.begin <= index < self._pause(tag.end) for tag in compared):
            return True
        if any(
            not any(tag.begin <= other.begin < self._pause(tag.end) for tag in compared)
            for other in self._line.within("recalled", begin, end)
        ):
            return True
        if self._year is None:
            return False
        if self._is_of_earlier_month(index, begin, end):
            return True
        return any(
            begin <= at < end
            and year < self._year
            and not self._line.ends_at("of_now", at, 3)
            and (abs(at - index) <= _YEAR or at - begin <= _YEAR // 2)
            for at, year in self._years
        )

    def _is_of_earlier_month(self, index: int, begin: int, end: int) -> bool:
        """Whether the head of the sentence, or the words by *index*, name a month that is long past."""
        published = self._line.reading.article.published
        assert published is not None
        return any(
            (published.at.month - int(tag.label)) % 12 in _MONTHS_PAST
            and (
                self._line.said[tag.begin].lstrip("وفبل") not in _NO_MONTHS
                or self._line.said[tag.begin - 1] in _IN
            )
            and (tag.begin - begin <= _YEAR // 2 or 0 < tag.begin - index <= _YEAR)
            and not self._line.within("range_openers", tag.begin - 3, tag.begin)
            for tag in self._line.within("months", begin, end)
        )

    def _pause(self, index: int) -> int:
        """Where the clause at *index* ends."""
        end = self._line.sentence(index)[1]
        return next((at for at in range(index, end) if self._line.said[at] == PAUSE), end)

    def period(self, index: int, *, recalled: bool) -> tuple[str, str] | None:
        sentence = self._line.sentence(index)
        here = [period for at, period in self._periods if sentence[0] <= at < sentence[1]]
        if here:
            return here[0]
        if recalled:
            return None
        of_fact = [period for at, period in self._periods if not self.recalled(at)]
        return of_fact[0] if of_fact else None
