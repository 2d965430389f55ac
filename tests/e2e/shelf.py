"""The labelled pages, served on loopback as outlets with a feed and a sitemap each, and their overlay."""

from __future__ import annotations

import gzip
import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

FEED_ITEMS = 30


@dataclass(frozen=True)
class ShelfPage:
    """One page of the labelled data."""

    id: str
    gold: dict[str, object]
    file: Path

    @cached_property
    def body(self) -> bytes:
        return gzip.decompress(self.file.read_bytes())

    @property
    def path(self) -> str:
        return f"/{self.id}.html"


@dataclass
class Shelf:
    """One outlet per set of the data, each at an address of its own."""

    pages: dict[str, list[ShelfPage]]
    port: int = 0
    requests: list[tuple[str, str, int, bool]] = field(default_factory=list)
    """(outlet, path, status, conditional) of every request, in order."""

    def base(self, outlet: str) -> str:
        return f"http://127.66.1.{sorted(self.pages).index(outlet) + 1}:{self.port}"

    def answer(self, outlet: str, path: str) -> tuple[int, str, bytes]:
        base = self.base(outlet)
        shelf = self.pages[outlet]
        if path == "/robots.txt":
            return 200, "text/plain", b"User-agent: *\nAllow: /\n"
        if path == "/feed.xml":
            items = "".join(
                f"<item><title>{escape(str(page.gold.get('title') or page.id))}</title>"
                f"<link>{base}{page.path}</link></item>"
                for page in shelf[:FEED_ITEMS]
            )
            text = f'<rss version="2.0"><channel><title>{outlet}</title>{items}</channel></rss>'
            return 200, "application/rss+xml; charset=utf-8", text.encode()
        if path == "/sitemap.xml":
            rows = "".join(f"<url><loc>{base}{page.path}</loc></url>" for page in shelf)
            text = f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{rows}</urlset>'
            return 200, "application/xml", text.encode()
        for page in shelf:
            if page.path == path:
                return 200, "text/html; charset=utf-8", page.body
        return 404, "text/html", b"<title>404</title>"

    def write_overlay(self, folder: Path) -> Path:
        """A configuration folder that has these outlets and no others."""
        for outlet, shelf in self.pages.items():
            file = folder / "sources" / "ma" / f"{outlet}.yml"
            file.parent.mkdir(parents=True, exist_ok=True)
            languages = json.dumps(sorted({str(page.gold.get("lang") or "en") for page in shelf}))
            base = self.base(outlet)
            file.write_text(
                f"id: {outlet}\nname: {{en: {outlet}}}\ncountry: MA\nlanguages: {languages}\n"
                f"scope: national\nhomepage: {base}/\ntimezone: Africa/Casablanca\nentry_points:\n"
                f"  - {{kind: feed, url: '{base}/feed.xml'}}\n"
                f"  - {{kind: sitemap, url: '{base}/sitemap.xml'}}\n",
                encoding="utf-8",
            )
        (folder / "marsad.toml").write_text(
            '[network]\nallow = ["127.66.0.0/16"]\n[politeness]\ndelay_s = 0.01\nmax_pages_per_run = 5000\n'
            "[crawl]\nbackfill_days = 20000\nlease_s = 60\n",
            encoding="utf-8",
        )
        return folder


def load(folder: Path, *, limit: int | None = None) -> Shelf:
    """The pages of ``data/extraction`` with a gold body, by set; at most *limit* a set."""
    pages: dict[str, list[ShelfPage]] = {}
    for gold_file in sorted(folder.glob("*/gold.jsonl")):
        rows = [json.loads(line) for line in gold_file.read_text(encoding="utf-8").splitlines()]
        shelf = [
            ShelfPage(row["id"], row, gold_file.parent / "pages" / f"{row['id']}.html.gz")
            for row in rows
            if (gold_file.parent / "pages" / f"{row['id']}.html.gz").exists()
        ]
        if shelf:
            pages[gold_file.parent.name] = shelf[:limit]
    return Shelf(pages)


def _handler(shelf: Shelf, outlet: str) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            status, content_type, body = shelf.answer(outlet, self.path)
            tag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
            asked = self.headers.get("If-None-Match")
            if status == 200 and asked == tag:
                status, body = 304, b""
            shelf.requests.append((outlet, self.path, status, asked is not None))
            self.send_response(status)
            self.send_header("ETag", tag)
            if status != 304:
                self.send_header("Content-Type", content_type)
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    return Handler


@contextmanager
def serve(shelf: Shelf) -> Iterator[Shelf]:
    """All outlets of *shelf*, on one free port, until the block ends."""
    servers: list[ThreadingHTTPServer] = []
    for outlet in sorted(shelf.pages):
        address = shelf.base(outlet).removeprefix("http://").split(":")[0]
        server = ThreadingHTTPServer((address, shelf.port), _handler(shelf, outlet))
        server.daemon_threads = True
        shelf.port = server.server_address[1]
        servers.append(server)
    for server in servers:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield shelf
    finally:
        for server in servers:
            server.shutdown()
            server.server_close()
