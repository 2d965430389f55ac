"""What is deleted in the course of time: old pages and logs, whole files, never what is still needed."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from store.archive import Archive, ArchiveError
from store.codec import encode
from store.ledger import Ledger
from store.records import FetchedPage, Override
from store.retention import (
    AT_REST,
    IN_USE,
    Kept,
    Removed,
    look_again,
    note_removed,
    removed_files,
    retire_logs,
    retire_pages,
    too_many,
)
from store.urls import url_key
from tests.store.made import NOW, after, annotated, decision, link, page

DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("days", "most", "needed", "gone"),
    [
        pytest.param(0, 0, (), "", id="for ever"),
        pytest.param(9, 0, (), "a", id="by age"),
        pytest.param(3, 0, (), "ab", id="by age, the oldest first"),
        pytest.param(3, 0, ("a",), "b", id="what is needed stays"),
        pytest.param(0, 35, (), "a", id="by size, the oldest first"),
        pytest.param(0, 15, (), "abc", id="as many as needed"),
        pytest.param(0, 15, ("b",), "ac", id="what is needed counts, and stays"),
        pytest.param(0, 1, (), "abc", id="what was just written stays"),
        pytest.param(0.1, 1, (), "abc", id="whatever is asked"),
    ],
)
def test_which_files_are_too_many(days: float, most: float, needed: tuple[str, ...], gone: str) -> None:
    ages = {"d": 0.5, "c": 2, "b": 5, "a": 10}
    files = [Kept(name, 10, NOW - age * DAY) for name, age in ages.items()]
    found = too_many(files, NOW, days=days, most_bytes=most, rest=DAY, needed=needed)
    assert "".join(file.name for file in found) == gone


# ---- pages -----------------------------------------------------------------------------------------------


def aged(path: Path, days: float) -> None:
    at = (NOW - timedelta(days=days)).timestamp()
    os.utime(path, (at, at))


def fetched(ledger: Ledger, archive: Archive, number: int, *, days: float, read: bool = True) -> Path:
    """A page in a file of its own, *days* old, read or not; the file."""
    bare = page(link(number), NOW - timedelta(days=days), capture=None)
    with archive.writer() as writer:
        kept: FetchedPage = replace(bare, capture=writer.write_page(bare))
    assert kept.capture is not None
    ledger.add_links([kept.link], kept.fetched_at)
    ledger.captured(url_key(kept.link.url), kept)
    if read:
        ledger.write(url_key(kept.link.url), annotated(kept.link), decision(kept.link), kept)
    path = archive.path_of(kept.capture)
    aged(path, days)
    return path


def test_pages_go_with_their_files_and_articles_stay(ledger: Ledger, tmp_path: Path) -> None:
    archive = Archive(tmp_path / "home")
    old = [fetched(ledger, archive, number, days=50 - number) for number in (1, 2)]
    young = fetched(ledger, archive, 3, days=5)
    counts = retire_pages(ledger, archive, NOW, days=30, most_bytes=0)
    assert (counts["files"], counts["pages"]) == (2, 2)
    assert archive.files() == [young]
    assert ledger.count() == 3
    assert {name: (one.pages, one.removed_at) for name, one in removed_files(archive).items()} == {
        path.name: (1, NOW) for path in old
    }
    assert retire_pages(ledger, archive, NOW, days=30, most_bytes=0) == {}
    assert retire_pages(ledger, archive, NOW, days=0, most_bytes=0) == {}
    assert retire_pages(ledger, archive, NOW, days=0, most_bytes=1)["files"] == 1
    assert archive.files() == []


def test_what_waits_to_be_read_or_is_set_aside_or_written_to_is_never_deleted(
    ledger: Ledger, tmp_path: Path
) -> None:
    archive = Archive(tmp_path / "home")
    unread = fetched(ledger, archive, 1, days=99, read=False)
    aside = fetched(ledger, archive, 2, days=99, read=False)
    ledger.quarantine(url_key(link(2).url), "a crash", NOW)
    fresh = fetched(ledger, archive, 3, days=0.9)
    with archive.writer() as writer:
        capture = writer.write_page(page(link(4), capture=None))
        held = archive.path_of(capture)
        aged(held, 99)
        assert retire_pages(ledger, archive, NOW, days=1 / 24, most_bytes=1) == {}
    assert {*archive.files()} == {unread, aside, fresh, held}
    assert retire_pages(ledger, archive, NOW, days=1 / 24, most_bytes=1)["files"] == 1  # its writer is gone
    assert held not in archive.files()


def test_what_analysts_said_outlives_the_file_it_stood_in(ledger: Ledger, tmp_path: Path) -> None:
    archive = Archive(tmp_path / "home")
    said = encode(Override("merge", ("a" * 32, "b" * 32), NOW))
    with archive.writer() as writer:
        writer.write_override(said)
    aged(archive.files()[0], 99)
    assert retire_pages(ledger, archive, NOW, days=30, most_bytes=0)["files"] == 1
    found: list[object] = []
    for path in archive.files():
        assert list(archive.iter_pages(path, on_override=found.append)) == []
    assert found == [said]


def test_killed_between_note_and_deletion_the_file_is_there_still(ledger: Ledger, tmp_path: Path) -> None:
    archive = Archive(tmp_path / "home")
    path = fetched(ledger, archive, 1, days=99)
    note_removed(archive, Removed(path.name, NOW, 1, 1))
    assert removed_files(archive) == {}
    with (archive.folder / "removed.jsonl").open("ab") as notes:
        notes.write(b'{"file": "half of a li')  # killed within a note
    assert retire_pages(ledger, archive, NOW, days=30, most_bytes=0)["files"] == 1
    assert list(removed_files(archive)) == [path.name]


# ---- logs ------------------------------------------------------------------------------------------------


def test_logs_go_by_age_and_size_with_the_rows_of_their_runs(ledger: Ledger, tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / "log").mkdir(parents=True)
    runs = {}
    for name, days in {"old": 40, "middle": 20, "under-way": 50}.items():
        path = home / "log" / f"{name}.log"
        path.write_bytes(b"x" * 1000)
        aged(path, days)
        at = NOW - timedelta(days=days)
        runs[name] = ledger.start_run("read", "me", at, log=f"log/{name}.log")
        if name != "under-way":
            ledger.end_run(runs[name], at, "ok")
    (home / "log" / "crawl.log").write_bytes(b"x" * 5000)
    aged(home / "log" / "crawl.log", 0.01)
    (home / "log" / "note.txt").touch()
    aged(home / "log" / "note.txt", 99)
    counts = retire_logs(ledger, home, NOW, days=30, most_bytes=0)
    assert counts == {"logs": 1}
    assert {run.run_id for run in ledger.runs()} == {runs["middle"], runs["under-way"]}
    assert retire_logs(ledger, home, NOW, days=0, most_bytes=6500) == {"logs": 1}
    assert sorted(path.name for path in (home / "log").iterdir()) == [
        "crawl.log",
        "note.txt",
        "under-way.log",
    ]
    assert IN_USE < AT_REST


# ---- a sample --------------------------------------------------------------------------------------------


def test_a_page_that_is_no_longer_what_was_written_is_found_and_looked_at_again(
    ledger: Ledger, tmp_path: Path
) -> None:
    archive = Archive(tmp_path / "home")
    paths = [fetched(ledger, archive, number, days=number) for number in range(4)]
    assert (
        look_again(ledger, archive, 100, None) == (8, {}) or look_again(ledger, archive, 100, None)[1] == {}
    )
    data = bytearray(paths[2].read_bytes())
    data[len(data) // 2] ^= 1
    paths[2].write_bytes(data)
    _, lost = look_again(ledger, archive, 100, None)
    (place,) = lost
    assert place.startswith(paths[2].name)
    number = ledger.start_run("archive", "me", NOW)
    ledger.end_run(number, after(minutes=1), "failed", counts={"read": 4, "lost": lost})
    before = ledger.run(number)
    for _ in range(5):  # whatever is drawn, what was lost is looked at again
        assert place in look_again(ledger, archive, 1, before)[1]
    paths[2].unlink()
    assert "No such file" in look_again(ledger, archive, 1, before)[1][place]
    with pytest.raises(ArchiveError):
        one = ledger.find(decision(link(2)).article_id)
        assert one is not None
        archive.read(one.capture)
