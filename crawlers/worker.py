"""A worker's crawling: whatever is due and nobody else has taken, group of hosts by group of hosts.

Any number of workers share a ledger.  A group (sources that have hosts in common) is taken by leasing all its
hosts at once; the crawl process takes the leases over and proves with their tokens that what it writes is
still its own to write.  What a worker that died had taken is due again: at once where its machine is the one
that looks, else when the leases run out.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crawlers.assignment import Assignment, leads_of
from crawlers.run import Progress, Watch, batches, due_sources
from store.owners import is_dead, owner_name
from store.states import SOURCE
from store.urls import host_of

if TYPE_CHECKING:
    from config import Config
    from config.model import Source
    from store.ledger import Ledger

REST_S = 60.0
"""A source is left to itself for so long after it was taken (or for ``crawl.poll_min_s``, if that is less):
one that has more links than a run may fetch must not occupy a worker for ever."""
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)
_TERM_S = 7.0
"""From SIGTERM to SIGKILL: the worker itself has promised to end within ten seconds."""
_LOOK_S = 1.0
"""How often a worker that has room looks for something to do."""


def may_be_taken(config: Config, ledger: Ledger, now: datetime) -> list[list[Source]]:
    """What is due at *now* and was not taken a moment ago, in groups that share hosts.

    By tier, then what has waited longest.
    """
    jobs = ledger.job_states()
    due = []
    for name in due_sources(config, ledger, now):
        job = jobs.get(SOURCE + name)
        if job is not None:
            resting = job.next_due_at is not None and job.next_due_at > now and job.wanted_at is None
            if job.paused_at is not None or resting:
                continue
        due.append(config.sources[name])
    since = {state.source_id: state.next_due_at or _NEVER for state in ledger.source_states()}
    groups = batches(due, 0)
    random.shuffle(groups)  # workers that look at the same time shall not all reach for the same one
    return sorted(
        groups, key=lambda group: min((source.tier, since.get(source.id, _NEVER)) for source in group)
    )


def hosts_of(group: Sequence[Source]) -> set[str]:
    """The hosts that *group* is asked at."""
    return {host_of(entry.url) for source in group for entry in source.entry_points} | {
        host_of(source.homepage) for source in group
    }


@dataclass(slots=True)
class Round(Watch):
    """A worker's crawl: takes hosts as long as it runs."""

    ledger: Ledger | None = None
    """The worker's."""
    folder: str = ""
    """The worker's id, under which its captures lie."""
    taken: int = 0
    _looked_at: float = 0.0
    _kept_at: float = 0.0
    _runs: dict[str, int] = field(default_factory=dict)
    """The number of the run of each part of the work, by the name in which its hosts were claimed."""
    idle: bool = False
    """Nothing was to be had when last looked."""

    def take(self) -> Assignment | None:
        """The next part of the work, its hosts leased; ``None`` if there is none now."""
        if time.monotonic() - self._looked_at < _LOOK_S and self.idle:
            return None
        self._looked_at = time.monotonic()
        ledger, settings = self._ledger, self.config.settings
        now = ledger.clock()
        ledger.free_dead_owners(is_dead, now)
        most = settings["crawl.concurrent_hosts"]
        rest = timedelta(seconds=min(REST_S, settings["crawl.poll_min_s"]))
        claim = owner_name(self.taken + 1)
        sources: list[Source] = []
        count = 0
        for group in may_be_taken(self.config, ledger, now):
            hosts = hosts_of(group)
            if count and count + len(hosts) > most:
                continue
            delay_s = max([settings["politeness.delay_s"], *(source.delay_s or 0.0 for source in group)])
            if not ledger.claim_hosts(hosts, claim, now, settings["crawl.lease_s"], delay_s):
                continue
            count += len(hosts)
            sources += group
            for source in group:
                ledger.set_due(SOURCE + source.id, now + rest)
            if count >= most:
                break
        self.idle = not sources
        if not sources:
            return None
        self.taken += 1
        run = ledger.start_run("crawl", owner_name(), now, sources=[source.id for source in sources])
        self._runs[claim] = run
        catalogue = self.config.sources.values()
        leads = leads_of(sources, catalogue)
        matching = any(source.collect == "matching" for source in (*sources, *leads))
        return Assignment(
            tuple(sources),
            watchwords=tuple(self.config.watchwords) if matching else (),
            leads=leads,
            heir_of=claim,
            folder=self.folder,
        )

    def keep(self) -> None:
        """Prolong the claims that crawl processes have not taken over yet; called now and then."""
        ttl_s = self.config.settings["crawl.lease_s"]
        if self._runs and time.monotonic() > self._kept_at + ttl_s / 4:
            self._kept_at = time.monotonic()
            self._ledger.keep_claims(self._runs, self._ledger.clock(), ttl_s)

    @property
    def _ledger(self) -> Ledger:
        assert self.ledger is not None  # given by `crawl_on`
        return self.ledger

    def _done(self, assignment: Assignment, rows: list[dict[str, Any]]) -> None:
        """Give back what the crawl process did not take over, and end the row of the run."""
        from store.ledger import LedgerError  # loaded long since

        run = self._runs.pop(assignment.heir_of)
        counts = {name: sum(row[name] for row in rows) for name in ("found", "fetched", "not_modified")}
        counts["lease_lost"] = sum(row["events"].get("lease_lost", 0) for row in rows)
        died = any("process" in row["errors"] for row in rows)
        failed = sum(bool(row["errors"]) and not (row["fetched"] or row["found"]) for row in rows)
        outcome: Any = "interrupted" if self.stopped else "partial" if failed else "ok"
        try:
            now = self._ledger.clock()
            self._ledger.free_dead_owners(lambda owner: owner == assignment.heir_of or is_dead(owner), now)
            self._ledger.end_run(run, now, "killed" if died else outcome, counts=counts)
        except LedgerError:
            if self.stopped is None:
                raise  # else it is why we end: the leases run out by themselves
        self.progress({"event": "done", "sources": len(rows), **counts})


def crawl_on(
    config: Config,
    home: Path,
    ledger: Ledger,
    worker_id: str,
    *,
    once: bool = False,
    progress: Progress | None = None,
    stop: Callable[[], bool] | None = None,
    scrapy_settings: Mapping[str, Any] | None = None,
) -> None:
    """Take hosts and crawl them until *stop* says true or, with *once*, nothing more can be taken now.

    *stop* is asked four times a second; what is under way then gives back its leases and ends.  Raises
    LedgerError for the storage, of which nothing is lost.
    """
    from store.ledger import LedgerError  # a cold `marsad --help` need not know SQLAlchemy

    def asked() -> bool:
        round_.keep()
        return stop is not None and stop()

    log = home / "log" / "crawl.log"
    round_ = Round(config, home, progress or (lambda event: None), asked, scrapy_settings or {}, log)
    round_.ledger, round_.folder, round_.term_s = ledger, worker_id, _TERM_S
    round_.attend(round_.take, lambda: once and round_.idle)
    if (round_.stopped or "").startswith("storage"):
        raise LedgerError(round_.stopped)
