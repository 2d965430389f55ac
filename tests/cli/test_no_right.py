"""A home that this user may not write: each command says so, names the thing and the next move."""

from __future__ import annotations

import ctypes
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from cli.main import main
from store.archive import Archive
from store.ledger import Ledger
from tests.house.test_imports import ROOT
from tests.store.made import NOW, link, page

_PR_CAPBSET_DROP = 24
_MAY_IGNORE_MODES = (1, 2, 3)
"""CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_FOWNER."""


def _as_anybody() -> None:
    """Before a program starts: modes of files bind root too."""
    if os.geteuid() == 0:
        for capability in _MAY_IGNORE_MODES:
            ctypes.CDLL(None).prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0)


def marsad(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-B", "-m", "cli.main", "--home", str(home), *arguments],
        capture_output=True,
        text=True,
        cwd=ROOT,
        preexec_fn=_as_anybody,
        timeout=120,
    )


@pytest.fixture
def sealed(tmp_path: Path) -> Iterator[Path]:
    """A home with an empty ledger and index, that nobody may write."""
    if sys.platform != "linux":
        pytest.skip("root is bound by modes on Linux only")
    home = tmp_path / "home"
    Ledger.open(home).close()
    done = CliRunner().invoke(main, ["--home", str(home), "index", "rebuild"])
    assert done.exit_code == 0, done.output
    below = [home, *home.rglob("*")]
    modes = {path: path.stat().st_mode for path in below}
    for path in below:
        path.chmod(0o555 if path.is_dir() else 0o444)
    yield home
    for path, mode in modes.items():
        path.chmod(mode)


def refused(done: subprocess.CompletedProcess[str]) -> str:
    """What was said on stderr: one line, without a traceback."""
    assert done.returncode == 5, done.stderr
    assert not done.stdout
    (line,) = done.stderr.splitlines()
    return line


@pytest.mark.parametrize("command", ["search", "status", "index rebuild", "crawl"])
def test_a_home_that_may_only_be_read_is_refused_in_one_line(command: str, sealed: Path) -> None:
    said = refused(marsad(sealed, *command.split()))
    assert said.startswith(str(sealed / ("index" if command == "search" else "ledger.sqlite")))
    assert "None" not in said
    assert "Next: change" in said and "--home" in said


def test_a_ledger_that_may_not_even_be_read_is_named(sealed: Path) -> None:
    (sealed / "ledger.sqlite").chmod(0)
    assert refused(marsad(sealed, "status")).startswith(f"{sealed / 'ledger.sqlite'}: cannot be opened")


def test_a_folder_that_may_not_be_made_is_named_with_the_next_move(sealed: Path) -> None:
    said = refused(marsad(sealed / "below", "crawl"))
    assert said.startswith(f"{sealed / 'below'}: Permission denied. Next: ")


def test_an_archive_file_that_may_not_be_read_is_told_of_and_nothing_in_it_is_called_lost(
    tmp_path: Path,
) -> None:
    home = tmp_path / "home"
    of = link(1)
    with Ledger.open(home) as ledger, Archive(home).writer() as writer:
        one = replace(page(of), capture=writer.write_page(page(of)))
        ledger.add_links([of], NOW)
        (leased,) = ledger.lease_links("w", NOW, 60, 1)
        ledger.captured(leased.key, one)
    (file,) = Archive(home).files()
    file.chmod(0)
    done = marsad(home, "verify", "--json")
    assert done.returncode == 1, done.stderr
    (row,) = json.loads(done.stdout)["disagreements"]
    assert (row["kind"], row["count"], row["mended"]) == ("damaged_place", 1, False)
    assert "Permission denied" in row["examples"][0]["said"]
    assert json.loads(marsad(home, "status", "--json").stdout)["frontier"] == {"captured": 1}
