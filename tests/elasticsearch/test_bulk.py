"""What each answer of a real server to a bulk request means.  The numbers in names are of the mistakes that
``docs/elasticsearch.md`` lists under Writing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from search.elasticsearch.bulk import Bulk, Item, Outcome
from search.elasticsearch.client import Connection
from search.engine import EngineError, IndexMissing, ReadOnly, Unreachable
from tests.elasticsearch import server
from tests.elasticsearch.proxy import Proxy
from tests.elasticsearch.server import ask, free_port
from tests.search.press import on_server

FIELDS = {"dynamic": "strict", "properties": {"n": {"type": "long"}}}


@pytest.fixture
def place(elasticsearch: str) -> Iterator[tuple[str, str]]:
    """URL and name of an index that has one field, a number."""
    name = server.index_name()
    ask(elasticsearch, "PUT", f"/{name}", {"mappings": FIELDS, "settings": {"number_of_replicas": 0}})
    yield elasticsearch, name
    server.drop(elasticsearch, name)


def bulk(url: str, most_bytes: int = 1 << 20, timeout_s: float = 30.0) -> Bulk:
    settings = on_server(Path(), url, "t", timeout_s=f"{timeout_s}").settings
    return Bulk(Connection(settings, "test"), most_bytes=most_bytes, wait=lambda seconds: None)


def item(name: str, identity: str, version: int = 1, **body: Any) -> Item:
    return Item.index(name, identity, version, body or {"n": 1})


def held(url: str, name: str) -> dict[str, int]:
    """Article → its version."""
    ask(url, "POST", f"/{name}/_refresh")
    found = ask(url, "POST", f"/{name}/_search", {"size": 1000, "version": True})
    return {hit["_id"]: hit["_version"] for hit in found["hits"]["hits"]}


def test_3_every_item_is_taken_stale_or_refused(place: tuple[str, str]) -> None:
    url, name = place
    assert bulk(url).send([item(name, "a", 5), item(name, "b", 5)]) == Outcome(taken=2)
    outcome = bulk(url).send(
        [
            item(name, "a", 4),  # an older state, sent late
            item(name, "b", 5),  # the same once more
            item(name, "c", 1, n="no number"),
            item(name, "d", 1, other=1),
            Item.delete(name, "unknown"),
        ]
    )
    assert (outcome.taken, outcome.stale) == (2, {"a"})
    assert outcome.refused.keys() == {"c", "d"}
    assert "400 document_parsing_exception: [1:6] failed to parse field [n]" in outcome.refused["c"]
    assert "strict_dynamic_mapping_exception" in outcome.refused["d"]
    assert held(url, name) == {"a": 5, "b": 5}


@pytest.mark.parametrize(
    ("block", "said"),
    [
        ("read_only_allow_delete", "free disk space on the server"),
        ("write", "whoever set the block"),
        ("read_only", "whoever set the block"),
    ],
)
def test_15_an_index_that_takes_no_writes_refuses_no_document(
    place: tuple[str, str], block: str, said: str
) -> None:
    url, name = place
    ask(url, "PUT", f"/{name}/_settings", {f"index.blocks.{block}": True})
    with pytest.raises(ReadOnly, match=f"takes no writes now .*Nothing is lost.*{said}"):
        bulk(url).send([item(name, "a"), item(name, "b", n="no number")])
    ask(url, "PUT", f"/{name}/_settings", {f"index.blocks.{block}": None})
    assert bulk(url).send([item(name, "a")]).taken == 1


def test_15_a_closed_index_refuses_no_document(place: tuple[str, str]) -> None:
    url, name = place
    ask(url, "POST", f"/{name}/_close")
    with pytest.raises(ReadOnly, match=f"{name} is closed"):
        bulk(url).send([item(name, "a")])
    ask(url, "POST", f"/{name}/_open")
    assert bulk(url).send([item(name, "a")]).taken == 1


def test_an_index_that_refuses_everything_is_wrong_itself(place: tuple[str, str]) -> None:
    url, name = place
    with pytest.raises(EngineError, match=r"refuses every document.*strict_dynamic.*marsad index rebuild"):
        bulk(url).send(item(name, f"{n}", other=n) for n in range(150))
    outcome = bulk(url).send([item(name, "good"), *(item(name, f"{n}", other=n) for n in range(150))])
    assert (outcome.taken, len(outcome.refused)) == (1, 150)


def test_an_index_that_is_gone_is_told_of_and_not_made_by_a_write(elasticsearch: str) -> None:
    name = server.index_name()
    template = {"index_patterns": [f"{name}*"], "allow_auto_create": False, "priority": 900}
    ask(elasticsearch, "PUT", f"/_index_template/{name}", template)
    with pytest.raises(IndexMissing, match=f"there is no index {name} on the server"):
        bulk(elasticsearch).send([item(name, "a")])
    server.drop(elasticsearch, name)


def test_an_answer_that_is_lost_costs_a_repetition(place: tuple[str, str]) -> None:
    url, name = place
    with Proxy(url) as wire:
        wire.cut = 2
        outcome = bulk(wire.url, most_bytes=400).send(item(name, f"{n}") for n in range(20))
        assert wire.cut == 0
    assert outcome == Outcome(taken=20)
    assert held(url, name) == {f"{n}": 1 for n in range(20)}


def test_a_server_that_is_silent_is_asked_again_and_given_up_after_a_while(place: tuple[str, str]) -> None:
    url, name = place
    with Proxy(url) as wire:
        wire.silent = True
        with pytest.raises(Unreachable, match="did not answer in time"):
            bulk(wire.url, timeout_s=0.1).send([item(name, "a")])
    with pytest.raises(Unreachable, match="does not answer"):
        bulk(f"http://127.0.0.1:{free_port()}").send([item(name, "a")])
    assert held(url, name) == {}
