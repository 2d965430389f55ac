"""How fast communications reach the press: the middle, nine in ten, and what is left out."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from search.delays import Reach, speed
from search.stories import Communique
from tests.search.press import SEEN, stored

HOUR = timedelta(hours=1)


def told(fifth: float | None, foreign: float | None = None, at: datetime | None = SEEN) -> Communique:
    return Communique(
        story_id="5" * 32,
        origin=stored("a", at=at),
        issuer="dgsn",
        pick_ups=(),
        apart=(),
        fifth_national=None if fifth is None else fifth * HOUR,
        first_foreign=None if foreign is None else foreign * HOUR,
        silent=(),
    )


@pytest.mark.parametrize(
    ("hours", "reached", "median", "p90"),
    [
        ([], 0, None, None),
        ([None, None], 0, None, None),
        ([3], 1, 3, 3),
        ([1, None, 2, 9], 3, 2, 9),
        ([4, 2], 2, 3, 4),
        ([*range(1, 11)], 10, 5.5, 9),
    ],
)
def test_the_middle_and_nine_in_ten(
    hours: list[float | None], reached: int, median: float | None, p90: float | None
) -> None:
    found = speed(told(one) for one in hours)
    expected = Reach(reached, None if median is None else median * HOUR, None if p90 is None else p90 * HOUR)
    assert (found.fifth_national, found.first_foreign) == (expected, Reach(0, None, None))
    assert found.communications == len(hours)


def test_what_bears_no_time_is_left_out_and_counted() -> None:
    found = speed([told(1, 2), told(5, 9, at=None)])
    assert (found.communications, found.undated) == (2, 1)
    assert (found.fifth_national.median, found.first_foreign.p90) == (HOUR, 2 * HOUR)
