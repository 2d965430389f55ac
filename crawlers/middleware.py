"""Downloader middlewares: robots before every hop, redirects within bounds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self
from urllib.parse import urljoin, urlsplit

from scrapy.downloadermiddlewares.redirect import RedirectMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.utils.httpobj import urlparse_cached
from w3lib.url import safe_url_string

from crawlers.desk import Desk
from crawlers.wire import ForbiddenAddress
from store.urls import host_of

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response

DOWNGRADED = "downgraded"
"""``Request.meta`` flag: a hop led from https to http."""
_MOVES = frozenset({301, 302, 303, 307, 308})


class RobotsForbidden(IgnoreRequest):
    kind = "robots"


class TooManyRedirects(IgnoreRequest):
    kind = "redirects"


class BadRedirect(IgnoreRequest):
    kind = "bad_redirect"


def _without_user(url: str) -> str:
    """*url* without user and password: they are nobody's to send, to log or to keep."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl() if "@" in parts.netloc else url


class RobotsGate:
    """No request leaves before its host's robots.txt is known and allows it; redirect hops included."""

    def __init__(self, desk: Desk, *, obey: bool) -> None:
        self._desk = desk
        self._obey = obey

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(Desk.of(crawler), obey=crawler.settings.getbool("ROBOTSTXT_OBEY"))

    async def process_request(self, request: Request) -> None:
        """Raises RobotsForbidden, or HostPaused while the rules cannot be known."""
        parts = urlparse_cached(request)
        host = host_of(request.url)
        # Scrapy's slot is the unit that we count by; its own delay is zero (see settings.py).
        request.meta["download_slot"] = host
        if not self._obey or request.meta.get("robots") or parts.scheme not in ("http", "https"):
            return
        rules = await self._desk.robots.rules(f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}", host)
        if not rules.allowed(request.url):
            raise RobotsForbidden(f"robots.txt of {host} forbids {request.url}")


class BoundedRedirects(RedirectMiddleware):
    """Follow redirects: http and https only, a few hops, no loops; say when https became http."""

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        # Without the base's look for a Referer middleware: no Referer is ever sent (settings.py).
        redirects = cls(crawler.settings)
        redirects.crawler = crawler
        return redirects

    def process_response(self, request: Request, response: Response) -> Request | Response:  # type: ignore[override]  # the base's third argument is deprecated
        location = response.headers.get("Location")
        if response.status not in _MOVES or not location:
            return response
        try:
            target = _without_user(urljoin(request.url, safe_url_string(location)))
            scheme = urlsplit(target).scheme
        except ValueError as error:
            raise BadRedirect(f"redirect to no address: {error}") from None
        if scheme not in ("http", "https"):
            raise ForbiddenAddress(f"redirect to {scheme or 'no'} scheme: {target[:200]}")
        try:
            host_of(target)
        except ValueError as error:
            raise BadRedirect(f"redirect to {error}") from None
        response.headers["Location"] = target
        visited = [*request.meta.get("redirect_urls", ()), request.url]
        # Twice to one URL is legitimate (the first answer set a cookie), three times is a loop.
        if visited.count(target) >= 2:
            raise TooManyRedirects(f"redirect loop at {target[:200]}")
        try:
            following = super().process_response(request, response)
        except IgnoreRequest as error:
            raise TooManyRedirects(f"more than {self.max_redirect_times} redirects") from error
        if scheme == "http" and request.url.startswith("https:"):
            following.meta[DOWNGRADED] = True
            stats = self.crawler.stats
            assert stats is not None
            stats.inc_value("redirects/downgraded")
        return following
