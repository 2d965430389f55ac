"""Keeps the index in step with the ledger: drains the outbox, rebuilds, verifies.

Every document is made from the ledger's present state of an article, never from the outbox row that pointed
at it, and a row is done only after the commit that holds it.  So a ``kill -9`` anywhere costs a repetition
and nothing else.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import astuple, dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING

from search.analysers import Analysers
from search.engine import Engine, EngineBusy, EngineInfo, IndexMissing
from store.owners import is_dead, owner_name

if TYPE_CHECKING:
    from config import Config
    from search.analysis import Analysis
    from store.ledger import Ledger
    from store.records import StoredArticle

Progress = Callable[[int], None]
"""Called with the number of articles indexed so far, after every commit."""

_LEASE_S = 600.0
_COMMIT_S = 2.0
"""A backlog is committed this often at most: commits cost more than the articles in them (docs/search.md)."""
_IDLE_S = 1.0
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

    @property
    def agrees(self) -> bool:
        return not (self.missing or self.stale or self.surplus)


@dataclass(frozen=True, slots=True)
class IndexStatus:
    info: EngineInfo | None
    """``None`` where nothing is indexed yet."""
    articles: int
    waiting: int


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
    :class:`~search.engine.EngineBusy` is raised.
    """
    stopped = stop or (lambda: False)
    owner = owner_name()
    if not _take_writer(engine, ledger, follow, stopped):
        return Drained(0, 0, 0)
    # An indexer that was killed, or a drain of this process that failed, leaves rows leased.
    ledger.outbox_free(lambda other: other == owner or is_dead(other))
    batch: int = config.settings["index.commit_every"]
    indexed = removed = commits = 0
    seqs: list[int] = []
    since = time.monotonic()
    with Analysers(analysis or _analysis(config), workers) as analysers:
        while True:
            rows = [] if stopped() else ledger.outbox_take(batch, owner, datetime.now(UTC), _LEASE_S)
            if len(rows) == batch:
                analysers.expect(ledger.outbox_size)
            else:
                analysers.close()
            gone: list[str] = []
            found = _present(ledger, {row.article_id for row in rows}, gone)
            indexed += engine.upsert(analysers.documents(found, config.sources))
            engine.delete(gone)
            removed += len(gone)
            seqs += [row.seq for row in rows]
            if seqs and (len(rows) < batch or time.monotonic() - since >= _COMMIT_S):
                engine.refresh()
                ledger.outbox_done(seqs)
                commits += 1
                seqs, since = [], time.monotonic()
                if progress:
                    progress(indexed)
            if not rows:
                if stopped() or not follow:
                    return Drained(indexed, removed, commits)
                time.sleep(_IDLE_S)


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

    A missing index is made here; since earlier rows are done, everything is put into the outbox again.
    """
    while True:
        try:
            engine.info()
        except IndexMissing:
            # Before the index is made: killed in between, the next process finds it missing again.
            if ledger.outbox_size() < ledger.count():
                ledger.outbox_refill()
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
    with (
        Analysers(analysis or _analysis(config), workers) as analysers,
        engine.rebuilding() as fresh,
    ):
        analysers.expect(ledger.count)
        documents = analysers.documents(ledger.articles(), config.sources)
        while count := fresh.upsert(islice(documents, batch)):
            done += count
            uncommitted += count
            if uncommitted >= REBUILD_COMMIT:
                fresh.refresh()
                uncommitted = 0
            if progress:
                progress(done)
    return done


def verify(ledger: Ledger, engine: Engine) -> Verified:
    """Compare index and ledger by id and revision, both read in order of id, in constant memory."""
    missing: list[str] = []
    stale: list[tuple[str, int, int]] = []
    surplus: list[str] = []
    articles = 0
    indexed = engine.revisions()
    there = next(indexed, None)
    for stored in ledger.articles():
        articles += 1
        identity = stored.article_id
        while there is not None and there[0] < identity:
            surplus.append(there[0])
            there = next(indexed, None)
        if there is None or there[0] != identity:
            missing.append(identity)
            continue
        if there[1] != stored.revision:
            stale.append((identity, there[1], stored.revision))
        there = next(indexed, None)
    while there is not None:
        surplus.append(there[0])
        there = next(indexed, None)
    return Verified(articles, tuple(missing), tuple(stale), tuple(surplus), ledger.outbox_size())


def status(ledger: Ledger, engine: Engine) -> IndexStatus:
    try:
        info = engine.info()
    except IndexMissing:
        info = None
    return IndexStatus(info, ledger.count(), ledger.outbox_size())


def _analysis(config: Config) -> Analysis:
    from search.analysis import Analysis

    return Analysis(config)


def main(argv: list[str] | None = None) -> int:
    """``python -m search.indexer --home H [--follow]``: the indexing process."""
    import argparse
    import signal
    from pathlib import Path

    import structlog

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
    finally:
        engine.close()
    indexed, removed, commits = (sum(each) for each in zip(*map(astuple, parts), strict=True))
    log = structlog.get_logger("marsad.indexer")
    log.info("articles_indexed", indexed=indexed, removed=removed, commits=commits)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
