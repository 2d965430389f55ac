"""What is out of the ordinary, and when that cannot be told."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from search.unusual import Baseline, Unusual, Week, baseline, unusual

ALL = frozenset({"matin", "sabah", "wakala", "gazette"})


def week(count: int, outlets: Iterable[str] = ALL, field: str = "kind", value: str = "denial") -> Week:
    return Week({field: {value: count}}, frozenset(outlets))


def told(now: int, recent: Iterable[int], season: Iterable[int] = ()) -> list[Unusual]:
    return unusual("kind", baseline(week(now), [*map(week, recent)], [*map(week, season)]))


@pytest.mark.parametrize(
    ("now", "recent", "found"),
    [
        (20, [2, 3, 1, 2, 4, 2, 3, 1], True),
        (20, [18, 22, 19, 21, 20, 18, 22, 20], False),  # as every week
        (20, [0, 40, 2, 35, 1, 38, 0, 44], False),  # it jumps about
        (4, [0, 0, 0, 0, 0, 0, 0, 0], False),  # few
        (6, [0, 0, 0, 0, 0, 0, 0, 0], True),
        (0, [20] * 8, True),  # it fell silent
        (15, [20] * 8, False),
        (0, [4] * 8, False),  # few at any time
    ],
)
def test_what_is_unusual(now: int, recent: list[int], found: bool) -> None:
    rows = told(now, recent)
    assert [(one.value, one.count) for one in rows] == ([("denial", now)] if found else [])
    assert all((one.strength > 0) == (now > 0) for one in rows)


@pytest.mark.parametrize(
    ("now", "season", "found", "last_year"),
    [
        (20, [1, 2, 1], True, 1.3),
        (20, [19, 22, 18], False, None),  # it comes every year
        (20, [80, 80, 80], False, None),  # more than in weeks, far less than in this season
        (20, [80], True, None),  # one week of last year tells nothing
        (20, [], True, None),
    ],
)
def test_the_same_weeks_of_last_year_are_asked_too(
    now: int, season: list[int], found: bool, last_year: float | None
) -> None:
    rows = told(now, [2] * 8, season)
    assert bool(rows) is found
    assert [one.last_year for one in rows] == [last_year] * found


@pytest.mark.parametrize(("weeks", "enough"), [(8, True), (4, True), (3, False), (0, False)])
def test_with_few_weeks_nothing_is_told(weeks: int, enough: bool) -> None:
    seen = baseline(week(50), [week(1)] * weeks + [week(0, ())] * (8 - weeks), [])
    assert seen.enough is enough and len(seen.recent) == weeks
    assert bool(unusual("kind", seen)) is enough


def test_weeks_in_which_most_outlets_were_missed_are_left_out() -> None:
    seen = baseline(week(9), [week(9, ["matin"]), week(9, ["matin", "sabah"])], [week(9, ["elsewhere"])])
    assert len(seen.recent) == 1 and seen.season == () and not seen.seasonal


def test_a_new_feed_is_no_rise() -> None:
    """Twice the outlets, twice the articles."""
    half = [week(10, ["matin", "sabah"])] * 8
    assert unusual("kind", baseline(week(20), half, [])) == []
    (one,) = unusual("kind", baseline(week(45), half, []))
    assert one.usual == 20


def test_an_outlet_is_compared_with_the_weeks_in_which_it_was_collected() -> None:
    def seen(weeks: int) -> Baseline:
        with_it = [week(2, field="source", value="gazette")] * weeks
        return baseline(
            week(9, field="source", value="gazette"),
            [*with_it, *[week(0, ALL - {"gazette"}, "source", "gazette")] * (8 - weeks)],
            [],
        )

    (one,) = unusual("source", seen(5))
    assert (one.value, one.usual) == ("gazette", 2)
    assert unusual("source", seen(3)) == [], "it was collected for too short a time"


def test_the_farthest_stands_first() -> None:
    def counts(one: int, other: int) -> Week:
        return Week({"place": {"fes": one, "rabat": other}}, ALL)

    rows = unusual("place", baseline(counts(9, 30), [counts(0, 1)] * 8, []))
    assert [one.value for one in rows] == ["rabat", "fes"]
