"""Pages for the tests of this folder: captured pages made of a string, and the gold pages written by us."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
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


FIELDS = (
    "title",
    "paragraphs",
    "authors",
    "published",
    "language",
    "images",
    "videos",
    "tags",
    "section",
    "access",
    "kind",
    "subtitle",
    "alternative_title",
    "desks",
    "agencies",
    "official_accounts",
    "entries",
    "languages",
)
WHERE_ABSENT = {"kind": "text", "subtitle": None, "alternative_title": None}
"""What a gold page that does not name a field expects of it; of other fields nothing."""


def wanted(expected: dict[str, Any], field: str) -> object:
    """What a gold page says of a field."""
    return expected.get(field, WHERE_ABSENT.get(field, []))


def plain(got: Article, field: str) -> object:
    """A field as the gold writes it."""
    value: object = getattr(got, field)
    if field == "published":
        assert got.published is not None
        return {
            "at": got.published.at.isoformat(),
            "local_date": got.published.local_date,
            "precision": got.published.precision.value,
            "origin": got.published.origin,
        }
    if field == "entries":
        return [[one.at.at.isoformat(), one.paragraph] for one in got.entries]
    parts = {
        "images": ("url", "caption"),
        "videos": ("url", "kind"),
        "official_accounts": ("institution", "network", "handle", "url"),
        "languages": ("language", "share"),
    }.get(field)
    if parts:
        return [[getattr(one, part) for part in parts] for one in getattr(got, field)]
    return list(value) if isinstance(value, tuple) else value


def gold(name: str, folder: Path = GOLD) -> tuple[FetchedPage, Rules, dict[str, Any]]:
    """(page, its outlet's rules, what extraction must say) of one gold page."""
    expected = json.loads((folder / f"{name}.json").read_text("utf-8"))
    source = expected["source"]
    made = Rules(
        source_id="outlet",
        languages=tuple(source["languages"]),
        timezone=source["timezone"],
        homepage=source["homepage"],
        domains=(source["homepage"].split("/")[2],),
        names=tuple(source["names"]),
        day_first=not source["timezone"].startswith("America/New_York"),
        selectors=(),
        known=KNOWN,
    )
    return page((folder / f"{name}.html").read_bytes(), url=expected["url"]), made, expected


GOLD_NAMES = sorted(path.stem for path in GOLD.glob("*.json"))
