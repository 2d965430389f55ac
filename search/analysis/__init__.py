"""One analysis for every engine: what is a word, and which words meet.

A text becomes two strings of tokens, ``exact`` and ``stem``, joined by spaces and aligned one to one, and
every engine indexes both with a whitespace tokenizer.  So what matches, what is highlighted and why does not
depend on the engine.  ``docs/analysis.md`` says what the chains do to the words of each language.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple, dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Literal, TypeVar

from config.fold import fold
from search.analysis import arabic, latin, tables, words

if TYPE_CHECKING:
    from config.loader import Config

__all__ = ["Analysis", "Phrase", "Span", "Tokens"]

_LATIN: dict[str, Callable[[str], str]] = {"fr": latin.french, "es": latin.spanish, "en": latin.english}
_CHAINS = 1
"""Raise it when the tokenisation or a chain changes."""
_REMEMBERED = 250_000
"""See :class:`_Memory`: a press of 100,000 articles has as many words in a language; 50 MB."""
# Marks in front of remembered tokens, of characters that no token has.
_UNUSUAL = "\0"
_CONTINUES = "\1"

T = TypeVar("T")


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

    layer: Literal["exact", "stem"]
    tokens: tuple[str, ...]


class _Memory(dict[str, T]):
    """Word → what was worked out for it when it was first met.

    When :data:`_REMEMBERED` are here they grow old together, and those that are not met again are forgotten
    when the next as many are here: what is frequent stays.
    """

    def __init__(self, work_out: Callable[[str], T]) -> None:
        self._work_out = work_out
        self._older: dict[str, T] = {}

    def __missing__(self, word: str) -> T:
        result = self._older.get(word)
        if result is None:
            result = self._work_out(word)
        if len(self) >= _REMEMBERED:
            self._older = self.copy()
            self.clear()
        self[word] = result
        return result


class Analysis:
    """The analysis as *config* defines it; safe to share between threads."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._forget()

    def _forget(self) -> None:
        self._pieces: dict[str, _Memory[tuple[str, str]]] = {}
        self._arabic = _Memory(self._arabic_stem)
        self._latin = {language: _Memory(partial(self._latin_stem, language)) for language in _LATIN}

    def __getstate__(self) -> tables.Tables:
        """For another process, which reads no configuration and remembers for itself."""
        return self._tables

    def __setstate__(self, known: tables.Tables) -> None:
        self._tables = known
        self._forget()

    @cached_property
    def _tables(self) -> tables.Tables:
        return tables.load(self._config)

    @property
    def known(self) -> tables.Tables:
        """What it knows of words."""
        return self._tables

    @cached_property
    def version(self) -> str:
        """Changes whenever the tokens of some text may: an index of another version must be rebuilt.  Names
        that stand for one another are looked up when a question is asked, and are no part of it."""
        return f"{_CHAINS}-{self._tables.words_version}"

    # -- texts --------------------------------------------------------------------------------------------

    def tokens(self, text: str, language: str) -> Tokens:
        """The tokens of *text*, an article's field in *language* (BCP 47)."""
        known = self._pieces.get(language)
        if known is None:
            known = self._pieces[language] = _Memory(partial(self._of_piece, language))
        pairs = map(known.__getitem__, text.split())
        exact, stem = [" ".join(filter(None, each)) for each in zip(*pairs, strict=True)] or ("", "")
        if _UNUSUAL in exact or (_CONTINUES in exact and words.CONTINUED.search(text)):
            return self._by_line(text, language)
        return Tokens(exact.replace(_CONTINUES, ""), stem)

    def _by_line(self, text: str, language: str) -> Tokens:
        """The tokens of *text*, of which some are not those of its pieces.

        No token goes on behind the end of a line, and most lines hold none of those.
        """
        lines = [line for line in text.split("\n") if line]
        if len(lines) > 1:
            found = [self.tokens(line, language) for line in lines]
            return Tokens(
                *(" ".join(filter(None, layer)) for layer in zip(*map(astuple, found), strict=True))
            )
        spans = self.spans(text, language)
        return Tokens(" ".join([span.exact for span in spans]), " ".join([span.stem for span in spans]))

    def _of_piece(self, language: str, piece: str) -> tuple[str, str]:
        """The tokens of *piece*, which stands between white space; marked if they hold for it alone."""
        folded = fold(piece)
        stops = self._tables.stops
        lone = words.LONE_WORD.fullmatch(folded)
        if lone is not None:  # most are: quicker than what follows, and the same
            if (token := lone[2]) is not None:
                return _thin(piece, token, self._latin_stem(language[:2], token))
            if (token := lone[1]) not in stops:
                return _thin(piece, token, self._arabic_stem(token))
        if words.UNUSUAL.search(piece):
            return _UNUSUAL, _UNUSUAL
        exact, stems = [], []
        for token, is_arabic, _, _ in words.tokens_of(folded, self._tables.latin):
            if is_arabic and token in stops:
                # Which of the words that fold to a stop word it is, needs the letters as printed.
                spans = self.spans(piece, language)
                exact, stems = [span.exact for span in spans], [span.stem for span in spans]
                break
            exact.append(token)
            stems.append(self._stem(token, is_arabic, "", language))
        mark = _CONTINUES if words.CONTINUES.match(piece) else ""
        return mark + " ".join(exact), " ".join(stems)

    def spans(self, text: str, language: str) -> list[Span]:
        """As :meth:`tokens`, with the place of each token in *text* (characters)."""
        stem = self._stem
        return [
            Span(token, stem(token, is_arabic, text[start:end], language), start, end)
            for token, is_arabic, start, end in words.printed(text, self._tables.latin)
        ]

    def _stem(self, token: str, is_arabic: bool, printed: str, language: str) -> str:
        if is_arabic:
            stops = self._tables.stops
            # A stop word keeps its place, under a stem that no other word has: على is not علي.
            if token in stops and tables.unvowelled(printed) in stops[token]:
                return f"{token}|"
            return self._arabic[token]
        latin = self._latin.get(language[:2])
        return token if latin is None else latin[token]

    def _arabic_stem(self, token: str) -> str:
        return arabic.stem(token, self._tables.lemmas)

    def _latin_stem(self, language: str, token: str) -> str:
        chain = _LATIN.get(language)
        if chain is None or not token[0].isalpha():
            return token
        return f"{token if token in self._tables.latin else chain(token)}|{language}"

    # -- questions ----------------------------------------------------------------------------------------

    def exact(self, text: str) -> Phrase | None:
        """*text* as quotes mean it: these words, one after the other; ``None`` where there is no word."""
        tokens = tuple(token for token, _, _, _ in words.printed(text, self._tables.latin))
        return Phrase("exact", tokens) if tokens else None

    def terms(self, word: str) -> tuple[Phrase, ...]:
        """What a typed *word* finds, any of: its forms, by the chain of every language as nobody says which
        one was meant, and the other names of the body or town that it names; none where it is no word."""
        return _shortest([*self._forms(word), *self.other_names(word)])

    def _forms(self, word: str) -> list[Phrase]:
        found = [
            (token, is_arabic, word[start:end])
            for token, is_arabic, start, end in words.printed(word, self._tables.latin)
        ]
        if not found:
            return []
        tokens = tuple(token for token, _, _ in found)
        forms = []
        if not all(is_arabic for _, is_arabic, _ in found):  # Arabic: whatever is equal has one stem too
            forms.append(Phrase("exact", tokens))
        for language in ("fr", "es", "en"):
            if all(token in self._tables.latin for token in tokens):
                break  # names have no other form
            stems = tuple(
                self._stem(token, is_arabic, as_typed, language) for token, is_arabic, as_typed in found
            )
            forms.append(Phrase("stem", stems))
        for other in self._compound(word, tokens):
            forms.append(Phrase("exact", other))
        return list(dict.fromkeys(forms))

    def _compound(self, word: str, tokens: tuple[str, ...]) -> list[tuple[str, ...]]:
        """The same Latin compound written the other way: in one word, or in two."""
        first, rest = tokens[0], tokens[1:]
        if len(rest) == 1 and first in self._tables.compounds and "-" in word and len(rest[0]) >= 4:
            return [(first + rest[0],)]
        if rest or not first.isascii():
            return []
        return [
            (prefix, first[len(prefix) :])
            for prefix in self._tables.compounds
            if first.startswith(prefix) and len(first) - len(prefix) >= 5 and len(prefix) > 2
        ]

    @property
    def values(self) -> Mapping[str, Mapping[str, tuple[str, ...]]]:
        """See :attr:`search.analysis.tables.Tables.values`."""
        return self._tables.values

    def other_names(self, text: str) -> tuple[Phrase, ...]:
        """Every name of the one that *text* names, *text* among them; none where it names nobody."""
        return self._names(tables.name_of(text, self._tables.lemmas, self._tables.latin))

    def _names(self, name: tables.Name) -> tuple[Phrase, ...]:
        group = self._tables.keys.get(name)
        if group is None:
            return ()
        return _shortest([Phrase("stem" if _arabic(n) else "exact", n) for n in self._tables.groups[group]])

    def named(self, typed: Sequence[str]) -> list[tuple[int, int]]:
        """The runs of two or more *typed* words that together name a body or town: ``(start, end)``."""
        names = [tables.name_of(word, self._tables.lemmas, self._tables.latin) for word in typed]
        runs, start = [], 0
        while start < len(names):
            for end in range(min(len(names), start + 12), start + 1, -1):
                if sum(names[start:end], ()) in self._tables.keys:
                    runs.append((start, end))
                    start = end - 1
                    break
            start += 1
        return runs

    def is_function_word(self, word: str) -> bool:
        """Whether *word* only ties others together (``de``, ``the``, ``في``)."""
        exact = self.exact(word)
        return exact is None or all(token in self._tables.function for token in exact.tokens)


def _thin(piece: str, exact: str, stem: str) -> tuple[str, str]:
    """*exact* and *stem*; equal strings are one object, which takes half the memory."""
    exact = piece if exact == piece else exact
    return exact, exact if stem == exact else stem


def _arabic(name: tables.Name) -> bool:
    return any("\u0600" <= token[0] <= "\u06ff" for token in name)


def _shortest(phrases: Sequence[Phrase]) -> tuple[Phrase, ...]:
    """*phrases* without those that contain another of them: what finds the shorter finds the longer."""
    kept: list[Phrase] = []
    for phrase in sorted(dict.fromkeys(phrases), key=lambda phrase: len(phrase.tokens)):
        if not any(other.layer == phrase.layer and _within(other.tokens, phrase.tokens) for other in kept):
            kept.append(phrase)
    return tuple(kept)


def _within(inner: tuple[str, ...], outer: tuple[str, ...]) -> bool:
    return any(outer[at : at + len(inner)] == inner for at in range(len(outer) - len(inner) + 1))
