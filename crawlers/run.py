"""Crawl: pick what is due, share it out to disposable processes, watch over them, gather their rows.

Nothing here knows Scrapy.  A process of :mod:`crawlers.batch` crawls one group of hosts with a wall clock and
a memory limit; whatever happens to it, the ledger holds its links and the next one goes on.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from config.logs import RUN_ID
from crawlers.assignment import Assignment, leads_of
from crawlers.guard import networks, refusal
from store.owners import is_dead, memory_kb
from store.records import Reason
from store.urls import host_of

if TYPE_CHECKING:
    from config import Config
    from config.model import Source
    from store.ledger import Ledger

TERM_S = 8.0
"""From SIGTERM to SIGKILL: whoever stops the scheduler waits ten seconds for it."""
_SLACK_S = 15.0
_PROCESSES = 4
"""Most crawl processes side by side; a further one starts when the others are nearly done."""
_RESTARTS = 1
CLOCK_SKEW = timedelta(minutes=1)
"""What was seen further ahead than this was written by a clock that was wrong then."""

_NOT_ASKED = {str(reason) for reason in (Reason.TOO_OLD, Reason.NOT_MATCHING, Reason.BUDGET, Reason.ROBOTS)}
"""Ends that say nothing against an outlet: it was not asked."""

Progress = Callable[[dict[str, Any]], None]


@dataclass(frozen=True, slots=True)
class CrawlSummary:
    """What a crawl brought."""

    rows: tuple[dict[str, Any], ...]
    """One a source: ``source found fetched not_modified passed rejected{} errors{} events{} next_due_at``."""
    seconds: float
    stopped: str | None = None
    """Why it ended early (``wall clock``, ``interrupted``, ``storage failed: …``), or ``None``."""
    died: int = 0
    """Processes that ended without their rows: killed, or crashed."""
    peak_kb: int = 0
    """Most memory that one of its processes held at once, in kibibytes."""

    @property
    def failed(self) -> tuple[str, ...]:
        """The sources that brought errors and nothing else; one that refuses crawlers did not fail."""
        return tuple(
            row["source"]
            for row in self.rows
            if {*row["errors"], *row["rejected"]} - _NOT_ASKED
            and not (row["fetched"] or row["not_modified"] or row["found"])
        )

    @property
    def exit_code(self) -> int:
        """0, or 1 if some sources failed or the storage did."""
        return 1 if self.failed or (self.stopped or "").startswith(("storage", "fault")) else 0

    @property
    def totals(self) -> dict[str, Any]:
        """The sums over all rows, in the shape of a row."""
        sums: dict[str, Any] = {
            name: sum(row[name] for row in self.rows)
            for name in ("found", "fetched", "not_modified", "passed")
        }
        for name in ("rejected", "errors"):
            words: dict[str, int] = {}
            for row in self.rows:
                for word, count in row[name].items():
                    words[word] = words.get(word, 0) + count
            sums[name] = words
        return sums


def due_sources(config: Config, ledger: Ledger, now: datetime) -> list[str]:
    """The enabled sources with a listing due, never visited, or with links that can be fetched now."""
    waiting = ledger.pending_sources(now)
    states = {state.source_id: state for state in ledger.source_states()}
    due = []
    for source in config.sources.values():
        if not source.enabled:
            continue
        state = states.get(source.id)
        listed = (
            state is None
            or state.next_due_at is None
            or state.next_due_at <= now
            or (state.last_ok_at is not None and state.last_ok_at > now + CLOCK_SKEW)
        )
        if (listed and source.entry_points) or source.id in waiting:
            due.append(source.id)
    return due


def batches(sources: Iterable[Source], most_hosts: int) -> list[list[Source]]:
    """*sources* in groups of at most *most_hosts* hosts; those that share a host come together.

    A group larger than the limit is kept whole: its hosts then take turns inside one process.
    """
    groups: list[tuple[set[str], list[Source]]] = []
    for source in sources:
        own = {host_of(url) for url in (source.homepage, *(entry.url for entry in source.entry_points))}
        members = [source]
        apart = []
        for hosts, others in groups:
            if hosts & own:
                own |= hosts
                members = others + members
            else:
                apart.append((hosts, others))
        groups = [*apart, (own, members)]
    filled: list[tuple[int, list[Source]]] = []
    for hosts, members in groups:
        for index, (count, some) in enumerate(filled):
            if count + len(hosts) <= most_hosts:
                filled[index] = (count + len(hosts), some + members)
                break
        else:
            filled.append((len(hosts), members))
    return [members for _, members in filled]


@dataclass(slots=True)
class _Child:
    process: subprocess.Popen[str]
    assignment: Assignment
    began: float
    active: int
    restarts: int = 0
    rows: list[dict[str, Any]] | None = None
    stopped: str | None = None
    term_at: float | None = None


def run_crawl(
    config: Config,
    source_ids: Collection[str] | None = None,
    *,
    home: Path | None = None,
    since: datetime | None = None,
    progress: Progress | None = None,
    stop: Callable[[], bool] | None = None,
    scrapy_settings: Mapping[str, Any] | None = None,
    force: bool | None = None,
    log: Path | None = None,
    run_id: int | None = None,
) -> CrawlSummary:
    """Crawl *source_ids* (``None``: those that are due) into the store at *home*; returns when they are done.

    Named sources are visited whether due or not, unless *force* is false: then only their listings that are
    due.  A disabled one never is.  Its processes log to *log* (``log/crawl.log``), as a part of *run_id*.
    What can be fetched now is fetched; links that wait for a later retry stay in the frontier.  *progress*
    gets every event as a dict (``event``: ``started``, ``listing``, ``fetched``, ``page_failed`` …); *stop*
    is asked four times a second and ends the crawl cleanly when it says true.  *scrapy_settings* win over
    everything (as ``-s`` does).  Raises ``KeyError`` for an unknown source, ``ValueError`` for a disabled
    one, LedgerError for the store.
    """
    for name in source_ids or ():
        if not config.sources[name].enabled:
            raise ValueError(f"{name} is not visited, it is disabled: {config.sources[name].reason}")
    from store.ledger import Ledger  # a cold `marsad --help` need not know SQLAlchemy

    store = Path(home) if home is not None else config.settings.home
    began = time.monotonic()
    with Ledger.of(config.settings, store) as ledger:
        now = ledger.clock()
        ledger.free_dead_owners(is_dead, now)
        ids = due_sources(config, ledger, now) if source_ids is None else list(dict.fromkeys(source_ids))
    # By tier: where not all hosts are visited at once, the first circle is.
    sources = sorted((config.sources[name] for name in ids), key=lambda source: source.tier)
    catalogue = config.sources.values()
    leads = leads_of(sources, catalogue)
    matching = any(source.collect == "matching" for source in (*sources, *leads))
    work = [
        Assignment(
            tuple(group),
            leads=leads_of(group, catalogue),
            watchwords=tuple(config.watchwords) if matching else (),
            since=since,
            force=source_ids is not None if force is None else force,
        )
        for group in batches(sources, config.settings["crawl.concurrent_hosts"])
    ]
    watch = Watch(
        config,
        store,
        progress or (lambda event: None),
        stop or (lambda: False),
        scrapy_settings or {},
        log or store / "log" / "crawl.log",
        run_id,
    )
    rows, stopped = watch.run(work)
    order = {name: index for index, name in enumerate(ids)}
    rows.sort(key=lambda row: order.get(row["source"], 0))
    return CrawlSummary(tuple(rows), time.monotonic() - began, stopped, watch.died, watch.peak_kb)


@dataclass(slots=True)
class Watch:
    """The parent's half of a crawl: starts processes, hears their events, ends those that overstay."""

    config: Config
    store: Path
    progress: Progress
    stop: Callable[[], bool]
    scrapy_settings: Mapping[str, Any]
    log: Path
    run_id: int | None = None
    events: queue.Queue[tuple[_Child, str | None]] = field(default_factory=queue.Queue)
    running: list[_Child] = field(default_factory=list)
    rows: list[dict[str, Any]] = field(default_factory=list)
    stopped: str | None = None
    died: int = 0
    peak_kb: int = 0
    term_s: float = TERM_S

    def run(self, work: Sequence[Assignment]) -> tuple[list[dict[str, Any]], str | None]:
        waiting = list(work)

        def more() -> Assignment | None:
            return waiting.pop(0) if waiting else None

        self.attend(more, lambda: not waiting)
        self.rows += [empty_row(source.id) for part in waiting for source in part.sources]
        return self.rows, self.stopped

    def attend(self, more: Callable[[], Assignment | None], over: Callable[[], bool]) -> None:
        """Have done what *more* gives whenever there is room, until *over* or the crawl is stopped."""
        most = self.config.settings["crawl.concurrent_hosts"]
        try:
            while self.running or (self.stopped is None and not over()):
                while self.stopped is None and self._room(most) and (part := more()) is not None:
                    self._start(part)
                self._hear(0.25)
                self._deadlines()
                if self.stopped is None and self.stop():
                    self._end_all("interrupted")
        except BaseException:
            self._end_all("interrupted")
            while self.running:
                self._hear(0.25)
                self._deadlines()
            raise

    def _room(self, most: int) -> bool:
        """Whether the processes under way are few, and nearly done (stragglers hold up nobody)."""
        if not self.running:
            return True
        return len(self.running) < _PROCESSES and sum(child.active for child in self.running) <= most // 4

    def _start(self, assignment: Assignment, restarts: int = 0) -> None:
        command = [sys.executable, "-m", "crawlers.batch", "--store", str(self.store)]
        for name, value in self.scrapy_settings.items():
            command += ["-s", f"{name}={json.dumps(value) if isinstance(value, dict) else value}"]
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as output:
            process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=output,
                text=True,
                encoding="utf-8",
                env=self._environment(),
                start_new_session=True,  # a group of its own, to be killed whole; Ctrl-C is passed on by us
            )
        child = _Child(process, assignment, time.monotonic(), len(assignment.sources), restarts)
        self.running.append(child)
        assert process.stdin is not None
        with suppress(BrokenPipeError):
            process.stdin.write(assignment.to_json())
            process.stdin.close()
        threading.Thread(target=self._read, args=(child,), daemon=True).start()

    def _environment(self) -> dict[str, str]:
        part = {} if self.run_id is None else {RUN_ID: str(self.run_id)}
        return {**environment(self.config), **part}

    def _read(self, child: _Child) -> None:
        assert child.process.stdout is not None
        with child.process.stdout as lines:
            for line in lines:
                self.events.put((child, line))
        child.process.wait()
        self.events.put((child, None))

    def _hear(self, seconds: float) -> None:
        """Handle the events that have come, waiting *seconds* for the first."""
        wait = seconds
        while True:
            try:
                child, line = self.events.get(timeout=wait) if wait else self.events.get_nowait()
            except queue.Empty:
                return
            wait = 0.0
            if line is None:
                self._ended(child)
                continue
            try:
                event = json.loads(line)
            except ValueError:
                continue
            if event.get("event") == "rows":
                child.rows, child.stopped = event["rows"], event["stopped"]
            elif event.get("event") == "active":
                child.active = event["hosts"]
            else:
                self.progress(event)

    def _ended(self, child: _Child) -> None:
        self.running.remove(child)
        code = child.process.returncode
        if child.stopped and self.stopped is None:
            self.stopped = child.stopped if child.stopped.startswith("storage") else None
            self.progress({"event": "stopped", "why": child.stopped})
            if self.stopped is not None:
                self._end_all(self.stopped)
        if child.rows is not None:
            self._done(child.assignment, child.rows)
            return
        # Killed (by the system, for memory) or crashed: its links are safe, another process may go on.
        self.died += 1
        self.progress({"event": "process_died", "code": code})
        if child.restarts < _RESTARTS and child.term_at is None and self.stopped is None:
            self._free_leases()
            self._start(child.assignment, child.restarts + 1)
            return
        failed = [empty_row(source.id, {"process": 1}) for source in child.assignment.sources]
        self._done(child.assignment, failed)

    def _done(self, assignment: Assignment, rows: list[dict[str, Any]]) -> None:
        """An assignment has come to its end."""
        self.rows += rows

    def _free_leases(self) -> None:
        from store.ledger import Ledger

        with Ledger.of(self.config.settings, self.store) as ledger:
            ledger.free_dead_owners(is_dead, ledger.clock())

    def _deadlines(self) -> None:
        limit = self.config.settings["crawl.wall_clock_s"] + _SLACK_S
        now = time.monotonic()
        for child in self.running:
            self.peak_kb = max(self.peak_kb, memory_kb(child.process.pid)[1])
            if child.term_at is None and now - child.began > limit:
                self._signal(child, signal.SIGTERM)
                child.term_at = now
            elif child.term_at is not None and now - child.term_at > self.term_s:
                self._signal(child, signal.SIGKILL)

    def _end_all(self, why: str) -> None:
        self.stopped = self.stopped or why
        for child in self.running:
            if child.term_at is None:
                self._signal(child, signal.SIGTERM)
                child.term_at = time.monotonic()

    @staticmethod
    def _signal(child: _Child, number: signal.Signals) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(child.process.pid, number)


def empty_row(source_id: str, errors: Mapping[str, int] | None = None) -> dict[str, Any]:
    return {
        "source": source_id,
        "found": 0,
        "fetched": 0,
        "not_modified": 0,
        "rejected": {},
        "errors": dict(errors or {}),
        "events": {},
        "passed": 0,
        "next_due_at": None,
    }


def environment(config: Config) -> dict[str, str]:
    """The environment of a crawl process: our settings, resolved, and where this program lies."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MARSAD_")}
    for section, keys in config.settings.values.items():
        for key, value in keys.items():
            text = value if isinstance(value, str) else json.dumps(value)
            environment[f"MARSAD_{section.upper()}__{key.upper()}"] = text
    root = str(Path(__file__).resolve().parent.parent)
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))
    return environment


def reachable(config: Config, timeout_s: float = 10.0, *, most: int = 24) -> bool:
    """Whether at least one enabled outlet's host takes a connection, within *timeout_s*.

    Asks up to *most* hosts side by side and sends nothing.  Names that do not resolve and networks without a
    route fail at once, so a machine without a network is told in a moment; never hangs.
    """
    allow = networks(config.settings["network.allow"])
    urls = [
        source.entry_points[0].url if source.entry_points else source.homepage
        for source in config.sources.values()
        if source.enabled
    ]
    doors = list(dict.fromkeys(_door(url) for url in urls))
    # Spread over the catalogue: its first files are all of one country.
    doors = doors[:: max(1, len(doors) // most)][:most]
    answers: queue.Queue[bool] = queue.Queue()

    def knock(host: str, port: int) -> None:
        try:
            for row in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
                address = str(row[4][0])
                if refusal(address, allow) is None:
                    with socket.create_connection((address, port), timeout=timeout_s / 2):
                        answers.put(True)
                        return
        except (OSError, UnicodeError, ValueError):
            pass
        answers.put(False)

    end = time.monotonic() + timeout_s
    for host, port in doors:
        threading.Thread(target=knock, args=(host, port), daemon=True).start()
    for _ in doors:
        try:
            if answers.get(timeout=max(0.01, end - time.monotonic())):
                return True
        except queue.Empty:
            return False
    return False


def _door(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    return parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
