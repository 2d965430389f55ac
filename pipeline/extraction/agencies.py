"""Which news agencies an article credits: in its by-line, its dateline, or its last words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from config.fold import fold
from config.model import Agency

_DATELINE = 100
"""How far into a paragraph its dateline may reach."""
_SENTENCE = re.compile(r"[^\W\d_]{4}[.!?؟]\s+[^\W\d_]")
"""A sentence that ended before: not the dot of ``nov.`` or ``St.``."""
_OPENING, _CLOSING = r"(?:^|[(\[/–—\-،,:]\s*)", r"(?=\s*(?:[)\]/–—:،]|-(?!\w)|$))"


@dataclass(frozen=True, slots=True)
class Credits:
    """The agencies' names, ready to be looked for."""

    ids: dict[str, str]
    """Folded name or sign → id."""
    names: re.Pattern[str]
    """A full name, anywhere."""
    beside: re.Pattern[str]
    """A name or sign after a word for "with"."""
    apart: re.Pattern[str]
    """A name or sign between brackets, dashes or the ends of the line."""

    def in_byline(self, line: str) -> list[str]:
        """Ids of the agencies that sign in *line*: by name, or by a sign apart or after "with"."""
        found = [*self.names.finditer(line), *self.apart.finditer(line), *self.beside.finditer(line)]
        return [
            self.ids[fold(match["agency"])]
            for match in sorted(found, key=lambda match: match.start("agency"))
        ]

    def in_dateline(self, paragraph: str) -> list[str]:
        """Ids of the agencies in the dateline that *paragraph* opens with (``RABAT (MAP) –``)."""
        head = paragraph[:_DATELINE]
        return [
            self.ids[fold(match["agency"])]
            for match in self.apart.finditer(head)
            if match.end() < len(head) and not _SENTENCE.search(head[: match.start()])
        ]

    def in_last_words(self, paragraph: str) -> list[str]:
        """Ids of the agencies that *paragraph* ends with, in brackets or after a dash, or is."""
        tail = paragraph[-60:].rstrip(" .…")
        return [
            self.ids[fold(match["agency"])]
            for match in self.apart.finditer(tail)
            if not tail[match.end() :].strip(")] ") and (match.start() or len(paragraph) <= len(tail) + 3)
        ]


@cache
def credits(agencies: tuple[Agency, ...]) -> Credits:
    """How *agencies* are found; made once for a catalogue."""
    ids = {fold(word): agency.id for agency in agencies for word in (*agency.names, *agency.signs)}
    names = _any(name for agency in agencies for name in agency.names)
    signs = _any(sign for agency in agencies for sign in agency.signs)
    either = rf"(?P<agency>(?i:{names})|{signs})"
    return Credits(
        ids,
        re.compile(rf"(?<![\w.])(?P<agency>(?i:{names}))(?!\w)"),
        re.compile(rf"\b(?i:avec|et|with|and|con|y|source|مع)\s+{either}(?!\w)"),
        re.compile(rf"{_OPENING}{either}{_CLOSING}"),
    )


def _any(words: Iterable[str]) -> str:
    ordered = sorted(set(words), key=len, reverse=True)
    return "|".join(map(re.escape, ordered)) or r"(?!)"


def find(
    agencies: tuple[Agency, ...], bylines: Iterable[str], paragraphs: tuple[str, ...]
) -> tuple[str, ...]:
    """Ids of the *agencies* credited, each once: in *bylines*, datelines, the text's last words."""
    if not agencies:
        return ()
    return tuple(dict.fromkeys(_find(credits(agencies), bylines, paragraphs)))


def _find(known: Credits, bylines: Iterable[str], paragraphs: tuple[str, ...]) -> Iterator[str]:
    for line in bylines:
        yield from known.in_byline(line)
    for paragraph in paragraphs[:2]:
        yield from known.in_dateline(paragraph)
    for paragraph in paragraphs[-1:]:
        yield from known.in_last_words(paragraph)
