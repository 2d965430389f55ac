"""The engine of a team: reads and writes the index on an Elasticsearch server.

Readers ask an alias; writers write the partitions behind it, and those of a generation that is being written
beside it, if there is one.  Every answer is looked at for shards that failed and for time that ran out: what
counts or exports never takes a part for the whole.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from config.zones import zone
from search.compile import Compiler
from search.cursors import decode, encode
from search.elasticsearch import mapping
from search.elasticsearch.bulk import Bulk, Item, Outcome
from search.elasticsearch.client import Server, connect, probe, told
from search.elasticsearch.clock import stale
from search.elasticsearch.layout import Generation, Layout
from search.elasticsearch.queries import ElasticQueries, Query
from search.engine import (
    LABELS,
    Bucket,
    Clock,
    CursorFault,
    Document,
    EngineError,
    EngineInfo,
    Hit,
    IndexMissing,
    Page,
    RebuildNeeded,
    Sort,
    TimeCounts,
    Unwritten,
)
from search.fields import QUARTER_S

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch

    from config import Config
    from search.analysis import Analysis
    from search.query import Node

_CHUNK = 5_000
"""Hits taken at a time while scanning."""
_VALUES = 10_000
"""Values of a facet field that are counted exactly; only tags could have more."""
_SCORED_MAX = 10_000
"""How deep paging by score goes: the server's own window of results."""
_TIMES = 60_000
"""Different days or hours that are counted one by one: below the server's limit on buckets."""
_KEEP_ALIVE = "5m"
_OF_TIMEOUT = 0.8
"""The part of the time that an answer may take in which the server is to search."""
_LOOK_S = 30.0
"""How long what the alias names is believed."""
_MEBIBYTE = 1 << 20


class ElasticEngine:
    """The :class:`search.engine.Engine` of a server; nothing is sent before its first use."""

    def __init__(
        self, home: Path, config: Config, *, analysis: Analysis | None = None, purpose: str = "indexing"
    ) -> None:
        if analysis is None:
            from search.analysis import Analysis

            analysis = Analysis(config)
        settings = config.settings
        self._home, self._config, self._analysis, self._purpose = home, config, analysis, purpose
        self._url: str = settings["elasticsearch.url"]
        # The server gives up first: then it says what it has found so far.
        self._timeout = f"{settings['elasticsearch.timeout_s'] * _OF_TIMEOUT * 1000:.0f}ms"
        self._layout = Layout(settings["elasticsearch.index"])
        self._unmasked: bool = settings["privacy.unmasked"]
        self._zone_name: str = settings["index.time_zone"]
        self._zone = zone(self._zone_name)
        self._compiler: Compiler[Query] = Compiler(ElasticQueries(), analysis, self._zone)
        self._connection: Elasticsearch | None = None
        self._probed: Server | None = None
        self._live: Generation | None = None
        self._looked = 0.0
        self._warned: tuple[str, ...] | None = None
        self._held: set[_Snapshot] = set()
        """Snapshots that the server still keeps for us."""
        self._writes: list[Generation] = []
        self._made: set[str] = set()
        """Partitions that are known to be there."""
        self._touched: set[str] = set()
        """Partitions written since the last refresh."""
        self._refused: dict[str, tuple[int, str]] = {}
        self._stale: dict[str, str] = {}
        """Article → the partition that has a newer state of it."""

    # -- the server ---------------------------------------------------------------------------------------

    @property
    def _client(self) -> Elasticsearch:
        if self._connection is None:
            self._connection = connect(self._config.settings, self._purpose)
        return self._connection

    @property
    def _server(self) -> Server:
        if self._probed is None:
            self._probed = probe(self._client, self._url)
        return self._probed

    @cached_property
    def _components(self) -> dict[str, dict[str, Any]]:
        return mapping.components(self._analysis if self._server.readable else None)

    @cached_property
    def _fingerprint(self) -> str:
        return mapping.fingerprint(self._analysis.version, self._zone_name, self._components)

    def _indices(self, alias: str) -> dict[str, Any]:
        """The indices that *alias* names; empty if there is none."""
        from elasticsearch import NotFoundError

        with told(self._url):
            try:
                return dict(self._client.indices.get_alias(name=alias))
            except NotFoundError:
                return {}

    def _generation(self, alias: str) -> Generation | None:
        found = self._layout.generations(self._indices(alias))
        return found[-1] if found else None

    def _reader(self) -> Generation:
        """The generation in use, of our own mapping; looked up again now and then."""
        if self._live is None or time.monotonic() - self._looked > _LOOK_S:
            live = self._generation(self._layout.alias)
            if live is None:
                raise IndexMissing(
                    f"nothing is indexed as {self._layout.alias} on the server yet: run `marsad crawl`, "
                    "or `marsad index rebuild` where articles are stored already"
                )
            if live.fingerprint != self._fingerprint:
                raise RebuildNeeded(
                    f"{live.name} was written under another mapping, analysis or time zone "
                    f"(now {self._fingerprint}): run `marsad index migrate`"
                )
            self._live, self._looked = live, time.monotonic()
        return self._live

    # -- writing ------------------------------------------------------------------------------------------

    def _writing(self) -> list[Generation]:
        """The generations that are written: the one in use, made if there is none, and the one beside it."""
        live = self._generation(self._layout.alias)
        if live is None:
            live = self._begin_generation(self._layout.alias)
            self._make(live.partition(datetime.now(self._zone)), self._layout.alias)
        elif live.fingerprint != self._fingerprint:
            self._reader()
        following = self._generation(self._layout.next_alias)
        self._live = live
        return [live, following] if following and following != live else [live]

    def _begin_generation(self, alias: str | None = None) -> Generation:
        """A generation with a number that none here bears; its templates are put.

        The one that *alias* names where there is one by now: two processes that both find none must not make
        one each, and in one look at the server they either see the other's or choose the same number.
        """
        with told(self._url):
            there = self._client.indices.get(index=f"{self._layout.prefix}-*", features="aliases")
            named = [index for index, one in there.items() if alias in one["aliases"]]
            if found := self._layout.generations(named):
                return found[-1]
            numbers = [one.number for one in self._layout.generations(there)]
            made = Generation(max(numbers, default=0) + 1, self._fingerprint, self._layout.prefix)
            self._put_templates(made)
        return made

    def _put_templates(self, generation: Generation) -> None:
        meta = {
            "fingerprint": self._fingerprint,
            "mapping_version": mapping.MAPPING_VERSION,
            "analysis": self._analysis.version,
            "time_zone": self._zone_name,
        }
        composed = []
        for name, template in self._components.items():
            whole = f"{generation.template}-{name}"
            self._client.cluster.put_component_template(
                name=whole, template=template, version=mapping.MAPPING_VERSION, meta=meta
            )
            composed.append(whole)
        self._client.indices.put_index_template(
            name=generation.template,
            index_patterns=[f"{generation.template}-*"],
            composed_of=composed,
            priority=500,
            version=mapping.MAPPING_VERSION,
            meta=meta,
            # A partition that somebody removed is not made anew by a write, empty and without its alias.
            allow_auto_create=False,
        )

    def _make(self, partition: str, alias: str) -> None:
        """Make *partition*, unless it is there, and let *alias* name it."""
        from elasticsearch import BadRequestError

        if partition in self._made:
            return
        generation = self._layout.generation_of(partition)
        with told(self._url):
            # A restored index has come without its templates; a partition made then would have no mapping.
            if generation is not None and not self._client.indices.exists(index=partition):
                self._put_templates(generation)
            try:
                self._client.indices.create(index=partition, aliases={alias: {}})
            except BadRequestError as fault:
                if "resource_already_exists" not in str(fault):
                    raise
                self._name_again(partition, alias)
        self._made.add(partition)

    def _name_again(self, partition: str, alias: str) -> None:
        """Let *alias* name *partition* where somebody took its name away: what is written there shows."""
        of = self._layout.generation_of(partition)
        if partition not in self._indices(alias) and self._generation(alias) == of:
            self._client.indices.put_alias(index=partition, name=alias)

    def upsert(self, documents: Iterable[Document]) -> int:
        outcome = self._write(documents, self._writes or self._writing())
        return outcome.taken

    def _write(self, documents: Iterable[Document], generations: Sequence[Generation]) -> Outcome:
        """Write *documents* into each of *generations*; what became of them in the first one."""
        outcomes = []
        batch = list(documents)
        bulk = self._bulk()
        for generation in generations:
            alias = self._layout.alias if generation == self._live else self._layout.next_alias
            try:
                outcomes.append(bulk.send(self._items(batch, generation, alias)))
            except IndexMissing:
                self._made.clear()  # one of them is there no more
                raise
        self._note(batch, outcomes[0], generations[0])
        return outcomes[0]

    def _note(self, batch: Iterable[Document], outcome: Outcome, generation: Generation) -> None:
        """Remember what *generation* did not take of *batch*."""
        if outcome.refused or outcome.stale:
            for one in batch:
                if one.article_id in outcome.refused:
                    self._refused[one.article_id] = (one.revision, outcome.refused[one.article_id])
                if one.article_id in outcome.stale:
                    seen = one.stored.first_seen_at if one.stored else one.at
                    self._stale[one.article_id] = generation.partition(seen)

    def unwritten(self) -> Unwritten:
        refused, stale = self._refused, self._stale
        self._refused, self._stale = {}, {}
        held: dict[str, tuple[int, int] | None] = {}
        if stale:
            named = [{"_index": partition, "_id": identity} for identity, partition in stale.items()]
            with told(self._url):
                answer = self._client.mget(docs=named, source_includes=["revision", "order"])
            for one in answer["docs"]:
                known = one.get("_source")
                held[one["_id"]] = (known["revision"], known["order"]) if known else None
        return Unwritten(refused, held)

    def newest_order(self) -> int:
        newest = {"newest": {"max": {"field": "order"}}}
        answer = self._ask({"match_all": {}}, size=0, track_total_hits=False, aggs=newest)
        return int(answer["aggregations"]["newest"]["value"] or 0)

    def _items(self, documents: Iterable[Document], generation: Generation, alias: str) -> Iterator[Item]:
        for document in documents:
            seen = document.stored.first_seen_at if document.stored else document.at
            partition = generation.partition(seen)
            self._make(partition, alias)
            self._touched.add(partition)
            body = mapping.body(document, self._zone, readable=self._server.readable, unmasked=self._unmasked)
            yield Item.index(partition, document.article_id, mapping.version(document), body)

    def _bulk(self) -> Bulk:
        most = self._config.settings["elasticsearch.bulk_mb"] * _MEBIBYTE
        return Bulk(self._client, self._url, most_bytes=most)

    def delete(self, article_ids: Iterable[str]) -> None:
        # Nobody knows the year of an article that the ledger has no more: it is removed from every partition.
        ids = list(article_ids)
        if not ids:
            return
        partitions = [*self._indices(self._layout.alias), *self._indices(self._layout.next_alias)]
        self._touched.update(partitions)
        self._bulk().send(Item.delete(partition, identity) for identity in ids for partition in partitions)

    def refresh(self) -> None:
        if self._touched:
            with told(self._url):
                self._client.indices.refresh(index=sorted(self._touched))
            self._touched.clear()

    @contextlib.contextmanager
    def rebuilding(self) -> Iterator[ElasticEngine]:
        before = self._indices(self._layout.alias)
        self._abandon()
        fresh = ElasticEngine(self._home, self._config, analysis=self._analysis, purpose="rebuild")
        made = fresh._begin_generation()
        fresh._writes = [made]
        try:
            fresh._make(made.partition(datetime.now(self._zone)), self._layout.next_alias)
            yield fresh
            fresh.refresh()
            self._take_over(made, before)
        except BaseException:
            self._abandon()
            raise
        finally:
            fresh.close()
        self._remove(list(before))

    def _take_over(self, generation: Generation, before: Iterable[str]) -> None:
        """Let the alias name *generation* in place of the indices *before*, at one instant."""
        alias, beside = self._layout.alias, self._layout.next_alias
        actions: list[Mapping[str, Any]] = [{"remove": {"index": index, "alias": alias}} for index in before]
        for index in self._indices(beside):
            actions.append({"remove": {"index": index, "alias": beside}})
            if self._layout.generation_of(index) == generation:
                actions.append({"add": {"index": index, "alias": alias}})
        with told(self._url):
            self._client.indices.update_aliases(actions=actions)
        self._live = None

    def _abandon(self) -> None:
        """Remove what was being written beside the index in use."""
        self._remove(list(self._indices(self._layout.next_alias)))

    def _remove(self, indices: Sequence[str]) -> None:
        if indices:
            with told(self._url):
                self._client.indices.delete(index=list(indices), ignore_unavailable=True)
        self._made.difference_update(indices)

    # -- asking -------------------------------------------------------------------------------------------

    def _ask(self, query: Query, *, whole: bool = True, **more: Any) -> Any:
        """The answer of a search; raises :class:`EngineError` where it is not that of every shard.

        Unless it is to be *whole*, what some shards found in time will do, and the caller says so.
        """
        self._reader()
        where: dict[str, Any] = {}
        if "pit" not in more:  # which names its index itself, and is asked of every shard
            where = {"index": self._layout.alias, "allow_partial_search_results": not whole}
        with told(self._url):
            # A server that lacks shards, or took too long, does so again at once.
            client = self._client.options(retry_on_status=(502,))
            answer = client.search(query=query, source=False, timeout=self._timeout, **where, **more)
        if whole and (lacking := self._lacking(answer)):
            raise EngineError(lacking)
        return answer

    def _lacking(self, answer: Any) -> str:
        """What an answer lacks of the whole, and what to do; empty if nothing."""
        shards = answer["_shards"]
        if answer["timed_out"]:
            return (
                f"{self._layout.alias}: the server ran out of time before it had seen everything. "
                "Next: ask for less (from: and to:), or raise elasticsearch.timeout_s"
            )
        if silent := shards["total"] - shards["successful"]:
            reasons = {_because(one.get("reason", {})) for one in shards.get("failures", ())} - {""}
            said = f" ({'; '.join(sorted(reasons))})" if reasons else ""
            return (
                f"{self._layout.alias}: {silent} of {shards['total']} shards did not answer{said}. "
                "Next: see to the server (`GET _cluster/allocation/explain`), then ask again"
            )
        return ""

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
        query = self._compiler.query(tree, now)
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
        answer = self._ask(query, whole=limit <= 0, **more)
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
        return Page(total, hits, following, counted, self._lacking(answer))

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
        query = self._compiler.query(tree, now)
        if between is not None:
            query = self._compiler.both(query, self._compiler.between(*between))
        times = {"terms": {"field": clock, "size": _TIMES}}
        unit = QUARTER_S if clock == "hour" else 1
        answer = self._ask(
            query, size=0, aggs={"all": times, **({"by": _terms(split, size)} if split else {})}
        )["aggregations"]
        counts = _counted(answer["all"], unit)
        if split is None:
            return TimeCounts(counts)
        parts: dict[str, Mapping[int, int]] = {}
        for entry in answer["by"]["buckets"]:
            part = self._compiler.both(query, {"term": {split: entry["key"]}})
            found = self._ask(part, size=0, aggs={"all": times})["aggregations"]["all"]
            parts[entry["key"]] = _counted(found, unit)
        return TimeCounts(counts, parts)

    def articles_with(self, stems: Sequence[str], within: Node | None, *, now: datetime) -> list[int]:
        if not stems:
            return []
        each = {"filters": {"filters": [self._compiler.stem(stem) for stem in stems]}}
        answer = self._ask(self._compiler.query(within, now), size=0, aggs={"each": each})
        return [bucket["doc_count"] for bucket in answer["aggregations"]["each"]["buckets"]]

    def scan(self, tree: Node | None, *, now: datetime) -> Iterator[str]:
        pages = self._walk(self._compiler.query(tree, now))
        return (hit["_id"] for page in pages for hit in page)

    def revisions(self) -> Iterator[tuple[str, int]]:
        for page in self._walk({"match_all": {}}, docvalue_fields=["revision"]):
            yield from ((hit["_id"], hit["fields"]["revision"][0]) for hit in page)

    def _walk(self, query: Query, **more: Any) -> Iterator[list[Any]]:
        """Every match in order of id, some thousands at a time, all of one snapshot.

        The snapshot is taken, and the first page asked for, at once: a fault shows before the first match.
        """
        self._reader()
        with told(self._url):
            snapshot = self._client.open_point_in_time(index=self._layout.alias, keep_alive=_KEEP_ALIVE)["id"]
        pages = _Snapshot(self, snapshot).pages(query, more)
        next(pages)  # from here on its end closes the snapshot, also where nobody takes a match
        return pages

    # -- the rest -----------------------------------------------------------------------------------------

    def info(self) -> EngineInfo:
        self._live = None  # a rebuild may have taken over
        live = self._reader()
        with told(self._url):
            stats = self._client.indices.stats(index=self._layout.alias, metric="store")
            size = stats["_all"]["primaries"]["store"]["size_in_bytes"]
        articles = self._ask({"match_all": {}}, size=0, track_total_hits=True)["hits"]["total"]["value"]
        details = {
            "server": self._server.version,
            "partitions": str(len(stats["indices"])),
            "time_zone": self._zone_name,
        }
        return EngineInfo("elasticsearch", articles, size, live.name, details, self._warnings())

    def _warnings(self) -> tuple[str, ...]:
        """Looked for once a process."""
        if self._warned is None:
            with told(self._url):
                found = stale(self._client, self._layout.alias, self._zone_name, datetime.now(self._zone))
            self._warned = (found,) if found else ()
        return self._warned

    def close(self) -> None:
        for snapshot in list(self._held):
            snapshot.close()
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        self._live = None

    def __enter__(self) -> ElasticEngine:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Snapshot:
    """A point in time of the index, which the server keeps until it is closed."""

    def __init__(self, engine: ElasticEngine, name: str) -> None:
        self._engine = engine
        self._name = name
        engine._held.add(self)

    def page(self, query: Query, after: list[Any] | None, more: Mapping[str, Any]) -> list[Any]:
        asked = {
            "pit": {"id": self._name, "keep_alive": _KEEP_ALIVE},
            "size": _CHUNK,
            "sort": [{"article_id": "asc"}],
            "track_total_hits": False,
            **more,
        }
        if after is not None:
            asked["search_after"] = after
        answer = self._engine._ask(query, **asked)
        self._name = answer["pit_id"]  # the newest is the one that is kept
        return list(answer["hits"]["hits"])

    def pages(self, query: Query, more: Mapping[str, Any]) -> Iterator[list[Any]]:
        """First nothing, when the first page is there, then page after page."""
        try:
            page = self.page(query, None, more)
            yield []
            while page:
                yield page
                if len(page) < _CHUNK:
                    return
                page = self.page(query, page[-1]["sort"], more)
        finally:
            self.close()

    def close(self) -> None:
        """Let the server forget it; the second time nothing is done."""
        from elasticsearch import ApiError, TransportError

        if self not in self._engine._held:
            return
        self._engine._held.discard(self)
        with contextlib.suppress(ApiError, TransportError):  # it expires by itself
            self._engine._client.close_point_in_time(id=self._name)


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


def _because(reason: Mapping[str, Any]) -> str:
    """Why a shard did not answer."""
    return " ".join(str(reason.get("reason") or reason.get("type") or "").split())[:200]
