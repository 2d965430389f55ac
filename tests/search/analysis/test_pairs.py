"""Which words meet: ``pairs.tsv``, one pair a line: language, typed words, verdict, language, printed words.

``=`` they meet, whichever is typed and whichever printed; ``>`` the first finds the second; ``!`` neither
finds the other.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from search.analysis import Analysis
from search.query import Term, parse
from tests.search.naive import Scanned, matches

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
PAIRS = [
    tuple(line.split("\t"))
    for line in (Path(__file__).parent / "pairs.tsv").read_text("utf-8").splitlines()
    if not line.startswith("# ")
]


def finds(analysis: Analysis, typed: str, language: str, printed: str) -> bool:
    article = Scanned(language, {"title": "", "subtitle": "", "text": printed}, NOW)
    return matches(parse(typed), article, analysis, NOW, UTC)


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: "-".join(pair).replace(" ", "_"))
def test_pair(analysis: Analysis, pair: tuple[str, ...]) -> None:
    language, typed, verdict, other_language, printed = pair
    assert verdict in "=>!"
    assert finds(analysis, typed, other_language, printed) is (verdict != "!")
    if verdict != ">":
        assert finds(analysis, printed, language, typed) is (verdict != "!")


def test_every_language_has_sixty_pairs_and_some_that_must_not_meet() -> None:
    count = Counter((other, verdict) for _, _, verdict, other, _ in PAIRS)
    assert len(set(PAIRS)) == len(PAIRS) >= 240
    for language in ("ar", "fr", "en", "es"):
        assert count[language, "="] + count[language, "!"] >= 60
        assert count[language, "!"] >= 15


@pytest.mark.parametrize(
    ("typed", "language", "printed"),
    [
        ("الأمن الوطني", "ar", "مصالح للأمن الوطني"),
        ("Direction générale de la Sûreté nationale", "fr", "la Direction générale de la Sûreté nationale"),
        ("Tanger police", "fr", "la police de Tanger"),
        ("police Tanger", "ar", "الشرطة police بطنجة"),
    ],
)
def test_words_without_quotes_are_found_in_any_order_and_form(
    analysis: Analysis, typed: str, language: str, printed: str
) -> None:
    assert finds(analysis, typed, language, printed)


def test_quotes_ask_for_the_words_as_they_stand(analysis: Analysis) -> None:
    assert finds(analysis, '"sûreté nationale"', "fr", "La SURETE NATIONALE dément")
    assert not finds(analysis, '"sûreté nationale"', "fr", "les sûretés nationales")
    assert not finds(analysis, '"sûreté nationale"', "fr", "nationale sûreté")
    assert not finds(analysis, '"DGSN"', "ar", "الأمن الوطني")
    assert not finds(analysis, '"وزارة"', "ar", "الوزارة")


def test_words_that_only_tie_others_are_asked_for_in_quotes_and_alone(analysis: Analysis) -> None:
    assert finds(analysis, "la police à Fès", "en", "police in Fez")
    assert not finds(analysis, '"police à Fès"', "en", "police in Fez")
    assert finds(analysis, "de la", "fr", "de la")
    assert not finds(analysis, "de la", "fr", "le du")


def test_a_name_that_two_bodies_share_stands_for_neither(analysis: Analysis) -> None:
    for group in analysis._tables.groups:
        for name in group:
            assert sum(name in other for other in analysis._tables.groups) == 1, name


@pytest.mark.parametrize(
    "word",
    ["police", "الأمن", "الشرطة", "security", "bag", "far", "rg", "customs", "parquet", "مديرية الأمن"],
)
def test_general_words_and_ambiguous_acronyms_have_no_other_names(analysis: Analysis, word: str) -> None:
    assert analysis.other_names(word) == ()


def test_misprints_of_a_name_are_no_names(analysis: Analysis) -> None:
    dgsn = {" ".join(phrase.tokens) for phrase in analysis.terms("DGSN")}
    assert "casablanca security state" not in dgsn
    assert "dgn" not in dgsn


def test_a_word_of_another_language_with_the_same_stem_is_not_found(analysis: Analysis) -> None:
    # Spanish casas has the stem casa, and so might a French word: the stem knows its language.
    assert not finds(analysis, "casas", "fr", "en tout cas")
    assert not finds(analysis, "mesa", "fr", "mes amis")


def test_every_town_is_found_by_each_of_its_names(analysis: Analysis) -> None:
    for typed, printed in (("Tétouan", "Tetuán"), ("تطوان", "Tetouan"), ("Laayoune", "العيون")):
        assert finds(analysis, typed, "es", printed)
    assert isinstance(parse("Tétouan"), Term)
