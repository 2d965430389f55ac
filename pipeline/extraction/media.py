"""The article's images with their captions."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin, urlsplit

from pipeline.extraction.boxes import is_after_the_end
from pipeline.extraction.metadata import Claims, string
from pipeline.extraction.published import Place
from pipeline.extraction.sift import caption_box, captions_beside
from pipeline.extraction.text import clean
from pipeline.extraction.tree import Mark, Node, Page
from store.records import Image

MAX_IMAGES = 30
_LAZY = (
    "data-src",
    "data-lazy-src",
    "data-original",
    "data-srcset",
    "data-lazy",
    "data-hi-res-src",
    "data-orig-file",
)
_SIZE = re.compile(r"-\d{2,4}x\d{2,4}(?=\.\w{3,4}$)")
"""What WordPress puts before the ending of a picture that it has resized."""
_DECOR = re.compile(
    r"logo|icon|avatar|gravatar|sprite|pixel|blank|spacer|placeholder|1x1|loading|emoji|badge|button|"
    r"facebook\.com/tr|scorecardresearch|doubleclick|\.svg(?:$|\?)",
    re.IGNORECASE,
)


def images(page: Page, claims: Claims, place: Place, base: str) -> tuple[Image, ...]:
    """The article's images, the one that the page names for sharing first; captions as printed beside
    them."""
    found: dict[str, Image] = {}
    captions = captions_of(page)

    def add(url: str | None, caption: str | None) -> None:
        if not url or url.startswith("data:") or _DECOR.search(url):
            return
        url = absolute(base, url)
        if not url:
            return
        same = _SIZE.sub("", url.split("?")[0])
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
    for value in listed(claims.article.get("image"))[:3]:
        caption = string(value.get("caption")) if isinstance(value, dict) else None
        add(
            string(value.get("url") or value.get("contentUrl")) if isinstance(value, dict) else string(value),
            caption,
        )
    first, last = (place.title if place.title >= 0 else place.start) - 1, place.end + 1
    for mark in page.images:
        if not first <= mark.at <= last or apart(mark.node, place) or is_after_the_end(page, mark.at):
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


def chosen(selected: tuple[Image, ...], base: str) -> tuple[Image, ...]:
    """The pictures that an outlet's rule selected, with whole addresses."""
    whole = (Image(absolute(base, one.url), one.caption) for one in selected)
    return tuple(one for one in whole if one.url)


def _caption(mark: Mark, captions: Captions) -> str | None:
    if mark.at in captions.below:
        return captions.below[mark.at]
    for one in (mark.node, *mark.node.ancestors()):
        if one.end - one.start > 6:
            break
        line = captions.boxes.get(one.index)
        if line:
            return line
    return clean(mark.attributes.get("alt") or "") or None if mark.tag != "noscript" else None


@dataclass(frozen=True, slots=True)
class Captions:
    boxes: dict[int, str]
    """By the index of each box around a caption, innermost figure-like boxes only."""
    below: dict[int, str]
    """By the index of the block right below a picture."""


def captions_of(page: Page) -> Captions:
    """The captions that the page prints, and where."""
    boxes: dict[int, str] = {}
    for block in page.blocks:
        node = caption_box(block)
        if node is None:
            continue
        line = " ".join(b.text for b in page.blocks[node.start : node.end])[:500]
        for level, one in enumerate((node, *node.ancestors())):
            if one.end - one.start > 6 or level > 4:
                break
            boxes.setdefault(one.index, line)
            if one.tag == "figure":
                break
    return Captions(boxes, captions_beside(page))


def apart(node: Node, place: Place) -> bool:
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


def absolute(base: str, url: str) -> str:
    """*url* as a whole web address; empty if it is none."""
    try:
        whole = urljoin(base, url.strip())
        return whole if urlsplit(whole).scheme in ("http", "https") and len(whole) < 2000 else ""
    except ValueError:
        return ""


def listed(value: Any) -> list[Any]:
    """A JSON-LD value as a list."""
    return value if isinstance(value, list) else [value] if value else []
