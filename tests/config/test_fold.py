"""The one folding: which spellings are one, and the way back to what was printed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.fold import fold, fold_with_offsets

ONE = [
    ("الأمن الوطني", "الامن الوطنى"),
    ("المديريّة", "المديرية"),
    ("الوطنـي", "الوطني"),
    ("أگادير", "أڭادير"),
    ("الشرطة", "الشرطه"),
    ("مسؤول", "مسوول"),
    ("٢٠٢٦", "2026"),
    ("Sûreté", "SURETE"),
    ("L’Économiste", "l'economiste"),
    ("Fès–Meknès", "fes-meknes"),
    ("œuvres", "oeuvres"),
    ("\u202bالأمن\u202c", "الأمن"),
    ("Cafe\u0301", "café"),
]


@pytest.mark.parametrize(("one", "other"), ONE)
def test_spellings_of_one_word_fold_alike(one: str, other: str) -> None:
    assert fold(one) == fold(other)


@pytest.mark.parametrize(("one", "other"), [("وجدة", "جدة"), ("حموشي", "حموش"), ("policía", "policier")])
def test_other_words_stay_apart(one: str, other: str) -> None:
    assert fold(one) != fold(other)


texts = st.text(max_size=60) | st.text("أإآٱىیئؤةكگڭ ًٌٍَُِّْـ‏‎éÉœß’–٣3 aI", max_size=60)


@given(texts)
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(texts)
def test_every_folded_character_leads_back_to_its_printed_one(text: str) -> None:
    folded, offsets = fold_with_offsets(text)
    assert folded == fold(text)
    assert len(offsets) == len(folded) + 1
    assert offsets == sorted(offsets)
    assert offsets[-1] == len(text)
    for index, char in enumerate(folded):
        assert char in fold(text[offsets[index]])
