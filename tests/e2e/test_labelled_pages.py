"""The labelled pages, served on loopback as outlets, through every stage as a user drives it."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.data import data_dir
from tests.e2e import shelf
from tests.e2e.harness import Desk, kept

pytestmark = [pytest.mark.data, pytest.mark.timeout(600), pytest.mark.xdist_group("labelled_pages")]

AT_ONCE_AT_LEAST = 0.95
"""Share of the pages with a gold body that its very middle finds: a phrase may fall on a place where the
reading differs from the gold by a word."""


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Desk, shelf.Shelf]]:
    folder = tmp_path_factory.mktemp("labelled")
    with shelf.serve(shelf.load(data_dir("extraction"))) as served:
        desk = Desk(folder / "home", served.write_overlay(folder / "config"))
        rows = desk.json("crawl")
        pages = sum(map(len, served.pages.values()))
        assert rows["totals"]["fetched"] == pages
        yield desk, served


def gold_phrases(page: shelf.ShelfPage) -> list[str]:
    """Five words in a row from nine places of the page's gold body, its middle first; none without a body."""
    words = str(page.gold.get("body") or "").split()
    starts = [len(words) * tenth // 10 for tenth in (5, 1, 2, 3, 4, 6, 7, 8, 9)]
    phrases = (" ".join(words[start : start + 5]).replace('"', " ").strip() for start in starts)
    return [phrase for phrase in phrases if phrase]


def assert_found_by_phrase(desk: Desk, served: shelf.Shelf) -> None:
    """Each page is found by a phrase of its gold body, nearly each by the first that is tried."""
    from config import load
    from search.answers import Searcher

    tries: dict[str, int] = {}
    config = load(desk.overlay, home=desk.home)
    with Searcher(config, desk.home) as searcher:
        for outlet, pages in served.pages.items():
            for page in pages:
                for number, phrase in enumerate(gold_phrases(page)):
                    answer = searcher.search(f'"{phrase}" relevance:any source:{outlet}', limit=50)
                    if any(hit.url.endswith(page.path) for hit in answer.hits):
                        tries[page.path] = number
                        break
                    tries[page.path] = -1
    assert tries
    assert [path for path, number in tries.items() if number < 0] == []
    assert sum(number == 0 for number in tries.values()) >= AT_ONCE_AT_LEAST * len(tries)


def test_every_page_is_found_by_a_phrase_of_its_gold_text(collected: tuple[Desk, shelf.Shelf]) -> None:
    assert_found_by_phrase(*collected)


def test_an_article_is_exported_and_shown_with_its_capture(collected: tuple[Desk, shelf.Shelf]) -> None:
    desk, _ = collected
    articles = desk.export()
    row = next(row for row in articles.values() if row["published"])
    shown = desk.json("show", row["article_id"])
    assert shown == {**row, "capture": {**row["capture"], "removed_at": None}}
    capture = row["capture"]
    assert (desk.home / "archive" / capture["file"]).stat().st_size > capture["offset"]


def test_what_was_collected_is_charted(collected: tuple[Desk, shelf.Shelf]) -> None:
    desk, _ = collected
    trend = desk.json("trend", "relevance:any", "--by", "year")
    assert sum(point["count"] for point in trend["points"]) == len(desk.export())


def test_the_index_is_the_same_after_it_is_removed_and_rebuilt(collected: tuple[Desk, shelf.Shelf]) -> None:
    desk, served = collected
    before = desk.export()
    shutil.rmtree(desk.home / "index")
    desk.run("index", "rebuild")
    desk.run("index", "verify")
    assert desk.export() == before
    assert_found_by_phrase(desk, served)


@pytest.mark.soak
def test_replay_into_an_empty_home_gives_the_same_articles(
    collected: tuple[Desk, shelf.Shelf], tmp_path: Path
) -> None:
    desk, _ = collected
    fresh = Desk(tmp_path / "home", desk.overlay)
    shutil.copytree(desk.home / "archive", fresh.home / "archive")
    fresh.run("replay")
    assert fresh.export() == desk.export()
    assert _coverage(fresh.home) == _coverage(desk.home)


def _coverage(home: Path) -> list[Any]:
    with closing(sqlite3.connect(home / "ledger.sqlite")) as ledger:
        return ledger.execute("SELECT * FROM coverage ORDER BY 1, 2").fetchall()


def test_a_second_crawl_asks_for_no_article_again_and_changes_nothing(
    collected: tuple[Desk, shelf.Shelf],
) -> None:
    desk, served = collected
    before = desk.export()
    served.requests.clear()
    rows = desk.json("crawl", *sorted(served.pages))
    listings = [request for request in served.requests if request[1] != "/robots.txt"]
    assert {path for _, path, _, _ in listings} == {"/feed.xml", "/sitemap.xml"}
    assert all(status == 304 and conditional for _, _, status, conditional in listings)
    assert rows["totals"]["fetched"] == 0
    assert rows["totals"]["not_modified"] == 2 * len(served.pages)
    assert desk.export() == before


def test_extract_reads_a_list_of_pages_in_order(collected: tuple[Desk, shelf.Shelf], tmp_path: Path) -> None:
    desk, served = collected
    pages = served.pages["arabic-news"]
    listing = tmp_path / "pages.jsonl"
    rows = []
    for page in pages:
        file = tmp_path / f"{page.id}.html"
        file.write_bytes(page.body)
        rows.append({"path": str(file), "url": page.gold["url"], "language": "ar"})
    listing.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    answers = list(map(json.loads, desk.run("extract", "--list", str(listing), "--json").splitlines()))
    assert [answer["url"] for answer in answers] == [row["url"] for row in rows]
    assert all(answer["text"] and answer["title"] for answer in answers)


def test_what_is_kept_names_every_moving_key() -> None:
    assert kept({"a": {"title": "t", "capture": {}, "first_seen_at": "…"}}) == {"a": {"title": "t"}}
