"""GDELT DOC 2.0 article lists (``mode=artlist``), JSON or CSV: leads to coverage, above all foreign.

A lead says only that an outlet published something at an address; the page is asked for from the outlet
itself and credited to it.  GDELT's ``seendate`` is when its crawler met the article, up to a day after
publication, so it stands in ``modified_at``: it can prove an article too old, never date it.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

from crawlers.dates import read_date
from crawlers.discovery import jsontext
from crawlers.discovery.found import Gatherer, site
from crawlers.discovery.text import plain
from store.records import Hint, Link, Via

# GDELT writes languages out; other names are left unsaid rather than guessed.
_LANGUAGES = {
    "arabic": "ar", "french": "fr", "english": "en", "spanish": "es", "german": "de", "italian": "it",
    "portuguese": "pt", "dutch": "nl", "turkish": "tr", "hebrew": "he", "persian": "fa", "catalan": "ca",
    "russian": "ru", "chinese": "zh",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Leads:
    """What one article list points at."""

    links: tuple[Link, ...]
    """At known outlets; ``source_id`` is the outlet's."""
    unknown: tuple[Link, ...]
    """At outlets nobody watches, to be counted; ``source_id`` is empty."""
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Row:
    url: str
    title: str | None
    seen: str | None
    language: str | None


def gdelt_leads(body: bytes, hosts: Mapping[str, str], now: datetime, found_in: str) -> Leads:
    """The leads of one answer; *hosts* maps each outlet's hosts (without ``www.``) to its source id.

    *found_in* is the address of the query.  An address on a subdomain is its outlet's.  Never raises on any
    bytes.
    """
    links: dict[str, Link] = {}
    problems: list[str] = []
    for row in _rows(body.decode("utf-8-sig", "replace"), problems):
        url = row.url.strip()
        try:
            host = site(urlsplit(url).hostname)
        except ValueError:
            continue
        if not host or url in links or not url.lower().startswith(("http://", "https://")):
            continue
        links[url] = Link(_owner(host, hosts), url, found_in, Via.GDELT, _hint(row, now))
    known = tuple(link for link in links.values() if link.source_id)
    return Leads(known, tuple(link for link in links.values() if not link.source_id), tuple(problems))


def read_leads(text: str, gather: Gatherer) -> None:
    """Add those leads of an answer that point at the source itself."""
    problems: list[str] = []
    for row in _rows(text, problems):
        gather.add(gather.resolve(row.url), _hint(row, gather.now))
    for problem in problems:
        gather.problem(*problem.split(": ", 1))


def _owner(host: str, hosts: Mapping[str, str]) -> str:
    labels = host.split(".")
    return next((known for i in range(len(labels)) if (known := hosts.get(".".join(labels[i:])))), "")


def _hint(row: _Row, now: datetime) -> Hint:
    return Hint(
        title=plain(row.title, 500),
        published_raw=row.seen,
        language=_LANGUAGES.get((row.language or "").strip().lower()),
        modified_at=read_date(row.seen, UTC, now),
    )


def _rows(text: str, problems: list[str]) -> Iterator[_Row]:
    """The rows of an answer; what stands in place of one (an error in plain text) becomes a problem."""
    start = text.lstrip("\ufeff \r\n\t")
    if start[:4].upper() == "URL,":
        try:
            for line in csv.DictReader(io.StringIO(start, newline="")):
                row = {(key or "").lower(): value for key, value in line.items() if isinstance(value, str)}
                yield _Row(row.get("url", ""), row.get("title"), row.get("date"), row.get("language"))
        except csv.Error as error:
            problems.append(f"malformed: {error}")
        return
    try:
        data = jsontext.load(start)
    except ValueError:
        # A refused query is answered in words, with status 200.
        problems.append(f"refused: GDELT answers {' '.join(start.split())[:120] or 'nothing'}")
        return
    articles = data.get("articles") if isinstance(data, dict) else None
    if not isinstance(articles, list):
        problems.append("empty: a list without articles")
        return
    for article in articles:
        if isinstance(article, dict):
            url, *claims = (jsontext.string(article.get(n)) for n in ("url", "title", "seendate", "language"))
            yield _Row(url or "", *claims)
