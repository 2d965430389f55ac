"""The item pipeline: a fetched page is safe before anything else happens to it.

Archive first, then the ledger: a crash in between costs a second fetch, never a row that points at nothing.
When either cannot be written (disk full), fetching stops cleanly and the link stays in the frontier.
"""

from __future__ import annotations

import base64
import logging
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self

from scrapy.exceptions import DropItem

from crawlers.collect import Collecting, PageJob
from crawlers.desk import Desk
from store.records import FetchedPage

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Fetched:
    """What the spider yields: a page, and the job that it answers."""

    job: PageJob
    page: FetchedPage
    request_headers: tuple[tuple[str, str], ...]
    collecting: Collecting


def exported(page: FetchedPage) -> dict[str, Any]:
    """*page* as one JSON object; the body is text where it is UTF-8, else base64."""
    try:
        body: dict[str, str] = {"body": page.body.decode("utf-8")}
    except UnicodeDecodeError:
        body = {"body_base64": base64.b64encode(page.body).decode("ascii")}
    return {
        "url": page.url,
        "final_url": page.final_url,
        "status": page.status,
        "source_id": page.link.source_id,
        "found_in": page.link.found_in,
        "via": page.link.via.value,
        "fetched_at": page.fetched_at.isoformat(),
        "title_hint": page.link.hint.title,
        "headers": [list(pair) for pair in page.headers],
        **body,
    }


class HandOff:
    """Archive, then ledger; the dict that goes on is what ``-O FILE`` writes."""

    def __init__(self, desk: Desk, *, exporting: bool) -> None:
        self._desk = desk
        self._exporting = exporting

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(Desk.of(crawler), exporting=bool(crawler.settings.getdict("FEEDS")))

    async def process_item(self, item: Any) -> Any:
        """Raises DropItem, and stops the run, if the page cannot be kept."""
        if not isinstance(item, Fetched):
            return item
        page = given = item.page
        try:
            writer = self._desk.writer
            if writer is not None:
                capture = await self._desk.keeper.do(lambda: writer.write_page(given, item.request_headers))
                page = replace(page, capture=capture)
            await item.collecting.captured(item.job, page)
        except Exception as error:
            # Boundary: whatever the storage raises, no page may be fetched that cannot be kept.
            where = {"source": page.link.source_id, "url": page.url}
            log.error("storage failed: %s %r", page.url, error, extra=where)
            item.collecting.stop(f"storage failed: {error}")
            raise DropItem(f"storage failed: {error}") from error
        return exported(page) if self._exporting else {"url": page.url, "status": page.status}
