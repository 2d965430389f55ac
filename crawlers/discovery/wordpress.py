"""WordPress: the posts that ``/wp-json/wp/v2/posts`` lists."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from crawlers.discovery.found import Gatherer
from crawlers.discovery.jsontext import string

_DEFAULT_PER_PAGE = 10


def is_posts(data: Any) -> bool:
    """Whether *data* is a list of posts (an empty list is one, of a quiet outlet)."""
    return isinstance(data, list) and all(isinstance(post, dict) and "link" in post for post in data)


def read_posts(data: list[dict[str, Any]], gather: Gatherer) -> None:
    """Add the posts; a full page has a next one, bearing the date of its oldest post as ``lastmod``."""
    if not data:
        gather.problem("empty", "a list without posts")
    oldest = None
    for post in data:
        if post.get("status") not in (None, "publish"):
            continue
        hint = gather.hint(
            title=_rendered(post.get("title")),
            published=_instant(post, "date"),
            modified=_instant(post, "modified"),
            summary=_rendered(post.get("content")) or _rendered(post.get("excerpt")),
            language=string(post.get("lang")),
        )
        if hint.published_at is not None:
            oldest = min(oldest or hint.published_at, hint.published_at)
        gather.add(gather.best((string(post.get("link")), _guid(post.get("guid")))), hint)
    parts = urlsplit(gather.url)
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    page, size = _number(query.get("page"), 1), _number(query.get("per_page"), _DEFAULT_PER_PAGE)
    if data and len(data) >= size:
        query["page"] = str(page + 1)
        gather.child(urlunsplit(parts._replace(query=urlencode(query, safe=",[]"))), oldest)


def read_error(data: dict[str, Any], gather: Gatherer) -> None:
    """Note what WordPress says instead of posts."""
    gather.problem("refused", f"WordPress answers {data.get('code')}: {str(data.get('message') or '')[:120]}")


def _instant(post: dict[str, Any], name: str) -> str | None:
    """The date of a post: ``…_gmt`` is UTC, though it does not say so, the other the outlet's time."""
    utc = string(post.get(f"{name}_gmt"))
    return f"{utc}Z" if utc and not utc.startswith("0000") else string(post.get(name))


def _rendered(value: Any) -> str | None:
    return string(value.get("rendered")) if isinstance(value, dict) else string(value)


def _guid(value: Any) -> str | None:
    guid = _rendered(value)
    return guid if guid and "://" in guid else None


def _number(text: str | None, default: int) -> int:
    return int(text) if text and text.isdecimal() and len(text) < 7 and int(text) > 0 else default
