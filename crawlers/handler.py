"""The door between Scrapy and the network: every request, of any kind and hop, passes here.

Pages, feeds, sitemaps, robots.txt and each hop of a redirect become one call of :func:`crawlers.wire.get`
inside a turn of their host (:mod:`crawlers.hosts`).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from ipaddress import ip_address
from typing import TYPE_CHECKING, Self

from scrapy.http import Headers, Response
from scrapy.responsetypes import responsetypes

from crawlers.desk import Desk
from crawlers.hosts import Stopped
from crawlers.inflate import ACCEPT
from crawlers.wire import Answer, Limits, WireError, get
from store.urls import host_of

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler

WIRE_HEADERS = "wire_headers"
"""``Request.meta`` key: the answer's headers as received (the Response's say what is true of its body)."""
CUT_AT = "cut_at"
"""``Request.meta`` key: cut the body here instead of refusing one that is larger."""
_NOT_OURS = frozenset({b"content-encoding", b"transfer-encoding", b"content-length"})


def text_headers(headers: Sequence[tuple[bytes, bytes]]) -> tuple[tuple[str, str], ...]:
    """Headers as text: UTF-8 where it is valid, else Latin-1, which loses no byte."""

    def text(raw: bytes) -> str:
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError:
            return raw.decode("latin-1")

    return tuple((text(name), text(value)) for name, value in headers)


class PoliteHandler:
    """A Scrapy download handler for ``http`` and ``https``."""

    lazy = False

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(Desk.of(crawler))

    async def download_request(self, request: Request) -> Response:
        """One answer to one request; raises WireError, HostPaused or Stopped."""
        host = host_of(request.url)
        desk = self._desk
        async with desk.hosts.turn(host):
            started = time.monotonic()
            task = asyncio.ensure_future(self._get(request, host))
            desk.downloads.add(task)
            try:
                answer = await task
            except asyncio.CancelledError:
                raise Stopped from None
            except WireError as error:
                if desk.hosts.stood_still(host, started, desk.limits.timeout_s):
                    raise Stopped from None  # it says nothing of the host
                desk.hosts.failed(host, error.kind, str(error))
                raise
            finally:
                desk.downloads.discard(task)
            request.meta["download_latency"] = time.monotonic() - started
            headers = dict(text_headers(answer.headers))
            desk.hosts.answered(host, answer.status, headers.get)
        return _response(request, answer)

    async def _get(self, request: Request, host: str) -> Answer:
        desk = self._desk
        cut_at = request.meta.get(CUT_AT)
        limits = Limits(
            timeout_s=float(request.meta.get("download_timeout") or desk.limits.timeout_s),
            max_bytes=int(cut_at or desk.limits.max_bytes),
        )
        headers = [
            (name, value)
            for name, values in request.headers.items()
            for value in values
            if name.lower() != b"accept-encoding"
        ]
        headers.append((b"Accept-Encoding", ACCEPT.encode()))
        return await get(
            request.url,
            headers,
            lookup=desk.lookup,
            allow=desk.allow,
            limits=limits,
            tls=desk.tls if request.url.startswith("https:") else None,
            schemes=desk.schemes,
            cut=bool(cut_at),
            leaving=lambda: desk.hosts.leaving(host),
        )

    async def close(self) -> None:
        """Nothing is kept open between requests."""


def _response(request: Request, answer: Answer) -> Response:
    request.meta[WIRE_HEADERS] = text_headers(answer.headers)
    headers = Headers()
    for name, value in answer.headers:
        if name not in _NOT_OURS:
            headers.appendlist(name, value)
    kind = responsetypes.from_args(headers=headers, url=request.url, body=answer.body)
    return kind(
        url=request.url,
        status=answer.status,
        headers=headers,
        body=answer.body,
        ip_address=ip_address(answer.address),
        protocol=answer.version,
    )
