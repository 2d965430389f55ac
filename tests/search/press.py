"""Invented articles for the tests of search, and a ledger in memory that holds them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType
from typing import Any

from config import Config, load
from config.model import Source
from search.analysis import Analysis
from store.records import (
    Annotated,
    Article,
    Capture,
    Evidence,
    Moment,
    Precision,
    Relevance,
    Relevant,
    StoredArticle,
    Ties,
)
from store.states import IndexDue, Refusal

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
SEEN = datetime(2026, 11, 24, 9, tzinfo=UTC)


def source(
    name: str, country: str = "MA", scope: Any = "national", languages: tuple[str, ...] = ("ar",)
) -> Source:
    return Source(
        id=name,
        name={"fr": name.title()},
        country=country,
        languages=languages,
        scope=scope,
        homepage=f"https://{name}.example/",
        timezone="Africa/Casablanca",
    )


SOURCES: Mapping[str, Source] = {
    one.id: one
    for one in (
        source("sabah"),
        source("matin", languages=("fr",)),
        source("gazette", "FR", "international", ("fr",)),
        source("tribune", "GB", "international", ("en",)),
        source("diario", "ES", "international", ("es",)),
        source("wakala", "MA", "agency", ("ar", "fr")),
    )
}


def on_server(home: Path, url: str, name: str, **settings: str) -> Config:
    """As :func:`config`, with the index *name* on the server at *url*; *settings* are of its section."""
    more = {f"elasticsearch.{key}": value for key, value in settings.items()}
    where = {"index.engine": "elasticsearch", "elasticsearch.url": url, "elasticsearch.index": name}
    return _config(home, where | more)


def config(home: Path, **settings: str) -> Config:
    """The packaged configuration with :data:`SOURCES` for a catalogue; *settings* are those of ``index``."""
    return _config(home, {f"index.{name}": value for name, value in settings.items()})


def _config(home: Path, settings: Mapping[str, str]) -> Config:
    overrides = {"index.heap_mb": "32", **settings}
    made = load(home=home, overrides=overrides, environ={})
    made.__dict__["sources"] = SOURCES
    return made


@lru_cache(maxsize=1)
def analysis() -> Analysis:
    """One for all tests of a process: its tables take a second to make, and depend on no home."""
    return Analysis(config(Path("does-not-exist")))


def identity(url: str) -> str:
    return sha256(url.encode()).hexdigest()[:32]


def moment(at: datetime, precision: Precision = Precision.MINUTE) -> Moment:
    return Moment(at, precision, "meta", at, at + timedelta(minutes=1), at.date().isoformat())


def stored(
    title: str = "Un titre",
    text: str = "Un texte.",
    *,
    name: str | None = None,
    source_id: str = "matin",
    language: str = "fr",
    at: datetime | None = SEEN,
    relevance: str = "in",
    revision: int = 1,
    subtitle: str | None = None,
    institutions: tuple[str, ...] = (),
    places: tuple[str, ...] = (),
    evidence: tuple[Evidence, ...] = (),
    removed_at: datetime | None = None,
    first_seen_at: datetime = SEEN,
    labels: Mapping[str, Any] = MappingProxyType({}),
    ties: Ties | None = None,
    **more: Any,
) -> StoredArticle:
    """An article as the ledger would hold it; *labels* are of :class:`Annotated`, *more* of the article."""
    url = f"https://{source_id}.example/{name or title}"
    article = Article(
        source_id=source_id,
        url=url,
        canonical_url=url,
        title=title,
        paragraphs=tuple(text.split("\n")),
        language=language,
        subtitle=subtitle,
        published=None if at is None else moment(at),
        **more,
    )
    return StoredArticle(
        article_id=identity(url),
        revision=revision,
        annotated=Annotated(
            article,
            Relevance(Relevant(relevance), evidence),
            institutions,
            places,
            evidence=evidence,
            content_hash="hash",
            rules_version="rules",
            **labels,
        ),
        first_seen_at=first_seen_at,
        last_seen_at=first_seen_at,
        removed_at=removed_at,
        capture=Capture("a.warc.gz", 0, "0" * 64),
        ties=ties,
    )


@dataclass(frozen=True)
class Row:
    seq: int
    article_id: str
    revision: int


@dataclass
class FakeState:
    source_id: str


@dataclass
class FakeLedger:
    """What search asks of a ledger, in memory; :meth:`put` is a write with its outbox row."""

    held: dict[str, StoredArticle] = field(default_factory=dict)
    outbox: dict[int, Row] = field(default_factory=dict)
    covered: dict[str, list[tuple[datetime, datetime]]] = field(default_factory=dict)
    visited: set[str] = field(default_factory=set)
    seq: int = 0
    leased: dict[int, str] = field(default_factory=dict)
    refused: dict[str, Refusal] = field(default_factory=dict)

    def put(self, *articles: StoredArticle) -> None:
        for one in articles:
            self.held[one.article_id] = one
            self._row(one)

    def drop(self, article_id: str) -> None:
        self._row(self.held.pop(article_id))

    def bump(self, article_id: str) -> None:
        self.put(replace(self.held[article_id], revision=self.held[article_id].revision + 1))

    def _row(self, one: StoredArticle) -> None:
        self.seq += 1
        self.outbox[self.seq] = Row(self.seq, one.article_id, one.revision)

    def find(self, article_id: str) -> StoredArticle | None:
        return self.held.get(article_id)

    def articles(self, after: str | None = None) -> Iterator[StoredArticle]:
        for key in sorted(self.held):
            if after is None or key > after:
                yield self.held[key]

    def count(self) -> int:
        return len(self.held)

    def outbox_take(self, limit: int, owner: str, now: datetime, ttl_s: float) -> list[Row]:
        rows = [row for seq, row in sorted(self.outbox.items()) if seq not in self.leased][:limit]
        self.leased |= {row.seq: owner for row in rows}
        return rows

    def outbox_free(self, is_gone: Callable[[str], bool]) -> None:
        self.leased = {seq: owner for seq, owner in self.leased.items() if not is_gone(owner)}

    def outbox_done(
        self, seqs: Iterable[int], article_ids: Iterable[str] = (), refused: Iterable[Refusal] = ()
    ) -> None:
        for seq in seqs:
            self.outbox.pop(seq, None)
        for identity in article_ids:
            self.refused.pop(identity, None)
        self.refused |= {each.article_id: each for each in refused}

    def refused_anew(self, refused: Iterable[Refusal], since: datetime) -> None:
        self.refused = {each.article_id: each for each in refused}

    def refusals(self) -> list[Refusal]:
        return list(self.refused.values())

    def outbox_last(self) -> int:
        return self.seq

    def index_due(self) -> IndexDue:
        waits = {row.article_id for row in self.outbox.values()} & set(self.held)
        return IndexDue(len(self.held), len(waits), len(self.refused))

    def waiting_for_index(self) -> set[str]:
        return {row.article_id for row in self.outbox.values()}

    def index_again(self, article_ids: Iterable[str]) -> None:
        for identity in article_ids:
            self.seq += 1
            self.outbox[self.seq] = Row(self.seq, identity, 0)

    def known(self, article_ids: Iterable[str]) -> set[str]:
        return set(article_ids) & set(self.held)

    def outbox_refill(self) -> None:
        self.outbox.clear()
        for one in self.held.values():
            self._row(one)

    def outbox_size(self) -> int:
        return len(self.outbox)

    def coverage(self, source_ids: Any = None) -> dict[str, list[tuple[datetime, datetime]]]:
        return {name: list(spans) for name, spans in self.covered.items()}

    def source_states(self) -> list[FakeState]:
        return [FakeState(name) for name in sorted(self.visited)]

    def close(self) -> None:
        pass
