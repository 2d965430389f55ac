"""Numbers that come back: the weekly road toll as a series, one point a period, each with its source.

What was not published stays missing: no point is made up, and none is carried on.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise

from search.stories import kinds_of, time_of
from store.records import Attribution, Figure, StoredArticle

_WEEK = 7

_Days = tuple[str, str]
"""First and last day (ISO 8601)."""


@dataclass(frozen=True, slots=True)
class Series:
    """What a series is made of (``config/series.yml``)."""

    id: str
    kind: str
    """The kind of communication that tells it."""
    figures: tuple[str, ...]
    """What it counts."""
    days: int
    """How long a period is; one a day longer or shorter counts too."""


@dataclass(frozen=True, slots=True)
class Point:
    """One period of a series."""

    start: str
    end: str
    """First and last day (ISO 8601)."""
    values: Mapping[str, float]
    """As the source says; what it does not say is absent."""
    source: StoredArticle
    """The first official article that tells the period, or the first of all."""
    assumed: bool = False
    """No article says the days: they are those of the whole weeks before it was published."""
    others: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    """Other values that articles print for the same period: a slip, a later correction, another count."""


@dataclass(frozen=True, slots=True)
class _Told:
    article: StoredArticle
    period: _Days | None
    """As its text says; ``None`` for "last week"."""


def points(series: Series, articles: Iterable[StoredArticle]) -> list[Point]:
    """The points of *series* in *articles*, in order of time.

    An article that counts enough of what the series counts and names no days is of the last whole period
    before its publication: "last week".  Periods that share most of their days are one, the one that most
    articles give: desks count a day more or less.
    """
    told: defaultdict[_Days, list[_Told]] = defaultdict(list)
    assumed: defaultdict[_Days, list[_Told]] = defaultdict(list)
    for one in articles:
        if series.kind in kinds_of(one.annotated):
            for period in _periods(series, one):
                told[period].append(_Told(one, period))
            if not any(figure.period for figure in one.annotated.figures):
                for period in _last_period(series, one):
                    assumed[period].append(_Told(one, None))
    kept: dict[_Days, list[_Told]] = {}
    for group in (told, assumed):  # what is said first
        for period, articles_of in sorted(group.items(), key=lambda pair: (-len(pair[1]), pair[0])):
            kept.setdefault(_same(period, kept) or period, []).extend(articles_of)
    return [_point(series, period, told_of) for period, told_of in sorted(kept.items())]


def missing(series: Series, found: Sequence[Point]) -> list[_Days]:
    """The whole periods between two of the points *found* that no article tells: not published, or missed."""
    out = []
    for earlier, later in pairwise(found):
        start = date.fromisoformat(earlier.end) + timedelta(days=1)
        # One day more or less is how the institution counts, no period of its own.
        while (date.fromisoformat(later.start) - start).days >= series.days - 1:
            end = min(start + timedelta(days=series.days), date.fromisoformat(later.start)) - timedelta(
                days=1
            )
            out.append((start.isoformat(), end.isoformat()))
            start = end + timedelta(days=1)
    return out


def _same(period: _Days, told: Collection[_Days]) -> _Days | None:
    """The one of the periods *told* that most of *period* lies in."""
    first, last = map(date.fromisoformat, period)
    best: tuple[int, _Days] | None = None
    for one in sorted(told):
        start, end = map(date.fromisoformat, one)
        days = (min(last, end) - max(first, start)).days + 1
        if 2 * days > (last - first).days + 1 and (best is None or days > best[0]):
            best = days, one
    return best[1] if best else None


def _last_period(series: Series, one: StoredArticle) -> Iterator[_Days]:
    """The last whole week (or as many days) before *one*, if it tells most of what is counted."""
    published = one.article.published
    counted = {figure.what for figure in one.annotated.figures if _counts(series, figure)}
    if published is None or 2 * len(counted) <= len(series.figures):
        return
    day = date.fromisoformat(published.local_date)
    last = day - timedelta(days=day.isoweekday() if series.days == _WEEK else 1)
    yield (last - timedelta(days=series.days - 1)).isoformat(), last.isoformat()


def _periods(series: Series, one: StoredArticle) -> set[_Days]:
    return {
        figure.period
        for figure in one.annotated.figures
        if figure.period and _counts(series, figure) and _fits(series, figure.period)
    }


def _counts(series: Series, figure: Figure) -> bool:
    return figure.what in series.figures and not figure.recalled


def _fits(series: Series, period: _Days) -> bool:
    first, last = map(date.fromisoformat, period)
    return abs((last - first).days + 1 - series.days) <= 1


def _point(series: Series, period: _Days, told: Sequence[_Told]) -> Point:
    source = min(
        told,
        key=lambda one: (not _is_official(one.article), time_of(one.article), one.article.article_id),
    )
    values = _values(series, source)
    others: defaultdict[str, set[float]] = defaultdict(set)
    for one in told:
        for what, value in _values(series, one).items():
            if value != values.get(what):
                others[what].add(value)
    return Point(
        *period,
        values,
        source.article,
        assumed=all(one.period is None for one in told),
        others={what: tuple(sorted(found)) for what, found in others.items()},
    )


def _is_official(one: StoredArticle) -> bool:
    said = one.annotated.attribution
    return said is not None and said.value is Attribution.OFFICIAL


def _values(series: Series, told: _Told) -> dict[str, float]:
    found: dict[str, float] = {}
    for figure in told.article.annotated.figures:
        if figure.period in (told.period, None) and _counts(series, figure):
            found.setdefault(figure.what, figure.value)
    return found
