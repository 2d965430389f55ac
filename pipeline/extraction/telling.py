"""By what an article tells its story: text, a video, pictures, the entries of a live blog."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from itertools import pairwise
from urllib.parse import urlsplit

from pipeline.extraction import dates, videos
from pipeline.extraction.body import Text
from pipeline.extraction.kinds import is_named
from pipeline.extraction.metadata import Claims, types
from pipeline.extraction.text import key
from pipeline.extraction.tree import Page
from store.records import ArticleKind, Entry, Image, Moment, Precision, Video

FEW_CHARS = 300
"""A text below this is what stands beside a video or pictures."""
_PICTURES = 3
_ENTRIES = 3
_VIDEO_PATH = re.compile(r"/(?:[\w-]+-)?(?:videos?|watch|tv)(?:/|-)|فيديو", re.IGNORECASE)
_PHOTO_PATH = re.compile(
    r"(?:photos?|galler(?:y|ies|ia)|galer(?:ie|ia|ía)s?|diaporamas?|slideshow|fotos?|portfolio|en-images)(?:/|-|$)|صور",
    re.IGNORECASE,
)
_LIVE = re.compile(
    r"\blive\b|\b(?:en )?direct\b|minute par minute|\ben (?:vivo|directo)\b|minuto a minuto|\bdirecto\b|"
    r"مباشر|لحظة بلحظة|دقيقة بدقيقة|تغطية (?:مستمرة|متواصلة|حية)",
    re.IGNORECASE,
)
_LIVE_PATH = re.compile(
    r"(?:^|[/-])(?:live(?:-?blog)?|en-?direct|directo?|en-vivo|mubachir)(?:[/-]|$)", re.IGNORECASE
)
_LONGEST_LABEL = 60
_CLOCK_FIRST = re.compile(r"\d{1,2}\s?[:hH]\s?\d{2}")
_LONGEST_BLOG = timedelta(days=3)
_LEAP_HOURS = 6


def kind(
    claims: Claims,
    url: str,
    title: str,
    text: Text,
    images: tuple[Image, ...],
    played: tuple[Video, ...],
    entries: tuple[Entry, ...],
) -> ArticleKind:
    """What tells the story; text in doubt."""
    if entries or "liveblogposting" in types(claims.article):
        return ArticleKind.LIVE
    if sum(map(len, text.paragraphs)) >= FEW_CHARS:
        return ArticleKind.TEXT
    path, says = urlsplit(url).path, is_named(claims)
    if played and (
        videos.is_main(claims, title) or (says and (_VIDEO_PATH.search(path) or not text.paragraphs))
    ):
        return ArticleKind.VIDEO
    captioned = sum(1 for image in images if image.caption)
    gallery = any("imagegallery" in types(one) for one in (claims.article, *claims.others))
    if captioned >= _PICTURES and (says or gallery or _PHOTO_PATH.search(path)):
        return ArticleKind.PHOTO
    return ArticleKind.TEXT


def entries(
    page: Page,
    claims: Claims,
    url: str,
    title: str,
    text: Text,
    published: Moment | None,
    modified: Moment | None,
    zone: tzinfo | None,
    now: datetime,
) -> tuple[Entry, ...]:
    """The entries of a live blog, in the order of the page; none of a page that does not call itself live.

    What would be later than *now*, when the page was fetched, is of then and flagged.
    """
    live = (
        "liveblogposting" in types(claims.article)
        or _LIVE.search(title)
        or _LIVE_PATH.search(urlsplit(url).path)
    )
    if not live or published is None:
        return ()
    body = text.starts
    labels: dict[int, tuple[date | None, time]] = {}
    for at, label in _labels(page, text, zone):
        paragraph = bisect_left(body, at)
        if paragraph < len(body):
            labels.setdefault(paragraph, label)
    if len(labels) < _ENTRIES:
        return ()
    return tuple(
        _entry(paragraph, day, clock, zone, now)
        for paragraph, day, clock in _dated(labels, published, modified)
    )


def _labels(page: Page, text: Text, zone: tzinfo | None) -> Iterator[tuple[int, tuple[date | None, time]]]:
    """(index of the block, (day if it says one, time)) of each time printed inside the text, above what it is
    of."""
    place = text.place
    inside = range(max(place.start - 2, 0), place.end)
    for mark in page.times:
        if mark.at in inside:
            raw = mark.attributes.get("datetime") or mark.attributes.get("data-time")
            label = _label((raw or _first_words(page, mark.at))[:_LONGEST_LABEL], zone)
            if label:
                yield mark.at, label
    for index in inside:
        line = page.blocks[index].text
        if index not in place.body and len(line) <= _LONGEST_LABEL and any(map(str.isdigit, line)):
            label = _label(line, zone)
            if label:
                yield index, label


def _first_words(page: Page, index: int) -> str:
    """The time that the block *index* begins with."""
    found = _CLOCK_FIRST.match(page.blocks[index].text) if index < len(page.blocks) else None
    return found[0] if found else ""


def _label(line: str, zone: tzinfo | None) -> tuple[date | None, time] | None:
    """The time that *line* says, in *zone*, with the day if it says that too."""
    dated = next((one for one in dates.written(line) if one.clock), None)
    if dated is not None and dated.clock is not None:
        if dated.offset is None:
            return dated.day, dated.clock
        at = datetime.combine(dated.day, dated.clock, timezone(dated.offset)).astimezone(zone or UTC)
        return at.date(), at.time()
    clock = dates.clock(line)
    return None if clock is None else (None, clock)


def _dated(
    labels: dict[int, tuple[date | None, time]], published: Moment, modified: Moment | None
) -> Iterator[tuple[int, date, time]]:
    """(paragraph, day, time) of each label.

    Where days are not printed, the newest entry of a blog that runs downwards into the past is of the day of
    its last change, the first one of any other of the day of publication; a leap of the clock is midnight.
    """
    rows = [(paragraph, *labels[paragraph]) for paragraph in sorted(labels)]
    steps = [_step(earlier, later) for (_, _, earlier), (_, _, later) in pairwise(rows)]
    falling = sum(step < 0 for step in steps) > sum(step > 0 for step in steps)
    recent = modified is not None and modified.at - published.at < _LONGEST_BLOG
    today = date.fromisoformat((modified if falling and recent and modified else published).local_date)
    step = timedelta(days=-1 if falling else 1)
    before = None
    for paragraph, printed, clock in rows:
        if printed is not None:
            today = printed
        elif before is not None and (_hours(clock) - _hours(before)) * step.days < -_LEAP_HOURS:
            today += step
        before = clock
        yield paragraph, today, clock


def _hours(clock: time) -> float:
    return clock.hour + clock.minute / 60


def _step(earlier: time, later: time) -> float:
    """Hours from one clock to the other, by the shorter way round."""
    return (_hours(later) - _hours(earlier) + 12) % 24 - 12


def _entry(paragraph: int, day: date, clock: time, zone: tzinfo | None, now: datetime) -> Entry:
    local = datetime.combine(day, clock.replace(second=0), zone or UTC)
    at = local.astimezone(UTC)
    moment = Moment(at, Precision.MINUTE, "text", at, at + timedelta(minutes=1), day.isoformat())
    return Entry(dates.clamped(moment, now, local.tzinfo or UTC), paragraph)


def description(claims: Claims, title: str) -> str | None:
    """What the page's metadata say of a video or a gallery that has no text, if it is not the title again."""
    said = claims.meta("og:description", "description", "twitter:description")
    return said if said and key(said) != key(title) else None
