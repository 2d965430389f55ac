"""What articles are to one another: the marks they are compared by, their stories, and what analysts say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa

from store import codec
from store.articles import NEWEST, TIED, WHOLE, announce, stored, variants_of
from store.database import Database
from store.frontier import chunks
from store.records import Override, StoredArticle, Ties
from store.tables import articles, overrides, revisions, ties


@dataclass(frozen=True, slots=True)
class Marked:
    """What is kept of an article to compare it with others."""

    article_id: str
    revision: int
    """Of which the marks are."""
    rules_version: str
    """Of the annotation of which the marks are."""
    at: datetime
    """When it was published or, where it does not say, first seen."""
    marks: str
    """JSON of :mod:`pipeline.linking`."""
    ties: Ties | None = None


@dataclass(frozen=True, slots=True)
class StoryHead:
    """A story as a list shows it."""

    story_id: str
    articles: int
    first_at: datetime
    last_at: datetime


_HAS_TIES = ties.c.document.is_not(None)


def _between(since: datetime, until: datetime) -> sa.ColumnElement[bool]:
    return sa.and_(ties.c.at >= since, ties.c.at <= until)


class Tied:
    """The part of the ledger that holds what lies between articles."""

    _db: Database

    def unmarked(self, limit: int) -> list[StoredArticle]:
        """At most *limit* articles without marks, or with marks of another revision or other rules."""
        fresh = sa.and_(
            ties.c.revision == articles.c.revision, ties.c.rules_version == revisions.c.rules_version
        )
        statement = (
            sa.select(*WHOLE)
            .join(revisions, NEWEST)
            .outerjoin(ties, TIED)
            .where(sa.or_(ties.c.article_id.is_(None), sa.not_(fresh)))
            .order_by(articles.c.article_id)
            .limit(limit)
        )
        with self._db.reading() as connection:
            rows = connection.execute(statement).all()
            known = variants_of(connection, [row.article_id for row in rows])
        return [stored(row, known[row.article_id]) for row in rows]

    def mark(self, marked: Sequence[Marked]) -> None:
        """Keep the marks of these articles in the place of earlier ones: they wait to be compared.

        What was said of them before stands until then.
        """
        with self._db.writing() as connection:
            for one in marked:
                values: dict[str, Any] = {
                    "revision": one.revision,
                    "rules_version": one.rules_version,
                    "at": one.at,
                    "marks": one.marks,
                    "story_id": None,
                }
                of = ties.c.article_id == one.article_id
                if not connection.execute(sa.update(ties).where(of).values(**values)).rowcount:
                    connection.execute(sa.insert(ties).values(article_id=one.article_id, **values))

    def unmark(self) -> None:
        """Forget the marks of every article, so that all are compared again."""
        with self._db.writing() as connection:
            connection.execute(sa.update(ties).values(rules_version=""))

    def waiting(self, limit: int) -> list[tuple[str, datetime]]:
        """(id, time) of at most *limit* articles that wait to be compared, the oldest first."""
        statement = (
            sa.select(ties.c.article_id, ties.c.at)
            .where(ties.c.story_id.is_(None))
            .order_by(ties.c.at, ties.c.article_id)
            .limit(limit)
        )
        with self._db.reading() as connection:
            return [(row.article_id, row.at) for row in connection.execute(statement)]

    def times(self, article_ids: Sequence[str]) -> list[datetime]:
        """The times of those of *article_ids* that have marks."""
        found: list[datetime] = []
        with self._db.reading() as connection:
            for some in chunks(article_ids):
                found += connection.scalars(sa.select(ties.c.at).where(ties.c.article_id.in_(some)))
        return found

    def compared(self, since: datetime, until: datetime) -> int:
        """How many articles of ``since <= at <= until`` have ties."""
        statement = sa.select(sa.func.count()).select_from(ties).where(_between(since, until), _HAS_TIES)
        with self._db.reading() as connection:
            return connection.scalar(statement) or 0

    def marked(self, since: datetime, until: datetime) -> list[Marked]:
        """The marks of the articles of ``since <= at <= until``, in order of time and id."""
        return list(self._marked(_between(since, until)))

    def comparable(
        self, since: datetime, until: datetime, first: datetime, last: datetime
    ) -> Iterator[Marked]:
        """Those of :meth:`marked` that have ties, or are of ``first <= at <= last``, read one by one."""
        return self._marked(sa.and_(_between(since, until), sa.or_(_HAS_TIES, _between(first, last))))

    def _marked(self, wanted: sa.ColumnElement[bool]) -> Iterator[Marked]:
        statement = (
            sa.select(ties)
            .where(wanted)
            .order_by(ties.c.at, ties.c.article_id)
            .execution_options(yield_per=1000)
        )
        with self._db.reading() as connection:
            for row in connection.execute(statement):
                known = None if row.document is None else codec.from_document(Ties, row.document)
                yield Marked(row.article_id, row.revision, row.rules_version, row.at, row.marks, known)

    def tie(self, found: Mapping[str, Ties], marks: Mapping[str, str] = MappingProxyType({})) -> int:
        """Keep these ties, and *marks* (article → JSON) in the place of those there; how many differ from
        what was known: the index looks at those again."""
        changed = 0
        with self._db.writing() as connection:
            for some in chunks(list(found)):
                rows = connection.execute(
                    sa.select(ties.c.article_id, ties.c.story_id, ties.c.document).where(
                        ties.c.article_id.in_(some)
                    )
                ).all()
                for row in rows:
                    one = found[row.article_id]
                    document = codec.to_document(one)
                    if row.document == document and row.story_id == one.story_id:
                        continue
                    of = ties.c.article_id == row.article_id
                    connection.execute(
                        sa.update(ties).where(of).values(story_id=one.story_id, document=document)
                    )
                    if row.document != document:
                        changed += 1
                        announce(connection, row.article_id)
            for article_id, said in marks.items():
                connection.execute(sa.update(ties).where(ties.c.article_id == article_id).values(marks=said))
        return changed

    def story(self, story_id: str) -> list[StoredArticle]:
        """The articles of a story, in order of time; empty if there is none of that id."""
        statement = (
            sa.select(*WHOLE)
            .join(revisions, NEWEST)
            .join(ties, TIED)
            .where(ties.c.story_id == story_id)
            .order_by(ties.c.at, articles.c.article_id)
        )
        with self._db.reading() as connection:
            rows = connection.execute(statement).all()
            known = variants_of(connection, [row.article_id for row in rows])
        return [stored(row, known[row.article_id]) for row in rows]

    def stories(self, since: datetime | None = None, until: datetime | None = None) -> list[StoryHead]:
        """Stories with an article in ``since <= at < until``, the newest first."""
        first, last = sa.func.min(ties.c.at), sa.func.max(ties.c.at)
        within = ties.c.story_id.is_not(None)
        touched = sa.select(ties.c.story_id).where(within)
        if since is not None:
            touched = touched.where(ties.c.at >= since)
        if until is not None:
            touched = touched.where(ties.c.at < until)
        statement = (
            sa.select(ties.c.story_id, sa.func.count(), first, last)
            .where(ties.c.story_id.in_(touched))
            .group_by(ties.c.story_id)
            .order_by(last.desc(), ties.c.story_id)
        )
        with self._db.reading() as connection:
            return [StoryHead(*row) for row in connection.execute(statement)]

    def stories_beginning(self, start: str, limit: int) -> list[str]:
        """Ids of stories that begin with *start*, at most *limit*."""
        statement = (
            sa.select(ties.c.story_id)
            .where(ties.c.story_id.startswith(start, autoescape=True))
            .distinct()
            .order_by(ties.c.story_id)
            .limit(limit)
        )
        with self._db.reading() as connection:
            return list(connection.scalars(statement))

    def override(self, one: Override) -> None:
        """Keep an analyst's word."""
        with self._db.writing() as connection:
            connection.execute(
                sa.insert(overrides).values(made_at=one.made_at, document=codec.to_document(one))
            )

    def restore_override(self, said: Mapping[str, Any]) -> None:
        """Put back an analyst's word that the archive kept (replay): once, however often it is told.

        Raises :class:`ValueError` for another shape than :func:`store.codec.encode` gives an
        :class:`Override`.
        """
        one = codec.decode(Override, dict(said))
        document = codec.to_document(one)
        with self._db.writing() as connection:
            same = sa.select(overrides.c.override_id).where(overrides.c.document == document)
            if connection.scalar(same) is None:
                connection.execute(sa.insert(overrides).values(made_at=one.made_at, document=document))

    def overrides(self) -> list[Override]:
        """What analysts have said, the oldest first."""
        with self._db.reading() as connection:
            in_order = overrides.c.made_at, overrides.c.override_id
            rows = connection.scalars(sa.select(overrides.c.document).order_by(*in_order))
            return [codec.from_document(Override, row) for row in rows]
