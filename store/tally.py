"""What was read since a given time, by source: how a crawl tells what came of the pages it captured."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa

from store.database import Database
from store.records import Link, Via
from store.states import LinkState
from store.tables import articles, links, revisions, ties

_ANSWERS = ("denial", "clarification")
_ANSWERED = timedelta(days=7)
"""How far back a story is looked at for an answer that has come."""


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

    def links_due_again(self, now: datetime, after_s: Sequence[float], limit: int = 5000) -> list[Link]:
        """A ``revisit`` link for every article whose page is to be asked for again at *now*, youngest first.

        It is due once at each of the ages *after_s* (seconds since it was first fetched; of several that
        passed unused, once), and at once after a denial or clarification has joined its story.
        """
        asked = sa.func.coalesce(links.c.checked_at, links.c.fetched_at)
        born = sa.type_coerce(articles.c.first_seen_at, sa.BigInteger)
        steps = [
            sa.and_(
                articles.c.first_seen_at <= now - timedelta(seconds=seconds),
                sa.type_coerce(asked, sa.BigInteger) < born + int(seconds * 1_000_000),
            )
            for seconds in after_s
        ]
        answered = (
            sa.select(ties.c.story_id, sa.func.min(articles.c.first_seen_at).label("answered_at"))
            .join(articles, articles.c.article_id == ties.c.article_id)
            .where(
                ties.c.at >= now - _ANSWERED,
                sa.or_(*(ties.c.document.contains(f'"relation":"{word}"') for word in _ANSWERS)),
            )
            .group_by(ties.c.story_id)
            .subquery()
        )
        statement = (
            sa.select(links.c.source_id, links.c.url)
            .join(articles, articles.c.article_id == links.c.article_id)
            .outerjoin(ties, ties.c.article_id == links.c.article_id)
            .outerjoin(answered, answered.c.story_id == ties.c.story_id)
            .where(
                links.c.state == LinkState.STORED,
                articles.c.removed_at.is_(None),
                # Beyond the last age nothing is due: old articles need not even be looked at.
                articles.c.first_seen_at >= now - timedelta(seconds=max(after_s, default=0)) - _ANSWERED,
                sa.or_(*steps, asked < answered.c.answered_at),
            )
            .order_by(articles.c.first_seen_at.desc(), links.c.link_id)
            .limit(limit)
        )
        with self._db.reading() as connection:
            rows = connection.execute(statement).all()
        return [Link(row.source_id, row.url, "revisit", Via.REVISIT) for row in rows]

    def ids_beginning(self, prefix: str, limit: int) -> list[str]:
        """At most *limit* article ids that begin with *prefix*, in order."""
        first = articles.c.article_id >= prefix
        last = articles.c.article_id < prefix + "g"  # ids are hexadecimal: so it is in every order of letters
        statement = sa.select(articles.c.article_id).where(first, last).order_by(articles.c.article_id)
        with self._db.reading() as connection:
            return list(connection.scalars(statement.limit(limit)))
