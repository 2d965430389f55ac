"""Pages for the tests of this folder: captured pages made of a string, and the gold pages written by us."""

# ruff: noqa: E501 -- a row of a table is one page or string, kept on its line

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import config
from pipeline.rules import Known, Rules
from store.records import Article, FetchedPage, Hint, Link, Via
from tests.data import ROOT

GOLD = ROOT / "tests" / "gold" / "pages"
KNOWN = Known.of(config.load(environ={}))
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
URL = "https://outlet.example/news/a-story-of-the-day"


def page(
    body: str | bytes,
    *,
    url: str = URL,
    content_type: str = "text/html; charset=utf-8",
    now: datetime = NOW,
    hint: Hint | None = None,
) -> FetchedPage:
    """A captured page with this body."""
    raw = body if isinstance(body, bytes) else body.encode()
    link = Link("outlet", url, "https://outlet.example/feed", Via.FEED, hint or Hint())
    return FetchedPage(link, url, url, 200, (("content-type", content_type),), raw, now)


def rules(
    language: str = "fr",
    timezone_name: str = "Africa/Casablanca",
    *,
    homepage: str = "https://outlet.example/",
    names: tuple[str, ...] = ("The Outlet",),
) -> Rules:
    host = homepage.split("/")[2]
    return Rules("outlet", (language,), timezone_name, homepage, (host,), names, True, ())


def article(got: object) -> Article:
    assert isinstance(got, Article), got
    return got


def gold(name: str) -> tuple[FetchedPage, Rules, dict[str, Any]]:
    """(page, its outlet's rules, what extraction must say) of one gold page."""
    expected = json.loads((GOLD / f"{name}.json").read_text("utf-8"))
    source = expected["source"]
    made = Rules(
        "outlet", tuple(source["languages"]), source["timezone"], source["homepage"], (source["homepage"].split("/")[2],),
        tuple(source["names"]), True, (), KNOWN,
    )  # fmt: skip
    return page((GOLD / f"{name}.html").read_bytes(), url=expected["url"]), made, expected


GOLD_NAMES = sorted(path.stem for path in GOLD.glob("*.json"))
