"""WordPress post lists."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from crawlers.discovery import Child, Discovered
from tests.crawlers.discovery.outlet import codes, look, page, urls

HERE = page("wp-json/wp/v2/posts?per_page=2&_fields=link,title,date_gmt")


def wordpress(data: Any, url: str = HERE) -> Discovered:
    return look(
        data if isinstance(data, str) else json.dumps(data), "wordpress", url, content_type="application/json"
    )


def post(number: int, **fields: Any) -> dict[str, Any]:
    return {
        "id": number,
        "date": "2026-11-24T11:30:00",
        "date_gmt": "2026-11-24T10:30:00",
        "modified_gmt": "2026-11-24T12:00:00",
        "status": "publish",
        "link": page(f"amn-{number}"),
        "title": {"rendered": "توقيف &#8220;خمسة&#8221; أشخاص"},
        "excerpt": {"rendered": "<p>قالت المديرية [&hellip;]</p>"},
        "lang": "ar",
    } | fields


def test_post_becomes_a_link_with_its_hint() -> None:
    link = wordpress([post(1)]).links[0]
    assert (link.url, link.via) == (page("amn-1"), "wordpress")
    assert (link.hint.title, link.hint.summary) == ("توقيف “خمسة” أشخاص", "قالت المديرية […]")
    assert link.hint.published_at == datetime(2026, 11, 24, 10, 30, tzinfo=UTC)
    assert link.hint.modified_at == datetime(2026, 11, 24, 12, tzinfo=UTC)
    assert link.hint.language == "ar"


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"date_gmt": "0000-00-00T00:00:00"}, datetime(2026, 11, 24, 11, 30, tzinfo=UTC)),
        ({"date_gmt": None}, datetime(2026, 11, 24, 11, 30, tzinfo=UTC)),
        ({"date_gmt": 5, "date": ["x"]}, None),
        ({"date_gmt": "1970-01-01T00:00:00"}, None),
    ],
)
def test_date_of_a_post(fields: dict[str, Any], expected: datetime | None) -> None:
    assert wordpress([post(1, **fields)]).links[0].hint.published_at == expected


def test_full_page_has_a_next_one_that_is_no_newer_than_its_oldest_post() -> None:
    found = wordpress([post(1), post(2, date_gmt="2026-11-20T00:00:00")])
    assert found.children == (
        Child(
            page("wp-json/wp/v2/posts?per_page=2&_fields=link,title,date_gmt&page=2"),
            datetime(2026, 11, 20, tzinfo=UTC),
        ),
    )


def test_page_that_is_not_full_is_the_last() -> None:
    assert wordpress([post(1)]).children == ()


def test_page_number_goes_up() -> None:
    found = wordpress([post(1), post(2)], page("wp-json/wp/v2/posts?page=7&per_page=2"))
    assert found.children[0].url == page("wp-json/wp/v2/posts?page=8&per_page=2")


ODD = [
    ("guid where link is missing", [post(1, link=None, guid={"rendered": page("?p=1")})], [page("?p=1")], []),
    ("a draft", [post(1, status="draft"), post(2)], [page("amn-2")], []),
    ("warnings of PHP before it", "<br />Warning: a[0] {x}\n" + json.dumps([post(1)]), [page("amn-1")], []),
    ("link to another site", [post(1, link="https://other.example/a")], [], ["off_site"]),
    ("no post", [], [], ["empty"]),
    ("an error", {"code": "rest_no_route", "message": "No route", "data": {"status": 404}}, [], ["refused"]),
    ("a list of something else", [1, "x", None], [], ["wrong_type"]),
    ("an HTML page", "<html><script>var x = [{}]</script></html>", [], ["wrong_type"]),
    ("half a list", json.dumps([post(1)])[:-40], [], ["wrong_type"]),
    ("fields of the wrong type", [post(1, title=None, excerpt=[], lang=3, status=None)], [page("amn-1")], []),
]


@pytest.mark.parametrize(
    ("data", "expected", "problems"), [case[1:] for case in ODD], ids=[str(case[0]) for case in ODD]
)
def test_odd_answer(data: Any, expected: list[str], problems: list[str]) -> None:
    found = wordpress(data)
    assert (urls(found), codes(found)) == (expected, problems)
