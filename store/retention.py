"""What is deleted in the course of time, and what never: articles stay, pages and logs may go.

Which files go is decided by pure functions of their names, sizes and times.  An archive file goes whole, once
nobody writes to it any more and no page in it waits to be read; ``archive/removed.jsonl`` keeps that it was
there, so that a page that is looked for in vain is told from one that is lost.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from store.archive import Archive, ArchiveError
from store.ledger import Ledger
from store.runs import Run

AT_REST = timedelta(days=1)
"""An archive file that was written to within this time is never deleted."""
IN_USE = timedelta(hours=1)
"""A log file that was written to within this time is never deleted."""
_NOTES = "removed.jsonl"


@dataclass(frozen=True, slots=True)
class Kept:
    """A file that is kept for now."""

    name: str
    size: int
    """In bytes."""
    written_at: datetime
    """When it was last written to."""


@dataclass(frozen=True, slots=True)
class Removed:
    """An archive file that was deleted."""

    file: str
    """Its name, as captures have it."""
    removed_at: datetime
    size: int
    pages: int


def too_many(
    files: Iterable[Kept],
    now: datetime,
    *,
    days: float,
    most_bytes: float,
    rest: timedelta,
    needed: Collection[str] = (),
) -> list[Kept]:
    """Those of *files* to delete, the oldest first; pure.

    What was not written to for *days* days, and of the rest the oldest until all that stays is at most
    *most_bytes* together; 0 of either = no such limit.  Never one of *needed*, nor one written to within
    *rest*: these count towards the size all the same.
    """
    files = sorted(files, key=lambda file: (file.written_at, file.name))
    total = sum(file.size for file in files)
    gone = []
    for file in files:
        old = bool(days) and now - file.written_at > timedelta(days=days)
        over = bool(most_bytes) and total > most_bytes
        if (old or over) and file.name not in needed and now - file.written_at > rest:
            gone.append(file)
            total -= file.size
    return gone


# ---- what was deleted ------------------------------------------------------------------------------------


def removed_files(archive: Archive) -> dict[str, Removed]:
    """Every archive file that was deleted, by name; a line that was never finished is passed over."""
    try:
        lines = (archive.folder / _NOTES).read_text("utf-8").splitlines()
    except FileNotFoundError:
        return {}
    found = {}
    for line in lines:
        try:
            row = json.loads(line)
            at = datetime.fromisoformat(row["removed_at"])
            found[row["file"]] = Removed(row["file"], at, row["size"], row["pages"])
        except (ValueError, KeyError, TypeError):
            continue
    return {name: one for name, one in found.items() if not (archive.folder / name).exists()}


def note_removed(archive: Archive, one: Removed) -> None:
    """Keep *one*, on the disk when this returns."""
    row = {
        "file": one.file,
        "removed_at": one.removed_at.astimezone(UTC).isoformat(timespec="seconds"),
        "size": one.size,
        "pages": one.pages,
    }
    path = archive.folder / _NOTES
    # A line break first where the last line was never finished.
    begun = path.exists() and not path.read_bytes().endswith(b"\n") and path.stat().st_size > 0
    with path.open("ab") as file:
        file.write(b"\n" * begun + json.dumps(row).encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())


# ---- deleting --------------------------------------------------------------------------------------------


def retire_pages(
    ledger: Ledger,
    archive: Archive,
    now: datetime,
    *,
    days: float,
    most_bytes: float,
    stop: Callable[[], bool] = lambda: False,
) -> Counter[str]:
    """Delete the archive files that are too old or too many; counts ``files``, ``pages`` and ``mb``.

    What analysts said of stories in such a file is copied into a new one first: a replay must have it.
    Raises :class:`~store.archive.ArchiveError` where a file cannot be read, copied or deleted.
    """
    counts: Counter[str] = Counter()
    if not days and not most_bytes:
        return counts
    kept = {}
    for path in archive.files():
        name = archive.name_of(path)
        if name is not None and not path.is_symlink():
            stat = path.stat()
            kept[name] = Kept(name, stat.st_size, datetime.fromtimestamp(stat.st_mtime, UTC))
    gone = too_many(
        kept.values(),
        now,
        days=days,
        most_bytes=most_bytes,
        rest=AT_REST,
        needed=ledger.unread_files(),
    )
    with closing(archive.writer()) as writer:
        for file in gone:
            path = archive.folder / file.name
            said: list[dict[str, Any]] = []
            found: Counter[str] = Counter()
            try:
                if stop() or archive.is_being_written(path):
                    continue
                for _ in archive.iter_pages(path, found, on_override=said.append):
                    if stop():
                        return counts
                for one in said:
                    writer.write_override(one)
                # Asked again: a page of it may have been put back to be read meanwhile.
                if file.name in ledger.unread_files():
                    continue
                note_removed(archive, Removed(file.name, now, file.size, found["pages"]))
                path.unlink()
            except OSError as fault:
                raise ArchiveError(f"{path}: {fault.strerror or fault}") from fault
            counts.update(files=1, pages=found["pages"], mb=round(file.size / (1 << 20)))
    return counts


def retire_logs(
    ledger: Ledger,
    home: Path,
    now: datetime,
    *,
    days: float,
    most_bytes: float,
) -> Counter[str]:
    """Delete the log files that are too old or too many; counts ``logs``.

    With *days*, the rows of runs that ended before that go as well, with the log files that they name.
    """
    counts: Counter[str] = Counter()
    folder = home / "log"
    files = []
    for path in folder.glob("*.log*") if folder.is_dir() else ():
        if path.is_file() and not path.is_symlink():
            stat = path.stat()
            files.append(Kept(path.name, stat.st_size, datetime.fromtimestamp(stat.st_mtime, UTC)))
    under_way = {Path(run.log).name for run in ledger.open_runs() if run.log}
    for file in too_many(files, now, days=days, most_bytes=most_bytes, rest=IN_USE, needed=under_way):
        (folder / file.name).unlink(missing_ok=True)
        counts["logs"] += 1
    for named in ledger.forget_runs(now - timedelta(days=days)) if days else ():
        path = folder / Path(named).name
        counts["logs"] += path.exists()
        path.unlink(missing_ok=True)
    return +counts


# ---- a look at some of what is kept ----------------------------------------------------------------------


def look_again(
    ledger: Ledger,
    archive: Archive,
    limit: int,
    before: Run | None,
    *,
    stop: Callable[[], bool] = lambda: False,
) -> tuple[int, dict[str, str]]:
    """Read *limit* captures drawn at random again, and those that *before* could not; how many were read,
    and where a page is lost (``FILE at OFFSET``), with what was seen there."""
    lost_before: Mapping[str, str] = before.counts.get("lost", {}) if before is not None else {}
    places = {f"{one.capture.file} at {one.capture.offset}": one for one in ledger.some_captures(limit)}
    if lost_before:
        for one in ledger.named_captures():
            place = f"{one.capture.file} at {one.capture.offset}"
            if place in lost_before:
                places[place] = one
    removed = removed_files(archive)
    read, lost = 0, {}
    for place, one in places.items():
        if stop():
            break
        if one.capture.file in removed:
            continue
        try:
            archive.read(one.capture)
        except ArchiveError as fault:
            lost[place] = str(fault).removeprefix(f"{place}: ")
        read += 1
    return read, lost
