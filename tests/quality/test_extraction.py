"""The measured quality of extraction stays above its floors, and above the peer in every language."""

from __future__ import annotations

import pytest

from tests.data import data_dir
from tests.quality import extraction


@pytest.mark.data
def test_extraction_is_above_its_floors_and_its_peer() -> None:
    root = data_dir("extraction")
    assert extraction.below(extraction.measure(extraction.rows(root), root)) == []
