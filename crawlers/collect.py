"""The course of one crawl: which request may leave next, and what each answer means for the book.

:class:`Collecting` knows sources, listings and links, and nothing of Scrapy; the spider asks it for jobs and
hands it the answers.  Hosts are visited side by side, each by one job at a time: first the due listings of
its sources, then links leased from the frontier in small batches as the host becomes free.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from config.model import EntryPoint, Source
from crawlers.book import Book, Outcome
from crawlers.hosts import Hosts, utc_now
from crawlers.listings import (
    RETIRED,
    conditional,
    covered,
    interval_after,
    interval_after_failure,
    is_due,
    oldest,
    revisiting,
    turnover,
)
from crawlers.matching import verdict
from crawlers.pauses import DAY_S, Do, Header, Judgement, back_off, judge, judge_failure
from crawlers.scribe import Scribe
from store.owners import is_dead
from store.records import FetchedPage, Link, Reason, Rejection, Via
from store.states import EntryState, LeasedLink, LeaseLost
from store.urls import host_of, url_key

if TYPE_CHECKING:
    from crawlers.discovery import Discovered

MAX_DEPTH = 3
"""Listings that listings point to: index → sitemap → sitemap; first page → second → third."""
MAX_CHILDREN = 60
"""Child listings of one source in one run, newest first."""
REST_S = DAY_S
"""A sitemap that nothing new came from for so long is asked no more while its index stays the same."""
LEASED_A_HOST = 4
"""Links leased at a time for each host that is free."""
_TICK_S = 1.0


@dataclass(frozen=True, slots=True)
class Terms:
    """The settings that a collection goes by."""

    backfill_days: float = 30.0
    poll_min_s: float = 600.0
    poll_max_s: float = 86_400.0
    lease_s: float = 600.0
    max_pages: int = 200
    concurrent_hosts: int = 32
    back_off_s: float = 10.0
    patience_s: float = 60.0
    """A run waits for links that may be tried again this soon; later ones are left to the next run."""
    force: bool = False
    """Visit every listing, due or not (the sources were named by a person)."""
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class ListingJob:
    source: Source
    url: str
    """The entry point as the catalogue names it (or the child's URL): the key of its state."""
    ask: str
    """Where to ask: *url*, or where it has moved to."""
    via: Via
    headers: Mapping[str, str]
    """Validators to send."""
    state: EntryState
    depth: int = 0
    entry: EntryPoint | None = None
    keep_state: bool = True
    """False for the further pages of a section, which shift with every new article."""

    @property
    def host(self) -> str:
        return host_of(self.ask)


@dataclass(frozen=True, slots=True)
class PageJob:
    source: Source
    leased: LeasedLink
    headers: Mapping[str, str] = field(default_factory=dict)
    """Validators to send, of a page that is held."""

    @property
    def link(self) -> Link:
        return self.leased.link

    @property
    def host(self) -> str:
        return host_of(self.link.url)


Job = ListingJob | PageJob


@dataclass(slots=True)
class Tally:
    """One source's run, as its result row tells it."""

    found: int = 0
    new: int = 0
    known: int = 0
    passed: int = 0
    fetched: int = 0
    not_modified: int = 0
    taken: int = 0
    """Pages asked for: counts against the budget."""
    rejected: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    events: Counter[str] = field(default_factory=Counter)
    """Things to know that are no errors: ``downgraded``, ``moved``, ``retired``, a listing's problems."""
    next_due_at: datetime | None = None


@dataclass(slots=True)
class Visit:
    """The listings of one source in this run."""

    id: int
    started_at: datetime
    window_start: datetime
    seen_to: datetime | None
    """Up to when earlier visits have seen everything."""
    open: int = 0
    ok: int = 0
    failed: int = 0
    refused: int = 0
    blocked: int = 0
    reasons: list[str] = field(default_factory=list)
    overlaps: bool = False
    oldest_at: datetime | None = None
    seen: set[str] = field(default_factory=set)
    listed: set[str] = field(default_factory=set)
    """URLs of the links shown so far."""
    children: int = 0


Emit = Callable[[dict[str, Any]], None]


class Collecting:
    """See the module; one a run of one process."""

    def __init__(
        self,
        sources: Sequence[Source],
        *,
        book: Book,
        scribe: Scribe,
        hosts: Hosts,
        owner: str,
        watchwords: Collection[str] = (),
        leads: Sequence[Source] = (),
        terms: Terms = Terms(),
        emit: Emit | None = None,
        keep_visit: Callable[[dict[str, Any]], None] | None = None,
        now: Callable[[], datetime] = utc_now,
        rng: random.Random | None = None,
    ) -> None:
        self._sources = {source.id: source for source in sources}
        self._book = book
        self._scribe = scribe
        scribe.on_fault = lambda error: self.stop(f"storage failed: {error}")
        self._dues: dict[tuple[str, str], datetime | None] = {}
        """When each entry point is due, as last written."""
        self._hosts = hosts
        self._owner = owner
        self._watchwords = tuple(watchwords)
        self._leads = {source.id: source for source in leads}
        self._terms = terms
        self._emit = emit or (lambda event: None)
        self._keep_visit = keep_visit
        self._now = now
        self._rng = rng or random.Random()
        self.tallies = {source.id: Tally() for source in sources}
        self._visits: dict[str, Visit] = {}
        self._queues: dict[str, deque[Job]] = {}
        self._busy: dict[str, Job] = {}
        self._held: dict[str, PageJob] = {}
        """Links leased and not yet ended, by key."""
        self._again: dict[str, float] = {}
        """Monotonic instants at which something may be tried again (retries, short pauses)."""
        self._dry = False
        """The frontier had nothing when last asked."""
        self._changes = 0
        self._wake = asyncio.Event()
        self._finished = False
        self._told_active = -1
        self.stopped: str | None = None
        """Why the run was ended early, or ``None``."""

    # -- the course ------------------------------------------------------------------------------------

    async def begin(self) -> None:
        """Open the visits of the sources whose listings are due."""
        await self._scribe.do(self._begin)

    def _begin(self) -> None:
        now = self._now()
        # A crawl that was killed a moment ago: its leases are void.
        self._book.free_dead_owners(is_dead, now)
        stretches = self._book.coverage(list(self._sources))
        for source in self._sources.values():
            jobs = [
                job for entry in source.entry_points if (job := self._due(source, entry, now)) is not None
            ]
            self._set_due(source)
            if not jobs:
                continue
            state = self._book.source_state(source.id)
            first = getattr(state, "first_visited_at", None) or now
            window = first - timedelta(days=self._terms.backfill_days)
            if self._terms.since is not None:
                window = min(window, self._terms.since)
            # Not the end of the last good visit: what it covers ends when its listings were asked for.
            seen_to = stretches[source.id][-1][1] if source.id in stretches else None
            visit = Visit(self._book.start_visit(source.id, now), now, window, seen_to)
            self._visits[source.id] = visit
            for job in jobs:
                self._enqueue_listing(visit, job)

    async def jobs(self) -> AsyncIterator[Job]:
        """The next job whenever a host is free for it; ends when nothing more can be fetched now."""
        while self.stopped is None and not self._finished:
            exhausted = await self._refill()
            job = self._pick()
            if job is not None:
                yield job
                continue
            if not self._busy and not any(self._queues.values()) and not self._pending():
                if exhausted:
                    return
                continue  # the last jobs ended while the frontier was asked: their hosts are free now
            self._wake.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), self._nap_s())

    def stop(self, why: str) -> None:
        """Hand out no more jobs; what is under way ends by itself."""
        if self.stopped is None:
            self.stopped = why
        self._wake.set()

    def end_badly(self, why: str) -> None:
        """The process must end (``memusage_exceeded``, ``start_error``): an error of what is under way."""
        self.stop(why)
        for source_id, tally in self.tallies.items():
            if source_id in self._visits or not tally.found:
                tally.errors[why] += 1

    @property
    def finished(self) -> bool:
        return self._finished

    def finish(self) -> None:
        """Give back what was leased and not fetched, close the visits; the last call."""
        self._finished = True
        self._wake.set()
        if self._held:
            keys = list(self._held)
            self._held.clear()
            self._scribe.post(lambda: self._book.return_links(keys, self._owner))
        for source in self._sources.values():
            visit = self._visits.get(source.id)
            if visit is not None:
                if self.stopped is not None and visit.open:
                    visit.reasons.append(f"ended early: {self.stopped}")
                self._end_visit(source, visit)

    def rows(self) -> list[dict[str, Any]]:
        """One result row a source."""
        return [
            {
                "source": source_id,
                "found": tally.found,
                "fetched": tally.fetched,
                "not_modified": tally.not_modified,
                "rejected": dict(tally.rejected),
                "errors": dict(tally.errors),
                "events": dict(tally.events),
                "passed": tally.passed,
                "next_due_at": tally.next_due_at.isoformat() if tally.next_due_at else None,
            }
            for source_id, tally in self.tallies.items()
        ]

    def _pick(self) -> Job | None:
        if len(self._busy) >= self._terms.concurrent_hosts:
            return None
        for host, queue in self._queues.items():
            if host in self._busy:
                continue
            while queue:
                job = queue.popleft()
                if isinstance(job, PageJob):
                    tally = self.tallies[job.source.id]
                    if tally.taken >= self._budget(job.source):
                        self._give_back(job)
                        continue
                    tally.taken += 1
                self._busy[host] = job
                self._hosts.want_delay(host, job.source.id, job.source.delay_s)
                return job
        return None

    def _budget(self, source: Source) -> int:
        return self._terms.max_pages if source.max_pages_per_run is None else source.max_pages_per_run

    async def _refill(self) -> bool:
        """Lease links for hosts that have nothing to do; whether there is surely nothing more to lease."""
        now_m = time.monotonic()
        for key in [key for key, at in self._again.items() if at <= now_m]:
            del self._again[key]
            self._dry = False
        room = self._terms.concurrent_hosts - len(self._busy)
        wanted = [
            source.id
            for source in self._sources.values()
            if self.tallies[source.id].taken < self._budget(source)
        ]
        if self._dry or room <= 0 or not wanted:
            return True
        occupied = {host for host, queue in self._queues.items() if queue} | set(self._busy)
        paused = {host for host in self._hosts.known() if self._hosts.paused(host) is not None}
        changes = self._changes
        now = self._now()
        leased = await self._scribe.do(
            lambda: self._book.lease_links(
                self._owner,
                now,
                self._terms.lease_s,
                LEASED_A_HOST * room,
                source_ids=wanted,
                exclude_hosts=occupied | paused,
            )
        )
        if not leased and changes == self._changes:
            self._dry = True  # until something ends, is found, or is due again
        over = []
        queued = Counter(job.source.id for job in self._held.values())
        running = Counter(job.source.id for job in self._busy.values() if isinstance(job, PageJob))
        for link in leased:
            source = self._sources[link.link.source_id]
            job = PageJob(source, link, revisiting(link, now))
            ahead = self.tallies[source.id].taken + queued[source.id] - running[source.id]
            if ahead >= self._budget(source):
                over.append(link.key)
                continue
            queued[source.id] += 1
            self._held[link.key] = job
            self._queues.setdefault(job.host, deque()).append(job)
        if over:
            self._scribe.post(lambda: self._book.return_links(over, self._owner))
        return self._dry

    def _pending(self) -> bool:
        """Whether something may be tried again within the patience of this run."""
        limit = time.monotonic() + self._terms.patience_s
        return any(at <= limit for at in self._again.values())

    def _nap_s(self) -> float:
        next_at = min(self._again.values(), default=time.monotonic() + _TICK_S)
        return min(max(next_at - time.monotonic(), 0.005), _TICK_S)

    def _free(self, job: Job) -> None:
        self._busy.pop(job.host, None)
        self._changed()

    def _changed(self) -> None:
        self._changes += 1
        self._dry = False
        self._wake.set()

    def _give_back(self, job: PageJob) -> None:
        key = job.leased.key
        if self._held.pop(key, None) is not None:
            self._scribe.post(lambda: self._book.return_links([key], self._owner))

    # -- listings --------------------------------------------------------------------------------------

    def _due(self, source: Source, entry: EntryPoint, now: datetime) -> ListingJob | None:
        state = self._book.entry_state(source.id, entry.url)
        self._dues[source.id, entry.url] = state.next_due_at
        if not self._terms.force and not is_due(state, now):
            return None
        return self._listing(source, entry.url, Via(entry.kind), state, entry=entry)

    def _listing(
        self,
        source: Source,
        url: str,
        via: Via,
        state: EntryState,
        *,
        depth: int = 0,
        entry: EntryPoint | None = None,
        keep_state: bool = True,
    ) -> ListingJob:
        headers = conditional(state, self._now()) if keep_state else {}
        return ListingJob(source, url, state.moved_to or url, via, headers, state, depth, entry, keep_state)

    def _enqueue_listing(self, visit: Visit, job: ListingJob) -> None:
        key = url_key(job.url)
        if key in visit.seen:
            return
        visit.seen.add(key)
        visit.open += 1
        self._queues.setdefault(job.host, deque()).append(job)

    async def listing_answered(
        self, job: ListingJob, *, status: int, header: Header, body: bytes, final_url: str, permanent: bool
    ) -> None:
        """An entry point has answered; *permanent*: every hop on the way was a 301 or 308."""
        visit = self._visits[job.source.id]
        try:
            await self._listing_answered(visit, job, status, header, body, final_url, permanent)
        finally:
            self._listing_over(visit, job)

    async def _listing_answered(
        self,
        visit: Visit,
        job: ListingJob,
        status: int,
        header: Header,
        body: bytes,
        final_url: str,
        permanent: bool,
    ) -> None:
        now = self._now()
        tally = self.tallies[job.source.id]
        if status == 304 and job.headers:
            self._unchanged(visit, job, job.state.etag, job.state.last_modified, job.state.body_sha256, now)
            return
        judgement = judge(status, header, len(body))
        if judgement.do is not Do.KEEP:
            if judgement.blocked or status in (401, 403):
                visit.blocked += 1
            if status == 410:
                tally.events["retired"] += 1
            self._listing_failed(visit, job, judgement.kind, f"status {status}", status)
            return
        digest = sha256(body).hexdigest()
        etag, modified = header("etag"), header("last-modified")
        if job.keep_state and digest == job.state.body_sha256:
            self._unchanged(visit, job, etag, modified, digest, now, status=200)
            return
        found = await asyncio.to_thread(
            _discover,
            body,
            kind=job.via,
            url=final_url,
            content_type=header("content-type"),
            source=job.source,
            now=now,
            entry=job.entry,
            leads=self._leads.values(),
        )
        for problem in found.problems:
            tally.events[problem.partition(":")[0]] += 1
        if not found.links and not found.children and not _may_be_empty(job.via, found.problems):
            # A page where a feed was (consent, maintenance): the items known so far stay untouched.
            self._listing_failed(visit, job, "not_a_listing", found.problems[0], status)
            return
        new, known = await self._take_links(visit, job, found, now)
        self._take_children(visit, job, found, new, known)
        visit.ok += 1
        if job.keep_state:
            moved = final_url if permanent and final_url != job.url else job.state.moved_to
            if moved != job.state.moved_to:
                tally.events["moved"] += 1
            last = job.state.last_fetched_at
            since_s = None if last is None else max(0.0, (now - last).total_seconds())
            turnover_s = turnover(found.links, now, job.state.turnover_s, since_s)
            interval = interval_after(
                job.state.interval_s,
                new=new,
                known=known,
                shortest_s=self._terms.poll_min_s,
                longest_s=self._longest_s(job),
                turnover_s=turnover_s,
            )
            self._save(job, now, interval, 200, etag, modified, digest, moved, turnover_s)
        self._tell("listing", job.source.id, job.url, status=status, links=len(found.links), new=new)

    def _unchanged(
        self,
        visit: Visit,
        job: ListingJob,
        etag: str | None,
        modified: str | None,
        digest: str | None,
        now: datetime,
        status: int = 304,
    ) -> None:
        self.tallies[job.source.id].not_modified += 1
        visit.ok += 1
        visit.overlaps = True
        interval = interval_after(
            job.state.interval_s,
            new=0,
            known=1,
            shortest_s=self._terms.poll_min_s,
            longest_s=self._longest_s(job),
            turnover_s=job.state.turnover_s,
        )
        self._save(
            job, now, interval, status, etag, modified, digest, job.state.moved_to, job.state.turnover_s
        )
        if job.via in (Via.SITEMAP, Via.NEWS_SITEMAP):
            self._known_children(visit, job, now)
        self._tell("listing", job.source.id, job.url, status=304)

    @property
    def _rest_s(self) -> float:
        """The longest pause of a listing that fails, or that only another one led to."""
        return max(self._terms.poll_max_s, REST_S)

    def _longest_s(self, job: ListingJob) -> float:
        return self._rest_s if job.entry is None else self._terms.poll_max_s

    def _known_children(self, visit: Visit, job: ListingJob, now: datetime) -> None:
        """An unchanged index says nothing of the sitemaps that it lists: ask those known to live."""
        configured = {entry.url for entry in job.source.entry_points}
        if job.depth or job.url not in configured:
            return
        for state in self._book.entry_states(job.source.id):
            if state.url in configured or state.last_fetched_at is None:
                continue
            due = self._terms.force or is_due(state, now)
            resting = (state.interval_s or 0) >= REST_S
            if due and not resting and visit.children < MAX_CHILDREN:
                visit.children += 1
                self._enqueue_listing(visit, self._listing(job.source, state.url, job.via, state, depth=1))

    async def _take_links(
        self, visit: Visit, job: ListingJob, found: Discovered, now: datetime
    ) -> tuple[int, int]:
        """Put the links into the frontier; how many were new and how many known."""
        source, tally = job.source, self.tallies[job.source.id]
        verdicts: dict[str, Reason] = {}
        for link in found.links:
            # A lead is the outlet's own matter, not the aggregator's.
            owner = self._leads.get(link.source_id, source)
            reason = verdict(link, owner, self._watchwords, visit.window_start)
            if reason is not None:
                verdicts[link.url] = reason
        if job.via in (Via.SITEMAP, Via.NEWS_SITEMAP):
            verdicts |= _flood(found.links, verdicts, 2 * self._budget(source))
        counts = await self._scribe.do(lambda: self._book.add_links(found.links, now, verdicts=verdicts))
        new, known = counts["new"], counts["known"]
        tally.new += new
        tally.known += known
        # A feed and a sitemap show the same links: each counts once, also when it is passed over, since that
        # count is the denominator of shares of coverage.
        first_seen = {link.url for link in found.links} - visit.listed
        visit.listed |= first_seen
        passed = [reason.value for url, reason in verdicts.items() if url in first_seen]
        tally.found += len(first_seen)
        tally.passed += len(passed)
        tally.rejected.update(passed)
        visit.overlaps = visit.overlaps or known > 0 or new == 0
        earliest = oldest(found.links, now)
        if earliest is not None:
            visit.oldest_at = min(earliest, visit.oldest_at or earliest)
        self._changed()
        return new, known

    def _take_children(self, visit: Visit, job: ListingJob, found: Discovered, new: int, known: int) -> None:
        """Queue the listings that this one points to, within depth, window and budget."""
        if not found.children or job.depth + 1 > MAX_DEPTH:
            return
        is_sitemap = job.via in (Via.SITEMAP, Via.NEWS_SITEMAP)
        if not is_sitemap and found.links and not new:
            return  # nothing new on this page: the older ones hold nothing new either
        from crawlers.discovery import in_window  # see _discover

        for child in found.children:
            if not in_window(child, visit.window_start):
                continue
            if visit.children >= MAX_CHILDREN:
                self.tallies[job.source.id].events["children_cut"] += 1
                return
            state = self._book.entry_state(job.source.id, child.url)
            seen_at = state.last_fetched_at
            if is_sitemap and child.lastmod and seen_at and child.lastmod <= seen_at and state.failures == 0:
                continue
            visit.children += 1
            self._enqueue_listing(
                visit,
                self._listing(
                    job.source,
                    child.url,
                    job.via,
                    state,
                    depth=job.depth + 1,
                    entry=None if is_sitemap else job.entry,
                    keep_state=is_sitemap,
                ),
            )

    def listing_failed(self, job: ListingJob, kind: str, detail: str) -> None:
        """An entry point brought no answer."""
        visit = self._visits[job.source.id]
        if kind == "robots":
            visit.refused += 1
        elif kind == "paused" and "blocked" in detail:
            visit.blocked += 1
        if kind == "stopped":
            visit.reasons.append("ended early")
        else:
            self._listing_failed(visit, job, kind, detail, None)
        self._listing_over(visit, job)

    def _listing_failed(
        self, visit: Visit, job: ListingJob, kind: str, detail: str, status: int | None
    ) -> None:
        now = self._now()
        visit.failed += 1
        visit.reasons.append(f"{job.url}: {kind}: {detail}"[:300])
        self.tallies[job.source.id].errors[kind] += 1
        self._emit(
            {
                "event": "listing_failed",
                "source": job.source.id,
                "url": job.url,
                "kind": kind,
                "detail": detail[:200],
            }
        )
        if not job.keep_state:
            return
        interval = interval_after_failure(
            job.state.interval_s, shortest_s=self._terms.poll_min_s, longest_s=self._rest_s
        )
        due = now + timedelta(seconds=interval)
        if (pause := self._hosts.paused(job.host)) is not None:
            due = max(due, pause[0])
        if status == 410:
            due = now + RETIRED
        self._keep(
            job,
            replace(
                job.state,
                next_due_at=due,
                interval_s=interval,
                failures=job.state.failures + 1,
                last_status=status,
                # A moved feed that fails is next asked for where it was.
                moved_to=None,
            ),
        )

    def _save(
        self,
        job: ListingJob,
        now: datetime,
        interval: float,
        status: int,
        etag: str | None,
        modified: str | None,
        digest: str | None,
        moved: str | None,
        turnover_s: float | None,
    ) -> None:
        self._keep(
            job,
            replace(
                job.state,
                etag=etag,
                last_modified=modified,
                body_sha256=digest,
                next_due_at=now + timedelta(seconds=interval),
                interval_s=interval,
                failures=0,
                last_status=status,
                last_fetched_at=now,
                moved_to=moved,
                turnover_s=turnover_s,
            ),
        )

    def _keep(self, job: ListingJob, state: EntryState) -> None:
        fence = self._hosts.fence(job.host)
        self._dues[state.source_id, state.url] = state.next_due_at
        self._post_fenced(job, lambda: self._book.save_entry_state(state, fence=fence))

    def _post_fenced(self, job: Job, call: Callable[[], object]) -> None:
        """Have *call* written, unless another process has taken the host: then it is that one's to say."""

        def write() -> None:
            try:
                call()
            except LeaseLost:
                self.tallies[job.source.id].events["lease_lost"] += 1

        self._scribe.post(write)

    def _listing_over(self, visit: Visit, job: ListingJob) -> None:
        visit.open -= 1
        if not visit.open:
            self._end_visit(job.source, visit)
        self._free(job)

    def _set_due(self, source: Source) -> None:
        dues = (self._dues.get((source.id, entry.url)) for entry in source.entry_points)
        self.tallies[source.id].next_due_at = min((at for at in dues if at is not None), default=None)

    def _end_visit(self, source: Source, visit: Visit) -> None:
        self._visits.pop(source.id, None)
        self._set_due(source)
        now, tally = self._now(), self.tallies[source.id]
        troubles = visit.failed or visit.open
        refused = bool(visit.refused) and not visit.ok and visit.refused == visit.failed
        outcome: Outcome
        if visit.ok:
            outcome = "partial" if troubles else "ok"
        elif not visit.failed:
            outcome = "interrupted"  # by us, before anything was answered: it says nothing of the outlet
        else:
            outcome = "refused" if refused else "blocked" if visit.blocked else "failed"
        span = None
        if visit.ok:
            span = covered(
                now=visit.started_at,
                window_start=visit.window_start,
                seen_to=visit.seen_to,
                overlaps=visit.overlaps,
                oldest_at=visit.oldest_at,
            )
        counts = {
            "found": tally.found,
            "new": tally.new,
            "known": tally.known,
            "passed": tally.passed,
            "not_modified": tally.not_modified,
            "errors": sum(tally.errors.values()),
        }
        reason = "; ".join(visit.reasons)[:1000] or None
        if refused:
            reason = "robots.txt forbids every entry point"
        if self._keep_visit is not None:
            # Before the ledger, as with pages: a replay of the archive knows of no fewer visits than it.
            self._keep_visit(
                {
                    "source_id": source.id,
                    "started_at": visit.started_at.isoformat(),
                    "ended_at": now.isoformat(),
                    "outcome": outcome,
                    "counts": counts,
                    "covered": [at.isoformat() for at in span] if span else None,
                    "reason": reason,
                }
            )
        due = tally.next_due_at
        self._scribe.post(lambda: self._book.end_visit(visit.id, now, outcome, counts, span, reason, due))

    # -- pages -----------------------------------------------------------------------------------------

    async def page_answered(self, job: PageJob, page: FetchedPage) -> bool:
        """Whether *page* is to be kept (archived and handed to the reader); else it is booked here."""
        if page.status == 304 and job.headers:
            await self._not_modified(job, page.fetched_at)
            return False
        judgement = judge(page.status, page.header, len(page.body))
        if judgement.do is Do.KEEP:
            return True
        if page.status in (404, 410) and self._is_article(job.link.url):
            return True  # its removal is news: the reader makes a tombstone of it
        await self._book_trouble(job, judgement, f"status {page.status}")
        return False

    async def _not_modified(self, job: PageJob, at: datetime) -> None:
        fence, tally = self._hosts.fence(job.host), self.tallies[job.source.id]
        try:
            await self._scribe.do(lambda: self._book.not_modified(job.leased.key, at, fence=fence))
        except LeaseLost:
            tally.events["lease_lost"] += 1
        else:
            tally.not_modified += 1
            self._tell("not_modified", job.source.id, job.link.url)
        self._held.pop(job.leased.key, None)
        self._free(job)

    def _is_article(self, url: str) -> bool:
        find = getattr(self._book, "find_by_key", None)
        return find is not None and find(url_key(url)) is not None

    async def page_failed(self, job: PageJob, kind: str, detail: str) -> None:
        """A page brought no answer."""
        if kind == "stopped":
            self._give_back(job)
            self._free(job)
            return
        await self._book_trouble(job, judge_failure(kind), detail)

    async def _book_trouble(self, job: PageJob, judgement: Judgement, detail: str) -> None:
        leased, now, fence = job.leased, self._now(), self._hosts.fence(job.host)
        tally = self.tallies[job.source.id]
        do, url = judgement.do, job.link.url
        if do is Do.RETRY_ONCE:
            do = Do.RETRY if leased.attempts < 1 else Do.REJECT
        host_down = do is Do.WAIT and (not judgement.kind or self._hosts.strikes(job.host) > 1)
        self._held.pop(leased.key, None)
        ended: Reason | None = None
        if do is Do.REJECT:
            ended = judgement.reason
            said = f"{judgement.kind}: {detail}" if judgement.kind else detail
            rejection = Rejection(judgement.reason, url, said[:500])
            self._post_fenced(job, lambda: self._book.reject_link(leased.key, rejection, now, fence=fence))
        elif host_down:
            # The host's trouble, not the page's: it keeps its tries until the host answers again.
            self._scribe.post(lambda: self._book.return_links([leased.key], self._owner))
            self._await_pause(job.host)
        else:
            pause = self._hosts.paused(job.host)
            at = (
                pause[0]
                if pause is not None
                else now + back_off(leased.attempts, self._terms.back_off_s, self._rng)
            )
            try:
                if self._book.retry(leased.key, judgement.kind, now, at, fence=fence):
                    self._again[leased.key] = time.monotonic() + (at - now).total_seconds() + 0.01
                else:
                    ended = Reason.UNREACHABLE
            except LeaseLost:
                tally.events["lease_lost"] += 1
        if ended is not None:
            tally.rejected[ended.value] += 1  # by its reason alone
        elif judgement.kind:
            tally.errors[judgement.kind] += 1
        self._return_queue_of_paused(job.host)
        self._emit(
            {
                "event": "page_failed",
                "source": job.source.id,
                "url": job.link.url,
                "kind": judgement.kind or detail[:60],
            }
        )
        self._free(job)

    def _await_pause(self, host: str) -> None:
        pause = self._hosts.paused(host)
        if pause is not None:
            self._again[f"host {host}"] = time.monotonic() + (pause[0] - self._now()).total_seconds() + 0.01

    def _return_queue_of_paused(self, host: str) -> None:
        """Links queued here for a host that is now paused go back to the frontier."""
        if self._hosts.paused(host) is None:
            return
        self._await_pause(host)
        queue = self._queues.get(host)
        if not queue:
            return
        kept: deque[Job] = deque()
        for job in queue:
            if isinstance(job, PageJob):
                self._give_back(job)
            else:
                kept.append(job)
        self._queues[host] = kept

    async def captured(self, job: PageJob, page: FetchedPage) -> None:
        """The page lies in the archive: book it."""
        fence, tally = self._hosts.fence(job.host), self.tallies[job.source.id]
        try:
            await self._scribe.do(lambda: self._book.captured(job.leased.key, page, fence=fence))
        except LeaseLost:
            tally.events["lease_lost"] += 1
        else:
            tally.fetched += 1
            self._tell("fetched", job.source.id, job.link.url, status=page.status)
        self._held.pop(job.leased.key, None)
        self._free(job)

    def _tell(self, event: str, source_id: str, url: str, **more: Any) -> None:
        self._emit({"event": event, "source": source_id, "url": url, **more})

    def beat(self) -> None:
        """Tell how many hosts still have work, for whoever starts the next process when few do."""
        active = len(set(self._busy) | {host for host, queue in self._queues.items() if queue})
        if active != self._told_active:
            self._told_active = active
            self._emit({"event": "active", "hosts": active})

    def count_event(self, source_id: str, word: str) -> None:
        self.tallies[source_id].events[word] += 1


def _discover(body: bytes, *, leads: Collection[Source], **more: Any) -> Discovered:
    """:func:`crawlers.discovery.discover`, imported while the first answers are under way: it takes 0.4 s."""
    from crawlers.discovery import discover, own_hosts

    outlets = {host: source.id for source in leads for host in own_hosts(source)}
    return discover(body, outlets=outlets, **more)


def _may_be_empty(via: Via, problems: Collection[str]) -> bool:
    """Whether a body without links can be a listing that has nothing to show.

    A news sitemap holds two days, a search what it finds: both are rightly empty on quiet days.  A feed that
    lists nothing, or a page of another kind, tells nothing of what the outlet published.
    """
    kinds = {problem.partition(":")[0] for problem in problems}
    quiet = via in (Via.NEWS_SITEMAP, Via.WORDPRESS, Via.GDELT) and "empty: an empty body" not in problems
    return not kinds & {"wrong_type", "refused"} and ("empty" not in kinds or quiet)


def _flood(links: Sequence[Link], verdicts: Mapping[str, Reason], most: int) -> dict[str, Reason]:
    """Verdicts for undated links of a sitemap beyond *most*: their age cannot be told, so a part must do.

    The first and the last ones are taken, as sitemaps are written newest first or newest last.
    """
    undated = [
        link.url
        for link in links
        if link.url not in verdicts and link.hint.published_at is None and link.hint.modified_at is None
    ]
    half = max(most // 2, 1)
    return dict.fromkeys(undated[half:-half] if len(undated) > 2 * half else (), Reason.BUDGET)
