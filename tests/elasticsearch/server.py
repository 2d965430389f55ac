"""A real Elasticsearch for the tests: fetched once, started on free ports, thrown away at the end.

``MARSAD_TEST_ES_URL`` names a server of the user's instead.  Where none was fetched
(``python -m tests.elasticsearch.fetch``) the tests that need one are skipped, loudly;
``MARSAD_TEST_ELASTICSEARCH=require`` makes that a failure, ``no`` skips them always.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import uuid
from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import pytest

from tests.elasticsearch.fetch import BUILDS, Build, folder, java

ASKED = os.environ.get("MARSAD_TEST_ELASTICSEARCH", "")
OWN_URL = os.environ.get("MARSAD_TEST_ES_URL", "")
ABSENT = "Elasticsearch absent: nothing was tested on a server (python -m tests.elasticsearch.fetch)"
ABSENT_9 = "Elasticsearch 9 absent: not tested on it (Java 21 or later, python -m tests.elasticsearch.fetch)"
"""Why a test was skipped."""
_START_S = 180.0
_HEAP = "512m"


def available(build: Build) -> bool:
    """Whether *build* can be started here."""
    return ASKED != "no" and folder(build).is_dir() and java(build) is not None


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class _Running(ABC):
    """A context manager of what is started and closed."""

    @abstractmethod
    def start(self) -> None: ...

    @abstractmethod
    def close(self) -> None: ...

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Node(_Running):
    """One server process; a context manager.

    It dies with the process *parent* (default: the one that made it), however that dies.
    """

    def __init__(
        self,
        build: Build = BUILDS["8"],
        *,
        settings: Mapping[str, str] | None = None,
        password: str = "",
        heap: str = _HEAP,
        parent: int | None = None,
    ) -> None:
        self.build = build
        self._parent = parent or os.getpid()
        self._heap = heap
        self._password = password
        self.folder = Path(tempfile.mkdtemp(prefix="marsad-es-"))
        self.folder.chmod(0o755)
        self.port, self.transport = free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        for name in ("data", "logs", "snapshots", "tmp"):
            (self.folder / name).mkdir()
        shutil.copytree(folder(build) / "config", self.folder / "config")
        self.settings = {
            "cluster.name": self.folder.name,
            "network.host": "127.0.0.1",
            "http.port": str(self.port),
            "transport.port": str(self.transport),
            "path.data": str(self.folder / "data"),
            "path.logs": str(self.folder / "logs"),
            "path.repo": str(self.folder / "snapshots"),
            "node.store.allow_mmap": "false",
            "cluster.routing.allocation.disk.threshold_enabled": "false",
            "xpack.security.enabled": "true" if password else "false",
            **({} if settings and "cluster.initial_master_nodes" in settings else _ALONE),
            **(settings or {}),
        }
        self._as: dict[str, Any] = {}
        if os.getuid() == 0:  # the server refuses to run as root
            account = pwd.getpwnam("nobody")
            self._as = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
            for path in (self.folder, *self.folder.rglob("*")):
                os.chown(path, account.pw_uid, account.pw_gid)
        self._process: subprocess.Popen[bytes] | None = None

    # -- its life -----------------------------------------------------------------------------------------

    def _environment(self, **more: str) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "ES_JAVA_HOME": str(java(self.build)),
            "ES_PATH_CONF": str(self.folder / "config"),
            "ES_TMPDIR": str(self.folder / "tmp"),
            "ES_JAVA_OPTS": f"-Xms{self._heap} -Xmx{self._heap}",
            **more,
        }

    def keystore(self, *arguments: str, given: str = "") -> None:
        """Run the keystore's tool: ``keystore("add", "-x", name, given=value)``."""
        subprocess.run(
            [str(folder(self.build) / "bin" / "elasticsearch-cli"), *arguments],
            input=given.encode(),
            env=self._environment(CLI_NAME="keystore", CLI_LIBS="lib/tools/keystore-cli"),
            check=True,
            capture_output=True,
            **self._as,
        )

    def start(self, *, wait: bool = True) -> None:
        """Run it and, unless told not to, wait until it answers."""
        if self._password and not (self.folder / "config" / "elasticsearch.keystore").exists():
            self.keystore("create")
            self.keystore("add", "-x", "bootstrap.password", given=self._password)
        command = [str(folder(self.build) / "bin" / "elasticsearch-cli")]
        for name, value in self.settings.items():
            command += ["-E", f"{name}={value}"]
        watched = [sys.executable, "-m", "tests.elasticsearch.watch", str(self._parent), *command]
        with (self.folder / "out").open("ab") as out:
            self._process = subprocess.Popen(
                watched,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                env=self._environment(
                    CLI_NAME="server", CLI_LIBS="lib/tools/server-cli",
                    MARSAD_WATCH_UID=str(self._as.get("user", "")),
                    MARSAD_WATCH_GID=str(self._as.get("group", "")),
                ),
                start_new_session=True,
            )  # fmt: skip
        if wait:
            self.wait()

    def wait(self) -> None:
        """Until it answers."""
        end = time.monotonic() + _START_S
        while True:
            try:
                self.ask("GET", "/_cluster/health?wait_for_status=yellow&timeout=5s")
                return
            except (OSError, urllib.error.URLError):
                alive = self._process is not None and self._process.poll() is None
                assert alive and time.monotonic() < end, (self.folder / "out").read_text()[-3000:]
                time.sleep(0.2)

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the server itself (SIGKILL: a power cut; SIGSTOP: it hangs)."""
        assert self._process is not None
        for pid in _children(self._process.pid):
            os.kill(pid, number)

    def stop(self) -> None:
        """End it at once; its data stay for another :meth:`start`."""
        if self._process is not None:
            self._process.kill()  # the watcher's group follows: it holds the pipe
            _end_group(self._process.pid)
            self._process.wait()
            self._process = None

    def close(self) -> None:
        """End it, and throw its folder away."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    # -- asking it ----------------------------------------------------------------------------------------

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """The JSON answer; raises :class:`urllib.error.HTTPError` for a fault."""
        return ask(self.url, method, path, body, self._password)


class Cluster(_Running):
    """Three servers that are one; a context manager.  Ready when each knows the others."""

    def __init__(self, size: int = 3) -> None:
        names = [f"n{number + 1}" for number in range(size)]
        together = {"cluster.initial_master_nodes": ",".join(names)}
        self.nodes = [Node(settings={**together, "node.name": name}) for name in names]
        seeds = ",".join(f"127.0.0.1:{node.transport}" for node in self.nodes)
        for node in self.nodes:
            node.settings |= {"cluster.name": self.nodes[0].folder.name, "discovery.seed_hosts": seeds}

    def wait(self, status: str = "green") -> None:
        """Until all of them are one, and every copy of every index is where it should be."""
        wanted = f"wait_for_nodes={len(self.nodes)}&wait_for_status={status}&timeout=20s"
        end = time.monotonic() + len(self.nodes) * _START_S
        while True:
            with contextlib.suppress(OSError):
                if not self.nodes[0].ask("GET", f"/_cluster/health?{wanted}")["timed_out"]:
                    return
            assert time.monotonic() < end, (self.nodes[0].folder / "out").read_text()[-3000:]

    def start(self) -> None:
        for node in self.nodes:
            node.start(wait=False)
        self.wait()

    def close(self) -> None:
        """End them all."""
        for node in self.nodes:
            node.close()


def shared(where: Path, build: Build = BUILDS["8"]) -> str:
    """The URL of the one server of *build* in this run of tests, whose processes share the folder *where*.

    It ends with the process that they all come from.
    """
    if OWN_URL and build is BUILDS["8"]:
        return OWN_URL
    require(build)
    told = where / f"elasticsearch-{build.version}-url"
    with (where / f"elasticsearch-{build.version}-lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not told.exists():
            of_all = os.getppid() if "PYTEST_XDIST_WORKER" in os.environ else os.getpid()
            node = Node(build, parent=of_all)
            _started.append(node)
            node.start()
            told.write_text(node.url)
    return told.read_text()


def require(build: Build = BUILDS["8"]) -> None:
    """Skips the test where *build* cannot be started, or fails it where the tests are to have one.

    Nobody is to have the Java that a server of 9 needs: the packages of many systems end with 17.
    """
    if not available(build):
        why = ABSENT if build is BUILDS["8"] else ABSENT_9
        assert ASKED != "require" or (build is BUILDS["9"] and java(build) is None), why
        pytest.skip(why)


_started: list[Node] = []


def index_name() -> str:
    """A name for the index of one test."""
    return f"t{uuid.uuid4().hex[:12]}"


def drop(url: str, name: str) -> None:
    """Remove everything whose name begins with *name*."""
    found = ask(url, "GET", f"/_resolve/index/{name}*?expand_wildcards=all")
    if indices := [each["name"] for each in found["indices"]]:
        ask(url, "DELETE", "/" + ",".join(indices))
    for kind in ("_index_template", "_component_template"):
        with contextlib.suppress(urllib.error.HTTPError):  # there is none
            ask(url, "DELETE", f"/{kind}/{name}*")


_ALONE = {"discovery.type": "single-node"}


def ask(url: str, method: str, path: str, body: Any = None, password: str = "") -> Any:
    """The JSON answer of the server at *url*."""
    request = urllib.request.Request(url + path, method=method)
    if body is not None:
        request.data = json.dumps(body).encode()
        request.add_header("Content-Type", "application/json")
    if password:
        from base64 import b64encode

        request.add_header("Authorization", "Basic " + b64encode(f"elastic:{password}".encode()).decode())
    with urllib.request.urlopen(request, timeout=30) as answer:
        told = answer.read()
    return json.loads(told) if told else None


def _children(pid: int) -> list[int]:
    """Every process below *pid*."""
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text().split():
            found += [int(child), *_children(int(child))]
    return found


def _end_group(group: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)
