"""A wire to a server that can be cut, held and watched: what goes wrong between a writer and it."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

_BULK = b"/_bulk"


class Proxy:
    """Passes connections on to the server at *url*, and does to bulk requests as told; a context manager.

    *port*: where it listens (default: any that is free).
    """

    def __init__(self, url: str, port: int = 0) -> None:
        place = urlsplit(url)
        self._server = (place.hostname or "127.0.0.1", place.port or 9200)
        self._listener = socket.create_server(("127.0.0.1", port))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._open: list[socket.socket] = []
        self._pass = threading.Event()
        self._pass.set()
        self.bulks = 0
        """Bulk requests that came by."""
        self.cut = 0
        """So many of the next answers to bulk requests are not passed on; the connection is cut instead."""
        self.silent = False
        """Nothing is answered at all: whoever asks waits."""
        self.held = threading.Event()
        """A bulk request has come while they were held."""
        self.before: tuple[bytes, Callable[[], object]] | None = None
        """Called once, before the next request is passed on whose first line holds these bytes."""
        self.on_bulk: Callable[[], object] | None = None
        """Called once, when the next bulk request has been passed on."""

    def hold(self) -> None:
        """Keep bulk requests back from the server until :meth:`release`."""
        self.held.clear()
        self._pass.clear()

    def release(self) -> None:
        self._pass.set()

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()
        for each in (self._listener, *self._open):
            _end(each)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        try:
            server = socket.create_connection(self._server)
        except OSError:
            _end(client)
            return
        self._open += [client, server]
        cut = threading.Event()
        threading.Thread(target=self._answers, args=(server, client, cut), daemon=True).start()
        with contextlib.suppress(OSError):
            while data := client.recv(1 << 16):
                if self.silent:
                    continue
                head = data.split(b"\r\n", 1)[0]
                if self.before is not None and self.before[0] in head:
                    (_, call), self.before = self.before, None
                    call()
                is_bulk = _BULK in head and head.endswith(b"HTTP/1.1")
                if is_bulk:
                    self.bulks += 1
                    if not self._pass.is_set():
                        self.held.set()
                        self._pass.wait()
                    if self.cut:
                        self.cut -= 1
                        cut.set()
                server.sendall(data)
                if is_bulk and self.on_bulk is not None:
                    told, self.on_bulk = self.on_bulk, None
                    told()
        _end(client)
        _end(server)

    def _answers(self, server: socket.socket, client: socket.socket, cut: threading.Event) -> None:
        with contextlib.suppress(OSError):
            while data := server.recv(1 << 16):
                if cut.is_set():  # the server has done what it was asked
                    break
                client.sendall(data)
        _end(client)
        _end(server)


def _end(one: socket.socket) -> None:
    with contextlib.suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    one.close()
