"""Hosts: one lease each across processes, when the next request may leave, blocks, the last robots.txt."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from store.database import AnyRow, Database
from store.states import Fence, HostLease, LeaseLost, RobotsCopy
from store.tables import hosts


class Hosts:
    """The part of the ledger that holds hosts (named as :func:`store.urls.host_of` does)."""

    _db: Database

    def lease_host(
        self, host: str, owner: str, now: datetime, ttl_s: float, *, heir_of: str = ""
    ) -> HostLease | None:
        """The right to ask *host* until *now* + *ttl_s*; ``None`` while another owner has it.

        The owner that has it gets it again, prolonged, with the same token; one whose *heir_of* has it takes
        it over, with a new one.  A blocked host can be leased: read ``blocked_until`` before asking it.
        """
        with self._db.writing() as connection:
            row = _row(connection, host)
            held = row.lease_until is not None and row.lease_until > now
            if held and row.lease_owner not in (owner, heir_of):
                return None
            token = row.token if held and row.lease_owner == owner else row.token + 1
            _set(connection, host, token=token, lease_owner=owner, lease_until=now + timedelta(seconds=ttl_s))
        return HostLease(
            host,
            token,
            row.next_allowed_at,
            row.blocked_until,
            row.blocked_reason,
            row.crawl_delay_s,
            row.lease_owner not in (None, owner, heir_of),
        )

    def claim_hosts(
        self, wanted: Collection[str], owner: str, now: datetime, ttl_s: float, delay_s: float
    ) -> bool:
        """Lease all of *wanted* to *owner*, or none; whether it was done.

        Not done where another owner has one of them, or none may be asked yet (all are blocked).  A host
        that its last holder did not give back is not asked within *delay_s* or, if longer, its Crawl-delay.
        """
        with self._db.writing() as connection:
            rows = [_row(connection, host) for host in sorted(wanted)]
            if any(row.lease_until is not None and row.lease_until > now for row in rows):
                return False
            if all(row.blocked_until is not None and row.blocked_until > now for row in rows):
                return False
            for row in rows:
                values: dict[str, Any] = {"lease_owner": owner, "lease_until": now + timedelta(seconds=ttl_s)}
                if row.lease_owner is not None:
                    pause = timedelta(seconds=max(delay_s, row.crawl_delay_s or 0.0))
                    values["next_allowed_at"] = max(row.next_allowed_at or now, now + pause)
                _set(connection, row.host, token=row.token + 1, **values)
            return bool(rows)

    def keep_claims(self, owners: Collection[str], now: datetime, ttl_s: float) -> None:
        """Prolong what each of *owners* has claimed and nobody has taken over yet."""
        mine = sa.and_(hosts.c.lease_owner.in_(sorted(owners)), hosts.c.lease_until > now)
        until = now + timedelta(seconds=ttl_s)
        with self._db.writing() as connection:
            connection.execute(sa.update(hosts).where(mine).values(lease_until=until))

    def touch_host(
        self,
        host: str,
        token: int,
        now: datetime,
        next_allowed_at: datetime,
        ttl_s: float,
        crawl_delay_s: float | None = None,
    ) -> bool:
        """Note when the next request may leave and prolong the lease; ``False`` if it was lost: ask no more.

        *crawl_delay_s* is what robots.txt asks for; ``None`` leaves what was there.
        """
        values: dict[str, Any] = {
            "next_allowed_at": next_allowed_at,
            "lease_until": now + timedelta(seconds=ttl_s),
        }
        if crawl_delay_s is not None:
            values["crawl_delay_s"] = crawl_delay_s
        mine = sa.and_(hosts.c.host == host, hosts.c.token == token, hosts.c.lease_until.is_not(None))
        with self._db.leasing() as connection:  # one statement: this is done before every request
            return bool(connection.execute(sa.update(hosts).where(mine).values(**values)).rowcount)

    def release_host(self, host: str, token: int) -> None:
        """Give the lease back; one that was lost is left to its new owner."""
        with self._db.writing() as connection:
            mine = sa.and_(hosts.c.host == host, hosts.c.token == token)
            connection.execute(sa.update(hosts).where(mine).values(lease_owner=None, lease_until=None))

    def block_host(
        self, host: str, until: datetime | None, reason: str | None, *, fence: Fence | None = None
    ) -> None:
        """Ask *host* nothing before *until* (a challenge, a 429, no robots.txt); ``None`` lifts the block.

        Raises :class:`LeaseLost` as :meth:`~store.frontier.Frontier.captured` does.
        """
        with self._db.writing() as connection:
            check(connection, fence)
            _row(connection, host)
            _set(connection, host, blocked_until=until, blocked_reason=reason if until else None)

    def robots_get(self, host: str) -> RobotsCopy | None:
        """The last robots.txt kept for *host*."""
        with self._db.reading() as connection:
            row = connection.execute(sa.select(hosts).where(hosts.c.host == host)).one_or_none()
        if row is None or row.robots_fetched_at is None:
            return None
        return RobotsCopy(host, row.robots_status, row.robots_body or b"", row.robots_fetched_at)

    def robots_put(self, host: str, status: int, body: bytes, fetched_at: datetime) -> None:
        """Keep a robots.txt as it was answered."""
        with self._db.writing() as connection:
            _row(connection, host)
            _set(connection, host, robots_status=status, robots_body=body, robots_fetched_at=fetched_at)


def check(connection: Connection, fence: Fence | None) -> None:
    """Raises :class:`LeaseLost` if a later lease of the host than that of *fence* was ever given.

    A lease that merely ran out is still good: nobody else has asked the host since.
    """
    if fence is None:
        return
    newest = connection.scalar(sa.select(hosts.c.token).where(hosts.c.host == fence.host))
    if newest != fence.token:
        raise LeaseLost(f"{fence.host}: leased with token {fence.token}, the newest is {newest}")


def _row(connection: Connection, host: str) -> AnyRow:
    """The row of *host*, made if there is none."""
    statement = sa.select(hosts).where(hosts.c.host == host).with_for_update()
    row = connection.execute(statement).one_or_none()
    if row is None:
        connection.execute(sa.insert(hosts).values(host=host, token=0))
        row = connection.execute(statement).one()
    return row


def _set(connection: Connection, host: str, **values: Any) -> None:
    connection.execute(sa.update(hosts).where(hosts.c.host == host).values(**values))
