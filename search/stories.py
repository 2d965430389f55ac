"""Stories as an analyst reads them: who said what when, in whose words, and what became of the figures.

Pure functions over the articles of one story, as the ledger gives them in order of time; the ties between
articles were worked out before (:mod:`pipeline.linking`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from types import MappingProxyType

from config.model import Source
from search.trends import Coverage
from store.records import Annotated, Attribution, Evidence, Figure, Precision, StoredArticle, Voice

_FIFTH = 5
_SILENCE = timedelta(hours=24)
"""For so long after a communication an outlet may still pick it up before it counts as silent."""
_OF_INSTITUTION = frozenset(["communique", "denial", "clarification", "spokesperson", "social_post"])
"""The forms in which the institution speaks: a spokesperson's are also those before the press."""


def time_of(stored: StoredArticle) -> datetime:
    """When *stored* was published or, where it does not say, first seen."""
    published = stored.article.published
    return published.at if published else stored.first_seen_at


_DAYS = frozenset([Precision.DAY, Precision.MONTH])


def timed_at(stored: StoredArticle) -> datetime | None:
    """When *stored* was published; ``None`` where no time of day is known: no delay is told of midnight."""
    published = stored.article.published
    return published.at if published and published.precision not in _DAYS else None


def kinds_of(annotated: Annotated) -> frozenset[str]:
    """Ids of the forms and topics of an article."""
    return frozenset(kind.id for kind in annotated.kinds)


def is_communication(annotated: Annotated) -> bool:
    """Whether an article gives the institution's word as such."""
    said = annotated.attribution
    official = said is not None and said.value is Attribution.OFFICIAL
    return official and bool(kinds_of(annotated) & _OF_INSTITUTION)


@dataclass(frozen=True, slots=True)
class Change:
    """One kind of figure beside that of the communiqué."""

    what: str
    said: tuple[float, ...]
    """What the communiqué says; empty where it says nothing of it."""
    printed: tuple[float, ...]
    """What the article prints; empty where it was dropped."""

    @property
    def how(self) -> str:
        """``kept``, ``dropped``, ``added`` or ``changed``."""
        if self.said == self.printed:
            return "kept"
        if not self.printed:
            return "dropped"
        return "changed" if self.said else "added"


@dataclass(frozen=True, slots=True)
class PickUp:
    """One article of the story of a communication."""

    article: StoredArticle
    delay: timedelta | None
    """After the first appearance, below 0 before it; ``None`` where one of the two bears no time of day."""
    share: float | None
    """Of its words, those in sentences of the text that it was copied from; ``None`` for words of its own."""
    voice: Voice
    figures: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Communique:
    """One communication of the institution, traced through the press."""

    story_id: str
    origin: StoredArticle
    """Where it appeared first, as far as was seen."""
    issuer: str
    """Id of the unit or body that speaks."""
    pick_ups: tuple[PickUp, ...]
    """The others of the story that carry it, in order of time; by these alone all below is counted."""
    apart: tuple[PickUp, ...]
    """Those that do not: they told of the fact earlier in words of their own, or on nobody's word."""
    fifth_national: timedelta | None
    """Until the fifth national outlet had it; ``None`` if fewer did."""
    first_foreign: timedelta | None
    silent: tuple[str, ...]
    """National outlets that were collected for a day from then on and printed nothing of it."""

    @property
    def voices(self) -> int:
        """How many spoke in words of their own, the origin among them."""
        return 1 + sum(one.voice is Voice.INDEPENDENT for one in self.pick_ups)


def communique(
    story: Sequence[StoredArticle], sources: Mapping[str, Source], coverage: Coverage
) -> Communique | None:
    """The communication that *story* is about; ``None`` where no article rests on the institution's word."""
    origin = _origin(story)
    if origin is None or origin.ties is None:
        return None
    others = [_pick_up(origin, one) for one in story if one.article_id != origin.article_id]
    carried = tuple(one for one in others if _carries(one))
    return Communique(
        story_id=origin.ties.story_id,
        origin=origin,
        issuer=issuer(origin.annotated),
        pick_ups=carried,
        apart=tuple(one for one in others if not _carries(one)),
        fifth_national=_fifth_national(origin, carried, sources),
        first_foreign=min(
            (
                one.delay
                for one in carried
                if one.delay is not None and not _national(sources.get(one.article.article.source_id))
            ),
            default=None,
        ),
        silent=_silent([origin, *(one.article for one in carried)], time_of(origin), sources, coverage),
    )


def _origin(story: Sequence[StoredArticle]) -> StoredArticle | None:
    """The first article that gives the institution's word; one that quotes a copy is none."""
    return next((one for one in story if is_communication(one.annotated)), None)


def issuer(annotated: Annotated) -> str:
    """Whose communication it is: the unit that speaks, else the first body named."""
    return annotated.unit or next(iter(annotated.institutions), "")


def _carries(one: PickUp) -> bool:
    """Whether an article prints the communication; a copy or translation does, whatever its clock says."""
    if one.voice is not Voice.INDEPENDENT:
        return True
    ties = one.article.ties
    early = one.delay is not None and one.delay < timedelta(0)
    return not early and not (ties and ties.relation == "rumour")


def _delay(origin: StoredArticle, other: StoredArticle) -> timedelta | None:
    first, then = timed_at(origin), timed_at(other)
    return then - first if first and then else None


def _pick_up(origin: StoredArticle, one: StoredArticle) -> PickUp:
    ties = one.ties
    return PickUp(
        article=one,
        delay=_delay(origin, one),
        share=ties.copy_share if ties else None,
        voice=ties.voice if ties else Voice.INDEPENDENT,
        figures=changes(origin.annotated.figures, one.annotated.figures),
    )


def changes(said: Sequence[Figure], printed: Sequence[Figure]) -> tuple[Change, ...]:
    """The figures of a communiqué beside those of an article, by what they count; recalled ones aside."""
    ours, theirs = _by_what(said), _by_what(printed)
    return tuple(
        Change(what, ours.get(what, ()), theirs.get(what, ())) for what in dict.fromkeys((*ours, *theirs))
    )


def _by_what(figures: Sequence[Figure]) -> dict[str, tuple[float, ...]]:
    found: dict[str, set[float]] = {}
    for one in figures:
        if not one.recalled:
            found.setdefault(one.what, set()).add(one.value)
    return {what: tuple(sorted(values)) for what, values in found.items()}


def _national(source: Source | None) -> bool:
    return source is not None and source.country == "MA"


def _fifth_national(
    origin: StoredArticle,
    pick_ups: Sequence[PickUp],
    sources: Mapping[str, Source],
) -> timedelta | None:
    """Until the fifth national outlet had it, the origin's among them."""
    first: dict[str, timedelta] = {}
    if _national(sources.get(origin.article.source_id)):
        first[origin.article.source_id] = timedelta(0)
    for one in pick_ups:
        outlet = one.article.article.source_id
        if one.delay is not None and _national(sources.get(outlet)):
            first[outlet] = min(one.delay, first.get(outlet, one.delay))
    ordered = sorted(first.values())
    return ordered[_FIFTH - 1] if len(ordered) >= _FIFTH else None


def _silent(
    printed: Sequence[StoredArticle], began: datetime, sources: Mapping[str, Source], coverage: Coverage
) -> tuple[str, ...]:
    speaking = _outlets(printed)
    return tuple(
        sorted(
            name
            for name, source in sources.items()
            if source.scope == "national"
            and source.role != "aggregator"
            and name not in speaking
            and _covered(coverage.get(name, ()), began, began + _SILENCE)
        )
    )


def _covered(stretches: Sequence[tuple[datetime, datetime]], since: datetime, until: datetime) -> bool:
    return any(begin <= since and until <= end for begin, end in stretches)


# -- rumours ----------------------------------------------------------------------------------------------

_ANSWERS = {"denial": "denied", "clarification": "clarified", "fake_news_enforcement": "denied"}
"""What a kind says of the rumour that it answers."""
_ANSWER_ALONE = frozenset(["denial", "clarification"])
"""Kinds that tell of a rumour even where nobody was seen to spread it."""
_AUTHORITIES = frozenset([Attribution.OFFICIAL, Attribution.OTHER_OFFICIAL])
_ACTS = frozenset(["operation", "terrorism", "staff_sanction", "weapon_use"])


@dataclass(frozen=True, slots=True)
class Edit:
    """A page of the rumour that changed after the answer."""

    article_id: str
    source_id: str
    seen_at: datetime
    """When the change was first seen."""
    before: str
    """The headline until then."""
    after: str
    silent: bool
    """It does not say that it was put right."""


@dataclass(frozen=True, slots=True)
class Rumour:
    """A claim without official word, and what became of it."""

    story_id: str
    state: str
    """``circulating``, ``denied``, ``clarified``, ``confirmed`` or ``unresolved``."""
    claim: str
    """What is claimed, in the words of the denial or, without one, of the first headline."""
    hearsay: tuple[Evidence, ...]
    """The words by which the first tells what nobody answers for; empty where only its answer tells."""
    first: StoredArticle
    """Who ran it first, as it stood then; of a denial that nobody's rumour was seen of, the denial."""
    peak: str
    """The local day with most articles about it (ISO 8601)."""
    voices: int
    """Independent ones that ran the rumour."""
    languages: tuple[str, ...]
    answer: StoredArticle | None
    """The first denial, clarification or confirmation."""
    delay: timedelta | None
    """Between the first rumour and the answer; ``None`` for an answer to what was said before."""
    ran_both: tuple[str, ...]
    """Outlets that ran rumour and answer."""
    ran_rumour_only: tuple[str, ...]
    ran_answer_only: tuple[str, ...]
    edits: tuple[Edit, ...]
    """Pages of the rumour that changed after the answer."""


Revisions = Sequence[tuple[datetime, StoredArticle]]
"""Of one article, each with when it was first seen, the first one first."""


def rumour(
    story: Sequence[StoredArticle],
    now: datetime,
    still: timedelta,
    history: Mapping[str, Revisions] = MappingProxyType({}),
    owns_up: Callable[[Annotated], bool] = lambda annotated: False,
) -> Rumour | None:
    """The rumour that *story* is about; ``None`` where none of its articles spreads or answers one.

    *still* is how long it circulates unanswered after the last who ran it; *history* has the revisions of the
    articles that changed; *owns_up* tells whether a text says of itself that it was put right.
    """
    spread = _spread(story)
    ids = {one.article_id for one in spread}
    others = [one for one in story if one.article_id not in ids]
    answering = _ANSWERS.keys() if spread else _ANSWER_ALONE
    answers = [one for one in others if kinds_of(one.annotated) & answering]
    if not spread and not answers:
        return None
    first = spread[0] if spread else answers[0]
    began = time_of(first)
    answers = answers or _confirmations(others, began)
    answer = next((one for one in answers if time_of(one) > began), next(iter(answers), None))
    ran, answered = _outlets(spread), _outlets(answers)
    as_told = history[first.article_id][0][1] if first.article_id in history else first
    return Rumour(
        story_id=first.ties.story_id if first.ties else first.article_id,
        state=_state(spread, answer, now, still),
        claim=_claim(answers, as_told),
        hearsay=as_told.annotated.hearsay,
        first=as_told,
        peak=_peak(spread or story),
        voices=len({one.article.source_id for one in spread if _independent(one)}),
        languages=tuple(dict.fromkeys(one.article.language for one in spread)),
        answer=answer,
        delay=time_of(answer) - began if answer and spread and time_of(answer) > began else None,
        ran_both=tuple(sorted(ran & answered)),
        ran_rumour_only=tuple(sorted(ran - answered)),
        ran_answer_only=tuple(sorted(answered - ran)),
        edits=tuple(
            edit
            for one in spread
            if answer is not None
            for edit in _edits(history.get(one.article_id, ()), time_of(answer), owns_up)
        ),
    )


def _spread(story: Sequence[StoredArticle]) -> list[StoredArticle]:
    """Who ran the rumour: those that told it, pages that told it until they were put right, and copies."""
    told = {
        one.article_id
        for one in story
        if (ties := one.ties)
        and (
            ties.relation == "rumour"
            or (ties.relation == "correction" and ties.relation_of == one.article_id)
        )
    }
    return [
        one
        for one in story
        if one.article_id in told
        or (one.ties and one.ties.copy_of in told and not kinds_of(one.annotated) & _ANSWERS.keys())
    ]


def _edits(
    revisions: Revisions, answered_at: datetime, owns_up: Callable[[Annotated], bool]
) -> Iterator[Edit]:
    """The changes of a page that were first seen after the answer."""
    for (_, before), (seen_at, after) in pairwise(revisions):
        if seen_at > answered_at:
            headlines = before.article.title, after.article.title
            silent = not owns_up(after.annotated)
            yield Edit(after.article_id, after.article.source_id, seen_at, *headlines, silent)


def _independent(one: StoredArticle) -> bool:
    return one.ties is None or one.ties.voice is Voice.INDEPENDENT


def _outlets(articles: Collection[StoredArticle]) -> set[str]:
    return {one.article.source_id for one in articles}


def _confirmations(others: Sequence[StoredArticle], began: datetime) -> list[StoredArticle]:
    """Who carries it on an authority's word afterwards; that police look into a video confirms nothing."""
    return [
        one
        for one in others
        if (said := one.annotated.attribution)
        and said.value in _AUTHORITIES
        and time_of(one) > began
        and ("reaction_to_content" not in kinds_of(one.annotated) or kinds_of(one.annotated) & _ACTS)
    ]


def _state(
    spread: Sequence[StoredArticle], answer: StoredArticle | None, now: datetime, still: timedelta
) -> str:
    if answer is not None:
        kinds = kinds_of(answer.annotated)
        return next((state for kind, state in _ANSWERS.items() if kind in kinds), "confirmed")
    return "circulating" if now - time_of(spread[-1]) < still else "unresolved"


def _claim(told: Sequence[StoredArticle], first: StoredArticle) -> str:
    said = next((one.annotated.claim.words for one in told if one.annotated.claim), "")
    return said or first.article.title


def _peak(articles: Sequence[StoredArticle]) -> str:
    days: dict[str, int] = {}
    for one in articles:
        published = one.article.published
        day = published.local_date if published else one.first_seen_at.date().isoformat()
        days[day] = days.get(day, 0) + 1
    return max(days, key=lambda day: (days[day], day))
