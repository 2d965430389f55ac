"""The fields of the embedded index, and how a document becomes one of tantivy's.

Traps of tantivy 0.27 that shape this file: unknown document fields are dropped silently (so documents are
built here and nowhere else); dates are cut to seconds and their aggregations ignore time zones (so there is
no date field: times are integers, and the local day and hour are worked out before indexing); the schema of
an index cannot change in place (so its fingerprint is part of the folder's name).
"""

from __future__ import annotations

import hashlib
from datetime import datetime, tzinfo

import tantivy

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

SCHEMA_VERSION = 5
"""Raise it when the meaning of a field changes and its name does not."""

_KEY_SECONDS = 2**33 - 1


def build() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    for name in (*TOKENS, *(REST + name for name in TOKENS)):
        builder.add_text_field(name, tokenizer_name="words", index_option="position")
    for name in (*LABELS, SHOWN):
        builder.add_text_field(name, fast=name != SHOWN, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("article_id", tokenizer_name="raw", index_option="basic")
    # The id again as two numbers: order, cursors and answers come from fast fields, nothing is stored.
    builder.add_unsigned_field("id_high", indexed=True, fast=True)
    builder.add_unsigned_field("id_low", fast=True)
    builder.add_unsigned_field("revision", fast=True)
    builder.add_integer_field("at", indexed=True, fast=True)  # microseconds since 1970, UTC
    builder.add_integer_field("sort_key", indexed=True, fast=True)
    builder.add_integer_field("day", indexed=True, fast=True)  # date.toordinal of the local day
    builder.add_integer_field(
        "hour", fast=True
    )  # quarters of an hour since 1970 at which the local hour began
    return builder.build()


def register(index: tantivy.Index) -> None:
    """Tokenizers are not part of an index on disk: each process names them after opening."""
    words = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build()
    index.register_tokenizer("words", words)


def fingerprint(analysis_version: str, zone_name: str) -> str:
    """Eight hex digits that differ whenever an index would have to be written anew."""
    parts = [str(SCHEMA_VERSION), analysis_version, zone_name, *TOKENS, *LABELS]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:8]


def sort_key(at: datetime, article_id: str) -> int:
    """One number that orders by time, then by id *backwards*, so that reading it downwards gives the newest
    first and ties by rising id.

    Whole seconds and 30 bits of the id, rather than milliseconds and 20: outlets state days and minutes, so
    that thousands of articles share a second, and 20 bits of id would collide among them every day.
    """
    whole = max(-_KEY_SECONDS, min(_KEY_SECONDS, seconds(at)))
    return whole << 30 | (0x3FFFFFFF - (int(article_id[:8], 16) >> 2))


def identifier(high: int, low: int) -> str:
    return f"{high:016x}{low:016x}"


def to_tantivy(document: Document, zone: tzinfo) -> tantivy.Document:
    out = tantivy.Document()
    for name, tokens in token_fields(document).items():
        out.add_text(name, tokens)
    for name, values in document.labels.items():
        if name not in LABELS:
            raise ValueError(f"document {document.article_id}: no label field {name!r}")
        for value in values:
            out.add_text(name, value)
    if is_shown(document):
        out.add_text(SHOWN, "1")
    identity = document.article_id
    out.add_text("article_id", identity)
    out.add_unsigned("id_high", int(identity[:16], 16))
    out.add_unsigned("id_low", int(identity[16:], 16))
    out.add_unsigned("revision", document.revision)
    at = document.at
    out.add_integer("at", microseconds(at))
    out.add_integer("sort_key", sort_key(at, identity))
    out.add_integer("day", local_day(at, zone))
    out.add_integer("hour", local_hour(at, zone))
    return out
