"""The scheduler: one process that looks, every few seconds, at what is due, and starts it.

What is due stands in the ledger; APScheduler only wakes the jobs, from a store in memory that is made anew at
each start, so nothing is missed by a machine that slept and nothing is done twice.  One process of a ledger
schedules at a time (the lock ``scheduler``); another one is told who does, or stands by.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime

import structlog
from apscheduler.events import EVENT_JOB_MAX_INSTANCES, JobEvent
from apscheduler.executors.pool import ThreadPoolExecutor as Pool
from apscheduler.jobstores.base import JobLookupError
from apscheduler.jobstores.memory import MemoryJobStore
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger

from config.loader import Config
from scheduler.jobs import Job, is_due, jobs, jump_s
from scheduler.metrics import Metrics
from scheduler.outside import Outside
from scheduler.work import Work
from store.ledger import Ledger, LedgerError
from store.owners import is_dead, owner_name
from store.runs import Lock

LOCK = "scheduler"
LOCK_S = 20.0
"""How long the lock of a scheduler that went silent keeps another one out."""
BEAT_S = 5.0
"""How often the lock is prolonged."""
LOOK_S = 5.0
"""How often a job looks into the ledger at least: whoever asks for a run now waits no longer."""
END_S = 9.5
"""From a wish to stop to the end, whatever is still under way."""
LEDGER_S = 8.0
"""From a wish to stop until another process that holds the ledger is waited for no longer."""

# Each skipped wake-up is a warning to it: here it is the rule, and counted.
logging.getLogger("apscheduler").setLevel(logging.ERROR)
log = structlog.get_logger("marsad.scheduler")


def boot_time() -> float:
    """Seconds since the machine was started, its sleep counted in: a clock that nobody sets."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class Elsewhere(Exception):
    """Another process schedules for this ledger; says which."""

    def __init__(self, lock: Lock) -> None:
        host, _, rest = lock.owner.partition("/")
        super().__init__(
            f"another scheduler runs already: process {rest.partition('/')[0]} on {host} (where it is "
            f"gone, its lock runs out {LOCK_S:.0f} s after its end). Next: stop it there, or start this one "
            "with --standby, to take over when that one ends"
        )
        self.lock = lock


class Clock:
    """See the module.  :meth:`run` blocks until *stop* is set."""

    def __init__(
        self,
        config: Config,
        read: Callable[[], Config],
        *,
        stop: threading.Event | None = None,
        reload: threading.Event | None = None,
    ) -> None:
        """*reload*, once set, has the configuration read again, by *read*."""
        self._config = config
        self._read = read
        self.stop = stop or threading.Event()
        self._reload = reload or threading.Event()
        self._owner = owner_name()

    def run(self, *, standby: bool = False) -> None:
        """Schedule until told to stop; raises LedgerError, and :class:`Elsewhere` where another one does.

        With *standby* that one's end is waited for; one that takes the lock from us ends us all the same.
        """
        home = self._config.settings.home
        home.mkdir(parents=True, exist_ok=True)
        with Ledger.of(self._config.settings, home) as ledger:
            threading.Thread(target=self._hurry, args=(ledger,), daemon=True).start()
            lock = self._elected(ledger, standby=standby)
            if lock is None:
                return
            try:
                self._schedule(ledger)
            finally:
                try:
                    ledger.free_lock(lock)
                except LedgerError as fault:  # whoever comes next sees that we are gone, or waits LOCK_S
                    log.warning("lock_not_given_back", lock=LOCK, fault=str(fault))

    def _hurry(self, ledger: Ledger) -> None:
        """Once told to stop, wait for no other process that holds *ledger*, or not for long."""
        self.stop.wait()
        ledger.wait_until(time.monotonic() + LEDGER_S)

    # -- the lock -------------------------------------------------------------------------------------------

    def _elected(self, ledger: Ledger, *, standby: bool) -> Lock | None:
        """The lock, once it is ours; ``None`` if told to stop while standing by."""
        told = False
        while not self.stop.is_set():
            lock = self._taken(ledger)
            if lock.owner == self._owner:
                return lock
            if not standby:
                raise Elsewhere(lock)
            if not told:
                log.info("standing_by", owner=lock.owner)
                told = True
            self.stop.wait(BEAT_S)
        return None

    def _taken(self, ledger: Ledger) -> Lock:
        """The lock as it stands, taken or prolonged if it could be."""
        return ledger.take_lock(LOCK, self._owner, ledger.clock(), LOCK_S)

    # -- the course -----------------------------------------------------------------------------------------

    def _schedule(self, ledger: Ledger) -> None:
        killed = ledger.end_dead_runs(is_dead, ledger.clock())
        if killed:
            log.warning("runs_of_the_dead_ended", runs=killed)
        work = Work(self._config, ledger, self._owner, stop=self.stop.is_set)
        ticking = _Ticking(work, ledger)
        work.follow = ticking.follow
        ticking.start(jobs(self._config.settings))
        told = Metrics(lambda: self._config, ledger, skipped=ticking.skipped.copy)
        outside = Outside(told.text)
        log.info("scheduler_started", owner=self._owner, home=str(self._config.settings.home))
        try:
            outside.start(self._config.settings)
            watch = _Watch(ledger)
            while not self.stop.wait(1.0):
                if self._reload.is_set():
                    self._reload.clear()
                    self._read_again(work, ticking)
                    outside.start(self._config.settings)
                self._look(ledger, watch, ticking)
        finally:
            self.stop.set()
            outside.end()
            ticking.end()
            work.end(END_S)
            log.info("scheduler_ended")

    def _look(self, ledger: Ledger, watch: _Watch, ticking: _Ticking) -> None:
        """Prolong the lock, and see whether the clock was set.  Raises :class:`Elsewhere` for a lost lock.

        The ledger's times go by its clock, APScheduler by this machine's; on a server these are two.
        """
        try:
            here, now, monotonic = datetime.now(UTC), ledger.clock(), boot_time()
            passed_s = monotonic - watch.monotonic
            jumped = jump_s((here - watch.here).total_seconds(), passed_s)
            set_s = jump_s((now - watch.now).total_seconds(), passed_s)
            if jumped or set_s or monotonic - watch.beat_at >= BEAT_S:
                watch.beat_at = monotonic
                lock = self._taken(ledger)
                if lock.owner != self._owner:
                    log.error("lock_lost", lock=LOCK, owner=lock.owner)
                    raise Elsewhere(lock)
            if set_s < 0:
                ledger.set_back(now, -set_s)
            if jumped:
                log.warning("clock_was_set", seconds=round(jumped), now=here.isoformat())
                ticking.wake()
            watch.here, watch.now, watch.monotonic, watch.faulty = here, now, monotonic, False
        except LedgerError as fault:  # full or busy: whoever would take over could not either
            if not watch.faulty:
                log.error("lock_not_prolonged", fault=str(fault))
            watch.faulty = True

    def _read_again(self, work: Work, ticking: _Ticking) -> None:
        from config import ConfigError

        try:
            fresh = self._read()
            _ = fresh.sources, fresh.watchwords  # read when first asked for: now, while there is another one
        except ConfigError as fault:
            log.error("configuration_kept", fault=str(fault))
            return
        if fresh.settings["ledger.url"] != self._config.settings["ledger.url"]:
            log.error("configuration_kept", fault="ledger.url: changed. Next: start the scheduler again")
            return
        self._config = work.config = fresh
        ticking.start(jobs(fresh.settings))
        log.info("configuration_read_again")


class _Watch:
    """What was seen when the clock and the lock were last looked at."""

    def __init__(self, ledger: Ledger) -> None:
        self.here, self.now = datetime.now(UTC), ledger.clock()
        self.monotonic = self.beat_at = boot_time()
        self.faulty = False
        """The ledger could not be had, which was told."""


class _Ticking:
    """The jobs in APScheduler: each is woken every few seconds and asks the ledger whether it is due."""

    def __init__(self, work: Work, ledger: Ledger) -> None:
        self._work = work
        self._ledger = ledger
        self._scheduler: BackgroundScheduler | None = None
        self.skipped: Counter[str] = Counter()
        """By job: how often it was woken while it was still under way."""
        self._put_off: set[str] = set()
        """Jobs that could not be done for want of the ledger, which was told."""

    def start(self, all_jobs: tuple[Job, ...]) -> None:
        """Wake *all_jobs* from now on, in the place of those before; what is under way is not doubled."""
        if self._scheduler is None:
            self._scheduler = BackgroundScheduler(
                jobstores={"default": MemoryJobStore()},
                executors={"default": Pool(len(all_jobs))},
                job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
                timezone=UTC,
            )
            self._scheduler.add_listener(self._heard, EVENT_JOB_MAX_INSTANCES)
            self._scheduler.start()
        for job in all_jobs:
            self._scheduler.add_job(
                self._tick,
                IntervalTrigger(
                    seconds=max(1, int(min(job.every_s or LOOK_S, LOOK_S))), timezone=UTC, jitter=1
                ),
                args=[job],
                id=job.name,
                replace_existing=True,
                next_run_time=datetime.now(UTC),
            )

    def _heard(self, event: JobEvent) -> None:
        """A job was still under way when it was woken again: counted, never doubled."""
        self.skipped[event.job_id] += 1

    def wake(self) -> None:
        """After the clock was set: what would sleep until a time that is far away now looks at once."""
        if self._scheduler is not None:
            for job in self._scheduler.get_jobs():
                job.modify(next_run_time=datetime.now(UTC))

    def follow(self, name: str) -> None:
        """Job *name* has got work: it is due now."""
        self._ledger.set_due(name, self._ledger.clock())
        scheduler = self._scheduler
        if scheduler is not None:
            with suppress(JobLookupError):  # it is just ended
                scheduler.modify_job(name, next_run_time=datetime.now(UTC))

    def end(self) -> None:
        """Wake nothing more; runs under way end as they end."""
        if self._scheduler is not None:
            self._scheduler.shutdown(wait=False)
            self._scheduler = None

    def _tick(self, job: Job) -> None:
        try:
            if is_due(job, self._ledger.job_states().get(job.name), self._ledger.clock()):
                self._work.run(job)
        except LedgerError as fault:  # an outage of hours is a line, not thousands
            if job.name not in self._put_off:
                log.error("job_put_off", job=job.name, fault=str(fault))
            self._put_off.add(job.name)
        except Exception:
            log.exception("job_failed", job=job.name)
        else:
            if job.name in self._put_off:
                self._put_off.discard(job.name)
                log.info("job_goes_on", job=job.name)
