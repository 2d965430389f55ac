"""Cue phrases beside a mention: which one stands right before it, or anywhere in its clause.

Words are compared as their stems: an Arabic word without the و or ف that is written joined to it and without
its article (``والقادمة`` is ``قادمة``), any other word as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

from pipeline.annotation.words import PAUSE, STOP, pattern

_SHORTEST = 3
"""An Arabic stem has at least as many letters: nothing is taken from a short word."""


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """*word*, a folded one, as phrases are compared.

    >>> stem("والقادمه"), stem("للامن"), stem("de")
    ('قادمه', 'امن', 'de')
    """
    if not "\u0600" <= word[:1] <= "\u06ff":
        return word
    if word[0] in "وف" and len(word) > _SHORTEST:
        word = word[1:]
    for article in ("بال", "ال", "لل"):
        if word.startswith(article) and len(word) >= len(article) + _SHORTEST:
            return word[len(article) :]
    return word


@lru_cache(maxsize=50_000)
def bare(word: str) -> str:
    """The stem *word* without a preposition before it or a pronoun behind it, which are written joined.

    >>> bare("بزياره"), bare("معلوماتها"), bare("شدوه"), bare("بنك"), bare("bank")
    ('زياره', 'معلومات', 'شدو', 'بنك', 'bank')
    """
    if not "\u0600" <= word[:1] <= "\u06ff":
        return word
    if word[0] in "بل" and len(word) > _SHORTEST + 1:
        word = word[1:]
    for pronoun in ("هما", "ها", "هم"):
        if word.endswith(pronoun) and len(word) > len(pronoun) + _SHORTEST:
            return word[: -len(pronoun)]
    if word.endswith("وه") and len(word) > _SHORTEST:
        return word[:-1]
    return word


def stems(phrase: str) -> tuple[str, ...]:
    """The stems of the words of *phrase*, printed or folded."""
    return tuple(stem(word) for word in pattern(phrase).split())


class Phrases:
    """Phrases that stand for labels."""

    def __init__(self, by_label: Mapping[str, Iterable[str]]) -> None:
        self._labels: dict[tuple[str, ...], str] = {}
        self._longest = 1
        self._firsts: dict[str, list[tuple[str, ...]]] = {}
        for label, phrases in by_label.items():
            for phrase in phrases:
                key = stems(phrase)
                if key and key not in self._labels:
                    self._labels[key] = label
                    self._longest = max(self._longest, len(key))
                    self._firsts.setdefault(key[0], []).append(key)

    def ending(self, words: Sequence[str]) -> str | None:
        """The label of the longest phrase that *words* (stems) end with."""
        for length in range(min(self._longest, len(words)), 0, -1):
            if label := self._labels.get(tuple(words[-length:])):
                return label
        return None

    def beginning(self, words: Sequence[str]) -> str | None:
        """The label of the longest phrase that *words* (stems) begin with."""
        for length in range(min(self._longest, len(words)), 0, -1):
            if label := self._labels.get(tuple(words[:length])):
                return label
        return None

    def within(self, words: Sequence[str]) -> str | None:
        """The label of the first phrase found in *words* (stems)."""
        return next(self.all_within(words), None)

    def all_within(self, words: Sequence[str]) -> Iterator[str]:
        """The label of every phrase found in *words* (stems)."""
        for _, label in self.found(words):
            yield label

    def found(self, words: Sequence[str]) -> Iterator[tuple[int, str]]:
        """(index of its first word, label) of every phrase found in *words* (stems), in order."""
        if self._firsts.keys().isdisjoint(words):
            return
        for index, word in enumerate(words):
            for key in self._firsts.get(word, ()):
                if len(key) == 1 or tuple(words[index : index + len(key)]) == key:
                    yield index, self._labels[key]


def before(line: str, index: int, reach: int) -> list[str]:
    """The stems of at most *reach* words of the sentence before ``line[index]``; pauses stay."""
    said = line[max(0, index - 16 * reach) : index].split()[-reach:]
    for at in range(len(said) - 1, -1, -1):
        if said[at] == STOP:
            said = said[at + 1 :]
            break
    return [word if word == PAUSE else stem(word) for word in said]


def after(line: str, index: int, reach: int) -> list[str]:
    """The stems of at most *reach* words of the sentence from ``line[index]`` on; pauses stay."""
    said = line[index : index + 16 * reach].split()[:reach]
    if STOP in said:
        said = said[: said.index(STOP)]
    return [word if word == PAUSE else stem(word) for word in said]


class Spans:
    """Parts of a line that are taken; asking costs the same however many there are."""

    def __init__(self, length: int) -> None:
        self._taken = bytearray(length)

    def take(self, begin: int, end: int) -> None:
        self._taken[begin:end] = b"\1" * (end - begin)

    def touch(self, begin: int, end: int) -> bool:
        """Whether any of ``line[begin:end]`` is taken."""
        return any(self._taken[begin:end])
