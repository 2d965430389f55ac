"""What became of the persons that a number counts: the nearest verb says it, or the one right beside."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import replace

from pipeline.annotation.figure_line import Line
from pipeline.annotation.figure_words import NOUNS, SEVERITIES, Tag
from pipeline.annotation.numbers import Number
from pipeline.annotation.words import PAUSE, STOP

_CROWD = 1000
"""So many are a crowd, which verbs of a visit or an exam may count without a noun."""
_UNKNOWN = 9
"""So far from a number a verb makes persons of a word that no rule knows."""
_FATE = 24
"""So far a verb may stand from the persons it speaks of, in words."""
_NEAR = 40
"""Farther in a sentence nothing is looked for."""
_WEAK = 9
"""So much farther a weak word counts."""
_PAUSE_COST = 3
_OTHER_COST = 4
"""What a pause, or another count of persons, adds to the distance."""
_SEVERITY = 7
"""So near behind the injured the degree of their injuries stands."""
_CROWDS = frozenset(["posts", "visitors", "candidates", "other:promoted", "other:viewers", "persons_checked"])
"""Fates that may stand before a crowd without a noun."""
_BESIDE = frozenset(["arrests", "dead", "migrants", "other:injured", *SEVERITIES])
"""Fates that may stand beside a number without a noun."""
_OVERRIDE: Mapping[str, frozenset[str]] = {
    "other:officers": frozenset(
        """dead posts arrests other:suspended other:decorated other:promoted other:injured
        other:officers_trained other:appointments""".split()
    ),
    "other:women": frozenset(["dead", "arrests", "other:injured"]),
    "other:fighters": frozenset(["dead", "arrests"]),
    "other:children": frozenset(["dead", "other:injured", "other:children", "arrests"]),
    "other:pupils": frozenset(["dead", "other:injured", "arrests", "other:cheating_cases"]),
    "other:passengers": frozenset(["dead", "other:injured", "arrests"]),
    "other:clients": frozenset(["dead", "other:injured", "arrests"]),
    "other:workers": frozenset(["dead", "other:injured"]),
    "other:journalists": frozenset(["dead", "other:injured"]),
    "other:minors": frozenset(["migrants", "arrests", "other:children"]),
    "candidates": frozenset(["arrests"]),
}
"""Of persons that have an id of their own, what becomes of them is the figure where it is one of these."""


class Fates:
    """The fates of the persons of one article."""

    def __init__(self, line: Line) -> None:
        self._line = line

    def fate(
        self, number: Number, noun: Tag, *, strong: bool = False, of: frozenset[str] | None = None
    ) -> str:
        """What became of the persons counted: the nearest verb of the sentence (one of *of*)."""
        begin, end = self._line.sentence(number.begin)
        if of is None and (severity := self._severity(noun.end, end) or self._severity_before(number)):
            return severity
        best, what = float(_FATE + 1), ""
        for tag in self._line.within("fates", max(begin, number.begin - _NEAR), min(end, noun.end + _NEAR)):
            if of is not None and tag.label not in of:
                continue
            if tag.label in SEVERITIES or (number.begin <= tag.begin < noun.end):
                continue
            weak = self._line.tag(tag.begin, "weak") is not None
            if (weak and strong) or number.value < self._line.rules.at_least.get(tag.label, 0):
                continue
            if tag.begin >= noun.end:
                distance = float(tag.begin - noun.end)
                gap = (noun.end, tag.begin)
            else:
                distance = float(number.begin - tag.end)
                gap = (tag.end, number.begin)
            distance += _PAUSE_COST * self._line.said[gap[0] : gap[1]].count(PAUSE)
            distance += _OTHER_COST * self._line.numbers_between(*gap) + (_WEAK if weak else 0)
            if distance < best:
                best, what = distance, tag.label
        above = self._line.rules.above.get(what)
        return above["becomes"] if above is not None and number.value > above["than"] else what

    def _severity(self, begin: int, end: int) -> str:
        for tag in self._line.within("fates", begin, min(end, begin + _SEVERITY)):
            if self._line.is_number(tag.begin) or self._line.numbers_between(begin, tag.begin):
                return ""
            if self._line.within("subset", begin, tag.begin):
                return ""
            if tag.label in SEVERITIES:
                return tag.label if self.is_injury(tag) else ""
        return ""

    def is_injury(self, tag: Tag) -> bool:
        """Whether the sentence of a degree speaks of injuries: *grave* and خفيف are said of much else."""
        begin, end = self._line.sentence(tag.begin)
        begin, end = max(begin, tag.begin - _NEAR), min(end, tag.begin + _NEAR)
        return any(
            other.label == "other:injured" or (other.kind == "things" and other.label in SEVERITIES)
            for kind in ("fates", "things")
            for other in self._line.within(kind, begin, end)
            if not (other.kind == "things" and other.end - other.begin == 1 and other.label in SEVERITIES)
        ) or any(other.label in ("dead", "accidents") for other in self._line.within("things", begin, end))

    def _severity_before(self, number: Number) -> str:
        """The degree told before: *seriously injuring 94 people*."""
        for tag in reversed(self._line.within("fates", number.begin - 4, number.begin)):
            between = self._line.said[tag.end : number.begin]
            if tag.label in SEVERITIES and PAUSE not in between and STOP not in between:
                return "" if self._line.numbers_between(tag.end, number.begin) else tag.label
        return ""

    def thing(self, number: Number, noun: Tag) -> str:
        what = noun.label
        begin, end = self._line.sentence(number.begin)
        for tag in self._line.within("instead", max(begin, number.begin - 12), min(end, noun.end + 12)):
            of, becomes = tag.label.split("|")
            gap = (noun.end, tag.begin) if tag.begin >= noun.end else (tag.end, number.begin)
            if of == what and not (what in _OVERRIDE and self._line.numbers_between(*gap)):
                return becomes
        if what == "other:injured":
            return self._severity(noun.end, end) or self._severity_before(number) or what
        if what in self._line.rules.taken and not self._line.within("taken", begin, end):
            return ""
        if what in _OVERRIDE:
            if self._line.subset_of(number):
                return what
            fate = self.fate(number, noun, strong=what != "other:minors", of=_OVERRIDE[what])
            if what == "other:officers":
                fate = fate or self._of_sentence(number) or self._of_title()
            if fate == "other:injured":
                fate = self._severity(noun.end, end) or self._severity_before(number) or fate
            return fate or what
        return what

    def _of_sentence(self, number: Number) -> str:
        """What the sentence counted before its officers by rank: *600 postes : 500 gardiens de la paix*."""
        before = self._line.within("things", self._line.sentence(number.begin)[0], number.begin)
        return next((tag.label for tag in reversed(before) if tag.label in ("posts", "other:promoted")), "")

    def _of_title(self) -> str:
        """What title or first sentence say of officers, where their own sentence does not."""
        first = bisect_left(self._line.page.fields, self._line.page.fields[-1])
        for at in (0, first):
            for tag in self._line.within("fates", *self._line.sentence(at)):
                if tag.label in ("other:promoted", "posts", "other:suspended", "other:decorated"):
                    return tag.label
        return ""

    def beside(self, number: Number) -> Tag | None:
        """The verb right beside a number without a noun: مصرع ثلاثة منهم, 2853 بجروح خفيفة."""
        return (
            self._fate_close_behind(number)
            or self._fate_of_unknown(number)
            or self._fate_close_before(number)
        )

    def right_behind(self, number: Number) -> Tag | None:
        """The verb of a number that stands alone: 5 ماتو و12 تجرحو."""
        tag = self._line.fate_at(number.end)
        if tag is None or self._line.said[number.end][0] == "و" or self._line.tag(number.end, "weak"):
            return None
        return Tag("fate", tag.label, number.begin, tag.end) if tag.label in _BESIDE else None

    def _fate_close_behind(self, number: Number) -> Tag | None:
        said = self._line.said
        part = self._line.tag(number.end, "subset")
        for at in range(part.end if part else number.end, min(number.end + 5, len(said))):
            word = said[at]
            if word in (STOP, PAUSE) or self._line.is_number(at):
                return None
            tag = self._line.fate_at(at)
            crowd = tag is not None and number.value >= _CROWD and tag.label in _CROWDS
            if tag is not None and not self._line.tag(at, "weak") and (crowd or tag.label in _BESIDE):
                return replace(tag, kind="fate", begin=number.begin, end=tag.end)
            if word in self._line.rules.auxiliaries or word in self._line.rules.fillers or word[:1] == "ب":
                continue
            severe = self._severity(at, min(at + 4, len(said)))
            return Tag("fate", severe, number.begin, number.end) if severe else None
        return None

    def _fate_of_unknown(self, number: Number) -> Tag | None:
        """Persons by a word that no rule knows: *trois coiffeurs arrêtés*, أوقفت الشرطة ثلاثة حلاقين."""
        said = self._line.said
        if self._line.tag(number.end, *NOUNS):
            return None
        for at in range(number.end + 1, min(number.end + _UNKNOWN, len(said))):
            if said[at - 1] in (STOP, PAUSE) or self._line.is_number(at):
                break
            tag = self._line.fate_at(at) if said[at - 1] in self._line.rules.auxiliaries else None
            if tag is not None and tag.label in _BESIDE:
                return replace(tag, kind="fate", begin=number.begin, end=number.end)
        return self._fate_before_unknown(number)

    def _fate_before_unknown(self, number: Number) -> Tag | None:
        """The verb of arrest whose object are persons by a word that no rule knows."""
        said = self._line.said
        if number.end == number.begin or number.end >= len(said) or not 2 <= number.value < _CROWD:
            return None
        noun = said[number.end]
        if not noun[0].isalpha() or self._line.at.get(number.end) or self._is_function(noun):
            return None
        for at in range(number.begin - 1, max(number.begin - _UNKNOWN, -1), -1):
            if said[at] in (STOP, PAUSE) or self._line.is_number(at) or self._line.tag(at, "taken", "single"):
                return None
            if at < number.begin - 1 and self._line.tag(at, "persons", "person") and self._is_object(at):
                return None
            tag = self._line.fate_at(at)
            if tag is not None and tag.label == "arrests" and not self._line.tag(at, "weak"):
                if said[at] in self._line.rules.things_too:
                    return None
                return Tag("fate", tag.label, number.begin, number.end + 1)
        return None

    def _is_function(self, word: str) -> bool:
        rules = self._line.rules
        return word in rules.halts or word in rules.fillers or word in rules.auxiliaries or len(word) < 3

    def _is_object(self, at: int) -> bool:
        """Whether the person at *at* is the one arrested, not who arrests: their word has no article."""
        return not self._line.said[at].startswith("ال")

    def _fate_close_before(self, number: Number) -> Tag | None:
        said = self._line.said
        if number.end == number.begin:
            return None
        alone = number.end >= len(said) or said[number.end] in (STOP, PAUSE)
        alone = alone or self._line.tag(number.end, "others", "subset") is not None
        crowd = number.value >= _CROWD
        for at in range(number.begin - 1, max(number.begin - (7 if crowd else 4), -1), -1):
            if said[at] in (STOP, PAUSE):
                return None
            tag = self._line.fate_at(at)
            if tag is None or self._line.tag(at, "weak") or not (alone or number.begin - at <= 2):
                continue
            if tag.label not in _BESIDE and not (crowd and tag.label in _CROWDS):
                continue
            if alone or said[at] not in self._line.rules.things_too:
                return Tag("fate", tag.label, number.begin, number.end)
        return None
