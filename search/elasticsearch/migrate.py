"""From one mapping of the index to the next, while it is written and asked.

A new generation is begun beside the one in use.  Whoever drains the outbox writes both from then on; all that
the ledger has is filled in behind; then the new one is held against the ledger and against the old one, and
takes its place at one instant.  The old one is kept and still written, until the next migration or until it
is dropped: readers of the version before go on asking it, and a rollback puts it back.

Everything that a migration knows lies in the ledger (the right to migrate, the outbox) and on the server
(which generation is which, and the last article filled in), so that it goes on wherever it was killed.
"""

from __future__ import annotations

import contextlib
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal

from config.zones import zone
from search.analysers import Analysers
from search.documents import labels, told_at
from search.elasticsearch.comparing import cells, ids_of_cell, matches, shown_of
from search.elasticsearch.index import ElasticEngine
from search.engine import EngineError
from search.fields import local_day
from search.indexer import drain, sole_writer, verify
from search.query import Node, QueryFault, parse
from store.states import Refusal

if TYPE_CHECKING:
    from config import Config
    from search.analysis import Analysis
    from search.elasticsearch.layout import Generation, State
    from store.ledger import Ledger
    from store.records import StoredArticle

Action = Literal["migrated", "current", "rolled_back", "abandoned", "dropped"]
Progress = Callable[[int], None]
"""Called with the number of articles filled in so far."""
Tell = Callable[[str], None]

_NOTE_S = 5.0
"""How often what was filled in is noted; a kill costs so much of it."""
_DRAIN_S = 5.0
"""How often the outbox is drained meanwhile: nobody else may do it."""
_ROUNDS = 5
"""How often what differs from the ledger is indexed again before one gives up."""
_SAMPLE = 8
"""Articles of which golden queries are made."""
_DEEP = 1_000
"""Hits of a golden query that are compared one by one; of more, the number is."""
_AT_ONCE = 1_000
_TURNS = 3
"""How often both are asked a query that they answer differently."""
_WORDS = "words"
_LABELS = ("source", "lang", "institution", "place", "kind")


@dataclass(frozen=True, slots=True)
class _Golden:
    """A query that is asked of both generations."""

    text: str
    tree: Node
    field: str
    """The field that it asks for, or :data:`_WORDS`."""
    article_id: str
    """One that it must find."""


@dataclass(frozen=True, slots=True)
class Differs:
    """A golden query that the two generations answer differently."""

    query: str
    before: int
    """Hits in the old generation."""
    after: int
    article_id: str
    """One that only one of them finds."""

    def __str__(self) -> str:
        example = f" (e.g. {self.article_id})" if self.article_id else ""
        return f"{self.query}: {self.before} found before, {self.after} now{example}"


@dataclass(frozen=True, slots=True)
class Migrated:
    """What was done."""

    action: Action
    generation: str
    """The one in use now."""
    kept: str | None = None
    """The one that is kept."""
    articles: int = 0
    """In the ledger, when the new generation was held against it."""
    cells: int = 0
    """Days and sources whose numbers were compared."""
    again: int = 0
    """Articles that differed at first, and were indexed again."""
    queries: int = 0
    """Golden queries that were asked of both."""
    differs: tuple[Differs, ...] = ()
    refused: dict[str, str] = field(default_factory=dict)
    """Article → why the server does not take it."""


class Migration:
    """One migration of *engine*'s index, under way or to be begun.

    *progress* is told how much is filled in, *tell* what is done otherwise.
    """

    def __init__(
        self,
        ledger: Ledger,
        engine: ElasticEngine,
        config: Config,
        analysis: Analysis,
        *,
        workers: int | None = None,
        progress: Progress = lambda done: None,
        tell: Tell = lambda said: None,
    ) -> None:
        self._ledger, self._engine, self._config, self._analysis = ledger, engine, config, analysis
        self._generations = engine.generations
        self._workers, self._progress, self._tell = workers, progress, tell
        self._zone = zone(config.settings["index.time_zone"])
        self._drained_at = 0.0
        self._again: set[str] = set()
        self._still: Callable[[], None] = lambda: None

    # -- the three things that can be asked for -----------------------------------------------------------

    def run(self, *, accept: bool = False) -> Migrated:
        """Migrate to the mapping of this version, or go on with it; with *accept* also where golden queries
        are answered differently.

        Raises :class:`~search.engine.EngineBusy` where another process does, and :class:`EngineError` where
        the new generation does not come to agree with the ledger.
        """
        with sole_writer(self._ledger, self._engine) as self._still:
            state = self._settled()
            if state.live is None:
                raise self._generations.unusable(state)
            if state.live.fingerprint == self._generations.fingerprint:
                if state.following and state.following.fingerprint == self._generations.fingerprint:
                    self._generations.remove(state.following)  # of a rebuild that was killed
                self._generations.put_templates()
                self._generations.mend(state.live)
                return Migrated("current", state.live.name, _name(state.previous))
            return self._migrate(state.live, self._begun(state), accept)

    def roll_back(self) -> Migrated:
        """Put the generation that is kept back in use or, while a migration is unfinished, end that.

        What has come through the outbox since the migration began goes there again: the version that the
        generation is of indexes it as it would have been.
        """
        with sole_writer(self._ledger, self._engine) as self._still:
            before = self._generations.state()
            state = self._settled()
            if before.missed is not None:  # one that was killed is done now
                return Migrated("rolled_back", _name(state.live) or "", _name(state.previous))
            if state.following is not None:
                self._generations.remove(state.following)
                return Migrated("abandoned", _name(state.live) or "", _name(state.previous))
            if state.live is None or state.previous is None:
                raise EngineError(
                    "no generation is kept to roll back to. "
                    "Next: `marsad index rebuild` with the version of Marsad that is to be used"
                )
            self._generations.take_over(state.previous, keep=True, mark=True)
            state = self._settled()
            return Migrated("rolled_back", _name(state.live) or "", _name(state.previous))

    def drop_old(self) -> Migrated:
        """Remove the generation that is kept."""
        with sole_writer(self._ledger, self._engine) as self._still:
            state = self._settled()
            if state.live is None:
                raise self._generations.unusable(state)
            if state.previous is None:
                return Migrated("current", state.live.name)
            self._generations.retire(state.previous)
            return Migrated("dropped", state.live.name)

    # -- beginning ----------------------------------------------------------------------------------------

    def _settled(self) -> State:
        """How things stand once what was killed in its last step is done."""
        state = self._generations.state()
        if state.missed is not None:
            for some in _chunks(self._engine.of(state.missed).writing.drained()):
                self._ledger.index_again(some)
                self._still()
            self._generations.forget_missed()
        if state.live is not None:
            for one in state.unnamed:
                self._generations.retire(one)
        return self._generations.state()

    def _begun(self, state: State) -> Generation:
        """The new generation: the one that a migration to this mapping left, else one made now."""
        left = state.following
        is_mine = left is not None and left.fingerprint == self._generations.fingerprint
        if left is not None and is_mine and "filled" in self._generations.meta(left):
            return left
        made = self._generations.begin()
        self._generations.note(made, filled="")
        return made

    # -- doing --------------------------------------------------------------------------------------------

    def _migrate(self, old: Generation, new: Generation, accept: bool) -> Migrated:
        fresh = self._engine.of(new)
        try:
            self._fill(new, fresh)
            self._tell("comparing the new index with the ledger")
            articles, cells = self._agree(fresh)
            self._tell("asking both")
            queries, differs = self._both_asked(old, fresh)
            if differs and not accept:
                raise EngineError(
                    f"the new index answers {len(differs)} of {queries} golden queries differently. "
                    + "; ".join(map(str, differs[:3]))
                    + ". The old one stays in use. Next: look at these articles (marsad show ID); "
                    "`marsad index migrate --accept` takes the new one all the same"
                )
            self._still()
            self._generations.take_over(new, keep=True)
        finally:
            fresh.close()
        state = self._settled()
        return Migrated(
            "migrated",
            new.name,
            _name(state.previous),
            articles,
            cells,
            len(self._again),
            queries,
            tuple(differs),
            {each.article_id: each.reason for each in self._ledger.refusals()},
        )

    def _fill(self, new: Generation, fresh: ElasticEngine) -> None:
        """Write every article of the ledger that lies behind the last one noted."""
        after = self._generations.meta(new)["filled"]
        done = fresh.info().articles if after else 0
        batch: int = self._config.settings["index.commit_every"]
        noted = time.monotonic()
        with Analysers(self._analysis, self._workers) as analysers:
            analysers.expect(lambda: self._ledger.count() - done)
            documents = analysers.documents(self._ledger.articles(after or None), self._config.sources)
            while some := list(islice(documents, batch)):
                fresh.upsert(some)
                self._remember(fresh)
                self._still()
                done += len(some)
                self._progress(done)
                if time.monotonic() - noted > _NOTE_S:
                    self._generations.note(new, filled=some[-1].article_id)
                    noted = time.monotonic()
                if time.monotonic() - self._drained_at > _DRAIN_S:
                    self._drain()
        self._generations.note(new, filled="~")  # behind every id

    def _remember(self, fresh: ElasticEngine) -> None:
        """What *fresh* refused lies in the ledger, for whoever asks why it is not there."""
        now = datetime.now(UTC)
        refused = fresh.unwritten().refused
        if refused:
            rows = [Refusal(identity, number, now, why) for identity, (number, why) in refused.items()]
            self._ledger.refused_anew(rows, datetime.fromtimestamp(0, UTC))

    def _drain(self) -> None:
        drain(self._ledger, self._engine, self._config, analysis=self._analysis, workers=1)
        self._drained_at = time.monotonic()

    # -- comparing with the ledger ------------------------------------------------------------------------

    def _agree(self, fresh: ElasticEngine) -> tuple[int, int]:
        """Bring *fresh* to agree with the ledger, id by id and in the numbers of each day and source;
        (articles, days and sources compared)."""
        self._drain()
        fresh.writing.settle_moved()
        fresh.writing.refresh(everything=True)
        counts: Counter[tuple[str, int]] = Counter()

        def look(stored: StoredArticle) -> None:
            counts[stored.article.source_id, local_day(told_at(stored), self._zone)] += 1
            self._still()

        found = verify(self._ledger, fresh, look)
        there = cells(fresh)
        doubtful = {*found.missing, *found.surplus, *(row[0] for row in found.stale)}
        doubtful |= {each.article_id for each in self._ledger.refusals()}  # by the old one, perhaps
        for cell in counts.keys() | there.keys():
            if counts[cell] != there.get(cell, 0):
                doubtful |= ids_of_cell(fresh, *cell)
        for _ in range(_ROUNDS):
            doubtful = self._doubtful(doubtful, fresh)
            if not doubtful:
                return found.articles, len(counts)
            self._again |= doubtful
            self._ledger.index_again(doubtful)
            self._drain()
            fresh.writing.refresh(everything=True)
        raise EngineError(
            f"the new index does not come to agree with the ledger: {len(doubtful)} articles differ "
            f"({', '.join(sorted(doubtful)[:3])}). The old one stays in use. Next: `marsad verify`, then "
            "`marsad index migrate` again"
        )

    def _doubtful(self, ids: Iterable[str], fresh: ElasticEngine) -> set[str]:
        """Those of *ids* that are there otherwise than in the ledger, and do not wait in the outbox."""
        left = set()
        refused = {each.article_id: each.revision for each in self._ledger.refusals()}
        for some in _chunks(ids):
            there = shown_of(fresh, some)
            for identity in some:
                stored = self._ledger.find(identity)
                wanted = []
                if stored is not None and refused.get(identity) != stored.revision:
                    day = local_day(told_at(stored), self._zone)
                    wanted = [(stored.revision, stored.article.source_id, day)]
                if there.get(identity, []) != wanted:
                    left.add(identity)
        return left - self._ledger.waiting_for_index() if left else left

    # -- asking both --------------------------------------------------------------------------------------

    def _both_asked(self, old: Generation, fresh: ElasticEngine) -> tuple[int, list[Differs]]:
        """How many golden queries were asked, and which are answered differently."""
        queries = left = list(self._golden())
        differs: list[Differs] = []
        with self._engine.of(old) as before:
            alike = self._generations.meta(old).get("analysis") == self._analysis.version
            # Of words in another analysis the old one can be asked by the version that wrote it alone.
            fields = {*self._generations.fields_of(old)} | ({_WORDS} if alike else set())
            for turn in range(_TURNS):
                if turn:  # a drain may have come between the two answers
                    self._drain()
                    time.sleep(1)
                for each in (before, fresh):
                    each.writing.refresh(everything=True)
                found = [(query, self._compared(query, before, fresh, fields)) for query in left]
                left = [query for query, one in found if one is not None]
                differs = [one for _, one in found if one is not None]
                if not left:
                    break
        return len(queries), differs

    def _compared(
        self, query: _Golden, before: ElasticEngine, fresh: ElasticEngine, fields: set[str]
    ) -> Differs | None:
        """How the two differ in *query*, of which the old one can be asked if it is of its *fields*."""
        now = self._ids(fresh, query.tree)
        if query.field in fields:
            then = self._ids(before, query.tree)
            only = set(then[1]) ^ set(now[1])
        else:
            then, only = now, set()
        if not matches(fresh, query.tree, query.article_id, now=datetime.now(UTC)):
            only.add(query.article_id)
        if not only and then[0] == now[0]:
            return None
        return Differs(query.text, then[0], now[0], min(only, default=""))

    def _ids(self, engine: ElasticEngine, tree: Node) -> tuple[int, tuple[str, ...]]:
        page = engine.search(tree, now=datetime.now(UTC), limit=_DEEP)
        return page.total, tuple(hit.article_id for hit in page.hits)

    def _golden(self) -> Iterator[_Golden]:
        """Queries of what some articles, taken evenly from the archive, say and are."""
        seen = set()
        refused = {each.article_id for each in self._ledger.refusals()}
        for number in range(_SAMPLE):
            stored = next(self._ledger.articles(f"{number * 256 // _SAMPLE:02x}"), None)
            if stored is None or stored.article_id in refused:
                continue
            values = labels(stored, self._config.sources.get(stored.article.source_id))
            asked = [(name, f'{name}:"{values[name][0]}"') for name in _LABELS if values.get(name)]
            title = " ".join(stored.article.title.replace('"', " ").split())
            if self._analysis.exact(title):
                asked.append((_WORDS, f'"{title}"'))
            for name, text in asked:
                with contextlib.suppress(QueryFault):
                    if text not in seen:
                        seen.add(text)
                        yield _Golden(text, parse(text), name, stored.article_id)


def _name(generation: Generation | None) -> str | None:
    return None if generation is None else generation.name


def _chunks(ids: Iterable[str]) -> Iterator[Sequence[str]]:
    rest = iter(ids)
    while some := list(islice(rest, _AT_ONCE)):
        yield some


def to_json(done: Migrated) -> dict[str, Any]:
    """The keys of ``index migrate --json``."""
    return {
        "action": done.action,
        "generation": done.generation,
        "kept": done.kept,
        "articles": done.articles,
        "compared": done.cells,
        "again": done.again,
        "queries": done.queries,
        "differs": [
            {"query": one.query, "before": one.before, "after": one.after, "article_id": one.article_id}
            for one in done.differs
        ],
        "refused": [{"article_id": identity, "reason": why} for identity, why in done.refused.items()],
    }
