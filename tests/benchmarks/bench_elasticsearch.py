"""What an index on Elasticsearch costs beside the bare client and beside the embedded engine, in one run.

    python -m tests.benchmarks.bench_elasticsearch [--articles 100000] [--heap 1g] [--url URL] [--json]

The invented press of ``bench_index``.  Each block of documents is written by our engine (from the document to
the acknowledged bulk), by ``helpers.bulk`` of the bare client (from ready bodies, into indices of the same
mapping) and by the embedded engine, in turns; making and analysing the articles is in none of these times.
Then the same questions are put to both engines.  *Own share*: what our code takes of an answer, which is its
time less that of the bare client's searches in it.

A server of the tests is started with the heap named (``python -m tests.elasticsearch.fetch``), or that at
*URL* is used, under a name of its own.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from statistics import median, quantiles
from typing import Any
from unittest.mock import patch

from elasticsearch import Elasticsearch, helpers

import config as configuration
from config.zones import zone
from search import scope
from search.analysers import Analysers
from search.elasticsearch import ElasticEngine, mapping
from search.embedded import EmbeddedEngine
from search.engine import Document, Engine
from search.query import parse
from tests.benchmarks import bench_index
from tests.benchmarks.bench_index import FACETS, NOW, queries
from tests.benchmarks.machine import described
from tests.elasticsearch import server
from tests.elasticsearch.fetch import BUILDS

BLOCK = 5_000
BATCH = 500
ZONE = zone("Africa/Casablanca")
RATIO = 1.3
"""Of the bare client's time, at most."""
OWN_MS = 5.0
WRITERS = ("ours", "embedded", "bare")
DEPTH = 10
"""Pages of a thousand hits before a deep page."""


@dataclass
class Written:
    """Seconds of each writer, and what was written."""

    articles: int = 0
    bytes: int = 0
    making_s: float = 0.0
    seconds: dict[str, float] = field(default_factory=lambda: dict.fromkeys(WRITERS, 0.0))

    @property
    def ratio(self) -> float:
        return self.seconds["ours"] / self.seconds["bare"]


class Bare:
    """The client alone: ready bodies through ``helpers.bulk``, into indices of the same mapping."""

    def __init__(self, url: str, name: str) -> None:
        self._client = Elasticsearch(url, request_timeout=120)
        self._name = name
        self._there: set[str] = set()

    def actions(self, documents: list[Document]) -> list[dict[str, Any]]:
        made = []
        for one in documents:
            assert one.stored is not None
            index = f"{self._name}-{one.stored.first_seen_at.year}"
            if index not in self._there:
                parts = mapping.components(bench_index._analysis)
                settings = parts["mapping"]["settings"]["index"] | parts["settings"]["settings"]["index"]
                mappings = parts["mapping"]["mappings"]
                self._client.indices.create(index=index, settings=settings, mappings=mappings)
                self._there.add(index)
            made.append({"_index": index, "_id": one.article_id, "_source": mapping.body(one, ZONE)})
        return made

    def write(self, actions: list[dict[str, Any]]) -> None:
        done, _ = helpers.bulk(self._client, actions, chunk_size=BATCH, max_chunk_bytes=8 << 20)
        assert done == len(actions)

    def refresh(self) -> None:
        self._client.indices.refresh(index=f"{self._name}-*")


def write(home: Path, url: str, name: str, total: int, say: Callable[[str], None]) -> Written:
    """Fill an index of each kind with the same *total* articles."""
    written = Written()
    ours, theirs = (engines(home, url, name)[kind] for kind in ("elasticsearch", "embedded"))
    bare = Bare(url, f"{name}bare")
    with ExitStack() as stack:
        # Forked before there is any thread.
        pool = stack.enter_context(get_context("fork").Pool(2))
        analysers = stack.enter_context(Analysers(bench_index._analysis, None))
        analysers.expect(lambda: total)
        fresh = {
            kind: stack.enter_context(one.rebuilding())
            for kind, one in (("ours", ours), ("embedded", theirs))
        }
        for start in range(0, total, BLOCK):
            end = min(start + BLOCK, total)
            numbers = [range(at, min(at + BATCH, end)) for at in range(start, end, BATCH)]
            articles = [one for made in pool.map(bench_index._articles, numbers) for one in made]
            began = time.perf_counter()
            documents = list(analysers.documents(iter(articles), bench_index._press.sources))
            written.making_s += time.perf_counter() - began
            actions = bare.actions(documents)
            written.bytes += sum(
                len(json.dumps(one["_source"], ensure_ascii=False).encode()) for one in actions
            )
            # Whoever comes second has the merges of the first beside him: each in turn.
            for kind in WRITERS[:: 1 if start // BLOCK % 2 else -1]:
                began = time.perf_counter()
                if kind == "bare":
                    bare.write(actions)
                else:
                    put(fresh[kind], documents)
                if kind == "embedded":  # whose threads would go on in the time of the next one
                    fresh[kind].refresh()
                written.seconds[kind] += time.perf_counter() - began
            spent = ", ".join(f"{kind} {end / seconds:,.0f}/s" for kind, seconds in written.seconds.items())
            say(f"  {end:,} articles: {spent}")
        written.seconds["ours"] += _seconds(fresh["ours"].refresh)
        written.seconds["bare"] += _seconds(bare.refresh)
    for engine in (ours, theirs):
        engine.close()
    return written


def put(engine: Engine, documents: list[Document]) -> None:
    for at in range(0, len(documents), BATCH):
        batch = documents[at : at + BATCH]
        assert engine.upsert(batch) == len(batch)


def engines(home: Path, url: str, name: str) -> dict[str, Engine]:
    """Both, with the same name and home."""
    overrides = {"elasticsearch.url": url, "elasticsearch.index": name, "elasticsearch.timeout_s": "120"}
    loaded = configuration.load(home=home, overrides=overrides, environ={})
    return {
        "elasticsearch": ElasticEngine(home, loaded, analysis=bench_index._analysis),
        "embedded": EmbeddedEngine(home, loaded, analysis=bench_index._analysis),
    }


def _seconds(task: Callable[[], object]) -> float:
    began = time.perf_counter()
    task()
    return time.perf_counter() - began


# -- questions --------------------------------------------------------------------------------------------


def tasks(engine: Engine) -> Iterator[tuple[str, Callable[[], object]]]:
    """(kind, question) …, the same for every engine."""
    asked = queries(random.Random("queries"))

    def hits(text: str, **more: Any) -> Callable[[], object]:
        tree = scope.shown(parse(text))
        return lambda: engine.search(tree, now=NOW, limit=10, **more)

    def days(text: str, **more: Any) -> Callable[[], object]:
        tree = scope.shown(parse(text))
        return lambda: engine.count_over_time(tree, now=NOW, clock="day", **more)

    common = asked["term, common"][:40] + asked["term, middling"][:40]
    for kind in ("term, common", "term, middling", "term, rare", "two terms", "prefix"):
        yield from ((kind, hits(text)) for text in asked[kind][:40])
    yield from (("term, by score", hits(text, sort="score")) for text in common)
    yield from (("term + 5 facets", hits(text, facets=FACETS)) for text in common)
    yield from [("day histogram over all", lambda: engine.count_over_time(None, now=NOW, clock="day"))] * 40
    yield from (("term, days grouped by lang", days(text, split="lang")) for text in common[:40])
    cursor = None
    for _ in range(DEPTH):
        cursor = engine.search(None, now=NOW, limit=1000, cursor=cursor).cursor or cursor
    yield from [("deep page", lambda: engine.search(None, now=NOW, limit=20, cursor=cursor))] * 40


def ask(engine: Engine) -> dict[str, list[float]]:
    """Milliseconds of each question, by kind; the index is warm."""
    todo = list(tasks(engine))
    for _, task in todo[:: max(1, len(todo) // 60)]:
        task()
    random.Random("order").shuffle(todo)
    taken: dict[str, list[float]] = {}
    for kind, task in todo:
        taken.setdefault(kind, []).append(_seconds(task) * 1000)
    return taken


def rows_per_s(engine: Engine) -> float:
    """Ids that an export is given, a second; what it does with them is the same for every engine."""
    began = time.perf_counter()
    rows = sum(1 for _ in engine.scan(None, now=NOW))
    return rows / (time.perf_counter() - began)


def own_share(engine: ElasticEngine) -> list[float]:
    """Milliseconds of each question that were not spent in the client's searches."""
    spent: list[float] = []
    search = Elasticsearch.search

    def timed(client: Elasticsearch, **asked: Any) -> Any:
        began = time.perf_counter()
        try:
            return search(client, **asked)
        finally:
            spent.append(time.perf_counter() - began)

    shares = []
    with patch.object(Elasticsearch, "search", timed):
        for _, task in tasks(engine):
            spent.clear()
            whole = _seconds(task)
            shares.append((whole - sum(spent)) * 1000)
    return shares


# -- the report -------------------------------------------------------------------------------------------


def _p95(times: list[float]) -> float:
    return quantiles(times, n=20)[18]


def measure(url: str, articles: int, say: Callable[[str], None]) -> dict[str, Any]:
    """Every figure, of the server at *url*."""
    name = server.index_name()
    home = Path(tempfile.mkdtemp(prefix="marsad-bench-"))
    try:
        written = write(home, url, name, articles, say)
        server.ask(url, "POST", f"/{name}-*/_flush?wait_if_ongoing=true")
        opened = engines(home, url, name)
        sizes = {kind: engine.info().size_bytes / articles for kind, engine in opened.items()}
        server.drop(url, f"{name}bare")
        elastic = opened["elasticsearch"]
        assert isinstance(elastic, ElasticEngine)
        found = {
            "articles": articles,
            "json_bytes": written.bytes / articles,
            "disk_bytes": sizes,
            "docs_per_s": {kind: articles / spent for kind, spent in written.seconds.items()},
            "mb_per_s": {kind: written.bytes / spent / 1e6 for kind, spent in written.seconds.items()},
            "ratio": written.ratio,
            "rebuild_s": written.making_s + written.seconds["ours"],
            "ms": {
                kind: {name: (median(times), _p95(times)) for name, times in ask(engine).items()}
                for kind, engine in opened.items()
            },
            "rows_per_s": {kind: rows_per_s(engine) for kind, engine in opened.items()},
            "own_ms": (median(shares := own_share(elastic)), _p95(shares)),
            "heap_used_bytes": max(
                node["jvm"]["mem"]["heap_used_in_bytes"]
                for node in server.ask(url, "GET", "/_nodes/stats/jvm")["nodes"].values()
            ),
        }
        for engine in opened.values():
            engine.close()
        return found
    finally:
        server.drop(url, name)
        shutil.rmtree(home, ignore_errors=True)


def report(found: dict[str, Any]) -> Iterator[str]:
    rate, volume = found["docs_per_s"], found["mb_per_s"]
    yield f"{found['articles']:,} articles, {found['json_bytes']:,.0f} bytes of JSON each"
    yield (
        f"in: ours {rate['ours']:,.0f} docs/s ({volume['ours']:.1f} MB/s), bare client {rate['bare']:,.0f} "
        f"({volume['bare']:.1f}): {found['ratio']:.2f} × its time [at most {RATIO}]; "
        f"embedded {rate['embedded']:,.0f}"
    )
    disk = found["disk_bytes"]
    yield (
        f"on disk: {disk['elasticsearch']:,.0f} bytes an article, embedded {disk['embedded']:,.0f}; "
        f"heap in use {found['heap_used_bytes'] / 2**20:,.0f} MiB; "
        f"analysed and written in {found['rebuild_s']:.0f} s"
    )
    rows = found["rows_per_s"]
    yield f"export: {rows['elasticsearch']:,.0f} rows/s, embedded {rows['embedded']:,.0f}"
    middle, high = found["own_ms"]
    yield f"own share of an answer: p50 {middle:.1f}, p95 {high:.1f} ms [at most {OWN_MS:g}]"
    yield ""
    yield f"{'milliseconds':32} {'p50':>8} {'p95':>8}   {'embedded p50':>12} {'p95':>8}"
    for kind, (middle, high) in sorted(found["ms"]["elasticsearch"].items()):
        theirs = found["ms"]["embedded"][kind]
        yield f"{kind:32} {middle:8.1f} {high:8.1f}   {theirs[0]:12.1f} {theirs[1]:8.1f}"


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--articles", type=int, default=100_000)
    parser.add_argument("--heap", default="1g", help="of the server that is started (default: 1g)")
    parser.add_argument("--url", help="a server that runs already, without security")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    if asked.url is None and not server.available(BUILDS["8"]):
        print(server.ABSENT, file=sys.stderr)
        return 1
    machine = described()
    bench_index._prepare()
    with ExitStack() as stack:
        node = None if asked.url else stack.enter_context(server.Node(heap=asked.heap))
        url = node.url if node else asked.url
        found = measure(url, asked.articles, lambda line: print(line, file=sys.stderr, flush=True))
    if asked.json:
        print(json.dumps({"machine": machine, **found}))
    else:
        print("\n".join([machine, "", *report(found)]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
