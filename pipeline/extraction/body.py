"""The text of the article: which box holds it, and which of its blocks are the article's own words.

Three steps over the blocks of one walk.  *Judge*: boxes that outlets name as furniture are set aside, unless one turns
out to hold the text.  *Choose*: paragraphs vote for the boxes around them, and the winner grows as long as what it
takes in reads like the same text.  *Sift*: within it, blocks that are no sentence of the article go, one by one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from pipeline.extraction.metadata import Claims, string
from pipeline.extraction.published import Place
from pipeline.extraction.text import key
from pipeline.extraction.tree import Block, Node, Page
from pipeline.extraction.words import (
    ARTICLE_TEXT,
    CAPTION_NAME,
    CREDIT,
    DATE_BOX,
    ENDING,
    HEADINGS,
    LEAD,
    PAYWALL,
    PHRASE,
    READ_ALSO,
    STRONG_FURNITURE,
)

MIN_CHARS = 60


@dataclass(frozen=True, slots=True)
class Text:
    paragraphs: tuple[str, ...]
    place: Place
    origin: str = "dom"
    subtitle: str | None = None
    subtitle_origin: str = ""
    partial: bool = False
    """The outlet shows only the beginning (paywall)."""


def find(page: Page, claims: Claims, title: str, title_at: int) -> Text:
    """The article's paragraphs; none where the page has no text."""
    weights = judge(page, title_at)
    region = choose(page, weights, title_at)
    kept = sift(page, weights, region, title)
    paragraphs = [page.blocks[i].text for i in kept]
    place = Place(title_at, kept[0] if kept else region.start, kept[-1] + 1 if kept else region.end, frozenset(kept))
    return Text(tuple(paragraphs), place)


# --- judge ----------------------------------------------------------------------------------------------------------


def _weight(block: Block) -> float:
    """How much a block speaks for being article text: its characters, if it is a sentence and not links."""
    n = len(block.text)
    if n < 30 or block.links > 0.5 * n or block.tag in HEADINGS:
        return 0.0
    if n < 60 and block.text[-1] not in ".!?…»”\"؟":
        return 0.0
    return float(min(n, 800) - block.links)


def _sums(weights: list[float]) -> list[float]:
    out = [0.0]
    for weight in weights:
        out.append(out[-1] + weight)
    return out


def judge(page: Page, title_at: int) -> list[float]:
    """Mark the blocks in furniture; return the weight of each block, 0 in furniture.

    A box that holds the headline is none, and neither is one that holds more text than all that stands outside.
    """
    blocks = page.blocks
    raw = [_weight(block) for block in blocks]
    sums = _sums(raw)
    if 0 <= title_at < len(blocks):
        for node in (blocks[title_at].node, *blocks[title_at].node.ancestors()):
            node.furniture = ""
    outer = _outermost(page)
    free = sums[-1] - sum(sums[n.end] - sums[n.start] for n in outer)
    while True:
        heaviest = max(
            (n for n in outer if not STRONG_FURNITURE.search(n.furniture)),
            key=lambda n: sums[n.end] - sums[n.start],
            default=None,
        )
        if heaviest is None or sums[heaviest.end] - sums[heaviest.start] <= max(free, MIN_CHARS):
            break
        heaviest.furniture = ""
        outer = _outermost(page)
        free = sums[-1] - sum(sums[n.end] - sums[n.start] for n in outer)
    for node in outer:
        for index in range(node.start, node.end):
            blocks[index].furniture = node
    return [0.0 if block.furniture else weight for block, weight in zip(blocks, raw, strict=True)]


def _outermost(page: Page) -> list[Node]:
    """The boxes of furniture that lie in no other."""
    out = []
    covered = 0
    for node in page.nodes:
        if node.furniture and node.end > node.start and node.start >= covered:
            out.append(node)
            covered = node.end
    return out


# --- choose ---------------------------------------------------------------------------------------------------------


def choose(page: Page, weights: list[float], title_at: int) -> Node:
    """The box that holds the article."""
    sums = _sums(weights)
    scores: dict[int, float] = {}
    for block, weight in zip(page.blocks, weights, strict=True):
        if not weight:
            continue
        node: Node | None = block.node
        if node is not None and node.tag in ("p", "blockquote", "li", "span"):
            node = node.parent
        share = weight
        for _ in range(4):
            if node is None or node.tag in ("body", "html"):
                break
            scores[node.index] = scores.get(node.index, 0.0) + share
            share *= 0.6
            node = node.parent
    if not scores:
        return page.nodes[0]
    for mark in page.itemprops:
        if (mark.attributes.get("itemprop") or "").lower() == "articlebody" and mark.node.index in scores:
            scores[mark.node.index] *= 1.5
    best = max(scores, key=lambda i: (scores[i] * (1.2 if ARTICLE_TEXT.search(page.nodes[i].name) else 1.0), -i))
    node = page.nodes[best]
    inside = sums[node.end] - sums[node.start]
    # grow while the wider box adds more of the same
    while node.parent is not None and node.parent.tag not in ("html",):
        wider = node.parent
        more = sums[wider.end] - sums[wider.start]
        extra = more - inside
        if extra <= 0:
            node = wider if wider.start == node.start and wider.end == node.end else node
            if wider.start != node.start or wider.end != node.end:
                break
            continue
        if extra < 0.15 * inside or not _same_text(page, node, wider, weights):
            break
        node, inside = wider, more
    return node


def _same_text(page: Page, node: Node, wider: Node, weights: list[float]) -> bool:
    """Whether what *wider* adds to *node* reads like the same article: sentences, not cards of links."""
    text = links = heavy = heads = 0
    for index in (*range(wider.start, node.start), *range(node.end, wider.end)):
        block = page.blocks[index]
        if block.furniture:
            continue
        size = len(block.text)
        text += size
        links += block.links
        heavy += size if weights[index] else 0
        if index >= node.end and block.tag == "h1":
            return False
        heads += 1 if block.tag in HEADINGS and block.links > 0.5 * size else 0
    return heavy > 0.6 * text and links < 0.3 * text and heads < 3


# --- sift -----------------------------------------------------------------------------------------------------------


def caption_box(block: Block) -> Node | None:
    """The box that makes a block a caption, if one does."""
    node: Node | None = block.node
    for _ in range(3):
        if node is None:
            return None
        if node.tag in ("figcaption", "caption") or (node.name and CAPTION_NAME.search(node.name)):
            return node if node.end - node.start <= 4 else None
        node = node.parent
    return None


def sift(page: Page, weights: list[float], region: Node, title: str) -> list[int]:
    """Indexes of the blocks of *region* that are the article's words, in order."""
    title_key = key(title)
    sums = _sums(weights)
    kept: list[int] = []
    for index in range(region.start, region.end):
        block = page.blocks[index]
        if block.furniture:
            continue
        line = block.text
        n = len(line)
        if block.links > 0.6 * n and not (block.tag == "p" and n > 120):
            continue
        if n < len(title) + 30 and key(line) == title_key:
            continue
        if caption_box(block):
            continue
        if block.tag in HEADINGS and ENDING.search(line):
            if kept and sums[region.end] - sums[index] < 0.25 * (sums[index] - sums[region.start]):
                break
            continue
        if n < 200 and (READ_ALSO.search(line) or PHRASE.search(line) or CREDIT.search(line)):
            continue
        kept.append(index)
    while kept and len(page.blocks[kept[-1]].text) < 40 and page.blocks[kept[-1]].text[-1] not in ".!?…»”\"؟":
        kept.pop()
    return kept
