"""Entry points and pages held: when to ask again, how to ask politely, what a visit has covered. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from store.records import Link
from store.states import EntryState, LeasedLink

GROW = 1.5
"""The pause grows by this when a visit shows little that is new …"""
SHRINK = 0.5
"""… and shrinks by this when everything is: something may have scrolled out unseen."""
_FEW = 3
"""Fewer dates than twice this tell nothing of how fast a listing moves."""
_SKEW = timedelta(minutes=1)
_WEEK_S = 7 * 86_400
RETIRED = timedelta(days=3650)
"""A listing that answered 410 is not asked again (until its URL in the catalogue changes)."""
WHOLE_AGAIN = timedelta(days=2)
"""A page that is held is asked for unconditionally this long after it was last fetched whole."""


def is_due(state: EntryState, now: datetime) -> bool:
    """Whether a listing is to be asked for; one that was asked in the future was so by a wrong clock."""
    ahead = state.last_fetched_at is not None and state.last_fetched_at > now + _SKEW
    return state.next_due_at is None or state.next_due_at <= now or ahead


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
    return _validators(state.etag, state.last_modified)


def revisiting(leased: LeasedLink, now: datetime) -> dict[str, str]:
    """The validators to send for a page that is held, byte for byte; none once it is :data:`WHOLE_AGAIN` old.

    A page is looked at again after an hour, six, a day and three: the last look is a whole one, for a server
    whose ETag never changes would hide every edit.
    """
    if leased.fetched_at is None or now - leased.fetched_at >= WHOLE_AGAIN:
        return {}
    return _validators(leased.etag, leased.last_modified)


def _validators(etag: str | None, last_modified: str | None) -> dict[str, str]:
    headers = {}
    if etag:
        headers["If-None-Match"] = etag
    if last_modified:
        headers["If-Modified-Since"] = last_modified
    return headers


def interval_after(
    interval_s: float | None,
    *,
    new: int,
    known: int,
    shortest_s: float,
    longest_s: float,
    turnover_s: float | None = None,
) -> float:
    """Seconds until the next visit, from how much of the listing was seen before.

    Never more than half of *turnover_s*, the shortest time in which the listing was seen to be replaced as a
    whole: nothing is to scroll out of it unseen, not even in the busiest hour.

    >>> interval_after(1200, new=30, known=0, shortest_s=600, longest_s=86400)
    600.0
    >>> interval_after(1200, new=1, known=29, shortest_s=600, longest_s=86400)
    1800.0
    >>> interval_after(1200, new=1, known=29, shortest_s=600, longest_s=86400, turnover_s=2400)
    1200.0
    """
    now_s = interval_s or shortest_s
    if new and not known:
        now_s *= SHRINK
    elif new <= 0.2 * (new + known):
        now_s *= GROW
    if turnover_s is not None:
        now_s = min(now_s, turnover_s / 2)
    return min(max(now_s, shortest_s), longest_s)


def turnover(
    links: Iterable[Link], now: datetime, known_s: float | None = None, since_s: float | None = None
) -> float | None:
    """The shortest time in which a listing was seen to be replaced, in seconds; ``None``: it never told.

    Taken from the dates that it shows: the densest half of its items, because outlets sleep at night and an
    old item may be pinned.  *known_s* is what earlier visits found, *since_s* how long ago: a busy hour is
    remembered, and forgotten by half in a week.
    """
    ages = sorted(
        (now - at).total_seconds()
        for link in links
        if (at := link.hint.published_at) is not None and at <= now
    )
    remembered = None if known_s is None else known_s * 2 ** ((since_s or 0.0) / _WEEK_S)
    half = len(ages) // 2
    if half < _FEW:
        return remembered
    spans = [last - first for first, last in zip(ages, ages[half:], strict=False)]
    seen = min(spans) * len(ages) / half
    return seen if remembered is None else min(seen, remembered)


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
