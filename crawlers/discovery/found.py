"""What discovery hands back, and the one place where a link is judged worth keeping.

Every reader gives its raw finds to a :class:`Gatherer`: it resolves, refuses what is not the outlet's, drops
the home page and the listing itself, removes doubles in order, and counts what it left out, so that nothing
is lost without a word.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from unicodedata import normalize
from urllib.parse import parse_qs, unquote, urljoin, urlsplit

from config.model import EntryPoint, Source
from config.wording import counted
from config.zones import zone
from crawlers.dates import read_date
from crawlers.discovery.text import plain
from store.records import Hint, Link, Via

MAX_LINKS = 50_000
"""The most a sitemap may hold by its own standard; whatever lists more is cut there, with a problem noted."""
MAX_URL_CHARS = 4096
MAX_SUMMARY_CHARS = 2000
MAX_TITLE_CHARS = 500
MAX_VIDEOS = 5

_ABSOLUTE = re.compile(r"https?://[^/?#\s]", re.IGNORECASE)
_BLANKS = re.compile(r"[\x00-\x20\x7f-\xa0\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]+")
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_CLEAN = re.compile(r"https?://[^/?#\s][^\x00-\x20\x7f-\xa0\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff#]*")
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[a-z0-9]{2,8})*", re.IGNORECASE)
_TRACKING = re.compile(r"utm_\w+|fbclid|gclid|ref|source|xtor|at_\w+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Child:
    """Another listing to ask for: a sitemap of an index, the next page of a section."""

    url: str
    lastmod: datetime | None = None
    """When it last changed, or an instant after which nothing on it can have been published."""


@dataclass(frozen=True, slots=True)
class Discovered:
    """Everything one body of an entry point showed."""

    links: tuple[Link, ...] = ()
    children: tuple[Child, ...] = ()
    """Newest first."""
    problems: tuple[str, ...] = ()
    """``code: what was seen``, for health and for people; a body may have problems and links alike."""
    title: str | None = None
    """What the listing calls itself."""
    newest: datetime | None = None
    """The newest date beside any link (publication, else change) that is not ahead of *now*."""


def site(host: str | None) -> str:
    """A host as it is compared: lower case, in ASCII (punycode), without ``www.`` and a final dot."""
    name = (host or "").lower().rstrip(".").removeprefix("www.")
    if name.isascii():
        return name
    try:
        return normalize("NFC", name).encode("idna").decode("ascii")
    except UnicodeError:
        return name


def own_hosts(source: Source) -> frozenset[str]:
    """The hosts whose pages (and whose subdomains' pages) are the outlet's."""
    return frozenset(filter(None, (site(urlsplit(source.homepage).hostname), *map(site, source.domains))))


def language_tag(text: str | None) -> str | None:
    """*text* if it has the form of a BCP 47 tag (``fr_MA`` is mended), else ``None``."""
    tag = (text or "").strip().replace("_", "-")
    return tag if len(tag) <= 35 and _LANGUAGE.fullmatch(tag) else None


def _same_page(url: str) -> tuple[str, str, str]:
    """What makes two addresses one listing: host, path without final slash, query without tracking."""
    parts = urlsplit(url)
    query = "&".join(p for p in parts.query.split("&") if p and not _TRACKING.fullmatch(p.partition("=")[0]))
    path = unquote(parts.path).rstrip("/").removesuffix("/index.html").removesuffix("/index.php")
    return site(parts.netloc), path, query


class Gatherer:
    """Collects the links of one body; made for one :func:`~crawlers.discovery.discover` and thrown away."""

    def __init__(self, source: Source, via: Via, url: str, now: datetime, entry: EntryPoint | None) -> None:
        self.source = source
        self.via = via
        self.url = url
        self.now = now
        self.entry = entry
        self.zone = zone(source.timezone)
        self.problems: list[str] = []
        self.left_out: Counter[str] = Counter()
        self.title: str | None = None
        self.hosts = own_hosts(source)
        self._links: dict[str, Link] = {}
        self._children: dict[str, Child] = {}
        self._own: dict[str, bool] = {}
        listings = (url, source.homepage, *(point.url for point in source.entry_points))
        self._listings = {_same_page(listing) for listing in listings if _ABSOLUTE.match(listing)}
        self._listing_paths = {path for _, path, _ in self._listings} | {""}

    def problem(self, code: str, seen: str) -> None:
        """Note that something is wrong with the body, once a code."""
        if not any(known.startswith(code + ":") for known in self.problems):
            self.problems.append(f"{code}: {seen}")

    def resolve(self, raw: str | None, base: str | None = None) -> str | None:
        """*raw* as an absolute http(s) address without fragment, or ``None`` if it cannot be asked for."""
        if not raw:
            return None
        url = raw.strip()
        if _CLEAN.fullmatch(url):  # nearly all: nothing to mend, nothing to resolve
            return url if len(url) <= MAX_URL_CHARS else None
        if _BLANKS.search(url):
            # Line breaks within an address are layout; a blank within an Arabic slug is part of it.
            url = _BLANKS.sub(lambda m: "" if "\n" in m[0] or m[0][0] not in " \xa0" else "%20", url)
        if not _ABSOLUTE.match(url):
            if _SCHEME.match(url):
                return None
            try:
                url = urljoin(base or self.url, url)
            except ValueError:
                return None
            if not _ABSOLUTE.match(url):
                return None
        url = url.partition("#")[0]
        return url if len(url) <= MAX_URL_CHARS else None

    def owned(self, url: str) -> bool:
        """Whether *url* lies on one of the outlet's hosts; credentials and odd ports make it nobody's."""
        authority = url.split("/", 3)[2].partition("?")[0]
        known = self._own.get(authority)
        if known is None:
            try:
                parts = urlsplit(f"//{authority}")
                host, _ = site(parts.hostname), parts.port
            except ValueError:
                host = ""
            known = "@" not in authority and any(
                host == own or host.endswith("." + own) for own in self.hosts
            )
            self._own[authority] = known
        return known

    def is_listing(self, url: str) -> bool:
        """Whether *url* is the home page, this listing or another entry point of the source."""
        path = url.split("/", 3)[3] if url.count("/") > 2 else ""
        bare = (
            unquote(path.partition("?")[0]).rstrip("/") if "%" in path else path.partition("?")[0].rstrip("/")
        )
        if bare and f"/{bare}" not in self._listing_paths and not bare.startswith("index."):
            return False  # the rule, without parsing: a sitemap holds 50,000
        key = _same_page(url)
        return key in self._listings or (key[1] == "" and not key[2])

    def best(self, candidates: Iterable[str | None], base: str | None = None) -> str | None:
        """The first candidate that is (or, as a redirector, carries) the outlet's own; else the first."""
        first = None
        for raw in candidates:
            url = self.resolve(raw, base)
            if url is None:
                continue
            if self.owned(url):
                return url
            inner = self._wrapped(url)
            if inner:
                return inner
            first = first or url
        return first

    def _wrapped(self, url: str) -> str | None:
        """The outlet's address that a redirector (Google Alerts, ``apiclick``) carries in its query."""
        query = url.partition("?")[2]
        if "http" not in query:
            return None
        try:
            values = parse_qs(query, max_num_fields=30)
        except ValueError:
            return None
        for name in ("url", "u", "q", "link", "target"):
            for value in values.get(name, ()):
                inner = self.resolve(value) if _ABSOLUTE.match(value) else None
                if inner and self.owned(inner):
                    return inner
        return None

    def add(self, url: str | None, hint: Hint) -> None:
        """Keep the link, unless it is nobody's, off-site, a listing, or already there."""
        if url is None:
            self.left_out["no_address"] += 1
            return
        if not self.owned(url):
            self.left_out["off_site"] += 1
            return
        if self.is_listing(url):
            self.left_out["listing"] += 1
            return
        key = unquote(url) if "%" in url else url
        key = key.partition("://")[2].rstrip("/")
        known = self._links.get(key)
        if known is not None:
            if known.hint.title is None and hint.title is not None:
                self._links[key] = Link(known.source_id, known.url, known.found_in, known.via, hint)
            return
        if len(self._links) >= MAX_LINKS:
            self.left_out["too_many"] += 1
            return
        self._links[key] = Link(self.source.id, url, self.url, self.via, hint)

    def child(self, url: str | None, lastmod: datetime | None) -> None:
        """Keep another listing of the outlet to ask for."""
        if url is None:
            self.left_out["no_address"] += 1
        elif not self.owned(url):
            self.left_out["off_site"] += 1
        elif _same_page(url) != _same_page(self.url) and url not in self._children:
            self._children[url] = Child(url, lastmod)

    def hint(
        self,
        *,
        title: str | None = None,
        published: str | None = None,
        modified: str | None = None,
        summary: str | None = None,
        language: str | None = None,
        videos: Iterable[str] = (),
    ) -> Hint:
        """The claims of one entry, cleaned; dates read in the source's zone where they bear none."""
        default = self.entry.language if self.entry else None
        if not (title or published or summary or language):  # a plain sitemap holds 50,000 of these
            return Hint(language=default, modified_at=read_date(modified, self.zone, self.now))
        return Hint(
            title=plain(title, MAX_TITLE_CHARS),
            published_at=read_date(published, self.zone, self.now) if published else None,
            published_raw=published.strip()[:100] or None if published else None,
            summary=plain(summary, MAX_SUMMARY_CHARS),
            language=language_tag(language) or default,
            modified_at=read_date(modified, self.zone, self.now) if modified else None,
            videos=tuple(dict.fromkeys(videos))[:MAX_VIDEOS],
        )

    def count(self) -> int:
        """How many links are kept so far."""
        return len(self._links)

    def done(self, children: Iterable[Child] | None = None) -> Discovered:
        """The frozen result; what was left out becomes a problem line each."""
        says = {
            "off_site": ("address", "addresses", "of other sites left out"),
            "no_address": ("entry", "entries", "without a usable address"),
            "too_many": ("link", "links", f"beyond the first {MAX_LINKS}"),
            "not_article": ("address", "addresses", "of listings and service pages left out"),
            "trap": ("endless address", "endless addresses", "(sessions, facets, calendars) left out"),
        }
        for code, (one, many, what) in says.items():
            if self.left_out[code]:
                self.problem(code, f"{counted(self.left_out[code], one, many)} {what}")
        links = tuple(self._links.values())
        dates = [
            at for link in links if (at := link.hint.published_at or link.hint.modified_at) and at <= self.now
        ]
        return Discovered(
            links=links,
            children=tuple(self._children.values() if children is None else children),
            problems=tuple(self.problems),
            title=plain(self.title, MAX_TITLE_CHARS),
            newest=max(dates, default=None),
        )

    @property
    def children(self) -> tuple[Child, ...]:
        return tuple(self._children.values())
