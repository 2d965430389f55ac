"""How sources are judged: from visits and listings alone, as tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from config.model import EntryPoint, Source
from scheduler.alerts import AlertFailed, lines, tell
from scheduler.health import NO_PAST, Day, Past, gaps_of, judge, judge_indexing, line, past, usual
from store.gauges import Queues
from store.health import INDEXING, Gap, HealthChange, State, Visited
from store.ledger import Ledger
from store.runs import Failures, JobState, Run
from store.states import EntryState, SourceState

NOW = datetime(2026, 11, 25, 8, tzinfo=UTC)  # a Wednesday
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
FEED, MAP = "https://a.example/feed", "https://a.example/map.xml"
SOURCE = Source(
    "a", {"en": "A"}, "MA", ("en",), "national", "https://a.example/", "UTC",
    (EntryPoint("feed", FEED), EntryPoint("sitemap", MAP)),
)  # fmt: skip
EXPECTED = replace(SOURCE, expect_per_day=(20, 40))
STATE = SourceState("a", NOW - 60 * DAY, NOW - HOUR / 2, NOW - HOUR / 2, NOW + HOUR / 2, "ok", None)


def visits(*rows: tuple[timedelta, str, int]) -> list[Visited]:
    """(how long ago, outcome, new) …, the oldest first."""
    return [Visited("a", NOW - ago, outcome, new) for ago, outcome, new in rows]


def weeks(per_day: Sequence[int], yesterday: int | None = None) -> list[Visited]:
    """Eight weeks in which each weekday (Monday first) brought so much, at noon and in the evening."""
    found = []
    for back in range(56, 0, -1):
        noon = (NOW - back * DAY).replace(hour=12)
        count = per_day[noon.weekday()]
        if back == 1 and yesterday is not None:
            count = yesterday
        found += [Visited("a", noon, "ok", count), Visited("a", noon + 8 * HOUR, "ok", 0)]
    return found


REGULAR = weeks([20, 20, 20, 20, 20, 4, 0])


def entry(url: str, **more: Any) -> EntryState:
    return EntryState("a", url, interval_s=3600.0, last_status=200, **more)


def verdict(
    before: list[Visited],
    *,
    state: SourceState | None = STATE,
    entries: Sequence[EntryState] = (entry(FEED), entry(MAP)),
    blocks: dict[str, tuple[datetime, str]] | None = None,
    job: JobState | None = None,
    now: datetime = NOW,
    source: Source = SOURCE,
) -> tuple[str, str, str]:
    found = judge(source, state, entries, past(before) if before else NO_PAST, blocks or {}, job, now)
    return str(found.state), found.reason, found.next_move


def failing(what: str, reason: str | None) -> SourceState:
    return replace(STATE, state=what, reason=reason)


@pytest.mark.parametrize(
    ("case", "state", "reason"),
    [
        pytest.param({}, "ok", "visited 2026-11-25T07:30Z, nothing amiss", id="as usual"),
        pytest.param({"state": None, "before": []}, "quiet", "never visited yet", id="new"),
        pytest.param(
            {"before": weeks([20] * 7, yesterday=3)},
            "warning",
            "3 new items on Tuesday, usual are 10 to 40 (from 7 Tuesdays)",
            id="fewer than its Tuesdays bring",
        ),
        pytest.param(
            {"before": weeks([20] * 7, yesterday=90)},
            "warning",
            "90 new items on Tuesday, usual are 10 to 40 (from 7 Tuesdays)",
            id="more than its Tuesdays bring",
        ),
        pytest.param(
            {"before": weeks([20, 0, 20, 20, 20, 20, 20], 0)},
            "quiet",
            "nothing new for 44 h",
            id="silent as its Tuesdays are",
        ),
        pytest.param(
            {"now": NOW + 40 * HOUR, "state": replace(STATE, last_visited_at=NOW + 40 * HOUR)},
            "quiet",
            "nothing new for 60 h",
            id="silent for no longer than on its weekends",
        ),
        pytest.param(
            {"now": NOW + 110 * HOUR, "state": replace(STATE, last_visited_at=NOW + 110 * HOUR)},
            "warning",
            "nothing new for 5 days; its longest pause in 8 weeks was 48 h",
            id="silent for longer than ever",
        ),
        pytest.param(
            {"state": replace(STATE, last_visited_at=NOW - 9 * HOUR)},
            "warning",
            "not visited for 9 h, though it is due",
            id="not visited",
        ),
        pytest.param(
            {"entries": (entry(FEED), replace(entry(MAP), failures=3, last_status=500))},
            "warning",
            "1 of 2 listings fails: https://a.example/map.xml 3 times in a row (status 500)",
            id="one listing fails",
        ),
        pytest.param(
            {"state": failing("failing", "timeout")},
            "failing",
            "no listing could be had: timeout",
            id="fault 29: failing",
        ),
        pytest.param(
            {"state": failing("blocked", "challenge, status 403")},
            "blocked",
            "it keeps machines out: challenge, status 403",
            id="fault 25: blocked",
        ),
        pytest.param(
            {"state": failing("refused", None)},
            "refused",
            "robots.txt forbids every entry point",
            id="refused",
        ),
        pytest.param(
            {"entries": (replace(entry(FEED), last_status=410), replace(entry(MAP), last_status=410))},
            "retired",
            "every listing has answered 410 (gone)",
            id="fault 62: gone",
        ),
        pytest.param(
            {"source": EXPECTED, "before": visits((2 * DAY, "ok", 90), (DAY, "ok", 3))},
            "warning",
            "3 new items on Tuesday, usual are 20 to 40 (from the catalogue)",
            id="fewer than the catalogue expects",
        ),
        pytest.param(
            {"source": EXPECTED, "before": visits((10 * HOUR, "ok", 90), (9 * HOUR, "ok", 3))},
            "ok",
            "visited 2026-11-25T07:30Z, nothing amiss",
            id="its first day was no whole one",
        ),
        pytest.param(
            {"job": JobState("source:a", paused_at=NOW)},
            "quiet",
            "paused since 2026-11-25T08:00Z",
            id="paused",
        ),
    ],
)
def test_a_source_is_judged(case: dict[str, Any], state: str, reason: str) -> None:
    found = verdict(case.pop("before", REGULAR), **case)
    assert found[0] == state
    assert found[1].startswith(reason)
    assert found[2] or state in ("ok", "quiet"), "what is wrong has a next move"


def test_a_block_says_how_long_and_never_to_evade() -> None:
    move = verdict(
        REGULAR,
        state=failing("blocked", "challenge"),
        blocks={"a.example": (NOW + DAY, "blocked: challenge")},
    )[2]
    assert "nothing is asked until 2026-11-26T08:00Z" in move
    assert "never evaded" in move


def test_trouble_counts_from_its_first_visit() -> None:
    rows = visits((3 * DAY, "ok", 3), (2 * DAY, "failed", 0), (DAY, "failed", 0), (HOUR, "interrupted", 0))
    found = judge(SOURCE, failing("failing", "dns"), [], past(rows), {}, None, NOW)
    assert found.since == NOW - 2 * DAY
    assert past([*rows, *visits((HOUR / 2, "ok", 0))]).failing_since is None


@pytest.mark.parametrize(
    ("before", "expected", "span"),
    [
        pytest.param(REGULAR, None, (10, 40, "7 Tuesdays"), id="its own weekday"),
        pytest.param(
            visits(*((n * DAY, "ok", n) for n in range(12, 1, -1))), None, (1, 22, "10 days"), id="all days"
        ),
        pytest.param(visits((2 * DAY, "ok", 900)), (5.0, 50.0), (5, 50, "the catalogue"), id="the catalogue"),
        pytest.param(visits((2 * DAY, "ok", 900)), None, None, id="not known yet"),
    ],
)
def test_what_is_usual(
    before: list[Visited], expected: tuple[float, float] | None, span: tuple[int, int, str] | None
) -> None:
    assert usual(past(before), date(2026, 11, 24), expected) == span


def test_days_that_were_not_collected_make_no_range() -> None:
    holes = [
        replace(one, outcome="failed", new=0) if one.started_at < NOW - 20 * DAY else one for one in REGULAR
    ]
    assert usual(past(holes), date(2026, 11, 24), None) == (0, 40, "18 days")


def test_a_month_as_a_line_of_marks() -> None:
    rows = visits(
        (6 * DAY, "ok", 50), (5 * DAY, "ok", 3), (4 * DAY, "partial", 0), (3 * DAY, "failed", 0),
        (2 * DAY, "blocked", 0), (DAY, "refused", 0),
    )  # fmt: skip
    assert line(past(rows), NOW.date(), 9) == "··██▁xbr·"


@pytest.mark.parametrize(
    ("covered", "rows", "expected"),
    [
        pytest.param([(-90, -1), (-1, 0)], [], [], id="all covered"),
        pytest.param([(-90, -40), (-39, 0)], [], [], id="no longer than the pause between visits"),
        pytest.param(
            [(-90, -40), (-30, 0)],
            [(35 * HOUR, "blocked", 0)],
            [(-40, -30, "it kept machines out")],
            id="blocked in between",
        ),
        pytest.param(
            [(-90, -40), (-30, -12)],
            [(35 * HOUR, "ok", 9), (5 * HOUR, "failed", 0)],
            [
                (-40, -30, "more was published than its listings showed"),
                (-12, None, "no listing could be had"),
            ],
            id="scrolled out, and failing now",
        ),
        pytest.param([], [], [(-80, None, "not visited")], id="never had"),
    ],
)
def test_gaps_are_what_no_visit_covered(
    covered: list[tuple[int, int]],
    rows: list[tuple[timedelta, str, int]],
    expected: list[tuple[int, int | None, str]],
) -> None:
    found = gaps_of(
        "a",
        [(NOW + start * HOUR, NOW + end * HOUR) for start, end in covered],
        visits(*rows),
        NOW - 80 * HOUR,
        NOW,
        1800.0,
    )
    assert found == [
        Gap("a", NOW + start * HOUR, None if end is None else NOW + end * HOUR, why)
        for start, end, why in expected
    ]


# -- the indexing -------------------------------------------------------------------------------------------


def failures(count: int, detail: str | None) -> Failures:
    return Failures(
        count, NOW - 3 * HOUR, Run(9, "outbox", (), "o", NOW - HOUR, NOW, "failed", detail, exit_code=5)
    )


DOWN = "exit 5: http://es:9200: cannot be reached. Next: start it"


@pytest.mark.parametrize(
    ("waiting", "hours", "failed", "paused", "state", "reason", "move"),
    [
        (0, None, None, False, "ok", "0 articles waiting", ""),
        (7, 1, None, False, "ok", "7 articles waiting", ""),
        (7, 1, failures(1, DOWN), False, "ok", "7 articles waiting", ""),
        (0, None, failures(9, DOWN), False, "ok", "0 articles waiting", ""),
        (7, 1, failures(2, DOWN), False, "failing",
         "fails since 2026-11-25T05:00Z, 7 articles waiting: exit 5: http://es:9200: cannot be reached",
         "start it"),
        (1, 1, failures(2, None), False, "failing",
         "fails since 2026-11-25T05:00Z, 1 article waiting: failed",
         "marsad runs --job outbox --json names the log of each run"),
        (7, 3, None, False, "warning", "7 articles waiting, the oldest since 2026-11-25T05:00Z",
         "marsad up, or marsad crawl: one of them must run"),
        (7, 3, None, True, "warning",
         "7 articles waiting, the oldest since 2026-11-25T05:00Z; paused since 2026-11-25T04:00Z",
         "marsad schedule resume outbox"),
        (7, 1, None, True, "ok", "7 articles waiting", ""),
    ],
)  # fmt: skip
def test_how_the_indexing_is_judged(
    waiting: int, hours: int | None, failed: Failures | None, paused: bool, state: str, reason: str, move: str
) -> None:
    waits = Queues(3, waiting, NOW - 9 * HOUR, None if hours is None else NOW - hours * HOUR)
    job = JobState("outbox", paused_at=NOW - 4 * HOUR if paused else None)
    found = judge_indexing(waits, failed, job, NOW)
    assert (str(found.state), found.reason, found.next_move) == (state, reason, move)


# -- what changed, and telling it ---------------------------------------------------------------------------


def change(name: str, state: str = "failing", was: str | None = "ok") -> HealthChange:
    return HealthChange(1, name, NOW, was, state, "no listing could be had")


def test_92_many_changes_are_one_line() -> None:
    assert lines([change("a"), change("b", "blocked")]) == [
        "a: failing (was ok): no listing could be had",
        "b: blocked (was ok): no listing could be had",
    ]
    assert lines([change(f"s{n}") for n in range(30)]) == [
        "30 sources are failing: s0, s1, s2, s3, s4 and 25 more"
    ]
    assert lines([*(change(f"s{n}") for n in range(3)), change(INDEXING)])[0] == (
        "indexing: failing (was ok): no listing could be had"
    )


def test_a_command_is_told_and_its_failure_is_ours_to_know(tmp_path: Any) -> None:
    kept = tmp_path / "told.json"
    tell(f"tee {kept}", [change("a")], {"PATH": "/usr/bin:/bin"})
    assert '"lines": ["a: failing (was ok): no listing could be had"]' in kept.read_text()
    tell("printf '\\351\\n'", [change("a")], {"PATH": "/usr/bin:/bin"})  # é, as Latin-1 has it
    for command, said in (("false", "ended with 1"), ("/no/such", "No such file"), ("'", "quotation")):
        with pytest.raises(AlertFailed, match=said):
            tell(command, [change("a")], {"PATH": "/usr/bin:/bin"})


def test_a_change_is_kept_once_and_told_once(tmp_path: Any) -> None:
    well = judge(SOURCE, STATE, [entry(FEED), entry(MAP)], past(REGULAR), {}, None, NOW)
    ill = replace(well, state=State.FAILING, reason="no listing could be had: dns")
    with Ledger.open(tmp_path) as ledger:
        assert [one.state for one in ledger.judged([well], NOW)] == ["ok"]
        assert ledger.judged([well], NOW + HOUR) == []
        (changed,) = ledger.judged([ill], NOW + 2 * HOUR)
        assert (changed.was, changed.state) == ("ok", "failing")
        assert ledger.judged([replace(ill, reason="… timeout")], NOW + 3 * HOUR) == []
        kept = ledger.health()["a"]
        assert (kept.since, kept.reason, kept.checked_at) == (ill.since, "… timeout", NOW + 3 * HOUR)
        assert [one.state for one in ledger.untold_changes()] == ["ok", "failing"]
        ledger.told(ledger.untold_changes(), NOW)
        assert ledger.untold_changes() == []
        assert [one.state for one in ledger.health_changes("a")] == ["failing", "ok"]
        ledger.judged([], NOW + 4 * HOUR)
        assert ledger.health() == {}, "an outlet that was taken out of the catalogue"


def test_gaps_are_kept_as_they_are_now(tmp_path: Any) -> None:
    gap = Gap("a", NOW - HOUR, None, "not visited")
    with Ledger.open(tmp_path) as ledger:
        assert ledger.set_gaps("a", [gap])
        assert not ledger.set_gaps("a", [gap])
        assert ledger.gaps() == {"a": [gap]}
        assert ledger.set_gaps("a", [])
        assert ledger.gaps(["a"]) == {}


def test_an_empty_past_judges_nothing() -> None:
    assert past([]) == Past({}, None, None, None, None) == NO_PAST
    assert Day().new == 0
