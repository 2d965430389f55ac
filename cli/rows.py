"""Rows of an answer: JSON for programs, CSV for spreadsheets, a table for people."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import click

from cli.context import App, say


def formats(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options ``--json`` and ``--csv`` of *command*."""
    command = click.option("--csv", "as_csv", is_flag=True, help="Rows as CSV.")(command)
    return click.option("--json", "as_json", is_flag=True, help="One JSON object (docs/output.md).")(command)


def print_rows(
    app: App,
    name: str,
    rows: Sequence[Mapping[str, Any]],
    shown: Sequence[str],
    *,
    as_json: bool,
    as_csv: bool,
) -> None:
    """*rows* under the key *name* of one JSON object, as CSV with all their plain keys, or as a table of the
    columns *shown*."""
    if as_json:
        app.print_json({name: list(rows)})
    elif as_csv:
        click.echo(_csv(rows), nl=False)
    else:
        told = [{key: _for_people(app, key, value) for key, value in row.items()} for row in rows]
        for line in (*app.banner(), *table(told, shown)):
            click.echo(line)


_IDS = frozenset({"story_id", "communique_id", "rumour_id"})
_BEGINNING = 8
"""So much of an id says which it is, and every command and query takes it."""


def _for_people(app: App, key: str, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    return value[:_BEGINNING] if key in _IDS else in_local_time(app, value)


# -- times: one way to write them for programs, one for people ---------------------------------------------

_STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|\+00:00)")


def iso(at: datetime) -> str:
    """*at* for programs: ISO 8601 in UTC, to the second."""
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def local(app: App, at: datetime | str) -> str:
    """*at* (or its :func:`iso`) for people: the newsroom's time (``index.time_zone``), to the minute."""
    from config.zones import zone

    if isinstance(at, str):
        at = datetime.fromisoformat(at)
    return at.astimezone(zone(app.config.settings["index.time_zone"])).strftime("%Y-%m-%d %H:%M")


def in_local_time(app: App, text: str) -> str:
    """*text* for people: every instant in it that is written as programs read it is :func:`local`."""
    return _STAMP.sub(lambda found: local(app, found[0]), text)


def say_zone(app: App) -> None:
    """Say which zone the times of an answer are of, where the reader may think of the server's."""
    say(f"times: {app.config.settings['index.time_zone']}")


def table(rows: Sequence[Mapping[str, Any]], shown: Sequence[str]) -> list[str]:
    """Aligned columns, the last one as long as it is; numbers stand to the right."""
    cells = [[_cell(row.get(key)) for key in shown] for row in rows]
    widths = [max(map(len, column)) for column in zip(shown, *cells, strict=True)]
    out = []
    for line, row in ((list(shown), None), *zip(cells, rows, strict=True)):
        parts = [
            cell.rjust(width) if row and isinstance(row.get(key), int | float) else cell.ljust(width)
            for cell, width, key in zip(line, widths, shown, strict=True)
        ]
        out.append("  ".join(parts).rstrip())
    return out


def _cell(value: Any) -> str:
    match value:
        case None:
            return "–"
        case list() | tuple():
            return ", ".join(map(str, value))
        case float():
            return f"{value:g}"
        case _:
            return " ".join(str(value).split())


def _csv(rows: Sequence[Mapping[str, Any]]) -> str:
    from search.export import cell

    plain = [{key: value for key, value in row.items() if not _is_nested(value)} for row in rows]
    columns = list(dict.fromkeys(key for row in plain for key in row))
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(columns)
    for row in plain:
        writer.writerow([cell(row.get(key)) for key in columns])
    return "\ufeff" + buffer.getvalue()


def _is_nested(value: Any) -> bool:
    return isinstance(value, dict) or (
        isinstance(value, list) and any(isinstance(one, dict) for one in value)
    )


def lasting(seconds: float | None) -> str:
    """A span for a person: ``45 min``, ``3 h 20 min``, ``2 d 4 h``; ``–2 h`` of a time before."""
    if seconds is None:
        return "–"
    if seconds < 0:
        return f"–{lasting(-seconds)}"
    minutes = round(seconds / 60)
    days, minutes = divmod(minutes, 24 * 60)
    hours, minutes = divmod(minutes, 60)
    parts = [(days, "d"), (hours, "h"), (minutes, "min")]
    told = [f"{number} {unit}" for number, unit in parts if number]
    return " ".join(told[:2]) or "0 min"
