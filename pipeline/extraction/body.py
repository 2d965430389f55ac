"""The text of the article."""

from __future__ import annotations

from pipeline.extraction.tree import Block, Node, Page
from pipeline.extraction.words import ARTICLE_TEXT, HEADINGS
from pipeline.extraction.text import key


def _weight(block: Block) -> float:
    n = len(block.text)
    if n == 0 or block.links > 0.5 * n:
        return 0.0
    if block.tag in HEADINGS:
        return 0.0
    if n < 40:
        return 0.0
    return float(min(n, 1000) - block.links)


def judge(page: Page) -> list[float]:
    """Mark furniture; return the weight of each block."""
    blocks = page.blocks
    weights = [_weight(b) for b in blocks]
    sums = [0.0]
    for w in weights:
        sums.append(sums[-1] + w)
    total = sums[-1] or 1.0
    covered = 0
    for node in page.nodes:
        if node.furniture and node.end > covered and node.end > node.start:
            if sums[node.end] - sums[node.start] > 0.5 * total and node.tag not in ("nav",):
                node.furniture = ""
                continue
            for i in range(max(node.start, covered), node.end):
                blocks[i].furniture = node
            covered = max(covered, node.end)
    return [0.0 if b.furniture else w for b, w in zip(blocks, weights)]


def container(page: Page, weights: list[float]) -> Node:
    sums = [0.0]
    for w in weights:
        sums.append(sums[-1] + w)
    total = sums[-1]
    best = page.nodes[0]
    threshold = 0.75
    for node in page.nodes[1:]:
        if node.start >= best.start and node.end <= best.end and not node.furniture:
            inside = sums[node.end] - sums[node.start]
            if inside >= threshold * (sums[best.end] - sums[best.start]) and inside > 0:
                if node.end - node.start > 1 or best.end - best.start > 3:
                    best = node
    return best


def find(page: Page, title: str) -> list[str]:
    weights = judge(page)
    best = container(page, weights)
    title_key = key(title)
    out = []
    for block in page.blocks[best.start : best.end]:
        if block.furniture:
            continue
        n = len(block.text)
        if block.links > 0.6 * n and not (block.tag == "p" and n > 120):
            continue
        if key(block.text) == title_key:
            continue
        out.append(block.text)
    while out and len(out[-1]) < 40:
        out.pop()
    return out
