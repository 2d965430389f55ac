"""Every match of a query, whole, as JSON lines or CSV: streamed, uncapped, in order of id.

The keys are a contract (``docs/output.md``); what is absent is ``null``, what there is none of is ``[]``.
The rows come from the ledger, so an export never shows what only the index believes.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

from search.masking import masked
from search.understood import tied, understood

if TYPE_CHECKING:
    from config.model import Source
    from store.records import Article, StoredArticle

Format = Literal["jsonl", "csv"]

COLUMNS = (
    "article_id",
    "revision",
    "url",
    "canonical_url",
    "source",
    "country",
    "scope",
    "language",
    "language_confidence",
    "languages",
    "kind",
    "title",
    "subtitle",
    "alternative_title",
    "authors",
    "desks",
    "agencies",
    "published_at",
    "published_local_date",
    "published_precision",
    "published_origin",
    "published_earliest",
    "published_latest",
    "modified_at",
    "first_seen_at",
    "last_seen_at",
    "removed_at",
    "text",
    "word_count",
    "text_sha256",
    "section",
    "tags",
    "images",
    "videos",
    "entries",
    "official_accounts",
    "access",
    "relevance_decision",
    "relevance_evidence",
    "institutions",
    "kinds",
    "attribution_value",
    "attribution_cue",
    "unit",
    "places",
    "other_places",
    "foreign_places",
    "partners",
    "figures",
    "quotes",
    "claim",
    "story_id",
    "copy_of",
    "copy_share",
    "relation_type",
    "relation_of",
    "voice",
    "capture_file",
    "capture_offset",
    "capture_sha256",
)
"""Of the CSV: the keys of :func:`record`, with ``published``, ``relevance``, ``attribution``, ``relation``
and ``capture`` laid flat, and of a claim its words alone."""


_HEAD = (
    "language",
    "language_confidence",
    "languages",
    "kind",
    "title",
    "subtitle",
    "alternative_title",
    "authors",
    "desks",
    "agencies",
    "published",
    "modified_at",
)
_TAIL = ("section", "tags", "images", "videos", "entries", "official_accounts", "access")
"""What :func:`record` takes of :func:`article_record`, before and after the times and the text."""


def stamp(at: datetime | None) -> str | None:
    """ISO 8601 in UTC with a ``Z``; fractions only where there are any."""
    return None if at is None else at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def article_record(article: Article) -> dict[str, Any]:
    """What a page alone can say, with the keys of the contract."""
    published = article.published
    return {
        "url": article.url,
        "canonical_url": article.canonical_url or None,
        "language": article.language,
        "language_confidence": article.language_confidence,
        "languages": [{"language": one.language, "share": one.share} for one in article.languages],
        "kind": str(article.kind),
        "title": article.title,
        "subtitle": article.subtitle or None,
        "alternative_title": article.alternative_title or None,
        "authors": list(article.authors),
        "desks": list(article.desks),
        "agencies": list(article.agencies),
        "published": published
        and {
            "at": stamp(published.at),
            "local_date": published.local_date,
            "precision": str(published.precision),
            "origin": published.origin,
            "earliest": stamp(published.earliest),
            "latest": stamp(published.latest),
        },
        "modified_at": stamp(article.modified.at) if article.modified else None,
        "text": article.text,
        "word_count": article.word_count,
        "section": article.section or None,
        "tags": list(article.tags),
        "images": [{"url": image.url, "caption": image.caption or None} for image in article.images],
        "videos": [
            {"url": video.url, "kind": video.kind, "caption": video.caption or None}
            for video in article.videos
        ],
        "entries": [{"at": stamp(one.at.at), "paragraph": one.paragraph} for one in article.entries],
        "official_accounts": [
            {"institution": one.institution, "network": one.network, "handle": one.handle, "url": one.url}
            for one in article.official_accounts
        ],
        "access": str(article.access),
    }


def record(stored: StoredArticle, source: Source | None, *, unmasked: bool = False) -> dict[str, Any]:
    """One article with the keys of the contract; *source* is ``None`` where the catalogue lacks it.

    Names of private persons are hidden unless *unmasked*; ``text_sha256`` is of the text as printed.
    """
    printed = stored.article.text
    stored = stored if unmasked else masked(stored)
    article, annotated = stored.article, stored.annotated
    said = article_record(article)
    return {
        "article_id": stored.article_id,
        "revision": stored.revision,
        "url": said["url"],
        "canonical_url": said["canonical_url"],
        "source": article.source_id,
        "country": source.country if source else None,
        "scope": source.scope if source else None,
        **{name: said[name] for name in _HEAD},
        "first_seen_at": stamp(stored.first_seen_at),
        "last_seen_at": stamp(stored.last_seen_at),
        "removed_at": stamp(stored.removed_at),
        "text": said["text"],
        "word_count": said["word_count"],
        "text_sha256": hashlib.sha256(printed.encode("utf-8", "surrogatepass")).hexdigest(),
        **{name: said[name] for name in _TAIL},
        "relevance": {
            "decision": str(annotated.relevance.decision),
            "evidence": [
                {
                    "label": cue.label,
                    "field": cue.field,
                    "start": cue.start,
                    "end": cue.end,
                    "words": cue.words,
                }
                for cue in annotated.relevance.evidence
            ],
        },
        "institutions": list(annotated.institutions),
        **understood(annotated),
        **tied(stored.ties),
        "capture": {
            "file": stored.capture.file,
            "offset": stored.capture.offset,
            "sha256": stored.capture.sha256,
        },
    }


def lines(
    articles: Iterable[StoredArticle],
    sources: Mapping[str, Source],
    form: Format,
    *,
    unmasked: bool = False,
) -> Iterator[str]:
    """The export, line by line, ends of line included."""
    records = (record(one, sources.get(one.article.source_id), unmasked=unmasked) for one in articles)
    return _csv(records) if form == "csv" else _jsonl(records)


def _jsonl(records: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    for row in records:
        # A half of a surrogate pair, met in broken pages, cannot be written as UTF-8: escape that line whole.
        text = json.dumps(row, ensure_ascii=False)
        yield (text if _writable(text) else json.dumps(row)) + "\n"


def _writable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _csv(records: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """RFC 4180 with a byte order mark: without it Excel reads Arabic as Windows-1252.

    Lists of words are joined by `` | ``; lists of objects are JSON; a cell that a spreadsheet would take
    for a formula begins with an apostrophe.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    yield "\ufeff" + _drain(buffer)
    for row in records:
        flat = _flat(row)
        writer.writerow([cell(flat[name]) for name in COLUMNS])
        yield _drain(buffer)


def _drain(buffer: io.StringIO) -> str:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text.encode("utf-8", "replace").decode()


_LAID_FLAT = ("published", "relevance", "attribution", "relation", "capture")


def _flat(row: Mapping[str, Any]) -> dict[str, Any]:
    flat = {
        key: value
        for key, value in row.items()
        if key not in ("published", "relevance", "attribution", "capture")
    }
    published = row["published"] or {}
    for key in ("at", "local_date", "precision", "origin", "earliest", "latest"):
        flat[f"published_{key}"] = published.get(key)
    for outer in ("relevance", "capture"):
        flat.update((f"{outer}_{key}", value) for key, value in row[outer].items())
    for key in ("type", "of"):
        flat[f"relation_{key}"] = row["relation"] and row["relation"][key]
    attribution = row["attribution"] or {"value": None, "cue": None}
    flat["attribution_value"] = attribution["value"]
    for name, cue in (("attribution_cue", attribution["cue"]), ("claim", row["claim"])):
        flat[name] = cue and cue["text"]
    return flat


_FORMULA = frozenset("=+-@\t\r\n＝＋－＠")
_BLANKS = " \u00a0\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff"


def cell(value: Any) -> str:
    match value:
        case None:
            return ""
        case list() if value and isinstance(value[0], dict):
            text = json.dumps(value, ensure_ascii=False)
        case list():
            text = " | ".join(value)
        case int() | float():  # our own numbers are no formulas, even with a minus
            return str(value)
        case _:
            text = str(value)
    # Spreadsheets look past blanks and direction marks, and some take full-width signs for signs.
    return "'" + text if text.lstrip(_BLANKS)[:1] in _FORMULA else text
