"""``make bench``: every figure of ``docs/performance.md``, one bench after the other, machine named.

``MARSAD_BENCH="replay cli"`` names the benches to run.
"""

from __future__ import annotations

import os
import subprocess
import sys

from tests.benchmarks.machine import described

BENCHES = (
    "cli",
    "extraction",
    "replay",
    "index",
    "analysis",
    "discovery",
    "crawl",
    "workers",
    "understanding",
    "stories",
)


def main() -> int:
    print(described())
    asked = os.environ.get("MARSAD_BENCH", "").split() or BENCHES
    failed = 0
    for name in asked:
        print(f"\n== {name}", flush=True)
        failed += bool(subprocess.run([sys.executable, "-m", f"tests.benchmarks.bench_{name}"]).returncode)
    return min(failed, 1)


if __name__ == "__main__":
    sys.exit(main())
