"""Ordinary Scrapy goes on working: its commands, ``-s``, ``-O``; what stock Scrapy gets wrong is shown."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.crawlers.outlets import Outlets
from tests.site.faults import Site, answer, article

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def site() -> Iterator[Site]:
    with Site() as site:
        yield site


def scrapy(*arguments: str, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **({"MARSAD_CONFIG": str(folder)} if folder else {})}
    command = [sys.executable, "-m", "scrapy", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)


def test_scrapy_list_names_the_spiders() -> None:
    assert "outlet" in scrapy("list").stdout.split()


def test_a_crawl_without_a_store_writes_items(site: Site, tmp_path: Path) -> None:
    host = site.host()
    host.feed("/feed", ["/a", "/b"])
    host.on("/b", answer(b"<p>caf\xe9</p>", kind="text/html; charset=iso-8859-1"))
    outlets = Outlets(tmp_path)
    outlets.add("one", host)
    items = tmp_path / "items.jsonl"
    options = ("-O", str(items), "-s", "DOWNLOAD_DELAY=0.4", "-s", "USER_AGENT=Test/1 (a@example.org)")
    done = scrapy("crawl", "outlet", "-a", "source=one", *options, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    first, second = [json.loads(line) for line in items.read_text().splitlines()]
    assert first["url"] == first["final_url"] == host.url("/a")
    assert (first["status"], first["source_id"], first["via"]) == (200, "one", "feed")
    assert (first["found_in"], first["title_hint"]) == (host.url("/feed"), "Item 0")
    assert first["body"] == article("Article /a")
    assert second["body_base64"] == "PHA+Y2Fm6TwvcD4="
    assert not (tmp_path / "home").exists()
    # What `-s` says wins over everything.
    assert min(host.gaps()) >= 0.4
    assert {hit.headers["user-agent"] for hit in host.hits} == {"Test/1 (a@example.org)"}


def test_an_unknown_source_is_told_by_name(tmp_path: Path) -> None:
    done = scrapy("crawl", "outlet", "-a", "source=nosuch")
    assert "no source nosuch in the catalogue" in done.stderr


def test_a_disabled_outlet_is_not_visited(site: Site, tmp_path: Path) -> None:
    host = site.host()
    Outlets(tmp_path).add("one", host, enabled=False, reason="it asks us to stay away")
    done = scrapy("crawl", "outlet", "-a", "source=one", folder=tmp_path)
    assert "one is disabled: it asks us to stay away" in done.stderr
    assert not host.hits


def test_scrapy_shell_fetches_through_the_same_door(site: Site, tmp_path: Path) -> None:
    host = site.host()
    host.page("/a")
    Outlets(tmp_path)
    done = scrapy("shell", host.url("/a"), "-c", "response.css('h1::text').get()", folder=tmp_path)
    assert "Article /a" in done.stdout, done.stderr
    assert host.paths() == ["/robots.txt", "/a"]


SETTINGS = {
    "REMOTE_CONTROL_ENABLED": False,
    "TELNETCONSOLE_ENABLED": False,
    "DOWNLOAD_VERIFY_CERTIFICATES": True,
    "ROBOTSTXT_OBEY": True,
    "CONCURRENT_REQUESTS_PER_DOMAIN": 1,
    "DOWNLOAD_DELAY": 5.0,
    "DOWNLOAD_DELAY_JITTER": 0.0,
    "DOWNLOAD_TIMEOUT": 30.0,
    "DOWNLOAD_MAXSIZE": 8 << 20,
    "REDIRECT_MAX_TIMES": 10,
    "RETRY_ENABLED": False,
    "HTTPCACHE_ENABLED": False,
    "HTTPPROXY_ENABLED": False,
    "METAREFRESH_ENABLED": False,
    "REFERER_ENABLED": False,
    "JOBDIR": None,
}


def test_no_dangerous_default_of_scrapy_is_left() -> None:
    code = (
        "import json, sys; from scrapy.utils.project import get_project_settings\n"
        "settings = get_project_settings()\n"
        "print(json.dumps({name: settings.get(name) for name in sys.argv[1:]}))\n"
        "handlers = settings.getwithbase('DOWNLOAD_HANDLERS')\n"
        "print(json.dumps(sorted(name for name in handlers if handlers[name])))\n"
    )
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MARSAD_")}
    done = subprocess.run(
        [sys.executable, "-c", code, *SETTINGS], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    values, handlers = [json.loads(line) for line in done.stdout.splitlines()]
    assert values == SETTINGS
    assert handlers == ["http", "https"]


SIX_SEEDS = """
import sys, scrapy
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.utils.project import get_project_settings

class Six(scrapy.Spider):
    name = "six"
    async def start(self):
        for number in range(6):
            yield scrapy.Request(f"{sys.argv[2]}/{number}", errback=lambda failure: None)
    def parse(self, response):
        pass

ours = sys.argv[1] == "ours"
settings = get_project_settings() if ours else {"ROBOTSTXT_OBEY": True, "LOG_LEVEL": "CRITICAL",
    "TELNETCONSOLE_ENABLED": False, "REMOTE_CONTROL_ENABLED": False}
process = AsyncCrawlerProcess(settings)
process.crawl(Six)
process.start()
"""


@pytest.mark.parametrize(("which", "robots", "leak"), [
    ("stock", 200, True), ("ours", 200, False),  # three and more waiters: the third one passes
    ("stock", 500, True), ("ours", 500, False),  # a robots.txt in trouble allows everything
])  # fmt: skip
def test_35_six_parallel_seeds_leak_past_robots_in_stock_scrapy_and_not_in_ours(
    site: Site, tmp_path: Path, which: str, robots: int, leak: bool
) -> None:
    host = site.host()
    host.robots("User-agent: *\nDisallow: /\n", robots)
    Outlets(tmp_path)
    subprocess.run(
        [sys.executable, "-c", SIX_SEEDS, which, host.base],
        cwd=ROOT,
        env={**os.environ, "MARSAD_CONFIG": str(tmp_path)},
        timeout=60,
        capture_output=True,
        check=True,
    )
    assert host.hits[0].path == "/robots.txt"
    assert (len(host.hits) > 1) is leak
