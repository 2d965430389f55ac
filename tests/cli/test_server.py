"""The command line on a ledger that lies on a server."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cli.main import main
from store.ledger import Ledger
from tests import postgres
from tests.crawlers.outlets import Outlets
from tests.postgres import Server
from tests.scheduler.up import command, environment
from tests.site.faults import Site
from tests.store.made import NOW, link


def marsad(home: Path, url: str, *arguments: str) -> Result:
    """``marsad --home HOME …`` with ``MARSAD_LEDGER__URL``."""
    none = {name: None for name in os.environ if name.startswith("MARSAD_")}
    return CliRunner().invoke(
        main, ["--home", str(home), *arguments], env={**none, "MARSAD_LEDGER__URL": url}
    )


def test_the_ledger_of_the_server_is_the_one_that_is_asked(database: str, tmp_path: Path) -> None:
    with Ledger.open(database) as ledger:
        ledger.add_links([link(1), link(2)], NOW)
    found = marsad(tmp_path, database, "status", "--json")
    assert found.exit_code == 0, found.output
    assert json.loads(found.stdout)["frontier"] == {"discovered": 2}
    assert list(tmp_path.iterdir()) == []


def test_a_database_without_a_ledger_holds_nothing_yet(server: Server, tmp_path: Path) -> None:
    found = marsad(tmp_path, server.new_database(empty=True), "status")
    assert found.exit_code == 3
    assert "holds no ledger yet" in found.stderr and "Next: `marsad crawl`" in found.stderr


@pytest.mark.parametrize("command", [["status"], ["search", "x"], ["replay"], ["link"]], ids=" ".join)
def test_a_server_that_is_not_there_ends_every_command_with_5_and_the_next_move(
    tmp_path: Path, command: list[str]
) -> None:
    pytest.importorskip("psycopg")
    found = marsad(tmp_path, "postgresql+psycopg://me:secret@127.0.0.1:1/d", *command)
    assert found.exit_code == 5, found.output
    assert "me:***@127.0.0.1:1/d: cannot be reached" in found.stderr and "Next: " in found.stderr
    assert "secret" not in found.output


def test_a_ledger_moves_to_the_server_with_all_its_rows(database: str, tmp_path: Path) -> None:
    with Ledger.open(tmp_path) as ledger:
        ledger.add_links([link(1)], NOW)
    moved = marsad(tmp_path, database, "ledger", "copy", "--json")
    assert moved.exit_code == 0, moved.output
    assert json.loads(moved.stdout)["copied"]["links"] == 1
    again = marsad(tmp_path, database, "ledger", "copy")
    assert again.exit_code == 5 and "holds rows already" in again.stderr
    refused = marsad(tmp_path, database, "ledger", "copy", "--back")
    assert refused.exit_code == 5 and "Next: move it aside" in refused.stderr
    with Ledger.open(tmp_path) as ledger:
        before = ledger.status()
    (tmp_path / "ledger.sqlite").rename(tmp_path / "aside")
    back = marsad(tmp_path, database, "ledger", "copy", "--back", "--json")
    assert back.exit_code == 0, back.output
    assert json.loads(back.stdout) == json.loads(moved.stdout)
    with Ledger.open(tmp_path, create=False) as ledger:
        assert ledger.status() == before
    without = marsad(tmp_path, "", "ledger", "copy")
    assert without.exit_code == 4 and "ledger.url: empty" in without.stderr


def test_the_demo_has_its_own_ledger_whatever_the_settings_say(tmp_path: Path) -> None:
    (tmp_path / "DEMO").touch()
    (tmp_path / "config" / "sources").mkdir(parents=True)
    Ledger.open(tmp_path).close()
    found = marsad(tmp_path, "postgresql+psycopg://me@127.0.0.1:1/d", "status", "--json")
    assert found.exit_code == 0, found.output
    assert json.loads(found.stdout)["demo"] is True


def test_a_worker_is_named_as_a_folder_may_be(tmp_path: Path) -> None:
    found = marsad(tmp_path, "", "worker", "--id", "../up")
    assert found.exit_code == 2 and "'../up', expected a to z" in found.stderr


def test_a_worker_waits_for_its_server_and_each_time_anew(tmp_path: Path) -> None:
    where = postgres.binaries()
    if where is None:
        pytest.skip(postgres.ABSENT)
    outlets, log = Outlets(tmp_path), tmp_path / "log.txt"
    with Site() as site, postgres.Server(where) as server, log.open("wb") as output:
        outlets.add("akhbar", site.host())
        url = server.new_database()
        process = subprocess.Popen(
            command(outlets, "worker", "--id", "w"),
            stdout=output,
            stderr=output,
            env=environment({"MARSAD_LEDGER__URL": url}),
        )

        def until(what: Callable[[], object]) -> None:
            end = time.monotonic() + 90
            while not what():
                assert time.monotonic() < end and process.poll() is None, log.read_text()
                time.sleep(0.1)

        def seen() -> datetime | None:
            with Ledger.open(url) as ledger:
                return next((worker.seen_at for worker in ledger.workers()), None)

        try:
            until(seen)
            server.stop()
            until(lambda: "trying again in 2 s" in log.read_text())
            server.start()
            last = seen()
            until(lambda: seen() != last)
            last = seen()
            until(lambda: seen() != last)  # begun again, and heard of
            server.stop()
            until(lambda: log.read_text().count("trying again in 1 s") == 2)
            process.terminate()
            assert process.wait(30) == 0
        finally:
            process.kill()
            process.wait()
