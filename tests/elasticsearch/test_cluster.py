"""Three servers that are one, of which one dies and comes back while the index is written and asked."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from search.engine import EngineError
from search.query import parse
from store.ledger import Ledger
from tests.elasticsearch import server
from tests.elasticsearch.house import NEW, House
from tests.search.press import NOW

pytestmark = [pytest.mark.soak, pytest.mark.timeout(900)]

_ASKS = """
from search.engine import EngineError
engine = house.engine()
print("asking", flush=True)
asked = faults = least = 0
while not (Path(home) / "enough").exists():
    try:
        counts = [
            engine.search(None, now=NOW, limit=0).total,
            sum(1 for _ in engine.scan(None, now=NOW)),
            sum(engine.count_over_time(None, now=NOW, clock="day").counts.values()),
        ]
    except EngineError as fault:
        faults += 1
        continue
    assert min(counts) >= least, f"{counts} after {least}: a part was taken for the whole"
    least, asked = max(least, counts[0]), asked + 1
print(asked, faults, least)
"""


@pytest.fixture(scope="module")
def cluster() -> Iterator[server.Cluster]:
    server.require()
    with server.Cluster() as started:
        yield started


def drained(house: House) -> None:
    """Drain until nothing is left, whatever the cluster says in between."""
    until = time.monotonic() + 180
    while house.ledger.outbox_size():
        try:
            house.drain()
        except EngineError:
            assert time.monotonic() < until
            time.sleep(0.5)


def test_a_server_that_dies_and_comes_back_costs_nothing(cluster: server.Cluster, tmp_path: Path) -> None:
    with Ledger.open(tmp_path) as ledger:
        house = House(tmp_path, cluster.nodes[0].url, server.index_name(), ledger)
        house.fill(range(60))
        house.drain()
        cluster.wait()
        shards = house.ask("GET", f"/_cat/shards/{house.name}?format=json")
        assert {one["prirep"] for one in shards} == {"p", "r"}, "on several servers there is a copy"
        (first,) = [one["node"] for one in shards if one["prirep"] == "p"]
        dies = next(node for node in cluster.nodes if node.settings["node.name"] == first)
        house.url = next(node.url for node in cluster.nodes if node is not dies)
        with house.python(_ASKS) as reader:
            assert reader.stdout is not None and reader.stdout.readline() == "asking\n"
            dies.stop()
            house.fill(range(60, 120))
            house.fill(range(10), text="corrigée")
            drained(house)
            assert house.verify(NEW).agrees
            dies.start()
            house.fill(range(120, 150))
            drained(house)
            (tmp_path / "enough").touch()
            told, _ = reader.communicate(timeout=120)
        assert reader.returncode == 0
        asked, _faults, _least = map(int, told.split())
        assert asked > 0
        cluster.nodes.sort(key=lambda node: node is dies)  # asked is one that was there all along
        cluster.wait()
        assert house.verify(NEW).agrees
        with house.engine() as engine:
            assert engine.search(parse("police"), now=NOW, limit=0).total == 150


def test_while_no_copy_is_there_no_count_is_given(cluster: server.Cluster, tmp_path: Path) -> None:
    """Both servers that hold the index die: the third says so, and all is there when they are back."""
    with Ledger.open(tmp_path) as ledger:
        house = House(tmp_path, cluster.nodes[0].url, server.index_name(), ledger)
        house.fill(range(30))
        house.drain()
        cluster.wait()
        holders = {one["node"] for one in house.ask("GET", f"/_cat/shards/{house.name}?format=json")}
        cluster.nodes.sort(key=lambda node: node.settings["node.name"] in holders)
        third, *held = cluster.nodes
        house.url = third.url
        with house.engine() as engine:
            assert engine.search(None, now=NOW, limit=0).total == 30
            for node in held:
                node.stop()
            house.fill(range(30, 40))
            for count in (
                lambda: engine.search(None, now=NOW, limit=0),
                lambda: engine.count_over_time(None, now=NOW, clock="day"),
                lambda: list(engine.scan(None, now=NOW)),
            ):
                with pytest.raises(EngineError):
                    count()
        for node in held:
            node.start(wait=False)
        cluster.wait()
        drained(house)
        assert house.verify(NEW).agrees
