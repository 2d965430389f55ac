"""What is due when: decided from the ledger's rows alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

import config
from scheduler.jobs import Job, due_at, is_due, jobs, jump_s, rest_s, visitable
from store.runs import JobState

NOW = datetime(2026, 11, 25, 3, tzinfo=UTC)
HOUR = timedelta(hours=1)
HOURLY = Job("health", "looks", 3600.0)
ON_CALL = Job("backup", "copies", 0.0)


@pytest.mark.parametrize(
    ("job", "state", "expected"),
    [
        pytest.param(HOURLY, None, NOW, id="never ran"),
        pytest.param(HOURLY, JobState("health", NOW + HOUR / 2), NOW + HOUR / 2, id="later"),
        pytest.param(HOURLY, JobState("health", NOW - 9 * HOUR), NOW - 9 * HOUR, id="overdue, once"),
        pytest.param(
            HOURLY, JobState("health", NOW + 6 * HOUR), NOW, id="fault 81: written by a clock ahead"
        ),
        pytest.param(HOURLY, JobState("health", NOW - HOUR, paused_at=NOW), None, id="paused"),
        pytest.param(
            HOURLY,
            JobState("health", NOW + HOUR, NOW, NOW - HOUR),
            NOW - HOUR,
            id="a wish goes before a pause",
        ),
        pytest.param(ON_CALL, None, None, id="only when asked for"),
        pytest.param(ON_CALL, JobState("backup", wanted_at=NOW), NOW, id="asked for"),
    ],
)
def test_when_a_job_is_due(job: Job, state: JobState | None, expected: datetime | None) -> None:
    assert due_at(job, state, NOW) == expected
    assert is_due(job, state, NOW) is (expected is not None and expected <= NOW)


@pytest.mark.parametrize(
    ("states", "wanted", "busy", "expected"),
    [
        pytest.param([], set(), set(), ["a", "b"], id="all that are due"),
        pytest.param([], set(), {"a"}, ["b"], id="fault 82: one under way is not begun again"),
        pytest.param([], {"c"}, set(), ["c", "a", "b"], id="a wish comes first, due or not"),
        pytest.param([], {"a"}, {"a"}, ["b"], id="a wish for one under way waits"),
        pytest.param([JobState("source:a", paused_at=NOW)], set(), set(), ["b"], id="paused"),
        pytest.param(
            [JobState("source:a", paused_at=NOW)], {"a"}, set(), ["a", "b"], id="paused, but asked for"
        ),
        pytest.param([JobState("source:a", NOW + HOUR)], set(), set(), ["b"], id="rests after a crash"),
        pytest.param([JobState("source:a", NOW - HOUR)], set(), set(), ["a", "b"], id="has rested"),
    ],
)
def test_which_visits_begin(
    states: list[JobState], wanted: set[str], busy: set[str], expected: list[str]
) -> None:
    known = {state.job: state for state in states}
    assert visitable(["a", "b"], wanted, known, busy.__contains__, NOW) == expected


def test_what_kills_its_process_rests_ever_longer() -> None:
    assert [rest_s(failures) for failures in (0, 1, 2, 3, 7, 50)] == [0, 60, 120, 240, 3600, 3600]


@pytest.mark.parametrize(
    ("wall_s", "monotonic_s", "jumped"),
    [(1.0, 1.0, 0.0), (5.0, 1.0, 0.0), (21_600.0, 1.0, 21_599.0), (-21_600.0, 1.0, -21_601.0)],
)
def test_81_a_clock_that_was_set_is_noticed(wall_s: float, monotonic_s: float, jumped: float) -> None:
    assert jump_s(wall_s, monotonic_s) == jumped


def test_the_settings_say_how_often() -> None:
    settings = config.load(overrides={"scheduler.revisit_every_s": "0"}, environ={}).settings
    every = {job.name: job.every_s for job in jobs(settings)}
    assert every["crawl"] == 15
    assert every["backup"] == 86_400
    assert every["revisit"] == 0


def test_a_ledger_on_a_server_is_backed_up_by_the_server() -> None:
    url = "postgresql+psycopg://marsad@127.0.0.1/marsad"
    settings = config.load(overrides={"ledger.url": url}, environ={}).settings
    names = {job.name for job in jobs(settings)}
    assert names == {job.name for job in jobs(config.load(environ={}).settings)} - {"backup"}
