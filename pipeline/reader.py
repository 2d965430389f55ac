"""The reading process: takes captured pages from the ledger and makes articles of them.

It runs beside a crawl (or after it) and may be killed at any instant: a page is leased, read in a child
process (:mod:`pipeline.isolated`) and ends together with its article; a lease that its reader did not live to
end is taken up again.  A page that crashes or hangs its reader twice is quarantined with what it did.

    python -m pipeline.reader --home var
"""

from __future__ import annotations

import argparse
import fcntl
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

import structlog

from config.loader import Config, load
from config.logs import for_process
from pipeline.aside import set_aside
from pipeline.isolated import IsolationError, Poison, Readers
from pipeline.linking import link
from pipeline.run import COMMIT_PAGES, Read, count, settle
from store.archive import Archive, ArchiveError
from store.follow import stdin_ended
from store.frontier import chunks
from store.ledger import CapturedLink, Ledger, LedgerError
from store.owners import owner_name
from store.records import FetchedPage

log = structlog.get_logger("marsad.reader")

_IDLE_S = 0.5
"""How long to wait before looking again for captured pages."""

Progress = Callable[[int], object]
"""Told, after each commit, how many pages have been read."""


def read_captured(
    config: Config,
    home: Path,
    *,
    follow: bool = False,
    stop: Callable[[], bool] | None = None,
    abandon: Callable[[], bool] | None = None,
    progress: Progress | None = None,
    folder: str = "",
) -> Counter[str]:
    """Read captured pages, oldest first, until none is left; the ends counted (:func:`pipeline.run.count`).

    With *follow* it goes on waiting for pages until *stop* says that no more will come, and ends when none is
    left.  Once *abandon* is true it ends after the pages in hand, giving back the others.  *folder* is the
    part of the archive that is read: a worker's, or (empty) what lies in none.  Each has one reader at a
    time: another one waits, and takes over if the first one dies.  Raises :class:`LedgerError` or
    :class:`~pipeline.isolated.IsolationError` if nothing can be read at all.
    """
    counts: Counter[str] = Counter()
    owner = owner_name()
    limit = int(config.settings["read.batch"])
    ttl_s = float(config.settings["crawl.lease_s"])
    archive = Archive(home)
    with (
        Ledger.of(config.settings, home) as ledger,
        Readers(config) as readers,
        _sole(home, folder) as sole,
    ):
        alone = False
        while not (abandon is not None and abandon()):
            # Asked before looking: what was captured before the crawl ended is then seen.
            last = not follow or (stop is not None and stop())
            if not alone and sole():
                ledger.free_captured(folder)  # nobody else reads here: a lease that stands is a dead reader's
                alone = True
            leased = ledger.lease_captured(owner, ledger.clock(), ttl_s, limit, folder) if alone else []
            if leased:
                _read_batch(leased, archive, readers, ledger, owner, counts, abandon, progress)
            elif last and not ledger.captured_waiting(folder):
                break
            else:
                time.sleep(_IDLE_S)
    return counts


def _read_batch(
    leased: Sequence[CapturedLink],
    archive: Archive,
    readers: Readers,
    ledger: Ledger,
    owner: str,
    counts: Counter[str],
    abandon: Callable[[], bool] | None,
    progress: Progress | None,
) -> None:
    """Read the pages leased; where *abandon* turns true, give back those not yet begun."""
    keys: list[str] = []
    begun = 0

    def pages() -> Iterator[FetchedPage]:
        nonlocal begun
        for item in leased:
            if abandon is not None and abandon():
                return
            begun += 1
            page = _fetch(item, archive, ledger, counts)
            if page is not None:
                keys.append(item.key)
                yield page

    done = 0
    for group in chunks(readers.read(pages()), COMMIT_PAGES):
        with ledger.together():
            ends = [
                _end(key, page, outcome, ledger)
                for key, (page, outcome) in zip(keys[done : done + len(group)], group, strict=True)
            ]
        counts.update(ends)
        done += len(group)
        if progress is not None:
            progress(counts.total())
    if begun < len(leased):
        ledger.return_captured([item.key for item in leased[begun:]], owner)


def _fetch(item: CapturedLink, archive: Archive, ledger: Ledger, counts: Counter[str]) -> FetchedPage | None:
    """The page from the archive; quarantined here where it cannot be had."""
    try:
        return archive.read(item.capture)
    except ArchiveError as fault:
        set_aside(ledger, item.key, item.link.source_id, item.link.url, str(fault), datetime.now(UTC))
        counts["quarantined"] += 1
        return None


def _end(key: str, page: FetchedPage, outcome: Read | Poison, ledger: Ledger) -> str:
    """Write how *page* ends; the name under which that is counted."""
    if isinstance(outcome, Poison):
        set_aside(ledger, key, page.link.source_id, page.url, outcome.detail, datetime.now(UTC))
        return "quarantined"
    return count(*settle(outcome, page, ledger, key))


@contextmanager
def _sole(home: Path, folder: str) -> Iterator[Callable[[], bool]]:
    """Asks, each time, whether this process is the one that reads *folder*; its lock dies with it."""
    home.mkdir(parents=True, exist_ok=True)
    held = False
    with (home / (f"reader-{folder}.lock" if folder else "reader.lock")).open("w") as file:

        def ask() -> bool:
            nonlocal held
            if not held:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    held = True
                except OSError:
                    pass
            return held

        yield ask


def main(arguments: Sequence[str] | None = None) -> int:
    """``python -m pipeline.reader``: exit status 0, or 1 where nothing could be read or written."""
    parser = argparse.ArgumentParser(prog="python -m pipeline.reader", description="Read captured pages.")
    parser.add_argument("--home", type=Path, help="MARSAD_HOME")
    parser.add_argument("--config", type=Path, help="MARSAD_CONFIG")
    parser.add_argument("--follow", action="store_true", help="wait for more pages until stdin ends")
    parser.add_argument("--link", action="store_true", help="then compare what was read with other articles")
    parser.add_argument("--folder", default="", help="read what lies in this folder of the archive")
    options = parser.parse_args(arguments)
    config = load(options.config, home=options.home)
    for_process(config.settings)
    ended = False

    def end(_signal: int, _frame: FrameType | None) -> None:
        nonlocal ended
        ended = True

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    try:
        counts = read_captured(
            config,
            config.settings.home,
            follow=options.follow,
            stop=stdin_ended,
            abandon=lambda: ended,
            folder=options.folder,
        )
        if options.link and not ended:
            with Ledger.of(config.settings, config.settings.home) as ledger:
                link(ledger, config)
    except (LedgerError, IsolationError) as fault:
        log.error("reading_ended", fault=str(fault))
        return 1
    log.info("pages_read", **counts)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
