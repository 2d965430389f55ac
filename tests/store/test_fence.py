"""Leases of hosts between processes: claimed whole, taken over, lost; and what a lost one still may write."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from store.ledger import EntryState, Fence, LeaseLost, Ledger
from store.records import Capture, Reason, Rejection
from store.urls import url_key
from store.workers import GONE_S, Worker, WorkerIdTaken
from tests.store.made import NOW, after, link, page

HOST = "www.akhbar.example"
KEY = url_key(link(1).url)
FEED = "https://www.akhbar.example/feed"
ROOT = Path(__file__).resolve().parents[2]


def leased(ledger: Ledger, owner: str = "a", seconds: float = 0) -> Fence:
    """*owner* leases the host, and the link with it."""
    lease = ledger.lease_host(HOST, owner, after(seconds=seconds), 60)
    assert lease is not None
    return Fence(HOST, lease.token)


WRITES: dict[str, Callable[[Ledger, Fence], object]] = {
    "captured": lambda ledger, fence: ledger.captured(KEY, page(link(1)), fence=fence),
    "retry": lambda ledger, fence: ledger.retry(KEY, "timeout", NOW, after(minutes=1), fence=fence),
    "reject_link": lambda ledger, fence: ledger.reject_link(
        KEY, Rejection(Reason.ROBOTS, link(1).url), NOW, fence=fence
    ),
    "block_host": lambda ledger, fence: ledger.block_host(HOST, after(days=1), "timeout", fence=fence),
    "save_entry_state": lambda ledger, fence: ledger.save_entry_state(
        EntryState("akhbar", FEED, '"mine"'), fence=fence
    ),
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_who_lost_a_host_to_another_writes_nothing_more_of_it(
    ledger: Ledger, write: Callable[[Ledger, Fence], object]
) -> None:
    ledger.add_links([link(1)], NOW)
    fence = leased(ledger)
    ledger.lease_links("a", NOW, 60, 1)
    leased(ledger, "b", seconds=61)
    (again,) = ledger.lease_links("b", after(seconds=61), 60, 1)
    before = ledger.status()
    with pytest.raises(LeaseLost, match="leased with token 1, the newest is 2"):
        write(ledger, fence)
    with ledger.together(), pytest.raises(LeaseLost):
        write(ledger, fence)
    assert ledger.status() == before
    assert ledger.entry_state("akhbar", FEED) == EntryState("akhbar", FEED)
    assert ledger.captured(again.key, page(link(1), offset=7), fence=Fence(HOST, 2)), "nothing is lost by it"


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_a_lease_that_merely_ran_out_or_was_given_back_is_still_good(
    ledger: Ledger, write: Callable[[Ledger, Fence], object]
) -> None:
    ledger.add_links([link(1)], NOW)
    fence = leased(ledger)
    ledger.lease_links("a", NOW, 60, 1)
    ledger.release_host(HOST, fence.token)
    write(ledger, fence)


def test_hosts_are_claimed_all_or_none(ledger: Ledger) -> None:
    assert ledger.claim_hosts({"x", "y"}, "a", NOW, 60, 5)
    assert not ledger.claim_hosts({"y", "z"}, "b", NOW, 60, 5)
    free = ledger.lease_host("z", "c", NOW, 60)
    assert free is not None and free.token == 1
    assert ledger.claim_hosts({"x", "y"}, "b", after(seconds=61), 60, 5), "run out"


def test_a_host_that_may_not_be_asked_yet_is_not_claimed(ledger: Ledger) -> None:
    ledger.block_host("x", after(hours=1), "blocked")
    assert not ledger.claim_hosts({"x"}, "a", NOW, 60, 5)
    assert ledger.claim_hosts({"x", "y"}, "a", NOW, 60, 5), "the other one may be asked"
    assert not ledger.claim_hosts({"x"}, "b", after(minutes=2), 60, 5)
    assert ledger.claim_hosts({"x"}, "b", after(hours=2), 60, 5)


def test_claims_are_kept_until_they_are_taken_over(ledger: Ledger) -> None:
    ledger.claim_hosts({"x", "y"}, "a#1", NOW, 60, 5)
    taken = ledger.lease_host("y", "child", NOW, 60, heir_of="a#1")
    ledger.keep_claims({"a#1", "a#2"}, after(seconds=50), 60)
    assert taken is not None and not ledger.claim_hosts({"x"}, "b#1", after(seconds=100), 60, 5)
    assert ledger.claim_hosts({"y"}, "b#1", after(seconds=100), 60, 5), "that one was the child's to keep"
    ledger.keep_claims({"a#1"}, after(seconds=200), 60)
    assert ledger.claim_hosts({"x"}, "b#1", after(seconds=200), 60, 5), "too late: it had run out"


def test_an_heir_takes_a_claim_over_with_a_new_token(ledger: Ledger) -> None:
    ledger.claim_hosts({HOST}, "parent#1", NOW, 60, 5)
    assert ledger.lease_host(HOST, "child", NOW, 60, heir_of="parent#2") is None
    lease = ledger.lease_host(HOST, "child", NOW, 60, heir_of="parent#1")
    assert lease is not None and (lease.token, lease.abandoned) == (2, False)
    assert not ledger.touch_host(HOST, 1, NOW, NOW, 60)
    assert ledger.touch_host(HOST, 2, NOW, NOW, 60)


@pytest.mark.parametrize("how", ["dead", "run out"])
def test_a_host_that_was_not_given_back_is_told_to_whoever_takes_it(ledger: Ledger, how: str) -> None:
    leased(ledger)
    if how == "dead":
        ledger.free_dead_owners("a".__eq__, NOW)
        assert ledger.free_dead_owners("a".__eq__, NOW) == [], "once is enough"
    at = NOW if how == "dead" else after(seconds=61)
    lease = ledger.lease_host(HOST, "b", at, 60)
    assert lease is not None and lease.abandoned
    ledger.release_host(HOST, lease.token)
    lease = ledger.lease_host(HOST, "c", at, 60)
    assert lease is not None and not lease.abandoned


def test_a_claim_of_an_abandoned_host_waits_a_whole_delay(ledger: Ledger) -> None:
    leased(ledger)
    ledger.free_dead_owners("a".__eq__, NOW)
    ledger.claim_hosts({HOST}, "b#1", NOW, 60, 5)
    lease = ledger.lease_host(HOST, "b", NOW, 60, heir_of="b#1")
    assert lease is not None and lease.next_allowed_at == after(seconds=5)


def test_pages_are_read_by_whoever_has_their_folder(ledger: Ledger) -> None:
    folders = ["", "a", "a_", "b"]
    ledger.add_links([link(n) for n in range(len(folders))], NOW)
    for n, folder in enumerate(folders):
        file = f"{folder}/x.warc.gz" if folder else "x.warc.gz"
        ledger.captured(url_key(link(n).url), replace(page(link(n)), capture=Capture(file, n, "0")))
    for n, folder in enumerate(folders):
        assert ledger.captured_waiting(folder) == 1
        (found,) = ledger.lease_captured("r", NOW, 60, 9, folder)
        assert found.link.url == link(n).url
    ledger.free_captured("a")
    assert [each.link.url for each in ledger.lease_captured("r", NOW, 60, 9)] == [link(1).url]


# ---- workers ---------------------------------------------------------------------------------------------


def nobody_is_dead(owner: str) -> bool:
    return False


def test_a_worker_is_heard_of_from_its_beginning_to_its_end(ledger: Ledger) -> None:
    ledger.begin_worker("w1", "a", NOW, nobody_is_dead)
    assert ledger.worker_seen("w1", "a", after(seconds=10))
    assert ledger.workers() == [Worker("w1", "a", NOW, after(seconds=10))]
    ledger.end_worker("w1", "a", after(seconds=20))
    (worker,) = ledger.workers()
    assert worker == Worker("w1", "a", NOW, after(seconds=20), after(seconds=20))
    assert worker.is_gone(after(seconds=21), nobody_is_dead)


@pytest.mark.parametrize(
    ("seconds", "dead", "taken"),
    [
        pytest.param(10, (), False, id="alive"),
        pytest.param(GONE_S + 1, (), True, id="silent"),
        pytest.param(10, ("a",), True, id="dead"),
    ],
)
def test_a_worker_id_belongs_to_one_process(
    ledger: Ledger, seconds: float, dead: tuple[str, ...], taken: bool
) -> None:
    ledger.begin_worker("w1", "a", NOW, nobody_is_dead)
    if taken:
        ledger.begin_worker("w1", "b", after(seconds=seconds), dead.__contains__)
        assert not ledger.worker_seen("w1", "a", after(seconds=seconds)), "the first one learns of it"
        return
    with pytest.raises(WorkerIdTaken, match="another --id"):
        ledger.begin_worker("w1", "b", after(seconds=seconds), dead.__contains__)


# ---- one scheduler ---------------------------------------------------------------------------------------

ELECTION = """
import sys, time
from datetime import UTC, datetime
from store.ledger import Ledger
with Ledger.open(sys.argv[1], create=False) as ledger:
    print("ready", flush=True)
    sys.stdin.readline()
    me = sys.argv[2]
    for _ in range(20):
        lock = ledger.take_lock("scheduler", me, ledger.clock(), 30)
        print(lock.owner, lock.token, flush=True)
"""


def test_fault_79_of_processes_that_race_for_a_lock_one_has_it(place: Path | str) -> None:
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", ELECTION, str(place), name],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for name in ("a", "b", "c")
    ]
    for racer in racers:
        assert racer.stdout is not None and racer.stdout.readline() == "ready\n"
    for racer in racers:
        assert racer.stdin is not None
        racer.stdin.write("go\n")
        racer.stdin.flush()
    heard = {line for racer in racers for line in racer.communicate(timeout=60)[0].splitlines()}
    assert len(heard) == 1 and heard.pop().split()[1] == "1", "one owner, told to all, with one token"


def test_fault_79_a_lock_whose_holder_fell_silent_is_had_within_thirty_seconds(ledger: Ledger) -> None:
    ttl_s = 20.0
    first = ledger.take_lock("scheduler", "a", NOW, ttl_s)
    ledger.take_lock("scheduler", "a", after(seconds=10), ttl_s)  # the last it was heard of
    for second in range(10, 30):
        assert ledger.take_lock("scheduler", "b", after(seconds=second), ttl_s).owner == "a"
    second_ = ledger.take_lock("scheduler", "b", after(seconds=30), ttl_s)
    assert (second_.owner, second_.token) == ("b", first.token + 1)
    assert ledger.take_lock("scheduler", "a", after(seconds=31), ttl_s).owner == "b", "and it learns of it"


def test_threads_that_race_for_what_is_not_there_yet_make_it_once(ledger: Ledger) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: ledger.set_due("job", after(seconds=n)), range(16)))
        list(pool.map(lambda n: ledger.save_entry_state(EntryState("s", FEED)), range(16)))
        list(pool.map(lambda n: ledger.add_links([link(1), link(2)], NOW), range(16)))
        owners = list(pool.map(lambda n: ledger.lease_host("x", f"o{n}", NOW, 60), range(16)))
        taken = list(pool.map(lambda n: ledger.lease_links(f"o{n}", NOW, 60, 1), range(16)))
        visits = list(pool.map(lambda n: ledger.start_visit("s", NOW), range(16)))
        for visit in visits:
            pool.submit(ledger.end_visit, visit, NOW, "ok", {}, (NOW, after(hours=1)))
    assert len(ledger.job_states()) == 1
    assert ledger.status().frontier == {"fetching": 2}
    assert sum(owner is not None for owner in owners) == 1
    assert sorted(each.key for some in taken for each in some) == sorted(url_key(link(n).url) for n in (1, 2))
    assert len(set(visits)) == 16
    assert ledger.coverage() == {"s": [(NOW, after(hours=1))]}
