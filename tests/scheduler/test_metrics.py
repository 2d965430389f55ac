"""What is said in metrics of what was seen: as tables, and as Prometheus reads it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families

import config
from scheduler.metrics import OUTCOMES, JobSeen, Metrics, Seen, families, unreadable
from store.gauges import Holdings, Queues
from store.health import Gap, Health, State
from store.ledger import Ledger
from store.runs import Run
from store.states import SourceState
from tests.crawlers.outlets import FAST, Outlets
from tests.site.faults import Site

NOW = datetime(2026, 11, 25, 8, tzinfo=UTC)
UNIX = NOW.timestamp()
HOUR = timedelta(hours=1)
RUN = Run(7, "crawl", ("a",), "o", NOW - 2 * HOUR, NOW - HOUR, "failed", peak_kb=1000)
GOOD = replace(RUN, run_id=6, started_at=NOW - 4 * HOUR, ended_at=NOW - 3 * HOUR, outcome="ok")
SEEN = Seen(
    at=NOW,
    scheduler_up=True,
    scheduler_kb=100_000,
    holdings=Holdings(
        articles=5,
        revisions=6,
        links={"stored": 5, "discovered": 3, "fetching": 1, "retry": 2, "quarantined": 1, "rejected": 4},
        rejected={"gone": 4},
    ),
    queues=Queues(captured=8, outbox=9, oldest_captured_at=NOW - HOUR, oldest_queued_at=NOW - 2 * HOUR),
    listings={("a", 200): 2, ("a", None): 1},
    sources={
        "a": SourceState("a", NOW, NOW, NOW - HOUR, NOW, "ok", None),
        "b": SourceState("b", NOW, NOW, None, None, "failing", ""),
    },
    last_new={"a": NOW - 2 * HOUR},
    health={"a": Health("a", State.WARNING, NOW, "silent", "look")},
    gaps={"b": Gap("b", NOW - 3 * HOUR, None, "not visited")},
    jobs={
        "crawl": JobSeen(RUN, GOOD, NOW + HOUR, paused=False),
        "backup": JobSeen(None, None, None, paused=True),
    },
    runs={("crawl", "ok"): 11, ("crawl", None): 2},
    skipped={"crawl": 3},
    free_bytes=10**9,
    required_bytes=200 << 20,
    read_s=0.001,
    write_s=0.02,
    took_s=0.05,
)  # fmt: skip


def values(found: Iterable[Metric]) -> dict[tuple[str, ...], float]:
    return {(s.name, *s.labels.values()): s.value for family in found for s in family.samples}


@pytest.mark.parametrize(
    ("sample", "value"),
    [
        (("scheduler_up",), 1),
        (("scheduler_resident_memory_bytes",), 102_400_000),
        (("articles",), 5),
        (("revisions",), 6),
        (("links", "retry"), 2),
        (("rejected_links", "gone"), 4),
        (("queue_size", "frontier"), 6),
        (("queue_size", "captured"), 8),
        (("queue_size", "outbox"), 9),
        (("queue_size", "quarantined"), 1),
        (("queue_oldest_timestamp_seconds", "captured"), UNIX - 3600),
        (("queue_oldest_timestamp_seconds", "outbox"), UNIX - 7200),
        (("source_listings", "a", "200"), 2),
        (("source_listings", "a", "none"), 1),
        (("source_last_ok_timestamp_seconds", "a"), UNIX - 3600),
        (("source_last_ok_timestamp_seconds", "b"), None),
        (("source_last_new_timestamp_seconds", "a"), UNIX - 7200),
        (("source_health", "a", "warning"), 1),
        (("source_health", "a", "ok"), 0),
        (("open_gaps",), 1),
        (("source_open_gap_seconds", "b"), 10_800),
        (("source_open_gap_seconds", "a"), None),
        (("job_last_success_timestamp_seconds", "crawl"), UNIX - 10_800),
        (("job_last_success_timestamp_seconds", "backup"), None),
        (("job_last_outcome", "crawl", "failed"), 1),
        (("job_last_outcome", "crawl", "ok"), 0),
        (("job_last_outcome", "backup", "ok"), None),
        (("job_last_duration_seconds", "crawl"), 3600),
        (("job_last_peak_memory_bytes", "crawl"), 1_024_000),
        (("job_due_timestamp_seconds", "crawl"), UNIX + 3600),
        (("job_due_timestamp_seconds", "backup"), None),
        (("job_paused", "backup"), 1),
        (("job_paused", "crawl"), 0),
        (("recent_runs", "crawl", "ok"), 11),
        (("recent_runs", "crawl", "under way"), 2),
        (("recent_runs", "backup", "failed"), 0),
        (("skipped_wakeups_total", "crawl"), 3),
        (("store_up", "write"), 1),
        (("store_latency_seconds", "write"), 0.02),
        (("disk_free_bytes",), 10**9),
        (("disk_required_bytes",), 209_715_200),
        (("collected_timestamp_seconds",), UNIX),
        (("collection_duration_seconds",), 0.05),
    ],
    ids=lambda one: " ".join(one) if isinstance(one, tuple) else None,
)
def test_what_was_seen_is_said(sample: tuple[str, ...], value: float | None) -> None:
    assert values(families(SEEN)).get((f"marsad_{sample[0]}", *sample[1:])) == value


def test_a_ledger_that_cannot_be_written_or_read_is_said_to_be_so() -> None:
    full = values(families(replace(SEEN, write_s=None)))
    assert (full["marsad_store_up", "read"], full["marsad_store_up", "write"]) == (1, 0)
    assert ("marsad_store_latency_seconds", "write") not in full
    gone = values(unreadable(NOW))
    assert (gone["marsad_store_up", "read"], gone["marsad_store_up", "write"]) == (0, 0)
    assert ("marsad_articles",) not in gone


def test_only_the_scheduler_knows_what_it_skipped() -> None:
    found = families(replace(SEEN, skipped=None))
    family = next(one for one in found if one.name == "marsad_skipped_wakeups")
    assert (family.type, family.samples) == ("counter", [])


def test_names_are_as_prometheus_wants_them() -> None:
    found = families(SEEN)
    assert len({one.name for one in found}) == len(found)
    units = re.compile(r"(milliseconds|minutes|hours|days|kilobytes|kb|mb|megabytes|percent)$")
    for family in found:
        assert re.fullmatch(r"marsad_[a-z]+(_[a-z]+)*", family.name)
        assert not units.search(family.name)
        assert not family.name.endswith(("_total", "_count", "_sum"))
        assert family.documentation.endswith(".")
        for sample in family.samples:
            assert sample.name.endswith("_total") == (family.type == "counter")
            for label in sample.labels:
                assert re.fullmatch(r"[a-z]+(_[a-z]+)*", label)
                assert label not in ("job", "instance", "le", "quantile"), "Prometheus gives these itself"


def test_each_word_of_a_set_has_a_sample() -> None:
    found = values(families(SEEN))
    assert {key[2] for key in found if key[0] == "marsad_source_health"} == set(State)
    assert {key[2] for key in found if key[:2] == ("marsad_recent_runs", "backup")} == set(OUTCOMES)


def test_sources_that_are_visited_no_more_are_left_out(tmp_path: Path) -> None:
    outlets = Outlets(tmp_path, FAST)
    with Site() as site, outlets.ledger() as ledger:
        outlets.add("stays", site.host())
        outlets.add("shut", site.host(), enabled=False, reason="closed for good")
        judged = [Health(name, State.OK, NOW, "", "") for name in ("stays", "shut", "gone")]
        ledger.judged(judged, NOW)
        for name in ("stays", "shut", "gone"):
            ledger.end_visit(ledger.start_visit(name, NOW), NOW, "ok", {"new": 1})
        loaded = config.load(tmp_path, home=outlets.home)
        found = values(Metrics(lambda: loaded, ledger, now=lambda: NOW + HOUR).collect())
    assert {key[1] for key in found if key[0].startswith("marsad_source_")} == {"stays"}
    assert found["marsad_source_last_new_timestamp_seconds", "stays"] == UNIX


def test_asked_again_at_once_it_says_the_same_and_does_not_ask_the_ledger(tmp_path: Path) -> None:
    loaded = config.load(home=tmp_path)
    with Ledger.open(tmp_path) as ledger:
        metrics = Metrics(lambda: loaded, ledger)
        text = metrics.text()
        (tmp_path / "ledger.sqlite").unlink()
        assert metrics.text() is text
    assert [family.name for family in text_string_to_metric_families(text.decode())]
