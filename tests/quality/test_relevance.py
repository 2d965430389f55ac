"""The measured quality of annotation stays above its floors."""

from __future__ import annotations

import pytest

from config.loader import load
from pipeline.annotation import Annotator
from tests.data import data_dir
from tests.quality import relevance


@pytest.mark.data
def test_relevance_and_institutions_are_above_their_floors() -> None:
    annotator = Annotator(load(environ={}))
    found = relevance.measure(relevance.coverage(data_dir("coverage")), annotator)
    real = relevance.measure(relevance.press(data_dir("press")), annotator)
    assert relevance.below(relevance.reached(found, real)) == []
