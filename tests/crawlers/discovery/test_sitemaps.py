"""Sitemaps: what they list, in which order, and what is saved of broken ones."""

from __future__ import annotations

import gzip
import time
from datetime import UTC, datetime

import pytest

from crawlers.discovery import Child, Discovered, in_window, sitemaps, text
from tests.crawlers.discovery.outlet import codes, look, page, urls, urlset

HERE = page("sitemap.xml")
A = page("securite/operation-a-tanger-1001.html")
B = page("securite/operation-a-fes-1002.html")


def sitemap(body: bytes | str, **changes: object) -> Discovered:
    return look(body, kind="sitemap", url=HERE, **changes)


def index(*entries: str) -> str:
    inner = "".join(f"<sitemap>{entry}</sitemap>" for entry in entries)
    return f'<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{inner}</sitemapindex>'


def loc(url: str, lastmod: str = "") -> str:
    return f"<loc>{url}</loc>" + (f"<lastmod>{lastmod}</lastmod>" if lastmod else "")


TWO = urlset(loc(A), loc(B))
NEWS = (
    '<n:news xmlns:n="http://www.google.com/schemas/sitemap-news/0.9"><n:publication><n:name>النهار</n:name>'
    "<n:language>ar</n:language></n:publication><n:publication_date>2026-11-24T10:30</n:publication_date>"
    "<n:title>توقيف خمسة أشخاص بفاس</n:title><n:keywords>الأمن الوطني, فاس</n:keywords></n:news>"
)
IMAGE = (
    '<i:image xmlns:i="http://www.google.com/schemas/sitemap-image/1.1"><i:loc>https://www.annahar-demo.example/x.jpg'
    "</i:loc><i:title>صورة</i:title></i:image>"
)

FORMS = [
    ("urlset", TWO, [A, B]),
    ("no namespace", f"<urlset><url>{loc(A)}</url></urlset>", [A]),
    (
        "other namespace",
        TWO.replace("www.sitemaps.org/schemas/sitemap/0.9", "www.google.com/schemas/sitemap/0.84"),
        [A, B],
    ),
    ("BOM", "\ufeff" + TWO, [A, B]),
    ("blank lines first", "\n\n  " + TWO, [A, B]),
    ("gzip", gzip.compress(TWO.encode()), [A, B]),
    ("gzip in two members", gzip.compress(TWO.encode()[:90]) + gzip.compress(TWO.encode()[90:]), [A, B]),
    ("gzip with zeros after it", gzip.compress(TWO.encode()) + bytes(20), [A, B]),
    ("raw ampersand", urlset(loc(A + "?a=1&b=2")), [A + "?a=1&b=2"]),
    ("blanks around the address", urlset(loc(f"\n   {A}\n ")), [A]),
    ("pictures before the address", urlset(IMAGE + loc(A)), [A]),
    (
        "a picture's address outside its element",
        urlset(f"<image:loc>{page('x.jpg')}</image:loc>" + loc(A)),
        [A],
    ),
    ("text", f"{A}\r\n{B}\n\n", [A, B]),
    ("text with BOM and comments", f"\ufeff{A}\n# old\n{B}", [A, B]),
    ("address without loc", urlset("<lastmod>2026-11-01</lastmod>", loc(A)), [A]),
    ("off-site", urlset(loc("https://other.example/a-b-c-d-e"), loc(A)), [A]),
    (
        "home, tag, author, picture",
        urlset(loc(page("/")), loc(page("tag/amn")), loc(page("author/x")), loc(page("a-1.jpg")), loc(A)),
        [A],
    ),
    ("day archive", urlset(loc(page("2026/11/24/")), loc(A)), [A]),
]


@pytest.mark.parametrize(("body", "expected"), [case[1:] for case in FORMS], ids=[case[0] for case in FORMS])
def test_pages_of_a_sitemap(body: bytes | str, expected: list[str]) -> None:
    assert urls(sitemap(body)) == expected


def test_news_sitemap_gives_title_date_language_and_keywords() -> None:
    found = look(urlset(loc(A, "2026-11-24T12:00:00Z") + NEWS + IMAGE), kind="news_sitemap", url=HERE)
    hint = found.links[0].hint
    assert hint.title == "توقيف خمسة أشخاص بفاس"
    # Without a zone it is the outlet's: Morocco is on UTC+00 since 2026-09-20.
    assert hint.published_at == datetime(2026, 11, 24, 10, 30, tzinfo=UTC)
    assert (hint.language, hint.summary) == ("ar", "الأمن الوطني, فاس")
    assert hint.modified_at == datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def test_lastmod_is_no_publication_date() -> None:
    hint = sitemap(urlset(loc(A, "2026-11-24"))).links[0].hint
    assert (hint.published_at, hint.published_raw) == (None, None)
    assert hint.modified_at == datetime(2026, 11, 24, tzinfo=UTC)


def test_children_come_newest_first_and_service_sitemaps_not_at_all() -> None:
    found = sitemap(
        index(
            loc(page("post-sitemap1.xml"), "2019-01-01"),
            loc(page("undated.xml")),
            loc(page("post-sitemap2.xml"), "2026-11-24T10:00:00+01:00"),
            loc(page("sitemap-2026-10.xml")),
            loc(page("category-sitemap.xml"), "2026-11-25"),
            loc(page("post_tag-sitemap.xml")),
            loc(page("wp-sitemap-users-1.xml")),
            loc("https://cdn.example/sitemap.xml"),
            loc(HERE, "2026-11-25"),
        )
    )
    assert [child.url.rsplit("/", 1)[1] for child in found.children] == [
        "post-sitemap2.xml",
        "sitemap-2026-10.xml",
        "post-sitemap1.xml",
        "undated.xml",
    ]
    assert found.children[0].lastmod == datetime(2026, 11, 24, 9, tzinfo=UTC)
    assert found.links == ()
    assert sorted(codes(found)) == ["not_article", "off_site"]


def test_index_two_thousand_wide_hands_on_the_newest() -> None:
    days = [f"2026-{1 + n % 11:02}-{1 + n % 28:02}" for n in range(2_000)]
    found = sitemap(index(*(loc(page(f"s{n}.xml"), day) for n, day in enumerate(days))))
    lastmods = [child.lastmod for child in found.children]
    assert len(lastmods) == sitemaps.MAX_CHILDREN
    assert lastmods == sorted(lastmods, key=lambda at: at or datetime.min, reverse=True)
    assert "too_many_children" in codes(found)


START = datetime(2026, 10, 26, tzinfo=UTC)
WINDOW = [
    ("changed since", Child(page("a.xml"), datetime(2026, 11, 1, tzinfo=UTC)), True),
    ("not changed since", Child(page("a.xml"), datetime(2026, 10, 1, tzinfo=UTC)), False),
    ("says nothing", Child(page("a.xml")), True),
    ("an old month by name", Child(page("sitemap-2019-03.xml")), False),
    ("an old month by path", Child(page("sitemaps/2019/03.xml")), False),
    (
        "an old month rebuilt today",
        Child(page("sitemap-2019-03.xml"), datetime(2026, 11, 24, tzinfo=UTC)),
        False,
    ),
    ("the month that the window cuts", Child(page("sitemap-2026-10.xml")), True),
    ("an old day", Child(page("sitemap-2026-10-20.xml")), False),
    ("today", Child(page("sitemap_20261124.xml")), True),
]


@pytest.mark.parametrize(
    ("child", "expected"), [case[1:] for case in WINDOW], ids=[case[0] for case in WINDOW]
)
def test_child_in_window(child: Child, expected: bool) -> None:
    assert in_window(child, START) is expected


HALF = gzip.compress(urlset(*(loc(page(f"operation-securitaire-{n}")) for n in range(5_000))).encode())
BROKEN = [
    ("truncated", TWO.replace("</urlset>", ""), [A, B], "truncated"),
    ("truncated in an address", TWO.partition(B[:-6])[0], [A], "truncated"),
    ("wrong nesting", TWO.replace("</loc></url><url>", "</loc></wrong><url>"), [A], "malformed"),
    ("undefined entity", urlset(loc(A), loc(B) + "&eacute;"), [A, B], "undefined_entities"),
    ("junk first", "<br/>Notice: x\n" + TWO, [A, B], "junk_before_prolog"),
    (
        "doctype with entities",
        '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + TWO[21:],
        [A, B],
        "doctype",
    ),
    ("empty", b"", [], "empty"),
    ("empty gzip", gzip.compress(b""), [], "empty"),
    ("empty urlset", urlset(), [], "empty"),
    ("an HTML page", "<!doctype html><html><body>Not found</body></html>", [], "wrong_type"),
    ("an HTML list of pages", f"<html><body><a href='{A}'>x</a></body></html>", [], "wrong_type"),
    ("gzip of garbage", b"\x1f\x8b\x08" + b"garbage" * 20, [], "truncated"),
]


@pytest.mark.parametrize(
    ("body", "expected", "problem"), [case[1:] for case in BROKEN], ids=[case[0] for case in BROKEN]
)
def test_broken_sitemap_gives_what_it_holds(body: bytes | str, expected: list[str], problem: str) -> None:
    found = sitemap(body)
    assert urls(found)[: len(expected) or None] == expected
    assert problem in codes(found)


@pytest.mark.parametrize("keep", [0.3, 0.9])
def test_truncated_gzip_gives_the_entries_before_the_cut(keep: float) -> None:
    found = sitemap(HALF[: int(len(HALF) * keep)])
    assert 5_000 * keep * 0.8 < len(found.links) < 5_000
    assert "truncated" in codes(found)


def test_gzip_damaged_inside_gives_the_entries_before_the_damage() -> None:
    middle = len(HALF) // 2
    found = sitemap(HALF[:middle] + b"\xff" * 64 + HALF[middle + 64 :])
    assert 1_000 < len(found.links) < 5_000
    assert "truncated" in codes(found)


def test_gzip_bomb_stops_at_the_cap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text, "MAX_INFLATED_BYTES", 2_000_000)
    bomb = gzip.compress(urlset(loc(A)).encode()[:-9] + b" " * 20_000_000)
    found = sitemap(bomb)
    assert urls(found) == [A]
    assert "too_large" in codes(found)


def test_fifty_thousand_addresses_in_two_seconds() -> None:
    body = urlset(
        *(loc(page(f"politique/une-operation-{n}.html"), "2026-11-24T10:00:00+00:00") for n in range(50_000))
    )
    start = time.process_time()
    found = sitemap(body)
    # Two seconds on an idle core; twice that where other tests share it.
    assert time.process_time() - start < 4
    assert len(found.links) == 50_000
    assert found.problems == ()


def test_more_than_the_standard_allows_is_cut_with_a_word() -> None:
    found = sitemap("\n".join(page(f"une-operation-a-{n}") for n in range(50_010)))
    assert len(found.links) == 50_000
    assert "too_many: 10 links beyond the first 50000" in found.problems


def test_sitemap_at_a_feed_address_is_read_as_a_sitemap() -> None:
    assert urls(look(TWO)) == [A, B]
