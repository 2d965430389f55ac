"""The health job: judges every source, keeps what it found, and tells what changed."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from itertools import groupby

import structlog

from config.loader import Config
from scheduler.alerts import AlertFailed, lines, tell
from scheduler.health import NO_PAST, WEEKS, gaps_of, judge, judge_indexing, past
from store.health import INDEXING, Gap, Health, HealthChange, State
from store.ledger import Ledger
from store.states import SOURCE

_PUBLISHED_EVERY = timedelta(hours=1)
"""How often what Kibana shows of the crawl is written where nothing has changed."""

log = structlog.get_logger("marsad.health")


def survey(
    config: Config, ledger: Ledger, now: datetime, only: str | None = None
) -> list[tuple[Health, list[Gap]]]:
    """What is to be said of every enabled source (or *only* of one) at *now*, and what was not collected."""
    since = now - timedelta(weeks=WEEKS, days=2)
    visits = {
        name: list(some)
        for name, some in groupby(ledger.visits_since(since, only), key=lambda visit: visit.source_id)
    }
    states = {state.source_id: state for state in ledger.source_states()}
    coverage, blocks, jobs = ledger.coverage(), ledger.blocks(now), ledger.job_states()
    found = []
    for source in config.sources.values():
        if not source.enabled or only not in (None, source.id):
            continue
        state, entries = states.get(source.id), ledger.entry_states(source.id)
        mine = visits.get(source.id, [])
        before = past(mine) if mine else NO_PAST
        one = judge(source, state, entries, before, blocks, jobs.get(SOURCE + source.id), now)
        first_at = state.first_visited_at if state else None
        pause_s = min((entry.interval_s for entry in entries if entry.interval_s), default=0.0)
        found.append((one, gaps_of(source.id, coverage.get(source.id, []), mine, first_at, now, pause_s)))
    return found


def indexing(ledger: Ledger, now: datetime) -> Health:
    """What is to be said of the indexing at *now*."""
    job = ledger.job_states().get("outbox")
    return judge_indexing(ledger.queues(), ledger.failures("outbox"), job, now)


def check(config: Config, ledger: Ledger, now: datetime, stop: Callable[[], bool]) -> list[HealthChange]:
    """Judge every source and the indexing; keep that, log each change, tell ``alerts.command``; the changes.

    What the command could not be told, *stop* having ended it perhaps, is told with the next changes.
    """
    found = survey(config, ledger, now)
    for one, gaps in found:
        ledger.set_gaps(one.source_id, gaps)
    judged, index = [one for one, _ in found], indexing(ledger, now)
    if index.state != State.OK or INDEXING in ledger.health():  # what never failed is not spoken of
        judged.append(index)
    changes = ledger.judged(judged, now)
    news = _news(changes)
    for text in lines([change for change in news if change.source_id != INDEXING]):
        log.warning("source_changed", change=text)
    for text in lines([change for change in news if change.source_id == INDEXING]):
        log.warning("indexing_changed", change=text)
    _tell(config, ledger, now, stop)
    if config.settings["index.engine"] == "elasticsearch":
        from search.engine import EngineError

        try:
            publish(config, ledger, now, found, timedelta(0) if changes else _PUBLISHED_EVERY)
        except EngineError as fault:  # what Kibana shows is a copy: sources are judged without it
            log.warning("health_not_published", fault=str(fault))
    return changes


def publish(
    config: Config,
    ledger: Ledger,
    now: datetime,
    found: Sequence[tuple[Health, Sequence[Gap]]] | None = None,
    unless_within: timedelta = timedelta(0),
) -> int:
    """Write how sources are, their gaps and visits to the server of the index; how many documents that are.

    *found* is the :func:`survey` where there is one.  Raises :class:`search.engine.EngineError` where that is
    not possible.
    """
    from search.elasticsearch import health

    visits = ledger.visits_since(now - timedelta(weeks=health.WEEKS))
    judged = survey(config, ledger, now) if found is None else found
    told_of = health.documents(config.sources, judged, visits, now)
    return health.publish(config, told_of, now, unless_within=unless_within)


def _news(changes: Sequence[HealthChange]) -> list[HealthChange]:
    """Without those from one good state to another: nobody is to be called for them."""
    good = {None, "ok", "quiet"}
    return [change for change in changes if not {change.was, change.state} <= good]


def _tell(config: Config, ledger: Ledger, now: datetime, stop: Callable[[], bool]) -> None:
    untold = ledger.untold_changes()
    news = _news(untold)
    command = config.settings["alerts.command"].strip()
    if news and command:
        try:
            tell(command, news, os.environ, stop)
        except AlertFailed as fault:
            log.error("alert_failed", fault=str(fault), changes=len(news))
            return
    if untold:
        ledger.told(untold, now)
