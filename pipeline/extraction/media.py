"""Images with their captions, section and tags."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import Any
from urllib.parse import urljoin, urlsplit

from pipeline.extraction.body import caption_box, captions_beside, is_after_the_end
from pipeline.extraction.metadata import Claims, string, types
from pipeline.extraction.published import Place
from pipeline.extraction.text import clean, key
from pipeline.extraction.tree import Block, Mark, Node, Page, text
from pipeline.extraction.words import SIGNED
from store.records import Image

MAX_IMAGES, MAX_TAGS = 30, 40
_LAZY = (
    "data-src",
    "data-lazy-src",
    "data-original",
    "data-srcset",
    "data-lazy",
    "data-hi-res-src",
    "data-orig-file",
)
_LONGEST_SECTION, _SECTION_LABEL, _ABOVE = 80, 30, 8
_STEPS = re.compile(r"\s*(?:[>»›«‹/]|::)\s*")
_LONGEST_PATH = 4
_PATH = re.compile(r"crumb|ariane|path", re.IGNORECASE)
_HOME = re.compile(
    r"(?:ال)?(?:رئيسية|صفحة الرئيسية|واجهة|استقبال)|accueil|[àa] la une|home(?:page)?|inicio|portada",
    re.IGNORECASE,
)
_NO_SECTION = re.compile(
    r"[\d{}]|^(?:posted in|in|filed under|dans|en|cat[ée]gor[iíy](?:e|es|as|a)?)\W*$", re.IGNORECASE
)
_SECTION_BOX = re.compile(
    r"(?:^|[\s_-])(?:rubri(?:que|c)|cat|categor(?:y|ie|ia)s?|section|sur-?titre|overline|kicker|cat-links?)(?=$|[\s_-])",
    re.IGNORECASE,
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


def section(page: Page, claims: Claims, place: Place, title: str) -> str | None:
    """The outlet's own rubric: as stated to machines, else as printed near the headline."""
    found = string(claims.article.get("articleSection")) or claims.meta(
        "article:section",
        "og:article:section",
        "section",
        "cxenseparse:section",
        "parsely-section",
        "dc.subject",
    )
    if found and len(found) < _LONGEST_SECTION:
        return found
    for other in claims.others:
        if "breadcrumblist" in types(other):
            items = listed(other.get("itemListElement"))
            names = [string(i.get("name")) or string(i.get("item")) for i in items if isinstance(i, dict)]
            named = [n for n in names if n and not n.startswith("http")]
            if len(named) >= 2:
                return (named[1:-1] or named[1:])[0][:_LONGEST_SECTION]
    return _printed_section(page, place, title)


def _printed_section(page: Page, place: Place, title: str) -> str | None:
    """The first step below the front page of a path, a link to a category, or a label named so."""
    at = place.title if place.title >= 0 else place.start
    near = page.blocks[max(at - _ABOVE, 0) : at]
    for block, below in pairwise(page.blocks[max(at - _ABOVE, 0) : at + 1]):
        if block.furniture and not _PATH.search(f"{block.furniture.furniture} {block.furniture.name}"):
            continue  # a menu
        steps = _STEPS.split(block.text)
        if len(steps) == 1 and len(_list_of(block)) <= _LONGEST_PATH:
            steps = [block.text, below.text]
        if 1 < len(steps) <= _LONGEST_PATH and _HOME.fullmatch(steps[0]) and _is_label(steps[1], title):
            return steps[1]
    for mark in page.tag_links:
        if "category" in (mark.attributes.get("rel") or "") and at - _ABOVE <= mark.at <= at + _ABOVE:
            label = text(mark.el)
            if _is_label(label, title):
                return label
    for block in reversed(near):
        names = " ".join(node.name for node in (block.node, *list(block.node.ancestors())[:1]))
        if _SECTION_BOX.search(names) and _is_label(block.text, title):
            return block.text
    return None


def _list_of(block: Block) -> range:
    """The blocks of the list in which a block is an item."""
    box = block.node.parent or block.node
    return range(box.start, box.end)


def _is_label(line: str, title: str) -> bool:
    return (
        1 < len(line) < _SECTION_LABEL
        and key(line) != key(title)
        and not _NO_SECTION.search(line)
        and not SIGNED.search(line)
    )


def tags(page: Page, claims: Claims, title: str) -> tuple[str, ...]:
    """Keywords as the outlet gave them: JSON-LD, ``article:tag``, several ``rel=tag``, ``<meta>``
    (on some sites the same on every page)."""
    raw: list[str] = []
    for value in listed(claims.article.get("keywords")):
        one = string(value)
        if one:
            raw += re.split(r"[,،;]", one)
    if not raw:
        raw = [p for c in claims.metas.get("article:tag", ()) for p in re.split(r"[,،;]", c)]
    printed = [
        text(mark.el)
        for mark in page.tag_links[: 2 * MAX_TAGS]
        if {"tag", "category"} & set((mark.attributes.get("rel") or "").split()) == {"tag"}
    ]
    if not raw and len(printed) > 1:
        raw = printed
    if not raw:
        for name in ("news_keywords", "keywords", "parsely-tags", "sailthru.tags"):
            for content in claims.metas.get(name, ())[:1]:
                raw += re.split(r"[,،;]", content)
            if raw:
                break
    raw = raw or printed
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
