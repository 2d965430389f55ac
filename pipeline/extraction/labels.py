"""The outlet's own words for an article: its section and its tags."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from pipeline.extraction.media import listed
from pipeline.extraction.metadata import Claims, string, types
from pipeline.extraction.published import Place
from pipeline.extraction.text import clean, key
from pipeline.extraction.tree import Block, Node, Page, text
from pipeline.extraction.words import HEADINGS, PHRASE, SIGNED

MAX_TAGS = 40
_TAGS_BELOW, _TAG_BLOCKS, _OWN_KEYWORDS = 15, 30, 0.2
_SECTION_METAS = (
    "article:section",
    "og:article:section",
    "section",
    "cxenseparse:section",
    "parsely-section",
    "dc.subject",
)
_TAG_METAS = ("news_keywords", "keywords", "parsely-tags", "sailthru.tags")
_LONGEST_SECTION, _SECTION_LABEL, _ABOVE = 80, 30, 8
_STEPS = re.compile(r"\s*(?:[>»›«‹/]|::)\s*")
_NAMED_STEPS = re.compile(r"\s*(?:[>»›«‹/|]|::)\s*")
_LONGEST_PATH = 4
_PATH = re.compile(r"crumb|ariane|(?<![a-z])path(?![a-z])", re.IGNORECASE)
_HOME = re.compile(
    r"(?:ال)?(?:رئيسية|صفحة الرئيسية|واجهة|استقبال)|accueil|[àa] la une|home(?:page)?|inicio|portada",
    re.IGNORECASE,
)
_NO_SECTION = re.compile(
    r"[\d{}]|^(?:posted in|in|filed under|dans|en|cat[ée]gor[iíy](?:e|es|as|a)?)\W*$", re.IGNORECASE
)
_SECTION_BOX = re.compile(
    r"(?:^|[\s_-])(?:rubri(?:que|c)|secci[oó]n|cat|categor(?:y|ie|ia)s?|section|sur-?titre|overline|kicker|cat-links?)(?=$|[\s_-])",
    re.IGNORECASE,
)


def section(page: Page, claims: Claims, place: Place, title: str) -> tuple[str | None, str]:
    """(the outlet's rubric, its origin); ``(None, "")`` where none is found."""
    return next(sections(page, claims, place, title), (None, ""))


def sections(page: Page, claims: Claims, place: Place, title: str) -> Iterator[tuple[str, str]]:
    """(rubric, origin), the most trusted first: as stated to machines, then as printed near the headline."""
    for found, origin in (
        (string(claims.article.get("articleSection")), "json-ld"),
        (claims.meta(*_SECTION_METAS), "meta"),
        (_breadcrumb(claims), "breadcrumb"),
    ):
        if found and len(found) < _LONGEST_SECTION and not found.startswith("@"):
            yield found, origin
    at = place.top
    yield from ((step, "path") for step in _path(page, at, title))
    yield from ((label, "text") for label in _categories(page, at, title))


def _breadcrumb(claims: Claims) -> str | None:
    """The first step below the front page of a JSON-LD ``BreadcrumbList``."""
    for other in claims.others:
        if "breadcrumblist" in types(other):
            items = listed(other.get("itemListElement"))
            names = [string(i.get("name")) or string(i.get("item")) for i in items if isinstance(i, dict)]
            named = [n for n in names if n and not n.startswith("http")]
            if len(named) >= 2:
                return (named[1:-1] or named[1:])[0]
    return None


def _path(page: Page, at: int, title: str) -> Iterator[str]:
    """The first step below the front page of a path printed above the block *at*; else what stands alone."""
    alone = []
    for block, below in pairwise(page.blocks[max(at - _ABOVE, 0) : at + 1]):
        named = bool(_PATH.search(block.node.name))
        if (
            block.furniture
            and not named
            and not _PATH.search(f"{block.furniture.furniture} {block.furniture.name}")
        ):
            continue  # a menu
        steps = (_NAMED_STEPS if named else _STEPS).split(block.text)
        if len(steps) == 1 and len(_list_of(block)) <= _LONGEST_PATH:
            steps = [block.text, below.text]
        home = bool(_HOME.fullmatch(steps[0]))
        if home and 1 < len(steps) <= _LONGEST_PATH and _is_label(steps[1], title):
            yield steps[1]
        elif named and not home and block.tag not in HEADINGS and _is_label(steps[0], title):
            alone.append(steps[0])
    yield from alone


def _categories(page: Page, at: int, title: str) -> Iterator[str]:
    """Links to a category, then labels named so, around the block *at*."""
    for mark in page.tag_links:
        if "category" in (mark.attributes.get("rel") or "") and at - _ABOVE <= mark.at <= at + _ABOVE:
            label = text(mark.el)
            if _is_label(label, title):
                yield label
    for block in reversed(page.blocks[max(at - _ABOVE, 0) : at]):
        near = (block.node, *list(block.node.ancestors())[:1])
        names = " ".join(node.name for node in near)
        if block.furniture and block.furniture not in near:
            continue  # in a menu, a sign-in box
        if _SECTION_BOX.search(names) and _is_label(block.text, title):
            yield block.text


def _list_of(block: Block) -> range:
    """The blocks of the list in which a block is an item."""
    box = block.node.parent or block.node
    return range(box.start, box.end)


def _is_label(line: str, title: str) -> bool:
    return (
        1 < len(line) < _SECTION_LABEL
        and key(line) != key(title)
        and not _NO_SECTION.search(line)
        and not _HOME.fullmatch(line)
        and not PHRASE.search(line)
        and not SIGNED.search(line)
    )


def tags(page: Page, claims: Claims, place: Place, title: str, words: str) -> tuple[str, ...]:
    """Keywords as the outlet gave them, each once."""
    raw = next(tag_lists(page, claims, place, f"{title} {words}"), ([], ""))[0]
    out: dict[str, str] = {}
    for tag in (clean(one).strip(" ,،;#") for one in raw):
        if (
            1 < len(tag) <= 60
            and not tag.startswith(("http", "tag:"))
            and not _NO_TAG.search(tag)
            and key(tag) != key(title)
        ):
            out.setdefault(key(tag), tag)
    return tuple(list(out.values())[:MAX_TAGS])


def tag_lists(page: Page, claims: Claims, place: Place, words: str) -> Iterator[tuple[list[str], str]]:
    """(tags, origin), the most trusted first: JSON-LD, ``article:tag``, links in a box of tags or several
    ``rel=tag``, ``<meta>``, one ``rel=tag``.

    ``<meta name=keywords>`` that name nothing among the article's *words* are the site's.
    """
    stated = [one for value in listed(claims.article.get("keywords")) if (one := string(value))]
    boxed, marked = _printed_tags(page, place)
    metas = next((claims.metas[name][:1] for name in _TAG_METAS if claims.metas.get(name)), [])
    for lines, origin in (
        (stated, "json-ld"),
        (claims.metas.get("article:tag", []), "meta"),
        (boxed or (marked if len(marked) > 1 else []), "text"),
        (metas, "keywords"),
        (marked, "text"),
    ):
        found = [part for line in lines for part in (_COMMAS.split(line) if origin != "text" else [line])]
        if origin == "keywords" and not _are_of(found, words):
            continue
        if any(map(str.strip, found)):
            yield found, origin


def _are_of(tags: list[str], words: str) -> bool:
    """Whether an article's *words* name a part of the *tags*."""
    folded = key(words)
    return sum(key(tag) in folded for tag in tags) >= _OWN_KEYWORDS * len(tags)


def _printed_tags(page: Page, place: Place) -> tuple[list[str], list[str]]:
    """Texts of the links in a box of tags near the article, and of those with ``rel=tag``."""
    first, last = place.top - _ABOVE, place.end + _TAGS_BELOW
    boxed, marked = [], []
    for mark in page.tag_links[: 4 * MAX_TAGS]:
        rel = (mark.attributes.get("rel") or "").split()
        if {"tag", "category"} & set(rel) == {"tag"}:
            marked.append(text(mark.el))
        if mark.node.tagged and "category" not in rel and first <= mark.at <= last:
            box = _tag_box(mark.node)
            if box.end - box.start <= _TAG_BLOCKS and not box.start <= place.start < box.end:
                boxed.append(text(mark.el).lstrip("#"))
    return boxed, marked


def _tag_box(node: Node) -> Node:
    """The outermost box of tags around *node*."""
    while node.parent is not None and node.parent.tagged:
        node = node.parent
    return node


_NO_TAG = re.compile(r"[:@]")
"""A label, an account."""
_COMMAS = re.compile(r"[,،;]")
