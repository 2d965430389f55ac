"""Crawls by the real path: what is asked again, what survives a kill, what a visit has covered."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa

import config
from config.model import EntryPoint, Source
from crawlers.assignment import Assignment
from crawlers.run import batches, reachable
from store.archive import Archive
from store.records import FetchedPage, Link, Reason, Rejection, Via
from store.tables import articles
from store.urls import article_id, url_key
from tests.crawlers.outlets import FAST, Outlets, row_of
from tests.site.faults import Host, Site, answer, redirect, rss, silent, status, validated

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def site() -> Iterator[Site]:
    with Site() as site:
        yield site


@pytest.fixture
def outlets(tmp_path: Path) -> Outlets:
    return Outlets(tmp_path)


def frontier(outlets: Outlets) -> dict[str, int]:
    with outlets.ledger() as ledger:
        return dict(ledger.status().frontier)


def sitemap(*urls: str, index: bool = False, lastmod: datetime | None = None) -> bytes:
    outer, inner = ("sitemapindex", "sitemap") if index else ("urlset", "url")
    at = f"<lastmod>{(lastmod or datetime.now(UTC)).isoformat()}</lastmod>"
    space = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
    body = "".join(f"<{inner}><loc>{url}</loc>{at}</{inner}>" for url in urls)
    return answer(f"<{outer} {space}>{body}</{outer}>", kind="application/xml")


def test_a_second_crawl_is_conditional_and_fetches_no_article_again(site: Site, outlets: Outlets) -> None:
    feeds, maps = site.host(), site.host()
    feeds.on("/feed", validated(rss([feeds.url("/a"), feeds.url("/b")]), 'W/"x  y"'))
    for path in ("/a", "/b"):
        feeds.page(path)
    maps.on("/map.xml", validated_xml(sitemap(maps.url("/one.xml"), index=True)))
    maps.on("/one.xml", validated_xml(sitemap(maps.url("/c"))))
    maps.page("/c")
    outlets.add("feeds", feeds)
    outlets.add("maps", maps, ("sitemap", "/map.xml"))
    first = outlets.crawl()
    assert [row["fetched"] for row in first.rows] == [2, 1]
    seen = len(feeds.hits), len(maps.hits)

    again = outlets.crawl(["feeds", "maps"])
    later = [*feeds.hits[seen[0] :], *maps.hits[seen[1] :]]
    assert {hit.path for hit in later} == {"/feed", "/map.xml", "/one.xml"}  # robots.txt is known, too
    assert [hit.headers["if-none-match"] for hit in later if hit.path == "/feed"] == ['W/"x  y"']
    assert all("if-none-match" in hit.headers for hit in later)
    assert [row["not_modified"] for row in again.rows] == [1, 2]
    assert [row["fetched"] for row in again.rows] == [0, 0]
    assert outlets.crawl().rows == ()  # nothing is due


def validated_xml(whole: bytes) -> Any:
    body = whole.partition(b"\r\n\r\n")[2].decode()
    return validated(body, f'"{len(body)}"', kind="application/xml")


def test_27_an_unchanged_body_without_validators_is_not_read_again(site: Site, outlets: Outlets) -> None:
    host = site.host()
    host.feed("/feed", ["/a"])
    outlets.add("one", host)
    outlets.crawl()
    again = outlets.crawl(["one"])
    assert row_of(again, "one")["not_modified"] == 1
    assert row_of(again, "one")["found"] == 0


def test_27_an_unasked_304_of_a_feed_is_an_error(site: Site, outlets: Outlets) -> None:
    host = site.host()
    host.on("/feed", status(304, body=""))
    outlets.add("one", host)
    assert row_of(outlets.crawl(), "one")["errors"] == {"http_304": 1}


def test_60_a_page_in_the_place_of_a_feed_keeps_what_is_known(site: Site, outlets: Outlets) -> None:
    host = site.host()
    host.feed("/feed", ["/a"])
    outlets.add("one", host)
    outlets.crawl()
    host.page("/feed")
    row = row_of(outlets.crawl(["one"]), "one")
    assert row["errors"] == {"not_a_listing": 1}
    assert frontier(outlets) == {"captured": 1}


@pytest.mark.parametrize(
    ("kind", "body", "state"),
    [
        ("news_sitemap", sitemap(), "ok"),
        ("wordpress", answer("[]", kind="application/json"), "ok"),
        ("gdelt", answer("{}", kind="application/json"), "ok"),
        ("gdelt", answer("Your query was too short.", kind="text/html"), "failing"),
        ("news_sitemap", answer("", kind="application/xml"), "failing"),
        ("feed", answer(rss([]), kind="application/rss+xml"), "failing"),
    ],
)
def test_a_quiet_day_is_no_failure(kind: str, body: bytes, state: str, site: Site, outlets: Outlets) -> None:
    host = site.host()
    host.on("/list", body)
    outlets.add("one", host, (kind, "/list"))
    summary = outlets.crawl()
    with outlets.ledger() as ledger:
        assert ledger.status().sources == {state: 1}
        assert bool(ledger.coverage()) is (state == "ok")
    assert bool(summary.failed) is (state == "failing")


def test_62_a_moved_feed_is_remembered_and_a_gone_one_retired(site: Site, outlets: Outlets) -> None:
    moved, gone = site.host(), site.host()
    moved.on("/feed", redirect("/new", 301))
    moved.feed("/new", ["/a"])
    gone.on("/feed", status(410))
    outlets.add("moved", moved)
    outlets.add("gone", gone)
    outlets.crawl()
    outlets.crawl(["moved"])
    assert moved.count("/feed") == 1
    assert moved.count("/new") == 2
    with outlets.ledger() as ledger:
        assert ledger.entry_state("moved", moved.url("/feed")).moved_to == moved.url("/new")
        due = ledger.entry_state("gone", gone.url("/feed")).next_due_at
        assert due is not None
        assert due - datetime.now(UTC) > timedelta(days=3000)


def test_69_sitemaps_are_followed_in_window_depth_and_budget(site: Site, outlets: Outlets) -> None:
    host = site.host()
    old = datetime.now(UTC) - timedelta(days=400)
    host.on("/map.xml", sitemap(*(host.url(p) for p in ("/loop.xml", "/map.xml", "/deep1.xml")), index=True))
    host.on("/loop.xml", sitemap(host.url("/loop.xml"), host.url("/map.xml"), index=True))
    for depth in range(1, 9):
        host.on(f"/deep{depth}.xml", sitemap(host.url(f"/deep{depth + 1}.xml"), index=True))
    host.on("/old-index.xml", sitemap(host.url("/ancient.xml"), index=True, lastmod=old))
    host.on("/flat.xml", sitemap(*(host.url(f"/old{n}") for n in range(3000)), lastmod=old))
    outlets.add("one", host, ("sitemap", "/map.xml"), ("sitemap", "/old-index.xml"), ("sitemap", "/flat.xml"))
    row = row_of(outlets.crawl(), "one")
    assert host.count("/map.xml") == host.count("/loop.xml") == 1
    assert host.count("/deep3.xml") == 1
    assert host.count("/deep4.xml") == 0
    assert host.count("/ancient.xml") == 0
    assert row["fetched"] == 0
    assert row["passed"] == row["rejected"]["too_old"] == 3000


def test_the_budget_of_a_run_leaves_the_rest_to_the_next(site: Site, outlets: Outlets) -> None:
    host = site.host()
    host.feed("/feed", [f"/p{n}" for n in range(7)])
    outlets.write_settings({**FAST, "politeness": {"delay_s": 0.05, "max_pages_per_run": 3}})
    outlets.add("one", host)
    assert row_of(outlets.crawl(), "one")["fetched"] == 3
    assert frontier(outlets) == {"captured": 3, "discovered": 4}
    assert row_of(outlets.crawl(), "one")["fetched"] == 3  # due because links wait, not the feed
    assert row_of(outlets.crawl(), "one")["fetched"] == 1
    assert host.count("/feed") == 1


def test_since_goes_deeper_than_the_window(site: Site, outlets: Outlets) -> None:
    host = site.host()
    newest = datetime.now(UTC) - timedelta(days=60)
    host.page("/a")
    host.on("/feed", answer(rss([host.url("/a")], newest=newest), kind="application/rss+xml"))
    outlets.add("one", host)
    assert row_of(outlets.crawl(), "one")["rejected"] == {"too_old": 1}
    host.on("/feed", answer(rss([host.url("/a")], newest=newest) + " ", kind="application/rss+xml"))
    assert row_of(outlets.crawl(["one"], since=datetime.now(UTC) - timedelta(days=90)), "one")["fetched"] == 1


def test_a_visit_covers_from_the_last_one_if_something_known_is_still_listed(
    site: Site, outlets: Outlets
) -> None:
    host = site.host()
    host.feed("/feed", ["/a", "/b", "/c"])
    outlets.add("one", host)
    outlets.crawl()
    with outlets.ledger() as ledger:
        first = ledger.coverage()["one"]
    host.feed("/feed", ["/d", "/a"])
    outlets.crawl(["one"])
    with outlets.ledger() as ledger:
        spans = ledger.coverage()["one"]
    assert len(first) == len(spans) == 1
    assert spans[0][0] == first[0][0]
    assert spans[0][1] > first[0][1]
    archive = Archive(outlets.home)
    visits = [visit for path in archive.files() for visit in archive.iter_visits(path)]
    assert [visit["outcome"] for visit in visits] == ["ok", "ok"]
    assert all(visit["covered"] for visit in visits)


def test_a_removed_page_of_a_known_article_is_captured_and_others_only_rejected(
    site: Site, outlets: Outlets
) -> None:
    host = site.host()
    host.feed("/feed", ["/known", "/unknown"])
    outlets.add("one", host)
    outlets.crawl()
    host.on("/known", status(410))
    host.on("/unknown", status(410))
    now = datetime.now(UTC)
    with outlets.ledger() as ledger:
        _make_known(ledger, host.url("/known"))
        links = [Link("one", host.url(path), "revisit", Via.REVISIT) for path in ("/known", "/unknown")]
        for link in links:
            leased = ledger.lease_captured("reader", now, 60, 9)
            for each in leased:
                page = Archive(outlets.home).read(each.capture)
                ledger.reject_page(each.key, Rejection(Reason.NO_TEXT, link.url), page, now)
        ledger.add_links(links, now)
    row = row_of(outlets.crawl(), "one")
    assert row["fetched"] == 1
    assert row["rejected"] == {"gone": 1}
    with outlets.ledger() as ledger:
        states = ledger.status().frontier
    assert states["captured"] == 1


def _make_known(ledger: Any, url: str) -> None:
    now = datetime.now(UTC)
    with ledger._db.writing() as connection:
        connection.execute(
            sa.insert(articles).values(
                article_id=article_id(url),
                key=url_key(url),
                source_id="one",
                revision=1,
                first_seen_at=now,
                last_seen_at=now,
            )
        )


def test_a_disabled_outlet_is_not_asked_for_whoever_names_it(site: Site, outlets: Outlets) -> None:
    host = site.host()
    host.feed("/feed", ["/a"])
    outlets.add("closed", host, enabled=False, reason="it asks us to stay away")
    assert outlets.crawl().rows == ()
    with pytest.raises(ValueError, match="closed is not visited, it is disabled: it asks us to stay away"):
        outlets.crawl(["closed"])
    assert not host.hits


# -- processes ---------------------------------------------------------------------------------------------

CRAWL = (
    "import sys, config\n"
    "from pathlib import Path\n"
    "from crawlers.run import run_crawl\n"
    "folder = Path(sys.argv[1])\n"
    "loaded = config.load(folder, home=folder / 'home')\n"
    "run_crawl(loaded, sys.argv[2:] or None, scrapy_settings={'BACK_OFF_S': 0.2, 'PATIENCE_S': 8})\n"
)


def start(outlets: Outlets, *ids: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", CRAWL, str(outlets.folder), *ids], cwd=ROOT)


def wait_for(host: Host, hits: int, seconds: float = 240) -> None:
    end = time.monotonic() + seconds
    while len(host.hits) < hits:
        assert time.monotonic() < end, f"only {host.paths()}"
        time.sleep(0.01)


def children_of(pid: int) -> list[int]:
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(each) for each in text.split()]


def test_78_a_crawl_killed_at_any_instant_goes_on_where_it_was(site: Site, outlets: Outlets) -> None:
    host = site.host()
    paths = [f"/p{n}" for n in range(12)]
    host.feed("/feed", paths)
    outlets.add("one", host)
    for hits in (2, 5, 9):
        process = start(outlets)
        wait_for(host, hits)
        process.kill()
        process.wait()
    killed = time.monotonic()
    outlets.crawl()
    assert time.monotonic() - killed < 300  # half a lease: nobody waited for those of the dead to run out
    assert frontier(outlets) == {"captured": 12}
    counts = [host.count(path) for path in paths]
    assert sum(counts) - 12 <= 3  # at most one page a kill is fetched again
    assert min(host.gaps()) >= 0.1
    with outlets.ledger() as ledger:
        assert ledger.quick_check() == []


def test_a_crawl_process_that_dies_is_followed_by_another(site: Site, outlets: Outlets) -> None:
    host = site.host()
    host.feed("/feed", [f"/p{n}" for n in range(8)])
    outlets.add("one", host)
    process = start(outlets)
    wait_for(host, 4)
    os.kill(children_of(process.pid)[0], signal.SIGKILL)
    assert process.wait(240) == 0
    assert frontier(outlets) == {"captured": 8}


def test_sigterm_gives_leased_links_back(site: Site, outlets: Outlets) -> None:
    host = site.host()
    host.feed("/feed", ["/a", "/slow", "/b", "/c"])
    host.on("/slow", silent)
    outlets.write_settings({**FAST, "network": {**FAST["network"], "timeout_s": 30}})
    outlets.add("one", host)
    process = start(outlets)
    wait_for(host, 4)  # robots.txt, feed, /a, /slow
    os.kill(children_of(process.pid)[0], signal.SIGTERM)
    process.wait(240)
    assert frontier(outlets) == {"captured": 1, "discovered": 3}
    with outlets.ledger() as ledger:
        assert ledger.lease_host(host.name, "next", datetime.now(UTC), 1) is not None


def test_stop_ends_a_crawl_cleanly(site: Site, outlets: Outlets) -> None:
    host = site.host()
    host.feed("/feed", [f"/p{n}" for n in range(60)])
    outlets.add("one", host)
    summary = outlets.crawl(stop=lambda: len(host.hits) > 5)
    assert summary.stopped == "interrupted"
    assert frontier(outlets).get("fetching", 0) == 0
    assert len(host.hits) < 40


def test_an_outlet_that_had_no_time_to_answer_did_not_fail(site: Site, outlets: Outlets) -> None:
    quiet, other = site.host(), site.host()
    quiet.on("/feed", silent)
    other.feed("/feed", ["/a"])
    outlets.write_settings({**FAST, "network": {**FAST["network"], "timeout_s": 30}})
    outlets.add("quiet", quiet)
    outlets.add("other", other)
    outlets.crawl(stop=lambda: "/a" in other.paths() and "/feed" in quiet.paths())
    with outlets.ledger() as ledger:
        assert {state.source_id: state.state for state in ledger.source_states()} == {
            "quiet": "new",
            "other": "ok",
        }


def test_leads_of_an_aggregator_are_asked_for_at_the_outlets_they_name(site: Site, outlets: Outlets) -> None:
    gdelt, one, two, away, closed = (site.host() for _ in range(5))
    for host, name in ((one, "one"), (two, "two"), (closed, "closed")):
        host.feed("/feed", [])
        host.page("/story")
        outlets.add(name, host, **({"enabled": False, "reason": "it refuses"} if host is closed else {}))
    outlets.add("leads", gdelt, ("gdelt", "/doc?mode=artlist&format=json"))
    rows = [
        {"url": host.url("/story"), "title": "A story", "seendate": f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}"}
        for host in (one, two, away, closed)
    ]
    gdelt.on("/doc?mode=artlist&format=json", answer(json.dumps({"articles": rows}), kind="application/json"))
    summary = outlets.crawl()
    assert row_of(summary, "leads")["found"] == 2
    assert row_of(summary, "leads")["events"]["off_site"] == 1
    assert {name: row_of(summary, name)["fetched"] for name in ("one", "two", "leads")} == {
        "one": 1,
        "two": 1,
        "leads": 0,
    }
    assert not away.hits
    assert not closed.hits
    archive = Archive(outlets.home)
    pages = [page for path in archive.files() for page in archive.iter_pages(path)]
    assert {(page.link.source_id, page.link.via) for page in pages} == {("one", "gdelt"), ("two", "gdelt")}


def test_36_two_crawls_of_one_host_take_turns(site: Site, outlets: Outlets) -> None:
    host = site.host()
    for name in ("one", "two"):
        host.feed(f"/feed-{name}", [f"/{name}{n}" for n in range(4)])
    outlets.add("one", host, ("feed", "/feed-one"))
    other = Outlets(outlets.folder / "other")
    other.add("two", host, ("feed", "/feed-two"))
    # Two configurations, one home: two processes that know nothing of each other.
    process = subprocess.Popen(
        [
            sys.executable,
            "-c",
            CRAWL.replace("folder / 'home'", f"Path({str(outlets.home)!r})"),
            str(other.folder),
        ],
        cwd=ROOT,
    )
    thread = threading.Thread(target=outlets.crawl)
    thread.start()
    thread.join(60)
    assert process.wait(60) == 0
    assert frontier(outlets) == {"captured": 8}
    assert host.most_at_once() == 1
    assert min(host.gaps()) >= 0.1


def test_the_wall_clock_ends_a_crawl(site: Site, outlets: Outlets) -> None:
    host = site.host()
    host.feed("/feed", [f"/p{n}" for n in range(100)])
    outlets.write_settings({**FAST, "crawl": {"wall_clock_s": 2}})
    outlets.add("one", host)
    outlets.crawl()
    states = frontier(outlets)
    assert 0 < states["captured"] < 100
    assert states["discovered"] == 100 - states["captured"]


def test_a_large_parent_does_not_end_the_crawl(site: Site, outlets: Outlets) -> None:
    """A process is charged with its own memory, not with that of whoever started it."""
    host = site.host()
    host.feed("/feed", ["/a"])
    outlets.add("one", host)
    ballast = bytearray(500 * 2**20)
    ballast[:: 2**12] = b"x" * len(ballast[:: 2**12])  # touched, so that it is held
    outlets.crawl()
    assert frontier(outlets) == {"captured": 1}


def test_a_process_over_its_memory_is_an_error_of_its_sources(site: Site, outlets: Outlets) -> None:
    host = site.host()
    host.feed("/feed", ["/a"])
    outlets.add("one", host)
    summary = outlets.crawl(scrapy_settings={"MEMUSAGE_LIMIT_MB": 30})
    assert summary.rows[0]["errors"] == {"memusage_exceeded": 1}
    assert summary.failed == ("one",)
    assert summary.exit_code == 1


def test_log_of_a_crawl_is_json_where_the_settings_say_so(site: Site, outlets: Outlets) -> None:
    host = site.host()
    host.feed("/feed", ["/a", "/b"])
    host.on("/b", status(404))
    outlets.write_settings({**FAST, "log": {"level": "debug", "format": "json"}})
    outlets.add("one", host)
    outlets.crawl()
    lines = (outlets.home / "log" / "crawl.log").read_text().splitlines()
    written = [json.loads(line) for line in lines]
    libraries = [line for line in written if "logger" in line]
    assert {"scrapy.core.engine", "asyncio"} <= {line["logger"] for line in libraries}
    assert {tuple(line) for line in libraries} == {("event", "level", "timestamp", "logger")}
    ours = {(line["event"], line["source"], line["url"], line["level"]) for line in written if "url" in line}
    assert ours >= {
        ("listing", "one", host.url("/feed"), "info"),
        ("fetched", "one", host.url("/a"), "info"),
        ("page_failed", "one", host.url("/b"), "warning"),
    }


@pytest.mark.parametrize("setting", ["SCHEDULER", "TWISTED_REACTOR"])
def test_a_crawl_process_that_breaks_says_so_in_lines_of_json(setting: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "crawlers.batch", "--store", str(tmp_path), "-s", f"{setting}=no.such.one"],
        input=Assignment(()).to_json(),
        env={**os.environ, "MARSAD_LOG__FORMAT": "json", "MARSAD_LOG__LEVEL": "warning"},
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    written = [json.loads(line) for line in done.stderr.splitlines()]
    assert any("No module named 'no'" in line.get("exception", "") for line in written)
    assert done.returncode == 1, "what did not start is no crawl that found nothing"


# -- plain parts -------------------------------------------------------------------------------------------


def source(name: str, *hosts: str) -> Source:
    return Source(
        id=name,
        name={"en": name},
        country="MA",
        languages=("en",),
        scope="national",
        homepage=f"https://{hosts[0]}/",
        timezone="Africa/Casablanca",
        entry_points=tuple(EntryPoint("feed", f"https://{host}/feed", evidence=("x",)) for host in hosts),
        domains=hosts,
        expect_per_day=(1, 9),
    )


def test_sources_that_share_a_host_come_together_and_batches_stay_small() -> None:
    many = [
        source("a", "a.ma"),
        source("b", "b.ma", "c.ma"),
        source("c", "c.ma"),
        source("d", "d.ma", "a.ma"),
    ]
    groups = [sorted(each.id for each in group) for group in batches(many, 2)]
    assert sorted(groups) == [["a", "d"], ["b", "c"]]
    assert len(batches([source(f"s{n}", f"s{n}.ma") for n in range(70)], 32)) == 3


def test_the_first_circle_is_polled_first(site: Site, outlets: Outlets) -> None:
    hosts = [site.host() for _ in range(3)]
    for number, (tier, host) in enumerate(zip((3, 1, 2), hosts, strict=True)):
        host.feed("/feed", ["/a"])
        outlets.add(f"s{number}", host, tier=tier)
    outlets.write_settings({**FAST, "crawl": {**FAST["crawl"], "concurrent_hosts": 1}})
    summary = outlets.crawl()
    asked = [event["source"] for event in outlets.events if event["event"] == "listing"]
    assert asked == ["s1", "s2", "s0"]
    assert [row["source"] for row in summary.rows] == ["s0", "s1", "s2"]


def test_an_assignment_survives_the_pipe() -> None:
    given = Assignment(
        (source("a", "a.ma"),), watchwords=("police",), since=datetime(2026, 1, 1, tzinfo=UTC), force=True
    )
    assert Assignment.from_json(given.to_json()) == given


def test_reachable_is_told_at_once(site: Site, outlets: Outlets) -> None:
    outlets.add("dead", SimpleNamespace(url=lambda path: f"http://nothing.invalid{path}"))  # type: ignore[arg-type]  # a host of no site
    began = time.monotonic()
    assert not reachable(config.load(outlets.folder), 5)
    outlets.add("alive", site.host())
    assert reachable(config.load(outlets.folder), 5)
    assert time.monotonic() - began < 10


def test_pages_read_back_equal_what_was_sent(site: Site, outlets: Outlets) -> None:
    host = site.host()
    host.feed("/feed", ["/a"])
    outlets.add("one", host)
    outlets.crawl()
    archive = Archive(outlets.home)
    pages: list[FetchedPage] = [page for path in archive.files() for page in archive.iter_pages(path)]
    assert [page.url for page in pages] == [host.url("/a")]
    assert pages[0].link.hint.title == "Item 0"
    assert pages[0].header("content-type") == "text/html; charset=utf-8"
