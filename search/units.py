"""What is counted: articles, stories, voices, communications.

Forty copies of one communiqué are forty articles, one story, one voice and one communication.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable
from datetime import date, datetime, tzinfo
from typing import Literal

from search.calendar import Interval, floor, hour_start
from search.stories import is_communication, time_of
from store.records import StoredArticle, Voice

Unit = Literal["articles", "stories", "voices", "communications"]


def key(one: StoredArticle, unit: Unit) -> Hashable | None:
    """What *one* counts as: equal for two articles that count once; ``None`` where it does not count."""
    story = one.ties.story_id if one.ties else one.article_id
    match unit:
        case "stories":
            return story
        case "voices":
            own = one.ties is None or one.ties.voice is Voice.INDEPENDENT
            return (story, one.article.source_id) if own else None
        case "communications":
            return story if is_communication(one.annotated) else None
    return one.article_id


def counted(articles: Iterable[StoredArticle]) -> dict[str, int]:
    """How many of each unit *articles* are."""
    met: dict[Unit, set[Hashable]] = {
        "articles": set(),
        "stories": set(),
        "voices": set(),
        "communications": set(),
    }
    for one in articles:
        for unit, keys in met.items():
            if (found := key(one, unit)) is not None:
                keys.add(found)
    return {unit: len(keys) for unit, keys in met.items()}


def over_time(
    articles: Iterable[StoredArticle], unit: Unit, interval: Interval, zone: tzinfo
) -> Counter[str]:
    """Beginning of each interval, as trends write it → how many of *unit* began in it.

    Each counts once, when the first of its articles among those given was published.
    """
    first: dict[Hashable, datetime] = {}
    for one in articles:
        if (found := key(one, unit)) is not None:
            at = time_of(one)
            first[found] = min(at, first.get(found, at))
    return Counter(_start(at, interval, zone) for at in first.values())


def _start(at: datetime, interval: Interval, zone: tzinfo) -> str:
    if interval == "hour":
        return hour_start(at, zone).astimezone(zone).isoformat(timespec="minutes")
    day: date = at.astimezone(zone).date()
    return floor(day, interval).isoformat()
