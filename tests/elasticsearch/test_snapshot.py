"""A snapshot of the index is taken, the index is lost, and the snapshot brings it back: the drill of
``docs/elasticsearch.md``, with the requests that stand there."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from search.documents import document
from search.elasticsearch import ElasticEngine
from search.engine import IndexMissing
from search.indexer import drain, verify
from search.query import parse
from tests.elasticsearch import server
from tests.house.test_imports import ROOT
from tests.search.press import NOW, SEEN, SOURCES, FakeLedger, analysis, on_server, stored

PAGE = (ROOT / "docs" / "elasticsearch.md").read_text("utf-8")
SECTION = PAGE.partition("\n## Snapshot and restore\n")[2].partition("\n## ")[0]
REQUESTS = re.findall(
    r"^(PUT|POST|GET|DELETE) (/\S+)\n((?:(?!PUT|POST|GET|DELETE)[^`\n].*\n)*)", SECTION, re.M
)
"""(method, path, body) of each request that the page shows, in order."""


@pytest.fixture
def place(elasticsearch: str) -> Iterator[tuple[str, str]]:
    name = server.index_name()
    yield elasticsearch, name
    server.drop(elasticsearch, name)


def test_a_lost_index_comes_back_with_every_article_and_its_alias(
    place: tuple[str, str], tmp_path: Path
) -> None:
    url, name = place
    register, take, look, restore = REQUESTS
    if not server.ask(url, "GET", "/_nodes/settings?filter_path=**.path.repo"):
        pytest.skip("this server has no path.repo")

    def ask(request: tuple[str, str, str], **more: Any) -> Any:
        method, path, body = (part.replace("marsad", name) for part in request)
        asked = json.loads(body) if body else None
        return server.ask(url, method, path, {**asked, **more} if asked else None)

    config = on_server(tmp_path, url, name)
    ledger = FakeLedger()
    # Of two years, so of two partitions.
    for number in range(60):
        seen = SEEN - timedelta(days=10 * number)
        ledger.put(stored(f"Un titre {number}", name=str(number), at=seen, first_seen_at=seen))
    with ElasticEngine(tmp_path, config, analysis=analysis()) as engine:
        drain(ledger, engine, config, analysis=analysis(), workers=1)  # type: ignore[arg-type]  # a ledger in memory
        before = engine.search(parse("titre"), now=NOW, limit=60, facets=["source"])
        where = server.ask(url, "GET", f"/_alias/{name}")
        assert len(where) == 2

        assert ask(register, settings={"location": name})["acknowledged"]
        assert ask(take)["snapshot"]["state"] == "SUCCESS"
        (listed,) = ask(look)["snapshots"]
        assert sorted(listed["indices"]) == sorted(where)

        # Written after the snapshot, and then everything is lost.
        ledger.put(stored("Un titre de plus", name="more"))
        drain(ledger, engine, config, analysis=analysis(), workers=1)  # type: ignore[arg-type]
        server.drop(url, name)
    with ElasticEngine(tmp_path, config, analysis=analysis()) as engine:
        with pytest.raises(IndexMissing):
            engine.search(None, now=NOW)
        restored = ask(restore)["snapshot"]
        assert restored["shards"]["failed"] == 0
        assert server.ask(url, "GET", f"/_alias/{name}") == where
        assert engine.search(parse("titre"), now=NOW, limit=60, facets=["source"]) == before

        # What came after the snapshot is found missing; putting everything into the outbox brings it back.
        compared = verify(ledger, engine)  # type: ignore[arg-type]
        assert compared.missing == (stored(name="more").article_id,)
        assert not compared.stale and not compared.surplus
        ledger.outbox_refill()
        drain(ledger, engine, config, analysis=analysis(), workers=1)  # type: ignore[arg-type]
        assert verify(ledger, engine).agrees  # type: ignore[arg-type]

        # It is written on as before, in a partition of another year too: the templates are put again.
        later = stored("Plus tard", name="later", first_seen_at=SEEN + timedelta(days=365))
        engine.upsert([document(later, analysis(), SOURCES)])
        engine.refresh()
        assert engine.search(parse("tard"), now=NOW).total == 1
        mapped = server.ask(url, "GET", f"/{name}/_mapping")
        assert len(mapped) == 3
        assert {index["mappings"]["dynamic"] for index in mapped.values()} == {"strict"}
    server.ask(url, "DELETE", f"/_snapshot/{name}/2026-11-29")
    server.ask(url, "DELETE", f"/_snapshot/{name}")
