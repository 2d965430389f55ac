"""A week of listings without a network: what is asked for, and what scrolls out unseen."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from config.settings import defaults
from crawlers.listings import interval_after, turnover
from demo.press import load
from store.records import Hint, Link, Via

MONDAY = datetime(2026, 11, 16, tzinfo=UTC)
SUNDAY_NIGHT = MONDAY + timedelta(days=7)
EVERY_TEN_MINUTES = 7 * 144
"""Requests of a week."""

# Articles published in each hour of a newsroom's day, of 100.
HOURS = (0, 0, 0, 0, 0, 1, 2, 5, 8, 9, 9, 8, 7, 6, 6, 7, 7, 6, 5, 5, 4, 3, 1, 1)


@dataclass(frozen=True, slots=True)
class Listing:
    """A feed as it stands at any time: the *shows* newest of what was *published* (in order) until then."""

    shows: int
    published: Sequence[datetime]

    def at(self, now: datetime) -> list[datetime]:
        return [at for at in self.published if at <= now][-self.shows :]


@dataclass(frozen=True, slots=True)
class Polled:
    requests: int
    missed: int
    """Items of the week that no poll saw."""


def newsroom(a_day: float, shows: int, seed: int) -> Listing:
    """About *a_day* items a weekday by the hours of a newsroom, half of that on Sundays, ten days long."""
    rng = random.Random(seed)
    published = []
    for day in range(-3, 7):
        midnight = MONDAY + timedelta(days=day)
        count = a_day * (0.5 if midnight.weekday() == 6 else 1.0) * rng.uniform(0.8, 1.2)
        for hour in rng.choices(range(24), HOURS, k=round(count)):
            published.append(midnight + timedelta(hours=hour, seconds=rng.uniform(0, 3600)))
    return Listing(shows, sorted(published))


def burst(seed: int) -> Listing:
    """A quiet outlet (5 items a day) that prints thirty in the three hours after a large fact."""
    calm = newsroom(5, 20, seed)
    start = MONDAY + timedelta(days=3, hours=10)
    rng = random.Random(seed)
    rush = [start + timedelta(minutes=rng.uniform(0, 180)) for _ in range(30)]
    return Listing(20, sorted([*calm.published, *rush]))


def polled(listing: Listing) -> Polled:
    """The week as a crawl polls it: the rules of :mod:`crawlers.listings` over what each poll shows."""
    now, seen, requests = MONDAY, set[datetime](), 0
    interval_s = turnover_s = since_s = None
    while now < SUNDAY_NIGHT:
        shown = listing.at(now)
        links = [Link("o", str(at), "f", Via.FEED, Hint(published_at=at)) for at in shown]
        new = len(set(shown) - seen)
        turnover_s = turnover(links, now, turnover_s, since_s)
        interval_s = since_s = interval_after(
            interval_s,
            new=new,
            known=len(shown) - new,
            shortest_s=defaults()["crawl"]["poll_min_s"],
            longest_s=defaults()["crawl"]["poll_max_s"],
            turnover_s=turnover_s,
        )
        seen.update(shown)
        requests += 1
        now += timedelta(seconds=interval_s)
    seen.update(listing.at(now))
    return Polled(requests, len({at for at in listing.published if MONDAY <= at < SUNDAY_NIGHT} - seen))


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(
    ("listing", "share"),
    [
        pytest.param(lambda seed: newsroom(5, 20, seed), 0.2, id="5 a day"),
        pytest.param(lambda seed: newsroom(60, 20, seed), 0.4, id="60 a day, 20 shown"),
        pytest.param(lambda seed: newsroom(200, 30, seed), 0.5, id="200 a day, 30 shown"),
        pytest.param(burst, 0.4, id="30 in three hours, of an outlet of 5 a day"),
    ],
)
def test_nothing_scrolls_out_between_two_polls(
    listing: Callable[[int], Listing], share: float, seed: int
) -> None:
    found = polled(listing(seed))
    assert found.missed == 0
    assert found.requests <= share * EVERY_TEN_MINUTES


def test_a_week_of_the_demo_press_loses_nothing() -> None:
    sunday = (SUNDAY_NIGHT - timedelta(days=1)).date()
    shelves = load(sunday).by_outlet.values()
    found = [polled(Listing(20, sorted(piece.published_at for piece in shelf))) for shelf in shelves]
    assert sum(one.missed for one in found) == 0
    assert sum(one.requests for one in found) <= 0.2 * len(found) * EVERY_TEN_MINUTES


@pytest.mark.parametrize(
    ("hours", "known_s", "since_s", "expected"),
    [
        pytest.param([1, 2, 3, 4], None, None, None, id="too few dates to tell"),
        pytest.param([1, 2, 3, 4, 5, 6], None, None, 6 * 3600.0, id="one an hour"),
        pytest.param([8, 9, 10, 20, 30, 40], None, None, 24 * 3600.0, id="the densest half counts"),
        pytest.param([1, 2, 3, 4, 5, 9000], None, None, 6 * 3600.0, id="a pinned item does not"),
        pytest.param([1, 2, 3, 4, 5, 6], 1800.0, 0.0, 1800.0, id="a busier hour is remembered"),
        pytest.param([1, 2, 3, 4, 5, 6], 1800.0, 7 * 86_400.0, 3600.0, id="… and half forgotten in a week"),
        pytest.param([], 1800.0, 0.0, 1800.0, id="nothing shown"),
    ],
)
def test_how_fast_a_listing_moves(
    hours: list[float], known_s: float | None, since_s: float | None, expected: float | None
) -> None:
    links = [Link("o", str(n), "f", Via.FEED, Hint(published_at=MONDAY - timedelta(hours=n))) for n in hours]
    assert turnover(links, MONDAY, known_s, since_s) == expected
