"""What a crawl asks of the place where its state is kept: the ledger, or its double in memory.

The verbs are the ledger's own (:mod:`store.ledger`); :class:`crawlers.memory.MemoryBook` answers them for
``scrapy crawl`` without a store.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime
from typing import Any, Literal, Protocol

from store.records import FetchedPage, Link, Reason, Rejection
from store.states import EntryState, Fence, HostLease, LeasedLink, RobotsCopy, SourceState

Outcome = Literal["ok", "partial", "failed", "blocked", "refused", "interrupted"]


class Book(Protocol):
    """See :mod:`store.ledger` for the meaning of each verb; all times are the caller's."""

    def entry_state(self, source_id: str, url: str) -> EntryState: ...
    def entry_states(self, source_id: str) -> list[EntryState]: ...
    def save_entry_state(self, state: EntryState, *, fence: Fence | None = None) -> None: ...
    def source_state(self, source_id: str) -> SourceState | None: ...
    def coverage(
        self, source_ids: Collection[str] | None = None
    ) -> dict[str, list[tuple[datetime, datetime]]]: ...
    def free_dead_owners(self, is_dead: Callable[[str], bool], now: datetime) -> list[str]: ...
    def start_visit(self, source_id: str, at: datetime) -> int: ...
    def end_visit(
        self,
        visit_id: int,
        at: datetime,
        outcome: Outcome,
        counts: Mapping[str, Any],
        covered: tuple[datetime, datetime] | None = None,
        reason: str | None = None,
        next_due_at: datetime | None = None,
    ) -> None: ...
    def add_links(
        self, links: Iterable[Link], now: datetime, *, verdicts: Mapping[str, Reason] | None = None
    ) -> Counter[str]: ...
    def lease_links(
        self,
        owner: str,
        now: datetime,
        ttl_s: float,
        limit: int,
        source_ids: Collection[str] | None = None,
        exclude_hosts: Collection[str] = (),
    ) -> list[LeasedLink]: ...
    def return_links(self, keys: Iterable[str], owner: str) -> None: ...
    def captured(self, key: str, page: FetchedPage, *, fence: Fence | None = None) -> object: ...
    def not_modified(self, key: str, at: datetime, *, fence: Fence | None = None) -> None: ...
    def retry(
        self, key: str, kind: str, now: datetime, retry_at: datetime, *, fence: Fence | None = None
    ) -> bool: ...
    def reject_link(
        self, key: str, rejection: Rejection, now: datetime, *, fence: Fence | None = None
    ) -> None: ...
    def lease_host(
        self, host: str, owner: str, now: datetime, ttl_s: float, *, heir_of: str = ""
    ) -> HostLease | None: ...
    def touch_host(
        self, host: str, token: int, now: datetime, next_allowed_at: datetime, ttl_s: float
    ) -> bool: ...
    def release_host(self, host: str, token: int) -> None: ...
    def block_host(
        self, host: str, until: datetime | None, reason: str | None, *, fence: Fence | None = None
    ) -> None: ...
    def robots_get(self, host: str) -> RobotsCopy | None: ...
    def robots_put(self, host: str, status: int, body: bytes, fetched_at: datetime) -> None: ...
