"""The parts that one Scrapy process shares: book, turns, robots, guard, limits; built from its settings."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar
from weakref import WeakKeyDictionary

from scrapy import Request
from scrapy.http.request import NO_CALLBACK
from scrapy.settings import SETTINGS_PRIORITIES
from scrapy.utils.misc import load_object

from crawlers.assignment import Assignment
from crawlers.book import Book
from crawlers.collect import Collecting, Terms
from crawlers.guard import Network, networks
from crawlers.hosts import Hosts, utc_now
from crawlers.memory import MemoryBook
from crawlers.robots import MAX_BYTES, Robots, RobotsAnswer
from crawlers.scribe import Scribe
from crawlers.wire import Limits, Lookup, SystemLookup, tls_context
from store.owners import owner_name

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

    from store.archive import ArchiveWriter
    from store.ledger import Ledger

_GRACE_S = 3.0
"""After a stop, requests under way have this long to end by themselves."""


class Desk:
    """One per crawler; handler, middlewares, spider and handoff find each other here."""

    _desks: ClassVar[WeakKeyDictionary[Any, Desk]] = WeakKeyDictionary()

    def __init__(self, crawler: Crawler) -> None:
        settings = crawler.settings
        self._crawler = crawler
        self.owner = owner_name()
        self.home = Path(settings["MARSAD_STORE"]) if settings.get("MARSAD_STORE") else None
        self.book: Book
        self.writer: ArchiveWriter | None = None
        self.keeper = Scribe("archive")
        """Writes pages."""
        self.now: Callable[[], datetime] = utc_now
        if self.home is None:
            self.book = MemoryBook(settings.getint("RETRY_TIMES"))
            self.scribe = Scribe("book")
        else:
            ledger, self.writer = _open_store(self.home, settings)
            self.book, self.scribe = ledger, Scribe("ledger", ledger.together)
            self.now = ledger.clock
        self.allow: tuple[Network, ...] = networks(settings.getlist("NETWORK_ALLOW"))
        self.schemes: list[str] = settings.getlist("NETWORK_SCHEMES")
        self.limits = Limits(
            timeout_s=settings.getfloat("DOWNLOAD_TIMEOUT"), max_bytes=settings.getint("DOWNLOAD_MAXSIZE")
        )
        self._verify = settings.getbool("DOWNLOAD_VERIFY_CERTIFICATES")
        chosen = settings.get("NETWORK_LOOKUP")
        self.lookup: Lookup = (
            load_object(chosen) if chosen else SystemLookup(settings.getdict("NETWORK_HOSTS"))
        )
        self.hosts = Hosts(
            self.book,
            self.scribe,
            owner=self.owner,
            delay_s=settings.getfloat("DOWNLOAD_DELAY"),
            max_delay_s=settings.getfloat("MAX_DELAY_S"),
            ttl_s=settings.getfloat("LEASE_S"),
            heir_of=assignment.heir_of if (assignment := settings.get("ASSIGNMENT")) else "",
            now=lambda: self.now(),
            fixed=(settings.getpriority("DOWNLOAD_DELAY") or 0) >= SETTINGS_PRIORITIES["cmdline"],
        )
        self.robots = Robots(
            self.book,
            self.scribe,
            self.hosts,
            self._fetch_robots,
            ttl_s=settings.getfloat("ROBOTS_TTL_S"),
            keep_days=settings.getfloat("ROBOTS_KEEP_DAYS"),
        )
        self._wall_clock_s = settings.getfloat("WALL_CLOCK_S")
        self.downloads: set[asyncio.Task[Any]] = set()
        """Requests under way."""

    @classmethod
    def of(cls, crawler: Crawler) -> Desk:
        desk = cls._desks.get(crawler)
        if desk is None:
            desk = cls._desks[crawler] = cls(crawler)
        return desk

    @cached_property
    def tls(self) -> ssl.SSLContext:
        return tls_context(verify=self._verify)

    def collecting(self, assignment: Assignment) -> Collecting:
        """The course of the crawl that *assignment* asks for."""
        settings = self._crawler.settings
        return Collecting(
            assignment.sources,
            book=self.book,
            scribe=self.scribe,
            hosts=self.hosts,
            owner=self.owner,
            watchwords=assignment.watchwords,
            leads=assignment.leads,
            emit=assignment.emit,
            keep_visit=self._keep_visit if self.writer is not None else None,
            now=lambda: self.now(),
            terms=Terms(
                backfill_days=settings.getfloat("BACKFILL_DAYS"),
                poll_min_s=settings.getfloat("POLL_MIN_S"),
                poll_max_s=settings.getfloat("POLL_MAX_S"),
                lease_s=settings.getfloat("LEASE_S"),
                max_pages=settings.getint("MAX_PAGES_PER_RUN"),
                concurrent_hosts=settings.getint("CONCURRENT_HOSTS"),
                back_off_s=settings.getfloat("BACK_OFF_S"),
                patience_s=settings.getfloat("PATIENCE_S"),
                force=assignment.force,
                since=assignment.since,
            ),
        )

    def _keep_visit(self, visit: dict[str, Any]) -> None:
        writer = self.writer
        assert writer is not None
        self.keeper.post(lambda: writer.write_visit(visit))

    async def _fetch_robots(self, url: str) -> RobotsAnswer:
        engine = self._crawler.engine
        assert engine is not None
        request = Request(
            url, callback=NO_CALLBACK, dont_filter=True, meta={"robots": True, "cut_at": MAX_BYTES}
        )
        response = await engine.download_async(request)
        return RobotsAnswer(response.status, response.body)

    @asynccontextmanager
    async def upkeep(
        self, end: Callable[[str], None], beat: Callable[[], None] | None = None
    ) -> AsyncIterator[None]:
        """Heartbeats of leases, and *beat*; calls *end* with the reason when the wall clock runs out."""

        async def work() -> None:
            started = time.monotonic()
            while True:
                await asyncio.sleep(1.0)
                self.hosts.heartbeat()
                self.hosts.release_idle()
                if beat is not None:
                    beat()
                if time.monotonic() - started > self._wall_clock_s:
                    end("wall clock")
                    self.stop()
                    return

        task = asyncio.ensure_future(work())
        try:
            yield
        finally:
            task.cancel()

    def stop(self) -> None:
        """End the run: who waits is sent away at once, who downloads a little later."""
        self.hosts.stop()
        asyncio.get_running_loop().call_later(_GRACE_S, self._cut)

    def _cut(self) -> None:
        for task in list(self.downloads):
            task.cancel()

    async def close(self) -> None:
        """Write down what is left, give back every lease."""
        self.hosts.close()
        await self.keeper.close()
        await self.scribe.close()
        if self.writer is not None:
            self.writer.close()
        close = getattr(self.book, "close", None)
        if close is not None:
            close()


def _open_store(home: Path, settings: Any) -> tuple[Ledger, ArchiveWriter]:
    from store.archive import Archive  # not needed without a store
    from store.ledger import Ledger

    place = settings.get("LEDGER_URL") or home
    ledger = Ledger.open(place, retry_times=settings.getint("RETRY_TIMES"))
    archive = Archive(home, rotate_bytes=settings.getint("ARCHIVE_ROTATE_BYTES"))
    assignment = settings.get("ASSIGNMENT")
    return ledger, archive.writer(assignment.folder if assignment else "")
