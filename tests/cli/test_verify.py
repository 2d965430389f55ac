"""``marsad verify``: every disagreement, made by hand, is found and mended; ``backup`` and ``restore``."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import config
from cli.main import main
from pipeline.reader import read_captured
from search.answers import Searcher
from search.embedded import layout
from search.engine import Document
from store.archive import Archive
from store.codec import encode
from store.ledger import Ledger
from store.records import Capture, FetchedPage, Override
from store.retention import Removed, note_removed
from store.states import LinkState
from store.urls import url_key
from tests.pipeline.newsroom import BEGAN, LEAD, capture, content, html, overlay, page, stories

GHOST = "f" * 32


@dataclass
class Home:
    """A home with an archive, a ledger and an index that agree, and ``marsad`` on it."""

    folder: Path

    @property
    def path(self) -> Path:
        return self.folder / "home"

    @property
    def overlay(self) -> Path:
        return self.folder / "overlay"

    def settings(self) -> config.Config:
        return config.load(self.overlay, home=self.path, environ={})

    def arguments(self, *words: str) -> list[str]:
        return ["--config", str(self.overlay), "--home", str(self.path), *words]

    def marsad(self, *words: str, expect: int = 0) -> str:
        done = CliRunner().invoke(main, self.arguments(*words), catch_exceptions=False)
        assert done.exit_code == expect, done.output
        return done.output

    def json(self, *words: str, expect: int = 0) -> Any:
        done = CliRunner().invoke(main, self.arguments(*words, "--json"), catch_exceptions=False)
        assert done.exit_code == expect, done.output
        return json.loads(done.stdout)

    def found(self, *words: str, expect: int = 0) -> dict[str, int]:
        """kind → count of what ``marsad verify`` says disagrees."""
        return {
            row["kind"]: row["count"] for row in self.json("verify", *words, expect=expect)["disagreements"]
        }

    def sql(self, *statements: str) -> None:
        with closing(sqlite3.connect(self.path / "ledger.sqlite", isolation_level=None)) as connection:
            for statement in statements:
                connection.execute(statement)

    def rows(self, statement: str) -> list[Any]:
        with closing(sqlite3.connect(self.path / "ledger.sqlite")) as connection:
            return connection.execute(statement).fetchall()

    def index(self, act: Callable[[Any], object]) -> None:
        with Searcher(self.settings(), self.path) as searcher:
            act(searcher.engine)
            searcher.engine.refresh()

    def indexed(self) -> list[tuple[str, int]]:
        with Searcher(self.settings(), self.path) as searcher:
            return list(searcher.engine.revisions())

    def first(self) -> str:
        """The id of one of its articles."""
        return str(self.rows("SELECT min(article_id) FROM articles")[0][0])

    def page_of(self, article: str) -> Capture:
        with Ledger.open(self.path) as ledger:
            stored = ledger.find(article)
        assert stored is not None
        return stored.capture


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Four articles in two archive files; one of them edited, one taken down."""
    made = Home(tmp_path_factory.mktemp("template"))
    overlay(made.folder)
    rounds = [
        stories(4),
        [
            page("news/1", html("Fès : titre corrigé", LEAD), minutes=30),
            page("news/2", b"", minutes=31, status=404),
        ],
    ]
    for pages in rounds:
        capture(made.path, *pages)
        read_captured(made.settings(), made.path)
    assert made.found() == {}
    return made


@pytest.fixture
def home(template: Home, tmp_path: Path) -> Home:
    """A copy of the template, to be broken."""
    shutil.copytree(template.folder, tmp_path / "desk")
    return Home(tmp_path / "desk")


def flip(path: Path, at: int) -> None:
    """Change one byte in the middle of the gzip member that begins *at*."""
    data = bytearray(path.read_bytes())
    data[at + 60] ^= 0xFF
    path.write_bytes(data)


def dead_owner() -> str:
    """A process of this machine that is gone."""
    script = "from store.owners import owner_name; print(owner_name())"
    return subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    ).stdout.strip()


# ---- what is mended --------------------------------------------------------------------------------------


def leave_dead(home: Home) -> None:
    owner = dead_owner()
    with Ledger.open(home.path) as ledger:
        one = page("news/9", b"")
        ledger.add_links([one.link], BEGAN)
        assert ledger.lease_links(owner, BEGAN, 1e6, 5)
        assert ledger.lease_host("host.example", owner, BEGAN, 1e6)
        ledger.start_run("read", owner, BEGAN)
        ledger.take_lock("scheduler", owner, BEGAN, 1e9)


def wrong_revision(home: Home) -> None:
    home.sql(f"UPDATE articles SET revision = 7 WHERE article_id = '{home.first()}'")


def no_text(home: Home) -> None:
    home.sql(f"DELETE FROM revisions WHERE article_id = '{home.first()}'")


def no_article_row(home: Home) -> None:
    home.sql(f"DELETE FROM articles WHERE article_id = '{home.first()}'")


def nothing_left_of_it(home: Home) -> None:
    for table in ("revisions", "ties", "variants", "articles"):
        home.sql(f"DELETE FROM {table} WHERE article_id = '{home.first()}'")


def strays(home: Home) -> None:
    home.sql(
        f"INSERT INTO variants VALUES ('{GHOST}', 'https://x.example/', 'x.example')",
        f"INSERT INTO ties (article_id, revision, rules_version, at, marks) VALUES ('{GHOST}', 1, '', 0, '')",
    )


def kept_twice(home: Home) -> None:
    """The same article under a second id, one of whose addresses is that of the first."""
    from hashlib import sha256

    (key, identity) = home.rows("SELECT key, article_id FROM articles WHERE revision = 1 LIMIT 1")[0]
    other_key = key + "-bis"
    other = sha256(other_key.encode()).hexdigest()[:32]
    home.sql(
        "INSERT INTO articles SELECT "
        f"'{other}', '{other_key}', source_id, 1, first_seen_at + 1, last_seen_at, removed_at "
        f"FROM articles WHERE article_id = '{identity}'",
        f"INSERT INTO revisions SELECT '{other}', revision, fetched_at, content_hash, rules_version, "
        "capture_file, capture_offset, capture_sha256, document FROM revisions "
        f"WHERE article_id = '{identity}'",
        f"INSERT INTO variants SELECT '{other}', url, key FROM variants WHERE article_id = '{identity}'",
    )
    home.marsad("index", "rebuild")


def an_orphan_page(home: Home) -> None:
    """A process archived a page and was killed before it could say so."""
    one = page("news/8", html("Fès : une page de plus", LEAD), minutes=90)
    with Ledger.open(home.path) as ledger, Archive(home.path).writer() as writer:
        ledger.add_links([one.link], one.fetched_at)
        writer.write_page(one)


def an_empty_ledger(home: Home) -> None:
    for end in ("", "-wal", "-shm"):
        (home.path / f"ledger.sqlite{end}").unlink(missing_ok=True)
    shutil.move(home.path / "archive", home.folder / "archive")
    Ledger.open(home.path).close()
    shutil.move(home.folder / "archive", home.path / "archive")


def out_of_the_index(home: Home) -> None:
    identity = home.first()
    home.index(lambda engine: engine.delete([identity]))


def stray_in_the_index(home: Home) -> None:
    home.index(lambda engine: engine.upsert([Document(GHOST, 1, BEGAN, {}, {})]))


def old_in_the_index(home: Home) -> None:
    """What a lost outbox row would leave."""
    (identity,) = home.rows("SELECT article_id FROM articles WHERE revision = 2")[0]

    def put_old(engine: Any) -> None:
        engine.delete([identity])
        engine.refresh()
        engine.upsert([Document(identity, 1, BEGAN, {}, {})])

    home.index(put_old)


def no_index(home: Home) -> None:
    shutil.rmtree(home.path / "index")


def damaged_index(home: Home) -> None:
    """Fault 83 at the index: a file of it is no longer what was written."""
    name = layout.current(layout.root(home.path))
    assert name is not None
    (layout.root(home.path) / name / "meta.json").write_text("{half of")


MENDED = [
    pytest.param(
        leave_dead, {"lease_of_the_dead": 3, "run_of_the_dead": 1}, id="fault 78: leases of the dead"
    ),
    pytest.param(wrong_revision, {"newest_revision": 1}, id="wrong revision"),
    pytest.param(no_text, {"without_text": 1}, id="article without text"),
    pytest.param(
        no_article_row, {"without_article": 1, "link_without_article": 1}, id="text without article"
    ),
    pytest.param(
        nothing_left_of_it,
        {"link_without_article": 1},
        id="link without article",
    ),
    pytest.param(strays, {"stray": 2}, id="rows of an unknown article"),
    pytest.param(an_empty_ledger, {"unknown_page": 6}, id="fault 83: a ledger lost altogether"),
    pytest.param(out_of_the_index, {"not_indexed": 1}, id="not in the index"),
    pytest.param(stray_in_the_index, {"indexed_stray": 1}, id="unknown in the index"),
    pytest.param(old_in_the_index, {"indexed_old": 1}, id="old in the index"),
    pytest.param(no_index, {"index_unusable": 1}, id="no index"),
    pytest.param(damaged_index, {"index_unusable": 1}, id="fault 83: a damaged index"),
]


@pytest.mark.parametrize(("breaks", "kinds"), MENDED)
def test_a_disagreement_is_told_of_mended_and_gone(
    breaks: Callable[[Home], None], kinds: dict[str, int], home: Home
) -> None:
    before, indexed = content(home.path), home.indexed()
    breaks(home)
    broken = home.rows("SELECT * FROM links ORDER BY key")
    told = home.found("--dry-run", expect=1)
    assert home.rows("SELECT * FROM links ORDER BY key") == broken, "a dry run changes nothing"
    assert kinds.items() <= told.items()
    assert kinds.items() <= home.found().items()
    assert content(home.path) == before
    assert home.indexed() == indexed
    assert home.found() == {}
    assert home.rows("SELECT count(*) FROM links WHERE state IN ('fetching', 'captured')") == [(0,)]


def test_an_article_kept_under_two_ids_is_made_one(home: Home) -> None:
    before = content(home.path)
    kept_twice(home)
    assert len(content(home.path)) == len(before) + 1
    assert home.found() == {"twice": 1}
    assert content(home.path) == before
    assert home.found() == {}
    assert len(home.indexed()) == 4


def test_78_a_page_of_a_process_that_was_killed_is_read_in(home: Home) -> None:
    an_orphan_page(home)
    assert home.found("--dry-run", expect=1) == {"unknown_page": 1}
    assert home.found() == {"unknown_page": 1}
    assert home.rows("SELECT state FROM links WHERE url LIKE '%news/8'") == [("stored",)]
    assert home.json("search", "relevance:any")["total"] == 5
    assert home.found() == {}


def test_visits_and_what_analysts_said_come_back_from_the_archive(home: Home) -> None:
    visit = {
        "source_id": "sabah",
        "started_at": BEGAN.isoformat(),
        "ended_at": (BEGAN + timedelta(minutes=1)).isoformat(),
        "outcome": "ok",
        "counts": {"found": 3},
        "covered": [(BEGAN - timedelta(days=1)).isoformat(), BEGAN.isoformat()],
        "reason": None,
    }
    one, two = (row[0] for row in home.rows("SELECT article_id FROM articles LIMIT 2"))
    said = Override("merge", (one, two), BEGAN)
    with Archive(home.path).writer() as writer:
        writer.write_visit(visit)
        writer.write_override(encode(said))
    assert home.found() == {"unknown_visit": 1, "unknown_override": 1}
    with Ledger.open(home.path) as ledger:
        assert ledger.coverage() == {"sabah": [(BEGAN - timedelta(days=1), BEGAN)]}
        assert ledger.overrides() == [said]
        stories_of = {
            found.ties.story_id for each in (one, two) if (found := ledger.find(each)) and found.ties
        }
    assert len(stories_of) == 1
    assert home.found() == {}


def test_a_page_that_is_lost_before_it_was_read_is_fetched_again(home: Home) -> None:
    (unread,) = capture(home.path, page("news/7", html("Fès : sept", LEAD), minutes=70))
    assert unread.capture is not None
    Archive(home.path).path_of(unread.capture).unlink()
    with Ledger.open(home.path) as ledger:
        ledger.quarantine(
            url_key(unread.link.url), "no such file", BEGAN
        )  # as a reader does that met it first
    assert home.found() == {"unread_lost": 1}
    with Ledger.open(home.path) as ledger:
        assert ledger.status().frontier[LinkState.DISCOVERED] == 1
        assert [one.link.url for one in ledger.lease_links("me", BEGAN + timedelta(days=999), 1, 5)] == [
            unread.link.url
        ]


# ---- what is no disagreement -----------------------------------------------------------------------------


def test_78_an_unfinished_page_at_the_end_of_a_file_is_normal(home: Home) -> None:
    one = page("news/8", html("Fès : huit", LEAD, LEAD), minutes=80)
    with Archive(home.path).writer() as writer:
        kept = writer.write_page(one)
    path = Archive(home.path).path_of(kept)
    whole = path.read_bytes()
    for end in (kept.offset - 9, kept.offset, kept.offset + 30, len(whole) - 12):
        path.write_bytes(whole[:end])
        told = home.json("verify")
        assert told["disagreements"] == [], end
        assert told["unfinished"] == (end != kept.offset)


def test_somebody_elses_file_in_the_archive_is_left_alone(home: Home) -> None:
    record = (
        b"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: https://www.sabah.example/news/77\r\n"
        b"WARC-Date: 2026-11-20T08:00:00Z\r\nContent-Type: application/http; msgtype=response\r\n"
    )
    block = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + html("Fès : ailleurs", LEAD)
    record += b"Content-Length: %d\r\n\r\n%s\r\n\r\n" % (len(block), block)
    (home.path / "archive" / "CC-NEWS-1.warc").write_bytes(record)
    told = home.json("verify")
    assert (told["disagreements"], told["files"]) == ([], 3)


def test_what_a_living_process_is_doing_is_no_disagreement(home: Home) -> None:
    one = page("news/8", html("Fès : huit", LEAD), minutes=80)
    with Ledger.open(home.path) as ledger, Archive(home.path).writer() as writer:
        ledger.add_links([one.link], BEGAN)
        from store.owners import owner_name

        (leased,) = ledger.lease_links(owner_name(), BEGAN, 1e6, 5)
        kept = replace(one, capture=writer.write_page(one))
        told = home.json("verify")
        assert (told["disagreements"], told["written"]) == ([], 1)
        assert home.rows("SELECT state FROM links WHERE url LIKE '%news/8'") == [("fetching",)]
        ledger.captured(leased.key, kept)
        assert home.found() == {}
        assert ledger.status().frontier["captured"] == 1, "it waits for its reader"


def test_the_index_is_left_to_whoever_writes_it(home: Home) -> None:
    identity = home.first()
    home.index(lambda engine: engine.delete([identity]))
    with layout.writing(layout.root(home.path), "a rebuild"):
        told = home.json("verify")
    assert "a rebuild" in told["index_left_to"]
    assert told["waiting"] == 1
    assert home.found() == {}
    assert len(home.indexed()) == 4


def test_pages_deleted_in_the_course_of_time_are_counted_apart(home: Home) -> None:
    archive = Archive(home.path)
    oldest = archive.files()[0]
    note_removed(archive, Removed(oldest.name, BEGAN, oldest.stat().st_size, 4))
    oldest.unlink()
    before = content(home.path)
    told = home.json("verify")
    assert (told["disagreements"], told["removed"]) == ([], 6)
    assert "retention" in home.marsad("verify", "--sample", "100")
    assert content(home.path) == before
    assert home.json("show", home.rows("SELECT article_id FROM articles WHERE revision = 1")[0][0])[
        "capture"
    ]["removed_at"] == BEGAN.isoformat().replace("+00:00", "Z")


# ---- what is left to a person ----------------------------------------------------------------------------


def test_83_a_flipped_byte_of_the_archive_is_told_of_and_the_text_is_kept(home: Home) -> None:
    before = content(home.path)
    lost = home.page_of(home.first())
    flip(Archive(home.path).path_of(lost), lost.offset)
    told = home.json("verify", expect=1)
    rows = {row["kind"]: row for row in told["disagreements"]}
    assert rows.keys() == {"page_lost", "damaged_place"}
    assert rows["damaged_place"]["examples"][0]["thing"] == f"{lost.file} at {lost.offset}"
    assert any(home.first() in one["thing"] for one in rows["page_lost"]["examples"])
    assert not rows["page_lost"]["mended"]
    assert "copy of the archive" in rows["page_lost"]["next"]
    assert content(home.path) == before
    assert "page_lost" in home.found("--sample", "100", expect=1)


def test_a_missing_archive_file_is_told_of_and_the_texts_are_kept(home: Home) -> None:
    before = content(home.path)
    Archive(home.path).files()[0].unlink()
    assert home.found(expect=1) == {"page_lost": 6}  # of four texts; two of the links have no later sight
    assert content(home.path) == before


def test_a_text_that_no_article_may_claim_is_left_to_a_person_and_told_so_beforehand(home: Home) -> None:
    """Its article's row is gone, and its address is by now that of another one."""
    identity = home.first()
    columns = "revision, fetched_at, content_hash, rules_version"
    place = "capture_file, capture_offset, capture_sha256, document"
    home.sql(
        f"INSERT INTO revisions SELECT '{GHOST}', {columns}, {place} FROM revisions "
        f"WHERE article_id = '{identity}' AND revision = 1"
    )
    for options in (["--dry-run"], []):
        (row,) = home.json("verify", *options, expect=1)["disagreements"]
        assert (row["kind"], row["mended"]) == ("without_article", False)
        assert "marsad --home NEW replay" in row["next"], options


def test_an_article_under_a_wrong_id_is_left_to_a_person(home: Home) -> None:
    home.sql(f"UPDATE articles SET key = 'sabah.example/other' WHERE article_id = '{home.first()}'")
    assert home.found(expect=1) == {"wrong_id": 1}
    assert "replay" in home.marsad("verify", expect=1)


def test_83_on_a_damaged_ledger_nothing_is_mended(home: Home) -> None:
    path = home.path / "ledger.sqlite"
    with Ledger.open(home.path) as ledger, ledger._db.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    size = 4096
    (root,) = home.rows("SELECT rootpage FROM sqlite_master WHERE name = 'ix_links_reason_state'")[0]
    data = bytearray(path.read_bytes())
    data[(root - 1) * size : root * size] = os.urandom(size)
    path.write_bytes(data)
    wrong_revision(home)
    told = home.found(expect=1)
    assert told.keys() == {"damaged"}
    assert home.rows("SELECT count(*) FROM articles WHERE revision = 7") == [(1,)]
    assert "marsad restore" in home.marsad("verify", expect=1)


# ---- killed ----------------------------------------------------------------------------------------------


def test_78_killed_while_it_mends_it_mends_the_rest_the_next_time(home: Home) -> None:
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    chance = random.Random(seed)
    an_orphan_page(home)
    before = content(home.path)
    an_empty_ledger(home)
    for _ in range(3):
        process = subprocess.Popen(
            [sys.executable, "-m", "cli.main", *home.arguments("verify")],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        time.sleep(chance.uniform(0.5, 3.0))
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    home.json("verify")
    assert home.found() == {}
    after = content(home.path)
    assert len(after) == len(before) + 1
    assert [row for row in after if row in before] == before


# ---- backup and restore ----------------------------------------------------------------------------------


def test_an_older_backup_and_verify_give_the_same_articles_again(home: Home, tmp_path: Path) -> None:
    capture(home.path, *(page(f"news/{n}", html(f"Fès : page {n}", LEAD), minutes=50 + n) for n in (5, 6)))
    made = home.json("backup")  # with two pages that wait to be read
    assert (made["articles"], made["links"]) == (4, 6)
    read_captured(home.settings(), home.path)
    later: list[list[FetchedPage]] = [
        [
            page("news/0", html("Fès : titre changé", LEAD), minutes=100),
            page("news/9", stories(2)[1].body, minutes=101),
        ],
        [page("news/0", html("Fès : titre changé encore", LEAD), minutes=110)],
        [page("news/3", b"", minutes=120, status=410)],
    ]
    for pages in later:
        capture(home.path, *pages)
        read_captured(home.settings(), home.path)
    home.marsad("verify")
    before, indexed = content(home.path), home.indexed()
    told = home.json("restore", made["file"])
    assert told["articles"] == 4
    assert told["pages_unknown"] == 4
    assert Path(told["aside"]).is_file()
    assert content(home.path) != before
    found = home.found()
    assert found["unknown_page"] == 4
    read_captured(home.settings(), home.path)  # the two that wait still: `marsad up` or a crawl does so
    assert content(home.path) == before
    assert home.found() == {}
    assert home.indexed() == indexed
    other = Home(tmp_path / "other")
    overlay(tmp_path / "other")
    shutil.copytree(home.path / "archive", other.path / "archive")
    other.marsad("replay")
    assert content(other.path) == before


def test_backups_of_a_home_are_numbered_and_the_newest_kept(home: Home) -> None:
    home.marsad("--set", "backup.keep=2", "backup")
    for _ in range(3):
        home.marsad("--set", "backup.keep=2", "backup")
    assert len(list((home.path / "backup").iterdir())) == 2


def test_a_backup_put_back_without_its_archive_says_so(home: Home, tmp_path: Path) -> None:
    made = home.json("backup")["file"]
    elsewhere = Home(tmp_path / "elsewhere")
    overlay(elsewhere.folder)
    said = elsewhere.marsad("restore", made)
    assert f"{elsewhere.path / 'archive'}: holds no page of these articles. Next: bring the archive" in said
    assert "no page that this ledger does not know" in home.marsad("restore", made)


def test_a_ledger_on_a_server_is_left_to_its_own_tools(home: Home) -> None:
    server = ("--set", "ledger.url=postgresql+psycopg://desk@db.example/marsad")
    assert "pg_dump" in home.marsad(*server, "backup", expect=5)
    assert "pg_restore" in home.marsad(*server, "restore", str(home.path / "ledger.sqlite"), expect=5)
