from __future__ import annotations

import pytest

from config import load
from search.analysis import Analysis


@pytest.fixture(scope="session")
def analysis(tmp_path_factory: pytest.TempPathFactory) -> Analysis:
    """The analysis of the packaged configuration."""
    return Analysis(load(home=tmp_path_factory.mktemp("home"), environ={}))
