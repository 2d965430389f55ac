"""Entry points: when to ask again, how to ask politely, and which span of time a visit has covered. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from store.records import Link
from store.states import EntryState

GROW = 1.5
"""The pause grows by this when a visit shows little that is new …"""
SHRINK = 0.5
"""… and shrinks by this when everything is: something may have scrolled out unseen."""
RETIRED = timedelta(days=3650)
"""A listing that answered 410 is not asked again (until its URL in the catalogue changes)."""


def conditional(state: EntryState, now: datetime) -> dict[str, str]:
    """The validators to send, byte for byte as the server sent them; none once a day.

    One full fetch a UTC day, because servers lie: an ETag that never changes would silence an outlet.
    (A fetch within the last hour is fresh enough to wait for the next one.)
    """
    last = state.last_fetched_at
    if last is None or state.failures:
        return {}
    if last.date() != now.date() and now - last > timedelta(hours=1):
        return {}
    headers = {}
    if state.etag:
        headers["If-None-Match"] = state.etag
    if state.last_modified:
        headers["If-Modified-Since"] = state.last_modified
    return headers


def interval_after(
    interval_s: float | None, *, new: int, known: int, shortest_s: float, longest_s: float
) -> float:
    """Seconds until the next visit, from how much of the listing was seen before.

    >>> interval_after(1200, new=30, known=0, shortest_s=600, longest_s=86400)
    600.0
    >>> interval_after(1200, new=1, known=29, shortest_s=600, longest_s=86400)
    1800.0
    """
    now_s = interval_s or shortest_s
    if new and not known:
        now_s *= SHRINK
    elif new <= 0.2 * (new + known):
        now_s *= GROW
    return min(max(now_s, shortest_s), longest_s)


def interval_after_failure(interval_s: float | None, *, shortest_s: float, longest_s: float) -> float:
    """A listing that fails is asked half as often."""
    return min(max((interval_s or shortest_s) * 2, shortest_s), longest_s)


def oldest(links: Iterable[Link], now: datetime) -> datetime | None:
    """The earliest date that a listing shows; dates ahead of *now* say nothing.

    Where it tells only when a page was changed (a sitemap), that date stands in: no page is changed before it
    is published, so the listing reaches at least that far back.
    """
    dates = (link.hint.published_at or link.hint.modified_at for link in links)
    return min((at for at in dates if at is not None and at <= now), default=None)


def covered(
    *,
    now: datetime,
    window_start: datetime,
    seen_to: datetime | None,
    overlaps: bool,
    oldest_at: datetime | None,
) -> tuple[datetime, datetime]:
    """The span of time of which a successful visit has seen everything that the outlet lists.

    A listing that still shows something known (or nothing new) reaches back to where earlier visits end.  One
    that does not may have scrolled: then only its own oldest item is sure.
    """
    if overlaps and seen_to is not None:
        return min(seen_to, now), now
    return max(min(oldest_at or now, now), window_start), now
