"""Read by every Python process whose path has this folder: its wall clock is off by what a file says.

``WRONG_CLOCK`` names the file, which holds seconds and may change at any time.  Monotonic clocks stay.
"""

from __future__ import annotations

import os
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import time_machine

_FILE = Path(os.environ["WRONG_CLOCK"])


def _offset_s() -> float:
    try:
        return float(_FILE.read_text() or 0)
    except (OSError, ValueError):  # just being written
        return _told


_told = 0.0
_told = _offset_s()
_travel = time_machine.travel(datetime.now(UTC) + timedelta(seconds=_told), tick=True)
_clock = _travel.start()


def _watch() -> None:
    global _told
    while True:
        time.sleep(0.1)
        now_s = _offset_s()
        if now_s != _told:
            _clock.shift(now_s - _told)
            _told = now_s


threading.Thread(target=_watch, daemon=True).start()
