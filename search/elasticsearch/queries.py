"""What can be asked of Elasticsearch, as the bodies of its query DSL.

Every query is of the server's core, so that any build answers it.  Nothing that was typed reaches a parser of
the server: words have gone through the analysis and are sent as terms.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

Query = dict[str, Any]

_EXPANSIONS = 10_000
"""Words that ``"a b"*`` may end in, of one field; the server takes the first ones in their order."""


class ElasticQueries:
    """The :class:`search.compile.Queries` of Elasticsearch."""

    def everything(self) -> Query:
        return {"match_all": {}}

    def nothing(self) -> Query:
        return {"match_none": {}}

    def words(self, field: str, tokens: Sequence[str], boost: float) -> Query:
        if len(tokens) == 1:
            return {"term": {field: {"value": tokens[0], "boost": boost}}}
        return {"match_phrase": {field: {"query": " ".join(tokens), "boost": boost}}}

    def near(self, field: str, first: str, second: str, apart: int, slop: int) -> Query:
        # The distance from first to second, counted in words, is to lie between these.
        least, most = apart - slop, apart + slop
        found = []
        if first == second and least <= 0 <= most:
            found.append({"term": {field: first}})  # the word itself, in both places
        if most >= 1:
            found.append(_apart(field, first, second, max(least, 1), most))
        if least <= -1:
            found.append(_apart(field, second, first, 1, -least))
        return _unscored({"bool": {"should": found}})

    def prefix(self, field: str, before: Sequence[str], start: str) -> Query:
        if not before:
            return {"prefix": {field: {"value": start}}}
        words = " ".join([*before, start])
        return _unscored({"match_phrase_prefix": {field: {"query": words, "max_expansions": _EXPANSIONS}}})

    def value(self, name: str, value: str) -> Query:
        return _unscored({"term": {name: value}})

    def pattern(self, name: str, pattern: str) -> Query:
        return {"regexp": {name: {"value": pattern, "flags": "NONE"}}}

    def times(self, start: int | None, end: int | None) -> Query:
        limits = {key: value for key, value in (("gte", start), ("lt", end)) if value is not None}
        return {"range": {"at_us": limits}}

    def all_of(self, wanted: Sequence[Query], unwanted: Sequence[Query]) -> Query:
        # Every article is no condition, and no score either, beside another one: as in the embedded engine.
        asked = [query for query in wanted if query != self.everything()] or [self.everything()]
        return {"bool": {"must": asked, "must_not": list(unwanted)}}

    def any_of(self, queries: Sequence[Query]) -> Query:
        return {"bool": {"should": list(queries)}}


def _apart(field: str, first: str, second: str, least: int, most: int) -> Query:
    """*second* stands *least* to *most* words behind *first*."""
    clauses: list[Query] = [{"span_term": {field: first}}]
    if least > 1:
        clauses.append({"span_gap": {field: least - 1}})
    clauses.append({"span_term": {field: second}})
    return {"span_near": {"clauses": clauses, "slop": most - least, "in_order": True}}


def _unscored(query: Query) -> Query:
    return {"constant_score": {"filter": query}}
