"""Which links are worth asking for."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

import config
from config.fold import fold
from config.model import Source
from crawlers.matching import verdict
from store.records import Hint, Link, Reason, Via

START = datetime(2026, 10, 26, tzinfo=UTC)
OLD, NEW = datetime(2026, 9, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC)
ALL = Source("demo", {"en": "Demo"}, "ES", ("es",), "international", "https://demo.example/", "Europe/Madrid")
MATCHING = replace(ALL, collect="matching")
WORDS = tuple(
    sorted(
        map(
            fold,
            (
                "DGSN",
                "المغرب",
                "مغربي",
                "الأمن الوطني",
                "المديرية العامة للأمن الوطني",
                "Maroc",
                "Sûreté nationale",
            ),
        )
    )
)


def link(url: str = "https://demo.example/a", via: Via = Via.FEED, **hint: object) -> Link:
    return Link("demo", url, "https://demo.example/feed", via, Hint(**hint))


AGES = [
    ("no date", link(), None),
    ("published in the window", link(published_at=NEW), None),
    ("published at its first instant", link(published_at=START), None),
    ("published before", link(published_at=OLD), Reason.TOO_OLD),
    ("published before, changed since", link(published_at=OLD, modified_at=NEW), Reason.TOO_OLD),
    ("last changed before", link(via=Via.SITEMAP, modified_at=OLD), Reason.TOO_OLD),
    ("changed since proves nothing", link(via=Via.SITEMAP, modified_at=NEW), None),
    ("an old day in the address", link("https://demo.example/2026/09/01/a"), Reason.TOO_OLD),
    (
        "an old day in the address, changed since",
        link("https://demo.example/2019/01/01/a", modified_at=NEW),
        Reason.TOO_OLD,
    ),
    ("a new date beats the address", link("https://demo.example/2019/01/01/a", published_at=NEW), None),
    ("the month that the window cuts", link("https://demo.example/2026/10/a"), None),
]


@pytest.mark.parametrize(("asked", "expected"), [case[1:] for case in AGES], ids=[case[0] for case in AGES])
def test_age(asked: Link, expected: Reason | None) -> None:
    assert verdict(asked, ALL, WORDS, START) is expected


def test_without_a_window_nothing_is_too_old() -> None:
    assert verdict(link(published_at=datetime(2001, 1, 1, tzinfo=UTC)), ALL, WORDS, None) is None


NAMED = [
    "La DGSN dément",
    "la D.G.S.N. dément",
    "Le MAROC et l'Espagne",
    "au Maroc.",
    "La Surete  nationale\nmarocaine",
    "l’officier de la sûreté nationale",
    "المغرب",
    "بالمغرب",
    "وبالمَغرب",
    "للمغرب",
    "وللمغرب",
    "فالمغرب",
    "كالمغرب",
    "«المغرب»",
    "والمغربي",
    "لمغربي",
    "الأمن الوطني",
    "للأمن الوطني",
    "وبالامن الوطنى",
    "للمديرية العامة للأمن الوطني",
]
UNNAMED = [
    "",
    "maroconline",
    "xDGSN",
    "dgsn2",
    "المغربية",
    "مغرب الشمس",
    "أمن وطني",
    "الأمن والوطني",
    "مستالمغرب",
    "Marocchi",
    "بمغرب",
]


@pytest.mark.parametrize("field", ["title", "summary"])
@pytest.mark.parametrize("text", NAMED)
def test_hint_that_names_a_watchword_is_taken(text: str, field: str) -> None:
    assert verdict(link(**{field: text}), MATCHING, WORDS, START) is None


@pytest.mark.parametrize("text", UNNAMED)
def test_hint_that_names_none_is_passed_over(text: str) -> None:
    assert verdict(link(title=text, summary=text), MATCHING, WORDS, START) is Reason.NOT_MATCHING


@pytest.mark.parametrize(
    ("url", "named"),
    [
        ("https://demo.example/2026/11/la-dgsn-dement", True),
        ("https://demo.example/a?tag=dgsn", True),
        ("https://demo.example/%D8%A8%D8%A7%D9%84%D9%85%D8%BA%D8%B1%D8%A8-%D8%A3%D9%85%D8%B3", True),
        ("https://demo.example/أخبار/المغرب_أمس", True),
        ("https://maroc.example/football", False),
        ("https://demo.example/marocains", False),
    ],
)
def test_address_may_name_a_watchword(url: str, named: bool) -> None:
    assert (verdict(link(url), MATCHING, WORDS, START) is None) is named


def test_source_that_collects_all_needs_no_watchword() -> None:
    assert verdict(link(title="football"), ALL, WORDS, START) is None


@pytest.mark.parametrize("via", [Via.REVISIT, Via.WARC])
def test_page_asked_for_by_name_needs_no_watchword(via: Via) -> None:
    assert verdict(link(title="football", via=via), MATCHING, WORDS, None) is None


def test_age_is_judged_before_words() -> None:
    assert verdict(link(title="football", published_at=OLD), MATCHING, WORDS, START) is Reason.TOO_OLD


def test_without_watchwords_nothing_matches() -> None:
    assert verdict(link(title="DGSN"), MATCHING, (), START) is Reason.NOT_MATCHING


def test_every_packaged_watchword_names_itself() -> None:
    words = config.load().watchwords
    missed = [word for word in words if verdict(link(title=f"( {word} )"), MATCHING, words, START)]
    assert len(words) > 50 and missed == []
