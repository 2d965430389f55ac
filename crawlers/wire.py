"""One HTTP request on one connection: guarded, bounded, and complete or an error.

A small HTTP/1.1 client on asyncio streams, because what is asked of it cannot be had from the stock handler:
the address connected to is the address checked (:mod:`crawlers.guard`), the deadline is one for the whole
exchange (a server that drips a byte a second gains nothing), the size cap holds while inflating, and a body
that is not whole is an error, never a page: too short or too long for its Content-Length, two different
Content-Lengths, chunks cut off, a gzip stream without its end.  One request a connection (``Connection:
close``): with a delay of seconds between requests keeping it open saves next to nothing, and a server whose
bytes are out of step with its headers cannot shift one answer into the next.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

from crawlers.guard import Network, refusal
from crawlers.inflate import Bomb, Inflator, Truncated, Undecodable

Lookup = Callable[[str, int], Awaitable[Sequence[str]]]
"""(host, port) → addresses in the order to try; raises :class:`Unresolvable`."""

_READ = 1 << 16
_CONNECT_SHARE_S = 8.0  # one dead address of several must not eat the whole deadline
_AFTERMATH_S = 0.1  # how long to look for bytes beyond the Content-Length where the server keeps open


class WireError(Exception):
    """A request that brought no usable answer; ``kind`` is the word it is counted under."""

    kind = "network"


class Unresolvable(WireError):
    kind = "dns"


class Refused(WireError):
    """No connection: refused, unreachable, or no answer to the handshake."""

    kind = "connect"


class BadCertificate(WireError):
    kind = "certificate"


class TimedOut(WireError):
    kind = "timeout"


class Broken(WireError):
    """The connection was reset or closed before an answer."""

    kind = "reset"


class BadAnswer(WireError):
    """What came is not HTTP, or not in an encoding that can be undone."""

    kind = "bad_answer"


class Incomplete(WireError):
    kind = "incomplete"


class TooLarge(WireError):
    kind = "too_large"


class ForbiddenAddress(WireError):
    """The guard refused the address (or the scheme) before any connection."""

    kind = "forbidden_address"


@dataclass(frozen=True, slots=True)
class Limits:
    timeout_s: float = 30.0
    """From the look-up of the name to the last byte."""
    max_bytes: int = 8 << 20
    """Of the body as received, and of the body inflated."""
    max_header_bytes: int = 64 << 10


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    """Names in lower case; repeated names kept; values as sent."""
    body: bytes
    """Content encodings undone."""
    address: str
    """The IP address that was connected to."""
    version: str
    cut: bool = False
    """The body was cut at the cap (only where the caller asked for a cut instead of an error)."""


class SystemLookup:
    """Names through the system's resolver, a thread each, so that dead names delay nobody else.

    The threads are daemons: a resolver that hangs for minutes must not hold up the end of the process.
    *hosts* maps names to addresses ahead of the resolver, as ``/etc/hosts`` does.
    """

    def __init__(
        self, hosts: Mapping[str, str | Sequence[str]] | None = None, *, keep_s: float = 60.0
    ) -> None:
        self._hosts = {
            name.lower(): [where] if isinstance(where, str) else list(where)
            for name, where in (hosts or {}).items()
        }
        self._keep_s = keep_s
        self._known: dict[tuple[str, int], tuple[float, list[str]]] = {}

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        fixed = self._hosts.get(host.lower())
        if fixed is not None:
            return fixed
        known = self._known.get((host, port))
        if known is not None and time.monotonic() - known[0] < self._keep_s:
            return known[1]
        loop = asyncio.get_running_loop()
        found: asyncio.Future[list[str]] = loop.create_future()

        def settle(addresses: list[str], error: str | None) -> None:
            if found.done():
                return
            if error is None:
                found.set_result(addresses)
            else:
                found.set_exception(Unresolvable(error))

        def work() -> None:
            try:
                answer = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
                addresses, error = list(dict.fromkeys(str(row[4][0]) for row in answer)), None
            except (OSError, UnicodeError) as problem:
                addresses, error = [], f"{host}: {problem}"
            with suppress(RuntimeError):  # the loop may have ended in the meantime
                loop.call_soon_threadsafe(settle, addresses, error)

        threading.Thread(target=work, daemon=True, name=f"dns-{host}").start()
        addresses = await found
        self._known[host, port] = (time.monotonic(), addresses)
        return addresses


def tls_context(*, verify: bool = True) -> ssl.SSLContext:
    """The context for ``https``: the system's authorities, TLS ≥ 1.2."""
    context = ssl.create_default_context()
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


async def get(
    url: str,
    headers: Sequence[tuple[bytes, bytes]] = (),
    *,
    lookup: Lookup,
    allow: Sequence[Network] = (),
    limits: Limits = Limits(),
    tls: ssl.SSLContext | None = None,
    schemes: Sequence[str] = ("http", "https"),
    cut: bool = False,
    leaving: Callable[[], None] = lambda: None,
) -> Answer:
    """Ask for *url* once, follow nothing; raises :class:`WireError`.

    *cut*: a body beyond ``limits.max_bytes`` is cut there instead of being an error (robots.txt).
    *leaving* is called when the connection stands, just before the request leaves; what it raises is raised,
    and nothing is sent.
    """
    try:
        async with asyncio.timeout(limits.timeout_s):
            return await _get(url, headers, lookup, allow, limits, tls, schemes, cut, leaving)
    except TimeoutError as error:
        raise TimedOut(f"no complete answer within {limits.timeout_s:g} s") from error


async def _get(
    url: str,
    headers: Sequence[tuple[bytes, bytes]],
    lookup: Lookup,
    allow: Sequence[Network],
    limits: Limits,
    tls: ssl.SSLContext | None,
    schemes: Sequence[str],
    cut: bool,
    leaving: Callable[[], None],
) -> Answer:
    parts = urlsplit(url)
    if parts.scheme not in schemes or parts.scheme not in ("http", "https"):
        raise ForbiddenAddress(f"scheme {parts.scheme or '(none)'} is not allowed")
    host = parts.hostname or ""
    try:
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError as error:
        raise BadAnswer(f"bad port in {parts.netloc!r}") from error
    if not host:
        raise Unresolvable("no host in the URL")
    secure = parts.scheme == "https"
    reader, writer, address = await _connect(
        host, port, lookup, allow, limits, (tls or tls_context()) if secure else None
    )
    request = _request(parts.path, parts.query, _authority(host, port, secure), headers)
    try:
        leaving()
        writer.write(request)
        await writer.drain()
        return await _read(reader, address, limits, cut)
    except (ConnectionError, ssl.SSLError, asyncio.IncompleteReadError) as error:
        raise Broken(f"connection lost: {error}") from error
    except OSError as error:
        if isinstance(error, TimeoutError):
            raise
        raise Broken(f"connection lost: {error}") from error
    finally:
        writer.transport.abort()  # at once: a peer that never reads must not hold the slot


def _authority(host: str, port: int, secure: bool) -> str:
    shown = f"[{host}]" if ":" in host else host
    return shown if port == (443 if secure else 80) else f"{shown}:{port}"


def _request(path: str, query: str, authority: str, headers: Sequence[tuple[bytes, bytes]]) -> bytes:
    target = (path or "/") + (f"?{query}" if query else "")
    lines = [
        b"GET " + _safe(target.encode("ascii", "backslashreplace")) + b" HTTP/1.1",
        b"Host: " + _safe(authority.encode("idna" if not authority.isascii() else "ascii")),
    ]
    for name, value in headers:
        if name.lower() not in (b"host", b"connection"):
            lines.append(_safe(name) + b": " + _safe(value))
    lines += [b"Connection: close", b"", b""]
    return b"\r\n".join(lines)


def _safe(text: bytes) -> bytes:
    """No line end may leave this process inside a header: validators are echoed as servers sent them."""
    return text.replace(b"\r", b"").replace(b"\n", b"")


async def _connect(
    host: str,
    port: int,
    lookup: Lookup,
    allow: Sequence[Network],
    limits: Limits,
    tls: ssl.SSLContext | None,
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter, str]:
    addresses = await lookup(host, port)
    trouble: WireError = Unresolvable(f"{host}: no address")
    for address in addresses:
        why = refusal(address, allow)
        if why is not None:
            # One forbidden address damns the name: mixing public and private is how rebinding is prepared.
            raise ForbiddenAddress(f"{host} is at {address} ({why})")
    for address in addresses:
        try:
            async with asyncio.timeout(min(_CONNECT_SHARE_S, limits.timeout_s)):
                reader, writer = await asyncio.open_connection(
                    address,
                    port,
                    limit=limits.max_header_bytes,
                    ssl=tls,
                    server_hostname=host if tls is not None else None,
                )
            return reader, writer, address
        except ssl.SSLCertVerificationError as error:
            raise BadCertificate(f"{host}: {error.verify_message}") from error
        except TimeoutError:
            trouble = Refused(f"{host} at {address}: no connection within {_CONNECT_SHARE_S:g} s")
        except ssl.SSLError as error:
            trouble = Refused(f"{host} at {address}: TLS: {error.reason or error}")
        except OSError as error:
            trouble = Refused(f"{host} at {address}: {error.strerror or error}")
    raise trouble


async def _line(reader: asyncio.StreamReader, budget: list[int]) -> bytes:
    """One line without its end (CR LF or LF), charged to *budget*; raises TooLarge or Broken."""
    try:
        line = await reader.readuntil(b"\n")
    except asyncio.LimitOverrunError as error:
        raise TooLarge("header line beyond the cap") from error
    budget[0] -= len(line)
    if budget[0] < 0:
        raise TooLarge("headers beyond the cap")
    return line.rstrip(b"\r\n")


async def _head(reader: asyncio.StreamReader, limits: Limits) -> tuple[int, list[tuple[bytes, bytes]], str]:
    """Status, headers and version of the final answer; interim answers (1xx) are passed over."""
    budget = [limits.max_header_bytes]
    for _ in range(6):
        try:
            line = await _line(reader, budget)
            if not line:
                line = await _line(reader, budget)  # an empty line before the status line is forgiven
        except asyncio.IncompleteReadError as error:
            if error.partial:
                raise BadAnswer(f"not HTTP: {error.partial[:40]!r}") from error
            raise Broken("closed before an answer") from error
        version, _, rest = line.partition(b" ")
        code = rest.strip()[:3]
        if not version.upper().startswith(b"HTTP/1.") or not code.isdigit() or len(code) < 3:
            raise BadAnswer(f"bad status line {line[:60]!r}")
        headers: list[tuple[bytes, bytes]] = []
        while line := await _line(reader, budget):
            if line[:1] in b" \t" and headers:  # folded: a continuation of the header before
                name, value = headers[-1]
                headers[-1] = (name, value + b" " + line.strip())
                continue
            name, colon, value = line.partition(b":")
            if colon and name.strip():  # a line without a colon is passed over, as browsers do
                headers.append((name.strip().lower(), value.strip()))
        if int(code) >= 200:
            return int(code), headers, version.decode("latin-1")
        if int(code) == 101:
            raise BadAnswer("switches protocols unasked")
    raise BadAnswer("interim answers without end")


def _words(headers: Sequence[tuple[bytes, bytes]], name: bytes) -> tuple[str, ...]:
    """The comma-separated words of all headers *name*, in lower case."""
    values = b",".join(value for key, value in headers if key == name)
    return tuple(
        word for word in (part.strip() for part in values.decode("latin-1").lower().split(",")) if word
    )


def _length(headers: Sequence[tuple[bytes, bytes]]) -> int | None:
    """The Content-Length; raises Incomplete for conflicting ones, BadAnswer for one that is no number."""
    words = set(_words(headers, b"content-length"))
    if not words:
        return None
    if len(words) > 1:
        raise Incomplete(f"conflicting Content-Length: {', '.join(sorted(words))}")
    word = words.pop()
    if not (word.isascii() and word.isdigit()):
        raise BadAnswer(f"Content-Length {word[:40]!r}")
    return int(word)


class _Body:
    """What has come so far, inflated and capped."""

    def __init__(self, encodings: tuple[str, ...], limits: Limits, cut: bool) -> None:
        self._inflator = Inflator(encodings, limits.max_bytes)
        self._limits = limits
        self._may_cut = cut
        self._received = 0
        self.pieces: list[bytes] = []
        self.cut = False

    def add(self, data: bytes) -> None:
        self._received += len(data)
        try:
            if self._received > self._limits.max_bytes and not self._may_cut:
                raise Bomb
            self.pieces.append(self._inflator.feed(data))
        except Bomb as error:
            if not self._may_cut:
                raise TooLarge(f"body beyond {self._limits.max_bytes} bytes") from error
            self.pieces.append(data[: self._limits.max_bytes])
            self.cut = True
        except Truncated as error:
            raise Incomplete(str(error)) from error
        except Undecodable as error:
            raise BadAnswer(f"content encoding: {error}") from error

    def close(self) -> bytes:
        if not self.cut:
            try:
                self._inflator.close()
            except Truncated as error:
                raise Incomplete(str(error)) from error
        body = b"".join(self.pieces)
        return body[: self._limits.max_bytes] if self.cut else body


async def _read(reader: asyncio.StreamReader, address: str, limits: Limits, cut: bool) -> Answer:
    try:
        status, headers, version = await _head(reader, limits)
    except asyncio.IncompleteReadError as error:
        raise Broken("closed inside the headers") from error
    coding = _words(headers, b"transfer-encoding")
    body = _Body(
        _words(headers, b"content-encoding") + tuple(c for c in coding if c != "chunked"), limits, cut
    )
    try:
        if status in (204, 304):
            pass
        elif coding and coding[-1] == "chunked":
            await _chunks(reader, body)
        elif not coding and (length := _length(headers)) is not None:
            if length > limits.max_bytes and not cut:
                raise TooLarge(f"Content-Length {length} is beyond {limits.max_bytes}")
            await _exactly(reader, body, length)
        else:
            while not body.cut and (data := await reader.read(_READ)):
                body.add(data)
    except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError) as error:
        raise Incomplete(f"the body breaks off: {error}") from error
    return Answer(status, tuple(headers), body.close(), address, version, body.cut)


async def _exactly(reader: asyncio.StreamReader, body: _Body, length: int) -> None:
    left = length
    while left and not body.cut:
        data = await reader.read(min(left, _READ))
        if not data:
            raise Incomplete(f"{length - left} of {length} bytes came")
        left -= len(data)
        body.add(data)
    if body.cut:
        return
    extra = b""
    with suppress(TimeoutError, ConnectionError, ssl.SSLError):
        async with asyncio.timeout(_AFTERMATH_S):
            extra = await reader.read(64)
    if extra.strip():
        raise Incomplete(f"more bytes than the Content-Length of {length}")


async def _chunks(reader: asyncio.StreamReader, body: _Body) -> None:
    budget = [1 << 20]  # chunk heads and trailers together
    while True:
        head = (await _chunk_line(reader, budget)).partition(b";")[0].strip()
        try:
            size = int(head, 16)
            if size < 0 or not head or head[:1] in b"+-" or b"_" in head:
                raise ValueError
        except ValueError as error:
            raise Incomplete(f"bad chunk size {head[:20]!r}") from error
        if size == 0:
            break
        left = size
        while left:
            data = await reader.read(min(left, _READ))
            if not data:
                raise Incomplete("closed inside a chunk")
            left -= len(data)
            body.add(data)
            if body.cut:
                return
        if await _chunk_line(reader, budget):
            raise Incomplete("a chunk is longer than its size")
    while await _chunk_line(reader, budget):
        pass  # trailers say nothing that is used here


async def _chunk_line(reader: asyncio.StreamReader, budget: list[int]) -> bytes:
    try:
        return await _line(reader, budget)
    except asyncio.IncompleteReadError as error:
        if not error.partial.strip():
            raise Incomplete("closed before the last chunk") from error
        raise Incomplete("closed inside a chunk head") from error
