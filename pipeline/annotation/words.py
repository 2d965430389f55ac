"""The text as names are looked up in it: folded words, one space apart, traceable to the printed page.

Names are compared word by word, so that a name never matches inside a longer word, whatever stands between
the words on the page (a hyphen, an apostrophe, a quotation mark, a line's non-breaking space).  What ends a
clause or a sentence stays visible as a word of its own, because a name never runs across it.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

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
# Hyphens, apostrophes, quotes and slashes only part words.
_PIECE = (
    rf"(?P<word>[^\W_]+(?:[{_MARKS}]+[^\W_]*)*)"
    r"|(?P<stop>[.!?؟…;؛\n\u2028\u2029۔]+)"
    r"|(?P<pause>[,،:()\[\]|•]+|(?<=\s)[-‐‑‒–—−]+(?=\s))"
)
_PIECES = re.compile(_PIECE)
_ACRONYM = r"(?<![^\W_])(?:[^\W\d_]\.){2,}(?:[^\W\d_](?![^\W_]))?"
_DOTTED = re.compile(_ACRONYM)
_PIECES_WITH_DOTTED = re.compile(rf"(?P<acronym>{_ACRONYM})|{_PIECE}")
"""Dotted acronyms are one word (D.G.S.N.); apart, because most texts have none and pay nothing for them."""
_REMEMBERED = 100_000
"""How many folded words are kept; a newspaper's vocabulary is smaller."""
_folded: dict[str, str] = {}


def _fold_word(word: str) -> str:
    """*word* folded, letters and digits only; remembered, as a language has few distinct words."""
    known = _folded.get(word)
    if known is None:
        if len(_folded) >= _REMEMBERED:
            _folded.clear()
        known = _folded[word] = "".join([char for char in fold(word) if char.isalnum()])
    return known


@lru_cache(maxsize=16_384)
def pattern(name: str) -> str:
    """*name* as :class:`Words` would hold it: folded words, one space apart; empty if it has no word.

    >>> pattern("Bureau central d’investigations judiciaires"), pattern("DGSN–DGST")
    ('bureau central d investigations judiciaires', 'dgsn dgst')
    """
    pieces = _PIECES_WITH_DOTTED.finditer(name)
    words = [_fold_word(match[0]) for match in pieces if match.lastgroup in ("word", "acronym")]
    return " ".join(filter(None, words))


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
    begins: list[int]
    """Where in *line* each word begins."""
    printed: list[tuple[int, int]]
    """For each word, where in the text of its field it was printed."""
    stops: list[int]
    """Where in *line* sentences end: the indexes of the STOP words."""

    @classmethod
    def of(cls, fields: Iterable[tuple[str, str]]) -> Words:
        """The words of the (name, text) pairs, in order; no sentence runs from one field into the next."""
        kept = tuple((name, text) for name, text in fields if text)
        parts: list[str] = [""]
        begins: list[int] = []
        printed: list[tuple[int, int]] = []
        stops: list[int] = []
        field_begins: list[int] = []
        length = 1
        for _, text in kept:
            field_begins.append(length)
            pieces = _PIECES_WITH_DOTTED if _DOTTED.search(text) else _PIECES
            for match in pieces.finditer(text):
                kind = match.lastgroup
                if kind == "stop":
                    stops.append(length)
                    word = STOP
                elif kind == "pause":
                    word = PAUSE
                else:
                    word = _fold_word(match[0])
                    if not word:
                        continue
                parts.append(word)
                begins.append(length)
                printed.append(match.span())
                length += len(word) + 1
            if parts[-1] != STOP or length == field_begins[-1]:
                stops.append(length)
                parts.append(STOP)
                begins.append(length)
                printed.append((len(text), len(text)))
                length += 2
        parts.append("")
        return cls(" ".join(parts), kept, tuple(field_begins), begins, printed, stops)

    def sentence_begin(self, index: int) -> int:
        """Where the sentence that holds ``line[index]`` begins."""
        number = bisect_right(self.stops, index)
        return self.stops[number - 1] + 1 if number else 0

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
        first = self.printed[bisect_right(self.begins, start) - 1][0]
        last = self.printed[bisect_right(self.begins, end - 1) - 1][1]
        return name, first, last, text[first:last]

    def reaches(self, field: str, offset: int) -> int:
        """The first index of *line* whose word was printed at or behind *offset* of *field*; else its end."""
        number = next((i for i, (name, _) in enumerate(self.fields) if name == field), None)
        if number is None:
            return len(self.line)
        first = bisect_left(self.begins, self.field_begins[number])
        behind = bisect_left(self.printed, offset, first, key=lambda span: span[0])
        return self.begins[behind] if behind < len(self.begins) else len(self.line)

    def _field(self, index: int) -> int:
        return bisect_right(self.field_begins, index) - 1
