"""``kill -9`` of everything at random instants: nothing known is lost, nothing comes twice."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from cli.demo import write_overlay
from demo.press import load
from demo.server import serve
from store.ledger import Ledger
from tests.benchmarks.machine import family
from tests.data import data_dir
from tests.e2e import shelf
from tests.e2e.harness import Desk, kept
from tests.kills import kills

pytestmark = [pytest.mark.timeout(900)]

TODAY = date(2026, 11, 24)


@contextmanager
def demo_press(folder: Path) -> Iterator[Path]:
    """The overlay of the demo press while it is served."""
    with serve(load(TODAY)) as stand:
        write_overlay(folder / "config", stand)
        yield folder / "config"


@contextmanager
def labelled_pages(folder: Path) -> Iterator[Path]:
    """The overlay of some of the labelled pages while they are served."""
    with shelf.serve(shelf.load(data_dir("extraction"), limit=12)) as served:
        yield served.write_overlay(folder / "config")


PRESSES = [
    pytest.param(demo_press, id="demo_press"),
    pytest.param(labelled_pages, id="labelled_pages", marks=[pytest.mark.data, pytest.mark.soak]),
]


@pytest.mark.parametrize("press", PRESSES)
def test_a_crawl_killed_again_and_again_ends_as_one_left_alone(press: Any, tmp_path: Path) -> None:
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    chance = random.Random(seed)
    with press(tmp_path) as overlay:
        calm = Desk(tmp_path / "calm", overlay)
        calm.run("crawl", expect=(0, 1))
        shaken = Desk(tmp_path / "shaken", overlay)
        for _ in range(kills(3)):
            _kill_after(shaken, chance.uniform(0.3, 4.0))
        # A pause or a retry that the killings caused may put a few links off: call again, as cron would.
        for _ in range(5):
            shaken.run("crawl", expect=(0, 1))
            if not _open_links(shaken.home):
                break
            time.sleep(1)
        shaken.run("crawl", *_sources(calm.home), expect=(0, 1))
        shaken.run("verify")
        assert _links(shaken.home) == _links(calm.home)
        assert kept(shaken.export()) == kept(calm.export())
        # What the killed still held is ended; nothing else is there to be mended.
        kinds = {row["kind"] for row in shaken.json("verify")["disagreements"]}
        assert kinds <= {"lease_of_the_dead", "run_of_the_dead"}
    with Ledger.open(shaken.home) as ledger:
        assert ledger.quick_check() == []


def _kill_after(desk: Desk, seconds: float) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MARSAD_")}
    process = subprocess.Popen(
        desk.command("crawl"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment
    )
    time.sleep(seconds)
    for pid in family(process.pid):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    process.wait()


def _query(home: Path, sql: str) -> list[Any]:
    with closing(sqlite3.connect(home / "ledger.sqlite")) as ledger:
        return ledger.execute(sql).fetchall()


def _links(home: Path) -> list[Any]:
    return _query(home, "SELECT key, state, reason FROM links ORDER BY key")


def _open_links(home: Path) -> list[Any]:
    return _query(
        home, "SELECT key FROM links WHERE state IN ('discovered', 'fetching', 'retry', 'captured')"
    )


def _sources(home: Path) -> list[str]:
    return [row[0] for row in _query(home, "SELECT source_id FROM sources ORDER BY 1")]
