"""From articles to documents, in this process or, where there are many, in several.

Analysing costs about as much as writing the index.  Other processes are handed texts and give back token
strings; what they do not need (labels, the catalogue, the ledger) stays here.
"""

from __future__ import annotations

import contextlib
import gc
import os
import pickle
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from contextlib import contextmanager
from itertools import islice
from multiprocessing.connection import Connection
from queue import SimpleQueue
from typing import TYPE_CHECKING

from search.documents import Texts, TokenStrings, analysed, texts, token_strings

if TYPE_CHECKING:
    from config.model import Source
    from search.analysis import Analysis
    from search.engine import Document
    from store.records import StoredArticle

_MANY = 2_000
"""Articles from which on further processes are worth their start of half a second."""
_MOST = 4
"""More processes than this analyse faster than one writes, and each remembers words of its own."""
_CHUNK = 50
"""Articles handed over at a time: some 200 KB each way."""

Strings = list[TokenStrings]


def cores() -> int:
    """The processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Analysers:
    """Makes documents; a context manager, whose processes end with it, or with the one that made it.

    *processes*: how many analyse where there is much to do (default: one a core, four at most); with 1 it is
    always this one alone.
    """

    def __init__(self, analysis: Analysis, processes: int | None = None) -> None:
        self._analysis = analysis
        self._processes = processes or min(cores(), _MOST)
        self._pool: _Pool | None = None

    def expect(self, articles: Callable[[], int]) -> None:
        """Call for help if the *articles* to come, counted only where it matters, are many; it stays until
        :meth:`close`."""
        if self._pool is None and self._processes > 1 and articles() >= _MANY:
            self._pool = _Pool(self._analysis, self._processes)

    def documents(
        self, articles: Iterable[StoredArticle], sources: Mapping[str, Source]
    ) -> Iterator[Document]:
        """The document of each of *articles*, in order; a few chunks of them are in hand at a time."""
        begun: deque[Iterator[Document]] = deque()
        rest = iter(articles)
        while chunk := list(islice(rest, _CHUNK)):
            begun.append(self._begun(chunk, sources))
            while len(begun) > (2 * self._processes if self._pool else 0):
                yield from begun.popleft()
        for made in begun:
            yield from made

    def _begun(self, chunk: list[StoredArticle], sources: Mapping[str, Source]) -> Iterator[Document]:
        """The documents of *chunk*, whose texts are handed over now."""
        asked = [texts(stored) for stored in chunk]
        coming = self._pool.submit(asked) if self._pool is not None else None

        def made() -> Iterator[Document]:
            strings: Strings | None = None
            if coming is not None:
                with self._alone_if_it_breaks():
                    strings = coming.result()
            for stored, each in zip(chunk, strings or _token_strings(asked, self._analysis), strict=True):
                yield analysed(stored, each, sources)

        return made()

    @contextmanager
    def _alone_if_it_breaks(self) -> Iterator[None]:
        """Where a helper was killed (for want of memory, most likely), all that is left is done here."""
        try:
            yield
        except (EOFError, OSError, CancelledError):  # cancelled: another chunk met the death before
            self._processes = 1
            self.close()

    def close(self) -> None:
        if self._pool is not None:
            self._pool.close()
            self._pool = None

    def __enter__(self) -> Analysers:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Pool:
    """Processes that analyse, and for each a thread that hands it texts and waits for their tokens.

    Not :class:`concurrent.futures.ProcessPoolExecutor`: it runs the caller's main script again in every
    process, and where one of them is killed it may wait for ever.
    """

    def __init__(self, analysis: Analysis, processes: int) -> None:
        self._free: SimpleQueue[Connection] = SimpleQueue()
        self._helpers = [_start() for _ in range(processes)]
        known = pickle.dumps(analysis, pickle.HIGHEST_PROTOCOL)
        for _, pipe in self._helpers:
            with contextlib.suppress(OSError):  # it died at once: the first texts will tell
                pipe.send_bytes(known)
            self._free.put(pipe)
        self._threads = ThreadPoolExecutor(processes, "analysers")

    def submit(self, chunk: list[Texts]) -> Future[Strings]:
        """The tokens of *chunk*, to come; :class:`EOFError` or :class:`OSError` where its helper died."""
        return self._threads.submit(self._ask, chunk)

    def _ask(self, chunk: list[Texts]) -> Strings:
        pipe = self._free.get()
        try:
            pipe.send_bytes(pickle.dumps(chunk, pickle.HIGHEST_PROTOCOL))
            found: Strings = pickle.loads(pipe.recv_bytes())
        finally:
            self._free.put(pipe)
        return found

    def close(self) -> None:
        """End the helpers, whatever they are at."""
        for process, _ in self._helpers:
            process.kill()
        self._threads.shutdown(cancel_futures=True)
        for process, pipe in self._helpers:
            pipe.close()
            process.wait()


def _start() -> tuple[subprocess.Popen[bytes], Connection]:
    from multiprocessing import Pipe

    ours, theirs = Pipe()
    with theirs:
        command = [sys.executable, "-c", _HELP, str(theirs.fileno()), *sys.path]
        return subprocess.Popen(command, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL), ours


def _token_strings(chunk: list[Texts], analysis: Analysis) -> Strings:
    return [token_strings(each, analysis) for each in chunk]


# -- in the other processes -------------------------------------------------------------------------------

_HELP = "import sys; sys.path[:] = sys.argv[2:]; from search.analysers import serve; serve(int(sys.argv[1]))"


def serve(pipe: int) -> None:
    """Analyse what comes through the *pipe* until it ends, which it does with the one at its other end.

    Signals are left to that one: one to the whole group would leave chunks undone.
    """
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, signal.SIG_IGN)
    gc.disable()  # nothing here makes cycles, and to look for them is to walk all the words remembered
    with Connection(pipe) as asked, contextlib.suppress(EOFError, BrokenPipeError):
        analysis: Analysis = pickle.loads(asked.recv_bytes())
        while True:
            chunk: list[Texts] = pickle.loads(asked.recv_bytes())
            asked.send_bytes(pickle.dumps(_token_strings(chunk, analysis), pickle.HIGHEST_PROTOCOL))
