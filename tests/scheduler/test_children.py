"""Processes with a wall clock and a memory limit, ended with all they started."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from scheduler import children
from scheduler.children import Ended, run_child

MODULES = {
    "fine": "print('all is well')",
    "fails": "import sys; print('oh no', file=sys.stderr); sys.exit(3)",
    "tells": "import json, sys; print(json.dumps({'fault': 'no server'})); sys.exit(5)",
    "dies": "import os; os.kill(os.getpid(), 9)",
    "hangs": "import time; time.sleep(600)",
    "swells": "import time; held = b'x' * (200 << 20); time.sleep(600)",
    "deaf": "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)",
    "parent": (
        "import subprocess, sys, pathlib, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        "pathlib.Path(sys.argv[1]).write_text(str(child.pid)); time.sleep(600)"
    ),
}


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Ended]:
    monkeypatch.setattr(children, "TERM_S", 1.0)
    for name, text in MODULES.items():
        (tmp_path / f"{name}.py").write_text(text)

    def run(name: str, *arguments: str, **more: Any) -> Ended:
        limits: dict[str, Any] = {"stop": lambda: False, "wall_clock_s": 60.0, "memory_mb": 500.0, **more}
        environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
        return run_child(name, arguments, log=tmp_path / "log" / "x.log", environment=environment, **limits)

    return run


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[:1]


@pytest.mark.parametrize(
    ("name", "limits", "outcome", "exit_code", "detail"),
    [
        ("fine", {}, "ok", 0, None),
        ("fails", {}, "failed", 3, "exit 3: see x.log"),
        ("tells", {}, "failed", 5, "exit 5: no server"),
        ("dies", {}, "killed", 137, "by SIGKILL"),
        ("hangs", {"wall_clock_s": 0.5}, "timeout", 143, "ended after 0 s (scheduler.wall_clock_s)"),
        ("hangs", {"stop": lambda: True}, "interrupted", 143, "the scheduler was stopped"),
        ("swells", {"memory_mb": 100.0}, "killed", 143, "ended over 100 MB (scheduler.memory_mb)"),
        ("deaf", {"wall_clock_s": 1.0}, "timeout", 137, "ended after 1 s (scheduler.wall_clock_s)"),
    ],
)
def test_how_a_child_ends(
    run: Callable[..., Ended],
    name: str,
    limits: dict[str, Any],
    outcome: str,
    exit_code: int,
    detail: str | None,
) -> None:
    ended = run(name, **limits)
    assert (ended.outcome, ended.exit_code, ended.detail) == (outcome, exit_code, detail)


def test_what_it_says_is_in_its_log(run: Callable[..., Ended], tmp_path: Path) -> None:
    run("fine")
    run("fails")
    assert (tmp_path / "log" / "x.log").read_text() == "all is well\noh no\n"


def test_its_peak_of_memory_is_told(run: Callable[..., Ended]) -> None:
    assert run("swells", memory_mb=100.0).peak_kb > 100 * 1024


def test_its_own_children_end_with_it(run: Callable[..., Ended], tmp_path: Path) -> None:
    note = tmp_path / "pid"
    assert (
        run("parent", str(note), stop=lambda: note.exists() and bool(note.read_text())).outcome
        == "interrupted"
    )
    pid, until = int(note.read_text()), time.monotonic() + 10
    while alive(pid) and time.monotonic() < until:
        time.sleep(0.05)
    assert not alive(pid)
