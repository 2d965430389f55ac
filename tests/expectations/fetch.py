"""``python -m tests.expectations.fetch``: the test files of feedparser and Protego, for our tests to read.

From the source distributions of the versions in use, by pip, into ``var/expectations`` (not in the
repository).  Tests that need them are skipped, and say so, where they are absent.
"""

from __future__ import annotations

import subprocess
import sys
import tarfile
import tempfile
from importlib.metadata import version
from pathlib import Path

CACHE = Path(__file__).resolve().parents[2] / "var" / "expectations"
PACKAGES = ("feedparser", "protego")


def folder(package: str) -> Path | None:
    """The ``tests`` folder of *package* in the version in use, or ``None`` where it was not fetched."""
    found = CACHE / f"{package}-{version(package)}" / "tests"
    return found if found.is_dir() else None


def fetch(package: str) -> None:
    """Fetch and unpack the tests of *package*."""
    if folder(package) is not None:
        return
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as passing:
        subprocess.run(
            [
                *(sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"),
                *("--no-deps", "--no-binary", ":all:", "--dest", passing, f"{package}=={version(package)}"),
            ],
            check=True,
        )
        (archive,) = Path(passing).glob("*.tar.gz")
        with tarfile.open(archive) as tar:
            wanted = [each for each in tar.getmembers() if each.name.split("/")[1:2] == ["tests"]]
            tar.extractall(CACHE, members=wanted, filter="data")


if __name__ == "__main__":
    for name in PACKAGES:
        fetch(name)
        print(f"{name}: {folder(name)}")
