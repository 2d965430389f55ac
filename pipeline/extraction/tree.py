"""One parse and one walk of a page; every field is read from what they leave behind.

Lexbor (through selectolax) was chosen over lxml by measurement: it builds the tree that a browser builds
where libxml2 nests whole articles into an unclosed menu (one French page in four of the labelled set), and
it parses and walks a page in 2.1 ms against 4.5 ms.  Its price is that markup made to hurt does: 100,000
nested ``<div>`` take it 42 s, 3,000 unclosed ``<font>`` 1.6 GB, in C code that nothing interrupts.  So
:func:`parse` looks first (:func:`_hostile`) and flattens such markup to its paragraphs before the
parser sees it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from selectolax.lexbor import LexborHTMLParser, SelectolaxError

from pipeline.extraction.text import clean
from pipeline.extraction.words import BLOCKS, KICKER, POSITIVE, SKIPPED, TAG_BOX, Remembered, name_says

_HIDDEN_STYLE = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|clip\s*:\s*rect\(\s*[01]", re.IGNORECASE
)
_NAMING = frozenset("id role itemprop data-component data-testid data-type data-qa".split())
_HIDING = frozenset(["style", "hidden", "aria-hidden"])
SOCIAL = re.compile(
    r"(?:https?:)?//(?:www\.|m\.|mobile\.|web\.)?(?P<network>twitter|x|facebook|instagram|youtube|tiktok)\.com/"
    r"(?P<path>[^?#]*)",
    re.IGNORECASE,
)
"""Addresses of the networks on which institutions have accounts."""
MAX_BLOCKS = 20_000
MAX_NODES = 400_000
MAX_MARKS = 2_000
_MAX_LABEL = 1_000
"""Characters, and elements, that are read of an element that a field may be read from."""

# --- markup made to hurt --------------------------------------------------------------------------------

_FORMATTING = re.compile(
    rb"<(/?)(?=[bcefistu])(?:b|big|code|em|font|i|s|small|strike|strong|tt|u)(?=[\s>/])", re.IGNORECASE
)
_ANY_TAG = re.compile(rb"<(/?)([a-zA-Z][a-zA-Z0-9-]*)")
_VOID = frozenset(b"area base br col embed hr img input link meta param source track wbr path p li".split())
_KEPT_TAG = re.compile(
    r"<(/?(?:p|br|h[1-6]|li|title|meta|link|script|style|time)(?=[\s>/])[^>]{0,2000})>|<!--.{0,20000}?-->|"
    r"</?[a-zA-Z][^>]{0,20000}>",
    re.IGNORECASE | re.DOTALL,
)
_TAG_START = re.compile(rb"<[a-zA-Z][a-zA-Z0-9-]*")
_LONG_TAG = 30_000
_DEEP = 1_500
_UNCLOSED = 100
_MANY_TAGS = 15_000


def _hostile(raw: bytes) -> bool:
    """Whether a browser's parser would need quadratic time or memory: very deep, or formatting left open."""
    # what a browser reopens in every paragraph until it is closed
    steps = [-1 if closing else 1 for closing in _FORMATTING.findall(raw)]
    if len(steps) > _UNCLOSED and _deepest(steps) > _UNCLOSED:
        return True
    if raw.count(b"<") > _MANY_TAGS:
        steps = [-1 if closing else 1 for closing, name in _ANY_TAG.findall(raw) if name.lower() not in _VOID]
        return _deepest(steps) > _DEEP
    return False


def _deepest(steps: list[int]) -> int:
    """The highest rise of a walk of openings and closings."""
    level = lowest = deepest = 0
    for step in steps:
        level += step
        lowest = min(lowest, level)
        deepest = max(deepest, level - lowest)
    return deepest


def _has_long_part(raw: bytes) -> bool:
    """Whether anywhere more than :data:`_LONG_TAG` bytes follow one another without a ``>``."""
    start = 0
    while start + _LONG_TAG < len(raw):
        end = raw.rfind(b">", start, start + _LONG_TAG + 1)
        if end < 0:
            return True
        start = end + 1
    return False


def _shorten(part: bytes) -> bytes:
    """What stands before a ``>``, less the attributes of a tag that is tens of thousands of characters long.

    As many attributes cost any parser quadratic time; a script that looks alike loses what nobody reads.
    """
    tag = _TAG_START.search(part)
    return part[: tag.end()] if tag and len(part) - tag.start() > _LONG_TAG else part


def _flatten(text: str) -> str:
    """The page with only the tags that carry its text and metadata; every other tag parts two paragraphs."""
    return _KEPT_TAG.sub(lambda tag: f"<{tag[1]}>" if tag[1] else "<br><br>", text)


def parse(raw: bytes) -> tuple[LexborHTMLParser, bool]:
    """The parsed page, which is *raw* in UTF-8, and whether its markup had to be flattened first.

    Raises ``ValueError`` for no page at all.
    """
    if _has_long_part(raw):
        raw = b">".join([_shorten(part) if len(part) > _LONG_TAG else part for part in raw.split(b">")])
    hostile = _hostile(raw)
    if hostile:
        raw = _flatten(raw.decode("utf-8", "replace")).encode("utf-8")
    try:
        return LexborHTMLParser(raw), hostile
    except (SelectolaxError, UnicodeError) as error:
        raise ValueError(str(error)) from error


# --- the walk -------------------------------------------------------------------------------------------


_is_of_tags = Remembered[str, bool](lambda name: bool(TAG_BOX.search(name)))
"""Whether a box of this name holds the article's tags."""


class Node:
    """A block-level element: what it is called and which blocks of text lie in it."""

    __slots__ = ("caption", "end", "furniture", "index", "name", "parent", "start", "tag", "tagged")

    def __init__(
        self,
        tag: str,
        name: str,
        parent: Node | None,
        start: int,
        furniture: str,
        index: int,
        caption: bool = False,
    ) -> None:
        self.tag = tag
        self.name = name
        """class, id, role, itemprop … as written, joined by spaces."""
        self.parent = parent
        self.start = start
        """Index of the first block within."""
        self.end = start
        """Index after the last block within."""
        self.furniture = furniture
        """Why its text is furniture by itself (``nav``, ``share``, ``hidden`` …); empty if nothing says
        so."""
        self.index = index
        self.caption = caption
        """Named as what stands under a picture."""
        self.tagged: bool = (parent is not None and parent.tagged) or (bool(name) and _is_of_tags[name])
        """Inside a box that is named as the list of the article's tags."""

    def ancestors(self) -> Iterator[Node]:
        node = self.parent
        while node is not None:
            yield node
            node = node.parent


class Block:
    """A run of text that a browser sets as one paragraph."""

    __slots__ = ("furniture", "links", "node", "strong", "tag", "text")

    def __init__(self, text: str, node: Node, links: int, strong: int) -> None:
        self.text = text
        self.tag = node.tag
        """The nearest block element: ``p``, ``h2``, ``li``, ``div``, ``td`` …"""
        self.node = node
        self.links = links
        """How many characters lie in links."""
        self.strong = strong
        """How many characters are set bold."""
        self.furniture: Node | None = None
        """The outermost enclosing box that is furniture, once boxes are judged."""


@dataclass(slots=True)
class Mark:
    """An element that a field may be read from."""

    at: int
    """Index of the next block of text."""
    tag: str
    attributes: dict[str, str | None]
    el: Any
    """The parser's element; its text is ``text(el)``."""
    node: Node


@dataclass(slots=True)
class Page:
    """What the walk found, in document order."""

    blocks: list[Block] = field(default_factory=list)
    nodes: list[Node] = field(default_factory=list)
    metas: list[tuple[str, str]] = field(default_factory=list)
    """(lower-case name, property or itemprop; content)."""
    json_ld: list[str] = field(default_factory=list)
    links: list[tuple[str, str, str]] = field(default_factory=list)
    """(rel, href, hreflang) of ``<link>``."""
    title: str = ""
    lang: str = ""
    base: str = ""
    times: list[Mark] = field(default_factory=list)
    bylines: list[Mark] = field(default_factory=list)
    images: list[Mark] = field(default_factory=list)
    embeds: list[Mark] = field(default_factory=list)
    itemprops: list[Mark] = field(default_factory=list)
    tag_links: list[Mark] = field(default_factory=list)
    """``<a rel=tag>``, and links in a box of tags."""
    social_links: list[Mark] = field(default_factory=list)
    """Links to :data:`SOCIAL`."""
    passwords: int = 0


def text(el: Any) -> str:
    """The text within an element, on one line; pieces of different elements are parted by a space.

    Of an element that holds more than a label does, the beginning.
    """
    return clean(" ".join(_pieces(el)))[:_MAX_LABEL]


def _pieces(el: Any) -> Iterator[str]:
    """The pieces of text within an element, as far as :data:`_MAX_LABEL` goes: a thousand elements, one in
    the other, would all be read to their end."""
    size = 0
    for seen, one in enumerate(el.traverse(include_text=True)):
        if size > _MAX_LABEL or seen > _MAX_LABEL:
            return
        if one.tag == "-text":
            size += len(one.text_content)
            yield one.text_content


_FURNITURE_TAGS = frozenset("nav aside footer figure figcaption form menu".split())


def _called(called: tuple[str, str]) -> tuple[str, bool, bool]:
    """(why furniture, whether a byline, whether a caption) by tag and name."""
    tag, name = called
    why, byline, caption = name_says(name)
    if tag in _FURNITURE_TAGS:
        why = tag
    elif tag in ("html", "body", "main") or (why and POSITIVE.search(name)):
        why = ""
    return why, byline, caption or tag in ("figcaption", "caption")


_named = Remembered(_called)


def _name(attributes: dict[str, str | None]) -> str:
    """class, id, role, itemprop … as written, joined by spaces."""
    name = attributes.get("class") or ""
    if len(name) >= 400:
        name = ""
    if not _NAMING.isdisjoint(attributes):  # most boxes have a class and no more
        for naming, value in attributes.items():
            if naming in _NAMING and value and len(value) < 400:
                name = f"{name} {value}"
    return name


def _unseen(attributes: dict[str, str | None]) -> bool:
    style = attributes.get("style")
    return (
        bool(style and _HIDDEN_STYLE.search(style))
        or "hidden" in attributes
        or attributes.get("aria-hidden") == "true"
    )


def walk(parser: LexborHTMLParser) -> Page:
    """Read the tree once, iteratively, into blocks, boxes and the elements that fields are read from.

    One function with one loop, because it passes every node of the page: each call that it makes for each of
    them shows in the time that a page takes.
    """
    page = Page()
    blocks, nodes = page.blocks, page.nodes
    node = Node("html", "", None, 0, "", 0)
    nodes.append(node)
    boxes: list[Node] = [node]
    pieces: list[str] = []
    links = strong = in_link = in_strong = seen = 0
    el: Any = parser.root
    stack: list[tuple[Any, int]] = []
    while el is not None:
        seen += 1
        tag = el.tag or ""
        kind = _KINDS.get(tag, _INLINE)
        descend = False
        if kind == _TEXT:
            piece = el.text_content or ""
            # Most pieces are the white space between two blocks' tags.
            if pieces or in_link or in_strong or not piece.isspace():
                pieces.append(piece)
                if in_link:
                    links += len(piece)
                if in_strong:
                    strong += len(piece)
        elif kind == _BLOCK:
            if pieces:
                _set(blocks, node, pieces, links, strong)
                links = strong = 0
            attributes = el.attributes
            name = _name(attributes) if attributes else ""
            why, byline, caption = _named[tag, name]
            if attributes and not why and not _HIDING.isdisjoint(attributes) and _unseen(attributes):
                why = "hidden"
            node = Node(tag, name, node, len(blocks), why, len(nodes), caption)
            nodes.append(node)
            boxes.append(node)
            if byline:
                page.bylines.append(Mark(len(blocks), tag, attributes, el, node))
            if "itemprop" in attributes:
                page.itemprops.append(Mark(len(blocks), tag, attributes, el, node))
            if "data-href" in attributes or tag == "blockquote":
                page.embeds.append(Mark(len(blocks), tag, attributes, el, node))
            if tag in _TEXT_IN_FIGURE:
                _open_figure(node)
            if tag == "html":
                page.lang = attributes.get("lang") or attributes.get("xml:lang") or ""
            descend = True
        elif kind == _LINK:
            attributes = el.attributes
            in_link += 1
            rel = attributes.get("rel") or ""
            if "tag" in rel or node.tagged:
                page.tag_links.append(Mark(len(blocks), tag, attributes, el, node))
            if SOCIAL.match(attributes.get("href") or ""):
                page.social_links.append(Mark(len(blocks), tag, attributes, el, node))
            name = attributes.get("class") or ""
            if "author" in rel or attributes.get("itemprop") == "author" or (name and _named[tag, name][1]):
                page.bylines.append(Mark(len(blocks), tag, attributes, el, node))
            descend = True
        elif kind <= _STRONG:  # one of these two
            attributes = el.attributes
            descend = not attributes or _inline(page, Mark(len(blocks), tag, attributes, el, node))
            if tag == "sup" and _is_footnote(el):
                descend = False
            if tag == "time":
                page.times.append(Mark(len(blocks), tag, attributes, el, node))
            elif kind == _STRONG and descend:
                in_strong += 1
        elif kind == _BREAK:
            pieces.append("\x00")
        elif kind == _MARKED:
            _MARKS[tag](page, Mark(len(blocks), tag, el.attributes, el, node))
            descend = tag in _SEVERAL
        elif kind == _TOLD:
            _TELLING[tag](page, el)
        if descend:
            stack.append((el, kind))
            el = el.first_child if seen < MAX_NODES else None
        else:
            el = el.next
        while el is None and stack:
            el, kind = stack.pop()
            if kind == _BLOCK:
                if pieces:
                    _set(blocks, node, pieces, links, strong)
                    links = strong = 0
                boxes.pop().end = len(blocks)
                node = boxes[-1]
            elif kind == _LINK:
                in_link -= 1
            elif kind == _STRONG:
                in_strong -= 1
            el = el.next
    if pieces:
        _set(blocks, node, pieces, links, strong)
    for box in boxes:
        box.end = len(blocks)
    for marks in (
        page.times,
        page.bylines,
        page.images,
        page.embeds,
        page.itemprops,
        page.tag_links,
        page.social_links,
    ):
        del marks[MAX_MARKS:]
    return page


def _set(blocks: list[Block], node: Node, pieces: list[str], links: int, strong: int) -> None:
    """Make blocks of the *pieces* of text that stand in *node*, and empty the list."""
    raw = "".join(pieces) if len(pieces) > 1 else pieces[0]
    pieces.clear()
    if len(blocks) >= MAX_BLOCKS:
        return
    if "\x00" not in raw:
        if line := clean(raw):
            blocks.append(Block(line, node, links, strong))
        return
    parts = _lines(raw)
    for part in parts:
        if (line := clean(part)) and len(blocks) < MAX_BLOCKS:
            share = len(part) / len(raw) if len(parts) > 1 else 1.0
            blocks.append(Block(line, node, int(links * share), int(strong * share)))


def _inline(page: Page, mark: Mark) -> bool:
    """Note what the attributes of an inline element say; whether its text is seen."""
    attributes = mark.attributes
    name = attributes.get("class") or attributes.get("id") or ""
    seen = not (_unseen(attributes) or (name and (_UNSEEN.search(name) or KICKER.search(name))))
    if "itemprop" in attributes:
        page.itemprops.append(mark)
        name = f"{name} {attributes['itemprop'] or ''}"
    if (name and _named["", name][1]) or attributes.get("rel") == "author":
        page.bylines.append(mark)
    return seen


_TEXT_IN_FIGURE = ("table", "blockquote")
_FOOTNOTE = re.compile(r"\s*\[?\d{1,3}\]?\s*")


def _is_footnote(el: Any) -> bool:
    """A raised number that leads to a note; one that does not may be an exponent."""
    line = "".join(_pieces(el))
    return bool(_FOOTNOTE.fullmatch(line)) and (
        "[" in line or el.css_first("a") is not None or bool(el.attributes)
    )


def _open_figure(node: Node) -> None:
    """A figure that holds a table or a quotation is no picture: WordPress sets these so."""
    for one in node.ancestors():
        if one.tag == "figure":
            one.furniture = "" if one.furniture == "figure" else one.furniture
            return


# Words for screen readers inside a sentence ("opens new tab").
_UNSEEN = re.compile(r"visually-?hidden|\bsr-only\b|screen-reader-text", re.IGNORECASE)


# --- elements without text of their own -------------------------------------------------------------------


def _read_script(page: Page, el: Any) -> None:
    if "ld+json" in (el.attributes.get("type") or ""):
        content = el.text(deep=True)
        if content:
            page.json_ld.append(content)


def _read_meta(page: Page, el: Any) -> None:
    attributes = el.attributes
    name = (
        attributes.get("property") or attributes.get("name") or attributes.get("itemprop")
        or attributes.get("http-equiv") or ""
    )  # fmt: skip
    content = attributes.get("content")
    if name and content:
        page.metas.append((name.strip().lower(), content))


def _read_link(page: Page, el: Any) -> None:
    attributes = el.attributes
    href, rel = attributes.get("href"), attributes.get("rel")
    if href and rel:
        page.links.append((rel.lower(), href, attributes.get("hreflang") or ""))


def _read_title(page: Page, el: Any) -> None:
    page.title = page.title or text(el)


def _read_base(page: Page, el: Any) -> None:
    page.base = page.base or el.attributes.get("href") or ""


def _read_input(page: Page, el: Any) -> None:
    if (el.attributes.get("type") or "").lower() == "password":
        page.passwords += 1


def _mark_image(page: Page, mark: Mark) -> None:
    page.images.append(mark)


def _mark_embed(page: Page, mark: Mark) -> None:
    page.embeds.append(mark)


def _mark_noscript(page: Page, mark: Mark) -> None:
    """Images that load by script have their address here."""
    for image in mark.el.css("img"):
        page.images.append(Mark(mark.at, mark.tag, image.attributes, image, mark.node))


_TELLING: dict[str, Callable[[Page, Any], None]] = {
    "script": _read_script,
    "meta": _read_meta,
    "link": _read_link,
    "title": _read_title,
    "base": _read_base,
    "input": _read_input,
}
_EMBEDS = frozenset(
    "video audio iframe embed source oembed lite-youtube amp-youtube amp-dailymotion amp-vimeo amp-video "
    "amp-iframe".split()
)
_SEVERAL = frozenset(["video", "audio"])
"""Embeds that hold others."""
_MARKS: dict[str, Callable[[Page, Mark], None]] = {
    "img": _mark_image,
    "amp-img": _mark_image,
    "noscript": _mark_noscript,
    **dict.fromkeys(_EMBEDS, _mark_embed),
}

# What the walk does with a tag; any other than these is inline text.
_INLINE, _STRONG, _TEXT, _BLOCK, _LINK, _BREAK, _MARKED, _TOLD, _PASSED = range(9)
_KINDS = {
    **dict.fromkeys(BLOCKS, _BLOCK),
    **dict.fromkeys((*SKIPPED, "-comment"), _PASSED),
    **dict.fromkeys(_MARKS, _MARKED),
    **dict.fromkeys(_TELLING, _TOLD),
    "-text": _TEXT,
    "a": _LINK,
    "strong": _STRONG,
    "b": _STRONG,
    "br": _BREAK,
}


def _lines(raw: str) -> list[str]:
    """Split at ``<br>``: two in a row part paragraphs, one alone parts two sentences, not the halves of
    one."""
    lines = raw.split("\x00")
    out = [lines[0]]
    for line in lines[1:]:
        before = out[-1].rstrip()
        if not line.strip():
            out.append("")
        elif not before or before[-1] in '.!?…»”"؟:;)' or len(before) < 60:
            out.append(line)
        else:
            out[-1] = before + " " + line.lstrip()
    return [line for line in out if line.strip()]
