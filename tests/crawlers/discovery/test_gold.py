"""Whole bodies of invented outlets, and all that is found in them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.crawlers.discovery.gold import CASES, found


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
@pytest.mark.parametrize("part", ["links", "children", "problems", "title", "newest"])
def test_everything_found(case: Path, part: str) -> None:
    expected = json.loads((case / "expected.json").read_text("utf-8"))
    assert found(case)[part] == expected[part]
