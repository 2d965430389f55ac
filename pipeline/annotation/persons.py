"""Names of private persons, to be masked outside the ledger.

Suspects, victims, witnesses and their families have a right not to be found by name for ever; ministers,
spokesmen and lawyers, who speak by their office, have not.  Full names are found first
(:mod:`pipeline.annotation.fullnames`); who bears one is told by the words around it, and where they say
nothing, by whether the article tells of a case.  All names and cues stand in ``config/persons.yml``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from enum import IntEnum
from itertools import takewhile
from typing import Any

from config.loader import Config
from pipeline.annotation.fullnames import (
    JOINED,
    SIGNS,
    FullNames,
    Name,
    Page,
    folded_set,
    is_arabic,
)
from pipeline.annotation.reading import Reading
from pipeline.annotation.words import PAUSE, STOP, Words, pattern
from store.records import Evidence, Relevant

_ARTICLES = frozenset("el al de del la le l d du da di dos y bn".split())
"""Words of a name that get no initial."""
_SET_OFF = "-–—|/(:"
"""What stands between a text and who signs it."""
_POLICE = ("core", "adjacent", "generic", "foreign")
"""Kinds of names that speak of police or justice."""
_ASIDE = re.compile(rf" {PAUSE}(?: [^ {PAUSE}]+){{1,3}} {PAUSE}(?= )")
"""What stands in brackets behind a title: the head of the police (DGSN), …"""
_FROM_WHERE = re.compile(r"[\s.]*|,\s+(?:à|in|from|en|desde)(?:\s+[A-ZÀ-Ý]\S*){1,2}\s*|[،,]\s+من\s+\S+\s*")
"""What stands behind a name that is all of a line: nothing, or the town that its owner reports from."""
_EDGE = 12
"""How many characters beside a name tell whether a line begins or ends with it."""
_JUDGED = 2_000
"""How many mentions of names are judged by what stands around them; articles have a few, lists thousands."""
_TATWEEL = "\u0640"


class Bearer(IntEnum):
    """Who bears a name, from what says least to what says most."""

    UNKNOWN = 0
    PRIVATE = 1
    TRADE = 2
    """Known by a trade: a lawyer, a player, whoever signs."""
    TIED = 3
    """Private whatever the trade: a suspect, a victim by words right beside the name."""
    OFFICE = 4


class Persons:
    """Finds the names to mask by the rules of ``config/persons.yml``."""

    def __init__(self, config: Config) -> None:
        rules = config.data("persons")
        self._names = FullNames(rules)
        self._around = _Around(rules)
        self._case = folded_set(rules["case"])
        self._case_words: dict[str, int] = rules["case_words"]
        self._debate = folded_set(rules["debate"])
        holders = (name for one in config.office_holders for names in one.names.values() for name in names)
        known = folded_set([*rules["public_names"], *(name for name in holders if " " in name)])
        self._public = tuple(f" {name} " for name in known)
        given = rules["given"]
        self._words = folded_set([*given["arabic"]["also_words"], *rules["family"]["not_arabic"]])
        self._particles = folded_set([*rules["family"]["particles"], *rules["family"]["particles_latin"]])

    def find(self, reading: Reading) -> tuple[Evidence, ...]:
        """Every mention of a private person by name, in order: full names and, of those, single names."""
        return self._found(reading)[0]

    def find_in_captions(self, reading: Reading) -> tuple[Evidence, ...]:
        """The same in the captions beside a text; the field of the first image's is ``caption:0``."""
        return self._found(reading)[1] if _beside(reading) else ()

    def _found(self, reading: Reading) -> list[tuple[Evidence, ...]]:
        """The mentions in the article and in its captions, if it has any."""
        pages = [Page.of(reading)]
        if captions := _captions(reading):
            pages.append(Page.of(captions))
        found = [(page, self._names.find(page)) for page in pages]
        private = self._private(found)
        return [self._masks(page, names, private) for page, names in found]

    def _masks(self, page: Page, names: list[Name], private: frozenset[str]) -> tuple[Evidence, ...]:
        if not private:
            return ()
        hidden = [name for name in names if page.folded(name) in private]
        hidden += self._single(page, names, private)
        return tuple(page.evidence(name) for name in sorted(hidden, key=lambda name: name.first))

    def _private(self, found: Sequence[tuple[Page, list[Name]]]) -> frozenset[str]:
        """The folded names that private persons bear; what is known of one mention holds for all."""
        bearers: dict[str, Bearer] = {}
        for page, names in found:
            previous: tuple[Name | None, Bearer] = (None, Bearer.UNKNOWN)
            for number, name in enumerate(names):
                bearer = self._around.bearer(page, name) if number < _JUDGED else Bearer.UNKNOWN
                if bearer is Bearer.UNKNOWN and self._around.listed(page, previous[0], name):
                    bearer = previous[1]
                if bearer is Bearer.UNKNOWN and self._is_public(page.folded(name)):
                    bearer = Bearer.TRADE
                previous = name, bearer
                if bearer is not Bearer.UNKNOWN or name.sure:
                    folded = page.folded(name)
                    bearers[folded] = max(bearer, bearers.get(folded, bearer))
        if not bearers:
            return frozenset()
        reading = found[0][0].reading
        told, untold = self._tells_of_a_case(reading)
        signing = [f" {pattern(author)} " for author in reading.article.authors]
        return frozenset(
            folded
            for folded, bearer in bearers.items()
            if (untold if bearer is Bearer.UNKNOWN else told and bearer in (Bearer.PRIVATE, Bearer.TIED))
            and not self._is_public(folded)
            and not any(author in f" {folded} " for author in signing)
        )

    def _is_public(self, folded: str) -> bool:
        """Whether somebody is known to everybody by that name."""
        return any(name in f" {folded} " for name in self._public)

    def _tells_of_a_case(self, reading: Reading) -> tuple[bool, bool]:
        """Whether somebody told to be private is one here, and whether somebody is of whom nothing is."""
        words = len(self._case.intersection(reading.words.line.split()))
        police = any(hit.sense(*_POLICE) is not None for hit in reading.hits)
        about = reading.judgement.decision is not Relevant.NONE
        told = about or police or words >= self._case_words["told"]
        if reading.article.section and pattern(reading.article.section) in self._debate:
            return told, False
        return told, about or words >= self._case_words["untold"]

    def _single(self, page: Page, names: Iterable[Name], private: frozenset[str]) -> list[Name]:
        """The mentions of somebody masked by one name only, if nobody else in the article bears it."""
        spoken = {word for name in private for word in name.split() if len(word) > 2}
        spoken -= self._words | self._particles
        folded = {page.folded(name) for name in names}
        spoken -= {word for name in folded - private for word in name.split()}
        inside = {at for name in names for at in range(name.first, name.last)}
        found = []
        for at, word in enumerate(page.tokens):
            joined = int(word not in spoken)
            if joined and not (word[0] in JOINED and word[1:] in spoken):
                continue
            if at not in inside and page.hit(at) is None and (is_arabic(word) or page.capital(at)):
                found.append(Name(at, at + 1, joined))
        return found


def _captions(reading: Reading) -> Reading | None:
    """The captions of the article, read as its text is."""
    words = Words.of(_beside(reading))
    return replace(reading, words=words, hits=()) if words.fields else None


def _beside(reading: Reading) -> list[tuple[str, str]]:
    """(field, caption) of the images; none where they tell the story and are read with it."""
    if reading.article.telling_captions:
        return []
    images = enumerate(reading.article.images)
    return [(f"caption:{number}", image.caption) for number, image in images if image.caption]


class _Around:
    """Who bears a name, by the words around it."""

    def __init__(self, rules: Mapping[str, Any]) -> None:
        self._before = {
            Bearer.PRIVATE: _alternation([*rules["private"]["before"], *rules["called"]]),
            Bearer.TRADE: _alternation(rules["trade"]),
            Bearer.OFFICE: _alternation(rules["office"]),
        }
        self._after = {
            Bearer.TIED: _alternation(rules["private"]["after"]),
            Bearer.TRADE: _alternation([*rules["trade"], *rules["deeds"]]),
            Bearer.OFFICE: self._before[Bearer.OFFICE],
        }
        self._deeds = _alternation(rules["deeds"])
        self._parted = folded_set(rules["parted_by"])
        self._and = folded_set(rules["and"]) | {PAUSE}
        self._courtesy = folded_set(rules["courtesy"])
        self._bylines = folded_set(rules["bylines"])
        self._reach_before: int = rules["reach"]["before"]
        self._reach_after: int = rules["reach"]["after"]
        self._title_after: int = rules["reach"]["title_after"]

    def bearer(self, page: Page, name: Name) -> Bearer:
        if self._signs(page, name):
            return Bearer.TRADE
        before, beside = self._told_before(page, name)
        behind = self._told_behind(page, name)
        if before is Bearer.TRADE:
            return Bearer.TIED if beside or behind is Bearer.TIED else before
        if before is Bearer.PRIVATE and beside:
            return Bearer.TIED
        if before is Bearer.PRIVATE and behind in (Bearer.OFFICE, Bearer.TRADE):
            return behind
        return before or behind

    def listed(self, page: Page, previous: Name | None, name: Name) -> bool:
        """Whether *name* stands in a list behind *previous*: by a comma or an "and"."""
        if previous is None or name.first - previous.last > 2:
            return False
        between = page.tokens[previous.last : name.first]
        return self._and.issuperset(between) if between else name.joined == 1

    def _signs(self, page: Page, name: Name) -> bool:
        """Whether *name* signs: it is all of a line, or a dash or a word sets it off at the end of one."""
        set_off = page.word(name.first - 1) == PAUSE
        if (
            page.word(name.first - 1 - set_off) in self._bylines
            and page.word(name.first - 2 - set_off) in SIGNS
        ):
            return True
        printed = page.evidence(name)
        if printed.field != "text":
            return False
        text = page.reading.words.text("text")
        begin = text.rfind("\n", 0, printed.start) + 1
        end = text.find("\n", printed.end)
        before = text[max(begin, printed.start - _EDGE) : printed.start].strip()
        behind = text[printed.end : min(end if end >= 0 else len(text), printed.end + _EDGE)].strip()
        if not before:
            line = text[printed.end : end if end >= 0 else len(text)]
            return bool(_FROM_WHERE.fullmatch(line)) or (behind[0] in _SET_OFF and behind[0] != "(")
        return before[-1] in _SET_OFF and not behind.strip(").")

    def _told_before(self, page: Page, name: Name) -> tuple[Bearer, bool]:
        """What the closest cue before *name* says, and whether one that tells of a case stands beside it:
        beside the trade (the victim, a journalist, …) or, without one, beside the name."""
        tokens = page.tokens[max(0, name.first - 2 * self._reach_before) : name.first]
        text = _window(tokens, self._reach_before, backward=True)
        best, closest, private = Bearer.UNKNOWN, (-1, 0), -1
        for bearer, cues in self._before.items():
            for cue in cues.finditer(text):
                end, length = cue.end(1), cue.end(1) - cue.start(1)
                if bearer is Bearer.PRIVATE:
                    private = end
                elif self._is_parted(text[end:]):
                    continue
                if (end, length) > closest:
                    best, closest = bearer, (end, length)
        anchor = closest[0] if best is Bearer.TRADE else len(text) - 1
        return best, private > 0 and text.count(" ", private, anchor) <= 2

    def _is_parted(self, between: str) -> bool:
        """Whether *between* parts a title from the name behind it."""
        words = [word for word in _ASIDE.sub(" ", between).split() if word not in self._courtesy]
        if PAUSE in words[:-1]:
            return True
        return not self._parted.isdisjoint(words)

    def _told_behind(self, page: Page, name: Name) -> Bearer:
        """What the first cue behind *name* says; a title must be set off, or (Arabic) be the next word."""
        set_off = page.word(name.last) == PAUSE
        tokens = page.tokens[name.last : name.last + 2 * self._title_after]
        tokens = list(takewhile(lambda token: token not in self._and or token == PAUSE, tokens))
        best, closest = Bearer.UNKNOWN, len(page.reading.words.line)
        for bearer, cues in self._after.items():
            reach = self._reach_after if bearer is Bearer.TIED else self._title_after
            cue = cues.search(_window(tokens, reach, backward=False))
            if cue is None or cue.start(1) >= closest:
                continue
            next_word = cue.start() == 0 and (is_arabic(cue[1]) or self._deeds.match(cue.string))
            if bearer is Bearer.TIED or set_off or next_word:
                best, closest = bearer, cue.start(1)
        return best


def _window(tokens: list[str], reach: int, *, backward: bool) -> str:
    """Those of *tokens* next to a name that are in its sentence, at most *reach* words, signs not counted."""
    kept: list[str] = []
    words = 0
    for token in reversed(tokens) if backward else tokens:
        if token == STOP or words == reach:
            break
        kept.append(token)
        words += token != PAUSE
    return f" {' '.join(reversed(kept) if backward else kept)} "


def _alternation(cues: Iterable[str]) -> re.Pattern[str]:
    """One pattern for all *cues*, as whole words; the cue without what Arabic joins to it is its group 1."""
    either: set[str] = set()
    for cue in cues:
        if not (folded := pattern(cue)):
            continue
        either.add(folded + r"\w*" * cue.endswith("*"))
        if folded.startswith("ال"):
            either.add(f"لل{folded[2:]}")
    longest_first = "|".join(sorted(either, key=len, reverse=True))
    return re.compile(rf" [{JOINED}]{{0,2}}({longest_first or '(?!)'})(?= )")
