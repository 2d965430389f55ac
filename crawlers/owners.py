"""Who holds a lease, said so that another process of the machine can tell whether the holder still lives."""

from __future__ import annotations

import os
import socket
from pathlib import Path


def _started(pid: int) -> str:
    """When process *pid* began, in clock ticks since boot; empty where the system does not say.

    Together with the pid it names a process for good: pids are used again.
    """
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""


def owner_name() -> str:
    """This process as an owner: ``host/pid/start``."""
    return f"{socket.gethostname()}/{os.getpid()}/{_started(os.getpid())}"


def is_dead(owner: str) -> bool:
    """Whether *owner* was a process of this machine that is gone; False where that cannot be known."""
    host, _, rest = owner.partition("/")
    pid_text, _, start = rest.partition("/")
    if host != socket.gethostname() or not pid_text.isdigit():
        return False
    try:
        os.kill(int(pid_text), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        pass
    now = _started(int(pid_text))
    return bool(start and now and start != now)
