"""How a process that follows another learns that nothing more will come: its standard input ends.

A pipe ends when the one who holds it closes it or dies, however it dies; no signal, no polling of process
numbers, no orphan that waits for ever.
"""

from __future__ import annotations

import os
import select
import sys


def stdin_ended() -> bool:
    """Whether whoever started this process has closed its end of the pipe, or is gone; never waits."""
    descriptor = sys.stdin.fileno()
    while select.select([descriptor], [], [], 0)[0]:
        if not os.read(descriptor, 4096):
            return True
    return False
