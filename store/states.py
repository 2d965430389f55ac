"""What the ledger answers with, beyond the records that pass from hand to hand; times are aware UTC."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from store.records import Capture, Link

SOURCE = "source:"
"""Before a source's id: the name among the jobs under which its visits are paused, wanted now, or rest."""


class Fence(NamedTuple):
    """What a writer shows to prove that it still has the right to a host: the token of its lease."""

    host: str
    token: int


class LeaseLost(Exception):
    """The host was leased to somebody else meanwhile; nothing of what was to be written was kept."""


class LinkState(StrEnum):
    """Where a link of the frontier stands; the last three are ends."""

    DISCOVERED = "discovered"
    FETCHING = "fetching"
    RETRY = "retry"
    CAPTURED = "captured"
    STORED = "stored"
    REJECTED = "rejected"
    QUARANTINED = "quarantined"


@dataclass(frozen=True, slots=True)
class EntryState:
    """What is remembered of one entry point between two polls."""

    source_id: str
    url: str
    etag: str | None = None
    """As received, byte for byte."""
    last_modified: str | None = None
    """As received, byte for byte."""
    body_sha256: str | None = None
    next_due_at: datetime | None = None
    """``None``: never polled, due at once."""
    interval_s: float | None = None
    failures: int = 0
    """In a row."""
    last_status: int | None = None
    last_fetched_at: datetime | None = None
    moved_to: str | None = None
    """Where a permanent redirect led."""
    turnover_s: float | None = None
    """The shortest time in which the listing was seen to be replaced as a whole."""


@dataclass(frozen=True, slots=True)
class SourceState:
    """How a source fares."""

    source_id: str
    first_visited_at: datetime | None
    last_visited_at: datetime | None
    last_ok_at: datetime | None
    next_due_at: datetime | None
    state: str
    """``new``, ``ok``, ``failing``, ``blocked`` or ``refused``."""
    reason: str | None


@dataclass(frozen=True, slots=True)
class LeasedLink:
    """A link to fetch, until the lease runs out."""

    key: str
    """Its :func:`store.urls.url_key`: the name under which the ledger knows it."""
    link: Link
    attempts: int
    """Fetches that failed before."""
    host: str
    etag: str | None = None
    """Of the stored page, as received, byte for byte; ``None`` for a page that is not held."""
    last_modified: str | None = None
    """The same."""
    fetched_at: datetime | None = None
    """When the stored page was last fetched whole."""


@dataclass(frozen=True, slots=True)
class CapturedLink:
    """A page to read, until the lease runs out."""

    key: str
    capture: Capture
    link: Link
    attempts: int
    """Earlier leases for reading without an outcome: above 0, a reader may have crashed on it."""


@dataclass(frozen=True, slots=True)
class HostLease:
    """The right to ask a host, one holder at a time across processes."""

    host: str
    token: int
    """Fencing token: grows with every lease of the host."""
    next_allowed_at: datetime | None
    """Not before this may the next request leave."""
    blocked_until: datetime | None
    blocked_reason: str | None
    crawl_delay_s: float | None
    """As robots.txt asked, last time it was read."""
    abandoned: bool = False
    """The holder before died or stood still: it may have asked later than ``next_allowed_at`` says."""


@dataclass(frozen=True, slots=True)
class RobotsCopy:
    """The last robots.txt kept for a host."""

    host: str
    status: int
    body: bytes
    fetched_at: datetime


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """An article that the index must look at again."""

    seq: int
    article_id: str
    revision: int
    """The revision at the time of writing; the article may have a later one by now."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """An article that the index does not take, at this revision; it is offered again when it changes."""

    article_id: str
    revision: int
    at: datetime
    """When it was refused."""
    reason: str


@dataclass(frozen=True, slots=True)
class IndexDue:
    """What the index should hold, seen at one instant."""

    articles: int
    waiting: int
    """Of these, how many the outbox names."""
    refused: int
    """Of these, how many the index refused."""


@dataclass(frozen=True, slots=True)
class LedgerStatus:
    """Counts of everything, for ``marsad status``."""

    articles: int
    revisions: int
    frontier: Mapping[str, int] = field(default_factory=dict)
    """Links by :class:`LinkState`."""
    rejections: Mapping[str, int] = field(default_factory=dict)
    """Rejected links by :class:`store.records.Reason`."""
    outbox: int = 0
    sources: Mapping[str, int] = field(default_factory=dict)
    """Sources by state."""
