from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from search.embedded import EmbeddedEngine
from search.engine import Engine
from tests.search.press import analysis, config


@pytest.fixture(params=["embedded"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """Every engine that there is, empty."""
    match request.param:
        case "embedded":
            made = EmbeddedEngine(tmp_path, config(tmp_path), analysis=analysis())
            yield made
            made.close()
