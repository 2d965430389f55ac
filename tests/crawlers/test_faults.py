"""The fault catalogue, rows 1–36, through the whole crawl: one outlet a row, all crawled at once.

Every outlet lists three pages: ``/good1`` and ``/good2`` are sound, ``/bad`` has the row's fault.  What is
asked of each row: the sound pages are captured, the bad one ends as the table says, nobody else notices.
Delays, robots and pauses are judged by the server's own log.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from crawlers.run import CrawlSummary
from store.archive import Archive
from store.records import FetchedPage
from store.tables import links
from store.urls import url_key
from tests.crawlers.outlets import Outlets, row_of
from tests.site.faults import (
    Behaviour,
    Exchange,
    Host,
    Site,
    always,
    answer,
    article,
    dripping,
    in_turn,
    redirect,
    reset,
    reset_in_body,
    silent,
    status,
)

GOOD = ("/good1", "/good2")
TEXT = article("A sound page").encode()
LENGTH = b"Content-Length: %d" % len(TEXT)
ZIPPED = gzip.compress(TEXT)


def encoded(body: bytes, name: str) -> bytes:
    return answer(body, headers=[("Content-Encoding", name)])


async def cookie_wall(exchange: Exchange) -> None:
    """Redirects to itself until its cookie comes back."""
    if "seen=1" in exchange.hit.headers.get("cookie", ""):
        await exchange.send(answer(TEXT))
    else:
        await exchange.send(answer("", 302, [("Set-Cookie", "seen=1; Path=/"), ("Location", "/bad")]))


async def cookie_loop(exchange: Exchange) -> None:
    """Redirects to itself whatever cookie comes back."""
    await exchange.send(
        answer("", 302, [("Set-Cookie", f"n={exchange.number}; Path=/"), ("Location", "/bad")])
    )


# row: what /bad does → (final state, reason of a rejection or None, how often /bad is asked at most)
ROWS: dict[str, tuple[Behaviour, str, str | None, int]] = {
    # Three time-outs in a row pause the host: the page is tried again when it answers.
    "03_silent": (silent, "retry", None, 3),
    "04_slow_loris": (dripping(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 99), "retry", None, 3),
    "05_dripping": (dripping(answer(TEXT), every_s=0.05), "retry", None, 3),
    "06_reset_once": (in_turn(reset, always(answer(TEXT))), "captured", None, 2),
    "06_reset_always": (reset, "rejected", "unreachable", 4),
    "06_reset_in_body": (in_turn(reset_in_body(), always(answer(TEXT))), "captured", None, 2),
    "07_length_too_large": (always(answer(TEXT).replace(LENGTH, LENGTH + b"0")), "rejected", "incomplete", 2),
    "08_length_too_small": (
        always(answer(TEXT).replace(LENGTH, b"Content-Length: 300")), "rejected", "incomplete", 2,
    ),
    "09_chunked_abort": (
        always(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"),
        "rejected", "incomplete", 2,
    ),
    "10_truncated_gzip": (always(encoded(ZIPPED[:-20], "gzip")), "rejected", "incomplete", 2),
    "10_truncated_once": (
        in_turn(always(encoded(ZIPPED[:-20], "gzip")), always(encoded(ZIPPED, "gzip"))),
        "captured", None, 2,
    ),
    "11_bomb": (
        always(encoded(gzip.compress(b"\0" * (64 << 20)), "gzip")), "rejected", "too_large", 1,
    ),
    "12_unknown_encoding": (always(encoded(b"\x99\x88" * 99, "sdch")), "rejected", "incomplete", 2),
    "12_mislabelled": (always(encoded(TEXT, "gzip")), "captured", None, 1),
    "13_huge_page": (always(answer(b"x" * (9 << 20))), "rejected", "too_large", 1),
    "13_huge_headers": (
        always(b"HTTP/1.1 200 OK\r\n" + b"X: aaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n" * 10_000 + b"\r\n"),
        "rejected", "too_large", 1,
    ),
    "14_bad_status_line": (always(b"NONSENSE\r\n\r\n" + TEXT), "rejected", "incomplete", 2),
    "15_redirect_loop": (redirect("/bad"), "rejected", "too_many_redirects", 3),
    "18_redirect_to_file": (redirect("file:///etc/passwd"), "rejected", "forbidden_address", 1),
    "18_redirect_to_data": (redirect("data:text/html,x"), "rejected", "forbidden_address", 1),
    "18_redirect_to_gopher": (redirect("gopher://x/"), "rejected", "forbidden_address", 1),
    "19_redirect_nowhere": (redirect(None), "rejected", "redirect", 1),
    "19_redirect_to_a_bad_port": (redirect("http://127.66.0.1:x/"), "rejected", "redirect", 1),
    "19_redirect_to_half_an_address": (redirect("http://[::1/x"), "rejected", "redirect", 1),
    "22_cookie_wall": (cookie_wall, "captured", None, 2),
    "22_cookie_loop": (cookie_loop, "rejected", "too_many_redirects", 11),
    "27_unasked_304": (status(304, body=""), "rejected", "incomplete", 2),
    "30_401": (status(401), "rejected", "http_client_error", 1),
    "30_403": (status(403), "rejected", "http_client_error", 1),
    "30_404": (status(404), "rejected", "gone", 1),
    "30_410": (status(410), "rejected", "gone", 1),
    "30_451": (status(451), "rejected", "http_client_error", 1),
    "30_204": (status(204, body=""), "rejected", "incomplete", 1),
    "30_206": (status(206, body=TEXT.decode()), "rejected", "incomplete", 2),
    "30_299": (status(299, body=TEXT.decode()), "captured", None, 1),
    "30_empty": (always(answer("")), "rejected", "incomplete", 2),
    "30_500": (status(500), "rejected", "unreachable", 4),
    "30_500_once": (in_turn(status(500), always(answer(TEXT))), "captured", None, 2),
}  # fmt: skip


@dataclass
class Ran:
    """One crawl of everything, and what is left of it."""

    summary: CrawlSummary
    hosts: dict[str, Host]
    states: dict[str, tuple[str, str | None]]
    """url key → (state, reason)."""
    pages: dict[str, FetchedPage]
    """Archived pages by URL."""
    sources: dict[str, tuple[str, str | None]]
    blocked: dict[str, Any]
    special: dict[str, Any] = field(default_factory=dict)

    def state(self, name: str, path: str) -> tuple[str, str | None]:
        return self.states[url_key(self.hosts[name].url(path))]


def _specials(site: Site, outlets: Outlets, hosts: dict[str, Host]) -> dict[str, Any]:
    """Outlets whose fault is not that of one page."""

    def outlet(name: str, **more: Any) -> Host:
        host = hosts[name] = site.host()
        host.feed("/feed", [*GOOD, "/bad"])
        outlets.add(name, host, **more)
        return host

    trap = site.host("127.0.0.1")
    trap.page("/")
    forbidden = {
        "16_private": trap.url("/"),
        "16_mapped": f"http://[::ffff:127.0.0.1]:{trap.port}/",
        "16_decimal": f"http://2130706433:{trap.port}/",
        "16_metadata": "http://169.254.169.254/latest/",
    }
    for name, target in forbidden.items():
        outlet(name).on("/bad", redirect(target))
    outlet("16_robots_elsewhere").on("/robots.txt", redirect(trap.url("/")))
    elsewhere = outlet("16_feed_elsewhere")
    elsewhere.on("/feed", redirect(trap.url("/")))

    outlet("15_redirects_25").on("/bad", redirect("/r1"))
    for hop in range(1, 26):
        hosts["15_redirects_25"].on(f"/r{hop}", redirect(f"/r{hop + 1}"))

    closed, nameless = site.host(), site.host()
    outlets.add("02_closed_port", closed, ("feed", f"http://{closed.address}:1/feed"))
    outlets.add("01_no_such_name", nameless, ("feed", "http://no-such-outlet.invalid/feed"))

    outlet("05_dripping_feed").on("/feed", dripping(b"HTTP/1.1 200 OK\r\n\r\n" + b"<rss>" * 99, every_s=0.1))
    outlet("25_challenge").on("/bad", status(403, [("cf-mitigated", "challenge")]))
    outlet("28_retry_after").on("/good1", status(429, [("Retry-After", "3600")]))
    outlet("28_retry_after_soon").on(
        "/good1", in_turn(status(429, [("Retry-After", "2")]), always(answer(TEXT)))
    )
    outlet("28_no_retry_after").on("/good1", status(429))
    outlet("29_maintenance").on("/good1", status(503))

    outlet("31_robots_403").robots("no", 403)
    outlet("32_robots_500").robots("oops", 500)
    outlet("32_robots_silent").on("/robots.txt", silent)
    outlet("33_robots_html").robots(article("Not found"), kind="text/html")
    moved = outlet("33_robots_moved")
    moved.on("/robots.txt", redirect("/m1", 301))
    for hop in range(1, 5):
        moved.on(f"/m{hop}", redirect(f"/m{hop + 1}", 301))
    moved.on("/m5", answer("User-agent: *\nDisallow: /bad", kind="text/plain"))
    outlet("33_robots_ours").robots("User-agent: Marsad\nDisallow: /bad\n\nUser-agent: *\nDisallow: /")
    outlet("34_crawl_delay").robots("User-agent: *\nCrawl-delay: 0.6")
    outlet("35_robots_all").robots("User-agent: *\nDisallow: /")
    outlet("35_robots_late").robots("User-agent: *\nDisallow: /good\nDisallow: /bad")
    return {"trap": trap}


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ran]:
    outlets = Outlets(tmp_path_factory.mktemp("faults"))
    with Site() as site:
        hosts: dict[str, Host] = {}
        for name, (behaviour, *_) in ROWS.items():
            host = hosts[name] = site.host()
            host.feed("/feed", [*GOOD, "/bad"])
            host.on("/bad", behaviour)
            outlets.add(name, host)
        special = _specials(site, outlets, hosts)
        summary = outlets.crawl()
        with outlets.ledger() as ledger, ledger._db.reading() as connection:
            states = {row.key: (row.state, row.reason) for row in connection.execute(links.select())}
            sources = {state.source_id: (state.state, state.reason) for state in ledger.source_states()}
            blocked = {
                name: lease
                for name, host in hosts.items()
                if (lease := ledger.lease_host(host.name, "judge", _now(), 1.0)) is not None
            }
        archive = Archive(outlets.home)
        pages = {page.url: page for path in archive.files() for page in archive.iter_pages(path)}
        yield Ran(summary, hosts, states, pages, sources, blocked, special)


def _now() -> Any:
    from crawlers.hosts import utc_now

    return utc_now()


@pytest.mark.parametrize("name", ROWS)
def test_a_bad_page_ends_as_the_table_says_and_harms_no_other(ran: Ran, name: str) -> None:
    _, state, reason, most = ROWS[name]
    host = ran.hosts[name]
    assert ran.state(name, "/bad") == (state, reason)
    assert [ran.state(name, path)[0] for path in GOOD] == ["captured", "captured"]
    assert host.count("/bad") <= most
    # Never stored as complete: in the archive only what was captured.
    assert (host.url("/bad") in ran.pages) is (state == "captured")
    if state == "captured":
        assert ran.pages[host.url("/bad")].body == TEXT


def test_36_no_host_saw_two_requests_at_once_or_a_gap_below_the_delay(ran: Ran) -> None:
    for name, host in ran.hosts.items():
        assert host.most_at_once() <= 1 or name[:2] in ("03", "04", "05", "32"), name
        assert min(host.gaps(), default=1) >= 0.1, name


def test_35_robots_txt_was_the_first_thing_every_host_was_asked_for(ran: Ran) -> None:
    for name, host in ran.hosts.items():
        assert not host.hits or host.hits[0].path == "/robots.txt", name


@pytest.mark.parametrize("name", ["16_private", "16_mapped", "16_decimal", "16_metadata"])
def test_16_redirects_to_private_addresses_are_refused(ran: Ran, name: str) -> None:
    assert ran.state(name, "/bad") == ("rejected", "forbidden_address")
    assert row_of(ran.summary, name)["rejected"] == {"forbidden_address": 1}
    assert row_of(ran.summary, name)["fetched"] == 2


def test_16_nothing_ever_reached_the_trap(ran: Ran) -> None:
    assert ran.special["trap"].hits == []
    for name in ("16_robots_elsewhere", "16_feed_elsewhere"):
        assert row_of(ran.summary, name)["fetched"] == 0


@pytest.mark.parametrize(
    ("name", "rejected", "errors"),
    [
        ("30_401", {"http_client_error": 1}, {}),
        ("30_403", {"http_client_error": 1}, {}),
        ("30_404", {"gone": 1}, {}),
        ("19_redirect_nowhere", {"redirect": 1}, {}),
        ("13_huge_page", {"too_large": 1}, {}),
        ("30_206", {"incomplete": 1}, {"http_206": 1}),  # asked twice
        ("30_500_once", {}, {"http_5xx": 1}),
        ("30_500", {"unreachable": 1}, {"http_5xx": 3}),  # its last try is its end
    ],
)
def test_an_answer_is_counted_under_one_name(
    name: str, rejected: dict[str, int], errors: dict[str, int], ran: Ran
) -> None:
    row = row_of(ran.summary, name)
    assert (row["rejected"], row["errors"]) == (rejected, errors)


def test_15_redirects_end_after_ten_hops(ran: Ran) -> None:
    assert ran.state("15_redirects_25", "/bad") == ("rejected", "too_many_redirects")
    assert sum(path.startswith("/r") for path in ran.hosts["15_redirects_25"].paths()) <= 11


@pytest.mark.parametrize(
    ("name", "kind"),
    [("01_no_such_name", "dns"), ("02_closed_port", "connect"), ("05_dripping_feed", "timeout")],
)
def test_1_2_5_an_outlet_that_cannot_be_reached_is_failing(ran: Ran, name: str, kind: str) -> None:
    assert row_of(ran.summary, name)["errors"].keys() & {kind, "robots_unknown", "paused"}
    assert ran.sources[name][0] == "failing"
    assert name in ran.summary.failed


def test_25_a_challenge_ends_the_asking_for_a_day(ran: Ran) -> None:
    host = ran.hosts["25_challenge"]
    assert host.hits[-1].path == "/bad"  # nothing was asked after it
    lease = ran.blocked["25_challenge"]
    assert (lease.blocked_until - _now()).total_seconds() > 86_000
    assert "cf-mitigated" in lease.blocked_reason


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [("28_retry_after", 3000, 3600), ("28_no_retry_after", 30, 66), ("29_maintenance", 30, 66)],
)
def test_28_29_the_whole_host_is_paused_and_no_link_lost(ran: Ran, name: str, low: int, high: int) -> None:
    assert ran.hosts[name].count("/good1") == 1
    assert ran.hosts[name].hits[-1].path == "/good1"  # no request meanwhile
    assert low < (ran.blocked[name].blocked_until - _now()).total_seconds() <= high
    assert ran.state(name, "/good1")[0] == "retry"
    assert ran.state(name, "/good2")[0] in ("discovered", "captured")


def test_28_a_short_pause_is_waited_for(ran: Ran) -> None:
    host = ran.hosts["28_retry_after_soon"]
    assert ran.state("28_retry_after_soon", "/good1")[0] == "captured"
    at = host.paths().index("/good1")
    assert host.gaps()[at] >= 2.0


def test_31_a_robots_403_allows(ran: Ran) -> None:
    assert row_of(ran.summary, "31_robots_403")["fetched"] == 3


@pytest.mark.parametrize("name", ["32_robots_500", "32_robots_silent"])
def test_32_robots_in_trouble_keeps_the_whole_host_unasked(ran: Ran, name: str) -> None:
    assert set(ran.hosts[name].paths()) == {"/robots.txt"}
    assert "robots.txt unknown" in ran.blocked[name].blocked_reason
    assert ran.sources[name][0] == "failing"


def test_33_robots_is_read_through_redirects_and_ignored_as_html(ran: Ran) -> None:
    assert row_of(ran.summary, "33_robots_html")["fetched"] == 3
    for name in ("33_robots_moved", "33_robots_ours"):
        assert ran.state(name, "/bad") == ("rejected", "robots")
        assert ran.hosts[name].count("/bad") == 0
        assert row_of(ran.summary, name)["rejected"] == {"robots": 1}


def test_34_a_crawl_delay_is_kept(ran: Ran) -> None:
    assert min(ran.hosts["34_crawl_delay"].gaps()) >= 0.6


def test_35_an_outlet_that_forbids_everything_is_refused(ran: Ran) -> None:
    assert ran.hosts["35_robots_all"].paths() == ["/robots.txt"]
    assert ran.sources["35_robots_all"][0] == "refused"
    assert ran.sources["35_robots_late"][0] == "ok"
    assert row_of(ran.summary, "35_robots_late")["rejected"] == {"robots": 3}


def test_a_sick_outlet_delays_nobody(ran: Ran) -> None:
    """The sound pages of all outlets were there long before the sick ones were given up."""
    quick = [name for name in ROWS if name[:2] not in ("03", "04", "05", "22", "15")]

    def last(name: str) -> float:
        return max(hit.at for hit in ran.hosts[name].hits if hit.path in ("/feed", *GOOD))

    began = min(host.hits[0].at for host in ran.hosts.values() if host.hits)
    assert max(last(name) for name in quick) - began < 15
