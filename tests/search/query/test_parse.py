"""Reading a query, printing it, and what is said of one that cannot be read."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from search.analysis import Analysis
from search.query import (
    All,
    And,
    DateRange,
    Field,
    Names,
    Near,
    Node,
    Not,
    Or,
    Phrase,
    Prefix,
    QueryFault,
    Term,
    parse,
    walk,
)
from search.query.dates import spelled
from search.query.tree import FIELDS, is_word

T = Term


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("", All()),
        (" \t\u200f", All()),
        ("DGSN", T("DGSN")),
        ("توقيف طنجة", And((T("توقيف"), T("طنجة")))),
        ("a AND b", And((T("a"), T("b")))),
        ("a or b", And((T("a"), T("or"), T("b")))),
        ("a OR b", Or((T("a"), T("b")))),
        ("a b OR c", Or((And((T("a"), T("b"))), T("c")))),
        ("a (b OR c)", And((T("a"), Or((T("b"), T("c")))))),
        ("a OR b OR c", Or((T("a"), T("b"), T("c")))),
        ("(a)", T("a")),
        ("-a", Not(T("a"))),
        ("NOT a", Not(T("a"))),
        ("a -(b OR c)", And((T("a"), Not(Or((T("b"), T("c"))))))),
        ("-NOT a", Not(Not(T("a")))),
        ('"الأمن  الوطني"', Phrase("الأمن الوطني")),
        ("«الأمن الوطني»", Phrase("الأمن الوطني")),
        ("“a b”", Phrase("a b")),
        ("„a b“", Phrase("a b")),
        ("”a b”", Phrase("a b")),
        ('«a "b" c»', Phrase("a b c")),
        ('"a «b» c"', Phrase("a «b» c")),
        ('"a b"~5', Near("a b", 5)),
        ('"a b"~٥', Near("a b", 5)),
        ('"a b"c', And((Phrase("a b"), T("c")))),
        ("arrest*", Prefix("arrest")),
        ("l'arrest*,", Prefix("l'arrest")),
        ("توقي*", Prefix("توقي")),
        ("l’État, d'Etat", And((T("l’État"), T("d'Etat")))),
        ("توقيف، طنجة؟", And((T("توقيف"), T("طنجة")))),
        ("Maroc: arrestation", And((T("Maroc"), T("arrestation")))),
        ("a – b & c …", And((T("a"), T("b"), T("c")))),
        ("D.G.S.N. #الأمن_الوطني", And((T("D.G.S.N"), T("الأمن_الوطني")))),
        ("https://example.org/a?b=1 14:30", And((T("https://example.org/a?b=1"), T("14:30")))),
        ("1 200 policiers", And((T("1200"), T("policiers")))),
        ("1 200, 7 500.", And((T("1200"), T("7500")))),
        ("1 AND 200", And((T("1"), T("200")))),
        ("1 200,5", And((T("1"), T("200,5")))),
        ("en 2025 300", And((T("en"), T("2025"), T("300")))),
        ("\u200fطنجة\u200f\u061c", T("طنجة")),
        ("source:hespress", Field("source", T("hespress"))),
        ("SOURCE：hespress", Field("source", T("hespress"))),
        ("source:(a OR b)", Field("source", Or((T("a"), T("b"))))),
        ("source:-a", Field("source", Not(T("a")))),
        ("-source:a", Not(Field("source", T("a")))),
        ("country:(-MA -FR)", Field("country", And((Not(T("MA")), Not(T("FR")))))),
        ('place:"El Jadida"', Field("place", Phrase("El Jadida"))),
        ("place:(tanger fes)", Field("place", And((T("tanger"), T("fes"))))),
        ('title:(rumeur -"vidéo truquée" arrest*)',
         Field("title", And((T("rumeur"), Not(Phrase("vidéo truquée")), Prefix("arrest"))))),
        ("from:2026-1-5", DateRange(start="2026-01-05")),
        ("from:٢٠٢٦ to:TODAY", And((DateRange(start="2026"), DateRange(end="today")))),
        ("from:7d", DateRange(start="7d")),
        ("relevance:any", Field("relevance", T("any"))),
        ("has:video", Field("has", T("video"))),
        ("a source:b OR c", Or((And((T("a"), Field("source", T("b")))), T("c")))),
    ],
)  # fmt: skip
def test_a_query_is_read_and_printed(text: str, tree: Node) -> None:
    assert parse(text) == tree
    assert parse(str(tree)) == tree


@pytest.mark.parametrize(
    ("text", "column", "said"),
    [
        ("a OR", 3, "OR needs a right side"),
        ("a (b OR)", 6, "OR needs a right side"),
        ("OR a", 1, "OR needs a left side"),
        ("a OR OR b", 3, "OR needs a right side"),
        ("a AND", 3, "AND needs a right side"),
        ("AND a", 1, "AND needs a left side"),
        ("a NOT", 3, "NOT needs something to leave out"),
        ("(a", 1, "this parenthesis is not closed"),
        ("a (b (c)", 3, "this parenthesis is not closed"),
        ("a)", 2, "this parenthesis closes nothing"),
        ("a ()", 3, "there is nothing in these parentheses"),
        ("(source:)", 9, "source: needs a value"),
        ('a "b', 3, "these quotes are not closed"),
        ("«a", 1, "these quotes are not closed"),
        ('""', 1, "there is no word in these quotes"),
        ('"…"', 1, "there is no word in these quotes"),
        ("a - b", 3, "a minus sign alone"),
        ("a -", 3, "a minus sign alone"),
        ("--a", 1, "a minus sign alone"),
        ("، !", 1, "there is no word to search for"),
        ("*", 1, "* needs the beginning of a word"),
        ("*rrest", 1, "* stands only at the end"),
        ("ar*st", 3, "* stands only at the end"),
        ("a*", 2, "this beginning is too short"),
        ("أ*", 2, "this beginning is too short"),
        ("dgsn-dg*", 8, "a beginning is one word"),
        ('"a b"~', 6, "~ needs a number"),
        ('"a b"~x', 6, "~ needs a number"),
        ('"a b"~101', 6, "~101 is too far"),
        ('"a"~5', 4, "~ needs two words"),
        ('"a b c d e f g h i"~5', 20, "~ takes 8 words at most"),
        ("x foo:y", 3, "there is no field 'foo'"),
        ("source:", 8, "source: needs a value"),
        ("source: a", 8, "source: needs a value"),
        ("source:(a b)", 9, "an article has one source only"),
        ("place:(source:a)", 8, "inside place:"),
        ("title:(a source:b)", 10, "inside title:"),
        ("source:، a", 8, "source: needs a value"),
        ("(", 1, "this parenthesis is not closed"),
        ("a source:(", 10, "this parenthesis is not closed"),
        ("source:hes*", 8, "source: takes whole values"),
        ("relevance:addjacent", 11, "relevance: does not know 'addjacent'"),
        ("scope:local", 7, "scope: does not know 'local'"),
        ("has:fun", 5, "has: does not know 'fun'"),
        ("country:Maroc", 9, "'Maroc' is not a country code"),
        ("lang:arabic", 6, "'arabic' is not a language code"),
        ("from:2026-13", 6, "'2026-13' is not a date"),
        ("from:2026-02-30", 6, "'2026-02-30' is not a date"),
        ("from:0d", 6, "'0d' is not a date"),
        ("from:(a)", 6, "'(' is not a date"),
        ("a from:2026-12 to:2026-11-30", 3, "from:2026-12 is after to:2026-11-30"),
        ("\u200f\u200fa OR", 5, "OR needs a right side"),
        ("a" * 2001, 2001, "longer than 2000 characters"),
        ("(" * 11 + "a" + ")" * 11, 11, "more than 10 levels deep"),
        ("a " * 257, 513, "more than 256 words"),
    ],
)
def test_a_fault_names_its_column(text: str, column: int, said: str) -> None:
    with pytest.raises(QueryFault) as caught:
        parse(text)
    assert (caught.value.column, said in f"{caught.value.message} {caught.value.proposal}") == (
        column,
        True,
    ), str(caught.value)


@pytest.mark.parametrize(
    ("text", "proposal"),
    [
        ("langue:fr", "did you mean lang:"),
        ("institutions:dgsn", "did you mean institution:"),
        ("foo:x", "fields are source, country"),
        ("relevance:addjacent", "did you mean adjacent"),
        ("lang:(fr ar)", "write lang:(fr OR ar)"),
        ("*ab", "write ab*"),
        ("from:2026-12 to:2026-11", "write from:2026-11 to:2026-12"),
        ('"abc', 'add " at their end'),
        ("«abc", "add » at their end"),
    ],
)
def test_a_fault_proposes_what_to_write(text: str, proposal: str) -> None:
    with pytest.raises(QueryFault) as caught:
        parse(text)
    assert proposal in caught.value.proposal


def test_dates_that_meet_are_no_fault() -> None:
    for text in (
        "from:2026-11 to:2026-11-05",
        "from:2026 to:2026-01",
        "from:7d to:2020",
        "from:2026-02 -to:2026-01",
    ):
        parse(text)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("place:طنجة institution:DGSN kind:denial unit:wilaya-fes agency:رويترز agency:AFP", ""),
        ("place:Atlantis", "col 7: place: does not know 'Atlantis'"),
        ("place:Tangre", "did you mean tanger"),
        ("institution:dgns", "dgsn"),
        ("agency:reutres", "col 8: agency: does not know 'reutres'; did you mean reuters"),
        ("kind:(denial OR denyal)", "col 17: kind: does not know 'denyal'; did you mean denial"),
        ("unit:fès", "did you mean wilaya-fes"),
        ("voice:indep", "col 7: voice: does not know 'indep'; did you mean independent"),
        ("source:unheard-of story:x partner:Europol", ""),
        ("figure:arrests>=10 figure:cannabis_kg figure:other:phones=3 figure:Dead", ""),
        ("figure:arests>=10", "col 8: figure: does not know 'arests'; did you mean arrests"),
        ("figure:cannabis", "figure: does not know 'cannabis'; did you mean cannabis_kg"),
        ("figure:qqqq>3", "figure: does not know 'qqqq'; known are, nearest first, "),
        ("figure:arrests>=ten", "figure: cannot read 'arrests>=ten'; write figure:arrests or"),
    ],
)
def test_values_are_checked_by_who_knows_them(analysis: Analysis, text: str, fault: str) -> None:
    names = Names(analysis.values)
    if not fault:
        parse(text, names)
        return
    with pytest.raises(QueryFault, match=r"col \d+: ") as caught:
        parse(text, names)
    assert fault in str(caught.value)


# -- laws ---------------------------------------------------------------------------------------------------

WORDS = st.text(min_size=1, max_size=8).filter(is_word) | st.sampled_from(
    (
        "طنجة",
        "or",
        "l’État",
        "D.G.S.N",
        "a:b",
        "1.200",
        "الأمن_الوطني",
        "x-y",
        "é",
        "not",
        "1",
        "200",
        "٣٠٠",
        "14:30",
        "أَمْن",
    )
).filter(is_word)
QUOTED = (
    st.lists(WORDS | st.sampled_from(("OR", "(", "-x", "*", "source:a")), min_size=1, max_size=4)
    .map(" ".join)
    .filter(lambda text: any(map(str.isalnum, text)))
)
PREFIXES = st.sampled_from(("ar", "توقي", "l'arr", "é2", "OR"))
DATES = st.sampled_from(
    ("2026", "2026-11", "2026-11-24", "today", "yesterday", "7d", "24h", "3w", "2m", "1y")
)
LEAVES = (
    WORDS.map(Term)
    | QUOTED.map(Phrase)
    | st.builds(
        Near,
        QUOTED.filter(lambda t: 2 <= sum(any(map(str.isalnum, w)) for w in t.split()) <= 8),
        st.integers(0, 100),
    )
    | PREFIXES.map(Prefix)
)


def _joined(parts: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    several = st.lists(parts, min_size=2, max_size=3).map(tuple)
    return several.map(And) | several.map(Or) | parts.map(Not)


VALUES = st.recursive(
    WORDS.map(Term) | QUOTED.map(Phrase),
    lambda p: st.lists(p, min_size=2, max_size=3).map(tuple).map(Or) | p.map(Not),
    max_leaves=4,
)
FIELDED = st.builds(Field, st.sampled_from(("source", "place", "institution", "story")), VALUES) | st.builds(
    Field, st.just("title"), st.recursive(LEAVES, _joined, max_leaves=4)
)
RANGES = DATES.map(lambda date: DateRange(start=date)) | DATES.map(lambda date: DateRange(end=date))
TREES = st.just(All()) | st.recursive(LEAVES | FIELDED | RANGES, _joined, max_leaves=10)


def _is_refused(tree: Node) -> bool:
    """Whether nobody can ask for it: its dates contradict each other, or it is too deep."""
    try:
        parse(str(tree))
    except QueryFault as fault:
        return "is after" in fault.message or "levels deep" in fault.message
    return False


@settings(deadline=None, max_examples=300)
@given(TREES.filter(lambda tree: not _is_refused(tree)))
def test_a_printed_tree_is_read_back(tree: Node) -> None:
    assert parse(str(tree)) == tree


TYPED = st.text(max_size=40) | st.lists(
    st.sampled_from(
        ["a", "طنجة", " ", " ", "(", ")", '"', "«", "»", "“", "”", "-", "*", "~5", ":", "source:",
         "title:", "from:",
         "2026", "OR", " OR ", "AND", "NOT ", "7d", "\u200f", "é", "'", ".", ",", "1 200", "lang:",
         "fr", "：", "（"]
    ),
    max_size=14,
).map("".join)  # fmt: skip


@settings(deadline=None, max_examples=1500)
@given(TYPED)
def test_whatever_is_typed_is_read_or_faulted_and_printing_keeps_it(text: str) -> None:
    try:
        tree = parse(text)
    except QueryFault as fault:
        assert 1 <= fault.column <= len(text) + 1
        assert fault.message
        return
    assert parse(str(tree)) == tree
    assert all(node.name in FIELDS for node in walk(tree) if isinstance(node, Field))


@given(st.text(alphabet="0123456789-dhwmytoday٣", max_size=10))
def test_a_date_has_one_spelling(text: str) -> None:
    once = spelled(text)
    assert once is None or spelled(once) == once


@pytest.mark.parametrize(
    "make",
    [
        *[lambda word=word: Term(word) for word in ("", "a b", "OR", "-a", "source:x", "a\u200f", "،")],
        *[lambda text=text: Phrase(text) for text in ('a"b', "…", "a  b", " a")],
        lambda: Near("a b", -1),
        lambda: Prefix("a b"),
        lambda: Field("nofield", T("a")),
        lambda: Field("source", Field("place", T("a"))),
        lambda: And((T("a"),)),
        lambda: Or((T("a"), All())),
        lambda: Not(All()),
        lambda: DateRange(),
        lambda: DateRange("2026", "2026"),
        lambda: DateRange("soon"),
    ],
)
def test_a_node_that_no_text_can_say_is_not_made(make: Callable[[], Node]) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        make()
