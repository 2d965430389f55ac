"""What ran, what is to run, and who alone may."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from store.ledger import Ledger
from store.runs import JobState, Run

NOW = datetime(2026, 11, 25, 3, tzinfo=UTC)


def later(**by: float) -> datetime:
    return NOW + timedelta(**by)


def test_a_run_is_a_row_from_its_start_to_its_end(ledger: Ledger) -> None:
    number = ledger.start_run("crawl", "here/1/2", NOW, sources=["b", "a"], log="log/crawl-{}.log")
    log = f"log/crawl-{number}.log"
    assert ledger.run(number) == Run(number, "crawl", ("a", "b"), "here/1/2", NOW, log=log)
    ledger.end_run(
        number,
        later(seconds=9),
        "partial",
        counts={"fetched": 3},
        detail="one failed",
        exit_code=1,
        peak_kb=80_000,
    )
    assert ledger.run(number) == Run(
        number,
        "crawl",
        ("a", "b"),
        "here/1/2",
        NOW,
        later(seconds=9),
        "partial",
        "one failed",
        {"fetched": 3},
        1,
        80_000,
        log,
    )
    with pytest.raises(KeyError):
        ledger.end_run(number + 1, NOW, "ok")
    assert ledger.run(number + 1) is None


def test_runs_are_told_newest_first(ledger: Ledger) -> None:
    for hours, job in enumerate(["crawl", "outbox", "crawl", "health"]):
        ledger.start_run(job, "o", later(hours=hours))
    assert [run.job for run in ledger.runs()] == ["health", "crawl", "outbox", "crawl"]
    assert [run.started_at for run in ledger.runs(job="crawl")] == [later(hours=2), NOW]
    assert [run.job for run in ledger.runs(since=later(hours=2))] == ["health", "crawl"]
    assert [run.job for run in ledger.runs(limit=1)] == ["health"]


@pytest.mark.parametrize(
    ("outcomes", "failed"),
    [
        ((), None),
        (("ok",), None),
        (("failed", "ok"), None),
        (("ok", "failed"), (1, 1)),
        (("failed", "partial", "failed", "interrupted", "timeout", None), (2, 2)),
        (("failed", "killed"), (2, 0)),
        (("dead", "dead", "dead"), None),
    ],
)
def test_the_failures_of_a_job_in_a_row(
    ledger: Ledger, outcomes: tuple[Any, ...], failed: tuple[int, int] | None
) -> None:
    for number, outcome in enumerate(outcomes):
        run = ledger.start_run("outbox", "o", later(hours=number))
        if outcome == "dead":  # its scheduler was
            ledger.end_dead_runs(lambda owner: True, later(hours=number))
        elif outcome is not None:
            code = None if outcome == "interrupted" else 137 if outcome == "killed" else 5
            ledger.end_run(run, later(hours=number, minutes=1), outcome, exit_code=code, detail=outcome)
        ledger.end_run(ledger.start_run("crawl", "o", later(hours=number)), NOW, "failed")
    found = ledger.failures("outbox")
    assert failed == (None if found is None else (found.count, (found.first_at - NOW) // timedelta(hours=1)))
    assert (
        found is None
        or found.last.detail == [one for one in outcomes if one not in (None, "interrupted")][-1]
    )


def test_runs_of_the_dead_are_ended(ledger: Ledger) -> None:
    dead, alive = ledger.start_run("crawl", "dead", NOW), ledger.start_run("crawl", "alive", NOW)
    over = ledger.start_run("crawl", "dead", NOW)
    ledger.end_run(over, NOW, "ok")
    assert ledger.end_dead_runs(lambda owner: owner == "dead", later(hours=1)) == [dead]
    assert [ledger.run(number).outcome for number in (dead, alive, over)] == ["killed", None, "ok"]


def test_old_runs_are_forgotten_with_their_logs_named(ledger: Ledger) -> None:
    old = ledger.start_run("crawl", "o", NOW, log="log/old.log")
    ledger.end_run(old, NOW, "ok")
    bare = ledger.start_run("health", "o", NOW)
    ledger.end_run(bare, NOW, "ok")
    under_way = ledger.start_run("crawl", "o", NOW)
    assert ledger.forget_runs(later(days=1)) == ["log/old.log"]
    assert [run.run_id for run in ledger.runs()] == [under_way]


def test_jobs_are_due_paused_and_wanted(ledger: Ledger) -> None:
    assert ledger.job_states() == {}
    ledger.want_run(["health", "source:akhbar"], NOW)
    ledger.pause(["source:akhbar"], NOW)
    assert ledger.job_states() == {
        "health": JobState("health", wanted_at=NOW),
        "source:akhbar": JobState("source:akhbar", paused_at=NOW, wanted_at=NOW),
    }
    ledger.set_due("health", later(minutes=10))
    ledger.pause(["source:akhbar"], None)
    assert ledger.job_states() == {
        "health": JobState("health", next_due_at=later(minutes=10)),
        "source:akhbar": JobState("source:akhbar", wanted_at=NOW),
    }


@pytest.mark.parametrize(
    ("after_s", "dead", "holder", "token"),
    [
        pytest.param(10, (), "a", 1, id="held: the second is told by whom"),
        pytest.param(31, (), "b", 2, id="run out"),
        pytest.param(10, ("a",), "b", 2, id="its owner is gone"),
    ],
)
def test_a_lock_has_one_holder(
    ledger: Ledger, after_s: float, dead: tuple[str, ...], holder: str, token: int
) -> None:
    assert ledger.take_lock("scheduler", "a", NOW, 30).token == 1
    lock = ledger.take_lock("scheduler", "b", later(seconds=after_s), 30, dead.__contains__)
    assert (lock.owner, lock.token) == (holder, token)
    assert ledger.lock_holder("scheduler", later(seconds=after_s)) == lock
    assert ledger.lock_holder("scheduler", lock.until) is None, "run out"
    assert ledger.lock_holder("scheduler", NOW, lambda owner: True) is None, "its owner is gone"


def test_a_lock_is_prolonged_and_given_back(ledger: Ledger) -> None:
    assert ledger.lock_holder("scheduler", NOW) is None
    first = ledger.take_lock("scheduler", "a", NOW, 30)
    again = ledger.take_lock("scheduler", "a", later(seconds=20), 30)
    assert (again.token, again.until) == (first.token, later(seconds=50))
    ledger.free_lock(again)
    assert ledger.lock_holder("scheduler", NOW) is None
    other = ledger.take_lock("scheduler", "b", later(seconds=21), 30)
    assert other.token == 2
    ledger.free_lock(again)  # too late: it has a new owner
    assert ledger.lock_holder("scheduler", later(seconds=21)) == other
