"""What README.md shows runs as it is written."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from cli.main import main
from store.ledger import Ledger
from tests.house.test_imports import ROOT

BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", (ROOT / "README.md").read_text("utf-8"), re.M | re.S)
PYTHON = [text for language, text in BLOCKS if language == "python"]
COMMANDS = sorted(
    {
        found[1]
        for language, text in BLOCKS
        if language != "sh"  # needs a server: tests/e2e/test_elasticsearch.py types these
        for line in text.splitlines()
        if (found := re.match(r"(?:\$ )?(?:\.venv/bin/)?marsad (.*)", line))
    }
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a user stands: a page at hand, an index (of nothing) in the default home and the demo's."""
    (tmp_path / "page.html").write_text(
        "<html lang=fr><title>La bibliothèque ouvre</title><h1>La bibliothèque ouvre</h1>"
        + "<p>Le conseil a ouvert lundi la nouvelle bibliothèque de la ville, a dit le maire.</p>" * 9,
        encoding="utf-8",
    )
    monkeypatch.chdir(tmp_path)
    for home in ("var", "var/demo"):
        Ledger.open(tmp_path / home).close()
        assert CliRunner().invoke(main, ["--home", home, "index", "rebuild"]).exit_code == 0
    return tmp_path


@pytest.mark.parametrize("text", PYTHON, ids=lambda text: text.split()[1])
def test_a_python_example_runs(text: str, folder: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MARSAD_")}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", text],
        cwd=folder,
        env={**environment, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    if "extract" in text:
        assert "La bibliothèque ouvre" in done.stdout


@pytest.mark.parametrize("words", [words for words in COMMANDS if not words.startswith("crawl")])
def test_a_command_that_is_shown_is_understood(words: str, folder: Path) -> None:
    """It finds nothing in an empty home (3), and that is its only complaint."""
    done = CliRunner().invoke(main, shlex.split(words))
    assert done.exit_code == 3, done.output
    assert isinstance(done.exception, SystemExit)


def test_examples_are_found() -> None:
    assert len(PYTHON) == 2
    assert len(COMMANDS) >= 8
