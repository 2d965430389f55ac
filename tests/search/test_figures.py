"""Questions about figures: the pattern that an engine looks up finds what the comparison says."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

import config
from search.figures import Asked, asked, label, names
from tests.pipeline.annotation.test_relevance import table

SIGNS = st.sampled_from(["", ">=", ">", "=", "<", "<="])
NUMBERS = st.integers(0, 20_000) | st.sampled_from([0, 9, 10, 99, 100, 999_999_999])
VALUES = NUMBERS.map(float) | st.floats(0, 20_000).map(lambda value: round(value, 3))


@given(SIGNS, NUMBERS, VALUES)
def test_the_pattern_finds_what_the_comparison_says(sign: str, number: int, value: float) -> None:
    question = Asked("arrests", sign, number)
    said = label("arrests", value)
    assert bool(re.fullmatch(question.pattern(), said)) == question.holds(said)


@given(st.integers(0, 10**14))
def test_a_number_is_equal_to_itself_alone(number: int) -> None:
    said = label("posts", number)
    found = [sign for sign in ("=", ">=", "<=", ">", "<") if Asked("posts", sign, number).holds(said)]
    assert found == ["=", ">=", "<="]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("arrests>=10", Asked("arrests", ">=", 10)),
        ("cocaine_kg<2", Asked("cocaine_kg", "<", 2)),
        ("other:phones=14", Asked("phones", "=", 14)),
        ("Arrests", Asked("arrests")),
        ("arrests>=", None),
        ("arrests>=ten", None),
        (">=10", None),
        ("arrests>=1.5", None),
    ],
)
def test_what_can_be_asked(text: str, expected: Asked | None) -> None:
    assert asked(text) == expected


@pytest.mark.parametrize(
    ("what", "value", "expected"),
    [
        ("arrests", 12.0, "arrests=12"),
        ("cocaine_kg", 1.5, "cocaine_kg=1.5"),
        ("other:phones", 1_200_000, "phones=1200000"),
    ],
)  # fmt: skip
def test_labels_are_plain_numbers(what: str, value: float, expected: str) -> None:
    assert label(what, value) == expected


def test_every_figure_that_is_read_can_be_asked_for() -> None:
    known = names(config.load(environ={}).data("figures"))
    told = " ".join(expected for _, _, expected in table("figures.tsv")).split()
    read = {each.split("=")[0].removeprefix("other:") for each in told}
    assert "arrests" in read
    assert read <= set(known)
