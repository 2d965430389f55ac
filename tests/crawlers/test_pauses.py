"""The tables and sums of politeness."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest

from crawlers.listings import (
    conditional,
    covered,
    interval_after,
    interval_after_failure,
    oldest,
    revisiting,
)
from crawlers.pauses import DAY_S, Do, back_off, challenge, doubling, judge, judge_failure, retry_after
from store.records import Hint, Link, Reason, Via
from store.states import EntryState, LeasedLink

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("status", "headers", "body", "do", "reason"),
    [
        (200, {}, 9, Do.KEEP, None),
        (203, {}, 9, Do.KEEP, None),
        (299, {}, 9, Do.KEEP, None),
        (200, {}, 0, Do.RETRY_ONCE, Reason.INCOMPLETE),
        (202, {}, 9, Do.RETRY_ONCE, Reason.INCOMPLETE),
        (204, {}, 0, Do.REJECT, Reason.INCOMPLETE),
        (205, {}, 0, Do.REJECT, Reason.INCOMPLETE),
        (206, {}, 9, Do.RETRY_ONCE, Reason.INCOMPLETE),
        (302, {}, 0, Do.REJECT, Reason.REDIRECT),
        (304, {}, 0, Do.RETRY_ONCE, Reason.INCOMPLETE),
        (400, {}, 9, Do.REJECT, Reason.HTTP_CLIENT_ERROR),
        (401, {}, 9, Do.REJECT, Reason.HTTP_CLIENT_ERROR),
        (403, {}, 9, Do.REJECT, Reason.HTTP_CLIENT_ERROR),
        (403, {"cf-mitigated": "challenge"}, 9, Do.REJECT, Reason.BLOCKED),
        (200, {"cf-mitigated": "challenge"}, 9, Do.REJECT, Reason.BLOCKED),
        (404, {}, 9, Do.REJECT, Reason.GONE),
        (410, {}, 9, Do.REJECT, Reason.GONE),
        (451, {}, 9, Do.REJECT, Reason.HTTP_CLIENT_ERROR),
        (408, {}, 9, Do.RETRY, Reason.UNREACHABLE),
        (429, {}, 9, Do.WAIT, Reason.UNREACHABLE),
        (500, {}, 9, Do.RETRY, Reason.UNREACHABLE),
        (501, {}, 9, Do.REJECT, Reason.HTTP_CLIENT_ERROR),
        (502, {}, 9, Do.WAIT, Reason.UNREACHABLE),
        (503, {}, 9, Do.WAIT, Reason.UNREACHABLE),
        (522, {}, 9, Do.WAIT, Reason.UNREACHABLE),
        (999, {}, 9, Do.REJECT, Reason.BLOCKED),
        (742, {}, 9, Do.REJECT, Reason.HTTP_CLIENT_ERROR),
    ],
)
def test_30_every_status_has_its_action(
    status: int, headers: dict[str, str], body: int, do: Do, reason: Reason | None
) -> None:
    judgement = judge(status, headers.get, body)
    assert judgement.do is do
    assert reason is None or judgement.reason is reason


def test_25_marks_of_anti_bot_services_count_only_where_they_refuse() -> None:
    assert challenge(403, {"x-datadome": "protected"}.get) == "x-datadome"
    assert challenge(200, {"x-datadome": "protected"}.get) is None
    assert challenge(202, {"x-amzn-waf-action": "challenge"}.get) == "x-amzn-waf-action"
    assert challenge(403, {"server": "ddos-guard"}.get) == "ddos-guard"
    assert challenge(403, {"server": "nginx"}.get) is None


@pytest.mark.parametrize(
    ("kind", "do"),
    [
        ("dns", Do.WAIT),
        ("connect", Do.WAIT),
        ("certificate", Do.WAIT),
        ("timeout", Do.RETRY),
        ("reset", Do.RETRY),
        ("incomplete", Do.RETRY_ONCE),
        ("too_large", Do.REJECT),
        ("forbidden_address", Do.REJECT),
        ("robots", Do.REJECT),
        ("redirects", Do.REJECT),
        ("anything else", Do.RETRY),
    ],
)
def test_every_failure_has_its_action(kind: str, do: Do) -> None:
    assert judge_failure(kind).do is do


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("120", 120.0),
        (" 0 ", 0.0),
        ("99999999", DAY_S),
        ("Tue, 24 Nov 2026 12:02:00 GMT", 120.0),
        ("Tue, 24 Nov 2026 11:00:00 GMT", 0.0),
        ("Fri, 27 Nov 2026 12:00:00 GMT", DAY_S),
        ("-5", None),
        ("soon", None),
        ("١٢", None),
        ("", None),
        (None, None),
    ],
)
def test_28_retry_after_is_read_in_both_forms_and_capped_at_a_day(
    text: str | None, seconds: float | None
) -> None:
    assert retry_after(text, NOW) == seconds


def test_28_pauses_without_a_stated_time_double_from_a_minute_to_a_day() -> None:
    rng = random.Random(1)
    for strikes, wanted in [(1, 60), (2, 120), (3, 240), (12, DAY_S), (400, DAY_S)]:
        assert 0.9 * wanted <= doubling(strikes, rng) <= min(1.1 * wanted, DAY_S)
    assert len({doubling(1, rng) for _ in range(9)}) == 9  # jitter


def test_a_page_is_tried_again_later_and_later() -> None:
    waits = [back_off(attempts, 10.0, random.Random(1)).total_seconds() for attempts in range(3)]
    assert [round(wait / waits[0]) for wait in waits] == [1, 2, 4]


def test_27_validators_are_echoed_byte_for_byte_and_left_out_once_a_day() -> None:
    state = EntryState(
        "x", "u", etag='W/"a b"', last_modified="yesterday-ish", last_fetched_at=NOW - HOUR, last_status=200
    )
    assert conditional(state, NOW) == {"If-None-Match": 'W/"a b"', "If-Modified-Since": "yesterday-ish"}
    assert conditional(state, NOW + 24 * HOUR) == {}  # the day's full fetch
    assert conditional(EntryState("x", "u"), NOW) == {}


def test_27_a_page_that_is_held_is_asked_for_whole_again_after_two_days() -> None:
    link = Link("x", "https://x.example/a", "revisit", Via.REVISIT)
    leased = LeasedLink("x.example/a", link, 0, "x.example", '"1"', "monday", NOW)
    both = {"If-None-Match": '"1"', "If-Modified-Since": "monday"}
    assert [revisiting(leased, NOW + hours * HOUR) for hours in (1, 6, 24)] == [both] * 3
    assert revisiting(leased, NOW + 72 * HOUR) == {}  # an ETag that never changes would hide every edit
    assert revisiting(LeasedLink("x.example/a", link, 0, "x.example"), NOW) == {}


def test_27_a_crawl_repeated_at_midnight_is_still_conditional() -> None:
    before = datetime(2026, 11, 24, 23, 59, tzinfo=UTC)
    state = EntryState("x", "u", etag='"1"', last_fetched_at=before, last_status=200)
    assert conditional(state, before + timedelta(minutes=2)) == {"If-None-Match": '"1"'}


@pytest.mark.parametrize(
    ("interval", "new", "known", "after"),
    [
        (1200, 30, 0, 600),  # all new: something may have scrolled out
        (1200, 1, 29, 1800),  # nearly nothing new
        (1200, 15, 15, 1200),
        (1200, 0, 30, 1800),
        (700, 9, 0, 600),  # never below the shortest
        (80_000, 0, 9, 86_400),  # nor above the longest
        (None, 5, 5, 600),
    ],
)
def test_the_pause_between_visits_follows_the_share_of_new_items(
    interval: float | None, new: int, known: int, after: float
) -> None:
    assert interval_after(interval, new=new, known=known, shortest_s=600, longest_s=86_400) == after


def test_a_failing_listing_is_asked_half_as_often() -> None:
    assert interval_after_failure(None, shortest_s=600, longest_s=86_400) == 1200
    assert interval_after_failure(86_400, shortest_s=600, longest_s=86_400) == 86_400


@pytest.mark.parametrize(
    ("last_ok", "overlaps", "oldest", "start"),
    [
        (None, False, NOW - 5 * HOUR, NOW - 5 * HOUR),  # a first visit: as far as the listing reaches
        (None, False, NOW - 900 * HOUR, NOW - 720 * HOUR),  # … and no further than the window
        (None, False, None, NOW),  # no dates: nothing is sure but now
        (NOW - 2 * HOUR, True, NOW - 5 * HOUR, NOW - 2 * HOUR),  # something known: no hole in between
        (NOW - 48 * HOUR, False, NOW - 5 * HOUR, NOW - 5 * HOUR),  # all new: it may have scrolled
    ],
)
def test_a_visit_covers_what_it_is_sure_to_have_seen(
    last_ok: datetime | None, overlaps: bool, oldest: datetime | None, start: datetime
) -> None:
    span = covered(
        now=NOW,
        window_start=NOW - 720 * HOUR,
        seen_to=last_ok,
        overlaps=overlaps,
        oldest_at=oldest,
    )
    assert span == (start, NOW)


LISTED = [
    # (published, modified) of each link in hours before now, the oldest date that is sure
    ([(5, None), (9, None)], 9),
    ([(5, 1)], 5),
    ([(None, 7), (5, None)], 7),
    ([(None, None)], None),
    ([(-3, None), (2, None)], 2),  # dated ahead: says nothing
    ([], None),
]


@pytest.mark.parametrize(("links", "expected"), LISTED)
def test_a_listing_reaches_back_to_its_oldest_date(
    links: list[tuple[int | None, int | None]], expected: int | None
) -> None:
    def before(hours: int | None) -> datetime | None:
        return None if hours is None else NOW - hours * HOUR

    listed = [
        Link(
            "s",
            f"https://a.example/{index}",
            "f",
            Via.SITEMAP,
            Hint(published_at=before(published), modified_at=before(modified)),
        )
        for index, (published, modified) in enumerate(links)
    ]
    assert oldest(listed, NOW) == before(expected)
