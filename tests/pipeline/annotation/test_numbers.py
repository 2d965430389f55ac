"""Numbers are read as they are printed and as they are told, in five languages."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import config
from pipeline.annotation.numbers import Numbers, Page
from pipeline.annotation.words import Words

NUMBERS = Numbers(config.load(environ={}).data("figures")["numbers"])


def read(text: str, language: str = "") -> list[float]:
    return [number.value for number in NUMBERS.read(Page(Words.of([("text", text)])), language)]


@pytest.mark.parametrize(
    ("language", "text", "values"),
    [
        # groups and decimals, as each press prints them
        ("fr", "2 577 blessés", [2577]),
        ("fr", "2\u202f577 blessés, 8\u00a0226\u00a0700 dirhams", [2577, 8226700]),
        ("fr", "1.312 victimes et 2,3 MDH", [1312, 2.3]),
        ("fr", "1,5 million de dirhams", [1500000]),
        ("es", "3.480 kilos y 1,2 millones", [3480, 1200000]),
        ("en", "$410,000, 2.3 million, 1,250 people", [410000, 2300000, 1250]),
        ("en", "Dh2.3m and 40k", [2300000, 40000]),
        ("ar", "١٬٢٣٤ شخصا و٣٫٥ أطنان", [1234, 3.5]),
        ("ar", "٢٥ شخصا", [25]),
        # apart: a list is no number
        ("fr", "7, 200 et 12 500", [7, 200, 12500]),
        ("ar", "بين 15 و40 ألف درهم", [15, 40000]),
        ("ar", "100 ألف و200 ألف", [100000, 200000]),
        ("fr", "le 14 2026", [14, 2026]),
        # words
        ("fr", "quatre-vingt-dix-sept", [97]),
        ("fr", "soixante et onze", [71]),
        ("fr", "vingt et un", [21]),
        ("fr", "douze mille cinq cents", [12500]),
        ("fr", "quatre cent trente", [430]),
        ("fr", "une vingtaine de personnes", [20]),
        ("fr", "quatre millions et demi", [4500000]),
        ("es", "treinta y una víctimas", [31]),
        ("es", "dos mil trescientos", [2300]),
        ("es", "una veintena", [20]),
        ("en", "two hundred and ten", [210]),
        ("en", "thirty-five", [35]),
        ("en", "two dozen men", [24]),
        ("ar", "تسعة عشر", [19]),
        ("ar", "أحد عشر", [11]),
        ("ar", "ستة وتسعين", [96]),
        ("ar", "ثلاثمائة وأربعين", [340]),
        ("ar", "اثني عشر ألفا وخمسمائة", [12500]),
        ("ar", "48 ألفا و326", [48326]),
        ("ar", "48 ألفا و 326", [48326]),
        ("ar", "ثمانية ملايين و590 ألفا و350", [8590350]),
        ("ar", "مليونين و300 ألف", [2300000]),
        ("ar", "مليون ونصف", [1500000]),
        ("ar", "مليون ونصف مليون زائر", [1500000]),
        ("ar", "مليوني زائر وألفي شرطي", [2000000, 2000]),
        ("ar", "ملياران", [2000000000]),
        ("ary", "حداش، جوج، تسعود", [11, 2, 9]),
        ("ary", "12 ألف ونص", [12500]),
        ("ary", "تلاتة د المليون", [3000000]),
        # no numbers
        ("fr", "un homme et une femme", []),
        ("ar", "شخص واحد", []),
        ("en", "once more, a man", []),
        ("fr", "de très jeunes, des millions de vues", []),
        ("ar", "ملايين المغاربة", []),
        ("", "", []),
    ],
)
def test_a_number_is_read(language: str, text: str, values: list[float]) -> None:
    assert read(text, language) == values


def test_what_is_joined_to_digits_is_kept() -> None:
    page = Page(Words.of([("text", "68kg de résine, au 3e étage, بـ63")]))
    assert [(n.value, n.suffix) for n in NUMBERS.read(page, "fr")] == [(68, "kg"), (3, "e"), (63, "")]


PIECES = [
    "ألف",
    "و",
    "مليون",
    "12",
    "3 500",
    "cent",
    "mille",
    "et",
    "treinta",
    "y",
    "una",
    "ونصف",
    ".",
    ",",
    "1.5",
    "عشر",
    "د",
]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=5)), max_size=15).map(" ".join))
def test_no_text_is_too_odd(text: str) -> None:
    page = Page(Words.of([("text", text)]))
    end = 0
    for number in NUMBERS.read(page, "fr"):
        assert end <= number.begin < number.end <= len(page.said)
        assert number.value >= 0
        end = number.end
