"""What a tree means once names and values are understood, and dates resolved."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from config.zones import zone
from search.analysis import Analysis
from search.query import And, Field, Name, Node, Not, Or, Phrase, Term, parse, period, understand
from tests.search.naive import near

CASABLANCA = zone("Africa/Casablanca")
T = Term


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("DGSN", T("DGSN")),
        ("الأمن الوطني", Or((And((T("الأمن"), T("الوطني"))), Name("الأمن الوطني")))),
        ("police de Tanger", And((T("police"), T("Tanger")))),
        ("de la", And((T("de"), T("la")))),
        ("-rumeur de la", And((Not(T("rumeur")), T("de"), T("la")))),
        ("place:fes la", And((Field("place", T("fes")), T("la")))),
        ("from:7d police la", And((parse("from:7d"), T("police")))),
        ('"de la" la', Phrase("de la")),
        ("place:(طنجة OR Tangier OR Fez)", Field("place", Or((T("tanger"), T("tanger"), T("fes"))))),
        ('-place:"El Jadida"', Not(Field("place", T("el-jadida")))),
        ("country:(ma OR -es)", Field("country", Or((T("MA"), Not(T("ES")))))),
        ("institution:(DGSN OR البسيج)", Field("institution", Or((T("dgsn"), T("bcij"))))),
        ('unit:"ولاية أمن فاس"', Field("unit", T("wilaya-fes"))),
        ("kind:بلاغ", Field("kind", T("communique"))),
        ("source:Hespress has:DATE", And((Field("source", T("hespress")), Field("has", T("date"))))),
        ("partner:Europol", Field("partner", T("Europol"))),
    ],
)  # fmt: skip
def test_a_tree_is_understood(analysis: Analysis, text: str, tree: Node) -> None:
    understood = understand(parse(text), analysis)
    assert understood == tree
    assert understand(understood, analysis) == understood


def test_names_are_seen_among_other_words_the_longest_first(analysis: Analysis) -> None:
    tree = understand(parse("démenti Direction générale de la Sûreté nationale Tanger"), analysis)
    assert isinstance(tree, And)
    assert tree.of[0] == T("démenti")
    assert tree.of[2] == T("Tanger")
    assert isinstance(tree.of[1], Or)
    assert tree.of[1].of[1] == Name("Direction générale de la Sûreté nationale")


def test_a_title_is_understood_like_the_rest(analysis: Analysis) -> None:
    inner = understand(parse("الدرك الملكي"), analysis)
    assert isinstance(inner, Or)
    assert understand(parse("title:(الدرك الملكي)"), analysis) == Field("title", inner)


NOW = datetime(2026, 11, 24, 23, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2026", "2025-12-31T23:00", "2027-01-01T00:00"),
        ("2026-02", "2026-01-31T23:00", "2026-03-01T00:00"),
        ("2026-02-15", "2026-02-14T23:00", "2026-02-16T00:00"),  # 25 hours long: the clock goes back
        ("2026-03-22", "2026-03-22T00:00", "2026-03-22T23:00"),  # 23 hours long
        ("2024-02-29", "2024-02-28T23:00", "2024-02-29T23:00"),
        ("today", "2026-11-24T00:00", "2026-11-25T00:00"),
        ("yesterday", "2026-11-23T00:00", "2026-11-24T00:00"),
        ("7d", "2026-11-17T00:00", "2026-11-18T00:00"),
        ("2w", "2026-11-10T00:00", "2026-11-11T00:00"),
        ("9m", "2026-02-24T00:00", "2026-02-25T00:00"),
        ("1y", "2025-11-23T23:00", "2025-11-24T23:00"),
        ("24h", "2026-11-23T23:30", "2026-11-23T23:30"),
    ],
)
def test_a_date_is_a_period_of_the_local_calendar(text: str, start: str, end: str) -> None:
    found = period(text, NOW, CASABLANCA)
    assert found.start == datetime.fromisoformat(start).replace(tzinfo=UTC)
    assert found.end == datetime.fromisoformat(end).replace(tzinfo=UTC)


def test_today_is_the_readers_day_not_the_servers() -> None:
    late = datetime(2026, 6, 30, 23, 30, tzinfo=UTC)  # half past midnight in Casablanca, on 1 July
    assert period("today", late, CASABLANCA).start == datetime(2026, 6, 30, 23, tzinfo=UTC)
    assert period("today", late, UTC).start == datetime(2026, 6, 30, tzinfo=UTC)


def test_months_back_end_on_a_day_that_exists() -> None:
    at = datetime(2026, 3, 31, 12, tzinfo=UTC)
    assert period("1m", at, UTC).start == datetime(2026, 2, 28, tzinfo=UTC)
    assert period("1y", datetime(2024, 2, 29, 12, tzinfo=UTC), UTC).start == datetime(2023, 2, 28, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "words", "slop", "found"),
    [
        ("a b c", "a b", 0, True),
        ("a x b", "a b", 0, False),
        ("a x b", "a b", 1, True),
        ("b a", "a b", 1, False),
        ("b a", "a b", 2, True),  # a swap is two moves
        ("a x x b x c", "a b c", 2, False),
        ("a x b x c", "a b c", 2, True),
        ("a", "a a", 1, True),  # one word may stand for both
        ("", "a", 0, False),
    ],
)
def test_near_counts_moves(text: str, words: str, slop: int, found: bool) -> None:
    assert near(text.split(), words.split(), slop) is found
