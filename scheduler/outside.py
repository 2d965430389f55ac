"""Metrics for those outside, while a scheduler runs: an endpoint on 127.0.0.1, a file for a node exporter.

A web page that a browser of this machine shows could ask 127.0.0.1 too, by a name of its own that it lets
point there (DNS rebinding): whoever asks by another name than 127.0.0.1 or localhost is refused.
"""

from __future__ import annotations

import os
import re
import socketserver
import threading
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import structlog

from config.settings import Settings
from scheduler.metrics import CONTENT_TYPE

ADDRESS = "127.0.0.1"
FILE_EVERY_S = 30.0
_WAIT_S = 10.0
"""How long somebody may take to say what they want."""
_OUR_NAME = re.compile(r"(?:127\.0\.0\.1|localhost)(?::\d{1,5})?", re.IGNORECASE)

log = structlog.get_logger("marsad.metrics")


class Outside:
    """The endpoint (``metrics.port``) and the file (``metrics.file``); what cannot be had is told."""

    def __init__(self, text: Callable[[], bytes]) -> None:
        """*text* gives the metrics; it is called from threads of ours."""
        self._text = text
        self._server: _Server | None = None
        self._file = ""
        self._wake = threading.Event()
        self._writer: threading.Thread | None = None

    def start(self, settings: Settings) -> None:
        """Be as *settings* say: at the start, and again when they have changed."""
        port = settings["metrics.port"]
        if self._server is None or self._server.server_address[1] != port:
            self._close()
            if port:
                self._open(port)
        if settings["metrics.file"] != self._file:
            self._end_writer()
            self._file = settings["metrics.file"]
            if self._file:
                self._wake = threading.Event()
                self._writer = threading.Thread(
                    target=self._write_again_and_again,
                    args=(Path(self._file), self._wake),
                    name="metrics file",
                    daemon=True,
                )
                self._writer.start()

    def end(self) -> None:
        """Answer nobody and write nothing any more; at once, whoever is being answered."""
        self._close()
        self._end_writer()

    # -- the endpoint ----------------------------------------------------------------------------------------

    def _open(self, port: int) -> None:
        try:
            self._server = _Server((ADDRESS, port), _handler(self._text))
        except OSError as fault:
            log.error(
                "metrics_not_served",
                address=f"{ADDRESS}:{port}",
                fault=fault.strerror or str(fault),
                next="name a free port (metrics.port), or 0 for none; all else goes on",
            )
            return
        threading.Thread(target=self._server.serve_forever, name="metrics", daemon=True).start()
        log.info("metrics_served", url=f"http://{ADDRESS}:{port}/metrics")

    def _close(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    # -- the file --------------------------------------------------------------------------------------------

    def _end_writer(self) -> None:
        self._wake.set()
        self._writer = None

    def _write_again_and_again(self, path: Path, end: threading.Event) -> None:
        told = False
        while not end.is_set():
            try:
                write(path, self._text())
                told = False
            except OSError as fault:
                if not told:
                    log.error("metrics_file_not_written", file=str(path), fault=fault.strerror or str(fault))
                told = True
            end.wait(FILE_EVERY_S)


def write(path: Path, text: bytes) -> None:
    """Put *text* at *path* so that whoever reads it meanwhile sees the old or the new one, whole.

    The draft's name does not end in ``.prom``: a node exporter does not read it.  Raises OSError.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        draft.write_bytes(text)
        draft.chmod(0o644)  # the node exporter is another user
        draft.replace(path)
    except OSError as fault:
        with suppress(OSError):
            draft.unlink()
        # The draft is nobody's but ours: the error is of the file that was asked for.
        raise OSError(fault.errno, fault.strerror, str(path)) from fault


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True  # a port that is merely cooling down is not taken
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Whoever asked has gone, or never said what: nothing to tell."""


def _handler(text: Callable[[], bytes]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = _WAIT_S
        server_version, sys_version = "marsad", ""

        def do_GET(self) -> None:
            names = self.headers.get_all("Host") or []
            if len(names) != 1 or not _OUR_NAME.fullmatch(names[0].strip()):
                self._answer(421, b"ask by http://127.0.0.1 or http://localhost\n")
            elif self.path.partition("?")[0] != "/metrics":
                self._answer(404, b"/metrics is all there is\n")
            else:
                self._answer(200, text(), CONTENT_TYPE)

        do_HEAD = do_GET

        def _answer(self, status: int, body: bytes, kind: str = "text/plain; charset=utf-8") -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Cache-Control", "no-store")
            self.send_header("X-Content-Type-Options", "nosniff")
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing: somebody asks every few seconds."""

    return Handler
