"""The ledger that the tests of the store are given: the same tests, on both engines."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from store.ledger import Ledger

ENGINES = [pytest.param("sqlite", id="sqlite"), pytest.param("postgresql", id="postgresql")]


@pytest.fixture(params=ENGINES)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Path | str:
    """Where an empty ledger lies: a home, or the URL of a database."""
    if request.param == "sqlite":
        home = tmp_path / "home"
        Ledger.open(home).close()
        return home
    url: str = request.getfixturevalue("database")
    return url


@pytest.fixture
def ledger(place: Path | str) -> Iterator[Ledger]:
    """An empty ledger in a place of its own."""
    with Ledger.open(place) as opened:
        yield opened
        assert opened.quick_check() == []
