"""Which boxes of a page are furniture, and which one holds the article.

*Judge*: boxes that outlets name as furniture are set aside, unless one turns out to hold the text.
*Choose*: paragraphs vote for the boxes around them, and the winner grows as long as what it takes in reads
like the same text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.extraction.tree import Block, Node, Page
from pipeline.extraction.words import ARTICLE_TEXT, HEADINGS, STRONG_FURNITURE, THE_END

MIN_CHARS = 60
_RIVAL = 0.5
"""A box further up, below the headline, is the article's with this share of the votes of the best one."""
_ARTICLE = 200.0
"""Weight from which an ``<article>`` element with the headline holds its text, not a teaser of it."""
_END_HEADING = 40
_BELOW = 15
"""Blocks below the headline of which one may be the text, where other boxes are excerpts."""
_CARD, _HEADLINE, _EXCERPT = 5, (20, 160), 0.2
"""Of the card of another article: most blocks, characters of its headline, what its words weigh."""


# --- judge ----------------------------------------------------------------------------------------------


def _weight(block: Block) -> float:
    """How much a block speaks for being article text: its characters, if it is a sentence and not links."""
    n = len(block.text)
    if n < 30 or block.links > 0.5 * n or block.tag in HEADINGS:
        return 0.0
    if n < 60 and block.text[-1] not in '.!?…»”"؟':
        return 0.0
    return float(min(n, 800) - block.links)


def running_sums(weights: list[float]) -> list[float]:
    out = [0.0]
    for weight in weights:
        out.append(out[-1] + weight)
    return out


def judge(page: Page, title_at: int) -> list[float]:
    """Mark the blocks in furniture; return the weight of each block, 0 in furniture.

    A box that holds the headline is none, and neither is one that holds more text than all that stands
    outside.
    """
    blocks = page.blocks
    for block in blocks:
        block.furniture = None
    raw = [_weight(block) for block in blocks]
    sums = running_sums(raw)
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
    _end(page, title_at)
    excerpts = set(_excerpts(page, title_at))
    near = range(title_at + 1, min(title_at + _BELOW, len(blocks)))
    if title_at >= 0 and any(raw[i] and i not in excerpts and not blocks[i].furniture for i in near):
        for index in excerpts:
            raw[index] *= _EXCERPT
    return [0.0 if block.furniture else weight for block, weight in zip(blocks, raw, strict=True)]


def _excerpts(page: Page, title_at: int) -> Iterator[int]:
    """Blocks that stand in a small box below a line that links elsewhere: beginnings of other articles."""
    blocks = page.blocks
    for index, block in enumerate(blocks):
        if len(block.text) < _HEADLINE[0] or block.links > 0.5 * len(block.text):
            continue
        box: Node | None = block.node
        while box is not None and box.end - box.start == 1:
            box = box.parent
        if box is None or box.end - box.start > _CARD or box.start <= title_at < box.end:
            continue
        above = (blocks[i] for i in range(box.start, index))
        if any(_HEADLINE[0] <= len(b.text) <= _HEADLINE[1] and b.links > 0.6 * len(b.text) for b in above):
            yield index


_AFTER = "after the end"


def is_after_the_end(page: Page, index: int) -> bool:
    """Whether the block *index* of a judged page follows the heading of comments or other articles."""
    box = page.blocks[index].furniture if index < len(page.blocks) else None
    return box is not None and box.furniture == _AFTER


def _end(page: Page, title_at: int) -> None:
    """Mark what follows, in its box, the heading of comments or of other articles."""
    blocks = page.blocks
    for index in range(max(title_at, 0) + 1, len(blocks)):
        block = blocks[index]
        if block.furniture or len(block.text) > _END_HEADING or not THE_END.search(block.text):
            continue
        box: Node | None = block.node
        while box is not None and box.end <= index + 1:  # no more than wraps the heading
            box = box.parent
        if box is not None:
            rest = Node(box.tag, box.name, box.parent, index, _AFTER, box.index)
            for below in blocks[index : box.end]:
                below.furniture = below.furniture or rest


def _outermost(page: Page) -> list[Node]:
    """The boxes of furniture that lie in no other."""
    out = []
    covered = 0
    for node in page.nodes:
        if node.furniture and node.end > node.start and node.start >= covered:
            out.append(node)
            covered = node.end
    return out


# --- choose ---------------------------------------------------------------------------------------------

_DIGITS = re.compile(r"\d+")


def choose(page: Page, weights: list[float], title_at: int) -> Node:
    """The box that holds the article."""
    votes = _votes(page, weights, title_at)
    if not votes:
        return _lone(page, weights)
    best = max(votes, key=lambda index: (votes[index], -index))
    if 0 <= title_at < page.nodes[best].start:
        # A longer text further down is another one (the posts of a live blog), unless much longer.
        above = (
            i
            for i in votes
            if title_at <= page.nodes[i].start and page.nodes[i].end <= page.nodes[best].start
        )
        rivals = [index for index in above if votes[index] >= _RIVAL * votes[best]]
        best = max(rivals, key=lambda index: (votes[index], -index), default=best)
    return _of_headline(page, _grown(page, page.nodes[best], weights), weights, title_at)


def _votes(page: Page, weights: list[float], title_at: int) -> dict[int, float]:
    """How much the paragraphs speak for each box around them, by its index; nearer boxes get more."""
    votes: dict[int, float] = {}
    for index, (block, weight) in enumerate(zip(page.blocks, weights, strict=True)):
        if not weight:
            continue
        if index < title_at:  # what stands above the headline is seldom its text
            weight *= 0.25
        node: Node | None = block.node
        while node is not None and node.end - node.start == 1:  # wrappers of this one paragraph
            node = node.parent
        for _ in range(4):
            if node is None or node.tag == "html" or (node.tag == "body" and node is not block.node.parent):
                break
            votes[node.index] = votes.get(node.index, 0.0) + weight
            weight *= 0.6
            node = node.parent
    for mark in page.itemprops:
        if (mark.attributes.get("itemprop") or "").lower() == "articlebody" and mark.node.index in votes:
            votes[mark.node.index] *= 1.5
    for index in votes:
        if ARTICLE_TEXT.search(page.nodes[index].name):
            votes[index] *= 1.2
    return votes


def _of_headline(page: Page, region: Node, weights: list[float], title_at: int) -> Node:
    """Of a box that holds several ``<article>`` elements with text, the one with the headline: the others are
    other articles, printed below it."""
    if not 0 <= title_at < len(page.blocks):
        return region
    lines = (page.blocks[title_at].node, *page.blocks[title_at].node.ancestors())
    own = next((node for node in lines if node.tag == "article"), None)
    if own is None or own.start < region.start or own.end > region.end:
        return region
    sums = running_sums(weights)
    beside = (node for node in page.nodes if node.tag == "article" and region.start <= node.start)
    others = any(
        sums[node.end] > sums[node.start]
        for node in beside
        if own.end <= node.start < node.end <= region.end or node.end <= own.start
    )
    return own if others and sums[own.end] - sums[own.start] >= _ARTICLE else region


def _lone(page: Page, weights: list[float]) -> Node:
    """The box of the heaviest block, where no box holds two."""
    if not any(weights):
        return page.nodes[0]
    heaviest = max(range(len(weights)), key=lambda i: weights[i])
    return page.blocks[heaviest].node


def signature(block: Block) -> tuple[str, str]:
    """How a paragraph is set: its tag and the classes of its box, numbers aside."""
    return block.tag, _DIGITS.sub("", block.node.name)


def _grown(page: Page, node: Node, weights: list[float]) -> Node:
    """The widest box around *node* of which the rest is the same text: set alike, mostly sentences, few
    links."""
    sums = running_sums(weights)
    inside = sums[node.end] - sums[node.start]
    kinds = {signature(page.blocks[i]) for i in range(node.start, node.end) if weights[i]}
    for wider in node.ancestors():
        if wider.tag == "html":
            break
        extra = sums[wider.end] - sums[wider.start] - inside
        if extra <= 0.05 * inside:
            continue
        text = links = alike = 0.0
        for index in (*range(wider.start, node.start), *range(node.end, wider.end)):
            block = page.blocks[index]
            if block.furniture:
                continue
            if block.tag == "h1" and index > node.end:
                return node
            text += len(block.text)
            links += block.links
            if weights[index] and signature(block) in kinds:
                alike += weights[index]
        if alike > 0.6 * extra and extra > 0.5 * text and links < 0.3 * text:
            node, inside = wider, inside + extra
    return node
