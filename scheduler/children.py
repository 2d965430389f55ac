"""A process beside ours with a wall clock and a memory limit, killed with all it has started."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from config.logs import last_fault
from store.owners import memory_kb
from store.runs import RunOutcome

TERM_S = 8.0
"""From SIGTERM to SIGKILL: whoever stops the scheduler waits ten seconds for it."""
_LOOK_S = 0.2


@dataclass(frozen=True, slots=True)
class Ended:
    """How a child ended."""

    outcome: RunOutcome
    exit_code: int
    """As a shell has it."""
    seconds: float
    peak_kb: int
    detail: str | None = None


def run_child(
    module: str,
    arguments: Sequence[str],
    *,
    log: Path,
    environment: Mapping[str, str],
    stop: Callable[[], bool],
    wall_clock_s: float,
    memory_mb: float,
) -> Ended:
    """Run ``python -m MODULE ARGUMENTS`` until it ends, or end it: for *stop*, its time or its memory.

    Its output goes to the end of *log*.  SIGTERM first, SIGKILL to its whole group :data:`TERM_S` later.
    """
    began = time.monotonic()
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=dict(environment),
            start_new_session=True,
        )
    peak_kb, why, told_at = 0, None, 0.0
    outcome: RunOutcome
    while (code := process.poll()) is None:
        rss_kb, most_kb = memory_kb(process.pid)
        peak_kb = max(peak_kb, most_kb)
        if why is None:
            if stop():
                why = "interrupted"
            elif time.monotonic() - began > wall_clock_s:
                why = "timeout"
            elif rss_kb > memory_mb * 1024:
                why = "killed"
            if why is not None:
                told_at = time.monotonic()
                _signal(process.pid, signal.SIGTERM)
        elif time.monotonic() - told_at > TERM_S:
            _signal(process.pid, signal.SIGKILL)
        with suppress(subprocess.TimeoutExpired):
            process.wait(_LOOK_S)
    _signal(process.pid, signal.SIGKILL)  # what it may have left behind
    seconds = time.monotonic() - began
    exit_code = code if code >= 0 else 128 - code
    detail = None
    if why == "timeout":
        outcome, detail = "timeout", f"ended after {wall_clock_s:.0f} s (scheduler.wall_clock_s)"
    elif why == "killed":
        outcome, detail = "killed", f"ended over {memory_mb:.0f} MB (scheduler.memory_mb)"
    elif why == "interrupted":
        outcome, detail = "interrupted", "the scheduler was stopped"
    elif code < 0:
        outcome, detail = "killed", f"by {signal.Signals(-code).name}"
    elif code:
        outcome, detail = "failed", f"exit {code}: {last_fault(log) or f'see {log.name}'}"
    else:
        outcome = "ok"
    return Ended(outcome, exit_code, seconds, peak_kb, detail)


def _signal(group: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)
