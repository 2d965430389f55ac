"""The invented outlet that the discovery tests look through."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from config.model import EntryPoint, Source
from crawlers.discovery import Discovered, discover

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
HOME = "https://www.annahar-demo.example/"
FEED = "https://www.annahar-demo.example/feed"
OUTLET = Source(
    id="annahar",
    name={"ar": "النهار التجريبي"},
    country="MA",
    languages=("ar", "fr"),
    scope="national",
    homepage=HOME,
    timezone="Africa/Casablanca",
    entry_points=(EntryPoint("feed", FEED),),
    domains=("annahar-demo.example", "annahar-press.example"),
)


def page(path: str) -> str:
    return HOME + path.lstrip("/")


def look(body: bytes | str, kind: str = "feed", url: str = FEED, **changes: Any) -> Discovered:
    """What :func:`discover` finds; *changes* replace fields of the outlet, or name content_type and entry."""
    arguments = {name: changes.pop(name, None) for name in ("content_type", "entry")}
    return discover(
        body.encode() if isinstance(body, str) else body,
        kind=kind,
        url=url,
        source=replace(OUTLET, **changes),
        now=NOW,
        **arguments,
    )


def urls(found: Discovered) -> list[str]:
    return [link.url for link in found.links]


def codes(found: Discovered) -> list[str]:
    return [problem.partition(":")[0] for problem in found.problems]


def rss(*items: str, head: str = '<?xml version="1.0" encoding="utf-8"?>', channel: str = "") -> str:
    inner = "".join(f"<item>{item}</item>" for item in items)
    return f'{head}<rss version="2.0"><channel><title>نشرة</title>{channel}{inner}</channel></rss>'


def urlset(*entries: str) -> str:
    inner = "".join(f"<url>{entry}</url>" for entry in entries)
    return (
        f'<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{inner}</urlset>'
    )
