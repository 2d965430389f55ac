"""Read pages in child processes, so that a page which crashes or hangs its reader harms nobody.

A child is handed one page at a time and answers with what the page is (:func:`pipeline.run.read`).  A page
that raises, crashes the child or takes longer than the limit is tried once more, alone in a fresh child, and
comes back as :class:`Poison` if it fails again.  The limit is of the child's own time: on a busy machine a
page is not to blame for waiting.  Pages come back in the order in which they were handed in.

A child outlives nobody: it ends when its parent's end of the pipe closes, and a timer of the kernel ends it
even while it hangs in C code.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection, wait
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from config.loader import Config
from config.model import Settings, Source
from pipeline.annotation import Annotator
from pipeline.rules import Known, Rules
from pipeline.run import Read, read
from store.records import FetchedPage

_START_S = 60.0
"""How long a child may take to import, to read the rules and to say that it is ready."""
_PATIENCE = 3
"""A child that computes too little (it sleeps, or the machine is busy) is given up after so many limits."""
_GRACE_S = 1.0
"""How long a hanging child may take to write where it hangs, before it is killed."""
_ADDRESS_SPACE_BYTES = 4 << 30
"""A page that asks for more memory than this fails, and not the machine."""
_PAGES = 2000
"""After so many pages a child makes way for a fresh one: what a library leaks ends with it."""
_TOLD_BYTES = 6000
"""How much of a child's last words is kept."""


class IsolationError(Exception):
    """No child can be started: nothing can be read, whatever the page."""


@dataclass(frozen=True, slots=True)
class Poison:
    """A page that cannot be read, and what it did to its reader (a traceback, a signal, a time-out)."""

    detail: str


class Readers:
    """As many children as *workers*; a context manager."""

    def __init__(self, config: Config, *, workers: int = 1) -> None:
        self._config = config
        self._limit_s = float(config.settings["read.max_seconds"])
        self._workers = workers
        self._children: list[_Child] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End all children."""
        while self._children:
            self._children.pop().end()

    def read(self, pages: Iterable[FetchedPage]) -> Iterator[tuple[FetchedPage, Read | Poison]]:
        """Each of *pages* (its body dropped) with what it is, in order.

        While the caller handles one page the children read the next ones.  Raises :class:`IsolationError` if
        no child can be started.
        """
        coming = iter(pages)
        ahead: deque[_Task] = deque()
        self._feed(coming, ahead)
        while ahead:
            if ahead[0].outcome is None:
                self._advance()
                self._feed(coming, ahead)  # now, so that the child reads while the caller is busy
            else:
                yield ahead.popleft().result()

    def _feed(self, coming: Iterator[FetchedPage], ahead: deque[_Task]) -> None:
        """Hand pages to the children that have none; not further ahead than the caller can follow."""
        for child in self._idle():
            if len(ahead) > 4 * self._workers:
                return
            page = next(coming, None)
            if page is None:
                return
            task = _Task(page)
            ahead.append(task)
            child.give(task)

    def _idle(self) -> list[_Child]:
        for child in [child for child in self._children if child.pages >= _PAGES and child.task is None]:
            self._children.remove(child)
            child.end()
        while len(self._children) < self._workers:
            self._children.append(_Child(self._config, self._limit_s))
        return [child for child in self._children if child.task is None]

    def _advance(self) -> None:
        """Wait until a child answers, dies or runs out of time, and deal with it."""
        busy = [child for child in self._children if child.task is not None]
        patience = max(0.0, min(child.deadline for child in busy) - time.monotonic())
        ready = set(wait([child.pipe for child in busy], patience))
        for child in busy:
            if child.pipe in ready:
                fault = child.take()
            elif child.is_overdue():
                fault = f"no answer within {self._limit_s:g} s\n{child.abort()}"
            else:
                continue
            if fault is None:
                continue
            task = child.task
            assert task is not None
            child.end()
            self._children.remove(child)
            task.outcome = self._alone(task)

    def _alone(self, task: _Task) -> Read | Poison:
        """*task* once more, in a fresh child that has read nothing before it."""
        child = _Child(self._config, self._limit_s)
        child.give(task)
        while not (answered := child.pipe.poll(max(0.0, child.deadline - time.monotonic()))):
            if child.is_overdue():
                break
        fault = child.take() if answered else f"no answer within {self._limit_s:g} s\n{child.abort()}"
        if fault is None:
            self._children.append(child)
            assert task.outcome is not None
            return task.outcome
        child.end()
        return Poison(fault)


@dataclass(slots=True, eq=False)
class _Task:
    page: FetchedPage
    outcome: Read | Poison | None = None

    def result(self) -> tuple[FetchedPage, Read | Poison]:
        assert self.outcome is not None
        return replace(self.page, body=b""), self.outcome


class _Child:
    """One child process and the parent's end of its pipe."""

    def __init__(self, config: Config, limit_s: float) -> None:
        self.task: _Task | None = None
        self.deadline = 0.0
        self.pages = 0
        self._given = 0.0
        self._computed_s: float | None = None
        self._limit_s = limit_s
        ours, theirs = _pipe()
        self.pipe = ours
        self._told = tempfile.TemporaryFile()  # noqa: SIM115 - as long-lived as the child, closed in end()
        root = Path(__file__).resolve().parent.parent
        path = os.pathsep.join(filter(None, (str(root), os.environ.get("PYTHONPATH"))))
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "pipeline.isolated", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=self._told,
                stderr=self._told,
                env={**os.environ, "PYTHONPATH": path},
                start_new_session=True,  # Ctrl-C is for the parent, which ends its children in order
            )
        except OSError as fault:
            raise IsolationError(f"cannot start a reading process: {fault}") from fault
        finally:
            theirs.close()
        try:
            ours.send((config.overlay, _plain(config.settings), dict(config.sources)))
            if not ours.poll(_START_S):
                raise IsolationError(f"a reading process does not start\n{self.abort()}")
            ours.recv()
        except (OSError, EOFError) as fault:
            self._process.kill()
            raise IsolationError(f"a reading process does not start\n{self._last_words()}") from fault

    def give(self, task: _Task) -> None:
        """Hand the child a page; it waits for one, so this does not block on a busy child."""
        self.task = task
        self._given = time.monotonic()
        self._computed_s = self._computed()
        self.deadline = self._given + self._limit_s
        with contextlib.suppress(OSError):  # it died: take() meets the end of the pipe
            self.pipe.send_bytes(pickle.dumps(task.page, pickle.HIGHEST_PROTOCOL))

    def is_overdue(self) -> bool:
        """Whether the page has had its time; where it has not, the deadline moves on."""
        now = time.monotonic()
        if now < self.deadline:
            return False
        last = self._given + _PATIENCE * self._limit_s
        computed = self._computed()
        if computed is None or self._computed_s is None or now >= last:
            return True
        left = self._limit_s - (computed - self._computed_s)
        self.deadline = min(now + max(left, 0.0), last)
        return left <= 0

    def _computed(self) -> float | None:
        """CPU time that the child has used, in seconds; ``None`` where the system does not say."""
        try:
            fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
            return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        except (OSError, ValueError, IndexError):
            return None

    def take(self) -> str | None:
        """The child's answer becomes its task's outcome; or what went wrong, in words."""
        task = self.task
        assert task is not None
        try:
            kind, value = pickle.loads(self.pipe.recv_bytes())
        except (EOFError, OSError):
            return f"its reader died ({self._how_it_ended()})\n{self._last_words()}"
        if kind == "raised":
            return str(value)
        task.outcome = value
        self.task = None
        self.pages += 1
        return None

    def abort(self) -> str:
        """Make a hanging child say where it hangs, and end it."""
        self._process.send_signal(signal.SIGABRT)
        try:
            self._process.wait(_GRACE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
        return self._last_words()

    def end(self) -> None:
        """End the child, busy or not."""
        self.pipe.close()
        try:
            self._process.wait(0 if self.task is not None else _GRACE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
        self._process.wait()
        self._told.close()

    def _how_it_ended(self) -> str:
        try:
            code = self._process.wait(_GRACE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return "it closed its pipe"
        if code < 0:
            return f"signal {signal.Signals(-code).name}"
        return f"exit status {code}"

    def _last_words(self) -> str:
        self._told.seek(0, os.SEEK_END)
        self._told.seek(max(0, self._told.tell() - _TOLD_BYTES))
        return self._told.read().decode("utf-8", "replace").strip()


def _pipe() -> tuple[Connection, Connection]:
    from multiprocessing import Pipe

    return Pipe(duplex=True)


def _plain(settings: Settings) -> Settings:
    """*settings* as plain dictionaries, which can be sent to another process."""
    values = {section: dict(keys) for section, keys in settings.values.items()}
    return Settings(values, {}, settings.home)


# ---- in the child ----------------------------------------------------------------------------------------


class Shelf:
    """The outlets' rules, made when first asked for."""

    def __init__(self, sources: Mapping[str, Source], known: Known) -> None:
        self._sources = sources
        self._known = known
        self._rules: dict[str, Rules] = {}

    def of(self, page: FetchedPage) -> tuple[Rules, Source | None]:
        """What is known of the outlet of *page*; next to nothing for one outside the catalogue."""
        name = page.link.source_id
        source = self._sources.get(name)
        if source is None:
            return Rules.default(page.link.hint.language, source_id=name, known=self._known), None
        rules = self._rules.get(name)
        if rules is None:
            rules = self._rules[name] = Rules.of(source, self._known)
        return rules, source


def _serve(pipe: Connection) -> None:
    """Answer pages until the pipe closes."""
    import faulthandler
    import gc
    import resource
    import traceback

    faulthandler.enable()  # a crash in C code, and SIGABRT of a parent out of patience, say where it was
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    if hard == resource.RLIM_INFINITY or hard > _ADDRESS_SPACE_BYTES:
        resource.setrlimit(resource.RLIMIT_AS, (_ADDRESS_SPACE_BYTES, hard))
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    overlay, settings, sources = pipe.recv()
    config = Config(overlay, settings)
    limit_s = float(config.settings["read.max_seconds"])
    annotator = Annotator(config)
    shelf = Shelf(sources, Known.of(config))
    # The rules live as long as the child, and a page's elements until it is read: looking for cycles among
    # them every few hundred objects takes 3 % of the time.
    gc.freeze()
    gc.set_threshold(5000)
    pipe.send("ready")
    while True:
        try:
            page: FetchedPage = pickle.loads(pipe.recv_bytes())
        except EOFError:
            return
        # Only for a child whose parent was killed: a living parent's limit comes first.
        signal.setitimer(signal.ITIMER_REAL, _PATIENCE * limit_s + 2 * _GRACE_S)
        answer: tuple[str, Any]
        try:
            rules, source = shelf.of(page)
            answer = ("read", read(page, rules, annotator, source))
        except Exception:  # the boundary: whatever a page does to a reader is the page's, and is told
            answer = ("raised", traceback.format_exc()[-_TOLD_BYTES:])
        signal.setitimer(signal.ITIMER_REAL, 0)
        try:
            pipe.send_bytes(pickle.dumps(answer, pickle.HIGHEST_PROTOCOL))
        except BrokenPipeError:
            return


if __name__ == "__main__":
    _serve(Connection(int(sys.argv[1])))
