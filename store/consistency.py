"""Whether the rows of the ledger agree with one another, and how to make them agree again."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from store import codec
from store.articles import announce
from store.database import AnyRow, Database
from store.frontier import chunks
from store.records import Annotated, Capture
from store.states import LinkState
from store.tables import (
    CAPTURED,
    articles,
    hosts,
    links,
    locks,
    outbox,
    overrides,
    revisions,
    runs,
    ties,
    variants,
    visits,
)
from store.urls import url_key


class Kind(StrEnum):
    """What may disagree between ledger, archive and index."""

    DAMAGED = "damaged"
    LEASE_OF_THE_DEAD = "lease_of_the_dead"
    RUN_OF_THE_DEAD = "run_of_the_dead"
    NEWEST_REVISION = "newest_revision"
    WITHOUT_TEXT = "without_text"
    WITHOUT_ARTICLE = "without_article"
    STRAY = "stray"
    LINK_WITHOUT_ARTICLE = "link_without_article"
    WRONG_ID = "wrong_id"
    TWICE = "twice"
    UNREAD_LOST = "unread_lost"
    PAGE_LOST = "page_lost"
    DAMAGED_PLACE = "damaged_place"
    UNKNOWN_PAGE = "unknown_page"
    UNKNOWN_VISIT = "unknown_visit"
    UNKNOWN_OVERRIDE = "unknown_override"
    NOT_INDEXED = "not_indexed"
    INDEXED_OLD = "indexed_old"
    INDEXED_STRAY = "indexed_stray"
    INDEX_UNUSABLE = "index_unusable"
    INDEX_AWAY = "index_away"
    INDEX_OF_ANOTHER = "index_of_another"


@dataclass(frozen=True, slots=True)
class Finding:
    """One disagreement."""

    kind: Kind
    thing: str
    """The row, article, link or place in the archive that it is about."""
    said: str = ""
    """What was seen, where *kind* and *thing* do not say it."""
    beyond_us: bool = False
    """It cannot be mended from here, though its kind can be as a rule."""


@dataclass(frozen=True, slots=True)
class Named:
    """A capture that the ledger names."""

    capture: Capture
    stake: str
    """What is lost with it: ``unread`` (nobody has read it, or it is set aside), ``article`` (it was read) or
    ``link`` (a later sight of what is known, or no article)."""
    thing: str
    """The article with its revision, or the link's key."""


class Consistency:
    """The part of the ledger that compares its own rows."""

    _db: Database

    # ---- what disagrees ----------------------------------------------------------------------------------

    def disagreements(self, is_dead: Callable[[str], bool]) -> list[Finding]:
        """Rows that do not fit one another, and what the owners that *is_dead* says are gone still hold.

        What a living process holds is no disagreement.  Each check sees one instant of the ledger.
        """
        found: list[Finding] = []
        for look in (_dead, _newest, _without_article, _strays, _unlinked, _wrong_ids, _twice):
            with self._db.reading() as connection:
                found += look(connection, is_dead)
        return found

    def mend(self, found: Iterable[Finding], now: datetime) -> None:
        """Make the rows of *found* agree, but for what is beyond us.

        Each row is looked at again first, so that what a living process has done meanwhile stands.  The
        leases and runs of the dead are ended by :meth:`free_dead_owners` and its like.  A link whose article
        is gone waits to be read again, or to be fetched where it has no page.
        """
        menders = {
            Kind.NEWEST_REVISION: _mend_newest,
            Kind.WITHOUT_TEXT: _drop,
            Kind.WITHOUT_ARTICLE: _mend_without_article,
            Kind.STRAY: _mend_stray,
            Kind.LINK_WITHOUT_ARTICLE: _mend_unlinked,
            Kind.TWICE: _mend_twice,
        }
        for finding in found:
            mender = menders.get(finding.kind)
            if mender is not None and not finding.beyond_us:
                with self._db.writing() as connection:
                    mender(connection, finding.thing, now)

    def free_unowned(self) -> None:
        """Links in the state ``fetching`` that nobody holds are what they are: still to be fetched."""
        nobodys = sa.and_(links.c.state == LinkState.FETCHING, links.c.lease_owner.is_(None))
        with self._db.writing() as connection:
            connection.execute(sa.update(links).where(nobodys).values(state=LinkState.DISCOVERED))

    def free_dead_locks(self, is_dead: Callable[[str], bool]) -> None:
        """Locks of owners that are gone are free."""
        held = sa.select(locks.c.owner).where(locks.c.owner.is_not(None)).distinct()
        with self._db.reading() as connection:
            dead = sorted(filter(is_dead, connection.scalars(held)))
        if dead:
            with self._db.writing() as connection:
                theirs = sa.update(locks).where(locks.c.owner.in_(dead))
                connection.execute(theirs.values(owner=None, until=None))

    # ---- captures ----------------------------------------------------------------------------------------

    def named_captures(self) -> Generator[Named]:
        """Every capture that a link or a revision names, those of one file one after the other.

        One snapshot, read as fast as it is taken.
        """
        with self._db.reading() as connection:
            rows = connection.execution_options(yield_per=2000).execute(
                _NAMED.order_by(_NAMED.selected_columns.file, _NAMED.selected_columns.offset)
            )
            for row in rows:
                yield _named(row)

    def some_captures(self, limit: int) -> list[Named]:
        """*limit* of the captures that a link or a revision names, drawn at random."""
        drawn = _NAMED.subquery()
        with self._db.reading() as connection:
            rows = connection.execute(sa.select(drawn).order_by(sa.func.random()).limit(limit)).all()
        return [_named(row) for row in rows]

    def last_offsets(self) -> dict[str, int]:
        """By archive file, the offset of the last capture in it that a link or a revision names."""
        named = _NAMED.subquery()
        statement = sa.select(named.c.file, sa.func.max(named.c.offset)).group_by(named.c.file)
        with self._db.reading() as connection:
            return {row[0]: row[1] for row in connection.execute(statement)}

    def unread_files(self) -> set[str]:
        """The archive files that hold a page which waits to be read, or was set aside for a person."""
        waits = sa.or_(CAPTURED, links.c.state == LinkState.QUARANTINED)
        statement = sa.select(links.c.capture_file).where(waits, links.c.capture_file.is_not(None))
        with self._db.reading() as connection:
            return set(connection.scalars(statement.distinct()))

    def has_seen(self, key: str, other_key: str, at: datetime, *, taken_in: bool) -> bool:
        """Whether a page of link *key* (or *other_key*), fetched at *at*, adds nothing to what is known.

        It was seen then or later, as a link or as an article.  Of a page *taken_in* from elsewhere it is
        enough that the link is known: it never counts against what the outlet itself will answer.
        """
        link = sa.select(links.c.fetched_at).where(links.c.key == key)
        met = sa.select(variants.c.article_id).where(variants.c.key.in_([key, other_key]))
        article = sa.select(articles.c.article_id).where(
            articles.c.article_id.in_(met), articles.c.last_seen_at >= at
        )
        with self._db.reading() as connection:
            row = connection.execute(link).one_or_none()
            if row is not None and (taken_in or (row.fetched_at is not None and row.fetched_at >= at)):
                return True
            return connection.execute(article.limit(1)).first() is not None

    def has_visit(self, source_id: str, started_at: datetime) -> bool:
        """Whether this visit of a source is known."""
        same = sa.and_(visits.c.source_id == source_id, visits.c.started_at == started_at)
        with self._db.reading() as connection:
            return connection.execute(sa.select(visits.c.visit_id).where(same).limit(1)).first() is not None

    def has_override(self, document: str) -> bool:
        """Whether this word of an analyst (as the codec writes it) is known."""
        same = overrides.c.document == document
        with self._db.reading() as connection:
            return connection.execute(sa.select(overrides.c.override_id).where(same)).first() is not None

    def fetch_again(self, lost: Sequence[Named], now: datetime) -> int:
        """Have the pages of these links, which are gone unread, fetched again; of how many that is still
        so."""
        done = 0
        waits = sa.or_(CAPTURED, links.c.state == LinkState.QUARANTINED)
        with self._db.writing() as connection:
            for one in lost:
                same = sa.and_(
                    links.c.key == one.thing,
                    links.c.capture_file == one.capture.file,
                    links.c.capture_offset == one.capture.offset,
                )
                values = {
                    "state": LinkState.DISCOVERED,
                    "ready_at": now,
                    "changed_at": now,
                    "lease_owner": None,
                    "reason": None,
                    "detail": None,
                    "attempts": 0,
                    "readings": 0,
                    "capture_file": None,
                    "capture_offset": None,
                    "capture_sha256": None,
                }
                done += connection.execute(sa.update(links).where(same, waits).values(values)).rowcount
        return done

    def index_again(self, article_ids: Iterable[str]) -> None:
        """An outbox row for each: the index looks at the article, and drops one that is not known here."""
        with self._db.writing() as connection:
            for some in chunks(article_ids):
                rows = [{"article_id": identity, "revision": 0} for identity in some]
                connection.execute(sa.insert(outbox), rows)

    def waiting_for_index(self) -> set[str]:
        """The articles that the outbox names."""
        with self._db.reading() as connection:
            return set(connection.scalars(sa.select(outbox.c.article_id).distinct()))


# Where a page lies, what is lost with it, and whose it is.
_NAMED = sa.union_all(
    sa.select(
        links.c.capture_file.label("file"),
        links.c.capture_offset.label("offset"),
        links.c.capture_sha256.label("sha256"),
        sa.case(
            (links.c.state.in_([LinkState.CAPTURED, LinkState.QUARANTINED]), "unread"), else_="link"
        ).label("stake"),
        links.c.key.label("thing"),
    ).where(links.c.capture_file.is_not(None)),
    sa.select(
        revisions.c.capture_file,
        revisions.c.capture_offset,
        revisions.c.capture_sha256,
        sa.literal("article"),
        revisions.c.article_id + " revision " + sa.cast(revisions.c.revision, sa.String),
    ),
)


def _named(row: AnyRow) -> Named:
    file, offset, digest, stake, thing = row
    return Named(Capture(file, offset, digest), stake, thing)


# ---- the checks ------------------------------------------------------------------------------------------

_IDS = sa.select(articles.c.article_id)


def _dead(connection: Connection, is_dead: Callable[[str], bool]) -> Iterator[Finding]:
    for owner, held, what in (
        (links.c.lease_owner, links.c.lease_owner, "links"),
        # Whose lease of a host it was stays there when it has ended.
        (hosts.c.lease_owner, hosts.c.lease_until, "hosts"),
        (outbox.c.lease_owner, outbox.c.lease_owner, "outbox rows"),
        (locks.c.owner, locks.c.owner, "locks"),
    ):
        statement = sa.select(owner, sa.func.count()).where(held.is_not(None)).group_by(owner)
        for name, count in connection.execute(statement):
            if is_dead(name):
                yield Finding(Kind.LEASE_OF_THE_DEAD, name, f"{count} {what}")
    for run in connection.execute(
        sa.select(runs.c.run_id, runs.c.job, runs.c.owner).where(runs.c.ended_at.is_(None))
    ):
        if is_dead(run.owner):
            yield Finding(Kind.RUN_OF_THE_DEAD, f"{run.job} {run.run_id}", run.owner)


def _newest(connection: Connection, _: object) -> Iterator[Finding]:
    last = sa.func.max(revisions.c.revision)
    statement = (
        sa.select(articles.c.article_id, articles.c.revision, last)
        .outerjoin(revisions, revisions.c.article_id == articles.c.article_id)
        .group_by(articles.c.article_id, articles.c.revision)
        .having(sa.or_(last.is_(None), last != articles.c.revision))
    )
    for identity, said, there in connection.execute(statement):
        if there is None:
            yield Finding(Kind.WITHOUT_TEXT, identity)
        else:
            yield Finding(Kind.NEWEST_REVISION, identity, f"says {said}, the newest there is {there}")


def _without_article(connection: Connection, _: object) -> Iterator[Finding]:
    orphans = sa.select(revisions.c.article_id).where(revisions.c.article_id.not_in(_IDS)).distinct()
    for identity in connection.scalars(orphans):
        taken = _made_of_revisions(connection, identity) is None
        said = "its address belongs to another article" if taken else ""
        yield Finding(Kind.WITHOUT_ARTICLE, identity, said, beyond_us=taken)


def _strays(connection: Connection, _: object) -> Iterator[Finding]:
    known = sa.union(_IDS, sa.select(revisions.c.article_id))  # an article that lost its row gets it again
    for table in (ties, variants):
        stray = sa.select(table.c.article_id).where(table.c.article_id.not_in(known)).distinct()
        for identity in connection.scalars(stray):
            yield Finding(Kind.STRAY, identity, table.name)


def _unlinked(connection: Connection, _: object) -> Iterator[Finding]:
    loose = sa.or_(links.c.article_id.is_(None), links.c.article_id.not_in(_IDS))
    for key in connection.scalars(sa.select(links.c.key).where(links.c.state == LinkState.STORED, loose)):
        yield Finding(Kind.LINK_WITHOUT_ARTICLE, key)


def _wrong_ids(connection: Connection, _: object) -> Iterator[Finding]:
    for identity, key in connection.execute(sa.select(articles.c.article_id, articles.c.key)):
        right = sha256(key.encode()).hexdigest()[:32]
        if identity != right:
            yield Finding(Kind.WRONG_ID, identity, f"the id of {key} is {right}")


def _twice(connection: Connection, _: object) -> Iterator[Finding]:
    """Articles whose address is also one of another article of the same outlet that reads the same."""
    other, mine, theirs = articles.alias("other"), revisions.alias("mine"), revisions.alias("theirs")
    statement = (
        sa.select(articles.c.article_id, other.c.article_id)
        .select_from(variants)
        .join(articles, articles.c.article_id == variants.c.article_id)
        .join(other, sa.and_(other.c.key == variants.c.key, other.c.article_id != articles.c.article_id))
        .join(
            mine,
            sa.and_(mine.c.article_id == articles.c.article_id, mine.c.revision == articles.c.revision),
        )
        .join(
            theirs,
            sa.and_(theirs.c.article_id == other.c.article_id, theirs.c.revision == other.c.revision),
        )
        .where(articles.c.source_id == other.c.source_id, mine.c.content_hash == theirs.c.content_hash)
        .distinct()
    )
    pairs = {tuple(sorted(row)) for row in connection.execute(statement)}
    for one, two in sorted(pairs):
        hashes = [
            set(connection.scalars(sa.select(revisions.c.content_hash).where(revisions.c.article_id == each)))
            for each in (one, two)
        ]
        apart = not (hashes[0] <= hashes[1] or hashes[1] <= hashes[0])
        said = "one address; each has a text that the other has not" if apart else "one address, one text"
        yield Finding(Kind.TWICE, f"{one} {two}", said, beyond_us=apart)


# ---- mending ---------------------------------------------------------------------------------------------


def _mend_newest(connection: Connection, identity: str, _: datetime) -> None:
    last = sa.select(sa.func.max(revisions.c.revision)).where(revisions.c.article_id == identity)
    number = connection.scalar(last)
    if number is not None:
        of = sa.update(articles).where(articles.c.article_id == identity)
        connection.execute(of.values(revision=number))
        announce(connection, identity)


def _drop(connection: Connection, identity: str, now: datetime) -> None:
    """Take out an article of which there is no text; its link is then one without its article."""
    there = sa.select(revisions.c.revision).where(revisions.c.article_id == identity).limit(1)
    if connection.execute(there).first() is not None:
        return
    keys = list(connection.scalars(sa.select(links.c.key).where(links.c.article_id == identity)))
    announce(connection, identity)
    for table in (ties, variants, articles):
        connection.execute(sa.delete(table).where(table.c.article_id == identity))
    for key in keys:
        _mend_unlinked(connection, key, now)


def _made_of_revisions(connection: Connection, identity: str) -> dict[str, object] | None:
    """The row of an article that has revisions and nothing else; ``None`` where another one has its key."""
    rows = connection.execute(
        sa.select(revisions.c.revision, revisions.c.fetched_at, revisions.c.document)
        .where(revisions.c.article_id == identity)
        .order_by(revisions.c.revision)
    ).all()
    annotated = codec.from_document(Annotated, rows[-1].document)
    first = codec.from_document(Annotated, rows[0].document)
    # Named after the address under which it was first met.
    urls = [first.article.canonical_url, first.article.url, annotated.article.canonical_url]
    keys = [url_key(url) for url in urls]
    key = next((each for each in keys if sha256(each.encode()).hexdigest()[:32] == identity), keys[0])
    if connection.execute(sa.select(articles.c.article_id).where(articles.c.key == key)).first() is not None:
        return None
    seen = [row.fetched_at for row in rows]
    return {
        "article_id": identity,
        "key": key,
        "source_id": annotated.article.source_id,
        "revision": rows[-1].revision,
        "first_seen_at": min(seen),
        "last_seen_at": max(seen),
    }


def _mend_without_article(connection: Connection, identity: str, _: datetime) -> None:
    if connection.execute(_IDS.where(articles.c.article_id == identity)).first() is not None:
        return
    row = _made_of_revisions(connection, identity)
    if row is not None:
        connection.execute(sa.insert(articles), row)
        announce(connection, identity)


def _mend_stray(connection: Connection, identity: str, _: datetime) -> None:
    for table in (ties, variants):
        connection.execute(
            sa.delete(table).where(table.c.article_id == identity, table.c.article_id.not_in(_IDS))
        )


def _mend_unlinked(connection: Connection, key: str, now: datetime) -> None:
    row = connection.execute(sa.select(links).where(links.c.key == key)).one_or_none()
    if row is None or row.state != LinkState.STORED:
        return
    of = sa.update(links).where(links.c.link_id == row.link_id)
    known = sa.union_all(
        _IDS.where(articles.c.article_id == row.article_id),
        _IDS.where(articles.c.key == key),
        sa.select(variants.c.article_id).where(variants.c.key == key, variants.c.article_id.in_(_IDS)),
    )
    identity = connection.scalar(known)
    if identity is not None:
        connection.execute(of.values(article_id=identity))
    elif row.capture_file is not None:
        connection.execute(
            of.values(state=LinkState.CAPTURED, article_id=None, ready_at=None, lease_owner=None, readings=0)
        )
    else:
        connection.execute(of.values(state=LinkState.DISCOVERED, article_id=None, ready_at=now, attempts=0))


def _mend_twice(connection: Connection, pair: str, _: datetime) -> None:
    """Keep of two articles that are one the one with more texts, then the one seen first."""
    rows = [
        connection.execute(sa.select(articles).where(articles.c.article_id == each)).one_or_none()
        for each in pair.split()
    ]
    both = [row for row in rows if row is not None]
    if len(both) < 2:
        return
    kept, gone = sorted(both, key=lambda row: (-row.revision, row.first_seen_at, row.article_id))
    known = set(connection.scalars(sa.select(variants.c.url).where(variants.c.article_id == kept.article_id)))
    for url, key in connection.execute(
        sa.select(variants.c.url, variants.c.key).where(variants.c.article_id == gone.article_id)
    ).all():
        if url not in known:
            connection.execute(sa.insert(variants).values(article_id=kept.article_id, url=url, key=key))
    theirs = sa.update(links).where(links.c.article_id == gone.article_id)
    connection.execute(theirs.values(article_id=kept.article_id))
    announce(connection, gone.article_id)
    for table in (ties, variants, revisions, articles):
        connection.execute(sa.delete(table).where(table.c.article_id == gone.article_id))
    removed = kept.removed_at if kept.last_seen_at >= gone.last_seen_at else gone.removed_at
    connection.execute(
        sa.update(articles)
        .where(articles.c.article_id == kept.article_id)
        .values(
            first_seen_at=min(kept.first_seen_at, gone.first_seen_at),
            last_seen_at=max(kept.last_seen_at, gone.last_seen_at),
            removed_at=removed,
        )
    )
    announce(connection, kept.article_id)
