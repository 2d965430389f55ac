"""What a server says when it lacks a part, runs out of time or is asked for very much: never a part for the
whole.  Numbers in names are those of the mistakes that were known before."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from search.answers import Searcher
from search.documents import document
from search.elasticsearch import ElasticEngine, mapping
from search.engine import Document, EngineError
from search.query import Or, Prefix, parse
from store.ledger import Ledger
from tests.elasticsearch import server
from tests.pipeline.newsroom import overlay
from tests.search.press import NOW, SOURCES, FakeLedger, analysis, identity, on_server, stored
from tests.store import made

BOTH_YEARS = datetime(2025, 6, 1, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC)


@pytest.fixture
def name(elasticsearch: str) -> Iterator[str]:
    own = server.index_name()
    yield own
    server.drop(elasticsearch, own)


@pytest.fixture
def engine(elasticsearch: str, name: str, tmp_path: Path) -> Iterator[ElasticEngine]:
    """Four articles in the partitions of two years."""
    own = ElasticEngine(tmp_path, on_server(tmp_path, elasticsearch, name), analysis=analysis())
    articles = [
        stored("La police informe", f"Texte {n}.", name=f"{seen.year}-{n}", at=seen, first_seen_at=seen)
        for seen in BOTH_YEARS
        for n in range(2)
    ]
    own.upsert(document(one, analysis(), SOURCES) for one in articles)
    own.refresh()
    yield own
    own.close()


def partition(url: str, name: str, year: int) -> str:
    """The index of a year."""
    return next(each for each in server.ask(url, "GET", f"/_alias/{name}") if each.endswith(f"-{year}"))


def lose(url: str, name: str, year: int) -> None:
    """The disk loses the files of a partition: nobody has its only shard any more."""
    if server.OWN_URL:
        pytest.skip("the disk of a server of the user's is not ours")
    index = partition(url, name, year)
    (node,) = server.ask(url, "GET", "/_nodes/settings")["nodes"].values()
    (told,) = server.ask(url, "GET", f"/_cat/indices/{index}?h=uuid&format=json")
    server.ask(url, "POST", f"/{index}/_flush")
    server.ask(url, "POST", f"/{index}/_close")
    shard = Path(node["settings"]["path"]["data"]) / "indices" / told["uuid"] / "0" / "index"
    shutil.rmtree(shard)
    server.ask(url, "POST", f"/{index}/_open?wait_for_active_shards=0")


def contexts(url: str, name: str) -> int:
    """Snapshots and searches that the server keeps open for this index."""
    stats = server.ask(url, "GET", f"/{name}/_stats/search")
    return int(stats["_all"]["total"]["search"]["open_contexts"])


# ---- a part is missing -----------------------------------------------------------------------------------


def test_2_a_lost_shard_is_said_in_searches_and_ends_what_counts_or_lists_everything(
    engine: ElasticEngine, elasticsearch: str, name: str
) -> None:
    lose(elasticsearch, name, 2025)
    page = engine.search(parse("police"), now=NOW, facets=["lang"])
    assert (page.total, len(page.hits), page.facets["lang"][0].count) == (2, 2, 2)
    assert page.partial.startswith(f"{name}: 1 of 2 shards did not answer")
    assert "Next: " in page.partial
    whole: list[Callable[[], object]] = [
        lambda: engine.search(parse("police"), now=NOW, limit=0),
        lambda: engine.count_over_time(None, now=NOW, clock="day"),
        lambda: engine.scan(None, now=NOW),
        lambda: list(engine.revisions()),
        lambda: engine.articles_with(["polic|fr"], None, now=NOW),
        engine.info,
    ]
    for ask in whole:
        with pytest.raises(EngineError, match=r"cannot answer as a whole.*Next: "):
            ask()
    assert contexts(elasticsearch, partition(elasticsearch, name, 2026)) == 0


def test_2_what_a_page_lacks_reaches_who_asked(
    engine: ElasticEngine, elasticsearch: str, name: str, tmp_path: Path
) -> None:
    asked = Searcher(on_server(tmp_path, elasticsearch, name))
    ledger: Any = FakeLedger()
    asked.__dict__ |= {"analysis": analysis(), "engine": engine, "ledger": ledger, "_glance": ledger}
    assert asked.search("police", now=NOW).to_json()["partial"] is None
    lose(elasticsearch, name, 2026)
    answer = asked.search("police", now=NOW)
    assert answer.total == 2 and "1 of 2 shards" in answer.to_json()["partial"]
    for strict in (
        lambda: asked.ids("police", limit=10, now=NOW),
        lambda: asked.count("police", now=NOW),
        lambda: asked.significant("police", now=NOW),
        lambda: asked.export("police", now=NOW),
    ):
        with pytest.raises(EngineError):
            strict()


def test_2_a_partition_that_is_closed_or_blocked_is_no_silence(
    engine: ElasticEngine, elasticsearch: str, name: str
) -> None:
    index = partition(elasticsearch, name, 2025)
    server.ask(elasticsearch, "PUT", f"/{index}/_settings", {"index.blocks.read": True})
    with pytest.raises(EngineError, match=r"closed the index to searches.*index\.blocks\.read"):
        engine.search(parse("police"), now=NOW)
    server.ask(elasticsearch, "PUT", f"/{index}/_settings", {"index.blocks.read": False})
    assert engine.search(parse("police"), now=NOW).total == 4
    server.ask(elasticsearch, "POST", f"/{index}/_close")
    with pytest.raises(EngineError, match="closed"):
        engine.search(parse("police"), now=NOW)


# ---- no time ---------------------------------------------------------------------------------------------


def test_2_a_search_that_runs_out_of_time_says_so(engine: ElasticEngine) -> None:
    """Sixty beginnings, each of which all of a hundred thousand words have."""
    start = "abcdefghij" * 6
    for n in range(10):
        words = " ".join(f"{start}{n}{m:05d}" for m in range(10_000))
        text = Document(identity(f"slow{n}"), 1, NOW, {"text_exact": words}, {"relevance": ["in"]})
        engine.upsert([text])
    engine.refresh()
    slow = Or(tuple(Prefix(start[:length]) for length in range(2, 60)))
    engine.asking._timeout = "20ms"
    page = engine.search(slow, now=NOW)
    assert f"{engine.generations.layout.alias}: the server ran out of time" in page.partial
    assert "elasticsearch.timeout_s" in page.partial
    with pytest.raises(EngineError, match=r"ran out of time|Time exceeded"):
        engine.search(slow, now=NOW, limit=0)


# ---- very much -------------------------------------------------------------------------------------------


def test_14_more_than_ten_thousand_are_counted_paged_and_listed_exactly(
    engine: ElasticEngine, elasticsearch: str, name: str
) -> None:
    ids = sorted(identity(f"many{n}") for n in range(10_050))
    engine.upsert(
        Document(each, 1, NOW - timedelta(minutes=n), {"title_exact": "beaucoup"}, {"relevance": ["in"]})
        for n, each in enumerate(ids)
    )
    engine.refresh()
    many = parse("beaucoup")
    assert engine.search(many, now=NOW).total == 10_050
    assert engine.search(many, now=NOW, limit=0).total == 10_050
    assert list(engine.scan(many, now=NOW)) == ids
    found: list[str] = []
    cursor = None
    while True:  # by time: beyond the window of results, which ends at ten thousand
        page = engine.search(many, now=NOW, limit=5_000, cursor=cursor)
        found += [hit.article_id for hit in page.hits]
        if (cursor := page.cursor) is None:
            break
    assert found == ids
    assert contexts(elasticsearch, name) == 0


# ---- pages -----------------------------------------------------------------------------------------------


def test_a_page_by_time_may_be_larger_than_the_servers_window(engine: ElasticEngine) -> None:
    assert len(engine.search(None, now=NOW, limit=10_000).hits) == engine.info().articles


def test_a_large_page_is_asked_for_in_parts(engine: ElasticEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    there = engine.info().articles
    pages = {
        limit: engine.search(None, now=NOW, limit=limit, facets=["source"]) for limit in range(1, there + 2)
    }
    monkeypatch.setattr("search.elasticsearch.index._AT_ONCE", 2)
    for limit, page in pages.items():
        assert engine.search(None, now=NOW, limit=limit, facets=["source"]) == page


# ---- snapshots are given back ----------------------------------------------------------------------------


def test_a_snapshot_ends_with_whoever_asked_for_it(
    engine: ElasticEngine, elasticsearch: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("search.elasticsearch.asking._CHUNK", 2)
    list(engine.scan(None, now=NOW))
    assert contexts(elasticsearch, name) == 0
    for taken in (0, 1, 3):
        left = engine.scan(None, now=NOW)
        for _ in range(taken):
            next(left)
        assert contexts(elasticsearch, name) == 2  # one a shard
        del left
        assert contexts(elasticsearch, name) == 0, taken
    failed = engine.scan(None, now=NOW)
    next(failed)
    with pytest.raises(KeyError):
        for _ in failed:
            raise KeyError
    held = engine.scan(None, now=NOW)
    engine.close()
    assert contexts(elasticsearch, name) == 0
    del failed, held


def test_an_export_into_a_pipe_that_is_closed_leaves_no_snapshot(
    elasticsearch: str, name: str, tmp_path: Path
) -> None:
    home, folder = tmp_path / "home", overlay(tmp_path)
    with Ledger.open(home) as ledger:
        for n in range(6):  # more than a pipe holds
            one = made.link(n)
            ledger.write(None, made.annotated(one, f"{n} " * 50_000), made.decision(one), made.page(one))
    environment = {
        **{key: value for key, value in os.environ.items() if key[:7] not in ("MARSAD_", "ELASTIC")},
        "MARSAD_INDEX__ENGINE": "elasticsearch",
        "MARSAD_ELASTICSEARCH__INDEX": name,
        "ELASTICSEARCH_URL": elasticsearch,
    }
    marsad = [sys.executable, "-m", "cli.main", "--home", str(home), "--config", str(folder)]
    subprocess.run([*marsad, "index", "rebuild"], env=environment, check=True, capture_output=True)
    export = subprocess.Popen(
        [*marsad, "export", "relevance:any"], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert export.stdout is not None and export.stderr is not None
    assert len(json.loads(export.stdout.readline())["text"]) > 65_536
    export.stdout.close()
    assert export.wait(60) == 1
    assert b"Traceback" not in export.stderr.read()
    export.stderr.close()
    assert contexts(elasticsearch, name) == 0


# ---- time ------------------------------------------------------------------------------------------------


def test_5_a_time_without_a_zone_is_refused_and_none_shifts_a_day(engine: ElasticEngine) -> None:
    late = datetime(2026, 10, 31, 23, 30, tzinfo=UTC)
    naive = Document(identity("naive"), 1, late.replace(tzinfo=None), {}, {"relevance": ["in"]})
    with pytest.raises(TypeError):
        mapping.body(naive, engine._zone)
    engine.upsert([Document(identity("late"), 1, late, {"title_exact": "tard"}, {"relevance": ["in"]})])
    engine.refresh()
    days = engine.count_over_time(parse("tard"), now=NOW, clock="day").counts
    assert days == {late.date().toordinal(): 1}


def test_16_stale_zone_data_of_the_server_are_warned_of_and_change_no_count(
    engine: ElasticEngine, elasticsearch: str, name: str
) -> None:
    late = datetime(2026, 10, 31, 23, 30, tzinfo=UTC)
    engine.upsert([Document(identity("late"), 1, late, {"title_exact": "tard"}, {"relevance": ["in"]})])
    engine.refresh()
    chart = {
        "field": "at",
        "calendar_interval": "day",
        "time_zone": "Africa/Casablanca",
        "format": "yyyy-MM-dd",
    }
    body = {"size": 0, "query": {"term": {"title_exact": "tard"}}, "aggs": {"d": {"date_histogram": chart}}}
    drawn = server.ask(elasticsearch, "POST", f"/{name}/_search", body)["aggregations"]["d"]["buckets"]
    stale = [bucket["key_as_string"] for bucket in drawn] != ["2026-10-31"]
    warnings = engine.info().warnings
    assert len(warnings) == stale
    if stale:
        assert "2026-09-21" in warnings[0] and "Africa/Casablanca" in warnings[0] and "Next: " in warnings[0]
    days = engine.count_over_time(parse("tard"), now=NOW, clock="day").counts
    assert days == {late.date().toordinal(): 1}


def test_16_zone_data_are_compared_day_by_day(elasticsearch: str, engine: ElasticEngine, name: str) -> None:
    from search.elasticsearch.clock import stale

    before = datetime(2024, 6, 1, tzinfo=UTC)  # years that every server knows
    for zone_name in ("Africa/Casablanca", "Europe/Madrid", "Africa/Cairo", "UTC", "America/New_York"):
        with engine.connection.asked() as client:
            assert stale(client, name, zone_name, before) == "", zone_name


# ---- stories ---------------------------------------------------------------------------------------------


def test_matches_can_be_collapsed_to_one_a_story_and_stories_be_counted(
    engine: ElasticEngine, elasticsearch: str, name: str
) -> None:
    """What a client of the server's own may ask of our mapping; ``--group story`` needs whole stories."""
    engine.upsert(
        Document(
            identity(f"{story}{n}"),
            1,
            NOW - timedelta(hours=n),
            {"title_exact": "saisie"},
            {"relevance": ["in"], "story": [identity(story)]},
        )
        for story, size in (("a", 3), ("b", 2), ("c", 1))
        for n in range(size)
    )
    engine.refresh()
    asked = {
        "query": {"term": {"title_exact": "saisie"}},
        "collapse": {"field": "story", "inner_hits": {"name": "all", "size": 2, "sort": [{"at_s": "desc"}]}},
        "sort": [{"at_s": "desc"}, {"article_id": "asc"}],
        "aggs": {"stories": {"cardinality": {"field": "story", "precision_threshold": 40_000}}},
        "track_total_hits": True,
    }
    answer = server.ask(elasticsearch, "POST", f"/{name}/_search", asked)
    assert answer["hits"]["total"]["value"] == 6  # articles, not stories
    assert answer["aggregations"]["stories"]["value"] == 3
    met = {
        hit["fields"]["story"][0]: hit["inner_hits"]["all"]["hits"]["total"]["value"]
        for hit in answer["hits"]["hits"]
    }
    assert met == {identity("a"): 3, identity("b"): 2, identity("c"): 1}


# ---- words that stand out --------------------------------------------------------------------------------


def test_the_servers_own_significant_words_are_stems_or_not_those_of_our_tokens(
    engine: ElasticEngine, elasticsearch: str, name: str
) -> None:
    """Why :mod:`search.significant` counts by itself: if this ever changes, it may be asked instead."""
    text = "Les policiers saisissent des ballots, à Tanger."
    seen = BOTH_YEARS[1]
    articles = [stored("Saisie", f"{text} {n}", name=f"s{n}", first_seen_at=seen) for n in range(6)]
    engine.upsert(document(one, analysis(), SOURCES) for one in articles)
    engine.refresh()

    def words(of: dict[str, Any]) -> list[str]:
        inner = {"words": {"significant_text": {"min_doc_count": 3, **of}}}
        sample = {"sample": {"sampler": {"shard_size": 500}, "aggs": inner}}
        body = {"size": 0, "query": {"term": {"title_exact": "saisie"}}, "aggs": sample}
        found = server.ask(elasticsearch, "POST", f"/{name}/_search", body)["aggregations"]["sample"]["words"]
        return sorted(bucket["key"] for bucket in found["buckets"])

    assert words({"field": "text_exact"}) == []
    assert {"balot", "polici"} <= set(words({"field": "body.fr"}))
    # On our tokens, read again from the readable text: nobody has folded it or cut its punctuation off.
    assert not {"ballots", "tanger"} & set(words({"field": "text_exact", "source_fields": ["body.fr"]}))
