"""Where the fact of an article happened, and which unit of the police speaks or acts in it.

Not every town named is one of the fact: one is where goods were bound, where a suspect was born, where a
court sits.  Each mention is worth what its place in the article says, and nothing where the words before it
make it something else (``config/whereabouts.yml``); a town is as good as its best mention.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from config.loader import Config
from pipeline.annotation.matcher import Hit, Lexicon, Sense
from pipeline.annotation.phrases import Phrases, Spans, before, stem
from pipeline.annotation.police_units import FORMS, Tied, Units, form_kinds
from pipeline.annotation.reading import Reading, Sentence
from pipeline.annotation.towns import is_dateline
from pipeline.annotation.words import PAUSE, STOP, pattern
from store.records import Evidence, Relevant

_BEFORE = 8
"""How many words before a town are looked at."""
_MENTIONS = 3
"""How many mentions of one town are kept as evidence."""
_NETWORK = 30
"""How many words before a list of towns say whose it is."""
_YEAR = re.compile(r" (?:19|20)\d\d(?= )")


@dataclass(frozen=True, slots=True)
class Where:
    """Unit and places of an article; ids of ``config/places``."""

    unit: str | None
    """The unit that speaks or acts, where the text ties it to its town."""
    places: tuple[str, ...]
    """Towns of the fact, the surest first."""
    other_places: tuple[str, ...]
    """The other towns named."""
    foreign_places: tuple[str, ...]
    """ISO 3166 codes of other countries named as places."""
    evidence: tuple[Evidence, ...]
    """The mentions of unit and towns of the fact; their label is the id."""


@dataclass(slots=True)
class _Mention:
    """A town named."""

    hit: Hit
    town: str
    role: str = ""
    """What the words before it make it: ``against``, ``weak``, ``unit``; empty for a town of the fact."""
    worth: float = 0.0
    landmark: bool = False
    """Named by what stands in it."""
    at: bool = False
    """Said to be a place: a preposition stands before it."""
    scene: bool = False
    """In a unit's name that tells where it acted."""


class Whereabouts:
    """Decides by the rules of ``config/whereabouts.yml``; keeps no state between articles."""

    def __init__(self, config: Config) -> None:
        rules = config.data("whereabouts")
        self._names = _names(rules)
        self._units = Units(config, rules["units"])
        self._places = _Places(rules["places"])

    def find(self, reading: Reading) -> Where:
        """Unit and places of the article of *reading*."""
        own = self._names.find(reading.words)
        forms = [hit for hit in own if hit.senses[0].kind in FORMS]
        mentions = _mentions(reading, own)
        datelines: list[_Mention] = []
        told: list[_Mention] = []
        for one in mentions:
            (datelines if is_dateline(reading.words, one.hit) else told).append(one)
        tied = self._units.tied(reading, forms, [(one.hit, one.town) for one in told])
        self._places.weigh(reading, told, tied)
        chosen = None
        if reading.judgement.decision is Relevant.IN:
            chosen = self._units.choose(reading, tied, forms, self._places.main(told))
        places = self._places.choose(told, datelines, by_unit=chosen is not None)
        return Where(
            chosen[0] if chosen else None,
            tuple(places),
            tuple(dict.fromkeys(one.town for one in told if one.town not in places)),
            _foreign(reading, own),
            tuple(_evidence(reading, mentions, places, chosen)),
        )


class _Places:
    """What each mention of a town is worth (``places`` of the rules)."""

    def __init__(self, rules: Mapping[str, Any]) -> None:
        self._title, self._subtitle = float(rules["title"]), float(rules["subtitle"])
        self._lead, self._text = float(rules["lead"]), float(rules["text"])
        self._telling = float(rules["telling"])
        self._least, self._else = float(rules["least"]), float(rules["else"])
        self._many: int = rules["many"]
        self._network = Phrases({"network": rules["network"]})
        self._at = frozenset(pattern(word) for word in rules["at"])
        self._skip = frozenset(stem(pattern(word)) for word in (*rules["skip"], *rules["at"]))
        self._joins = frozenset(pattern(word) for word in rules["conjunctions"]) | {PAUSE}
        self._for = Phrases({"for": rules["for"]})
        self._against = Phrases(rules["against"])
        self._weak = Phrases(rules["weak"])
        self._fact = Phrases({"fact": rules["fact"]})
        self._recalled = Phrases({"recalled": rules["recalled"]})
        self._seats = frozenset(rules["seats"])
        self._needs_at = frozenset(pattern(name) for name in rules["needs_at"])

    def weigh(self, reading: Reading, mentions: Sequence[_Mention], tied: Sequence[Tied]) -> None:
        """Give each of *mentions* its role and worth."""
        line = reading.words.line
        sentences: dict[int, tuple[bool, bool]] = {}
        last: _Mention | None = None
        for one in mentions:
            listed = last is not None and self._joined(line, last.hit, one.hit)
            one.at = self._is_at(reading, one) or (listed and last is not None and last.at)
            unit = _unit_of(tied, one.hit)
            if unit is not None:
                one.role = "unit"
                one.scene = unit.form != "rank" and one.hit.word < reading.lead_end
            elif last is not None and last.landmark and self._names(line, last.hit, one.hit):
                one.role = "against"
            elif last is not None and listed:
                one.role = last.role if last.role != "unit" else ""
            else:
                one.role = self._role(before(line, one.hit.word, _BEFORE))
                if not one.role and one.hit.name in self._needs_at and not self._located(line, one.hit):
                    one.role = "against"
            last = one
            sentence = reading.sentence_at(one.hit.word)
            if sentence.begin not in sentences:
                sentences[sentence.begin] = self._sentence(reading, sentence)
            one.worth = self._worth(reading, one, *sentences[sentence.begin])
        self._drop_networks(reading, mentions)

    def main(self, mentions: Sequence[_Mention]) -> str:
        """The one town that the article is about, if it is one: else empty."""
        best = max((one.worth for one in mentions), default=0.0)
        towns = dict.fromkeys(one.town for one in mentions if one.worth == best and one.worth >= self._else)
        return next(iter(towns)) if len(towns) == 1 else ""

    def choose(
        self, mentions: Sequence[_Mention], datelines: Sequence[_Mention], *, by_unit: bool
    ) -> list[str]:
        """The towns of the fact, the surest first; *by_unit* where the unit of one speaks or acts."""
        worth: dict[str, float] = {}
        for one in mentions:
            worth[one.town] = max(worth.get(one.town, 0.0), one.worth)
        ranked = sorted(worth, key=lambda town: -worth[town])
        sure = [town for town in ranked if worth[town] >= self._least]
        if sure:
            scenes = dict.fromkeys(one.town for one in mentions if one.scene)
            return [*sure, *(town for town in scenes if town not in sure)]
        if ranked and worth[ranked[0]] >= self._else:
            of_unit = {one.town for one in mentions if one.role == "unit"}
            if by_unit and of_unit:
                return [town for town in ranked if town in of_unit]
            return [town for town in ranked if worth[town] == worth[ranked[0]]]
        return list(dict.fromkeys(one.town for one in datelines if one.town not in self._seats))[:1]

    def _joined(self, line: str, last: Hit, hit: Hit) -> bool:
        """Whether *hit* goes on a list of towns that *last* stands in."""
        gap = line[last.end : hit.word].split()
        if not gap:
            return True
        return (
            len(gap) <= 3
            and gap[0] in self._joins
            and all(word in self._joins or stem(word) in self._skip for word in gap)
        )

    def _names(self, line: str, landmark: Hit, hit: Hit) -> bool:
        """Whether *hit* only ends the name of *landmark*: aéroport Mohammed V de Casablanca."""
        gap = line[landmark.end : hit.word].split()
        return len(gap) <= 2 and all(stem(word) in self._skip for word in gap)

    def _role(self, said: list[str]) -> str:
        """What the stems *said* before a town make of it; what stands farther left says more."""
        weak = False
        while said and said[-1] != PAUSE:
            if self._for.ending(said):
                return ""
            if self._against.ending(said):
                return "against"
            weak = weak or self._weak.ending(said) is not None
            if said[-1] not in self._skip:
                break
            said = said[:-1]
        return "weak" if weak else ""

    def _sentence(self, reading: Reading, sentence: Sentence) -> tuple[bool, bool]:
        """(tells the fact, tells of something earlier)."""
        words = [stem(word) for word in reading.said(sentence).split()]
        moment = reading.article.published
        earlier = False
        if moment is not None:
            year = str(moment.at.year) if moment.at else ""
            earlier = bool(year) and any(
                found.strip() < year for found in _YEAR.findall(reading.said(sentence))
            )
        return self._fact.within(words) is not None, earlier or self._recalled.within(words) is not None

    def _worth(self, reading: Reading, one: _Mention, telling: bool, recalled: bool) -> float:
        if one.role == "against":
            return 0.0
        field = reading.words.field(one.hit.word)
        if field == "title":
            worth = self._title
        elif recalled:
            return 0.0
        elif field == "subtitle":
            worth = self._subtitle
        elif one.hit.word < reading.lead_end:
            worth = self._lead if telling else self._text
        else:
            worth = self._text + (self._telling if telling and one.at else 0)
        if one.role == "weak":
            return self._else if worth >= self._lead else self._else / 2
        return min(worth, self._else) if one.role == "unit" else worth

    def _is_at(self, reading: Reading, one: _Mention) -> bool:
        line = reading.words.line
        if line[one.hit.word : one.hit.start] in self._at:
            return True
        return any(word in self._at for word in line[max(0, one.hit.word - 40) : one.hit.word].split()[-4:])

    def _located(self, line: str, hit: Hit) -> bool:
        """Whether *hit* is said to be a place: in it, or a heading."""
        if line[hit.word : hit.start] in self._at or line[hit.end : hit.end + 1] in (PAUSE, STOP):
            return True
        said = line[max(0, hit.word - 40) : hit.word].split()[-2:]
        return bool(said) and (
            said[-1] in self._at or (len(said) > 1 and said[-2] in self._at and stem(said[-1]) in self._skip)
        )

    def _drop_networks(self, reading: Reading, mentions: Sequence[_Mention]) -> None:
        """Take the worth from lists of towns where a network (of exam centres, of branches) stands."""
        line = reading.words.line
        run: list[_Mention] = []
        for one in (*mentions, None):
            if one is not None and (not run or self._joined(line, run[-1].hit, one.hit)):
                run.append(one)
                continue
            said = before(line, run[0].hit.word, _NETWORK) if len(run) >= self._many else ()
            if self._network.within(said):
                for listed in run:
                    listed.worth = 0.0
            run = [one] if one is not None else []


def _names(rules: Mapping[str, Any]) -> Lexicon:
    names = Lexicon()
    for kind, name in form_kinds(rules["units"]):
        names.add(name, Sense(kind, name), article=True)
    for town, landmarks in rules["places"]["landmarks"].items():
        for name in landmarks:
            names.add(name, Sense("town", town, "MA"), proper=True)
    for country, places in rules["foreign"].items():
        for name in places:
            names.add(name, Sense("abroad", country, country), proper=True)
    return names.freeze()


def _mentions(reading: Reading, own: Iterable[Hit]) -> list[_Mention]:
    """Every town named, by its name or by what stands in it, in order."""
    found = [
        _Mention(hit, sense.label) for hit in reading.hits for sense in hit.senses if sense.kind == "town"
    ]
    landmarks = [hit for hit in own if hit.sense("town") is not None]
    within, ends = Spans(len(reading.words.line)), Spans(len(reading.words.line))
    for hit in landmarks:
        within.take(hit.word, hit.end)
    kept = []
    for one in found:  # ميناء طنجة المتوسط is not Tangier; a longer name goes before a landmark
        covered = within.touch(one.hit.word, one.hit.end)
        if not covered or any(
            mark.word > one.hit.word or mark.end < one.hit.end for mark in _around(landmarks, one.hit)
        ):
            kept.append(one)
            ends.take(one.hit.word, one.hit.end)
    kept += [
        _Mention(hit, sense.label, landmark=True)
        for hit in landmarks
        if (sense := hit.sense("town")) is not None and not ends.touch(hit.word, hit.end)
    ]
    kept.sort(key=lambda one: one.hit.word)
    return kept


def _around(landmarks: Sequence[Hit], hit: Hit) -> Iterable[Hit]:
    """The landmarks that overlap *hit*; they do not overlap each other."""
    first = max(0, bisect_left(landmarks, hit.word, key=lambda one: one.word) - 1)
    for mark in landmarks[first:]:
        if mark.word >= hit.end:
            break
        if mark.end > hit.word:
            yield mark


def _unit_of(tied: Sequence[Tied], hit: Hit) -> Tied | None:
    """The unit in whose name the town of *hit* stands."""
    behind = bisect_right(tied, hit.word, key=lambda one: one.begin)
    for one in reversed(tied[max(0, behind - 3) : behind]):
        if hit.end <= one.end:
            return one
    return None


def _foreign(reading: Reading, own: Iterable[Hit]) -> tuple[str, ...]:
    found = (hit for hit in own if hit.sense("abroad") is not None)
    return tuple(dict.fromkeys(hit.senses[0].label for hit in found if not is_dateline(reading.words, hit)))


def _evidence(
    reading: Reading,
    mentions: Sequence[_Mention],
    places: Sequence[str],
    chosen: tuple[str, int, int] | None,
) -> Iterable[Evidence]:
    if chosen is not None:
        yield reading.evidence(*chosen)
    for town in places:
        shown = sorted((one for one in mentions if one.town == town), key=lambda one: -one.worth)
        for one in shown[:_MENTIONS]:
            yield reading.evidence(town, one.hit.word, one.hit.end)
