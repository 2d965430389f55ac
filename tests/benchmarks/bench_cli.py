"""How long a command takes from a cold shell: ``python -m tests.benchmarks.bench_cli``.

Each command is a new process on the demo press's home; files are in the page cache and modules are compiled,
as they are for someone who asks twice (pip compiles what it installs, so for others too).
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

RUNS = 15
COMMANDS = [
    # (name, arguments, seconds to reach)
    ("marsad --help", ["--help"], 0.25),
    ("marsad search", ["search", "الأمن الوطني طنجة"], 0.5),
    ("marsad search --json --facets", ["search", "DGSN", "--json", "--facets", "source,lang"], 0.5),
    ("marsad trend", ["trend", "DGSN from:60d", "--by", "week"], None),
    ("marsad status", ["status"], None),
]


def main() -> None:
    marsad = Path(sys.executable).parent / "marsad"
    with tempfile.TemporaryDirectory() as folder:
        # Whatever this shell says of compiled modules: they are kept, and not beside the sources.
        environ = {**os.environ, "PYTHONPYCACHEPREFIX": str(Path(folder) / "compiled")}
        environ.pop("PYTHONDONTWRITEBYTECODE", None)
        subprocess.run([marsad, "--home", folder, "demo"], check=True, capture_output=True, env=environ)
        home = str(Path(folder) / "demo")
        print(f"{'command':<34}{'median':>9}{'slowest':>9}{'to reach':>10}")
        for name, arguments, goal in COMMANDS:
            times = []
            for _ in range(RUNS + 1):
                began = time.perf_counter()
                command = [str(marsad), "--home", home, *arguments]
                subprocess.run(command, check=True, capture_output=True, env=environ)
                times.append(time.perf_counter() - began)
            times = times[1:]  # the first fills the page cache and compiles
            print(
                f"{name:<34}{statistics.median(times):>8.2f}s{max(times):>8.2f}s"
                + (f"{goal:>9.2f}s" if goal else "")
            )


if __name__ == "__main__":
    main()
