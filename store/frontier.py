"""The frontier: every link ever shown, and how far it has come.

discovered → fetching (lease) → captured → stored | rejected | quarantined, with retry beside fetching;
``docs/ledger.md`` draws it.  A link is its :func:`store.urls.url_key`: found twice, by two feeds or two
sources, it is fetched once.  A lease is ``fetching`` with ``ready_at`` = its end, so an expired lease is
simply due again.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from store import codec
from store.database import AnyRow, Database
from store.hosts import check
from store.records import Capture, FetchedPage, Hint, Link, Reason, Rejection, Via
from store.states import CapturedLink, Fence, LeasedLink, LinkState
from store.tables import CAPTURED, OPEN, articles, hosts, links, variants
from store.urls import host_of, url_key

_CHUNK = 500  # values in one IN list: far below every database's limit
_BATCH = 2000  # links of one transaction: other processes get their turn in between

# A feed names what is new; a sitemap names thousands, and must not make the feed's links wait.
_TIERS = {
    Via.FEED: 0,
    Via.NEWS_SITEMAP: 0,
    Via.WORDPRESS: 0,
    Via.REVISIT: 1,
    Via.SECTION: 1,
    Via.GDELT: 2,
    Via.SITEMAP: 3,
    Via.WARC: 3,
}
# Passed over for what was known then: shown again without that verdict, they are wanted.
_REOPENED = {Reason.TOO_OLD, Reason.NOT_MATCHING, Reason.BUDGET}
# The host's trouble, not the page's: still shown a day later, they get another round of tries.
_REOPENED_LATER = {Reason.UNREACHABLE, Reason.ROBOTS, Reason.BLOCKED, Reason.REDIRECT}
_LATER = timedelta(days=1)


def chunks(values: Iterable[Any], size: int = _CHUNK) -> Iterator[list[Any]]:
    """*values* in lists of *size*."""
    iterator = iter(values)
    while chunk := list(islice(iterator, size)):
        yield chunk


def key_of(url: str) -> str:
    """:func:`store.urls.url_key`, or *url* itself where it has none (a foreign WARC may hold anything)."""
    try:
        return url_key(url)
    except ValueError:
        return url


def _host(url: str) -> str:
    try:
        return host_of(url)
    except ValueError:
        return ""


def _link(row: AnyRow) -> Link:
    hint = codec.decode(Hint, json.loads(row.hint)) if row.hint else Hint()
    return Link(row.source_id, row.url, row.found_in, Via(row.via), hint)


def link_values(link: Link) -> dict[str, Any]:
    """The columns that say what *link* is."""
    hint = codec.encode(link.hint)
    return {
        "source_id": link.source_id,
        "url": link.url,
        "host": _host(link.url),
        "found_in": link.found_in,
        "via": str(link.via),
        "hint": codec.dumps(hint) if hint else None,
        "tier": _TIERS[link.via],
    }


class Frontier:
    """The part of the ledger that holds links."""

    _db: Database
    retry_times: int

    # ---- adding ------------------------------------------------------------------------------------------

    def add_links(
        self, found: Iterable[Link], now: datetime, *, verdicts: Mapping[str, Reason] | None = None
    ) -> Counter[str]:
        """Make *found* known; counts ``new`` (to be fetched), ``known``, ``passed``, ``invalid`` (no URL).

        *verdicts* names, by ``link.url``, the links that are not wanted and why: a new one ends at once as
        rejected (``passed``).  A link that was passed over as too old, not matching or over the budget and is
        shown again without a verdict is wanted (``new``); so is one that failed for its host's sake a day
        ago. A ``revisit`` link reopens the link it names.  A link that an aggregator showed first is credited
        to the outlet as soon as the outlet shows it.  A variant of a stored article is ``known``; one
        that was taken down and is shown again a day later is wanted.

        Kept in transactions of a few thousand links each; doing it again changes nothing.
        """
        counts: Counter[str] = Counter(new=0, known=0, passed=0)
        for batch in chunks(found, _BATCH):
            wanted: dict[str, Link] = {}
            for link in batch:
                try:
                    key = url_key(link.url)
                except ValueError:
                    counts["invalid"] += 1
                    continue
                other = wanted.get(key)
                if other is not None:
                    counts["known"] += 1
                if other is None or (other.via is Via.GDELT and link.via is not Via.GDELT):
                    wanted[key] = link
            with self._db.writing() as connection:
                self._add(connection, wanted, now, verdicts or {}, counts)
        return counts

    def _add(
        self,
        connection: Connection,
        wanted: dict[str, Link],
        now: datetime,
        verdicts: Mapping[str, Reason],
        counts: Counter[str],
    ) -> None:
        known: dict[str, AnyRow] = {}
        stored: set[str] = set()
        columns = (
            links.c.key,
            links.c.state,
            links.c.reason,
            links.c.via,
            links.c.tier,
            links.c.changed_at,
            links.c.article_id,
        )
        for some in chunks(wanted):
            for met in connection.execute(sa.select(*columns).where(links.c.key.in_(some))):
                known[met.key] = met
            stored.update(connection.scalars(sa.select(variants.c.key).where(variants.c.key.in_(some))))
        rows: list[dict[str, Any]] = []
        for key, link in wanted.items():
            row, verdict = known.get(key), verdicts.get(link.url)
            if row is not None:
                counts["new" if self._met_again(connection, row, link, verdict, now) else "known"] += 1
            elif key in stored and link.via is not Via.REVISIT:
                counts["known"] += 1
            else:
                counts["new" if verdict is None else "passed"] += 1
                rows.append(_new_row(key, link, verdict, now))
        if rows:
            connection.execute(sa.insert(links), rows)

    def _met_again(
        self, connection: Connection, row: AnyRow, link: Link, verdict: Reason | None, now: datetime
    ) -> bool:
        """A known link is shown again; whether it is to be fetched (again) because of that."""
        if verdict is not None:
            return False
        rejected = row.state == LinkState.REJECTED
        reopened = bool(
            (rejected and row.reason in _REOPENED)
            or (rejected and row.reason in _REOPENED_LATER and now - row.changed_at >= _LATER)
            # An article that was taken down and is listed once more may be back.
            or (rejected and row.reason == Reason.GONE and row.article_id and now - row.changed_at >= _LATER)
            or (link.via is Via.REVISIT and row.state in (LinkState.STORED, LinkState.REJECTED))
        )
        values: dict[str, Any] = {}
        if reopened:
            values = {
                **({} if link.via is Via.REVISIT else link_values(link)),
                "tier": _TIERS[link.via],
                "state": LinkState.DISCOVERED,
                "ready_at": now,
                "changed_at": now,
                "attempts": 0,
                "reason": None,
                "detail": None,
            }
        elif row.via == Via.GDELT and link.via not in (Via.GDELT, Via.REVISIT):
            values = link_values(link)
        elif _TIERS[link.via] < row.tier:
            values = {"tier": _TIERS[link.via]}
        if values:
            connection.execute(sa.update(links).where(links.c.key == row.key).values(values))
        return reopened

    # ---- fetching ----------------------------------------------------------------------------------------

    def lease_links(
        self,
        owner: str,
        now: datetime,
        ttl_s: float,
        limit: int,
        source_ids: Collection[str] | None = None,
        exclude_hosts: Collection[str] = (),
    ) -> list[LeasedLink]:
        """At most *limit* links to fetch, leased to *owner* until *now* + *ttl_s*.

        Discovered links, retries that are due and leases that ran out; of the sources *source_ids* (``None``
        = all), never of *exclude_hosts* or of a blocked host.  One of each host in turn, the host served
        longest ago first; within a host feeds before sitemaps, then the link discovered first.
        """
        if limit <= 0:
            return []
        with self._db.writing() as connection:
            ready = sa.and_(OPEN, links.c.ready_at <= now)
            if source_ids is not None:
                ready = sa.and_(ready, links.c.source_id.in_(sorted(source_ids)))
            served = {row.host: row for row in connection.execute(_HOST_TURNS)}
            open_hosts: list[str] = [row.host for row in connection.execute(_OPEN_HOSTS)]
            waiting = [
                host
                for host in open_hosts
                if host not in exclude_hosts and not _is_blocked(served.get(host), now)
            ]
            waiting.sort(key=lambda host: (_served_at(served.get(host)), host))
            taken = _in_turn(connection, ready, waiting, limit)
            ids = [row.link_id for row in taken]
            for some in chunks(ids):
                connection.execute(
                    sa.update(links)
                    .where(links.c.link_id.in_(some))
                    .values(
                        state=LinkState.FETCHING,
                        lease_owner=owner,
                        ready_at=now + timedelta(seconds=ttl_s),
                        changed_at=now,
                    )
                )
            _note_served(connection, {row.host for row in taken}, set(served), now)
        return [_leased(link) for link in taken]

    def return_links(self, keys: Iterable[str], owner: str) -> None:
        """Give leased links back unfetched (a clean stop); those that *owner* has lost are left alone."""
        with self._db.writing() as connection:
            for some in chunks(keys):
                mine = sa.and_(
                    links.c.key.in_(some),
                    links.c.state == LinkState.FETCHING,
                    links.c.lease_owner == owner,
                )
                connection.execute(
                    sa.update(links)
                    .where(mine)
                    .values(state=LinkState.DISCOVERED, lease_owner=None, ready_at=links.c.discovered_at)
                )

    def captured(self, key: str, page: FetchedPage, *, fence: Fence | None = None) -> bool:
        """The page of link *key* is in the archive (``page.capture``); whether it will be read.

        Also from an owner whose lease ran out: the bytes are there.  The same capture told twice changes
        nothing; a second capture of a page that still waits to be read is left in the archive.
        With *fence*, the lease under which the page was asked for: once its host was leased to another
        process, the page is that one's to fetch, and this capture stays in the archive unread.
        Raises :class:`LeaseLost` for that, :class:`KeyError` for an unknown link, :class:`ValueError` for a
        page without a capture.
        """
        capture = _capture_of(page)
        with self._db.writing() as connection:
            check(connection, fence)
            row = _row(connection, key)
            if row.state == LinkState.CAPTURED or _same_capture(row, capture):
                return False
            if row.state == LinkState.STORED and row.fetched_at and page.fetched_at <= row.fetched_at:
                return False
            values = {**capture_values(page), **end_values(LinkState.CAPTURED, page.fetched_at, None, None)}
            connection.execute(_CHANGE, {"of_id": row.link_id, **values, "readings": 0})
        return True

    def not_modified(self, key: str, at: datetime, *, fence: Fence | None = None) -> None:
        """The outlet said at *at* that the stored page of link *key* is what it was (304).

        The link is stored again, its article was last seen at *at*; no capture, no revision, no outbox row.
        Raises :class:`KeyError` for an unknown link, :class:`LeaseLost` as :meth:`captured` does.
        """
        with self._db.writing() as connection:
            check(connection, fence)
            row = _row(connection, key)
            if row.state not in (LinkState.FETCHING, LinkState.DISCOVERED, LinkState.RETRY):
                return  # somebody else got it
            values = {**end_values(LinkState.STORED, at, None, None), "checked_at": at, "attempts": 0}
            connection.execute(_CHANGE, {"of_id": row.link_id, **values})
            seen = sa.and_(articles.c.article_id == row.article_id, articles.c.last_seen_at < at)
            connection.execute(sa.update(articles).where(seen).values(last_seen_at=at))

    def retry(
        self, key: str, kind: str, now: datetime, retry_at: datetime, *, fence: Fence | None = None
    ) -> bool:
        """Fetching *key* failed for now (*kind*: ``timeout``, ``dns`` …); whether it will be tried again.

        Due again at *retry_at*, unless it has failed more than ``retry_times`` times: then it ends as
        rejected(unreachable), or stored as it was before a revisit.  Raises :class:`KeyError` for an unknown
        link, :class:`LeaseLost` as :meth:`captured` does.
        """
        with self._db.writing() as connection:
            check(connection, fence)
            row = _row(connection, key)
            if row.state not in (LinkState.FETCHING, LinkState.DISCOVERED, LinkState.RETRY):
                return False
            attempts: int = row.attempts + 1
            again = attempts <= self.retry_times
            values = {
                **_fruitless(row, now, Reason.UNREACHABLE, kind),
                **({"state": LinkState.RETRY, "reason": None, "ready_at": retry_at} if again else {}),
                "attempts": attempts,
            }
            connection.execute(_CHANGE, {"of_id": row.link_id, **values})
        return again

    def reject_link(
        self, key: str, rejection: Rejection, now: datetime, *, fence: Fence | None = None
    ) -> None:
        """Link *key* ends without a page, and why; a revisit that brought none leaves the link stored.

        Raises :class:`KeyError` for an unknown link, :class:`LeaseLost` as :meth:`captured` does.
        """
        with self._db.writing() as connection:
            check(connection, fence)
            row = _row(connection, key)
            if row.state in (LinkState.CAPTURED, LinkState.STORED):
                return  # somebody else got it
            values = _fruitless(row, now, rejection.reason, rejection.detail)
            connection.execute(_CHANGE, {"of_id": row.link_id, **values})

    # ---- reading -----------------------------------------------------------------------------------------

    def lease_captured(
        self, owner: str, now: datetime, ttl_s: float, limit: int, folder: str | None = None
    ) -> list[CapturedLink]:
        """At most *limit* pages to read, first fetched first, leased to *owner* until *now* + *ttl_s*.

        Of the captures that lie in *folder* of the archive (a worker's; ``""``: in none); ``None`` = of all.
        A page whose earlier reader ended without an outcome (it may have crashed on it) comes alone, so that
        a page that kills its reader is found and its neighbours are not suspected with it.
        """
        with self._db.leasing() as connection:
            due = sa.and_(CAPTURED, sa.or_(links.c.ready_at.is_(None), links.c.ready_at <= now))
            order = (links.c.fetched_at, links.c.link_id)
            statement = sa.select(links).where(due, _within(folder)).order_by(*order).limit(limit)
            rows = connection.execute(statement.with_for_update(skip_locked=True)).all()
            suspects = [index for index, row in enumerate(rows) if row.readings]
            if suspects:
                rows = rows[: max(suspects[0], 1)]
            for some in chunks([row.link_id for row in rows]):
                connection.execute(
                    sa.update(links)
                    .where(links.c.link_id.in_(some))
                    .values(
                        lease_owner=owner,
                        ready_at=now + timedelta(seconds=ttl_s),
                        readings=links.c.readings + 1,
                    )
                )
        return [
            CapturedLink(
                row.key,
                Capture(row.capture_file, row.capture_offset, row.capture_sha256),
                _link(row),
                row.readings,
            )
            for row in rows
        ]

    def captured_waiting(self, folder: str | None = None) -> int:
        """How many pages wait to be read, leased ones included; *folder* as for :meth:`lease_captured`."""
        with self._db.reading() as connection:
            counted = sa.select(sa.func.count()).select_from(links).where(CAPTURED, _within(folder))
            return connection.scalar(counted) or 0

    def free_captured(self, folder: str | None = None) -> None:
        """Void every reader's lease: for the one reader of a home that knows that all others are gone.

        Of the pages in *folder*, as for :meth:`lease_captured`.  What they held stays under suspicion there.
        """
        with self._db.writing() as connection:
            held = sa.and_(CAPTURED, links.c.lease_owner.is_not(None), _within(folder))
            connection.execute(sa.update(links).where(held).values(lease_owner=None, ready_at=None))

    def return_captured(self, keys: Iterable[str], owner: str) -> None:
        """Give pages back unread (a clean stop), without suspicion."""
        with self._db.writing() as connection:
            for some in chunks(keys):
                mine = sa.and_(links.c.key.in_(some), CAPTURED, links.c.lease_owner == owner)
                connection.execute(
                    sa.update(links)
                    .where(mine)
                    .values(lease_owner=None, ready_at=None, readings=links.c.readings - 1)
                )

    def quarantine(self, key: str, detail: str, now: datetime) -> None:
        """Set the page of link *key* aside for a person; *detail* says what happened (a traceback)."""
        with self._db.writing() as connection:
            row = _row(connection, key)
            values = end_values(LinkState.QUARANTINED, now, None, detail)
            connection.execute(_CHANGE, {"of_id": row.link_id, **values})


def _within(folder: str | None) -> sa.ColumnElement[bool]:
    """Captures that lie in *folder* of the archive; ``""`` = in the archive itself, ``None`` = anywhere."""
    if folder is None:
        return sa.true()
    if not folder:
        return sa.not_(links.c.capture_file.contains("/"))
    return links.c.capture_file.startswith(f"{folder}/", autoescape=True)


def _new_row(key: str, link: Link, verdict: Reason | None, now: datetime) -> dict[str, Any]:
    return {
        "key": key,
        **link_values(link),
        "state": LinkState.DISCOVERED if verdict is None else LinkState.REJECTED,
        "discovered_at": now,
        "changed_at": now,
        "attempts": 0,
        "readings": 0,
        "ready_at": now if verdict is None else None,
        "reason": None if verdict is None else str(verdict),
    }


# ---- turns -----------------------------------------------------------------------------------------------

_HOST_TURNS = sa.select(hosts.c.host, hosts.c.served_at, hosts.c.blocked_until)


def _open_hosts() -> sa.Select[tuple[str]]:
    """The hosts of open links, jumping through the index from host to host."""
    first = sa.select(sa.func.min(links.c.host).label("host")).where(OPEN).cte("waiting", recursive=True)
    following = (
        sa.select(sa.func.min(links.c.host)).where(OPEN, links.c.host > first.c.host).scalar_subquery()
    )
    waiting = first.union_all(sa.select(following).where(first.c.host.is_not(None)))
    return sa.select(waiting.c.host).where(waiting.c.host.is_not(None))


_OPEN_HOSTS = _open_hosts()


def _is_blocked(row: AnyRow | None, now: datetime) -> bool:
    return row is not None and row.blocked_until is not None and row.blocked_until > now


def _served_at(row: AnyRow | None) -> float:
    return row.served_at.timestamp() if row is not None and row.served_at is not None else 0.0


def _in_turn(
    connection: Connection, ready: sa.ColumnElement[bool], waiting: Sequence[str], limit: int
) -> list[AnyRow]:
    """Up to *limit* links, one of each host in turn, until *waiting* has no more."""
    order = (links.c.tier, links.c.discovered_at, links.c.link_id)
    statement = sa.select(links).where(ready, links.c.host == sa.bindparam("of_host")).order_by(*order)
    statement = statement.with_for_update(skip_locked=True)
    by_host: dict[str, list[AnyRow]] = defaultdict(list)
    rich = list(waiting)
    missing = limit
    while rich and missing > 0:
        share = -(-missing // len(rich))
        still = []
        for host in rich:
            wanted = min(share, missing)
            if not wanted:
                break
            page = statement.limit(wanted).offset(len(by_host[host]))
            rows = connection.execute(page, {"of_host": host}).all()
            by_host[host].extend(rows)
            missing -= len(rows)
            if len(rows) == wanted:
                still.append(host)
        rich = still
    turns = [
        (rank, index, row) for index, host in enumerate(by_host) for rank, row in enumerate(by_host[host])
    ]
    turns.sort(key=lambda turn: turn[:2])
    return [row for _, _, row in turns]


def _note_served(connection: Connection, served: set[str], known: set[str], now: datetime) -> None:
    for some in chunks(sorted(served & known)):
        connection.execute(sa.update(hosts).where(hosts.c.host.in_(some)).values(served_at=now))
    if served - known:
        new = [{"host": host, "token": 0, "served_at": now} for host in sorted(served - known)]
        connection.execute(sa.insert(hosts), new)


# ---- rows ------------------------------------------------------------------------------------------------

_LINK = sa.select(links).where(links.c.key == sa.bindparam("of_key"))
_NEW_LINK = sa.insert(links)
_CHANGE = sa.update(links).where(links.c.link_id == sa.bindparam("of_id"))


def _fruitless(row: AnyRow, now: datetime, reason: Reason, detail: str) -> dict[str, Any]:
    """The columns of a link that brought no page: rejected; stored where the page of an article is held."""
    if row.article_id is not None and row.status == 200:
        return end_values(LinkState.STORED, now, None, detail)
    return end_values(LinkState.REJECTED, now, reason, detail)


def _leased(row: AnyRow) -> LeasedLink:
    held = (row.etag, row.last_modified, row.fetched_at) if row.article_id is not None else ()
    return LeasedLink(row.key, _link(row), row.attempts, row.host, *held)


def _row(connection: Connection, key: str) -> AnyRow:
    row = connection.execute(_LINK, {"of_key": key}).one_or_none()
    if row is None:
        raise KeyError(key)
    return row


def _capture_of(page: FetchedPage) -> Capture:
    if page.capture is None:
        raise ValueError(f"page without a capture: {page.url}")
    return page.capture


def _same_capture(row: AnyRow, capture: Capture) -> bool:
    return bool(row.capture_file == capture.file and row.capture_offset == capture.offset)


def capture_values(page: FetchedPage) -> dict[str, Any]:
    """The columns that say where *page* lies, and how to ask whether it has changed."""
    capture = _capture_of(page)
    whole = page.status == 200  # the tag of an error page says nothing of the article
    return {
        "etag": page.header("etag") if whole else None,
        "last_modified": page.header("last-modified") if whole else None,
        "checked_at": page.fetched_at,
        "capture_file": capture.file,
        "capture_offset": capture.offset,
        "capture_sha256": capture.sha256,
        "fetched_at": page.fetched_at,
        "status": page.status,
    }


def end_values(state: LinkState, now: datetime, reason: Reason | None, detail: str | None) -> dict[str, Any]:
    """The columns of a link that nobody holds any more."""
    return {
        "state": state,
        "reason": None if reason is None else str(reason),
        "detail": (detail or "").encode("utf-8", "replace").decode() or None,
        "lease_owner": None,
        "ready_at": None,
        "changed_at": now,
    }


def end_link(
    connection: Connection,
    key: str | None,
    page: FetchedPage,
    state: LinkState,
    now: datetime,
    reason: Reason | None = None,
    detail: str | None = None,
    article_id: str | None = None,
) -> None:
    """The link of *page* ends in *state*; without a *key* (import, replay) it becomes known by that.

    A link that has moved on meanwhile (captured anew, leased for a revisit) is left alone.
    """
    key = key_of(page.link.url) if key is None else key
    row = connection.execute(_LINK, {"of_key": key}).one_or_none()
    values = {**capture_values(page), **end_values(state, now, reason, detail), "readings": 0}
    if article_id is not None:
        values["article_id"] = article_id
    if row is None:
        start = {"key": key, **link_values(page.link), "discovered_at": page.fetched_at, "attempts": 0}
        connection.execute(_NEW_LINK, {**start, **values})
        return
    capture = _capture_of(page)
    if not _same_capture(row, capture):
        if row.state in (LinkState.FETCHING, LinkState.CAPTURED):
            return
        if row.state in (LinkState.DISCOVERED, LinkState.RETRY) and state is not LinkState.STORED:
            return  # an imported page that is no good: the outlet itself is still to be asked
        if row.fetched_at is not None and row.fetched_at > page.fetched_at:
            return
    elif row.state == LinkState.FETCHING:
        return
    connection.execute(_CHANGE, {"of_id": row.link_id, **values})
