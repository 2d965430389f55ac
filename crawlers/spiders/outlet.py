"""``scrapy crawl outlet -a source=ID[,ID…] [-a since=YYYY-MM-DD]``: listings → links → pages of outlets."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any, Self

from scrapy import Request, Spider, signals
from scrapy.http import Response
from twisted.python.failure import Failure

from crawlers.assignment import Assignment
from crawlers.collect import Collecting, Job, ListingJob, PageJob
from crawlers.desk import Desk
from crawlers.handler import WIRE_HEADERS, text_headers
from crawlers.handoff import Fetched
from crawlers.middleware import DOWNGRADED
from store.records import FetchedPage

if TYPE_CHECKING:
    from scrapy.crawler import Crawler


class OutletSpider(Spider):
    """Asks the desk's collection for jobs and hands it the answers; holds no state of its own."""

    name = "outlet"

    collecting: Collecting
    desk: Desk

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        assignment = crawler.settings.get("ASSIGNMENT") or Assignment.from_arguments(**kwargs)
        spider = super().from_crawler(crawler)
        spider.desk = Desk.of(crawler)
        spider.collecting = spider.desk.collecting(assignment)
        crawler.signals.connect(spider.crashed, signals.spider_error)
        crawler.signals.connect(spider.closed_by_engine, signals.spider_closed)
        return spider

    async def start(self) -> AsyncIterator[Any]:
        await self.collecting.begin()
        try:
            async with self.desk.upkeep(self.collecting.stop, self.collecting.beat):
                async for job in self.collecting.jobs():
                    yield self.request(job)
        finally:
            engine = self.crawler.engine
            if engine is None or not engine.running:
                self.collecting.stop("interrupted")
            if self.collecting.stopped:
                self.desk.stop()

    def request(self, job: Job) -> Request:
        """The request of *job*; redirect hops and robots.txt are the middlewares' business."""
        listing = isinstance(job, ListingJob)
        return Request(
            job.ask if isinstance(job, ListingJob) else job.link.url,
            callback=self.parse_listing if listing else self.parse_page,
            errback=self.failed,
            headers=dict(job.headers),
            dont_filter=True,  # the frontier is the one to say what was seen
            cb_kwargs={"job": job},
            # One cookie jar an outlet's host and run: consent cookies work, nothing is shared or kept.
            meta={"cookiejar": job.host},
        )

    async def parse_listing(self, response: Response, job: ListingJob) -> None:
        if response.meta.get(DOWNGRADED):
            self.collecting.count_event(job.source.id, DOWNGRADED)
        headers = dict(response.meta[WIRE_HEADERS])
        moves = response.meta.get("redirect_reasons", ())
        await self.collecting.listing_answered(
            job,
            status=response.status,
            header=headers.get,
            body=response.body,
            final_url=response.url,
            permanent=bool(moves) and all(reason in (301, 308) for reason in moves),
        )

    async def parse_page(self, response: Response, job: PageJob) -> AsyncIterator[Fetched]:
        if response.meta.get(DOWNGRADED):
            self.collecting.count_event(job.source.id, DOWNGRADED)
        page = FetchedPage(
            link=job.link,
            url=job.link.url,
            final_url=response.url,
            status=response.status,
            headers=response.meta[WIRE_HEADERS],
            body=response.body,
            fetched_at=self.desk.now(),
        )
        if await self.collecting.page_answered(job, page):
            assert response.request is not None
            sent = [(name, v) for name, values in response.request.headers.items() for v in values]
            yield Fetched(job, page, text_headers(sent), self.collecting)

    async def failed(self, failure: Failure) -> None:
        """A request without an answer: the error says its kind."""
        request: Request = failure.request  # type: ignore[attr-defined]  # set by Scrapy on its failures
        error = failure.value
        kind, detail = getattr(error, "kind", type(error).__name__), str(error)
        await self._book_failure(request.cb_kwargs["job"], kind, detail)

    async def crashed(self, failure: Failure, response: Response) -> None:
        """A callback raised: a fault of ours, booked so that its host is not waited for for ever."""
        assert response.request is not None
        job = response.request.cb_kwargs["job"]
        await self._book_failure(job, "crash", f"{type(failure.value).__name__}: {failure.value}")

    async def _book_failure(self, job: Job, kind: str, detail: str) -> None:
        if isinstance(job, ListingJob):
            self.collecting.listing_failed(job, kind, detail)
        else:
            await self.collecting.page_failed(job, kind, detail)

    async def closed_by_engine(self, reason: str) -> None:
        if reason not in ("finished", "shutdown"):  # memory, a fault at the start: silence is no success
            self.collecting.end_badly(reason)
        self.collecting.finish()
        await self.desk.close()
