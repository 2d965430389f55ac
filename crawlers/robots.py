"""robots.txt: known before the first page of a host leaves, obeyed when in doubt.

All requests of a host wait for one shared answer (the stock middleware lets the third waiter pass).  As RFC
9309 has it, 2xx is read, other 4xx means "allow", 5xx and silence mean "keep out"; then the last good copy
stays in force for as long as ``politeness.robots_keep_days`` says, and without one the host is left alone for
a while.  A 429 is trouble, not permission.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from protego import Protego

from crawlers.book import Book
from crawlers.hosts import HostPaused, Hosts, Stopped, utc_now
from crawlers.scribe import Scribe
from crawlers.wire import ForbiddenAddress

TOKEN = "Marsad"
"""The product token that groups of robots.txt are matched with (RFC 9309 §2.2.1)."""
MAX_BYTES = 512_000
"""Read of one robots.txt; RFC 9309 asks for at least 500 KiB."""
_VERSION = re.compile(r"(?im)^([ \t]*user-?agent[ \t]*:[ \t]*[a-z_-]+)/[^\s#]*")
"""``User-agent: Marsad/1.0`` means ``Marsad``: a group is matched by the product token alone."""
RETRY_S = 600.0
"""How long a host is left alone whose robots.txt cannot be had."""


@dataclass(frozen=True, slots=True)
class RobotsAnswer:
    status: int
    body: bytes
    """Of a 2xx answer, cut at :data:`MAX_BYTES`."""


Fetch = Callable[[str], Awaitable[RobotsAnswer]]
"""robots.txt URL → the answer after redirects; raises any exception that carries ``kind``."""


class Rules:
    """One host's robots.txt as it concerns us."""

    def __init__(self, status: int, body: bytes) -> None:
        self._parser: Protego | None = None
        if 200 <= status < 300 and body:
            # NUL: some servers answer with a binary; Protego takes text and skips lines it cannot read.
            text = body[:MAX_BYTES].decode("utf-8-sig", "replace").replace("\0", "")
            text = _VERSION.sub(r"\1", text)
            self._parser = Protego.parse(text)

    def allowed(self, url: str) -> bool:
        return self._parser is None or bool(self._parser.can_fetch(url, TOKEN))

    @property
    def crawl_delay_s(self) -> float | None:
        """The Crawl-delay asked of us, or the pause that a Request-rate amounts to."""
        if self._parser is None:
            return None
        delay = self._parser.crawl_delay(TOKEN)
        rate = self._parser.request_rate(TOKEN)
        asked = [float(delay)] if delay is not None else []
        if rate is not None and rate.requests:
            asked.append(rate.seconds / rate.requests)
        return max(asked, default=None)


class Robots:
    """The rules of every host, asked for once, kept in the book for the next process."""

    def __init__(
        self,
        book: Book,
        scribe: Scribe,
        hosts: Hosts,
        fetch: Fetch,
        *,
        ttl_s: float = 86_400.0,
        keep_days: float = 30.0,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._book = book
        self._scribe = scribe
        self._hosts = hosts
        self._fetch = fetch
        self._ttl = timedelta(seconds=ttl_s)
        self._keep = timedelta(days=keep_days)
        self._now = now
        self._known: dict[str, tuple[datetime, Rules]] = {}
        self._asking: dict[str, asyncio.Task[Rules]] = {}

    async def rules(self, origin: str, host: str) -> Rules:
        """The rules of *host*, asked for at *origin* (``https://host``); http and https share them.

        Raises HostPaused while they cannot be known, ForbiddenAddress where the guard refuses the host,
        Stopped when the run ends.
        """
        known = self._known.get(host)
        if known is not None and self._now() - known[0] < self._ttl:
            return known[1]
        task = self._asking.get(host)
        if task is None:
            task = self._asking[host] = asyncio.ensure_future(self._learn(origin, host))
            task.add_done_callback(lambda _: self._asking.pop(host, None))
        return await asyncio.shield(task)

    async def _learn(self, origin: str, host: str) -> Rules:
        now = self._now()
        copy = self._book.robots_get(host)
        if copy is not None and now - copy.fetched_at < self._ttl:
            return self._take(host, copy.fetched_at, Rules(copy.status, copy.body or b""))
        try:
            answer = await self._fetch(f"{origin}/robots.txt")
        except (HostPaused, Stopped, ForbiddenAddress):
            raise
        except Exception as error:
            # Whatever went wrong on the way, the answer is not known: the boundary is meant.
            return self._without(host, copy, f"{getattr(error, 'kind', 'error')}: {error}")
        if answer.status == 429 or not 200 <= answer.status < 500:
            return self._without(host, copy, f"status {answer.status}")
        body = answer.body if answer.status < 300 else b""
        self._scribe.post(lambda: self._book.robots_put(host, answer.status, body, now))
        return self._take(host, now, Rules(answer.status, body))

    def _take(self, host: str, at: datetime, rules: Rules) -> Rules:
        self._known[host] = (at, rules)
        self._hosts.set_crawl_delay(host, rules.crawl_delay_s)
        return rules

    def _without(self, host: str, copy: object, why: str) -> Rules:
        """robots.txt cannot be had: the last good copy, or keep out."""
        now = self._now()
        fetched_at = getattr(copy, "fetched_at", None)
        if copy is not None and fetched_at is not None and now - fetched_at < self._keep:
            rules = Rules(getattr(copy, "status", 0), getattr(copy, "body", None) or b"")
            # Believed for a while only: then robots.txt is asked for again.
            return self._take(host, now - self._ttl + timedelta(seconds=RETRY_S), rules)
        pause = self._hosts.paused(host)
        until, reason = pause if pause is not None else (None, "")
        if until is None:
            reason = f"robots.txt unknown: {why}"[:300]
            until = self._hosts.pause(host, RETRY_S, reason)
        raise HostPaused(host, until, reason)
