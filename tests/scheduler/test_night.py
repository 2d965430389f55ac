"""Nights of minutes: a sick press under ``marsad up`` while its processes are killed; five hundred runs."""

from __future__ import annotations

import json
import os
import random
import re
import signal
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from store.ledger import Ledger
from tests.crawlers.outlets import Outlets
from tests.scheduler.up import PATIENCE_S, SWIFT, marsad, up
from tests.site.faults import Site, answer, rss
from tests.site.press import story
from tests.site.sick import DELAY_S, Sick, press

RUNS = int(os.environ.get("MARSAD_TEST_RUNS") or 500)
NIGHT_S = float(os.environ.get("MARSAD_TEST_NIGHT_S") or 300)
"""How long the long night lasts; each of its minutes holds what an hour holds by the default settings."""
_SHOWN = 60
"""Items that a feed shows."""
_VISITS = 10
"""Visits of which each may be killed before it has kept what it saw."""
_KINDS = {
    "scheduler": "cli.main",
    "crawl": "crawlers.batch",
    "read": "pipeline.reader",
    "index": "search.indexer",
}


def processes(home: Path, module: str) -> list[int]:
    """The processes of *module* that work on *home*."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                said = (folder / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if module.encode() in said and str(home).encode() in said:
                found.append(int(folder.name))
    return found


def settled(outlets: Outlets, made: list[Sick], ledger: Ledger) -> bool:
    """Whether all that the healthy outlets list is stored and nothing waits to be read or indexed."""
    if ledger.captured_waiting() or ledger.outbox_size():
        return False
    stored = {article.article.url for article in ledger.articles()}
    return {one.host.url(path) for one in made[:2] for path in one.sound} <= stored


@pytest.mark.parametrize(
    ("seconds", "outlets_count"),
    [
        pytest.param(25.0, 6, id="short", marks=pytest.mark.soak),
        pytest.param(
            NIGHT_S, 14, id="long", marks=[pytest.mark.soak, pytest.mark.timeout(1.5 * NIGHT_S + 600)]
        ),
    ],
)
def test_78_a_night_of_a_sick_press_and_kills_loses_nothing(
    seconds: float, outlets_count: int, tmp_path: Path
) -> None:
    seed = int(os.environ.get("MARSAD_TEST_SEED") or random.SystemRandom().randrange(10**6))
    print(f"MARSAD_TEST_SEED={seed}")
    chance = random.Random(seed)
    killed: Counter[str] = Counter()
    with Site() as site:
        trap = site.host("127.0.0.1")
        made = press(site, chance, outlets=outlets_count, trap=trap.url("/"))
        outlets = Outlets(
            tmp_path,
            {
                **SWIFT,
                "politeness": {"delay_s": DELAY_S},
                "network": {**SWIFT["network"], "timeout_s": 1.0},
                "scheduler": {**SWIFT["scheduler"], "health_every_s": 2, "revisit_every_s": 5},
            },
        )
        for one in made:
            outlets.add(one.name, one.host, *one.entries, languages=["fr"])
        end = time.monotonic() + seconds
        newsrooms = [Newsroom(one) for one in made[:2]]
        number = 0
        while (left := end - time.monotonic()) > 0:
            with up(outlets) as clock:
                until = time.monotonic() + min(left, chance.uniform(8, 20))
                while time.monotonic() < until:
                    time.sleep(chance.uniform(0.5, 3))
                    number += 1
                    for newsroom in newsrooms:
                        newsroom.publish(number)
                    kind = chance.choice(["crawl", "read", "index"])
                    for pid in processes(outlets.home, _KINDS[kind])[:1]:
                        os.kill(pid, signal.SIGKILL)
                        killed[kind] += 1
                clock.process.kill()
                clock.process.wait()
                killed["scheduler"] += 1
        with up(outlets) as clock:
            clock.until(
                lambda: settled(outlets, made, clock.ledger),
                "the healthy outlets have lost nothing",
                patience_s=max(PATIENCE_S, seconds / 3),
            )
            assert clock.stop()[0] == 0
        print(f"killed: {dict(killed)}; articles of the healthy: {[len(one.sound) for one in made[:2]]}")
        found = json.loads(marsad(outlets, "verify", "--json").stdout)
        assert found["ok"], found
        with outlets.ledger() as ledger:
            stored = Counter(article.article.url for article in ledger.articles())
            revisions = {article.revision for article in ledger.articles()}
        asked = {one.host.url(path) for one in made for path in (*one.bad, *one.soft, *one.forbidden)}
        sent = {one.host.url(path) for one in made for path in one.whole}
        assert set(stored.values()) == {1}, "nothing is there twice"
        assert revisions == {1}, "nothing changed, so nothing was revised"
        assert not stored.keys() & asked, "nothing that is no article"
        assert stored.keys() <= sent, "nothing that was not sent whole"
        assert trap.paths() == [], "nothing reached an address that is not allowed"
        for one in made:
            # A server cannot tell when the client of a page that hangs has left.
            assert one.hung or one.host.most_at_once() <= 1, one.name
            assert not set(one.host.paths()) & set(one.forbidden), one.name
        for one in made[:2]:
            assert min(one.host.gaps()) >= DELAY_S * 0.95, one.name


class Newsroom:
    """Publishes in one outlet: its feed shows the sixty newest, and what was not there at several visits.

    So an item scrolls out only where the scheduler came and did not keep it, however slow the machine is.
    """

    def __init__(self, one: Sick) -> None:
        self._one = one
        self._visits: list[int] = []
        """How much was published at each visit to the feed."""

    def publish(self, number: int) -> None:
        one = self._one
        path = f"/recit-de-nuit-{number}-une-nouvelle-de-plus"
        for _ in range(one.host.count("/feed") - len(self._visits)):
            self._visits.append(len(one.sound))
        one.serve(path, story(f"Récit de nuit {number}", f"{one.name} {path}"))
        seen = self._visits[-_VISITS] if len(self._visits) >= _VISITS else 0
        first = min(seen, max(0, len(one.sound) - _SHOWN))
        shown = [one.host.url(each) for each in list(one.sound)[first:]]
        one.host.on("/feed", answer(rss(shown[::-1]), kind="application/rss+xml"))


@pytest.fixture
def quiet(tmp_path: Path) -> Iterator[Outlets]:
    with Site() as site:
        host = site.host()
        host.feed("/feed", ["/news/1", "/news/2"])
        outlets = Outlets(tmp_path, {**SWIFT, "crawl": {**SWIFT["crawl"], "poll_max_s": 1}})
        outlets.add("akhbar", host)
        yield outlets


def resident_kb(pid: int) -> int:
    found = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    assert found is not None
    return int(found[1])


@pytest.mark.soak
@pytest.mark.timeout(6 * RUNS + 300)
def test_85_the_scheduler_stays_small_over_many_runs(quiet: Outlets) -> None:
    held: list[tuple[int, int]] = []
    with up(quiet) as clock:
        end = time.monotonic() + 6 * RUNS
        while (done := len(clock.ended("crawl"))) < RUNS and time.monotonic() < end:
            held.append((done, resident_kb(clock.process.pid)))
            time.sleep(1)
        assert done >= RUNS
        assert clock.stop()[0] == 0
    early = max(kb for runs, kb in held if RUNS * 0.2 <= runs <= RUNS * 0.3)
    late = max(kb for runs, kb in held if runs >= RUNS * 0.9)
    print(f"{RUNS} runs: {early} kB after a quarter, {late} kB at the end")
    assert late <= 200 * 1024
    assert late <= early * 1.05
