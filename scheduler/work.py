"""What each job does: it starts processes, waits for them, and writes a row of each run."""

from __future__ import annotations

import shutil
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import structlog

from config.loader import Config
from config.logs import RUN_ID
from crawlers.run import CrawlSummary, batches, due_sources, environment, run_crawl
from scheduler.checkup import check
from scheduler.children import run_child
from scheduler.jobs import BACKUP, CRAWL, Job, rest_s, visitable
from store.archive import Archive, ArchiveError
from store.backup import Stopped, back_up, default_path, prune
from store.ledger import Ledger, LedgerError
from store.retention import look_again, retire_logs, retire_pages
from store.runs import RunOutcome
from store.states import SOURCE

log = structlog.get_logger("marsad.scheduler")


@dataclass(slots=True)
class _Run:
    """A run under way: what its row will say of its end."""

    number: int
    log: Path
    """Where its processes write what they say, if it has any."""
    outcome: RunOutcome = "failed"
    detail: str | None = None
    counts: Mapping[str, Any] = field(default_factory=dict)
    exit_code: int | None = None
    peak_kb: int | None = None
    told: Mapping[str, Any] = field(default_factory=dict)
    """What the log event says of it besides."""


class Work:
    """The jobs of one scheduler; each of its methods may be called from a thread of its own."""

    def __init__(
        self,
        config: Config,
        ledger: Ledger,
        owner: str,
        *,
        stop: Callable[[], bool],
    ) -> None:
        self.config = config
        self._ledger = ledger
        self._owner = owner
        self._stop = stop
        self._now = ledger.clock
        self._threads: set[threading.Thread] = set()
        self._busy: set[str] = set()
        """Sources whose visit is under way."""
        self._crawls = 0
        self._deaths: Counter[str] = Counter()
        """By source: visits in a row whose process died."""
        self._unwritten: list[tuple[_Run, datetime]] = []
        """Runs that have ended, and when, of which the ledger does not know yet."""
        self._guard, self._writing = threading.Lock(), threading.Lock()
        self._unread = True
        """Something may wait to be compared: at the start what an earlier process had read."""
        self._full = False
        self._unindexed = 0
        """Indexing runs in a row that failed."""
        self._index_at = 0.0
        """Not before this (monotonic) is that tried again."""
        self.follow: Callable[[str], None] = lambda job: None
        """Told which job has got work just now, and so need not wait for its time."""
        self._steps: Mapping[str, Callable[[Job], None]] = {
            CRAWL: self._crawl,
            "read": self._read,
            "outbox": self._outbox,
            "revisit": self._revisit,
            "health": self._health,
            "retention": lambda job: self._here(job, self._retire),
            "archive": lambda job: self._here(job, self._look_again),
            BACKUP: lambda job: self._here(job, self._back_up),
        }

    @property
    def home(self) -> Path:
        return self.config.settings.home

    def run(self, job: Job) -> None:
        """Do *job* once, and note when it is due again.  Raises LedgerError."""
        with self._guard:
            self._threads.add(threading.current_thread())  # which the clock's end waits for
        try:
            self._steps[job.name](job)
        finally:
            with self._guard:
                self._threads.discard(threading.current_thread())
            with suppress(LedgerError):  # then it is due still
                self._ledger.set_due(job.name, self._now() + timedelta(seconds=job.every_s))

    def end(self, within_s: float) -> None:
        """Wait for what is under way, which has been told to stop, at most *within_s* seconds."""
        until = time.monotonic() + within_s
        with self._guard:
            threads = list(self._threads)
        for thread in threads:
            thread.join(max(0.0, until - time.monotonic()))

    # -- runs ------------------------------------------------------------------------------------------------

    @contextmanager
    def _run(self, job: str, sources: Sequence[str] = (), *, logs: bool = False) -> Iterator[_Run]:
        """A row from here to the end of the block, which says in the :class:`_Run` how it ended.

        With *logs* it has a log file of its own.  It failed if the block raises; what disk, archive or ledger
        do is told and goes no further.
        """
        began = time.monotonic()
        place = f"log/{job}-{{}}.log"
        number = self._ledger.start_run(
            job, self._owner, self._now(), sources=sources, log=place if logs else None
        )
        run = _Run(number, self.home / place.format(number))
        try:
            yield run
        except (ArchiveError, LedgerError, OSError) as fault:
            run.outcome, run.detail = "failed", str(fault)
        except Exception as fault:
            run.outcome, run.detail = "failed", f"{type(fault).__name__}: {fault}"
            raise
        finally:
            self._ended(run)
            level = log.info if run.outcome in ("ok", "interrupted") else log.warning
            level(
                "run_ended",
                job=job,
                run_id=run.number,
                outcome=run.outcome,
                seconds=round(time.monotonic() - began, 1),
                **run.told,
                **({"detail": run.detail} if run.detail else {}),
            )

    def _ended(self, run: _Run) -> None:
        """Write how *run* ended, and what a full or busy ledger did not take of earlier ones."""
        now = self._now()
        with self._writing:
            self._unwritten.append((run, now))
            while self._unwritten:
                one, at = self._unwritten[0]
                self._ledger.end_run(
                    one.number,
                    at,
                    one.outcome,
                    counts=one.counts,
                    detail=one.detail,
                    exit_code=one.exit_code,
                    peak_kb=one.peak_kb,
                )
                del self._unwritten[0]

    def _child(self, job: str, module: str, *arguments: str) -> RunOutcome:
        """One run of *job* that is a process of *module*."""
        settings = self.config.settings
        place = ["--home", str(self.home)]
        if self.config.overlay is not None:
            place += ["--config", str(self.config.overlay)]
        with self._run(job, logs=True) as run:
            ended = run_child(
                module,
                [*place, *arguments],
                log=run.log,
                environment={**environment(self.config), RUN_ID: str(run.number)},
                stop=self._stop,
                wall_clock_s=settings["scheduler.wall_clock_s"],
                memory_mb=settings["scheduler.memory_mb"],
            )
            run.outcome, run.detail = ended.outcome, ended.detail
            run.exit_code, run.peak_kb = ended.exit_code, ended.peak_kb
        return run.outcome

    # -- crawl -----------------------------------------------------------------------------------------------

    def _crawl(self, job: Job) -> None:
        """Start visits of the sources that are due, a process for each batch of hosts."""
        if not self._has_room():
            return
        states, now = self._ledger.job_states(), self._now()
        asked = {
            name.removeprefix(SOURCE)
            for name, state in states.items()
            if name.startswith(SOURCE) and state.wanted_at is not None
        }
        sources = self.config.sources
        wanted = {name for name in asked if name in sources and sources[name].enabled}
        due = due_sources(self.config, self._ledger, now)
        with self._guard:
            names = visitable(due, wanted, states, self._busy.__contains__, now)
            room = self.config.settings["scheduler.crawls"] - self._crawls
            most = self.config.settings["crawl.concurrent_hosts"]
            for force in (True, False):
                chosen = sorted(
                    (sources[name] for name in names if (name in wanted) is force), key=lambda one: one.tier
                )
                for batch in batches(chosen, most)[: max(room, 0)]:
                    room -= 1
                    self._start(tuple(source.id for source in batch), force=force)

    def _start(self, ids: tuple[str, ...], *, force: bool) -> None:
        """A thread that sees one batch through; the guard is held."""
        thread = threading.Thread(target=self._see_through, args=(ids, force), name=f"crawl {ids[0]}")
        self._busy.update(ids)
        self._crawls += 1
        self._threads.add(thread)
        thread.start()

    def _see_through(self, ids: tuple[str, ...], force: bool) -> None:
        try:
            self._visit(ids, force)
        except LedgerError as fault:
            log.error("visit_put_off", sources=ids, fault=str(fault))
        except Exception:
            log.exception("job_failed", job=CRAWL, sources=ids)
        finally:
            with self._guard:
                self._busy.difference_update(ids)
                self._crawls -= 1
                self._threads.discard(threading.current_thread())

    def _visit(self, ids: tuple[str, ...], force: bool) -> None:
        with self._run(CRAWL, ids, logs=True) as run:
            if force:
                for name in ids:
                    self._ledger.set_due(SOURCE + name, self._now())  # the wish is granted
            log.info("run_started", job=CRAWL, run_id=run.number, sources=len(ids))
            found = run_crawl(
                self.config,
                ids,
                home=self.home,
                force=force,
                stop=self._stop,
                log=run.log,
                run_id=run.number,
            )
            totals = found.totals
            run.outcome, run.detail = crawl_outcome(found)
            run.counts = {name: value for name, value in totals.items() if value}
            run.exit_code, run.peak_kb = found.exit_code, found.peak_kb
            run.told = {"found": totals["found"], "fetched": totals["fetched"]}
            if totals["fetched"]:
                self.follow("read")
            self._rest(ids, died=bool(found.died) and any(row["errors"].get("process") for row in found.rows))

    def _rest(self, ids: Sequence[str], *, died: bool) -> None:
        """Sources whose process died rest longer each time: what kills it must not be asked in a circle."""
        for name in ids:
            if not died:
                if self._deaths.pop(name, 0):
                    self._ledger.set_due(SOURCE + name, self._now())
                continue
            self._deaths[name] += 1
            self._ledger.set_due(SOURCE + name, self._now() + timedelta(seconds=rest_s(self._deaths[name])))

    def _has_room(self) -> bool:
        """Whether the disk has room for pages; told once when it has none, and once when it has again."""
        free_mb = shutil.disk_usage(self.home).free / (1 << 20)
        full = free_mb < self.config.settings["scheduler.free_mb"]
        if full != self._full:
            self._full = full
            if full:
                log.error("disk_full", home=str(self.home), free_mb=round(free_mb), crawling="stopped")
            else:
                log.info("disk_has_room", home=str(self.home), free_mb=round(free_mb), crawling="goes on")
        return not full

    # -- reading and indexing --------------------------------------------------------------------------------

    def _read(self, job: Job) -> None:
        """Make articles of what was captured here, and compare them, and those of workers, with others."""
        if self._unread or self._ledger.captured_waiting(""):
            self._unread = self._child(job.name, "pipeline.reader", "--link") != "ok"
            self.follow("outbox")

    def _outbox(self, job: Job) -> None:
        """Index what the outbox holds; in a shared ledger workers stored some of it, and compared none.

        Where that fails again and again it rests longer each time, unless it is asked for.
        """
        if not self._ledger.outbox_size():
            return
        state = self._ledger.job_states().get(job.name)
        if time.monotonic() < self._index_at and (state is None or state.wanted_at is None):
            return
        self._unread |= self._ledger.file is None
        outcome = self._child(job.name, "search.indexer")
        self._unindexed = 0 if outcome in ("ok", "interrupted") else self._unindexed + 1
        self._index_at = time.monotonic() + rest_s(max(self._unindexed - 1, 0), _INDEX_REST_S)

    # -- revisits --------------------------------------------------------------------------------------------

    def _revisit(self, job: Job) -> None:
        """Put young articles that are due back into the frontier; the next crawl asks for them."""
        now = self._now()
        after = [_seconds(text) for text in self.config.settings["crawl.revisit_after"]]
        enabled = {source.id for source in self.config.sources.values() if source.enabled}
        links = [link for link in self._ledger.links_due_again(now, after) if link.source_id in enabled]
        if not links:
            return
        with self._run(job.name) as run:
            run.counts = {"articles": self._ledger.add_links(links, now)["new"]}
            run.outcome = "ok"
        self.follow(CRAWL)

    # -- health ----------------------------------------------------------------------------------------------

    def _health(self, job: Job) -> None:
        """Judge every source; a row only where something changed."""
        changes = check(self.config, self._ledger, self._now(), self._stop)
        if changes:
            with self._run(job.name) as run:
                run.counts = dict(Counter(change.state for change in changes))
                run.outcome = "ok"

    # -- upkeep ----------------------------------------------------------------------------------------------

    def _here(self, job: Job, step: Callable[[], tuple[dict[str, Any], str | None]]) -> None:
        """One run of *job* in this process; *step* gives its counts, and what went wrong."""
        with self._run(job.name) as run:
            try:
                run.counts, run.detail = step()
                run.outcome = "interrupted" if self._stop() else "failed" if run.detail else "ok"
            except Stopped:
                run.outcome, run.detail = "interrupted", _STOPPED

    def _retire(self) -> tuple[dict[str, Any], str | None]:
        """Delete what is older or more than `retention` allows."""
        settings, now = self.config.settings, self._now()
        counts = retire_logs(
            self._ledger,
            self.home,
            now,
            days=settings["retention.log_days"],
            most_bytes=settings["retention.log_mb"] * (1 << 20),
        )
        counts += retire_pages(
            self._ledger,
            Archive(self.home),
            now,
            days=settings["retention.page_days"],
            most_bytes=settings["retention.page_gb"] * (1 << 30),
            stop=self._stop,
        )
        return dict(counts), None

    def _look_again(self) -> tuple[dict[str, Any], str | None]:
        """Read some of the archive again, and what could not be read the last time."""
        before = next(
            (run for run in self._ledger.runs(job="archive", limit=9) if run.outcome in _JUDGED), None
        )
        read, lost = look_again(
            self._ledger,
            Archive(self.home),
            self.config.settings["archive.sample"],
            before,
            stop=self._stop,
        )
        if not lost:
            return {"read": read}, None
        named = "; ".join(f"{place}: {said}" for place, said in list(lost.items())[:3])
        more = f" and {len(lost) - 3} more" if len(lost) > 3 else ""
        detail = f"{len(lost)} of {read} pages are not what was written ({named}{more}). Next: marsad verify"
        return {"read": read, "lost": dict(list(lost.items())[:_REMEMBERED])}, detail

    def _back_up(self) -> tuple[dict[str, Any], str | None]:
        """Copy the ledger, and delete the oldest copies."""
        settings = self.config.settings
        spare = int(settings["scheduler.free_mb"]) << 20
        target = default_path(self.home, self._now())
        made = back_up(self._ledger, target, spare_bytes=spare, stop=self._stop)
        gone = prune(self.home, settings["backup.keep"])
        return {
            "articles": made.counts["articles"],
            "mb": round(made.size / (1 << 20), 1),
            "deleted": len(gone),
        }, None


def crawl_outcome(found: CrawlSummary) -> tuple[RunOutcome, str | None]:
    """How a crawl ended, and why it was no more than that."""
    if found.stopped == "interrupted":
        return "interrupted", _STOPPED
    if found.stopped is not None and found.stopped.startswith("storage"):
        return "failed", found.stopped
    if found.died and all(row["errors"].get("process") for row in found.rows):
        return "killed", "its process died"
    if found.failed and len(found.failed) == len(found.rows):
        return "failed", f"nothing from {_some(found.failed)}"
    if found.failed or found.died or found.stopped:
        return "partial", found.stopped or (
            f"nothing from {_some(found.failed)}" if found.failed else "a process died"
        )
    return "ok", None


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")


_INDEX_REST_S = 300.0
"""The longest rest of an indexing that fails: it is late by no more when its server is back."""
_STOPPED = "the scheduler was stopped"
_JUDGED = ("ok", "failed")
"""Outcomes of a run that saw its work through."""
_REMEMBERED = 50
"""Lost pages that a run remembers, to be looked at again by the next one."""
_UNITS = {"h": 3600.0, "d": 86_400.0}


def _seconds(text: str) -> float:
    return float(text[:-1]) * _UNITS[text[-1]]
