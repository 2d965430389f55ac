"""Feeds: RSS 0.9x, 1.0 (RDF), 2.0, Atom, JSON Feed.

Identity is the address of an entry, never its guid: some outlets give all entries one guid, others a new one
at every build.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from lxml import etree

from crawlers.discovery import markup
from crawlers.discovery.found import Gatherer
from crawlers.discovery.jsontext import string

_ATOM = "atom"
_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
# media:title and media:description speak of the picture, itunes: of the recording, thr: of the comments.
_OTHER_SUBJECTS = ("yahoo.com/mrss", "media", "itunes", "thread")
_FIELDS = frozenset(["link", "guid", "pubdate", "description", "encoded", "updated", "published", "summary"])
_PUBLISHED = ("pubdate", "published", "issued", "date", "created")
_MODIFIED = ("updated", "modified")
_ORDER_OF_SUMMARY = ("description", "summary", "abstract", "subtitle", "content", "encoded")


def read_xml_feed(text: str, gather: Gatherer) -> None:
    """Add the entries of an XML feed; whatever part of a broken one can be read is used."""
    complete = text.rstrip().endswith(">")
    text, mends = markup.mended(text)
    root, well_formed = markup.parse(text, gather.url)
    for code in mends:
        gather.problem(code, "mended before reading")
    if root is None:
        root, well_formed = etree.Element("rss"), False
    if not well_formed:
        closed = complete and text.rstrip().lower().endswith((":rdf>", "</rss>", "</rdf>", "feed>"))
        gather.problem(
            *(("malformed", "not well-formed XML") if closed else ("truncated", "the document ends early"))
        )
    based = "xml:base" in text
    language = root.get(_XML_LANG)
    for element in root.iter():
        name = markup.names(element)[0]
        if name in ("item", "entry"):
            break
        if name in ("language", "lang"):
            language = language or element.text
        elif name == "title" and gather.title is None:
            gather.title = _text(element)
    entries = 0
    for entry in _entries(root) if well_formed else markup.pieces(text, "item", "entry"):
        entries += 1
        _entry(entry, gather, language, based)
    if not entries:
        gather.problem("empty", "a feed without entries")


def _entries(root: etree._Element) -> Iterator[etree._Element]:
    return (element for element in root.iter("{*}item", "{*}entry"))


def _text(element: etree._Element) -> str:
    """All text of an element, tags within it read over (xhtml titles, tags that somebody forgot to escape).

    Ends where another field begins: an unclosed tag in a title swallows all that follows it.
    """
    if not len(element):
        return element.text or ""
    pieces: list[str] = []
    for event, node in etree.iterwalk(element, events=("start", "end")):
        if event == "end":
            pieces.append(node.tail or "" if node is not element else "")
        elif node is not element and markup.names(node)[0] in _FIELDS:
            break
        else:
            pieces.append(node.text or "")
    return "".join(pieces)


def _entry(item: etree._Element, gather: Gatherer, language: str | None, based: bool) -> None:
    fields: dict[str, str] = {}
    addresses: defaultdict[str, list[str]] = defaultdict(list)
    videos: list[str] = []
    members = list(item)
    if not any(markup.names(child)[0] in ("link", "guid", "id") for child in members):
        members = list(item.iterdescendants())  # an unclosed tag swallowed the rest of the entry
    for child in members:
        name, space = markup.names(child)
        if _is_video(child, name, space):
            videos.append(child.get("url") or child.get("href") or "")
        elif name == "link":
            _link(child, space, addresses)
        elif name == "origlink":
            addresses["orig"].append(_text(child))
        elif name == "guid":
            kind = "guid" if (child.get("isPermaLink") or "").lower() == "true" else "id"
            if (child.get("isPermaLink") or "").lower() != "false":
                addresses[kind].append(_text(child))
        elif name == "id":
            addresses["id"].append(_text(child))
        elif any(other in space for other in _OTHER_SUBJECTS):
            continue
        elif name not in fields and (value := _text(child)).strip():
            fields[name] = value
    about = next(
        (value for key, value in item.attrib.items() if str(key).endswith(("}about", ":about"))), None
    )
    # An id is an address only if it is written as one; "https://outlet/?p=12" often is all there is.
    spare = [value for value in (*addresses["guid"], *addresses["id"], about) if value and "://" in value]
    base = item.base if based else None
    url = gather.best(
        (*addresses["orig"], *addresses["alternate"], *addresses["plain"], *addresses["other"], *spare), base
    )
    body = max((fields.get(name, "") for name in ("content", "encoded")), key=len)
    summary = next((fields[name] for name in _ORDER_OF_SUMMARY if name in fields), None)
    hint = gather.hint(
        title=fields.get("title"),
        published=next((fields[name] for name in _PUBLISHED if name in fields), None),
        modified=next((fields[name] for name in _MODIFIED if name in fields), None),
        # The whole text, where the feed has it, names an institution that its first lines may not.
        summary=body if summary is None or len(body) > len(summary) else summary,
        language=fields.get("language") or item.get(_XML_LANG) or language,
        videos=[address for video in videos if (address := gather.resolve(video, base))],
    )
    gather.add(url, hint)


def _is_video(element: etree._Element, name: str, space: str) -> bool:
    """Whether an element encloses a video: ``<enclosure>``, Atom ``rel=enclosure``, ``<media:content>``."""
    encloses = (
        name == "enclosure"
        or (name == "link" and (element.get("rel") or "").lower() == "enclosure")
        or (name == "content" and "mrss" in space)
    )
    kind = f"{element.get('type') or ''} {element.get('medium') or ''}".lower()
    return encloses and "video" in kind


def _link(element: etree._Element, space: str, addresses: defaultdict[str, list[str]]) -> None:
    """Sort one ``<link>``: an Atom link by its ``rel`` and ``type``, an RSS link by its text."""
    href = element.get("href")
    if href is None:
        text = (element.text or "").strip() or (
            element.tail or ""
        ).strip()  # "<link/>https://…" of HTML serialisers
        if text and _ATOM not in space:
            addresses["plain"].append(text)
        return
    kind = (element.get("type") or "text/html").lower()
    if (element.get("rel") or "alternate").lower() == "alternate":
        # An entry may offer its JSON or PDF as well: the page goes first, in the order written.
        addresses["alternate" if "html" in kind else "other"].append(href)


def read_json_feed(data: dict[str, Any], gather: Gatherer) -> None:
    """Add the items of a JSON Feed (versions 1 and 1.1)."""
    gather.title = string(data.get("title"))
    language = string(data.get("language"))
    items = data.get("items")
    rows = [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []
    if not rows:
        gather.problem("empty", "a feed without entries")
    for item in rows:
        identity = string(item.get("id"))
        url = gather.best((string(item.get("url")), identity if identity and "://" in identity else None))
        gather.add(
            url,
            gather.hint(
                title=string(item.get("title")),
                published=string(item.get("date_published")),
                modified=string(item.get("date_modified")),
                summary=string(item.get("content_html"))
                or string(item.get("content_text"))
                or string(item.get("summary")),
                language=string(item.get("language")) or language,
            ),
        )
