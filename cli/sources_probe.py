"""``marsad sources test``: visit outlets and say what each of their entry points gives."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from cli.context import NOTHING_FOUND, OK, PARTIAL, current, say
from cli.rows import in_local_time
from config.wording import counted

if TYPE_CHECKING:
    from config.model import Source


@click.command()
@click.argument("ids", nargs=-1, required=True, metavar="ID...")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
def test(ids: tuple[str, ...], as_json: bool) -> None:
    """Visit outlets and say what each entry point gives, storing nothing.

    Asks as politely as a crawl: robots.txt first, one request at a time, the delay of the host between.
    Of an index of sitemaps the newest child is looked at as well.  Disabled outlets are not visited.

    \b
    Exit codes: 0 every entry point answered and one gave items · 1 some failed · 3 none gave an item

    \b
    Example:
      marsad sources test hespress le360
    """
    from crawlers.probe import ProbeError, probe

    sources = [_source(name) for name in dict.fromkeys(ids)]
    asked = [source for source in sources if source.enabled and source.entry_points]
    reports: dict[str, list[dict[str, Any]]] = {source.id: [] for source in sources}
    fault = above = None
    try:
        for row in probe(current().config, asked) if asked else ():
            reports[row["source"]].append(row)
            if not as_json:
                if row["source"] != above:
                    above = row["source"]
                    click.echo(_heading(current().config.sources[above]))
                click.echo(in_local_time(current(), _told(row)))
    except ProbeError as error:
        fault = str(error)
    if as_json:
        told = [_as_dict(source, reports[source.id]) for source in sources]
        click.echo(json.dumps({"sources": told}, ensure_ascii=False, indent=2))
    for source in sources:
        if source not in asked:
            say(f"{source.id}: not visited, {_why_not(source)}")
    if fault:
        say(fault)
    raise SystemExit(_exit_code([row for rows in reports.values() for row in rows], fault))


def _source(name: str) -> Source:
    from config.faults import nearest

    catalogue = current().config.sources
    if name not in catalogue:
        near = nearest(name, catalogue)
        raise click.UsageError(f"no outlet {name!r}" + (f"; did you mean {near!r}?" if near else ""))
    return catalogue[name]


def _why_not(source: Source) -> str:
    return f"disabled: {source.reason}" if not source.enabled else "it has no entry point"


def _exit_code(rows: list[dict[str, Any]], fault: str | None) -> int:
    if not any(row["items"] for row in rows):
        return NOTHING_FOUND
    return PARTIAL if fault or any(row["error"] for row in rows) else OK


def _as_dict(source: Source, rows: list[dict[str, Any]]) -> dict[str, Any]:
    entries = [{key: value for key, value in row.items() if key != "source"} for row in rows]
    return {"source": source.id, "enabled": source.enabled, "reason": source.reason, "entry_points": entries}


def _heading(source: Source) -> str:
    return f"{source.id}  {' · '.join(dict.fromkeys(source.name.values()))}  {source.homepage}"


def _told(row: dict[str, Any]) -> str:
    """One entry point in a few lines."""
    lines = [f"  {row['kind']}  {row['url']}" + ("  (newest of the index)" if row["listed_by"] else "")]
    if row["status"] is not None:
        size = f"{row['bytes'] / 1024:.0f} KB" if row["bytes"] else "empty"
        lines.append(f"    {row['status']}  {row['content_type'] or 'no content type'}  {size}")
    if row["final_url"] not in (None, row["url"]):
        lines.append(f"    led to {row['final_url']}")
    if row["error"]:
        lines.append(f"    failed: {row['error']['kind']}: {row['error']['detail']}")
    else:
        lines.append(f"    {_counts(row)}")
        lines += [f"      - {title}" for title in row["titles"]]
    lines += [f"    ! {problem}" for problem in row["problems"]]
    return "\n".join(lines)


def _counts(row: dict[str, Any]) -> str:
    parts = [counted(row["items"], "item")]
    if row["items"]:
        parts.append(f"{row['taken']} would be fetched")
        parts += [f"{row[key]} {key.replace('_', ' ')}" for key in ("too_old", "not_matching") if row[key]]
    if row["children"]:
        parts.append(counted(row["children"], "further listing"))
    if row["newest"]:
        parts.append(f"newest {row['newest']}")
    return " · ".join(parts)
