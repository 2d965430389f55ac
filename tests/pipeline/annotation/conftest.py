from __future__ import annotations

import pytest

import config
from config.loader import Config
from pipeline.annotation import Annotator


@pytest.fixture(scope="session")
def settings() -> Config:
    return config.load(environ={})


@pytest.fixture(scope="session")
def annotator(settings: Config) -> Annotator:
    return Annotator(settings)
