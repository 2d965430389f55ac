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
from pipeline.extraction.words import PHRASE
from store.records import Image

MAX_IMAGES = 30
_ABOVE = 8
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
_ENDING = re.compile(r"(?:\.(?:jpe?g|png|webp|gif|avif))+$")
_TELLING, _SAYS_NOTHING = (
    3,
    frozenset("image img photo picture main large original index default thumb".split()),
)
_SHARED = ("og:image", "og:image:url", "og:image:secure_url", "twitter:image", "twitter:image:src")
_FILE = re.compile(r"^(?:jpe?g|png|gif|webp)\b.*\b[kKmM]o$|^\S+\.(?:jpe?g|png|gif|webp)$", re.IGNORECASE)
"""An ``alt`` that is the file's size or name."""
_DECOR = re.compile(
    r"logo|icon|avatar|gravatar|profile[-_]?(?:pic|image)|userpic|image\.php\?u=|(?:fb|og|share|social)[-_]?default|"
    r"share[-_]default|default[-_.](?:share|og|image|thumb)|sprite|pixel|blank|spacer|placeholder|1x1|loading|emoji|badge|button|"
    r"facebook\.com/tr|scorecardresearch|doubleclick|\.svg(?:$|\?)",
    re.IGNORECASE,
)


def images(page: Page, claims: Claims, place: Place, base: str) -> tuple[Image, ...]:
    """The article's images, the one that the page names for sharing first; captions as printed beside them,
    else as stated."""
    found: dict[str, Image] = {}
    stated: dict[str, str] = {}

    def add(url: str | None, caption: str | None) -> None:
        if (
            not url
            or url.startswith("data:")
            or _DECOR.search(url)
            or (caption and PHRASE.search(caption[:200]))
        ):
            return
        url = absolute(base, url)
        if not url:
            return
        same = _picture(url)
        old = found.get(same)
        if old is None and len(found) < MAX_IMAGES:
            found[same] = Image(url, caption)
        elif old is not None and old.caption is None and caption:
            found[same] = Image(old.url, caption)

    add(claims.meta(*_SHARED), None)
    for value in listed(claims.article.get("image"))[:3]:
        one = value if isinstance(value, dict) else {"url": value}
        url, caption = string(one.get("url") or one.get("contentUrl")), string(one.get("caption"))
        add(url, None)
        if url and caption:
            stated[_picture(absolute(base, url))] = caption
    captions = captions_of(page)
    first, last = _top(page, place), place.end + 1
    for mark in page.images:
        if not first <= mark.at <= last or apart(mark.node, place) or is_after_the_end(page, mark.at):
            continue
        if not _small(mark.attributes):
            add(_source(mark), _caption(mark, captions))
    return tuple(
        one if one.caption else Image(one.url, stated.get(same)) for same, one in found.items()
    )  # fmt: skip


def _top(page: Page, place: Place) -> int:
    """The first block that a picture of the article may stand before: above the headline only in its own
    ``<article>``."""
    title = place.top
    if place.title < 0:
        return title - 1
    boxes = (page.blocks[title].node, *page.blocks[title].node.ancestors())
    own = next((box for box in boxes if box.tag == "article" and box.end >= place.end), None)
    return min(title - 1, max(own.start, title - _ABOVE)) if own else title - 1


def _source(mark: Mark) -> str | None:
    """The address of an ``<img>``, of the widest where it names several."""
    attributes = mark.attributes
    lazy = next((value for name in _LAZY if (value := attributes.get(name))), None)
    url = lazy or attributes.get("src") or attributes.get("srcset")
    if url and " " in url.strip():  # a srcset: the last is the widest
        sizes = [one.split()[0] for one in re.split(r",\s+", url) if one.strip()]
        return sizes[-1] if sizes else None
    return url


def _picture(url: str) -> str:
    """A key that is equal for the sizes of one picture: its file's name, where that says something."""
    path = url.split("?")[0]
    name = _ENDING.sub("", _SIZE.sub("", path.rpartition("/")[2].lower()))
    return name if len(name) >= _TELLING and name not in _SAYS_NOTHING else _SIZE.sub("", path)


def chosen(selected: tuple[Image, ...], base: str) -> tuple[Image, ...]:
    """The pictures that an outlet's rule selected, with whole addresses."""
    whole = (Image(absolute(base, one.url), one.caption) for one in selected)
    return tuple(one for one in whole if one.url)


def _caption(mark: Mark, captions: Captions) -> str | None:
    for one in (mark.node, *mark.node.ancestors()):
        if one.tag == "figure" and (line := captions.boxes.get(one.index)):
            return line  # in a row of figures the next one's caption stands right below
    below = [captions.below[at] for at in (mark.at, mark.at + 1) if at in captions.below]
    if below and mark.at in captions.below:
        return max(below, key=len)
    for one in (mark.node, *mark.node.ancestors()):
        if one.end - one.start > 6:
            break
        line = captions.boxes.get(one.index)
        if line:
            return line
    alt = clean(mark.attributes.get("alt") or "")
    return None if not alt or mark.tag == "noscript" or _FILE.search(alt) else alt


@dataclass(frozen=True, slots=True)
class Captions:
    boxes: dict[int, str]
    """By the index of each box around a caption, innermost figure-like boxes only."""
    below: dict[int, str]
    """By the index of the block, which may stand right below a picture."""


def captions_of(page: Page) -> Captions:
    """The captions that the page prints, and where."""
    boxes: dict[int, str] = {}
    below = captions_beside(page)
    for index, block in enumerate(page.blocks):
        node = caption_box(block)
        if node is None:
            continue
        below.setdefault(index, block.text)
        line = " ".join(b.text for b in page.blocks[node.start : node.end])[:500]
        for level, one in enumerate((node, *node.ancestors())):
            if one.end - one.start > 6 or level > 4:
                break
            boxes.setdefault(one.index, line)
            if one.tag == "figure":
                break
    return Captions(boxes, below)


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
        if len(value) < 5 and value.isdecimal() and int(value) < 80:
            return True
    return False


def absolute(base: str, url: str) -> str:
    """*url* as a whole web address; empty if it is none."""
    try:
        whole = urljoin(base, url.strip())
        parts = urlsplit(whole)
        return whole if parts.scheme in ("http", "https") and parts.netloc and len(whole) < 2000 else ""
    except ValueError:
        return ""


def listed(value: Any) -> list[Any]:
    """A JSON-LD value as a list."""
    return value if isinstance(value, list) else [value] if value else []
