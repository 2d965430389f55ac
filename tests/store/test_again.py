"""What is asked for again, and what becomes of times that a wrong clock wrote."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from store.ledger import Ledger
from store.records import Ties, Via
from store.states import EntryState
from store.ties import Marked
from store.urls import article_id
from tests.store.made import NOW, after, annotated, decision, link, page

HOUR_S = 3600.0
PLAN = [HOUR_S, 6 * HOUR_S, 24 * HOUR_S, 72 * HOUR_S]


def keep(ledger: Ledger, number: int, at: datetime = NOW) -> str:
    """Article *number*, first fetched at *at*, through the frontier as a crawl does it; its id."""
    ledger.add_links([link(number)], at)
    (leased,) = ledger.lease_links("a", at, 60, 1)
    fetched = page(link(number), at, offset=number)
    ledger.captured(leased.key, fetched)
    ledger.lease_captured("r", at, 60, 1)
    ledger.write(leased.key, annotated(link(number), f"text {number}"), decision(link(number)), fetched)
    return article_id(link(number).url)


def ask_again(ledger: Ledger, number: int, at: datetime) -> None:
    """The page of article *number* is asked for again at *at*, and is as it was."""
    ledger.add_links([link(number, via=Via.REVISIT)], at)
    (leased,) = ledger.lease_links("a", at, 60, 1)
    fetched = page(leased.link, at, offset=1000 + number)
    ledger.captured(leased.key, fetched)
    ledger.lease_captured("r", at, 60, 1)
    ledger.write(leased.key, annotated(link(number), f"text {number}"), decision(link(number)), fetched)


@pytest.mark.parametrize(
    ("asked_h", "at_h", "due"),
    [
        pytest.param(None, 0.5, False, id="too young"),
        pytest.param(None, 1, True, id="an hour old"),
        pytest.param(1, 5, False, id="asked at one hour, not yet at six"),
        pytest.param(1, 6, True, id="six hours old"),
        pytest.param(None, 30, True, id="the ages passed unused: once"),
        pytest.param(30, 71, False, id="asked after a day"),
        pytest.param(30, 73, True, id="three days old"),
        pytest.param(73, 100, False, id="all ages over"),
        pytest.param(None, 24 * 60, False, id="old and never asked for again: left alone"),
    ],
)
def test_66_articles_are_asked_for_again_at_their_ages(
    ledger: Ledger, asked_h: float | None, at_h: float, due: bool
) -> None:
    keep(ledger, 1)
    if asked_h is not None:
        ask_again(ledger, 1, after(hours=asked_h))
    found = ledger.links_due_again(after(hours=at_h), PLAN)
    assert [one.url for one in found] == ([link(1).url] if due else [])
    assert all(one.via is Via.REVISIT for one in found)


def test_an_article_that_was_taken_down_is_not_asked_for_again(ledger: Ledger) -> None:
    name = keep(ledger, 1)
    ledger.tombstone(name, after(minutes=30))
    assert ledger.links_due_again(after(hours=2), PLAN) == []


def test_68_a_denial_in_its_story_has_an_article_asked_for_at_once(ledger: Ledger) -> None:
    rumour, other = keep(ledger, 1), keep(ledger, 2)
    for number in (1, 2):
        ask_again(ledger, number, after(hours=73))
    denial = keep(ledger, 3, after(hours=80))
    ledger.mark([Marked(one, 1, "1", NOW, "{}") for one in (rumour, other, denial)])
    ledger.tie(
        {rumour: Ties(rumour, relation="rumour"), denial: Ties(rumour, relation="denial"), other: Ties(other)}
    )
    now = after(hours=80, minutes=30)
    assert [one.url for one in ledger.links_due_again(now, PLAN)] == [link(1).url]
    ask_again(ledger, 1, now)
    assert ledger.links_due_again(after(hours=80, minutes=40), PLAN) == []


def test_links_of_a_host_that_is_left_alone_are_not_pending(ledger: Ledger) -> None:
    ledger.add_links([link(1), link(2, source="other")], NOW)
    ledger.block_host("www.akhbar.example", after(hours=1), "blocked")
    assert ledger.pending_sources(NOW) == {"other": 1}
    assert ledger.pending_sources(after(hours=2)) == {"akhbar": 1, "other": 1}


def test_81_a_clock_that_is_set_back_takes_the_times_that_it_wrote_with_it(ledger: Ledger) -> None:
    wrong, right = after(hours=6), NOW
    ledger.add_links([link(1)], wrong)
    (leased,) = ledger.lease_links("a", wrong, 600, 1)
    ledger.retry(leased.key, "timeout", wrong, wrong + timedelta(minutes=10))
    ledger.save_entry_state(
        EntryState("akhbar", "https://f.example/", next_due_at=wrong + timedelta(hours=1))
    )
    ledger.block_host("h.example", wrong + timedelta(minutes=5), "http 503")
    ledger.set_due("health", wrong + timedelta(minutes=2))
    ledger.save_entry_state(EntryState("akhbar", "https://g.example/", next_due_at=after(hours=-1)))
    ledger.set_back(right, timedelta(hours=6).total_seconds())
    assert ledger.lease_links("a", after(minutes=9), 600, 1) == []
    assert len(ledger.lease_links("a", after(minutes=11), 600, 1)) == 1
    assert ledger.entry_state("akhbar", "https://f.example/").next_due_at == after(hours=1)
    assert ledger.entry_state("akhbar", "https://g.example/").next_due_at == after(hours=-1)
    lease = ledger.lease_host("h.example", "a", NOW, 60)
    assert lease is not None and lease.blocked_until == after(minutes=5)
    assert ledger.job_states()["health"].next_due_at == after(minutes=2)
