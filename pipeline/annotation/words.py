"""The text as names are looked up in it: folded words, one space apart, traceable to the printed page.

Names are compared word by word, so that a name never matches inside a longer word, whatever stands between
the words on the page (a hyphen, an apostrophe, a quotation mark, a line's non-breaking space).  What ends a
clause or a sentence stays visible as a word of its own, because a name never runs across it.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, compress
from sys import intern
from typing import TypeVar

from config.fold import fold

STOP = "."
"""The word that stands for the end of a sentence, a title or a paragraph."""
PAUSE = ","
"""The word that stands for a comma, a colon or a bracket."""

# Marks that are written or left out at will are part of their word (they fold to nothing).
_MARKS = (
    "\u00ad\u0300-\u036f\u0610-\u061a\u061c\u064b-\u065f\u0670\u06d6-\u06ed"
    "\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff"
)
# A text is cut into tokens that cover all of it: words and what ends a sentence or parts a clause, each with
# the space behind it, if any (which halves their number), and single characters in between.  Hyphens,
# apostrophes, quotes and slashes only part words.
_STOPS = ".!?؟…;؛\n\u2028\u2029۔"
_PAUSES = ",،:()[]|•"
_TOKEN = rf"[^\W_]+(?:[{_MARKS}]+[^\W_]*)* ?|[{_STOPS}]+ ?|[{re.escape(_PAUSES)}]+ ?|."
_TOKENS = re.compile(_TOKEN, re.DOTALL)
_ACRONYM = r"(?<![^\W_])(?:[^\W\d_]\.){2,}(?:[^\W\d_](?![^\W_]))?"
_TOKENS_WITH_DOTTED = re.compile(rf"{_ACRONYM} ?|{_TOKEN}", re.DOTALL)
"""Dotted acronyms are one word (D.G.S.N.); apart, because most texts have none and pay nothing for them."""
_DOTTED = re.compile(r"\.[^\W\d_]\.")
"""What every dotted acronym holds; found fast."""
_DASH = re.compile(r"[-‐‑‒–—−]+(?=\s)")
_LONGEST_SENTENCE = 20_000
"""Characters; longer ones are lists or made to hurt."""
_REMEMBERED = 100_000
"""How many words are kept with what is known of them; a newspaper's vocabulary is smaller."""


Told = TypeVar("Told")


class Remembered(dict[str, Told]):
    """Word → what *look_up* says of it, asked once: a language has few distinct words.

    A line of words is mapped through ``__getitem__``, without a step of Python for a word met before.
    """

    def __init__(self, look_up: Callable[[str], Told]) -> None:
        super().__init__()
        self._look_up = look_up

    def __missing__(self, word: str) -> Told:
        if len(self) >= _REMEMBERED:
            self.clear()
        self[word] = told = self._look_up(word)
        return told


def _fold(token: str) -> str:
    """The word of *token* (folded, letters and digits only) or its sign; empty for neither.

    A word is always the same object, which the tables that it is looked up in find at once.
    """
    first = token[0]
    if first.isalnum():
        return intern("".join([char for char in fold(token) if char.isalnum()]))
    return STOP if first in _STOPS else PAUSE if first in _PAUSES else ""


_folded = Remembered(_fold)


def _tokens(text: str) -> list[str]:
    """*text* cut up; joined, the tokens are as long as it."""

    def parted(dash: re.Match[str]) -> str:
        alone = dash.start() > 0 and text[dash.start() - 1].isspace()
        return PAUSE * len(dash[0]) if alone else dash[0]

    marked = _DASH.sub(parted, text)  # a dash that stands alone parts a clause
    return (_TOKENS_WITH_DOTTED if _DOTTED.search(marked) else _TOKENS).findall(marked)


@lru_cache(maxsize=16_384)
def pattern(name: str) -> str:
    """*name* as :class:`Words` would hold it: folded words, one space apart; empty if it has no word.

    >>> pattern("Bureau central d’investigations judiciaires"), pattern("DGSN–DGST")
    ('bureau central d investigations judiciaires', 'dgsn dgst')
    """
    return " ".join(filter(None, [_folded[token] for token in _tokens(name) if token[0].isalnum()]))


@dataclass(frozen=True, slots=True)
class Words:
    """The fields of an article as one line of words, each of them traceable to the page.

    *line* starts and ends with a space and has one between words.
    """

    line: str
    fields: tuple[tuple[str, str], ...]
    """(name, text) of those that have a text."""
    field_begins: tuple[int, ...]
    """Where in *line* each field begins."""
    said: list[str]
    """The words of *line*."""
    sentence_of: list[int]
    """For each word the number of its sentence, which its :data:`STOP` still belongs to."""
    begins: list[int]
    """Where in *line* each word begins."""
    starts: list[int]
    """For each word, where in the text of its field it was printed."""
    ends: list[int]
    """For each word, where in the text of its field its print ends, with the space behind it."""

    @classmethod
    def of(cls, fields: Iterable[tuple[str, str]]) -> Words:
        """The words of the (name, text) pairs, in order; no sentence runs from one field into the next."""
        kept = tuple((name, text) for name, text in fields if text)
        words: list[str] = []
        starts: list[int] = []
        ends: list[int] = []
        field_begins: list[int] = []
        length = 1
        for _, text in kept:
            tokens = _tokens(text)
            folded = list(map(_folded.__getitem__, tokens))
            offsets = list(accumulate(map(len, tokens), initial=0))
            starts += compress(offsets, folded)
            ends += compress(offsets[1:], folded)
            said = list(filter(None, folded))
            if not said or said[-1] != STOP:
                said.append(STOP)
                starts.append(len(text))
                ends.append(len(text))
            field_begins.append(length)
            length += sum(map(len, said)) + len(said)
            words += said
        begins = list(accumulate([len(word) + 1 for word in words], initial=1))
        begins.pop()  # the end of the line
        sentence_of = list(accumulate(map(STOP.__eq__, words), initial=0))
        sentence_of.pop()  # what would follow the last word
        line = " ".join(["", *words, ""])
        return cls(line, kept, tuple(field_begins), words, sentence_of, begins, starts, ends)

    def sentence_begin(self, index: int) -> int:
        """Where the sentence that holds ``line[index]`` begins; in one of pages, some pages before."""
        far = max(0, index - _LONGEST_SENTENCE)
        return max(self.line.rfind(STOP, far, index + 1) + 1, far)  # no folded word holds one

    def field(self, index: int) -> str:
        """The name of the field that holds ``line[index]``."""
        return self.fields[self._field(index)][0]

    def text(self, field: str) -> str:
        """The printed text of *field*."""
        return next(text for name, text in self.fields if name == field)

    def as_printed(self, start: int, end: int) -> str:
        """The text of ``line[start:end]`` (whole words of one field) as it was printed."""
        return self.where(start, end)[3]

    def where(self, start: int, end: int) -> tuple[str, int, int, str]:
        """(field, start, end, words) of ``line[start:end]``, whole words of one field, as printed."""
        name, text = self.fields[self._field(start)]
        first = self.starts[bisect_right(self.begins, start) - 1]
        last = self.ends[bisect_right(self.begins, end - 1) - 1]
        printed = text[first:last].rstrip(" ")
        return name, first, first + len(printed), printed

    def reaches(self, field: str, offset: int) -> int:
        """The first index of *line* whose word was printed at or behind *offset* of *field*; else its end."""
        number = next((i for i, (name, _) in enumerate(self.fields) if name == field), None)
        if number is None:
            return len(self.line)
        first = bisect_left(self.begins, self.field_begins[number])
        behind = bisect_left(self.starts, offset, first)
        return self.begins[behind] if behind < len(self.begins) else len(self.line)

    def _field(self, index: int) -> int:
        return bisect_right(self.field_begins, index) - 1
