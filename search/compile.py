"""A query tree as the query of an engine: one walk for all of them.

An engine gives the few queries that it knows how to ask (:class:`Queries`); what a tree means is decided
here, once, so that two engines cannot read it differently.  Only words score, as BM25 of their field:
filters, dates, prefixes and words that are near one another say yes or no.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from itertools import combinations
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from search.engine import TEXTS
from search.fields import REST, SHOWN, SHOWN_AS, microseconds
from search.figures import asked
from search.query import (
    All,
    And,
    DateRange,
    Field,
    Name,
    Near,
    Node,
    Not,
    Or,
    Phrase,
    Prefix,
    Term,
    period,
    understand,
)

if TYPE_CHECKING:
    from search.analysis import Analysis
    from search.analysis import Phrase as Tokens

_BEGINNING = re.compile("[0-9a-f]{1,31}")
"""Of the id of a story, which is a digit longer at least."""

BOOST = {"title": 3.0, "subtitle": 1.5, "text": 1.0}
"""A headline says what an article is about; a text mentions more than that."""

Q = TypeVar("Q")


class Queries(Protocol[Q]):
    """What an engine can ask.  *field* is a token field, *name* a field of exact values."""

    def everything(self) -> Q:
        """Every article."""

    def nothing(self) -> Q:
        """No article."""

    def words(self, field: str, tokens: Sequence[str], boost: float) -> Q:
        """The tokens one after the other, scored by BM25 times *boost*."""

    def near(self, field: str, first: str, second: str, apart: int, slop: int) -> Q:
        """*second* at most *slop* moves away from *apart* words behind *first*."""

    def prefix(self, field: str, before: Sequence[str], start: str) -> Q:
        """The tokens *before*, and behind them one that begins with *start*."""

    def value(self, name: str, value: str) -> Q:
        """Articles that have *value*."""

    def pattern(self, name: str, pattern: str) -> Q:
        """Articles with a value that *pattern* (``[]``, ``()``, ``|``, ``?``, ``+``, ``*``) fits wholly."""

    def times(self, start: int | None, end: int | None) -> Q:
        """``start <= at < end``, in microseconds since 1970."""

    def all_of(self, wanted: Sequence[Q], unwanted: Sequence[Q]) -> Q:
        """All of *wanted* and none of *unwanted*; one of the two is not empty."""

    def any_of(self, queries: Sequence[Q]) -> Q:
        """One of *queries*, of which there are two or more; scores are summed."""


@dataclass(frozen=True, slots=True)
class _Text:
    """A text of articles, and the beginning of the names of the fields that hold its tokens."""

    name: str
    fields: str


_OF_SHOWN = tuple(_Text(name, name) for name in TEXTS)
_OF_ALL = (*_OF_SHOWN, *(_Text(name, REST + name) for name in TEXTS))


class Compiler(Generic[Q]):
    """Turns trees into what *queries* makes of them."""

    def __init__(self, queries: Queries[Q], analysis: Analysis, zone: tzinfo) -> None:
        self._queries = queries
        self._analysis = analysis
        self._zone = zone

    def query(self, tree: Node | None, now: datetime) -> Q:
        """*tree*, with relative dates counted from *now*; ``None`` is every article."""
        if tree is None:
            return self._queries.everything()
        tree = understand(tree, self._analysis)
        parts = tree.of if isinstance(tree, And) else (tree,)
        kept = [_relevance(part) for part in parts]
        if not any(values is not None and values <= SHOWN_AS for values in kept):
            return self._node(tree, now, _OF_ALL)
        # Words are looked for in the shown articles alone, which is a filter that costs nothing.
        needed = [part for part, values in zip(parts, kept, strict=True) if values != SHOWN_AS]
        if not any(map(_has_words, needed)):
            needed = list(parts)
        return self._node(needed[0] if len(needed) == 1 else And(tuple(needed)), now, _OF_SHOWN)

    def stem(self, token: str) -> Q:
        """Articles in a text of which the stem *token* stands."""
        return self._any_of([self._queries.words(f"{text.fields}_stem", (token,), 1.0) for text in _OF_ALL])

    def between(self, start: datetime | None, end: datetime | None) -> Q:
        """``start <= at < end``."""
        return self._queries.times(
            None if start is None else microseconds(start), None if end is None else microseconds(end)
        )

    def both(self, one: Q, other: Q) -> Q:
        return self._queries.all_of([one, other], [])

    def _node(self, node: Node, now: datetime, texts: Sequence[_Text]) -> Q:
        match node:
            case All():
                return self._queries.everything()
            case Term(word=word):
                return self._words(self._analysis.terms(word), texts)
            case Name(words=words):
                return self._words(self._analysis.other_names(words), texts)
            case Phrase(text=text):
                return self._quoted(text, 0, texts)
            case Near(text=text, slop=slop):
                return self._quoted(text, slop, texts)
            case Prefix(start=start):
                return self._prefix(start, texts)
            case Field(name="title", of=inner):
                return self._node(inner, now, [text for text in texts if text.name == "title"])
            case Field(name=name, of=inner):
                return self._label(name, inner)
            case DateRange(start=start, end=end):
                return self.between(
                    None if start is None else period(start, now, self._zone).start,
                    None if end is None else period(end, now, self._zone).end,
                )
            case And(of=parts):
                return self._all_of(parts, [self._node(_positive(part), now, texts) for part in parts])
            case Or(of=parts):
                return self._any_of([self._node(part, now, texts) for part in parts])
            case Not(of=inner):
                return self._without(self._node(inner, now, texts))
        raise TypeError(f"no query node: {node!r}")

    # -- words --------------------------------------------------------------------------------------------

    def _quoted(self, text: str, slop: int, texts: Sequence[_Text]) -> Q:
        phrase = self._analysis.exact(text)
        if phrase is None:
            return self._queries.nothing()
        if slop == 0 or len(phrase.tokens) == 1:
            return self._words([phrase], texts)
        return self._any_of([self._near(f"{text.fields}_exact", phrase.tokens, slop) for text in texts])

    def _words(self, phrases: Sequence[Tokens], texts: Sequence[_Text]) -> Q:
        return self._any_of(
            [
                self._queries.words(f"{text.fields}_{phrase.layer}", phrase.tokens, BOOST[text.name])
                for text in texts
                for phrase in phrases
            ]
        )

    def _near(self, field: str, tokens: Sequence[str], slop: int) -> Q:
        # With three words and more, an engine's slop depends on its order of work: ask every two of them.
        found = [
            self._queries.near(field, one, other, there - here, slop)
            for (here, one), (there, other) in combinations(enumerate(tokens), 2)
        ]
        return found[0] if len(found) == 1 else self._queries.all_of(found, [])

    def _prefix(self, start: str, texts: Sequence[_Text]) -> Q:
        phrase = self._analysis.exact(start)
        if phrase is None:
            return self._queries.nothing()
        *before, last = phrase.tokens
        return self._any_of([self._queries.prefix(f"{text.fields}_exact", before, last) for text in texts])

    # -- labels -------------------------------------------------------------------------------------------

    def _label(self, name: str, node: Node) -> Q:
        if name == "relevance" and _values(node) == SHOWN_AS:
            return self._queries.value(SHOWN, "1")
        match node:
            case Term(word=value) | Phrase(text=value):
                if name == "relevance" and value == "any":
                    return self._queries.everything()
                if name == "figure":
                    question = asked(value)
                    return (
                        self._queries.pattern(name, question.pattern())
                        if question
                        else self._queries.nothing()
                    )
                if name == "story" and _BEGINNING.fullmatch(value):
                    return self._queries.pattern(name, f"{value}[0-9a-f]*")
                return self._queries.value(name, value)
            case And(of=parts):
                return self._all_of(parts, [self._label(name, _positive(part)) for part in parts])
            case Or(of=parts):
                return self._any_of([self._label(name, part) for part in parts])
            case Not(of=inner):
                return self._without(self._label(name, inner))
        raise TypeError(f"no value of a field: {node!r}")

    # -- together -----------------------------------------------------------------------------------------

    def _all_of(self, parts: Sequence[Node], queries: Sequence[Q]) -> Q:
        """All *queries*, of which that of a ``Not`` is what it excludes."""
        wanted: list[Q] = []
        unwanted: list[Q] = []
        for part, query in zip(parts, queries, strict=True):
            (unwanted if isinstance(part, Not) else wanted).append(query)
        return self._queries.all_of(wanted, unwanted)

    def _any_of(self, queries: Sequence[Q]) -> Q:
        if not queries:
            return self._queries.nothing()
        return queries[0] if len(queries) == 1 else self._queries.any_of(queries)

    def _without(self, query: Q) -> Q:
        return self._queries.all_of([], [query])


def _values(node: Node) -> frozenset[str] | None:
    """The values of a plain list of alternatives, ``None`` for anything else."""
    parts = node.of if isinstance(node, Or) else (node,)
    if all(isinstance(part, Term) for part in parts):
        return frozenset(part.word for part in parts if isinstance(part, Term))
    return None


def _relevance(part: Node) -> frozenset[str] | None:
    """The values that *part* keeps to, if it is a plain filter on relevance."""
    return _values(part.of) if isinstance(part, Field) and part.name == "relevance" else None


def _has_words(node: Node) -> bool:
    """Whether what matches *node* has a word that it asks for."""
    match node:
        case Term() | Name() | Phrase() | Near() | Prefix():
            return True
        case Field(name="title", of=inner):
            return _has_words(inner)
        case And(of=parts):
            return any(map(_has_words, parts))
        case Or(of=parts):
            return all(map(_has_words, parts))
    return False


def _positive(part: Node) -> Node:
    return part.of if isinstance(part, Not) else part
