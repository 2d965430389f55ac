"""A crawl process whose host was given to another one meanwhile: what it still had at hand is refused."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from crawlers.hosts import Hosts, Stopped
from crawlers.memory import MemoryBook
from crawlers.scribe import Scribe
from store.tables import hosts
from tests.crawlers.outlets import Outlets, row_of
from tests.site.faults import Exchange, Host, Site, answer, article


def given_away(outlets: Outlets, host: Host) -> None:
    """What another process does that finds the lease run out."""
    with outlets.ledger() as ledger, ledger._db.writing() as connection:
        values = {"token": hosts.c.token + 1, "lease_owner": "elsewhere/1/1"}
        connection.execute(sa.update(hosts).where(hosts.c.host == host.name).values(values))


def test_a_page_fetched_under_a_lost_lease_is_left_to_the_new_holder(tmp_path: Path) -> None:
    with Site() as site:
        host = site.host()
        outlets = Outlets(tmp_path)
        outlets.add("akhbar", host)
        host.feed("/feed", ["/a", "/b"], pages=False)

        async def late(exchange: Exchange) -> None:
            given_away(outlets, host)
            await exchange.send(answer(article("A")))

        for path in ("/a", "/b"):
            host.on(path, late)
        summary = outlets.crawl(scrapy_settings={"WALL_CLOCK_S": 4})
        row = row_of(summary, "akhbar")
        assert (row["fetched"], row["events"]["lease_lost"]) == (0, 1)
        with outlets.ledger() as ledger:
            frontier = ledger.status().frontier
        assert sum(frontier.values()) == 2 and "captured" not in frontier, frontier
        asked = [path for path in host.paths() if path in ("/a", "/b")]
        assert len(asked) == 1, "nothing more was asked of the host"


def test_a_listing_asked_under_a_lost_lease_changes_nothing_of_it(tmp_path: Path) -> None:
    with Site() as site:
        host = site.host()
        outlets = Outlets(tmp_path)
        outlets.add("akhbar", host)

        async def late(exchange: Exchange) -> None:
            given_away(outlets, host)
            await exchange.send(answer("no", 500))

        host.on("/feed", late)
        summary = outlets.crawl(scrapy_settings={"WALL_CLOCK_S": 4})
        assert row_of(summary, "akhbar")["events"]["lease_lost"] == 1
        with outlets.ledger() as ledger:
            assert ledger.entry_state("akhbar", host.url("/feed")).failures == 0


class Away(MemoryBook):
    """A book that cannot be written."""

    def lease_host(self, *given: Any, **named: Any) -> Any:
        raise RuntimeError("the server is away")


def test_a_storage_that_is_away_ends_the_run_and_is_held_against_no_host() -> None:
    async def ask() -> tuple[list[str], object]:
        scribe, told = Scribe("book"), []
        scribe.on_fault = lambda error: told.append(str(error))
        turns = Hosts(Away(), scribe, owner="a", delay_s=0.0)
        with pytest.raises(Stopped):
            async with turns.turn("x.example"):
                pass
        await scribe.close()
        return told, turns.paused("x.example")

    assert asyncio.run(ask()) == (["the server is away"], None)


def test_a_request_that_failed_while_this_process_stood_still_says_nothing_of_its_host() -> None:
    async def ask() -> list[bool]:
        scribe = Scribe("book")
        turns = Hosts(MemoryBook(), scribe, owner="a", delay_s=0.0, ttl_s=60.0)
        async with turns.turn("x.example"):
            now = time.monotonic()
            late = [turns.stood_still("x.example", now - took, limit_s=5.0) for took in (1.0, 5.2, 30.0)]
            turns._hosts["x.example"].lease_ends = now - 1.0
            late.append(turns.stood_still("x.example", now, limit_s=5.0))
        await scribe.close()
        return late

    assert asyncio.run(ask()) == [False, False, True, True]
