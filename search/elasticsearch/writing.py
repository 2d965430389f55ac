"""Writing the index: every generation that there is, and each article in one partition of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from config.zones import zone
from search.elasticsearch import mapping
from search.elasticsearch.bulk import Bulk, Item, Outcome
from search.engine import Document, EngineBusy, EngineError, IndexMissing, Unreachable, Unwritten

if TYPE_CHECKING:
    from config.settings import Settings
    from search.elasticsearch.asking import Asking
    from search.elasticsearch.client import Connection
    from search.elasticsearch.generations import Generations
    from search.elasticsearch.layout import Generation, State
    from search.elasticsearch.queries import Query

_MEBIBYTE = 1 << 20
_DRAINED: Query = {"range": {"order": {"gte": 1}}}
"""What came through the outbox, not from filling a generation."""


@dataclass(frozen=True, slots=True)
class Target:
    """A generation that is written."""

    generation: Generation
    fields: Mapping[str, Any] | None = None
    """The fields that it has, where it is of another mapping: documents are cut down to them."""
    needed: bool = True
    """Whether a fault of it is one of the writing: not where it is only kept."""


class Writing:
    """Writes what *generations* has or, where one is *pinned*, that one alone."""

    def __init__(
        self,
        connection: Connection,
        generations: Generations,
        asking: Asking,
        settings: Settings,
        pinned: Generation | None,
    ) -> None:
        self._connection, self._generations, self._asking = connection, generations, asking
        self._settings, self._pinned = settings, pinned
        self._zone = zone(settings["index.time_zone"])
        self._touched: set[str] = set()
        """Partitions written since the last refresh."""
        self._refused: dict[str, tuple[int, str]] = {}
        self._stale: dict[str, str] = {}
        """Article → the partition that has a newer state of it."""

    def _targets(self) -> list[Target]:
        """The generations that are written; where there is none, one is made."""
        generations = self._generations
        if self._pinned is not None:
            return [Target(self._pinned)]
        state = generations.state()
        live, following, mine = state.live, state.following, generations.fingerprint
        if live is None:
            live = generations.first()
        is_mine = [one is not None and one.fingerprint == mine for one in (live, following)]
        if not any(is_mine):
            raise generations.unusable(state)
        if following is not None and not is_mine[1]:
            raise EngineBusy(
                f"{following.name} is being written for another version of Marsad, which indexes until that "
                "is done. Next: wait, or end it with `marsad index migrate --rollback`"
            )
        generations.name_lost(state)
        targets = [Target(live, self._cut_to(live, state))]
        if following is not None:
            targets.append(Target(following))
        if state.previous is not None:
            targets.append(Target(state.previous, self._cut_to(state.previous, state), needed=False))
        return targets

    def _cut_to(self, generation: Generation, state: State) -> Mapping[str, Any] | None:
        """The fields of *generation*, where it is of another mapping."""
        mine = generation.fingerprint == self._generations.fingerprint
        return None if mine else self._generations.fields_of(generation, state)

    def upsert(self, documents: Iterable[Document]) -> int:
        # First what the ledger has, then who is to get it: a generation that is begun in between is filled
        # from the ledger as it is after that.
        batch = list(documents)
        targets = self._targets()
        while True:
            try:
                return self._write(batch, targets).taken
            except IndexMissing:
                self._generations.forget_made()
                # A generation that has left meanwhile is no loss; one of those that stay has lost something.
                now = self._generations.state()
                named = (now.live, now.following, now.previous)
                stay = all(one.generation in named for one in targets)
                if self._pinned is not None or now.live is None or stay:
                    raise
                targets = self._targets()

    def _write(self, batch: Sequence[Document], targets: Sequence[Target]) -> Outcome:
        """Write *batch* into each of *targets*; what became of it in the first one of our mapping."""
        mine: Outcome | None = None
        for target in targets:
            try:
                outcome = self._send(self._items(batch, target))
                if self._pinned is None:
                    self._settle(batch, target.generation)
            except EngineError as fault:
                if target.needed:
                    raise
                _not_written(target, fault)
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
            for one in self._got(named, source_includes=["revision", "order"]):
                known = one.get("_source")
                held[one["_id"]] = (known["revision"], known["order"]) if known else None
        return Unwritten(refused, held)

    def drained(self) -> Iterator[str]:
        """The articles here that came through the outbox, not by filling this generation."""
        return (hit["_id"] for page in self._asking.walk(_DRAINED) for hit in page)

    def _settle(self, batch: Sequence[Document], generation: Generation) -> None:
        """Leave one copy of each article of *batch*: a page that was found to have been seen in another year
        has moved, and who was stopped since may have written it where it was."""
        there = self._generations.state().partitions.get(generation, ()) if batch else ()
        places = {one.article_id: generation.partition(_seen(one)) for one in batch}
        others = [
            (identity, index) for identity, place in places.items() for index in there if index != place
        ]
        moved = {one["_id"] for one in self._looked_up(others)}
        self._keep_newest([(identity, index) for identity in moved for index in there])

    def settle_moved(self) -> None:
        """Look for articles in more than one partition among all that drains have written here: what
        filled this generation may have put one back where a drain had just taken it away."""
        assert self._pinned is not None
        there = self._generations.state().partitions.get(self._pinned, ())
        if len(there) < 2:
            return
        for page in self._asking.walk(_DRAINED):
            self._keep_newest([(hit["_id"], index) for hit in page for index in there])

    def _keep_newest(self, places: Sequence[tuple[str, str]]) -> None:
        """Of the copies of each article at *places* (article, partition) leave the one of the highest version
        or, of two, that of the earlier year."""
        found: dict[str, list[tuple[int, str]]] = {}
        for one in self._looked_up(places):
            found.setdefault(one["_id"], []).append((-one["_version"], one["_index"]))
        surplus = [(identity, index) for identity, some in found.items() for _, index in sorted(some)[1:]]
        self._touched.update(index for _, index in surplus)
        self._send(Item.delete(index, identity) for identity, index in surplus)

    def _looked_up(self, places: Sequence[tuple[str, str]]) -> list[Any]:
        """The copies that there are at *places* (article, partition)."""
        docs = [{"_index": index, "_id": identity, "_source": False} for identity, index in places]
        return [one for one in self._got(docs, source=False) if one.get("found")]

    def _got(self, docs: Sequence[Mapping[str, Any]], **more: Any) -> list[Any]:
        """What the server has of *docs*; where it cannot look is not taken for where it has none."""
        if not docs:
            return []
        with self._connection.asked() as client:
            answers = list(client.mget(docs=docs, **more)["docs"])
        for one in answers:
            error = one.get("error", {})
            if error and error["type"] != "index_not_found_exception":
                raise Unreachable(
                    f"{one['_index']} cannot be looked at ({error.get('reason')}). "
                    "Next: see to the server (`GET _cluster/allocation/explain`); what is to be indexed waits"
                )
        return answers

    def _items(self, documents: Iterable[Document], target: Target) -> Iterator[Item]:
        readable, unmasked = self._connection.server.readable, self._settings["privacy.unmasked"]
        for document in documents:
            partition = target.generation.partition(_seen(document))
            self._generations.make(target.generation, partition)
            self._touched.add(partition)
            body = mapping.body(document, self._zone, readable=readable, unmasked=unmasked)
            if target.fields is not None:
                body = _cut(body, target.fields)
            yield Item.index(partition, document.article_id, mapping.version(document), body)

    def _send(self, items: Iterable[Item]) -> Outcome:
        most = self._settings["elasticsearch.bulk_mb"] * _MEBIBYTE
        return Bulk(self._connection, most_bytes=most).send(items)

    def delete(self, article_ids: Iterable[str]) -> None:
        # Nobody knows the year of an article that the ledger has no more: it is removed from every partition.
        ids = list(article_ids)
        if not ids:
            return
        targets = self._targets()
        there = self._generations.state().partitions
        for target in targets:
            partitions = there.get(target.generation, ())
            self._touched.update(partitions)
            try:
                self._send(Item.delete(each, identity) for identity in ids for each in partitions)
            except EngineError as fault:
                if target.needed:
                    raise
                _not_written(target, fault)

    def refresh(self, *, everything: bool = False) -> None:
        """With *everything* also what others wrote into the pinned generation."""
        if everything and self._pinned is not None:
            self._touched.update(self._generations.state().partitions.get(self._pinned, ()))
        if self._touched:
            with self._connection.asked() as client:
                # One that was removed meanwhile, with its generation, is nobody's loss.
                client.indices.refresh(index=sorted(self._touched), ignore_unavailable=True)
            self._touched.clear()


def _not_written(target: Target, fault: EngineError) -> None:
    import structlog

    log = structlog.get_logger("marsad.index")
    log.warning("kept_index_not_written", index=target.generation.name, fault=str(fault))


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
