"""The ledger: the one truth about links, articles, revisions, sources, hosts and what the index still owes.

Several processes use it at the same time; each method is one transaction (or says otherwise), wholly kept
once it returns and not at all if it raises.  All times are aware; all "now" come from the caller, who reads
them off :meth:`Ledger.clock` where processes of several machines share the ledger.  Every fault of the
database is a :class:`LedgerError`.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import sqlalchemy as sa

from store.articles import Articles
from store.consistency import Consistency
from store.database import (
    FILE_NAME,
    Database,
    LedgerBusy,
    LedgerCorrupt,
    LedgerError,
    LedgerFull,
    LedgerMissing,
    LedgerSchema,
    LedgerUnreachable,
    corrupt,
)
from store.frontier import Frontier
from store.gauges import Gauges
from store.health import HealthRecords
from store.hosts import Hosts
from store.runs import Runs
from store.states import (
    CapturedLink,
    EntryState,
    Fence,
    HostLease,
    LeasedLink,
    LeaseLost,
    LedgerStatus,
    LinkState,
    OutboxRow,
    RobotsCopy,
    SourceState,
)
from store.tables import SCHEMA_VERSION, articles, links, outbox, revisions, sources
from store.tally import Tallies
from store.ties import Tied
from store.upkeep import Upkeep
from store.visits import Visits
from store.workers import Workers

if TYPE_CHECKING:
    from config.settings import Settings

__all__ = [
    "CapturedLink",
    "EntryState",
    "Fence",
    "HostLease",
    "LeaseLost",
    "LeasedLink",
    "Ledger",
    "LedgerBusy",
    "LedgerCorrupt",
    "LedgerError",
    "LedgerFull",
    "LedgerMissing",
    "LedgerSchema",
    "LedgerStatus",
    "LedgerUnreachable",
    "LinkState",
    "OutboxRow",
    "RobotsCopy",
    "SourceState",
]


class Ledger(
    Frontier,
    Articles,
    Tied,
    Hosts,
    Visits,
    Runs,
    Workers,
    HealthRecords,
    Tallies,
    Gauges,
    Upkeep,
    Consistency,
):
    """An open ledger; a context manager.  Safe to share between threads, not across a fork."""

    def __init__(self, database: Database, retry_times: int) -> None:
        """Use :meth:`open`."""
        self._db = database
        self.retry_times = retry_times

    @classmethod
    def of(cls, settings: Settings, home: Path | None = None, *, create: bool = True) -> Ledger:
        """The ledger that *settings* name: their ``ledger.url`` or, where that is empty, the file of *home*
        (``None``: theirs).  Raises what :meth:`open` does."""
        place = settings["ledger.url"] or home or settings.home
        return cls.open(place, create=create, retry_times=settings["crawl.retry_times"])

    @classmethod
    def open(cls, home_or_url: Path | str, *, create: bool = True, retry_times: int = 3) -> Ledger:
        """The ledger of a home (``ledger.sqlite`` in it), or at a database URL.

        Made if there is none and *create* is true; brought to the newest schema if it is older (a copy of the
        file is kept beside it).  A link is given up after *retry_times* retries (``crawl.retry_times``).

        Raises :class:`LedgerMissing`, :class:`LedgerCorrupt` (with what to do), :class:`LedgerSchema`
        (written by a newer program), :class:`LedgerUnreachable` (a server) or another :class:`LedgerError`.
        """
        if isinstance(home_or_url, str) and "://" in home_or_url:
            url, path = sa.make_url(home_or_url), None
            if url.get_backend_name() == "sqlite" and url.database not in (None, "", ":memory:"):
                path = Path(str(url.database))
        else:
            path = Path(home_or_url) / FILE_NAME
            url = sa.URL.create("sqlite", database=str(path))
        if path is not None:
            _check_file(path, create)
            if not path.exists():
                _make(path)
        database = Database(url, path)
        try:
            version = database.schema_version()
            if version is None:
                if not create:
                    raise LedgerMissing(f"{database.name}: holds no ledger yet (marsad crawl makes one)")
                database.create()
                version = database.schema_version()
            if version != SCHEMA_VERSION:
                from store.migrate import upgrade

                upgrade(database, version)
        except BaseException:
            database.dispose()
            raise
        return cls(database, retry_times)

    def clock(self) -> datetime:
        """Now, by the clock that all processes of this ledger share: leases go by it."""
        return self._db.clock()

    def wait_until(self, monotonic: float) -> None:
        """From *monotonic* on (``time.monotonic``) wait for no other process: :class:`LedgerBusy` instead.

        For a process that is to end.  Any thread may call it, and a signal handler.
        """
        self._db.wait_until(monotonic)

    @property
    def file(self) -> Path | None:
        """The file that holds this ledger; ``None`` where a server does."""
        return self._db.path

    @property
    def name(self) -> str:
        """This ledger's file, or the server's address without its password."""
        return self._db.name

    def close(self) -> None:
        """Close every connection."""
        self._db.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def status(self) -> LedgerStatus:
        """Counts of everything, seen at one instant."""
        with self._db.reading() as connection:

            def count(table: sa.Table) -> int:
                return connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0

            def by(column: sa.ColumnElement[Any], *which: sa.ColumnElement[bool]) -> Mapping[str, int]:
                statement = sa.select(column, sa.func.count()).where(*which).group_by(column).order_by(column)
                return dict(connection.execute(statement).all())

            return LedgerStatus(
                articles=count(articles),
                revisions=count(revisions),
                frontier=by(links.c.state),
                rejections=by(links.c.reason, links.c.state == LinkState.REJECTED),
                outbox=count(outbox),
                sources=by(sources.c.state),
            )

    def quick_check(self, *, references: bool = True) -> list[str]:
        """What SQLite finds wrong with the file, a line each; empty = sound.  Reads the whole file.

        *references*: rows that refer to missing rows count as well.
        """
        if self._db.engine.dialect.name != "sqlite":
            return []  # a server checks its own pages
        try:
            with self._db.reading() as connection:
                lines = list(connection.exec_driver_sql("PRAGMA quick_check").scalars())
                broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all() if references else []
        except LedgerCorrupt as fault:
            return [str(fault)]
        lines = [line for line in lines if line != "ok"]
        return lines + [f"{row[0]} row {row[1]}: refers to a missing row of {row[2]}" for row in broken]


def _make(path: Path) -> None:
    """Make an empty ledger that appears at *path* whole or not at all.

    On a full disk SQLite would leave an empty file, which looks like a ledger that lost everything.
    """
    draft = path.with_name(f"{path.name}.{os.getpid()}-{threading.get_ident()}.new")
    beside = [draft.with_name(draft.name + end) for end in ("", "-wal", "-shm", "-journal")]
    try:
        database = Database(sa.URL.create("sqlite", database=str(draft)), path)
        try:
            database.create()
        finally:
            database.dispose()
        try:
            os.link(draft, path)
        except FileExistsError:
            pass  # another process was quicker: its ledger stands
        except OSError:  # a file system without links
            if not path.exists():
                draft.replace(path)
    except OSError as fault:
        raise LedgerError(f"{path}: cannot be made: {fault.strerror or fault}") from fault
    finally:
        for each in beside:
            each.unlink(missing_ok=True)


def _check_file(path: Path, create: bool) -> None:
    """Refuse what must not be opened: SQLite would take a missing or an empty file for a new ledger."""
    archived = path.parent / "archive"
    if path.is_dir():
        raise LedgerError(f"{path}: a folder lies where the ledger's file should be. Next: move it aside")
    if path.exists() and not path.stat().st_size and any(archived.rglob("*.warc*")):
        log = path.with_name(path.name + "-wal")
        if not log.exists() or not log.stat().st_size:  # a ledger just being made has its log
            raise corrupt(path, "it is empty, but the archive holds pages")
    if not path.exists():
        if not create:
            raise LedgerMissing(f"{path}: no ledger there; marsad crawl makes one")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as fault:
            raise LedgerError(f"{path.parent}: cannot be made: {fault.strerror or fault}") from fault
