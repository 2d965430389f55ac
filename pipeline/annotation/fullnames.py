"""Full names of people in an article, whoever they are: a given name with what may follow it.

Which given names, particles, family names and cues there are stands in ``config/persons.yml``; who bears a
name is judged by :mod:`pipeline.annotation.persons`.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from config.fold import fold
from pipeline.annotation.matcher import Hit
from pipeline.annotation.reading import Reading
from pipeline.annotation.words import PAUSE, STOP, pattern
from store.records import Evidence

LABEL = "person"
SIGNS = frozenset([STOP, PAUSE])
JOINED = "وفبلك"
"""Letters that Arabic writes joined to the name that follows."""
_WITH_ARTICLE = ("لل", "بال", "كال", "فال", "وال")
"""How nouns begin that are no names."""
_OF_THE_FAITH = pattern("الدين")
"""Ends names of two words: صلاح الدين, حامي الدين."""
_LONGEST = 6
"""How many words a name has at most."""
_GROWN = range(10, 100)
"""Numbers that stand for an age where only brackets or commas say so."""


@dataclass(frozen=True, slots=True)
class Name:
    """A full name: the words ``first`` to ``last`` (not included) of the line."""

    first: int
    last: int
    joined: int = 0
    """Letters at the head of the first word that are no part of the name."""
    sure: bool = True
    """Whether it is a name without words around it that tell of a person."""


@dataclass(frozen=True, slots=True)
class Page:
    """An article as names are looked for in it: word by word."""

    reading: Reading
    tokens: list[str]

    @classmethod
    def of(cls, reading: Reading) -> Page:
        return cls(reading, reading.words.said)

    def printed(self, index: int) -> str:
        """The word *index* of the line as it was printed."""
        begin = self.reading.words.begins[index]
        return self.reading.words.as_printed(begin, begin + len(self.tokens[index]))

    def capital(self, index: int) -> bool:
        """Whether the word *index* is there and printed with a capital."""
        return index < len(self.tokens) and self.printed(index)[:1].isupper()

    def word(self, index: int) -> str:
        """The word *index*, or a full stop where there is none."""
        return self.tokens[index] if 0 <= index < len(self.tokens) else STOP

    def hit(self, index: int) -> Hit | None:
        """The name of a body, town or country that holds the word *index*."""
        begin = self.reading.words.begins[index]
        at = bisect_right(self.reading.hits, begin, key=lambda hit: hit.word) - 1
        hit = self.reading.hits[at] if at >= 0 else None
        return hit if hit is not None and begin < hit.end else None

    def folded(self, name: Name) -> str:
        """The words of *name*, folded."""
        return " ".join([self.tokens[name.first][name.joined :], *self.tokens[name.first + 1 : name.last]])

    def evidence(self, name: Name) -> Evidence:
        """*name* as printed, without letters that are only joined to it."""
        begins = self.reading.words.begins
        end = begins[name.last - 1] + len(self.tokens[name.last - 1])
        field, start, stop, printed = self.reading.words.where(begins[name.first], end)
        head = _printed_length(printed, name.joined)
        return Evidence(LABEL, field, start + head, stop, printed[head:])


def _printed_length(printed: str, letters: int) -> int:
    """How many characters of *printed* its first *letters* letters take, with the marks on them."""
    at = 0
    while letters and at < len(printed):
        letters -= bool(fold(printed[at]))
        at += 1
    while at and at < len(printed) and not fold(printed[at]):
        at += 1
    return at


def is_arabic(word: str) -> bool:
    return "\u0600" <= word[0] <= "\u06ff"


def folded_set(words: Iterable[str]) -> frozenset[str]:
    return frozenset(filter(None, map(pattern, words)))


class Phrases:
    """Cues of one or more words, looked up by the word they end in."""

    def __init__(self, cues: Iterable[str]) -> None:
        self.ends: dict[str, list[tuple[str, ...]]] = {}
        for cue in cues:
            words = tuple(pattern(cue).split())
            if not words:
                continue
            ends = {words[-1]: words}
            if is_arabic(words[0]) and len(words) == 1:
                ends |= {letter + words[0]: (letter + words[0],) for letter in JOINED}
                if words[0].startswith("ال"):
                    ends["لل" + words[0][2:]] = ("لل" + words[0][2:],)
            for end, phrase in ends.items():
                self.ends.setdefault(end, []).append(phrase)

    def end_at(self, tokens: list[str], index: int) -> bool:
        """Whether a cue ends with the word *index*."""
        before = tokens[index - 1] if index else ""
        for phrase in self.ends.get(tokens[index], ()):
            size = len(phrase)
            if size == 1 or (
                phrase[-2] == before and tuple(tokens[max(0, index + 1 - size) : index + 1]) == phrase
            ):
                return True
        return False


class FullNames:
    """Finds full names by the rules of ``config/persons.yml``."""

    def __init__(self, rules: Mapping[str, Any]) -> None:
        self._arabic = _ArabicNames(rules)
        self._latin = _LatinNames(rules)
        self._starts = self._arabic.starts | self._latin.starts
        self._called = Phrases(rules["called"])
        latin = [cue for cue in rules["private"]["before"] if not is_arabic(cue)]
        self._beside = Phrases(latin)
        self._ages = folded_set(rules["private"]["age"])
        self._cues = frozenset(self._called.ends) | frozenset(self._beside.ends)
        self._things = folded_set(rules["named_after"])
        self._thing_adjectives = folded_set(rules["named_after_adjectives"])

    def find(self, page: Page) -> list[Name]:
        """The full names of *page*, in order, no two overlapping; those of streets and schools left out."""
        tokens = page.tokens
        found: dict[int, Name] = {}
        free = 0
        for index in [at for at, word in enumerate(tokens) if word in self._starts]:
            if index >= free and (name := self._at(page, index)) is not None:
                found[name.first] = name
                free = name.last
        taken = {at for name in found.values() for at in range(name.first, name.last)}
        for name in self._told(page):
            if taken.isdisjoint(range(name.first, name.last)):
                found[name.first] = name
                taken.update(range(name.first, name.last))
        return [name for _, name in sorted(found.items()) if not self._is_thing(page, name)]

    def _at(self, page: Page, index: int) -> Name | None:
        """The full name whose given name is the word *index*."""
        if page.hit(index) is not None:
            return None
        return (self._arabic if is_arabic(page.tokens[index]) else self._latin).at(page, index)

    def _told(self, page: Page) -> Iterator[Name]:
        """Names that only the words beside them tell of, in order of those words."""
        tokens = page.tokens
        for index in [at for at, word in enumerate(tokens[:-2]) if word in self._cues]:
            begin = index + 1
            if self._called.end_at(tokens, index):
                yield from self._from(page, begin)
            elif self._beside.end_at(tokens, index):
                begin += tokens[begin] == PAUSE
                if begin < len(tokens) and tokens[begin] not in SIGNS and not is_arabic(tokens[begin]):
                    yield from self._from(page, begin)
        for index, word in enumerate(tokens):
            if word.isdecimal() and len(word) == 2 and self._is_age(page, index):
                yield from self._latin.before(page, index)

    def _from(self, page: Page, begin: int) -> Iterator[Name]:
        """The name that begins with the word *begin*, whatever its given name."""
        word = page.tokens[begin]
        if word not in SIGNS and page.hit(begin) is None:
            name = (self._arabic if is_arabic(word) else self._latin).any_from(page, begin)
            if name is not None:
                yield name

    def _is_age(self, page: Page, index: int) -> bool:
        before, behind = page.word(index - 1), page.word(index + 1)
        if behind in self._ages:
            return True
        return before == PAUSE and behind in SIGNS and int(page.tokens[index]) in _GROWN

    def _is_thing(self, page: Page, name: Name) -> bool:
        """Whether *name* is that of a street, a stadium, a school."""
        before, behind = page.word(name.first - 1), page.word(name.last)
        for at in range(name.first - 2, name.first - 4, -1):
            if before not in self._thing_adjectives:
                break
            before = page.word(at)
        return not self._things.isdisjoint([before, *_bare(before)]) or (
            not is_arabic(behind) and behind in self._things
        )


def _bare(word: str) -> list[str]:
    """*word* without what Arabic joins to its head."""
    if not is_arabic(word):
        return []
    out = [word[1:]] if word[0] in JOINED else []
    return [*out, *[one.removeprefix("ال") for one in (word, *out)]]


class _ArabicNames:
    """Names in Arabic letters, which has no capitals: known words and forms make the name."""

    def __init__(self, rules: Mapping[str, Any]) -> None:
        given, family = rules["given"], rules["family"]
        self._endings: dict[str, set[str]] = {}
        self._compounds: dict[str, set[str]] = {}
        for name in (*given["arabic"]["names"], *given["arabic"]["also_words"]):
            words = pattern(name).split()
            if len(words) == 1:
                self._endings.setdefault(words[0], set()).add(name[-1])
            else:
                self._compounds.setdefault(words[0], set()).add(words[1])
        self._weak = folded_set(given["arabic"]["also_words"])
        self._with_next = folded_set(given["with_next"])
        self._honorifics = folded_set(filter(is_arabic, given["honorifics"]))
        self._particles = folded_set(family["particles"])
        self._family = folded_set(family["arabic"])
        self._form = re.compile("|".join(family["arabic_forms"]))
        self._plain = re.compile(family["arabic_plain"])
        self._not = folded_set(family["not_arabic"])
        heads = {*self._endings, *self._compounds, *self._with_next}
        joined = {letter + head: (1, head) for head in heads for letter in JOINED}
        self._heads = joined | {head: (0, head) for head in heads}
        self.starts = frozenset(self._heads)

    def at(self, page: Page, index: int) -> Name | None:
        """The full name whose given name is the word *index*."""
        joined, head = self._heads[page.tokens[index]]
        behind = page.word(index + 1)
        end, sure = index + 1, head not in self._weak
        if head in self._with_next:
            if not behind.startswith("ال") or behind in self._not:
                return None
            end += 1
        elif behind in self._compounds.get(head, ()):
            end, sure = end + 1, True
        elif head not in self._endings or not self._is_given(page, index, head):
            return None
        last, family = self._follow(page, end, sure)
        if last == end:
            return None
        first = index
        if not joined and page.word(index - 1) in self._particles and self._may_be(page, index - 2):
            first = index - 2  # a rarer given name before: … بن محمد …
        elif not joined and (before := self._honorific(page, index - 1)) is not None:
            first, joined = index - 1, before
        return Name(first, last, joined, sure or family)

    def any_from(self, page: Page, begin: int) -> Name | None:
        """The name of which *begin* is the first word, whatever its given name."""
        if not self._may_be(page, begin) or page.tokens[begin].startswith(_WITH_ARTICLE):
            return None
        last, _ = self._follow(page, begin + 1, True)
        return Name(begin, last) if last > begin + 1 else None

    def _honorific(self, page: Page, index: int) -> int | None:
        """How many letters are joined to the honorific at *index*; ``None`` if there is none."""
        word = page.word(index)
        if word in self._honorifics:
            return 0
        return 1 if word[0] in JOINED and word[1:] in self._honorifics else None

    def _is_given(self, page: Page, index: int, head: str) -> bool:
        """Whether the word *index* is printed as the given name is: على is no علي, مني no منى."""
        last = fold_last(page.printed(index))
        return head not in self._weak or last[1] not in "يى" or last[1] in self._endings[head]

    def _follow(self, page: Page, index: int, sure: bool) -> tuple[int, bool]:
        """Where the words that follow a given name end, and whether a family name is among them."""
        begin, family = index, False
        while index < len(page.tokens) and index - begin < _LONGEST:
            word = page.tokens[index]
            if not self._may_be(page, index) and not (family and word == _OF_THE_FAITH):
                break
            step = 1
            if word in self._particles or (word in self._with_next and page.word(index + 1)[:2] == "ال"):
                if not (index + 1 < len(page.tokens) and self._may_be(page, index + 1)):
                    break
                step, family = 2, True
            elif word in self._endings:
                if not self._is_given(page, index, word):
                    break
            elif word != _OF_THE_FAITH and not self._is_family(page, index, plain=sure and not family):
                break
            else:
                family = True
            index += step
        return index, family

    def _is_family(self, page: Page, index: int, *, plain: bool) -> bool:
        """Whether the word *index* is a family name; *plain* takes any word that looks like none else."""
        word = page.tokens[index]
        if word in self._family or self._form.fullmatch(word):
            return True
        return plain and page.hit(index) is None and self._plain.fullmatch(word) is not None

    def _may_be(self, page: Page, index: int) -> bool:
        """Whether the word *index* may be part of a name."""
        word = page.word(index)
        if len(word) < 2 or not word.isalpha() or word in self._not or not is_arabic(word):
            return False
        hit = page.hit(index)
        return hit is None or (hit.start == page.reading.words.begins[index] and _is_town(hit))


def fold_last(printed: str) -> tuple[int, str]:
    """Where the last letter of *printed* stands, and the letter, marks on it left out."""
    for at in range(len(printed) - 1, -1, -1):
        if fold(printed[at]):
            return at, printed[at]
    return 0, printed[:1]


def _is_town(hit: Hit) -> bool:
    return all(sense.kind == "town" for sense in hit.senses)


class _LatinNames:
    """Names in Latin letters: capitals make the name."""

    def __init__(self, rules: Mapping[str, Any]) -> None:
        given, family = rules["given"], rules["family"]
        names = given["latin"]
        heads = [pattern(name) for name in (*names["names"], *names["also_words"])]
        self.starts = frozenset(head.split()[0] if " " not in head else head.split()[-1] for head in heads)
        self._weak = folded_set(names["also_words"])
        self._honorifics = folded_set(name for name in given["honorifics"] if not is_arabic(name))
        self._particles = folded_set(family["particles_latin"])
        self._place_particles = folded_set(family["particles_of_places"])
        self._not = folded_set(family["not_latin"])
        cues = (*rules["office"], *rules["trade"], *rules["private"]["before"], *rules["named_after"])
        self._titles = frozenset(word for cue in cues for word in pattern(cue).split())

    def at(self, page: Page, index: int) -> Name | None:
        """The full name whose given name is the word *index*."""
        if not page.capital(index):
            return None
        last = self._follow(page, index + 1)
        if last == index + 1:
            return None
        return Name(self._first(page, index), last, 0, page.tokens[index] not in self._weak)

    def any_from(self, page: Page, begin: int) -> Name | None:
        """The name of which *begin* is the first word, whatever its given name."""
        if not self._may_be(page, begin) or page.tokens[begin] in self._titles or self._in_title(page, begin):
            return None
        last = self._follow(page, begin + 1)
        return Name(begin, last) if last > begin + 1 else None

    def before(self, page: Page, index: int) -> Iterator[Name]:
        """The name right before an age at the word *index*."""
        last = index - (page.word(index - 1) == PAUSE)
        first = last
        while first > 0 and last - first < _LONGEST and self._is_part(page, first - 1):
            first -= 1
        while first < last and page.tokens[first] in self._particles | self._titles:
            first += 1
        capitals = sum(page.capital(at) for at in range(first, last))
        if capitals >= 2 and not self._in_title(page, first):
            yield Name(first, last)

    def _is_part(self, page: Page, index: int) -> bool:
        word = page.tokens[index]
        return self._may_be(page, index) or (word in self._particles and page.capital(index + 1))

    def _first(self, page: Page, index: int) -> int:
        """Where the name begins that has a given name at *index*: at an honorific or another given name."""
        before = index - 1
        if page.word(before) in self._honorifics and page.capital(before):
            return before
        inside = page.word(before - 1) not in SIGNS and page.word(before) not in self._titles
        return before if inside and self._may_be(page, before) and not self._in_title(page, before) else index

    def _follow(self, page: Page, index: int) -> int:
        """Where the words that follow a given name end."""
        begin = end = index
        while index < len(page.tokens) and index - begin < _LONGEST:
            word = page.tokens[index]
            if word in self._particles and self._leads_on(page, index):
                index += 1
            elif self._may_be(page, index):
                index = end = index + 1
                if self._in_title(page, index - 1) and self._headline(page, index):
                    break
            else:
                break
        return end

    def _leads_on(self, page: Page, index: int) -> bool:
        """Whether the particle *index* leads to another part of the name, not to a place."""
        behind = index + 1
        if page.word(behind) in self._particles:
            return True
        if not page.capital(behind) or not self._may_be(page, behind):
            return False
        return page.tokens[index] not in self._place_particles or page.hit(behind) is None

    def _may_be(self, page: Page, index: int) -> bool:
        """Whether the word *index* may be part of a name."""
        word = page.tokens[index]
        if len(word) < 2 or not word.isalpha() or word in self._not or is_arabic(word):
            return False
        hit = page.hit(index)
        return page.capital(index) and (hit is None or _is_town(hit))

    def _in_title(self, page: Page, index: int) -> bool:
        return page.reading.words.field(page.reading.words.begins[index]) == "title"

    def _headline(self, page: Page, index: int) -> bool:
        """Whether the next words are capitals only because a headline is printed so (Karim Benali Held)."""
        return page.capital(index) and page.reading.article.language == "en"
