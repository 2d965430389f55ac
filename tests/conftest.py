"""What tests of several folders share: servers, and the count of what they could not be had for."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests import postgres
from tests.elasticsearch import server as elastic


@pytest.fixture(scope="session")
def server() -> Iterator[postgres.Server]:
    """A PostgreSQL server, one a process of the tests; started by the first test that needs it."""
    where = postgres.binaries()
    if where is None:
        assert postgres.ASKED != "require", postgres.ABSENT
        pytest.skip(postgres.ABSENT)
    with postgres.Server(where) as running:
        yield running


@pytest.fixture
def database(server: postgres.Server) -> Iterator[str]:
    """The URL of a database of its own that holds an empty ledger."""
    url = server.new_database()
    yield url
    server.give_back(url)


@pytest.fixture(scope="session")
def elasticsearch(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The URL of an Elasticsearch server, one for all processes of the tests; started by the first that asks.

    Each test names its index for itself (:func:`tests.elasticsearch.server.index_name`).
    """
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    return elastic.shared(shared)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say loudly what was not tested."""
    for absent in (postgres.ABSENT, elastic.ABSENT):
        skipped = [
            report
            for report in terminalreporter.stats.get("skipped", [])
            if isinstance(report.longrepr, tuple) and absent in str(report.longrepr[2])
        ]
        if skipped:
            terminalreporter.section("NOT TESTED", sep="!")
            terminalreporter.write_line(f"{len(skipped)} tests skipped. {absent}")
