"""Entry points, sources, their visits, and which stretches of time were collected."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from store import codec
from store.database import Database
from store.hosts import check
from store.states import EntryState, Fence, SourceState
from store.tables import coverage, entry_points, sources, visits

Outcome = Literal["ok", "partial", "failed", "blocked", "refused", "interrupted"]
_STATES: dict[Outcome, str | None] = {
    "ok": "ok",
    "partial": "ok",
    "failed": "failing",
    "blocked": "blocked",
    "refused": "refused",
    "interrupted": None,
}
"""The state of a source after a visit; ``None`` leaves the one it had: we went away before it answered."""


class Visits:
    """The part of the ledger that holds sources."""

    _db: Database

    def entry_state(self, source_id: str, url: str) -> EntryState:
        """What is remembered of an entry point; a blank state (never polled) for one not met before."""
        with self._db.reading() as connection:
            row = connection.execute(sa.select(entry_points).where(_entry(source_id, url))).one_or_none()
        return EntryState(source_id, url) if row is None else EntryState(**row._mapping)

    def save_entry_state(self, state: EntryState, *, fence: Fence | None = None) -> None:
        """Remember *state*; raises :class:`LeaseLost` as :meth:`~store.frontier.Frontier.captured` does."""
        with self._db.writing() as connection:
            check(connection, fence)
            _put(connection, entry_points, _entry(state.source_id, state.url), asdict(state))

    def source_state(self, source_id: str) -> SourceState | None:
        """How the source fares, or ``None`` if it was never visited."""
        with self._db.reading() as connection:
            row = connection.execute(sa.select(sources).where(sources.c.source_id == source_id)).one_or_none()
        return None if row is None else SourceState(**row._mapping)

    def source_states(self) -> list[SourceState]:
        """Every source ever visited, by id."""
        with self._db.reading() as connection:
            rows = connection.execute(sa.select(sources).order_by(sources.c.source_id)).all()
        return [SourceState(**row._mapping) for row in rows]

    def save_source_state(self, state: SourceState) -> None:
        """Remember *state*: when the source is due next, or that it refuses us."""
        with self._db.writing() as connection:
            _put(connection, sources, sources.c.source_id == state.source_id, asdict(state))

    def start_visit(self, source_id: str, at: datetime) -> int:
        """A visit of the source begins; its number."""
        with self._db.writing() as connection:
            return _start_visit(connection, source_id, at)

    def end_visit(
        self,
        visit_id: int,
        at: datetime,
        outcome: Outcome,
        counts: Mapping[str, Any],
        covered: tuple[datetime, datetime] | None = None,
        reason: str | None = None,
        next_due_at: datetime | None = None,
    ) -> None:
        """The visit ends; *counts* are JSON values.

        *covered* is the stretch of time whose publications the visit is sure to have seen; it is merged into
        :meth:`coverage`.  *reason* says why it is not ``ok``.  *next_due_at* ``None`` leaves what was there.
        Raises :class:`KeyError` for an unknown visit.
        """
        with self._db.writing() as connection:
            _end_visit(connection, visit_id, at, outcome, counts, covered, reason, next_due_at)

    def restore_visit(self, visit: Mapping[str, Any]) -> None:
        """Put back a visit that the archive kept (replay): once, however often it is told.

        Its keys: ``source_id``, ``started_at``, ``ended_at`` (ISO 8601 with a zone), ``outcome``, ``counts``,
        ``covered`` (two such times, or null), ``reason`` (or null).  Raises :class:`ValueError` for another
        shape.
        """
        try:
            source_id = str(visit["source_id"])
            started, ended = _moment(visit["started_at"]), _moment(visit["ended_at"])
            outcome, counts = visit["outcome"], visit.get("counts") or {}
            covered = visit.get("covered")
            stretch = None if covered is None else (_moment(covered[0]), _moment(covered[1]))
            if outcome not in _STATES:
                raise ValueError(f"outcome {outcome!r}")
        except (KeyError, TypeError, IndexError, ValueError) as fault:
            raise ValueError(f"not the record of a visit: {fault}") from None
        with self._db.writing() as connection:
            same = sa.and_(visits.c.source_id == source_id, visits.c.started_at == started)
            if connection.scalar(sa.select(visits.c.visit_id).where(same)) is not None:
                return
            visit_id = _start_visit(connection, source_id, started)
            _end_visit(connection, visit_id, ended, outcome, counts, stretch, visit.get("reason"), None)

    def coverage(
        self, source_ids: Collection[str] | None = None
    ) -> dict[str, list[tuple[datetime, datetime]]]:
        """The stretches of time collected, by source: apart, in order; a source without any has no key."""
        statement = sa.select(coverage).order_by(coverage.c.source_id, coverage.c.from_at)
        if source_ids is not None:
            statement = statement.where(coverage.c.source_id.in_(sorted(source_ids)))
        found: defaultdict[str, list[tuple[datetime, datetime]]] = defaultdict(list)
        with self._db.reading() as connection:
            for row in connection.execute(statement):
                found[row.source_id].append((row.from_at, row.to_at))
        return dict(found)


def _entry(source_id: str, url: str) -> sa.ColumnElement[bool]:
    return sa.and_(entry_points.c.source_id == source_id, entry_points.c.url == url)


def _moment(text: Any) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError(f"time without a zone: {text!r}")
    return at


def _put(
    connection: Connection, table: sa.Table, which: sa.ColumnElement[bool], values: Mapping[str, Any]
) -> None:
    """Update the row *which*, or insert it: inside a writing transaction nobody comes in between."""
    if not connection.execute(sa.update(table).where(which).values(**values)).rowcount:
        connection.execute(sa.insert(table).values(**values))


def _start_visit(connection: Connection, source_id: str, at: datetime) -> int:
    result = connection.execute(sa.insert(visits).values(source_id=source_id, started_at=at))
    which = sources.c.source_id == source_id
    row = connection.execute(sa.select(sources).where(which)).one_or_none()
    if row is None:
        connection.execute(
            sa.insert(sources).values(
                source_id=source_id, first_visited_at=at, last_visited_at=at, state="new"
            )
        )
    else:
        values = {
            "first_visited_at": min(row.first_visited_at or at, at),
            "last_visited_at": max(row.last_visited_at or at, at),
        }
        connection.execute(sa.update(sources).where(which).values(**values))
    return int(result.inserted_primary_key[0])  # type: ignore[index]  # one row was inserted: there is a key


def _end_visit(
    connection: Connection,
    visit_id: int,
    at: datetime,
    outcome: Outcome,
    counts: Mapping[str, Any],
    covered: tuple[datetime, datetime] | None,
    reason: str | None,
    next_due_at: datetime | None,
) -> None:
    visit = connection.execute(sa.select(visits).where(visits.c.visit_id == visit_id)).one_or_none()
    if visit is None:
        raise KeyError(visit_id)
    connection.execute(
        sa.update(visits)
        .where(visits.c.visit_id == visit_id)
        .values(ended_at=at, outcome=outcome, counts=codec.dumps(dict(counts)))
    )
    which = sources.c.source_id == visit.source_id
    source = connection.execute(sa.select(sources).where(which)).one()
    values: dict[str, Any] = {}
    if source.last_visited_at is None or visit.started_at >= source.last_visited_at:
        state = _STATES[outcome]
        values = {"state": state, "reason": reason} if state is not None else {}
    if outcome in ("ok", "partial"):
        values["last_ok_at"] = max(source.last_ok_at or at, at)
    if next_due_at is not None:
        values["next_due_at"] = next_due_at
    if values:
        connection.execute(sa.update(sources).where(which).values(**values))
    if covered is not None:
        _cover(connection, visit.source_id, *covered)


def _cover(connection: Connection, source_id: str, from_at: datetime, to_at: datetime) -> None:
    """Merge a stretch with those that it overlaps or touches."""
    if to_at < from_at:
        raise ValueError(f"a stretch that ends before it begins: {from_at} to {to_at}")
    touching = sa.and_(
        coverage.c.source_id == source_id, coverage.c.from_at <= to_at, coverage.c.to_at >= from_at
    )
    rows = connection.execute(sa.select(coverage).where(touching)).all()
    connection.execute(sa.delete(coverage).where(touching))
    connection.execute(
        sa.insert(coverage).values(
            source_id=source_id,
            from_at=min([from_at, *(row.from_at for row in rows)]),
            to_at=max([to_at, *(row.to_at for row in rows)]),
        )
    )
