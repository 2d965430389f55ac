"""Articles read from a ledger's file without the ledger: a look from a cold shell.

Loading the database toolkit takes longer than a whole search may.  So an answer's few articles are read here
with the standard library alone, from a file whose schema is exactly the known one; whatever else it may be
(an older schema, a server) is :class:`store.ledger.Ledger`'s.  Both give equal articles.
"""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

from store import codec
from store.records import Annotated, Capture, StoredArticle, Ties
from store.urls import canonicalize

SCHEMA = "0005"
"""The one schema that is read here; equal to :data:`store.tables.SCHEMA_VERSION`."""
_FILE = "ledger.sqlite"
_BUSY_S = 60.0
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_ARTICLE = """
    SELECT a.revision, a.first_seen_at, a.last_seen_at, a.removed_at,
           r.capture_file, r.capture_offset, r.capture_sha256, r.document, t.document
    FROM articles a JOIN revisions r ON r.article_id = a.article_id AND r.revision = a.revision
    LEFT JOIN ties t ON t.article_id = a.article_id
    WHERE a.article_id = ?
"""
_URLS = "SELECT url FROM variants WHERE article_id = ?"


class Glance:
    """Use :meth:`at`; close it."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self._path = path

    @classmethod
    def at(cls, home: Path) -> Glance | None:
        """A reader of the ledger under *home*; ``None`` if only :class:`~store.ledger.Ledger` can read it."""
        path = home / _FILE
        if not path.is_file():
            return None
        try:
            connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=_BUSY_S)
        except sqlite3.Error:
            return None  # the ledger says what is the matter with it
        try:
            versions = connection.execute("SELECT version_num FROM alembic_version").fetchall()
        except sqlite3.Error:
            versions = []
        if versions != [(SCHEMA,)]:
            connection.close()
            return None
        return cls(connection, path)

    def find(self, article_id: str) -> StoredArticle | None:
        """As :meth:`store.ledger.Ledger.find`; raises its errors."""
        try:
            row = self._connection.execute(_ARTICLE, (article_id,)).fetchone()
            urls = [url for (url,) in self._connection.execute(_URLS, (article_id,))]
        except sqlite3.Error as fault:
            from store.database import in_our_words

            raise in_our_words(fault, self._path, str(self._path)) from fault
        if row is None:
            return None
        revision, first, last, removed, file, offset, sha256, document, tied = row
        annotated = codec.from_document(Annotated, document)
        own = _canonical(annotated.article.canonical_url)
        return StoredArticle(
            article_id=article_id,
            revision=revision,
            annotated=annotated,
            first_seen_at=_instant(first),
            last_seen_at=_instant(last),
            removed_at=None if removed is None else _instant(removed),
            capture=Capture(file, offset, sha256),
            variants=tuple(sorted(url for url in urls if url != own)),
            ties=None if tied is None else codec.from_document(Ties, tied),
        )

    def close(self) -> None:
        self._connection.close()


def _instant(microseconds: int) -> datetime:
    return _EPOCH + timedelta(microseconds=microseconds)


def _canonical(url: str) -> str:
    try:
        return canonicalize(url)
    except ValueError:
        return url
