"""From articles to documents, in this process or, where there are many, in several.

Analysing costs about as much as writing the index.  Other processes are handed texts and give back token
strings; what they do not need (labels, the catalogue, the ledger) stays here.
"""

from __future__ import annotations

import gc
import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from itertools import islice
from multiprocessing import get_context, parent_process
from threading import Thread
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
        self._pool: ProcessPoolExecutor | None = None

    def expect(self, articles: Callable[[], int]) -> None:
        """Call for help if the *articles* to come, counted only where it matters, are many; it stays until
        :meth:`close`."""
        if self._pool is None and self._processes > 1 and articles() >= _MANY:
            self._pool = _pool(self._analysis, self._processes)

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
        coming: Future[Strings] | None = None
        if self._pool is not None:
            with self._alone_if_it_breaks():
                coming = self._pool.submit(_help, asked)

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
        except BrokenProcessPool:
            self._processes = 1
            self.close()

    def close(self) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
            self._pool = None

    def __enter__(self) -> Analysers:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _token_strings(chunk: list[Texts], analysis: Analysis) -> Strings:
    return [token_strings(each, analysis) for each in chunk]


# -- in the other processes -------------------------------------------------------------------------------

_analysis: Analysis
"""Of a helping process."""


def _pool(analysis: Analysis, processes: int) -> ProcessPoolExecutor:
    """Spawned, not forked: the index's writer has threads."""
    return ProcessPoolExecutor(processes, get_context("spawn"), _prepare, (analysis,))


def _prepare(analysis: Analysis) -> None:
    """A helper ends with the one it helps, however that ends, and when that one says so: a signal to the
    whole group would leave chunks undone."""
    global _analysis
    _analysis = analysis
    gc.disable()  # nothing here makes cycles, and to look for them is to walk all the words remembered
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, signal.SIG_IGN)
    parent = parent_process()
    assert parent is not None  # this runs in a child

    def follow() -> None:
        parent.join()
        os._exit(1)

    Thread(target=follow, daemon=True).start()


def _help(chunk: list[Texts]) -> Strings:
    return _token_strings(chunk, _analysis)
