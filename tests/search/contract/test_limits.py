"""Whatever the parser lets through, every engine answers: one home of limits, ``search/query/parser.py``."""

from __future__ import annotations

import pytest

from search.documents import document
from search.engine import Engine
from search.query import QueryFault, parse
from search.query.parser import MAX_CHARACTERS, MAX_DEPTH, MAX_NEAR, MAX_SLOP, MAX_WORDS
from tests.search.press import NOW, SOURCES, analysis, stored


def found(engine: Engine, text: str) -> int:
    return engine.search(parse(text), now=NOW).total


@pytest.fixture
def press(engine: Engine) -> Engine:
    articles = (
        stored("Les policiers de Fès", "Une enquête est ouverte à Fès.", name="a"),
        stored("توقيف مشتبه فيه بالدار البيضاء", "الأمن الوطني يوقف شخصا.", language="ar", name="b"),
        stored("The police of Tangier", "Officers arrested two men.", language="en", name="c"),
    )
    engine.upsert(document(one, analysis(), SOURCES) for one in articles)
    engine.refresh()
    return engine


def test_as_many_words_as_may_be_asked_for(press: Engine) -> None:
    words = [f"policier{n}" for n in range(MAX_WORDS - 1)]
    assert found(press, " OR ".join(["police", *words])[:MAX_CHARACTERS].rpartition(" OR ")[0]) == 1
    short = [f"{chr(97 + n // 26)}{chr(97 + n % 26)}" for n in range(MAX_WORDS - 1)]
    assert found(press, " OR ".join(["DGSN", *short])) >= 0
    assert found(press, " ".join(["policiers", *(f"-{word}" for word in short)])) >= 0
    with pytest.raises(QueryFault, match=f"more than {MAX_WORDS} words"):
        parse(" ".join(["a1", *short, "b1"]))


def test_as_many_beginnings_as_may_be_asked_for(press: Engine) -> None:
    starts = [f"{chr(97 + n // 26)}{chr(97 + n % 26)}*" for n in range(MAX_WORDS - 1)]
    assert found(press, " OR ".join(["po*", *starts])) == 2
    with pytest.raises(QueryFault, match="too short"):
        parse("p*")


@pytest.mark.parametrize("inner", ["(%s OR x1)", "(%s x1) OR policiers", "-(%s)", "(%s OR x1) x2"])
def test_as_deep_as_may_be_asked(press: Engine, inner: str) -> None:
    text, depth = '"les de policiers"~9', 0
    while True:
        deeper = inner % text
        try:
            parse(deeper)
        except QueryFault as fault:
            assert f"more than {MAX_DEPTH} levels" in str(fault)
            break
        text, depth = deeper, depth + 1
    assert depth >= MAX_DEPTH // 2
    assert found(press, text) in (0, 1, 2, 3)


def test_as_many_words_near_one_another_as_may_be_asked(press: Engine) -> None:
    words = "les policiers de fès une enquête est ouverte".split()[:MAX_NEAR]
    assert found(press, f'"{" ".join(words)}"~{MAX_SLOP}') == 0
    clause = f'"{" ".join(words[:3])}"~{MAX_SLOP}'
    assert found(press, " OR ".join([clause] * 50)) == 1


def test_a_text_that_is_too_long_is_refused_and_one_that_is_not_is_asked(press: Engine) -> None:
    with pytest.raises(QueryFault, match=f"longer than {MAX_CHARACTERS} characters"):
        parse("a" * (MAX_CHARACTERS + 1))
    assert found(press, "a" * MAX_CHARACTERS) == 0
    assert found(press, '"' + "de fès " * ((MAX_CHARACTERS - 2) // 7) + '"') == 0
