"""Serves the invented press on loopback: one address an outlet, conditional requests honoured."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from demo import pages
from demo.press import Outlet, Press

NETWORK = "127.66.0.0/16"
"""What `network.allow` must name for the press to be collected."""
FEED_ITEMS = 20
"""A feed shows the newest articles only, as real ones do; the sitemap has all."""

_PATHS = {
    "feed": "/feed",
    "wordpress": "/wp-json/wp/v2/posts?per_page=100",
    "news_sitemap": "/news-sitemap.xml",
    "sitemap": "/sitemap.xml",
    "section": "/",
}


def entry_url(kind: str, base: str) -> str:
    """The URL of a listing of *kind* at an outlet served at *base*."""
    return base + _PATHS[kind]


@dataclass
class Stand:
    """Where the press is sold: what each outlet answers now."""

    press: Press
    port: int = 0
    requests: list[tuple[str, str, int]] = field(default_factory=list)
    """(outlet id, path, status) of every request answered, in order."""

    def base(self, outlet: Outlet) -> str:
        return f"http://{outlet.address}:{self.port}"

    def answer(self, outlet: Outlet, target: str) -> tuple[int, str, bytes]:
        """(status, content type, body) for a request target."""
        pieces, base = self.press.by_outlet[outlet.id], self.base(outlet)
        path = urlsplit(target).path
        listings = {_PATHS[kind].split("?")[0] for kind in outlet.entry_points}
        if path == "/robots.txt":
            return 200, "text/plain; charset=utf-8", pages.robots(outlet).encode()
        if path == "/":
            return 200, "text/html; charset=utf-8", pages.front_page(pieces[:30], outlet).encode()
        if path in listings:
            match path:
                case "/feed":
                    return 200, "application/rss+xml", pages.feed(pieces[:FEED_ITEMS], outlet, base)
                case "/wp-json/wp/v2/posts":
                    return 200, "application/json", pages.wp_json(pieces, outlet, base)
                case "/news-sitemap.xml":
                    return 200, "application/xml", pages.sitemap(pieces[:FEED_ITEMS], outlet, base, news=True)
                case "/sitemap.xml":
                    return 200, "application/xml", pages.sitemap(pieces, outlet, base, news=False)
        for index, piece in enumerate(pieces):
            if pages.path_of(piece, outlet) == path:
                others = [other for other in pieces[max(0, index - 3) : index + 4] if other is not piece]
                return (
                    200,
                    "text/html; charset=utf-8",
                    pages.article_page(piece, outlet, base, others).encode(),
                )
        gone = any(
            pages.path_of(piece, outlet) == path for piece in self.press.removed if piece.outlet == outlet.id
        )
        return (410 if gone else 404), "text/html; charset=utf-8", b"<!doctype html><title>404</title><p>404"


def _handler(stand: Stand, outlet: Outlet) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            status, content_type, body = stand.answer(outlet, self.path)
            tag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
            if status == 200 and self.headers.get("If-None-Match") == tag:
                status, body = 304, b""
            stand.requests.append((outlet.id, self.path, status))
            self.send_response(status)
            self.send_header("ETag", tag)
            if status != 304:
                self.send_header("Content-Type", content_type)
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Quiet: the demo's own output is what the newcomer reads."""

    return Handler


@contextmanager
def serve(press: Press, *, port: int = 0) -> Iterator[Stand]:
    """The press on sale at every outlet's address until the block ends.

    All outlets share one port: *port* if it is free everywhere, else one that the system gives.  Changing
    ``stand.press`` changes what is served from then on.
    """
    stand = Stand(press, port)
    servers = _listen(stand)
    threads = [threading.Thread(target=server.serve_forever, daemon=True) for server in servers]
    for thread in threads:
        thread.start()
    try:
        yield stand
    finally:
        for server in servers:
            server.shutdown()
            server.server_close()


def _listen(stand: Stand) -> list[ThreadingHTTPServer]:
    for wanted in (stand.port, *[0] * 20):
        stand.port = wanted
        servers: list[ThreadingHTTPServer] = []
        try:
            for outlet in stand.press.outlets.values():
                server = ThreadingHTTPServer((outlet.address, stand.port), _handler(stand, outlet))
                server.daemon_threads = True
                servers.append(server)
                stand.port = server.server_address[1]
            return servers
        except OSError:
            for server in servers:
                server.server_close()
    raise OSError(f"no port is free at all of the press's addresses in {NETWORK}")
