"""How often the tests of ``kill -9`` kill: few times in ``make test``, so that it stays quick."""

from __future__ import annotations

import os


def kills(few: int) -> int:
    """``MARSAD_TEST_KILLS`` (50 shows the promise in full), else *few*."""
    return int(os.environ.get("MARSAD_TEST_KILLS") or few)
