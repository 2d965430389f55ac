"""What was read since a given time, by source: how a crawl tells what came of the pages it captured."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa

from store.database import Database
from store.records import Link, Via
from store.states import LinkState
from store.tables import articles, links, revisions


@dataclass(slots=True)
class Read:
    """The ends of one source's pages."""

    stored: int = 0
    """New articles."""
    revised: int = 0
    unchanged: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    """Pages that were read and are no articles, by reason."""
    quarantined: int = 0


class Tallies:
    """The part of the ledger that counts what was read."""

    _db: Database

    def read_since(self, since: datetime) -> dict[str, Read]:
        """What came of the pages fetched at or after *since*, by source; sources without any are absent."""
        found: dict[str, Read] = {}
        with self._db.reading() as connection:
            numbers = (
                sa.select(articles.c.source_id, revisions.c.revision)
                .join(articles, articles.c.article_id == revisions.c.article_id)
                .where(revisions.c.fetched_at >= since)
            )
            for source_id, revision in connection.execute(numbers):
                read = found.setdefault(source_id, Read())
                if revision == 1:
                    read.stored += 1
                else:
                    read.revised += 1
            ends = (
                sa.select(links.c.source_id, links.c.state, links.c.reason, sa.func.count())
                .where(links.c.fetched_at >= since, links.c.capture_file.is_not(None))
                .group_by(links.c.source_id, links.c.state, links.c.reason)
            )
            for source_id, state, reason, count in connection.execute(ends):
                read = found.setdefault(source_id, Read())
                match state:
                    case LinkState.STORED:
                        read.unchanged = max(0, count - read.stored - read.revised)
                    case LinkState.REJECTED:
                        read.rejected[reason] += count
                    case LinkState.QUARANTINED:
                        read.quarantined += count
        return found

    def links_to_revisit(self, since: datetime, source_ids: Collection[str] | None = None) -> list[Link]:
        """A ``revisit`` link for every article first fetched at or after *since* and not taken down."""
        wanted = (
            sa.select(links.c.source_id, links.c.url)
            .join(articles, articles.c.article_id == links.c.article_id)
            .where(
                links.c.state == LinkState.STORED,
                articles.c.first_seen_at >= since,
                articles.c.removed_at.is_(None),
            )
            .order_by(links.c.link_id)
        )
        if source_ids is not None:
            wanted = wanted.where(links.c.source_id.in_(sorted(source_ids)))
        with self._db.reading() as connection:
            rows = connection.execute(wanted).all()
        return [Link(row.source_id, row.url, "revisit", Via.REVISIT) for row in rows]

    def ids_beginning(self, prefix: str, limit: int) -> list[str]:
        """At most *limit* article ids that begin with *prefix*, in order."""
        first = articles.c.article_id >= prefix
        last = articles.c.article_id < prefix + "\uffff"
        statement = sa.select(articles.c.article_id).where(first, last).order_by(articles.c.article_id)
        with self._db.reading() as connection:
            return list(connection.scalars(statement.limit(limit)))
