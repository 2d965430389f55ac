"""How sources and the machine are: ``health``, ``sources list --health``, ``sources show``."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

from cli.context import PARTIAL, USAGE, App, current, say
from cli.rows import in_local_time, iso, lasting, print_rows, say_zone
from config.wording import counted

if TYPE_CHECKING:
    from config.model import Source
    from store.health import Gap, Health, HealthChange
    from store.ledger import Ledger

LAST_RUNS = timedelta(days=8)
"""How long the last run of a job counts that has not run again."""


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object (docs/output.md).")
def health(as_json: bool) -> None:
    """Say whether anything needs a person; exit 1 where something does.

    Looks at the scheduler, its runs, the queues, the disk and every source, and asks nobody outside.

    \b
    Examples:
      marsad health
      marsad health --json > /run/marsad.json || alert
    """
    app = current()
    app.require_ledger()
    now = datetime.now(UTC)
    with app.ledger(create=False) as ledger:
        checks = list(_checks(app, ledger, now))
    bad = [check for check in checks if not check["ok"]]
    if as_json:
        app.print_json({"ok": not bad, "checks": checks})
    else:
        for line in app.banner():
            click.echo(line)
        for check in checks:
            click.echo(
                f"{'ok' if check['ok'] else '!!'}  {check['name']:<10}  {in_local_time(app, check['said'])}"
            )
            if check["next"]:
                click.echo(f"    {'':<10}  next: {in_local_time(app, check['next'])}")
        say_zone(app)
    if bad:
        raise SystemExit(PARTIAL)


def _checks(app: App, ledger: Ledger, now: datetime) -> Iterator[dict[str, Any]]:
    def said(name: str, ok: bool, text: str, move: str = "") -> dict[str, Any]:
        return {"name": name, "ok": ok, "said": text, "next": "" if ok else move}

    from scheduler.checkup import indexing
    from scheduler.health import STUCK
    from scheduler.jobs import jobs

    holder = ledger.lock_holder("scheduler", ledger.clock())
    yield said(
        "scheduler",
        holder is not None,
        f"runs ({holder.owner})" if holder else "does not run: nothing is started by itself",
        "marsad up",
    )
    ended = [run for job in jobs(app.config.settings) if (run := ledger.last_run(job.name)) is not None]
    last = [run for run in ended if run.started_at > now - LAST_RUNS]
    failed = [run for run in last if run.outcome in ("failed", "timeout", "killed") and run.job != "outbox"]
    yield said(
        "runs",
        not failed,
        "; ".join(f"{run.job} {run.outcome}: {run.detail or run.log}" for run in failed)
        or f"the last run of each job ended well ({counted(len(last), 'job')})",
        "read its log: marsad runs --json names it",
    )
    waits = ledger.queues()
    oldest = waits.oldest_captured_at
    stuck = oldest is not None and now - oldest > STUCK
    yield said(
        "reading",
        not stuck,
        f"{counted(waits.captured, 'page')} to be read"
        + (f", the oldest since {lasting((now - oldest).total_seconds())}" if oldest else ""),
        "see why reading fails: marsad runs --job read",
    )
    index = indexing(ledger, now)
    yield said("indexing", not index.next_move, index.reason, index.next_move)
    aside = ledger.status().frontier.get("quarantined", 0)
    yield said(
        "quarantine",
        not aside,
        f"{counted(aside, 'page')} could not be read" if aside else "no page is set aside",
        "the logs of reading name them (marsad runs --job read); once mended: marsad replay",
    )
    free_mb = shutil.disk_usage(app.data).free >> 20
    least = app.config.settings["scheduler.free_mb"]
    yield said(
        "disk",
        free_mb >= least,
        f"{free_mb} MB free at {app.data}",
        f"free some space: below {least} MB (scheduler.free_mb) nothing more is fetched",
    )
    known = [one for name, one in ledger.health().items() if name in app.config.sources]
    needy = [one for one in known if one.next_move and one.state not in ("ok", "quiet")]
    states = Counter(str(one.state) for one in known)
    worst = ", ".join(f"{one.source_id} {one.state}" for one in _worst_first(needy)[:5])
    yield said(
        "sources",
        not needy,
        (", ".join(f"{count} {state}" for state, count in states.items()) or "none judged yet")
        + (f": {worst}" + (" …" if len(needy) > 5 else "") if needy else ""),
        "marsad sources list --health",
    )


def _worst_first(found: Sequence[Health]) -> list[Health]:
    from store.health import State

    order = list(State)
    return sorted(found, key=lambda one: (-order.index(one.state), one.source_id))


def print_health(app: App, chosen: Sequence[Source], *, as_json: bool) -> None:
    """How each of *chosen* is, the worst first."""
    from scheduler.checkup import survey

    app.require_ledger()
    names = {source.id for source in chosen}
    with app.ledger(create=False) as ledger:
        kept = ledger.health()
        found = [one for one, _ in survey(app.config, ledger, datetime.now(UTC)) if one.source_id in names]
    rows = [_row(one, kept.get(one.source_id)) for one in _worst_first(found)]
    print_rows(app, "sources", rows, ("source", "state", "since", "reason"), as_json=as_json, as_csv=False)
    if not as_json:
        say_zone(app)


def _row(one: Health, kept: Health | None) -> dict[str, Any]:
    since = kept.since if kept is not None and kept.state == one.state else one.since
    return {
        "source": one.source_id,
        "state": str(one.state),
        "since": iso(since),
        "reason": one.reason,
        "next": one.next_move,
        "evidence": dict(one.evidence),
    }


@click.command("show")
@click.argument("source_id", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="One JSON object (docs/output.md).")
def show_source(source_id: str, as_json: bool) -> None:
    """Show how one outlet is: state, evidence, its last 30 days, changes and gaps.

    \b
    Example:
      marsad sources show hespress
    """
    import difflib

    from scheduler.checkup import survey
    from scheduler.health import WEEKS, line, past

    app = current()
    if source_id not in app.config.sources:
        near = difflib.get_close_matches(source_id, app.config.sources, 3, 0.5)
        hint = f" Nearest: {', '.join(near)}." if near else ""
        say(f"no source {source_id!r} among {len(app.config.sources)}.{hint} All: `marsad sources list`.")
        raise SystemExit(USAGE)
    source = app.config.sources[source_id]
    if not source.enabled:
        say(f"{source_id} is not visited, it is disabled: {source.reason}")
        raise SystemExit(USAGE)
    app.require_ledger()
    now = datetime.now(UTC)
    with app.ledger(create=False) as ledger:
        [(one, gaps)] = survey(app.config, ledger, now, source_id)
        row = _row(one, ledger.health().get(source_id))
        days = past(ledger.visits_since(now - timedelta(weeks=WEEKS), source_id))
        changes = ledger.health_changes(source_id, 5)
    marks = line(days, now.date())
    if as_json:
        app.print_json(
            {
                **row,
                "days": marks,
                "changes": [
                    {"at": iso(change.at), "was": change.was, "state": change.state, "reason": change.reason}
                    for change in changes
                ],
                "gaps": [
                    {"from": iso(gap.from_at), "to": gap.to_at and iso(gap.to_at), "reason": gap.reason}
                    for gap in gaps[-5:]
                ],
            }
        )
        return
    for text in app.banner():
        click.echo(text)
    for text in _shown(source_id, row, marks, changes, gaps[-5:]):
        click.echo(in_local_time(app, text))
    say_zone(app)


def _shown(
    source_id: str, row: dict[str, Any], marks: str, changes: Sequence[HealthChange], gaps: Sequence[Gap]
) -> Iterator[str]:
    """What is shown of a source, its times as programs read them."""
    from scheduler.health import MARKS

    yield f"{source_id}  {row['state']} since {row['since']}: {row['reason']}"
    if row["next"]:
        yield f"next       {row['next']}"
    yield f"30 days    {marks}   ({MARKS})"
    said = row["evidence"]
    for url, status in said["last_statuses"].items():
        yield f"listing    {url}  {status or 'not asked yet'}"
    yield f"last new   {said['last_new_at'] or '–'}, last visit {said['last_visited_at'] or '–'}"
    usual = said["usual"]
    span = (
        f"usual {usual['low']} to {usual['high']} (from {usual['from']})" if usual else "usual not known yet"
    )
    yield f"yesterday  {said['yesterday']['new']} new, {span}"
    for change in changes:
        yield f"changed    {iso(change.at)}  {change.was or 'new'} → {change.state}: {change.reason}"
    for gap in gaps:
        until = iso(gap.to_at) if gap.to_at else "now"
        yield f"gap        {iso(gap.from_at)} to {until}: {gap.reason}"
