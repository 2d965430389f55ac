"""What an outlet's own dated selectors point at, where generic reading is not enough.

This is the one place that pays for BeautifulSoup: its selectors are what people write and test by hand, and
only the few outlets that have rules come here.  The soup is made of the tree that Lexbor built, so that both
see the same page.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from selectolax.lexbor import LexborHTMLParser

from config.model import SELECTORS, SelectorRule
from pipeline.extraction.posts import without_accounts
from pipeline.extraction.text import clean
from store.records import Image

if TYPE_CHECKING:
    from bs4 import BeautifulSoup, Tag


@dataclass(frozen=True, slots=True)
class Selected:
    """The fields that a rule found; empty where it names no selector or the selector finds nothing."""

    title: str = ""
    subtitle: str = ""
    paragraphs: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    published: str = ""
    """As written: ``datetime`` or ``content`` of the element, else its text."""
    modified: str = ""
    section: str = ""
    tags: tuple[str, ...] = ()
    images: tuple[Image, ...] = ()
    """Addresses as written."""
    videos: tuple[str, ...] = ()
    """Addresses as written."""


def rule_for(rules: tuple[SelectorRule, ...], day: date) -> SelectorRule | None:
    """The newest rule that was in force on *day*."""
    valid = [rule for rule in rules if rule.valid_from is None or rule.valid_from <= day]
    return max(valid, key=lambda rule: rule.valid_from or date.min, default=None)


def drop(parser: LexborHTMLParser, rule: SelectorRule) -> None:
    """Take the boxes that the rule drops out of the tree, before anything reads it."""
    for selector in rule.drop:
        for node in parser.css(selector):
            node.decompose()


def read(parser: LexborHTMLParser, rule: SelectorRule) -> Selected:
    """The fields that the rule's selectors find."""
    if not any(getattr(rule, name) for name in SELECTORS):
        return Selected()
    from bs4 import BeautifulSoup  # few outlets need it, and it takes a fifth of a reader's start

    soup = BeautifulSoup(parser.html or "", "lxml")
    return Selected(
        title=_first(soup, rule.title),
        subtitle=_first(soup, rule.subtitle),
        paragraphs=_paragraphs(soup, rule.body),
        authors=_texts(soup, rule.authors),
        published=_stamp(soup, rule.published),
        modified=_stamp(soup, rule.modified),
        section=_first(soup, rule.section),
        tags=_texts(soup, rule.tags),
        images=_images(soup, rule.images),
        videos=_addresses(soup, rule.videos),
    )


def _text(tag: Tag) -> str:
    return clean(tag.get_text(" "))


def _first(soup: BeautifulSoup, selector: str | None) -> str:
    tag = soup.select_one(selector) if selector else None
    return _text(tag) if tag else ""


def _texts(soup: BeautifulSoup, selector: str | None) -> tuple[str, ...]:
    return tuple(_text(tag) for tag in soup.select(selector)) if selector else ()


def _images(soup: BeautifulSoup, selector: str | None) -> tuple[Image, ...]:
    """The pictures selected, or those in the boxes selected with what else the box says."""
    found = []
    for box in soup.select(selector) if selector else ():
        picture = box if box.name == "img" else box.find("img")
        if picture is not None and (address := _address(picture)):
            found.append(Image(address, _text(box) or str(picture.get("alt") or "") or None))
    return tuple(found)


def _addresses(soup: BeautifulSoup, selector: str | None) -> tuple[str, ...]:
    tags = soup.select(selector) if selector else ()
    return tuple(address for tag in tags if (address := _address(tag)))


def _address(tag: Tag) -> str:
    """The address that an element bears; empty for none."""
    return next((str(tag[name]) for name in _ADDRESSES if tag.get(name)), "")


_ADDRESSES = ("data-src", "src", "href", "content", "url", "data-url", "data-href")


def _stamp(soup: BeautifulSoup, selector: str | None) -> str:
    tag = soup.select_one(selector) if selector else None
    if tag is None:
        return ""
    return str(tag.get("datetime") or tag.get("content") or _text(tag))


_TEXT_TAGS = ["p", "h2", "h3", "h4", "li", "blockquote"]


def _paragraphs(soup: BeautifulSoup, selector: str | None) -> tuple[str, ...]:
    """The text of each selected element, or of the paragraphs within where it holds some."""
    out: list[str] = []
    for box in soup.select(selector) if selector else ():
        inner = [tag for tag in box.find_all(_TEXT_TAGS) if not tag.find(_TEXT_TAGS)]
        out += [_text(tag) for tag in inner or [box]]
    return tuple(line for raw in out if (line := without_accounts(raw)))
