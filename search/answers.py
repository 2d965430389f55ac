"""Questions and their answers: the one way in for the command line, the desk and programs.

A :class:`Searcher` opens what it needs when it first needs it, so that a search from a cold shell loads
neither the catalogue nor the schema of configuration.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from config.zones import zone
from search import scope
from search.engine import LABELS, Bucket, Engine, EngineError, Sort
from search.query import Names, Node, parse, understand
from store.glance import Glance

if TYPE_CHECKING:
    from config import Config
    from search.analysis import Analysis
    from search.calendar import Interval
    from search.export import Format
    from search.highlight import Highlight, Matched
    from search.significant import Significant
    from search.trends import Coverage, Trend
    from search.units import Unit
    from store.ledger import Ledger
    from store.records import StoredArticle


@dataclass(frozen=True, slots=True)
class SearchHit:
    article_id: str
    url: str
    source: str
    title: str
    language: str
    published_at: datetime | None
    score: float | None
    """``None`` where hits are sorted by time."""
    highlights: tuple[Highlight, ...]
    matched: tuple[Matched, ...]
    first_seen_at: datetime
    removed_at: datetime | None
    """When the outlet took it down; it is found all the same."""
    relevance: str

    def to_json(self) -> dict[str, Any]:
        from search.export import stamp

        return {
            "article_id": self.article_id,
            "url": self.url,
            "source": self.source,
            "title": self.title,
            "language": self.language,
            "published_at": stamp(self.published_at),
            "score": self.score,
            "highlights": [highlight.to_json() for highlight in self.highlights],
            "matched": [matched.to_json() for matched in self.matched],
        }


@dataclass(frozen=True, slots=True)
class SearchAnswer:
    query: str
    """As typed."""
    total: int
    """Exact, whatever *limit* was."""
    took_ms: float
    """Parsing, index, ledger and highlights together."""
    hits: tuple[SearchHit, ...]
    facets: Mapping[str, tuple[Bucket, ...]] = field(default_factory=dict)
    cursor: str | None = None
    """For the next page; ``None`` on the last one."""
    partial: str = ""
    """What is lacking, and what to do about it; empty where the answer is whole."""

    def to_json(self) -> dict[str, Any]:
        return {
            "query": self.query,
            "total": self.total,
            "took_ms": self.took_ms,
            "hits": [hit.to_json() for hit in self.hits],
            "facets": {
                name: [{"value": bucket.value, "count": bucket.count} for bucket in buckets]
                for name, buckets in self.facets.items()
            },
            "partial": self.partial or None,
        }


@dataclass(frozen=True, slots=True)
class Ids:
    """A page of matches, no more than named."""

    ids: tuple[str, ...]
    cursor: str | None


def open_engine(config: Config, home: Path, analysis: Analysis, *, purpose: str = "indexing") -> Engine:
    """The engine that ``index.engine`` names; nothing is opened before its first use."""
    if config.settings["index.engine"] == "elasticsearch":
        from search.elasticsearch import ElasticEngine

        return ElasticEngine(home, config, analysis=analysis, purpose=purpose)
    from search.embedded import EmbeddedEngine

    return EmbeddedEngine(home, config, analysis=analysis, purpose=purpose)


class Searcher:
    """Asks the index under *home* (default: the configured one); close it, or use it as a context manager.

    Every question may raise :class:`~search.query.QueryFault` for its text, and
    :class:`~search.engine.EngineError` (:class:`~search.engine.IndexMissing`,
    :class:`~search.engine.RebuildNeeded`).  A query that does not name ``relevance:`` finds what is about the
    institution or next to it; ``relevance:any`` finds everything that was collected.
    """

    def __init__(self, config: Config, home: Path | None = None) -> None:
        self._config = config
        self._home = home or config.settings.home

    @cached_property
    def analysis(self) -> Analysis:
        from search.analysis import Analysis

        return Analysis(self._config)

    @cached_property
    def engine(self) -> Engine:
        return open_engine(self._config, self._home, self.analysis)

    @cached_property
    def ledger(self) -> Ledger:
        from store.ledger import Ledger

        return Ledger.of(self._config.settings, self._home, create=False)

    @cached_property
    def _glance(self) -> Glance | Ledger:
        """Where hits are filled in from: loading the ledger would take longer than the search."""
        if self._config.settings["ledger.url"]:
            return self.ledger
        return Glance.at(self._home) or self.ledger

    def _meant(self, text: str) -> Node:
        """The tree of *text*, its values turned into ids and its words into names where they make one."""
        return understand(parse(text, Names(self.analysis.values)), self.analysis)

    # -- hits ---------------------------------------------------------------------------------------------

    def search(
        self,
        text: str,
        *,
        limit: int = 20,
        cursor: str | None = None,
        sort: Sort = "time",
        facets: Sequence[str] = (),
        facet_size: int = 10,
        now: datetime | None = None,
    ) -> SearchAnswer:
        """The newest or best *limit* matches, and the exact number of all.

        *cursor* is the ``cursor`` of the page before, of the same query and sort.  *facets* are of
        :data:`search.engine.LABELS`.
        """
        began = time.perf_counter()
        now = now or datetime.now(UTC)
        unknown = [name for name in facets if name not in LABELS]
        if unknown:
            raise ValueError(f"no facet {unknown[0]!r}: there are {', '.join(LABELS)}")
        meant = self._meant(text)
        page = self.engine.search(
            scope.shown(meant),
            now=now,
            sort=sort,
            limit=limit,
            cursor=cursor,
            facets=facets,
            facet_size=facet_size,
        )
        hits = []
        for found in page.hits:
            stored = self._glance.find(found.article_id)
            if stored is not None:  # else the ledger was changed under the index; `index verify` tells
                hits.append(self._hit(stored, found.score, meant))
        took_ms = round((time.perf_counter() - began) * 1000, 1)
        return SearchAnswer(text, page.total, took_ms, tuple(hits), page.facets, page.cursor, page.partial)

    def _hit(self, stored: StoredArticle, score: float | None, tree: Node) -> SearchHit:
        from search.documents import labels
        from search.highlight import explain
        from search.masking import masked

        stored = masked(stored)
        article = stored.article
        # Country and scope come from the catalogue: parsed only for a query that names them.
        source = self._config.sources.get(article.source_id) if _names_catalogue(tree) else None
        highlights, matched = explain(tree, stored.annotated, labels(stored, source), self.analysis)
        return SearchHit(
            article_id=stored.article_id,
            url=article.url,
            source=article.source_id,
            title=article.title,
            language=article.language,
            published_at=article.published.at if article.published else None,
            score=score,
            highlights=highlights,
            matched=matched,
            first_seen_at=stored.first_seen_at,
            removed_at=stored.removed_at,
            relevance=str(stored.annotated.relevance.decision),
        )

    def ids(self, text: str, *, limit: int, cursor: str | None = None, now: datetime | None = None) -> Ids:
        """The ids of the newest *limit* matches; a part of them is an :class:`~search.engine.EngineError`."""
        page = self.engine.search(
            scope.shown(self._meant(text)), now=now or datetime.now(UTC), limit=limit, cursor=cursor
        )
        if page.partial:
            raise EngineError(page.partial)
        return Ids(tuple(hit.article_id for hit in page.hits), page.cursor)

    def count(self, text: str, *, now: datetime | None = None) -> int:
        """How many articles match."""
        tree = scope.shown(self._meant(text))
        return self.engine.search(tree, now=now or datetime.now(UTC), limit=0).total

    # -- trends -------------------------------------------------------------------------------------------

    def trend(
        self,
        text: str,
        *,
        compare: Sequence[str] = (),
        interval: Interval = "day",
        split: str | None = None,
        size: int = 12,
        now: datetime | None = None,
    ) -> Trend:
        """How often *text* (and up to four more queries) is met over time; see :mod:`search.trends`.

        May raise :class:`~search.trends.TrendFault`.
        """
        from search.trends import Asked, count_over_time

        now = now or datetime.now(UTC)
        time_zone: str = self._config.settings["index.time_zone"]
        asked = []
        for query in (text, *compare):
            tree = self._meant(query)
            since, until = scope.times(tree, now, zone(time_zone))
            asked.append(
                Asked(query, scope.shown(tree), scope.press(tree), since, until, self._coverage(tree))
            )
        return count_over_time(
            self.engine, asked, now=now, time_zone=time_zone, interval=interval, split=split, size=size
        )

    def in_units(self, trend: Trend, unit: Unit) -> Trend:
        """*trend* with stories, voices or communications counted in the place of articles; shares, which are
        of articles, fall away."""
        from dataclasses import replace

        from search.units import over_time

        here = zone(trend.time_zone)
        counts = over_time(self.articles(trend.query), unit, trend.interval, here)
        points = tuple(replace(one, count=counts[one.start], share=None) for one in trend.points)
        others = tuple(self.in_units(other, unit) for other in trend.compare)
        return replace(trend, points=points, compare=others)

    def _coverage(self, tree: Node) -> Coverage:
        """The covered intervals of every source that was ever visited and that *tree* admits.

        One that has left the catalogue since is among them: what it publishes now is not seen.
        """
        sources = self._config.sources
        return {
            name: intervals
            for name, intervals in self._visited.items()
            if scope.admits(tree, name, sources.get(name))
        }

    @property
    def _visited(self) -> Coverage:
        visited: Coverage = {state.source_id: () for state in self.ledger.source_states()}
        return {**visited, **self.ledger.coverage()}

    # -- words --------------------------------------------------------------------------------------------

    def significant(self, text: str, *, limit: int = 20, now: datetime | None = None) -> Significant:
        """The *limit* words that stand out in what matches; see :mod:`search.significant`."""
        from search.significant import own_words, significant

        now = now or datetime.now(UTC)
        tree = self._meant(text)
        total = self.engine.search(scope.shown(tree), now=now, limit=0).total
        tree = own_words(tree)
        articles = self._whole(self.engine.scan(scope.shown(tree), now=now))
        return significant(
            self.engine, self.analysis, articles, tree, query=text, total=total, now=now, limit=limit
        )

    # -- export -------------------------------------------------------------------------------------------

    def articles(self, text: str, *, now: datetime | None = None) -> Iterator[StoredArticle]:
        """Every match, whole, in order of id, one at a time."""
        # Asked at once, so that a fault of the query shows before the first line is written.
        return self._whole(self.engine.scan(scope.shown(self._meant(text)), now=now or datetime.now(UTC)))

    def _whole(self, ids: Iterator[str]) -> Iterator[StoredArticle]:
        return (stored for stored in map(self._glance.find, ids) if stored is not None)

    def export(
        self, text: str, form: Format = "jsonl", *, unmasked: bool = False, now: datetime | None = None
    ) -> Iterator[str]:
        """Every match as lines of JSON or CSV (:mod:`search.export`), in constant memory; names of private
        persons hidden unless *unmasked*."""
        from search.export import lines

        return lines(self.articles(text, now=now), self._config.sources, form, unmasked=unmasked)

    def close(self) -> None:
        for name in ("engine", "_glance", "ledger"):
            if name in self.__dict__:
                self.__dict__.pop(name).close()

    def __enter__(self) -> Searcher:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _names_catalogue(tree: Node) -> bool:
    from search.query import Field, walk

    return any(isinstance(node, Field) and node.name in ("country", "scope") for node in walk(tree))
