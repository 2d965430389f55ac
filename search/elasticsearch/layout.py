"""Where an index lies on the server: its generations, their yearly partitions, and the alias that is asked.

A generation is one writing of the whole index under one mapping: ``marsad-1f2e3d4c-000002`` has the
partitions ``marsad-1f2e3d4c-000002-2026`` …, one a year of first capture, which never changes.  An
alias of the generation's own name stands for all its partitions.  The alias ``marsad`` names those of the one
in use, ``marsad-next`` those of one that is written beside it, ``marsad-previous`` those of the one before,
which a migration keeps; ``marsad-missed`` those that a rollback left, until the ledger knows what came in
meanwhile.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True, order=True)
class Generation:
    """One writing of the index."""

    number: int
    fingerprint: str
    prefix: str

    @property
    def name(self) -> str:
        return f"{self.template}-{self.number:06d}"

    @property
    def template(self) -> str:
        """The name of the index template, which is that of every generation of this mapping."""
        return template_name(self.prefix, self.fingerprint)

    def partition(self, first_seen_at: datetime) -> str:
        """The index that an article first seen then lies in."""
        return f"{self.name}-{first_seen_at.year:04d}"


@dataclass(frozen=True, slots=True)
class State:
    """Which generations there are, as one look at the server showed them."""

    live: Generation | None = None
    """The one that is asked."""
    following: Generation | None = None
    """The one that is written beside it."""
    previous: Generation | None = None
    """The one that was asked before, kept."""
    missed: Generation | None = None
    """The one that a rollback left, while it is not known yet what the one in use missed."""
    lost: tuple[tuple[str, str], ...] = ()
    """(partition, alias) that should name it and does not: somebody removed it there, or whoever made the
    partition was killed before it had a name."""
    partitions: Mapping[Generation, tuple[str, ...]] = field(default_factory=dict)
    """Of every generation; also of those that no alias names."""

    @property
    def unnamed(self) -> list[Generation]:
        """Those that no alias names: somebody removed it."""
        return sorted(set(self.partitions) - {self.live, self.following, self.previous})

    def fingerprints(self) -> set[str]:
        return {one.fingerprint for one in self.partitions}


@dataclass(frozen=True, slots=True)
class Layout:
    """The names that begin with *prefix*."""

    prefix: str

    @property
    def alias(self) -> str:
        """What is asked."""
        return self.prefix

    @property
    def next_alias(self) -> str:
        """What is being written beside it."""
        return f"{self.prefix}-next"

    def generation_of(self, index: str) -> Generation | None:
        """The generation that *index* is a partition of."""
        found = re.fullmatch(rf"{re.escape(self.prefix)}-([0-9a-f]{{8}})-(\d{{6}})-\d{{4}}", index)
        return Generation(int(found[2]), found[1], self.prefix) if found else None

    @property
    def previous_alias(self) -> str:
        """What was asked before."""
        return f"{self.prefix}-previous"

    @property
    def missed_alias(self) -> str:
        """What a rollback left."""
        return f"{self.prefix}-missed"

    def alias_of(self, generation: Generation, state: State) -> str | None:
        """What names *generation* in *state*."""
        for one, alias in self._named_in(state.live, state.following, state.previous):
            if one == generation:
                return alias
        return None

    def _named_in(
        self, live: Generation | None, following: Generation | None, previous: Generation | None
    ) -> tuple[tuple[Generation | None, str], ...]:
        return (live, self.alias), (following, self.next_alias), (previous, self.previous_alias)

    def state(self, aliases: Mapping[str, Iterable[str]]) -> State:
        """What *aliases* (index → the aliases that name it) mean."""
        partitions: dict[Generation, list[str]] = {}
        named: dict[str, set[Generation]] = {}
        for index in sorted(aliases):
            generation = self.generation_of(index)
            if generation is not None:
                partitions.setdefault(generation, []).append(index)
                for alias in aliases[index]:
                    named.setdefault(alias, set()).add(generation)

        def newest(alias: str, but: Generation | None = None) -> Generation | None:
            return max((one for one in named.get(alias, ()) if one != but), default=None)

        live = newest(self.alias)
        following, previous = newest(self.next_alias, live), newest(self.previous_alias, live)
        return State(
            live,
            following,
            previous,
            newest(self.missed_alias, live),
            tuple(
                (index, name)
                for one, alias in self._named_in(live, following, previous)
                if one is not None
                for index in partitions[one]
                for name in (alias, one.name)
                if name not in aliases[index]
            ),
            {generation: tuple(indices) for generation, indices in partitions.items()},
        )


def template_name(prefix: str, fingerprint: str) -> str:
    return f"{prefix}-{fingerprint}"
