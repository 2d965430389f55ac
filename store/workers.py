"""Workers: processes that take hosts, on any machine, each under an id of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from store.database import Database
from store.tables import workers

GONE_S = 60.0
"""A worker that was not heard of for so long is gone, or stands still."""


class WorkerIdTaken(Exception):
    """Another process that is alive works under this id."""


@dataclass(frozen=True, slots=True)
class Worker:
    """A process that takes hosts, or took them."""

    worker_id: str
    """The name of its folder in the archive, too."""
    owner: str
    """The process (:func:`store.owners.owner_name`)."""
    started_at: datetime
    seen_at: datetime
    stopped_at: datetime | None = None
    """When it ended by itself; ``None`` while it works, and where it was killed."""

    def is_gone(self, now: datetime, is_dead: Callable[[str], bool]) -> bool:
        """Whether it takes no more hosts: ended, dead, or silent for :data:`GONE_S`."""
        silent = now - self.seen_at > timedelta(seconds=GONE_S)
        return self.stopped_at is not None or silent or is_dead(self.owner)


class Workers:
    """The part of the ledger that holds workers."""

    _db: Database

    def begin_worker(self, worker_id: str, owner: str, now: datetime, is_dead: Callable[[str], bool]) -> None:
        """*owner* works as *worker_id* from now on; raises :class:`WorkerIdTaken` while another one does.

        Two under one id would take each other's captures, which lie on different machines.
        """
        which = workers.c.worker_id == worker_id
        with self._db.writing() as connection:
            row = connection.execute(sa.select(workers).where(which)).one_or_none()
            values = {"owner": owner, "started_at": now, "seen_at": now, "stopped_at": None}
            if row is None:
                connection.execute(sa.insert(workers).values(worker_id=worker_id, **values))
                return
            other = Worker(**row._mapping)
            if other.owner != owner and not other.is_gone(now, is_dead):
                raise WorkerIdTaken(
                    f"{worker_id}: {other.owner} (host/process/start) works under this id, seen "
                    f"{other.seen_at:%Y-%m-%d %H:%M:%S}Z. Next: another --id, or wait {GONE_S:.0f} s after "
                    "its end"
                )
            connection.execute(sa.update(workers).where(which).values(values))

    def worker_seen(self, worker_id: str, owner: str, now: datetime) -> bool:
        """A heartbeat; ``False`` if another process works under the id by now."""
        mine = sa.and_(workers.c.worker_id == worker_id, workers.c.owner == owner)
        with self._db.leasing() as connection:  # one statement
            return bool(connection.execute(sa.update(workers).where(mine).values(seen_at=now)).rowcount)

    def end_worker(self, worker_id: str, owner: str, now: datetime) -> None:
        """*owner* takes no more hosts."""
        mine = sa.and_(workers.c.worker_id == worker_id, workers.c.owner == owner)
        with self._db.writing() as connection:
            connection.execute(sa.update(workers).where(mine).values(seen_at=now, stopped_at=now))

    def workers(self) -> list[Worker]:
        """Every worker there ever was, by id."""
        with self._db.reading() as connection:
            rows = connection.execute(sa.select(workers).order_by(workers.c.worker_id)).all()
        return [Worker(**row._mapping) for row in rows]
