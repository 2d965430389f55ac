"""The tree that a query text is read into, and its printing: ``parse(str(tree)) == tree``.

Nodes are frozen and hold what was typed, not what it resolves to: no stems, no ids, no instants.  So a saved
query keeps its meaning when the analysis, the catalogue or the day changes.  ``docs/query.md`` says what each
node finds.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from search.query.dates import spelled

QUOTES = '"«»“”„‟＂'
OPERATORS = frozenset({"AND", "OR", "NOT"})
FIELDS = (
    "source", "country", "scope", "lang", "relevance", "agency", "institution", "kind", "attribution", "unit",
    "place", "partner", "figure", "story", "voice", "title", "has",
)  # fmt: skip
DATES = ("from", "to")

# Typed or pasted unseen, and the wide forms of East Asian keyboards: read as if they were not there, or as
# their plain form.  Nodes never hold them.
PLAIN = str.maketrans(
    dict.fromkeys("\u00ad\u061c\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060"
                  "\u2066\u2067\u2068\u2069\ufeff", "")
    | {"（": "(", "）": ")", "：": ":", "－": "-", "＊": "*", "～": "~", "＂": '"'}
)  # fmt: skip
_BREAKS = re.compile(rf"[\s(){QUOTES}*]")
FIELD_NAME = re.compile(r"([A-Za-z_]+):(?!//)")


def is_word(text: str) -> bool:
    """Whether *text* can stand in a query as a word of its own."""
    return (
        bool(text)
        and text[0].isalnum()
        and not _BREAKS.search(text)
        and text == trimmed(text).translate(PLAIN)
        and text not in OPERATORS
        and not FIELD_NAME.match(text)
    )


def trimmed(text: str) -> str:
    """*text* without the punctuation around it."""
    start, end = 0, len(text)
    while start < end and not text[start].isalnum():
        start += 1
    while end > start and not _closes(text[end - 1]):
        end -= 1
    return text[start:end]


def _closes(char: str) -> bool:
    # a mark (haraka, vowel sign) belongs to the letter before it
    return char.isalnum() or unicodedata.category(char).startswith("M")


def _check(holds: bool, what: str) -> None:
    if not holds:
        raise ValueError(what)


@dataclass(frozen=True, slots=True)
class All:
    """The empty query: every article."""

    def __str__(self) -> str:
        return ""


@dataclass(frozen=True, slots=True)
class Term:
    """One word, found in every form the analysis knows for it."""

    word: str

    def __post_init__(self) -> None:
        _check(is_word(self.word), f"not a word: {self.word!r}")

    def __str__(self) -> str:
        return self.word


@dataclass(frozen=True, slots=True)
class Phrase:
    """The quoted words, as they stand, one after the other."""

    text: str

    def __post_init__(self) -> None:
        _check(_quotable(self.text), f"not a phrase: {self.text!r}")

    def __str__(self) -> str:
        return f'"{self.text}"'


@dataclass(frozen=True, slots=True)
class Near:
    """The quoted words, at most *slop* moves away from the order they stand in."""

    text: str
    slop: int

    def __post_init__(self) -> None:
        _check(_quotable(self.text) and self.slop >= 0, f"not a phrase: {self.text!r}~{self.slop}")

    def __str__(self) -> str:
        return f'"{self.text}"~{self.slop}'


@dataclass(frozen=True, slots=True)
class Prefix:
    """Every word that begins so."""

    start: str

    def __post_init__(self) -> None:
        _check(is_word(self.start) or self.start in OPERATORS, f"not a prefix: {self.start!r}")

    def __str__(self) -> str:
        return f"{self.start}*"


@dataclass(frozen=True, slots=True)
class Field:
    """*of* asked of one field: ``Term`` and ``Phrase`` are values there (``title`` holds words)."""

    name: str
    of: Node

    def __post_init__(self) -> None:
        _check(self.name in FIELDS, f"unknown field: {self.name!r}")
        _check(not any(isinstance(n, Field | DateRange | All) for n in walk(self.of)), "fields do not nest")

    def __str__(self) -> str:
        return f"{self.name}:{_inside(self.of)}"


@dataclass(frozen=True, slots=True)
class Name:
    """Words that together name a body or a town, to be found under any of its names.

    :func:`search.query.understand` makes it; no text is read as one.
    """

    words: str

    def __str__(self) -> str:
        return self.words


@dataclass(frozen=True, slots=True)
class DateRange:
    """Published from the beginning of *start*, or until the end of *end*; one of the two is given.

    Both are periods as typed: ``2026``, ``2026-11``, ``2026-11-24``, ``today``, ``yesterday``, ``7d`` …
    """

    start: str | None = None
    end: str | None = None

    def __post_init__(self) -> None:
        _check((self.start is None) != (self.end is None), "one of start and end")
        date = self.start or self.end
        _check(date is not None and spelled(date) == date, f"not a date: {date!r}")

    def __str__(self) -> str:
        return f"from:{self.start}" if self.start is not None else f"to:{self.end}"


@dataclass(frozen=True, slots=True)
class And:
    """All of them; two or more."""

    of: tuple[Node, ...]

    def __post_init__(self) -> None:
        _check(len(self.of) >= 2 and not any(isinstance(n, All) for n in self.of), "And needs two parts")

    def __str__(self) -> str:
        text = _inside(self.of[0])
        for part in self.of[1:]:
            follows = _inside(part)
            # two numbers beside one another would be read as one: 1 200
            apart = text[-1].isdecimal() and follows[0].isdecimal()
            text += f" AND {follows}" if apart else f" {follows}"
        return text


@dataclass(frozen=True, slots=True)
class Or:
    """Any of them; two or more."""

    of: tuple[Node, ...]

    def __post_init__(self) -> None:
        _check(len(self.of) >= 2 and not any(isinstance(n, All) for n in self.of), "Or needs two parts")

    def __str__(self) -> str:
        return " OR ".join(map(_inside, self.of))


@dataclass(frozen=True, slots=True)
class Not:
    """Everything but these."""

    of: Node

    def __post_init__(self) -> None:
        _check(not isinstance(self.of, All), "Not needs a part")

    def __str__(self) -> str:
        return f"-({self.of})" if isinstance(self.of, And | Or | Not) else f"-{self.of}"


Node: TypeAlias = All | Term | Phrase | Near | Prefix | Field | DateRange | And | Or | Not | Name


def _quotable(text: str) -> bool:
    return '"' not in text and text == " ".join(text.translate(PLAIN).split()) and any(map(str.isalnum, text))


def _inside(node: Node) -> str:
    """*node* as a part of another: what has parts of its own goes into parentheses."""
    return f"({node})" if isinstance(node, And | Or) else str(node)


def walk(node: Node) -> Iterator[Node]:
    """*node* and everything below it, in the order of the text."""
    yield node
    if isinstance(node, And | Or):
        for part in node.of:
            yield from walk(part)
    elif isinstance(node, Not | Field):
        yield from walk(node.of)
