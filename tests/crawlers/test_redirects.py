"""20: a redirect from https to http is followed, and said."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from scrapy import Request
from scrapy.http import Response
from scrapy.settings import Settings
from scrapy.statscollectors import MemoryStatsCollector

from crawlers.middleware import DOWNGRADED, BoundedRedirects
from crawlers.wire import ForbiddenAddress


def redirected(start: str, location: str) -> Request | Response:
    crawler = SimpleNamespace(settings=Settings({"REDIRECT_MAX_TIMES": 10}), spider=None, signals=None)
    crawler.stats = MemoryStatsCollector(SimpleNamespace(settings=Settings()))  # type: ignore[arg-type]  # a stand-in with what it reads
    middleware = BoundedRedirects.from_crawler(crawler)  # type: ignore[arg-type]  # the same
    request = Request(start)
    return middleware.process_response(request, Response(start, 302, {"Location": location}))


@pytest.mark.parametrize(
    ("start", "location", "target", "flagged"),
    [
        ("https://a.example/x", "http://a.example/y", "http://a.example/y", True),
        ("https://a.example/x", "/y", "https://a.example/y", False),
        ("http://a.example/x", "https://a.example/y", "https://a.example/y", False),
        (
            "https://a.example/x",
            "//b.example/أخبار",
            "https://b.example/%D8%A3%D8%AE%D8%A8%D8%A7%D8%B1",
            False,
        ),
    ],
)
def test_20_a_downgrade_is_followed_and_flagged(
    start: str, location: str, target: str, flagged: bool
) -> None:
    following = redirected(start, location)
    assert isinstance(following, Request)
    assert following.url == target
    assert following.meta.get(DOWNGRADED, False) is flagged


@pytest.mark.parametrize("location", ["file:///etc/passwd", "javascript:alert(1)", "mailto:a@b.example"])
def test_18_schemes_other_than_http_end_there(location: str) -> None:
    with pytest.raises(ForbiddenAddress):
        redirected("https://a.example/x", location)
