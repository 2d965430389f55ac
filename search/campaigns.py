"""Campaigns that come again (the Open Days): the coverage of each edition, and the visitors as quoted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from search.stories import kinds_of
from search.storybook import voices
from store.records import StoredArticle

_BASELINE = 14
"""Days before and after an edition that are shown beside it."""
_GAP = 45
"""Days without an article after which another edition begins."""


@dataclass(frozen=True, slots=True)
class Edition:
    """One edition, as the press shows it."""

    campaign: str
    town: str
    """Id of the place that most articles name; empty where none does."""
    start: str
    end: str
    """First and last day (ISO 8601): as the catalogue knows them, else of the first and last article."""
    known: bool
    """The catalogue knows it."""
    before: int
    """Articles in the two weeks before the first day."""
    during: int
    after: int
    """Articles in the two weeks after the last day."""
    voices: int
    visitors: tuple[tuple[float, tuple[str, ...]], ...]
    """(number, outlets that print it), the most printed first; several where they disagree."""


def editions(campaign: dict[str, Any], articles: Iterable[StoredArticle]) -> list[Edition]:
    """The editions of *campaign* (``config/communications/campaigns.yml``) that *articles* tell of."""
    dated = sorted(
        (
            (day, one)
            for one in articles
            if campaign["kind"] in kinds_of(one.annotated) and (day := _day(one))
        ),
        key=lambda pair: (pair[0], pair[1].article_id),
    )
    return [_edition(campaign, group) for group in _groups(dated)]


def _day(one: StoredArticle) -> date | None:
    published = one.article.published
    return date.fromisoformat(published.local_date) if published else None


def _groups(dated: Sequence[tuple[date, StoredArticle]]) -> list[list[tuple[date, StoredArticle]]]:
    groups: list[list[tuple[date, StoredArticle]]] = []
    for day, one in dated:
        if not groups or (day - groups[-1][-1][0]).days > _GAP:
            groups.append([])
        groups[-1].append((day, one))
    return groups


def _edition(campaign: dict[str, Any], group: Sequence[tuple[date, StoredArticle]]) -> Edition:
    first, last = group[0][0], group[-1][0]
    town = _most(place for _, one in group for place in one.annotated.places)
    known = _known(campaign, first, last)
    start, end = known or (first, last)
    days = [day for day, _ in group]
    return Edition(
        campaign=campaign["id"],
        town=town,
        start=start.isoformat(),
        end=end.isoformat(),
        known=known is not None,
        before=sum(start - timedelta(days=_BASELINE) <= day < start for day in days),
        during=sum(start <= day <= end for day in days),
        after=sum(end < day <= end + timedelta(days=_BASELINE) for day in days),
        voices=voices([one for _, one in group]),
        visitors=_visitors(one for _, one in group),
    )


def _most(values: Iterable[str]) -> str:
    counts: defaultdict[str, int] = defaultdict(int)
    for value in values:
        counts[value] += 1
    return max(counts, key=lambda value: (counts[value], value), default="")


def _known(campaign: dict[str, Any], first: date, last: date) -> tuple[date, date] | None:
    """The days of the edition that the catalogue knows in or near that time."""
    near = timedelta(days=_GAP)
    for edition in campaign["editions"]:
        if "from" in edition:
            start, end = (date.fromisoformat(str(edition[key])) for key in ("from", "to"))
            if start - near <= last and first <= end + near:
                return start, end
    return None


def _visitors(articles: Iterable[StoredArticle]) -> tuple[tuple[float, tuple[str, ...]], ...]:
    told: defaultdict[float, set[str]] = defaultdict(set)
    for one in articles:
        for figure in one.annotated.figures:
            if figure.what == "visitors" and not figure.recalled:
                told[figure.value].add(one.article.source_id)
    ordered = sorted(told.items(), key=lambda pair: (-len(pair[1]), -pair[0]))
    return tuple((value, tuple(sorted(outlets))) for value, outlets in ordered)
