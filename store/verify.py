"""Archive against ledger: every capture that the ledger names is there, every page that is there is known.

Nothing is written here: what is found, and what could be read in, is the caller's to mend.  Safe beside
processes that collect: a page that one of them has just archived, and not yet told the ledger of, is no
disagreement.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from store import codec
from store.archive import Archive, ArchiveError
from store.consistency import Finding, Kind, Named
from store.frontier import key_of
from store.ledger import Ledger
from store.records import Capture, FetchedPage, Override, Via
from store.retention import removed_files
from store.warc import Broken

Progress = Callable[[str, int], object]
"""Told the file that is being read and how many pages have been."""


@dataclass
class Compared:
    """What comparing the archive with the ledger gave."""

    files: int = 0
    pages: int = 0
    """Pages read whole, their digests right."""
    removed: int = 0
    """Captures that the ledger names in files that were deleted in the course of time (retention)."""
    unfinished: int = 0
    """Files whose last page was never finished: their writer was killed, nobody was promised that page."""
    written: int = 0
    """Files that a living process writes to."""
    findings: list[Finding] = field(default_factory=list)
    lost: list[Named] = field(default_factory=list)
    """Captures of pages that nobody has read, which are not there: to be fetched again."""
    unknown: list[tuple[datetime, Capture]] = field(default_factory=list)
    """Pages that the ledger does not know, with when they were fetched: to be read into it."""
    visits: list[dict[str, Any]] = field(default_factory=list)
    """Visits that the ledger does not know, to be restored."""
    overrides: list[dict[str, Any]] = field(default_factory=list)
    """What analysts said, and the ledger does not know."""


def compare_archive(
    ledger: Ledger, archive: Archive, progress: Progress = lambda file, pages: None
) -> Compared:
    """Read the whole archive, digests checked, and compare it with what the ledger names and knows.

    Memory stays at the captures of one file and what is found.  Raises LedgerError.
    """
    found = Compared()
    with tempfile.TemporaryFile() as spool:
        groups = _spooled(ledger, spool)
        paths = {archive.name_of(path) or path.name: path for path in archive.files()}
        for name, path in paths.items():
            progress(name, found.pages)
            _compare_file(ledger, archive, path, _group(spool, groups.pop(name, None)), found, progress)
        # Asked last: a file may be deleted in the course of time while others are read.
        removed = removed_files(archive)
        for name, place in groups.items():
            named = _group(spool, place)
            if name in removed:
                # Nothing that waits to be read is ever deleted; a backup put back may still wait for it.
                found.removed += sum(one.stake != "unread" for one in named)
                named = [one for one in named if one.stake == "unread"]
            for one in named:
                _lost(found, one, "the file is missing")
    found.unknown.sort(key=lambda item: (item[0], item[1].file, item[1].offset))
    return found


def compare_sample(ledger: Ledger, archive: Archive, limit: int, progress: Progress) -> Compared:
    """Look at *limit* captures drawn at random alone; pages that the ledger does not know are not looked
    for."""
    found = Compared()
    removed = removed_files(archive)
    for one in ledger.some_captures(limit):
        if one.capture.file in removed and one.stake != "unread":
            found.removed += 1
            continue
        try:
            archive.read(one.capture)
        except ArchiveError as fault:
            _lost(found, one, str(fault))
        else:
            found.pages += 1
            progress(one.capture.file, found.pages)
    return found


def pages_behind(ledger: Ledger, archive: Archive) -> int:
    """How many pages the archive holds that were written after what the ledger last knows of each file, and
    that it does not know: what a backup that was put back lacks."""
    last = ledger.last_offsets()
    count = 0
    for path in archive.files():
        name = archive.name_of(path) or path.name
        for page in archive.iter_pages(path, start=last.get(name, 0)):
            if page.capture is None:  # somebody else's file
                continue
            if page.capture.offset > last.get(name, -1) and not _is_known(ledger, page):
                count += 1
    return count


# ---- one file --------------------------------------------------------------------------------------------


@dataclass
class _Read:
    """What reading one file gave."""

    unknown: list[tuple[datetime, Capture]] = field(default_factory=list)
    visits: list[dict[str, Any]] = field(default_factory=list)
    overrides: list[dict[str, Any]] = field(default_factory=list)
    damaged: list[Broken] = field(default_factory=list)
    """Broken places behind which something whole stands: no writer was killed there."""
    broken: list[Broken] = field(default_factory=list)
    """Those behind which nothing whole has come yet."""
    faults: dict[int, str] = field(default_factory=dict)
    """Offset of each broken place, with what was seen there."""

    def met_broken(self, place: Broken) -> None:
        self.broken.append(place)
        self.faults[place.offset] = place.detail

    def met_whole(self) -> None:
        self.damaged += self.broken
        self.broken.clear()

    def is_cut(self) -> bool:
        """Whether the file ends as that of a writer who was killed; what is of that is no damage then."""
        cut = next((index for index, place in enumerate(self.broken) if place.cut), None)
        if cut is not None:  # what seems to begin inside of what was cut off is part of it
            del self.broken[cut:]
        return cut is not None

    def findings(self, name: str) -> Iterator[Finding]:
        """What the ledger does not know of the file *name*."""
        for _, capture in self.unknown:
            yield Finding(Kind.UNKNOWN_PAGE, f"{name} at {capture.offset}")
        for visit in self.visits:
            yield Finding(Kind.UNKNOWN_VISIT, f"{visit['source_id']} {visit['started_at']}")
        for _ in self.overrides:
            yield Finding(Kind.UNKNOWN_OVERRIDE, name)


def _compare_file(
    ledger: Ledger, archive: Archive, path: Path, named: list[Named], found: Compared, progress: Progress
) -> None:
    name = archive.name_of(path) or path.name
    wanted: dict[int, list[Named]] = {}
    for one in named:
        wanted.setdefault(one.capture.offset, []).append(one)
    read, written = _Read(), False
    try:
        written = archive.is_being_written(path)
        for page in _pages(ledger, archive, path, read):
            capture = page.capture
            if capture is None:  # somebody else's file, laid in the folder: a replay takes its pages in
                continue
            found.pages += 1
            progress(name, found.pages)
            here = wanted.pop(capture.offset, None)
            for one in here or ():
                if one.capture.sha256 != capture.sha256:
                    _lost(found, one, f"has digest {capture.sha256}")
            if here is None and not written and not _is_known(ledger, page):
                read.unknown.append((page.fetched_at, capture))
    except FileNotFoundError:
        # Deleted while we looked: retention says so, or it is missing.
        if name in removed_files(archive):
            found.removed += len(named)
        else:
            for one in named:
                _lost(found, one, "the file is missing")
        return
    except (ArchiveError, OSError) as fault:
        # What lies in it is not lost, as far as we know.
        found.findings.append(Finding(Kind.DAMAGED_PLACE, name, str(fault)))
        return
    found.files += 1
    found.written += written
    found.unfinished += read.is_cut() and not written
    for place in read.damaged if written else read.damaged + read.broken:
        found.findings.append(Finding(Kind.DAMAGED_PLACE, f"{name} at {place.offset}", place.detail))
    for offset, ones in wanted.items():
        for one in ones:
            _lost(found, one, read.faults.get(offset, "no page begins there"))
    if not written:
        found.unknown += read.unknown
        found.visits += read.visits
        found.overrides += read.overrides
        found.findings += read.findings(name)


def _pages(ledger: Ledger, archive: Archive, path: Path, read: _Read) -> Iterator[FetchedPage]:
    """The pages of a file; what is met between them goes to *read*."""

    def on_visit(visit: dict[str, Any]) -> None:
        read.met_whole()
        if not _has_visit(ledger, visit):
            read.visits.append(visit)

    def on_override(said: dict[str, Any]) -> None:
        read.met_whole()
        if not _has_override(ledger, said):
            read.overrides.append(said)

    for page in archive.iter_pages(
        path, on_visit=on_visit, on_override=on_override, on_broken=read.met_broken
    ):
        read.met_whole()
        yield page


def _lost(found: Compared, one: Named, why: str) -> None:
    place = f"{one.capture.file} at {one.capture.offset}"
    if one.stake == "unread":
        found.lost.append(one)
        found.findings.append(Finding(Kind.UNREAD_LOST, one.thing, f"{place}: {why}"))
    else:
        found.findings.append(Finding(Kind.PAGE_LOST, one.thing, f"{place}: {why}"))


def _is_known(ledger: Ledger, page: FetchedPage) -> bool:
    return ledger.has_seen(
        key_of(page.link.url),
        key_of(page.final_url),
        page.fetched_at,
        taken_in=page.link.via is Via.WARC,
    )


def _has_visit(ledger: Ledger, visit: Mapping[str, Any]) -> bool:
    """Whether *visit* is known, or no visit at all."""
    try:
        return ledger.has_visit(str(visit["source_id"]), datetime.fromisoformat(visit["started_at"]))
    except (KeyError, ValueError, TypeError):
        return True


def _has_override(ledger: Ledger, said: Mapping[str, Any]) -> bool:
    """Whether it is known, or nothing that an analyst can have said."""
    try:
        return ledger.has_override(codec.to_document(codec.decode(Override, dict(said))))
    except (KeyError, ValueError, TypeError):
        return True


# ---- the captures that the ledger names ------------------------------------------------------------------


def _spooled(ledger: Ledger, spool: IO[bytes]) -> dict[str, tuple[int, int]]:
    """Write every capture that the ledger names to *spool*; by file, where its lines begin and how many
    they are.

    A snapshot that stays open for as long as an archive takes to read would keep the ledger's log growing.
    """
    groups: dict[str, tuple[int, int]] = {}
    with closing(ledger.named_captures()) as named:
        position = 0
        for one in named:
            line = json.dumps(
                [one.capture.file, one.capture.offset, one.capture.sha256, one.stake, one.thing]
            )
            start, count = groups.get(one.capture.file, (position, 0))
            groups[one.capture.file] = (start, count + 1)
            position += spool.write(line.encode() + b"\n")
    return groups


def _group(spool: IO[bytes], place: tuple[int, int] | None) -> list[Named]:
    if place is None:
        return []
    start, count = place
    spool.seek(start)
    rows = [json.loads(spool.readline()) for _ in range(count)]
    return [Named(Capture(file, offset, digest), stake, thing) for file, offset, digest, stake, thing in rows]
