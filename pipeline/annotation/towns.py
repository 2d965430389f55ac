"""Which names of towns are really towns of the news.

Some are ordinary words (سلا، الجديدة، Salé, Sale …), and one stands at the head of the text only because the
correspondent sat there (``Rabat, 9 sep (Agencia) – …``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.annotation.matcher import Hit
from pipeline.annotation.words import PAUSE, STOP, Words, pattern

_DATELINE = re.compile(
    r"\s*(?:\([^()\n]{2,40}\))?\s*(?:[/,،]\s?[^–—/\n]{0,40}?)?(?:\([^()\n]{2,40}\))?\s*/?\s*(?:\.?[–—-]|/)(?=\s)"
)
"""What follows the town of a dateline: a date, a country or an agency, then a dash."""

_JOINS = frozenset((PAUSE, "et", "and", "y", "e", "و"))
"""What stands between the towns of a list."""
_GAP = 5
"""Farther behind a town, in characters, another is not in its list."""


def is_dateline(words: Words, hit: Hit) -> bool:
    """Whether *hit* is the town of a dateline: the first word of a paragraph, set off from it."""
    field, start, end, _ = words.where(hit.word, hit.end)
    if field != "text":
        return False
    text = words.text(field)
    return (start == 0 or text[start - 1] == "\n") and _DATELINE.match(text, end) is not None


def _is_heading(words: Words, hit: Hit) -> bool:
    """Whether *hit* alone stands before the title, as the place of the news does: سلا.. توقيف شخصين."""
    return hit.word == words.field_begins[0] and words.line[hit.end + 1 : hit.end + 2] in (STOP, PAUSE)


class Towns:
    """The conditions of ``towns`` in ``config/relevance.yml``."""

    def __init__(self, rules: Mapping[str, Any]) -> None:
        towns = rules["towns"]
        self._guarded = frozenset(pattern(name) for name in towns["guarded"])
        self._before = frozenset(pattern(word) for word in towns["before"])
        self._joined = frozenset(towns["joined"])
        self._never = frozenset(pattern(name) for name in towns["never"])

    def keep(self, words: Words, hits: Sequence[Hit]) -> list[Hit]:
        """*hits* without the names of towns that stand for something else."""
        kept: list[Hit] = []
        for hit in hits:
            if hit.sense("town") is not None and len(hit.senses) == 1:
                if hit.name in self._never:
                    continue
                if hit.name in self._guarded and not self._sure(words, hit, kept):
                    continue
            kept.append(hit)
        return kept

    def _sure(self, words: Words, hit: Hit, before: Sequence[Hit]) -> bool:
        if words.line[hit.word : hit.start] in self._joined or _is_heading(words, hit):
            return True
        previous = words.line[: hit.word].rsplit(None, 1)[-1:] if hit.word else []
        if previous and previous[0] in self._before:
            return True
        # In a list of towns, or right after a body: طنجة وسلا, Kénitra, Salé, أمن سلا.
        if not before or hit.word - before[-1].end > _GAP:
            return False
        gap = words.line[before[-1].end : hit.word].split()
        if before[-1].sense("town") is not None:
            return len(gap) < 2 and all(word in _JOINS for word in gap)
        return not gap and before[-1].sense("core", "generic") is not None
