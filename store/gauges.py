"""What monitoring counts again and again: each question reads an index, none reads the rows of links."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa

from store.database import Database
from store.states import LinkState
from store.tables import CAPTURED, articles, entry_points, links, outbox, revisions, runs, visits


@dataclass(frozen=True, slots=True)
class Holdings:
    """How much of everything there is."""

    articles: int
    revisions: int
    links: Mapping[str, int] = field(default_factory=dict)
    """By state; each has a number."""
    rejected: Mapping[str, int] = field(default_factory=dict)
    """Rejected links, by reason."""


@dataclass(frozen=True, slots=True)
class Queues:
    """What was fetched and is not findable yet."""

    captured: int
    """Pages to be read."""
    outbox: int
    """Articles to be indexed."""
    oldest_captured_at: datetime | None
    """When the page was fetched that waits longest."""
    oldest_queued_at: datetime | None
    """Since when the article waits that waits longest."""


class Gauges:
    """The part of the ledger that is asked by monitoring."""

    _db: Database

    def holdings(self) -> Holdings:
        """Reads three indexes from end to end: half a second for a million links."""
        by_reason = sa.select(links.c.reason, links.c.state, sa.func.count()).group_by(
            links.c.reason, links.c.state
        )
        states: dict[str, int] = dict.fromkeys(map(str, LinkState), 0)
        rejected: dict[str, int] = {}
        with self._db.reading() as connection:
            for reason, state, count in connection.execute(by_reason):
                states[state] += count
                if state == LinkState.REJECTED and reason is not None:
                    rejected[reason] = count
            return Holdings(
                articles=connection.scalar(sa.select(sa.func.count()).select_from(articles)) or 0,
                revisions=connection.scalar(sa.select(sa.func.count()).select_from(revisions)) or 0,
                links=states,
                rejected=rejected,
            )

    def queues(self) -> Queues:
        """Reads what waits, and nothing that is done."""
        # Both in one: SQLite counts alone by an index of all links.
        captured = sa.select(sa.func.count(), sa.func.min(links.c.fetched_at)).where(CAPTURED)
        with self._db.reading() as connection:
            count, oldest = connection.execute(captured).one()
            each = sa.func.count(outbox.c.article_id.distinct())  # one may be named by several rows
            queued = sa.select(each, sa.func.min(outbox.c.queued_at))
            waiting, since = connection.execute(queued.select_from(outbox)).one()
        return Queues(count, waiting, oldest, since)

    def listing_statuses(self) -> dict[tuple[str, int | None], int]:
        """By source and the status that a listing answered last (``None``: never, or with none): listings."""
        statement = sa.select(entry_points.c.source_id, entry_points.c.last_status, sa.func.count())
        with self._db.reading() as connection:
            rows = connection.execute(
                statement.group_by(entry_points.c.source_id, entry_points.c.last_status)
            ).all()
        return {(source_id, status): count for source_id, status, count in rows}

    def last_new(self, since: Mapping[str, datetime]) -> dict[str, datetime]:
        """By source: when its newest good visit after *since* (of that source) began that found a new link.

        No key where none did.
        """
        found = {}
        with self._db.reading() as connection:
            for source_id, after in since.items():
                statement = (
                    sa.select(visits.c.started_at, visits.c.counts)
                    .where(
                        visits.c.source_id == source_id,
                        visits.c.started_at > after,
                        visits.c.outcome.in_(["ok", "partial"]),
                    )
                    .order_by(visits.c.started_at.desc())
                )
                for started_at, counts in connection.execute(statement):
                    if counts and json.loads(counts).get("new"):
                        found[source_id] = started_at
                        break
        return found

    def run_outcomes(self, since: datetime) -> dict[tuple[str, str | None], int]:
        """By job and outcome (``None``: under way): how many runs began at or after *since*."""
        statement = (
            sa.select(runs.c.job, runs.c.outcome, sa.func.count())
            .where(runs.c.started_at >= since)
            .group_by(runs.c.job, runs.c.outcome)
        )
        with self._db.reading() as connection:
            return {(job, outcome): count for job, outcome, count in connection.execute(statement)}
