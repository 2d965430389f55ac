"""What monitoring is told: Prometheus metrics, made of the ledger's rows and a few measurements.

:class:`Metrics` reads; :func:`families` says in metrics what was read, and is pure.  Times of events are
timestamps (Unix), so that an age goes on growing where nobody collects any more: a lag is ``time()`` less
one of them.
"""

from __future__ import annotations

import shutil
import socket
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from typing import Any, get_args

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from config.loader import Config
from scheduler.health import WEEKS
from scheduler.jobs import due_at, jobs
from store.gauges import Holdings, Queues
from store.health import Gap, Health, State
from store.ledger import Ledger, LedgerError
from store.owners import memory_kb, owner_name
from store.runs import Run, RunOutcome
from store.states import LinkState, SourceState

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
RECENT = timedelta(hours=24)
OUTCOMES = get_args(RunOutcome)
GOOD = ("ok", "partial")
"""Outcomes of runs that did something of what they were for."""
SHARE = 200
"""What is costly to count is counted again after so many times what it took: half a percent of a core."""
LEAST_S = 5.0
"""Nothing is collected more often than this, however often somebody asks."""
_LOCK = "metrics"
_VISIT = timedelta(hours=2)
"""A visit that was under way when its source was judged began no longer before that."""
_TO_FETCH = (LinkState.DISCOVERED, LinkState.FETCHING, LinkState.RETRY)


@dataclass(frozen=True, slots=True)
class JobSeen:
    """One job, as it is at some instant."""

    last: Run | None
    """Its last run that has ended."""
    succeeded: Run | None
    """Its last run that ended well (:data:`GOOD`)."""
    due_at: datetime | None
    """``None``: not by itself."""
    paused: bool


@dataclass(frozen=True, slots=True)
class Seen:
    """All that was read and measured at one instant."""

    at: datetime
    scheduler_up: bool
    scheduler_kb: int | None
    """Memory that the scheduler holds; ``None`` where it is not a process of this machine."""
    holdings: Holdings
    queues: Queues
    listings: Mapping[tuple[str, int | None], int]
    sources: Mapping[str, SourceState]
    last_new: Mapping[str, datetime]
    health: Mapping[str, Health]
    gaps: Mapping[str, Gap]
    """By source: the gap that is open."""
    jobs: Mapping[str, JobSeen]
    runs: Mapping[tuple[str, str | None], int]
    skipped: Mapping[str, int] | None
    """By job: wake-ups while it was under way; ``None``: only the scheduler itself knows."""
    free_bytes: int
    required_bytes: int
    read_s: float
    write_s: float | None
    """``None``: it could not be written."""
    took_s: float = 0.0


class Metrics(Collector):
    """The metrics of one ledger; safe to share between threads."""

    def __init__(
        self,
        config: Callable[[], Config],
        ledger: Ledger,
        *,
        skipped: Callable[[], Mapping[str, int]] | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._config = config
        self._ledger = ledger
        self._skipped = skipped
        self._now = now
        self._owner = owner_name()
        self._counted: tuple[float, Holdings, Mapping[str, datetime]] | None = None
        self._text = b""
        self._until = 0.0
        self._collecting = threading.Lock()

    def text(self) -> bytes:
        """All metrics in Prometheus' text format, no older than :data:`LEAST_S` unless the ledger is slow."""
        if time.monotonic() < self._until:
            return self._text
        # While somebody waits for a slow ledger, others are given what there was before.
        if self._collecting.acquire(blocking=not self._text):
            try:
                if time.monotonic() >= self._until:
                    registry = CollectorRegistry(auto_describe=False)
                    registry.register(self)
                    self._text = generate_latest(registry)
                    self._until = time.monotonic() + LEAST_S
            finally:
                self._collecting.release()
        return self._text

    def collect(self) -> Iterator[Metric]:
        """The metrics as they are now; of a ledger that cannot be read only what needs none."""
        now = self._now()
        try:
            return iter(families(self._look(now)))
        except LedgerError:
            return iter(unreadable(now))

    def describe(self) -> Iterator[Metric]:
        """Nothing: a registry need not know the names before it asks."""
        return iter(())

    def _costly(
        self, health: Mapping[str, Health], enabled: Collection[str], now: datetime
    ) -> tuple[Holdings, Mapping[str, datetime]]:
        """What takes the longer the more there is, as of some seconds or minutes ago."""
        began = time.monotonic()
        if self._counted is None or began >= self._counted[0]:
            holdings = self._ledger.holdings()
            last_new = _last_new(self._ledger, enabled, health, now)
            ended = time.monotonic()
            self._counted = (ended + SHARE * (ended - began), holdings, last_new)
        return self._counted[1:]

    def _look(self, now: datetime) -> Seen:
        began = time.monotonic()
        config, ledger = self._config(), self._ledger
        settings = config.settings
        states = ledger.job_states()  # a small reading like many others: the measure of them
        read_s = time.monotonic() - began
        enabled = {source.id for source in config.sources.values() if source.enabled}
        health = {name: one for name, one in ledger.health().items() if name in enabled}
        holdings, last_new = self._costly(health, enabled, now)
        holder = ledger.lock_holder("scheduler", ledger.clock())
        seen = Seen(
            at=now,
            scheduler_up=holder is not None,
            scheduler_kb=_memory_kb(holder.owner) if holder is not None else None,
            holdings=holdings,
            queues=ledger.queues(),
            listings={key: n for key, n in ledger.listing_statuses().items() if key[0] in enabled},
            sources={one.source_id: one for one in ledger.source_states() if one.source_id in enabled},
            last_new=last_new,
            health=health,
            gaps={name: some[-1] for name, some in ledger.gaps(enabled).items() if some[-1].to_at is None},
            jobs={
                job.name: _job(
                    ledger,
                    job.name,
                    state is not None and state.paused_at is not None,
                    due_at(job, state, now),
                )
                for job in jobs(settings)
                for state in [states.get(job.name)]
            },
            runs=ledger.run_outcomes(now - RECENT),
            skipped=None if self._skipped is None else dict(self._skipped()),
            free_bytes=shutil.disk_usage(settings.home).free,
            required_bytes=settings["scheduler.free_mb"] << 20,
            read_s=read_s,
            write_s=self._write_s(),
        )
        return replace(seen, took_s=time.monotonic() - began)

    def _write_s(self) -> float | None:
        """How long it takes to write a row so that it is kept."""
        began = time.monotonic()
        try:
            lock = self._ledger.take_lock(_LOCK, self._owner, self._ledger.clock(), 1.0)
            took = time.monotonic() - began
            if lock.owner == self._owner:
                self._ledger.free_lock(lock)
        except LedgerError:
            return None
        return took


def _memory_kb(owner: str) -> int | None:
    host, _, rest = owner.partition("/")
    pid = rest.partition("/")[0]
    if host != socket.gethostname() or not pid.isdigit():
        return None
    return memory_kb(int(pid))[0] or None


def _job(ledger: Ledger, name: str, paused: bool, due: datetime | None) -> JobSeen:
    return JobSeen(ledger.last_run(name), ledger.last_run(name, GOOD), due, paused)


def _last_new(
    ledger: Ledger, names: Collection[str], health: Mapping[str, Health], now: datetime
) -> dict[str, datetime]:
    """When each source last listed something new: as judged last, or by a visit since then."""
    earliest = now - timedelta(weeks=WEEKS)
    judged = {name: one.checked_at - _VISIT for name, one in health.items() if one.checked_at is not None}
    found = ledger.last_new({name: judged.get(name, earliest) for name in names})
    for name, one in health.items():
        said = one.evidence.get("last_new_at")
        if said is not None and name not in found:
            found[name] = datetime.fromisoformat(said)
    return found


# -- what is said of it -----------------------------------------------------------------------------------


def families(seen: Seen) -> list[Metric]:
    """*seen* as metrics.  Label values are the ledger's words; each known word of a set has a sample."""
    wait, states = seen.queues, seen.holdings.links
    queues = {
        "frontier": sum(states.get(word, 0) for word in _TO_FETCH),
        "captured": wait.captured,
        "outbox": wait.outbox,
        "quarantined": states.get("quarantined", 0),
    }
    since = {"captured": wait.oldest_captured_at, "outbox": wait.oldest_queued_at}
    oldest = {name: _unix(at) for name, at in since.items() if at is not None}
    runs: dict[tuple[str, ...], float] = {(job, word): 0 for job in seen.jobs for word in OUTCOMES}
    runs |= {(job, outcome or "under way"): count for (job, outcome), count in seen.runs.items()}
    lasts = {name: one.last for name, one in seen.jobs.items() if one.last is not None}
    store = {"read": seen.read_s} | ({} if seen.write_s is None else {"write": seen.write_s})
    return [
        *_of_ourselves(seen.at),
        _one("marsad_scheduler_up", "1 while a scheduler holds the lock of this ledger.", seen.scheduler_up),
        _gauge(
            "marsad_scheduler_resident_memory_bytes",
            "Memory that the scheduler's own process holds, where it runs on this machine.",
            (),
            {} if seen.scheduler_kb is None else {(): seen.scheduler_kb * 1024},
        ),
        _one("marsad_articles", "Articles in the ledger.", seen.holdings.articles),
        _one("marsad_revisions", "Revisions of articles in the ledger.", seen.holdings.revisions),
        _by("marsad_links", "Links ever shown, by state.", "state", seen.holdings.links),
        _by("marsad_rejected_links", "Rejected links, by reason.", "reason", seen.holdings.rejected),
        _by(
            "marsad_queue_size",
            "What waits: links to be fetched (frontier), pages to be read (captured), articles to be indexed "
            "(outbox), pages set aside for a person (quarantined).",
            "queue",
            queues,
        ),
        _by(
            "marsad_queue_oldest_timestamp_seconds",
            "When the page was fetched that waits longest to be read (captured), and since when that article "
            "waits that waits longest for the index (outbox); none where none waits.",
            "queue",
            oldest,
        ),
        _gauge(
            "marsad_source_listings",
            "Listings of a source by the HTTP status that they answered last (none: no answer yet).",
            ("source", "status"),
            {(name, str(status or "none")): count for (name, status), count in seen.listings.items()},
        ),
        _by(
            "marsad_source_last_ok_timestamp_seconds",
            "When the source's last good visit ended; none where there was none.",
            "source",
            {name: _unix(one.last_ok_at) for name, one in seen.sources.items() if one.last_ok_at},
        ),
        _by(
            "marsad_source_last_new_timestamp_seconds",
            "When the source last listed something new, to the minute; none where it did not for weeks.",
            "source",
            {name: _unix(at) for name, at in seen.last_new.items()},
        ),
        _gauge(
            "marsad_source_health",
            "1 for the state that the source was last judged to be in, 0 for the others.",
            ("source", "state"),
            {(name, str(word)): one.state == word for name, one in seen.health.items() for word in State},
        ),
        _one("marsad_open_gaps", "Sources that are not being collected just now.", len(seen.gaps)),
        _by(
            "marsad_source_open_gap_seconds",
            "How long the source has not been collected, where it is not.",
            "source",
            {name: (seen.at - gap.from_at).total_seconds() for name, gap in seen.gaps.items()},
        ),
        _by(
            "marsad_job_last_success_timestamp_seconds",
            "When the job's last run with outcome ok or partial ended; none where there was none.",
            "job_name",
            {
                name: _unix(one.succeeded.ended_at)
                for name, one in seen.jobs.items()
                if one.succeeded is not None and one.succeeded.ended_at is not None
            },
        ),
        _gauge(
            "marsad_job_last_outcome",
            "1 for the outcome of the job's last run, 0 for the others; none before its first run.",
            ("job_name", "outcome"),
            {(name, word): run.outcome == word for name, run in lasts.items() for word in OUTCOMES},
        ),
        _by(
            "marsad_job_last_duration_seconds",
            "How long the job's last run took.",
            "job_name",
            {
                name: (run.ended_at - run.started_at).total_seconds()
                for name, run in lasts.items()
                if run.ended_at is not None
            },
        ),
        _by(
            "marsad_job_last_peak_memory_bytes",
            "Most memory that one process of the job's last run held.",
            "job_name",
            {name: run.peak_kb * 1024 for name, run in lasts.items() if run.peak_kb is not None},
        ),
        _by(
            "marsad_job_due_timestamp_seconds",
            "When the job is to look for work next; in the past while it is under way, or nobody runs it.",
            "job_name",
            {name: _unix(one.due_at) for name, one in seen.jobs.items() if one.due_at is not None},
        ),
        _by(
            "marsad_job_paused",
            "1 while the job is paused.",
            "job_name",
            {name: one.paused for name, one in seen.jobs.items()},
        ),
        _gauge("marsad_recent_runs", "Runs that began within 24 hours.", ("job_name", "outcome"), runs),
        _skipped(seen.skipped),
        *_of_the_store(store),
        _one("marsad_disk_free_bytes", "Room on the disk of the home.", seen.free_bytes),
        _one(
            "marsad_disk_required_bytes",
            "With less room than this nothing more is fetched (scheduler.free_mb).",
            seen.required_bytes,
        ),
        _one("marsad_collection_duration_seconds", "How long it took to collect all this.", seen.took_s),
    ]


def unreadable(now: datetime) -> list[Metric]:
    """What there is to say at *now* of a ledger that cannot be read."""
    return [*_of_ourselves(now), *_of_the_store({})]


def _of_ourselves(now: datetime) -> list[Metric]:
    return [
        _by("marsad_build_info", "1; the label says which version.", "version", {version("marsad"): 1}),
        _one("marsad_collected_timestamp_seconds", "When all this was collected.", _unix(now)),
    ]


def _of_the_store(latencies: Mapping[str, float]) -> list[Metric]:
    return [
        _by(
            "marsad_store_up",
            "1 where the ledger could just be read, or written.",
            "operation",
            {name: name in latencies for name in ("read", "write")},
        ),
        _by(
            "marsad_store_latency_seconds",
            "How long one small reading of the ledger, or one write until it was kept, has just taken.",
            "operation",
            latencies,
        ),
    ]


def _skipped(counts: Mapping[str, int] | None) -> Metric:
    family = CounterMetricFamily(
        "marsad_skipped_wakeups",
        "Times the scheduler woke a job that was still under way; only the scheduler itself tells.",
        labels=["job_name"],
    )
    for job, count in sorted((counts or {}).items()):
        family.add_metric([job], count)
    return family


def _one(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, text, value=value)


def _by(name: str, text: str, label: str, values: Mapping[str, float]) -> Metric:
    return _gauge(name, text, (label,), {(word,): value for word, value in values.items()})


def _gauge(name: str, text: str, labels: Sequence[str], values: Mapping[tuple[str, ...], float]) -> Metric:
    family = GaugeMetricFamily(name, text, labels=labels)
    for words, value in sorted(values.items()):
        family.add_metric(words, value)
    return family


def _unix(at: datetime) -> float:
    return at.timestamp()


def as_json(found: Iterable[Metric]) -> list[dict[str, Any]]:
    """*found* as JSON values, with every sample."""
    return [
        {
            "name": family.name,
            "type": family.type,
            "help": family.documentation,
            "samples": [
                {"name": sample.name, "labels": dict(sample.labels), "value": sample.value}
                for sample in family.samples
            ],
        }
        for family in found
    ]
