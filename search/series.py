"""Numbers that come back: the weekly road toll as a series, one point a period, each with its source.

What was not published stays missing: no point is made up, and none is carried on.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from search.stories import kinds_of, time_of
from store.records import Attribution, Figure, StoredArticle

_WEEK = 7


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


def points(series: Series, articles: Iterable[StoredArticle]) -> list[Point]:
    """The points of *series* in *articles*, in order of time.

    An article that counts enough of what the series counts and names no days is of the last whole period
    before its publication: "last week".
    """
    told: defaultdict[tuple[str, str], list[StoredArticle]] = defaultdict(list)
    assumed: defaultdict[tuple[str, str], list[StoredArticle]] = defaultdict(list)
    for one in articles:
        if series.kind in kinds_of(one.annotated):
            for period in _periods(series, one):
                told[period].append(one)
            if not any(figure.period for figure in one.annotated.figures):
                for period in _last_period(series, one):
                    assumed[period].append(one)
    return [
        _point(series, period, [*told[period], *assumed[period]], not told[period])
        for period in sorted({*told, *assumed})
    ]


def _last_period(series: Series, one: StoredArticle) -> Iterator[tuple[str, str]]:
    """The last whole week (or as many days) before *one*, if it tells most of what is counted."""
    published = one.article.published
    counted = {figure.what for figure in one.annotated.figures if _counts(series, figure)}
    if published is None or 2 * len(counted) <= len(series.figures):
        return
    day = date.fromisoformat(published.local_date)
    last = day - timedelta(days=day.isoweekday() if series.days == _WEEK else 1)
    yield (last - timedelta(days=series.days - 1)).isoformat(), last.isoformat()


def _periods(series: Series, one: StoredArticle) -> set[tuple[str, str]]:
    return {
        figure.period
        for figure in one.annotated.figures
        if figure.period and _counts(series, figure) and _fits(series, figure.period)
    }


def _counts(series: Series, figure: Figure) -> bool:
    return figure.what in series.figures and not figure.recalled


def _fits(series: Series, period: tuple[str, str]) -> bool:
    first, last = map(date.fromisoformat, period)
    return abs((last - first).days + 1 - series.days) <= 1


def _point(
    series: Series, period: tuple[str, str], articles: Sequence[StoredArticle], assumed: bool
) -> Point:
    source = min(articles, key=lambda one: (not _is_official(one), time_of(one), one.article_id))
    values = _values(series, source, period)
    others: defaultdict[str, set[float]] = defaultdict(set)
    for one in articles:
        for what, value in _values(series, one, period).items():
            if value != values.get(what):
                others[what].add(value)
    return Point(
        *period, values, source, assumed, {what: tuple(sorted(found)) for what, found in others.items()}
    )


def _is_official(one: StoredArticle) -> bool:
    said = one.annotated.attribution
    return said is not None and said.value is Attribution.OFFICIAL


def _values(series: Series, one: StoredArticle, period: tuple[str, str]) -> dict[str, float]:
    found: dict[str, float] = {}
    for figure in one.annotated.figures:
        if figure.period in (period, None) and _counts(series, figure):
            found.setdefault(figure.what, figure.value)
    return found
