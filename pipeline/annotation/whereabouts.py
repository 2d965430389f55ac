"""Where the fact of an article happened, and which unit of the police speaks or acts in it.

Not every town named is one of the fact: one is where goods were bound, where a suspect was born, where a
court sits.  Each mention is worth what its place in the article says, and nothing where the words before it
make it something else (``config/whereabouts.yml``); a town is as good as its best mention.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from config.loader import Config
from pipeline.annotation.countries import OURS
from pipeline.annotation.matcher import Hit, Lexicon, Sense
from pipeline.annotation.phrases import Phrases, Spans, after, bare, before, stem
from pipeline.annotation.police_units import FORMS, Tied, Units, form_kinds
from pipeline.annotation.reading import Reading, Sentence
from pipeline.annotation.towns import is_dateline
from pipeline.annotation.words import PAUSE, STOP, pattern
from store.records import Evidence, Relevant

_BEFORE = 8
"""How many words before a town are looked at."""
_LINKS = 5
"""How many of them may stand between a preposition and its town: in the southern city of Agadir."""
_MENTIONS = 3
"""How many mentions of one town are kept as evidence."""
_NETWORK = 30
"""How many words before a list of towns say whose it is."""
_OPENING = 4
"""A cue among so many first words of a sentence holds for all of it, any other for its clause."""
_SHORT = 5
"""A clause of so few words is part of the one beside it."""
_ENDLESS = 1_000_000
_REACH = 3
"""So many words behind a town still say when its fact was."""
_WHERE = 7
"""How many words behind "where" may tell the fact."""
_BARE = ("road",)
"""Cues undone by a preposition of place between them and the town: route *de* Fès, but a road *in* Fès."""
_OF, _JOINED = ("ديال", "د"), ("ف", "ب")
"""Darija: in the station *of* Larache (فالمحطة ديال العرايش)."""
_HYPHENS = ("-", "–", "‑", "/")
"""What joins the two ends of a route."""
_YEAR = re.compile(r"(?:19|20)\d\d")


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
    """What the words beside it make it: ``against``, ``weak``, ``unit``; else a town of the fact."""
    worth: float = 0.0
    landmark: bool = False
    """Named by what stands in it."""
    at: bool = False
    """Said to be a place: a preposition stands before it."""
    scene: bool = False
    """In a unit's name that tells where it acted."""
    titled: bool = False
    """In the title."""
    head: bool = False
    """In title, subtitle or first paragraph."""
    sentence: int = 0
    """Where its sentence begins."""
    telling: bool = False
    """The fact is told beside it."""
    recalled: bool = False
    """Named for something earlier."""
    later: bool = False
    """Named for something to come."""
    bare: bool = False
    """In a title that says of another town, and not of this one, that it is the place."""


@dataclass(slots=True)
class _Said:
    """What a sentence says of its towns; indexes count its words."""

    facts: list[int]
    """Where it tells the fact."""
    recalls: list[int]
    """Where it turns to something earlier."""
    later: list[int]
    """Where it turns to something to come."""
    pauses: list[int]
    index: int = 0
    """Words before the town last asked for, which begins at ``at``."""
    at: int = 0

    def is_later(self, index: int) -> bool:
        """Whether word *index* stands behind a word that turns to something to come."""
        return bool(self.later) and self.later[0] < index + _REACH

    def tells(self, index: int) -> bool:
        """Whether the clause of word *index* tells the fact; a short clause belongs to those beside it."""
        begin, end = self._clause(index)
        if end - begin <= _SHORT:
            begin, end = self._clause(begin - 2)[0], self._clause(end + 1)[1]
        fact = bisect_left(self.facts, begin)
        return fact < len(self.facts) and self.facts[fact] < end

    def _clause(self, index: int) -> tuple[int, int]:
        """The first word of the clause of word *index*, and the pause behind it."""
        clause = bisect_left(self.pauses, index)
        begin = self.pauses[clause - 1] + 1 if clause else 0
        return begin, self.pauses[clause] if clause < len(self.pauses) else _ENDLESS

    def recalled(self, index: int) -> bool:
        """Whether word *index* belongs to something earlier."""
        if not self.recalls:
            return False
        if self.recalls[0] < _OPENING:
            return True
        clause = bisect_left(self.pauses, index)
        begin = self.pauses[clause - 1] if clause else 0
        end = self.pauses[clause] if clause < len(self.pauses) else index + _REACH
        cue = bisect_left(self.recalls, begin)
        return cue < len(self.recalls) and self.recalls[cue] < min(end, index + _REACH)


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
        abroad = [hit for hit in own if hit.sense("abroad") is not None]
        places: list[str] = []
        if _is_ours(reading):
            elsewhere = self._places.elsewhere(reading, told, abroad)
            places = self._places.choose(told, datelines, by_unit=chosen is not None, elsewhere=elsewhere)
        return Where(
            chosen[0] if chosen else None,
            tuple(places),
            tuple(dict.fromkeys(one.town for one in told if one.town not in places)),
            _foreign(reading, abroad),
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
        self._few: int = rules["few"]
        self._several: int = rules["several"]
        self._centres = Phrases({"centres": rules["centres"]})
        self._network = Phrases({"network": rules["network"]})
        self._at = frozenset(pattern(word) for word in rules["at"])
        self._skip = frozenset(stem(pattern(word)) for word in (*rules["skip"], *rules["at"]))
        self._joins = frozenset(pattern(word) for word in rules["conjunctions"]) | {PAUSE}
        self._for = Phrases({"for": rules["for"]})
        self._against = Phrases(rules["against"])
        self._weak = Phrases(rules["weak"])
        self._motion = {
            language: frozenset(pattern(word) for word in words)
            for language, words in rules["motion"].items()
        }
        self._spots = frozenset(pattern(word) for word in rules["spots"])
        self._months = {
            stem(pattern(name)): number for number, names in rules["months"].items() for name in names
        }
        self._in_month = frozenset(stem(pattern(word)) for word in rules["in_month"])
        self._warns = Phrases({"warns": rules["warns"]})
        self._lies = Phrases({"lies": rules["lies"]})
        self._later = Phrases({"later": rules["later"]})
        self._away = Phrases({"away": rules["away"]})
        self._behind = Phrases({"behind": rules["behind"]})
        self._where = Phrases({"where": rules["where"]})
        self._fact = Phrases({"fact": rules["fact"]})
        self._takes = Phrases({"takes": (*rules["fact"], *rules["takes"])})
        self._recalled = Phrases({"recalled": rules["recalled"]})
        self._doubles = frozenset((one, other) for one, other in rules["doubles"].items())
        self._seats = frozenset(rules["seats"])
        self._needs_at = frozenset(pattern(name) for name in rules["needs_at"])

    def weigh(self, reading: Reading, mentions: Sequence[_Mention], tied: Sequence[Tied]) -> None:
        """Give each of *mentions* its role and worth."""
        sentences: dict[int, _Said] = {}
        routes = _routes(reading, mentions, self._doubles)
        for index, one in enumerate(mentions):
            last = mentions[index - 1] if index else None
            following = mentions[index + 1] if index + 1 < len(mentions) else None
            listed = last is not None and self._joined(reading.words.line, last.hit, one.hit)
            one.at = self._located(reading.words.line, one.hit) or (listed and last is not None and last.at)
            unit = _unit_of(tied, one.hit)
            if unit is not None:
                self._in_unit(reading, one, unit)
            elif index in routes:
                one.role = "against"
            else:
                self._give_role(reading, one, last if listed else None, (last, following))
            if one.role == "place":
                one.at = True
            elif self._moves(reading, one.hit):
                one.at = False
            sentence = reading.sentence_at(one.hit.word)
            one.titled = sentence.field == "title"
            one.head, one.sentence = one.hit.word < reading.lead_end, sentence.begin
            if sentence.begin not in sentences:
                sentences[sentence.begin] = self._sentence(reading, sentence)
            said = sentences[sentence.begin]
            place = _count(reading, said, one)
            one.telling = bool(said.facts) if one.hit.word < reading.lead_end else said.tells(place)
            one.later = said.is_later(place)
            clause = said.recalled(place) or (listed and last is not None and last.recalled)
            # Behind the first paragraph a sentence that turns to something earlier does no more than that.
            one.recalled = clause if one.hit.word < reading.lead_end else bool(said.recalls)
        self._mark_bare(reading, mentions)
        for one in mentions:
            one.worth = self._worth(reading, one)
        self._drop_networks(reading, mentions)

    def _in_unit(self, reading: Reading, one: _Mention, unit: Tied) -> None:
        """The role of a town in the name of a *unit*."""
        if self._governed(before(reading.words.line, unit.begin, _BEFORE)):
            one.role = "weak"
        else:
            one.role = "unit"
            one.scene = unit.form != "rank" and one.hit.word < reading.lead_end

    def _give_role(
        self,
        reading: Reading,
        one: _Mention,
        listed: _Mention | None,
        beside: tuple[_Mention | None, _Mention | None],
    ) -> None:
        """The role of a town by the words around it, *listed* after another, and the mentions *beside* it."""
        line = reading.words.line
        last, following = beside
        of_last = last is not None and (
            (last.landmark and self._names(line, last.hit, one.hit))
            or (last.role != "against" and self._beside(line, last.hit, one.hit))
        )
        if of_last or (following is not None and self._owns(line, one, following)):
            one.role = "against"
        elif listed is not None:
            one.role = listed.role if listed.role != "unit" else ""
        elif not self._is_where(line, one.hit):
            one.role = self._role_alone(line, one.hit)
            if not one.role and self._moves(reading, one.hit):
                one.role = "weak"

    def _role_alone(self, line: str, hit: Hit) -> str:
        """The role of a town by the words before and behind it."""
        said = before(line, hit.word, _BEFORE)
        role = self._role(said, at=line[hit.word : hit.start] in self._at)
        if role:
            return role
        if self._behind.beginning(after(line, hit.end, 3)):
            return "against"
        if hit.name in self._needs_at and not self._located(line, hit):
            return "against"
        return "weak" if self._governed(said) else ""

    def main(self, mentions: Sequence[_Mention]) -> str:
        """The one town that the article is about, if it is one: else empty."""
        best = max((one.worth for one in mentions), default=0.0)
        towns = dict.fromkeys(one.town for one in mentions if one.worth == best and one.worth >= self._else)
        return next(iter(towns)) if len(towns) == 1 else ""

    def elsewhere(self, reading: Reading, mentions: Sequence[_Mention], abroad: Sequence[Hit]) -> bool:
        """Whether the fact is of no town: title or lead tell of a place *abroad* only, or the title warns."""
        title = reading.words_in(reading.sentences[0]) if reading.sentences else []
        about_us = reading.judgement.decision is Relevant.IN
        if about_us and self._warns.within([stem(word) for word in title]):
            return True
        if any(one.head and one.worth >= self._else and one.role != "weak" for one in mentions):
            return False
        return any(
            hit.word < reading.lead_end
            and self._located(reading.words.line, hit)
            and not is_dateline(reading.words, hit)
            for hit in abroad
        )

    def choose(
        self, mentions: Sequence[_Mention], datelines: Sequence[_Mention], *, by_unit: bool, elsewhere: bool
    ) -> list[str]:
        """The towns of the fact, the surest first; *by_unit* where the unit of one speaks or acts.

        Where the fact is *elsewhere*, only towns of which it is told outright.
        """
        worth: dict[str, float] = {}
        for one in mentions:
            worth[one.town] = max(worth.get(one.town, 0.0), one.worth)
        ranked = sorted(worth, key=lambda town: -worth[town])
        sure = [town for town in ranked if worth[town] >= self._least]
        if sure:
            scenes = dict.fromkeys(one.town for one in mentions if one.scene)
            return [*sure, *(town for town in scenes if town not in sure)]
        of_unit = {one.town for one in mentions if one.role == "unit" and one.worth}
        if by_unit and of_unit:
            return [town for town in ranked if town in of_unit]
        if elsewhere or self._scattered(mentions):
            return []
        if ranked and worth[ranked[0]] >= self._else:
            best = [one for one in mentions if one.worth == worth[ranked[0]]]
            first = min(one.sentence for one in best)
            best = [one for one in best if one.role != "weak"] or [
                one for one in best if one.sentence == first
            ]
            return list(dict.fromkeys(one.town for one in best))
        return list(dict.fromkeys(one.town for one in datelines if one.town not in self._seats))[:1]

    def _scattered(self, mentions: Sequence[_Mention]) -> bool:
        """Whether many towns are named here and there: a report on the whole country has no place."""
        if any(one.head and one.worth >= self._else for one in mentions):
            return False
        named = [one for one in mentions if one.role != "unit"]
        towns = {one.town for one in named}
        return len(towns) >= self._several and len({one.sentence for one in named}) > 1

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

    def _beside(self, line: str, last: Hit, hit: Hit) -> bool:
        """Whether *hit* only tells where *last* lies: à Sidi Bennour, dans la province d’El Jadida."""
        gap = line[last.end : hit.word].split()
        gap = gap[1:] if gap[:1] == [PAUSE] else gap
        if not 0 < len(gap) <= _LINKS or PAUSE in gap or STOP in gap:
            return False
        said = [stem(word) for word in gap]
        return self._lies.beginning(said) is not None and all(
            word in self._skip or word.isdigit() or self._lies.within((word,)) for word in said
        )

    def _owns(self, line: str, one: _Mention, landmark: _Mention) -> bool:
        """Whether *one* only begins the name of *landmark*: Casablanca's Mohammed V airport."""
        if one.landmark or not landmark.landmark or landmark.hit.word < landmark.hit.start:
            return False
        return line[one.hit.end : landmark.hit.word].split() in ([], ["s"])

    def _role(self, said: list[str], *, at: bool) -> str:
        """What the stems *said* before a town make of it, *at* with a preposition of place joined to it.

        What stands farther left says more.
        """
        weak = False
        while said and said[-1] != PAUSE:
            if self._for.ending(said):
                return "place"
            label = self._against.ending(said)
            if label and not (at and label in _BARE):
                return "against"
            at = at or said[-1] in self._at
            weak = weak or self._weak.ending(said) is not None
            if said[-1] not in self._skip:
                break
            said = said[:-1]
        return "weak" if weak else ""

    def _governed(self, said: list[str]) -> bool:
        """Whether the nearest word of *said* that takes a place leads away from the fact: transféré à …"""
        apposed = True  # la prison d’Oukacha, à Casablanca
        while said and (said[-1] != PAUSE or apposed):
            if self._away.ending(said):
                return True
            if self._takes.ending(said):
                return False
            apposed = apposed and said[-1] != PAUSE and said[-1] in self._skip
            said = said[:-1]
        return False

    def _moves(self, reading: Reading, hit: Hit) -> bool:
        """Whether a preposition that leads to a place, in the article's language, stands before *hit*."""
        motion = self._motion.get(reading.article.language, ())
        for word in reversed(before(reading.words.line, hit.word, _LINKS)):
            if word in motion:
                return True
            if word not in self._skip or word in self._at:
                break
        return False

    def _is_where(self, line: str, hit: Hit) -> bool:
        """Whether the words behind *hit* tell the fact of it: à Taza, où il a été arrêté."""
        said = after(line, hit.end, _WHERE)
        if said[:1] == [PAUSE]:
            said = said[1:]
        return self._where.beginning(said) is not None and self._takes.within(said) is not None

    def _mark_bare(self, reading: Reading, mentions: Sequence[_Mention]) -> None:
        """Mark the towns of the title beside which another is surer: Fès : un homme *de* Taza arrêté."""
        line = reading.words.line
        of_title = [one for one in mentions if one.titled]
        sure: set[str] = set()
        for index, one in enumerate(of_title):
            last = of_title[index - 1] if index else None
            listed = last is not None and last.town in sure and self._joined(line, last.hit, one.hit)
            if one.role != "against" and (listed or self._located(line, one.hit)):
                sure.add(one.town)
        if sure:
            for one in of_title:
                one.bare = one.town not in sure

    def _sentence(self, reading: Reading, sentence: Sentence) -> _Said:
        words = list(map(stem, reading.words_in(sentence)))
        moment = reading.article.published
        recalls = [index for index, _ in self._recalled.found(words)]
        if moment is not None and moment.at:
            year = str(moment.at.year)
            recalls += self._earlier_months(words, moment.at.month)
            recalls += [i for i, word in enumerate(words) if _YEAR.fullmatch(word) and word < year]
            recalls.sort()
        pauses = [index for index, word in enumerate(words) if word == PAUSE]
        facts = [index for index, _ in self._fact.found(words)]
        facts += [index for index, _ in self._fact.found([bare(word) for word in words])]
        facts.sort()
        later = [index for index, _ in self._later.found(words)]
        return _Said(facts, recalls, later, pauses, at=sentence.begin)

    def _earlier_months(self, words: Sequence[str], now: int) -> Iterable[int]:
        """Where *words* name a month before the last one, without its day: en mars, في ماي الماضي."""
        for index, word in enumerate(words):
            month = self._months.get(bare(word))
            if month and index and words[index - 1] in self._in_month and (now - month) % 12 > 1:
                yield index

    def _worth(self, reading: Reading, one: _Mention) -> float:
        if one.role == "against":
            return 0.0
        if one.titled:
            worth = self._text if one.bare else self._title
        elif one.recalled:
            return 0.0
        elif reading.words.field(one.hit.word) == "subtitle":
            worth = self._subtitle
        elif one.hit.word < reading.lead_end:
            worth = self._lead if one.telling and one.at else self._text
        elif one.later:
            worth = self._text / 2
        else:
            worth = (self._text + (self._telling if one.telling else 0)) if one.at else self._text / 2
        if one.role == "unit":
            return self._else
        if one.role == "weak":
            return self._else if worth >= self._lead or (one.head and one.telling) else self._else / 2
        return worth

    def _located(self, line: str, hit: Hit) -> bool:
        """Whether *hit* is said to be a place: in it, or a heading."""
        if line[hit.word : hit.start] in self._at or _is_heading(line, hit):
            return True
        owned = False
        for word in reversed(line[max(0, hit.word - 60) : hit.word].split()[-_LINKS:]):
            if word in self._at or (owned and word[0] in _JOINED):
                return True
            owned = word in _OF
            if word not in self._spots and stem(word) not in self._skip:
                break
        return False

    def _drop_networks(self, reading: Reading, mentions: Sequence[_Mention]) -> None:
        """Take the worth from lists of towns where a network (of exam centres, of branches) stands.

        And from those of which, in an article about the institution, nothing is told: they are examples.
        """
        line = reading.words.line
        about_us = reading.judgement.decision is Relevant.IN
        run: list[_Mention] = []
        for one in (*mentions, None):
            if one is not None and (not run or self._joined(line, run[-1].hit, one.hit)):
                run.append(one)
                continue
            said = before(line, run[0].hit.word, _NETWORK) if len(run) >= self._few else []
            examples = about_us and len(run) >= self._several and not any(map(_is_told, run))
            branches = len(run) >= self._many and self._network.within(said)
            if examples or branches or self._centres.within(said[-_BEFORE:]):
                for listed in run:
                    listed.worth = 0.0
            run = [one] if one is not None else []


def _is_told(one: _Mention) -> bool:
    """Whether the fact is told beside *one*, or the title or the words before it make it the place."""
    return one.telling or one.role == "place" or one.titled


def _is_ours(reading: Reading) -> bool:
    """Whether the fact may be one of Morocco: not a namesake's, nor of another country in its own press."""
    decision = reading.judgement.decision
    if decision is Relevant.NONE and reading.scene.home not in ("", OURS):
        return reading.scene.country() == OURS
    return decision is not Relevant.HOMONYM


def _count(reading: Reading, said: _Said, one: _Mention) -> int:
    """How many words of its sentence stand before *one*; asked for in order, each word is counted once."""
    said.index += reading.words.line.count(" ", said.at, one.hit.word)
    said.at = one.hit.word
    return said.index


def _is_heading(line: str, hit: Hit) -> bool:
    """Whether *hit* opens the title, set off from it: Fès : …, فاس.. …"""
    return hit.word == 1 and line[hit.end + 1 : hit.end + 2] in (PAUSE, STOP)


def _routes(reading: Reading, mentions: Sequence[_Mention], doubles: Collection[tuple[str, str]]) -> set[int]:
    """Those of *mentions* that a hyphen joins: ligne Oujda-Casablanca, vol Paris-Fès, région de Fès-Meknès.

    The first of *doubles* stays a town: préfecture de Tanger-Assilah.
    """
    found: set[int] = set()
    for index, other in enumerate(mentions):
        if other.landmark:
            continue
        field, start, _, _ = reading.words.where(other.hit.word, other.hit.end)
        text = reading.words.text(field)
        if start < 2 or text[start - 1] not in _HYPHENS or not text[start - 2].isalpha():
            continue
        found.add(index)
        one = mentions[index - 1] if index else None
        beside = one is not None and one.hit.end >= other.hit.word - 1 and not one.landmark
        if one is not None and beside and (one.town, other.town) not in doubles:
            found.add(index - 1)
    return found


def _names(rules: Mapping[str, Any]) -> Lexicon:
    names = Lexicon()
    for kind, name in form_kinds(rules["units"]):
        names.add(name, Sense(kind, name), article=True)
    for town, landmarks in rules["places"]["landmarks"].items():
        for name in landmarks:
            names.add(name, Sense("town", town, "MA"), proper=True)
    for town, epithets in rules["places"]["epithets"].items():
        for name in epithets:
            names.add(name, Sense("town", town, "MA"))
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


def _foreign(reading: Reading, abroad: Iterable[Hit]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(hit.senses[0].label for hit in abroad if not is_dateline(reading.words, hit)))


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
