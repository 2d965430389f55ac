"""Faults 27 and 63–66 of ``docs/faults.md``: what becomes of articles when an outlet is asked again.

By the real command, twice: the outlets of ``tests/site`` are on loopback, the second run asks again for every
article (``marsad crawl --revisit``).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from store.archive import Archive
from tests.crawlers.outlets import Outlets
from tests.e2e.harness import Desk
from tests.site.faults import Site
from tests.site.press import Steady, steady


@pytest.fixture
def site() -> Iterator[Site]:
    with Site() as site:
        yield site


def desk(outlets: Outlets) -> Desk:
    return Desk(outlets.home, outlets.folder)


def press(site: Site, outlets: Outlets, number: int) -> list[Steady]:
    made = []
    for each in range(number):
        outlet = steady(site.host(), each)
        outlets.add(f"outlet{each}", outlet.host, *outlet.entries, languages=["fr"])
        made.append(outlet)
    return made


def captures(outlets: Outlets) -> int:
    archive = Archive(outlets.home)
    return sum(1 for path in archive.files() for _ in archive.iter_pages(path))


def test_27_a_second_run_over_an_unchanged_press_is_conditional_and_changes_nothing(
    site: Site, tmp_path: Path
) -> None:
    outlets = Outlets(tmp_path)
    made = press(site, outlets, 2)
    marsad = desk(outlets)
    first = marsad.json("crawl")["totals"]
    assert (first["stored"], first["rejected"], first["errors"]) == (24, {}, {})
    before, kept = marsad.export(), captures(outlets)
    seen = [len(outlet.host.hits) for outlet in made]

    again = marsad.json("crawl", "--revisit", "72h")["totals"]
    asked = [hit for outlet, start in zip(made, seen, strict=True) for hit in outlet.host.hits[start:]]
    conditional = [hit for hit in asked if {"if-none-match", "if-modified-since"} & hit.headers.keys()]
    pages = {path for outlet in made for path in outlet.stories}
    assert {hit.path for hit in asked} >= pages, "every article is looked at again"
    assert len(conditional) / len(asked) >= 0.9, f"{len(conditional)} of {len(asked)}"
    assert again["not_modified"] == len(asked)
    assert (again["fetched"], again["stored"], again["revised"]) == (0, 0, 0)
    assert captures(outlets) == kept
    after = marsad.export()
    assert {key: row["revision"] for key, row in after.items()} == dict.fromkeys(before, 1)
    with outlets.ledger() as ledger:
        status = ledger.status()
        assert (status.frontier, status.outbox) == ({"stored": 24}, 0)
        assert all(article.last_seen_at > article.first_seen_at for article in ledger.articles())
