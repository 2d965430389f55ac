"""What a crawl asks when it begins: what waits, which listings are known, whose leases are void."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime

import sqlalchemy as sa

from store.database import Database
from store.states import EntryState, LinkState
from store.tables import CAPTURED, OPEN, entry_points, hosts, jobs, links, outbox, sources


class Upkeep:
    """The part of the ledger that a starting process reads and tidies."""

    _db: Database

    def together(self) -> AbstractContextManager[None]:
        """One commit for all calls of this thread inside the block (:meth:`Database.together`).

        A commit costs a sync of the disk; a crawl of fifty hosts has a hundred of them to make a second.
        """
        return self._db.together()

    def entry_states(self, source_id: str) -> list[EntryState]:
        """Every listing of the source that was ever asked for: entry points and the sitemaps they led to."""
        statement = sa.select(entry_points).where(entry_points.c.source_id == source_id)
        with self._db.reading() as connection:
            rows = connection.execute(statement.order_by(entry_points.c.url)).all()
        return [EntryState(**row._mapping) for row in rows]

    def pending_sources(self, now: datetime) -> dict[str, int]:
        """How many links of each source could be fetched at *now*; no key for none.

        Those of a host that is left alone cannot.
        """
        blocked = sa.select(hosts.c.host).where(hosts.c.blocked_until > now)
        statement = (
            sa.select(links.c.source_id, sa.func.count())
            .where(OPEN, links.c.ready_at <= now, links.c.host.not_in(blocked))
            .group_by(links.c.source_id)
        )
        with self._db.reading() as connection:
            return {row[0]: row[1] for row in connection.execute(statement)}

    def set_back(self, now: datetime, by_s: float) -> None:
        """The clock was set back by *by_s* seconds, to *now*: so is every time that still lies ahead.

        Without this a clock that was wrong for a minute would keep hosts, listings and leases waiting for as
        long as it was ahead.
        """
        by = int(by_s * 1_000_000)
        ahead = (
            links.c.ready_at,
            entry_points.c.next_due_at,
            sources.c.next_due_at,
            hosts.c.lease_until,
            hosts.c.next_allowed_at,
            hosts.c.blocked_until,
            outbox.c.lease_until,
            outbox.c.queued_at,
            jobs.c.next_due_at,
        )
        with self._db.writing() as connection:
            for column in ahead:
                earlier = sa.type_coerce(sa.type_coerce(column, sa.BigInteger) - by, column.type)
                value = sa.case((earlier > now, earlier), else_=sa.literal(now, column.type))
                connection.execute(sa.update(column.table).where(column > now).values({column: value}))

    def free_dead_owners(self, is_dead: Callable[[str], bool], now: datetime) -> list[str]:
        """End at once the leases (links, captured pages, hosts) of owners that *is_dead* says are gone.

        A restart after ``kill -9`` so need not wait for the leases to run out.  Returns the owners freed.
        """
        leases = (  # state by state, as the partial indexes are
            (links, sa.and_(OPEN, links.c.lease_owner.is_not(None))),
            (links, sa.and_(CAPTURED, links.c.lease_owner.is_not(None))),
            (hosts, hosts.c.lease_until.is_not(None)),
        )
        with self._db.reading() as connection:
            owners = {
                owner
                for table, held in leases
                for owner in connection.scalars(sa.select(table.c.lease_owner).where(held).distinct())
            }
        dead = sorted(owner for owner in owners if is_dead(owner))
        if dead:
            with self._db.writing() as connection:
                for state in (LinkState.FETCHING, LinkState.CAPTURED):
                    mine = sa.and_(links.c.state == state, links.c.lease_owner.in_(dead))
                    connection.execute(sa.update(links).where(mine).values(lease_owner=None, ready_at=now))
                # Whose lease it was stays: who takes the host next learns that it was not given back.
                theirs = hosts.c.lease_owner.in_(dead)
                connection.execute(sa.update(hosts).where(theirs).values(lease_until=None))
        return dead
