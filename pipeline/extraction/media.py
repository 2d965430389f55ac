"""Images with their captions, videos by the place that plays them, section and tags."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

from pipeline.extraction.metadata import Claims, string, types
from pipeline.extraction.published import Place
from pipeline.extraction.text import clean, key
from pipeline.extraction.tree import Mark, Node, Page, text
from store.records import Image, Video

MAX_IMAGES, MAX_VIDEOS, MAX_TAGS = 30, 20, 40
_LAZY = (
    "data-src",
    "data-lazy-src",
    "data-original",
    "data-srcset",
    "data-lazy",
    "data-hi-res-src",
    "data-orig-file",
)
_DECOR = re.compile(
    r"logo|icon|avatar|gravatar|sprite|pixel|blank|spacer|placeholder|1x1|loading|emoji|badge|button|"
    r"facebook\.com/tr|scorecardresearch|doubleclick|\.svg(?:$|\?)",
    re.IGNORECASE,
)
_HOSTS = (
    ("youtube", re.compile(r"(?:^|\.)(?:youtube(?:-nocookie)?\.com|youtu\.be)$")),
    ("facebook", re.compile(r"(?:^|\.)(?:facebook\.com|fb\.watch)$")),
    ("dailymotion", re.compile(r"(?:^|\.)(?:dailymotion\.com|dai\.ly)$")),
    ("x", re.compile(r"(?:^|\.)(?:twitter\.com|x\.com)$")),
    ("vimeo", re.compile(r"(?:^|\.)vimeo\.com$")),
)
_PLAYER = re.compile(
    r"video|player|embed|brightcove|jwplat|kaltura|ooyala|vidible|digiteka|ultimedia|mp4|m3u8", re.IGNORECASE
)
_NOT_PLAYER = re.compile(
    r"ads?\b|doubleclick|googletag|consent|comment|recaptcha|form|map|weather|newsletter|social|like\.php|"
    r"share|follow|podcast",
    re.IGNORECASE,
)
_VIDEO_TYPES = frozenset(("videoobject",))


def images(
    page: Page, claims: Claims, place: Place, base: str, captions: dict[int, str]
) -> tuple[Image, ...]:
    """The article's images, the one that the page names for sharing first; captions as printed beside
    them."""
    found: dict[str, Image] = {}

    def add(url: str | None, caption: str | None) -> None:
        if not url or url.startswith("data:") or _DECOR.search(url):
            return
        url = _absolute(base, url)
        if not url:
            return
        same = url.split("?")[0]
        old = found.get(same)
        if old is None and len(found) < MAX_IMAGES:
            found[same] = Image(url, caption)
        elif old is not None and old.caption is None and caption:
            found[same] = Image(old.url, caption)

    lead = claims.meta(
        "og:image", "og:image:url", "og:image:secure_url", "twitter:image", "twitter:image:src"
    )
    if lead:
        add(lead, None)
    for value in _list(claims.article.get("image"))[:3]:
        caption = string(value.get("caption")) if isinstance(value, dict) else None
        add(
            string(value.get("url") or value.get("contentUrl")) if isinstance(value, dict) else string(value),
            caption,
        )
    first, last = (place.title if place.title >= 0 else place.start) - 1, place.end + 1
    for mark in page.images:
        if not first <= mark.at <= last or _apart(mark.node, place):
            continue
        attributes = mark.attributes
        if _small(attributes):
            continue
        url = (
            next((v for n in _LAZY if (v := attributes.get(n))), None)
            or attributes.get("src")
            or attributes.get("srcset")
        )
        if url and " " in url.strip():  # a srcset: the last is the widest
            sizes = [one.split()[0] for one in re.split(r",\s+", url) if one.strip()]
            url = sizes[-1] if sizes else None
        add(url, _caption(mark, captions))
    return tuple(found.values())


def _caption(mark: Mark, captions: dict[int, str]) -> str | None:
    for one in (mark.node, *mark.node.ancestors()):
        if one.end - one.start > 6:
            break
        line = captions.get(one.index)
        if line:
            return line
    return clean(mark.attributes.get("alt") or "") or None if mark.tag != "noscript" else None


def captions_of(page: Page, is_caption: Any) -> dict[int, str]:
    """Caption text by the index of each box around it, innermost figure-like boxes only."""
    out: dict[int, str] = {}
    for block in page.blocks:
        node = is_caption(block)
        if node is None:
            continue
        line = " ".join(b.text for b in page.blocks[node.start : node.end])[:500]
        for level, one in enumerate((node, *node.ancestors())):
            if one.end - one.start > 6 or level > 4:
                break
            out.setdefault(one.index, line)
            if one.tag == "figure":
                break
    return out


def videos(page: Page, claims: Claims, place: Place, base: str) -> tuple[Video, ...]:
    found: dict[str, Video] = {}

    def add(url: str | None, kind: str | None, caption: str | None = None) -> None:
        if not url or url.startswith(("data:", "blob:", "about:", "javascript:")):
            return
        url = _absolute(base, url)
        if not url:
            return
        kind = kind_of(url) or kind
        if kind is None:
            return
        same = _video_key(url)
        if same not in found and len(found) < MAX_VIDEOS:
            found[same] = Video(url, kind, caption)

    first, last = (place.title if place.title >= 0 else place.start) - 3, place.end + 1
    for mark in page.embeds:
        if not first <= mark.at <= last or _apart(mark.node, place):
            continue
        attributes = mark.attributes
        url = attributes.get("src") or attributes.get("data-src") or attributes.get("data-lazy-src")
        if mark.tag in ("video", "source"):
            if mark.tag == "source" and not (attributes.get("type") or "").startswith(
                ("video", "application/x-mpegurl")
            ):
                continue
            add(url, "html5")
        elif mark.tag in ("iframe", "amp-iframe"):
            if url and _PLAYER.search(url) and not _NOT_PLAYER.search(url):
                add(url, "iframe", clean(attributes.get("title") or "") or None)
            else:
                add(url if url and kind_of(url) and not _NOT_PLAYER.search(url) else None, None)
        elif mark.tag == "amp-youtube":
            add(f"https://www.youtube.com/watch?v={attributes.get('data-videoid')}", "youtube")
        elif mark.tag == "amp-video":
            add(url, "html5")
    for value in claims.others + _list(claims.article.get("video")):
        if isinstance(value, dict) and types(value) & _VIDEO_TYPES:
            add(
                string(value.get("contentUrl")) or string(value.get("embedUrl")),
                "html5",
                string(value.get("name")),
            )
    add(claims.meta("og:video", "og:video:url", "og:video:secure_url"), "enclosure")
    return tuple(found.values())


def kind_of(url: str) -> str | None:
    try:
        host = (urlsplit(url).hostname or "").lower()
    except ValueError:
        return None
    return next((kind for kind, pattern in _HOSTS if pattern.search(host)), None)


def _video_key(url: str) -> str:
    parts = urlsplit(url)
    video = parse_qs(parts.query).get("v")
    if kind_of(url) == "youtube":
        return "youtube:" + (video[0] if video else parts.path.rstrip("/").rsplit("/", 1)[-1])
    return f"{parts.netloc}{parts.path}" + (parts.query if kind_of(url) == "facebook" else "")


def _apart(node: Node, place: Place) -> bool:
    """In a box beside the article: not one that also holds its text or headline, and named as furniture."""
    for one in (node, *node.ancestors()):
        if one.start <= place.start and one.end >= place.end:
            return False
        if one.furniture and re.search(
            r"relat|recomm|side|nav|foot|comment|teaser|latest|author|more|next|promo|ad|popular|widget|logo",
            one.furniture,
        ):
            return True
    return False


def _small(attributes: dict[str, str | None]) -> bool:
    for name in ("width", "height"):
        value = (attributes.get(name) or "").removesuffix("px")
        if value.isdigit() and int(value) < 80:
            return True
    return False


def _absolute(base: str, url: str) -> str:
    try:
        whole = urljoin(base, url.strip())
        return whole if urlsplit(whole).scheme in ("http", "https") and len(whole) < 2000 else ""
    except ValueError:
        return ""


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value] if value else []


def section(claims: Claims) -> str | None:
    """The outlet's own rubric."""
    found = string(claims.article.get("articleSection")) or claims.meta(
        "article:section",
        "og:article:section",
        "section",
        "cxenseparse:section",
        "parsely-section",
        "dc.subject",
    )
    if found and len(found) < 80:
        return found
    for other in claims.others:
        if "breadcrumblist" in types(other):
            items = _list(other.get("itemListElement"))
            names = [string(i.get("name")) or string(i.get("item")) for i in items if isinstance(i, dict)]
            named = [n for n in names if n and not n.startswith("http")]
            if len(named) >= 2:
                return (named[1:-1] or named[1:])[0][:80]
    return None


def tags(page: Page, claims: Claims, title: str) -> tuple[str, ...]:
    """Keywords as the outlet gave them: JSON-LD, ``article:tag``, ``<meta name=keywords>``, ``rel=tag``."""
    raw: list[str] = []
    for value in _list(claims.article.get("keywords")):
        one = string(value)
        if one:
            raw += re.split(r"[,،;]", one)
    if not raw:
        raw = [p for c in claims.metas.get("article:tag", ()) for p in re.split(r"[,،;]", c)]
    if not raw:
        for name in ("news_keywords", "keywords", "parsely-tags", "sailthru.tags"):
            for content in claims.metas.get(name, ())[:1]:
                raw += re.split(r"[,،;]", content)
            if raw:
                break
    if not raw:
        raw = [
            text(mark.el)
            for mark in page.tag_links[: 2 * MAX_TAGS]
            if "tag" in (mark.attributes.get("rel") or "").split()
        ]
    out: dict[str, str] = {}
    for tag in raw:
        tag = clean(tag)
        if (
            1 < len(tag) <= 60
            and not tag.startswith(("http", "tag:"))
            and ":" not in tag
            and key(tag) != key(title)
        ):
            out.setdefault(key(tag), tag)
    return tuple(list(out.values())[:MAX_TAGS])
