"""Which blocks of the article's box are its own words: what is no sentence of it goes, one by one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from config.fold import fold
from pipeline.extraction.boxes import running_sums, signature
from pipeline.extraction.dates import clock, written
from pipeline.extraction.text import key
from pipeline.extraction.tree import Block, Node, Page
from pipeline.extraction.words import (
    BIO,
    BOILERPLATE,
    BRACKETED,
    COUNTER,
    CREDIT,
    CREDIT_END,
    DATE_LINE,
    ENDING,
    HEADINGS,
    LABEL,
    LEAD,
    PHRASE,
    PROMO,
    PROMO_HINT,
    QUOTE,
    READ_ALSO,
    SIGNED,
)

_ADDRESS = re.compile(
    r"https?://(?:\w+\.)*(?:youtube|youtu|dailymotion|facebook|fb|twitter|x|vimeo)\.\w+/\S+"
)
"""Alone in its block: the outlet's system should have made a player of it."""
_CAPTION = 60
_QUOTE_BLOCKS, _QUOTE_CHARS, _MOST_QUOTES = 4, 15, 40
_OWN_TEXT = HEADINGS | {"p", "li", "td", "th", "blockquote"}
"""Elements that hold an article's words, however few."""
_SENTENCE_END = '.!?…»”"؟'
_LABEL_LETTERS, _LONG_LABEL = 30, 160


def caption_box(block: Block) -> Node | None:
    """The box that makes a block a caption, if one does."""
    node: Node | None = block.node
    for _ in range(3):
        if node is None:
            return None
        if node.caption:
            return node if node.end - node.start <= 4 else None
        node = node.parent
    return None


def sift(
    page: Page, weights: list[float], region: Node, title: str, title_at: int, signers: set[str]
) -> list[int]:
    """Indexes of the blocks of *region* that are the article's words, in order."""
    return [index for index, why in fates(page, weights, region, title, title_at, signers).items() if not why]


def fates(
    page: Page, weights: list[float], region: Node, title: str, title_at: int, signers: set[str]
) -> dict[int, str]:
    """Why each block of *region* is not the article's words, by its index; empty for those that are."""
    title_key = key(title)
    sums = running_sums(weights)
    total = sums[region.end] - sums[region.start]
    pictures = _picture_boxes(page, region) | captions_beside(page).keys()
    kinds = _kinds(page, weights, region, total)
    out: dict[int, str] = {}
    seen: set[str] = set()
    ended = False
    for index in range(region.start, region.end):
        block = page.blocks[index]
        line, n = block.text, len(block.text)
        if index in out:  # in an inset that was told before
            continue
        if block.furniture:
            out[index] = "furniture"
        elif _is_link_line(block):
            out[index] = "links"
        elif n < len(title) + 30 and key(line) == title_key:
            out[index] = "the title again"
        elif index in pictures or caption_box(block):
            out[index] = "caption"
        elif _ends_the_text(block):
            inset = _small_box(page, index, region, sums, total)
            out |= dict.fromkeys(range(index, inset.stop), "read also")
            ended = block.tag in HEADINGS and "" in out.values()
        elif _is_promotion(line) and (n < 120 or len(_small_box(page, index, region, sums, total)) > 1):
            out |= dict.fromkeys(_small_box(page, index, region, sums, total), "promotion")
        elif n < 200 and _ADDRESS.fullmatch(line):
            out[index] = "an address"
        elif _is_of_the_outlet(line):
            out[index] = "furniture's words"
        elif n < 400 and _is_credit(line):
            out[index] = "credit"
        elif (n < 110 and is_label(line, signers)) or (
            n < _LONG_LABEL and ":" in line and COUNTER.search(line)
        ):
            out[index] = "date or signature"
        elif n < 900 and sums[region.end] - sums[index + 1] < 0.1 * total and BIO.search(line):
            out[index] = "about the author"
        elif ended and not (weights[index] and signature(block) in kinds):
            out[index] = "after the end"
        else:
            ended = False
            out[index] = "said before" if n > 40 and line[:200] in seen else ""
            seen.add(line[:200])
    kept = [index for index, why in out.items() if not why]
    for index in _pull_quotes(page, kept):
        out[index] = "quoted from the text"
    kept = [index for index in kept if not out[index]]
    first = next((index for index in kept if weights[index]), -1)
    for index in kept:
        apart = index < title_at or page.blocks[index].tag not in _OWN_TEXT
        if index < first and apart and _is_loose_end(page.blocks[index].text):
            out[index] = "loose beginning"
    while kept and _is_loose_end(page.blocks[kept[-1]].text):
        out[kept.pop()] = "loose end"
    return out


def _pull_quotes(page: Page, kept: list[int]) -> Iterator[int]:
    """Blocks of quotations that only repeat words of another paragraph, with who said them."""
    boxes: dict[int, list[int]] = {}
    whole: list[str] = []
    for index in kept:
        box = _quotation(page.blocks[index].node)
        if box is not None and box.end - box.start <= _QUOTE_BLOCKS:
            boxes.setdefault(box.index, []).append(index)
    for quoted in boxes.values() if len(boxes) <= _MOST_QUOTES else ():  # no text lifts out so many
        longest = key(max((page.blocks[index].text for index in quoted), key=len))
        whole = whole or [key(page.blocks[index].text) for index in kept]
        rest = (line for index, line in zip(kept, whole, strict=True) if index not in quoted)
        if len(longest) > _QUOTE_CHARS and any(longest in line for line in rest):
            yield from quoted


@lru_cache(maxsize=20_000)
def _is_quote(name: str) -> bool:
    return bool(QUOTE.search(name))


def _quotation(node: Node | None) -> Node | None:
    """The box of a quotation around a block, if there is one."""
    for _ in range(4):
        if node is None:
            return None
        if node.tag == "blockquote" or (node.name and _is_quote(node.name)):
            return node
        node = node.parent
    return None


def _is_link_line(block: Block) -> bool:
    """Whether a block is a link to elsewhere rather than a sentence with links in it."""
    n = len(block.text)
    if block.links <= 0.6 * n or (block.tag == "p" and n > 120):
        return False
    return block.tag in HEADINGS or n < 60 or not (block.tag == "p" and block.text[-1] in _SENTENCE_END)


def _ends_the_text(block: Block) -> bool:
    """Whether a block is the heading of what is not the article's ("Read also:")."""
    line, n = block.text, len(block.text)
    if n >= 120 or not (ENDING.search(line) or (n < 60 and READ_ALSO.search(line))):
        return False
    return block.tag in HEADINGS or block.strong > 0.5 * n or line[-1] == ":" or n < 40


def _is_of_the_outlet(line: str) -> bool:
    """Whether a line leads elsewhere or speaks of the outlet, by its first words."""
    n = len(line)
    if n < 200 and (READ_ALSO.search(line) or PHRASE.search(line)):
        return True
    return n < 600 and bool(BOILERPLATE.search(line) or ("]" in line and BRACKETED.search(line)))


def _is_credit(line: str) -> bool:
    return bool(CREDIT.search(line[:400]) or CREDIT_END.search(line.lower()[-100:]))


def _is_promotion(line: str) -> bool:
    low = line.lower()
    return len(line) < 300 and bool(PROMO_HINT.search(low) and PROMO.search(low))


def _is_loose_end(line: str) -> bool:
    """A few words without a full stop, with which no text ends."""
    return len(line) < 40 and line[-1] not in _SENTENCE_END


def _kinds(page: Page, weights: list[float], region: Node, total: float) -> set[tuple[str, str]]:
    """The settings that a fifth or more of the text has."""
    by: dict[tuple[str, str], float] = {}
    for index in range(region.start, region.end):
        if weights[index]:
            one = signature(page.blocks[index])
            by[one] = by.get(one, 0.0) + weights[index]
    return {one for one, weight in by.items() if weight >= 0.2 * total}


def _small_box(page: Page, index: int, region: Node, sums: list[float], total: float) -> range:
    """The largest box around a block that is small beside the text: an inset, not a part of the article."""
    best = range(index, index + 1)
    for node in (page.blocks[index].node, *page.blocks[index].node.ancestors()):
        if node is region or (node.start <= region.start and node.end >= region.end):
            break
        if node.end - node.start > 40 or sums[node.end] - sums[node.start] > min(1500.0, 0.3 * total):
            break
        best = range(node.start, node.end)
    return best


def _picture_boxes(page: Page, region: Node) -> set[int]:
    """Short blocks that stand in one box with a picture and nothing else: captions without a name."""
    out: set[int] = set()
    for mark in page.images:
        if not region.start <= mark.at <= region.end:
            continue
        node: Node | None = mark.node
        for _ in range(4):
            if node is None or node.end - node.start > 2 or node.tag in ("p", "li", "td"):
                break
            if node.end > node.start:
                if (
                    all(len(page.blocks[i].text) < 250 for i in range(node.start, node.end))
                    and node.start > region.start - 1
                ):
                    out.update(range(node.start, node.end))
                break
            node = node.parent
    return out


def captions_beside(page: Page) -> dict[int, str]:
    """Few words right below a picture, in one box with it and with the text: block index → caption."""
    blocks = page.blocks
    return {
        mark.at: blocks[mark.at].text
        for mark in page.images
        if mark.at < len(blocks)
        and blocks[mark.at].node is mark.node
        and len(blocks[mark.at].text) < _CAPTION
        and blocks[mark.at].text[-1] not in _SENTENCE_END
        and blocks[mark.at].tag not in HEADINGS
        and blocks[mark.at].links == 0
    }


def is_label(line: str, signers: set[str]) -> bool:
    """A date, a signature or an outlet's name on a line of its own."""
    if (
        DATE_LINE.search(line)
        or LABEL.search(line)
        or (SIGNED.search(line) and line[-1] not in ".!?" and len(line) < 80)
    ):
        return True
    if key(line) in signers:
        return True
    if any(char.isdigit() for char in line):
        if len(line) < _LABEL_LETTERS and clock(line) is not None:
            return True  # of an entry of a live blog
        found = written(line)
        if found:
            folded = fold(line)
            rest = folded
            for one in reversed(found):
                rest = rest[: one.start] + rest[one.end :]
            return sum(char.isalpha() for char in rest) < _LABEL_LETTERS and line[-1] not in ".!?"
    return False


def fallback(weights: list[float], region: Node) -> list[int]:
    """Where sifting left nothing: every sentence of the box, else of the page."""
    inside = [i for i in range(region.start, region.end) if weights[i]]
    return inside or [i for i, weight in enumerate(weights) if weight]


def lead(
    page: Page,
    weights: list[float],
    region: Node,
    title_at: int,
    title: str,
    signers: set[str],
    said: int = -1,
) -> list[int]:
    """The standfirst: sentences between the headline and the text that stand in neither's box."""
    if not 0 <= title_at < region.start:
        return []
    title_key = key(title)
    out = []
    for index in range(title_at + 1, region.start):
        block = page.blocks[index]
        if block.furniture or caption_box(block) or block.links > 0.3 * len(block.text):
            continue
        named = LEAD.search(block.node.name) or (block.node.parent and LEAD.search(block.node.parent.name))
        line = block.text
        if not (
            weights[index]
            or index == said
            or (named and len(line) > 40)
            or (block.tag == "h2" and len(line) > 60)
        ):
            continue
        if key(line) == title_key or READ_ALSO.search(line) or PHRASE.search(line[:200]) or _is_credit(line):
            continue
        if len(line) < 110 and is_label(line, signers):
            continue
        out.append(index)
    return out if len(out) <= 9 else []
