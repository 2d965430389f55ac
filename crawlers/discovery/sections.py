"""Section pages: the articles that a page of an outlet links to, told from everything else it links to.

A link is taken for an article's on points: what its address looks like (:mod:`crawlers.discovery.shapes`),
how much it says, where it stands.  Where that is not enough for an outlet, ``EntryPoint.links`` names the
links with a CSS selector, and then the selector alone decides.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from bs4 import BeautifulSoup, Tag
from bs4.element import NavigableString
from soupsieve import SelectorSyntaxError

from crawlers.dates import read_date
from crawlers.discovery import shapes
from crawlers.discovery.found import Gatherer
from crawlers.discovery.text import plain

_TAKEN: Final = 5
"""Points from which a link is an article's."""
_MAX_ANCHORS: Final = 5_000
_MAX_CHARS: Final = 1_500_000
"""Read of a page: the largest real one seen has half of it, and BeautifulSoup takes 3 s for so many in the
smallest elements."""
_READ: Final = 60
"""Nodes read inside a link or a date."""
_CLIMB: Final = 6
"""Ancestors looked at for a card or a frame around a link."""

_FRAME = re.compile(
    r"(?:^|[-_ ])(?:nav|navbar|menu|footer|breadcrumbs?|pagination|social|share|tag-?(?:list|cloud)|lang)"
    r"(?:[-_ ]|$)"
)
_CARD = re.compile(
    r"(?:^|[-_ ])(?:articles?|posts?|cards?|story|stories|news|entry|item|teaser|headline|titre|title)"
    r"(?:[-_ ]|$)"
)
_DATE_CLASS = re.compile(r"(?:^|[-_])(?:date|time|published|publication|posted|heure|fecha)(?:[-_]|$)")
# What a link says that names no article: "read more" and its like are never a title.
_MORE = re.compile(
    r"(?:lire (?:la suite|plus|l'article)|en savoir plus|voir plus|read more|more|continue reading|"
    r"leer m[aá]s|ver m[aá]s|اقرأ (?:المزيد|أيضا)|المزيد|التفاصيل|تتمة|\d+|»|›)[\s.…»>]*",
    re.IGNORECASE,
)
_PROLOG = re.compile(r"<\?xml\b", re.IGNORECASE)
_NEXT_WORDS = re.compile(
    r"(?:(?:page )?suivante?|next(?: page)?|older posts|siguiente|التالي|التالية|الصفحة التالية)[\s»›>→]*",
    re.IGNORECASE,
)
_HEADINGS: Final = ("h1", "h2", "h3", "h4", "h5")


@dataclass(slots=True)
class _Seen:
    """All that the links to one address say together."""

    url: str
    anchors: list[Tag] = field(default_factory=list)
    title: str = ""
    rank: tuple[bool, int] = (False, 0)
    """Whether the title is a heading, and its length: the longest heading names the article."""
    in_heading: bool = False
    in_card: bool = False
    in_frame: bool = True


def read_section(text: str, gather: Gatherer) -> None:
    """Add the articles that the HTML page *text* links to, and its next page as a child."""
    # XHTML with a prolog is a page like any other; left in, BeautifulSoup warns of it.
    soup = (
        BeautifulSoup(_PROLOG.sub("<?", text[:_MAX_CHARS]), "lxml")
        if "<" in text
        else BeautifulSoup("", "lxml")
    )
    if soup.title is not None:
        gather.title = _text(soup.title)
    base_tag = soup.find("base", href=True)
    base = gather.resolve(str(base_tag["href"])) if isinstance(base_tag, Tag) else None
    selector = gather.entry.links if gather.entry else None
    anchors: list[Tag] = list(soup.find_all("a", href=True, limit=_MAX_ANCHORS))
    seen = _selected(soup, selector, gather, base) if selector else _judged(anchors, gather, base)
    dates = _dates(soup, seen, gather)
    for url, links in seen.items():
        published = dates.get(url)
        gather.add(url, gather.hint(title=links.title or None, published=published))
    _next_page(soup, anchors, gather, base)
    if not seen:
        seems = (
            f"the selector {selector!r} fits no link" if selector else "no link that looks like an article's"
        )
        gather.problem("empty", seems)


def _selected(soup: BeautifulSoup, selector: str, gather: Gatherer, base: str | None) -> dict[str, _Seen]:
    try:
        found = soup.select(selector, limit=_MAX_ANCHORS)
    except (SelectorSyntaxError, NotImplementedError) as error:
        gather.problem("selector", f"{selector!r} is no CSS selector ({str(error).splitlines()[0]})")
        return {}
    anchors: list[Tag] = []
    for element in found:
        # The selector may name the links or the cards around them.
        anchors += [element] if element.name == "a" else element.find_all("a", href=True, limit=50)
    return _grouped(anchors, gather, base)


def _judged(anchors: list[Tag], gather: Gatherer, base: str | None) -> dict[str, _Seen]:
    seen = _grouped(anchors, gather, base)
    return {url: links for url, links in seen.items() if _points(links) >= _TAKEN}


def _grouped(anchors: Iterable[Tag], gather: Gatherer, base: str | None) -> dict[str, _Seen]:
    """The anchors by address, in order; what is off-site, a listing, a file or a trap is left out and
    counted.
    """
    seen: dict[str, _Seen] = {}
    for anchor in anchors:
        url = gather.resolve(str(anchor.get("href", "")), base)
        if url is None or not gather.owned(url) or gather.is_listing(url):
            continue
        if url not in seen:
            if shapes.trap(url):
                gather.left_out["trap"] += 1
                continue
            if shapes.not_article(url):
                continue
            seen[url] = _Seen(url)
        _look(anchor, seen[url])
    return seen


def _look(anchor: Tag, links: _Seen) -> None:
    """Add to *links* what this anchor says and where it stands."""
    links.anchors.append(anchor)
    inside = [tag for tag in islice(anchor.descendants, _READ) if isinstance(tag, Tag)]
    heading = next((tag for tag in inside if tag.name in _HEADINGS), None)
    title = _text(heading or anchor)
    if not title or _MORE.fullmatch(title):
        image = next((tag for tag in inside if tag.name == "img"), None)
        title = plain(str(anchor.get("title") or (image.get("alt") if image else None) or ""), 500) or ""
    parents = list(islice(anchor.parents, _CLIMB))
    # A heading is the title even where a longer summary is linked as well.
    headed = heading is not None or any(parent.name in _HEADINGS for parent in parents)
    rank = (headed, len(title))
    if title and rank > links.rank and not _MORE.fullmatch(title) and not title.startswith("http"):
        links.title, links.rank = title, rank
    links.in_heading = links.in_heading or headed
    framed = False
    for parent in parents:
        words = _names(parent)
        if parent.name == "article" or _CARD.search(words):
            links.in_card = True
            break  # a card within a frame ("most read" in the footer) shows articles
        framed = framed or parent.name in ("nav", "footer") or bool(_FRAME.search(words))
    links.in_frame = links.in_frame and framed


def _text(tag: Tag) -> str:
    """What an element says, read so far as a title can reach: unclosed links hold whole pages."""
    strings = (piece for piece in islice(tag.descendants, _READ) if type(piece) is NavigableString)
    return plain(" ".join(strings), 500) or ""


def _names(tag: Tag) -> str:
    """The class names, id and role of an element, in lower case."""
    if not tag.attrs:
        return ""
    given = (*tag.get_attribute_list("class"), tag.get("id"), tag.get("role"))
    return " ".join(str(name) for name in given if name).lower().replace("navigation", "nav")


def _points(links: _Seen) -> int:
    points = min(shapes.article_score(links.url), 6)
    points += 3 if links.in_heading else 0
    points += 1 if links.in_card else 0
    points -= 4 if links.in_frame else 0
    words, letters = len(links.title.split()), len(links.title)
    if words >= 6 or letters >= 40:
        points += 3
    elif words >= 4 or letters >= 22:
        points += 2
    elif not links.title:
        points -= 1
    elif words <= 2 and letters < 14:
        points -= 2
    return points


def _dates(soup: BeautifulSoup, seen: dict[str, _Seen], gather: Gatherer) -> dict[str, str]:
    """By address, the date printed on its card: the nearest ancestor of the date that links to one article
    only.
    """
    under: defaultdict[int, set[str]] = defaultdict(set)
    for links in seen.values():
        for anchor in links.anchors:
            for element in (anchor, *islice(anchor.parents, 2 * _CLIMB)):
                under[id(element)].add(links.url)
    dates: dict[str, str] = {}
    for mark in soup.find_all(lambda tag: tag.name == "time" or _dated(tag), limit=1_000):
        raw = _stated(mark, gather)
        if raw is None:
            continue
        card = next((parent for parent in islice(mark.parents, _CLIMB) if id(parent) in under), None)
        if card is not None and len(under[id(card)]) == 1:
            dates.setdefault(next(iter(under[id(card)])), raw)
    return dates


def _dated(tag: Tag) -> bool:
    names = tag.get_attribute_list("class") if "class" in tag.attrs else ()
    return any(name and _DATE_CLASS.search(name.lower()) for name in names)


def _stated(mark: Tag, gather: Gatherer) -> str | None:
    """The date that an element states, in ``datetime`` or in words, if it can be read."""
    text = _text(mark)
    for raw in (mark.get("datetime"), mark.get("content"), text if len(text) <= 80 else None):
        if isinstance(raw, str) and read_date(raw, gather.zone, gather.now):
            return raw
    return None


def _next_page(soup: BeautifulSoup, anchors: list[Tag], gather: Gatherer, base: str | None) -> None:
    """The next page of the listing as a child; how many pages are followed is the caller's to bound."""
    linked = soup.find("link", rel="next", href=True)
    marked = linked if isinstance(linked, Tag) else next(filter(_leads_on, anchors), None)
    if marked is None:
        return
    url = gather.resolve(str(marked["href"]), base)
    # On some sites rel=next leads from article to article; the next page of a listing bears its number.
    if url and gather.owned(url) and shapes.numbered_page(url) and not shapes.trap(url):
        gather.child(url, None)


def _leads_on(anchor: Tag) -> bool:
    parent = anchor.parent
    return (
        "next" in anchor.get_attribute_list("rel")
        or "next" in anchor.get_attribute_list("class")
        or (parent is not None and "next" in parent.get_attribute_list("class"))
        or _NEXT_WORDS.fullmatch(_text(anchor)[:40]) is not None
    )
