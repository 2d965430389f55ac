"""``marsad worker``: one of any number of processes that share the work of one ledger."""

from __future__ import annotations

import fcntl
import re
import signal
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, TextIO

import click

from cli.collect import Follower, check_catalogue, follow
from cli.context import USAGE, App, current, say
from config.wording import counted

if TYPE_CHECKING:
    from store.ledger import Ledger

_BEAT_S = 10.0
"""How often the ledger hears that the worker is alive."""
_ADOPT_S = 15.0
"""How often it looks for captures that an ended worker of this home left unread."""
_STOP_S = 9.0
"""When readers that are still at a page are ended by force, after SIGTERM: ten seconds are promised."""
_WAIT_S = 2.0
"""How long another process that holds the ledger is waited for, after SIGTERM: the rest is for the crawl."""
_LONGEST_S = 60.0
"""Longest pause before a ledger that cannot be had is tried again."""


@click.command()
@click.option(
    "--id",
    "worker_id",
    metavar="ID",
    help="Its name in the ledger and the name of its folder in the archive (default: the machine's name "
    "and the first free number). Keep it from one start to the next.",
)
@click.option("--once", is_flag=True, help="End when nothing is left that could be taken now.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object at the end (docs/output.md).")
def worker(worker_id: str | None, once: bool, as_json: bool) -> None:
    """Take due hosts with a lease, crawl them, read what was fetched; until it is told to end (SIGTERM).

    Any number of workers, on one machine or many, share the ledger that ledger.url names; no host is asked
    by two of them at a time. What they store waits in the outbox for the machine that holds the index.

    \b
    Examples:
      marsad worker
      marsad --home /srv/marsad worker --id paris-1
      marsad worker --once --json
    """
    app = current()
    from store.owners import is_worker_id

    check_catalogue(app)
    if worker_id is not None and not is_worker_id(worker_id):
        raise click.BadParameter(
            f"got {worker_id!r}, expected a to z, 0 to 9, dot, hyphen and underscore, at most 63",
            param_hint="'--id'",
        )
    app.data.mkdir(parents=True, exist_ok=True)
    with _name(app.data, worker_id) as name:
        work = _Work(app, name, once)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, work.end)
        work.run()
    if as_json:
        counts = {word: work.counts[word] for word in ("sources", "found", "fetched", "not_modified")}
        app.print_json({"worker": name, "seconds": round(time.monotonic() - work.began, 1), **counts})


class _Work:
    """A worker's life: crawling, the reader beside it, heartbeats, and the ledger when it is away."""

    def __init__(self, app: App, name: str, once: bool) -> None:
        self._app = app
        self._name = name
        self._once = once
        self.began = time.monotonic()
        self.counts: Counter[str] = Counter()
        self._readers: dict[str, Follower] = {}
        self._beat_at = self._adopted_at = 0.0
        self._pause_s = 1.0
        """Before a ledger that could not be had is tried again; doubled until it is there."""
        self._ended = False
        self._ended_at = self.began
        self._ledger: Ledger | None = None

    def end(self, _signal: int, _frame: FrameType | None) -> None:
        self._ended, self._ended_at = True, time.monotonic()
        if self._ledger is not None:
            self._ledger.wait_until(self._ended_at + _WAIT_S)

    def run(self) -> None:
        """Work until told to end; raises LedgerError with ``--once``, else tries again and again."""
        from store.ledger import LedgerError

        say(f"worker {self._name}: taking hosts, captures in {self._app.data / 'archive' / self._name}")
        try:
            while True:
                try:
                    self._work()
                    return
                except LedgerError as fault:
                    if self._once:
                        raise
                    if self._ended:
                        say(f"worker {self._name}: {fault}; it ends, its leases run out by themselves")
                        return
                    say(f"worker {self._name}: {fault}; trying again in {self._pause_s:.0f} s")
                    self._sleep(self._pause_s)
                    if self._ended:
                        return
                    self._pause_s = min(2 * self._pause_s, _LONGEST_S)
        finally:
            for reader in self._readers.values():
                reader.tell()
            last = self._ended_at + _STOP_S
            for reader in self._readers.values():
                reader.abandon(max(last - time.monotonic(), 0.5))

    def _work(self) -> None:
        from crawlers.worker import crawl_on
        from store.owners import is_dead, owner_name
        from store.workers import WorkerIdTaken

        with self._app.ledger() as ledger:
            self._ledger = ledger
            me = owner_name()
            try:
                ledger.begin_worker(self._name, me, ledger.clock(), is_dead)
            except WorkerIdTaken as taken:
                say(str(taken))
                raise SystemExit(USAGE) from None
            self._read(self._name)

            def stop() -> bool:
                self._beat(ledger, me)
                self._adopt(ledger, is_dead)
                return self._ended

            crawl_on(
                self._app.config,
                self._app.data,
                ledger,
                self._name,
                once=self._once,
                progress=self._told,
                stop=stop,
            )
            if not self._ended:  # --once: what was fetched is to be read, too
                self._adopted_at = 0.0
                self._adopt(ledger, is_dead)
                for reader in self._readers.values():
                    reader.finish(lambda: self._beat(ledger, me))
            mine = f"{me}#"
            ledger.free_dead_owners(lambda owner: owner.startswith(mine), ledger.clock())
            ledger.end_worker(self._name, me, ledger.clock())
        say(f"worker {self._name}: ended, its leases are given back")

    def _told(self, event: dict[str, Any]) -> None:
        if event["event"] != "done":
            return
        self.counts.update({word: count for word, count in event.items() if word != "event"})
        say(
            f"worker {self._name}: {counted(event['sources'], 'source')}, "
            f"{counted(event['found'], 'link')}, {counted(event['fetched'], 'page')}"
        )

    def _beat(self, ledger: Ledger, me: str) -> None:
        if self._ended:
            for reader in self._readers.values():
                reader.tell()
        if time.monotonic() < self._beat_at + _BEAT_S:
            return
        if not ledger.worker_seen(self._name, me, ledger.clock()):
            say(f"worker {self._name}: another process works under this id by now. Next: another --id")
            raise SystemExit(USAGE)
        self._beat_at, self._pause_s = time.monotonic(), 1.0  # the ledger is there

    def _read(self, folder: str) -> None:
        reader = self._readers.get(folder)
        if reader is None or reader.ended:
            self._readers[folder] = follow(
                self._app, "pipeline.reader", "--folder", folder, log_name=f"reader-{folder}"
            )

    def _adopt(self, ledger: Ledger, is_dead: Callable[[str], bool]) -> None:
        """Start what reads: ours again if it died, and one for each ended worker whose captures lie here."""
        if self._ended or time.monotonic() < self._adopted_at + _ADOPT_S:
            return
        self._adopted_at = time.monotonic()
        self._read(self._name)
        now = ledger.clock()
        for other in ledger.workers():
            name = other.worker_id
            here = (self._app.data / "archive" / name).is_dir()
            gone = name != self._name and here and other.is_gone(now, is_dead)
            if gone and ledger.captured_waiting(name):
                self._read(name)

    def _sleep(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while not self._ended and time.monotonic() < end:
            time.sleep(0.1)


@contextmanager
def _name(home: Path, asked: str | None) -> Iterator[str]:
    """The worker's id, which no other process of *home* has meanwhile."""
    machine = re.sub(r"[^a-z0-9-]+", "-", socket.gethostname().lower()).strip("-")[:50] or "worker"
    names = [asked] if asked is not None else [f"{machine}-{number}" for number in range(1, 1000)]
    for name in names:
        with (home / f"worker-{name}.lock").open("w") as file:
            if _locked(file):
                yield name
                return
    say(f"{home}: a worker {asked or machine} is at work here already. Next: another --id")
    raise SystemExit(USAGE)


def _locked(file: TextIO) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
