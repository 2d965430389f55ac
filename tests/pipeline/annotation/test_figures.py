"""Which numbers are figures, and of what: a table of invented lines, and what holds for any text."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import config
from pipeline.annotation import Annotator
from pipeline.annotation.figures import Figures
from store.records import Figure, Moment, Precision
from tests.pipeline.annotation.test_relevance import table
from tests.pipeline.newsroom import article

CONFIG = config.load(environ={})
ANNOTATOR, FIGURES = Annotator(CONFIG), Figures(CONFIG)
AT = datetime(2026, 11, 17, 10, tzinfo=UTC)
PUBLISHED = Moment(AT, Precision.MINUTE, "meta", AT, AT + timedelta(minutes=1), "2026-11-17")


def figures(language: str, title: str, *paragraphs: str) -> tuple[Figure, ...]:
    said = replace(article(title, *paragraphs), language=language, published=PUBLISHED)
    return FIGURES.find(ANNOTATOR.read(said, None))


@pytest.mark.parametrize("row", table("figures.tsv"), ids=lambda row: row[1][:40])
def test_figures_of_a_line(row: list[str]) -> None:
    language, line, expected = row
    found = figures(language, "", line)
    assert " ".join(f"{one.what}={one.value:g}{'R' * one.recalled}" for one in found) == expected


def test_a_sum_told_twice_counts_once() -> None:
    found = figures(
        "fr", "Onze arrestations à Fès", "La police a arrêté onze personnes.", "Les 11 suspects …"
    )
    assert [(one.what, one.value, one.field) for one in found] == [("arrests", 11, "title")]


def test_a_headline_in_round_numbers_gives_way_to_the_exact_one() -> None:
    found = figures(
        "ar", "حجز أزيد من أربعة أطنان من الشيرا", "حجز أربعة أطنان و320 كيلوغراما من مخدر الشيرا."
    )
    assert [(one.what, one.value) for one in found] == [("cannabis_kg", 4320)]


@pytest.mark.parametrize(
    ("language", "line", "period"),
    [
        (
            "ar",
            "سجل الأمن 1954 حادثة سير خلال الأسبوع الممتد من 9 إلى 15 نونبر.",
            ("2026-11-09", "2026-11-15"),
        ),
        ("ar", "ما بين يومي الاثنين 9 والأحد 15 نونبر الجاري، 1954 حادثة سير.", ("2026-11-09", "2026-11-15")),
        ("fr", "Du 9 au 15 novembre 2026, 1.954 accidents ont été constatés.", ("2026-11-09", "2026-11-15")),
        ("fr", "Entre le 28 septembre et le 4 octobre, 1.954 accidents.", ("2026-09-28", "2026-10-04")),
        ("en", "There were 1,954 crashes between November 9 and 15.", ("2026-11-09", "2026-11-15")),
        ("es", "Del 9 al 15 de noviembre hubo 1.954 accidentes.", ("2026-11-09", "2026-11-15")),
        ("fr", "Il y a eu 1.954 accidents.", None),
    ],
)
def test_the_week_of_a_toll(language: str, line: str, period: tuple[str, str] | None) -> None:
    assert [(one.value, one.period) for one in figures(language, "", line)] == [(1954, period)]


def test_numbers_of_an_earlier_year_are_recalled() -> None:
    now, then = figures("fr", "", "La police a arrêté 20 personnes. En 2024, elle avait arrêté 15 personnes.")
    assert (now.value, now.recalled, then.value, then.recalled) == (20, False, 15, True)


PIECES = [
    "12", "3.480 kilos", "ثلاثة أطنان و520 كيلوغراما", "من الشيرا", "شخصين", "توقيف", "arrestation d'un",
    "dont",
    "،", ".", ":", "%", "16 نونبر", "من 10 إلى", "du 9 au 15", "2024", "blessés", "grièvement", "MAD", "$",
    "درهم", "\u00a0", "et", "une", "tonne", "\n", "ألف", "autres", "مليون", "45", "février", "وفاة",
]  # fmt: skip
TEXT = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=6)), max_size=25).map(" ".join)


@settings(max_examples=300, deadline=None)
@given(TEXT, TEXT, st.sampled_from(["ar", "ary", "fr", "es", "en", ""]))
def test_every_figure_shows_its_words(title: str, text: str, language: str) -> None:
    paragraphs = [part for part in text.split("\n") if part.strip()]
    said = replace(article(title, *paragraphs), language=language, published=PUBLISHED)
    for one in FIGURES.find(ANNOTATOR.read(said, None)):
        printed = said.title if one.field == "title" else said.text
        assert printed[one.start : one.end] == one.words != ""
        assert one.value > 0
        assert one.period is None or one.period[0] < one.period[1]


@pytest.mark.parametrize("text", ["", "1 " * 200_000, "12 personnes arrêtées " * 20_000, "ا" * 400_000])
def test_a_text_without_end_is_soon_read(text: str) -> None:
    assert len(figures("fr", "", text)) <= 1
