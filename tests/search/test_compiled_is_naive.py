"""A compiled query finds exactly what a scan of the same articles finds, one article after the other."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from config.zones import zone
from search import scope
from search.answers import open_engine
from search.documents import document, labels
from search.engine import Engine
from search.highlight import explain
from search.query import Node, parse, understand
from store.records import StoredArticle
from tests.elasticsearch import server
from tests.search.generated import articles, queries
from tests.search.naive import Scan, Scanned
from tests.search.press import NOW, SOURCES, analysis, config, on_server, stored

ZONE = zone("Africa/Casablanca")
QUERIES_A_CASE = 10
CASES = 54  # x QUERIES_A_CASE queries, each case with an index of its own
CASES_ON_A_SERVER = 6  # where an index takes a second to make


def scanned(one: StoredArticle) -> Scanned:
    article = one.article
    return Scanned(
        article.language,
        {"title": article.title, "subtitle": article.subtitle or "", "text": article.text},
        article.published.at if article.published else one.first_seen_at,
        labels(one, SOURCES.get(article.source_id)),
    )


def scans(held: list[StoredArticle]) -> dict[str, Scan]:
    return {one.article_id: Scan(scanned(one), analysis(), NOW, ZONE) for one in held}


def naive(tree: Node, held: dict[str, Scan]) -> list[str]:
    return sorted(identity for identity, scan in held.items() if scan.matches(tree))


def some(cases: int) -> Callable[[Any], Any]:
    """So many cases of articles and queries."""
    of = st.lists(queries, min_size=QUERIES_A_CASE, max_size=QUERIES_A_CASE)
    unchecked = [HealthCheck.too_slow, HealthCheck.data_too_large]
    bounded = settings(max_examples=cases, deadline=None, suppress_health_check=unchecked)
    return lambda test: bounded(given(articles(), of)(test))


@some(CASES)
def test_compiled_query_finds_what_a_scan_finds(held: list[StoredArticle], asked: list[Node]) -> None:
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        finds_what_a_scan_finds(open_engine(config(home), home, analysis()), held, asked)


def test_compiled_query_finds_on_a_server_what_a_scan_finds(elasticsearch: str) -> None:
    @some(CASES_ON_A_SERVER)
    def on_a_server(held: list[StoredArticle], asked: list[Node]) -> None:
        name = server.index_name()
        home = Path("no-home")
        try:
            made = open_engine(on_server(home, elasticsearch, name), home, analysis())
            finds_what_a_scan_finds(made, held, asked)
        finally:
            server.drop(elasticsearch, name)

    on_a_server()


def finds_what_a_scan_finds(engine: Engine, held: list[StoredArticle], asked: list[Node]) -> None:
    with contextlib.closing(engine):
        engine.upsert(document(one, analysis(), SOURCES) for one in held)
        engine.refresh()
        looked = scans(held)
        for tree in asked:
            note(f"query: {tree}")
            expected = naive(tree, looked)
            assert list(engine.scan(tree, now=NOW)) == expected
            unasked = scope.shown(tree)  # nearly every search has this filter, which is compiled its own way
            assert list(engine.scan(unasked, now=NOW)) == naive(unasked, looked)
            page = engine.search(tree, now=NOW, limit=50)
            assert page.total == len(expected)
            assert sorted(hit.article_id for hit in page.hits) == expected
            scored = engine.search(tree, now=NOW, limit=50, sort="score")
            assert sorted(hit.article_id for hit in scored.hits) == expected
            counts = engine.count_over_time(tree, now=NOW, clock="day").counts
            assert sum(counts.values()) == len(expected)
            # What a query finds, its part of the press holds; and what it admits has its source admitted.
            wider = set(naive(scope.press(tree), looked))
            assert wider.issuperset(expected)
            for one in held:
                if one.article_id not in expected:
                    continue
                meant, name = understand(tree, analysis()), one.article.source_id
                source = SOURCES.get(name)
                assert scope.admits(meant, name, None)
                if source is not None and one.article.language in source.languages:
                    assert scope.admits(meant, name, source)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(articles(), queries)
def test_marks_lie_on_printed_words_of_every_match(held: list[StoredArticle], tree: Node) -> None:
    for one in held:
        if not Scan(scanned(one), analysis(), NOW, ZONE).matches(tree):
            continue
        highlights, matched = explain(
            understand(tree, analysis()),
            one.annotated,
            labels(one, SOURCES.get(one.article.source_id)),
            analysis(),
        )
        texts = {"title": one.article.title, "subtitle": one.article.subtitle or "", "text": one.article.text}
        for highlight in highlights:
            assert highlight.text in texts[highlight.field]
            last = 0
            for start, end in highlight.marks:
                assert last <= start < end <= len(highlight.text)
                assert highlight.text[start].isalnum() or highlight.text[end - 1].isalnum()
                last = end
        assert all(entry.term and entry.words for entry in matched)


@pytest.mark.parametrize(
    "text", ["-police", "-(police OR أمن)", '"police"', '"la police"~3', "pol*", "", "title:police"]
)
def test_shapes_that_engines_get_wrong_by_themselves(text: str, engine: Engine) -> None:
    held = [stored("La police", "rien"), stored("Rien", "police"), stored("أمن فاس", "نص", language="ar")]
    engine.upsert(document(one, analysis(), SOURCES) for one in held)
    engine.refresh()
    assert list(engine.scan(parse(text), now=NOW)) == naive(parse(text), scans(held))
