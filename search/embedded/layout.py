"""Where the embedded index lies: ``index/articles-v{N}-{fingerprint}/`` and ``CURRENT``, which names one.

A rebuild writes N+1 beside N and then replaces ``CURRENT`` in one rename, so that a reader sees the old index
whole or the new one whole.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import socket
import time
from collections.abc import Iterator
from pathlib import Path

from search.engine import EngineBusy

_NAME = re.compile(r"articles-v(\d+)-([0-9a-f]{8})")


def root(home: Path) -> Path:
    return home / "index"


def current(folder: Path) -> str | None:
    """The name in ``CURRENT``; ``None`` where nothing was indexed yet."""
    try:
        name = (folder / "CURRENT").read_text("ascii", "replace").strip()
    except FileNotFoundError:
        return None
    return name if _NAME.fullmatch(name) and (folder / name).is_dir() else None


def fingerprint_of(name: str) -> str:
    found = _NAME.fullmatch(name)
    return found[2] if found else ""


def following(folder: Path, fingerprint: str) -> str:
    """A name with a number that no index here bears, not even one left over from a killed rebuild."""
    numbers = [int(found[1]) for entry in folder.iterdir() if (found := _NAME.fullmatch(entry.name))]
    return f"articles-v{max(numbers, default=0) + 1}-{fingerprint}"


def point(folder: Path, name: str) -> None:
    """Make *name* the current index, durably and at one instant."""
    draft = folder / "CURRENT.new"
    with draft.open("w", encoding="ascii") as out:
        out.write(name + "\n")
        out.flush()
        os.fsync(out.fileno())
    draft.replace(folder / "CURRENT")
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sweep(folder: Path, keep: str) -> None:
    """Remove every index but *keep*: the one before it, and leavings of killed rebuilds.

    A reader that has one of them open keeps its mapped files; its next look follows ``CURRENT``.
    """
    for entry in folder.iterdir():
        if entry.name != keep and _NAME.fullmatch(entry.name):
            shutil.rmtree(entry, ignore_errors=True)


class WriterLock:
    """At most one writer of an index over all processes; the system frees it when its holder dies."""

    def __init__(self, folder: Path, purpose: str) -> None:
        import fcntl

        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "writer.lock"
        self._file = path.open("a+", encoding="utf-8")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._file.close()
            raise EngineBusy(f"{folder} is being written by {_owner(path)}; wait for it or stop it") from None
        self._file.truncate(0)
        owner = {"pid": os.getpid(), "host": socket.gethostname(), "since": time.time(), "purpose": purpose}
        self._file.write(json.dumps(owner))
        self._file.flush()

    def release(self) -> None:
        if not self._file.closed:
            self._file.truncate(0)
            self._file.close()


def _owner(path: Path) -> str:
    with contextlib.suppress(OSError, ValueError, KeyError):
        owner = json.loads(path.read_text(encoding="utf-8"))
        since = time.strftime("%Y-%m-%d %H:%M:%SZ", time.gmtime(owner["since"]))
        return f"process {owner['pid']} on {owner['host']} ({owner['purpose']}, since {since})"
    return "another process"


@contextlib.contextmanager
def writing(folder: Path, purpose: str) -> Iterator[None]:
    lock = WriterLock(folder, purpose)
    try:
        yield
    finally:
        lock.release()
