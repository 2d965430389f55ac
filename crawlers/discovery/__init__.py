"""Discovery: what an entry point lists. Bytes in, links out; no network, no files, no clock but *now*.

What a body is, is told by looking at it: outlets serve feeds at sitemap addresses, sitemaps at feed addresses
and a polite HTML page at either, whatever ``Content-Type`` says.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from config.model import EntryPoint, Source
from crawlers.discovery import feeds, gdelt, jsontext, markup, sections, sitemaps, wordpress
from crawlers.discovery.found import Child, Discovered, Gatherer, own_hosts
from crawlers.discovery.gdelt import Leads, gdelt_leads
from crawlers.discovery.sitemaps import in_window
from crawlers.discovery.text import decode, inflate
from store.records import Via

__all__ = ["Child", "Discovered", "Leads", "discover", "gdelt_leads", "in_window", "own_hosts"]

_ENTRY = re.compile(r"<(?:item|entry)[\s>]")
_ADDRESS = re.compile(r"https?://", re.IGNORECASE)
_NOT_TEXT = (b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"PK\x03\x04", b"RIFF", b"\x00\x00\x00")


def discover(
    body: bytes,
    *,
    kind: Via | str,
    url: str,
    content_type: str | None,
    source: Source,
    now: datetime,
    entry: EntryPoint | None = None,
    outlets: Mapping[str, str] | None = None,
) -> Discovered:
    """The links that one fetched *body* of an entry point shows; never raises on any bytes.

    *kind* is the entry point's kind (:class:`~store.records.Via`), *url* the address that answered (after
    redirects), *content_type* its header, *now* the time of the fetch.  *entry* is the entry point it came
    from; without it, the one of *source* with this *url* is taken, if there is one.  *outlets* (host →
    source id) are those that an aggregator's leads may point at; without it, *source* alone.
    """
    via = Via(kind)
    if entry is None:
        entry = next((point for point in source.entry_points if point.url == url), None)
    gather = Gatherer(source, via, url, now, entry)
    body, fault = inflate(body)
    if fault:
        gather.problem(fault, "the gzip wrapping could not be read to its end")
    if not body.strip():
        gather.problem("empty", "an empty body")
        return gather.done()
    if body.startswith(_NOT_TEXT):
        gather.problem("wrong_type", f"no text but {content_type or 'a binary file'}")
        return gather.done()
    if via is Via.GDELT and outlets:
        leads = gdelt_leads(body, outlets, now, url)
        for problem in leads.problems:
            gather.problem(*problem.split(": ", 1))
        gather.left_out["off_site"] += len(leads.unknown)
        newest = max(
            (at for link in leads.links if (at := link.hint.modified_at) and at <= now), default=None
        )
        return replace(gather.done(), links=leads.links, newest=newest)
    text, honest = decode(body, content_type, source.languages)
    if not honest:
        gather.problem("encoding", "the declared encoding is not the real one")
    return _read(text, gather, content_type)


def _read(text: str, gather: Gatherer, content_type: str | None) -> Discovered:
    start = text.lstrip("\ufeff \t\r\n")
    if gather.via is Via.GDELT:
        gdelt.read_leads(start, gather)
        return gather.done()
    root = markup.root_name(text)
    headless = gather.via is Via.FEED and root != "html" and _ENTRY.search(text)
    if root in ("rss", "rdf", "feed", "channel") or headless:
        feeds.read_xml_feed(text, gather)
    elif root in ("urlset", "sitemapindex"):
        sitemaps.read_sitemap(text, gather)
        return gather.done(sitemaps.newest_first(gather))
    elif start.startswith(("{", "[")) or (gather.via is Via.WORDPRESS and root != "html"):
        _read_json(text, gather, content_type)
    elif gather.via in (Via.SITEMAP, Via.NEWS_SITEMAP) and _ADDRESS.match(start):
        sitemaps.read_text_sitemap(text, gather)
    elif gather.via is Via.SECTION:
        sections.read_section(text, gather)
    else:
        _unexpected(text, gather, content_type)
    return gather.done()


def _read_json(text: str, gather: Gatherer, content_type: str | None) -> None:
    try:
        data = jsontext.load(text)
    except ValueError:
        _unexpected(text, gather, content_type)
        return
    if isinstance(data, dict) and isinstance(data.get("items"), list):
        feeds.read_json_feed(data, gather)
    elif wordpress.is_posts(data):
        wordpress.read_posts(data, gather)
    elif isinstance(data, dict) and "code" in data:
        wordpress.read_error(data, gather)
    else:
        gather.problem("wrong_type", "JSON that is neither a feed nor a list of posts")


def _unexpected(text: str, gather: Gatherer, content_type: str | None) -> None:
    seen = "an HTML page" if "<html" in text[:4096].lower() else content_type or "unknown text"
    gather.problem("wrong_type", f"expected a {gather.via.value.replace('_', ' ')}, got {seen}")
