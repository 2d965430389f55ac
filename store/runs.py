"""Runs, each a row from start to end; jobs, with when they are due; locks that have one holder at a time."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from store import owners
from store.database import AnyRow, Database
from store.tables import jobs, locks, runs

RunOutcome = Literal["ok", "partial", "failed", "timeout", "killed", "interrupted"]
"""How a run ended: all of it done; some of it; nothing of it; over its time; killed; stopped by us."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run of one job."""

    run_id: int
    job: str
    sources: tuple[str, ...]
    """The sources it was for; empty where the job is for none in particular."""
    owner: str
    """The process that started it (:func:`store.owners.owner_name`)."""
    started_at: datetime
    ended_at: datetime | None = None
    """``None``: under way."""
    outcome: str | None = None
    """A :data:`RunOutcome`; ``None`` while under way."""
    detail: str | None = None
    counts: Mapping[str, Any] = field(default_factory=dict)
    exit_code: int | None = None
    """As a shell has it: 128 + n for a process that signal n ended."""
    peak_kb: int | None = None
    """Most memory held at once by one of its processes, in kibibytes."""
    log: str | None = None
    """Its log file, as a path within the home."""


@dataclass(frozen=True, slots=True)
class JobState:
    """What the ledger remembers of a job, or of a source's visits (:data:`store.states.SOURCE` + id)."""

    job: str
    next_due_at: datetime | None = None
    """``None``: never ran, due at once."""
    paused_at: datetime | None = None
    wanted_at: datetime | None = None
    """When somebody asked for a run now that has not begun yet."""


@dataclass(frozen=True, slots=True)
class Lock:
    """The right of one process to do what a lock's name says, until it runs out."""

    name: str
    owner: str
    token: int
    """Grows each time the lock changes hands."""
    until: datetime


@dataclass(frozen=True, slots=True)
class Failures:
    """Runs of a job that failed in a row."""

    count: int
    first_at: datetime
    """When the first of them began."""
    last: Run


class Runs:
    """The part of the ledger that holds what ran and what is to run."""

    _db: Database

    # ---- runs --------------------------------------------------------------------------------------------

    def start_run(
        self, job: str, owner: str, at: datetime, *, sources: Collection[str] = (), log: str | None = None
    ) -> int:
        """A run of *job* begins; its number, which stands for ``{}`` in *log*."""
        values = {
            "job": job,
            "owner": owner,
            "started_at": at,
            "sources": json.dumps(sorted(sources)) if sources else None,
        }
        with self._db.writing() as connection:
            number = int(
                connection.execute(sa.insert(runs).values(values).returning(runs.c.run_id)).scalar_one()
            )
            if log is not None:
                named = sa.update(runs).where(runs.c.run_id == number).values(log=log.format(number))
                connection.execute(named)
        return number

    def end_run(
        self,
        run_id: int,
        at: datetime,
        outcome: RunOutcome,
        *,
        counts: Mapping[str, Any] | None = None,
        detail: str | None = None,
        exit_code: int | None = None,
        peak_kb: int | None = None,
    ) -> None:
        """The run ends; *counts* are JSON values.  Raises :class:`KeyError` for an unknown run."""
        values = {
            "ended_at": at,
            "outcome": outcome,
            "detail": detail,
            "counts": json.dumps(dict(counts), ensure_ascii=False) if counts else None,
            "exit_code": exit_code,
            "peak_kb": peak_kb,
        }
        with self._db.writing() as connection:
            if not connection.execute(sa.update(runs).where(runs.c.run_id == run_id).values(values)).rowcount:
                raise KeyError(run_id)

    def runs(self, *, job: str | None = None, since: datetime | None = None, limit: int = 50) -> list[Run]:
        """The newest runs first, at most *limit*; of *job* alone, started at or after *since*."""
        statement = sa.select(runs).order_by(runs.c.started_at.desc(), runs.c.run_id.desc()).limit(limit)
        if job is not None:
            statement = statement.where(runs.c.job == job)
        if since is not None:
            statement = statement.where(runs.c.started_at >= since)
        with self._db.reading() as connection:
            return [_run(row) for row in connection.execute(statement)]

    def run(self, run_id: int) -> Run | None:
        """One run by its number."""
        with self._db.reading() as connection:
            row = connection.execute(sa.select(runs).where(runs.c.run_id == run_id)).one_or_none()
        return None if row is None else _run(row)

    def open_runs(self) -> list[Run]:
        """The runs that are under way, or whose owner ended without a word."""
        with self._db.reading() as connection:
            return [_run(row) for row in connection.execute(sa.select(runs).where(runs.c.ended_at.is_(None)))]

    def last_run(self, job: str, outcomes: Collection[str] | None = None) -> Run | None:
        """The newest run of *job* that has ended (as one of *outcomes*)."""
        ended = runs.c.ended_at.is_not(None) if outcomes is None else runs.c.outcome.in_(sorted(outcomes))
        statement = (
            sa.select(runs)
            .where(runs.c.job == job, ended)
            .order_by(runs.c.started_at.desc(), runs.c.run_id.desc())
            .limit(1)
        )
        with self._db.reading() as connection:
            row = connection.execute(statement).one_or_none()
        return None if row is None else _run(row)

    def failures(self, job: str) -> Failures | None:
        """The runs of *job* that failed since the last one that ended well; ``None`` if none did.

        One that was stopped, or whose scheduler died, says nothing of the job.
        """
        good = sa.select(sa.func.max(runs.c.run_id)).where(
            runs.c.job == job, runs.c.outcome.in_(["ok", "partial"])
        )
        since = sa.func.coalesce(good.scalar_subquery(), 0)
        failed = sa.or_(
            runs.c.outcome.in_(["failed", "timeout"]),
            sa.and_(runs.c.outcome == "killed", runs.c.exit_code.is_not(None)),
        )
        these = sa.and_(runs.c.job == job, runs.c.run_id > since, failed)
        counted = sa.select(sa.func.count(), sa.func.min(runs.c.started_at), sa.func.max(runs.c.run_id))
        with self._db.reading() as connection:
            count, first_at, number = connection.execute(counted.where(these)).one()
            if not count:
                return None
            last = connection.execute(sa.select(runs).where(runs.c.run_id == number)).one()
        return Failures(count, first_at, _run(last))

    def end_dead_runs(self, is_dead: Callable[[str], bool], at: datetime) -> list[int]:
        """End as ``killed`` the runs under way whose owner is gone; their numbers."""
        with self._db.reading() as connection:
            open_runs = connection.execute(
                sa.select(runs.c.run_id, runs.c.owner).where(runs.c.ended_at.is_(None))
            ).all()
        dead = [row.run_id for row in open_runs if is_dead(row.owner)]
        if dead:
            values = {"ended_at": at, "outcome": "killed", "detail": "its owner ended without a word"}
            with self._db.writing() as connection:
                connection.execute(sa.update(runs).where(runs.c.run_id.in_(dead)).values(values))
        return dead

    def forget_runs(self, before: datetime) -> list[str]:
        """Delete the rows of runs that ended before *before*; the log files that they named."""
        old = sa.and_(runs.c.ended_at.is_not(None), runs.c.ended_at < before)
        with self._db.writing() as connection:
            logs = list(connection.scalars(sa.select(runs.c.log).where(old, runs.c.log.is_not(None))))
            connection.execute(sa.delete(runs).where(old))
        return logs

    # ---- jobs --------------------------------------------------------------------------------------------

    def job_states(self) -> dict[str, JobState]:
        """Everything remembered of jobs, by name."""
        with self._db.reading() as connection:
            return {row.job: JobState(**row._mapping) for row in connection.execute(sa.select(jobs))}

    def set_due(self, job: str, at: datetime) -> None:
        """*job* is due next at *at*; a wish for a run now is thereby granted."""
        self._set_job(job, next_due_at=at, wanted_at=None)

    def want_run(self, names: Sequence[str], at: datetime) -> None:
        """Ask whoever schedules to run *names* as soon as they can."""
        for name in names:
            self._set_job(name, wanted_at=at)

    def pause(self, names: Sequence[str], at: datetime | None) -> None:
        """Start no further run of *names*; ``None`` lifts the pause."""
        for name in names:
            self._set_job(name, paused_at=at)

    def _set_job(self, job: str, **values: Any) -> None:
        with self._db.writing() as connection:
            if not connection.execute(sa.update(jobs).where(jobs.c.job == job).values(values)).rowcount:
                connection.execute(sa.insert(jobs).values(job=job, **values))

    # ---- locks -------------------------------------------------------------------------------------------

    def take_lock(
        self,
        name: str,
        owner: str,
        now: datetime,
        ttl_s: float,
        is_dead: Callable[[str], bool] = owners.is_dead,
    ) -> Lock:
        """Hold *name* until *now* + *ttl_s*, or prolong it; the lock as it stands, whoever holds it.

        It is had if the answer's ``owner`` is *owner*.  A lock whose time ran out, or whose owner *is_dead*
        says is gone, changes hands.
        """
        with self._db.writing() as connection:
            row = _lock_row(connection, name)
            if row is None:
                connection.execute(sa.insert(locks).values(name=name, token=0))
                row = _lock_row(connection, name)
                assert row is not None
            if row.owner != owner and _is_held(row, now, is_dead):
                return Lock(name, row.owner, row.token, row.until)
            lock = Lock(name, owner, row.token + (row.owner != owner), now + timedelta(seconds=ttl_s))
            connection.execute(
                sa.update(locks)
                .where(locks.c.name == name)
                .values(owner=lock.owner, token=lock.token, until=lock.until)
            )
            return lock

    def free_lock(self, lock: Lock) -> None:
        """Give *lock* back; one that was lost is left to its new owner."""
        mine = sa.and_(locks.c.name == lock.name, locks.c.token == lock.token, locks.c.owner == lock.owner)
        with self._db.writing() as connection:
            connection.execute(sa.update(locks).where(mine).values(owner=None, until=None))

    def lock_holder(
        self, name: str, now: datetime, is_dead: Callable[[str], bool] = owners.is_dead
    ) -> Lock | None:
        """Who holds *name* at *now*; ``None`` if it would be had by whoever takes it."""
        with self._db.reading() as connection:
            row = connection.execute(sa.select(locks).where(locks.c.name == name)).one_or_none()
        return Lock(name, row.owner, row.token, row.until) if row and _is_held(row, now, is_dead) else None


def _is_held(row: AnyRow, now: datetime, is_dead: Callable[[str], bool]) -> bool:
    return row.owner is not None and row.until > now and not is_dead(row.owner)


def _lock_row(connection: Connection, name: str) -> AnyRow | None:
    statement = sa.select(locks).where(locks.c.name == name).with_for_update()
    return connection.execute(statement).one_or_none()


def _run(row: AnyRow) -> Run:
    values = dict(row._mapping)
    values["sources"] = tuple(json.loads(row.sources)) if row.sources else ()
    values["counts"] = json.loads(row.counts) if row.counts else {}
    return Run(**values)
