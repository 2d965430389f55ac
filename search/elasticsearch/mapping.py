"""What an article is in Elasticsearch: the fields, how they are analysed, and the templates that say so.

Three kinds of fields stand side by side.  *Token fields* hold the words that :mod:`search.analysis` found,
which our own searches ask; they are cut at white space and kept out of ``_source``.  *Labels* are the values
that can be filtered and counted by.  *Readable fields* (title and body in the article's own language, its
dates, its address) are for Kibana and other clients.  Nothing is mapped on the fly (``dynamic: strict``).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Any

from search.documents import writable
from search.engine import LABELS, Document
from search.fields import REST, SHOWN, TOKENS, is_shown, local_day, local_hour, microseconds, seconds

if TYPE_CHECKING:
    from store.records import StoredArticle

MAPPING_VERSION = 1
"""Raise it when the meaning of a field changes and the template does not."""

LANGUAGES = ("ar", "fr", "en", "es")
"""Languages whose readable fields have a native analyser; texts in others are under ``und``."""
_KEYWORD_CHARS = 1024
_KEYWORD = {"type": "keyword", "ignore_above": _KEYWORD_CHARS}
_NUMBER = {"type": "long"}
_DATE = {"type": "date", "format": "strict_date_optional_time"}
_VERSION_BITS = 40


def properties(*, readable: bool = True) -> dict[str, Any]:
    """Field → its mapping; without those of *readable* words where a server lacks the native analysers."""
    words = {"type": "text", "analyzer": "whitespace"}
    fields: dict[str, Any] = {name: dict(words) for name in (*TOKENS, *(REST + name for name in TOKENS))}
    fields |= {name: dict(_KEYWORD) for name in (*LABELS, SHOWN, "article_id", "author")}
    fields |= {name: dict(_NUMBER) for name in ("at_us", "at_s", "day", "hour", "revision", "order")}
    fields |= {name: dict(_DATE) for name in ("at", "published_at", "first_seen_at", "removed_at")}
    fields["url"] = {"type": "keyword", "doc_values": False}
    if readable:
        for name in ("title", "body"):
            fields[name] = {
                "properties": {
                    **{
                        language: {"type": "text", "analyzer": f"{language}_native"} for language in LANGUAGES
                    },
                    "und": {"type": "text"},
                }
            }
    return fields


def analysers() -> dict[str, Any]:
    """The native analysers of the readable fields."""
    return {
        "analyzer": {
            "ar_native": {"type": "arabic"},
            "fr_native": {"type": "french"},
            "en_native": {"type": "english"},
            "es_native": {"type": "spanish"},
        }
    }


def components(*, readable: bool = True, shards: int = 1) -> dict[str, dict[str, Any]]:
    """Name → component template, of which the index template is made."""
    return {
        "mapping": {
            # The analysers stand beside the fields that name them: a server checks each template by itself.
            "settings": {"index": {"analysis": analysers() if readable else {}}},
            "mappings": {
                "dynamic": "strict",
                "_source": {"excludes": [*TOKENS, *(REST + name for name in TOKENS)]},
                "properties": properties(readable=readable),
            },
        },
        "settings": {
            "settings": {
                "index": {
                    "number_of_shards": shards,
                    # One node: none.  More: a copy of each.
                    "auto_expand_replicas": "0-1",
                    # What was written shows when the indexer says so, all of a batch at once.
                    "refresh_interval": "-1",
                }
            }
        },
    }


def fingerprint(analysis_version: str, zone_name: str, parts: Mapping[str, Any]) -> str:
    """Eight hex digits that differ whenever an index would have to be written anew.

    The number of shards is none of them: it changes no answer.
    """
    told = json.dumps(parts["mapping"], sort_keys=True)
    said = "\n".join((str(MAPPING_VERSION), analysis_version, zone_name, told))
    return hashlib.sha256(said.encode()).hexdigest()[:8]


def version(document: Document) -> int:
    """One number that grows with the revision and, within one, with what the writer knew."""
    return document.revision << _VERSION_BITS | document.order


def body(document: Document, zone: tzinfo, *, readable: bool = True) -> dict[str, Any]:
    """*document* as it is sent."""
    shown = is_shown(document)
    at = document.at
    made: dict[str, Any] = {
        (name if shown else REST + name): tokens for name, tokens in document.tokens.items() if tokens
    }
    for name, values in document.labels.items():
        if name not in LABELS:
            raise ValueError(f"document {document.article_id}: no label field {name!r}")
        made[name] = list(values)
    if shown:
        made[SHOWN] = "1"
    made |= {
        "article_id": document.article_id,
        "revision": document.revision,
        "order": document.order,
        "at": at.isoformat(timespec="milliseconds"),
        "at_us": microseconds(at),
        "at_s": seconds(at),
        "day": local_day(at, zone),
        "hour": local_hour(at, zone),
    }
    return made if document.stored is None else made | _readable(document.stored, words=readable)


def _readable(stored: StoredArticle, *, words: bool) -> dict[str, Any]:
    article = stored.article
    published = article.published.at if article.published else None
    made: dict[str, Any] = {
        "url": writable(article.url),
        "author": [writable(author) for author in article.authors],
        "first_seen_at": _stamp(stored.first_seen_at),
        "published_at": _stamp(published),
        "removed_at": _stamp(stored.removed_at),
    }
    if words:
        language = article.language[:2] if article.language[:2] in LANGUAGES else "und"
        made |= {"title": {language: writable(article.title)}, "body": {language: writable(article.text)}}
    return {name: value for name, value in made.items() if value}


def _stamp(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat(timespec="milliseconds")
