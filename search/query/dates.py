"""Dates as a query says them: periods of the calendar, resolved only when the query runs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from config.fold import fold

_CALENDAR = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?")
_AGO = re.compile(r"(\d{1,6})([hdwmy])")
_MOST = {"h": 100_000, "d": 36_500, "w": 5_200, "m": 1_200, "y": 100}
_NAMED = {"today": 0, "yesterday": 1}


@dataclass(frozen=True, slots=True)
class Period:
    """``start <= instant < end``, aware UTC."""

    start: datetime
    end: datetime


def spelled(text: str) -> str | None:
    """*text* as a date in its one spelling (``2026-1-5`` → ``2026-01-05``), or ``None`` if it is none."""
    text = fold(text)
    if text in _NAMED:
        return text
    if ago := _AGO.fullmatch(text):
        count = int(ago[1])
        return f"{count}{ago[2]}" if 0 < count <= _MOST[ago[2]] else None
    match = _CALENDAR.fullmatch(text)
    if match is None:
        return None
    year, month, day = match.groups()
    if not 1900 <= int(year) <= 2200:
        return None
    try:
        date(int(year), int(month or 1), int(day or 1))
    except ValueError:
        return None
    return "-".join(part.zfill(2) for part in (year, month, day) if part)


def period(text: str, now: datetime, zone: tzinfo) -> Period:
    """The period that *text* (as :func:`spelled`) names for a reader in *zone* at *now*.

    ``7d``, ``2w``, ``3m``, ``1y`` name the local day that lies so far back, ``24h`` the instant.
    """
    if match := _CALENDAR.fullmatch(text):
        year, month, day = (int(part) if part else None for part in match.groups())
        first = date(year or 1, month or 1, day or 1)
        after = (
            first + timedelta(days=1)
            if day
            else _months_later(first, 1)
            if month
            else _months_later(first, 12)
        )
        return Period(_midnight(first, zone), _midnight(after, zone))
    if (ago := _AGO.fullmatch(text)) and ago[2] == "h":
        instant = now.astimezone(UTC) - timedelta(hours=int(ago[1]))
        return Period(instant, instant)
    today = now.astimezone(zone).date()
    if ago:
        count = int(ago[1])
        if ago[2] in "dw":
            first = today - timedelta(days=count * (7 if ago[2] == "w" else 1))
        else:
            first = _months_later(today, -count * (12 if ago[2] == "y" else 1))
    else:
        first = today - timedelta(days=_NAMED[text])
    return Period(_midnight(first, zone), _midnight(first + timedelta(days=1), zone))


def _midnight(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _months_later(day: date, months: int) -> date:
    """The same day of another month, or its last day where it has no such day."""
    month = day.year * 12 + day.month - 1 + months
    year, month = divmod(month, 12)
    for last in range(day.day, 27, -1):
        try:
            return date(year, month + 1, last)
        except ValueError:
            continue
    return date(year, month + 1, day.day)


def is_calendar(text: str) -> bool:
    """Whether *text* (as :func:`spelled`) names the same period on every day it is read."""
    return _CALENDAR.fullmatch(text) is not None
