"""Who holds a lease, said so that another process of the machine can tell whether the holder still lives."""

from __future__ import annotations

import os
import socket
from pathlib import Path


def _stat(pid: int) -> tuple[str, str]:
    """State letter of process *pid*, and when it began in clock ticks since boot; empty where not told.

    Start and pid together name a process for good: pids are used again.
    """
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return fields[0], fields[19]
    except (OSError, IndexError):
        return "", ""


def owner_name() -> str:
    """This process as an owner: ``host/pid/start``."""
    return f"{socket.gethostname()}/{os.getpid()}/{_stat(os.getpid())[1]}"


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
    state, now = _stat(int(pid_text))
    return state in ("Z", "X") or bool(start and now and start != now)
