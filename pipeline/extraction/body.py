"""The text of the article: which box holds it, and which of its blocks are the article's own words.

Three steps over the blocks of one walk.  *Judge*: boxes that outlets name as furniture are set aside, unless
one turns out to hold the text.  *Choose*: paragraphs vote for the boxes around them, and the winner grows as
long as what it takes in reads like the same text.  *Sift*: within it, blocks that are no sentence of the
article go, one by one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from config.fold import fold
from pipeline.extraction.dates import clock, written
from pipeline.extraction.metadata import Claims, string, unescape
from pipeline.extraction.published import Place
from pipeline.extraction.text import clean, key
from pipeline.extraction.tree import Block, Node, Page
from pipeline.extraction.words import (
    ARTICLE_TEXT,
    BIO,
    CREDIT,
    CREDIT_END,
    DATE_LINE,
    ENDING,
    HEADINGS,
    LEAD,
    PAYWALL,
    PHRASE,
    POST,
    PROMO,
    PROMO_HINT,
    READ_ALSO,
    SIGNED,
    STRONG_FURNITURE,
    THE_END,
)

MIN_CHARS = 60
_RIVAL = 0.5
"""A box further up, below the headline, is the article's with this share of the votes of the best one."""
_ARTICLE = 200.0
"""Weight from which an ``<article>`` element with the headline holds its text, not a teaser of it."""
_STUB = 2000


@dataclass(frozen=True, slots=True)
class Text:
    paragraphs: tuple[str, ...]
    place: Place
    origin: str = "dom"
    subtitle: str | None = None
    subtitle_origin: str = ""
    partial: bool = False
    """The outlet shows only the beginning (paywall)."""
    second: bool = False
    """Found at the second reading."""
    starts: tuple[int, ...] = ()
    """The block that each paragraph begins with, where the text is the page's own."""


def find(page: Page, claims: Claims, title: str, title_at: int) -> Text:
    """The article's paragraphs; none where the page has no text.

    Where the page describes itself with words that stand in it, but not in the text found, it is read a
    second time, and what holds those words and is not much shorter is the text.
    """
    signers = _signers(claims)
    region, kept = _read(page, title, title_at, signers)
    said = _missed(page, claims, title, title_at, kept)
    second = False
    if said >= 0:
        around = (page.blocks[said].node, *page.blocks[said].node.ancestors())
        names = {node.name for node in around if node.furniture}
        for node in page.nodes:
            if node.furniture and node.name in names:  # its paragraphs may each have a box of that name
                node.furniture = ""
        other, again = _read(page, title, title_at, signers, said)
        if said in again and _size(page, again) >= _SECOND * _size(page, kept):
            region, kept, second = other, again, True
    rows = list(_rows(page, kept))
    paragraphs = [" ".join([_printed(page.blocks[i]) for i in row]) for row in rows]
    starts, origin = tuple([row[0] for row in rows]), "dom"
    stated = _stated(claims)
    if stated and _better(stated, paragraphs):
        paragraphs, starts, origin = stated, (), "json-ld"
    place = Place(
        title_at, kept[0] if kept else region.start, kept[-1] + 1 if kept else region.end, frozenset(kept)
    )
    partial = _partial(page, claims, region, paragraphs)
    return Text(tuple(paragraphs), place, origin, partial=partial, starts=starts, second=second)


def _read(page: Page, title: str, title_at: int, signers: set[str], said: int = -1) -> tuple[Node, list[int]]:
    """(box, blocks) of the text; *said* is a block that the page's description is taken from."""
    weights = judge(page, title_at)
    region = choose(page, weights, title_at)
    kept = sift(page, weights, region, title, title_at, signers) or fallback(weights, region)
    return region, lead(page, weights, region, title_at, title, signers, said) + kept


def _size(page: Page, kept: list[int]) -> int:
    return sum([len(page.blocks[index].text) for index in kept])


def _missed(page: Page, claims: Claims, title: str, title_at: int, kept: list[int]) -> int:
    """The block that holds the words of the page's description, if it stands below the headline and outside
    the text, and not after a text of some length; else -1."""
    words = key(claims.meta("og:description", "description", "twitter:description") or "").split()
    if len(words) < _DESCRIBED[1]:
        return -1
    said = " ".join(words[slice(*_DESCRIBED)])
    near = " ".join([page.blocks[index].text for index in kept[:_FIRST]])
    if said in key(f"{title} {near}") or said in key(" ".join([page.blocks[index].text for index in kept])):
        return -1
    last = kept[-1] if _size(page, kept) >= _STUB_TEXT else len(page.blocks)
    for index in range(max(title_at, 0) + 1, last):
        block = page.blocks[index]
        if len(block.text) >= MIN_CHARS and block.links < 0.5 * len(block.text) and said in key(block.text):
            return index
    return -1


def _rows(page: Page, kept: list[int]) -> Iterator[list[int]]:
    """The blocks of each paragraph: one, or the cells of a row in a table of figures."""
    row: list[int] = []
    for index in kept:
        if row and not _in_one_row(page.blocks[row[-1]].node, page.blocks[index].node):
            yield row
            row = []
        row.append(index)
    if row:
        yield row


def _in_one_row(cell: Node, other: Node) -> bool:
    """Whether two boxes are cells of one row, each with a line of its own.

    Tables that lay out a page have more in a cell.
    """
    return (
        cell.tag in _CELLS
        and other.tag in _CELLS
        and cell.parent is other.parent
        and cell is not other
        and cell.end - cell.start == other.end - other.start == 1
    )


def explained(page: Page, claims: Claims, title: str, title_at: int, kept: frozenset[int]) -> list[str]:
    """Why each block of *page* is not of the text; empty for those that :func:`find` *kept*."""
    weights = judge(page, title_at)
    told = fates(page, weights, choose(page, weights, title_at), title, title_at, _signers(claims))
    out = []
    for index, block in enumerate(page.blocks):
        if index in kept:
            out.append("")
        elif block.furniture:
            out.append(f"furniture: {block.furniture.furniture}")
        else:
            out.append(told.get(index) or "outside the box of the text")
    return out


def _partial(page: Page, claims: Claims, region: Node, paragraphs: list[str]) -> bool:
    """Whether the outlet keeps the rest to subscribers: it says so at the text's end, or in its metadata of
    a stub."""
    for block in page.blocks[region.start : region.end + 8]:
        if len(block.text) < 300 and PAYWALL.search(block.text.lower()):
            return True
    free = claims.article.get("isAccessibleForFree")
    locked = free is False or (isinstance(free, str) and free.lower().endswith("false"))
    locked = locked or claims.meta("article:content_tier") == "locked"
    return locked and sum(map(len, paragraphs)) < _STUB


# --- judge ----------------------------------------------------------------------------------------------


def _weight(block: Block) -> float:
    """How much a block speaks for being article text: its characters, if it is a sentence and not links."""
    n = len(block.text)
    if n < 30 or block.links > 0.5 * n or block.tag in HEADINGS:
        return 0.0
    if n < 60 and block.text[-1] not in '.!?…»”"؟':
        return 0.0
    return float(min(n, 800) - block.links)


def _sums(weights: list[float]) -> list[float]:
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
    sums = _sums(weights)
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


def _signature(block: Block) -> tuple[str, str]:
    """How a paragraph is set: its tag and the classes of its box, numbers aside."""
    return block.tag, _DIGITS.sub("", block.node.name)


def _grown(page: Page, node: Node, weights: list[float]) -> Node:
    """The widest box around *node* of which the rest is the same text: set alike, mostly sentences, few
    links."""
    sums = _sums(weights)
    inside = sums[node.end] - sums[node.start]
    kinds = {_signature(page.blocks[i]) for i in range(node.start, node.end) if weights[i]}
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
            if weights[index] and _signature(block) in kinds:
                alike += weights[index]
        if alike > 0.6 * extra and extra > 0.5 * text and links < 0.3 * text:
            node, inside = wider, inside + extra
    return node


# --- sift -----------------------------------------------------------------------------------------------


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


# Alone in its block: the outlet's system should have made a player of it.
_ADDRESS = re.compile(
    r"https?://(?:\w+\.)*(?:youtube|youtu|dailymotion|facebook|fb|twitter|x|vimeo)\.\w+/\S+"
)
_ACCOUNT = re.compile(r"\s*(?:\(@\w+\)|\bpic\.(?:twitter|x)\.com/\w+)")
"""In an embedded post: who posted it, and its picture."""
_CELLS = ("td", "th")
_CAPTION = 60
_OWN_TEXT = HEADINGS | {"p", "li", "td", "th", "blockquote"}
"""Elements that hold an article's words, however few."""
_DESCRIBED, _FIRST = (3, 11), 4
"""Which words of a description are looked for (outlets change the first), in how many paragraphs first."""
_SECOND, _STUB_TEXT = 0.5, 300
"""Share of the first reading's characters that a second one needs; characters from which a text is no
accident."""
_END_HEADING = 40
_BELOW = 15
"""Blocks below the headline of which one may be the text, where other boxes are excerpts."""
_CARD, _HEADLINE, _EXCERPT = 5, (20, 160), 0.2
"""Of the card of another article: most blocks, characters of its headline, what its words weigh."""
_SENTENCE_END = '.!?…»”"؟'
_LABEL_LETTERS = 30


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
    sums = _sums(weights)
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
        elif n < 200 and (READ_ALSO.search(line) or PHRASE.search(line)):
            out[index] = "furniture's words"
        elif n < 400 and (CREDIT.search(line) or CREDIT_END.search(line.lower()[-100:])):
            out[index] = "credit"
        elif n < 110 and is_label(line, signers):
            out[index] = "date or signature"
        elif n < 900 and sums[region.end] - sums[index + 1] < 0.1 * total and BIO.search(line):
            out[index] = "about the author"
        elif ended and not (weights[index] and _signature(block) in kinds):
            out[index] = "after the end"
        else:
            ended = False
            out[index] = "said before" if n > 40 and line[:200] in seen else ""
            seen.add(line[:200])
    kept = [index for index, why in out.items() if not why]
    first = next((index for index in kept if weights[index]), -1)
    for index in kept:
        apart = index < title_at or page.blocks[index].tag not in _OWN_TEXT
        if index < first and apart and _is_loose_end(page.blocks[index].text):
            out[index] = "loose beginning"
    while kept and _is_loose_end(page.blocks[kept[-1]].text):
        out[kept.pop()] = "loose end"
    return out


def _printed(block: Block) -> str:
    """The words of a block; of an embedded post without the name of the account."""
    line = block.text
    if ("(@" in line or "pic." in line) and _in_post(block.node):
        return _ACCOUNT.sub("", line)
    return line


def _in_post(node: Node | None) -> bool:
    """Whether a box is a social network's post: its words are quoted, the account that it names is not."""
    for _ in range(4):
        if node is None:
            return False
        if node.name and POST.search(node.name):
            return True
        node = node.parent
    return False


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
            one = _signature(page.blocks[index])
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
    if DATE_LINE.search(line) or (SIGNED.search(line) and line[-1] not in ".!?" and len(line) < 80):
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
        if (
            key(line) == title_key
            or READ_ALSO.search(line)
            or PHRASE.search(line)
            or CREDIT.search(line)
            or CREDIT_END.search(line.lower()[-100:])
        ):
            continue
        if len(line) < 110 and is_label(line, signers):
            continue
        out.append(index)
    return out if len(out) <= 9 else []


def _signers(claims: Claims) -> set[str]:
    """Names that the page's metadata give for author, outlet and publisher, as keys."""
    names = [claims.meta("author"), claims.meta("og:site_name"), string(claims.article.get("publisher"))]
    author = claims.article.get("author")
    names += [string(one) for one in (author if isinstance(author, list) else [author])]
    return {key(name) for name in names if name}


# --- what the page states in its metadata ---------------------------------------------------------------

_MIN_STATED = 200


def _stated(claims: Claims) -> list[str]:
    """JSON-LD ``articleBody`` in paragraphs; empty if there is none worth it."""
    raw = claims.article.get("articleBody")
    if not isinstance(raw, str) or len(raw) < _MIN_STATED:
        return []
    raw = unescape(raw)
    if "<" in raw:
        raw = _BREAKS.sub("\n", raw)
        raw = _TAGS.sub("", raw)
    return [line for part in raw.split("\n") if (line := clean(part))]


def _better(stated: list[str], found: list[str]) -> bool:
    """Whether the stated text is the found one and more: it holds nearly all of it and is clearly longer."""
    if not found:
        return True
    size, ours = sum(map(len, stated)), sum(map(len, found))
    if size < 1.1 * ours or size > 8 * max(ours, 400):
        return False
    words = key(" ".join(stated))
    within = sum(len(p) for p in found if key(p)[:80] in words)
    return within > 0.6 * ours or ours < 300


_BREAKS = re.compile(r"<(?:br|/p|/div|/h\d|/li)\b[^>]*>", re.IGNORECASE)
_TAGS = re.compile(r"<[^>]{0,2000}>")
