"""What only a ledger on a server can meet: races, frozen processes, its clock, servers that are not there."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from store import server as on_server
from store import tables
from store.database import Database
from store.ledger import (
    EntryState,
    Ledger,
    LedgerBusy,
    LedgerError,
    LedgerMissing,
    LedgerSchema,
    LedgerUnreachable,
)
from store.migrate import upgrade
from store.records import Hint, Via
from tests.postgres import Server
from tests.store.made import NOW, link

ROOT = Path(__file__).resolve().parents[2]


def await_(true: Callable[[], object], seconds: float = 30.0) -> None:
    """Wait until *true* is so; fails after *seconds*."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


# ---- opening ---------------------------------------------------------------------------------------------


def test_migrations_lead_to_the_tables_of_today(server: Server) -> None:
    places = [server.new_database(empty=True) for _ in range(2)]
    made, led = (Database(sa.make_url(place), None) for place in places)
    made.create()
    upgrade(led, None)
    assert made.schema_version() == led.schema_version() == tables.SCHEMA_VERSION
    described = []
    for db in (made, led):
        with db.reading() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": True})
            assert compare_metadata(context, tables.metadata) == []
            columns = connection.exec_driver_sql(
                "SELECT table_name, column_name, data_type, is_nullable, column_default "
                "FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1, 2"
            ).all()
            indexes = connection.exec_driver_sql(
                "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' "
                "AND tablename <> 'alembic_version' ORDER BY 1"  # Alembic names its own key
            ).all()
        described.append((columns, indexes))
        db.dispose()
    assert described[0] == described[1]


def test_many_who_make_a_ledger_at_once_share_one(server: Server) -> None:
    place = server.new_database(empty=True)

    def begin(number: int) -> None:
        with Ledger.open(place) as ledger:
            ledger.add_links([link(number)], NOW)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(begin, range(6)))
    with Ledger.open(place, create=False) as ledger:
        assert ledger.status().frontier == {"discovered": 6}


def test_a_plain_url_is_understood_and_a_database_without_a_ledger_is_said(server: Server) -> None:
    place = server.new_database(empty=True).replace("postgresql+psycopg:", "postgresql:")
    with pytest.raises(LedgerMissing, match="holds no ledger yet"):
        Ledger.open(place, create=False)
    Ledger.open(place).close()
    Ledger.open(place, create=False).close()


@pytest.mark.parametrize(
    ("change", "kind", "said"),
    [
        pytest.param(("/postgres?", "/nowhere?"), LedgerUnreachable, "no such database", id="no database"),
        pytest.param(("host=", "host=/no"), LedgerUnreachable, "cannot be reached", id="no server"),
        pytest.param(("marsad@", "nobody:secret@"), LedgerUnreachable, "does not let us in", id="no user"),
        pytest.param(("host=", "password=secret&host=/no"), LedgerUnreachable, "reached", id="a parameter"),
        pytest.param(("host=", "hots=secret&host="), LedgerError, "mend ledger.url", id="unknown parameter"),
    ],
)
def test_what_is_not_there_is_named_with_the_next_move(
    server: Server, change: tuple[str, str], kind: type[LedgerError], said: str
) -> None:
    with pytest.raises(kind, match=said) as caught:
        Ledger.open(server.url("postgres").replace(*change))
    assert "Next: " in str(caught.value)
    assert "secret" not in str(caught.value).replace("hots=secret", "")


def test_a_database_of_another_encoding_is_refused(server: Server) -> None:
    server.execute(
        "CREATE DATABASE latin TEMPLATE template0 ENCODING 'SQL_ASCII' LOCALE_PROVIDER libc LOCALE 'C'"
    )
    with pytest.raises(LedgerSchema, match=r"SQL_ASCII, expected UTF8.*createdb"):
        Ledger.open(server.url("latin"))


def test_without_the_driver_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(LedgerError, match=r"u:\*\*\*@h/d: the driver is missing .*marsad\[postgresql\]"):
        Ledger.open("postgresql+psycopg://u:secret@h/d")


def test_texts_with_nul_are_kept_without_it(server: Server, database: str) -> None:
    with Ledger.open(database) as ledger:
        ledger.save_entry_state(EntryState("akhbar", "https://a.example/feed", etag='"a\0b"'))
        assert ledger.entry_state("akhbar", "https://a.example/feed").etag == '"a\ufffdb"'
        odd = link(1)
        ledger.add_links([odd.__class__(odd.source_id, odd.url, odd.found_in, Via.FEED, Hint("a\0b"))], NOW)
        (leased,) = ledger.lease_links("a", NOW, 60, 1)
        assert leased.link.hint.title == "a\0b", "inside JSON it is spelt out"


# ---- one at a time ---------------------------------------------------------------------------------------


def test_writers_take_turns_and_readers_do_not_wait(database: str) -> None:
    with Ledger.open(database) as one, Ledger.open(database) as two, ThreadPoolExecutor(1) as pool:
        with one._db.writing() as connection:
            connection.execute(sa.delete(tables.outbox))
            waiting = pool.submit(two.add_links, [link(1)], NOW)
            await_(lambda: _waiting(two) == 1)
            assert two.status().frontier == {}
            assert two.lease_captured("r", NOW, 60, 5) == [], "what skips locked rows stands in no queue"
        assert waiting.result(30)["new"] == 1


def _waiting(ledger: Ledger) -> int:
    """How many sessions of the database wait for a lock."""
    with ledger._db.reading() as connection:
        counted = (
            "SELECT count(*) FROM pg_stat_activity "
            "WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )
        return int(connection.exec_driver_sql(counted).scalar_one())


def test_a_reader_sees_one_state_throughout(database: str) -> None:
    with Ledger.open(database) as ledger, ledger._db.reading() as connection:
        counted = sa.select(sa.func.count()).select_from(tables.links)
        assert connection.scalar(counted) == 0
        with ThreadPoolExecutor(1) as pool:
            pool.submit(ledger.add_links, [link(1)], NOW).result(30)
        assert connection.scalar(counted) == 0


FROZEN = """
import sys
from store.ledger import Ledger
from tests.store.made import NOW, link
ledger = Ledger.open(sys.argv[1], create=False)
with ledger.together():
    ledger.add_links([link(1)], NOW)
    print("inside", flush=True)
    sys.stdin.readline()
"""


def test_who_freezes_in_a_transaction_holds_up_nobody_for_long(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = "import store.server as s; s.IDLE_S = 1\n" + FROZEN
    frozen = subprocess.Popen(
        [sys.executable, "-c", script, database],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert frozen.stdout is not None
    assert frozen.stdout.readline() == "inside\n"
    os.kill(frozen.pid, signal.SIGSTOP)
    with Ledger.open(database) as ledger:
        ledger.add_links([link(2)], NOW)  # waits until the server has thrown the other one out
        os.kill(frozen.pid, signal.SIGCONT)
        _, said = frozen.communicate("\n", timeout=60)
        assert frozen.returncode != 0 and "stood still for 1 s" in said
        assert ledger.status().frontier == {"discovered": 1}
        ledger.add_links([link(1)], NOW)


def test_a_connection_lost_inside_a_transaction_is_told_as_such_and_nothing_is_kept(database: str) -> None:
    with Ledger.open(database) as ledger, Ledger.open(database) as other:
        with pytest.raises(LedgerUnreachable), ledger.together():
            ledger.add_links([link(1)], NOW)
            with other._db.leasing() as connection:
                connection.exec_driver_sql(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            for number in (2, 3):  # the first meets it, the second comes after it
                with pytest.raises(LedgerUnreachable):
                    ledger.add_links([link(number)], NOW)
        assert ledger.status().frontier == {}
        assert ledger.add_links([link(1)], NOW)["new"] == 1


def test_a_server_that_went_away_is_told_so_and_used_again_once_it_is_back() -> None:
    from tests import postgres

    where = postgres.binaries()
    if where is None:
        pytest.skip(postgres.ABSENT)
    with postgres.Server(where) as own:
        place = own.new_database()
        with Ledger.open(place) as ledger:
            ledger.add_links([link(1)], NOW)
            own.stop()
            with pytest.raises(LedgerUnreachable, match="Nothing is lost"):
                ledger.count()
            with pytest.raises(LedgerUnreachable, match="cannot be reached"):
                ledger.count()
            own.start()
            assert ledger.add_links([link(1), link(2)], NOW) == {"new": 1, "known": 1, "passed": 0}


def test_a_lock_that_is_not_had_in_time_changes_nothing(database: str) -> None:
    fault = on_server.told(_Fault("canceling statement due to lock timeout", "55P03"), "db")
    assert isinstance(fault, LedgerBusy) and "Nothing was changed. Next: " in str(fault)


@pytest.mark.parametrize(
    ("state", "said"),
    [
        pytest.param("53100", "free some space", id="fault 77: disk full"),
        pytest.param("XX001", "marsad replay", id="damaged"),
        pytest.param("42501", "let it own the database", id="no right"),
        pytest.param("28P01", "check user and password", id="wrong password"),
        pytest.param("57P01", "Nothing is lost", id="shut down"),
        pytest.param("53300", "cannot be reached", id="too many connections"),
        pytest.param("40P01", "another process", id="deadlock"),
    ],
)
def test_every_fault_of_the_server_says_what_to_do(state: str, said: str) -> None:
    assert said in str(on_server.told(_Fault("odd", state), "db"))


class _Fault(Exception):
    def __init__(self, text: str, state: str) -> None:
        super().__init__(text)
        self.sqlstate = state


# ---- the clock -------------------------------------------------------------------------------------------


def test_fault_81_the_clock_is_the_servers(database: str, server: Server) -> None:
    with Ledger.open(database) as ledger:
        (row,) = server.execute("SELECT clock_timestamp()")
        assert isinstance(row[0], datetime)
        assert abs(ledger.clock() - row[0]) < timedelta(seconds=20)
        assert ledger.clock().tzinfo is UTC
        clock = ledger._db._clock
        assert clock is not None
        clock.set(NOW)  # as if the server lived in another time than this machine
        assert timedelta(0) <= ledger.clock() - NOW < timedelta(seconds=20)
        ledger.unmark()  # each writer hears the time anew
        assert abs(ledger.clock() - datetime.now(UTC)) < timedelta(seconds=20)
