"""``scrapy crawl probe -a source=ID[,ID…] -O report.jsonl``: what each entry point gives, keeping nothing."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Self

from scrapy import Request, Spider, signals
from scrapy.http import Response
from twisted.python.failure import Failure

from config.model import EntryPoint, Source
from crawlers.assignment import Assignment
from crawlers.desk import Desk
from crawlers.discovery import Discovered, discover, in_window, own_hosts
from crawlers.handler import WIRE_HEADERS
from crawlers.matching import verdict
from crawlers.pauses import Do, judge
from store.urls import host_of

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.settings import BaseSettings

SAMPLES = 3
"""Titles told of each listing."""
_MAX_DEPTH = 2
"""An index shows no article: one child of it is looked at, and one of that."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One listing to look at."""

    source: Source
    entry: EntryPoint
    url: str
    depth: int = 0

    @property
    def row(self) -> dict[str, Any]:
        """The report of a listing that has not answered."""
        return {
            "source": self.source.id,
            "kind": self.entry.kind,
            "url": self.url,
            "listed_by": self.entry.url if self.depth else None,
            "status": None,
            "final_url": None,
            "content_type": None,
            "bytes": None,
            "items": 0,
            "newest": None,
            "titles": [],
            "taken": 0,
            "too_old": 0,
            "not_matching": 0,
            "children": 0,
            "problems": [],
            "error": None,
        }


class ProbeSpider(Spider):
    """Asks for every entry point of its sources by the way of any crawl; fetches no article."""

    name = "probe"
    desk: Desk
    assignment: Assignment
    backfill: timedelta
    open: int
    """Requests without an answer."""
    done: asyncio.Event

    @classmethod
    def update_settings(cls, settings: BaseSettings) -> None:
        super().update_settings(settings)
        settings.set("ITEM_PIPELINES", {}, priority="spider")  # nothing is handed to the store

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        spider = super().from_crawler(crawler)
        spider.assignment = crawler.settings.get("ASSIGNMENT") or Assignment.from_arguments(**kwargs)
        spider.desk = Desk.of(crawler)
        spider.backfill = timedelta(days=crawler.settings.getfloat("BACKFILL_DAYS"))
        spider.open = 0
        spider.done = asyncio.Event()
        crawler.signals.connect(spider.crashed, signals.spider_error)
        crawler.signals.connect(spider.desk.close, signals.spider_closed)
        return spider

    async def start(self) -> AsyncIterator[Any]:
        visits = [Visit(s, entry, entry.url) for s in self.assignment.sources for entry in s.entry_points]
        requests = [self.request(visit) for visit in visits]
        async with self.desk.upkeep(lambda why: self.done.set()):
            for request in requests:
                yield request
            if requests:
                await self.done.wait()

    def request(self, visit: Visit) -> Request:
        self.open += 1
        host = host_of(visit.url)
        self.desk.hosts.want_delay(host, visit.source.id, visit.source.delay_s)
        return Request(
            visit.url,
            callback=self.parse,
            errback=self.failed,
            dont_filter=True,
            cb_kwargs={"visit": visit},
            meta={"cookiejar": host},
        )

    def parse(self, response: Response, visit: Visit) -> Iterator[Any]:
        headers = dict(response.meta[WIRE_HEADERS])
        row = visit.row | {
            "status": response.status,
            "final_url": response.url,
            "content_type": headers.get("content-type"),
            "bytes": len(response.body),
        }
        judgement = judge(response.status, headers.get, len(response.body))
        if judgement.do is not Do.KEEP:
            row["error"] = {"kind": judgement.kind, "detail": f"status {response.status}"}
            yield self.told(row)
            return
        now = self.desk.now()
        found = discover(
            response.body,
            kind=visit.entry.kind,
            url=response.url,
            content_type=headers.get("content-type"),
            source=visit.source,
            now=now,
            entry=visit.entry,
            outlets={host: source.id for source in self.assignment.leads for host in own_hosts(source)},
        )
        window = self.assignment.since or now - self.backfill
        following = self.first_child(visit, found, window)
        if following is not None:
            yield following
        yield self.told(row | self.listed(visit.source, found, window))

    def listed(self, source: Source, found: Discovered, window: datetime) -> dict[str, Any]:
        """What a listing shows, and what a first crawl would make of it."""
        watchwords = self.assignment.watchwords
        owners = {lead.id: lead for lead in self.assignment.leads}
        verdicts = Counter(
            verdict(link, owners.get(link.source_id, source), watchwords, window) for link in found.links
        )
        titles = (link.hint.title or link.url for link in found.links)
        return {
            "items": len(found.links),
            "newest": found.newest.isoformat() if found.newest else None,
            "titles": [title for title, _ in zip(titles, range(SAMPLES), strict=False)],
            "taken": verdicts.pop(None, 0),
            **{reason.value: count for reason, count in verdicts.items() if reason is not None},
            "children": len(found.children),
            "problems": list(found.problems),
        }

    def first_child(self, visit: Visit, found: Discovered, window: datetime) -> Request | None:
        """The newest listing of an index that shows no article itself."""
        if found.links or visit.depth >= _MAX_DEPTH:
            return None
        child = next((child for child in found.children if in_window(child, window)), None)
        return self.request(replace(visit, url=child.url, depth=visit.depth + 1)) if child else None

    def failed(self, failure: Failure) -> Iterator[Any]:
        """A request without an answer: the error says its kind."""
        visit: Visit = failure.request.cb_kwargs["visit"]  # type: ignore[attr-defined]  # set by Scrapy
        error = failure.value
        kind = getattr(error, "kind", type(error).__name__)
        yield self.told(visit.row | {"error": {"kind": kind, "detail": str(error)}})

    def crashed(self, failure: Failure, response: Response) -> None:
        """A callback raised: a fault of ours, told so that the run ends all the same."""
        assert response.request is not None
        visit: Visit = response.request.cb_kwargs["visit"]
        detail = f"{type(failure.value).__name__}: {failure.value}"
        self.told(visit.row | {"error": {"kind": "crash", "detail": detail}})

    def told(self, row: dict[str, Any]) -> dict[str, Any]:
        """*row*, told to whoever listens; the last one ends the run."""
        if self.assignment.emit is not None:
            self.assignment.emit(row)
        self.open -= 1
        if not self.open:
            self.done.set()
        return row
