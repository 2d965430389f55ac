"""How sources are: what was judged of each, when that changed, and what could not be collected meanwhile."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from store.database import AnyRow, Database
from store.tables import gaps, health, health_changes, hosts, visits


class State(StrEnum):
    """How a source is, the better first."""

    OK = "ok"
    QUIET = "quiet"
    WARNING = "warning"
    FAILING = "failing"
    BLOCKED = "blocked"
    REFUSED = "refused"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class Health:
    """What is judged of one source."""

    source_id: str
    state: State
    since: datetime
    """When it came to be so."""
    reason: str
    """In one sentence."""
    next_move: str
    """What a person can do about it; empty where nothing is to be done."""
    evidence: Mapping[str, Any] = field(default_factory=dict)
    """JSON values: what the judgement rests on."""
    checked_at: datetime | None = None


INDEXING = "job:outbox"
"""Stands for the indexing where a source's id does for a source: no source can be called so."""


@dataclass(frozen=True, slots=True)
class HealthChange:
    """A source, or the indexing, changed its state."""

    change_id: int
    source_id: str
    """Or :data:`INDEXING`."""
    at: datetime
    was: str | None
    state: str
    reason: str


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch of time whose publications were not collected."""

    source_id: str
    from_at: datetime
    to_at: datetime | None
    """``None``: it goes on."""
    reason: str


@dataclass(frozen=True, slots=True)
class Visited:
    """One visit that has ended."""

    source_id: str
    started_at: datetime
    outcome: str
    new: int
    """Links that were not known before."""


class HealthRecords:
    """The part of the ledger that holds the health of sources."""

    _db: Database

    def visits_since(self, since: datetime, source_id: str | None = None) -> Iterator[Visited]:
        """Every visit that began at or after *since* and has ended, by source and time."""
        statement = (
            sa.select(visits.c.source_id, visits.c.started_at, visits.c.outcome, visits.c.counts)
            .where(visits.c.started_at >= since, visits.c.ended_at.is_not(None))
            .order_by(visits.c.source_id, visits.c.started_at)
        )
        if source_id is not None:
            statement = statement.where(visits.c.source_id == source_id)
        with self._db.reading() as connection:
            rows = connection.execute(statement).all()
        for row in rows:
            counts = json.loads(row.counts) if row.counts else {}
            yield Visited(row.source_id, row.started_at, row.outcome, int(counts.get("new", 0)))

    def blocks(self, now: datetime) -> dict[str, tuple[datetime, str]]:
        """Hosts that are left alone at *now*: until when, and why."""
        statement = sa.select(hosts.c.host, hosts.c.blocked_until, hosts.c.blocked_reason)
        with self._db.reading() as connection:
            rows = connection.execute(statement.where(hosts.c.blocked_until > now)).all()
        return {row.host: (row.blocked_until, row.blocked_reason or "") for row in rows}

    def health(self) -> dict[str, Health]:
        """What was last judged of each source."""
        with self._db.reading() as connection:
            return {row.source_id: _health(row) for row in connection.execute(sa.select(health))}

    def judged(self, found: Sequence[Health], now: datetime) -> list[HealthChange]:
        """Keep what was judged at *now*; the changes of state, in order.

        A source that is as it was keeps its ``since``.
        """
        changes = []
        with self._db.writing() as connection:
            before = {row.source_id: row for row in connection.execute(sa.select(health))}
            for one in found:
                row = before.get(one.source_id)
                same = row is not None and row.state == one.state
                values = {
                    "state": str(one.state),
                    "since": row.since if row is not None and same else one.since,
                    "checked_at": now,
                    "document": json.dumps(
                        {"reason": one.reason, "next_move": one.next_move, "evidence": one.evidence},
                        ensure_ascii=False,
                    ),
                }
                which = health.c.source_id == one.source_id
                if row is None:
                    connection.execute(sa.insert(health).values(source_id=one.source_id, **values))
                else:
                    connection.execute(sa.update(health).where(which).values(values))
                if same:
                    continue
                was = row.state if row is not None else None
                change = {
                    "source_id": one.source_id,
                    "at": now,
                    "was": was,
                    "state": str(one.state),
                    "reason": one.reason,
                }
                number = connection.execute(
                    sa.insert(health_changes).values(change).returning(health_changes.c.change_id)
                ).scalar_one()
                changes.append(HealthChange(number, one.source_id, now, was, str(one.state), one.reason))
            gone = set(before) - {one.source_id for one in found}
            connection.execute(sa.delete(health).where(health.c.source_id.in_(sorted(gone))))
        return changes

    def untold_changes(self) -> list[HealthChange]:
        """Changes that nobody was told of yet, the oldest first."""
        statement = (
            sa.select(health_changes)
            .where(health_changes.c.told_at.is_(None))
            .order_by(health_changes.c.change_id)
        )
        with self._db.reading() as connection:
            return [_change(row) for row in connection.execute(statement)]

    def told(self, changes: Collection[HealthChange], at: datetime) -> None:
        """Somebody was told of *changes*."""
        numbers = [one.change_id for one in changes]
        with self._db.writing() as connection:
            connection.execute(
                sa.update(health_changes).where(health_changes.c.change_id.in_(numbers)).values(told_at=at)
            )

    def health_changes(self, source_id: str, limit: int = 20) -> list[HealthChange]:
        """The latest changes of one source, the newest first."""
        statement = (
            sa.select(health_changes)
            .where(health_changes.c.source_id == source_id)
            .order_by(health_changes.c.change_id.desc())
            .limit(limit)
        )
        with self._db.reading() as connection:
            return [_change(row) for row in connection.execute(statement)]

    # ---- gaps --------------------------------------------------------------------------------------------

    def gaps(self, source_ids: Collection[str] | None = None) -> dict[str, list[Gap]]:
        """What was not collected, by source, in order."""
        statement = sa.select(gaps).order_by(gaps.c.source_id, gaps.c.from_at)
        if source_ids is not None:
            statement = statement.where(gaps.c.source_id.in_(sorted(source_ids)))
        found: defaultdict[str, list[Gap]] = defaultdict(list)
        with self._db.reading() as connection:
            for row in connection.execute(statement):
                found[row.source_id].append(Gap(row.source_id, row.from_at, row.to_at, row.reason))
        return dict(found)

    def set_gaps(self, source_id: str, found: Sequence[Gap]) -> bool:
        """Keep *found* as all the gaps of a source; whether that changed anything."""
        rows = [{"from_at": gap.from_at, "to_at": gap.to_at, "reason": gap.reason} for gap in found]
        with self._db.writing() as connection:
            which = gaps.c.source_id == source_id
            known = connection.execute(
                sa.select(gaps.c.from_at, gaps.c.to_at, gaps.c.reason).where(which).order_by(gaps.c.from_at)
            )
            if [dict(row._mapping) for row in known] == rows:
                return False
            connection.execute(sa.delete(gaps).where(which))
            if rows:
                connection.execute(sa.insert(gaps), [{"source_id": source_id, **row} for row in rows])
        return True


def _health(row: AnyRow) -> Health:
    said = json.loads(row.document)
    return Health(
        row.source_id,
        State(row.state),
        row.since,
        said["reason"],
        said["next_move"],
        said["evidence"],
        row.checked_at,
    )


def _change(row: AnyRow) -> HealthChange:
    return HealthChange(row.change_id, row.source_id, row.at, row.was, row.state, row.reason)
