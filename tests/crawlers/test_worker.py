"""What a worker may take, and in which order."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import config
from crawlers.worker import hosts_of, may_be_taken
from store.ledger import Ledger
from store.states import SourceState
from tests.crawlers.outlets import Outlets
from tests.site.faults import Host

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)


def later(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


@pytest.fixture
def outlets(tmp_path: Path) -> Outlets:
    """Three outlets: a and b on one host, c on another one."""
    made = Outlets(tmp_path)
    one, two = Host("127.66.0.1"), Host("127.66.0.2")
    for name, host in (("a", one), ("b", one), ("c", two)):
        made.add(name, host, ("feed", f"/{name}/feed"), homepage=host.url(f"/{name}"))
    return made


def taken(outlets: Outlets, ledger: Ledger) -> list[list[str]]:
    loaded = config.load(outlets.folder, home=outlets.home)
    return [sorted(source.id for source in group) for group in may_be_taken(loaded, ledger, NOW)]


def visited(ledger: Ledger, name: str, due_in_s: float) -> None:
    ledger.save_source_state(SourceState(name, NOW, NOW, NOW, later(due_in_s), "ok", None))


def test_sources_that_share_a_host_are_taken_together(outlets: Outlets) -> None:
    with outlets.ledger() as ledger:
        groups = may_be_taken(config.load(outlets.folder, home=outlets.home), ledger, NOW)
    assert sorted(sorted(source.id for source in group) for group in groups) == [["a", "b"], ["c"]]
    assert {frozenset(hosts_of(group)) for group in groups} == {
        frozenset({"127.66.0.1:0"}),
        frozenset({"127.66.0.2:0"}),
    }


def test_what_has_waited_longest_goes_first(outlets: Outlets) -> None:
    with outlets.ledger() as ledger:
        for name, due_in_s in (("a", -10), ("b", 60), ("c", -20)):
            visited(ledger, name, due_in_s)
        assert taken(outlets, ledger) == [["c"], ["a"]]
        visited(ledger, "c", -5)
        assert taken(outlets, ledger) == [["a"], ["c"]]


@pytest.mark.parametrize(
    ("rest_s", "paused", "wanted", "expected"),
    [
        pytest.param(None, False, False, True, id="due"),
        pytest.param(30, False, False, False, id="taken a moment ago"),
        pytest.param(-1, False, False, True, id="rested"),
        pytest.param(30, False, True, True, id="wanted now"),
        pytest.param(None, True, False, False, id="paused"),
        pytest.param(None, True, True, False, id="wanted, but paused"),
    ],
)
def test_a_source_rests_after_it_was_taken_and_pauses_when_told(
    outlets: Outlets, rest_s: float | None, paused: bool, wanted: bool, expected: bool
) -> None:
    with outlets.ledger() as ledger:
        if rest_s is not None:
            ledger.set_due("source:c", later(rest_s))
        if paused:
            ledger.pause(["source:c"], NOW)
        if wanted:
            ledger.want_run(["source:c"], NOW)
        assert (["c"] in taken(outlets, ledger)) is expected
