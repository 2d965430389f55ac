"""What is particular to a ledger on PostgreSQL: sessions, the queue of writers, the clock, the errors.

Writers take turns.  A transaction that writes begins by taking one advisory lock, which ends with it: what
SQLite does with ``BEGIN IMMEDIATE``.  The isolation level must then be READ COMMITTED: each statement sees
all that was kept before, while a snapshot taken with the lock's own statement would be older than the lock.
A process that freezes in the middle of a transaction is thrown out by the server after :data:`IDLE_S`, and
nothing of that transaction is kept.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine

from store.database import (
    LedgerBusy,
    LedgerCorrupt,
    LedgerError,
    LedgerFull,
    LedgerSchema,
    LedgerUnreachable,
    held,
)

IDLE_S = 15
"""How long a transaction may stand still (its process frozen, its machine gone) before the server ends it."""
CONNECT_S = 10
_QUEUE = 0x6D617273_6164  # "marsad": the key of the advisory lock, one a database
_TURN = f"SELECT pg_advisory_xact_lock({_QUEUE}), clock_timestamp()"
_BELIEVED_S = 60.0
"""How long a look at the server's clock is relied upon."""


def engine(url: sa.URL, name: str, busy_s: float) -> Engine:
    """The engine for the database at *url*, called *name*; raises :class:`LedgerError` without a driver."""
    if url.drivername == "postgresql":
        url = url.set(drivername="postgresql+psycopg")
    if url.drivername != "postgresql+psycopg":
        raise LedgerError(f"{name}: expected postgresql+psycopg://USER@HOST:PORT/DATABASE")
    session = {
        "lock_timeout": f"{max(int(busy_s * 1000), 1)}",
        "idle_in_transaction_session_timeout": f"{IDLE_S}s",
        "synchronous_commit": "on",
        "TimeZone": "UTC",
    }
    asked = str(url.query.get("options", ""))
    arguments: dict[str, Any] = {
        "connect_timeout": CONNECT_S,
        "client_encoding": "utf8",
        "application_name": f"marsad {socket.gethostname()}/{os.getpid()}",
        "options": " ".join([asked, *(f"-c {key}={value}" for key, value in session.items())]).strip(),
        # A machine that vanished is noticed, on either side, within half a minute.
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "tcp_user_timeout": 30_000,
    }
    try:
        made = sa.create_engine(
            url, connect_args=arguments, isolation_level="READ COMMITTED", pool_recycle=1800
        )
    except ImportError as fault:
        raise LedgerError(
            f"{name}: the driver is missing ({fault}). Next: pip install 'marsad[postgresql]'"
        ) from fault
    from psycopg.types.string import StrDumperUnknown

    class Clean(StrDumperUnknown):
        """Texts without NUL: an outlet may send one, and the server takes none."""

        def dump(self, obj: str) -> Any:
            return super().dump(obj.replace("\0", "\ufffd") if "\0" in obj else obj)

    def connect(dialect: Any, _: object, arguments: Any, named: Any) -> Any:
        connection = dialect.connect(*arguments, **named)
        connection.adapters.register_dumper(str, Clean)
        try:
            _check_encoding(connection, name)  # before anybody tries to make texts of what it says
        except LedgerSchema:
            connection.close()
            raise
        return connection

    event.listen(made, "do_connect", connect)
    return made


def _check_encoding(connection: Any, name: str) -> None:
    encoding = connection.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        raise LedgerSchema(
            f"{name}: the database keeps texts as {encoding}, expected UTF8. "
            "Next: createdb --encoding UTF8 --template template0 NAME, and name that one in ledger.url"
        )


def reading(made: Engine) -> Engine:
    """*made*, for transactions that see one state throughout."""
    return made.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


class Turns:
    """Transactions that wait for their turn to write."""

    def __init__(self, clock: ServerClock, patience_s: Callable[[], float]) -> None:
        """Each turn sets *clock*, and is waited for *patience_s* at most."""
        self._clock = clock
        self._patience_s = patience_s
        self._usual_s = patience_s()
        self._waiting: set[Any] = set()

    def taken(self, made: Engine) -> Engine:
        """*made*, for transactions that wait for their turn."""
        queued = made.execution_options(marsad_writes=True)
        event.listen(queued, "begin", self._take)
        return queued

    def _take(self, connection: Connection) -> None:
        if (wait_s := self._patience_s()) < self._usual_s:
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = {max(round(1000 * wait_s), 1)}")
        driver = connection.connection.driver_connection
        self._waiting.add(driver)
        try:
            row = connection.exec_driver_sql(_TURN).one()
        finally:
            self._waiting.discard(driver)
        self._clock.set(row[1])

    def give_up(self) -> None:
        """Whoever waits just now waits no longer; asks the server."""
        for driver in list(self._waiting):
            with suppress(Exception):  # it is ours no more, or its server is gone
                driver.cancel_safe(timeout=1.0)


class ServerClock:
    """The server's time, carried on by the monotonic clock here: setting this machine's date is harmless."""

    def __init__(self) -> None:
        self._seen: tuple[datetime, float] | None = None

    def set(self, at: datetime) -> None:
        """The server has just said that it is *at*."""
        self._seen = at.astimezone(UTC), time.monotonic()

    def now(self) -> datetime | None:
        """The server's time; ``None`` where it was last heard too long ago."""
        if self._seen is None:
            return None
        at, heard = self._seen
        passed = time.monotonic() - heard
        return at + timedelta(seconds=passed) if passed < _BELIEVED_S else None

    def ask(self, connection: Connection) -> datetime:
        """The server's time, asked for now."""
        at: datetime = connection.exec_driver_sql("SELECT clock_timestamp()").scalar_one()
        self.set(at)
        return at.astimezone(UTC)


_FULL = {"53100", "53200"}
_AWAY = {"25P03", "57P05"}
_AGAIN = {"55P03", "40001", "40P01", "57014"}
_NO_ENTRY = {"28000", "28P01"}
_NO_ENTRY_SAID = ("authentication failed", "no pg_hba.conf entry", "no password supplied", 'FATAL: role "')
"""What the driver says where it gives no state, as of a connection that was refused."""


def told(fault: BaseException, name: str) -> LedgerError:
    """The error for *fault* of the driver, in our words."""
    state = getattr(fault, "sqlstate", None) or ""
    said = " ".join(str(fault).split())
    if state in _AGAIN:
        return held(name, said)
    if state in _AWAY:
        return LedgerBusy(
            f"{name}: this process stood still for {IDLE_S} s in the middle of a transaction, and the server "
            "ended that. Nothing of it was kept; the same again will do"
        )
    if state in _FULL:
        return LedgerFull(f"{name}: cannot be written ({said}). Nothing is lost: free some space and go on")
    if state in ("XX001", "XX002"):
        return LedgerCorrupt(
            f"{name}: damaged ({said}). Nothing was changed. Restore the database from a backup, or name an "
            "empty one in ledger.url and rebuild it from the archive: marsad replay"
        )
    if state == "42501":
        return LedgerError(
            f"{name}: its user may not do that ({said}). Next: let it own the database "
            "(ALTER DATABASE … OWNER TO …)"
        )
    if state in _NO_ENTRY or any(word in said for word in _NO_ENTRY_SAID):
        return LedgerUnreachable(
            f"{name}: the server does not let us in ({said}). Next: check user and password "
            "(MARSAD_LEDGER__URL or MARSAD_LEDGER__URL_FILE, ~/.pgpass) and the server's pg_hba.conf"
        )
    if state == "3D000" or ("database" in said and "does not exist" in said and not state):
        return LedgerUnreachable(
            f"{name}: the server has no such database ({said}). "
            "Next: createdb --encoding UTF8 --template template0 NAME"
        )
    if "invalid connection option" in said or "invalid port" in said:
        return LedgerError(f"{name}: {said}. Next: mend ledger.url")
    if not state or state[:2] in ("08", "57") or state == "53300":
        return LedgerUnreachable(
            f"{name}: cannot be reached ({said}). Nothing is lost. "
            "Next: see that the server runs and takes connections from here, then the same again"
        )
    return LedgerError(f"{name}: {said}")
