"""Turns of hosts: one request at a time, one delay, across processes, with pauses that outlive them."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

import pytest

from crawlers.hosts import HostPaused, Hosts, Stopped
from crawlers.robots import MAX_BYTES, Robots, RobotsAnswer, Rules
from crawlers.scribe import Scribe
from store.ledger import Ledger

T = TypeVar("T")
HOST = "outlet.example"
SCRIBES: list[Scribe] = []
"""Those of the test that runs."""


def hosts_of(ledger: Ledger, owner: str = "a", delay_s: float = 0.1, **more: object) -> Hosts:
    options = {"owner": owner, "delay_s": delay_s, "rng": random.Random(1), **more}
    SCRIBES.append(Scribe("t", ledger.together))
    return Hosts(ledger, SCRIBES[-1], **options)  # type: ignore[arg-type]  # a test's shorthand


def run(home: Path, work: Callable[[Ledger], Awaitable[T]]) -> T:
    async def go() -> T:
        with Ledger.open(home) as ledger:
            try:
                return await work(ledger)
            finally:
                while SCRIBES:  # a thread that still writes would open the ledger again
                    await SCRIBES.pop().close()

    return asyncio.run(go())


async def written(by: Hosts | Robots) -> None:
    """Returns once all that *by* has told the ledger so far is kept."""
    await by._scribe.do(lambda: None)


async def ask(hosts: Hosts, log: list[tuple[float, float]], seconds: float = 0.02) -> None:
    async with hosts.turn(HOST):
        began = time.monotonic()
        await asyncio.sleep(seconds)
        log.append((began, time.monotonic()))


def gaps(log: list[tuple[float, float]]) -> list[float]:
    """From the end of each request to the start of the next; negative if they overlapped."""
    log = sorted(log)
    return [log[n + 1][0] - log[n][1] for n in range(len(log) - 1)]


def test_36_two_jobs_on_one_host_never_overlap_and_keep_the_delay(tmp_path: Path) -> None:
    async def work(ledger: Ledger) -> list[tuple[float, float]]:
        log: list[tuple[float, float]] = []
        jobs = [hosts_of(ledger, owner, max_delay_s=9) for owner in ("a", "b")]
        release = asyncio.ensure_future(_release(jobs))
        await asyncio.gather(*(ask(hosts, log) for hosts in jobs for _ in range(3)))
        release.cancel()
        return log

    log = run(tmp_path, work)
    assert len(log) == 6
    assert min(gaps(log)) >= 0.1


async def _release(jobs: list[Hosts]) -> None:
    while True:
        await asyncio.sleep(0.05)
        for hosts in jobs:
            for state in hosts._hosts.values():
                if not state.waiting and not state.lock.locked():
                    hosts._release(state)


def test_36_a_process_that_starts_right_after_a_crash_still_waits(tmp_path: Path) -> None:
    async def crashing(ledger: Ledger) -> None:
        await ask(hosts_of(ledger, "first", delay_s=0.6), [])  # and never gives back its lease

    run(tmp_path, crashing)
    crashed = time.monotonic()

    async def starting(ledger: Ledger) -> float:
        ledger.free_dead_owners(lambda owner: owner == "first", datetime.now(UTC))
        await ask(hosts_of(ledger, "second", delay_s=0.6), [])
        return time.monotonic()

    assert run(tmp_path, starting) - crashed > 0.4


def test_34_the_longer_of_the_two_delays_holds_capped(tmp_path: Path) -> None:
    async def work(ledger: Ledger) -> list[float]:
        hosts = hosts_of(ledger, delay_s=5, max_delay_s=120)
        seen = []
        for asked in (None, 1, 30, 9000, -3):
            hosts.set_crawl_delay(HOST, asked)
            seen.append(hosts.gap_s(HOST))
        return seen

    assert run(tmp_path, work) == [5, 5, 30, 120, 5]


def test_the_catalogues_delay_wins_over_the_default_and_the_command_line_over_both(tmp_path: Path) -> None:
    async def work(ledger: Ledger) -> list[float]:
        seen = []
        for fixed in (False, True):
            hosts = hosts_of(ledger, delay_s=5, fixed=fixed)
            hosts.want_delay(HOST, "one", 0.5)
            seen.append(hosts.gap_s(HOST))
            hosts.want_delay(HOST, "two", None)  # a second source on the host, with the default
            seen.append(hosts.gap_s(HOST))
        return seen

    assert run(tmp_path, work) == [0.5, 5, 5, 5]


@pytest.mark.parametrize(
    ("status", "headers", "low", "high"),
    [
        (429, {"retry-after": "120"}, 119, 120),
        (503, {"retry-after": "999999"}, 86_399, 86_400),
        (429, {}, 53, 66),
        (503, {}, 53, 66),
        (403, {"cf-mitigated": "challenge"}, 86_399, 86_400),
        (999, {}, 86_399, 86_400),
    ],
)
def test_25_28_the_whole_host_is_paused_in_every_process(
    tmp_path: Path, status: int, headers: dict[str, str], low: float, high: float
) -> None:
    async def work(ledger: Ledger) -> float:
        first, second = hosts_of(ledger), hosts_of(ledger, "b")
        await ask(first, [])
        first.answered(HOST, status, headers.get)
        with pytest.raises(HostPaused):
            await ask(first, [])
        await written(first)
        with pytest.raises(HostPaused) as caught:
            await ask(second, [])
        async with second.turn("other.example"):  # nobody else is delayed
            pass
        return (caught.value.until - datetime.now(UTC)).total_seconds()

    assert low - 1 <= run(tmp_path, work) <= high


def test_28_pauses_double_across_processes_and_an_answer_forgives(tmp_path: Path) -> None:
    seen: list[float] = []
    clock = [datetime(2026, 11, 24, tzinfo=UTC)]

    async def one(ledger: Ledger) -> None:
        hosts = hosts_of(ledger, f"p{len(seen)}", now=lambda: clock[0])
        async with hosts.turn(HOST):
            pass
        hosts.answered(HOST, 429, {}.get)
        pause = hosts.paused(HOST)
        assert pause is not None
        seen.append((pause[0] - clock[0]).total_seconds())
        clock[0] = pause[0] + timedelta(seconds=1)
        hosts.close()
        await hosts._scribe.close()

    for _ in range(3):
        run(tmp_path, one)
    assert [round(pause / 60) for pause in seen] in ([1, 2, 4], [1, 2, 5])
    clock[0] += timedelta(hours=1)  # quiet for longer than half an hour
    run(tmp_path, one)
    assert round(seen[-1] / 60) == 1


def test_2_a_host_that_cannot_be_reached_is_paused_after_three_failures(tmp_path: Path) -> None:
    async def work(ledger: Ledger) -> list[bool]:
        hosts = hosts_of(ledger)
        seen = []
        for _ in range(3):
            hosts.failed(HOST, "connect", "refused")
            seen.append(hosts.paused(HOST) is not None)
        return seen

    assert run(tmp_path, work) == [False, False, True]


def test_waiting_ends_when_the_run_does(tmp_path: Path) -> None:
    async def work(ledger: Ledger) -> float:
        hosts = hosts_of(ledger, delay_s=60)
        await ask(hosts, [])
        waiting = [asyncio.ensure_future(ask(hosts, [])) for _ in range(3)]
        await asyncio.sleep(0.05)
        began = time.monotonic()
        hosts.stop()
        results = await asyncio.gather(*waiting, return_exceptions=True)
        assert all(isinstance(result, Stopped) for result in results)
        return time.monotonic() - began

    assert run(tmp_path, work) < 30  # half of the delay that they would have waited


# -- robots.txt --------------------------------------------------------------------------------------------


class Answers:
    """A fetch that gives the prepared answers, and counts."""

    def __init__(self, *answers: RobotsAnswer | Exception) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    async def __call__(self, url: str) -> RobotsAnswer:
        self.asked.append(url)
        await asyncio.sleep(0.01)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


def robots_of(ledger: Ledger, fetch: Answers, clock: list[datetime]) -> Robots:
    hosts = hosts_of(ledger, now=lambda: clock[0])
    return Robots(ledger, hosts._scribe, hosts, fetch, now=lambda: clock[0])


FORBIDS = RobotsAnswer(200, b"User-agent: *\nDisallow: /\n")


def allows(robots: Robots) -> Awaitable[bool]:
    async def ask() -> bool:
        return (await robots.rules(f"https://{HOST}", HOST)).allowed(f"https://{HOST}/page")

    return ask()


def test_35_all_who_wait_get_the_one_answer(tmp_path: Path) -> None:
    async def work(ledger: Ledger) -> tuple[list[bool], int]:
        fetch = Answers(FORBIDS)
        robots = robots_of(ledger, fetch, [datetime.now(UTC)])
        seen = await asyncio.gather(*(allows(robots) for _ in range(6)))
        return list(seen), len(fetch.asked)

    assert run(tmp_path, work) == ([False] * 6, 1)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
def test_31_no_robots_txt_means_allowed(tmp_path: Path, status: int) -> None:
    async def work(ledger: Ledger) -> bool:
        return await allows(robots_of(ledger, Answers(RobotsAnswer(status, b"")), [datetime.now(UTC)]))

    assert run(tmp_path, work)


@pytest.mark.parametrize(
    "trouble", [RobotsAnswer(500, b""), RobotsAnswer(503, b""), RobotsAnswer(429, b""), TimeoutError("slow")]
)
def test_32_robots_in_trouble_means_keep_out(tmp_path: Path, trouble: RobotsAnswer | Exception) -> None:
    async def work(ledger: Ledger) -> None:
        with pytest.raises(HostPaused):
            await allows(robots_of(ledger, Answers(trouble), [datetime.now(UTC)]))

    run(tmp_path, work)


def test_32_the_last_good_copy_stays_in_force_for_thirty_days(tmp_path: Path) -> None:
    clock = [datetime(2026, 11, 1, tzinfo=UTC)]
    partly = RobotsAnswer(200, b"User-agent: *\nDisallow: /page\n")

    async def work(ledger: Ledger) -> None:
        first = robots_of(ledger, Answers(partly), clock)
        assert not await allows(first)
        await written(first)
        clock[0] += timedelta(days=20)
        fetch = Answers(RobotsAnswer(503, b""))
        assert not await allows(robots_of(ledger, fetch, clock))
        assert len(fetch.asked) == 1  # a copy of twenty days is asked for anew before it is believed
        clock[0] += timedelta(days=11)
        with pytest.raises(HostPaused):
            await allows(robots_of(ledger, fetch, clock))

    run(tmp_path, work)


def test_a_copy_is_believed_for_a_day_and_then_asked_for_again(tmp_path: Path) -> None:
    clock = [datetime(2026, 11, 1, tzinfo=UTC)]

    async def work(ledger: Ledger) -> int:
        fetch = Answers(FORBIDS, RobotsAnswer(404, b""))
        first = robots_of(ledger, fetch, clock)
        assert not await allows(first)
        await written(first)
        clock[0] += timedelta(hours=23)
        assert not await allows(robots_of(ledger, fetch, clock))
        clock[0] += timedelta(hours=2)
        assert await allows(robots_of(ledger, fetch, clock))
        return len(fetch.asked)

    assert run(tmp_path, work) == 2


URL = f"https://{HOST}/secret/page"


@pytest.mark.parametrize(
    ("body", "allowed"),
    [
        (b"User-agent: *\nDisallow: /secret", False),
        (b"\xef\xbb\xbfUser-agent: *\nDisallow: /secret", False),  # BOM
        (b"<html><body>Page not found</body></html>", True),
        (bytes(range(256)) * 40, True),
        (b"User-agent: *\nDisallow: /*/page$", False),  # wildcards
        (b"User-agent: *\nAllow: /secret/page\nDisallow: /secret", True),  # the longest match wins
        (b"User-agent: Marsad\nDisallow: /\n\nUser-agent: *\nAllow: /", False),  # a group for us
        (b"User-agent: marsad\nAllow: /\n\nUser-agent: *\nDisallow: /", True),
        (b"User-agent: Googlebot\nDisallow: /", True),
        (b"# x\n" * 120_000 + b"User-agent: *\nDisallow: /secret", False),  # 480 KB before it
        (b"# x\n" * 750_000 + b"User-agent: *\nDisallow: /secret", True),  # 3 MB: cut, safely
        (b"", True),
    ],
)
def test_33_robots_of_every_make_are_read_or_ignored_safely(body: bytes, allowed: bool) -> None:
    assert Rules(200, body[:MAX_BYTES]).allowed(URL) is allowed


def test_34_crawl_delay_and_request_rate_are_read() -> None:
    assert Rules(200, b"User-agent: *\nCrawl-delay: 12.5").crawl_delay_s == 12.5
    assert Rules(200, b"User-agent: *\nRequest-rate: 1/30").crawl_delay_s == 30
    assert Rules(200, b"User-agent: other\nCrawl-delay: 12").crawl_delay_s is None
    assert Rules(404, b"").crawl_delay_s is None
