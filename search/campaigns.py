"""Campaigns that come again (the Open Days): the coverage of each edition beside what is usual, and the
visitors as quoted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import combinations
from typing import Any

from search.stories import kinds_of, time_of
from search.trends import GAP_TOLERANCE
from search.trends import Point as Day
from search.units import counted
from store.records import StoredArticle

WINDOW = 14
"""Days before and after an edition that are shown beside it."""
GAP = 45
"""Days without an article after which another edition begins; no window is longer."""
_LONGEST = 15
"""Days of the longest edition; a longer period that a text names is another."""


@dataclass(frozen=True, slots=True)
class Visitors:
    """One number of visitors, and the first article of one outlet that prints it."""

    value: float
    words: str
    """As printed: *près d’un million*."""
    article: StoredArticle


@dataclass(frozen=True, slots=True)
class Edition:
    """One edition, as the press shows it."""

    campaign: str
    town: str
    """Id of the place that most articles name; empty where none does."""
    start: date
    end: date
    dated_by: str
    """``catalogue`` (``config/communications/campaigns.yml``), ``text`` (most articles that name days) or,
    where nobody says when it was, ``press``: the days of the first and last article."""
    articles: tuple[StoredArticle, ...]
    """In order of time."""
    visitors: tuple[Visitors, ...]
    """In order of time; several where outlets disagree, or count on."""

    @property
    def conflict(self) -> bool:
        """Whether two outlets printed different numbers of visitors on one day, or once it was over; until
        then a larger number is a later one."""
        return any(
            one.value != other.value
            and one.article.article.source_id != other.article.article.source_id
            and (_day(one.article) == _day(other.article) or min(map(self._when, (one, other))) >= self.end)
            for one, other in combinations(self.visitors, 2)
        )

    def _when(self, one: Visitors) -> date:
        return _day(one.article) or self.end


@dataclass(frozen=True, slots=True)
class Phase:
    """A stretch of days: before, during or after an edition."""

    start: date
    end: date
    days: int
    """Those that have been; 0 for a phase that is yet to come."""
    articles: int
    """About the campaign."""
    stories: int
    voices: int
    institution: int
    """Articles about the institution and its neighbours, whatever they tell: what the campaign adds to."""
    gaps: tuple[str, ...]
    """Outlets of which more than a tenth of these days was not collected."""

    def a_day(self, number: int) -> float | None:
        """*number* by the days; ``None`` for a phase that is yet to come."""
        return round(number / self.days, 2) if self.days else None


def editions(campaign: dict[str, Any], articles: Iterable[StoredArticle]) -> list[Edition]:
    """The editions of *campaign* (``config/communications/campaigns.yml``) that *articles* tell of."""
    dated = sorted(
        (
            (day, one)
            for one in articles
            if campaign["kind"] in kinds_of(one.annotated) and (day := _day(one))
        ),
        key=lambda pair: (pair[0], time_of(pair[1]), pair[1].article_id),
    )
    return [_edition(campaign, group) for group in _groups(dated)]


def span(edition: Edition, window: int) -> tuple[date, date]:
    """First and last day of an edition with *window* days on both sides."""
    return edition.start - timedelta(days=window), edition.end + timedelta(days=window)


def phases(edition: Edition, window: int, days: Sequence[Day], today: date) -> tuple[Phase, Phase, Phase]:
    """Before, during and after; *days* are those of :func:`span`, with what is told of the institution."""
    first, last = span(edition, window)
    one = timedelta(days=1)
    before = _phase(edition, first, edition.start - one, days, today)
    during = _phase(edition, edition.start, edition.end, days, today)
    return before, during, _phase(edition, edition.end + one, last, days, today)


def daily(edition: Edition, days: Sequence[Day], outlets: int) -> list[int | None]:
    """Articles about the campaign on each of *days*; ``None`` where all *outlets* were missed."""
    told = Counter(_day(one) for one in edition.articles)
    return [
        told[date.fromisoformat(day.start)] or (None if len(day.gaps) >= max(outlets, 1) else 0)
        for day in days
    ]


def _phase(edition: Edition, start: date, end: date, days: Sequence[Day], today: date) -> Phase:
    been = [day for day in days if start <= date.fromisoformat(day.start) <= min(end, today)]
    missing = Counter(name for day in been for name in day.gaps)
    within = [one for one in edition.articles if (at := _day(one)) and start <= at <= end]
    units = counted(within)
    return Phase(
        start=start,
        end=end,
        days=len(been),
        articles=len(within),
        stories=units["stories"],
        voices=units["voices"],
        institution=sum(day.count for day in been),
        gaps=tuple(sorted(name for name, many in missing.items() if many > GAP_TOLERANCE * len(been))),
    )


def _day(one: StoredArticle) -> date | None:
    published = one.article.published
    return date.fromisoformat(published.local_date) if published else None


def _groups(dated: Sequence[tuple[date, StoredArticle]]) -> list[list[tuple[date, StoredArticle]]]:
    groups: list[list[tuple[date, StoredArticle]]] = []
    for day, one in dated:
        if not groups or (day - groups[-1][-1][0]).days > GAP:
            groups.append([])
        groups[-1].append((day, one))
    return groups


def _edition(campaign: dict[str, Any], group: Sequence[tuple[date, StoredArticle]]) -> Edition:
    articles = tuple(one for _, one in group)
    first, last = group[0][0], group[-1][0]
    start, end, dated_by = (
        _in_catalogue(campaign, first, last) or _in_texts(articles, first, last) or (first, last, "press")
    )
    return Edition(
        campaign=campaign["id"],
        town=_most(place for one in articles for place in one.annotated.places),
        start=start,
        end=end,
        dated_by=dated_by,
        articles=articles,
        visitors=_visitors(articles),
    )


def _most(values: Iterable[str]) -> str:
    counts = Counter(values)
    return max(counts, key=lambda value: (counts[value], value), default="")


def _in_catalogue(campaign: dict[str, Any], first: date, last: date) -> tuple[date, date, str] | None:
    """The days of the edition that the catalogue knows in or near that time."""
    near = timedelta(days=GAP)
    for edition in campaign["editions"]:
        if "from" in edition:
            start, end = (date.fromisoformat(str(edition[key])) for key in ("from", "to"))
            if start - near <= last and first <= end + near:
                return start, end, "catalogue"
    return None


def _in_texts(articles: Iterable[StoredArticle], first: date, last: date) -> tuple[date, date, str] | None:
    """The days that most articles give for what they count."""
    told = Counter(
        period
        for one in articles
        for period in {figure.period for figure in one.annotated.figures if not figure.recalled}
        if period
    )
    near = timedelta(days=GAP)
    for period, _ in sorted(told.items(), key=lambda pair: (-pair[1], pair[0])):
        start, end = map(date.fromisoformat, period)
        if 1 <= (end - start).days < _LONGEST and first - near <= end and start <= last + near:
            return start, end, "text"
    return None


def _visitors(articles: Iterable[StoredArticle]) -> tuple[Visitors, ...]:
    met: dict[tuple[str, float], Visitors] = {}
    for one in articles:
        for figure in one.annotated.figures:
            if figure.what == "visitors" and not figure.recalled:
                said = Visitors(figure.value, figure.words, one)
                met.setdefault((one.article.source_id, figure.value), said)
    return tuple(met.values())
