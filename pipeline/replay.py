"""Make articles of archive files: ``marsad replay`` from our own archive, ``marsad import`` from any WARC.

Pages go through the same steps as after a crawl (:mod:`pipeline.run`), in the order in which they were
fetched, so that an empty home gets the same articles, revisions and times.  A page that our archive does not
hold yet is copied into it first, with the capture's own time, so that a later replay finds it; its outlet is
the one of the catalogue that serves its host, or ``web:<host>``.
"""

from __future__ import annotations

import heapq
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import structlog

from config.loader import Config
from pipeline.aside import set_aside
from pipeline.isolated import Poison, Readers
from pipeline.run import COMMIT_PAGES, Read, count, settle
from store.archive import Archive, ArchiveError, ArchiveWriter
from store.frontier import chunks, key_of
from store.ledger import Ledger
from store.records import Capture, FetchedPage, Via
from store.urls import host_of

log = structlog.get_logger("marsad.replay")

Progress = Callable[[int], object]
"""Told, after each commit, how many pages have been read."""

_HTML = re.compile(r"\s*(?:text/html|application/xhtml\+xml|\s*$)", re.IGNORECASE)
_STAMP = re.compile(r"marsad-(\d{8}T\d{6})(\d{0,6})Z-")
_OPEN_FILES = 64
"""How many files are read side by side; more than that many processes hardly wrote at one time."""


def replay_pages(
    config: Config,
    home: Path,
    warcs: Sequence[Path] | None = None,
    *,
    workers: int = 1,
    progress: Progress | None = None,
) -> Counter[str]:
    """Read every page of the home's archive (or of *warcs*) again; the ends counted.

    The counters are those of :func:`pipeline.run.count` and ``quarantined``, ``known`` (of a file from
    elsewhere, pages that are in the ledger already), ``skipped`` (not HTML), ``visits`` (restored), and what
    :meth:`store.archive.Archive.iter_pages` could not use (``broken``, ``truncated``, ``too_large``,
    ``not_http``).  Raises :class:`~store.archive.ArchiveError` for a file that cannot be read,
    :class:`~store.ledger.LedgerError` if the ledger cannot be written.
    """
    counts: Counter[str] = Counter()
    archive = Archive(home, rotate_bytes=int(config.settings["archive.rotate_bytes"]))
    files = archive.files() if warcs is None else list(warcs)
    with ExitStack() as stack:
        ledger = stack.enter_context(Ledger.of(config.settings, home))
        readers = stack.enter_context(Readers(config, workers=workers))
        shelf = _Shelf(archive, stack.enter_context(archive.writer()), ledger, config, counts)
        found: Counter[str] = Counter()
        visits: list[dict[str, Any]] = []  # met among the pages, as these are read
        said: list[dict[str, Any]] = []
        pages = shelf.kept(_in_order(archive, files, found, visits.append, said.append))
        done = 0
        for group in chunks(readers.read(pages), COMMIT_PAGES):
            with ledger.together():
                ends = [_end(page, outcome, ledger) for page, outcome in group]
                counts.update(ends + _restored(visits, ledger))
            done += len(ends)
            if progress is not None:
                progress(done)
        with ledger.together():
            counts.update(_restored(visits, ledger))
            counts.update(_said_again(said, ledger))
    found.pop("pages", None)
    return counts + found


def read_in(
    config: Config,
    home: Path,
    captures: Sequence[Capture],
    *,
    progress: Progress | None = None,
) -> Counter[str]:
    """Read pages of the home's archive that its ledger does not know, in this order; the ends counted.

    As if whoever archived them had lived to say so: their links end with them.  ``lost`` counts those that
    cannot be had any more.  Raises LedgerError.
    """
    counts: Counter[str] = Counter()
    archive = Archive(home)

    def pages() -> Iterator[FetchedPage]:
        for capture in captures:
            try:
                yield archive.read(capture)
            except ArchiveError as fault:
                log.warning("page_lost", fault=str(fault))
                counts["lost"] += 1

    with Ledger.of(config.settings, home) as ledger, Readers(config) as readers:
        done = 0
        for group in chunks(readers.read(pages()), COMMIT_PAGES):
            with ledger.together():
                for page, _ in group:
                    if page.link.via is not Via.WARC:  # of those taken in from elsewhere no outlet was asked
                        with suppress(KeyError):  # an unknown link becomes known by its end
                            ledger.captured(key_of(page.link.url), page)
                ends = [_end(page, outcome, ledger) for page, outcome in group]
            counts.update(ends)
            done += len(group)
            if progress is not None:
                progress(done)
    return counts


class _Shelf:
    """Makes pages from elsewhere ours: names their outlet and copies them into our archive."""

    def __init__(
        self,
        archive: Archive,
        writer: ArchiveWriter,
        ledger: Ledger,
        config: Config,
        counts: Counter[str],
    ) -> None:
        self._archive = archive
        self._writer = writer
        self._ledger = ledger
        self._counts = counts
        self._config = config

    def kept(self, pages: Iterable[FetchedPage]) -> Iterator[FetchedPage]:
        """Each of *pages* that is to be read, with its capture in our archive."""
        for page in pages:
            if page.capture is not None:
                yield page
                continue
            if not _HTML.match(page.header("content-type") or ""):
                self._counts["skipped"] += 1
                continue
            if self._known(page):
                self._counts["known"] += 1
                continue
            page = self._credited(page)
            yield replace(page, capture=self._writer.write_page(page))

    def _credited(self, page: FetchedPage) -> FetchedPage:
        if page.link.source_id:
            return page
        try:
            host = host_of(page.url)
        except ValueError:
            host = ""
        return replace(page, link=replace(page.link, source_id=self._outlet(host)))

    def _outlet(self, host: str) -> str:
        """The id of the outlet that serves *host*, or ``web:<host>``."""
        source = self._config.source_of(host)
        return source.id if source else f"web:{host.removeprefix('www.')}"

    def _known(self, page: FetchedPage) -> bool:
        """Whether this very capture was taken in before (a file imported twice)."""
        article_id = self._ledger.find_by_key(key_of(page.url))
        if article_id is None:
            return False
        digest = sha256(page.body).hexdigest()
        return any(
            stored.capture.sha256 == digest and stored.first_seen_at <= page.fetched_at <= stored.last_seen_at
            for stored in self._ledger.revisions(article_id)
        )


def _restored(visits: list[dict[str, Any]], ledger: Ledger) -> list[str]:
    """Write *visits* and empty the list; the names under which they are counted."""
    ends = []
    for visit in visits:
        try:
            ledger.restore_visit(visit)
        except ValueError as fault:
            log.warning("visit_unreadable", source=visit.get("source_id"), fault=str(fault))
            ends.append("broken")
        else:
            ends.append("visits")
    visits.clear()
    return ends


def _said_again(said: Sequence[dict[str, Any]], ledger: Ledger) -> list[str]:
    """Keep what analysts *said* of stories; the names under which it is counted."""
    ends = []
    for one in said:
        try:
            ledger.restore_override(one)
        except ValueError as fault:
            log.warning("override_unreadable", fault=str(fault))
            ends.append("broken")
        else:
            ends.append("overrides")
    return ends


def _in_order(
    archive: Archive,
    files: Sequence[Path],
    counts: Counter[str],
    on_visit: Callable[[dict[str, Any]], object],
    on_override: Callable[[dict[str, Any]], object],
) -> Iterator[FetchedPage]:
    """The pages of all *files* by the time they were fetched, as far as that can be had with flat memory.

    The visits among them are handed to *on_visit*, what analysts said to *on_override*.

    Each file is in order by itself; files that were written side by side (their names say when each was
    begun) are merged.  Files from elsewhere follow one another as given.
    """
    waiting = sorted(
        ((_begun(path), number, path) for number, path in enumerate(files)), key=lambda item: item[:2]
    )
    waiting.reverse()
    heads: list[tuple[datetime, int, FetchedPage, Iterator[FetchedPage]]] = []

    def advance(number: int, pages: Iterator[FetchedPage]) -> None:
        page = next(pages, None)
        if page is not None:
            heapq.heappush(heads, (page.fetched_at, number, page, pages))

    while waiting or heads:
        while waiting and len(heads) < _OPEN_FILES and (not heads or waiting[-1][0] <= heads[0][0]):
            _, number, path = waiting.pop()
            advance(number, archive.iter_pages(path, counts, on_visit=on_visit, on_override=on_override))
        if heads:
            _, number, page, pages = heapq.heappop(heads)
            yield page
            advance(number, pages)


_LAST = datetime.max.replace(tzinfo=UTC)


def _begun(path: Path) -> datetime:
    """When the writer of *path* began it; the end of time for a file from elsewhere (read last, in turn)."""
    match = _STAMP.match(path.name)
    if match is None:
        return _LAST
    return datetime.strptime(match[1] + match[2].ljust(6, "0"), "%Y%m%dT%H%M%S%f").replace(tzinfo=UTC)


def _end(page: FetchedPage, outcome: Read | Poison, ledger: Ledger) -> str:
    """Write how *page* ends; the name under which that is counted."""
    if isinstance(outcome, Poison):
        _quarantine(ledger, page, outcome.detail)
        return "quarantined"
    return count(*settle(outcome, page, ledger, None))


def _quarantine(ledger: Ledger, page: FetchedPage, detail: str) -> None:
    """Set *page* aside; its link becomes known by that."""
    key = key_of(page.link.url)
    ledger.add_links([page.link], page.fetched_at)
    ledger.captured(key, page)
    set_aside(ledger, key, page.link.source_id, page.url, detail, page.fetched_at)
