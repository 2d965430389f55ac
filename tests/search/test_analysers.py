"""Several processes make the documents that one makes, whatever becomes of them."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path

import pytest

from search import analysers
from search.analysers import Analysers
from search.documents import document
from search.indexer import drain, rebuild, verify
from store.records import StoredArticle
from tests.search.press import SOURCES, FakeLedger, analysis, config, stored
from tests.search.test_indexer import engine_at, python

ARTICLES = [
    stored("Sûreté nationale", f"La police n° {n} annonce\u00a0: \ud800 « {n} 200 » saisies", name=str(n))
    for n in range(130)
]
DOCUMENTS = [document(one, analysis(), SOURCES) for one in ARTICLES]


@pytest.fixture
def few_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(analysers, "_MANY", 100)
    monkeypatch.setattr(analysers, "_CHUNK", 7)


def helpers(pid: int) -> list[int]:
    """The processes that *pid* started."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
            if parent == pid:
                found.append(int(entry.name))
    return found


def test_another_process_analyses_as_this_one_does() -> None:
    copy = pickle.loads(pickle.dumps(analysis()))
    assert copy.version == analysis().version
    assert [document(one, copy, SOURCES) for one in ARTICLES] == DOCUMENTS


@pytest.mark.parametrize("processes", [1, 2, 3])
def test_documents_are_the_same_and_in_order_whoever_makes_them(few_are_many: None, processes: int) -> None:
    with Analysers(analysis(), processes) as many:
        many.expect(lambda: len(ARTICLES))
        assert (many._pool is None) is (processes == 1)
        assert [*many.documents(ARTICLES, SOURCES)] == DOCUMENTS
        many.close()
        assert [*many.documents(ARTICLES[:9], SOURCES)] == DOCUMENTS[:9]


def test_few_articles_wait_for_no_process() -> None:
    with Analysers(analysis(), 2) as many:
        many.expect(lambda: 1999)
        assert many._pool is None


def test_only_a_few_articles_are_in_hand(few_are_many: None) -> None:
    read: list[StoredArticle] = []

    def reading() -> Iterator[StoredArticle]:
        for one in ARTICLES:
            read.append(one)
            yield one

    with Analysers(analysis(), 2) as many:
        many.expect(lambda: 100)
        for made, _ in enumerate(many.documents(reading(), SOURCES)):
            assert len(read) - made <= (2 * 2 + 1) * 7


def test_killed_helpers_are_done_without(few_are_many: None) -> None:
    with Analysers(analysis(), 2) as many:
        many.expect(lambda: 100)
        made = many.documents(ARTICLES, SOURCES)
        found = [next(made)]
        assert many._pool is not None
        for process, _ in many._pool._helpers:
            process.kill()
        assert [*found, *made] == DOCUMENTS
        assert many._pool is None
        many.expect(lambda: 10_000)
        assert many._pool is None, "once is enough"


def test_chunks_that_another_death_cancelled_are_done_here(
    few_are_many: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cancelled(*_: object) -> Future[list[tuple[str, ...]]]:
        future: Future[list[tuple[str, ...]]] = Future()
        future.cancel()
        return future

    monkeypatch.setattr("search.analysers._Pool.submit", cancelled)
    with Analysers(analysis(), 2) as many:
        many.expect(lambda: 100)
        assert list(many.documents(ARTICLES, SOURCES)) == DOCUMENTS


def test_rebuild_and_drain_are_the_same_with_help(tmp_path: Path, few_are_many: None) -> None:
    ledger = FakeLedger()
    ledger.put(*ARTICLES)
    ledger.drop(ARTICLES[0].article_id)  # in the outbox twice: as new and as dropped
    settings = config(tmp_path, commit_every="50")
    with engine_at(tmp_path) as engine:
        done = drain(ledger, engine, settings, analysis=analysis(), workers=2)  # type: ignore[arg-type]
        assert (done.indexed, done.removed) == (129, 2)
        assert verify(ledger, engine).agrees  # type: ignore[arg-type]
    with engine_at(tmp_path) as engine:
        assert rebuild(ledger, engine, settings, analysis=analysis(), workers=2) == 129  # type: ignore[arg-type]
        assert verify(ledger, engine).agrees  # type: ignore[arg-type]


HELPED = """
import sys, time
from search import analysers
from tests.search.press import *
analysers._MANY = 1
many = analysers.Analysers(analysis(), 2)
many.expect(lambda: 1)
articles = (stored("Un", name=str(n)) for n in range(10**9))
for n, _ in enumerate(many.documents(articles, SOURCES)):
    if n == 1000:
        print("going", flush=True)
"""


UNGUARDED = """
from search import analysers
from tests.search.press import *
analysers._MANY = 1
with analysers.Analysers(analysis(), 2) as many:
    many.expect(lambda: 1)
    print(sum(1 for _ in many.documents([stored("Un", name=str(n)) for n in range(120)], SOURCES)))
"""


def test_a_script_of_a_few_lines_needs_no_main_guard(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(UNGUARDED)
    root = str(Path(__file__).parents[2])
    done = subprocess.run(
        [sys.executable, script],
        env={**os.environ, "PYTHONPATH": root},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (done.stdout, done.stderr) == ("120\n", "")


@pytest.mark.skipif(sys.platform != "linux", reason="looks processes up in /proc")
def test_helpers_end_with_the_one_they_help() -> None:
    with python(HELPED) as process:
        assert isinstance(process, subprocess.Popen) and process.stdout is not None
        assert process.stdout.readline() == "going\n"
        mine = helpers(process.pid)
        assert len(mine) == 2
        os.kill(process.pid, signal.SIGKILL)
    until = time.monotonic() + 20
    while any(Path(f"/proc/{pid}").exists() for pid in mine) and time.monotonic() < until:
        time.sleep(0.05)
    assert not [pid for pid in mine if Path(f"/proc/{pid}").exists()]
