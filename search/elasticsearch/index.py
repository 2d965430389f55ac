"""The engine of a team: reads and writes the index on an Elasticsearch server.

Readers ask the generation in use or, where that has another mapping, the one of theirs that a migration
keeps; writers write every generation there is (:mod:`search.elasticsearch.layout`).  Every answer is looked
at for shards that failed and for time that ran out: what counts or exports never takes a part for the whole.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from config.zones import zone
from search.compile import Compiler
from search.cursors import decode, encode
from search.elasticsearch import mapping
from search.elasticsearch.bulk import Bulk, Item, Outcome
from search.elasticsearch.client import Lacking, Server, TakenAway, connect, probe, told
from search.elasticsearch.clock import stale
from search.elasticsearch.layout import Generation, Layout, State
from search.elasticsearch.queries import ElasticQueries, Query
from search.engine import (
    LABELS,
    Bucket,
    Clock,
    CursorFault,
    Document,
    EngineBusy,
    EngineError,
    EngineInfo,
    Hit,
    IndexMissing,
    MigrationNeeded,
    Page,
    ReadOnly,
    Sort,
    TimeCounts,
    Unreachable,
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
_DRAINED: Query = {"range": {"order": {"gte": 1}}}
"""What came through the outbox, not from filling a generation."""
_LOOK_S = 30.0
"""How long what the alias names is believed."""
_MASTER = "10s"
"""How long a cluster that has lost its master may take to have one again, before it is said not to answer."""
_MEBIBYTE = 1 << 20
_ANY_TIME = datetime(1970, 1, 1, tzinfo=UTC)
"""For queries that name no time."""


@dataclass(frozen=True, slots=True)
class Target:
    """A generation that is written."""

    generation: Generation
    alias: str
    """What its new partitions are named by."""
    fields: Mapping[str, Any] | None = None
    """The fields that it has, where it is of another mapping: documents are cut down to them."""
    needed: bool = True
    """Whether a fault of it is one of the writing: not where it is only kept."""


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
        self._pinned = pinned
        self._asked: Generation | None = None
        self._looked = 0.0
        self._warned: tuple[str, ...] | None = None
        self._held: set[_Snapshot] = set()
        """Snapshots that the server still keeps for us."""
        self._fields: dict[Generation, Mapping[str, Any]] = {}
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
    def fingerprint(self) -> str:
        return mapping.fingerprint(self._analysis.version, self._zone_name, self._components)

    @property
    def shared(self) -> str:
        """What the ledger calls the right to write the index anew, of which there is one."""
        return f"index {self._layout.alias}"

    def state(self) -> State:
        """Which generations there are now."""
        with told(self._url):
            there = self._client.indices.get(
                index=f"{self._layout.prefix}-*",
                features="aliases",
                expand_wildcards="all",
                master_timeout=_MASTER,
            )
        return self._layout.state({index: one["aliases"] for index, one in there.items()})

    def of(self, generation: Generation, purpose: str = "migration") -> ElasticEngine:
        """An engine of *generation* alone."""
        return ElasticEngine(
            self._home, self._config, analysis=self._analysis, purpose=purpose, pinned=generation
        )

    def _reader(self) -> Generation:
        """The generation that is asked: the one in use or, where that has another mapping, the one that is
        kept; looked up again now and then."""
        if self._pinned is not None:
            return self._pinned
        if self._asked is None or time.monotonic() - self._looked > _LOOK_S:
            state = self.state()
            for one in (state.live, state.previous):
                if state.live is not None and one is not None and one.fingerprint == self.fingerprint:
                    self._asked, self._looked = one, time.monotonic()
                    return one
            self._asked = None
            raise self.unusable(state)
        return self._asked

    def unusable(self, state: State) -> EngineError:
        """Why there is no generation to be used."""
        alias = self._layout.alias
        if state.live is None and state.unnamed:
            return IndexMissing(
                f"the alias {alias} is missing on the server, though {state.unnamed[-1].name} is there: "
                "somebody removed it. Next: put it back, or write the index anew with `marsad index rebuild`"
            )
        if state.live is None:
            return IndexMissing(
                f"nothing is indexed as {alias} on the server yet: run `marsad crawl`, "
                "or `marsad index rebuild` where articles are stored already"
            )
        under_way = f"; {state.following.name} is being written" if state.following is not None else ""
        return MigrationNeeded(
            f"{state.live.name} has another mapping, analysis or time zone than this version of Marsad "
            f"(now {self.fingerprint}{under_way}): run `marsad index migrate`"
        )

    # -- writing ------------------------------------------------------------------------------------------

    def _targets(self) -> list[Target]:
        """The generations that are written; where there is none, one is made."""
        if self._pinned is not None:
            return [Target(self._pinned, self._layout.next_alias)]
        state = self.state()
        live, following, mine = state.live, state.following, self.fingerprint
        if live is None:
            live = self._begin_generation(self._layout.alias)
            if live.fingerprint == mine:
                self._make(live, live.partition(datetime.now(self._zone)), self._layout.alias, at_once=True)
        is_mine = [one is not None and one.fingerprint == mine for one in (live, following)]
        if not any(is_mine):
            raise self.unusable(state)
        if following is not None and not is_mine[1]:
            raise EngineBusy(
                f"{following.name} is being written for another version of Marsad, which indexes until that "
                "is done. Next: wait, or end it with `marsad index migrate --rollback`"
            )
        if state.lost:  # somebody took their name away: what is written there shows
            named = [{"add": {"index": index, "alias": self._layout.alias}} for index in state.lost]
            with told(self._url):
                self._client.indices.update_aliases(actions=named)
        targets = [Target(live, self._layout.alias, self._cut_to(live, state))]
        if following is not None:
            targets.append(Target(following, self._layout.next_alias))
        if state.previous is not None:
            cut = self._cut_to(state.previous, state)
            targets.append(Target(state.previous, self._layout.previous_alias, cut, needed=False))
        return targets

    def _cut_to(self, generation: Generation, state: State) -> Mapping[str, Any] | None:
        """The fields of *generation*, where it is of another mapping."""
        if generation.fingerprint == self.fingerprint:
            return None
        if generation not in self._fields:
            (index, *_) = state.partitions[generation]
            self._fields[generation] = self._mapping(index).get("properties", {})
        return self._fields[generation]

    def _mapping(self, index: str) -> dict[str, Any]:
        with told(self._url):
            (found,) = self._client.indices.get_mapping(index=index).values()
        return dict(found["mappings"])

    def _begin_generation(self, alias: str | None = None) -> Generation:
        """A generation with a number that none here bears; its templates are put.

        The one that *alias* names where there is one by now: two processes that both find none must not make
        one each, and in one look at the server they either see the other's or choose the same number.
        """
        with told(self._url):
            state = self.state()
            if alias == self._layout.alias and state.live is not None:
                return state.live
            numbers = [one.number for one in state.partitions]
            made = Generation(max(numbers, default=0) + 1, self.fingerprint, self._layout.prefix)
            self._put_templates(made)
        return made

    def _put_templates(self, generation: Generation) -> None:
        meta = {
            "fingerprint": self.fingerprint,
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
            template={"mappings": {"_meta": meta}},
            priority=500,
            version=mapping.MAPPING_VERSION,
            meta=meta,
            # A partition that somebody removed is not made anew by a write, empty and without its alias.
            allow_auto_create=False,
        )

    def _make(self, generation: Generation, partition: str, alias: str, *, at_once: bool = False) -> None:
        """Make *partition* of *generation*, unless it is there, and let *alias* name it.

        It is named when it can be searched, so that no search meets a shard that is still to begin; or *at
        once*, where nothing is asked yet and two processes must not make a generation each.
        """
        from elasticsearch import BadRequestError

        if partition in self._made:
            return
        names = (alias, generation.name)
        given: dict[str, Any] | None = {name: {} for name in names} if at_once else None
        with told(self._url):
            try:
                self._client.indices.create(index=partition, aliases=given)
                if not self._is_sound(generation, partition) and self._put_lost(generation):
                    self._remove([partition])
                    self._client.indices.create(index=partition, aliases=given)
            except BadRequestError as fault:
                if "resource_already_exists" not in str(fault):
                    raise
            else:
                self._check(generation, partition)
                if not at_once:
                    named = [{"add": {"index": partition, "alias": name}} for name in names]
                    self._client.indices.update_aliases(actions=named)
                self._name_again(generation, alias)
        self._made.add(partition)

    def _put_lost(self, generation: Generation) -> bool:
        """Put the templates of *generation* where there are none, and say whether: a restored index has come
        without them, and a partition that is made then has no mapping."""
        if generation.fingerprint != self.fingerprint:
            return False
        with contextlib.suppress(EngineError), told(self._url):  # not every key may look
            if not self._client.indices.exists_index_template(name=generation.template):
                self._put_templates(generation)
                return True
        return False

    def _is_sound(self, generation: Generation, partition: str) -> bool:
        """Whether *partition* got the fields of its generation."""
        made = self._mapping(partition)
        if generation.fingerprint == self.fingerprint:
            wanted = self._components["mapping"]["mappings"]["properties"]
        else:
            wanted = self._fields[generation]
        said = made.get("_meta", {}).get("fingerprint")
        return bool(said == generation.fingerprint and made.get("properties") == wanted)

    def _check(self, generation: Generation, partition: str) -> None:
        """Take a new *partition* away again that did not get the fields of its generation."""
        if self._is_sound(generation, partition):
            return
        self._remove([partition])
        raise EngineError(
            f"{partition} could not be made: the index template {generation.template} was edited or removed "
            "on the server. Next: `marsad index migrate` puts it back"
        )

    def _name_again(self, generation: Generation, alias: str) -> None:
        """Where *generation* has come into use (or is kept) since *alias* was looked up, its partitions that
        were made under the old alias follow it."""
        state = self.state()
        for one, right in (
            (state.live, self._layout.alias),
            (state.previous, self._layout.previous_alias),
        ):
            if one == generation and right != alias:
                actions: list[Mapping[str, Any]] = []
                for index in state.partitions[generation]:
                    actions.append({"add": {"index": index, "alias": right}})
                    actions.append({"remove": {"index": index, "alias": alias, "must_exist": False}})
                self._client.indices.update_aliases(actions=actions)
                return

    def upsert(self, documents: Iterable[Document]) -> int:
        # First what the ledger has, then who is to get it: a generation that is begun in between is filled
        # from the ledger as it is after that.
        batch = list(documents)
        targets = self._targets()
        while True:
            try:
                return self._write(batch, targets).taken
            except IndexMissing:
                self._made.clear()
                # A generation that has left meanwhile is no loss; one of those that stay has lost something.
                now = self.state()
                stay = all(one.generation in now.partitions for one in targets)
                if self._pinned is not None or now.live is None or stay:
                    raise
                targets = self._targets()

    def _write(self, batch: Sequence[Document], targets: Sequence[Target]) -> Outcome:
        """Write *batch* into each of *targets*; what became of it in the first one of our mapping."""
        mine: Outcome | None = None
        for target in targets:
            try:
                outcome = self._bulk().send(self._items(batch, target))
                if self._pinned is None:
                    self._settle(batch, target.generation)
            except (IndexMissing, ReadOnly):
                if target.needed:
                    raise
                continue
            if target.fields is None and mine is None:
                mine = outcome
                self._note(batch, outcome, target.generation)
        assert mine is not None  # there is always one of our mapping
        return mine

    def _note(self, batch: Iterable[Document], outcome: Outcome, generation: Generation) -> None:
        """Remember what *generation* did not take of *batch*."""
        if outcome.refused or outcome.stale:
            for one in batch:
                if one.article_id in outcome.refused:
                    self._refused[one.article_id] = (one.revision, outcome.refused[one.article_id])
                if one.article_id in outcome.stale:
                    self._stale[one.article_id] = generation.partition(_seen(one))

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

    def _settle(self, batch: Sequence[Document], generation: Generation) -> None:
        """Take the articles of *batch* out of later partitions: a page that was found to have been seen
        earlier, in another year, has moved."""
        if not batch:
            return
        there = self.state().partitions.get(generation, ())
        places = {one.article_id: generation.partition(_seen(one)) for one in batch}
        copies = [(identity, index) for identity, place in places.items() for index in there if index > place]
        self._keep_newest(copies + [(identity, places[identity]) for identity in {one for one, _ in copies}])

    def drained(self) -> Iterator[str]:
        """The articles here that came through the outbox, not by filling this generation."""
        return (hit["_id"] for page in self._walk(_DRAINED) for hit in page)

    def settle_moved(self) -> None:
        """Look for articles in more than one partition among all that drains have written here: what
        filled this generation may have put one back where a drain had just taken it away."""
        assert self._pinned is not None
        there = self.state().partitions.get(self._pinned, ())
        if len(there) < 2:
            return
        for page in self._walk(_DRAINED):
            self._keep_newest([(hit["_id"], index) for hit in page for index in there])

    def _keep_newest(self, places: Sequence[tuple[str, str]]) -> None:
        """Of the copies of each article at *places* (article, partition) leave the one of the highest version
        or, of two, that of the earlier year."""
        if not places:
            return
        docs = [{"_index": index, "_id": identity, "_source": False} for identity, index in places]
        with told(self._url):
            answer = self._client.mget(docs=docs, source=False)
        found: dict[str, list[tuple[int, str]]] = {}
        for one in answer["docs"]:
            if one.get("found"):
                found.setdefault(one["_id"], []).append((-one["_version"], one["_index"]))
        surplus = [(identity, index) for identity, some in found.items() for _, index in sorted(some)[1:]]
        self._touched.update(index for _, index in surplus)
        self._bulk().send(Item.delete(index, identity) for identity, index in surplus)

    def _items(self, documents: Iterable[Document], target: Target) -> Iterator[Item]:
        for document in documents:
            partition = target.generation.partition(_seen(document))
            self._make(target.generation, partition, target.alias)
            self._touched.add(partition)
            body = mapping.body(document, self._zone, readable=self._server.readable, unmasked=self._unmasked)
            if target.fields is not None:
                body = _cut(body, target.fields)
            yield Item.index(partition, document.article_id, mapping.version(document), body)

    def _bulk(self) -> Bulk:
        most = self._config.settings["elasticsearch.bulk_mb"] * _MEBIBYTE
        return Bulk(self._client, self._url, most_bytes=most)

    def delete(self, article_ids: Iterable[str]) -> None:
        # Nobody knows the year of an article that the ledger has no more: it is removed from every partition.
        ids = list(article_ids)
        if not ids:
            return
        targets = self._targets()
        there = self.state().partitions
        for target in targets:
            partitions = there.get(target.generation, ())
            self._touched.update(partitions)
            try:
                self._bulk().send(Item.delete(each, identity) for identity in ids for each in partitions)
            except (IndexMissing, ReadOnly):
                if target.needed:
                    raise

    def refresh(self, *, everything: bool = False) -> None:
        """With *everything* also what others wrote into the pinned generation."""
        if everything and self._pinned is not None:
            self._touched.update(self.state().partitions.get(self._pinned, ()))
        if self._touched:
            with told(self._url):
                # One that was removed meanwhile, with its generation, is nobody's loss.
                self._client.indices.refresh(index=sorted(self._touched), ignore_unavailable=True)
            self._touched.clear()

    @contextlib.contextmanager
    def rebuilding(self) -> Iterator[ElasticEngine]:
        self.abandon()
        made = self.begin()
        fresh = self.of(made, "rebuild")
        try:
            yield fresh
            fresh.refresh()
            fresh.settle_moved()
            fresh.refresh()
            self.take_over(made)
        except BaseException:
            self.abandon()
            raise
        finally:
            fresh.close()
        state = self.state()
        for one in state.unnamed:
            self.remove(one)

    def begin(self) -> Generation:
        """A new generation beside the one in use."""
        made = self._begin_generation()
        self._make(made, made.partition(datetime.now(self._zone)), self._layout.next_alias, at_once=True)
        return made

    def take_over(self, generation: Generation, *, keep: bool = False, mark: bool = False) -> None:
        """Let *generation* be asked in place of the one in use, at one instant.

        With *keep* the one before is kept, in place of any kept so far; with *mark* it is named as one that
        knows what *generation* missed.
        """
        layout, state = self._layout, self.state()
        before, kept = state.live, state.previous
        if before == generation:
            return
        changes = [("add", generation, layout.alias), ("remove", before, layout.alias)]
        changes += [("remove", generation, alias) for alias in (layout.next_alias, layout.previous_alias)]
        if keep:
            changes.append(("add", before, layout.previous_alias))
            if kept != generation:
                changes.append(("remove", kept, layout.previous_alias))
        if mark:
            changes.append(("add", before, layout.missed_alias))
        actions: list[Mapping[str, Any]] = [
            {kind: {"index": index, "alias": alias, **({"must_exist": False} if kind == "remove" else {})}}
            for kind, one, alias in changes
            if one is not None
            for index in state.partitions[one]
        ]
        with told(self._url):
            self._client.indices.update_aliases(actions=actions)
            # A writer may have made a partition under the old alias since.
            self._name_again(generation, layout.next_alias)
        self._asked = None

    def forget_missed(self) -> None:
        """What the generation in use missed is in the outbox."""
        alias = self._layout.missed_alias
        with told(self._url):
            self._client.indices.delete_alias(index=f"{self._layout.prefix}-*", name=alias)

    def abandon(self) -> None:
        """Remove what was being written beside the index in use."""
        following = self.state().following
        if following is not None:
            self.remove(following)

    def remove(self, generation: Generation) -> None:
        """Remove *generation*, and the templates of its mapping if it was the last one of that."""
        from elasticsearch import ApiError

        self._remove(self.state().partitions.get(generation, ()))
        if generation.fingerprint in self.state().fingerprints() | {self.fingerprint}:
            return
        with told(self._url), contextlib.suppress(ApiError):  # left over, they harm nothing
            self._client.indices.delete_index_template(name=generation.template)
            self._client.cluster.delete_component_template(name=f"{generation.template}-*")

    def _remove(self, indices: Sequence[str]) -> None:
        if indices:
            with told(self._url):
                self._client.indices.delete(index=list(indices), ignore_unavailable=True)
        self._made.difference_update(indices)

    # -- what a migration remembers of itself -------------------------------------------------------------

    def put_templates(self) -> None:
        """Put the templates of this mapping, in place of whatever bears their names."""
        with told(self._url):
            self._put_templates(Generation(0, self.fingerprint, self._layout.prefix))

    def meta(self, generation: Generation) -> dict[str, Any]:
        """What *generation* says of itself: what its template says, and what was noted since."""
        with told(self._url):
            found = self._client.indices.get_mapping(index=generation.name)
        merged: dict[str, Any] = {}
        for index in sorted(found):
            merged |= found[index]["mappings"].get("_meta", {})
        return merged

    def note(self, generation: Generation, **said: Any) -> None:
        """Let *generation* say so of itself."""
        meta = {**self.meta(generation), **said}
        with told(self._url):
            self._client.indices.put_mapping(index=generation.name, meta=meta)

    # -- asking -------------------------------------------------------------------------------------------

    def _ask(self, query: Query, *, whole: bool = True, **more: Any) -> Any:
        """The answer of a search; raises :class:`EngineError` where it is not that of every shard.

        Unless it is to be *whole*, what some shards found in time will do, and the caller says so.
        """
        if "pit" in more:  # which names its index itself, and is asked of every shard
            return self._answer(query, whole=whole, **more)
        partial = {"allow_partial_search_results": not whole}
        return self._of_asked(lambda name: self._answer(query, whole=whole, index=name, **partial, **more))

    def _of_asked(self, ask: Callable[[str], Any]) -> Any:
        """What *ask* answers of the generation that is asked; once more where that was removed meanwhile."""
        asked = self._reader()
        try:
            return ask(asked.name)
        except TakenAway:
            self._asked = None
            return ask(self._reader().name)
        except EngineError as fault:
            if isinstance(fault, Unreachable) and not isinstance(fault, Lacking):
                raise
            self._asked = None
            following = self._reader()
            if following == asked:
                raise
            return ask(following.name)

    def _answer(self, query: Query, *, whole: bool, **more: Any) -> Any:
        with told(self._url):
            # A server that lacks shards, or took too long, does so again at once.
            client = self._client.options(retry_on_status=(502,))
            answer = client.search(query=query, source=False, timeout=self._timeout, **more)
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

        def begin(name: str) -> Iterator[list[Any]]:
            with told(self._url):
                snapshot = self._client.open_point_in_time(index=name, keep_alive=_KEEP_ALIVE)["id"]
            pages = _Snapshot(self, snapshot).pages(query, more)
            next(pages)  # from here on its end closes the snapshot, also where nobody takes a match
            return pages

        found: Iterator[list[Any]] = self._of_asked(begin)
        return found

    # -- what a migration compares ------------------------------------------------------------------------

    def cells(self) -> dict[tuple[str, int], int]:
        """(source, day) → articles."""
        counted = self.count_over_time(None, now=_ANY_TIME, clock="day", split="source", size=_VALUES)
        return {(name, day): n for name, days in counted.split.items() for day, n in days.items()}

    def ids_of_cell(self, source: str, day: int) -> set[str]:
        """The articles of *source* on *day*."""
        query = {"bool": {"filter": [{"term": {"source": source}}, {"term": {"day": day}}]}}
        return {hit["_id"] for page in self._walk(query) for hit in page}

    def shown_of(self, article_ids: Sequence[str]) -> dict[str, list[tuple[int, str, int]]]:
        """Article → (revision, source, day) of each of its copies, of which there should be one."""
        found: dict[str, list[tuple[int, str, int]]] = {}
        fields = ["revision", "source", "day"]
        for page in self._walk({"terms": {"article_id": list(article_ids)}}, docvalue_fields=fields):
            for hit in page:
                revision, source, day = (hit["fields"][name][0] for name in fields)
                found.setdefault(hit["_id"], []).append((revision, source, day))
        return found

    def matches(self, tree: Node, article_id: str, *, now: datetime) -> bool:
        """Whether *tree* finds the article."""
        query = self._compiler.both(self._compiler.query(tree, now), {"term": {"article_id": article_id}})
        return bool(self._ask(query, size=0, track_total_hits=True)["hits"]["total"]["value"])

    def fields_of(self, generation: Generation) -> set[str]:
        """The names of the fields of *generation*."""
        (index, *_) = self.state().partitions[generation]
        return set(self._mapping(index).get("properties", {}))

    # -- the rest -----------------------------------------------------------------------------------------

    def info(self) -> EngineInfo:
        self._asked = None  # a rebuild may have taken over
        asked = self._reader()
        state = self.state()
        with told(self._url):
            stats = self._client.indices.stats(index=asked.name, metric="store")
            size = stats["_all"]["primaries"]["store"]["size_in_bytes"]
        articles = self._ask({"match_all": {}}, size=0, track_total_hits=True)["hits"]["total"]["value"]
        details = {
            "server": self._server.version,
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
            with told(self._url):
                found = stale(self._client, index, self._zone_name, datetime.now(self._zone))
            self._warned = (found,) if found else ()
        return self._warned

    def close(self) -> None:
        for snapshot in list(self._held):
            snapshot.close()
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        self._asked = None

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


def _seen(document: Document) -> datetime:
    """When the article was first seen: its year tells its partition."""
    return document.stored.first_seen_at if document.stored else document.at


def _cut(body: Mapping[str, Any], fields: Mapping[str, Any]) -> dict[str, Any]:
    """*body* without what *fields* lack."""
    kept: dict[str, Any] = {}
    for name, value in body.items():
        if name in fields:
            inner = fields[name].get("properties")
            kept[name] = _cut(value, inner or {}) if isinstance(value, dict) else value
    return {name: value for name, value in kept.items() if value != {}}


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
