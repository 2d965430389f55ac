"""Articles and queries made at random, small enough that everything meets everything often."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache

from hypothesis import strategies as st

from search.query import And, DateRange, Field, Near, Node, Not, Or, Phrase, Prefix, Term
from store.records import Attributed, Attribution, Figure, KindLabel, StoredArticle
from tests.search.press import NOW, stored

# Words with what makes them hard: clitics, elision, marks, acronyms, numbers, other names of the same body.
WORDS = {
    "ar": [
        *["الأمن", "للأمن", "أمن", "الوطني", "وزارة", "الوزارة", "وجدة", "بوجدة", "جدة", "توقيف", "DGSN"],
        *["فاس", "٢٠٢٦", "على", "المُديرية", "العامة", "الداخلة"],
    ],
    "fr": [
        *["sûreté", "nationale", "l'État", "police", "policiers", "arrêté", "arrestations", "DGSN", "Fès"],
        *["à", "la", "2.500", "Tanger", "d'Oujda", "saisie"],
    ],
    "en": [
        *["police", "Morocco’s", "arrested", "arrests", "security", "national", "DGSN", "Fez", "the"],
        *["seized", "Tangier", "2026"],
    ],
    "es": [
        *["policía", "detenidos", "detención", "seguridad", "nacional", "Fez", "la", "DGSN", "Tánger"],
        *["marroquí"],
    ],
}
ALL_WORDS = sorted({word for words in WORDS.values() for word in words})
PLACES = ("fes", "tanger", "oujda")
INSTITUTIONS = ("dgsn", "dgst")
# Around both clock changes of 2026, around now, and far away.
TIMES = [
    datetime(2026, 2, 15, 1, 30, tzinfo=UTC),
    datetime(2026, 2, 15, 2, 30, tzinfo=UTC),
    datetime(2026, 3, 22, 1, 59, 59, tzinfo=UTC),
    datetime(2026, 9, 19, 23, 0, tzinfo=UTC),
    datetime(2026, 9, 20, 0, 59, 59, 999_999, tzinfo=UTC),
    datetime(2026, 10, 31, 23, 30, tzinfo=UTC),
    datetime(2026, 11, 24, 0, 0, tzinfo=UTC),
    datetime(2026, 11, 23, 23, 59, 59, 999_999, tzinfo=UTC),
    NOW - timedelta(hours=24),
    NOW - timedelta(microseconds=1),
    NOW + timedelta(days=2),
    datetime(2024, 2, 29, 12, tzinfo=UTC),
]


@cache
def _text(language: str, most: int) -> st.SearchStrategy[str]:
    """At most *most* words of *language*, of all for one that has none."""
    joined = st.lists(st.sampled_from(WORDS.get(language, ALL_WORDS)), max_size=most)
    marks = st.sampled_from([" ", "، ", ", ", ". ", "\n"])
    return st.builds(lambda found, mark: mark.join(found), joined, marks)


# Made once, not for every article: that would take longer than all the rest of the test.
_LANGUAGES = st.sampled_from(["ar", "ary", "fr", "en", "es", "und"])
_SOURCES = st.sampled_from(["sabah", "matin", "gazette", "tribune", "elsewhere"])
_SEEN = st.sampled_from(TIMES)
_AT = st.none() | _SEEN
_RELEVANCE = st.sampled_from(["in", "adjacent", "homonym", "none"])
_NAMED = st.lists(st.sampled_from(INSTITUTIONS), unique=True).map(tuple)
_PLACED = st.lists(st.sampled_from(PLACES), unique=True).map(tuple)
_SECTION = st.sampled_from([None, "Société"])
_KINDS = st.lists(st.sampled_from(["denial", "operation"]), unique=True).map(
    lambda ids: tuple(map(KindLabel, ids))
)
_FIGURES = st.lists(
    st.builds(
        lambda what, value, recalled: Figure(what, value, "x", "text", 0, 1, recalled),
        st.sampled_from(["arrests", "cocaine_kg"]),
        st.sampled_from([0.0, 2.0, 2.5, 3.0, 12.0, 120.0]),
        st.booleans(),
    ),
    max_size=3,
).map(tuple)
_UNDERSTOOD = st.fixed_dictionaries(
    {
        "kinds": _KINDS,
        "attribution": st.sampled_from(
            [None, Attributed(Attribution.OFFICIAL), Attributed(Attribution.NONE)]
        ),
        "figures": _FIGURES,
    }
)
_ONE_IN_TWO = st.booleans()
_REVISION = st.integers(1, 2)
_HOW_MANY = st.integers(1, 12)


@st.composite
def _article(draw: st.DrawFn, name: str) -> StoredArticle:
    language = draw(_LANGUAGES)
    return stored(
        draw(_text(language[:2], 5)),
        draw(_text(language[:2] if draw(_ONE_IN_TWO) else "any", 14)),
        name=name,
        subtitle=draw(_text(language[:2], 4)) if draw(_ONE_IN_TWO) else None,
        source_id=draw(_SOURCES),
        language=language,
        at=draw(_AT),
        first_seen_at=draw(_SEEN),
        relevance=draw(_RELEVANCE),
        institutions=draw(_NAMED),
        places=draw(_PLACED),
        revision=draw(_REVISION),
        section=draw(_SECTION),
        labels=draw(_UNDERSTOOD),
    )


_ARTICLES = [_article(str(number)) for number in range(12)]


@st.composite
def articles(draw: st.DrawFn) -> list[StoredArticle]:
    return [draw(article) for article in _ARTICLES[: draw(_HOW_MANY)]]


_PHRASES = st.lists(st.sampled_from(ALL_WORDS), min_size=1, max_size=3).map(" ".join)
_STARTS = st.sampled_from(ALL_WORDS).flatmap(
    lambda word: st.integers(1, len(word)).map(lambda size: word[:size])
)
_LEAVES: st.SearchStrategy[Node] = st.one_of(
    st.sampled_from(ALL_WORDS).map(Term),
    _PHRASES.map(Phrase),
    st.builds(Near, _PHRASES, st.integers(0, 6)),
    _STARTS.filter(str.isalnum).map(Prefix),
    st.builds(
        DateRange,
        start=st.sampled_from(["2026", "2026-02", "2026-09-20", "24h", "7d", "today", "2026-11-24"]),
    ),
    st.builds(
        DateRange, end=st.sampled_from(["2025", "2026-02-15", "2026-10-31", "yesterday", "today", "2m"])
    ),
)
_VALUES = {
    "source": ("sabah", "matin", "gazette", "nobody"),
    "country": ("MA", "FR", "ma"),
    "scope": ("national", "international"),
    "lang": ("ar", "ary", "fr", "en", "es"),
    "relevance": ("in", "adjacent", "homonym", "none", "any"),
    "institution": (*INSTITUTIONS, "DGSN"),
    "place": (*PLACES, "Tangier", "فاس"),
    "has": ("date", "subtitle", "section", "revision", "image"),
    "kind": ("denial", "operation"),
    "attribution": ("official", "none"),
    "figure": ("arrests", "arrests>=3", "arrests<12", "cocaine_kg=2", "cocaine_kg>2"),
}


def _inside(leaves: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.lists(inner, min_size=2, max_size=3).map(lambda of: And(tuple(of))),
            st.lists(inner, min_size=2, max_size=3).map(lambda of: Or(tuple(of))),
            inner.map(Not),
        ),
        max_leaves=4,
    )


def _field(name: str) -> st.SearchStrategy[Node]:
    return _inside(st.sampled_from(_VALUES[name]).map(Term)).map(lambda of: Field(name, of))


_TITLES = _inside(st.one_of(st.sampled_from(ALL_WORDS).map(Term), _PHRASES.map(Phrase))).map(
    lambda of: Field("title", of)
)
queries: st.SearchStrategy[Node] = _inside(
    st.one_of(_LEAVES, st.sampled_from(sorted(_VALUES)).flatmap(_field), _TITLES)
)
