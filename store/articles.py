"""Articles, their revisions, and the outbox: what the index still has to look at."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import Connection

from store import codec
from store.database import AnyRow, Database
from store.frontier import chunks, end_link
from store.records import (
    Annotated,
    Capture,
    Decision,
    FetchedPage,
    Rejection,
    StoredArticle,
    Ties,
    Verdict,
)
from store.states import IndexDue, LinkState, OutboxRow, Refusal
from store.tables import articles, outbox, refusals, revisions, ties, variants
from store.urls import canonicalize, url_key

_PAGE = 200  # articles read at a time when all are streamed

_HEADS = (revisions.c.revision, revisions.c.fetched_at, revisions.c.content_hash)
_CAPTURE = (revisions.c.capture_file, revisions.c.capture_offset, revisions.c.capture_sha256)
WHOLE = (
    articles,
    revisions.c.revision.label("number"),
    revisions.c.document,
    *_CAPTURE,
    ties.c.document.label("tied"),
)


class Articles:
    """The part of the ledger that holds articles."""

    _db: Database

    # ---- asking ------------------------------------------------------------------------------------------

    def find(self, article_id: str) -> StoredArticle | None:
        """The article at its newest revision, or ``None``."""
        with self._db.reading() as connection:
            return _find(connection, article_id)

    def find_by_key(self, key: str) -> str | None:
        """The id of the article whose :func:`store.urls.url_key`, or that of a variant, is *key*."""
        return self.find_by_keys([key])

    def find_by_keys(self, keys: Sequence[str]) -> str | None:
        """The id of the article of the first of *keys* (a few) under which there is one."""
        with self._db.reading() as connection:
            rows = connection.execute(_MET_UNDER, {"keys": keys}).all()
        found: dict[str, str] = {}
        for key, article_id in rows:
            found.setdefault(key, article_id)
        return next((found[key] for key in keys if key in found), None)

    def revisions(self, article_id: str) -> list[StoredArticle]:
        """Every revision of the article, the first one first; empty if there is no such article."""
        return [revision for _, revision in self.history(article_id)]

    def history(self, article_id: str) -> list[tuple[datetime, StoredArticle]]:
        """(when it was first seen, revision), the first one first; empty if there is no such article."""
        with self._db.reading() as connection:
            statement = (
                sa.select(*WHOLE, revisions.c.fetched_at)
                .join(revisions, revisions.c.article_id == articles.c.article_id)
                .outerjoin(ties, TIED)
                .where(articles.c.article_id == article_id)
                .order_by(revisions.c.revision)
            )
            rows = connection.execute(statement).all()
            known = variants_of(connection, [article_id])
        return [(row.fetched_at, stored(row, known[article_id])) for row in rows]

    def articles(self, after: str | None = None) -> Iterator[StoredArticle]:
        """Every article at its newest revision, in order of ``article_id``, behind *after*.

        Streamed in small transactions: memory stays flat and writers are not held up; an article written
        meanwhile is met or not.
        """
        last = after or ""
        while True:
            with self._db.reading() as connection:
                statement = (
                    sa.select(*WHOLE)
                    .join(revisions, NEWEST)
                    .outerjoin(ties, TIED)
                    .where(articles.c.article_id > last)
                    .order_by(articles.c.article_id)
                    .limit(_PAGE)
                )
                rows = connection.execute(statement).all()
                known = variants_of(connection, [row.article_id for row in rows])
            for row in rows:
                yield stored(row, known[row.article_id])
            if len(rows) < _PAGE:
                return
            last = rows[-1].article_id

    def count(self) -> int:
        """How many articles there are."""
        with self._db.reading() as connection:
            return connection.scalar(sa.select(sa.func.count()).select_from(articles)) or 0

    def known(self, article_ids: Iterable[str]) -> set[str]:
        """Those of *article_ids* that there is an article of."""
        found: set[str] = set()
        with self._db.reading() as connection:
            for some in chunks(article_ids):
                found.update(
                    connection.scalars(
                        sa.select(articles.c.article_id).where(articles.c.article_id.in_(some))
                    )
                )
        return found

    # ---- writing -----------------------------------------------------------------------------------------

    def write(
        self, key: str | None, annotated: Annotated, decision: Decision, page: FetchedPage
    ) -> StoredArticle:
        """Keep what was read from *page*, all in one transaction, and end its link (*key*) as stored.

        New and revised articles get a revision and an outbox row; an unchanged one only moves
        ``first_seen_at`` and ``last_seen_at``.  An article that was removed and is seen again is no longer
        removed.  Every URL under which it was met becomes a variant.  Without a *key* (import, replay) the
        page's link becomes known by this.

        Doing it again changes nothing: a capture that is already a revision only brings its annotations up to
        date.  Revisions stand in the order in which their pages were fetched: a page older than the newest
        revision is put in its place among them, and where *decision* was made about a state that is no longer
        the present one, equal content hashes decide.  One thing that cannot be made good: a text that was
        changed and changed back, met in the wrong order, loses its return; so feed pages by ``fetched_at``.

        Returns the article as it now is.  Raises :class:`ValueError` for a page without a capture.
        """
        if page.capture is None:
            raise ValueError(f"page without a capture: {page.url}")
        article_id = decision.article_id
        with self._db.writing() as connection:
            current = connection.execute(_ARTICLE, {"id": article_id}).one_or_none()
            urls = _urls(annotated, page)
            if current is None:
                changed = True
                _insert_article(connection, article_id, annotated, page)
            else:
                changed = _revise(connection, article_id, annotated, decision, page)
                changed |= _seen(connection, current, page)
                for known in connection.execute(_URLS_OF, {"id": article_id}).scalars():
                    urls.pop(known, None)
            _addvariants_of(connection, article_id, urls)
            if changed:
                announce(connection, article_id)
            end_link(connection, key, page, LinkState.STORED, page.fetched_at, article_id=article_id)
            if current is None:  # what was just written need not be read to be known
                return _new(article_id, annotated, page, urls)
            found = _find(connection, article_id)
        assert found is not None  # written above, in the same transaction
        return found

    def reject_page(self, key: str | None, rejection: Rejection, page: FetchedPage, now: datetime) -> None:
        """The page of link *key* is no article, and why; without a *key* its link becomes known by this."""
        with self._db.writing() as connection:
            end_link(connection, key, page, LinkState.REJECTED, now, rejection.reason, rejection.detail)

    def tombstone(self, article_id: str, at: datetime) -> None:
        """The outlet answered 404 or 410 for the article at *at*: ``removed_at`` is set (the earliest
        counts).

        The text is kept.  An article seen alive later than *at* is left alone.  Raises :class:`KeyError` for
        an unknown article.
        """
        with self._db.writing() as connection:
            row = connection.execute(_ARTICLE, {"id": article_id}).one_or_none()
            if row is None:
                raise KeyError(article_id)
            if at <= row.last_seen_at or (row.removed_at is not None and row.removed_at <= at):
                return
            _update_article(connection, article_id, removed_at=at)
            announce(connection, article_id)

    # ---- annotations of today ----------------------------------------------------------------------------

    def annotations(self) -> Iterator[tuple[str, int, Annotated]]:
        """(article id, number, what was read) of every revision, in that order; streamed."""
        last = ("", 0)
        while True:
            with self._db.reading() as connection:
                behind = sa.or_(
                    revisions.c.article_id > last[0],
                    sa.and_(revisions.c.article_id == last[0], revisions.c.revision > last[1]),
                )
                rows = connection.execute(
                    sa.select(revisions.c.article_id, revisions.c.revision, revisions.c.document)
                    .where(behind)
                    .order_by(revisions.c.article_id, revisions.c.revision)
                    .limit(_PAGE)
                ).all()
            for row in rows:
                yield row.article_id, row.revision, codec.from_document(Annotated, row.document)
            if len(rows) < _PAGE:
                return
            last = rows[-1].article_id, rows[-1].revision

    def annotate_again(self, rows: Sequence[tuple[str, int, Annotated, bool]]) -> None:
        """Keep what the rules of today read in these revisions: (article id, number, annotation, whether a
        label changed).

        Of an article whose newest revision changed the index is told, and it waits to be compared again.
        """
        with self._db.writing() as connection:
            for article_id, number, annotated, changed in rows:
                version = annotated.rules_version
                _update_revision(
                    connection,
                    article_id,
                    number,
                    rules_version=version,
                    document=codec.to_document(annotated),
                )
                newest = sa.select(articles.c.revision).where(articles.c.article_id == article_id)
                if connection.scalar(newest) != number:
                    continue
                if changed:
                    announce(connection, article_id)
                else:  # its marks are what they were
                    of = sa.and_(ties.c.article_id == article_id, ties.c.revision == number)
                    connection.execute(sa.update(ties).where(of).values(rules_version=version))

    # ---- outbox ------------------------------------------------------------------------------------------

    def outbox_take(self, limit: int, owner: str, now: datetime, ttl_s: float) -> list[OutboxRow]:
        """At most *limit* rows, first written first, leased to *owner* until *now* + *ttl_s*."""
        with self._db.leasing() as connection:
            due = sa.or_(outbox.c.lease_until.is_(None), outbox.c.lease_until <= now)
            statement = sa.select(outbox).where(due).order_by(outbox.c.seq).limit(limit)
            rows = connection.execute(statement.with_for_update(skip_locked=True)).all()
            for some in chunks([row.seq for row in rows]):
                connection.execute(
                    sa.update(outbox)
                    .where(outbox.c.seq.in_(some))
                    .values(lease_owner=owner, lease_until=now + timedelta(seconds=ttl_s))
                )
        return [OutboxRow(row.seq, row.article_id, row.revision) for row in rows]

    def outbox_free(self, is_gone: Callable[[str], bool]) -> None:
        """End at once the leases of owners that *is_gone* says will not finish: their rows are due again."""
        held = sa.select(outbox.c.lease_owner).where(outbox.c.lease_owner.is_not(None)).distinct()
        with self._db.reading() as connection:
            gone = sorted(filter(is_gone, connection.scalars(held)))
        if gone:
            theirs = outbox.c.lease_owner.in_(gone)
            with self._db.writing() as connection:
                connection.execute(sa.update(outbox).where(theirs).values(lease_owner=None, lease_until=None))

    def outbox_done(
        self, seqs: Sequence[int], article_ids: Iterable[str] = (), refused: Iterable[Refusal] = ()
    ) -> None:
        """These rows are done: the index has their articles for good, or has *refused* them.

        *article_ids*: all articles that were offered; those of them that it took are refused no more.
        """
        with self._db.writing() as connection:
            for some in chunks(seqs):
                connection.execute(sa.delete(outbox).where(outbox.c.seq.in_(some)))
            if connection.execute(sa.select(refusals.c.article_id).limit(1)).first() is not None:
                for ids in chunks(article_ids):
                    connection.execute(sa.delete(refusals).where(refusals.c.article_id.in_(ids)))
            _refuse(connection, refused)

    def refused_anew(self, refused: Iterable[Refusal], since: datetime) -> None:
        """A rebuild that began at *since* has offered every article, and these were *refused*."""
        with self._db.writing() as connection:
            connection.execute(sa.delete(refusals).where(refusals.c.at < since))
            _refuse(connection, refused)

    def refusals(self) -> list[Refusal]:
        """The articles that the index refused, the newest refusal first."""
        with self._db.reading() as connection:
            rows = connection.execute(
                sa.select(refusals).order_by(refusals.c.at.desc(), refusals.c.article_id)
            )
            return [Refusal(row.article_id, row.revision, row.at, row.reason) for row in rows]

    def outbox_last(self) -> int:
        """The greatest number that an outbox row was ever given; 0 if none was."""
        with self._db.reading() as connection:
            return last_number(connection, outbox)

    def index_due(self) -> IndexDue:
        """What the index should hold: all articles but those that wait or that it refused."""
        known = sa.select(articles.c.article_id)
        waits = sa.select(outbox.c.article_id).where(outbox.c.article_id.in_(known))
        with self._db.reading() as connection:
            counted = connection.execute(
                sa.select(
                    sa.select(sa.func.count()).select_from(articles).scalar_subquery(),
                    sa.select(sa.func.count()).select_from(waits.distinct().subquery()).scalar_subquery(),
                    sa.select(sa.func.count()).select_from(refusals).scalar_subquery(),
                )
            ).one()
        return IndexDue(*counted)

    def outbox_refill(self) -> int:
        """Every article goes to the index again (a rebuild); how many."""
        with self._db.writing() as connection:
            connection.execute(sa.delete(outbox))
            every = sa.select(articles.c.article_id, articles.c.revision).order_by(articles.c.article_id)
            connection.execute(sa.insert(outbox).from_select(["article_id", "revision"], every))
            return connection.scalar(sa.select(sa.func.count()).select_from(outbox)) or 0

    def outbox_size(self) -> int:
        """How many rows wait, leased ones included."""
        with self._db.reading() as connection:
            return connection.scalar(sa.select(sa.func.count()).select_from(outbox)) or 0


NEWEST = sa.and_(revisions.c.article_id == articles.c.article_id, revisions.c.revision == articles.c.revision)
TIED = ties.c.article_id == articles.c.article_id

# Made once: putting a statement together costs more than SQLite takes to run it.
_ID = sa.bindparam("id", type_=sa.String)
_KEYS: sa.BindParameter[str] = sa.bindparam("keys", expanding=True)
_OWN_KEY = sa.select(articles.c.key, articles.c.article_id, sa.literal_column("0").label("rank")).where(
    articles.c.key.in_(_KEYS)
)
_VARIANT_KEY = sa.select(variants.c.key, variants.c.article_id, sa.literal_column("1").label("rank")).where(
    variants.c.key.in_(_KEYS)
)
_BY_KEY = sa.union_all(_OWN_KEY, _VARIANT_KEY).subquery()
_MET_UNDER = sa.select(_BY_KEY.c.key, _BY_KEY.c.article_id).order_by(_BY_KEY.c.rank, _BY_KEY.c.article_id)
"""An article's own key goes before that of a variant of another one."""
_ARTICLE = sa.select(articles).where(articles.c.article_id == _ID).with_for_update()
_NEWEST_OF = (
    sa.select(*WHOLE).join(revisions, NEWEST).outerjoin(ties, TIED).where(articles.c.article_id == _ID)
)
_URLS_OF = sa.select(variants.c.url).where(variants.c.article_id == _ID)
_HISTORY_OF = (
    sa.select(*_HEADS, *_CAPTURE).where(revisions.c.article_id == _ID).order_by(revisions.c.revision)
)
_NEW_ARTICLE, _NEW_REVISION, _NEW_VARIANTS = sa.insert(articles), sa.insert(revisions), sa.insert(variants)
_ANNOUNCE = sa.insert(outbox).from_select(
    ["article_id", "revision"],
    sa.select(articles.c.article_id, articles.c.revision).where(articles.c.article_id == _ID),
)


def _find(connection: Connection, article_id: str) -> StoredArticle | None:
    row = connection.execute(_NEWEST_OF, {"id": article_id}).one_or_none()
    if row is None:
        return None
    return stored(row, list(connection.execute(_URLS_OF, {"id": article_id}).scalars()))


def _new(article_id: str, annotated: Annotated, page: FetchedPage, urls: Iterable[str]) -> StoredArticle:
    """A new article as :func:`_find` would give it."""
    assert page.capture is not None  # checked at the door
    at = page.fetched_at
    return StoredArticle(
        article_id=article_id,
        revision=1,
        annotated=annotated,
        first_seen_at=at,
        last_seen_at=at,
        removed_at=None,
        capture=page.capture,
        variants=_other_urls(annotated, urls),
    )


def _other_urls(annotated: Annotated, urls: Iterable[str]) -> tuple[str, ...]:
    """*urls* without the article's own."""
    own = _canonical(annotated.article.canonical_url)
    return tuple(sorted(url for url in urls if url != own))


def variants_of(connection: Connection, article_ids: list[str]) -> defaultdict[str, list[str]]:
    """The URLs of each article."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for some in chunks(article_ids):
        for row in connection.execute(sa.select(variants).where(variants.c.article_id.in_(some))):
            found[row.article_id].append(row.url)
    return found


def stored(row: AnyRow, urls: list[str]) -> StoredArticle:
    """The article of a row of :data:`WHOLE`, met under *urls*."""
    annotated = codec.from_document(Annotated, row.document)
    return StoredArticle(
        article_id=row.article_id,
        revision=row.number,
        annotated=annotated,
        first_seen_at=row.first_seen_at,
        last_seen_at=row.last_seen_at,
        removed_at=row.removed_at,
        capture=Capture(row.capture_file, row.capture_offset, row.capture_sha256),
        variants=_other_urls(annotated, urls),
        ties=None if row.tied is None else codec.from_document(Ties, row.tied),
    )


def _canonical(url: str) -> str:
    try:
        return canonicalize(url)
    except ValueError:
        return url


def _page_values(annotated: Annotated, page: FetchedPage) -> dict[str, Any]:
    """The columns of a revision read from *page*."""
    assert page.capture is not None  # checked at the door
    return {
        "fetched_at": page.fetched_at,
        "content_hash": annotated.content_hash,
        "rules_version": annotated.rules_version,
        "capture_file": page.capture.file,
        "capture_offset": page.capture.offset,
        "capture_sha256": page.capture.sha256,
        "document": codec.to_document(annotated),
    }


def _insert_article(connection: Connection, article_id: str, annotated: Annotated, page: FetchedPage) -> None:
    row = {
        "article_id": article_id,
        "key": url_key(annotated.article.canonical_url),
        "source_id": annotated.article.source_id,
        "revision": 1,
        "first_seen_at": page.fetched_at,
        "last_seen_at": page.fetched_at,
    }
    connection.execute(_NEW_ARTICLE, row)
    _insert_revision(connection, article_id, 1, annotated, page)


def _insert_revision(
    connection: Connection, article_id: str, revision: int, annotated: Annotated, page: FetchedPage
) -> None:
    row = {"article_id": article_id, "revision": revision, **_page_values(annotated, page)}
    connection.execute(_NEW_REVISION, row)


def _update_article(connection: Connection, article_id: str, **values: Any) -> None:
    connection.execute(sa.update(articles).where(articles.c.article_id == article_id).values(**values))


def _update_revision(connection: Connection, article_id: str, number: int, **values: Any) -> None:
    one = sa.and_(revisions.c.article_id == article_id, revisions.c.revision == number)
    connection.execute(sa.update(revisions).where(one).values(**values))


def _revise(
    connection: Connection, article_id: str, annotated: Annotated, decision: Decision, page: FetchedPage
) -> bool:
    """Put *page* into the history of a known article; whether the history changed."""
    assert page.capture is not None  # checked at the door
    history = connection.execute(_HISTORY_OF, {"id": article_id}).all()
    for row in history:
        if (row.capture_file, row.capture_offset) == (page.capture.file, page.capture.offset):
            return _refresh(connection, article_id, row.revision, annotated, page)
    newest = history[-1]
    if page.fetched_at < newest.fetched_at:
        return _insert_older(connection, article_id, history, annotated, page)
    if _is_about(decision, newest.revision):
        changed = decision.verdict is not Verdict.UNCHANGED
    else:
        changed = annotated.content_hash != newest.content_hash
    if changed:
        _insert_revision(connection, article_id, newest.revision + 1, annotated, page)
        _update_article(connection, article_id, revision=newest.revision + 1)
    return changed


def _is_about(decision: Decision, newest: int) -> bool:
    """Whether *decision* was made in sight of revision *newest*."""
    if decision.verdict is Verdict.REVISION:
        return decision.revision == newest + 1
    return decision.verdict is Verdict.UNCHANGED and decision.revision == newest


def _refresh(
    connection: Connection, article_id: str, revision: int, annotated: Annotated, page: FetchedPage
) -> bool:
    """The same page read again: keep what the rules of today read in it."""
    values = _page_values(annotated, page)
    one = sa.and_(revisions.c.article_id == article_id, revisions.c.revision == revision)
    if connection.scalar(sa.select(revisions.c.document).where(one)) == values["document"]:
        return False
    _update_revision(connection, article_id, revision, **values)
    return True


def _insert_older(
    connection: Connection,
    article_id: str,
    history: Sequence[AnyRow],
    annotated: Annotated,
    page: FetchedPage,
) -> bool:
    """Put a page that is older than the newest revision where it belongs."""
    place = next(index for index, row in enumerate(history) if page.fetched_at < row.fetched_at)
    if place and history[place - 1].content_hash == annotated.content_hash:
        return False
    following = history[place]
    if following.content_hash == annotated.content_hash:
        # The same text, seen earlier than we knew: this page is where that revision was first read.
        _update_revision(connection, article_id, following.revision, **_page_values(annotated, page))
        return True
    for row in reversed(history[place:]):
        _update_revision(connection, article_id, row.revision, revision=row.revision + 1)
    _insert_revision(connection, article_id, following.revision, annotated, page)
    _update_article(connection, article_id, revision=history[-1].revision + 1)
    return True


def _seen(connection: Connection, current: AnyRow, page: FetchedPage) -> bool:
    """The article was there at ``page.fetched_at``; whether that changes what the index shows."""
    values: dict[str, Any] = {}
    if page.fetched_at < current.first_seen_at:
        values["first_seen_at"] = page.fetched_at
    if page.fetched_at > current.last_seen_at:
        values["last_seen_at"] = page.fetched_at
    back = current.removed_at is not None and page.fetched_at > current.removed_at
    if back:
        values["removed_at"] = None
    if values:
        _update_article(connection, current.article_id, **values)
    return back


def _urls(annotated: Annotated, page: FetchedPage) -> dict[str, str]:
    """The URLs under which the article was met, each with its key."""
    article = annotated.article
    urls = {}
    for url in {page.link.url, page.url, page.final_url, article.url, article.canonical_url}:
        try:
            urls[canonicalize(url)] = url_key(url)
        except ValueError:
            continue  # a page of a foreign archive may bear anything
    return urls


def _addvariants_of(connection: Connection, article_id: str, urls: Mapping[str, str]) -> None:
    if urls:
        rows = [{"article_id": article_id, "url": url, "key": key} for url, key in sorted(urls.items())]
        connection.execute(_NEW_VARIANTS, rows)


def last_number(connection: Connection, table: sa.Table) -> int:
    """The greatest number that a row of *table*, which counts its rows, was ever given; 0 if none was."""
    counter = table.autoincrement_column
    assert counter is not None  # it counts its rows
    if connection.dialect.name == "postgresql":
        sequence = sa.func.pg_get_serial_sequence(table.name, counter.name)
        asked = sa.select(sa.func.pg_sequence_last_value(sa.cast(sequence, postgresql.REGCLASS)))
        return connection.scalar(asked) or 0
    of = sa.text("SELECT seq FROM sqlite_sequence WHERE name = :name")
    return connection.scalar(of, {"name": table.name}) or 0


def _refuse(connection: Connection, refused: Iterable[Refusal]) -> None:
    for each in refused:
        connection.execute(sa.delete(refusals).where(refusals.c.article_id == each.article_id))
        row = {
            "article_id": each.article_id,
            "revision": each.revision,
            "at": each.at,
            "reason": each.reason,
        }
        connection.execute(sa.insert(refusals).values(row))


def announce(connection: Connection, article_id: str) -> None:
    """An outbox row: the index must look at this article again."""
    connection.execute(_ANNOUNCE, {"id": article_id})
