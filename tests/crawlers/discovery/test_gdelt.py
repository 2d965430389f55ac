"""GDELT article lists: leads, never sources."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from crawlers.discovery import gdelt_leads
from tests.crawlers.discovery.outlet import NOW, codes, look, page, urls

QUERY = "https://api.gdeltproject.example/api/v2/doc/doc?query=dgsn&mode=artlist&format=json"
HOSTS = {"diario-demo.example": "diario", "annahar-demo.example": "annahar"}


def article(url: str, **fields: str) -> dict[str, str]:
    return {
        "url": url,
        "title": "Marruecos : detenidas cinco personas",
        "seendate": "20261124T101500Z",
        "domain": "x",
        "language": "Spanish",
    } | fields


def answer(*articles: object) -> bytes:
    return json.dumps({"articles": articles}).encode()


def test_lead_is_credited_to_the_outlet() -> None:
    leads = gdelt_leads(
        answer(article("https://www.diario-demo.example/a/1"), article("https://es.diario-demo.example/2")),
        HOSTS,
        NOW,
        QUERY,
    )
    assert [(link.source_id, link.url) for link in leads.links] == [
        ("diario", "https://www.diario-demo.example/a/1"),
        ("diario", "https://es.diario-demo.example/2"),
    ]
    link = leads.links[0]
    assert (link.via, link.found_in, link.hint.language) == ("gdelt", QUERY, "es")
    assert link.hint.title == "Marruecos : detenidas cinco personas"


def test_seendate_bounds_the_publication_and_is_none() -> None:
    hint = gdelt_leads(answer(article("https://diario-demo.example/1")), HOSTS, NOW, QUERY).links[0].hint
    assert hint.published_at is None
    assert hint.modified_at == datetime(2026, 11, 24, 10, 15, tzinfo=UTC)


def test_unknown_outlets_are_kept_apart_for_counting() -> None:
    leads = gdelt_leads(
        answer(article("https://nobody.example/1"), article("https://notdiario-demo.example/2")),
        HOSTS,
        NOW,
        QUERY,
    )
    assert leads.links == ()
    assert [(link.source_id, link.url) for link in leads.unknown] == [
        ("", "https://nobody.example/1"),
        ("", "https://notdiario-demo.example/2"),
    ]


ODD = [
    (
        "bad escapes",
        b'{"articles": [{"url": "https://diario-demo.example/1", "title": "C:\\x \\d \\u12 \\"q\\""}]}',
        1,
        [],
    ),
    (
        "raw control characters",
        b'{"articles": [{"url": "https://diario-demo.example/1", "title": "a\tb\nc"}]}',
        1,
        [],
    ),
    (
        "the same lead twice",
        answer(article("https://diario-demo.example/1"), article("https://diario-demo.example/1")),
        1,
        [],
    ),
    (
        "csv",
        b'\xef\xbb\xbfURL,MobileURL,Date,Title\nhttps://diario-demo.example/1,,20261124T101500Z,"A, b"\n',
        1,
        [],
    ),
    (
        "rows of other types",
        answer(None, 3, {"url": 5}, {"title": "x"}, article("https://diario-demo.example/1")),
        1,
        [],
    ),
    (
        "addresses that are none",
        answer(article("ftp://diario-demo.example/1"), article("http://[x"), article("x")),
        0,
        [],
    ),
    ("a refusal in words", b"Your query was too short or too long.", 0, ["refused"]),
    ("nothing", b"", 0, ["refused"]),
    ("no result", b"{}", 0, ["empty"]),
    ("bytes that are no text", b"\xff\xfe\x00\xd8", 0, ["refused"]),
]


@pytest.mark.parametrize(
    ("body", "count", "problems"), [case[1:] for case in ODD], ids=[case[0] for case in ODD]
)
def test_odd_answer(body: bytes, count: int, problems: list[str]) -> None:
    leads = gdelt_leads(body, HOSTS, NOW, QUERY)
    assert len(leads.links) == count
    assert [problem.partition(":")[0] for problem in leads.problems] == problems


def test_entry_point_of_a_source_gives_that_sources_pages_alone() -> None:
    found = look(answer(article(page("a-1")), article("https://nobody.example/1")), "gdelt", QUERY)
    assert (urls(found), codes(found)) == ([page("a-1")], ["off_site"])
