"""What tests of several folders share: servers, and the count of what they could not be had for."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import postgres
from tests.elasticsearch import server as elastic
from tests.elasticsearch.fetch import BUILDS

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # Begun in the background of a shell: what we start would be deaf to Ctrl-C, too.
    signal.signal(signal.SIGINT, signal.default_int_handler)


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
    return elastic.shared(_of_all_processes(tmp_path_factory))


@pytest.fixture(scope="session")
def elasticsearch_9(tmp_path_factory: pytest.TempPathFactory) -> str:
    """As :func:`elasticsearch`, of a bare Elasticsearch 9, which has none of the server's modules."""
    return elastic.shared(_of_all_processes(tmp_path_factory), BUILDS["9"])


def _of_all_processes(factory: pytest.TempPathFactory) -> Path:
    """A folder that all processes of this run share."""
    own = factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say loudly what was not tested."""
    for absent in (postgres.ABSENT, elastic.ABSENT, elastic.ABSENT_9):
        skipped = [
            report
            for report in terminalreporter.stats.get("skipped", [])
            if isinstance(report.longrepr, tuple) and absent in str(report.longrepr[2])
        ]
        if skipped:
            terminalreporter.section("NOT TESTED", sep="!")
            terminalreporter.write_line(f"{len(skipped)} tests skipped. {absent}")
