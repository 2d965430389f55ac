"""Keeps the index in step with the ledger: drains the outbox, rebuilds, verifies.

Every document is made from the ledger's present state of an article, never from the outbox row that pointed
at it, and a row is done only after the commit that holds it.  So a ``kill -9`` anywhere costs a repetition
and nothing else.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import astuple, dataclass, replace
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

from search.analysers import Analysers
from search.engine import (
    Document,
    Engine,
    EngineBusy,
    EngineError,
    EngineInfo,
    IndexMissing,
    ReadOnly,
    RebuildNeeded,
    Unreachable,
)
from store.database import LedgerError
from store.owners import is_dead, owner_name
from store.states import Refusal

if TYPE_CHECKING:
    from config import Config
    from search.analysis import Analysis
    from store.ledger import Ledger
    from store.records import StoredArticle
    from store.runs import Lock

Progress = Callable[[int], None]
"""Called with the number of articles indexed so far, after every commit."""

_LEASE_S = 600.0
_COMMIT_S = 2.0
"""A backlog is committed this often at most: commits cost more than the articles in them (docs/search.md)."""
_IDLE_S = 1.0
_LONGEST_PAUSE_S = 30.0
_MOST_LOSSES = 3
"""So often is an index that is removed while one writes made again."""
_UNREACHABLE = 5
"""The exit code of every command whose index cannot be used."""
_AHEAD = (
    "the ledger was put back from a backup, or is another one, and all that it has to say would be taken for "
    "old. Next: `marsad index rebuild`"
)
_REFUSED = (
    "`marsad index status` lists them; each is tried again when it changes, all at `marsad index rebuild`"
)
_SOLE_S = 300.0
"""How long a process that writes the index anew may be silent before another one may."""
REBUILD_COMMIT = 200_000
"""Nobody sees a rebuild before its end; committing lets go of the ids that are kept until then."""


@dataclass(frozen=True, slots=True)
class Drained:
    indexed: int
    removed: int
    """Rows whose article the ledger no longer has."""
    commits: int


@dataclass(frozen=True, slots=True)
class Verified:
    """Index against ledger, id by id; all empty = they agree."""

    articles: int
    """In the ledger."""
    missing: tuple[str, ...]
    """In the ledger, not in the index."""
    stale: tuple[tuple[str, int, int], ...]
    """(id, revision indexed, revision in the ledger) where they differ."""
    surplus: tuple[str, ...]
    """In the index, not in the ledger."""
    waiting: int
    """Outbox rows: what a drain would still bring in explains that much of the difference."""
    refused: int = 0
    """Articles that the index does not take as they are; they count as no difference."""

    @property
    def agrees(self) -> bool:
        return not (self.missing or self.stale or self.surplus)


@dataclass(frozen=True, slots=True)
class IndexStatus:
    info: EngineInfo | None
    """``None`` where nothing is indexed yet."""
    articles: int
    waiting: int
    refusals: tuple[Refusal, ...] = ()
    """What the index does not take, and why; the newest first."""


def drain(
    ledger: Ledger,
    engine: Engine,
    config: Config,
    *,
    analysis: Analysis | None = None,
    workers: int | None = None,
    follow: bool = False,
    stop: Callable[[], bool] | None = None,
    progress: Progress | None = None,
) -> Drained:
    """Index what the outbox names, until it is empty or, with *follow*, until *stop* says so.

    *workers*: how many processes analyse a large backlog (default: see :class:`Analysers`).

    Where another process is writing the index (a rebuild), *follow* waits; else
    :class:`~search.engine.EngineBusy` is raised.  So it is where the index takes no writes
    (:class:`~search.engine.ReadOnly`) or does not answer (:class:`~search.engine.Unreachable`).  An index of
    which a part is gone is filled again from the ledger; one that knows more than the ledger is
    :class:`~search.engine.RebuildNeeded`.
    """
    work = _Drain(ledger, engine, config, stop or (lambda: False), progress)
    pause, lost = _Pause(work), 0
    with Analysers(analysis or _analysis(config), workers) as analysers:
        while True:
            try:
                if _take_writer(engine, ledger, follow, work.stopped):
                    work.run(analysers, follow, pause.over)
                return work.drained
            except IndexMissing:
                # A part of it was removed while we wrote: looked for, and filled again, from the start.
                lost += 1
                if lost > _MOST_LOSSES:
                    raise
            except EngineBusy:
                # Somebody has begun to write the index anew, for another version of this program.
                if not follow:
                    raise
            except (ReadOnly, Unreachable) as fault:
                if not follow:
                    raise
                if not pause.wait(fault):
                    return work.drained


class _Drain:
    """What one :func:`drain` has done so far, and how it goes on."""

    def __init__(
        self,
        ledger: Ledger,
        engine: Engine,
        config: Config,
        stopped: Callable[[], bool],
        progress: Progress | None,
    ) -> None:
        self.stopped = stopped
        self.ledger = ledger
        self._engine = engine
        self._config = config
        self._progress = progress
        self._owner = owner_name()
        self._indexed = self._removed = self._commits = 0

    @property
    def drained(self) -> Drained:
        return Drained(self._indexed, self._removed, self._commits)

    def run(self, analysers: Analysers, follow: bool, committed: Callable[[], None]) -> None:
        """Drain the outbox; *committed* is called after every commit.  What fails gives its rows back."""
        # An indexer that was killed leaves rows leased.
        self.ledger.outbox_free(is_dead)
        try:
            self._run(analysers, follow, committed)
        finally:
            with suppress(LedgerError):  # then they are due when the lease ends
                self.ledger.outbox_free(lambda other: other == self._owner)

    def _run(self, analysers: Analysers, follow: bool, committed: Callable[[], None]) -> None:
        ledger, engine = self.ledger, self._engine
        batch: int = self._config.settings["index.commit_every"]
        seqs: list[int] = []
        written: dict[str, bool] = {}
        """Article → whether it was written or taken out."""
        since = time.monotonic()
        while True:
            rows = (
                [] if self.stopped() else ledger.outbox_take(batch, self._owner, datetime.now(UTC), _LEASE_S)
            )
            if len(rows) == batch:
                analysers.expect(ledger.outbox_size)
            else:
                analysers.close()
            # In order of number, so the last one of each article stays.
            orders = {row.article_id: row.seq for row in rows}
            gone: list[str] = []
            found = _present(ledger, orders, gone)
            documents = analysers.documents(found, self._config.sources)
            self._indexed += engine.upsert(
                replace(document, order=orders[document.article_id]) for document in documents
            )
            engine.delete(gone)
            self._removed += len(gone)
            written |= dict.fromkeys(orders, True) | dict.fromkeys(gone, False)
            seqs += [row.seq for row in rows]
            if seqs and (len(rows) < batch or time.monotonic() - since >= _COMMIT_S):
                engine.refresh()
                self._settle(seqs, written)
                self._commits += 1
                seqs, written, since = [], {}, time.monotonic()
                committed()
                if self._progress:
                    self._progress(self._indexed)
            if not rows:
                if self.stopped() or not follow:
                    return
                time.sleep(_IDLE_S)

    def _settle(self, seqs: Sequence[int], written: Mapping[str, bool]) -> None:
        """The rows *seqs* are done.

        Whatever this process wrote of a state that was overtaken meanwhile goes through the outbox once more:
        an article that came or went in the ledger after it was looked up there, by a process that was stopped
        in between and has now undone what others did.
        """
        ledger, unwritten = self.ledger, self._engine.unwritten()
        known = ledger.known(written)
        again = [identity for identity, was in written.items() if was != (identity in known)]
        again += [identity for identity, held in unwritten.held.items() if held is None and identity in known]
        for identity, held in unwritten.held.items():
            if held is not None and identity in known:
                _check_ahead(ledger, identity, *held)
        ledger.index_again(again)
        now = datetime.now(UTC)
        refused = [
            Refusal(identity, revision, now, reason)
            for identity, (revision, reason) in unwritten.refused.items()
        ]
        ledger.outbox_done(seqs, written, refused)
        if refused:
            _log().warning("articles_refused", articles=len(refused), reason=refused[0].reason, next=_REFUSED)
        if again:
            time.sleep(_IDLE_S)  # what was taken out a moment ago is held against its return for a moment


class _Pause:
    """Waiting for an index that takes no writes: one line when it begins, one when it is over."""

    def __init__(self, work: _Drain) -> None:
        self._work = work
        self._since: float | None = None
        self._pause_s = _IDLE_S

    def wait(self, fault: EngineError) -> bool:
        """Wait a while; whether to go on then."""
        if self._since is None:
            self._since = time.monotonic()
            _log().error("indexing_paused", fault=str(fault), waiting=self._work.ledger.outbox_size())
        until = time.monotonic() + self._pause_s
        self._pause_s = min(2 * self._pause_s, _LONGEST_PAUSE_S)
        while time.monotonic() < until:
            if self._work.stopped():
                return False
            time.sleep(0.2)
        return not self._work.stopped()

    def over(self) -> None:
        if self._since is not None:
            _log().info("indexing_goes_on", paused_s=round(time.monotonic() - self._since))
            self._since, self._pause_s = None, _IDLE_S


def _check_ahead(ledger: Ledger, identity: str, revision: int, order: int) -> None:
    """Raise :class:`RebuildNeeded` if the index has a state of an article that the ledger never gave it."""
    stored = ledger.find(identity)
    if stored is not None and revision > stored.revision:
        raise RebuildNeeded(
            f"the index has revision {revision} of article {identity}, the ledger {stored.revision}: {_AHEAD}"
        )
    if order > (last := ledger.outbox_last()):
        raise RebuildNeeded(f"the index knows number {order} of the outbox, the ledger {last}: {_AHEAD}")


def _present(ledger: Ledger, ids: Iterable[str], gone: list[str]) -> Iterator[StoredArticle]:
    """The articles of *ids* as the ledger has them now; those it no longer has are added to *gone*."""
    for identity in ids:
        stored = ledger.find(identity)
        if stored is None:
            gone.append(identity)
        else:
            yield stored


def _take_writer(engine: Engine, ledger: Ledger, follow: bool, stopped: Callable[[], bool]) -> bool:
    """Become the writer before any outbox row is leased; false if stopped while waiting.

    A missing index is made here; since earlier rows are done, everything is put into the outbox again.  Of
    an index of which a part was removed, what was in that is.
    """
    while True:
        due = ledger.index_due()  # before the index is counted, which meanwhile only grows
        try:
            there = engine.info().articles
        except IndexMissing:
            # Before the index is made: killed in between, the next process finds it missing again.
            if ledger.outbox_size() < ledger.count():
                ledger.outbox_refill()
                _log().warning("index_lost", articles=due.articles, next="made again from the ledger")
        except RebuildNeeded:
            pass  # written it may be all the same: a generation of ours beside it
        else:
            newest = engine.newest_order()
            if newest > (last := ledger.outbox_last()):
                raise RebuildNeeded(
                    f"the index knows number {newest} of the outbox, the ledger {last}: {_AHEAD}"
                )
            if there < due.articles - due.waiting - due.refused:
                waiting = ledger.waiting_for_index()
                missing = [one for one in verify(ledger, engine).missing if one not in waiting]
                ledger.index_again(missing)
                _log().warning(
                    "index_incomplete", articles=len(missing), next="indexed again from the ledger"
                )
        try:
            engine.upsert(())
        except EngineBusy:
            if not follow:
                raise
            if stopped():
                return False
            time.sleep(_IDLE_S)
        else:
            return True


def rebuild(
    ledger: Ledger,
    engine: Engine,
    config: Config,
    *,
    analysis: Analysis | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> int:
    """Write the whole index anew beside the present one and let it take over; returns its articles.

    *workers* processes analyse (default: see :class:`Analysers`).  What the ledger takes in meanwhile stays
    in the outbox for the next drain.
    """
    batch: int = config.settings["index.commit_every"]
    done = uncommitted = 0
    began = datetime.now(UTC)
    refused: list[Refusal] = []
    with (
        sole_writer(ledger, engine) as still,
        Analysers(analysis or _analysis(config), workers) as analysers,
        engine.rebuilding() as fresh,
    ):
        analysers.expect(ledger.count)
        documents = analysers.documents(ledger.articles(), config.sources)
        while some := list(islice(documents, batch)):
            fresh.upsert(some)
            _without_gone(ledger, fresh, some)
            still()
            done += len(some)
            uncommitted += len(some)
            if uncommitted >= REBUILD_COMMIT:
                fresh.refresh()
                uncommitted = 0
            if progress:
                progress(done)
            refused += [
                Refusal(identity, revision, datetime.now(UTC), reason)
                for identity, (revision, reason) in fresh.unwritten().refused.items()
            ]
    ledger.refused_anew(refused, began)
    if refused:
        _log().warning("articles_refused", articles=len(refused), reason=refused[0].reason, next=_REFUSED)
    return done


def _without_gone(ledger: Ledger, fresh: Engine, some: Sequence[Document]) -> None:
    """Take out of *fresh* those of *some*, just written, that have left the ledger since they were read: a
    drain may have done so before they came."""
    ids = [document.article_id for document in some]
    known = ledger.known(ids)
    if gone := [identity for identity in ids if identity not in known]:
        fresh.delete(gone)


@contextmanager
def sole_writer(ledger: Ledger, engine: Engine) -> Iterator[Callable[[], None]]:
    """Nobody else writes anew, meanwhile, an index that machines share; call what it gives now and then.

    Raises :class:`~search.engine.EngineBusy` where somebody else does, and names him.
    """
    name, owner = engine.shared, owner_name()
    if name is None:  # it has a lock of its own
        yield lambda: None
        return
    taken = time.monotonic()

    def take() -> Lock:
        lock = ledger.take_lock(name, owner, ledger.clock(), _SOLE_S, is_dead)
        if lock.owner != owner:
            raise EngineBusy(
                f"{lock.owner} (host/process/start) is writing the {lock.name} anew already. Next: wait "
                f"for it; if its machine is gone, its right ends at {lock.until:%H:%M:%S}Z"
            )
        return lock

    def still() -> None:
        nonlocal taken
        if time.monotonic() - taken > _SOLE_S / 10:
            take()
            taken = time.monotonic()

    lock = take()
    try:
        yield still
    finally:
        ledger.free_lock(lock)


def verify(ledger: Ledger, engine: Engine, look: Callable[[StoredArticle], object] | None = None) -> Verified:
    """Compare index and ledger by id and revision, both read in order of id, in constant memory.

    An article that the index refused, at the revision that the ledger has, is no difference.  *look* is shown
    every article of the ledger.
    """
    refused = {each.article_id: each.revision for each in ledger.refusals()}
    missing: list[str] = []
    stale: list[tuple[str, int, int]] = []
    surplus: list[str] = []
    articles = 0
    indexed = engine.revisions()
    there = next(indexed, None)
    for stored in ledger.articles():
        articles += 1
        if look is not None:
            look(stored)
        identity = stored.article_id
        while there is not None and there[0] < identity:
            surplus.append(there[0])
            there = next(indexed, None)
        excused = refused.get(identity) == stored.revision
        if there is None or there[0] != identity:
            if not excused:
                missing.append(identity)
            continue
        if there[1] != stored.revision and not excused:
            stale.append((identity, there[1], stored.revision))
        there = next(indexed, None)
    while there is not None:
        surplus.append(there[0])
        there = next(indexed, None)
    return Verified(
        articles, tuple(missing), tuple(stale), tuple(surplus), ledger.outbox_size(), len(refused)
    )


def status(ledger: Ledger, engine: Engine) -> IndexStatus:
    try:
        info = engine.info()
    except IndexMissing:
        info = None
    return IndexStatus(info, ledger.count(), ledger.outbox_size(), tuple(ledger.refusals()))


def _log() -> Any:
    import structlog

    return structlog.get_logger("marsad.indexer")


def _analysis(config: Config) -> Analysis:
    from search.analysis import Analysis

    return Analysis(config)


def main(argv: list[str] | None = None) -> int:
    """``python -m search.indexer --home H [--follow]``: the indexing process."""
    import argparse
    import signal
    from pathlib import Path

    import config as configuration
    from config.logs import for_process
    from search.answers import open_engine
    from store.follow import stdin_ended
    from store.ledger import Ledger

    parser = argparse.ArgumentParser(prog="python -m search.indexer", description=main.__doc__)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument(
        "--config", type=Path, default=None, help="folder laid over the packaged configuration"
    )
    parser.add_argument("--follow", action="store_true", help="wait for more until stdin ends")
    asked = parser.parse_args(argv)
    ended: list[int] = []
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda number, _frame: ended.append(number))
    settings = configuration.load(asked.config, home=asked.home)
    for_process(settings.settings)
    analysis = _analysis(settings)
    engine = open_engine(settings, asked.home, analysis, purpose="indexer")
    try:
        with suppress(EngineError):  # what is missing or away, the drain meets as well
            for warning in engine.info().warnings:
                _log().warning("index", warning=warning)
        with Ledger.of(settings.settings, asked.home) as ledger:
            parts = []
            if asked.follow:
                parts.append(
                    drain(
                        ledger,
                        engine,
                        settings,
                        analysis=analysis,
                        follow=True,
                        stop=lambda: bool(ended) or stdin_ended(),
                    )
                )
            # What was written before the end came is still to be indexed.
            try:
                parts.append(drain(ledger, engine, settings, analysis=analysis, stop=lambda: bool(ended)))
            except EngineBusy:
                if not asked.follow:
                    raise  # else: whoever writes the index (another crawl's indexer) takes the outbox too
    except EngineError as fault:
        _log().error("indexing_ended", fault=str(fault))
        return _UNREACHABLE
    except OSError as fault:  # of the index's files
        _log().error("indexing_ended", fault=f"{fault.filename or 'the index'}: {fault.strerror or fault}")
        return _UNREACHABLE
    finally:
        engine.close()
    indexed, removed, commits = (sum(each) for each in zip(*map(astuple, parts), strict=True))
    _log().info("articles_indexed", indexed=indexed, removed=removed, commits=commits)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
