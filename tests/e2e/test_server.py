"""The whole path with the ledger on a server: the same articles, the same answers as from a file."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from cli.demo import write_overlay
from demo.press import load
from demo.server import serve
from tests.e2e.harness import Desk, kept

pytestmark = [pytest.mark.soak, pytest.mark.timeout(600)]
TODAY = date(2026, 11, 24)
NAMES = ("file", "server")


def test_a_crawl_on_a_server_gives_what_one_on_a_file_gives(database: str, tmp_path: Path) -> None:
    with serve(load(TODAY)) as stand:
        for name in NAMES:
            write_overlay(tmp_path / name / "config", stand)
        settings = tmp_path / "server" / "config" / "marsad.toml"
        settings.write_text(f'{settings.read_text()}\n[ledger]\nurl = "{database}"\n')
        file, server = (
            Desk(tmp_path / name / "home", tmp_path / name / "config") for name in ("file", "server")
        )
        for desk in (file, server):
            desk.run("crawl", expect=(0, 1))
            desk.run("index", "verify")
        assert not (server.home / "ledger.sqlite").exists()
        assert kept(server.export()) == kept(file.export())
        for question in (["status"], ["stories"], ["communiques"]):
            answers = [desk.json(*question, expect=(0, 3)) for desk in (file, server)]
            assert answers[0] == answers[1], question
        before = server.export()
        server.run("replay")
        assert server.export() == before
