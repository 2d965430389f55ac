"""A real PostgreSQL server for the tests: a private cluster, thrown away at the end.

Its files lie in a folder of its own, it listens on a socket there and nowhere else, and it dies with the
process that started it.  Where Debian's package ``postgresql`` (or any other) is absent, the tests that need
it are skipped, loudly; ``MARSAD_TEST_POSTGRESQL=require`` makes that a failure, ``no`` skips them always.
"""

from __future__ import annotations

import ctypes
import itertools
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg

from store.ledger import Ledger
from store.tables import SCHEMA_VERSION, metadata

ASKED = os.environ.get("MARSAD_TEST_POSTGRESQL", "")
_TEMPLATE = "empty_ledger"
_OPTIONS = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "32MB",
    "max_connections": "200",
    "autovacuum": "off",
    "deadlock_timeout": "100ms",
    "max_wal_size": "128MB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
}
_START_S = 30.0


def binaries() -> Path | None:
    """The folder of ``initdb`` and ``postgres``, the newest version first; ``None`` if there is none."""
    if ASKED == "no":
        return None
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if found:
        return found[-1].parent
    path = shutil.which("initdb")
    return Path(path).resolve().parent if path else None


ABSENT = "PostgreSQL absent: nothing was tested on a server (apt-get install postgresql)"
"""Why a test was skipped."""


def _with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGQUIT)  # PR_SET_PDEATHSIG; SIGQUIT: at once


class Server:
    """The cluster; a context manager."""

    def __init__(self, where: Path) -> None:
        self._bin = where
        self._numbers = itertools.count(1)
        self._clean: list[str] = []
        self.folder = Path(tempfile.mkdtemp(prefix="marsad-pg-"))
        self._as: dict[str, object] = {}
        if os.getuid() == 0:  # the server refuses to run as root
            accounts = {account.pw_name: account for account in pwd.getpwall()}
            account = accounts.get("postgres") or accounts["nobody"]
            os.chown(self.folder, account.pw_uid, account.pw_gid)
            self.folder.chmod(0o711)
            self._as = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
        self._process: subprocess.Popen[bytes] | None = None

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._bin / program), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, cwd="/", **self._as)  # type: ignore[call-overload]
        assert done.returncode == 0, f"{program}: {done.stderr}"

    def __enter__(self) -> Self:
        # Sorting as people do, as most servers have it: the ledger must not rely on the order of bytes.
        sorting = ["--encoding=UTF8", "--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=und"]
        where = ["-D", str(self.folder / "data"), "-U", "marsad"]
        self._run("initdb", *where, "--auth=trust", "--no-sync", *sorting)
        self.start()
        self.execute(f"CREATE DATABASE {_TEMPLATE}")
        Ledger.open(self.url(_TEMPLATE)).close()
        return self

    def start(self) -> None:
        """Run it, and wait until it takes connections."""
        options = [f"--{name}={value}" for name, value in _OPTIONS.items()]
        command = [str(self._bin / "postgres"), "-D", str(self.folder / "data"), *options]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [*command, f"--unix_socket_directories={self.folder}"],
                stdout=log,
                stderr=log,
                cwd="/",
                preexec_fn=_with_parent,
                **self._as,  # type: ignore[call-overload]
            )
        end = time.monotonic() + _START_S
        while True:
            try:
                self.execute("SELECT 1")
                return
            except psycopg.OperationalError:
                said = (self.folder / "log").read_text()
                assert self._process.poll() is None and time.monotonic() < end, said
                time.sleep(0.02)

    def stop(self) -> None:
        """End it at once, as a power cut would."""
        if self._process is not None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait()
            self._process = None

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        shutil.rmtree(self.folder)

    def url(self, database: str, user: str = "marsad") -> str:
        """What ``ledger.url`` would be."""
        return f"postgresql+psycopg://{user}@/{database}?host={self.folder}"

    def execute(self, statement: str, database: str = "postgres") -> list[tuple[object, ...]]:
        """What one statement brings."""
        place = f"host={self.folder} user=marsad dbname={database}"
        with psycopg.connect(place, autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def new_database(self, *, empty: bool = False) -> str:
        """The URL of a database that holds an empty ledger (*empty*: nothing at all)."""
        if self._clean and not empty:
            return self._clean.pop()
        name = f"t{next(self._numbers)}"
        source = "template0" if empty else _TEMPLATE
        self.execute(f"CREATE DATABASE {name} TEMPLATE {source}")
        return self.url(name)

    def give_back(self, url: str) -> None:
        """Take back a database of :meth:`new_database`: emptying one is faster than making one."""
        name = url.partition("@/")[2].partition("?")[0]
        self.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
        emptied = "".join(f"DELETE FROM {table.name};" for table in reversed(metadata.sorted_tables))
        counters = "PERFORM setval(oid, 1, false) FROM pg_class WHERE relkind = 'S';"
        version = f"UPDATE alembic_version SET version_num = '{SCHEMA_VERSION}';"
        self.execute(f"DO $$ BEGIN {emptied} {counters} {version} END $$", name)
        self._clean.append(url)
