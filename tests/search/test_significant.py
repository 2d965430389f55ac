"""The words that stand out in what a query finds: the same ones on every engine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from search.answers import Searcher
from search.documents import document
from search.engine import Engine
from search.significant import A_SOURCE, SAMPLE, Significant
from store.records import StoredArticle, Ties, Voice
from tests.search.press import NOW, SOURCES, FakeLedger, analysis, config, stored


def searcher(home: Path, engine: Engine, *articles: StoredArticle) -> Searcher:
    made = Searcher(config(home))
    ledger: Any = FakeLedger()
    ledger.put(*articles)
    made.__dict__ |= {"analysis": analysis(), "engine": engine, "ledger": ledger, "_glance": ledger}
    engine.upsert(document(one, analysis(), SOURCES) for one in articles)
    engine.refresh()
    return made


def press() -> list[StoredArticle]:
    """Two topics in two languages, each in ten articles, beside thirty of every day."""
    made = []
    for n in range(10):
        made += [
            stored("La police saisit de la résine", f"Des ballots de résine à Tanger {n}.", name=f"f{n}"),
            stored("الأمن يحجز مخدرات", f"حجز رزم من الشيرا في طنجة {n}.", language="ar", name=f"a{n}"),
            stored("Concours de la police", f"Les candidats au concours de la police {n}.", name=f"c{n}"),
        ]
    for n in range(30):
        made += [
            stored("La police informe", f"La police de la ville informe le public {n}.", name=f"d{n}"),
            stored("الأمن يخبر", f"الأمن يخبر المواطنين في المدينة {n}.", language="ar", name=f"e{n}"),
        ]
    return made


def words(found: Significant, language: str) -> list[str]:
    return [word.word for word in found.words if word.language == language]


def test_words_are_whole_as_printed_and_the_most_outstanding_first(engine: Engine, tmp_path: Path) -> None:
    found = searcher(tmp_path, engine, *press()).significant("résine OR رزم", now=NOW)
    assert (found.total, found.sampled) == (20, 20)
    assert set(words(found, "fr")[:3]) == {"ballots", "saisit", "Tanger"}
    assert set(words(found, "ar")) >= {"مخدرات", "الشيرا", "طنجة"}
    first = found.words[0]
    assert (first.articles, first.sample, first.elsewhere) == (10, 10, 10)
    assert first.background == (50 if first.language == "fr" else 40)
    scores = [word.score for word in found.words]
    assert scores == sorted(scores, reverse=True)


def test_what_was_asked_for_ties_words_together_or_is_everywhere_stands_out_for_nothing(
    engine: Engine, tmp_path: Path
) -> None:
    found = searcher(tmp_path, engine, *press()).significant("concours", now=NOW)
    assert words(found, "fr") == ["candidats"]
    # of, the, to … and "police", which every article has, and numbers are in none of the lists
    assert not {"de", "la", "police", "concours", "3"} & {word.word for word in found.words}


def test_the_same_words_with_the_same_numbers_on_every_engine(engine: Engine, tmp_path: Path) -> None:
    asked = searcher(tmp_path, engine, *press())
    told = {
        query: [(one["word"], one["score"], one["elsewhere"]) for one in found["words"]]
        for query in ("lang:fr résine", "الشيرا", "")
        if (found := asked.significant(query, limit=5, now=NOW).to_json())
    }
    assert told["lang:fr résine"] == [
        ("Tanger", 4.0, 10),
        ("ballots", 4.0, 10),
        ("saisit", 4.0, 10),
    ]
    assert [word for word, _, _ in told["الشيرا"]] == ["حجز", "رزم", "طنجة", "مخدرات", "يحجز"]
    assert told[""] == []


def test_a_copy_is_not_counted_unless_copies_are_asked_for(engine: Engine, tmp_path: Path) -> None:
    def of(voice: Voice) -> Ties:
        return Ties("s" * 32, voice=voice, copy_of=None)

    copies = [
        stored("Un communiqué", f"Le barrage fut recopié {n}.", name=f"k{n}", ties=of(Voice.COPY))
        for n in range(5)
    ]
    own = [stored("Une suite", f"Une suite du barrage {n}.", name=f"o{n}") for n in range(5)]
    asked = searcher(tmp_path, engine, *press(), *copies, *own)
    found = asked.significant("barrage", now=NOW)
    assert (found.total, found.sampled, words(found, "fr")) == (10, 5, ["suite"])
    found = asked.significant("barrage voice:copy", now=NOW)
    assert found.sampled == 5 and words(found, "fr") == []  # all of the background are these


def test_the_sample_is_bounded_and_no_outlet_is_most_of_it(engine: Engine, tmp_path: Path) -> None:
    many = [
        stored("Radar", f"Un radar nouveau {n}.", name=f"m{n}", source_id="matin")
        for n in range(A_SOURCE + 20)
    ]
    few = [stored("Radar", f"Un radar ancien {n}.", name=f"g{n}", source_id="gazette") for n in range(5)]
    found = searcher(tmp_path, engine, *many, *few, *press()).significant("radar", now=NOW)
    assert found.total == A_SOURCE + 25
    assert found.sampled == A_SOURCE + 5 <= SAMPLE


@pytest.mark.parametrize("query", ["introuvable", "candidats source:diario"])
def test_nothing_found_has_no_words(engine: Engine, tmp_path: Path, query: str) -> None:
    found = searcher(tmp_path, engine, *press()).significant(query, now=NOW)
    assert (found.total, found.sampled, found.words) == (0, 0, ())


def test_stems_are_counted_in_what_matches_alone(engine: Engine, tmp_path: Path) -> None:
    searcher(tmp_path, engine, *press())
    stems = analysis().tokens("ballots concours absente", "fr").stem.split()
    assert engine.articles_with(stems, None, now=NOW) == [10, 10, 0]
    assert engine.articles_with([], None, now=NOW) == []
