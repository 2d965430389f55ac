"""Where the labelled data lies; tests that need it skip, loudly, where it is absent."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def data_dir(name: str) -> Path:
    """The folder *name* of the labelled data (``extraction``, ``press``, ``coverage``); skips if absent.

    ``MARSAD_TEST_DATA`` names the data folder; its default is ``../shared/data`` beside the project.
    """
    base = Path(os.environ.get("MARSAD_TEST_DATA") or ROOT.parent / "shared" / "data")
    folder = base / name
    if not folder.is_dir():
        pytest.skip(f"labelled data absent: no folder {folder} (set MARSAD_TEST_DATA); nothing was measured")
    return folder
