"""Campaigns that come again: editions told apart, what stands before and after, the visitors."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from search.campaigns import daily, editions, phases, span
from search.trends import Point
from store.records import Figure, KindLabel, StoredArticle, Ties, Voice
from tests.search.press import identity, stored

OPEN_DAYS = {
    "id": "open-days",
    "kind": "open_days",
    "editions": [
        {"from": "2024-05-17", "to": "2024-05-21", "town": "agadir"},
        {"month": "2018-09", "town": "rabat"},
    ],
}
TODAY = date(2026, 11, 24)


def visit(
    day: str,
    outlet: str = "matin",
    visitors: float | None = None,
    *,
    town: str = "fes",
    period: tuple[str, str] | None = None,
    hour: int = 10,
    recalled: bool = False,
    voice: Voice = Voice.INDEPENDENT,
    kind: str = "open_days",
) -> StoredArticle:
    said = Figure("visitors", visitors or 3, f"{visitors} zouar", "text", 0, 1, recalled, period)
    figures = (said,) if visitors or period else ()
    return stored(
        f"{day} {outlet} {hour}",
        name=f"{day}-{outlet}-{hour}",
        source_id=outlet,
        at=datetime.fromisoformat(f"{day}T{hour:02}:00:00+00:00"),
        labels={"kinds": (KindLabel(kind),), "figures": figures},
        places=(town,),
        ties=Ties(identity(day), voice=voice),
    )


THREE_YEARS = [
    visit("2024-05-10", town="agadir"),
    visit("2024-05-19", "sabah", 1_000_000, town="agadir"),
    visit("2024-05-25", "sabah", 2_100_000, town="agadir"),
    visit("2025-05-17", "wakala", town="tanger"),
    visit("2025-05-22", "matin", 2_400_000, town="tanger", period=("2025-05-17", "2025-05-21")),
    visit("2025-05-22", "sabah", 1_900_000, town="tanger", period=("2025-05-17", "2025-05-21"), hour=11),
    visit("2025-06-20", "sabah", 1_900_000, town="tanger"),
    visit("2026-10-01", town="fes"),
    visit("2026-10-04", town="fes"),
]


def test_each_year_is_an_edition_with_its_days_and_what_says_them() -> None:
    told = editions(OPEN_DAYS, reversed(THREE_YEARS))
    assert [(one.town, str(one.start), str(one.end), one.dated_by) for one in told] == [
        ("agadir", "2024-05-17", "2024-05-21", "catalogue"),
        ("tanger", "2025-05-17", "2025-05-21", "text"),
        ("fes", "2026-10-01", "2026-10-04", "press"),
    ]
    assert [len(one.articles) for one in told] == [3, 4, 2]


def test_a_press_without_any_has_no_edition() -> None:
    assert editions(OPEN_DAYS, []) == []
    assert editions(OPEN_DAYS, [visit("2026-10-01", kind="awareness")]) == []
    undated = stored("x", at=None, labels={"kinds": (KindLabel("open_days"),)})
    assert editions(OPEN_DAYS, [undated]) == []


def test_who_printed_which_number_of_visitors_when() -> None:
    first, second, third = editions(OPEN_DAYS, THREE_YEARS)
    assert [(one.value, one.article.article.source_id) for one in first.visitors] == [
        (1_000_000, "sabah"),
        (2_100_000, "sabah"),
    ]
    assert [(one.value, one.article.article.source_id, one.words) for one in second.visitors] == [
        (2_400_000, "matin", "2400000 zouar"),
        (1_900_000, "sabah", "1900000 zouar"),
    ]
    assert [one.conflict for one in (first, second, third)] == [False, True, False]


@pytest.mark.parametrize(
    ("articles", "conflict"),
    [
        ([("2024-05-18", "matin", 9e5), ("2024-05-20", "sabah", 2e6)], False),  # it went on
        ([("2024-05-18", "matin", 9e5), ("2024-05-18", "sabah", 8e5)], True),
        ([("2024-05-18", "matin", 9e5), ("2024-05-18", "sabah", 9e5)], False),
        ([("2024-05-23", "matin", 2e6), ("2024-05-25", "sabah", 21e5)], True),
        ([("2024-05-23", "matin", 2e6), ("2024-05-25", "matin", 21e5)], False),  # corrected
        ([("2024-05-20", "matin", 2e6), ("2024-05-25", "sabah", 21e5)], False),
    ],
)
def test_numbers_disagree_where_nothing_else_explains_them(
    articles: list[tuple[str, str, float]], conflict: bool
) -> None:
    (one,) = editions(OPEN_DAYS, [visit(*each) for each in articles])
    assert one.conflict is conflict


def test_numbers_of_earlier_editions_are_not_of_this_one() -> None:
    (one,) = editions(OPEN_DAYS, [visit("2026-10-01", visitors=2_100_000, recalled=True)])
    assert one.visitors == ()


def points(first: date, last: date, **missed: tuple[str, ...]) -> list[Point]:
    """One article about the institution a day; *missed* says on which days of the month whom."""
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    return [Point(str(day), 0 if day > TODAY else 1, 5, None, missed.get(f"d{day:%m%d}", ())) for day in days]


def test_before_during_and_after_are_counted_and_told_by_the_day() -> None:
    articles = [
        visit("2024-05-10"),
        visit("2024-05-17"),
        visit("2024-05-17", "sabah", voice=Voice.COPY),
        visit("2024-05-18", "sabah"),
        visit("2024-05-25", "sabah"),
        visit("2024-06-20", "sabah"),  # after the window
    ]
    (one,) = editions(OPEN_DAYS, articles)
    first, last = span(one, 10)
    assert (str(first), str(last)) == ("2024-05-07", "2024-05-31")
    before, during, after = phases(one, 10, points(first, last, d0518=("sabah",)), TODAY)
    assert [(each.days, each.articles, each.institution) for each in (before, during, after)] == [
        (10, 1, 10),
        (5, 3, 5),
        (10, 1, 10),
    ]
    assert (during.stories, during.voices) == (2, 2), "a copy is no voice of its own"
    assert (during.a_day(during.articles), before.a_day(before.articles)) == (0.6, 0.1)
    assert (before.gaps, during.gaps) == ((), ("sabah",))


def test_what_is_yet_to_come_has_no_rate() -> None:
    (one,) = editions(OPEN_DAYS, [visit("2026-11-20"), visit("2026-11-23")])
    days = points(*span(one, 7))
    _, during, after = phases(one, 7, days, TODAY)
    assert (during.days, after.days) == (4, 1), "today has begun"
    _, _, after = phases(one, 7, days, date(2026, 11, 23))
    assert (after.days, after.a_day(after.articles)) == (0, None)


def test_days_on_which_nobody_was_collected_are_no_zero() -> None:
    (one,) = editions(OPEN_DAYS, [visit("2024-05-18"), visit("2024-05-19")])
    both = ("matin", "sabah")
    days = points(one.start, one.end, d0517=both, d0518=both, d0520=("sabah",))
    assert daily(one, days, outlets=2) == [None, 1, 1, 0, 0]
