"""One database file (or server), opened safely: sessions, transactions, errors, the schema's version.

SQLite is opened in WAL mode with ``synchronous=FULL``: a commit that returned survives a power cut, which is
what "no known link is lost" rests on.  Every transaction that writes begins with ``BEGIN IMMEDIATE`` and
waits for others up to :data:`BUSY_S`; none ever upgrades a read, so none fails half-way for want of the lock.

PostgreSQL is held to the same order (:mod:`store.server`): a transaction that writes first takes one advisory
lock, so what it reads and then changes cannot change in between, and no two can wait for each other.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine, Row

from config.settings import redact
from store.tables import SCHEMA_VERSION, alembic_version, metadata

if TYPE_CHECKING:
    from store.server import ServerClock, Turns

BUSY_S = 60.0
"""How long a transaction waits for another process before :class:`LedgerBusy`."""
_SLICE_S = 0.25
"""How long SQLite waits at a stretch, deaf to signals, before it is asked whether it shall wait on."""
FILE_NAME = "ledger.sqlite"

AnyRow: TypeAlias = "Row[*tuple[Any, ...]]"
"""A row of whatever columns."""


# A quota or a size limit shows as one of these, not as SQLITE_FULL.
_NO_ROOM = {
    sqlite3.SQLITE_IOERR_WRITE,
    sqlite3.SQLITE_IOERR_FSYNC,
    sqlite3.SQLITE_IOERR_TRUNCATE,
    sqlite3.SQLITE_IOERR_SHMSIZE,
}


_NO_RIGHT = {
    sqlite3.SQLITE_CANTOPEN: "cannot be opened",
    sqlite3.SQLITE_READONLY: "cannot be written",
    sqlite3.SQLITE_PERM: "cannot be used",
}
_RIGHTS = (
    "marsad needs to read and write this file and the folder that it lies in. "
    "Next: change their owner or mode, or name another home with --home"
)


class LedgerError(Exception):
    """The ledger cannot do what was asked; the caller may try again later.  Names the ledger."""


class LedgerBusy(LedgerError):
    """Another process held the ledger for longer than one waits (:data:`BUSY_S`); nothing was changed."""


class LedgerFull(LedgerError):
    """No room left to write; nothing was changed, and reading goes on working."""


class LedgerCorrupt(LedgerError):
    """The file is damaged.  It is left as it is, for a person to set aside."""


class LedgerMissing(LedgerError):
    """There is no ledger where one was expected."""


class LedgerUnreachable(LedgerError):
    """The server that holds the ledger does not answer, or does not let us in."""


class LedgerSchema(LedgerError):
    """The ledger's schema is not one that this program can use."""


def corrupt(path: Path | None, detail: str) -> LedgerCorrupt:
    """The error for a damaged file, with what to do about it."""
    name = path or "the ledger's database"
    return LedgerCorrupt(
        f"{name}: damaged ({detail}). Nothing was changed. Stop all marsad processes, then put the newest "
        "backup back (marsad restore FILE, then marsad verify) or, without one, move the file and its -wal "
        f"and -shm neighbours aside (to {name}.damaged) and rebuild it from the archive: marsad replay"
    )


def held(name: str, said: str) -> LedgerBusy:
    """The error for a ledger that another process would not let go of, as the driver *said*."""
    return LedgerBusy(
        f"{name}: another process holds it, longer than one waits ({said}). Nothing was changed. "
        "Next: the same again; where it stays so, find who has it open (marsad runs, fuser)"
    )


def in_our_words(fault: BaseException, path: Path | None, name: str) -> LedgerError:
    """The error for *fault* of a database driver, met at the file *path* or the server *name*."""
    if not isinstance(fault, sqlite3.Error):
        from store.server import told

        return told(fault, name)
    extended = getattr(fault, "sqlite_errorcode", 0)
    code = extended & 0xFF
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return held(name, str(fault))
    if code == sqlite3.SQLITE_FULL or extended in _NO_ROOM:
        return LedgerFull(f"{name}: cannot be written ({fault}). Nothing is lost: free some space and go on")
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return corrupt(path, str(fault))
    if code in _NO_RIGHT:
        return LedgerError(f"{name}: {_NO_RIGHT[code]} ({fault}). {_RIGHTS}")
    return LedgerError(f"{name}: {fault}")


class Database:
    """The engine behind a ledger, with transactions whose errors are :class:`LedgerError`."""

    def __init__(self, url: sa.URL, path: Path | None) -> None:
        self.path = path
        shown = url.render_as_string(hide_password=True)
        # A password may also be a parameter, which SQLAlchemy shows.
        self.name = str(path) if path is not None else str(redact(shown))
        self.engine: Engine
        self._reading: Engine
        self._writing: Engine
        self._leasing: Engine
        self._clock: ServerClock | None = None
        self._turns: Turns | None = None
        self._until = float("inf")
        """When nobody is to be waited for any longer (monotonic)."""
        if url.get_backend_name() == "sqlite":
            arguments = {"timeout": BUSY_S, "check_same_thread": False} if path is not None else {}
            self.engine = self._reading = sa.create_engine(url, connect_args=arguments)
            event.listen(self.engine, "connect", _on_connect)
            event.listen(self.engine, "begin", self._begin)
            self._writing = self._leasing = self.engine.execution_options(marsad_writes=True)
        else:
            from store import server

            self.engine = server.engine(url, self.name, BUSY_S)
            self._clock = server.ServerClock()
            self._reading = server.reading(self.engine)
            self._leasing = self.engine
            self._turns = server.Turns(self._clock, self._patience_s)
            self._writing = self._turns.taken(self.engine)
        self._together = threading.local()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that sees one state of the ledger and changes nothing."""
        outer = self._outer()
        if outer is not None:
            yield outer
            return
        with self._translated(), self._reading.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that is wholly kept when the block ends, or not at all if it raises.

        No other one begins before it ends, except those of :meth:`leasing`.
        """
        with self._changing(self._writing) as connection:
            yield connection

    @contextmanager
    def leasing(self) -> Iterator[Connection]:
        """A transaction that writes and, on a server, stands in no queue.

        Only for one that cannot be part of a deadlock and decides by the rows that it locks: either a single
        statement, or a ``SELECT … FOR UPDATE SKIP LOCKED`` followed by the change of those rows.
        """
        with self._changing(self._leasing) as connection:
            yield connection

    @contextmanager
    def _changing(self, engine: Engine) -> Iterator[Connection]:
        outer = self._outer()
        if outer is not None:
            with self._translated(), _undone_alone(outer):
                yield outer
            return
        with self._translated(), engine.connect() as connection, connection.begin():
            yield connection

    def wait_until(self, monotonic: float) -> None:
        """From *monotonic* on (``time.monotonic``) no transaction that writes waits for another process.

        Those that wait already are meant, too, and end in :class:`LedgerBusy`.  Any thread may call it, and a
        signal handler.
        """
        self._until = monotonic
        if self._turns is not None:
            timer = threading.Timer(max(0.0, monotonic - time.monotonic()), self._turns.give_up)
            timer.daemon = True
            timer.start()

    def _patience_s(self) -> float:
        """How long a transaction that begins now may wait for its turn."""
        return min(BUSY_S, max(self._until - time.monotonic(), _SLICE_S))

    def _begin(self, connection: Connection) -> None:
        """Begin a transaction of SQLite."""
        if not connection.get_execution_options().get("marsad_writes", False):
            connection.exec_driver_sql("BEGIN")
            return
        # Not one long wait of SQLite's own: no signal would be heard, and nobody could call it off.
        raw = connection.connection.driver_connection
        assert isinstance(raw, sqlite3.Connection)
        last = time.monotonic() + BUSY_S
        raw.execute(f"PRAGMA busy_timeout={round(1000 * min(_SLICE_S, BUSY_S))}")
        try:
            while True:
                try:
                    raw.execute("BEGIN IMMEDIATE")
                    return
                except sqlite3.OperationalError as fault:
                    busy = fault.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
                    if not busy or time.monotonic() >= min(last, self._until):
                        raise
        finally:
            raw.execute(f"PRAGMA busy_timeout={round(1000 * BUSY_S)}")

    def clock(self) -> datetime:
        """Now, by the one clock that all processes of the ledger share: the server's, or the machine's."""
        if self._clock is None:
            return datetime.now(UTC)
        if (now := self._clock.now()) is None:
            with self._translated(), self.engine.connect() as connection, connection.begin():
                now = self._clock.ask(connection)
        return now

    @contextmanager
    def together(self) -> Iterator[None]:
        """Let all transactions of this thread inside the block be kept by one commit at its end.

        Each of them is still undone alone if it raises; none is safe before the block has ended.
        """
        outer = self._outer()
        with self.writing() as connection:
            self._together.connection = connection
            try:
                yield
            finally:
                self._together.connection = outer

    def _outer(self) -> Connection | None:
        return getattr(self._together, "connection", None)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except sa.exc.DBAPIError as fault:
            raise self.error(fault.orig or fault) from fault
        except sa.exc.PendingRollbackError as fault:
            raise LedgerUnreachable(
                f"{self.name}: the connection was lost in the middle of a transaction, of which nothing was "
                "kept. Next: the same again"
            ) from fault
        except sqlite3.Error as fault:
            raise self.error(fault) from fault

    def error(self, fault: BaseException) -> LedgerError:
        """*fault* of the database driver in our words."""
        return in_our_words(fault, self.path, self.name)

    def schema_version(self) -> str | None:
        """The Alembic revision that the tables are at; ``None`` for an empty database."""
        with self.reading() as connection:
            if not sa.inspect(connection).has_table(alembic_version.name):
                return None
            return connection.scalar(sa.select(alembic_version.c.version_num))

    def create(self) -> None:
        """Make the tables of the newest schema, unless another process just has."""
        with self.writing() as connection:
            if sa.inspect(connection).has_table(alembic_version.name):
                return
            metadata.create_all(connection, checkfirst=False)
            alembic_version.create(connection)
            connection.execute(alembic_version.insert().values(version_num=SCHEMA_VERSION))

    def dispose(self) -> None:
        self.engine.dispose()


@contextmanager
def _undone_alone(connection: Connection) -> Iterator[None]:
    """Undo what the block wrote, and no more, if it raises.

    By hand, because ``begin_nested`` puts its three statements together anew each time, which takes longer
    than running them.
    """
    connection.exec_driver_sql("SAVEPOINT part")
    try:
        yield
    except BaseException:
        # Where the database has undone the whole transaction, the fault that made it do so is to be told.
        with suppress(sa.exc.DBAPIError):
            connection.exec_driver_sql("ROLLBACK TO SAVEPOINT part")
            connection.exec_driver_sql("RELEASE SAVEPOINT part")
        raise
    connection.exec_driver_sql("RELEASE SAVEPOINT part")


def _on_connect(connection: sqlite3.Connection, _: object) -> None:
    connection.isolation_level = None  # transactions are begun by Database._begin, not by the driver's guess
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute("PRAGMA cache_size=-16000")
    cursor.close()
