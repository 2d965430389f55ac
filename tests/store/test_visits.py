"""Entry points, sources, visits and coverage; hosts and robots."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from store.ledger import EntryState, HostLease, Ledger, RobotsCopy, SourceState
from tests.store.made import NOW, after

URL = "https://www.akhbar.example/feed"
HOST = "www.akhbar.example"


def test_an_entry_point_is_remembered_byte_for_byte(ledger: Ledger) -> None:
    assert ledger.entry_state("akhbar", URL) == EntryState("akhbar", URL)
    state = EntryState(
        "akhbar", URL, 'W/"a\'é"', "Tue, 24 Nov 2026", "ab" * 32, NOW, 600.5, 2, 304, NOW, URL + "2"
    )
    ledger.save_entry_state(state)
    assert ledger.entry_state("akhbar", URL) == state
    ledger.save_entry_state(replace(state, etag=None, failures=0))
    assert ledger.entry_state("akhbar", URL) == replace(state, etag=None, failures=0)
    assert ledger.entry_state("other", URL) == EntryState("other", URL)


def test_a_source_fares_as_its_last_visit_went(ledger: Ledger) -> None:
    assert ledger.source_state("akhbar") is None
    first = ledger.start_visit("akhbar", NOW)
    assert ledger.source_state("akhbar") == SourceState("akhbar", NOW, NOW, None, None, "new", None)
    ledger.end_visit(first, after(minutes=1), "ok", {"found": 3}, next_due_at=after(hours=1))
    second = ledger.start_visit("akhbar", after(hours=1))
    ledger.end_visit(second, after(hours=2), "failed", {}, reason="timeout")
    assert ledger.source_state("akhbar") == SourceState(
        "akhbar", NOW, after(hours=1), after(minutes=1), after(hours=1), "failing", "timeout"
    )
    third = ledger.start_visit("akhbar", after(hours=3))
    ledger.end_visit(third, after(hours=3), "blocked", {}, reason="challenge")
    ledger.save_source_state(SourceState("other", None, None, None, None, "refused", "robots.txt"))
    assert ledger.status().sources == {"blocked": 1, "refused": 1}
    assert [state.source_id for state in ledger.source_states()] == ["akhbar", "other"]
    with pytest.raises(KeyError):
        ledger.end_visit(99, NOW, "ok", {})


def test_what_a_visit_came_to_is_restored_with_it(ledger: Ledger) -> None:
    visit = {"source_id": "akhbar", "started_at": NOW.isoformat(), "ended_at": after(minutes=1).isoformat()}
    more = {"counts": {}, "covered": None, "reason": "robots.txt"}
    ledger.restore_visit({**visit, **more, "outcome": "refused"})
    assert ledger.status().sources == {"refused": 1}
    # Ended by us before the outlet answered: nothing new is known of it.
    later = {"started_at": after(hours=1).isoformat(), "ended_at": after(hours=1).isoformat()}
    ledger.restore_visit({**visit, **more, **later, "outcome": "interrupted"})
    state = ledger.source_state("akhbar")
    assert state is not None
    assert (state.state, state.reason) == ("refused", "robots.txt")


def hours(*pairs: tuple[int, int]) -> list[tuple[datetime, datetime]]:
    return [(after(hours=begin), after(hours=end)) for begin, end in pairs]


def cover(ledger: Ledger, source: str, *pairs: tuple[int, int]) -> list[tuple[datetime, datetime]]:
    for stretch in hours(*pairs):
        ledger.end_visit(ledger.start_visit(source, stretch[1]), stretch[1], "ok", {}, stretch)
    return ledger.coverage([source]).get(source, [])


MERGES = {
    "apart": ([(0, 1), (2, 3)], [(0, 1), (2, 3)]),
    "touching": ([(0, 1), (1, 2)], [(0, 2)]),
    "overlapping": ([(0, 2), (1, 3)], [(0, 3)]),
    "inside": ([(0, 5), (1, 2)], [(0, 5)]),
    "around": ([(1, 2), (0, 5)], [(0, 5)]),
    "closing a gap": ([(0, 1), (2, 3), (1, 2)], [(0, 3)]),
    "over several": ([(0, 1), (2, 3), (4, 5), (1, 4)], [(0, 5)]),
    "a moment": ([(1, 1)], [(1, 1)]),
}


@pytest.mark.parametrize("case", MERGES.values(), ids=MERGES.keys())
def test_collected_stretches_are_merged(
    ledger: Ledger, case: tuple[list[tuple[int, int]], list[tuple[int, int]]]
) -> None:
    given_, expected = case
    assert cover(ledger, "akhbar", *given_) == hours(*expected)
    assert ledger.coverage(["other"]) == {}
    assert ledger.coverage() == {"akhbar": hours(*expected)}


@given(pairs=st.lists(st.tuples(st.integers(0, 20), st.integers(0, 6)), min_size=1, max_size=8))
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_coverage_is_the_union_of_its_stretches(ledger: Ledger, pairs: list[tuple[int, int]]) -> None:
    source = repr(pairs)
    stretches = [(begin, begin + span) for begin, span in pairs]
    found = cover(ledger, source, *stretches)
    assert all(one[1] < two[0] for one, two in pairwise(found))
    for quarter in range(27 * 4):
        at = NOW + timedelta(minutes=15 * quarter)
        inside = any(after(hours=begin) <= at <= after(hours=end) for begin, end in stretches)
        assert any(begin <= at <= end for begin, end in found) == inside


def test_a_stretch_that_ends_before_it_begins_is_refused(ledger: Ledger) -> None:
    visit = ledger.start_visit("akhbar", NOW)
    with pytest.raises(ValueError, match="ends before it begins"):
        ledger.end_visit(visit, NOW, "ok", {}, (after(hours=1), NOW))


def test_a_replayed_visit_counts_once(ledger: Ledger) -> None:
    visit = {
        "source_id": "akhbar",
        "started_at": NOW.isoformat(),
        "ended_at": after(minutes=2).isoformat(),
        "outcome": "partial",
        "counts": {"found": 3},
        "covered": [after(days=-1).isoformat(), NOW.isoformat()],
        "reason": "one feed failed",
    }
    ledger.restore_visit(visit)
    ledger.restore_visit(visit)
    assert ledger.coverage() == {"akhbar": hours((-24, 0))}
    assert ledger.source_state("akhbar") == SourceState(
        "akhbar", NOW, NOW, after(minutes=2), None, "ok", "one feed failed"
    )
    for spoiled in (
        {},
        {**visit, "outcome": "fine"},
        {**visit, "started_at": "2026-11-24"},
        {**visit, "covered": [1]},
    ):
        with pytest.raises(ValueError, match="not the record of a visit"):
            ledger.restore_visit(spoiled)


def test_an_older_visit_replayed_later_does_not_tell_the_state(ledger: Ledger) -> None:
    ledger.end_visit(ledger.start_visit("akhbar", after(hours=2)), after(hours=2), "ok", {})
    ledger.end_visit(ledger.start_visit("akhbar", NOW), NOW, "failed", {}, reason="dns")
    state = ledger.source_state("akhbar")
    assert state is not None
    assert (state.state, state.first_visited_at, state.last_visited_at) == ("ok", NOW, after(hours=2))


# ---- hosts -----------------------------------------------------------------------------------------------


def test_a_host_is_leased_to_one_owner_at_a_time(ledger: Ledger) -> None:
    assert ledger.lease_host(HOST, "a", NOW, 60) == HostLease(HOST, 1, None, None, None, None)
    assert ledger.lease_host(HOST, "b", after(seconds=59), 60) is None
    again = ledger.lease_host(HOST, "a", after(seconds=59), 60)
    assert again is not None
    assert again.token == 1
    taken = ledger.lease_host(HOST, "b", after(seconds=119), 60)
    assert taken is not None
    assert taken.token == 2
    assert not ledger.touch_host(HOST, 1, after(seconds=120), after(seconds=125), 60)
    ledger.release_host(HOST, 1)
    assert ledger.lease_host(HOST, "a", after(seconds=130), 60) is None
    ledger.release_host(HOST, 2)
    assert not ledger.touch_host(HOST, 2, after(seconds=130), after(seconds=131), 60)
    assert ledger.lease_host(HOST, "a", after(seconds=130), 60) is not None


def test_the_next_owner_learns_when_the_host_may_be_asked(ledger: Ledger) -> None:
    lease = ledger.lease_host(HOST, "a", NOW, 60)
    assert lease is not None
    assert ledger.touch_host(HOST, lease.token, NOW, after(seconds=5), 60, crawl_delay_s=5.0)
    assert ledger.touch_host(HOST, lease.token, after(seconds=5), after(seconds=10), 60)
    ledger.release_host(HOST, lease.token)
    ledger.block_host(HOST, after(hours=1), "429")
    assert ledger.lease_host(HOST, "b", after(seconds=6), 60) == HostLease(
        HOST, 2, after(seconds=10), after(hours=1), "429", 5.0
    )
    ledger.block_host(HOST, None, None)
    lifted = ledger.lease_host(HOST, "b", after(seconds=7), 60)
    assert lifted is not None
    assert (lifted.blocked_until, lifted.blocked_reason) == (None, None)


def test_robots_are_kept_as_they_were_answered(ledger: Ledger) -> None:
    assert ledger.robots_get(HOST) is None
    ledger.lease_host(HOST, "a", NOW, 60)
    assert ledger.robots_get(HOST) is None
    for status, body in ((200, b"\xef\xbb\xbfUser-agent: *\n"), (404, b"")):
        ledger.robots_put(HOST, status, body, NOW)
        assert ledger.robots_get(HOST) == RobotsCopy(HOST, status, body, NOW)
