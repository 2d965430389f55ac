"""Faults 23, 57–62, 69 and 70 of ``docs/faults.md``: listings that are broken, hostile or endless.

One outlet a row, all crawled at once by the real path, then once more.  Each listing shows the sound pages
``/good1`` and ``/good2`` where it can show anything; what it may not lead to is on a listener of its own,
which must see no request.
"""

# ruff: noqa: E501 -- a row of a table is one listing, kept on its line

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from crawlers.run import CrawlSummary
from store.archive import Archive
from tests.crawlers.outlets import Outlets, row_of
from tests.site.faults import Behaviour, Exchange, Host, Site, always, answer, article, redirect, rss, status
from tests.site.press import sitemap

pytestmark = pytest.mark.xdist_group("listings")  # one crawl for all of them

GOOD = ("/good1-une-nouvelle-du-jour", "/good2-une-autre-nouvelle")
RSS, XML = "application/rss+xml", "application/xml"
SECRET = "root:x:0:0"
Made = tuple[Behaviour | bytes, set[str]]
"""The listing, and the pages that its outlet is then asked for."""


def feed(host: Host, *, head: str = "", tail: str = "", entity: str = "") -> str:
    """A feed of the sound pages; *entity* stands in every title."""
    text = rss([host.url(path) for path in GOOD], title=f"Titre {entity}")
    return text.replace('<?xml version="1.0"?>', f'<?xml version="1.0"?>{head}') + tail


def xml(text: str | bytes, kind: str = RSS) -> bytes:
    return answer(text, kind=kind)


def laughs(count: int = 12) -> str:
    rows = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, count))
    return f'<!DOCTYPE rss [<!ENTITY l0 "ha">{rows}]>'


def items(*inner: str) -> str:
    made = "".join(f"<item>{each}</item>" for each in inner)
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>F</title>{made}</channel></rss>'


def linked(host: Host, path: str, guid: str = "") -> str:
    mark = f'<guid isPermaLink="false">{guid}</guid>' if guid else ""
    return f"<title>Une nouvelle</title><link>{host.url(path)}</link>{mark}"


def guid_of_the_day(host: Host) -> Behaviour:
    async def behave(exchange: Exchange) -> None:
        text = items(*(linked(host, path, f"{path} {exchange.number}") for path in GOOD))
        await exchange.send(xml(text))

    return behave


FEEDS: dict[str, Callable[[Host, Host], Made]] = {
    "57 billion laughs": lambda host, trap: (xml(feed(host, head=laughs(), entity="&l11;")), {*GOOD}),
    "57 quadratic": lambda host, trap: (
        xml(feed(host, head=f'<!DOCTYPE r [<!ENTITY a "{"a" * 99_999}">]>', entity="&a;" * 9_000)),
        {*GOOD},
    ),
    "58 entity of a file": lambda host, trap: (
        xml(feed(host, head='<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>', entity="&x;")),
        {*GOOD},
    ),
    "58 entity of an address": lambda host, trap: (
        xml(feed(host, head=f'<!DOCTYPE r [<!ENTITY x SYSTEM "{trap.url("/x")}">]>', entity="&x;")),
        {*GOOD},
    ),
    "58 external DTD": lambda host, trap: (
        xml(feed(host, head=f'<!DOCTYPE rss SYSTEM "{trap.url("/d.dtd")}">')),
        {*GOOD},
    ),
    "58 XInclude and stylesheet": lambda host, trap: (
        xml(
            feed(
                host,
                head=f'<?xml-stylesheet type="text/xsl" href="{trap.url("/s.xsl")}"?>',
                entity=f'<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="{trap.url("/i")}"/>',
            )
        ),
        {*GOOD},
    ),
    "59 truncated": lambda host, trap: (xml(feed(host).replace("</channel></rss>", "<item><titl")), {*GOOD}),
    "59 junk before the prolog": lambda host, trap: (
        xml("<br />\n<b>Warning</b>: x in <b>y.php</b>\n" + feed(host)),
        {*GOOD},
    ),
    "59 undefined entities, raw &": lambda host, trap: (xml(feed(host, entity="d&eacute;j&agrave; & vu")), {*GOOD}),
    "59 wrong nesting": lambda host, trap: (xml(feed(host).replace("</title><link>", "</titel><link>", 1)), {*GOOD}),
    "60 a page": lambda host, trap: (answer("<!doctype html><title>Accueil</title><p>Bonjour"), set()),
    "60 an empty body": lambda host, trap: (xml(""), set()),
    "60 a feed without items": lambda host, trap: (xml(items()), set()),
    "60 of the wrong type": lambda host, trap: (answer(feed(host), kind="text/html"), {*GOOD}),
    "61 one guid for all": lambda host, trap: (xml(items(*(linked(host, path, "1") for path in GOOD))), {*GOOD}),
    "61 a new guid each time": lambda host, trap: (guid_of_the_day(host), {*GOOD}),
    "62 tracker and relative links": lambda host, trap: (
        xml(
            items(
                f"<title>Une nouvelle</title><link>{host.url(GOOD[0])}?utm_source=rss&amp;utm_medium=x</link>",
                f"<title>Une autre</title><link>{GOOD[1]}#comments</link>",
            )
        ),
        {GOOD[0] + "?utm_source=rss&utm_medium=x", GOOD[1]},
    ),
    "62 JSON Feed": lambda host, trap: (
        answer(
            json.dumps(
                {
                    "version": "https://jsonfeed.org/version/1.1",
                    "items": [{"id": path, "url": host.url(path), "title": "Une nouvelle"} for path in GOOD],
                }
            ),
            kind="application/feed+json",
        ),
        {*GOOD},
    ),
    "62 moved": lambda host, trap: (redirect("/new", 301), {*GOOD}),
    "62 gone": lambda host, trap: (status(410), set()),
    "62 5,000 items": lambda host, trap: (
        xml(items(*(linked(host, path) for path in (*GOOD, *(f"/item-numero-{n}-du-jour" for n in range(4_998)))))),
        {*GOOD, "/item-numero-0-du-jour"},
    ),
}  # fmt: skip

MAPS: dict[str, Callable[[Host, Host], Made]] = {
    "69 an index of itself": lambda host, trap: (
        xml(sitemap([host.url("/list"), host.url("/sub.xml")], index=True), XML),
        {*GOOD},
    ),
    "69 2,000 wide": lambda host, trap: (
        xml(sitemap([*(host.url(f"/wide{n}.xml") for n in range(1_999)), host.url("/sub.xml")], index=True), XML),
        set(),
    ),
    "69 50,000 addresses": lambda host, trap: (
        xml(
            "<urlset>" + "".join(f"<url><loc>{host.url(f'/page-numero-{n}-du-site')}</loc></url>" for n in range(50_000))
            + "</urlset>",
            XML,
        ),
        set(),
    ),
    "70 gzip without a header": lambda host, trap: (
        xml(gzip.compress(sitemap([host.url(path) for path in GOOD]).encode()), XML),
        {*GOOD},
    ),
    "70 truncated gzip": lambda host, trap: (
        xml(gzip.compress(sitemap([host.url(path) for path in GOOD]).encode(), 0)[:-60], XML),
        {*GOOD},
    ),
    "70 BOM and raw &": lambda host, trap: (
        xml("\ufeff" + sitemap([host.url(path + "?a=1&b=2") for path in GOOD]), XML),
        {path + "?a=1&b=2" for path in GOOD},
    ),
    "70 plain text": lambda host, trap: (
        answer("\n".join(host.url(path) for path in GOOD), kind="text/plain"),
        {*GOOD},
    ),
    "70 empty": lambda host, trap: (xml("", XML), set()),
    "70 addresses of other sites": lambda host, trap: (
        xml(sitemap([*(host.url(path) for path in GOOD), trap.url("/stolen-page-of-another-site")]), XML),
        {*GOOD},
    ),
}  # fmt: skip


def endless(host: Host) -> Behaviour:
    """A site without end: each page leads to new pages, days, facets and sessions."""

    async def behave(exchange: Exchange) -> None:
        n, path = len(host.hits), exchange.hit.path.partition("?")[0]
        on = [
            f"/calendrier/2026/{n}/jour",
            f"/societe?page={n + 1}&tri={n}&couleur={n}",
            f"/societe?sid={n:032x}",
            f"{path}/{path.strip('/')}/{n}",
        ]
        links = "".join(f'<li><a href="{host.url(each)}">suite</a></li>' for each in on)
        cards = "".join(
            f'<article><h2><a href="{host.url(f"/recit-{n}-{k}-de-la-journee")}">Le récit numéro {n}-{k} du '
            "jour</a></h2></article>"
            for k in range(7)
        )
        following = f'<a rel="next" href="{host.url(f"/societe/page/{n + 1}/")}">page suivante</a>'
        await exchange.send(
            answer(f"<html><body><main>{cards}</main><ul>{links}</ul>{following}</body></html>")
        )

    return behave


@dataclass
class Ran:
    first: CrawlSummary
    again: CrawlSummary
    hosts: dict[str, Host]
    wanted: dict[str, set[str]]
    trap: Host
    archive: Archive


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ran]:
    outlets = Outlets(tmp_path_factory.mktemp("listings"))
    with Site() as site:
        trap = site.host()
        hosts: dict[str, Host] = {}
        wanted: dict[str, set[str]] = {}
        for name, make in {**FEEDS, **MAPS}.items():
            host = hosts[name] = site.host()
            behaviour, wanted[name] = make(host, trap)
            host.on("/list", behaviour)
            host.on("/new", xml(feed(host)))
            host.on("/sub.xml", xml(sitemap([host.url(path) for path in GOOD]), XML))
            for path in wanted[name] | {*GOOD}:
                host.page(path)
            host.fallback = always(answer(article("One of very many pages")))
            kind = "feed" if name in FEEDS else "sitemap"
            budget = 3 if "5,000" in name else 2 if "50,000" in name else 200
            outlets.add(_id(name), host, (kind, "/list"), politeness={"max_pages_per_run": budget})
        host = hosts["23 endless"] = site.host()
        host.fallback = endless(host)
        host.robots("", 404)
        outlets.add("r23-endless", host, ("section", "/societe"), politeness={"max_pages_per_run": 20})
        first = outlets.crawl()
        again = outlets.crawl(["r61-a-new-guid-each-time"])
        yield Ran(first, again, hosts, wanted, trap, Archive(outlets.home))


def _id(name: str) -> str:
    """The id of the row's source."""
    plain = "".join(char if char.isalnum() else " " for char in name.lower())
    return "r" + "-".join(plain.split())


@pytest.mark.parametrize("name", [*FEEDS, *MAPS])
def test_a_listing_gives_what_it_holds(ran: Ran, name: str) -> None:
    asked = {path for path in ran.hosts[name].paths() if path.startswith(("/good", "/item"))}
    assert asked == ran.wanted[name]
    errors = row_of(ran.first, _id(name))["errors"]
    assert bool(errors) is (not ran.wanted[name] and "50,000" not in name), errors


def test_58_nothing_was_read_from_disk_or_from_another_address(ran: Ran) -> None:
    assert ran.trap.hits == []
    for path in ran.archive.files():
        for page in ran.archive.iter_pages(path):
            assert SECRET not in repr(page.link.hint)


def test_57_no_crawl_process_grew_large(ran: Ran) -> None:
    assert 0 < ran.first.peak_kb < 400 << 10, "crawl.memory_mb would have ended it"
    assert not any("memusage_exceeded" in row["errors"] for row in ran.first.rows)


def test_61_a_guid_that_changes_is_no_new_article(ran: Ran) -> None:
    name = "61 a new guid each time"
    assert ran.hosts[name].count("/list") == 2
    assert row_of(ran.again, _id(name))["fetched"] == 0
    assert [ran.hosts[name].count(path) for path in GOOD] == [1, 1]


def test_62_a_large_feed_is_taken_whole_and_fetched_within_the_budget(ran: Ran) -> None:
    row = row_of(ran.first, "r62-5-000-items")
    assert (row["found"], row["fetched"]) == (5_000, 3)


def test_69_a_wide_index_costs_a_bounded_number_of_requests(ran: Ran) -> None:
    assert sum(path.startswith("/wide") for path in ran.hosts["69 2,000 wide"].paths()) <= 60
    assert ran.hosts["69 an index of itself"].count("/list") == 1


def test_69_a_huge_sitemap_is_no_flood_and_what_is_passed_over_is_counted(ran: Ran) -> None:
    row = row_of(ran.first, "r69-50-000-addresses")
    assert (row["found"], row["fetched"]) == (50_000, 2)
    assert row["rejected"]["budget"] == row["passed"] >= 49_000


def test_23_an_endless_site_costs_the_budget_and_no_more(ran: Ran) -> None:
    paths = ran.hosts["23 endless"].paths()
    stories = [path for path in paths if path.startswith("/recit-")]
    assert len(stories) == 20 == row_of(ran.first, "r23-endless")["fetched"]
    assert len(paths) <= 20 + 1 + 4, paths  # robots.txt, and the section's first four pages


def test_no_row_delayed_or_harmed_another(ran: Ran) -> None:
    assert {row["source"] for row in ran.first.rows} == {_id(name) for name in ran.hosts}
    assert not any("process" in row["errors"] or "crash" in row["errors"] for row in ran.first.rows)


def test_the_pages_that_were_asked_for_are_in_the_archive(ran: Ran) -> None:
    kept = {page.url for path in ran.archive.files() for page in ran.archive.iter_pages(path)}
    for name, paths in ran.wanted.items():
        assert {ran.hosts[name].url(path) for path in paths} <= kept, name
