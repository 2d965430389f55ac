"""``marsad sources test`` against a small press on loopback, through the real fetching path."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cli.main import main

RECENT = datetime.now(UTC) - timedelta(days=1)
LONG_AGO = RECENT - timedelta(days=400)


class Press:
    """Serves the answers it is given and remembers what it was asked."""

    def __init__(self) -> None:
        self.pages: dict[str, tuple[int, str, str]] = {"/robots.txt": (404, "text/plain", "")}
        self.asked: list[str] = []
        press = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                press.asked.append(self.path)
                status, kind, body = press.pages.get(self.path, (404, "text/plain", "nothing here"))
                data = body.replace("{site}", press.site).encode()
                self.send_response(status)
                self.send_header("Location" if status == 301 else "Content-Type", kind)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, format: str, *args: object) -> None:
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.site = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def press() -> Iterator[Press]:
    press = Press()
    yield press
    press.close()


def item(path: str, title: str, at: datetime) -> str:
    date = format_datetime(at)
    return f"<item><link>{{site}}{path}</link><title>{title}</title><pubDate>{date}</pubDate></item>"


FEED = f"""<rss version="2.0"><channel><title>Demo</title>
{item("/news/la-dgsn-annonce-une-operation-1001", "La DGSN annonce une opération", RECENT)}
{item("/news/le-festival-de-la-ville-1002", "Le festival de la ville", RECENT)}
{item("/news/une-vieille-histoire-de-la-dgsn-1003", "Une vieille histoire de la DGSN", LONG_AGO)}
</channel></rss>"""


def run(press: Press, home: Path, entries: list[tuple[str, str]], *options: str, more: str = "") -> Result:
    folder = home / "overlay" / "sources" / "ma"
    folder.mkdir(parents=True)
    points = "".join(f"  - {{kind: {kind}, url: '{press.site}{path}'}}\n" for kind, path in entries)
    (folder / "demo.yml").write_text(
        "id: demo\nname: {fr: Démo}\ncountry: MA\nlanguages: [fr]\nscope: national\n"
        f"timezone: Africa/Casablanca\nhomepage: '{press.site}/'\nentry_points:\n{points}{more}",
        "utf-8",
    )
    return again(home, *options)


def again(home: Path, *options: str) -> Result:
    """Call the command on the outlet that :func:`run` has written."""
    arguments = ["--config", str(home / "overlay"), "--home", str(home / "var")]
    for setting in ('network.allow=["127.0.0.0/8"]', "politeness.delay_s=0"):
        arguments += ["--set", setting]
    return CliRunner().invoke(main, [*arguments, "sources", "test", "demo", *options], catch_exceptions=False)


def test_every_entry_point_is_told(press: Press, tmp_path: Path) -> None:
    press.pages["/feed"] = (200, "application/rss+xml", FEED)
    press.pages["/sitemap.xml"] = (
        200,
        "text/xml",
        "<sitemapindex><sitemap><loc>{site}/s1.xml</loc></sitemap></sitemapindex>",
    )
    press.pages["/s1.xml"] = (
        200,
        "text/xml",
        "<urlset><url><loc>{site}/news/une-operation-a-fes-1004</loc></url></urlset>",
    )
    result = run(press, tmp_path, [("feed", "/feed"), ("sitemap", "/sitemap.xml")], "--json")
    assert result.exit_code == 0
    rows = {
        row["url"].removeprefix(press.site): row
        for row in json.loads(result.stdout)["sources"][0]["entry_points"]
    }
    feed = rows["/feed"]
    assert (feed["status"], feed["content_type"], feed["error"]) == (200, "application/rss+xml", None)
    assert (feed["items"], feed["taken"], feed["too_old"], feed["not_matching"]) == (3, 2, 1, 0)
    assert datetime.fromisoformat(feed["newest"]) == RECENT.replace(microsecond=0)
    assert feed["titles"][0] == "La DGSN annonce une opération"
    assert (rows["/sitemap.xml"]["items"], rows["/sitemap.xml"]["children"]) == (0, 1)
    assert (rows["/s1.xml"]["items"], rows["/s1.xml"]["listed_by"]) == (1, press.site + "/sitemap.xml")
    assert not any(path.startswith("/news") for path in press.asked)
    assert not (tmp_path / "var").exists()


def test_links_that_name_no_watchword_are_counted(press: Press, tmp_path: Path) -> None:
    press.pages["/feed"] = (200, "application/rss+xml", FEED)
    result = run(press, tmp_path, [("feed", "/feed")], "--json", more="collect: matching\n")
    row = json.loads(result.stdout)["sources"][0]["entry_points"][0]
    assert (row["taken"], row["too_old"], row["not_matching"]) == (1, 1, 1)


def test_failures_are_told_apart_and_the_exit_code_is_partial(press: Press, tmp_path: Path) -> None:
    press.pages["/robots.txt"] = (200, "text/plain", "User-agent: *\nDisallow: /hidden\n")
    press.pages["/feed"] = (200, "application/rss+xml", FEED)
    press.pages["/moved"] = (301, "/feed", "")
    press.pages["/page"] = (200, "text/html", "<html><body>Maintenance</body></html>")
    entries = [("feed", path) for path in ("/moved", "/gone", "/hidden/feed", "/page")]
    result = run(press, tmp_path, entries)
    assert result.exit_code == 1
    assert f"led to {press.site}/feed" in result.stdout
    assert "404  text/plain" in result.stdout and "failed: http_404" in result.stdout
    assert "failed: robots: robots.txt" in result.stdout
    assert "! wrong_type: expected a feed, got an HTML page" in result.stdout
    assert "3 items · 2 would be fetched · 1 too old · newest" in result.stdout
    assert "/hidden/feed" not in press.asked
    assert press.asked[0] == "/robots.txt"


def test_nothing_found_is_exit_code_three(press: Press, tmp_path: Path) -> None:
    result = run(press, tmp_path, [("feed", "/absent")])
    assert result.exit_code == 3


def test_disabled_outlet_is_not_visited(press: Press, tmp_path: Path) -> None:
    result = run(press, tmp_path, [("feed", "/feed")], more="enabled: false\nreason: it refuses crawlers\n")
    assert (result.exit_code, press.asked) == (3, [])
    assert "demo: not visited, disabled: it refuses crawlers" in result.stderr


def test_private_address_is_refused_by_the_guard(press: Press, tmp_path: Path) -> None:
    press.pages["/feed"] = (301, "http://10.0.0.1/feed", "")
    result = run(press, tmp_path, [("feed", "/feed")])
    assert result.exit_code == 3
    assert "failed: forbidden_address" in result.stdout


def test_ledger_is_asked_for_pauses_and_keeps_no_link(press: Press, tmp_path: Path) -> None:
    from store.ledger import Ledger
    from store.urls import host_of

    press.pages["/feed"] = (200, "application/rss+xml", FEED)
    with Ledger.open(tmp_path / "var") as ledger:
        ledger.block_host(host_of(press.site), datetime.now(UTC) + timedelta(hours=1), "http_429")
    result = run(press, tmp_path, [("feed", "/feed")])
    assert (result.exit_code, press.asked) == (3, [])
    assert "failed: paused" in result.stdout
    with Ledger.open(tmp_path / "var") as ledger:
        ledger.block_host(host_of(press.site), None, None)
    assert "3 items" in again(tmp_path).stdout
    with Ledger.open(tmp_path / "var") as ledger:
        status = ledger.status()
    assert (status.articles, sum(status.frontier.values())) == (0, 0)
    assert list((tmp_path / "var").rglob("*.warc.gz")) == []


def test_unknown_outlet_is_a_usage_error_with_a_proposal() -> None:
    result = CliRunner().invoke(main, ["sources", "test", "hespres"])
    assert result.exit_code == 2
    assert "did you mean 'hespress'?" in result.stderr
