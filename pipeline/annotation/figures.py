"""The figures of an article: which of its numbers count something of its fact, and what.

A number is no figure until what it counts is known: the noun behind it (or before: *le nombre de victimes à
117*), and for persons what became of them, which the nearest verb of the sentence says.  The rules are
``config/figures.yml``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from config.loader import Config
from pipeline.annotation.figure_fates import Fates
from pipeline.annotation.figure_line import Found, Line
from pipeline.annotation.figure_nouns import Nouns
from pipeline.annotation.figure_parts import Parts
from pipeline.annotation.figure_singles import Singles
from pipeline.annotation.figure_times import Times
from pipeline.annotation.figure_weights import Weights
from pipeline.annotation.figure_words import OF_PERSONS, SEVERITIES, Rules, Tag
from pipeline.annotation.numbers import Number, Page
from pipeline.annotation.reading import Reading
from store.records import Figure

_LONGEST = 4000
"""So many words of an article are read; the tables of a longer text count nothing of a fact."""
_MOST = 300
"""No article has more figures."""
_FEW = 10
"""Fewer are no posts."""
_ROUNDING = 0.07
"""So far a round number may be from the exact one."""
_HARMED = frozenset(["dead", "other:injured", "other:victims", "visitors", *SEVERITIES])
"""What bystanders are counted for."""


class Figures:
    """Finds figures by the rules of ``config/figures.yml``."""

    def __init__(self, config: Config) -> None:
        self._rules = Rules(config.data("figures"))

    def find(self, reading: Reading) -> tuple[Figure, ...]:
        """The figures of the article, each once, in order."""
        page = Page(reading.words, _LONGEST)
        if not page.said:
            return ()
        return _Finder(Line(self._rules, page, reading)).figures()


class _Finder:
    """Reads the figures of one article."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._times = Times(line)
        self._fates = Fates(line)
        self._nouns = Nouns(line, self._fates)
        self._weights = Weights(line)
        self._parts = Parts(line)
        self._singles = Singles(line, self._times, self._fates)

    def figures(self) -> tuple[Figure, ...]:
        found: list[Found] = []
        for index, number in enumerate(self._line.numbers):
            if number.begin in self._times.dates or number.begin in self._weights.added:
                continue
            found += self._judge(index, number)
            if len(found) > _MOST:
                break
        found = self._parts.whole(self._parts.summed(found))
        found += self._singles.single(found)
        found = self._consistent(found)
        return tuple(self._record(one) for one in found)

    def _record(self, one: Found) -> Figure:
        words = self._line.reading.words
        begin = words.begins[one.begin]
        last = max(one.end, one.begin + 1) - 1
        end = words.begins[last] + len(self._line.said[last])
        field, start, stop, printed = words.where(begin, end)
        return Figure(
            one.what,
            one.value,
            printed,
            field,
            start,
            stop,
            one.recalled,
            self._times.period(one.begin, recalled=one.recalled),
        )

    def _judge(self, index: int, number: Number) -> Iterator[Found]:
        if number.end > number.begin and self._is_label(number):
            return
        noun = self._nouns.noun(index, number)
        if noun is None or noun.kind == "measures":
            return
        yield from self._counted(number, noun)

    def _is_label(self, number: Number) -> bool:
        """Whether *number* is a time, a share, a rank, an article of law …"""
        before, behind = self._line.page.around(number.begin, number.end)
        if behind[:1] in ("%", "٪", "°", "º") or behind.lstrip()[:1] in ("%", "٪"):
            return True
        if number.digits and (
            (behind[:1] == ":" and behind[1:].isdigit())
            or (before[1:] == ":" and before[:1].isdigit())
            or (before[1:] == "-" and before[:1].isalpha())
            or (before[1:] in ("°", "#"))
            or (before[1:] == "+")
        ):
            return True
        if number.suffix and not self._line.unit(number):
            return True
        if number.value < 20 and self._line.ends_at("family", number.begin, 0):
            return True
        if self._line.ends_at("differences", number.begin, 1):
            return True
        return number.digits and self._line.tag(number.begin - 1, "labels") is not None

    def _counted(self, number: Number, noun: Tag) -> Iterator[Found]:
        value = number.value
        end = max(number.end, noun.end)
        what = ""
        if noun.kind == "money":
            what, factor = noun.label.split("|")
            value = round(value * float(factor), 6)
            if value < self._line.rules.price or self._is_claimed(number):
                return
        elif noun.kind == "mass":
            what, value, end = self._weights.weighed(number, noun)
        elif noun.kind == "substances":
            return
        elif noun.kind == "ends":
            what = noun.label
        elif noun.kind == "times":
            done = self._line.within("done", number.begin - 4, number.begin)
            what = done[-1].label if done else ""
        elif noun.kind in ("things", "fate"):
            what = self._fates.thing(number, noun)
        elif noun.kind == "persons":
            what = self._fates.fate(number, noun)
            if (what == "posts" and value < _FEW) or (noun.label and what not in _HARMED):
                return
        if not what or value <= 0 or self._parts.is_part(number, noun, what) or self._is_denied(number):
            return
        if value < self._line.rules.at_least.get(what, 0):
            return
        if noun.kind == "persons" or what in OF_PERSONS:
            value += self._parts.one_more(number)
            self._parts.persons.append(value)
        approximate = self._line.ends_at("approximate", number.begin, 0) is not None
        recalled = self._times.recalled(number.begin, priced=noun.kind == "money")
        yield Found(what, value, number.begin, end, approximate, recalled, noun.kind == "fate")

    def _is_claimed(self, number: Number) -> bool:
        threatened = self._line.within("penalty", self._line.sentence(number.begin)[0], number.begin)
        return bool(threatened) or self._line.ends_at("claimed", number.begin, 3) is not None

    def _is_denied(self, number: Number) -> bool:
        return (
            number.end > number.begin
            and self._line.ends_at("negations", number.begin, 0) is not None
            and number.value < 2
        )

    def _consistent(self, found: list[Found]) -> list[Found]:
        """*found* without repetitions, roundings of a figure that is told exactly, and conversions."""
        dirhams = any(tag.label.startswith("money_mad") for tag in self._line.by_kind.get("money", ()))
        suspended = {one.value for one in found if one.what == "other:suspended"}
        denied = self._line.denies()
        kept: dict[tuple[str, float], Found] = {}
        for one in found:
            if (dirhams and one.what.startswith("other:money_")) or (
                one.what == "arrests" and one.value in suspended
            ):
                continue
            if denied and one.what in self._line.rules.claims:
                one = replace(one, what=self._line.rules.claims[one.what])
            if one.approximate and any(
                other.what == one.what
                and not other.approximate
                and _is_about(one, other)
                and other.recalled == one.recalled
                for other in found
            ):
                continue
            if any(other is not one and _rounds(one, other) for other in found):
                continue
            first = kept.get((one.what, one.value))
            if first is None or (first.recalled and not one.recalled):
                kept[one.what, one.value] = one
        return sorted(kept.values(), key=lambda one: one.begin)


def _rounds(one: Found, other: Found) -> bool:
    """Whether *one* is *other* in round numbers: 1.4 tonnes, where 1,432 kg are told too."""
    if (
        one.what != other.what
        or one.recalled != other.recalled
        or one.value < 1000
        or one.value == other.value
    ):
        return False
    if one.what.endswith("_kg") and _digits(one.value) == 1 and one.value < other.value:
        return other.value < one.value + _unit(one.value)
    return abs(one.value - other.value) <= other.value * _ROUNDING and _digits(one.value) + 1 <= _digits(
        other.value
    )


def _is_about(one: Found, other: Found) -> bool:
    """Whether *other* is what *one* tells in about: more than a tonne, nearly half a tonne."""
    unit = _unit(one.value)
    below = unit if one.what.endswith("_kg") else 0.0
    return one.value - below < other.value < one.value + unit and one.value != other.value


def _unit(value: float) -> float:
    """What the last digit of *value* that says something counts: 1,000 of 12,000."""
    said = f"{value:.3f}".rstrip("0")
    decimals = len(said) - said.index(".") - 1
    if decimals:
        return float(10.0**-decimals)
    whole = said[:-1]
    return float(10 ** (len(whole) - len(whole.rstrip("0"))))


def _digits(value: float) -> int:
    """How many digits of *value* say something."""
    return len(f"{value:.3f}".replace(".", "").strip("0"))
