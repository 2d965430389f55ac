"""The reading process: every captured page ends once, whatever it does to its reader."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import textwrap
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

import config
from config.loader import Config
from pipeline import isolated
from pipeline.reader import read_captured
from store.archive import Archive
from store.ledger import Ledger
from store.records import Annotated
from tests.pipeline.newsroom import LEAD, capture, content, html, links, overlay, page, stories

ROOT = Path(__file__).resolve().parents[2]
Start = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def settings(tmp_path: Path, home: Path) -> Config:
    return config.load(overlay(tmp_path), home=home, overrides={"read.max_seconds": "3"}, environ={})


@pytest.fixture
def saboteur(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Makes children obey words in a page: ``DIE``, ``HANG``, ``RAISE``, ``DIE-ONCE``.

    Python imports ``sitecustomize`` before anything else, so a child meets it as it meets a bug in a library.
    """
    (tmp_path / "sitecustomize.py").write_text(
        textwrap.dedent(
            f"""
            import os, pathlib, signal, sys, time
            if "pipeline.isolated" in sys.orig_argv:
                import pipeline.extraction as extraction
                whole = extraction.extract
                once = pathlib.Path({str(tmp_path / "died")!r})

                def extract(page, rules):
                    if b"DIE-ONCE" in page.body and not once.exists():
                        once.touch()
                        os.kill(os.getpid(), signal.SIGKILL)
                    if b"DIE-ALWAYS" in page.body:
                        os.kill(os.getpid(), signal.SIGSEGV)
                    if b"HANG" in page.body:
                        while True:
                            pass
                    if b"SLEEP" in page.body:
                        time.sleep(60)
                    if b"RAISE" in page.body:
                        raise RecursionError("too deep for me")
                    return whole(page, rules)

                extraction.extract = extract
            """
        )
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return tmp_path


@pytest.fixture
def start(tmp_path: Path, home: Path) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Starts reading processes, and sees that none is left."""
    started: list[subprocess.Popen[bytes]] = []

    def begin(*more: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "pipeline.reader", "--home", str(home)]
        process = subprocess.Popen(
            [*command, "--config", str(tmp_path / "overlay"), *more],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        started.append(process)
        return process

    yield begin
    for process in started:
        process.kill()
        process.wait()
        assert process.stdin is not None
        process.stdin.close()


def test_every_page_ends_once(settings: Config, home: Path) -> None:
    capture(home, *stories(7), page("vide", b"<html><title>x</title></html>"), page("parti", b"", status=410))
    counts = read_captured(settings, home)
    assert counts["new"] == 7
    assert sum(counts.values()) == 9
    assert counts["rejected:gone"] == 1
    assert links(home) == {"stored": 7, "rejected": 2}


def test_nothing_to_read_ends_at_once(settings: Config, home: Path) -> None:
    assert read_captured(settings, home) == Counter()


def test_poison_is_quarantined_and_its_neighbours_are_read(
    settings: Config, home: Path, saboteur: Path
) -> None:
    told = {"DIE-ALWAYS": "SIGSEGV", "HANG": "no answer within 3 s", "RAISE": "too deep for me"}
    poison = [page(word, html(word, LEAD), minutes=0.5 + n) for n, word in enumerate(told)]
    capture(home, *stories(4), *poison)
    with capture_logs() as logged:
        assert read_captured(settings, home) == {"new": 4, "quarantined": 3}
    assert links(home) == {"stored": 4, "quarantined": 3}
    told_in_log = [line["detail"] for line in logged if line["event"] == "page_quarantined"]
    assert told_in_log == [
        "its reader died (signal SIGSEGV)",
        "no answer within 3 s",
        "RecursionError: too deep for me",
    ]
    for word, words in told.items():
        assert words in detail_of(home, word)
        assert "in extract" in detail_of(home, word)  # a traceback, and of the right place


def test_page_that_waits_for_ever_is_quarantined_too(tmp_path: Path, home: Path, saboteur: Path) -> None:
    hasty = config.load(overlay(tmp_path), home=home, overrides={"read.max_seconds": "0.5"}, environ={})
    capture(home, page("sleep", html("SLEEP", LEAD)))
    assert read_captured(hasty, home) == {"quarantined": 1}


def test_page_that_fails_once_is_read_the_second_time(settings: Config, home: Path, saboteur: Path) -> None:
    capture(home, *stories(2), page("once", html("DIE-ONCE", LEAD), minutes=9))
    assert read_captured(settings, home) == {"new": 3}


def test_capture_that_the_archive_lost_is_quarantined(settings: Config, home: Path) -> None:
    capture(home, *stories(1))
    (file,) = Archive(home).files()
    file.write_bytes(b"not a WARC file")
    assert read_captured(settings, home) == {"quarantined": 1}


def test_revisions_are_numbered_in_the_order_of_fetching(settings: Config, home: Path) -> None:
    texts = ["34 ans", "35 ans", "36 ans"]
    pages = [page("news/1", html("Titre", LEAD.replace("34 ans", t)), minutes=n) for n, t in enumerate(texts)]
    for one in pages:  # captured one by one, as revisits are
        capture(home, one)
        read_captured(settings, home)
    found = [(revision, said.article.text) for _, revision, said, *_ in content(home)]
    assert found == [(n + 1, LEAD.replace("34 ans", text)) for n, text in enumerate(texts)]


def test_following_waits_for_pages_until_the_crawl_has_ended(settings: Config, home: Path) -> None:
    asked = 0

    def stop() -> bool:
        nonlocal asked
        asked += 1
        if asked == 2:
            capture(home, *stories(3))  # the last pages come just before the end is told
        return asked >= 2

    capture(home, page("first", html("Premier", LEAD)))
    assert read_captured(settings, home, follow=True, stop=stop) == {"new": 4}


def test_abandoned_pages_are_given_back_without_suspicion(settings: Config, home: Path) -> None:
    capture(home, *stories(30))
    done = 0

    def progress(number: int) -> None:
        nonlocal done
        done = number

    counts = read_captured(settings, home, progress=progress, abandon=lambda: done >= 3)
    assert 3 <= sum(counts.values()) < 30
    with Ledger.open(home) as ledger:
        left = ledger.lease_captured("other", page("", b"").fetched_at, 60, 100)
    assert len(left) == 30 - sum(counts.values())
    assert not any(item.attempts for item in left)


def test_killed_at_any_instant_and_started_again_gives_the_same_articles(
    settings: Config, home: Path, tmp_path: Path, start: Start
) -> None:
    pages = stories(25)
    capture(home, *pages)
    whole = tmp_path / "whole"
    capture(whole, *pages)
    read_captured(settings, whole)
    chance = random.Random(7)
    for _ in range(3):
        reader = start()
        time.sleep(chance.uniform(0.5, 2.2))
        reader.kill()
        reader.wait()
    read_captured(settings, home)
    assert links(home) == {"stored": 25}
    assert content(home) == content(whole)
    with Ledger.open(home) as ledger:
        assert ledger.quick_check() == []


def test_terminated_reader_ends_in_order(settings: Config, home: Path, start: Start) -> None:
    capture(home, *stories(40))
    reader = start()
    deadline = time.monotonic() + 30
    while not links(home).get("stored") and time.monotonic() < deadline:
        time.sleep(0.05)
    reader.send_signal(signal.SIGTERM)
    assert reader.wait(20) == 0
    with Ledger.open(home) as ledger:
        left = ledger.lease_captured("other", page("", b"").fetched_at, 60, 100)
    assert len(left) == links(home).get("captured", 0)
    assert not any(item.attempts for item in left)


def test_children_end_with_their_parent(settings: Config, home: Path, start: Start) -> None:
    capture(home, *stories(1))
    reader = start("--follow")
    deadline = time.monotonic() + 30
    while not links(home).get("stored") and time.monotonic() < deadline:
        time.sleep(0.05)
    children = _children(reader.pid)
    assert children
    reader.kill()
    reader.wait()
    while any(_alive(child) for child in children) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(_alive(child) for child in children)


def detail_of(home: Path, path: str) -> str:
    import sqlite3

    with sqlite3.connect(home / "ledger.sqlite") as database:
        (detail,) = database.execute("select detail from links where url like ?", [f"%/{path}"]).fetchone()
    database.close()
    return str(detail)


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_second_reader_of_a_home_waits_and_takes_over(settings: Config, home: Path, start: Start) -> None:
    capture(home, *stories(1))
    first = start("--follow")
    deadline = time.monotonic() + 30
    while not links(home).get("stored") and time.monotonic() < deadline:
        time.sleep(0.05)
    asked = 0

    def abandon() -> bool:
        nonlocal asked
        asked += 1
        if asked == 2:  # it has looked once, and left the page to the first reader
            first.kill()
        return time.monotonic() > deadline

    first.send_signal(signal.SIGSTOP)
    capture(home, page("late", html("Tard", LEAD)))
    assert read_captured(settings, home, abandon=abandon) == {"new": 1}


def test_children_are_replaced_now_and_then(settings: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    started = 0

    class Counted(isolated._Child):
        def __init__(self, *arguments: Any) -> None:
            nonlocal started
            started += 1
            super().__init__(*arguments)

    monkeypatch.setattr(isolated, "_Child", Counted)
    monkeypatch.setattr(isolated, "_PAGES", 2)
    pages = stories(5)
    with isolated.Readers(settings) as readers:
        found = list(readers.read(pages))
    assert [page.url for page, _ in found] == [page.url for page in pages]
    assert all(isinstance(outcome, Annotated) for _, outcome in found)
    assert started == 3
