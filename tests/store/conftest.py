from collections.abc import Iterator
from pathlib import Path

import pytest

from store.ledger import Ledger


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """An empty ledger in a home of its own."""
    with Ledger.open(tmp_path / "home") as opened:
        yield opened
        assert opened.quick_check() == []
