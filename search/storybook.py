"""Questions about stories, communications and rumours, asked of index and ledger together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

from search.export import stamp
from search.masking import masked
from search.stories import (
    Communique,
    PickUp,
    Rumour,
    communique,
    kinds_of,
    rumour,
    time_of,
)
from store.records import Annotated, StoredArticle, Voice

if TYPE_CHECKING:
    from config import Config
    from search.answers import Searcher
    from store.ties import Marked

_PAGE = 200
_OF_INSTITUTION = "kind:(communique OR denial OR clarification OR spokesperson OR social_post)"
_ANSWERS = "kind:(denial OR clarification)"
_BEGINNING, _TOMORROW = datetime(1990, 1, 1, tzinfo=UTC), timedelta(days=1)
_RUN = "has:rumour"
_OF_RUMOURS = f"(kind:(denial OR clarification OR fake_news_enforcement) OR {_RUN})"


@dataclass(frozen=True, slots=True)
class Summary:
    """A story in a line."""

    story_id: str
    articles: tuple[StoredArticle, ...]
    """In order of time."""

    def to_json(self) -> dict[str, Any]:
        first = self.articles[0]
        annotated = [one.annotated for one in self.articles]
        return {
            "story_id": self.story_id,
            "headline": first.article.title,
            "first_at": stamp(time_of(first)),
            "last_at": stamp(time_of(self.articles[-1])),
            "articles": len(self.articles),
            "voices": voices(self.articles),
            "outlets": _each(one.article.source_id for one in self.articles),
            "languages": _each(one.article.language for one in self.articles),
            "kinds": _each(kind for one in annotated for kind in sorted(kinds_of(one))),
            "places": _each(place for one in annotated for place in one.places),
        }


def _each(values: Iterator[str]) -> list[str]:
    return list(dict.fromkeys(values))


def voices(articles: Sequence[StoredArticle]) -> int:
    """How many outlets spoke in words of their own."""
    own = (one for one in articles if one.ties is None or one.ties.voice is Voice.INDEPENDENT)
    return len({one.article.source_id for one in own})


class Likeness(Protocol):
    """Compares what somebody pastes or asks with what was collected (:class:`pipeline.likeness.Asked`)."""

    def nearest(self, text: str, rows: Iterable[Marked]) -> str | None:
        """The id of the article that *text* was taken from, or that tells the same."""
        ...

    def likeness(self, text: str, denials: Iterable[StoredArticle]) -> list[tuple[float, StoredArticle]]:
        """(likeness from 0 to 1, denial) of those whose claim is like *text*, the likest first."""
        ...

    def owns_up(self, annotated: Annotated) -> bool:
        """Whether a text says of itself, or of another of its outlet, that it was put right."""
        ...


class Storybook:
    """Asks through a :class:`~search.answers.Searcher`; raises what that raises.

    *likeness* makes what compares free text with articles, when that is first asked for.
    """

    def __init__(self, searcher: Searcher, config: Config, likeness: Callable[[], Likeness]) -> None:
        self._searcher = searcher
        self._likeness = likeness
        self._ledger = searcher.ledger
        self._config = config

    @cached_property
    def _coverage(self) -> dict[str, list[tuple[datetime, datetime]]]:
        return self._ledger.coverage()

    def story(self, story_id: str) -> Summary | None:
        """The story of that id, whole, names of private persons hidden."""
        articles = tuple(map(masked, self._ledger.story(story_id)))
        return Summary(story_id, articles) if articles else None

    def stories(self, text: str, limit: int, now: datetime | None = None) -> Iterator[Summary]:
        """The *limit* stories of which an article that matches *text* is newest, whole."""
        for story_id in self._met(text, limit, now or datetime.now(UTC)):
            if (found := self.story(story_id)) is not None:
                yield found

    def communiques(self, text: str, limit: int, now: datetime | None = None) -> Iterator[Communique]:
        """The newest communications among the stories of which an article matches *text*."""
        asked = f"({text}) {_OF_INSTITUTION}" if text.strip() else _OF_INSTITUTION
        for one in self.stories(asked, limit, now):
            if (found := self.communique(one.story_id)) is not None:
                yield found

    def communique(self, story_id: str) -> Communique | None:
        """The communication that a story is about, traced; ``None`` where there is none."""
        found = self.story(story_id)
        return communique(found.articles, self._config.sources, self._coverage) if found else None

    def rumours(self, text: str, limit: int, now: datetime | None = None) -> Iterator[Rumour]:
        """The newest rumours and denials among the stories of which an article matches *text*."""
        asked = f"({text}) {_OF_RUMOURS}" if text.strip() else _OF_RUMOURS
        for one in self.stories(asked, limit, now):
            if (found := self.rumour(one.story_id, now)) is not None:
                yield found

    def rumour(self, story_id: str, now: datetime | None = None) -> Rumour | None:
        """The rumour that a story is about; ``None`` where it is about none."""
        found = self.story(story_id)
        if found is None:
            return None
        history = {
            one.article_id: [(at, masked(each)) for at, each in self._ledger.history(one.article_id)]
            for one in found.articles
            if one.revision > 1
        }
        still = timedelta(days=self._config.data("rumours")["unresolved_after_days"])
        return rumour(found.articles, now or datetime.now(UTC), still, history, self._owns_up)

    def _owns_up(self, annotated: Annotated) -> bool:
        return self._asked.owns_up(annotated)

    def came_back(self, one: Rumour, now: datetime | None = None) -> list[dict[str, Any]]:
        """The same claim told again after it was answered, in other stories, the earliest first."""
        if one.answer is None:
            return []
        since = time_of(one.answer)
        later: dict[str, StoredArticle] = {}
        for each in self._searcher.articles(_OF_RUMOURS, now=now):
            story = each.ties.story_id if each.ties else each.article_id
            known = later.get(story)
            if story != one.story_id and (known is None or time_of(each) < time_of(known)):
                later[story] = each
        told = [each for each in later.values() if time_of(each) > since]
        found = [each for _, each in self._asked.likeness(one.claim, told)]
        return [
            {
                "rumour_id": each.ties.story_id if each.ties else each.article_id,
                "at": stamp(time_of(each)),
                "source": each.article.source_id,
                "place": list(each.annotated.places),
                "title": masked(each).article.title,
            }
            for each in sorted(found, key=lambda each: (time_of(each), each.article_id))
        ]

    def ids_beginning(self, start: str) -> list[str]:
        """Ids of the stories that begin with *start*, else that of the story of the one article that does."""
        if found := self._ledger.stories_beginning(start, 6):
            return found
        ids = self._ledger.ids_beginning(start, limit=2)
        stored = self._ledger.find(ids[0]) if len(ids) == 1 else None
        return [stored.ties.story_id] if stored and stored.ties else []

    def nearest(self, text: str) -> str | None:
        """The id of the story of the article that *text* was taken from, or that tells the same."""
        found = self._asked.nearest(text, self._ledger.marked(_BEGINNING, datetime.now(UTC) + _TOMORROW))
        stored = self._ledger.find(found) if found else None
        return stored.ties.story_id if stored and stored.ties else None

    def denials(self, text: str, limit: int = 10, now: datetime | None = None) -> list[dict[str, Any]]:
        """Denials and clarifications of a claim like *text*, one a story, the likest first."""
        answers = self._searcher.articles(_ANSWERS, now=now)
        rows: list[dict[str, Any]] = []
        met: set[str] = set()
        for score, one in self._asked.likeness(text, answers):
            story = one.ties.story_id if one.ties else one.article_id
            if story in met:
                continue
            met.add(story)
            one = masked(one)
            said = one.annotated.claim
            rows.append(
                {
                    "story_id": story,
                    "article_id": one.article_id,
                    "at": stamp(time_of(one)),
                    "source": one.article.source_id,
                    "language": one.article.language,
                    "place": list(one.annotated.places),
                    "title": one.article.title,
                    "denied": said.words if said else one.article.title,
                    "score": score,
                }
            )
        return rows[:limit]

    @cached_property
    def _asked(self) -> Likeness:
        return self._likeness()

    def _met(self, text: str, limit: int, now: datetime) -> Iterator[str]:
        """Ids of the stories of the newest matches, each once."""
        met: set[str] = set()
        cursor: str | None = None
        while len(met) < limit:
            page = self._searcher.ids(text, limit=_PAGE, cursor=cursor, now=now)
            for article_id in page.ids:
                stored = self._ledger.find(article_id)
                if stored is None or stored.ties is None or stored.ties.story_id in met:
                    continue
                met.add(stored.ties.story_id)
                yield stored.ties.story_id
                if len(met) == limit:
                    return
            cursor = page.cursor
            if cursor is None:
                return


def pick_up_record(one: PickUp) -> dict[str, Any]:
    """A pick-up with the keys of the contract."""
    article = one.article.article
    return {
        "article_id": one.article.article_id,
        "source": article.source_id,
        "language": article.language,
        "url": article.url,
        "title": article.title,
        "published_at": stamp(time_of(one.article)),
        "delay_s": None if one.delay is None else int(one.delay.total_seconds()),
        "share": one.share,
        "voice": str(one.voice),
        "figures": [
            {"what": each.what, "said": list(each.said), "printed": list(each.printed), "how": each.how}
            for each in one.figures
        ],
    }


def communique_record(one: Communique) -> dict[str, Any]:
    """A communication with the keys of the contract."""
    article = one.origin.article
    return {
        "communique_id": one.story_id,
        "issuer": one.issuer,
        "title": article.title,
        "text": article.text,
        "source": article.source_id,
        "language": article.language,
        "first_at": stamp(time_of(one.origin)),
        "articles": 1 + len(one.pick_ups),
        "voices": one.voices,
        "fifth_national_s": None if one.fifth_national is None else int(one.fifth_national.total_seconds()),
        "first_foreign_s": None if one.first_foreign is None else int(one.first_foreign.total_seconds()),
        "silent": list(one.silent),
        "pick_ups": [pick_up_record(each) for each in one.pick_ups],
        "apart": [pick_up_record(each) for each in one.apart],
    }


def rumour_record(one: Rumour) -> dict[str, Any]:
    """A rumour with the keys of the contract."""
    answer = one.answer
    return {
        "rumour_id": one.story_id,
        "state": one.state,
        "claim": one.claim,
        "first_at": stamp(time_of(one.first)),
        "first_source": one.first.article.source_id,
        "first_title": one.first.article.title,
        "peak": one.peak,
        "voices": one.voices,
        "languages": list(one.languages),
        "answer": answer
        and {
            "article_id": answer.article_id,
            "source": answer.article.source_id,
            "title": answer.article.title,
            "at": stamp(time_of(answer)),
        },
        "delay_s": None if one.delay is None else int(one.delay.total_seconds()),
        "ran_both": list(one.ran_both),
        "ran_rumour_only": list(one.ran_rumour_only),
        "ran_answer_only": list(one.ran_answer_only),
        "hearsay": [each.words for each in one.hearsay],
        "edited_after": list(dict.fromkeys(each.article_id for each in one.edits)),
        "edits": [
            {
                "article_id": each.article_id,
                "source": each.source_id,
                "seen_at": stamp(each.seen_at),
                "before": each.before,
                "after": each.after,
                "silent": each.silent,
            }
            for each in one.edits
        ],
    }
