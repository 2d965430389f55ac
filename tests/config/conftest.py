"""A small overlay to spoil."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

GOOD = """\
id: example
name: {fr: Exemple}
country: FR
languages: [fr]
scope: international
homepage: https://www.example.com/
timezone: Europe/Paris
entry_points:
  - {kind: feed, url: https://www.example.com/feed}
"""


@pytest.fixture
def overlay(tmp_path: Path) -> Callable[..., Path]:
    """Writes files (name → text or bytes) into an overlay folder and returns it."""

    def make(files: dict[str, str | bytes] | None = None) -> Path:
        folder = tmp_path / "overlay"
        folder.mkdir(exist_ok=True)
        for name, content in (files or {}).items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return folder

    return make
