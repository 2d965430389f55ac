"""Several processes on one ledger, and processes that die at any instant; on both engines."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

from store.archive import Archive
from store.ledger import Ledger
from store.urls import article_id
from tests.store.made import NOW, link

ROOT = Path(__file__).resolve().parents[2]


def start(place: Path | str, home: Path, lease_s: float, batch: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.store.worker", str(place), str(home), str(lease_s), str(batch)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finish(worker: subprocess.Popen[str]) -> list[str]:
    """The keys that the worker fetched."""
    out, err = worker.communicate(timeout=60)
    assert worker.returncode == 0, err
    return [line.removeprefix("fetch ") for line in out.splitlines() if line.startswith("fetch ")]


def fill(place: Path | str, number: int) -> set[str]:
    """Links of a few hosts; the ids of their articles."""
    found = [link(n, f"s{n % 5}") for n in range(number)]
    with Ledger.open(place) as ledger:
        ledger.add_links(found, NOW)
    return {article_id(each.url) for each in found}


def check_whole(place: Path | str, home: Path, ids: set[str]) -> None:
    archive = Archive(home)
    with Ledger.open(place, create=False) as ledger:
        assert ledger.quick_check() == []
        status = ledger.status()
        assert status.frontier == {"stored": len(ids)}
        assert (status.articles, status.revisions, status.outbox) == (len(ids),) * 3
        stored = list(ledger.articles())
    assert {each.article_id for each in stored} == ids
    for each in stored:
        assert archive.read(each.capture).url == each.article.url


def test_several_processes_fetch_each_link_once(place: Path | str, tmp_path: Path) -> None:
    ids = fill(place, 60)
    fetched = [finish(worker) for worker in [start(place, tmp_path, 60, 4) for _ in range(3)]]
    keys = [key for each in fetched for key in each]
    assert len(keys) == len(set(keys)) == len(ids)
    assert len(Archive(tmp_path).files()) == sum(1 for each in fetched if each)
    check_whole(place, tmp_path, ids)


def test_fault_78_processes_killed_at_any_instant_lose_nothing_and_double_nothing(
    place: Path | str, tmp_path: Path
) -> None:
    chance = random.Random(7)
    ids = fill(place, 60)
    for _ in range(5):
        worker = start(place, tmp_path, 0.3, 5)
        assert worker.stdout is not None
        assert worker.stdout.readline() == "begun\n"
        time.sleep(chance.uniform(0.0, 0.25))
        worker.kill()
        worker.communicate()
        with Ledger.open(place, create=False) as ledger:
            assert ledger.quick_check() == []
    finish(start(place, tmp_path, 0.3, 5))
    check_whole(place, tmp_path, ids)


def test_a_process_killed_while_making_the_ledger_leaves_one_that_can_be_made(tmp_path: Path) -> None:
    script = "import sys; from store.ledger import Ledger; from pathlib import Path; print(1, flush=True);"
    script += "Ledger.open(Path(sys.argv[1]))"
    for pause in (0.0, 0.02):
        home = tmp_path / str(pause)
        maker = subprocess.Popen(
            [sys.executable, "-c", script, str(home)], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        assert maker.stdout is not None
        maker.stdout.readline()
        time.sleep(pause)
        maker.kill()
        maker.communicate()
        with Ledger.open(home) as ledger:
            assert ledger.quick_check() == []
            assert ledger.add_links([link(1)], NOW)["new"] == 1
