"""The book of a run without a store: the frontier and the states of hosts and listings, in memory.

``scrapy crawl outlet -a source=ID -O items.jsonl`` needs no ledger; what this process learns ends with it.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime

from store.records import FetchedPage, Link, Reason, Rejection
from store.states import EntryState, Fence, HostLease, LeasedLink, RobotsCopy, SourceState
from store.urls import host_of, url_key

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


class MemoryBook:
    """See :class:`crawlers.book.Book`; one process, one owner."""

    def __init__(self, retry_times: int = 3) -> None:
        self._retry_times = retry_times
        self._entries: dict[tuple[str, str], EntryState] = {}
        self._open: dict[str, LeasedLink] = {}
        self._waiting: dict[str, datetime] = {}
        """Links that may be leased, and not before when."""
        self.ended: dict[str, str] = {}
        """How each finished link ended: ``captured`` or the reason of its rejection."""
        self._blocked: dict[str, tuple[datetime, str]] = {}
        self._robots: dict[str, RobotsCopy] = {}
        self._visits = 0

    def entry_state(self, source_id: str, url: str) -> EntryState:
        return self._entries.get((source_id, url)) or EntryState(source_id, url)

    def entry_states(self, source_id: str) -> list[EntryState]:
        return [state for (source, _), state in self._entries.items() if source == source_id]

    def save_entry_state(self, state: EntryState, *, fence: Fence | None = None) -> None:
        self._entries[state.source_id, state.url] = state

    def source_state(self, source_id: str) -> SourceState | None:
        return None

    def coverage(
        self, source_ids: Collection[str] | None = None
    ) -> dict[str, list[tuple[datetime, datetime]]]:
        return {}

    def free_dead_owners(self, is_dead: Callable[[str], bool], now: datetime) -> list[str]:
        return []

    def start_visit(self, source_id: str, at: datetime) -> int:
        self._visits += 1
        return self._visits

    def end_visit(
        self,
        visit_id: int,
        at: datetime,
        outcome: str,
        counts: Mapping[str, object],
        covered: tuple[datetime, datetime] | None = None,
        reason: str | None = None,
        next_due_at: datetime | None = None,
    ) -> None:
        """Nobody asks for coverage of a run that is not kept."""

    def add_links(
        self, links: Iterable[Link], now: datetime, *, verdicts: Mapping[str, Reason] | None = None
    ) -> Counter[str]:
        counts: Counter[str] = Counter()
        for link in links:
            key = url_key(link.url)
            reason = (verdicts or {}).get(link.url)
            if key in self._open or self.ended.get(key) == "captured":
                counts["known"] += 1
            elif reason is not None:
                counts["passed" if key not in self.ended else "known"] += 1
                self.ended[key] = reason.value
            else:
                counts["new"] += 1
                self.ended.pop(key, None)
                self._open[key] = LeasedLink(key, link, 0, host_of(link.url))
                self._waiting[key] = now
        return counts

    def lease_links(
        self,
        owner: str,
        now: datetime,
        ttl_s: float,
        limit: int,
        source_ids: Collection[str] | None = None,
        exclude_hosts: Collection[str] = (),
    ) -> list[LeasedLink]:
        by_host: dict[str, deque[LeasedLink]] = {}
        for key, at in self._waiting.items():
            leased = self._open[key]
            wanted = source_ids is None or leased.link.source_id in source_ids
            if at <= now and wanted and leased.host not in exclude_hosts:
                by_host.setdefault(leased.host, deque()).append(leased)
        taken: list[LeasedLink] = []
        while by_host and len(taken) < limit:
            for host in list(by_host):
                taken.append(by_host[host].popleft())
                if not by_host[host]:
                    del by_host[host]
        for leased in taken[:limit]:
            del self._waiting[leased.key]
        return taken[:limit]

    def return_links(self, keys: Iterable[str], owner: str) -> None:
        for key in keys:
            if key in self._open:
                self._waiting[key] = _LONG_AGO

    def captured(self, key: str, page: FetchedPage, *, fence: Fence | None = None) -> None:
        self._end(key, "captured")

    def not_modified(self, key: str, at: datetime, *, fence: Fence | None = None) -> None:
        self._end(key, "captured")

    def retry(
        self, key: str, kind: str, now: datetime, retry_at: datetime, *, fence: Fence | None = None
    ) -> bool:
        leased = self._open[key]
        if leased.attempts + 1 > self._retry_times:
            self._end(key, Reason.UNREACHABLE.value)
            return False
        self._open[key] = replace(leased, attempts=leased.attempts + 1)
        self._waiting[key] = retry_at
        return True

    def reject_link(
        self, key: str, rejection: Rejection, now: datetime, *, fence: Fence | None = None
    ) -> None:
        self._end(key, rejection.reason.value)

    def _end(self, key: str, how: str) -> None:
        self._open.pop(key, None)
        self._waiting.pop(key, None)
        self.ended[key] = how

    def lease_host(
        self, host: str, owner: str, now: datetime, ttl_s: float, *, heir_of: str = ""
    ) -> HostLease:
        until, reason = self._blocked.get(host, (None, None))
        return HostLease(host, 1, None, until, reason, None)

    def touch_host(
        self, host: str, token: int, now: datetime, next_allowed_at: datetime, ttl_s: float
    ) -> bool:
        return True

    def release_host(self, host: str, token: int) -> None:
        """One process, one owner: nothing to give back."""

    def block_host(
        self, host: str, until: datetime | None, reason: str | None, *, fence: Fence | None = None
    ) -> None:
        if until is None:
            self._blocked.pop(host, None)
        else:
            self._blocked[host] = (until, reason or "")

    def robots_get(self, host: str) -> RobotsCopy | None:
        return self._robots.get(host)

    def robots_put(self, host: str, status: int, body: bytes, fetched_at: datetime) -> None:
        self._robots[host] = RobotsCopy(host, status, body, fetched_at)
