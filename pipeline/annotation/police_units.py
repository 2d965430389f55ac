"""Which unit of the police speaks or acts: a form of unit tied to its town.

The rules are ``units`` of ``config/whereabouts.yml``.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from config.loader import Config
from config.model import Unit
from pipeline.annotation.matcher import Hit
from pipeline.annotation.phrases import Phrases, Spans, after, before, stem
from pipeline.annotation.reading import Reading
from pipeline.annotation.words import PAUSE, pattern

FORMS = ("rank", "service", "common", "loose", "national")
"""The kinds of names that :class:`Units` is handed, as kinds of their senses."""
_TYPES = ("wilaya", "regional", "provincial", "commissariat", "border", "district")
"""Of the units of one town the first of these is meant."""
_FAR = 120
"""Farther apart than so many characters nothing is tied."""
_CLAUSE = 9
"""How many words on each side belong to the clause of a unit."""


@dataclass(frozen=True, slots=True)
class Tied:
    """A unit of a town named: ``line[begin:end]``."""

    form: str
    town: str
    begin: int
    end: int
    unit: str = ""
    """Its id, where it bears the full name of one; else it is the unit of its town."""


class Units:
    """Finds the unit of an article."""

    def __init__(self, config: Config, rules: Mapping[str, Any]) -> None:
        self._of_name = {
            pattern(name): unit for unit in config.units for names in unit.names.values() for name in names
        }
        self._of_town = _unit_of_town(config.units)
        self._links = frozenset(stem(pattern(word)) for word in rules["links"])
        self._link_words: int = rules["link_words"]
        self._behind = frozenset(pattern(word) for word in rules["behind"])
        self._of_the_town = Phrases({"town": rules["of_the_town"]})
        self._bare = frozenset(pattern(name) for name in rules["bare"])
        self._acts = Phrases({"acts": rules["acts"]})
        self._silent = Phrases({"silent": rules["silent"]})
        self._silent_words: int = rules["silent_words"]
        self._several: int = rules["several"]
        self._elsewhere = frozenset(rules["elsewhere"])
        self._worths: Mapping[str, int] = rules["worth"]

    def tied(self, reading: Reading, forms: Sequence[Hit], towns: Sequence[tuple[Hit, str]]) -> list[Tied]:
        """Every unit named with its town, in order; *forms* and *towns* as they stand in the line."""
        found = [self._named(hit, unit) for hit in reading.hits if (unit := self._of_name.get(hit.name))]
        taken = Spans(len(reading.words.line))
        for one in found:
            taken.take(one.begin, one.end)
        for hit in reading.hits:
            if any(sense.label in self._elsewhere for sense in hit.senses):
                taken.take(hit.word, hit.end)
        for index, form in enumerate(forms):
            if form.senses[0].kind == "national" or taken.touch(form.word, form.end):
                continue
            if (tied := self._tie(reading.words.line, forms, index, towns)) is not None:
                found.append(tied)
        found.sort(key=lambda one: one.begin)
        return found

    def choose(
        self, reading: Reading, tied: Sequence[Tied], forms: Sequence[Hit], town: str
    ) -> tuple[str, int, int] | None:
        """(id, begin, end) of the unit that speaks or acts; *town* is that of the fact, if it is one."""
        worth: dict[str, tuple[int, Tied]] = {}
        for one in tied:
            unit = one.unit or self.unit_of(one.town)
            if unit and (value := self._worth(reading, one, town)) > worth.get(unit, (0, one))[0]:
                worth[unit] = (value, one)
        if worth:
            unit, (value, best) = max(worth.items(), key=lambda item: (item[1][0], -item[1][1].begin))
            rivals = {one.town for _, one in worth.values() if one.form == best.form == "rank"}
            if len(rivals) >= self._several and reading.words.field(best.begin) != "title":
                return None
            return unit, best.begin, best.end
        return self._untied(reading, forms, town)

    def unit_of(self, town: str) -> str:
        """The unit of *town*: its highest; empty where it has none."""
        unit = self._of_town.get(town)
        return unit.id if unit is not None else ""

    def _named(self, hit: Hit, unit: Unit) -> Tied:
        form = "service" if unit.type == "district" else "rank"
        return Tied(form, unit.city, hit.word, hit.end, unit.id if unit.type != "district" else "")

    def _tie(
        self, line: str, forms: Sequence[Hit], index: int, towns: Sequence[tuple[Hit, str]]
    ) -> Tied | None:
        form = forms[index]
        kind = form.senses[0].kind
        behind = bisect_left(towns, form.end, key=lambda one: one[0].word)
        if behind < len(towns):
            hit, town = towns[behind]
            gap = line[form.end : min(hit.word, form.end + _FAR)].split()
            if self._linked(gap) and not _names_another(forms, index, hit.word):
                # "Police in Fez" is its police where it acts; "police of Fez" always is.
                inside = (kind == "common" and line[hit.word : hit.start] in ("ب", "ف")) or "in" in gap
                return Tied("loose" if inside else kind, town, form.word, hit.end)
        if behind and not "\u0600" <= form.name[0] <= "\u06ff":
            hit, town = towns[behind - 1]
            gap = line[max(hit.end, form.word - _FAR) : form.word].split()
            if hit.end <= form.word and len(gap) <= 2 and all(word in self._behind for word in gap):
                return Tied(kind, town, hit.word, form.end)
        return None

    def _linked(self, gap: Sequence[str]) -> bool:
        return len(gap) <= self._link_words and all(stem(word) in self._links for word in gap)

    def _worth(self, reading: Reading, one: Tied, town: str) -> int:
        line = reading.words.line
        if self._silent.within(before(line, one.begin, self._silent_words)):
            return 0
        acting = self._acting(line, one.begin, one.end)
        if one.form == "loose" and not acting:
            return 0
        field = reading.words.field(one.begin)
        return sum(
            (
                self._worths[one.form],
                self._worths["title"] if field == "title" else 0,
                self._worths["lead"] if field != "title" and one.begin < reading.lead_end else 0,
                self._worths["acting"] if acting else 0,
                self._worths["at_home"] if one.town == town else 0,
            )
        )

    def _acting(self, line: str, begin: int, end: int) -> bool:
        said = [*_last_clause(before(line, begin, _CLAUSE)), ".", *_first_clause(after(line, end, _CLAUSE))]
        return self._acts.within(said) is not None

    def _untied(self, reading: Reading, forms: Sequence[Hit], town: str) -> tuple[str, int, int] | None:
        """A rank without its town, that of the article's only town: « la préfecture de police indique »."""
        unit = self.unit_of(town) if town else ""
        if not unit:
            return None
        line = reading.words.line
        for form in forms:
            if form.senses[0].kind != "rank" or form.name not in self._bare:
                continue
            if self._silent.within(before(line, form.word, self._silent_words)):
                continue
            of_it = self._of_the_town.beginning(after(line, form.end, 3)) or self._of_the_town.ending(
                before(line, form.word, 3)
            )
            if of_it or self._acting(line, form.word, form.end):
                return unit, form.word, form.end
        return None


def _unit_of_town(units: Iterable[Unit]) -> dict[str, Unit]:
    found: dict[str, Unit] = {}
    for unit in sorted(units, key=lambda one: _TYPES.index(one.type) if one.type in _TYPES else len(_TYPES)):
        found.setdefault(unit.city, unit)
    return found


def _names_another(forms: Sequence[Hit], index: int, end: int) -> bool:
    """Whether, behind ``forms[index]`` and before ``line[end]``, a body of the whole country is named."""
    for other in forms[index + 1 : index + 4]:
        if other.word >= end:
            return False
        if other.senses[0].kind == "national":
            return True
    return False


def _last_clause(said: Sequence[str]) -> Sequence[str]:
    """The words behind the last pause but one: a short insertion belongs to its clause."""
    pauses = [index for index, word in enumerate(said) if word == PAUSE]
    return said[pauses[-2] + 1 :] if len(pauses) > 1 else said


def _first_clause(said: Sequence[str]) -> Sequence[str]:
    pauses = [index for index, word in enumerate(said) if word == PAUSE]
    return said[: pauses[1]] if len(pauses) > 1 else said


def form_kinds(rules: Mapping[str, Any]) -> Collection[tuple[str, str]]:
    """(kind, name) of every form of a unit."""
    return [(kind, name) for kind in FORMS for name in rules["forms"][kind]]
