"""The ledger as a file: made, opened, upgraded, damaged, full, and shared by threads."""

from __future__ import annotations

import os
import resource
import shutil
import sqlite3
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from store import database, tables
from store.database import Database
from store.ledger import (
    EntryState,
    Ledger,
    LedgerBusy,
    LedgerCorrupt,
    LedgerError,
    LedgerFull,
    LedgerMissing,
    LedgerSchema,
)
from store.migrate import upgrade
from store.records import Reason, Rejection, Verdict, Via
from store.urls import article_id
from tests.store.made import NOW, after, annotated, decision, link, page

ROOT = Path(__file__).resolve().parents[2]
FEED = "https://www.akhbar.example/feed"
FIRST_SCHEMA = Path(__file__).with_name("schema_0001.sql")


def write(ledger: Ledger, number: int) -> None:
    ledger.write(None, annotated(link(number)), decision(link(number)), page(link(number), offset=number))


# ---- opening ---------------------------------------------------------------------------------------------


def test_a_ledger_is_made_once_and_found_again(tmp_path: Path) -> None:
    home = tmp_path / "deep" / "home"
    with pytest.raises(LedgerMissing, match="no ledger there"):
        Ledger.open(home, create=False)
    assert not home.exists()
    with Ledger.open(home) as ledger:
        write(ledger, 1)
    with Ledger.open(home, create=False) as ledger:
        assert ledger.count() == 1
    with Ledger.open(f"sqlite:///{home / 'ledger.sqlite'}") as ledger:
        assert ledger.count() == 1


def test_commits_are_synced_and_readers_do_not_wait(tmp_path: Path) -> None:
    ledger = Ledger.open(tmp_path)
    with ledger._db.reading() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 60_000}
    with ledger._db.writing() as connection:
        connection.execute(sa.delete(tables.outbox))
        assert ledger.count() == 0
    ledger.close()


def test_opening_a_current_ledger_loads_no_migrations(tmp_path: Path) -> None:
    Ledger.open(tmp_path).close()
    script = (
        "import sys; from pathlib import Path; from store.ledger import Ledger;"
        "Ledger.open(Path(sys.argv[1]), create=False).count();"
        "print([name for name in sys.modules if name.split('.')[0] in ('alembic', 'warcio', 'pydantic')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert done.stdout.strip() == "[]"


# ---- schema ----------------------------------------------------------------------------------------------


def sqlite_database(path: Path) -> Database:
    return Database(sa.URL.create("sqlite", database=str(path)), path)


def schema_of(db: Database) -> dict[str, str]:
    """Every table and index with its SQL, blind to white space and quotes."""
    with db.reading() as connection:
        rows = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")
        return {name: " ".join(sql.replace('"', "").split()) for name, sql in rows}


def columns_of(db: Database, table: str) -> set[tuple[object, ...]]:
    with db.reading() as connection:
        return {row[1:] for row in connection.exec_driver_sql(f"PRAGMA table_info({table})")}


def test_migrations_lead_to_the_tables_of_today(tmp_path: Path) -> None:
    made, led = sqlite_database(tmp_path / "made"), sqlite_database(tmp_path / "led")
    made.create()
    upgrade(led, None)
    assert made.schema_version() == led.schema_version() == tables.SCHEMA_VERSION
    assert schema_of(made).keys() == schema_of(led).keys()
    indexes = [name for name in schema_of(made) if name.startswith("ix_")]
    assert {name: schema_of(made)[name] for name in indexes} == {
        name: schema_of(led)[name] for name in indexes
    }
    for table in tables.metadata.tables:
        assert columns_of(made, table) == columns_of(led, table)
    for db in (made, led):
        with db.reading() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": True})
            assert compare_metadata(context, tables.metadata) == []
        db.dispose()


def test_a_ledger_of_the_first_release_opens_with_all_it_held(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    with sqlite3.connect(path) as connection:
        connection.executescript(FIRST_SCHEMA.read_text(encoding="utf-8"))
    connection.close()
    with Ledger.open(tmp_path, create=False) as ledger, Ledger.open(tmp_path / "today") as today:
        assert ledger._db.schema_version() == tables.SCHEMA_VERSION
        assert ledger.quick_check() == []
        fill_first_schema(today)
        assert ledger.status() == today.status()
        assert ledger.revisions(article_id(link(1).url)) == today.revisions(article_id(link(1).url))
        assert ledger.coverage() == today.coverage()
        assert ledger.entry_state("akhbar", FEED) == today.entry_state("akhbar", FEED)
        assert ledger.robots_get("www.akhbar.example") == today.robots_get("www.akhbar.example")
        assert ledger.lease_captured("r", NOW, 60, 9) == today.lease_captured("r", NOW, 60, 9)
        write(ledger, 50)


def fill_first_schema(ledger: Ledger) -> None:
    """What ``schema_0001.sql`` holds: an ``iterdump()`` of a ledger of the first release, filled so."""
    ledger.save_entry_state(EntryState("akhbar", FEED, '"abc"', next_due_at=NOW))
    visit = ledger.start_visit("akhbar", NOW)
    ledger.add_links([link(n) for n in (1, 2, 3)], NOW)
    for leased in ledger.lease_links("a", NOW, 60, 2):
        ledger.captured(leased.key, page(leased.link, offset=int(leased.link.url[-7])))
    ledger.write(None, annotated(link(1), "first"), decision(link(1)), page(link(1), offset=1))
    later = page(link(1), after(hours=1), offset=9)
    ledger.write(None, annotated(link(1), "second"), decision(link(1), Verdict.REVISION, 2), later)
    ledger.reject_page(None, Rejection(Reason.LISTING, link(4).url), page(link(4), offset=4), NOW)
    ledger.robots_put("www.akhbar.example", 200, b"User-agent: *\n", NOW)
    ledger.end_visit(visit, NOW, "ok", {"found": 3}, (after(days=-1), NOW))


def test_a_copy_is_kept_before_an_upgrade(tmp_path: Path) -> None:
    with Ledger.open(tmp_path) as ledger:
        write(ledger, 1)
        upgrade(ledger._db, tables.SCHEMA_VERSION)
    copy = tmp_path / f"ledger.sqlite.schema-{tables.SCHEMA_VERSION}"
    (tmp_path / "copy").mkdir()
    shutil.copy(copy, tmp_path / "copy" / "ledger.sqlite")
    with Ledger.open(tmp_path / "copy", create=False) as ledger:
        assert ledger.count() == 1


def test_the_ledger_of_a_newer_program_is_left_alone(tmp_path: Path) -> None:
    with Ledger.open(tmp_path) as ledger, ledger._db.writing() as connection:
        connection.execute(sa.update(tables.alembic_version).values(version_num="9999"))
    with pytest.raises(LedgerSchema, match="9999"):
        Ledger.open(tmp_path)


# ---- damage ----------------------------------------------------------------------------------------------


def damaged(tmp_path: Path, how: str) -> Path:
    with Ledger.open(tmp_path) as ledger:
        for number in range(60):
            write(ledger, number)
    path = tmp_path / "ledger.sqlite"
    data = bytearray(path.read_bytes())
    if how == "not a database":
        data[:100] = os.urandom(100)
    elif how == "first page":
        data[100:4000] = os.urandom(3900)
    elif how == "inner pages":
        data[8192 : len(data) - 4096] = os.urandom(len(data) - 12288)
    elif how == "truncated":
        del data[len(data) // 3 :]
    elif how == "emptied":
        data.clear()
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("how", ["not a database", "first page", "emptied"])
def test_a_damaged_ledger_is_refused_and_left_for_a_person(tmp_path: Path, how: str) -> None:
    path = damaged(tmp_path, how)
    (tmp_path / "archive").mkdir()
    (tmp_path / "archive" / "marsad-1.warc.gz").write_bytes(b"x")
    before = path.read_bytes()
    with pytest.raises(LedgerCorrupt, match="marsad replay") as caught:
        Ledger.open(tmp_path)
    assert str(path) in str(caught.value)
    assert path.read_bytes() == before


@pytest.mark.parametrize("how", ["inner pages", "truncated"])
def test_damage_deep_inside_is_found_by_the_check_and_said_in_our_words(tmp_path: Path, how: str) -> None:
    damaged(tmp_path, how)
    try:
        ledger = Ledger.open(tmp_path)
    except LedgerCorrupt:
        return  # seen at once: as good
    with ledger:
        assert ledger.quick_check() != []
        with pytest.raises(LedgerError):
            list(ledger.articles())


def test_an_empty_file_is_a_new_ledger_where_no_archive_says_otherwise(tmp_path: Path) -> None:
    (tmp_path / "ledger.sqlite").touch()
    with Ledger.open(tmp_path) as ledger:
        assert ledger.count() == 0


def test_a_folder_in_the_place_of_the_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "ledger.sqlite").mkdir()
    with pytest.raises(LedgerError, match=r"ledger\.sqlite: a folder .*move it aside"):
        Ledger.open(tmp_path)


def test_a_file_that_may_not_be_written_says_what_would_help(tmp_path: Path) -> None:
    Ledger.open(tmp_path).close()
    path = tmp_path / "ledger.sqlite"
    with (
        closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection,
        pytest.raises(sqlite3.OperationalError) as caught,
    ):
        connection.execute("DELETE FROM links")
    said = str(database.in_our_words(caught.value, path, str(path)))
    assert said.startswith(f"{path}: cannot be written") and "Next: " in said


# ---- no room, no turn ------------------------------------------------------------------------------------


def test_without_room_nothing_is_lost_and_reading_goes_on(tmp_path: Path) -> None:
    with Ledger.open(tmp_path) as ledger:
        write(ledger, 1)
        with ledger._db.reading() as connection:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar()

        def limited(connection: sqlite3.Connection, _: object) -> None:
            connection.execute(f"PRAGMA max_page_count={pages}")

        ledger._db.engine.dispose()
        sa.event.listen(ledger._db.engine, "connect", limited)
        with pytest.raises(LedgerFull, match="free some space"):
            for number in range(2, 200):
                write(ledger, number)
        kept = ledger.count()
        assert 1 <= kept == len(list(ledger.articles()))
        assert ledger.outbox_size() == kept
        sa.event.remove(ledger._db.engine, "connect", limited)
        ledger._db.engine.dispose()
        write(ledger, 300)
        assert ledger.quick_check() == []


def test_a_ledger_for_which_there_is_no_room_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "archive").mkdir()
    (tmp_path / "archive" / "marsad-1.warc.gz").write_bytes(b"x")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))
    try:
        with pytest.raises(LedgerFull, match=r"ledger\.sqlite: .*free some space"):
            Ledger.open(tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert [path.name for path in tmp_path.iterdir()] == ["archive"]
    with Ledger.open(tmp_path) as ledger:  # and not: damaged, it is empty
        assert ledger.count() == 0


def test_many_who_make_a_ledger_at_once_share_one(tmp_path: Path) -> None:
    def begin(number: int) -> None:
        with Ledger.open(tmp_path) as ledger:
            write(ledger, number)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(begin, range(8)))
    with Ledger.open(tmp_path) as ledger:
        assert ledger.count() == 8
    assert [path.name for path in tmp_path.iterdir()] == ["ledger.sqlite"]


def test_a_ledger_held_for_too_long_is_said_to_be_busy(
    place: Path | str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BUSY_S", 0.2)
    with Ledger.open(place) as ledger, Ledger.open(place) as other:
        with ledger._db.writing() as connection:
            connection.execute(sa.delete(tables.outbox))
            with pytest.raises(LedgerBusy, match="another process"):
                other.add_links([link(1)], NOW)
            assert other.count() == 0
        other.add_links([link(1)], NOW)


def test_who_is_to_end_waits_for_the_ledger_no_longer(place: Path | str) -> None:
    with (
        Ledger.open(place) as ledger,
        Ledger.open(place) as other,
        ledger._db.writing() as connection,
        ThreadPoolExecutor(1) as pool,
    ):
        connection.execute(sa.delete(tables.outbox))
        waiting = pool.submit(other.add_links, [link(1)], NOW)
        with pytest.raises(TimeoutError):
            waiting.result(0.5)
        other.wait_until(time.monotonic())  # as a signal handler does
        with pytest.raises(LedgerBusy):
            waiting.result(20)
        with pytest.raises(LedgerBusy):
            other.add_links([link(1)], NOW)


def test_threads_share_a_ledger(ledger: Ledger) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: write(ledger, n), range(40)))
    assert ledger.count() == 40
    assert ledger.quick_check() == []


def test_calls_kept_together_are_all_kept_or_none(ledger: Ledger) -> None:
    with ledger.together():
        ledger.add_links([link(1)], NOW)
        with ledger.together():
            ledger.add_links([link(2)], NOW)
        with pytest.raises(KeyError):
            ledger.retry("nobody", "dns", NOW, NOW)
        with pytest.raises(RuntimeError), ledger._db.writing():
            ledger.add_links([link(5), link(6)], NOW)
            raise RuntimeError  # what was written in here alone is undone
        ledger.add_links([link(3)], NOW)
    assert ledger.status().frontier == {"discovered": 3}
    with pytest.raises(RuntimeError), ledger.together():
        ledger.add_links([link(4)], NOW)
        raise RuntimeError
    assert ledger.status().frontier == {"discovered": 3}
    assert ledger.add_links([link(4, via=Via.SITEMAP)], NOW)["new"] == 1
