"""A query tree as a tantivy query.

The query parser of tantivy never sees what a user typed: words go through the analysis, and queries are put
together here.  Its traps: a phrase of one word and a search for no hits panic; a boolean of nothing but
``MustNot`` finds nothing; terms are taken as they are.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from itertools import combinations
from typing import TYPE_CHECKING

from tantivy import FieldType, Occur, Query

from search.embedded.schema import REST, SHOWN, SHOWN_AS, microseconds
from search.engine import TEXTS
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
    import tantivy

    from search.analysis import Analysis
    from search.analysis import Phrase as Tokens

BOOST = {"title": 3.0, "subtitle": 1.5, "text": 1.0}
"""A headline says what an article is about; a text mentions more than that."""


@dataclass(frozen=True, slots=True)
class _Text:
    """A text of articles, and the beginning of the names of the fields that hold its tokens."""

    name: str
    fields: str


_OF_SHOWN = tuple(_Text(name, name) for name in TEXTS)
_OF_ALL = (*_OF_SHOWN, *(_Text(name, REST + name) for name in TEXTS))


class Compiler:
    def __init__(self, schema: tantivy.Schema, analysis: Analysis, zone: tzinfo) -> None:
        self._schema = schema
        self._analysis = analysis
        self._zone = zone

    def query(self, tree: Node | None, now: datetime) -> Query:
        if tree is None:
            return Query.all_query()
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

    def between(self, start: datetime | None, end: datetime | None) -> Query:
        """``start <= at < end``."""
        return Query.range_query(
            self._schema,
            "at",
            FieldType.Integer,
            lower_bound=None if start is None else microseconds(start),
            upper_bound=None if end is None else microseconds(end) - 1,
        )

    def _node(self, node: Node, now: datetime, texts: Sequence[_Text]) -> Query:
        match node:
            case All():
                return Query.all_query()
            case Term(word=word):
                return self._any_of(self._analysis.terms(word), texts)
            case Name(words=words):
                return self._any_of(self._analysis.other_names(words), texts)
            case Phrase(text=text):
                return self._words(text, 0, texts)
            case Near(text=text, slop=slop):
                return self._words(text, slop, texts)
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
                return _conjunction([(part, self._node(_positive(part), now, texts)) for part in parts])
            case Or(of=parts):
                return _disjunction([self._node(part, now, texts) for part in parts])
            case Not(of=inner):
                return _without(self._node(inner, now, texts))
        raise TypeError(f"no query node: {node!r}")

    # -- words --------------------------------------------------------------------------------------------

    def _words(self, text: str, slop: int, texts: Sequence[_Text]) -> Query:
        phrase = self._analysis.exact(text)
        return Query.empty_query() if phrase is None else self._any_of([phrase], texts, slop)

    def _any_of(self, phrases: Sequence[Tokens], texts: Sequence[_Text], slop: int = 0) -> Query:
        found = []
        for text in texts:
            for phrase in phrases:
                one = self._tokens(f"{text.fields}_{phrase.layer}", phrase.tokens, slop)
                boost = BOOST[text.name]
                found.append(one if boost == 1 else Query.boost_query(one, boost))
        return _disjunction(found)

    def _tokens(self, field: str, tokens: Sequence[str], slop: int) -> Query:
        if len(tokens) == 1:
            return Query.term_query(self._schema, field, tokens[0])
        if slop == 0 or len(tokens) == 2:
            return Query.phrase_query(self._schema, field, list(tokens), slop)
        # With three words and more, tantivy's slop depends on its order of work: ask every two of them.
        pairs = combinations(enumerate(tokens), 2)
        apart = [((0, one), (there - here, other)) for (here, one), (there, other) in pairs]
        return Query.boolean_query(
            [(Occur.Must, Query.phrase_query(self._schema, field, list(pair), slop)) for pair in apart]
        )

    def _prefix(self, start: str, texts: Sequence[_Text]) -> Query:
        phrase = self._analysis.exact(start)
        if phrase is None:
            return Query.empty_query()
        *before, last = phrase.tokens
        if not before:  # of all ways to ask for a prefix the cheapest, and the one without a cap
            return _disjunction(
                [
                    Query.fuzzy_term_query(self._schema, f"{text.fields}_exact", last, 0, True, True)
                    for text in texts
                ]
            )
        words: list[str | tuple[int, str]] = [*map(re.escape, before), re.escape(last) + ".*"]
        return _disjunction(
            [Query.regex_phrase_query(self._schema, f"{text.fields}_exact", words) for text in texts]
        )

    # -- labels -------------------------------------------------------------------------------------------

    def _label(self, name: str, node: Node) -> Query:
        if name == "relevance" and _values(node) == SHOWN_AS:
            return Query.term_query(self._schema, SHOWN, "1", "basic")
        match node:
            case Term(word=value) | Phrase(text=value):
                if name == "relevance" and value == "any":
                    return Query.all_query()
                if name == "figure":
                    question = asked(value)
                    return (
                        Query.regex_query(self._schema, name, question.pattern())
                        if question
                        else Query.empty_query()
                    )
                return Query.term_query(self._schema, name, value, "basic")
            case And(of=parts):
                return _conjunction([(part, self._label(name, _positive(part))) for part in parts])
            case Or(of=parts):
                return _disjunction([self._label(name, part) for part in parts])
            case Not(of=inner):
                return _without(self._label(name, inner))
        raise TypeError(f"no value of a field: {node!r}")


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


def _conjunction(parts: Sequence[tuple[Node, Query]]) -> Query:
    """All of them, where a part that is a ``Not`` comes with the query of what it excludes."""
    clauses = [(Occur.MustNot if isinstance(part, Not) else Occur.Must, query) for part, query in parts]
    if all(occur == Occur.MustNot for occur, _ in clauses):
        clauses.append((Occur.Must, Query.all_query()))
    return Query.boolean_query(clauses)


def _disjunction(queries: Sequence[Query]) -> Query:
    if not queries:
        return Query.empty_query()
    return queries[0] if len(queries) == 1 else Query.boolean_query([(Occur.Should, q) for q in queries])


def _without(query: Query) -> Query:
    return Query.boolean_query([(Occur.Must, Query.all_query()), (Occur.MustNot, query)])
