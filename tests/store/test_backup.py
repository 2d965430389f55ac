"""A backup is one moment of the ledger, whole and checked; what is put back is that, or nothing changes."""

from __future__ import annotations

import os
import random
import resource
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa

from store import backup as module
from store import tables
from store.backup import BackupError, Stopped, back_up, backups, default_path, holder, prune, restore
from store.ledger import Ledger, LedgerCorrupt, LedgerFull, LedgerSchema
from tests.store.made import NOW, after, annotated, decision, link, page
from tests.store.test_processes import fill, start

FIRST_SCHEMA = Path(__file__).with_name("schema_0001.sql")


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """A ledger in a file: a server's is backed up by its own tools."""
    with Ledger.open(tmp_path / "home") as opened:
        yield opened
        assert opened.quick_check() == []


def write(ledger: Ledger, number: int) -> None:
    ledger.write(None, annotated(link(number)), decision(link(number)), page(link(number), offset=number))


def whole(path: Path) -> dict[str, int]:
    """The counts of a backup opened as a ledger's file; fails where it is not sound."""
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        return {
            name: connection.execute(f"SELECT count(*) FROM {what}").fetchone()[0]
            for name, what in {
                "articles": "articles",
                "revisions": "revisions",
                "outbox": "outbox",
                "stored": "links WHERE state = 'stored'",
            }.items()
        }


# ---- making ----------------------------------------------------------------------------------------------


def test_a_backup_made_while_others_write_is_one_moment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_STEP", 3)  # many steps, between which the writers commit
    home = tmp_path / "home"
    fill(home, 150)
    workers = [start(home, home, 60, 5) for _ in range(2)]
    seen = []
    with Ledger.open(home) as ledger:
        while any(worker.poll() is None for worker in workers) or len(seen) < 2:
            made = back_up(ledger, tmp_path / f"{len(seen)}.sqlite")
            found = whole(made.path)
            assert len(set(found.values())) == 1, "an article, its revision, outbox row and link go together"
            assert found["articles"] == made.counts["articles"]
            seen.append(found["articles"])
            for worker in workers:
                if worker.poll() not in (None, 0):
                    raise AssertionError(worker.communicate())
    for worker in workers:
        worker.communicate()
    assert seen == sorted(seen)
    assert seen[-1] == 150
    assert len(set(seen)) > 2, f"made while they wrote: {seen}"
    assert [path.name for path in tmp_path.iterdir() if ".part" in path.name] == []


def test_a_backup_takes_the_place_of_one_and_of_nothing_else(ledger: Ledger, tmp_path: Path) -> None:
    write(ledger, 1)
    target = tmp_path / "copies" / "ledger.sqlite"
    assert back_up(ledger, target).counts["articles"] == 1
    write(ledger, 2)
    assert back_up(ledger, target).counts["articles"] == 2
    assert ledger.file is not None
    with pytest.raises(BackupError, match="the ledger itself"):
        back_up(ledger, ledger.file)
    (tmp_path / "link").symlink_to(ledger.file)
    with pytest.raises(BackupError, match="the ledger itself"):
        back_up(ledger, tmp_path / "link")
    letter = tmp_path / "letter.txt"
    letter.write_text("Dear reader")
    with pytest.raises(BackupError, match="no backup"):
        back_up(ledger, letter)
    assert letter.read_text() == "Dear reader"
    with pytest.raises(BackupError, match="is a folder"):
        back_up(ledger, tmp_path)


def test_77_a_full_disk_during_a_backup_leaves_nothing_and_harms_nothing(
    ledger: Ledger, tmp_path: Path
) -> None:
    for number in range(40):
        write(ledger, number)
    target = tmp_path / "copy.sqlite"
    before = back_up(ledger, target).counts
    write(ledger, 99)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, hard))
    try:
        with pytest.raises(LedgerFull, match=r"copy\.sqlite.*free some space"):
            back_up(ledger, target)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["copy.sqlite", "home"]
    assert whole(target)["articles"] == before["articles"] == 40
    assert ledger.count() == 41
    with pytest.raises(LedgerFull, match="are to stay free"):
        back_up(ledger, target, spare_bytes=1 << 60)
    assert back_up(ledger, target).counts["articles"] == 41


def test_83_of_a_damaged_ledger_no_backup_is_kept(tmp_path: Path) -> None:
    with Ledger.open(tmp_path / "home") as ledger:
        for number in range(60):
            write(ledger, number)
    path = tmp_path / "home" / "ledger.sqlite"
    data = bytearray(path.read_bytes())
    data[8192 : len(data) - 4096] = os.urandom(len(data) - 12288)
    path.write_bytes(data)
    with pytest.raises(LedgerCorrupt), Ledger.open(tmp_path / "home") as ledger:
        back_up(ledger, tmp_path / "copy.sqlite")
    assert [path.name for path in tmp_path.iterdir()] == ["home"]


def test_a_ledger_on_a_server_is_left_to_its_own_tools(tmp_path: Path) -> None:
    server: Any = SimpleNamespace(file=None, name="postgresql://desk@db.example/marsad")
    with pytest.raises(BackupError, match="pg_dump"):
        back_up(server, tmp_path / "copy.sqlite")


def test_told_to_stop_it_makes_nothing(ledger: Ledger, tmp_path: Path) -> None:
    write(ledger, 1)
    with pytest.raises(Stopped):
        back_up(ledger, tmp_path / "copy.sqlite", stop=lambda: True)
    assert [path.name for path in tmp_path.iterdir()] == ["home"]


def test_what_a_killed_backup_left_is_swept_by_the_next_one(ledger: Ledger, tmp_path: Path) -> None:
    folder = tmp_path / "copies"
    folder.mkdir()
    name = "ledger-20261102T000000Z.sqlite"
    for left in (".ledger-20261101T000000Z.sqlite.999999999.part", f".{name}.999999999.part-wal"):
        (folder / left).write_bytes(b"half")
    under_way = {f".{name}.{os.getppid()}.part", f".other.sqlite.{os.getppid()}.part", ".my own.part"}
    for kept in under_way:
        (folder / kept).write_bytes(b"half")
    back_up(ledger, folder / name)
    assert {path.name for path in folder.iterdir()} == {name, *under_way}


@pytest.mark.parametrize(
    ("keep", "left"), [(2, ["ledger-20261124T110000Z", "ledger-20261124T100000Z"]), (0, None)]
)
def test_the_newest_are_kept(keep: int, left: list[str] | None, tmp_path: Path) -> None:
    (tmp_path / "backup").mkdir()
    for hours in range(4):
        default_path(tmp_path, after(hours=hours)).touch()
    (tmp_path / "backup" / "mine.sqlite").touch()
    prune(tmp_path, keep)
    assert (tmp_path / "backup" / "mine.sqlite").exists()
    names = [path.stem for path in backups(tmp_path)]
    assert names == left if left is not None else len(names) == 4


# ---- putting back ----------------------------------------------------------------------------------------


def test_what_is_put_back_is_the_backup_and_what_was_there_is_kept(tmp_path: Path) -> None:
    home, copy = tmp_path / "home", tmp_path / "copy.sqlite"
    with Ledger.open(home) as ledger:
        write(ledger, 1)
        back_up(ledger, copy)
        write(ledger, 2)
    done = restore(home, copy, NOW)
    assert done.counts["articles"] == 1
    with Ledger.open(home, create=False) as ledger:
        assert ledger.count() == 1
        assert ledger.quick_check() == []
        write(ledger, 3)
    assert done.aside is not None
    assert whole(done.aside)["articles"] == 2
    assert whole(copy)["articles"] == 1
    assert not list(home.glob("*.restoring*"))
    assert restore(tmp_path / "new", copy, NOW).aside is None
    with Ledger.open(tmp_path / "new", create=False) as ledger:
        assert ledger.count() == 1


def test_nothing_is_put_back_while_a_process_has_the_ledger_open(tmp_path: Path) -> None:
    home, copy = tmp_path / "home", tmp_path / "copy.sqlite"
    with Ledger.open(home) as ledger:
        write(ledger, 1)
        back_up(ledger, copy)
        write(ledger, 2)
    script = (
        "import sys; from pathlib import Path; from store.ledger import Ledger;"
        "ledger = Ledger.open(Path(sys.argv[1])); ledger.count(); print(1, flush=True); sys.stdin.read()"
    )
    idle = subprocess.Popen(
        [sys.executable, "-c", script, str(home)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert idle.stdout is not None
    idle.stdout.readline()
    try:
        assert holder(home / "ledger.sqlite") == idle.pid
        with pytest.raises(BackupError, match=f"process {idle.pid} has it open.*stop all marsad"):
            restore(home, copy, NOW)
    finally:
        idle.communicate(b"")
    assert holder(home / "ledger.sqlite") is None
    with Ledger.open(home, create=False) as ledger:
        assert ledger.count() == 2
    assert restore(home, copy, NOW).counts["articles"] == 1


def test_83_a_damaged_backup_is_refused_and_the_ledger_stays(tmp_path: Path) -> None:
    home, copy = tmp_path / "home", tmp_path / "copy.sqlite"
    with Ledger.open(home) as ledger:
        for number in range(60):
            write(ledger, number)
        back_up(ledger, copy)
    sound = copy.read_bytes()
    for data in (
        sound[: len(sound) // 2],
        sound[:8192] + os.urandom(len(sound) - 12288) + sound[-4096:],
        b"SQLite format 3\0" + os.urandom(5000),
    ):
        copy.write_bytes(data)
        with pytest.raises(LedgerCorrupt):
            restore(home, copy, NOW)
    copy.write_bytes(b"Dear reader")
    with pytest.raises(BackupError, match="no backup"):
        restore(home, copy, NOW)
    with pytest.raises(BackupError, match="the ledger itself"):
        restore(home, home / "ledger.sqlite", NOW)
    with Ledger.open(home, create=False) as ledger:
        assert ledger.count() == 60
    assert [path.name for path in home.iterdir()] == ["ledger.sqlite"]


def test_83_a_backup_takes_the_place_of_a_damaged_ledger(tmp_path: Path) -> None:
    home, copy = tmp_path / "home", tmp_path / "copy.sqlite"
    with Ledger.open(home) as ledger:
        write(ledger, 1)
        back_up(ledger, copy)
    (home / "ledger.sqlite").write_bytes(os.urandom(9000))
    done = restore(home, copy, NOW)
    assert done.aside is not None
    assert done.aside.stat().st_size == 9000
    with Ledger.open(home, create=False) as ledger:
        assert ledger.count() == 1


def test_a_live_ledgers_file_is_no_backup_and_one_of_an_older_program_is(tmp_path: Path) -> None:
    with Ledger.open(tmp_path / "home") as ledger:
        write(ledger, 1)
        with pytest.raises(BackupError, match="has a log beside it"):
            restore(tmp_path / "other", tmp_path / "home" / "ledger.sqlite", NOW)
    old = tmp_path / "old.sqlite"
    with closing(sqlite3.connect(old)) as connection:
        connection.executescript(FIRST_SCHEMA.read_text(encoding="utf-8"))
    assert restore(tmp_path / "other", old, NOW).counts["articles"] == 1
    with Ledger.open(tmp_path / "other", create=False) as ledger:
        assert ledger._db.schema_version() == tables.SCHEMA_VERSION
        with ledger._db.writing() as connection:
            connection.execute(sa.update(tables.alembic_version).values(version_num="9999"))
        new = tmp_path / "new.sqlite"
        back_up(ledger, new)
    with pytest.raises(LedgerSchema, match="9999"):
        restore(tmp_path / "home", new, NOW)
    assert sorted(path.name for path in (tmp_path / "other").iterdir()) == ["ledger.sqlite"]


def test_78_killed_while_a_backup_is_put_back_the_ledger_is_the_old_one_or_the_new_one(
    tmp_path: Path,
) -> None:
    home, copy = tmp_path / "home", tmp_path / "copy.sqlite"
    with Ledger.open(home) as ledger:
        write(ledger, 1)
        back_up(ledger, copy)
        for number in range(2, 40):
            write(ledger, number)
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    chance = random.Random(seed)
    script = (
        "import sys; from datetime import UTC, datetime; from pathlib import Path;"
        "from store.backup import restore; print(1, flush=True);"
        "restore(Path(sys.argv[1]), Path(sys.argv[2]), datetime.now(UTC))"
    )
    for _ in range(8):
        process = subprocess.Popen(
            [sys.executable, "-c", script, str(home), str(copy)], stdout=subprocess.PIPE
        )
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(chance.uniform(0.0, 0.25))
        process.kill()
        process.communicate()
        with Ledger.open(home, create=False) as ledger:
            assert ledger.quick_check() == []
            assert ledger.count() in (1, 39)
        for aside in home.glob("*.before-restore-*Z"):
            assert whole(aside)["articles"] in (1, 39)
            aside.unlink()
    assert restore(home, copy, NOW).counts["articles"] == 1
