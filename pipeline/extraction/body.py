"""The text of the article.

Three steps over the blocks of one walk: furniture is judged and the article's box chosen
(:mod:`pipeline.extraction.boxes`), and its blocks are sifted (:mod:`pipeline.extraction.sift`).  Where the
page describes itself with words that stand in it but not in what was found, it is read a second time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.extraction.boxes import MIN_CHARS, choose, judge
from pipeline.extraction.metadata import Claims, string, unescape
from pipeline.extraction.posts import quoted, without_accounts
from pipeline.extraction.published import Place
from pipeline.extraction.sift import fallback, fates, lead, sift
from pipeline.extraction.text import clean, key
from pipeline.extraction.tree import Node, Page
from pipeline.extraction.words import PAYWALL

_STUB = 2000
_CELLS = ("td", "th")
_HIDDEN = ("hidden", "modal", "popup", "overlay", "dialog")
_DESCRIBED, _FIRST = (3, 11), 4
"""Which words of a description are looked for (outlets change the first), in how many paragraphs first."""
_SECOND, _STUB_TEXT = 0.5, 300
"""Share of the first reading's characters that a second one needs; characters from which a text is no
accident."""


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
        freed = [(node, node.furniture) for node in page.nodes if node.furniture and node.name in names]
        for node, _ in freed:  # its paragraphs may each have a box of that name
            node.furniture = ""
        other, again = _read(page, title, title_at, signers, said)
        if said in again and _size(page, again) >= _SECOND * _size(page, kept):
            region, kept, second = other, again, True
        else:
            for node, furniture in freed:
                node.furniture = furniture
            judge(page, title_at)
    rows = [
        (row[0], line)
        for row in _rows(page, kept)
        if (line := " ".join([quoted(page.blocks[index]) for index in row]))
    ]
    starts, paragraphs, origin = tuple([at for at, _ in rows]), [line for _, line in rows], "dom"
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
    free = claims.article.get("isAccessibleForFree")
    size = sum(map(len, paragraphs))
    said = free is True or (isinstance(free, str) and free.lower().endswith("true"))
    for block in page.blocks[region.start : region.end + 8]:
        hidden = block.furniture is not None and block.furniture.furniture in _HIDDEN
        if hidden and said and size > _STUB_TEXT:
            continue  # what a button of the page would say
        if len(block.text) < 300 and PAYWALL.search(block.text.lower()):
            return True
    locked = free is False or (isinstance(free, str) and free.lower().endswith("false"))
    locked = locked or claims.meta("article:content_tier") == "locked"
    return locked and size < _STUB


def _signers(claims: Claims) -> set[str]:
    """Names that the page's metadata give for author, outlet and publisher, as keys."""
    names = [claims.meta("author"), claims.meta("og:site_name"), string(claims.article.get("publisher"))]
    author = claims.article.get("author")
    names += [string(one) for one in (author if isinstance(author, list) else [author])]
    return {key(name) for name in names if name}


# --- what the page states in its metadata ---------------------------------------------------------------

_MIN_STATED = 200
_PARAGRAPHS, _FLAT = 4, 1.4


def _stated(claims: Claims) -> list[str]:
    """JSON-LD ``articleBody`` in paragraphs; empty if there is none worth it."""
    raw = claims.article.get("articleBody")
    if not isinstance(raw, str) or len(raw) < _MIN_STATED:
        return []
    raw = unescape(raw)
    if "<" in raw:
        raw = _BREAKS.sub("\n", raw)
        raw = _TAGS.sub("", raw)
    return [line for part in raw.split("\n") if (line := without_accounts(clean(part)))]


def _better(stated: list[str], found: list[str]) -> bool:
    """Whether the stated text is the found one and more: it holds nearly all of it and is clearly longer."""
    if not found:
        return True
    size, ours = sum(map(len, stated)), sum(map(len, found))
    flat = len(stated) == 1 and len(found) >= _PARAGRAPHS  # its paragraphs are lost
    if size < (_FLAT if flat else 1.1) * ours or size > 8 * max(ours, 400):
        return False
    words = key(" ".join(stated))
    within = sum(len(p) for p in found if key(p)[:80] in words)
    return within > 0.6 * ours or ours < 300


_BREAKS = re.compile(r"<(?:br|/p|/div|/h\d|/li)\b[^>]*>", re.IGNORECASE)
_TAGS = re.compile(r"<[^>]{0,2000}>")
