"""Who signed: people, desks and agencies, without what stands around their names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from config.fold import fold
from pipeline.extraction import agencies
from pipeline.extraction.calendar import MONTHS, WEEKDAYS
from pipeline.extraction.metadata import Claims, string, unescape
from pipeline.extraction.published import Place
from pipeline.extraction.sift import caption_box
from pipeline.extraction.text import clean, key
from pipeline.extraction.tree import Page, text
from pipeline.extraction.words import OWN_FOOTER, SIGNED
from pipeline.rules import Rules

_METAS = (
    "author",
    "parsely-author",
    "sailthru.author",
    "byl",
    "dc.creator",
    "dcterms.creator",
    "cxenseparse:author",
    "article:author_name",
    "citation_author",
    "twitter:data1",
)
_PREFIX = re.compile(
    r"^(?:(?:article\s+)?(?:written|posted|published|issued|reported|story|words|reporting|text|analysis|opinion|"
    r"by|from)?\s*by\b|by\b|from\b|author\b|par\b|propos\s+recueillis\s+par|(?:article\s+)?[ée]crit\s+par|"
    r"(?:article\s+)?r[ée]dig[ée]\s+par|publi[ée]\s+par|avec|por\b|escrito\s+por|texto:?|autor(?:es|a)?\b|"
    r"auteurs?\b|"
    r"بقلم|كتب(?:ت|ه|ها)?|إعداد|تحرير|أعدّ?ها?|أنجزه?ا?|الكاتب(?:ة)?|حاوره?ا?|مراسلة|متابعة|"
    r"من\s+إعداد|تقرير|عدسة)\s*[:：\-–|/]?\s+",
    re.IGNORECASE,
)
_SPLIT = re.compile(
    r"\s*(?:,\s*(?:and|et|y|e)\s+|,|;|\||/|•|·|\n|،|؛|\s[&+]\s|\s+(?:and|et|y|e|with|avec|con)\s+)\s*",
    re.IGNORECASE,
)
_EMAIL = re.compile(r"\S+@\S+\.\w+|@\w+|https?://\S+|www\.\S+")
_ROLE = re.compile(
    r"\b(?:reporter|correspondent|editor|journalist|writer|columnist|contributor|producer|director|"
    r"analyst|intern|senior|chief|bureau|follow|contact|view|profile|more|posts?|photographer|founder|ceo|"
    r"professor|author|"
    r"journaliste|r[ée]dact(?:eur|rice)|correspondante?|envoy[ée]e?|sp[ée]cial|reporter|photographe|"
    r"chroniqueu[rs]e?|grand|stagiaire|"
    r"redactora?|periodista|corresponsal|enviad[oa]|colaborador|editora?)\b|مراسل|صحفي|رئيس|محرر",
    re.IGNORECASE,
)
# Desks sign too; these words do not make a role of their name.
_DESK = re.compile(
    r"\b(?:\S+\s+)?(?:news\s*)?(?:desk|newsroom|r[ée]daction|redacci[óo]n|team|staff)$", re.IGNORECASE
)
# Who signs so is no person.
_NO_PERSON = re.compile(
    r"\b(?:staff|desk|newsroom|news|team|wire|press|presse|prensa|agenc[ey]|agencia|agences|r[ée]daction|redacci[óo]n|"
    r"editors|reporters|online|web|magazine|media|m[ée]dias?|service|tv|radio|"
    r"journal|diario|times|post)\b|^\S+\.(?:ma|com|net|org|info|fr|es|dz|tn|press|news|co)$|"
    r"هيئة\s+التحرير|التحرير|وكالات|وكالة|جريدة|صحيفة|موقع|قناة|طاقم|متابعات|أخبار|نيوز|بريس",
    re.IGNORECASE,
)
_PICTURE = re.compile(r"©|\b(?:photo|image|cr[ée]dit|foto|getty)|صور|تصوير", re.IGNORECASE)
_OTHER_BOX = re.compile(r"comment|relat|recomm|popular|side|nav|foot|teaser|latest|respond|more")
_DATE_WORD = re.compile(
    r"\d|\b(?:published|updated|publi[ée]|mis|modifi[ée]|posted|ago|min|read|lecture)\b|نشر|تحديث",
    re.IGNORECASE,
)
_AGO = re.compile(r"\s*\b(?:il\s+y\s+a|hace|منذ|قبل)\s+\S+(?:\s+\S+)?\s*$", re.IGNORECASE)
"""When, after the names."""
_DASH = re.compile(r"\s+[-–—]\s+")
_SECTION = re.compile(r",\s+in\s+[A-Z].*$")
"""Where it stands ("By A Name, in News, Business")."""
_DEGREES = frozenset("phd md mba cfp cepf cpa rn rd msc bsc mph dds dvm jd esq".split())
_BEFORE_DATE = {*WEEKDAYS, *MONTHS, *map(fold, "on at le el the du del am um يوم بتاريخ في".split())}
_FULL_NAME = 2
_SHORT_LABEL = 3
_LABEL, _BELOW = 60, 8
_SOURCE = re.compile(r"^\W*(?:المصدر|المصادر|sources?|fuentes?)\s*[:：]\s*", re.IGNORECASE)
_PARENS = re.compile(r"\s*[(\[].*?[)\]]\s*")
_NOT_A_NAME = frozenset(
    "admin administrator administrateur editor webmaster author unknown guest user root home none null "
    "anonymous staff online share email print "
    "superuser rédacteur "
    "facebook twitter instagram linkedin comments comment follow read more subscribe".split()
)
MAX_AUTHORS = 20


@dataclass(frozen=True, slots=True)
class Signed:
    authors: tuple[str, ...] = ()
    """In the order printed."""
    desks: tuple[str, ...] = ()
    """Those of them that are no people."""
    agencies: tuple[str, ...] = ()
    """Ids of the agencies credited there, in the dateline or in the last words."""
    origin: str = ""
    """Of the authors; empty where there are none."""


def find(
    page: Page,
    claims: Claims,
    rules: Rules,
    place: Place,
    url: str,
    paragraphs: tuple[str, ...],
    selected: list[str] | None = None,
) -> Signed:
    """Who signed the article whose text is *paragraphs*.

    An outlet that signs with its own name gives way to a person who signs elsewhere on the page.
    """
    outlet = outlet_names(claims, rules, url)
    lines: list[str] = []
    names: tuple[str, ...] = ()
    origin = ""
    for found, where in sources(page, claims, place, selected, outlet):
        lines += found
        signed = names_in(found)
        person = any(outlet.isdisjoint(_keys(name)) for name in signed)
        if signed and (person or not names):
            names, origin = signed, where
        if person:
            break
    known = rules.known.agencies
    desks = [
        name
        for name in names
        if _NO_PERSON.search(name) or not outlet.isdisjoint(_keys(name)) or agencies.find(known, [name], ())
    ]
    lines += _labels(page, place)
    return Signed(names, tuple(desks), agencies.find(known, lines, paragraphs), origin)


def outlet_names(claims: Claims, rules: Rules, url: str) -> set[str]:
    """What the outlet may be called when it signs, as keys."""
    named = [*rules.names, claims.meta("og:site_name"), string(claims.article.get("publisher"))]
    return {key(name) for name in named if name} | _host_names(url)


def _keys(name: str) -> tuple[str, str]:
    return key(name), key(name).replace(" ", "")


def _labels(page: Page, place: Place) -> list[str]:
    """Short lines between headline and text, and right after the text, that are no part of it: an agency may
    sign there without a word."""
    title = place.top
    near = (*range(title + 1, place.start + 1), *range(place.end, place.end + 2))
    blocks = [page.blocks[index] for index in near if index < len(page.blocks) and index not in place.body]
    return [
        block.text
        for block in blocks
        if len(block.text) < _LABEL
        and not _PICTURE.search(block.text)
        and caption_box(block) is None
        and not _in_other_box(block.node, title)
    ]


def sources(
    page: Page, claims: Claims, place: Place, selected: list[str] | None, outlet: set[str]
) -> Iterator[tuple[list[str], str]]:
    """(bylines as they stand, origin), the most trusted first; *outlet*: what it may be called, as keys."""
    yield selected or [], "rule"
    yield _json_ld(claims), "json-ld"
    yield _metas(claims), "meta"
    yield _marked(page, place, strong=True), "microdata"
    yield _marked(page, place, strong=False), "byline"
    yield _signed(page, place), "text"
    yield _beside_outlet(page, place, outlet), "text"
    yield _credited(page, place), "text"


def _host_names(url: str) -> set[str]:
    """The parts of the host that may be the outlet's name (``elcolombiano``)."""
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return set()
    return {label for label in host.split(".")[:-1] if len(label) > _SHORT_LABEL}


def names_in(raw: list[str]) -> tuple[str, ...]:
    """The names in some bylines, cleaned, each once.

    >>> names_in(["By Ana Ruiz and Omar Alami, Staff Writer", "omar@example.com"])
    ('Ana Ruiz', 'Omar Alami')
    """
    out: dict[str, str] = {}
    for line in raw:
        line = clean(unescape(line))
        if not line or len(line) > 300:
            continue
        line = _AGO.sub("", _EMAIL.sub(" ", line))
        line = _SECTION.sub("", _PARENS.sub(" ", line)).strip()
        if line.endswith("//"):  # "Name – Outlet//", as some begin their texts
            line = _DASH.sub(", ", line.rstrip("/ "))
        while True:
            stripped = _PREFIX.sub("", line + " ", count=1).strip()
            if stripped == line:
                break
            line = stripped
        for piece in _SPLIT.split(line):
            name = _name(piece)
            if name and key(name) not in out:
                out[key(name)] = name
    return tuple(list(out.values())[:MAX_AUTHORS])


def _name(piece: str) -> str | None:
    piece = _PREFIX.sub("", clean(piece) + " ", count=1).strip(" .:-–—|/／*\"'«»")
    piece = re.split(r"\s+[-–—|]\s+|\s*:\s+", piece)[0].strip()
    piece = _without_date(piece)
    if not 2 <= len(piece) <= 60 or _DATE_WORD.search(piece):
        return None
    words = piece.split()
    if all(word in WEEKDAYS or word in MONTHS for word in fold(piece).split()):
        return None
    if len(words) > 6 or key(piece).replace(" ", "") in _NOT_A_NAME or not any(c.isalpha() for c in piece):
        return None
    if _ROLE.search(_DESK.sub("", piece)) or key(piece) in _DEGREES:
        return None
    if words[-1].lower() in ("by", "par", "por") or (piece.islower() and piece.isascii() and len(words) > 3):
        return None  # a label without its name, a slogan
    if piece.isupper() and len(words) > 1 and piece.isascii():
        piece = piece.title()
    return piece


def _without_date(piece: str) -> str:
    """*piece* without a date that follows a name of two words or more."""
    words = re.split(r"\s+\d", piece, maxsplit=1)[0].split()
    if len(words) < 2 or not any(map(str.isdigit, piece)):
        return piece
    while words and fold(words[-1].strip(".,،")) in _BEFORE_DATE:
        words.pop()
    return " ".join(words) if len(words) >= _FULL_NAME else piece


def _json_ld(claims: Claims) -> list[str]:
    return _people(claims.article.get("author") or claims.article.get("creator"))


def _people(value: Any) -> list[str]:
    items = value if isinstance(value, list) else [value]
    out = []
    for item in items[:MAX_AUTHORS]:
        if isinstance(item, list):
            out += _people(item)
            continue
        name = item.get("name") if isinstance(item, dict) else item
        for one in name if isinstance(name, list) else [name]:
            value_text = string(one)
            if value_text and not value_text.startswith(("http://", "https://", "#", "/")):
                out.append(value_text)
    return out


def _metas(claims: Claims) -> list[str]:
    for name in _METAS:
        if name == "twitter:data1" and key(claims.meta("twitter:label1") or "") not in (
            "written by",
            "ecrit par",
            "escrito por",
            "كتب بواسطة",
        ):
            continue
        found = [
            c for c in claims.metas.get(name, ()) if c.strip() and not c.strip().startswith(("http", "/"))
        ]
        if names_in(found):
            return found
    return [
        c
        for c in claims.metas.get("article:author", ())
        if c.strip() and not c.strip().startswith(("http", "/")) and "." not in c
    ]


def _marked(page: Page, place: Place, *, strong: bool) -> list[str]:
    """Elements that say "author" in their markup, near the headline or the end of the text."""
    title = place.top
    out = []
    for mark in page.bylines:
        attributes = mark.attributes
        named = attributes.get("itemprop") or ""
        rel = attributes.get("rel") or ""
        certain = "author" in named or "author" in rel
        if certain is not strong:
            continue
        near = title - 6 <= mark.at <= place.start + 4 or (place.end - 1 <= mark.at <= place.end + 2)
        if not near or _in_other_box(mark.node, title):
            continue
        line = text(mark.el)
        if line and len(line) < 120:
            out.append(line)
            if not strong and names_in(out):
                break
    return out


def _signed(page: Page, place: Place) -> list[str]:
    """A line under the headline that says in words who signed ("Par …", "بقلم …")."""
    title = place.top
    for block in page.blocks[title + 1 : max(place.start + 2, title + 6)]:
        if len(block.text) < 150 and SIGNED.search(block.text) and not _in_other_box(block.node, title):
            return [block.text]
    return []


def _beside_outlet(page: Page, place: Place, outlet: set[str]) -> list[str]:
    """A line above the text in which the outlet signs beside a person ("Outlet : Name")."""
    title = place.top
    for index in range(title + 1, place.start + 1):
        block = page.blocks[index]
        if index in place.body or len(block.text) >= _LABEL:
            continue
        parts = re.split(r"\s*[:：/]\s*", block.text)
        if (
            len(parts) == 2
            and min(len(part.split()) for part in parts) > 1
            and any(not outlet.isdisjoint(_keys(part)) for part in parts)
        ):
            return parts
    return []


def _credited(page: Page, place: Place) -> list[str]:
    """The line below the text that says where the news is from ("المصدر: …", "Source : …")."""
    for block in page.blocks[place.end : place.end + _BELOW]:
        if len(block.text) < _LABEL + 20 and _SOURCE.search(block.text):
            return [_SOURCE.sub("", block.text)]
    return []


def _in_other_box(node: Any, title: int) -> bool:
    for one in (node, *node.ancestors()):
        if one.start <= title < one.end:
            return False
        if one.furniture and _OTHER_BOX.search(one.furniture) and not OWN_FOOTER.search(one.name):
            return True
    return False
