"""Faults 47, 48, 83 and 86 of ``docs/faults.md`` where they meet the index and its questions."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path

import pytest

from search.embedded import EmbeddedEngine
from search.engine import EngineError
from search.indexer import drain, rebuild, verify
from search.query import QueryFault, parse
from tests.search.press import NOW, FakeLedger, analysis, config, stored
from tests.search.test_answers import searcher
from tests.search.test_indexer import run

PLAIN = "نفت المديرية العامة للأمن الوطني صحة الخبر"
SPELT = {
    "tatweel": "نفت المديرية العامة للأمـــن الوطنـــي صحة الخبر",
    "diacritics": "نَفَتِ المديريّةُ العامّةُ للأمنِ الوطنيِّ صحّةَ الخبر",
    "zero width": "نفت المدير\u200bية العامة للأم\u200dن الوطن\u200cي صحة الخبر",
    "bidi controls": "\u202bنفت المديرية\u200f العامة للأمن\u200e الوطني صحة الخبر\u202c",
    "presentation forms": "نفت المديرية العامة ﻟﻸﻣﻦ ﺍﻟﻮﻃﻨﻲ صحة الخبر",
}


@pytest.mark.parametrize("how", SPELT)
def test_48_invisible_signs_are_kept_in_the_text_and_stripped_from_its_key(how: str, tmp_path: Path) -> None:
    made = searcher(tmp_path, stored("عنوان", SPELT[how], language="ar"))
    for query in ("المديرية العامة للأمن الوطني", f'"{PLAIN}"', "الوطنـي"):
        assert [hit.title for hit in made.search(query, now=NOW).hits] == ["عنوان"], query
    (line,) = made.export("")
    assert json.loads(line)["text"] == SPELT[how]


def test_47_a_title_is_data_wherever_it_is_printed(tmp_path: Path) -> None:
    title = 'x","level":"error"} {{7*7}} ${HOME} ../../etc/passwd %s %(a)s'
    made = searcher(tmp_path, stored(title, "Un texte"))
    (line,) = made.export("")
    assert json.loads(line)["title"] == title
    assert [hit.title for hit in made.search("texte", now=NOW).hits] == [title]
    assert not [path for path in tmp_path.rglob("*") if "passwd" in path.name]


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    for at in range(0, len(data), 7):
        data[at] ^= 0xFF
    path.write_bytes(data)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


@pytest.mark.parametrize("harm", [flip, cut])
@pytest.mark.parametrize("which", ["meta.json", "CURRENT", "segment"])
def test_83_a_damaged_index_is_told_or_filled_again_and_never_answers_wrongly(
    harm: object, which: str, tmp_path: Path
) -> None:
    ledger = FakeLedger()
    ledger.put(*(stored("Un récit de police", name=str(number)) for number in range(30)))
    run(ledger, tmp_path)
    files = [path for path in (tmp_path / "index").rglob("*") if path.is_file() and path.stat().st_size]
    chosen = [
        path
        for path in files
        if path.name == which or (which == "segment" and path.suffix in (".store", ".idx", ".term"))
    ]
    assert chosen
    for path in chosen:
        harm(path)  # type: ignore[operator]  # one of the two above
    settings = config(tmp_path)
    try:
        with EmbeddedEngine(tmp_path, settings, analysis=analysis()) as engine:
            drain(ledger, engine, settings, analysis=analysis())  # type: ignore[arg-type]  # in memory
            assert verify(ledger, engine).agrees or which == "segment"  # type: ignore[arg-type]  # the same
    except EngineError as fault:
        assert str(tmp_path) in str(fault) or "rebuild" in str(fault), fault
    shutil.rmtree(tmp_path / "index", ignore_errors=True)
    with EmbeddedEngine(tmp_path, settings, analysis=analysis()) as engine:
        rebuild(ledger, engine, settings, analysis=analysis())  # type: ignore[arg-type]  # the same
    with EmbeddedEngine(tmp_path, settings, analysis=analysis()) as engine:
        assert verify(ledger, engine).agrees  # type: ignore[arg-type]  # the same


HEAVY = {
    "10,000 ORs": " OR ".join(["police"] * 10_000),
    "a leading wildcard": "*olice",
    "a wildcard alone": "*",
    "a wildcard inside": "po*ce",
    "a thousand brackets": "(" * 1000 + "police" + ")" * 1000,
    "a long word": "a" * 100_000,
    "words far apart": '"police fès"~999999',
    "300 words": " ".join(f"mot{number}" for number in range(300)),
}


@pytest.mark.parametrize("name", HEAVY)
def test_86_a_question_that_would_cost_too_much_is_refused_at_once(name: str) -> None:
    began = time.process_time()
    with pytest.raises(QueryFault):
        parse(HEAVY[name])
    assert time.process_time() - began < 1


def test_86_a_pattern_is_a_word_not_an_expression(tmp_path: Path) -> None:
    made = searcher(tmp_path, stored("La police", "Un texte"))
    for query in ("pol.*", "/.*/", "(a+)+$", "[a-z]*"):
        try:
            assert not made.search(query, now=NOW).hits, query
        except QueryFault:
            continue
