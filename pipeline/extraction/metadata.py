"""What a page says of itself to machines: JSON-LD, Open Graph and other ``<meta>``, microdata."""

from __future__ import annotations

import html
import json
import re
from dataclasses import dataclass, field
from typing import Any

from pipeline.extraction.text import clean
from pipeline.extraction.tree import Page

ARTICLE_TYPES = frozenset(
    "article newsarticle reportagenewsarticle analysisnewsarticle opinionnewsarticle backgroundnewsarticle "
    "blogposting liveblogposting techarticle scholarlyarticle report reviewnewsarticle askpublicnewsarticle "
    "advertisercontentarticle satiricalarticle socialmediaposting review".split()
)
_TRAILING_COMMA = re.compile(r",\s*([}\]])")
_TAG = re.compile(r"<[^>]{0,2000}>")
_MAX_JSON = 2_000_000


@dataclass(slots=True)
class Claims:
    """The page's metadata, flat."""

    article: dict[str, Any] = field(default_factory=dict)
    """The JSON-LD object of the article; empty if there is none."""
    others: list[dict[str, Any]] = field(default_factory=list)
    """Every other JSON-LD object."""
    metas: dict[str, list[str]] = field(default_factory=dict)
    broken_json: int = 0

    def meta(self, *names: str) -> str | None:
        """The first non-empty content among the ``<meta>`` *names*, in their order."""
        for name in names:
            for content in self.metas.get(name, ()):
                text = clean(unescape(content))
                if text:
                    return text
        return None

    def ld(self, *keys: str) -> str | None:
        """The first string among *keys* of the JSON-LD article."""
        for key in keys:
            text = string(self.article.get(key))
            if text:
                return text
        return None


def unescape(text: str) -> str:
    """*text* with entities undone; twice where an outlet escaped twice."""
    if "&" not in text:
        return text
    once = html.unescape(text)
    return html.unescape(once) if "&" in once and ";" in once else once


def string(value: Any) -> str | None:
    """A JSON-LD value as one clean string: the string, the first of a list, or an object's name."""
    for _ in range(4):
        if isinstance(value, list) and value:
            value = value[0]
        elif isinstance(value, dict):
            value = value.get("name") or value.get("@value") or value.get("@id")
        else:
            break
    if not isinstance(value, str):
        return None
    text = unescape(value)
    if "<" in text:
        text = _TAG.sub(" ", text)
    return clean(text) or None


def read(page: Page) -> Claims:
    claims = Claims()
    for name, content in page.metas:
        claims.metas.setdefault(name, []).append(content)
    objects: list[dict[str, Any]] = []
    for raw in page.json_ld:
        value = _json(raw)
        if value is None:
            claims.broken_json += 1
        else:
            _flatten(value, objects)
    best: tuple[int, dict[str, Any]] | None = None
    for one in objects:
        rank = _rank(one)
        if rank and (best is None or rank > best[0]):
            best = (rank, one)
    claims.article = best[1] if best else {}
    claims.others = [one for one in objects if one is not claims.article]
    return claims


def types(value: dict[str, Any]) -> set[str]:
    """The types of a JSON-LD object, lower case, without their vocabulary."""
    kinds = value.get("@type") or ()
    if isinstance(kinds, str):
        kinds = (kinds,)
    return (
        {k.rsplit("/", 1)[-1].lower() for k in kinds if isinstance(k, str)}
        if isinstance(kinds, (list, tuple))
        else set()
    )


def _rank(value: dict[str, Any]) -> int:
    kinds = types(value)
    if not kinds & ARTICLE_TYPES:
        return 0
    filled = sum(
        1 for key in ("headline", "datePublished", "articleBody", "author", "name") if value.get(key)
    )
    return 1 + filled + (4 if value.get("headline") else 0)


def _json(raw: str) -> Any | None:
    raw = raw[:_MAX_JSON].strip()
    raw = raw.removeprefix("<!--").removesuffix("-->").strip()
    raw = raw.removeprefix("//<![CDATA[").removeprefix("<![CDATA[").removesuffix("//]]>").removesuffix("]]>")
    raw = raw.strip().rstrip(";")
    if not raw:
        return None
    for attempt in (str, _mend):
        try:
            return json.loads(attempt(raw), strict=False)  # raw line breaks inside strings are common
        except (ValueError, RecursionError):
            continue
    return None


def _mend(raw: str) -> str:
    """Trailing commas out; HTML entities where the whole object was escaped."""
    if "&quot;" in raw and raw.count('"') < 4:
        raw = html.unescape(raw)
    return _TRAILING_COMMA.sub(r"\1", raw)


def _flatten(value: Any, into: list[dict[str, Any]]) -> None:
    """Every object that may describe the page: top level, lists, ``@graph``, ``mainEntity``."""
    queue = [value]
    while queue and len(into) < 500:
        one = queue.pop(0)
        if isinstance(one, list):
            queue = one[:200] + queue
        elif isinstance(one, dict):
            into.append(one)
            for key in ("@graph", "mainEntity", "mainEntityOfPage"):
                inner = one.get(key)
                if isinstance(inner, (list, dict)):
                    queue.append(inner)
