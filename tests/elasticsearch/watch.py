"""Runs a command in this process group and kills the group when a given process is gone.

``python -m tests.elasticsearch.watch PID COMMAND …``: tests that are killed leave no server behind.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time


def main() -> None:
    watched, command = int(sys.argv[1]), sys.argv[2:]
    account = {
        name: int(value)
        for name, value in (
            ("user", os.environ.pop("MARSAD_WATCH_UID", "")),
            ("group", os.environ.pop("MARSAD_WATCH_GID", "")),
        )
        if value
    }
    process = subprocess.Popen(command, cwd="/", **account)  # type: ignore[call-overload]  # user and group alone
    while process.poll() is None:
        try:
            os.kill(watched, 0)
        except ProcessLookupError:
            os.killpg(0, signal.SIGKILL)
        time.sleep(0.5)
    raise SystemExit(process.returncode)


if __name__ == "__main__":
    main()
