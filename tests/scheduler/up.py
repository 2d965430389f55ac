"""``marsad up`` as a process of its own, watched through the ledger."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from store.ledger import Ledger
from store.runs import Lock, Run
from tests.crawlers.outlets import FAST, Outlets

SWIFT: dict[str, dict[str, Any]] = {
    **FAST,
    "crawl": {**FAST["crawl"], "poll_min_s": 1, "poll_max_s": 2, "lease_s": 5},
    "scheduler": {"crawl_every_s": 1, "read_every_s": 1, "outbox_every_s": 1, "free_mb": 1},
    "metrics": {"port": 0},
    "log": {"level": "info", "format": "json"},
}
"""Settings under which the clock does in seconds what it does in hours."""
PATIENCE_S = 150.0


@dataclass
class Up:
    """A running scheduler and what it says."""

    process: subprocess.Popen[bytes]
    log: Path
    ledger: Ledger

    def until(self, what: Callable[[], Any], told: str, patience_s: float = PATIENCE_S) -> Any:
        """Wait until *what* is true; its value."""
        end = time.monotonic() + patience_s
        while time.monotonic() < end:
            if found := what():
                return found
            assert self.process.poll() is None, f"ended with {self.process.returncode}: {self.text()[-3000:]}"
            time.sleep(0.1)
        raise AssertionError(f"not within {patience_s:.0f} s: {told}; {self.text()[-3000:]}")

    def ended(self, job: str, **where: Any) -> list[Run]:
        """The runs of *job* that have ended, the newest first, with the attributes *where*."""
        return [
            run
            for run in self.ledger.runs(job=job, limit=1000)
            if run.ended_at and all(getattr(run, key) == value for key, value in where.items())
        ]

    def holder(self) -> Lock | None:
        """The scheduler's lock, while somebody holds it."""
        return self.ledger.lock_holder("scheduler", self.ledger.clock())

    def text(self) -> str:
        return self.log.read_text("utf-8", "replace")

    def stop(self, number: int = signal.SIGTERM) -> tuple[int, float]:
        """Send a signal and wait; exit code and seconds."""
        began = time.monotonic()
        self.process.send_signal(number)
        return self.process.wait(60), time.monotonic() - began


def command(outlets: Outlets, *arguments: str, options: Sequence[str] = ()) -> list[str]:
    """``marsad OPTIONS ARGUMENTS``."""
    where = ["--home", str(outlets.home), "--config", str(outlets.folder)]
    return [sys.executable, "-m", "cli.main", *where, *options, *arguments]


def environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("MARSAD_")}
    return {**clean, **(more or {})}


@contextmanager
def up(
    outlets: Outlets,
    *arguments: str,
    name: str = "up",
    more: Mapping[str, str] | None = None,
    options: Sequence[str] = (),
    url: str = "",
) -> Iterator[Up]:
    """A scheduler over *outlets*, *more* in its environment; killed at the end if it runs still.

    Its ledger is that of the home or, with *url*, the server's.
    """
    outlets.home.mkdir(parents=True, exist_ok=True)
    log = outlets.folder / f"{name}.log"
    with log.open("ab") as output, Ledger.open(url or outlets.home) as ledger:
        process = subprocess.Popen(
            command(outlets, "up", *arguments, options=options),
            stderr=output,
            stdout=output,
            env=environment({**(more or {}), "MARSAD_LEDGER__URL": url}),
        )
        try:
            yield Up(process, log, ledger)
        finally:
            if process.poll() is None:
                process.terminate()
                try:
                    process.wait(20)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()


def marsad(
    outlets: Outlets, *arguments: str, expect: int | None = 0, more: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """``marsad …`` on the same home, *more* in its environment; *expect* ``None``: whatever its exit code."""
    done = subprocess.run(
        command(outlets, *arguments), capture_output=True, text=True, timeout=120, env=environment(more)
    )
    assert expect in (None, done.returncode), f"{done.returncode}: {done.stdout}{done.stderr}"
    return done
