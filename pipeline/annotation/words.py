"""The text as names are looked up in it: folded words, one space apart, traceable to the printed page.

Names are compared word by word, so that a name never matches inside a longer word, whatever stands between
the words on the page (a hyphen, an apostrophe, a quotation mark, a line's non-breaking space).  What ends a
clause or a sentence stays visible as a word of its own, because a name never runs across it.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass

from config.fold import fold, fold_with_offsets

STOP = "."
"""The word that stands for the end of a sentence, a title or a paragraph."""
PAUSE = ","
"""The word that stands for a comma, a colon or a bracket."""

# Dotted acronyms are one word (D.G.S.N.); hyphens, apostrophes, quotes and slashes only part words.
_PIECE = re.compile(
    r"(?P<acronym>(?:(?<![^\W_])[^\W\d_]\.){2,}(?:[^\W\d_](?![^\W_]))?)"
    r"|(?P<word>[^\W_]+)"
    r"|(?P<stop>[.!?؟…;؛\n\u2028\u2029۔]+)"
    r"|(?P<pause>[,،:()\[\]|•]+|(?<=\s)-+(?=\s))"
)


def pattern(name: str) -> str:
    """*name* as :class:`Words` would hold it: folded words, one space apart; empty if it has no word.

    >>> pattern("Bureau central d’investigations judiciaires"), pattern("DGSN–DGST")
    ('bureau central d investigations judiciaires', 'dgsn dgst')
    """
    words = []
    for match in _PIECE.finditer(fold(name)):
        if match["acronym"]:
            words.append(match["acronym"].replace(".", ""))
        elif match["word"]:
            words.append(match["word"])
    return " ".join(words)


@dataclass(frozen=True, slots=True)
class Words:
    """The fields of an article as one line of words.

    *line* starts and ends with a space and has one between words; the character at ``line[i]`` was printed
    at ``printed[i]`` of the field that begins at or before *i* in *begins*.
    """

    line: str
    printed: list[int]
    fields: tuple[tuple[str, str], ...]
    begins: tuple[int, ...]
    stops: tuple[int, ...]
    """Where the sentences end: indexes of the STOP words in *line*."""

    @classmethod
    def of(cls, fields: Iterable[tuple[str, str]]) -> Words:
        """The words of the (name, text) pairs, in order; no sentence runs from one field into the next."""
        kept = tuple((name, text) for name, text in fields if text)
        parts: list[str] = [" "]
        printed: list[int] = [0]
        begins: list[int] = []
        stops: list[int] = []
        length = 1
        for _name, text in kept:
            begins.append(length)
            folded, offsets = fold_with_offsets(text)
            for match in _PIECE.finditer(folded):
                start, end = match.span()
                kind = match.lastgroup
                if kind == "word":
                    parts.append(match[0])
                    printed.extend(offsets[start:end])
                    length += end - start
                elif kind == "acronym":
                    letters = [i for i in range(start, end) if folded[i] != "."]
                    parts.append("".join([folded[i] for i in letters]))
                    printed.extend([offsets[i] for i in letters])
                    length += len(letters)
                else:
                    if kind == "stop":
                        stops.append(length)
                    parts.append(STOP if kind == "stop" else PAUSE)
                    printed.append(offsets[start])
                    length += 1
                parts.append(" ")
                printed.append(offsets[end])
                length += 1
            if not stops or stops[-1] < begins[-1] or stops[-1] != length - 2:
                stops.append(length)
                parts.append(STOP + " ")
                printed.extend([len(text), len(text)])
                length += 2
        return cls("".join(parts), printed, kept, tuple(begins), tuple(stops))

    def sentence_begin(self, index: int) -> int:
        """Where the sentence that holds ``line[index]`` begins."""
        number = bisect_right(self.stops, index)
        return self.stops[number - 1] + 1 if number else 0

    def field(self, index: int) -> str:
        """The name of the field that holds ``line[index]``."""
        return self.fields[self.field_of(index)][0]

    def field_of(self, index: int) -> int:
        """The number of the field that holds ``line[index]``."""
        return bisect_right(self.begins, index) - 1

    def capital(self, start: int, end: int) -> bool:
        """Whether the letters of ``line[start:end]`` were printed as capitals."""
        text = self.fields[self.field_of(start)][1]
        return text[self.printed[start] : self.printed[end - 1] + 1].isupper()

    def where(self, start: int, end: int) -> tuple[str, int, int, str]:
        """(field, start, end, words) of ``line[start:end]`` as printed; both lie on word edges."""
        name, text = self.fields[self.field_of(start)]
        first = self.printed[start]
        last = self.printed[end]  # the space after a word: where the printed word ended
        return name, first, last, text[first:last]
