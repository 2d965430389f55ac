"""What a migration asks of a generation to hold it against the ledger and against the one in use."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from search.elasticsearch.index import ElasticEngine
    from search.query import Node

_SOURCES = 10_000
"""More than there are."""
_ANY_TIME = datetime(1970, 1, 1, tzinfo=UTC)
"""For queries that name no time."""


def cells(engine: ElasticEngine) -> dict[tuple[str, int], int]:
    """(source, day) → articles."""
    counted = engine.count_over_time(None, now=_ANY_TIME, clock="day", split="source", size=_SOURCES)
    return {(name, day): n for name, days in counted.split.items() for day, n in days.items()}


def ids_of_cell(engine: ElasticEngine, source: str, day: int) -> set[str]:
    """The articles of *source* on *day*."""
    query = {"bool": {"filter": [{"term": {"source": source}}, {"term": {"day": day}}]}}
    return {hit["_id"] for page in engine.asking.walk(query) for hit in page}


def shown_of(engine: ElasticEngine, article_ids: Sequence[str]) -> dict[str, list[tuple[int, str, int]]]:
    """Article → (revision, source, day) of each of its copies, of which there should be one."""
    found: dict[str, list[tuple[int, str, int]]] = {}
    fields = ["revision", "source", "day"]
    for page in engine.asking.walk({"terms": {"article_id": list(article_ids)}}, docvalue_fields=fields):
        for hit in page:
            revision, source, day = (hit["fields"][name][0] for name in fields)
            found.setdefault(hit["_id"], []).append((revision, source, day))
    return found


def matches(engine: ElasticEngine, tree: Node, article_id: str, *, now: datetime) -> bool:
    """Whether *tree* finds the article."""
    query = engine.compiler.both(engine.compiler.query(tree, now), {"term": {"article_id": article_id}})
    return engine.asking.count(query) > 0
