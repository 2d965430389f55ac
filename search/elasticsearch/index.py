"""The engine of a team: what the protocol asks for, as requests to an Elasticsearch server.

How it is asked, so that a part is never taken for the whole, is in :mod:`search.elasticsearch.asking`; how it
is written, in :mod:`search.elasticsearch.writing`; which index that is, in
:mod:`search.elasticsearch.generations`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from config.zones import zone
from search.compile import Compiler
from search.cursors import decode, encode
from search.elasticsearch.asking import Asking
from search.elasticsearch.client import Connection
from search.elasticsearch.clock import stale
from search.elasticsearch.generations import Generations
from search.elasticsearch.queries import ElasticQueries, Query
from search.elasticsearch.writing import Writing
from search.engine import (
    LABELS,
    Bucket,
    Clock,
    CursorFault,
    Document,
    EngineError,
    EngineInfo,
    Hit,
    Page,
    Sort,
    TimeCounts,
    Unwritten,
)
from search.fields import QUARTER_S

if TYPE_CHECKING:
    from config import Config
    from search.analysis import Analysis
    from search.elasticsearch.layout import Generation
    from search.query import Node

_VALUES = 10_000
"""Values of a facet field that are counted exactly; only tags could have more."""
_SCORED_MAX = 10_000
"""How deep paging by score goes: the server's own window of results."""
_AT_ONCE = _SCORED_MAX - 1
"""Hits by time that are asked for at once, one more than that."""
_TIMES = 60_000
"""Different days or hours that are counted one by one: below the server's limit on buckets."""
EVERYTHING: Query = {"match_all": {}}


class ElasticEngine:
    """The :class:`search.engine.Engine` of a server; nothing is sent before its first use.

    *pinned*: ask and write this generation alone, whatever is in use and whatever its mapping.
    """

    def __init__(
        self,
        home: Path,
        config: Config,
        *,
        analysis: Analysis | None = None,
        purpose: str = "indexing",
        pinned: Generation | None = None,
    ) -> None:
        if analysis is None:
            from search.analysis import Analysis

            analysis = Analysis(config)
        settings = config.settings
        self._home, self._config, self._analysis = home, config, analysis
        self._zone_name: str = settings["index.time_zone"]
        self._zone = zone(self._zone_name)
        self.compiler: Compiler[Query] = Compiler(ElasticQueries(), analysis, self._zone)
        self.connection = Connection(settings, purpose)
        self.generations = Generations(self.connection, analysis, settings)
        self.asking = Asking(self.connection, self.generations, settings, pinned)
        self.writing = Writing(self.connection, self.generations, self.asking, settings, pinned)
        self._warned: tuple[str, ...] | None = None

    @property
    def shared(self) -> str:
        """What the ledger calls the right to write the index anew, of which there is one."""
        return f"index {self.generations.layout.alias}"

    def of(self, generation: Generation, purpose: str = "migration") -> ElasticEngine:
        """An engine of *generation* alone."""
        return ElasticEngine(
            self._home, self._config, analysis=self._analysis, purpose=purpose, pinned=generation
        )

    # -- writing ------------------------------------------------------------------------------------------

    def upsert(self, documents: Iterable[Document]) -> int:
        return self.writing.upsert(documents)

    def unwritten(self) -> Unwritten:
        return self.writing.unwritten()

    def delete(self, article_ids: Iterable[str]) -> None:
        self.writing.delete(article_ids)

    def refresh(self) -> None:
        self.writing.refresh()

    # -- asking -------------------------------------------------------------------------------------------

    def search(
        self,
        tree: Node | None,
        *,
        now: datetime,
        sort: Sort = "time",
        limit: int = 20,
        cursor: str | None = None,
        facets: Sequence[str] = (),
        facet_size: int = 10,
    ) -> Page:
        if sort == "time" and limit > _AT_ONCE:
            page = self.search(
                tree, now=now, limit=_AT_ONCE, cursor=cursor, facets=facets, facet_size=facet_size
            )
            if page.cursor is None:
                return page
            rest = self.search(tree, now=now, limit=limit - _AT_ONCE, cursor=page.cursor)
            partial = page.partial or rest.partial
            return replace(page, hits=page.hits + rest.hits, cursor=rest.cursor, partial=partial)
        query = self.compiler.query(tree, now)
        more: dict[str, Any] = {"track_total_hits": True}
        if facets:
            more["aggs"] = {name: _terms(name, facet_size) for name in facets}
        offset = 0
        if limit <= 0:
            more["size"] = 0
        elif sort == "time":
            more |= {"size": limit + 1, "sort": [{"at_s": "desc"}, {"article_id": "asc"}]}
            if cursor is not None:
                second, identity = decode(cursor, "time")
                more["search_after"] = [int(second), identity]
        else:
            offset = int(decode(cursor, "score")[0]) if cursor is not None else 0
            if offset + limit > _SCORED_MAX:
                raise CursorFault(f"pages by score end at hit {_SCORED_MAX}: sort by time, or export")
            more |= {"from_": offset, "size": limit, "sort": [{"_score": "desc"}, {"article_id": "asc"}]}
            # Words are as rare as they are in the whole index, not in each year of it.
            more["search_type"] = "dfs_query_then_fetch"
        answer = self.asking.ask(query, whole=limit <= 0, **more)
        total = answer["hits"]["total"]["value"]
        found = answer["hits"]["hits"][: limit if limit > 0 else 0]
        following = None
        if sort == "score":
            hits = tuple(Hit(hit["_id"], hit["_score"]) for hit in found)
            if limit > 0 and offset + limit < min(total, _SCORED_MAX):
                following = encode("score", str(offset + limit), "")
        else:
            hits = tuple(Hit(hit["_id"], None) for hit in found)
            if len(answer["hits"]["hits"]) > limit > 0:
                following = encode("time", *map(str, found[-1]["sort"]))
        counted = {
            name: tuple(
                Bucket(entry["key"], entry["doc_count"]) for entry in answer["aggregations"][name]["buckets"]
            )
            for name in facets
        }
        return Page(total, hits, following, counted, self.asking.lacking(answer))

    def count_over_time(
        self,
        tree: Node | None,
        *,
        now: datetime,
        clock: Clock,
        between: tuple[datetime, datetime] | None = None,
        split: str | None = None,
        size: int = 12,
    ) -> TimeCounts:
        query = self.compiler.query(tree, now)
        if between is not None:
            query = self.compiler.both(query, self.compiler.between(*between))
        times = {"terms": {"field": clock, "size": _TIMES}}
        unit = QUARTER_S if clock == "hour" else 1
        answer = self.asking.ask(
            query, size=0, aggs={"all": times, **({"by": _terms(split, size)} if split else {})}
        )["aggregations"]
        counts = _counted(answer["all"], unit)
        if split is None:
            return TimeCounts(counts)
        parts: dict[str, Mapping[int, int]] = {}
        for entry in answer["by"]["buckets"]:
            part = self.compiler.both(query, {"term": {split: entry["key"]}})
            found = self.asking.ask(part, size=0, aggs={"all": times})["aggregations"]["all"]
            parts[entry["key"]] = _counted(found, unit)
        return TimeCounts(counts, parts)

    def articles_with(self, stems: Sequence[str], within: Node | None, *, now: datetime) -> list[int]:
        if not stems:
            return []
        each = {"filters": {"filters": [self.compiler.stem(stem) for stem in stems]}}
        answer = self.asking.ask(self.compiler.query(within, now), size=0, aggs={"each": each})
        return [bucket["doc_count"] for bucket in answer["aggregations"]["each"]["buckets"]]

    def scan(self, tree: Node | None, *, now: datetime) -> Iterator[str]:
        pages = self.asking.walk(self.compiler.query(tree, now))
        return (hit["_id"] for page in pages for hit in page)

    def revisions(self) -> Iterator[tuple[str, int]]:
        for page in self.asking.walk(EVERYTHING, docvalue_fields=["revision"]):
            yield from ((hit["_id"], hit["fields"]["revision"][0]) for hit in page)

    def newest_order(self) -> int:
        newest = {"newest": {"max": {"field": "order"}}}
        answer = self.asking.ask(EVERYTHING, size=0, track_total_hits=False, aggs=newest)
        return int(answer["aggregations"]["newest"]["value"] or 0)

    @contextlib.contextmanager
    def rebuilding(self) -> Iterator[ElasticEngine]:
        made = self.generations.begin()
        fresh = self.of(made, "rebuild")
        try:
            yield fresh
            fresh.refresh()
            fresh.writing.settle_moved()
            fresh.refresh()
            self.generations.take_over(made)
            self.asking.look_again()
        except BaseException:
            if self.generations.state().live != made:  # it may be in use, and its answer was lost
                self.generations.remove(made)
            raise
        finally:
            fresh.close()
        for one in self.generations.state().unnamed:
            self.generations.retire(one)

    def info(self) -> EngineInfo:
        self.asking.look_again()  # a rebuild may have taken over
        asked = self.asking.reader()
        state = self.generations.state()
        with self.connection.asked() as client:
            stats = client.indices.stats(index=asked.name, metric="store")
            size = stats["_all"]["primaries"]["store"]["size_in_bytes"]
        articles = self.asking.count(EVERYTHING)
        details = {
            "server": self.connection.server.version,
            "partitions": str(len(stats["indices"])),
            "time_zone": self._zone_name,
        }
        for name, one in (("live", state.live), ("previous", state.previous), ("next", state.following)):
            if one is not None and one != asked:
                details[name] = one.name
        return EngineInfo("elasticsearch", articles, size, asked.name, details, self._warnings(asked.name))

    def _warnings(self, index: str) -> tuple[str, ...]:
        """Looked for once a process."""
        if self._warned is None:
            with self.connection.asked() as client:
                found = stale(client, index, self._zone_name, datetime.now(self._zone))
            self._warned = (found,) if found else ()
        return self._warned

    def close(self) -> None:
        self.asking.close()
        self.connection.close()

    def __enter__(self) -> ElasticEngine:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _terms(name: str, size: int) -> dict[str, Any]:
    if name not in LABELS:
        raise EngineError(f"no field {name!r} to count by; there are {', '.join(LABELS)}")
    order = [{"_count": "desc"}, {"_key": "asc"}]
    # As many of each shard as there can be: what is counted is exact.
    return {"terms": {"field": name, "size": size, "shard_size": _VALUES, "order": order}}


def _counted(answer: Mapping[str, Any], unit: int) -> dict[int, int]:
    if answer["sum_other_doc_count"]:
        raise EngineError("too many different hours to count one by one: name from: and to:")
    return {int(entry["key"]) * unit: entry["doc_count"] for entry in answer["buckets"]}
