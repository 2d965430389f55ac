"""Find every known name in a line of words, in one pass.

One Aho-Corasick automaton holds all names of all languages.  A name counts only as whole words; an Arabic
name may carry the particles that are written joined to it (و ف ب ك ل, ال, لل …).  Where names overlap the
longest one wins: ``وزارة الداخلية المصرية`` is not ``وزارة الداخلية``.
"""

from __future__ import annotations

from dataclasses import dataclass
from operator import itemgetter
from typing import NamedTuple

import ahocorasick

from pipeline.annotation.words import Words, pattern

# What Arabic writes joined to the word that follows: and, so, in, like, for; Darija adds د (of).
_JOINED = frozenset(["", "و", "ف", "ب", "ك", "ل", "د", "وب", "ول", "وف", "وك", "فب", "فل", "ود"])
# The same before a name that carries the article: its alef stays (بال) or falls (لل, and in Darija دل, بل).
_WITH_ARTICLE = frozenset(
    ["ال", "وال", "بال", "فال", "كال", "دال", "لل", "ولل", "فلل", "وبال", "ل", "فل", "بل", "دل"]
)
_BEFORE_LIL = frozenset(["", "و", "ف"])


@dataclass(frozen=True, slots=True)
class Sense:
    """One thing that a name may speak for."""

    kind: str
    """``core``, ``adjacent``, ``partner``, ``generic``, ``foreign``, ``cue``, ``town`` or ``noise``."""
    label: str
    """An institution id, a place id, or the name itself for a cue."""
    country: str = ""
    """Of a cue, a town, a force abroad."""
    weight: float = 0.0
    """How much a cue or town says of the country."""
    trust: str = ""
    """Of a body: ``ours``, ``shared``, ``weak``, ``faint`` (config/relevance.yml)."""


class Hit(NamedTuple):
    """A name found: ``line[start:end]``; its first word, with what is joined to it, begins at *word*.

    A tuple, because an article makes a hundred: a frozen dataclass takes four times as long to make.
    """

    word: int
    start: int
    end: int
    name: str
    """The name that matched, as a pattern."""
    senses: tuple[Sense, ...]

    def sense(self, *kinds: str) -> Sense | None:
        """The first sense of one of *kinds*."""
        for sense in self.senses:
            if sense.kind in kinds:
                return sense
        return None


class Lexicon:
    """All names with what they stand for; :meth:`freeze` turns them into one automaton."""

    def __init__(self) -> None:
        self._senses: dict[str, list[Sense]] = {}
        self._article: set[str] = set()
        self._capital: dict[str, int] = {}
        self._automaton = ahocorasick.Automaton()

    def add(self, name: str, sense: Sense, *, article: bool = False, proper: bool = False) -> None:
        """Let *name* stand for *sense*.

        With *article*, an Arabic name may also carry ال.  A *proper* Latin name written with a capital must
        be printed with one (``Nice`` is not ``nice``), an acronym of two or three letters always in capitals.
        """
        key = pattern(name)
        if not key:
            return
        senses = self._senses.setdefault(key, [])
        if sense not in senses:
            senses.append(sense)
        if article:
            self._article.add(key)
        bare = name.strip('«»“”" ')
        need = 0
        if bare.isupper() and len(key) <= 3:
            need = 2
        elif proper and bare[:1].isupper():
            need = 1
        self._capital[key] = min(need, self._capital.get(key, need))

    def freeze(self) -> Lexicon:
        """Build the automaton; a name added later is not seen."""
        for key, senses in self._senses.items():
            found = tuple(senses)
            if not "\u0600" <= key[0] <= "\u06ff":
                self._automaton.add_word(f" {key} ", (len(key), key, found, None, self._capital[key]))
                continue
            joined = _JOINED | _WITH_ARTICLE if key in self._article and key[:2] != "ال" else _JOINED
            self._automaton.add_word(f"{key} ", (len(key), key, found, joined, 0))
            if key.startswith("ال") and len(key) > 4:
                # ل + ال is written لل (للأمن); Darija drops the alef altogether (لبوليس).
                self._automaton.add_word(f"لل{key[2:]} ", (len(key), key, found, _BEFORE_LIL, 0))
                short = key[1:]
                if short not in self._senses:
                    self._automaton.add_word(f"{short} ", (len(short), key, found, _JOINED, 0))
        self._automaton.make_automaton()
        return self

    def __len__(self) -> int:
        return len(self._senses)

    def __contains__(self, name: str) -> bool:
        return pattern(name) in self._senses

    def find(self, words: Words) -> list[Hit]:
        """The names in *words*, no two overlapping, in order."""
        line = words.line
        found: list[tuple[int, int, int, int, str, tuple[Sense, ...], int]] = []
        for end, (length, key, senses, joined, capital) in self._automaton.iter(line):
            start = word = end - length
            if joined is not None:
                word = line.rfind(" ", 0, start) + 1
                if line[word:start] not in joined:
                    continue
            # Longest first; of two as long, the one that needs no joined letters.
            found.append((start - word - length * _LONGEST_JOINED, word, start, end, key, senses, capital))
        found.sort(key=_ORDER)
        taken: list[Hit] = []
        used = bytearray(len(line))
        for _, word, start, end, key, senses, capital in found:
            if used.find(1, word, end) >= 0:
                continue
            if capital and not _is_capital(words.as_printed(start, end), capital):
                continue
            used[word:end] = b"\1" * (end - word)
            taken.append(Hit(word, start, end, key, senses))
        taken.sort(key=_ORDER)
        return taken


_ORDER = itemgetter(0)
_LONGEST_JOINED = 8
"""More letters than are ever joined to a name."""


def _is_capital(printed: str, need: int) -> bool:
    """Whether *printed* begins with a capital (*need* 1), or has no others (2)."""
    return printed.isupper() if need == 2 else printed[:1].isupper()
