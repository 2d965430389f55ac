"""The index follows the ledger, whatever is killed and whoever writes."""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from search.answers import Searcher
from search.documents import document
from search.embedded import EmbeddedEngine, layout
from search.engine import EngineBusy, EngineError, RebuildNeeded
from search.indexer import drain, rebuild, status, verify
from store.ledger import Ledger
from store.records import Annotated, Capture, Decision, FetchedPage, Link, Verdict, Via
from tests.kills import kills
from tests.search.press import NOW, SEEN, SOURCES, FakeLedger, analysis, config, stored

ROOT = Path(__file__).parents[2]


def engine_at(home: Path, **settings: str) -> EmbeddedEngine:
    return EmbeddedEngine(home, config(home, **settings), analysis=analysis())


def run(ledger: FakeLedger, home: Path, **more: object):  # type: ignore[no-untyped-def]  # what drain returns
    with engine_at(home) as engine:
        return drain(ledger, engine, config(home), analysis=analysis(), **more)  # type: ignore[arg-type]


def test_drain_brings_in_revises_and_removes(tmp_path: Path) -> None:
    ledger = FakeLedger()
    ledger.put(stored("Un"), stored("Deux"))
    assert run(ledger, tmp_path).indexed == 2
    ledger.bump(stored("Un").article_id)
    ledger.drop(stored("Deux").article_id)
    drained = run(ledger, tmp_path)
    assert (drained.indexed, drained.removed, ledger.outbox_size()) == (1, 1, 0)
    with engine_at(tmp_path) as engine:
        assert list(engine.revisions()) == [(stored("Un").article_id, 2)]
        assert verify(ledger, engine).agrees  # type: ignore[arg-type]


def test_rows_are_done_only_after_the_commit_that_holds_them(tmp_path: Path) -> None:
    ledger = FakeLedger()
    ledger.put(*(stored("Un", name=str(n)) for n in range(20)))

    class Broken(EmbeddedEngine):
        def refresh(self) -> None:
            raise EngineError("disk full")

    with Broken(tmp_path, config(tmp_path), analysis=analysis()) as engine, pytest.raises(EngineError):
        drain(ledger, engine, config(tmp_path), analysis=analysis())  # type: ignore[arg-type]
    assert ledger.outbox_size() == 20
    assert run(ledger, tmp_path).indexed == 20


def test_lost_index_is_filled_again(tmp_path: Path) -> None:
    ledger = FakeLedger()
    ledger.put(stored("Un"), stored("Deux"))
    run(ledger, tmp_path)
    for file in sorted((tmp_path / "index").rglob("*"), reverse=True):
        file.rmdir() if file.is_dir() else file.unlink()
    ledger.put(stored("Trois"))
    assert run(ledger, tmp_path).indexed == 3


def test_what_an_index_has_lost_is_indexed_again_by_the_next_drain(tmp_path: Path) -> None:
    ledger = FakeLedger()
    ledger.put(*(stored("Un", name=str(n)) for n in range(5)))
    run(ledger, tmp_path)
    with engine_at(tmp_path) as engine:
        engine.delete([stored(name="1").article_id, stored(name="3").article_id])
        engine.refresh()
    ledger.put(stored("Deux"))
    with capture_logs() as lines:
        assert run(ledger, tmp_path).indexed == 3
    (line,) = lines
    assert (line["event"], line["articles"]) == ("index_incomplete", 2)
    with engine_at(tmp_path) as engine:
        assert verify(ledger, engine).agrees  # type: ignore[arg-type]


def test_an_index_that_knows_more_than_the_ledger_asks_for_a_rebuild(tmp_path: Path) -> None:
    ledger = FakeLedger()
    ledger.put(stored("Un", revision=3))
    run(ledger, tmp_path)
    ledger.put(stored("Un", revision=2))  # put back from a backup, and read again
    with pytest.raises(RebuildNeeded, match=r"has revision 3 of .*, the ledger 2.*marsad index rebuild"):
        run(ledger, tmp_path)
    assert ledger.outbox_size() == 1
    with engine_at(tmp_path) as engine:
        rebuild(ledger, engine, config(tmp_path), analysis=analysis())  # type: ignore[arg-type]
    run(ledger, tmp_path)
    with engine_at(tmp_path) as engine:
        assert verify(ledger, engine).agrees  # type: ignore[arg-type]


def test_verify_names_what_is_missing_stale_and_surplus(tmp_path: Path) -> None:
    ledger = FakeLedger()
    same, missing, stale, surplus = (stored(name) for name in ("Un", "Deux", "Trois", "Quatre"))
    with engine_at(tmp_path) as engine:
        engine.upsert(document(one, analysis(), SOURCES) for one in (same, stale, surplus))
        engine.refresh()
        ledger.put(same, missing, replace(stale, revision=4))
        found = verify(ledger, engine)  # type: ignore[arg-type]
    assert (found.missing, found.surplus) == ((missing.article_id,), (surplus.article_id,))
    assert found.stale == ((stale.article_id, 1, 4),)
    assert not found.agrees and (found.articles, found.waiting) == (3, 3)


def test_rebuild_takes_everything_from_the_ledger_and_sweeps_up(tmp_path: Path) -> None:
    ledger = FakeLedger()
    ledger.put(*(stored("Un", name=str(n)) for n in range(7)))
    (tmp_path / "index" / "articles-v3-0badf00d").mkdir(parents=True)  # left by a rebuild that was killed
    with engine_at(tmp_path) as reader, engine_at(tmp_path) as engine:
        for _ in range(2):
            assert rebuild(ledger, engine, config(tmp_path), analysis=analysis()) == 7  # type: ignore[arg-type]
            assert reader.search(None, now=NOW).total == 7
        assert verify(ledger, engine).agrees  # type: ignore[arg-type]
        assert status(ledger, reader).info == reader.info()  # type: ignore[arg-type]
        assert reader.info().generation.startswith("articles-v5-")
    assert [entry.name for entry in (tmp_path / "index").iterdir() if entry.is_dir()] == [
        layout.current(tmp_path / "index")
    ]


def test_other_time_zone_asks_for_a_rebuild(tmp_path: Path) -> None:
    ledger = FakeLedger()
    ledger.put(stored("Un"))
    run(ledger, tmp_path)
    with engine_at(tmp_path, time_zone="Africa/Cairo") as engine:
        with pytest.raises(RebuildNeeded, match="marsad index rebuild"):
            engine.search(None, now=NOW)
        with pytest.raises(RebuildNeeded, match="marsad index rebuild"):
            engine.upsert([])
        assert rebuild(ledger, engine, config(tmp_path), analysis=analysis()) == 1  # type: ignore[arg-type]
        assert engine.search(None, now=NOW).total == 1


def test_second_writer_is_told_who_the_first_is(tmp_path: Path) -> None:
    with engine_at(tmp_path) as first, engine_at(tmp_path) as second:
        first.upsert([document(stored("Un"), analysis(), SOURCES)])
        first.refresh()
        with pytest.raises(EngineBusy, match=rf"process {os.getpid()} on .* \(indexing, since 20"):
            second.upsert([])
        with pytest.raises(EngineBusy), second.rebuilding():
            pass
        assert second.search(None, now=NOW).total == 1, "reading takes no lock"
        first.close()
        assert second.upsert([document(stored("Deux"), analysis(), SOURCES)]) == 1


def test_failed_commit_keeps_what_was_committed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with engine_at(tmp_path) as engine:
        engine.upsert([document(stored("Un"), analysis(), SOURCES)])
        engine.refresh()
        engine.upsert([document(stored("Deux"), analysis(), SOURCES)])
        assert engine._writer is not None

        class Full:
            def __init__(self, inner: object) -> None:
                self.rollback = inner.rollback  # type: ignore[attr-defined]

            def commit(self) -> None:
                raise ValueError("no space left on device")

        writer = engine._writer
        engine._writer = Full(writer)  # type: ignore[assignment]
        with pytest.raises(ValueError, match="no space"):
            engine.refresh()
        engine._writer = writer
        assert engine.search(None, now=NOW).total == 1
        engine.upsert([document(stored("Trois"), analysis(), SOURCES)])
        engine.refresh()
        assert engine.search(None, now=NOW).total == 2


WRITER = """
import sys
from pathlib import Path
from tests.search.press import *
from search.documents import document
from search.embedded import EmbeddedEngine
home = Path(sys.argv[1])
engine = EmbeddedEngine(home, config(home), analysis=analysis())
turn = 0
while True:
    turn += 1
    many = [stored(f"Tour {turn}", "la police", name=str(n), revision=turn) for n in range(40)]
    engine.upsert(document(one, analysis(), SOURCES) for one in many)
    engine.refresh()
    print(turn, flush=True)
"""


def python(code: str, *arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_readers_see_whole_commits_while_another_process_writes(tmp_path: Path) -> None:
    with python(WRITER, tmp_path) as writer:
        assert writer.stdout is not None
        try:
            assert writer.stdout.readline() == "1\n"
            turns: set[int] = set()
            looks = 0
            with engine_at(tmp_path) as reader:
                until = time.monotonic() + 30
                while time.monotonic() < until and (len(turns) < 5 or looks < 50):
                    revisions = dict(reader.revisions())
                    assert len(revisions) == 40 and len(set(revisions.values())) == 1
                    turns |= set(revisions.values())
                    looks += 1
            assert len(turns) >= 5 and looks >= 50
            assert writer.poll() is None, "the reader did not stop the writer"
        finally:
            writer.kill()


def fill(ledger: Ledger, numbers: range) -> None:
    for n in numbers:
        one = stored("La police", "annonce", name=str(n))
        link = Link("matin", one.article.url, "https://matin.example/feed", Via.FEED)
        capture = Capture("a.warc.gz", n, f"{n:064x}")
        page = FetchedPage(link, one.article.url, one.article.url, 200, (), b"", SEEN, capture)
        annotated: Annotated = replace(one.annotated, content_hash=f"hash {n}")
        from store.urls import article_id

        ledger.write(None, annotated, Decision(Verdict.NEW, article_id(one.article.url), 1), page)


def test_killed_at_any_instant_the_indexer_loses_nothing(tmp_path: Path) -> None:
    each, times = 40, kills(5)
    total = each * times
    with Ledger.open(tmp_path) as ledger:
        rng = random.Random(4)
        environ = {**os.environ, "MARSAD_INDEX__COMMIT_EVERY": "20"}
        for number in range(times):
            fill(ledger, range(each * number, each * (number + 1)))
            command = [sys.executable, "-m", "search.indexer", "--home", str(tmp_path), "--follow"]
            process = subprocess.Popen(
                command, cwd=ROOT, env=environ, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
            )
            # From before its imports to after its first commits; it is a second or two of work.
            time.sleep(rng.uniform(0.3, 2.5))
            process.send_signal(signal.SIGKILL)
            process.communicate()
        settings = config(tmp_path)
        settings.__dict__["sources"] = SOURCES
        with engine_at(tmp_path) as engine:
            drain(ledger, engine, settings, analysis=analysis())
            found = verify(ledger, engine)
            assert found.agrees and found.articles == total and found.waiting == 0, found
            assert engine.info().articles == total
        with Searcher(settings, tmp_path) as searcher:
            assert len([*searcher.articles("police", now=NOW)]) == total


def test_rows_that_a_killed_indexer_held_are_indexed_at_once(tmp_path: Path) -> None:
    with Ledger.open(tmp_path) as ledger, subprocess.Popen(["sleep", "60"]) as held:
        fill(ledger, range(5))
        start = Path(f"/proc/{held.pid}/stat").read_text().rpartition(")")[2].split()[19]
        ledger.outbox_take(3, f"{socket.gethostname()}/{held.pid}/{start}", datetime.now(UTC), 600)
        settings = config(tmp_path)
        settings.__dict__["sources"] = SOURCES
        with engine_at(tmp_path) as engine:
            assert drain(ledger, engine, settings, analysis=analysis()).indexed == 2, "the holder lives"
            held.kill()
            assert drain(ledger, engine, settings, analysis=analysis()).indexed == 3


def test_following_indexer_ends_at_sigterm_with_everything_committed(tmp_path: Path) -> None:
    with Ledger.open(tmp_path) as ledger:
        fill(ledger, range(5))
        command = [sys.executable, "-m", "search.indexer", "--home", str(tmp_path), "--follow"]
        with subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process:
            until = time.monotonic() + 60
            while ledger.outbox_size() and time.monotonic() < until:
                time.sleep(0.1)
            fill(ledger, range(5, 8))
            while ledger.outbox_size() and time.monotonic() < until:
                time.sleep(0.1)
            process.terminate()
            assert process.wait(30) == 0
            assert process.stderr is not None
            told = json.loads(process.stderr.read().splitlines()[-1])
            assert (told["event"], told["indexed"], told["removed"]) == ("articles_indexed", 8, 0)
        with engine_at(tmp_path) as engine:
            assert verify(ledger, engine).agrees


def test_a_following_indexer_leaves_the_outbox_to_whoever_writes(tmp_path: Path) -> None:
    """Two crawls of one home: the second one's indexer ends well, the first one's has taken everything."""
    with Ledger.open(tmp_path) as ledger:
        fill(ledger, range(3))
        with engine_at(tmp_path) as engine:
            engine.upsert(())  # the writer of this index is us
            process = subprocess.Popen(
                [sys.executable, "-m", "search.indexer", "--home", str(tmp_path), "--follow"],
                stdin=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                cwd=ROOT,
            )
            _, told = process.communicate(timeout=60)
            assert process.returncode == 0
            assert json.loads(told)["indexed"] == 0
            assert ledger.outbox_size() == 3
