"""Written dates of four languages, as the press prints them; text and a clock in, a moment out.

Nothing here knows of pages: :mod:`pipeline.extraction.published` chooses which text is the article's date.
A date that is not fully there is not completed by guessing: no year means no date (unless the weekday beside
it proves the year), a year alone is never 1 January.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from typing import Final

from config.fold import fold
from pipeline.extraction.calendar import (
    DUALS,
    HIJRI_MONTHS,
    MONTHS,
    ONES,
    UNITS,
    WEEKDAYS,
    ZONE_OFFSETS,
    hijri_to_gregorian,
)
from store.records import Moment, Precision

EARLIEST_YEAR = 1990


@dataclass(frozen=True, slots=True)
class Written:
    """One date as written, and where."""

    day: date
    clock: time | None = None
    """Wall-clock time, if one stands beside the date."""
    offset: timedelta | None = None
    """The stated distance from UTC; ``None`` = none stated."""
    precision: Precision = Precision.DAY
    flags: tuple[str, ...] = ()
    start: int = 0
    end: int = 0
    """Span in the folded text."""


def _any(words: Iterator[str] | list[str]) -> str:
    return "|".join(re.escape(word).replace(r"\ ", r"\s+") for word in sorted(words, key=len, reverse=True))


_MONTH: Final = _any(list(MONTHS))
_HIJRI: Final = _any(list(HIJRI_MONTHS))
_WEEKDAY: Final = _any(list(WEEKDAYS))
_GAP = r"[\s,،.\-–—/|()]*"
_DAY_FIRST = re.compile(
    rf"(?<![\d:./])(?P<d>\d{{1,2}})(?:er|st|nd|rd|th|º|°)?[\s\-./]*(?:de\s+|of\s+|من\s+|"
    rf"شهر\s+)*(?P<m>{_MONTH})(?![^\W\d_])\.?"
    rf"(?:\s*[/(\-]\s*(?:{_MONTH})\)?)?{_GAP}(?:del?\s+|عام\s+|سنه\s+)?(?P<y>\d{{4}}|"
    rf"'?\d{{2}}(?=[\s,،.\-–|)(]|$)(?![:h]|\s*[:h]))?(?!\d)"
)
_MONTH_FIRST = re.compile(
    rf"(?<![^\W_])(?P<m>{_MONTH})\.?[\s\-]*(?P<d>\d{{1,2}})(?:st|nd|rd|"
    rf"th)?(?![\d:])[\s,،\-.]*(?P<y>\d{{4}})(?!\d)"
)
_HIJRI_DATE = re.compile(
    rf"(?<![\d:./])(?P<d>\d{{1,2}})[\s\-./]*(?:من\s+|شهر\s+)*(?P<m>{_HIJRI})(?![^\W\d_]){_GAP}(?:عام\s+|"
    rf"سنه\s+)?(?P<y>1[345]\d{{2}})(?!\d)"
)
_HIJRI_BESIDE = re.compile(
    rf"(?:\s*م(?![^\W\d_]))?{_GAP}(?:الموافق\s+(?:ل\w*\s+)?)?{_HIJRI_DATE.pattern}(?:\s*هـ?)?"
)
_YEAR_FIRST = re.compile(
    r"(?<![\d/.\-])(?P<y>(?:19|20)\d{2})\s*(?P<s>[-/.])\s*(?P<m>\d{1,2})\s*(?P=s)\s*(?P<d>\d{1,2})(?![\d])"
    r"(?:[t\s]+(?P<h>\d{1,2}):(?P<min>\d{2})(?::(?P<sec>\d{2}))?(?:[.,]\d{1,9})?\s*(?P<z>z(?!\w)|"
    r"[+-]\d{2}:?(?:\d{2})?(?!\d))?)?"
)
_COMPACT = re.compile(
    r"(?<!\d)((?:19|20)\d{2})(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(?:t?(\d{2})(\d{2})(\d{2})?)?(?!\d)"
)
_NUMERIC = re.compile(
    r"(?<![\d/.\-:])(?P<a>\d{1,2})\s?(?P<s>[/.\-])\s?(?P<b>\d{1,2})\s?(?P=s)\s?(?P<y>(?:19|20)\d{2}|"
    r"\d{2}(?![\d:]))(?![\d/\-])"
)
_MONTH_YEAR = re.compile(
    rf"(?<![^\W_])(?P<m>{_MONTH})\.?{_GAP}(?:de\s+|عام\s+)?(?P<y>(?:19|20)\d{{2}})(?!\d)"
)
_RELATIVE = re.compile(
    rf"(?:(?<![^\W_])(?:منذ|قبل|il\s+y\s+a|hace)\s+(?:حوالي\s+|نحو\s+|environ\s+|unos?\s+|"
    rf"unas\s+)?(?:(?P<n1>\d{{1,3}}|{_any(list(ONES))})\s*)?(?P<u1>{_any([*UNITS, *DUALS])})(?![^\W_])"
    rf"|(?<![^\W_])(?P<n2>\d{{1,3}}|an?|one)\s*(?P<u2>{_any(list(UNITS))})\s+ago(?![^\W_]))"
)
_DAY_WORDS: dict[str, int] = {
    fold(word): days
    for days, words in {
        0: "اليوم aujourd'hui today hoy",
        1: "أمس البارحة hier yesterday ayer",
        2: "أول_أمس أول_من_أمس avant-hier anteayer antier",
    }.items()
    for word in words.split()
}
_NEAR_DAY = re.compile(rf"(?<![^\W_])(?:{_any([word.replace('_', ' ') for word in _DAY_WORDS])})(?![^\W_])")
_CLOCK = (
    r"(?P<h>\d{1,2})(?:\s*(?::|h(?:eures?)?|\.|\bو(?=\s*\d{1,2}\s*دقيقه))\s*(?P<min>\d{1,2}(?=\s*دقيقه)|\d{2})(?:\s*دقيقه)?(?:\s*[:.]\s*(?P<sec>\d{2}))?(?!\d)|"
    r"\s*(?:h(?:eures?)?(?![^\W_])|(?=\s*[ap]\.?m)))"
    r"(?:\s*(?P<half>[ap]\.?\s?m(?![^\W_])\.?|صباحا|مساء|ظهرا|ص(?![^\W_])|م(?![^\W_])))?"
)
_BETWEEN = (
    r"(?:[\s,،\-–—|@·•.()]|على|علي|الي|الساعه|في|تمام|a\s+las?"
    r"|a(?![^\W_])|at(?![^\W_])|las(?![^\W_])|h(?:ora)?:|\|)*"
)
_CLOCK_ALONE = re.compile(_BETWEEN + _CLOCK + r"[\s\-–—|•.:]*")
_CLOCK_AFTER = re.compile(_BETWEEN + _CLOCK)
_CLOCK_BEFORE = re.compile(_CLOCK + r"[\s,،\-–—|@·•.()]*(?:on\s+|le\s+|el\s+)?$")
_ZONE_AFTER = re.compile(
    r"\s*[(\[]?\s*(?:بتوقيت\s+)?(?:(?P<name>utc|gmt|غرينتش|جرينتش|wet|bst|cet|cest|west|eet|eest|est|edt|"
    r"et|cst|cdt|mst|mdt|pst|pdt|ist|msk|z)(?![^\W\d_])\s*)?(?P<off>[+-]\s?\d{1,2}(?::?\d{2})?)?(?![\d:])"
)
_WEEKDAY_BEFORE = re.compile(rf"(?<![^\W_])(?P<w>{_WEEKDAY})\.?{_GAP}(?:le\s+|el\s+|dia\s+)?$")


def written(text: str, *, day_first: bool = True, now: datetime | None = None) -> list[Written]:
    """Every date in *text*, in order of place; full dates only (see :func:`relative` for "3 hours ago").

    *now* decides the century of two-digit years, whether an impossible reading is turned round, and the year
    that a weekday proves.
    """
    folded = fold(text)
    return list(_written(folded, day_first, now))


def _written(folded: str, day_first: bool, now: datetime | None) -> Iterator[Written]:
    found: list[Written] = []
    taken: list[tuple[int, int]] = []

    def take(match: re.Match[str], day: date | None, **more: object) -> None:
        span = match.span()
        if day is None or any(a < span[1] and span[0] < b for a, b in taken):
            return
        taken.append(span)
        found.append(_with_clock(folded, Written(day, start=span[0], end=span[1], **more)))  # type: ignore[arg-type]  # keywords checked by the dataclass

    for match in _YEAR_FIRST.finditer(folded):
        day = _date(int(match["y"]), int(match["m"]), int(match["d"]))
        if day is None:
            continue
        if match["h"] and _clock(match["h"], match["min"], match["sec"], None):
            taken.append(match.span())
            clock = _clock(match["h"], match["min"], match["sec"], None)
            offset = _offset(match["z"])
            end = match.end()
            if offset is None:
                offset, end = _zone(folded, end)
            found.append(
                Written(
                    day, clock, offset, Precision.SECOND if match["sec"] else Precision.MINUTE,
                    start=match.start(), end=end,
                )
            )  # fmt: skip
        else:
            take(match, day)
    if not folded.isascii() or not folded.isdigit():
        for pattern in (_DAY_FIRST, _MONTH_FIRST):
            for match in pattern.finditer(folded):
                month = MONTHS[" ".join(match["m"].split())]
                year = _year(match["y"], now) if match["y"] else None
                if match["y"] and len(match["y"]) == 2 and folded[match.start("y") - 1] not in "-/":
                    continue  # "8 mai 20" is the beginning of something else
                if year is None:
                    if match["y"] is None and now is not None:
                        take(match, _by_weekday(folded, match, month, now), flags=("year_by_weekday",))
                    continue
                take(match, _date(year, month, int(match["d"])))
        for match in _NUMERIC.finditer(folded):
            take(match, _numeric(match, day_first, now))
    for match in _COMPACT.finditer(folded):
        day = _date(int(match[1]), int(match[2]), int(match[3]))
        clock = _clock(match[4], match[5], match[6], None) if match[4] else None
        if day and not any(a < match.end() and match.start() < b for a, b in taken):
            precision = Precision.DAY if clock is None else Precision.SECOND if match[6] else Precision.MINUTE
            found.append(Written(day, clock, None, precision, start=match.start(), end=match.end()))
    if not found:  # a Hijri date beside a Gregorian one says the same day less exactly
        for match in _HIJRI_DATE.finditer(folded):
            month = HIJRI_MONTHS[" ".join(match["m"].split())]
            take(match, hijri_to_gregorian(int(match["y"]), month, int(match["d"])), flags=("hijri",))
    found.sort(key=lambda one: one.start)
    yield from found


def _year(raw: str | None, now: datetime | None) -> int | None:
    if not raw:
        return None
    year = int(raw.lstrip("'"))
    if year >= 100:
        return year if EARLIEST_YEAR <= year <= 2100 else None
    this = now.year if now else 2026
    year += 2000
    return year if year <= this + 1 else None


def _date(year: int, month: int, day: int) -> date | None:
    if not EARLIEST_YEAR <= year <= 2100:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _numeric(match: re.Match[str], day_first: bool, now: datetime | None) -> date | None:
    """Day first or month first as the outlet writes; the other way only where that cannot be."""
    if len(match["y"]) == 2 and match["s"] == "." and int(match["a"]) <= 24:
        return None  # 10.30.15 is a time as often as a date
    year = _year(match["y"], now)
    if year is None:
        return None
    a, b = int(match["a"]), int(match["b"])
    readings = [_date(year, b, a), _date(year, a, b)]
    if not day_first:
        readings.reverse()
    first, second = readings
    if first is None:
        return second
    if now is not None and first > (now + timedelta(days=1)).date() and second and second <= now.date():
        return second
    return first


def _by_weekday(folded: str, match: re.Match[str], month: int, now: datetime) -> date | None:
    """A date without a year, where the weekday printed before it fits this year or last year, and one
    only."""
    before = _WEEKDAY_BEFORE.search(folded, max(0, match.start() - 30), match.start())
    if before is None:
        return None
    wanted = WEEKDAYS[before["w"]]
    for year in (now.year, now.year - 1):
        day = _date(year, month, int(match["d"]))
        if day and day.weekday() == wanted and day <= (now + timedelta(days=1)).date():
            return day
    return None


def _clock(hour: str, minute: str | None, second: str | None, half: str | None) -> time | None:
    h, m, s = int(hour), int(minute or 0), int(second or 0)
    if half:
        mark = half.replace(".", "").replace(" ", "")
        if mark in ("pm", "مساء", "م", "ظهرا") and h < 12:
            h += 12
        elif mark in ("am", "صباحا", "ص") and h == 12:
            h = 0
    try:
        return time(h, m, min(s, 59))
    except ValueError:
        return None


def clock(text: str) -> time | None:
    """The time of day that *text* is, and nothing else (``18:30``, ``18h30``, ``على الساعة 10:30``)."""
    match = _CLOCK_ALONE.fullmatch(fold(text))
    return _clock(match["h"], match["min"], match["sec"], match["half"]) if match and match["min"] else None


def _offset(raw: str | None) -> timedelta | None:
    if not raw:
        return None
    if raw == "z":
        return timedelta(0)
    digits = raw[1:].replace(":", "").strip()
    minutes = int(digits[:-2] or 0) * 60 + int(digits[-2:]) if len(digits) > 2 else int(digits) * 60
    if minutes > 14 * 60:
        return None
    return timedelta(minutes=-minutes if raw[0] == "-" else minutes)


def _zone(folded: str, at: int) -> tuple[timedelta | None, int]:
    match = _ZONE_AFTER.match(folded, at)
    if match is None or not (match["name"] or match["off"]):
        return None, at
    if match["name"]:
        base = timedelta(minutes=ZONE_OFFSETS[match["name"]])
        if match["off"]:
            extra = _offset(match["off"].replace(" ", ""))
            return (base + extra if extra is not None else base), match.end()
        return base, match.end()
    raw = match["off"].replace(" ", "")
    if len(raw) < 5:  # a bare "-10" is the dash before something else
        return None, at
    return _offset(raw), match.end()


def _with_clock(folded: str, one: Written) -> Written:
    beside = _HIJRI_BESIDE.match(folded, one.end)  # the same day again, before the time
    after = _CLOCK_AFTER.match(folded, beside.end() if beside else one.end)
    match = after or _CLOCK_BEFORE.search(folded, max(0, one.start - 24), one.start)
    if match is None:
        return one
    clock = _clock(match["h"], match["min"], match["sec"], match["half"])
    if clock is None:
        return one
    end = match.end() if after else one.end
    offset, end = (
        _zone(folded, end) if after else _zone(folded, match.end("half") if match["half"] else match.end())
    )
    precision = Precision.SECOND if match["sec"] else Precision.MINUTE if match["min"] else Precision.HOUR
    return replace(one, clock=clock, offset=offset, precision=precision, end=max(end, one.end))


@dataclass(frozen=True, slots=True)
class Relative:
    """A date told from the reader's now."""

    at: datetime
    precision: Precision
    slack: timedelta
    """The true instant lies in ``[at - slack, at + slack]``."""
    day: date | None
    """The local day, where a day was named (yesterday)."""
    clock: time | None = None
    start: int = 0


def relative(text: str, now: datetime, zone: tzinfo) -> Relative | None:
    """The first "3 hours ago", "hier à 10h30", "أمس" in *text*, seen from *now*."""
    folded = fold(text)
    match = _RELATIVE.search(folded)
    if match:
        raw = match["n1"] or match["n2"]
        unit = match["u1"] or match["u2"]
        if unit in DUALS and raw is None:
            number, size = 2, DUALS[unit]
        elif unit in UNITS:
            number, size = (1 if raw is None or raw in ONES else int(raw)), UNITS[unit]
        else:
            return None
        at = now - timedelta(seconds=number * size)
        if at.year < EARLIEST_YEAR:
            return None
        if size >= 86400:
            day = at.astimezone(zone).date()
            precision = Precision.DAY if size < 2592000 else Precision.MONTH
            return Relative(at, precision, timedelta(seconds=size), day, start=match.start())
        precision = {1: Precision.SECOND, 60: Precision.MINUTE, 3600: Precision.HOUR}[size]
        return Relative(at, precision, timedelta(seconds=size), None, start=match.start())
    near = _NEAR_DAY.search(folded)
    if near:
        days = _DAY_WORDS[re.sub(r"\s+", "_", near[0])]
        day = (now.astimezone(zone) - timedelta(days=days)).date()
        clock = _CLOCK_AFTER.match(folded, near.end()) or _CLOCK_BEFORE.search(
            folded, max(0, near.start() - 24), near.start()
        )
        wall = _clock(clock["h"], clock["min"], clock["sec"], clock["half"]) if clock else None
        at = datetime.combine(day, wall or time(), zone).astimezone(UTC)
        precision = (
            Precision.MINUTE if wall and clock and clock["min"] else Precision.HOUR if wall else Precision.DAY
        )
        return Relative(at, precision, timedelta(0), day, wall, near.start())
    return None


_SPAN = {
    Precision.SECOND: timedelta(seconds=1),
    Precision.MINUTE: timedelta(minutes=1),
    Precision.HOUR: timedelta(hours=1),
}


def moment(one: Written, zone: tzinfo | None, now: datetime, origin: str) -> Moment:
    """The instant of a written date in the outlet's *zone* (``None`` = unknown: the stated offset, else UTC).

    A day is the outlet's local day from midnight to midnight.  ``00:00`` in UTC is how systems write a day
    without a time, so it is read as that day.  What lies after *now* is set to *now* and flagged.
    """
    local: tzinfo = zone or (timezone(one.offset) if one.offset is not None else UTC)
    clock, precision = one.clock, one.precision
    if clock == time() and not one.offset and precision in (Precision.SECOND, Precision.MINUTE):
        clock, precision = None, Precision.DAY
    if clock is None:
        if precision not in (Precision.DAY, Precision.MONTH):
            precision = Precision.DAY
        slack = timedelta(days=1) if "hijri" in one.flags else timedelta(0)
        earliest = datetime.combine(one.day - slack, time(), local).astimezone(UTC)
        latest = datetime.combine(one.day + slack + timedelta(days=1), time(), local).astimezone(UTC)
        at = datetime.combine(one.day, time(), local).astimezone(UTC)
        return clamped(
            Moment(at, precision, origin, earliest, latest, one.day.isoformat(), one.flags), now, local
        )
    stated: tzinfo = timezone(one.offset) if one.offset is not None else local
    at = datetime.combine(one.day, clock, stated).astimezone(UTC)
    span = _SPAN[precision]
    return clamped(
        Moment(at, precision, origin, at, at + span, at.astimezone(local).date().isoformat(), one.flags),
        now,
        local,
    )


def moment_of_relative(one: Relative, zone: tzinfo | None, now: datetime, origin: str) -> Moment:
    """The instant of a relative date, with the bounds that its unit leaves open."""
    local = zone or UTC
    flags = ("relative",)
    if one.day is not None and one.clock is None:
        earliest = datetime.combine(one.day, time(), local).astimezone(UTC)
        latest = datetime.combine(one.day + timedelta(days=1), time(), local).astimezone(UTC)
        at = earliest
        if one.slack > timedelta(days=1):  # "2 weeks ago" is no day
            earliest, latest = earliest - one.slack / 2, latest + one.slack / 2
        return Moment(
            at,
            one.precision,
            origin,
            min(earliest, at),
            max(min(latest, now), at + timedelta(seconds=1)),
            one.day.isoformat(),
            flags,
        )
    at = one.at.astimezone(UTC)
    span = one.slack or _SPAN.get(one.precision, timedelta(minutes=1))
    earliest, latest = (at - span, at + span) if one.slack else (at, at + span)
    day = at.astimezone(local).date().isoformat()
    return clamped(Moment(at, one.precision, origin, earliest, latest, day, flags), now, local)


def clamped(found: Moment, now: datetime, local: tzinfo) -> Moment:
    """*found*; what lies after *now* set to *now*, of which the day is read in *local*, and flagged."""
    if found.at <= now or found.earliest <= now < found.latest:
        return found
    day = now.astimezone(local).date().isoformat()
    return replace(
        found, at=now, earliest=min(found.earliest, now), latest=now + timedelta(seconds=1), local_date=day,
        flags=(*found.flags, "future_clamped"),
    )  # fmt: skip
