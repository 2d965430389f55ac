"""Who holds a lease, said so that another process of the machine can tell whether the holder still lives."""

from __future__ import annotations

import os
import re
import signal
import socket
from pathlib import Path

_EXITING = 0x4
"""Of a process's flags (``PF_EXITING``): it is being taken apart."""
_KILLED = 1 << (signal.SIGKILL - 1)


def _stat(pid: int) -> list[str]:
    """What ``/proc`` says of process *pid* after its name (state, parent …); empty where not told."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _start(stat: list[str]) -> str:
    """When the process began, in clock ticks since boot: start and pid together name it for good."""
    return stat[19] if len(stat) > 19 else ""


def owner_name(part: int | None = None) -> str:
    """This process as an owner: ``host/pid/start``; *part* of its work as one: ``host/pid/start#part``."""
    name = f"{socket.gethostname()}/{os.getpid()}/{_start(_stat(os.getpid()))}"
    return name if part is None else f"{name}#{part}"


def is_worker_id(text: str) -> bool:
    """Whether *text* may name a worker: it is a folder of the archive and a part of captures' names."""
    return re.fullmatch(r"[a-z0-9][a-z0-9._-]{0,62}", text) is not None


def is_dead(owner: str) -> bool:
    """Whether *owner* was a process of this machine that is gone; False where that cannot be known.

    A process that was killed is gone as soon as the signal stands against it: it does nothing more, but on a
    busy machine it may take seconds until the system has buried it.
    """
    host, _, rest = owner.partition("/")
    pid_text, _, start = rest.partition("/")
    if host != socket.gethostname() or not pid_text.isdigit():
        return False
    pid, start = int(pid_text), start.partition("#")[0]
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        pass
    stat = _stat(pid)
    now = _start(stat)
    return ends(stat, _status(pid)) or bool(start and now and start != now)


def _status(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return ""


def ends(stat: list[str], status: str) -> bool:
    """Whether a process of which ``/proc`` says *stat* and *status* is dead, or cannot act any more."""
    if stat and (stat[0] in ("Z", "X") or int(stat[6]) & _EXITING):
        return True
    pending = [line.split()[1] for line in status.splitlines() if line.startswith(("SigPnd:", "ShdPnd:"))]
    return any(int(mask, 16) & _KILLED for mask in pending)


def memory_kb(pid: int) -> tuple[int, int]:
    """What process *pid* holds now and held at most, in kibibytes; zeros where that is not told."""
    held = {
        line.split(":")[0]: int(line.split()[1])
        for line in _status(pid).splitlines()
        if line.startswith(("VmRSS:", "VmHWM:"))
    }
    return held.get("VmRSS", 0), held.get("VmHWM", 0)
