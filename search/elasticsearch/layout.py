"""Where an index lies on the server: its generations, their yearly partitions, and the alias that is asked.

A generation is one writing of the whole index under one mapping: ``marsad-1f2e3d4c-000002`` has the
partitions ``marsad-1f2e3d4c-000002-2026`` …, one a year of first capture, which never changes.  The alias
``marsad`` names the partitions of the one in use; ``marsad-next`` those of one that is written beside it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
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
        return f"{self.prefix}-{self.fingerprint}"

    def partition(self, first_seen_at: datetime) -> str:
        """The index that an article first seen then lies in."""
        return f"{self.name}-{first_seen_at.year:04d}"


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

    def generations(self, indices: Iterable[str]) -> list[Generation]:
        """Those that *indices* belong to, oldest first."""
        return sorted({one for index in indices if (one := self.generation_of(index))})
