"""Crawl health on the server, for Kibana: what the ledger knows of sources, in an index beside the articles.

Gaps and visits are no articles.  They have an index of their own, ``marsad-health``, which the health job
writes anew once an hour and whenever a source changes.  Nothing of ours reads it, and it may be removed at
any time.
"""

from __future__ import annotations

import contextlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from search.elasticsearch.bulk import Bulk, Item
from search.elasticsearch.client import Connection
from search.engine import EngineError

if TYPE_CHECKING:
    from config import Config
    from config.model import Source
    from store.health import Gap, Health, Visited

WEEKS = 8
"""How far back gaps and visits are told."""
_MEBIBYTE = 1 << 20
_DAY = timedelta(days=1)
_FAILED = ("failed", "blocked", "refused")
_TYPES: dict[str, tuple[str, ...]] = {
    "keyword": ("what", "source", "country", "scope", "state", "next", "reason"),
    "date": ("at", "since", "written_at"),
    "long": ("visits", "failed", "new"),
    "double": ("hours",),
    "boolean": ("needy",),
}
MAPPING: dict[str, Any] = {
    "dynamic": "strict",
    "properties": {name: {"type": kind} for kind, names in _TYPES.items() for name in names},
}
"""``what`` is ``state`` (one a source, as of ``at``), ``gap`` or ``visits`` (one a source and day, UTC)."""


def index_name(index: str) -> str:
    """The index beside the articles of *index*."""
    return f"{index}-health"


def documents(
    sources: Mapping[str, Source],
    judged: Iterable[tuple[Health, Sequence[Gap]]],
    visits: Iterable[Visited],
    now: datetime,
) -> Iterator[tuple[str, dict[str, Any]]]:
    """(id, document) of everything that is to be told at *now*."""
    since = now - WEEKS * 7 * _DAY

    def of(what: str, source_id: str, at: datetime) -> dict[str, Any]:
        source = sources[source_id]
        told = {"what": what, "source": source_id, "country": source.country, "scope": source.scope}
        return told | {"at": at.isoformat(), "written_at": now.isoformat()}

    for one, gaps in judged:
        yield (
            f"state:{one.source_id}",
            of("state", one.source_id, now)
            | {
                "state": str(one.state),
                "since": one.since.isoformat(),
                "reason": one.reason,
                "next": one.next_move,
                "needy": bool(one.next_move) and one.state not in ("ok", "quiet"),
            },
        )
        lacking: defaultdict[datetime, timedelta] = defaultdict(timedelta)
        reasons: dict[datetime, str] = {}
        for gap in gaps:
            for start, end in _days(max(gap.from_at, since), min(gap.to_at or now, now)):
                day = start.replace(hour=0, minute=0, second=0, microsecond=0)
                lacking[day] += end - start
                reasons[day] = gap.reason
        for day, lacked in lacking.items():
            yield (
                f"gap:{one.source_id}:{day:%Y-%m-%d}",
                of("gap", one.source_id, day)
                | {"hours": round(lacked / timedelta(hours=1), 2), "reason": reasons[day]},
            )
    by_day: defaultdict[tuple[str, datetime], list[Visited]] = defaultdict(list)
    for visit in visits:
        if visit.source_id in sources and visit.started_at >= since:
            day = visit.started_at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
            by_day[visit.source_id, day].append(visit)
    for (source_id, day), some in by_day.items():
        yield (
            f"visits:{source_id}:{day:%Y-%m-%d}",
            of("visits", source_id, day)
            | {
                "visits": len(some),
                "failed": sum(visit.outcome in _FAILED for visit in some),
                "new": sum(visit.new for visit in some),
            },
        )


def _days(start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    """The parts of a stretch of time that lie in one day (UTC) each."""
    start = start.astimezone(UTC)
    while start < end:
        midnight = start.replace(hour=0, minute=0, second=0, microsecond=0) + _DAY
        yield start, min(midnight, end)
        start = midnight


def publish(
    config: Config,
    told_of: Iterable[tuple[str, dict[str, Any]]],
    now: datetime,
    *,
    unless_within: timedelta = timedelta(0),
) -> int:
    """Put these documents in place of what the server has; how many there are.

    Nothing is done where the server has some that were written so short a time ago.  Raises
    :class:`~search.engine.EngineError` where that is not possible.
    """
    settings = config.settings
    name = index_name(settings["elasticsearch.index"])
    with contextlib.closing(Connection(settings, "health")) as connection:
        with connection.asked() as client:
            from elasticsearch import BadRequestError

            try:
                client.indices.create(
                    index=name,
                    mappings=MAPPING,
                    settings={"number_of_shards": 1, "auto_expand_replicas": "0-1"},
                )
            except BadRequestError as fault:
                if "resource_already_exists" not in str(fault):
                    raise
            newest = client.search(index=name, size=0, aggs={"written": {"max": {"field": "written_at"}}})
        written_ms = newest["aggregations"]["written"]["value"]
        if written_ms is not None and now - datetime.fromtimestamp(written_ms / 1000, UTC) < unless_within:
            return 0
        stamp = int(now.timestamp() * 1000)
        items = [Item.index(name, identity, stamp, made) for identity, made in told_of]
        outcome = Bulk(connection, most_bytes=settings["elasticsearch.bulk_mb"] * _MEBIBYTE).send(items)
        if outcome.refused:
            raise EngineError(
                f"{name}: {next(iter(outcome.refused.values()))}. Next: remove the index {name}, "
                "it is written anew"
            )
        with connection.asked() as client:
            client.indices.refresh(index=name)
            old = {"range": {"written_at": {"lt": now.isoformat()}}}
            client.delete_by_query(index=name, query=old, conflicts="proceed", refresh=True)
        return len(items)
