"""The demo, run once for all tests of this folder; each module looks at a copy of its home."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.e2e.harness import Desk


@dataclass(frozen=True)
class Shown:
    """What ``marsad demo`` left in its home, and what it printed."""

    desk: Desk
    out: str
    ran_in: Path
    """The folder that it was run in; the home is a copy."""
    day: str
    """The date on which it began, UTC."""


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Shown:
    """The demo on the embedded engine, in a home that is the module's own."""
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    made = shared / "the-demo"
    with (shared / "the-demo-lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            folder = tmp_path_factory.mktemp("demo")
            (folder / "day").write_text(str(datetime.now(UTC).date()))
            # What a user has set for real crawls: none of it is meant for the demo.
            out = run_demo(folder, {"MARSAD_CONFIG": "tests", "MARSAD_CRAWL__BACKFILL_DAYS": "1"})
            (folder / "out").write_text(out, encoding="utf-8")
            (folder / "ran-in").write_text(str(folder), encoding="utf-8")
            folder.rename(made)
    folder = tmp_path_factory.mktemp("demo") / "copy"
    shutil.copytree(made, folder)
    home = folder / "demo"
    out, ran_in, day = ((folder / name).read_text(encoding="utf-8") for name in ("out", "ran-in", "day"))
    return Shown(Desk(home, home / "config"), out, Path(ran_in), day)


@pytest.fixture(scope="module")
def desk(shown: Shown) -> Desk:
    return shown.desk


def run_demo(folder: Path, environment: dict[str, str]) -> str:
    """What ``marsad --home FOLDER demo`` prints under *environment*."""
    done = subprocess.run(
        [sys.executable, "-m", "cli.main", "--home", str(folder), "demo"],
        capture_output=True,
        text=True,
        timeout=500,
        env={**os.environ, **environment},
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return done.stdout
