"""All at once: fourteen outlets, of which twelve misbehave in several ways at the same time.

Which ways is chance: ``MARSAD_TEST_SEED`` repeats a press.  One crawl process visits them all; what is judged
is what the servers saw and sent.
"""

from __future__ import annotations

import bisect
import itertools
import os
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

import config
from pipeline.reader import read_captured
from store.archive import Archive
from store.ledger import Ledger
from store.records import FetchedPage
from store.tables import links
from tests.crawlers.outlets import FAST, Outlets
from tests.site.faults import Site
from tests.site.sick import DELAY_S, Sick, press

pytestmark = pytest.mark.xdist_group("all_at_once")  # one crawl for all of them

ROUNDS = 6
"""Crawls in which what is asked again later (a pause of a minute) comes to its end."""


@dataclass
class Ran:
    seed: int
    made: list[Sick]
    trapped: list[str]
    pages: dict[str, FetchedPage]
    """The archive, by URL."""
    articles: set[str]
    """Addresses of stored articles."""
    until: float
    """When the healthy outlets had been asked for the last time, in the first crawl."""
    states: dict[str, int]

    def told(self, one: Sick) -> str:
        return f"MARSAD_TEST_SEED={self.seed}: {one.name} ({', '.join(one.faults)})"

    @property
    def healthy(self) -> list[Sick]:
        return self.made[:2]

    @property
    def sick(self) -> list[Sick]:
        return self.made[2:]


def span(one: Sick) -> float:
    return one.host.hits[-1].at - one.host.hits[0].at


def configured(folder: Path, made: list[Sick]) -> Outlets:
    network = {**FAST["network"], "timeout_s": 1.0}
    outlets = Outlets(folder, {**FAST, "network": network, "politeness": {"delay_s": DELAY_S}})
    for one in made:
        outlets.add(one.name, one.host, *one.entries, languages=["fr"])
    return outlets


def _hurry(ledger: Ledger, host: str) -> None:
    """What waits for a later try is due now."""
    with ledger._db.writing() as connection:
        waiting = (links.c.state == "retry") & (links.c.host == host)
        connection.execute(links.update().where(waiting).values(ready_at=datetime.now(UTC)))


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ran]:
    seed = int(os.environ.get("MARSAD_TEST_SEED") or random.SystemRandom().randrange(10**6))
    print(f"MARSAD_TEST_SEED={seed}")
    with Site() as site:
        trap = site.host("127.0.0.1")
        made = press(site, random.Random(seed), trap=trap.url("/"))
        healthy = made[:2]
        configured(tmp_path_factory.mktemp("clean"), healthy).crawl()
        clean = [span(one) for one in healthy]
        for one in healthy:
            one.host.hits.clear()
            one.whole.clear()

        outlets = configured(tmp_path_factory.mktemp("sick"), made)
        outlets.crawl()
        until = max(one.host.hits[-1].at for one in healthy)
        ratios = [span(one) / before for one, before in zip(healthy, clean, strict=True)]
        print(f"healthy outlets took {', '.join(f'{ratio:.2f}' for ratio in ratios)} of a clean run")
        for _ in range(ROUNDS):
            with outlets.ledger() as ledger:
                states = dict(ledger.status().frontier)
                if not states.keys() & {"discovered", "retry", "fetching"}:
                    break
                for one in made:  # the minute that a host is left alone for need not be waited for here
                    if not one.waits or one.waits[-1][0] + one.waits[-1][1] < one.host.hits[-1].at:
                        ledger.block_host(one.host.name, None, None)
                        _hurry(ledger, one.host.name)
            outlets.crawl([one.name for one in made])
        read_captured(config.load(outlets.folder, home=outlets.home), outlets.home)
        archive = Archive(outlets.home)
        pages = {page.url: page for path in archive.files() for page in archive.iter_pages(path)}
        with outlets.ledger() as ledger:
            articles = {article.article.url for article in ledger.articles()}
            states = dict(ledger.status().frontier)
        yield Ran(seed, made, trap.paths(), pages, articles, until, states)


def test_the_healthy_lose_nothing(ran: Ran) -> None:
    for one in ran.healthy:
        urls = {one.host.url(path) for path in one.sound}
        assert len(urls) == 6
        assert urls <= ran.articles, f"MARSAD_TEST_SEED={ran.seed}"


def test_the_healthy_are_not_delayed(ran: Ran) -> None:
    """Counted, not timed: hosts with one delay go in step, however slow the machine is.

    Were a healthy host held up, others would be asked several times between two of its requests.
    """
    for one in ran.healthy:
        hits = [hit.at for hit in one.host.hits if hit.at <= ran.until]
        assert len(hits) >= 8
        for other in ran.made:
            if other is one:
                continue
            theirs = [hit.at for hit in other.host.hits]
            between = [
                bisect.bisect_left(theirs, end) - bisect.bisect_left(theirs, start)
                for start, end in itertools.pairwise(hits)
            ]
            assert max(between) <= 3, f"{ran.told(other)} went ahead of {one.name}: {between}"
            assert sum(between) <= len(hits) + 3, f"{ran.told(other)} went ahead of {one.name}: {between}"


def test_the_healthy_were_done_while_the_sick_were_waited_for(ran: Ran) -> None:
    hanging = [one for one in ran.sick if one.hung]
    assert all(one.host.hits[-1].at > ran.until for one in hanging), f"MARSAD_TEST_SEED={ran.seed}"


def test_the_sick_yield_every_article_that_they_served_properly(ran: Ran) -> None:
    for one in ran.sick:
        assert one.whole == one.sound.keys(), f"not asked to the end: {ran.told(one)}"
        for path in one.whole:
            url = one.host.url(path)
            assert ran.pages[url].body.decode() == one.sound[path], ran.told(one)
            assert url in ran.articles, ran.told(one)


def test_nothing_else_is_kept(ran: Ran) -> None:
    for one in ran.made:
        kept = {url.removeprefix(one.host.base) for url in ran.pages if url.startswith(one.host.base + "/")}
        assert kept == {*one.sound, *one.soft}, ran.told(one)
        stored = {url.removeprefix(one.host.base) for url in ran.articles if url.startswith(one.host.base)}
        assert stored == {*one.sound}, ran.told(one)


def test_every_link_has_ended(ran: Ran) -> None:
    assert ran.states.keys() <= {"stored", "rejected"}, (ran.seed, ran.states)


def test_nothing_reached_a_forbidden_address(ran: Ran) -> None:
    assert ran.trapped == []


def test_no_request_broke_robots_the_delay_or_a_retry_after(ran: Ran) -> None:
    for one in ran.made:
        assert one.host.paths()[0] == "/robots.txt", ran.told(one)
        assert not {*one.forbidden} & {*one.host.paths()}, ran.told(one)
        assert min(one.host.gaps()[1:]) >= one.gap_s, ran.told(one)
        assert one.hung or one.host.most_at_once() == 1, ran.told(one)
        for at, seconds in one.waits:
            early = [hit.path for hit in one.host.hits if at < hit.at < at + seconds]
            assert not early, f"asked for {early} within a Retry-After of {seconds:g} s: {ran.told(one)}"
