"""What tests of several folders share: a PostgreSQL server, and the count of what it could not be had for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests import postgres


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


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say loudly what was not tested."""
    skipped = [
        report
        for report in terminalreporter.stats.get("skipped", [])
        if isinstance(report.longrepr, tuple) and postgres.ABSENT in str(report.longrepr[2])
    ]
    if skipped:
        terminalreporter.section("NOT TESTED", sep="!")
        terminalreporter.write_line(f"{len(skipped)} tests skipped. {postgres.ABSENT}")
