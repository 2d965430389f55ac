"""Parts of a count: told beside the whole they count nothing; told without it they are added up."""

from __future__ import annotations

from dataclasses import replace

from pipeline.annotation.figure_line import AND, Found, Line
from pipeline.annotation.figure_words import OF_PERSONS, SEVERITIES, Tag
from pipeline.annotation.numbers import Number


class Parts:
    """The parts and wholes of one article."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self.persons: list[float] = []
        """The counts of persons so far."""

    def one_more(self, number: Number) -> int:
        """1 where one person is told before the others: *un commissaire et trois autres policiers*."""
        begin = number.begin
        if number.end == begin:
            return 0
        if self._line.said[begin][:1] == "و" and begin:
            before = begin
        elif begin and self._line.said[begin - 1] in AND:
            before = begin - 1
        else:
            return 0
        for tag in self._line.within("person", before - 3, before):
            if tag.end == before and not any(
                n.end in (tag.begin, tag.begin - 1)
                for n in self._line.numbers
                if n.end > n.begin and n.begin < begin
            ):
                return 1
        return 0

    def is_part(self, number: Number, noun: Tag, what: str) -> bool:
        """Whether the count is a part of one told before."""
        begin = number.begin
        behind = self._line.tag(number.end, "subset") if number.end > number.begin else None
        known = any(value > number.value for value in self.persons)
        if behind is not None and noun.kind != "ends" and (known or behind.end - behind.begin == 1):
            return what not in SEVERITIES
        of_persons = noun.kind == "persons" or what in OF_PERSONS
        if of_persons and known and number.value < 100 and self._is_of_known(number):
            return what not in SEVERITIES
        before = self._line.subset_of(number)
        if before is None or (before.end == begin - 1 and self._line.tag(before.end, "fates")):
            return False
        if what == "other:women":
            sentence = self._line.sentence(begin)
            return any(tag.label == "arrests" for tag in self._line.within("fates", sentence[0], begin))
        return what not in SEVERITIES and (noun.kind in ("persons", "fate") or what in OF_PERSONS)

    def _is_of_known(self, number: Number) -> bool:
        """Whether *number* counts of those told before: *seis de los galardonados*, اثنان من الموقوفين."""
        said, end = self._line.said, number.end
        if end == number.begin or end + 1 >= len(said):
            return False
        return said[end] == "des" or (
            (said[end] == "من" and said[end + 1].startswith("ال"))
            or (said[end] == "de" and said[end + 1] in ("los", "las"))
            or (said[end] == "of" and said[end + 1] in ("the", "those", "these"))
        )

    def summed(self, found: list[Found]) -> list[Found]:
        """*found* with persons told in two parts as one count: *cuatro hombres y una mujer*."""
        summed: list[Found] = []
        for one in found:
            last = summed[-1] if summed else None
            if one.what in OF_PERSONS and (extra := self._another(one)):
                one = replace(one, value=one.value + 1, end=extra)
            if (
                last is not None
                and one.what == last.what
                and one.what in OF_PERSONS
                and one.recalled == last.recalled
                and one.begin - last.end <= 1
                and (self._line.said[one.begin][:1] == "و" or self._line.said[one.begin - 1] in AND)
            ):
                summed[-1] = replace(last, value=last.value + one.value, end=one.end)
            else:
                summed.append(one)
        return summed

    def whole(self, found: list[Found]) -> list[Found]:
        """*found* without parts of a count that was told before: *cinq, dont quatre hommes et une femme*."""
        kept: list[Found] = []
        index = 0
        while index < len(found):
            one = found[index]
            kept.append(one)
            index += 1
            if one.what not in OF_PERSONS or one.what == "candidates":
                continue
            sentence = self._line.sentence(one.begin)
            if one.bare and any(
                other.what == one.what and other.value > one.value and sentence[0] <= other.begin < one.begin
                for other in kept[:-1]
            ):
                kept.pop()
                continue
            end, parts, total = self._line.sentence(one.begin)[1], index, 0.0
            while parts < len(found) and found[parts].begin < end and found[parts].what == one.what:
                total += found[parts].value
                parts += 1
                if total >= one.value:
                    break
            if total == one.value and found[index].value < one.value:
                index = parts
        return kept

    def _another(self, one: Found) -> int:
        """Where *… and a woman* right behind persons ends; 0 where nothing such follows."""
        said, at = self._line.said, one.end
        if at < len(said) and said[at][0] == "و" and (tag := self._line.tag(at, "person")) is not None:
            return tag.end
        if at + 2 < len(said) and said[at] in AND and said[at + 1] in ("un", "une", "una", "a", "one"):
            tag = self._line.tag(at + 2, "person", "persons")
            return tag.end if tag is not None else 0
        return 0
