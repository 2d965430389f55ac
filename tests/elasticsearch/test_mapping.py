"""What an article is on a real server: every field mapped, none on the fly, names of persons hidden."""

from __future__ import annotations

import json
import urllib.error
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from search.documents import document
from search.elasticsearch import ElasticEngine, mapping, native
from search.engine import LABELS
from search.fields import REST, TOKENS
from store.records import (
    Attributed,
    Attribution,
    Evidence,
    Figure,
    KindLabel,
    Partner,
    StoredArticle,
    Ties,
    Voice,
)
from tests.elasticsearch import server
from tests.search.press import SEEN, SOURCES, analysis, on_server, stored

ZONE = ZoneInfo("Africa/Casablanca")


def full() -> StoredArticle:
    """An article that has a value for every field."""
    return stored(
        "La DGSN dément",
        "Un homme, Ahmed Benani, a été arrêté à Oujda.",
        subtitle="Une mise au point",
        authors=("La rédaction",),
        agencies=("map",),
        section="Société",
        tags=("police",),
        institutions=("dgsn",),
        places=("oujda",),
        removed_at=datetime(2026, 11, 25, tzinfo=UTC),
        revision=3,
        labels={
            "unit": "bnpj",
            "kinds": (KindLabel("denial"),),
            "attribution": Attributed(Attribution.OFFICIAL),
            "partners": (Partner("Interpol", "interpol"),),
            "figures": (Figure("arrests", 1, "un", "text", 0, 2),),
            "masks": (Evidence("person", "text", 10, 22, "Ahmed Benani"),),
        },
        ties=Ties("0" * 32, relation="denial", voice=Voice.INDEPENDENT),
    )


def body(article: StoredArticle, **more: bool) -> dict[str, Any]:
    return mapping.body(document(article, analysis(), SOURCES), ZONE, **more)


@pytest.fixture(scope="module")
def index(elasticsearch: str) -> Iterator[str]:
    """The URL of an index with the mapping; each test counts what it has put itself."""
    name = server.index_name()
    template = mapping.components(analysis())["mapping"]
    server.ask(elasticsearch, "PUT", f"/{name}", template)
    yield f"{elasticsearch}/{name}"
    server.drop(elasticsearch, name)


def put(index: str, made: dict[str, Any]) -> str:
    """The id under which *made* was taken."""
    answer = server.ask(index, "POST", "/_doc?refresh=true", made)
    return str(answer["_id"])


def finds(index: str, one: str, query: dict[str, Any]) -> bool:
    wanted = {"bool": {"filter": [{"ids": {"values": [one]}}, query]}}
    return bool(server.ask(index, "POST", "/_count", {"query": wanted})["count"])


def test_every_field_of_an_article_is_mapped_and_every_mapped_one_is_filled(index: str) -> None:
    made = body(full())
    assert set(made) == set(mapping.properties())
    put(index, made)
    put(index, body(stored(relevance="none")))


def test_a_field_that_is_not_mapped_is_refused(index: str) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        put(index, body(full()) | {"mood": "good"})
    assert json.load(refused.value)["error"]["type"] == "strict_dynamic_mapping_exception"
    with pytest.raises(urllib.error.HTTPError):
        put(index, body(full()) | {"title": {"de": "Titel"}})


@pytest.mark.parametrize("name", [*LABELS, "author", "relation", "url"])
def test_11_a_value_longer_than_a_term_may_be_rejects_no_article(index: str, name: str) -> None:
    one = put(index, body(full()) | {name: "ش" * 20_000})
    assert finds(index, one, {"exists": {"field": "body.fr"}})
    assert not finds(index, one, {"exists": {"field": name}})


def test_11_a_word_longer_than_a_term_may_be_rejects_no_article(index: str) -> None:
    one = put(index, body(stored("Un titre", "ش" * 40_000 + " fin")))
    assert finds(index, one, {"match": {"body.fr": "fin"}})


def test_an_article_of_a_tall_story_is_taken_whole(tmp_path: Path, elasticsearch: str) -> None:
    name = server.index_name()
    long = replace(
        full(), annotated=replace(full().annotated, article=replace(full().article, authors=("é" * 40_000,)))
    )
    with ElasticEngine(tmp_path, on_server(tmp_path, elasticsearch, name), analysis=analysis()) as engine:
        assert engine.upsert([document(long, analysis(), SOURCES)]) == 1
        assert engine.unwritten().refused == {}
    server.drop(elasticsearch, name)


@pytest.mark.parametrize(
    ("language", "field"),
    [("ar", "ar"), ("ary", "ar"), ("fr", "fr"), ("fr-FR", "fr"), ("en", "en"), ("es", "es"),
     ("und", "und"), ("de", "und"), ("ber", "und")],
)  # fmt: skip
def test_words_are_in_the_field_of_their_language(language: str, field: str) -> None:
    made = body(stored("Titre", "Texte", subtitle="Sous-titre", language=language))
    assert [made["title"], made["subtitle"], made["body"]] == [
        {field: "Titre"}, {field: "Sous-titre"}, {field: "Texte"},
    ]  # fmt: skip


def test_readable_words_are_found_by_form_and_as_printed(index: str) -> None:
    one = put(index, body(stored("Bref", "أوقفت الشرطة بوجدة شخصا، حسب DGSN", language="ar")))
    found = {
        word: [finds(index, one, {"match": {field: word}}) for field in ("body.ar", "body.ar.exact")]
        for word in ("وجدة", "جدة", "بوجدة", "شرطة", "الشرطة", "DGSN", "dgsn", "الأشخاص")
    }
    assert found == {
        "وجدة": [1, 0], "جدة": [0, 0], "بوجدة": [1, 1], "شرطة": [1, 0], "الشرطة": [1, 1], "DGSN": [1, 1],
        "dgsn": [1, 1], "الأشخاص": [0, 0],
    }  # fmt: skip


def test_what_is_read_is_what_was_printed(index: str) -> None:
    printed = "\u202bالأمـــن الوطنيّ\u202c ﻻ l’État"
    one = put(index, body(stored(printed, "…", language="ar")))
    source = server.ask(index, "GET", f"/_doc/{one}")["_source"]
    assert source["title"] == {"ar": printed}
    assert not set(source) & {*TOKENS, *(REST + name for name in TOKENS)}, "token fields are not for reading"


def test_names_of_private_persons_are_hidden_from_readers_and_found_by_searches(index: str) -> None:
    made = body(full())
    assert made["body"] == {"fr": "Un homme, A•••• B•••••, a été arrêté à Oujda."}
    assert "benani" in made["text_exact"]
    assert body(full(), unmasked=True)["body"] == {"fr": full().article.text}


def test_a_bare_server_gets_no_readable_words() -> None:
    made = body(full(), readable=False)
    assert not set(mapping.WORDS) & set(made)
    fields = mapping.components(None)["mapping"]["mappings"]["properties"]
    assert set(made) <= set(fields)
    assert not set(mapping.WORDS) & set(fields)
    assert {field.get("analyzer", "whitespace") for field in fields.values()} == {"whitespace"}


def test_words_of_an_article_are_counted() -> None:
    assert body(full())["words"] == 9


def test_another_word_of_the_analysis_is_another_mapping() -> None:
    parts = mapping.components(analysis())
    told = mapping.fingerprint("1-aa", "Africa/Casablanca", parts)
    assert told == mapping.fingerprint("1-aa", "Africa/Casablanca", mapping.components(analysis(), shards=3))
    assert told != mapping.fingerprint("1-bb", "Africa/Casablanca", parts)
    assert told != mapping.fingerprint("1-aa", "Europe/Paris", parts)
    assert told != mapping.fingerprint("1-aa", "Africa/Casablanca", mapping.components(None))


def test_an_index_keeps_less_than_a_third_of_a_megabyte_of_words() -> None:
    # every index has its copy, which every node of a cluster holds in memory
    assert len(json.dumps(native.settings(analysis()), ensure_ascii=False).encode()) < 333_000


def test_the_clock_of_an_article_is_told_in_full() -> None:
    made = body(stored("Un", at=SEEN))
    assert (made["at"], made["published_at"]) == ("2026-11-24T09:00:00.000+00:00",) * 2
