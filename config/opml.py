"""OPML, the list of feeds that feed readers exchange: outlets out of it, and the catalogue into it.

Reading is pure: bytes in, outlets and refusals out.  An OPML file comes from anywhere, so nothing in it is
trusted: no entities, no network, addresses other than http and https are refused, each with its reason.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from typing import Any
from urllib.parse import urlsplit

from lxml import etree

from config import build
from config.checking import validate
from config.model import EntryPoint, Source
from config.schema import LANGUAGES, SourceFile, countries, web_url

NAMESPACE = "https://marsad-observatory.github.io/opml"
"""Namespace of the attributes by which an export of ours is read back without loss of ids."""
MAX_BYTES = 16 << 20
_OURS = ("id", "country", "languages", "scope", "timezone")
_TOP_LEVEL_DOMAINS = {"uk": "GB", "eu": None, "su": None, "ac": None, "io": None, "tv": None, "me": None}
_TOP_LEVEL_DOMAINS |= {"co": None, "ai": None, "cc": None, "ws": None, "fm": None, "ly": None, "to": None}
"""Country domains that say nothing of the country, or another code than ISO 3166."""


class NotOpml(ValueError):
    """The file as a whole cannot be taken."""


@dataclass(frozen=True, slots=True)
class Outline:
    """One feed as an OPML file names it."""

    title: str
    feed: str
    homepage: str | None = None
    language: str | None = None
    ours: tuple[tuple[str, str], ...] = ()
    """The attributes in :data:`NAMESPACE`, where the file is an export of ours."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """An outline that became no outlet, and why."""

    title: str
    url: str
    reason: str


@dataclass(frozen=True, slots=True)
class Assumed:
    """What holds for outlines that do not say; an outline that needs what is ``None`` is refused."""

    country: str | None = None
    language: str | None = None
    scope: str | None = None


def read(data: bytes) -> tuple[list[Outline], list[Refusal], int]:
    """The feeds of an OPML file, nested or not; what was refused; how many XML faults were passed over.

    Raises :class:`NotOpml` for another kind of file, an oversized one, or one that declares entities.
    """
    if len(data) > MAX_BYTES:
        raise NotOpml(f"larger than {MAX_BYTES >> 20} MB")
    # Exports of readers often hold a bare "&" in a URL: recover reads on after it.
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, recover=True
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise NotOpml(f"not XML: {error}") from None
    if root is None or etree.QName(root).localname.lower() != "opml":
        raise NotOpml("not OPML" if root is not None else "not XML")
    dtd = root.getroottree().docinfo.internalDTD
    if dtd is not None and next(dtd.iterentities(), None) is not None:
        raise NotOpml("it declares XML entities")
    outlines: list[Outline] = []
    refused: list[Refusal] = []
    seen: set[str] = set()
    for element in root.iter("{*}outline"):  # in document order, at any depth
        outline = _outline(element)
        if outline is None:
            continue
        reason = _url_fault(outline.feed)
        if reason is None and outline.feed in seen:
            reason = "the same feed again"
        seen.add(outline.feed)
        if reason:
            refused.append(Refusal(outline.title, outline.feed, reason))
        else:
            outlines.append(outline)
    return outlines, refused, len(parser.error_log)


def _outline(element: Any) -> Outline | None:
    """The feed that *element* names; ``None`` for a folder."""
    attributes = {str(key).lower(): str(value).strip() for key, value in element.attrib.items()}
    feed = attributes.get("xmlurl", "")
    title = attributes.get("title") or attributes.get("text") or ""
    if not feed and (len(element) or attributes.get("type", "").lower() not in ("rss", "atom")):
        return None
    ours = tuple((key, value) for key in _OURS if (value := element.get(f"{{{NAMESPACE}}}{key}")))
    return Outline(
        title=" ".join(title.split()),
        feed=feed,
        homepage=attributes.get("htmlurl") or None,
        language=attributes.get("language") or None,
        ours=ours,
    )


def _url_fault(url: str) -> str | None:
    """Why *url* cannot be visited, or ``None``."""
    if not url:
        return "no xmlUrl"
    try:
        web_url(url)
    except ValueError as error:
        return f"expected {error}"
    return None


def outlets(outlines: Iterable[Outline], assumed: Assumed) -> tuple[list[Source], list[Refusal]]:
    """One outlet a homepage (an outlet of several feeds gets several entry points), and what was refused.

    Ids are made of the title or the host, and are told apart by a number where two are alike.
    """
    made: dict[str, Source] = {}
    known: dict[str, str] = {}  # id of ours, or place of the homepage → id
    refused: list[Refusal] = []
    for outline in outlines:
        homepage = outline.homepage
        if homepage is None or _url_fault(homepage):
            homepage = "{0.scheme}://{0.netloc}/".format(urlsplit(outline.feed))
        own = dict(outline.ours).get("id")
        keys = [own] if own else [build.place_of(homepage)]
        if (same := next((known[key] for key in keys if key in known), None)) is not None:
            made[same] = _with_feed(made[same], outline)
            continue
        source = _outlet(outline, homepage, assumed, set(made))
        if isinstance(source, Refusal):
            refused.append(source)
            continue
        made[source.id] = source
        known |= dict.fromkeys([*keys, build.place_of(homepage)], source.id)
    return list(made.values()), refused


def _with_feed(source: Source, outline: Outline) -> Source:
    """*source* with one more feed."""
    language = _language(outline.language)
    entry = EntryPoint("feed", outline.feed, language=None if language == source.languages[0] else language)
    return replace(source, entry_points=(*source.entry_points, entry))


def _outlet(outline: Outline, homepage: str, assumed: Assumed, taken: set[str]) -> Source | Refusal:
    """The outlet that *outline* speaks of, or why it cannot be made."""
    ours = dict(outline.ours)
    country = ours.get("country") or assumed.country or _country_of(homepage)
    language = _language(outline.language) or assumed.language
    languages = ours["languages"].split() if "languages" in ours else [language]
    if country is None:
        return Refusal(outline.title, outline.feed, "its country is not known: say --country")
    if None in languages:
        return Refusal(outline.title, outline.feed, "its language is not known: say --language")
    raw = {
        "id": ours.get("id") or _free_id(outline.title, homepage, taken),
        "name": {languages[0]: outline.title or build.host(homepage)},
        "country": country,
        "languages": languages,
        "scope": ours.get("scope") or assumed.scope or ("national" if country == "MA" else "international"),
        "homepage": homepage,
        "timezone": ours.get("timezone") or zone_of(country),
        "entry_points": [{"kind": "feed", "url": outline.feed}],
    }
    faults = validate(raw, SourceFile, "")
    if faults:
        return Refusal(
            outline.title, outline.feed, f"{faults[0].path}: {faults[0].got}, not {faults[0].expected}"
        )
    if raw["id"] in taken:
        return Refusal(outline.title, outline.feed, f"the id {raw['id']} stands for another outlet")
    return _with_feed(build.source({**raw, "entry_points": []}), outline)


def _language(text: str | None) -> str | None:
    """A ``language`` attribute (``fr-FR``, ``fr_fr``, ``unknown``) as BCP 47, or ``None``.

    >>> _language("fr_FR"), _language("unknown")
    ('fr', None)
    """
    primary = re.split(r"[-_]", (text or "").lower())[0]
    return primary if primary in LANGUAGES else None


def _country_of(url: str) -> str | None:
    """The country that the host's ending names, or ``None`` for ``.com`` and its like."""
    ending = (urlsplit(url).hostname or "").rpartition(".")[2]
    code = _TOP_LEVEL_DOMAINS.get(ending, ending.upper())
    return code if code in countries() else None


@cache
def _zones() -> Mapping[str, str]:
    """Country → its first time zone in the table of the time zone database (its largest, mostly)."""
    table = resources.files("tzdata.zoneinfo").joinpath("zone.tab").read_text(encoding="utf-8")
    found: dict[str, str] = {}
    for line in table.splitlines():
        if line and not line.startswith("#"):
            country, _, zone = line.split("\t")[:3]
            found.setdefault(country, zone)
    return found


def zone_of(country: str) -> str:
    """A time zone of *country*, ``UTC`` where it has none.

    >>> zone_of("MA")
    'Africa/Casablanca'
    """
    return _zones().get(country, "UTC")


def _free_id(title: str, homepage: str, taken: set[str]) -> str:
    """An id that says which outlet it is and is not *taken*."""
    stem = slug(title) or slug(build.host(homepage).rpartition(".")[0]) or "outlet"
    if stem not in taken:
        return stem
    number = 2
    while f"{stem}-{number}" in taken:
        number += 1
    return f"{stem}-{number}"


def slug(text: str) -> str:
    """*text* in small Latin letters, digits and single hyphens, at most 40; empty where it has none.

    >>> slug("L’Économiste – Maroc"), slug("هسبريس")
    ('l-economiste-maroc', '')
    """
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c)).lower()
    return re.sub(r"[^a-z0-9]+", "-", plain)[:40].strip("-")


def write(sources: Iterable[Source], title: str = "Marsad") -> bytes:
    """The feeds of *sources* as OPML 2.0, one folder a country, one outline a feed.

    Other entry points (sitemaps, sections) are nothing that a feed reader knows, and are left out.
    """
    root = etree.Element("opml", nsmap={"marsad": NAMESPACE}, version="2.0")
    etree.SubElement(etree.SubElement(root, "head"), "title").text = title
    body = etree.SubElement(root, "body")
    folders: dict[str, Any] = {}
    for source in sorted(sources, key=lambda source: (source.country, source.id)):
        for entry in feeds(source):
            if source.country not in folders:
                folders[source.country] = etree.SubElement(body, "outline", text=source.country)
            outline = etree.SubElement(folders[source.country], "outline", type="rss")
            name = source.name.get(source.languages[0]) or next(iter(source.name.values()))
            outline.set("text", name)
            outline.set("title", name)
            outline.set("xmlUrl", entry.url)
            outline.set("htmlUrl", source.homepage)
            outline.set("language", entry.language or source.languages[0])
            for key in _OURS:
                value = getattr(source, key)
                outline.set(f"{{{NAMESPACE}}}{key}", value if isinstance(value, str) else " ".join(value))
    data: bytes = etree.tostring(root, xml_declaration=True, encoding="utf-8", pretty_print=True)
    return data


def feeds(source: Source) -> Iterator[EntryPoint]:
    """The entry points that a feed reader knows."""
    return (entry for entry in source.entry_points if entry.kind == "feed")
