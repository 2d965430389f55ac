"""A page is safe before anything else happens to it, or fetching stops."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Callable
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from scrapy.exceptions import DropItem

from crawlers.handoff import Fetched, HandOff, exported
from crawlers.scribe import Scribe
from store.records import Capture, FetchedPage, Link, Via

LINK = Link("one", "https://outlet.example/a", "https://outlet.example/feed", Via.FEED)
PAGE = FetchedPage(LINK, LINK.url, LINK.url, 200, (), b"<p>x", datetime(2026, 11, 24, tzinfo=UTC))


def hand_off(write: Callable[..., Capture]) -> tuple[list[str], Any]:
    """What happened, in order, and the result (or exception) of handing off one page."""
    log: list[str] = []

    def write_page(page: FetchedPage, headers: object) -> Capture:
        log.append("archive")
        return write()

    async def captured(job: object, page: FetchedPage) -> None:
        log.append(f"ledger {page.capture.offset if page.capture else None}")

    collecting = SimpleNamespace(captured=captured, stop=lambda why: log.append(f"stop {why}"))

    async def go() -> Any:
        desk = SimpleNamespace(writer=SimpleNamespace(write_page=write_page), keeper=Scribe("archive"))
        item = Fetched(None, PAGE, (), collecting)  # type: ignore[arg-type]  # a stand-in that records
        return await HandOff(desk, exporting=True).process_item(item)  # type: ignore[arg-type]  # the same

    try:
        return log, asyncio.run(go())
    except DropItem as dropped:
        return log, dropped


def test_the_archive_comes_before_the_ledger() -> None:
    log, item = hand_off(lambda: Capture("f", 42, "0"))
    assert log == ["archive", "ledger 42"]
    assert item == exported(PAGE)


def test_77_a_full_disk_stops_fetching_and_books_nothing() -> None:
    def full() -> Capture:
        raise OSError(errno.ENOSPC, "No space left on device")

    log, result = hand_off(full)
    assert log[0] == "archive"
    assert log[1].startswith("stop storage failed")
    assert isinstance(result, DropItem)


def test_calls_of_one_group_are_kept_or_lost_together() -> None:
    class Failing:
        def __enter__(self) -> None: ...

        def __exit__(self, *_: object) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

    async def go() -> list[Any]:
        scribe = Scribe("ledger", Failing)  # type: ignore[arg-type]  # a context manager that fails at its end
        return await asyncio.gather(*(scribe.do(lambda: 1) for _ in range(3)), return_exceptions=True)

    assert all(isinstance(result, OSError) for result in asyncio.run(go()))


@pytest.mark.parametrize("wrong", [ValueError("no"), KeyError("x")])
def test_a_call_that_raises_harms_no_other_of_its_group(wrong: Exception) -> None:
    def bad() -> int:
        raise wrong

    async def go() -> list[Any]:
        scribe = Scribe("ledger")
        return await asyncio.gather(
            scribe.do(lambda: 1), scribe.do(bad), scribe.do(lambda: 2), return_exceptions=True
        )

    assert asyncio.run(go()) == [1, wrong, 2]
