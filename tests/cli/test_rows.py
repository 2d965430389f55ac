"""Rows of an answer as a person reads them."""

from __future__ import annotations

import pytest

from cli.rows import lasting


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (None, "–"),
        (0, "0 min"),
        (45 * 60, "45 min"),
        (200 * 60, "3 h 20 min"),
        (52 * 3600 + 59, "2 d 4 h"),
        (-3600, "–1 h"),
        (-(23 * 3600 + 1800), "–23 h 30 min"),
    ],
)
def test_a_span_in_words(seconds: float | None, told: str) -> None:
    assert lasting(seconds) == told
