"""What an article is about, as a set of keys that articles in any language and script can share.

Each key is a number that bears its sort in the low bits: a town, an institution, a number, a thing or event
(a concept of ``config/stories.yml``), a name by its consonants, a word by its stem.  Whatever annotation
knows (places, unit, kinds, figures, partners) is taken from it; the rest is read from the words, so that an
article is never without keys.  Keys are kept in an array: the articles of a week fit in memory.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from config.fold import fold
from config.loader import Config
from pipeline.annotation.claims import ANSWERS
from pipeline.annotation.words import PAUSE, STOP, Words, pattern
from pipeline.fingerprints import hashed, published_at
from store.records import Annotated

BITS = 4
_SORT = (1 << BITS) - 1


class Sort(IntEnum):
    """What a key stands for; the order is that in which reasons are given."""

    TOWN = 0
    UNIT = 1
    NUMBER = 2
    """From 100, not round: two articles rarely share one by chance."""
    SMALL = 3
    """10 to 99 (ages, most of them), and round numbers."""
    DIGIT = 4
    """2 to 9."""
    CONCEPT = 5
    FOCUS = 6
    """A concept that stands in title, subtitle or first sentence."""
    BROAD = 7
    PLACE = 8
    """A country or a town abroad."""
    BODY = 9
    KIND = 10
    NAME = 11
    """Consonants of a name, four or more."""
    SHORT = 12
    """Consonants of a name, three."""
    WORD = 13
    HEAD = 14
    """A word of the title."""
    FIGURE = 15
    """What was counted, with how many."""


@dataclass(frozen=True, slots=True)
class Traits:
    """The keys of one article."""

    article_id: str
    published: int
    """Seconds since 1970."""
    language: str
    outlet: str
    keys: array[int]

    @property
    def arabic(self) -> bool:
        return self.language in ("ar", "ary")

    def of(self, *sorts: Sort) -> list[int]:
        """The keys of *sorts*."""
        return [key for key in self.keys if key & _SORT in sorts]


def sort_of(key: int) -> Sort:
    return Sort(key & _SORT)


def _key(sort: Sort, value: int) -> int:
    return value << BITS | sort


# -- names ----------------------------------------------------------------------------------------------

# Arabic and Latin letters in classes that transliteration keeps; what is not here falls (vowels, h, ع).
_CLASSES = "btjkdrzsfglmnxw"
_ARABIC = str.maketrans(
    {
        "ب": "b", "ت": "t", "ط": "t", "ث": "t", "ج": "j", "خ": "k", "ك": "k", "ق": "k", "د": "d", "ض": "d",
        "ذ": "d", "ر": "r", "ز": "z", "س": "s", "ص": "s", "ظ": "d", "ش": "x", "غ": "g", "ف": "f", "ل": "l",
        "م": "m", "ن": "n", **dict.fromkeys("اوىيهعحءئؤة", ""),
    }
)  # fmt: skip
_LATIN_GROUPS = (
    ("tch", "x"), ("sch", "x"), ("ch", "x"), ("sh", "x"), ("kh", "k"), ("gh", "g"), ("dj", "j"),
    ("th", "t"), ("dh", "d"), ("ph", "f"), ("gu", "g"), ("qu", "k"), ("ce", "s"), ("ci", "s"), ("ge", "j"),
    ("gi", "j"),
)  # fmt: skip
_LATIN = str.maketrans({"p": "b", "v": "f", "q": "k", "c": "k", "x": "ks", **dict.fromkeys("aeiouyhw'-", "")})
_GROUPS = re.compile("|".join(group for group, _ in _LATIN_GROUPS))
_GROUP = dict(_LATIN_GROUPS)
_DOUBLED = re.compile(r"(.)\1+")


def consonants(word: str) -> str:
    """What *word* (folded) keeps in any script.

    >>> consonants(fold("الزهواني").removeprefix("ال")), consonants(fold("Zahouani"))
    ('zn', 'zn')
    """
    if "\u0600" <= word[:1] <= "\u06ff":
        kept = word.translate(_ARABIC)
    else:
        # ch and sh become one sign that must outlive the rule for x
        parts = _GROUPS.sub(lambda found: _GROUP[found[0]].upper(), word)
        kept = parts.translate(_LATIN).lower()
    return _DOUBLED.sub(r"\1", "".join(char for char in kept if char in _CLASSES))


def _packed(skeleton: str) -> int:
    """*skeleton* as a number that :func:`_unpacked` reads."""
    value = 0
    for char in skeleton[:10]:
        value = value << 4 | _CLASSES.index(char) + 1
    return value


def _unpacked(value: int) -> str:
    out = ""
    while value:
        out = _CLASSES[(value & 15) - 1] + out
        value >>= 4
    return out


# -- words ----------------------------------------------------------------------------------------------

_WITH_ARTICLE = ("وبال", "وال", "فال", "بال", "كال", "دال", "ولل", "لل", "ال")
_ENDINGS = ("تهما", "هما", "ات", "ين", "ون", "ان", "يه", "ها", "هم", "نا", "تا", "ه", "ي", "ا")


def _bare(word: str) -> str:
    """An Arabic word without the article and what is joined before it."""
    for joined in _WITH_ARTICLE:
        if word.startswith(joined) and len(word) - len(joined) >= 3:
            return word[len(joined) :]
    return word


def _loose(word: str) -> str:
    """The same, without one joined letter that may as well be the word's own."""
    return word[1:] if len(word) > 4 and word[0] in "وفبلكد" else word


def stem(word: str) -> str:
    """What the forms of *word* (folded) have in common; short, so that cousins in Latin languages meet."""
    if not "\u0600" <= word[:1] <= "\u06ff":
        return word[:5]
    bare = _bare(word)
    if bare == word and len(word) > 5 and word[0] in "وفبل":
        bare = word[1:]
    for ending in _ENDINGS:
        if bare.endswith(ending) and len(bare) - len(ending) >= 3:
            return bare[: -len(ending)]
    return bare


_THOUSANDS = re.compile(r"(?<=\d)[ .,\u00a0\u202f\u066c](?=\d{3}(?!\d))")
_CAPITAL = re.compile(r"(?<![.!?…:«»“”\n] )(?<![\n«“\"‘(.] )(?<=[ '’(-])[A-ZÀ-Þ][^\W\d_]{2,}")
_REMEMBERED = 100_000


class TraitMaker:
    """Makes traits by the rules of one configuration; keeps no state of articles."""

    def __init__(self, config: Config) -> None:
        rules: Mapping[str, Any] = config.data("stories")
        self._names: dict[int, str] = {}
        """What a key of a closed list stands for, for reasons that people read."""
        self._exact: dict[str, list[int]] = {}
        self._starts: dict[str, list[int]] = {}
        self._phrases: dict[str, list[tuple[str, int]]] = {}
        for sort, group in ((Sort.CONCEPT, "narrow"), (Sort.BROAD, "broad"), (Sort.PLACE, "places")):
            for name, words in rules["concepts"][group].items():
                key = self._named(sort, name)
                for text in words.values():
                    self._learn(text, key)
        self._common = {
            form
            for words in rules["common"].values()
            for word in pattern(words).split()
            for form in (word, stem(word))
        }
        self._months = frozenset(pattern(rules["months"]).split())
        self._ones: dict[str, int] = {}
        self._times: dict[str, int] = {}
        for value, words in rules["numbers"].items():
            for word in words.split():
                (self._times if word[-1] == "*" else self._ones)[pattern(word)] = value
        self._made: dict[str, tuple[tuple[int, ...], int, int]] = {}

    def learn(self, sort: Sort, names: Iterable[str]) -> None:
        """Remember what the keys of *names* stand for, so that reasons can be told."""
        for name in names:
            self._named(sort, name)

    def _named(self, sort: Sort, name: str) -> int:
        key = _key(sort, hashed(name))
        self._names[key] = name
        return key

    def _learn(self, text: str, key: int) -> None:
        for word in text.split():
            first, _, rest = pattern(word.replace("_", " ")).partition(" ")
            if rest:  # a hyphen parts words as well, in texts too
                self._phrases.setdefault(first, []).append((f"{rest} ", key))
            elif word.endswith("*"):
                self._starts.setdefault(pattern(word), []).append(key)
            else:
                self._exact.setdefault(pattern(word), []).append(key)

    def told(self, key: int) -> str:
        """*key* in words: ``town tanger``, ``number 3520``, ``name zhwn``."""
        sort = sort_of(key)
        if sort in (Sort.NUMBER, Sort.SMALL, Sort.DIGIT):
            return f"number {key >> BITS}"
        if sort in (Sort.NAME, Sort.SHORT):
            return f"name {_unpacked(key >> BITS)}"
        if sort in (Sort.WORD, Sort.HEAD):
            return "words"
        if sort is Sort.FOCUS:
            key = key & ~_SORT | Sort.CONCEPT
        name = self._names.get(key, "?")
        return name if sort is Sort.FIGURE else f"{_LABELS[sort]} {name}"

    # -- reading ----------------------------------------------------------------------------------------

    def traits(self, article_id: str, annotated: Annotated) -> Traits:
        """The keys of an article."""
        article = annotated.article
        head = _THOUSANDS.sub("", f"{article.title}\n{article.subtitle or ''}")
        text = _THOUSANDS.sub("", article.text)
        title = Words.of([("title", head)]).line
        body = Words.of([("text", text)]).line
        known = self._known_words(annotated)
        keys = set(self._labels(annotated))
        lead = body.find(f" {STOP} ", len(body[:80]))
        lead_line = title + body[: lead + 1 if lead >= 0 else len(body)]
        for key in self._concepts(lead_line):
            keys.add(key)
            if key & _SORT == Sort.CONCEPT:
                keys.add(key & ~_SORT | Sort.FOCUS)
        keys.update(self._concepts(body))
        keys.update(self._numbers(title + body))
        keys.update(self._words(title, Sort.HEAD, known))
        keys.update(self._words(title + body, Sort.WORD, known))
        keys.update(self._capitals(f"{article.title}\n{text}", known))
        return Traits(
            article_id, published_at(annotated), article.language, article.source_id, array("Q", sorted(keys))
        )

    def _known_words(self, annotated: Annotated) -> set[str]:
        """Words of towns and bodies, which have keys of their own."""
        told = {found.words for found in (*annotated.evidence, *annotated.relevance.evidence)}
        return {word for words in told for word in pattern(words).split()}

    def _labels(self, annotated: Annotated) -> Iterator[int]:
        """The keys of what annotation says."""
        for sort, names in (
            (Sort.TOWN, (*annotated.places, *annotated.other_places)),
            (Sort.PLACE, annotated.foreign_places),
            (Sort.BODY, (*annotated.institutions, *filter(None, (one.id for one in annotated.partners)))),
            (Sort.UNIT, (annotated.unit,) if annotated.unit else ()),
            (Sort.KIND, tuple(_kinds(annotated))),
        ):
            for name in names:
                yield self._named(sort, name)
        for figure in annotated.figures:
            if figure.value == figure.value and abs(figure.value) < 1e15:
                yield from _number(round(figure.value))
                if figure.value >= 2 and not figure.recalled and not figure.what.startswith("other"):
                    yield self._named(Sort.FIGURE, f"{figure.what} {figure.value:g}")

    def _concepts(self, line: str) -> Iterator[int]:
        made, phrases = self._made, self._phrases
        seen: set[str] = set()
        for word in line.split():
            if word in seen or word in (STOP, PAUSE):
                continue
            seen.add(word)
            yield from (made.get(word) or self._make(word))[0]
        if phrases:
            for first in seen & phrases.keys() if len(seen) > 50 else [w for w in seen if w in phrases]:
                for rest, key in phrases[first]:
                    if f" {first} {rest}" in line:
                        yield key

    def _make(self, word: str) -> tuple[tuple[int, ...], int, int]:
        """(concepts, word key or 0, name key or 0) of *word*; remembered, as languages have few words."""
        arabic = "\u0600" <= word[:1] <= "\u06ff"
        forms = [word]
        if arabic:
            forms += [_bare(word), _loose(word), _bare(_loose(word)), *map(_cut, (word, _bare(word)))]
        found: set[int] = set()
        for form in forms:
            found.update(self._exact.get(form, ()))
        for form in forms:
            for end in range(3, len(form) + 1):
                found.update(self._starts.get(form[:end], ()))
        rooted = stem(word)
        plain = len(word) < 4 or word in self._common or rooted in self._common or word[0].isdigit()
        made = (
            tuple(found),
            0 if plain else hashed(rooted),
            0 if plain or not arabic else _skeleton(_bare(word)),
        )
        if len(self._made) >= _REMEMBERED:
            self._made.clear()
        self._made[word] = made
        return made

    def _words(self, line: str, sort: Sort, known: set[str]) -> Iterator[int]:
        """Keys of words that are not everybody's, and of the names that Arabic writes like any word."""
        for word in set(line.split()) - known:
            _, rooted, name = self._made.get(word) or self._make(word)
            if rooted:
                yield _key(sort, rooted)
                if name and sort is Sort.WORD:
                    yield name

    def _capitals(self, text: str, known: set[str]) -> Iterator[int]:
        """Keys of the names that Latin letters show by a capital inside a sentence."""
        for printed in set(_CAPITAL.findall(text)):
            word = fold(printed)
            if word in known or word in self._common or self._concept(word):
                continue
            if key := _skeleton(word):
                yield key

    def _concept(self, word: str) -> tuple[int, ...]:
        return (self._made.get(word) or self._make(word))[0]

    def _numbers(self, line: str) -> Iterator[int]:
        """Keys of the numbers in digits and in words; not of years and days of the month."""
        words = line.split()
        total = current = 0
        begun = False
        for at, word in enumerate(words):
            value, times = self._value(word)
            if value is not None:
                if word[0].isdigit() and begun and current and current % 10:
                    yield from _number(total + current)
                    total = current = 0
                current += value
                begun = True
                if self._dated(words, at):
                    total = current = 0
                    begun = False
            elif times and (begun or times >= 1000):
                current = max(current, 1) * times
                if times >= 1000:
                    total, current = total + current, 0
                begun = True
            elif begun and word in ("et", "y", "and", "و"):
                continue
            elif begun:
                yield from _number(total + current)
                total = current = 0
                begun = False
        if begun:
            yield from _number(total + current)

    def _value(self, word: str) -> tuple[int | None, int]:
        """The number that *word* is, or by how much it multiplies the one before it."""
        if word[0].isdigit():
            return (int(word), 0) if word.isascii() and word.isdigit() and len(word) < 15 else (None, 0)
        for form in (word, word[1:] if word[0] in "وبفل" else word):
            if form in self._ones:
                return self._ones[form], 0
            if form in self._times:
                return None, self._times[form]
        return None, 0

    def _dated(self, words: list[str], at: int) -> bool:
        near = words[max(0, at - 1) : at] + words[at + 1 : at + 3]
        return any(word in self._months for word in near)


_LABELS = {
    Sort.TOWN: "town", Sort.UNIT: "unit", Sort.CONCEPT: "about", Sort.FOCUS: "about", Sort.BROAD: "about",
    Sort.PLACE: "abroad", Sort.BODY: "body", Sort.KIND: "kind", Sort.FIGURE: "figure",
}  # fmt: skip


def _cut(word: str) -> str:
    """*word* without a plural or an ending of person."""
    for ending in ("ات", "ين", "ون", "ان", "يه", "ها", "هم", "ه", "ا"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)]
    return word


def _skeleton(word: str) -> int:
    """The key of a name; 0 for one of fewer than three consonants."""
    kept = consonants(word)
    if len(kept) < 3:
        return 0
    return _key(Sort.NAME if len(kept) > 3 else Sort.SHORT, _packed(kept))


def _number(value: int) -> Iterable[int]:
    """The key of a number; none of one and of a year."""
    value = abs(value)
    if value < 2 or 1956 <= value <= 2035:
        return ()
    if value < 10:
        return (_key(Sort.DIGIT, value),)
    digits = str(value).rstrip("0")
    return (_key(Sort.SMALL if value < 100 or len(digits) == 1 else Sort.NUMBER, value),)


_WAYS = frozenset(["communique", "spokesperson", "social_post", "security_source"])
"""How somebody speaks, which tells no two facts apart."""


def _kinds(annotated: Annotated) -> Iterator[str]:
    """What an article tells of; a rumour and its answer both tell of a claim, beside what else they tell of.

    A rumour of which nothing else is known has no kind: one of its own would set it apart from the police act
    that confirms it.
    """
    kinds = {kind.id for kind in annotated.kinds}
    yield from kinds - _WAYS
    if kinds & ANSWERS or (annotated.hearsay and kinds - _WAYS):
        yield "claim"
