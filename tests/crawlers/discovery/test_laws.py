"""What holds for any bytes: never an exception, the same answer twice, only addresses to ask for."""

from __future__ import annotations

import gzip
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crawlers.discovery import gdelt_leads
from crawlers.discovery.text import plain
from tests.crawlers.discovery.outlet import NOW, look, page, rss, urlset
from tests.crawlers.discovery.test_sections import card
from tests.crawlers.discovery.test_sitemaps import NEWS

KINDS = ["feed", "sitemap", "news_sitemap", "section", "wordpress", "gdelt"]
ITEM = (
    f"<link>{page('2026/11/24/a-b-c-d-1001.html')}</link><title>الأمن &amp; الوطني</title>"
    "<pubDate>Tue, 24 Nov 2026 10:30:00 +0000</pubDate><description><![CDATA[<p>نص</p>]]></description>"
)
SEEDS = [
    rss(ITEM, ITEM).encode(),
    f'<feed xml:base="{page("")}"><entry><link href="a-b-1234"/></entry></feed>'.encode(),
    urlset(f"<loc>{page('une-operation-a-fes')}</loc><lastmod>2026-11-24</lastmod>{NEWS}").encode(),
    gzip.compress(urlset(f"<loc>{page('une-operation-a-fes')}</loc>").encode()),
    f"<sitemapindex><sitemap><loc>{page('s1.xml')}</loc></sitemap></sitemapindex>".encode(),
    f"<html>{card('/2026/11/une-operation-a-fes', 'Une opération à Fès')}<a rel=next href=?page=2>".encode(),
    f'[{{"link": "{page("a-1")}", "title": {{"rendered": "x"}}, "date_gmt": "2026-11-24"}}]'.encode(),
    f'{{"items": [{{"url": "{page("a-1")}", "date_published": "2026-11-24"}}]}}'.encode(),
    f'{{"articles": [{{"url": "{page("a-1")}", "seendate": "20261124T101500Z"}}]}}'.encode(),
    f"{page('a-b-c-d')}\n{page('e-f-g-h')}\n".encode(),
]
PIECES = [
    b"<", b">", b"&", b"]]>", b"<![CDATA[", b"<!DOCTYPE x [", b"<!--", b"-->", b"<?xml ", b"\x00", b"\xff",
    b"&#x110000;", b"&#xD800;", b"http://[", b"https://", b"//", b"\\u12", b'"', b"{", b"[", b"<entry>",
    b"\xd8\x00", b"<item>", b"<loc>",
    b"xml:base='http://['", b"\x1f\x8b", b"<a href='http://[::1'>", b"9" * 400, b"encoding='utf-7'",
    b"<link>", b"-31T99:99", "‮١".encode(),
]  # fmt: skip


def check(body: bytes, kind: str) -> None:
    found = look(body, kind)
    assert look(body, kind) == found
    seen = [link.url for link in found.links]
    assert len(set(seen)) == len(seen)
    for url in (*seen, *(child.url for child in found.children)):
        parts = urlsplit(url)
        assert parts.scheme in ("http", "https")
        assert (parts.hostname or "").endswith(("annahar-demo.example", "annahar-press.example"))
        assert not parts.fragment and "@" not in parts.netloc
    for link in found.links:
        assert link.hint.published_at is None or link.hint.published_at.utcoffset() is not None
        assert link.hint.title is None or link.hint.title.strip()
    assert found.newest is None or found.newest <= NOW


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=400), st.sampled_from(KINDS))
def test_any_bytes(body: bytes, kind: str) -> None:
    check(body, kind)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(SEEDS), st.sampled_from(KINDS), st.data())
def test_any_damage_to_a_real_body(seed: bytes, kind: str, data: st.DataObject) -> None:
    body = bytearray(seed)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(body)))
        match data.draw(st.sampled_from(["insert", "cut", "drop", "byte"])):
            case "insert":
                body[at:at] = data.draw(st.sampled_from(PIECES))
            case "cut":
                del body[at:]
            case "drop":
                del body[at : at + data.draw(st.integers(1, 40))]
            case "byte":
                body[at : at + 1] = bytes([data.draw(st.integers(0, 255))])
    check(bytes(body), kind)


@settings(max_examples=100, deadline=None)
@given(st.text(st.characters(codec="utf-8"), max_size=200), st.integers(1, 80))
def test_plain_text_has_no_tag_and_keeps_its_limit(text: str, limit: int) -> None:
    words = plain(f"<b>{text}</b>", limit)
    if words is not None:
        assert len(words) <= limit + 2
        assert "<b>" not in words and "\n" not in words and words == words.strip()


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_as_leads(body: bytes) -> None:
    for prefix in (b"", b'{"articles": [', b"URL,Title\n"):
        leads = gdelt_leads(prefix + body, {"x.example": "x"}, NOW, "https://q.example/")
        assert all(link.source_id == "x" for link in leads.links)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(len(SEEDS)))
def test_every_cut_of_a_real_body(seed: int, kind: str) -> None:
    for end in range(0, len(SEEDS[seed]), 7):
        check(SEEDS[seed][:end], kind)
