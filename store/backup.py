"""A copy of the ledger, taken while others write, checked before it gets its name; and putting one back.

The copy is one snapshot (SQLite's backup interface inside one read transaction), a single file without a log
beside it.  It appears whole or not at all.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import shutil
import sqlite3
import struct
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from store.database import FILE_NAME, LedgerCorrupt, LedgerError, LedgerFull, in_our_words
from store.ledger import Ledger

FOLDER = "backup"
_NAME = re.compile(r"ledger-\d{8}T\d{6}Z(?:-\d+)?\.sqlite\Z")
_PART = re.compile(r"\.(?P<name>.+)\.(?P<pid>\d+)\.part(?:-\w+)?\Z")
_STEP = 2000
"""Pages copied between two looks at whether to stop (8 MB)."""
_HEAD = b"SQLite format 3\0"
_COUNTED = ("articles", "revisions", "links", "outbox")
# The bytes of a ledger's file on which SQLite keeps its locks: every open connection holds one of them.
_LOCK_BYTES = (0x40000000, 512)

Progress = Callable[[int, int], object]
"""Told how many pages of the file are copied, of how many."""


class BackupError(LedgerError):
    """A backup cannot be made or put back; names the file, what was found, and the next move."""


class WrongFile(BackupError):
    """The file that was named is not one to back up to, or to put back."""


class Stopped(Exception):
    """Told to stop; nothing was made or changed."""


@dataclass(frozen=True, slots=True)
class Backup:
    """A copy of a ledger, checked."""

    path: Path
    size: int
    """In bytes."""
    counts: dict[str, int]
    """Rows of ``articles``, ``revisions``, ``links`` and ``outbox``."""


@dataclass(frozen=True, slots=True)
class Restored:
    """A ledger put back."""

    counts: dict[str, int]
    aside: Path | None
    """Where the ledger lies that was there before; ``None`` if there was none."""


def default_path(home: Path, now: datetime) -> Path:
    """Where a backup of *home* goes that nobody named."""
    stem = f"ledger-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    path = home / FOLDER / f"{stem}.sqlite"
    number = 1
    while path.exists():
        number += 1
        path = home / FOLDER / f"{stem}-{number}.sqlite"
    return path


def backups(home: Path) -> list[Path]:
    """The backups in the default folder of *home*, the newest first."""
    folder = home / FOLDER
    found = [path for path in folder.iterdir() if _NAME.match(path.name)] if folder.is_dir() else []
    return sorted(found, key=lambda path: path.name, reverse=True)


def prune(home: Path, keep: int) -> list[Path]:
    """Delete all but the *keep* newest backups in the default folder (0 = none is deleted); those deleted."""
    old = backups(home)[keep:] if keep else []
    for path in old:
        path.unlink(missing_ok=True)
    return old


# ---- making ----------------------------------------------------------------------------------------------


def back_up(
    ledger: Ledger,
    target: Path,
    *,
    spare_bytes: int = 0,
    progress: Progress = lambda done, of: None,
    stop: Callable[[], bool] = lambda: False,
) -> Backup:
    """Copy the ledger to *target*, while others read and write it, and check the copy.

    A backup of that name is replaced, another kind of file is not.  At least *spare_bytes* stay free on the
    disk.  Raises :class:`BackupError`, :class:`~store.database.LedgerFull` (no room; nothing is left behind),
    :class:`~store.database.LedgerCorrupt` (the ledger, and so its copy, is damaged) or :class:`Stopped`.
    """
    source = ledger.file
    if source is None:
        raise BackupError(
            f"{ledger.name}: a server's ledger is backed up by the server's own tools. Next: "
            "pg_dump --format=custom --file=ledger.dump DATABASE (and pg_restore to put it back)"
        )
    _check_target(source, target)
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _remove_parts(target)
        size = sum(path.stat().st_size for path in _with_log(source) if path.exists())
        free = shutil.disk_usage(target.parent).free
        if free < size + spare_bytes:
            raise LedgerFull(
                f"{target}: needs {_mb(size)} MB, and {_mb(spare_bytes)} MB are to stay free; the disk has "
                f"{_mb(free)} MB. Next: free some space, or name a file on another disk"
            )
        counts = _copy(source, part, progress, stop)
        _check(part, counts, stop)
        _sync(part)
        part.replace(target)
        _sync(target.parent)
    except sqlite3.Error as fault:
        raise in_our_words(fault, None, str(target)) from fault
    except OSError as fault:
        raise _os_error(fault, target) from fault
    finally:
        for path in _with_log(part):
            path.unlink(missing_ok=True)
    return Backup(target, target.stat().st_size, counts)


def _check_target(source: Path, target: Path) -> None:
    if target.is_dir():
        raise WrongFile(f"{target}: is a folder. Next: name a file in it")
    if not target.exists():
        return
    if any(path.exists() and target.samefile(path) for path in _with_log(source)):
        raise WrongFile(f"{target}: is the ledger itself. Next: name another file")
    with target.open("rb") as file:
        if file.read(len(_HEAD)) not in (_HEAD, b""):
            raise WrongFile(f"{target}: is there, and no backup of a ledger. Next: name another file")


def _copy(source: Path, part: Path, progress: Progress, stop: Callable[[], bool]) -> dict[str, int]:
    """Write a snapshot of *source* to *part*; how many rows it has."""

    def step(_status: int, left: int, total: int) -> None:
        progress(total - left, total)
        if stop():
            raise Stopped

    with closing(_connect(source)) as live, closing(_connect(part)) as copy:
        # One snapshot throughout: else the copy would begin anew with each commit of another process.
        live.execute("BEGIN")
        counts = _counts(live)
        live.backup(copy, pages=_STEP, progress=step)
        live.rollback()
        copy.execute("PRAGMA journal_mode=DELETE")  # one file, complete in itself
    return counts


def _check(path: Path, expected: dict[str, int] | None, stop: Callable[[], bool]) -> dict[str, int]:
    """Check the copy at *path* page by page; its rows.  Raises LedgerCorrupt."""
    with closing(_connect(path)) as copy:
        copy.set_progress_handler(lambda: int(stop()), 100_000)
        try:
            lines = [row[0] for row in copy.execute("PRAGMA quick_check")]
            lines += [f"row {row[1]} of {row[0]} refers to nothing" for row in _dangling(copy)]
            found = _counts(copy)
        except sqlite3.OperationalError as fault:
            if stop():
                raise Stopped from fault
            raise
    faults = [line for line in lines if line != "ok"]
    if expected is not None and found != expected:
        faults.append(f"it has {found}, the ledger had {expected}")
    if faults:
        raise LedgerCorrupt(
            f"{path}: the copy is not sound ({'; '.join(faults[:3])}). It was not kept. "
            "Next: marsad verify says whether the ledger itself is damaged"
        )
    return found


def _dangling(connection: sqlite3.Connection) -> list[tuple[str, int]]:
    return connection.execute("PRAGMA foreign_key_check").fetchall()


def _counts(connection: sqlite3.Connection) -> dict[str, int]:
    return {name: connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in _COUNTED}


# ---- putting back ----------------------------------------------------------------------------------------


def restore(home: Path, backup: Path, now: datetime) -> Restored:
    """Put *backup* in the place of the ledger of *home*; the one that was there is kept beside it.

    Raises :class:`BackupError` while a process has that ledger open, and for a file that is no backup;
    LedgerCorrupt for a damaged one, LedgerSchema for one of a newer program.  Whatever it raises, the ledger
    is the one that was there.
    """
    ledger = home / FILE_NAME
    _check_backup(ledger, backup)
    draft = home / f"{FILE_NAME}.{os.getpid()}.restoring"
    stamp = f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    aside = ledger.with_name(f"{FILE_NAME}.before-restore-{stamp}")
    try:
        home.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(backup, draft)
        counts = _check(draft, None, lambda: False)
        with Ledger.open(f"sqlite:///{draft.absolute()}", create=False):
            pass  # brought to the schema of today, or refused
        with closing(_connect(draft)) as copy:
            copy.execute("PRAGMA journal_mode=DELETE")
        _sync(draft)
        if not ledger.exists():
            draft.replace(ledger)
            _sync(home)
            return Restored(counts, None)
        _fold_log(ledger)
        with _sole(ledger):
            for second in home.glob(f"{FILE_NAME}.before-restore-*"):
                if second.samefile(ledger):  # a second name, of a restore that was killed just then
                    second.unlink()
            os.link(ledger, aside)
            # First the log, which would be taken for the new file's; then the file, in one step.
            log, shared = _with_log(ledger)[1:3]
            if log.exists():
                log.replace(aside.with_name(aside.name + "-wal"))
            shared.unlink(missing_ok=True)
            draft.replace(ledger)
            _sync(home)
        return Restored(counts, aside)
    except sqlite3.Error as fault:
        raise in_our_words(fault, None, str(backup)) from fault
    except OSError as fault:
        raise _os_error(fault, ledger) from fault
    finally:
        for path in (*_with_log(draft), *draft.parent.glob(f"{draft.name}.schema-*")):
            path.unlink(missing_ok=True)


def holder(ledger: Path) -> int | None:
    """The process that has the file *ledger* open, 0 if it is on another machine; ``None`` if none has."""
    if not ledger.exists():
        return None
    with ledger.open("rb+") as file:
        start, length = _LOCK_BYTES
        asked = struct.pack("hhqqi", fcntl.F_WRLCK, os.SEEK_SET, start, length, 0)
        kind, _, _, _, pid = struct.unpack("hhqqi", fcntl.fcntl(file, fcntl.F_GETLK, asked))
    return None if kind == fcntl.F_UNLCK else max(pid, 0)


def _check_backup(ledger: Path, backup: Path) -> None:
    if not backup.is_file():
        raise WrongFile(f"{backup}: no such file")
    if ledger.exists() and backup.samefile(ledger):
        raise WrongFile(f"{backup}: is the ledger itself. Next: name a backup")
    with backup.open("rb") as file:
        if file.read(len(_HEAD)) != _HEAD:
            raise WrongFile(
                f"{backup}: is no backup of a ledger. Next: name a file that marsad backup has made "
                f"({ledger.parent / 'backup'})"
            )
    if any(path.exists() and path.stat().st_size for path in _with_log(backup)[1:2]):
        raise WrongFile(
            f"{backup}: has a log beside it (-wal), so it is no backup but a ledger's own file, of which a "
            "part stands in the log. Next: marsad backup makes a backup of it"
        )
    _refuse_held(ledger)


def _refuse_held(ledger: Path) -> None:
    pid = holder(ledger)
    if pid is not None:
        who = f"process {pid}" if pid else "a process of another machine"
        raise BackupError(
            f"{ledger}: {who} has it open; a ledger is only put back while nothing uses it. "
            "Next: stop all marsad processes (marsad up, crawl, a worker), then the same again"
        )


@contextmanager
def _sole(ledger: Path) -> Iterator[None]:
    """Nobody has *ledger* open, or opens it, inside the block."""
    start, length = _LOCK_BYTES
    with ledger.open("rb+") as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, length, start)
        except OSError:
            _refuse_held(ledger)
            raise
        yield


def _fold_log(ledger: Path) -> None:
    """Bring what stands in the log into the file; a damaged ledger is kept aside with its log."""
    with contextlib.suppress(sqlite3.Error), closing(_connect(ledger, wait_s=0.0)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


# ---- files -----------------------------------------------------------------------------------------------


def _connect(path: Path, wait_s: float = 60.0) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=wait_s, isolation_level=None)
    connection.execute("PRAGMA synchronous=FULL")
    return connection


def _with_log(path: Path) -> list[Path]:
    return [path.with_name(path.name + end) for end in ("", "-wal", "-shm", "-journal")]


def _remove_parts(target: Path) -> None:
    """Remove what a killed process left of the same or another backup in this folder."""
    for path in target.parent.iterdir():
        part = _PART.match(path.name)
        if part is None or not (part["name"] == target.name or _NAME.match(part["name"])):
            continue
        if int(part["pid"]) == os.getpid() or not Path(f"/proc/{part['pid']}").exists():
            path.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _mb(size: int) -> int:
    return -(-size // (1 << 20))


def _os_error(fault: OSError, path: Path) -> LedgerError:
    import errno

    where = fault.filename or path
    if fault.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return LedgerFull(f"{where}: no room left ({fault.strerror}). Next: free some space, then again")
    return BackupError(f"{where}: {fault.strerror or fault}")
