from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from search.elasticsearch import ElasticEngine
from search.embedded import EmbeddedEngine
from search.engine import Engine
from tests.elasticsearch import server
from tests.search.press import analysis, config, on_server


@pytest.fixture(params=["embedded", "elasticsearch", pytest.param("elasticsearch_9", marks=pytest.mark.soak)])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """Every engine that there is, empty."""
    match request.param:
        case "embedded":
            made = EmbeddedEngine(tmp_path, config(tmp_path), analysis=analysis())
            yield made
            made.close()
        case server_of_a_version:
            url: str = request.getfixturevalue(server_of_a_version)
            name = server.index_name()
            elastic = ElasticEngine(tmp_path, on_server(tmp_path, url, name), analysis=analysis())
            yield elastic
            elastic.close()
            server.drop(url, name)
