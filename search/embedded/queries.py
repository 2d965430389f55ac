"""What can be asked of tantivy.

Its query parser never sees what a user typed: queries are put together here.  Its traps: a phrase of one
word and a search for no hits panic; a boolean of nothing but ``MustNot`` finds nothing; terms are taken as
they are.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import tantivy
from tantivy import FieldType, Occur, Query


class TantivyQueries:
    """The :class:`search.compile.Queries` of the embedded engine."""

    def __init__(self, schema: tantivy.Schema) -> None:
        self._schema = schema

    def everything(self) -> Query:
        return Query.all_query()

    def nothing(self) -> Query:
        return Query.empty_query()

    def words(self, field: str, tokens: Sequence[str], boost: float) -> Query:
        if len(tokens) == 1:
            found = Query.term_query(self._schema, field, tokens[0])
        else:
            found = Query.phrase_query(self._schema, field, list(tokens))
        return found if boost == 1 else Query.boost_query(found, boost)

    def near(self, field: str, first: str, second: str, apart: int, slop: int) -> Query:
        pair: list[str | tuple[int, str]] = [(0, first), (apart, second)]
        return _unscored(Query.phrase_query(self._schema, field, pair, slop))

    def prefix(self, field: str, before: Sequence[str], start: str) -> Query:
        if not before:  # of all ways to ask for a prefix the cheapest, and the one without a cap
            return Query.fuzzy_term_query(self._schema, field, start, 0, True, True)
        words: list[str | tuple[int, str]] = [*map(re.escape, before), re.escape(start) + ".*"]
        return _unscored(Query.regex_phrase_query(self._schema, field, words))

    def value(self, name: str, value: str) -> Query:
        return _unscored(Query.term_query(self._schema, name, value, "basic"))

    def pattern(self, name: str, pattern: str) -> Query:
        return _unscored(Query.regex_query(self._schema, name, pattern))

    def times(self, start: int | None, end: int | None) -> Query:
        return Query.range_query(
            self._schema,
            "at",
            FieldType.Integer,
            lower_bound=start,
            upper_bound=None if end is None else end - 1,
        )

    def all_of(self, wanted: Sequence[Query], unwanted: Sequence[Query]) -> Query:
        clauses = [(Occur.Must, query) for query in wanted or [Query.all_query()]]
        return Query.boolean_query([*clauses, *((Occur.MustNot, query) for query in unwanted)])

    def any_of(self, queries: Sequence[Query]) -> Query:
        return Query.boolean_query([(Occur.Should, query) for query in queries])


def _unscored(query: Query) -> Query:
    return Query.const_score_query(query, 1.0)
