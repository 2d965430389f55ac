"""The generations on the server: which there are, and how one is begun, comes into use and is removed.

What each is called, and what names it, is in :mod:`search.elasticsearch.layout`.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from config.zones import zone
from search.elasticsearch import mapping
from search.elasticsearch.client import kind
from search.elasticsearch.layout import Generation, Layout, State, template_name
from search.engine import EngineError, IndexMissing, MigrationNeeded

if TYPE_CHECKING:
    from config.settings import Settings
    from search.analysis import Analysis
    from search.elasticsearch.client import Connection

_MASTER = "10s"
"""How long a cluster that has lost its master may take to have one again, before it is said not to answer."""
_STARTED = "5s"
"""How long a partition that is made just now may take until it can be searched."""
_READ_S = 600.0
"""How long what is to be removed waits for the exports that read it."""


class Generations:
    """Those of the index that *settings* name, on the server of *connection*; *analysis* and *settings* are
    of this version of Marsad."""

    def __init__(self, connection: Connection, analysis: Analysis, settings: Settings) -> None:
        self._connection, self._analysis = connection, analysis
        self.layout = Layout(settings["elasticsearch.index"])
        self._zone_name: str = settings["index.time_zone"]
        self._zone = zone(self._zone_name)
        self._fields: dict[Generation, Mapping[str, Any]] = {}
        self._made: set[str] = set()
        """Partitions that are known to be there."""

    @cached_property
    def _components(self) -> dict[str, dict[str, Any]]:
        return mapping.components(self._analysis if self._connection.server.readable else None)

    @cached_property
    def fingerprint(self) -> str:
        return mapping.fingerprint(self._analysis.version, self._zone_name, self._components)

    def state(self) -> State:
        """Which generations there are now."""
        with self._connection.asked() as client:
            there = client.indices.get(
                index=f"{self.layout.prefix}-*",
                features="aliases",
                expand_wildcards="all",
                master_timeout=_MASTER,
            )
        return self.layout.state({index: one["aliases"] for index, one in there.items()})

    def unusable(self, state: State) -> EngineError:
        """Why there is no generation to be used."""
        alias = self.layout.alias
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

    def fields_of(self, generation: Generation, state: State | None = None) -> Mapping[str, Any]:
        """The fields of *generation*, by name."""
        if generation not in self._fields:
            (index, *_) = (state or self.state()).partitions[generation]
            self._fields[generation] = self._mapping(index).get("properties", {})
        return self._fields[generation]

    def _mapping(self, index: str) -> dict[str, Any]:
        with self._connection.asked() as client:
            (found,) = client.indices.get_mapping(index=index).values()
        return dict(found["mappings"])

    # -- beginning one ------------------------------------------------------------------------------------

    def begin(self) -> Generation:
        """A new generation beside the one in use, in place of any that was being written there.

        Its number is that of none before: who wrote that one, and was only stopped, must not find his in it.
        """
        state = self.state()
        made = self._begun(state, self.layout.next_alias)
        if state.following is not None:
            self.remove(state.following)
        return made

    def first(self) -> Generation:
        """The one in use, begun now where there is none.

        Two processes that both find none must not make one each: in one look at the server they either see
        the other's or choose the same number.
        """
        state = self.state()
        return state.live or self._begun(state, self.layout.alias)

    def _begun(self, state: State, alias: str) -> Generation:
        number = max((one.number for one in state.partitions), default=0) + 1
        made = Generation(number, self.fingerprint, self.layout.prefix)
        self.put_templates()
        self.make(made, made.partition(datetime.now(self._zone)), first_as=alias)
        return made

    def put_templates(self) -> None:
        """Put the templates of this mapping, in place of whatever bears their names."""
        template = template_name(self.layout.prefix, self.fingerprint)
        meta = {
            "fingerprint": self.fingerprint,
            "mapping_version": mapping.MAPPING_VERSION,
            "analysis": self._analysis.version,
            "time_zone": self._zone_name,
        }
        composed = []
        with self._connection.asked() as client:
            for name, body in self._components.items():
                composed.append(f"{template}-{name}")
                client.cluster.put_component_template(
                    name=composed[-1], template=body, version=mapping.MAPPING_VERSION, meta=meta
                )
            client.indices.put_index_template(
                name=template,
                index_patterns=[f"{template}-*"],
                composed_of=composed,
                template={"mappings": {"_meta": meta}},
                priority=500,
                version=mapping.MAPPING_VERSION,
                meta=meta,
                # A partition that somebody removed is not made by a write, empty and without its alias.
                allow_auto_create=False,
            )

    def make(self, generation: Generation, partition: str, *, first_as: str | None = None) -> None:
        """Make *partition* of *generation*, unless it is there, and let it be named as the others are.

        It is named when it can be searched, so that no search meets a shard that is still to begin; the
        first one at once, *first_as* so: nothing is asked yet, and two processes must not make a generation
        each.
        """
        from elasticsearch import BadRequestError

        if partition in self._made:
            return
        if not first_as and self.layout.alias_of(generation, self.state()) is None:
            raise self._removed(generation)
        given: dict[str, Any] | None = {first_as: {}, generation.name: {}} if first_as else None
        is_new = True
        with self._connection.asked() as client:
            try:
                client.indices.create(index=partition, aliases=given)
                if not self._is_sound(partition) and self._put_lost(generation):
                    self._remove([partition])
                    client.indices.create(index=partition, aliases=given)
            except BadRequestError as fault:
                if "resource_already_exists" not in str(fault):
                    raise
                is_new = False
        if not self._is_sound(partition):
            with contextlib.suppress(EngineError):  # not every key may
                self._remove([partition] if is_new else [])
            raise EngineError(
                f"{partition} could not be made: the index template {generation.template} was edited or "
                "removed on the server. Next: `marsad index migrate` puts it back"
            )
        if is_new and not first_as:
            self._name_as_the_others(generation, [partition])
        self._made.add(partition)

    def _removed(self, generation: Generation) -> IndexMissing:
        return IndexMissing(
            f"{generation.name} was removed while it was written: another process has begun to write the "
            "index anew, or has done so. Next: `marsad index status`, then begin again"
        )

    def forget_made(self) -> None:
        """One of those that are known to be there is not."""
        self._made.clear()

    def name_lost(self, state: State) -> None:
        """Name the partitions that lack one: what is written there is to show."""
        lost = sorted({index for index, _ in state.lost if self._is_sound(index)})
        if lost:
            with self._connection.asked() as client:  # somebody may be making it just now
                soon = client.options(ignore_status=408).cluster.health
                soon(index=lost, wait_for_status="yellow", timeout=_STARTED)
        for generation, indices in state.partitions.items():
            if named := [index for index in indices if index in lost]:
                with contextlib.suppress(IndexMissing):  # it has gone out of use meanwhile
                    self._name_as_the_others(generation, named)

    def _put_lost(self, generation: Generation) -> bool:
        """Put the templates of *generation* where there are none, and say whether: a restored index has come
        without them, and a partition that is made then has no mapping."""
        if generation.fingerprint != self.fingerprint:
            return False
        with contextlib.suppress(EngineError), self._connection.asked() as client:  # not every key may look
            if not client.indices.exists_index_template(name=generation.template):
                self.put_templates()
                return True
        return False

    def mend(self, generation: Generation) -> None:
        """Remove the partitions of *generation* that were made without its fields, and so hold nothing."""
        for index in self.state().partitions[generation]:
            with self._connection.asked() as client:
                if not self._is_sound(index):
                    client.indices.refresh(index=index)
                    if not client.count(index=index)["count"]:
                        self._remove([index])

    def _is_sound(self, partition: str) -> bool:
        """Whether *partition* has the fields of its generation."""
        generation, made = self.layout.generation_of(partition), self._mapping(partition)
        assert generation is not None  # it is named as one is
        if generation.fingerprint == self.fingerprint:
            wanted = self._components["mapping"]["mappings"]["properties"]
        else:
            wanted = self.fields_of(generation)
        said = made.get("_meta", {}).get("fingerprint")
        return bool(said == generation.fingerprint and wanted.items() <= made.get("properties", {}).items())

    def _name_as_the_others(self, generation: Generation, partitions: Sequence[str]) -> None:
        """Let *partitions* have the names of *generation*.

        Another generation may come into use between the look and the naming.  So the request also takes the
        alias from a partition that has it and gives it back: where none has it any more, the server does
        nothing at all of it, and one looks again.
        """
        from elasticsearch import NotFoundError

        while True:
            state = self.state()
            alias = self.layout.alias_of(generation, state)
            if alias is None:
                raise self._removed(generation)
            has = next(one for one in state.partitions[generation] if (one, alias) not in state.lost)
            names = [(has, alias), *((one, name) for one in partitions for name in (alias, generation.name))]
            actions: list[Mapping[str, Any]] = [
                {"remove": {"index": has, "alias": alias, "must_exist": True}},
                *({"add": {"index": index, "alias": name}} for index, name in names),
            ]
            with self._connection.asked() as client:
                try:
                    client.indices.update_aliases(actions=actions)
                    return
                except NotFoundError as fault:
                    if kind(fault) != "aliases_not_found_exception":
                        raise

    def _name(self, actions: Sequence[Mapping[str, Any]]) -> None:
        with self._connection.asked() as client:
            client.indices.update_aliases(actions=actions)

    # -- coming into use, and leaving ---------------------------------------------------------------------

    def take_over(self, generation: Generation, *, keep: bool = False, mark: bool = False) -> None:
        """Let *generation* be asked in place of the one in use, at one instant.

        With *keep* the one before is kept, in place of any kept so far; with *mark* it is named as one that
        knows what *generation* missed.
        """
        layout, state = self.layout, self.state()
        before, kept = state.live, state.previous
        if before == generation:
            return
        if generation not in state.partitions:
            raise self._removed(generation)
        changes = [("add", generation, layout.alias), ("remove", before, layout.alias)]
        changes += [("remove", generation, alias) for alias in (layout.next_alias, layout.previous_alias)]
        if keep:
            changes.append(("add", before, layout.previous_alias))
            if kept != generation:
                changes.append(("remove", kept, layout.previous_alias))
        if mark:
            changes.append(("add", before, layout.missed_alias))
        actions: list[Mapping[str, Any]] = [
            {
                act: {
                    "index": f"{one.name}-*",
                    "alias": alias,
                    **({"must_exist": False} if act == "remove" else {}),
                }
            }
            for act, one, alias in changes
            if one is not None
        ]
        # The second time for a partition that a writer named while the server looked which there are.
        for _ in range(2):
            self._name(actions)

    def forget_missed(self) -> None:
        """What the generation in use missed is in the outbox."""
        alias = self.layout.missed_alias
        with self._connection.asked() as client:
            client.indices.delete_alias(index=f"{self.layout.prefix}-*", name=alias)

    def retire(self, generation: Generation) -> None:
        """Remove *generation* when nobody reads it any more.

        From now on nothing names it, so nobody begins to; exports that have begun go on to their end.  One
        that lasts too long leaves it to the next rebuild or migration.
        """
        from elasticsearch import NotFoundError

        nameless = [
            {"remove": {"index": index, "alias": "*"}}
            for index in self.state().partitions.get(generation, ())
        ]
        if nameless:
            # It may have no name any more.
            with self._connection.asked() as client, contextlib.suppress(NotFoundError):
                client.indices.update_aliases(actions=nameless)
        until = None
        while reading := self._reading(generation):
            said = {"index": generation.name, "reading": reading}
            if until is None:
                until = time.monotonic() + _READ_S
                _log().info("index_still_read", **said, next="removed when they have ended")
            if time.monotonic() > until:
                _log().warning("index_left", **said, next="the next rebuild or migration removes it")
                return
            time.sleep(1)
        self.remove(generation)

    def _reading(self, generation: Generation) -> int:
        """Searches and exports that are under way there."""
        with self._connection.asked() as client:
            found = client.indices.stats(
                index=f"{generation.name}-*",
                metric="search",
                expand_wildcards="all",
                forbid_closed_indices=False,
            )
        count: int = found["_all"]["total"].get("search", {}).get("open_contexts", 0)
        return count

    def remove(self, generation: Generation) -> None:
        """Remove *generation*, and the templates of its mapping if it was the last one of that."""
        from elasticsearch import ApiError

        self._remove(self.state().partitions.get(generation, ()))
        if generation.fingerprint in self.state().fingerprints() | {self.fingerprint}:
            return
        # Left over, they harm nothing.
        with self._connection.asked() as client, contextlib.suppress(ApiError):
            client.indices.delete_index_template(name=generation.template)
            client.cluster.delete_component_template(name=f"{generation.template}-*")

    def _remove(self, indices: Sequence[str]) -> None:
        if indices:
            with self._connection.asked() as client:
                client.indices.delete(index=list(indices), ignore_unavailable=True)
        self._made.difference_update(indices)

    # -- what one says of itself --------------------------------------------------------------------------

    def meta(self, generation: Generation) -> dict[str, Any]:
        """What *generation* says of itself: what its template says, and what was noted since."""
        with self._connection.asked() as client:
            found = client.indices.get_mapping(index=generation.name)
        merged: dict[str, Any] = {}
        for index in sorted(found):
            merged |= found[index]["mappings"].get("_meta", {})
        return merged

    def note(self, generation: Generation, **said: Any) -> None:
        """Let *generation* say so of itself."""
        meta = {**self.meta(generation), **said}
        with self._connection.asked() as client:
            client.indices.put_mapping(index=generation.name, meta=meta)


def _log() -> Any:
    import structlog

    return structlog.get_logger("marsad.index")
