"""The client of 8.19 on a bare server of 9: token fields alone, and the same answers as on 8.19.

The contract of every engine is held to it too (``tests/search/contract``).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from search.documents import document
from search.elasticsearch import ElasticEngine, mapping
from search.query import parse
from tests.elasticsearch import server
from tests.search.press import NOW, SEEN, SOURCES, analysis, on_server, stored

# Another server, of another version.
pytestmark = pytest.mark.soak

WORDS = "police sûreté Oujda communiqué enquête drogue saisie الأمن الوطني وجدة بلاغ توقيف الشرطة".split()
QUERIES = (
    "", "police", "Oujda OR وجدة", "الأمن", "الأمن الوطني", '"police sûreté"', '"police drogue"~3', "sais*",
    "police -drogue", "source:matin", "place:oujda from:5d", "lang:(ar OR fr) saisie", "title:police",
)  # fmt: skip


@pytest.fixture(scope="module")
def engines(
    elasticsearch: str, elasticsearch_9: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[list[ElasticEngine]]:
    """One engine on each server, with the same articles."""
    home, name = tmp_path_factory.mktemp("home"), server.index_name()
    found = []
    for url in (elasticsearch, elasticsearch_9):
        engine = ElasticEngine(home, on_server(home, url, name), analysis=analysis())
        engine.upsert(
            document(
                stored(
                    " ".join(WORDS[(n + k) % len(WORDS)] for k in range(3)),
                    " ".join(WORDS[(n * k + 1) % len(WORDS)] for k in range(1, 40)),
                    name=str(n),
                    language="ar" if n % 3 else "fr",
                    source_id="sabah" if n % 3 else "matin",
                    places=("oujda",) if n % 2 else ("rabat", "oujda"),
                    at=SEEN - timedelta(hours=7 * n),
                ),
                analysis(),
                SOURCES,
            )
            for n in range(60)
        )
        engine.refresh()
        found.append(engine)
    yield found
    for engine, url in zip(found, (elasticsearch, elasticsearch_9), strict=True):
        engine.close()
        server.drop(url, name)


def test_12_the_client_is_of_the_release_that_talks_to_both() -> None:
    import elasticsearch

    # one of 9 is refused by every server of 8, and from 9.2 on asks a server of 9.0 for what it does not know
    assert elasticsearch.__version__[0] == 8


def test_servers_of_both_releases_are_known_for_what_they_are(engines: list[ElasticEngine]) -> None:
    versions = [engine.info().details["server"].split(".")[0] for engine in engines]
    assert versions == ["8", "9"]
    assert [engine.connection.server.readable for engine in engines] == [True, False]


@pytest.mark.parametrize("text", QUERIES)
@pytest.mark.parametrize("sort", ["time", "score"])
def test_both_give_one_answer(engines: list[ElasticEngine], text: str, sort: str) -> None:
    pages = [
        engine.search(parse(text), now=NOW, sort=sort, limit=60, facets=["source", "place", "lang"])  # type: ignore[arg-type]
        for engine in engines
    ]
    one, other = pages
    assert one.total == other.total
    assert [hit.article_id for hit in one.hits] == [hit.article_id for hit in other.hits]
    assert one.facets == other.facets
    if sort == "score":
        scores = [[hit.score or 0.0 for hit in page.hits] for page in pages]
        assert scores[0] == pytest.approx(scores[1], rel=1e-5)


@pytest.mark.parametrize("clock", ["day", "hour"])
def test_both_count_alike(engines: list[ElasticEngine], clock: str) -> None:
    counts = [
        engine.count_over_time(parse("police"), now=NOW, clock=clock, split="source")  # type: ignore[arg-type]
        for engine in engines
    ]
    assert counts[0] == counts[1] and counts[0].counts


def test_both_give_every_match_and_revision(engines: list[ElasticEngine]) -> None:
    assert list(engines[0].scan(None, now=NOW)) == list(engines[1].scan(None, now=NOW))
    assert list(engines[0].revisions()) == list(engines[1].revisions())


def test_the_bare_server_has_everything_but_the_readable_words(
    engines: list[ElasticEngine], elasticsearch: str, elasticsearch_9: str
) -> None:
    fields = []
    for engine, url in zip(engines, (elasticsearch, elasticsearch_9), strict=True):
        mapped = server.ask(url, "GET", f"/{engine.info().generation}-*/_mapping")
        (one,) = mapped.values()
        fields.append(set(one["mappings"]["properties"]))
    assert fields[0] - fields[1] == set(mapping.WORDS)
    assert not fields[1] - fields[0]


def test_each_server_has_a_mapping_of_its_own(engines: list[ElasticEngine], tmp_path: Path) -> None:
    one, other = [engine.info().generation for engine in engines]
    assert one != other, "an index moved to a server with more modules is written anew"
