"""The measured quality of what annotation says, and of what lies between articles, stays above its floors."""

from __future__ import annotations

import pytest

from config.loader import load
from tests.data import data_dir
from tests.quality import understanding


@pytest.mark.data
def test_labels_copies_and_stories_are_above_their_floors() -> None:
    assert understanding.below(understanding.reached(data_dir("coverage"), load(environ={}))) == []
