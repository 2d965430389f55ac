"""Writing to the disk beside the event loop: one thread that keeps things in order, many writes a commit.

A commit of the ledger and a sync of the archive cost milliseconds each in which an event loop would stand
still.  What has queued up while the last commit was under way goes into the next one together.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext, suppress
from typing import Any, TypeVar

T = TypeVar("T")

_MOST = 200  # calls of one commit


class Scribe:
    """Runs calls in a thread of its own, in the order they came; *together* wraps each group of them.

    A group whose wrapper fails (disk full) fails as a whole: every waiting call gets the exception.
    """

    def __init__(self, name: str, together: Callable[[], AbstractContextManager[Any]] = nullcontext) -> None:
        self._together = together
        self._calls: queue.SimpleQueue[tuple[Callable[[], Any], asyncio.Future[Any]] | None]
        self._calls = queue.SimpleQueue()
        self.on_fault: Callable[[BaseException], None] | None = None
        """Called in the loop's thread with what a call of :meth:`post` raised."""
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)
        self._thread.start()

    async def do(self, call: Callable[[], T]) -> T:
        """The result of *call*, once it is on the disk."""
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._calls.put((call, future))
        return await future

    def post(self, call: Callable[[], Any]) -> None:
        """Have *call* done after all calls before it; nobody waits for it."""
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        future.add_done_callback(self._posted)
        self._calls.put((call, future))

    def _posted(self, future: asyncio.Future[Any]) -> None:
        if not future.cancelled() and (error := future.exception()) is not None and self.on_fault:
            self.on_fault(error)

    async def close(self) -> None:
        """Wait until everything is written."""
        with suppress(Exception):
            await self.do(lambda: None)
        self._calls.put(None)

    def _work(self) -> None:
        ended = False
        while not ended:
            group = [self._calls.get()]
            while len(group) < _MOST:
                try:
                    group.append(self._calls.get_nowait())
                except queue.Empty:
                    break
            ended = None in group
            calls = [each for each in group if each is not None]
            if calls:
                self._group(calls)

    def _group(self, calls: list[tuple[Callable[[], Any], asyncio.Future[Any]]]) -> None:
        results: list[tuple[asyncio.Future[Any], Any, BaseException | None]] = []
        try:
            with self._together():
                for call, future in calls:
                    try:
                        results.append((future, call(), None))
                    except Exception as error:  # handed to whoever asked for the call
                        results.append((future, None, error))
        except Exception as error:  # the commit failed: nothing of this group was kept
            results = [(future, None, error) for _, future in calls]
        loop = calls[0][1].get_loop()
        with suppress(RuntimeError):  # the loop has ended: nobody waits any more
            loop.call_soon_threadsafe(_settle, results)


def _settle(results: list[tuple[asyncio.Future[Any], Any, BaseException | None]]) -> None:
    for future, value, error in results:
        if future.done():
            continue
        if error is None:
            future.set_result(value)
        else:
            future.set_exception(error)
