"""What an index engine must do, and the records that pass between an engine and what stands above it.

Parsing, analysis, highlighting, time zones and shares live above the engine; an engine turns a query tree
into its own request, keeps token strings and labels, and answers with ids, counts and buckets.  It never
holds the articles themselves: hits are filled in from the ledger by id.  So every engine can be thrown away
and rebuilt (:mod:`search.indexer`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from search.query import Node
    from store.records import StoredArticle

Sort = Literal["time", "score"]
Clock = Literal["hour", "day"]

TEXTS = ("title", "subtitle", "text")
"""Where words are looked for, the weightiest first; each is indexed as exact and as stemmed tokens."""

LABELS = (
    "source",
    "country",
    "scope",
    "lang",
    "relevance",
    "agency",
    "institution",
    "place",
    "kind",
    "attribution",
    "unit",
    "partner",
    "figure",
    "story",
    "voice",
    "has",
    "section",
    "tag",
)
"""Fields of exact values: each can be filtered by, counted as a facet, and split a trend."""


class EngineError(Exception):
    """The index cannot do what was asked; the message names the thing and the next move."""


class EngineBusy(EngineError):
    """Another process is writing this index; the message says which."""


class IndexMissing(EngineError):
    """Nothing has been indexed here yet."""


class RebuildNeeded(EngineError):
    """The index was written under another schema, analysis or time zone: ``marsad index rebuild``."""


class MigrationNeeded(RebuildNeeded):
    """The index is of another version of the program, which may be using it: ``marsad index migrate``."""


class ReadOnly(EngineError):
    """The index takes no writes for now, mostly because its server's disk is nearly full."""


class Unreachable(EngineError):
    """The index's server does not answer, or not in time; what was asked may have been done."""


class CursorFault(EngineError):
    """A cursor that this engine did not give, or gave for another sort order."""


@dataclass(frozen=True, slots=True)
class Document:
    """One article as it is indexed."""

    article_id: str
    """32 hex digits."""
    revision: int
    at: datetime
    """Publication time or, where the outlet states none, the time it was first seen."""
    tokens: Mapping[str, str]
    """``title_exact``, ``title_stem``, ``subtitle_exact`` … → tokens joined by spaces; absent = empty."""
    labels: Mapping[str, Sequence[str]]
    """A field of :data:`LABELS` → its values; absent = none."""
    stored: StoredArticle | None = None
    """The article itself, for an engine that keeps what can be read of it."""
    order: int = 0
    """The number of the outbox row that asked for it; 0 where none did.  Of two documents of one revision,
    the one with the higher order is as new or newer."""


@dataclass(frozen=True, slots=True)
class Unwritten:
    """What an engine did not take of the documents it was given."""

    refused: Mapping[str, tuple[int, str]] = field(default_factory=dict)
    """Article → the revision that it will never take, and why."""
    held: Mapping[str, tuple[int, int] | None] = field(default_factory=dict)
    """Article → revision and order of what it has and holds for newer; ``None`` where that was taken out
    just now."""


@dataclass(frozen=True, slots=True)
class Hit:
    article_id: str
    score: float | None
    """BM25 of this engine; ``None`` where hits are sorted by time."""


@dataclass(frozen=True, slots=True)
class Bucket:
    value: str
    count: int


@dataclass(frozen=True, slots=True)
class Page:
    """Some hits of a query, and how many there are in all."""

    total: int
    """Exact."""
    hits: tuple[Hit, ...]
    cursor: str | None
    """Where the next page begins; ``None`` after the last hit."""
    facets: Mapping[str, tuple[Bucket, ...]] = field(default_factory=dict)
    partial: str = ""
    """What is lacking, where a part of the index did not answer: there may be more hits than these, and
    *total* and *facets* count the rest alone.  Only a page with hits is ever partial; empty = it is whole."""


@dataclass(frozen=True, slots=True)
class TimeCounts:
    """Articles per unit of local time.  A key is a proleptic day number (``date.toordinal``) for ``day``, and
    the epoch second at which the local hour began for ``hour``.  Empty units are absent."""

    counts: Mapping[int, int]
    split: Mapping[str, Mapping[int, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class EngineInfo:
    engine: str
    articles: int
    size_bytes: int
    generation: str
    """The name of the index in use; it changes when a rebuild takes over."""
    details: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    """What is not as it should be and harms no answer of ours, a line each with the next move."""


class Engine(Protocol):
    """One index of articles.  Readers in other processes neither block a writer nor are blocked by it.

    What counts or lists everything is whole or an :class:`EngineError`: a part is never taken for it.
    Every method may raise :class:`EngineError`.  A *tree* of ``None`` means every article.  The tree is taken
    as it is: the default filter on relevance is put in by the caller.
    """

    @property
    def shared(self) -> str | None:
        """What the ledger calls the right to write this index anew; ``None`` where the index itself knows who
        writes it."""

    def upsert(self, documents: Iterable[Document]) -> int:
        """Put these in place of what is indexed under their ids; returns how many were taken.

        Idempotent.  A document older (by revision) than the indexed one is passed over.  Visible, and safe
        from a crash, after :meth:`refresh`.
        """

    def unwritten(self) -> Unwritten:
        """What :meth:`upsert` did not take since this was last asked."""

    def newest_order(self) -> int:
        """The greatest order of any document here; 0 where orders are not kept.

        Greater than any number that the ledger gave, it tells that the index knows more than the ledger.
        """

    def delete(self, article_ids: Iterable[str]) -> None:
        """Take these out; unknown ids are no fault.  Visible after :meth:`refresh`."""

    def refresh(self) -> None:
        """Make all writes durable and visible; for a reader, see what others have made visible."""

    def search(
        self,
        tree: Node | None,
        *,
        now: datetime,
        sort: Sort = "time",
        limit: int = 20,
        cursor: str | None = None,
        facets: Sequence[str] = (),
        facet_size: int = 10,
    ) -> Page:
        """Hits, newest or best first, ties by id; *limit* may be 0 (total and facets alone).

        A page of hits is for a person who waits for it: it may lack something, and says so
        (:attr:`Page.partial`).
        *now* is what relative dates count from.  Facet values are ordered by count, then by value.
        """

    def count_over_time(
        self,
        tree: Node | None,
        *,
        now: datetime,
        clock: Clock,
        between: tuple[datetime, datetime] | None = None,
        split: str | None = None,
        size: int = 12,
    ) -> TimeCounts:
        """Articles per local day or hour in the configured time zone, also for the *size* most frequent
        values of *split*; only those of ``between[0] <= at < between[1]`` where that is given."""

    def scan(self, tree: Node | None, *, now: datetime) -> Iterator[str]:
        """The id of every match, in order of id, from one snapshot of the index, in constant memory."""

    def articles_with(self, stems: Sequence[str], within: Node | None, *, now: datetime) -> list[int]:
        """For each of *stems* (tokens of the stemmed fields) in how many of the articles that match *within*
        it stands, in any of their texts."""

    def revisions(self) -> Iterator[tuple[str, int]]:
        """(id, revision) of every indexed article, in order of id."""

    def rebuilding(self) -> AbstractContextManager[Engine]:
        """A new, empty index beside this one.  It takes this one's place when the block ends well, and leaves
        no trace when it raises; meanwhile readers see the old one."""

    def info(self) -> EngineInfo: ...

    def close(self) -> None: ...
