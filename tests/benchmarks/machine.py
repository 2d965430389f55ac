"""The machine that figures are measured on, and the processes that are measured."""

from __future__ import annotations

import os
import platform
import time
from collections import Counter
from pathlib import Path

_TURNS = 7


def yardstick_ms() -> float:
    """Milliseconds that this machine takes, at its best, for a fixed piece of Python: its speed just now.

    A virtual machine of one name is twice as fast on one day as on another; figures are comparable where
    their yardsticks are.
    """
    text = " ".join(f"word{number * 7919 % 30_011}" for number in range(100_000))

    def once() -> float:
        began = time.perf_counter()
        Counter(word.strip("w")[-3:] for word in text.split())
        return (time.perf_counter() - began) * 1000

    return min(once() for _ in range(_TURNS))


def described() -> str:
    """Processor, cores, memory, Python, speed: what a figure must be quoted with."""
    told = {
        name.strip(): value.strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        for name, _, value in [line.partition(":")]
    }
    model = told.get("model name") or platform.processor()
    if "cpu family" in told:
        model += f" (family {told['cpu family']}, model {told.get('model', '?')})"
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{model}, {len(os.sched_getaffinity(0))} cores, {memory:.0f} GiB; "
        f"{platform.system()} {platform.release()}; Python {platform.python_version()}; "
        f"yardstick {yardstick_ms():.0f} ms"
    )


def family(pid: int) -> list[int]:
    """*pid* and every process below it, from the system's own table."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text()
            except OSError:
                continue
            parent = int(stat.rpartition(")")[2].split()[1])
            children.setdefault(parent, []).append(int(entry.name))
    found, waiting = [pid], [pid]
    while waiting:
        below = children.get(waiting.pop(), [])
        found += below
        waiting += below
    return found
