"""What is said of a page, and how sure a mean is said to be."""

from __future__ import annotations

from typing import Any

import pytest

from tests.quality.extraction import Row, score
from tests.quality.side_by_side import halves, interval, reason, report

LINES = [" ".join(f"{letter}{number}" for number in range(7)) for letter in "abcdef"]
MORE = "nothing of this was ever written by the author"


def row(ours: list[str], gold: list[str] = LINES, **more: Any) -> Row:
    text, told = "\n".join(ours), {"id": "page", "set": "made", "lang": "en", "domain": "a.example"}
    told |= {
        "url": "https://a.example/page",
        "body": "\n".join(gold),
        "title": "A title",
        "date": "2026-11-29",
    }
    told |= more
    found = score(told, 0.01, text, "A title!", (), "2026-11-28")
    return Row(told, found, text, None, False, 0.5, 0, 0, 0, 0)


@pytest.mark.parametrize(
    ("ours", "said"),
    [
        (LINES[2:], "loses 2 of 6 paragraphs, beginning"),
        (LINES[:5], "loses 1 of 6 paragraphs, end"),
        ([LINES[0], LINES[5]], "loses 4 of 6 paragraphs, throughout"),
        ([MORE, *LINES], "keeps 1 that are not of it, beginning"),
        ([*LINES[:5], MORE], "loses 1 of 6 paragraphs, end; keeps 1 that are not of it, end"),
        (LINES, "its words differ within the paragraphs"),
    ],
)
def test_a_bad_page_is_told_in_words(ours: list[str], said: str) -> None:
    assert reason(row(ours)) == said


def test_pages_of_one_site_are_drawn_together() -> None:
    together, apart = [[1.0] * 50, [0.0] * 50], [[1.0]] * 50 + [[0.0]] * 50
    assert interval(together) == (0.0, 1.0), "two sites say little, however many pages they have"
    low, high = interval(apart)
    assert 0.35 < low < 0.5 < high < 0.65
    assert set(halves(together)) == {0.0, 1.0}


def test_ours_stands_beside_every_peer_on_the_same_pages() -> None:
    rows = [row(LINES), row(LINES[2:], domain="b.example")]
    better = {
        "text": "\n".join(LINES),
        "title": "A title",
        "authors": [],
        "date": None,
        "seconds": 0.2,
    }
    nothing = {"seconds": 0.1, "fault": "ValueError: it is empty"}
    said = report(rows, [{"good": better, "poor": nothing}] * 2)
    f1 = {line.split()[0]: float(line.split()[1]) for line in said.splitlines()[1:4]}
    assert f1["good"] == 1 and f1["poor"] == 0 and 0.5 < f1["marsad"] < 1
    (behind,) = (line for line in said.split("ours minus")[1].splitlines() if line.startswith("good"))
    assert behind.split()[5:7] == ["0", "1"], "ahead on no page, behind on one"
