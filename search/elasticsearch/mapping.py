"""What an article is in Elasticsearch: the fields, how they are analysed, and the templates that say so.

Three kinds of fields stand side by side.  *Token fields* hold the words that :mod:`search.analysis` found,
which our own searches ask; they are cut at white space and kept out of ``_source``.  *Labels* are the values
that can be filtered and counted by.  *Readable fields* (title and body in the article's own language, its
dates, its address) are for Kibana and other clients; the server analyses their words itself
(:mod:`search.elasticsearch.native`).  Nothing is mapped on the fly (``dynamic: strict``).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Any

from search.documents import writable
from search.elasticsearch import native
from search.engine import LABELS, Document
from search.fields import (
    REST,
    SHOWN,
    TOKENS,
    is_shown,
    local_day,
    local_hour,
    microseconds,
    seconds,
    token_fields,
)
from search.masking import hider

if TYPE_CHECKING:
    from search.analysis import Analysis
    from store.records import StoredArticle

MAPPING_VERSION = 2
"""Raise it when the meaning of a field changes and the template does not."""

WORDS = ("title", "subtitle", "body")
"""The readable fields of words, each an object with one field a language."""
UNKNOWN = "und"
"""The field of a text in none of :data:`native.LANGUAGES`."""
_KEYWORD_CHARS = 1024
_URL_CHARS = 8191
"""Four bytes each are what the server takes of one term, 32,766; a longer one rejects the document."""
_KEYWORD = {"type": "keyword", "ignore_above": _KEYWORD_CHARS}
_NUMBER = {"type": "long"}
_DATE = {"type": "date", "format": "strict_date_optional_time"}
_VERSION_BITS = 40


def properties(*, readable: bool = True) -> dict[str, Any]:
    """Field → its mapping; without those of *readable* words where a server lacks the native analysers."""
    words = {"type": "text", "analyzer": "whitespace"}
    fields: dict[str, Any] = {name: dict(words) for name in (*TOKENS, *(REST + name for name in TOKENS))}
    fields |= {name: dict(_KEYWORD) for name in (*LABELS, SHOWN, "article_id", "author", "relation")}
    fields |= {name: dict(_NUMBER) for name in ("at_us", "at_s", "day", "hour", "revision", "order", "words")}
    fields |= {name: dict(_DATE) for name in ("at", "published_at", "first_seen_at", "removed_at")}
    fields["url"] = {"type": "keyword", "doc_values": False, "ignore_above": _URL_CHARS}
    if readable:
        fields |= {name: {"properties": _languages()} for name in WORDS}
    return fields


def _languages() -> dict[str, Any]:
    exact = {"type": "text", "analyzer": "marsad_exact"}
    return {
        language: {"type": "text", "analyzer": f"marsad_{language}", "fields": {"exact": exact}}
        for language in native.LANGUAGES
    } | {UNKNOWN: exact}


def components(analysis: Analysis | None, *, shards: int = 1) -> dict[str, dict[str, Any]]:
    """Name → component template, of which the index template is made.

    *analysis* is what the native analysers are told of words by; ``None`` for a server that lacks them, whose
    readable words are left out.
    """
    return {
        "mapping": {
            # The analysers stand beside the fields that name them: a server checks each template by itself.
            "settings": {"index": {"analysis": native.settings(analysis) if analysis else {}}},
            "mappings": {
                "dynamic": "strict",
                "_source": {"excludes": [*TOKENS, *(REST + name for name in TOKENS)]},
                "properties": properties(readable=analysis is not None),
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


def body(
    document: Document, zone: tzinfo, *, readable: bool = True, unmasked: bool = False
) -> dict[str, Any]:
    """*document* as it is sent; what is readable has the names of private persons only if *unmasked*."""
    at = document.at
    made: dict[str, Any] = {**token_fields(document)}
    for name, values in document.labels.items():
        if name not in LABELS:
            raise ValueError(f"document {document.article_id}: no label field {name!r}")
        made[name] = list(values)
    if is_shown(document):
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
    if document.stored is None:
        return made
    hide = str if unmasked or not document.stored.annotated.masks else hider(document.stored.annotated)
    return made | _readable(document.stored, hide, with_words=readable)


def _readable(stored: StoredArticle, hide: Callable[[str], str], *, with_words: bool) -> dict[str, Any]:
    article = stored.article
    published = article.published.at if article.published else None
    made: dict[str, Any] = {
        "url": writable(article.url),
        "author": [writable(author) for author in article.authors],
        "first_seen_at": _stamp(stored.first_seen_at),
        "published_at": _stamp(published),
        "removed_at": _stamp(stored.removed_at),
        "relation": stored.ties.relation if stored.ties else None,
        "words": article.word_count,
    }
    if with_words:
        language = article.language[:2] if article.language[:2] in native.LANGUAGES else UNKNOWN
        texts = (article.title, article.subtitle or "", article.told)
        made |= {
            name: {language: writable(hide(text))} for name, text in zip(WORDS, texts, strict=True) if text
        }
    return {name: value for name, value in made.items() if value}


def _stamp(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat(timespec="milliseconds")
