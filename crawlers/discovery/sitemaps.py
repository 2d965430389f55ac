"""Sitemaps: indexes, urlsets, news sitemaps, text lists; wrapped in gzip or not, complete or not."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from itertools import islice
from typing import Final

from lxml import etree

from crawlers.dates import url_day
from crawlers.discovery import markup, shapes
from crawlers.discovery.found import MAX_LINKS, Child, Gatherer
from store.records import Via

MAX_CHILDREN: Final = 1000
"""Child sitemaps handed on of one index; the newest are kept."""
_ENTRIES_READ: Final = MAX_LINKS + 10_000
_MALFORMED: Final = ("malformed", "not well-formed XML")
_TRUNCATED: Final = ("truncated", "the document ends early")
_LINE = re.compile(r"[^\r\n]+")
_LONG_AGO: Final = datetime(1, 1, 1, tzinfo=UTC)


def in_window(child: Child, window_start: datetime) -> bool:
    """Whether *child* may list anything published since *window_start*.

    Its ``lastmod`` decides, and the month in its name (``sitemap-2019-03.xml``): an archive of ten years
    floods nothing.  A child that says neither may.
    """
    if child.lastmod is not None and child.lastmod < window_start:
        return False
    span = url_day(child.url)
    return span is None or span[1] >= window_start


def read_sitemap(text: str, gather: Gatherer) -> None:
    """Add the pages of a urlset as links and the sitemaps of an index as children, newest first."""
    complete = text.rstrip().lower().endswith(("urlset>", "sitemapindex>"))
    text, mends = markup.mended(text)
    for code in mends:
        gather.problem(code, "mended before reading")
    reader = markup.stream(text, ("url", "sitemap"))
    entries = 0
    sound = complete
    try:
        for _, element in reader:
            entries += _entry(element, gather)
            element.clear()
            while element.getprevious() is not None:  # an index of what was read would grow with the file
                del element.getparent()[0]
            if entries > _ENTRIES_READ:
                gather.problem("too_many", f"more than {_ENTRIES_READ} entries")
                break
        else:
            sound = sound and not len(reader.error_log)
    except etree.XMLSyntaxError:
        sound = False
    if not sound:
        for element in islice(markup.pieces(text, "url", "sitemap"), _ENTRIES_READ):
            entries += _entry(element, gather)
        gather.problem(*(_MALFORMED if complete else _TRUNCATED))
    if not entries:
        gather.problem("empty", "a sitemap without entries")


def _entry(element: etree._Element, gather: Gatherer) -> int:
    """Add one ``<url>`` or ``<sitemap>``; 0 for an element of that name that is none (a picture's)."""
    kind, space = markup.names(element)
    if "image" in space or "video" in space:
        return 0
    fields: dict[str, str | None] = {}
    for child in element:
        name, space = markup.names(child)
        if "image" in space or "video" in space:
            continue  # their loc, title and publication_date speak of the picture
        if name == "news":
            fields.update((markup.names(field)[0], field.text) for field in child.iter())
        else:
            fields.setdefault(name, child.text)
    url = gather.resolve(fields.get("loc"))
    if kind == "sitemap":
        _child(url, gather, fields.get("lastmod"))
        return 1
    title, published = fields.get("title"), fields.get("publication_date")
    news = title is not None or published is not None or gather.via is Via.NEWS_SITEMAP
    if url is not None and not news and shapes.not_article(url):
        # A general sitemap holds the outlet's categories, tags and service pages as well.
        gather.left_out["not_article"] += 1
        return 1
    hint = gather.hint(
        title=title,
        published=published,
        modified=fields.get("lastmod"),
        summary=fields.get("keywords"),
        language=fields.get("language"),
    )
    gather.add(url, hint)
    return 1


def _child(url: str | None, gather: Gatherer, lastmod: str | None) -> None:
    if url is not None and shapes.service_sitemap(url):
        gather.left_out["not_article"] += 1
        return
    gather.child(url, gather.hint(modified=lastmod).modified_at)


def newest_first(gather: Gatherer) -> tuple[Child, ...]:
    """The children by the day they changed (or the day in their names), newest first, undated last;
    bounded.
    """

    def age(child: Child) -> datetime:
        span = url_day(child.url)
        return child.lastmod or (span[0] if span else _LONG_AGO)

    children = sorted(gather.children, key=age, reverse=True)
    if len(children) > MAX_CHILDREN:
        gather.problem("too_many_children", f"the newest {MAX_CHILDREN} of {len(children)} kept")
    return tuple(children[:MAX_CHILDREN])


def read_text_sitemap(text: str, gather: Gatherer) -> None:
    """Add the addresses of a text sitemap: one a line."""
    for match in _LINE.finditer(text):
        line = match[0].strip().strip("\ufeff")
        if not line or line.startswith("#"):
            continue
        if line.lower().startswith(("http://", "https://")):
            gather.add(gather.resolve(line), gather.hint())
        else:
            gather.left_out["no_address"] += 1
