"""Replay gives an empty home what the crawl gave; import takes in anybody's WARC."""

from __future__ import annotations

import gzip
import shutil
from datetime import timedelta
from pathlib import Path

import pytest

import config
from config.loader import Config
from pipeline.reader import read_captured
from pipeline.replay import replay_pages
from store.archive import Archive
from store.ledger import Ledger
from store.records import FetchedPage
from tests.pipeline.newsroom import BEGAN, LEAD, capture, content, html, links, overlay, page, stories


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def settings(tmp_path: Path, home: Path) -> Config:
    return config.load(overlay(tmp_path), home=home, environ={})


def test_replay_into_an_empty_home_gives_what_the_crawl_gave(
    settings: Config, home: Path, tmp_path: Path
) -> None:
    rounds = [
        [*stories(5), page("vide", b"<html></html>", minutes=6)],
        [
            page("news/1", html("Fès : titre corrigé", LEAD), minutes=30),
            page("news/2", b"", minutes=31, status=404),
        ],
        [page("news/1", stories(2)[1].body, minutes=60)],  # back to the first text
    ]
    for pages in rounds:
        capture(home, *pages)
        read_captured(settings, home)
    other = tmp_path / "other"
    shutil.copytree(home / "archive", other / "archive")
    counts = replay_pages(settings, other)
    assert content(other) == content(home)
    assert links(other) == links(home)
    assert counts == {"new": 5, "revision": 2, "removed": 1, "rejected:no_text": 1}


def test_replay_twice_changes_nothing(settings: Config, home: Path) -> None:
    capture(home, *stories(3))
    replay_pages(settings, home)
    before = content(home)
    assert replay_pages(settings, home) == {"unchanged": 3}
    assert content(home) == before


def test_files_written_side_by_side_are_read_in_the_order_of_fetching(settings: Config, home: Path) -> None:
    """Two processes wrote at the same time; each saw another state of the page."""
    early = page("news/1", html("Titre un", LEAD), minutes=1)
    late = page("news/1", html("Titre trois", LEAD), minutes=3)
    between = page("news/1", html("Titre deux", LEAD), minutes=2)
    with Archive(home).writer() as first, Archive(home).writer() as second:
        first.write_page(early)
        second.write_page(between)
        first.write_page(late)
    assert len(Archive(home).files()) == 2
    replay_pages(settings, home)
    titles = [said.article.title for _, _, said, *_ in content(home)]
    assert titles == ["Titre un", "Titre deux", "Titre trois"]


def test_replay_restores_visits(settings: Config, home: Path) -> None:
    covered = (BEGAN, BEGAN + timedelta(hours=1))
    visit = {
        "source_id": "sabah",
        "started_at": BEGAN.isoformat(),
        "ended_at": covered[1].isoformat(),
        "outcome": "ok",
        "counts": {},
        "covered": [at.isoformat() for at in covered],
        "reason": None,
    }
    with Archive(home).writer() as writer:
        writer.write_visit(visit)
        writer.write_visit({"source_id": "sabah"})
    counts = replay_pages(settings, home)
    assert (counts["visits"], counts["broken"]) == (1, 1)
    with Ledger.open(home) as ledger:
        assert ledger.coverage() == {"sabah": [covered]}


def foreign(path: Path, *pages: FetchedPage, kind: str = "text/html") -> Path:
    """A WARC file as another program writes it."""
    with path.open("wb") as file:
        for number, one in enumerate(pages):
            block = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\n\r\n".encode() + one.body
            head = (
                f"WARC/1.0\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:uuid:{number:032}>\r\n"
                f"WARC-Target-URI: {one.url}\r\nWARC-Date: {one.fetched_at:%Y-%m-%dT%H:%M:%SZ}\r\n"
                f"Content-Type: application/http; msgtype=response\r\nContent-Length: {len(block)}\r\n\r\n"
            )
            file.write(gzip.compress(head.encode() + block + b"\r\n\r\n"))
    return path


def test_import_keeps_the_captures_time_and_credits_the_outlet(
    settings: Config, home: Path, tmp_path: Path
) -> None:
    ours = page("news/1", html("Titre", LEAD), minutes=1)
    mobile = page("news/2", html("Autre titre", LEAD), minutes=2, host="m.sabah.example")
    unknown = page("x", html("Ailleurs", LEAD), minutes=3, host="www.other.example")
    counts = replay_pages(settings, home, [foreign(tmp_path / "cc.warc.gz", ours, mobile, unknown)])
    assert counts == {"new": 3}
    found = {said.article.url: (said.article.source_id, first) for _, _, said, first, *_ in content(home)}
    assert found == {
        ours.url: ("sabah", ours.fetched_at),
        mobile.url: ("sabah", mobile.fetched_at),
        unknown.url: ("web:other.example", unknown.fetched_at),
    }


def test_imported_pages_are_replayed_later(settings: Config, home: Path, tmp_path: Path) -> None:
    replay_pages(settings, home, [foreign(tmp_path / "cc.warc.gz", *stories(3))])
    other = tmp_path / "other"
    shutil.copytree(home / "archive", other / "archive")
    replay_pages(settings, other)
    assert content(other) == content(home)


def test_importing_a_file_twice_copies_nothing_twice(settings: Config, home: Path, tmp_path: Path) -> None:
    file = foreign(tmp_path / "cc.warc.gz", *stories(3))
    replay_pages(settings, home, [file])
    size = sum(path.stat().st_size for path in Archive(home).files())
    assert replay_pages(settings, home, [file]) == {"known": 3}
    assert sum(path.stat().st_size for path in Archive(home).files()) == size


def test_what_is_no_page_is_skipped(settings: Config, home: Path, tmp_path: Path) -> None:
    file = foreign(tmp_path / "cc.warc.gz", *stories(2), kind="image/png")
    assert replay_pages(settings, home, [file]) == {"skipped": 2}
    assert Archive(home).files() == []


def test_older_capture_imported_later_takes_its_place_in_history(
    settings: Config, home: Path, tmp_path: Path
) -> None:
    capture(home, page("news/1", html("Titre corrigé", LEAD), minutes=60))
    read_captured(settings, home)
    replay_pages(settings, home, [foreign(tmp_path / "cc.warc.gz", page("news/1", html("Titre", LEAD)))])
    assert [said.article.title for _, _, said, *_ in content(home)] == ["Titre", "Titre corrigé"]


def test_damaged_file_harms_only_its_own_pages(settings: Config, home: Path, tmp_path: Path) -> None:
    whole = foreign(tmp_path / "whole.warc.gz", *stories(2))
    broken = tmp_path / "broken.warc.gz"
    broken.write_bytes(gzip.compress(b"WARC/1.0\r\nnonsense")[:-4])
    counts = replay_pages(settings, home, [broken, whole])
    assert counts["new"] == 2
