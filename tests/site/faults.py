"""A fault server: one loopback address a host, one path one behaviour, and its own log of what came when.

Raw asyncio sockets, because HTTP libraries refuse to be as wrong as the web is.  Each :class:`Host` listens
on an address of its own in 127.66.0.0/16, so that hosts are told apart as on the net, and keeps its hits
with monotonic times: delays, robots and Retry-After are judged by what the *server* saw.

    with Site() as site:
        outlet = site.host()
        outlet.feed("/feed", ["/a", "/b"])
        outlet.page("/a", "<p>…")
        outlet.on("/slow", dripping(b"x" * 100, every_s=0.1))
        …
        assert outlet.gaps() ...
"""

from __future__ import annotations

import asyncio
import itertools
import os
import socket
import struct
import threading
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from types import TracebackType
from typing import Self

NETWORK = "127.66.0.0/16"
"""What ``network.allow`` must open for these hosts."""


@dataclass(frozen=True, slots=True)
class Hit:
    """One request as the server saw it; *at* is monotonic, taken when its head was complete."""

    at: float
    path: str
    headers: dict[str, str]
    done_at: list[float] = field(default_factory=list)
    """When the answer had been written, or its client had left (empty before that)."""


@dataclass(slots=True)
class Exchange:
    """What a behaviour gets to misbehave with."""

    hit: Hit
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    number: int
    """The how-manieth request of this path it is, from 1."""

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    def reset(self) -> None:
        """Close with RST instead of FIN."""
        sock = self.writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


Behaviour = Callable[[Exchange], Awaitable[None]]

PHRASES = {200: "OK", 301: "Moved Permanently", 302: "Found", 304: "Not Modified", 404: "Not Found"}


def answer(
    body: bytes | str = b"",
    status: int = 200,
    headers: Sequence[tuple[str, str]] = (),
    *,
    kind: str = "text/html; charset=utf-8",
    length: bool = True,
) -> bytes:
    """The bytes of a whole answer."""
    raw = body.encode() if isinstance(body, str) else body
    lines = [f"HTTP/1.1 {status} {PHRASES.get(status, 'Status')}"]
    if kind:
        lines.append(f"Content-Type: {kind}")
    if length and status not in (204, 304):
        lines.append(f"Content-Length: {len(raw)}")
    lines += [f"{name}: {value}" for name, value in headers]
    return "\r\n".join([*lines, "Connection: close", "", ""]).encode("latin-1") + raw


def always(data: bytes) -> Behaviour:
    async def behave(exchange: Exchange) -> None:
        await exchange.send(data)

    return behave


def status(code: int, headers: Sequence[tuple[str, str]] = (), body: str = "<p>no") -> Behaviour:
    return always(answer(body, code, headers))


def redirect(location: str | None, code: int = 302) -> Behaviour:
    return status(code, [("Location", location)] if location is not None else [], "")


def in_turn(*behaviours: Behaviour) -> Behaviour:
    """The first request meets the first behaviour …, the last one stays."""

    async def behave(exchange: Exchange) -> None:
        await behaviours[min(exchange.number, len(behaviours)) - 1](exchange)

    return behave


async def silent(exchange: Exchange) -> None:
    """Takes the request and never answers."""
    await asyncio.sleep(120)


async def reset(exchange: Exchange) -> None:
    exchange.reset()


def reset_in_body(data: bytes = b"<html><body><p>begin") -> Behaviour:
    async def behave(exchange: Exchange) -> None:
        await exchange.send(answer(data + b" " * 5000)[:-4990])
        exchange.reset()

    return behave


def dripping(data: bytes, *, every_s: float = 0.1) -> Behaviour:
    """One byte at a time; of headers or body, as *data* says."""

    async def behave(exchange: Exchange) -> None:
        for byte in data:
            await exchange.send(bytes([byte]))
            await asyncio.sleep(every_s)

    return behave


def validated(
    body: str | bytes, etag: str = "", *, modified: str = "", kind: str = "application/rss+xml"
) -> Behaviour:
    """200 with an ETag or a Last-Modified, then 304 to whoever sends exactly that back."""
    headers = [("ETag", etag)] if etag else [("Last-Modified", modified)]
    name, value = ("if-none-match", etag) if etag else ("if-modified-since", modified)

    async def behave(exchange: Exchange) -> None:
        if exchange.hit.headers.get(name) == value:
            await exchange.send(answer(status=304, headers=headers))
        else:
            await exchange.send(answer(body, headers=headers, kind=kind))

    return behave


def rss(links: Sequence[str], *, newest: datetime | None = None, title: str = "Item") -> str:
    """A feed of *links* (absolute), newest first, one an hour."""
    at = newest or datetime.now(UTC) - timedelta(minutes=5)
    items = "".join(
        f"<item><title>{title} {number}</title><link>{link}</link><guid>{link}</guid>"
        f"<pubDate>{format_datetime(at - timedelta(hours=number))}</pubDate></item>"
        for number, link in enumerate(links)
    )
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>F</title>{items}</channel></rss>'


def article(title: str, words: int = 80) -> str:
    return (
        f"<html lang=en><head><title>{title}</title></head><body><article><h1>{title}</h1>"
        f"<p>{' '.join(['The police of the harbour town said so again.'] * (words // 8))}</p>"
        "</article></body></html>"
    )


class Host:
    """One host of the site: an address, its behaviours, its log."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.port = 0
        self.hits: list[Hit] = []
        self._routes: dict[str, Behaviour] = {}
        self._counts: dict[str, int] = {}
        self.fallback: Behaviour = status(404)

    @property
    def base(self) -> str:
        return f"http://{self.address}:{self.port}"

    @property
    def name(self) -> str:
        """The host as :func:`store.urls.host_of` says it."""
        return f"{self.address}:{self.port}"

    def url(self, path: str) -> str:
        return self.base + path

    def on(self, path: str, behaviour: Behaviour | bytes) -> None:
        self._routes[path] = always(behaviour) if isinstance(behaviour, bytes) else behaviour

    def page(self, path: str, html: str | None = None) -> None:
        self.on(path, answer(html or article(f"Article {path}")))

    def feed(self, path: str, paths: Sequence[str], *, pages: bool = True) -> None:
        """A feed at *path* that lists *paths* (with a page at each that has no behaviour yet)."""
        self.on(path, answer(rss([self.url(p) for p in paths]), kind="application/rss+xml"))
        for each in paths if pages else ():
            if each not in self._routes:
                self.page(each)

    def robots(self, text: str | bytes, code: int = 200, kind: str = "text/plain") -> None:
        self.on("/robots.txt", always(answer(text, code, kind=kind)))

    # -- the log -------------------------------------------------------------------------------------

    def paths(self) -> list[str]:
        return [hit.path for hit in self.hits]

    def count(self, path: str) -> int:
        return self.paths().count(path)

    def gaps(self) -> list[float]:
        """Seconds between requests, as they came."""
        return [later.at - earlier.at for earlier, later in itertools.pairwise(self.hits)]

    def most_at_once(self) -> int:
        """The most requests that were under way at the same time."""
        events = [(hit.at, 1) for hit in self.hits]
        events += [(hit.done_at[0], -1) for hit in self.hits if hit.done_at]
        level = most = 0
        for _, step in sorted(events):
            level += step
            most = max(most, level)
        return most

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        hit: Hit | None = None
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            lines = head.decode("latin-1").split("\r\n")
            path = lines[0].split(" ")[1]
            headers = {}
            for line in lines[1:]:
                name, _, value = line.partition(":")
                headers[name.strip().lower()] = value.strip()
            hit = Hit(time.monotonic(), path, headers)
            self.hits.append(hit)
            self._counts[path] = self._counts.get(path, 0) + 1
            behave = self._routes.get(path, self.fallback)
            await behave(Exchange(hit, reader, writer, self._counts[path]))
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the client went away, its right; or the site ends
        finally:
            if hit is not None:
                hit.done_at.append(time.monotonic())
            writer.close()


class Site:
    """Hosts on loopback, served by a thread of their own; a context manager."""

    _numbers = itertools.count(1)

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True, name="fault-site")
        self._servers: list[asyncio.Server] = []

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        async def end() -> None:
            for server in self._servers:
                server.close()
            tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

        asyncio.run_coroutine_threadsafe(end(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def host(self, address: str | None = None, *, port: int = 0, tls: object = None) -> Host:
        """A new host; *address* defaults to a fresh one of :data:`NETWORK`."""
        number = next(self._numbers)
        # Processes of a parallel test run share the network: their addresses differ by chance, ports surely.
        host = Host(address or f"127.66.{os.getpid() % 250 + 1}.{number % 250 + 1}")

        async def listen() -> None:
            server = await asyncio.start_server(
                host.serve,
                host.address,
                port,
                ssl=tls,
            )
            host.port = server.sockets[0].getsockname()[1]
            self._servers.append(server)

        asyncio.run_coroutine_threadsafe(listen(), self._loop).result(10)
        return host
