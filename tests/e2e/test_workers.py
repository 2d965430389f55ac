"""Workers that share a ledger on a server: killed, frozen and continued, they neither lose nor double
anything, and no outlet is asked by two at a time."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from store.archive import Archive
from store.ledger import Ledger
from store.tables import hosts, links
from tests.benchmarks.machine import family
from tests.crawlers.outlets import Outlets
from tests.site.faults import Host, Site

pytestmark = [pytest.mark.timeout(1200)]

DELAY_S = 0.5
LEASE_S = 4
STOP_S = 10.0
"""How long a worker may take to end once it is told to."""


@dataclass
class Fleet:
    """Outlets on the fault site, and the workers that are after them."""

    folder: Path
    place: str
    """What ``ledger.url`` is; empty: the home ``home`` has the ledger."""
    site: Site
    number: int
    pages: int
    delay_s: float = DELAY_S
    lease_s: int = LEASE_S
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.outlets = Outlets(
            self.folder,
            settings={
                "ledger": {"url": self.place},
                "politeness": {"delay_s": self.delay_s},
                "network": {"allow": ["127.66.0.0/16"], "timeout_s": 5},
                "crawl": {
                    "concurrent_hosts": 8,
                    "lease_s": self.lease_s,
                    "poll_min_s": 15,
                    "poll_max_s": 600,
                },
                "log": {"level": "error"},
            },
        )
        self.hosts: list[Host] = [self.site.host() for _ in range(self.number)]
        for index, host in enumerate(self.hosts):
            host.feed("/feed", [f"/news/{index}-{page}.html" for page in range(self.pages)])
            self.outlets.add(f"s{index}", host)

    def start(self, worker_id: str, home: str, *more: str) -> subprocess.Popen[bytes]:
        where = ["--config", str(self.outlets.folder), "--home", str(self.folder / home)]
        command = [sys.executable, "-m", "cli.main", *where, "worker", "--id", worker_id, *more]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("MARSAD_")}
        with (self.folder / f"{worker_id}.log").open("ab") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log, env=environment)
        self.running.append(process)
        return process

    def ledger(self) -> Ledger:
        return Ledger.open(self.place or self.folder / "home", create=False)

    def said(self) -> str:
        """What the workers said, for a test that failed."""
        return "\n".join(path.read_text()[-2000:] for path in sorted(self.folder.glob("*.log")))

    def until(self, true: Callable[[], object], seconds: float = 400.0) -> None:
        end = time.monotonic() + seconds
        while not true():
            assert time.monotonic() < end, f"waited in vain: {self.frontier()}\n{self.said()}"
            time.sleep(0.1)

    def hits(self) -> int:
        return sum(len(host.hits) for host in self.hosts)

    def frontier(self) -> dict[str, int]:
        with self.ledger() as ledger:
            return dict(ledger.status().frontier)

    def is_done(self) -> bool:
        return self.frontier() == {"stored": self.number * self.pages}

    # -- the judgement -------------------------------------------------------------------------------------

    def check_politeness(self) -> None:
        """By the server's own log: one request at a time a host, and the delay between them."""
        for host in self.hosts:
            for earlier, later in itertools.pairwise(host.hits):
                assert earlier.done_at == [] or earlier.done_at[0] <= later.at, f"{host.name}: two at a time"
                gap = later.at - earlier.at
                assert gap >= 0.9 * self.delay_s, (
                    f"{host.name}: {gap:.3f} s from {earlier.path} to {later.path}"
                )

    def check_whole(self, homes: dict[str, str]) -> None:
        """Each page is one article of one revision, and lies in the archive of the worker that it names."""
        with self.ledger() as ledger:
            status = ledger.status()
            total = self.number * self.pages
            assert (status.articles, status.revisions) == (total, total)
            for one in ledger.articles():
                worker, _, _ = one.capture.file.partition("/")
                page = Archive(self.folder / homes[worker]).read(one.capture)
                assert page.final_url == one.annotated.article.url

    def check_asked_once(self, but: int) -> None:
        """No page was asked for twice, except at most *but*: those under way where a worker fell."""
        asked = Counter(
            (host.name, hit.path) for host in self.hosts for hit in host.hits if "/news/" in hit.path
        )
        assert len(asked) == self.number * self.pages
        assert sum(asked.values()) - len(asked) <= but


@contextmanager
def fleet(folder: Path, place: str, number: int, pages: int, **more: Any) -> Iterator[Fleet]:
    with Site() as site:
        made = Fleet(folder, place, site, number, pages, **more)
        Ledger.open(place or folder / "home").close()
        try:
            yield made
        finally:
            for process in made.running:
                for pid in family(process.pid):
                    _send(pid, signal.SIGCONT)
                    _send(pid, signal.SIGKILL)
                process.wait()


def _send(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)


def ended(process: subprocess.Popen[bytes]) -> float:
    """Tell a worker to end; how long it took, in seconds.  Its exit code must be 0."""
    began = time.monotonic()
    process.terminate()
    assert process.wait(60) == 0
    return time.monotonic() - began


def leases(ledger: Ledger, processes: set[int]) -> dict[str, int]:
    """The hosts leased by *processes*, with the token."""
    with ledger._db.reading() as connection:
        rows = connection.execute(sa.select(hosts).where(hosts.c.lease_until.is_not(None))).all()
    return {row.host: row.token for row in rows if int(row.lease_owner.split("/")[1]) in processes}


def shaken(folder: Path, place: str, number: int, pages: int) -> None:
    """Four workers, of which two are killed and one is frozen until its hosts were taken, then continued."""
    homes = {"a": "here", "b": "here", "c": "here", "d": "there"}
    with fleet(folder, place, number, pages) as all_:
        workers = {name: all_.start(name, home) for name, home in homes.items()}
        with all_.ledger() as ledger:
            all_.until(lambda: all_.hits() and leases(ledger, set(family(workers["d"].pid))))
            frozen = family(workers["d"].pid)
            for pid in frozen:
                _send(pid, signal.SIGSTOP)
            held = leases(ledger, set(frozen))
            assert held
            all_.until(lambda: all_.hits() > number * pages / 4)
            for pid in family(workers["a"].pid):  # all at once, as where a machine loses its power
                _send(pid, signal.SIGKILL)
            _send(workers["b"].pid, signal.SIGKILL)  # the worker alone: its crawl must not go on unwatched
            workers["a"].wait()
            workers["b"].wait()

            def taken() -> int:
                with ledger._db.reading() as connection:
                    rows = connection.execute(sa.select(hosts)).all()
                now = {row.host: row.token for row in rows}
                return sum(now[host] > token for host, token in held.items())

            all_.until(lambda: taken() > len(held) / 2)
            for pid in frozen:
                _send(pid, signal.SIGCONT)
        all_.until(all_.is_done, 200 + 3 * number)
        slow = {name: took for name in ("c", "d") if (took := ended(workers[name])) > STOP_S}
        assert not slow, f"took longer than {STOP_S} s to end: {slow}\n{all_.said()}"
        all_.check_politeness()
        all_.check_whole(homes)
        all_.check_asked_once(but=4 * 8)
        with all_.ledger() as ledger, ledger._db.reading() as connection:
            assert connection.execute(sa.select(hosts).where(hosts.c.lease_until.is_not(None))).all() == []
            assert connection.execute(sa.select(links).where(links.c.lease_owner.is_not(None))).all() == []


@pytest.mark.soak
def test_two_killed_and_one_frozen_of_four_workers_lose_and_double_nothing(
    database: str, tmp_path: Path
) -> None:
    shaken(tmp_path, database, 24, 5)


@pytest.mark.soak
def test_two_killed_and_one_frozen_of_four_workers_on_two_hundred_hosts(
    database: str, tmp_path: Path
) -> None:
    shaken(tmp_path, database, 200, 6)


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_a_worker_told_to_do_what_is_due_ends_when_that_is_done(
    engine: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    place = request.getfixturevalue("database") if engine == "postgresql" else ""
    with fleet(tmp_path, place, 3, 3) as all_:
        process = all_.start("solo", "home", "--once", "--json")
        assert process.wait(120) == 0, all_.said()
        assert all_.is_done(), all_.said()
        all_.check_politeness()
        all_.check_whole({"solo": "home"})
        with all_.ledger() as ledger:
            (worker,) = ledger.workers()
            assert worker.worker_id == "solo" and worker.stopped_at is not None
            assert {run.outcome for run in ledger.runs(job="crawl")} == {"ok"}
        said: dict[str, Any] = _last_json((tmp_path / "solo.log").read_text())
        assert said["worker"] == "solo" and said["fetched"] == 9


def _last_json(text: str) -> dict[str, Any]:
    import json

    return json.loads(text.strip().splitlines()[-1])  # type: ignore[no-any-return]


def test_one_id_has_one_worker(database: str, tmp_path: Path) -> None:
    with fleet(tmp_path, database, 1, 1) as all_:
        first = all_.start("x", "one")
        with all_.ledger() as ledger:
            all_.until(lambda: ledger.workers())
        beside = all_.start("x", "one")  # the same home: seen by its lock
        elsewhere = all_.start("x", "two")  # another one: seen by the ledger
        assert (beside.wait(60), elsewhere.wait(60)) == (2, 2)
        assert all_.said().count("Next: another --id") == 2
        assert ended(first) <= STOP_S, all_.said()
