"""One analysis for every engine: what is a word, and which words meet.

A text becomes two strings of tokens, ``exact`` and ``stem``, joined by spaces and aligned one to one, and
every engine indexes both with a whitespace tokenizer.  So what matches, what is highlighted and why does not
depend on the engine.  ``docs/analysis.md`` says what the chains do to the words of each language.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from config.fold import fold

from . import arabic, latin, words

__all__ = ["Analysis", "Phrase", "Span", "Tokens"]

_LATIN: dict[str, Callable[[str], str]] = {"fr": latin.french, "es": latin.spanish, "en": latin.english}


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens of one text, in order; the two strings have the same number of tokens."""

    exact: str
    """Folded, as printed."""
    stem: str
    """Arabic: the bare stem.  French, Spanish, English: the stem and the language (``polici|es``), so that
    a stem is never taken for another language's word.  Anything else: as in ``exact``."""


@dataclass(frozen=True, slots=True)
class Span:
    """One token and where it is printed: ``text[start:end]``."""

    exact: str
    stem: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Phrase:
    """Tokens that follow one another in one of the two token strings; one token is a word."""

    layer: str
    """``exact`` or ``stem``."""
    tokens: tuple[str, ...]


class Analysis:
    """The analysis as *config* defines it; safe to share between threads."""

    def __init__(self, config: Any) -> None:
        self._config = config
        self._caches: dict[str, dict[str, tuple[str, str]]] = {}

    # texts

    def tokens(self, text: str, language: str) -> Tokens:
        """The tokens of *text*, an article's field in *language* (BCP 47)."""
        pairs = [
            (token, self._stem(token, is_arabic, language)) for token, is_arabic, _, _ in words.printed(text)
        ]
        return Tokens(" ".join(p[0] for p in pairs), " ".join(p[1] for p in pairs))

    def spans(self, text: str, language: str) -> list[Span]:
        """As :meth:`tokens`, with the place of each token in *text* (characters)."""
        return [
            Span(token, self._stem(token, is_arabic, language), start, end)
            for token, is_arabic, start, end in words.printed(text)
        ]

    def _stem(self, token: str, is_arabic: bool, language: str) -> str:
        if is_arabic:
            return arabic.stem(token, self._lemmas)
        chain = _LATIN.get(language[:2])
        return token if chain is None or token[0].isdigit() else f"{chain(token)}|{language[:2]}"

    @cached_property
    def _lemmas(self) -> arabic.Lemmas:
        return arabic.Lemmas(frozenset(), frozenset(), {})

    # questions

    def exact(self, text: str) -> Phrase | None:
        """*text* as quotes mean it: these words, one after the other; ``None`` where there is no word."""
        tokens = tuple(token for token, _, _, _ in words.printed(text))
        return Phrase("exact", tokens) if tokens else None

    def terms(self, word: str) -> tuple[Phrase, ...]:
        """What a typed word matches, any of: itself, and its stem by the chain of each language."""
        found = list(words.printed(word))
        if not found:
            return ()
        phrases = [Phrase("exact", tuple(token for token, _, _, _ in found))]
        for language in ("fr", "es", "en"):
            phrases.append(Phrase("stem", tuple(self._stem(t, a, language) for t, a, _, _ in found)))
        return tuple(dict.fromkeys(phrases))
