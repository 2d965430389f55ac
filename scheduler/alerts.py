"""One line for each change of a source's state, grouped when many change at once; told to a command."""

from __future__ import annotations

import json
import shlex
import subprocess
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from store.health import INDEXING, HealthChange

TOGETHER = 4
"""From so many sources on that came into one state at once, they are told of in one line."""
TIMEOUT_S = 30.0
_LOOK_S = 0.2
_NAMED = 5


class AlertFailed(Exception):
    """The command of ``alerts.command`` could not be run, or refused; says what happened."""


def lines(changes: Sequence[HealthChange]) -> list[str]:
    """*changes* in words: a line each, or one for all that came into one state.

    >>> lines([HealthChange(1, "akhbar", None, "ok", "failing", "no listing could be had")])
    ['akhbar: failing (was ok): no listing could be had']
    """
    by_state: defaultdict[str, list[HealthChange]] = defaultdict(list)
    told = [f"indexing: {_change(change)}" for change in changes if change.source_id == INDEXING]
    for change in changes:
        if change.source_id != INDEXING:
            by_state[change.state].append(change)
    for state, some in by_state.items():
        if len(some) >= TOGETHER:
            names = ", ".join(change.source_id for change in some[:_NAMED])
            more = f" and {len(some) - _NAMED} more" if len(some) > _NAMED else ""
            told.append(f"{len(some)} sources are {state}: {names}{more}")
        else:
            told += [f"{change.source_id}: {_change(change)}" for change in some]
    return told


def _change(change: HealthChange) -> str:
    return f"{change.state} (was {change.was or 'new'}): {change.reason}"


def tell(
    command: str,
    changes: Sequence[HealthChange],
    environment: Mapping[str, str],
    stop: Callable[[], bool] = lambda: False,
) -> None:
    """Run *command* (as a shell splits it, without a shell) with *changes* as one JSON object on its stdin.

    It is killed after :data:`TIMEOUT_S`, or when *stop* says true.  Raises :class:`AlertFailed`.
    """
    value: dict[str, Any] = {
        "lines": lines(changes),
        "changes": [
            {
                "source": None if change.source_id == INDEXING else change.source_id,
                "job": "outbox" if change.source_id == INDEXING else None,
                "at": change.at.isoformat().replace("+00:00", "Z"),
                "was": change.was,
                "state": change.state,
                "reason": change.reason,
            }
            for change in changes
        ],
    }
    try:
        words = shlex.split(command)
        process = subprocess.Popen(
            words,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env=dict(environment),
        )
    except (OSError, ValueError) as fault:
        raise AlertFailed(f"alerts.command: {fault}") from fault
    until = time.monotonic() + TIMEOUT_S
    text: bytes | None = json.dumps(value, ensure_ascii=False).encode()
    with process:
        while True:
            try:
                _, said = process.communicate(text, _LOOK_S)
                break
            except subprocess.TimeoutExpired:
                text = None  # it has it, or is being given it
                late = time.monotonic() > until
                if late or stop():
                    process.kill()
                    why = f"did not end within {TIMEOUT_S:.0f} s" if late else "was ended with the scheduler"
                    raise AlertFailed(f"alerts.command: {words[0]} {why}") from None
    if process.returncode:
        raise AlertFailed(
            f"alerts.command ended with {process.returncode}: {said.decode(errors='replace').strip()[-300:]}"
        )
