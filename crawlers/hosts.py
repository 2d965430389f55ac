"""One request at a time and one delay per host, in this process and in all the others.

Whoever wants to send a request takes a turn of its host: :meth:`Hosts.turn`.  The turn is given when this
process holds the host's lease in the book (the ledger), no other request of its own is under way, and the
delay since the *end* of the last request is over, so the gap between two requests that the server sees is
never shorter than the delay.  What must survive the process (when the next request may leave, until when the
host is left alone) is written to the book before the request leaves; delays inside the process run on the
monotonic clock.
"""

from __future__ import annotations

import asyncio
import random
import re
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from crawlers.book import Book
from crawlers.pauses import (
    BLOCKED_S,
    BREAKER,
    DAY_S,
    FORGIVEN_S,
    Do,
    Header,
    challenge,
    doubling,
    judge,
    judge_failure,
    retry_after,
)
from crawlers.scribe import Scribe, T
from store.owners import is_dead
from store.states import Fence, LeaseLost

_POLL_S = 0.25  # how often a host that another process holds is asked for
_DEAD_CHECK_S = 2.0
_LATE_S = 5.0
"""A deadline that is missed by so much was not watched over: the process stood still."""
_IDLE_S = 5.0  # how long a lease is kept after the host could have been asked again
_STRIKES = re.compile(r"\(strike (\d+)\)")


def utc_now() -> datetime:
    return datetime.now(UTC)


class HostPaused(Exception):
    """The host is left alone until *until*; nothing was sent."""

    kind = "paused"

    def __init__(self, host: str, until: datetime, reason: str) -> None:
        super().__init__(f"{host} is left alone until {until.isoformat(timespec='seconds')}: {reason}")
        self.host, self.until, self.reason = host, until, reason


class Stopped(Exception):
    """The run is ending; nothing was sent."""

    kind = "stopped"


@dataclass(slots=True)
class _Host:
    name: str
    delay_s: float
    crawl_delay_s: float = 0.0
    wanted: dict[str, float] = field(default_factory=dict)
    """Delay by source, where the catalogue says one."""
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    token: int | None = None
    """The fencing token of the lease that this process holds, or ``None``."""
    last_token: int | None = None
    """That of the last lease it held."""
    lease_ends: float = 0.0
    ended_at: float = -DAY_S
    """Monotonic: when the last request of this process ended."""
    floor: float = 0.0
    """Monotonic: not before, as another process left it in the book."""
    waiting: int = 0
    prolonging: asyncio.Future[None] | None = None
    """The heartbeat under way."""
    paused_until: datetime | None = None
    reason: str = ""
    strikes: int = 0

    @property
    def next_at(self) -> float:
        """Monotonic; a Crawl-delay that was learned from the last request counts for the next one."""
        return max(self.floor, self.ended_at + self.gap_s)

    @property
    def gap_s(self) -> float:
        return max(self.delay_s, self.crawl_delay_s)


class Hosts:
    """The turns of all hosts of one process; *book* is the ledger or its double in memory.

    *delay_s* is the default delay; *fixed* makes it hold whatever the catalogue says.  *heir_of* is who has
    leased hosts for this process to take over.
    """

    def __init__(
        self,
        book: Book,
        scribe: Scribe,
        *,
        owner: str,
        delay_s: float,
        max_delay_s: float = 120.0,
        ttl_s: float = 600.0,
        heir_of: str = "",
        fixed: bool = False,
        now: Callable[[], datetime] = utc_now,
        rng: random.Random | None = None,
    ) -> None:
        self._book = book
        self._scribe = scribe
        self._owner = owner
        self._delay_s = delay_s
        self._fixed = fixed
        self._max_delay_s = max_delay_s
        self._ttl_s = ttl_s
        self._heir_of = heir_of
        self._now = now
        self._rng = rng or random.Random()
        self._hosts: dict[str, _Host] = {}
        self._checked_at = time.monotonic()
        self._stopping = asyncio.Event()
        self.on_pause: Callable[[str, datetime, str], None] | None = None

    def _host(self, name: str) -> _Host:
        state = self._hosts.get(name)
        if state is None:
            state = self._hosts[name] = _Host(name, self._delay_s)
        return state

    def known(self) -> list[str]:
        """The hosts met so far."""
        return list(self._hosts)

    def fence(self, host: str) -> Fence | None:
        """By which right this process last asked *host*; ``None`` if it never did."""
        token = self._host(host).last_token
        return None if token is None else Fence(host, token)

    def leaving(self, host: str) -> None:
        """A request of *host* leaves now; raises :class:`Stopped` if the lease may be another's by now.

        This process may have stood still since the lease was prolonged.
        """
        if not self._is_held(self._host(host)):
            raise Stopped

    def stood_still(self, host: str, since: float, limit_s: float) -> bool:
        """Whether a request that began at *since* (monotonic) and had *limit_s* seconds failed by our doing:
        this process did not run for longer than its deadline, or than the lease of *host*."""
        late = time.monotonic() - since > limit_s + _LATE_S
        return late or not self._is_held(self._host(host))

    @staticmethod
    def _is_held(state: _Host) -> bool:
        return state.token is not None and time.monotonic() < state.lease_ends

    def gap_s(self, host: str) -> float:
        """Seconds between two requests of *host*, its Crawl-delay counted in."""
        return self._host(host).gap_s

    def strikes(self, host: str) -> int:
        """Failures in a row of *host*; 0 after an answer that was none."""
        return self._host(host).strikes

    def want_delay(self, host: str, source_id: str, seconds: float | None) -> None:
        """The catalogue's delay for a source on *host* (``None``: the setting's); the longest one holds."""
        if not self._fixed:
            state = self._host(host)
            state.wanted[source_id] = self._delay_s if seconds is None else seconds
            state.delay_s = max(state.wanted.values())

    def set_crawl_delay(self, host: str, seconds: float | None) -> None:
        """What the host's robots.txt asks for; capped, and never less than our own delay."""
        self._host(host).crawl_delay_s = min(max(seconds or 0.0, 0.0), self._max_delay_s)

    def paused(self, host: str) -> tuple[datetime, str] | None:
        """Until when, and why, the host is left alone; ``None`` if it is not."""
        state = self._host(host)
        if state.paused_until is None or state.paused_until <= self._now():
            return None
        return state.paused_until, state.reason

    def pause(self, host: str, seconds: float, reason: str) -> datetime:
        """Leave the host alone from now on, in every process; returns until when."""
        state = self._host(host)
        until = self._now() + timedelta(seconds=seconds)
        state.paused_until, state.reason = until, reason
        fence = self.fence(host)

        def write() -> None:
            with suppress(LeaseLost):  # another process asks it by now, and sees for itself
                self._book.block_host(host, until, reason, fence=fence)

        self._scribe.post(write)
        if self.on_pause is not None:
            self.on_pause(host, until, reason)
        return until

    def stop(self) -> None:
        """Wake all who wait with :class:`Stopped`; requests under way end as they end."""
        self._stopping.set()

    def close(self) -> None:
        """Give back every lease."""
        for state in self._hosts.values():
            self._release(state)

    # -- the turn ------------------------------------------------------------------------------------

    @asynccontextmanager
    async def turn(self, host: str) -> AsyncIterator[None]:
        """The right to send one request to *host*; raises HostPaused or Stopped instead of waiting long."""
        state = self._host(host)
        state.waiting += 1
        try:
            await state.lock.acquire()  # when the run ends, holders leave and each waiter is woken in turn
        finally:
            state.waiting -= 1
        try:
            await self._ready(state)
            try:
                yield
            finally:
                state.ended_at = time.monotonic()
        finally:
            state.lock.release()

    async def _ready(self, state: _Host) -> None:
        noted = False
        while True:
            if self._stopping.is_set():
                raise Stopped
            if (pause := self.paused(state.name)) is not None:
                self._release(state)
                raise HostPaused(state.name, *pause)
            if state.token is None:
                noted = False
                if not await self._lease(state):
                    await self._sleep(_POLL_S)
                continue
            wait = state.next_at - time.monotonic()
            if not noted:
                # Before it leaves: a process that starts right after a crash must know of this request.
                noted = await self._note(state, max(wait, 0.0))
            elif wait > 0:
                await self._sleep(wait)
            elif not self._is_held(state):
                noted = False
            else:
                return

    async def _note(self, state: _Host, wait_s: float) -> bool:
        """Write down that a request leaves in *wait_s* seconds; False if the lease was lost."""
        token, now, asked = state.token, self._now(), time.monotonic()
        after = now + timedelta(seconds=wait_s + state.gap_s)
        if token is None or not await self._written(
            lambda: self._book.touch_host(state.name, token, now, after, self._ttl_s)
        ):
            state.token = None  # another process has it, after a sleep of the machine for instance
            return False
        state.lease_ends = asked + self._ttl_s
        return True

    async def _written(self, call: Callable[[], T]) -> T:
        """The result of *call*; where it cannot be written the run ends, which is no fault of the host."""
        try:
            return await self._scribe.do(call)
        except Exception as error:  # whatever the storage raises
            if self._scribe.on_fault is not None:
                self._scribe.on_fault(error)
            raise Stopped from error

    async def _lease(self, state: _Host) -> bool:
        """Take the lease; False while another process has it."""
        now, asked = self._now(), time.monotonic()
        lease = await self._written(
            lambda: self._book.lease_host(state.name, self._owner, now, self._ttl_s, heir_of=self._heir_of)
        )
        if lease is None:
            # Held by a live process, we hope; by one that was killed, its leases are void at once.
            if time.monotonic() > self._checked_at + _DEAD_CHECK_S:
                self._checked_at = time.monotonic()
                self._scribe.post(lambda: self._book.free_dead_owners(is_dead, now))
            return False
        state.token = state.last_token = lease.token
        state.lease_ends = asked + self._ttl_s
        if lease.abandoned:
            state.floor = max(state.floor, time.monotonic() + state.gap_s)
        if lease.next_allowed_at is not None:
            # A clock that was set back must not turn a delay of seconds into hours.
            ahead = min((lease.next_allowed_at - now).total_seconds(), self._max_delay_s)
            state.floor = max(state.floor, time.monotonic() + ahead)
        if lease.blocked_until is not None:
            reason = lease.blocked_reason or ""
            if lease.blocked_until > now:
                state.paused_until, state.reason = lease.blocked_until, reason
            if (match := _STRIKES.search(reason)) is not None and state.strikes == 0:
                quiet = (now - lease.blocked_until).total_seconds() > FORGIVEN_S
                state.strikes = 0 if quiet else int(match[1])
        return True

    def _release(self, state: _Host) -> None:
        token, name = state.token, state.name
        if token is None:
            return
        state.token = None
        ahead = max(0.0, state.next_at - time.monotonic())
        now = self._now()

        def give_back() -> None:
            self._book.touch_host(name, token, now, now + timedelta(seconds=ahead), 1.0)
            self._book.release_host(name, token)

        self._scribe.post(give_back)

    def release_idle(self) -> None:
        """Give back the leases of hosts that nobody here waits for (called now and then)."""
        for state in self._hosts.values():
            idle = not state.waiting and not state.lock.locked()
            if idle and time.monotonic() > state.next_at + _IDLE_S:
                self._release(state)

    def heartbeat(self) -> None:
        """Keep the leases of hosts whose request or delay takes long (called now and then)."""
        for state in self._hosts.values():
            token = state.token
            if token is None or time.monotonic() < state.lease_ends - self._ttl_s / 2:
                continue
            if state.prolonging is None or state.prolonging.done():
                ahead = max(state.next_at - time.monotonic(), state.gap_s)
                state.prolonging = asyncio.ensure_future(self._prolong(state, token, ahead))

    async def _prolong(self, state: _Host, token: int, ahead_s: float) -> None:
        now, asked = self._now(), time.monotonic()
        after = now + timedelta(seconds=ahead_s)
        with suppress(Stopped):
            held = await self._written(
                lambda: self._book.touch_host(state.name, token, now, after, self._ttl_s)
            )
            if state.token == token:
                state.token = token if held else None
                state.lease_ends = asked + self._ttl_s

    async def _sleep(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._stopping.wait(), max(seconds, 0.0))
        except TimeoutError:
            return
        raise Stopped

    # -- what answers teach --------------------------------------------------------------------------

    def answered(self, host: str, status: int, header: Header) -> None:
        """Learn from an answer: pause on 429, 503 and challenges; else forgive."""
        state = self._host(host)
        mark = challenge(status, header)
        if mark is not None:
            self.pause(host, BLOCKED_S, f"blocked: {mark}, status {status}")
            return
        if judge(status, header, 1).do is not Do.WAIT:
            state.strikes = 0
            return
        state.strikes += 1
        asked = retry_after(header("retry-after"), self._now())
        if asked is not None:
            self.pause(host, max(asked, state.gap_s), f"http {status}, Retry-After (strike {state.strikes})")
        elif status in (429, 503) or state.strikes >= BREAKER:
            since = state.strikes if status in (429, 503) else state.strikes - BREAKER + 1
            self.pause(host, doubling(since, self._rng), f"http {status} (strike {state.strikes})")

    def failed(self, host: str, kind: str, detail: str) -> None:
        """Learn from a request without an answer: a host that cannot be reached is paused."""
        if kind in ("paused", "stopped", "forbidden_address"):
            return
        state = self._host(host)
        if judge_failure(kind).do is not Do.WAIT and kind != "timeout":
            state.strikes = 0
            return
        state.strikes += 1
        if state.strikes >= BREAKER:
            seconds = doubling(state.strikes - BREAKER + 1, self._rng)
            self.pause(host, min(seconds, DAY_S), f"{kind}: {detail} (strike {state.strikes})"[:300])
