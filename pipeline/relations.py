"""What each article is to the others of its story: the original, a copy, a rumour, its denial …

A rumour is known by its own words (:mod:`pipeline.annotation.hearsay`), by what comes after it: an article
that no official word carries, in a story that is later denied or clarified; or by what stands beside it: an
article that rests on nobody's word, of what another tells as hearsay and no authority at all.  So relations
belong to a story as it stands, not to the moment of arrival, and are made anew when it grows.  What an
article was to others when it was published does not change because its page was edited since.  Pure functions
of the members.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from pipeline.annotation.words import Words, pattern
from pipeline.copies import CopyOf
from pipeline.fingerprints import Fingerprint, shared
from store.records import Annotated, Attribution

HOUR = 3600
_SOON = 3 * HOUR
"""A translation comes while the news is news …"""
_LIKE_LENGTH = 0.55, 1.6
"""… at this share of the source's words …"""
_NEW_NUMBERS = 0.8
"""… and at most this share of its numbers is not the source's."""
_AT_ONCE = HOUR // 2
"""Who answers so soon after the first answer has it from the institution, not from that article."""
_SAME_DAY = 8 * HOUR
_ANOTHER_DAY = 20 * HOUR
"""Behind its source by more, an article tells how it went on."""


class RelationType(StrEnum):
    ORIGINAL = "original"
    VERBATIM_COPY = "verbatim_copy"
    LIGHT_EDIT = "light_edit"
    REWRITE = "rewrite"
    TRANSLATION = "translation"
    FOLLOW_UP = "follow_up"
    RUMOUR = "rumour"
    DENIAL = "denial"
    CLARIFICATION = "clarification"
    CORRECTION = "correction"


@dataclass(frozen=True, slots=True)
class Relation:
    type: RelationType
    of: str | None = None
    """The article that it stands in this relation to; ``None`` for an original, a rumour's first, and a
    correction of what is not known.  Its own id where a page was put right in its place."""


@dataclass(frozen=True, slots=True)
class Member:
    """What of an article decides its relation, as it was first published."""

    print: Fingerprint
    hearsay: bool = False
    """It tells what nobody answers for, by its own words."""
    denies: bool = False
    clarifies: bool = False
    corrects: bool = False
    """It says of itself, or of a text of its outlet, that it puts it right."""
    mended: bool = False
    """Its page was edited since: what it told is now denied, cleared up or withdrawn there."""
    official: bool = False
    """It rests on the word of the institution or of another authority."""
    develops: bool = False
    """Its title tells what came later: a suspect before the judge, a sentence, a victim who died."""
    translated: bool = False
    """It says of itself that it was translated."""
    voice: str = ""
    """Whose word it rests on (the value of an :class:`Attribution`); empty where nobody's is known."""
    copy: CopyOf | None = None
    closest: str = ""
    """The member that it is linked to most strongly (:class:`pipeline.stories.Join`)."""

    @property
    def article_id(self) -> str:
        return self.print.article_id

    @property
    def rank(self) -> tuple[int, str]:
        return self.print.published, self.print.article_id


class MemberMaker:
    """Reads what decides an article's relation, by ``relations`` of ``config/stories.yml``."""

    def __init__(self, rules: Mapping[str, Any]) -> None:
        said = rules["relations"]
        self._cues = {name: _any_of(lists) for name, lists in said.items()}

    def member(
        self,
        annotated: Annotated,
        print_: Fingerprint,
        copy: CopyOf | None = None,
        closest: str = "",
        first: Annotated | None = None,
    ) -> Member:
        """The member that *annotated* is; *copy* and *closest* are what copies and stories say of it, *first*
        is how it was published where its page changed since."""
        now = self._member(annotated, print_)
        one = now if first is None else self._member(first, print_)
        answered = one.denies or one.clarifies or one.corrects or one.official
        mended = not answered and (now.denies or now.clarifies or now.corrects)
        return replace(one, copy=copy, closest=closest, mended=mended)

    def _member(self, annotated: Annotated, print_: Fingerprint) -> Member:
        article = annotated.article
        kinds = {kind.id for kind in annotated.kinds}
        title = Words.of([("title", article.title), ("subtitle", article.subtitle or "")]).line
        lead = Words.of([("text", article.paragraphs[0] if article.paragraphs else "")]).line
        # Kinds are given to articles about the institution alone; other bodies deny too.
        untold = not kinds and not annotated.hearsay
        denies = "denial" in kinds or (untold and bool(self._cues["denial"].search(title)))
        clarifies = "clarification" in kinds or (untold and bool(self._cues["clarification"].search(title)))
        attribution = annotated.attribution.value if annotated.attribution else None
        official = not annotated.hearsay and (
            "communique" in kinds
            or "social_post" in kinds
            or attribution in (Attribution.OFFICIAL, Attribution.OTHER_OFFICIAL, Attribution.FOREIGN_OFFICIAL)
            or (untold and attribution is None and bool(self._cues["official"].search(lead)))
        )
        return Member(
            print_,
            hearsay=bool(annotated.hearsay),
            denies=denies,
            clarifies=clarifies and not denies,
            corrects=self.corrects(annotated),
            official=official,
            develops=bool(self._cues["development"].search(title)),
            translated=bool(self._cues["translated"].search(title + lead)),
            voice="" if attribution in (None, Attribution.NONE) else attribution.value,
        )

    def corrects(self, annotated: Annotated) -> bool:
        """Whether an article says of itself, or of a text of its outlet, that it puts it right."""
        article = annotated.article
        head = (article.title, article.subtitle or "", *article.paragraphs[:1])
        return bool(
            self._cues["correction"].search("".join(Words.of([("text", part)]).line for part in head if part))
            or self._cues["erratum"].search(Words.of([("text", article.text)]).line)
        )


def _any_of(lists: Mapping[str, str]) -> re.Pattern[str]:
    """Any of the cues; a low line stands for a space, a star for any ending."""
    cues = []
    for text in lists.values():
        for cue in text.split():
            words = pattern(cue.replace("_", " ").rstrip("*"))
            cues.append(rf"(?:و|ف)?{re.escape(words)}{r'[^ ]*' if cue.endswith('*') else ''}")
    return re.compile(rf" (?:{'|'.join(sorted(cues, key=len, reverse=True))}) ")


def relation(new: Member, others: Iterable[Member]) -> Relation:
    """What *new* is to *others*, the members of its story."""
    return relations([*others, new])[new.article_id]


def relations(members: Sequence[Member]) -> dict[str, Relation]:
    """article → relation, of all members of one story, in any order."""
    story = sorted({one.article_id: one for one in members}.values(), key=lambda one: one.rank)
    answers = [one for one in story if (one.denies or one.clarifies) and one.copy is None]
    rumours = [one for one in story if one.copy is None and _rumour(one, story, answers)]
    found: dict[str, Relation] = {}
    for at, one in enumerate(story):
        found[one.article_id] = _of_one(one, story[:at], rumours, answers)
    return found


def _rumour(one: Member, story: Sequence[Member], answers: Sequence[Member]) -> bool:
    """Whether *one* is a rumour: told on nobody's word, by its own account or another's, or because an answer
    followed.

    Behind an official word, who cites nobody retells that; only an unnamed source still says something else.
    """
    if one.denies or one.clarifies or one.corrects or one.official:
        return False
    if one.hearsay or one.mended:
        return True
    if one.voice != Attribution.SECURITY_SOURCE and any(
        other.official and other.rank < one.rank for other in story
    ):
        return False
    if any(one.rank < answer.rank for answer in answers):
        return True
    unanswered = any(other.hearsay for other in story) and not any(other.official for other in story)
    return unanswered and not one.voice


def _of_one(
    one: Member, before: Sequence[Member], rumours: Sequence[Member], answers: Sequence[Member]
) -> Relation:
    if one.copy is not None:
        type_ = RelationType.LIGHT_EDIT if one.copy.how == "lightly_edited" else RelationType.VERBATIM_COPY
        return Relation(type_, one.copy.origin)
    if one.mended:
        return Relation(RelationType.CORRECTION, one.article_id)
    own = [other for other in before if other.print.outlet == one.print.outlet]
    if corrected := _corrected(one, own):
        return Relation(RelationType.CORRECTION, corrected.article_id)
    if any(one is rumour for rumour in rumours):
        earlier = [other for other in rumours if other.rank < one.rank]
        return Relation(RelationType.RUMOUR, earlier[0].article_id if earlier else None)
    if one.denies or one.clarifies:
        own_rumours = [other for other in own if not (other.denies or other.clarifies)]
        if before and (own_rumours or _answers_itself(one, answers[0])):
            told = own_rumours or [other for other in rumours if other.rank < one.rank] or before
            type_ = RelationType.DENIAL if one.denies else RelationType.CLARIFICATION
            return Relation(type_, told[0].article_id)
    if not before:  # what it puts right may have gone under another story, or was never seen
        return Relation(RelationType.CORRECTION if one.corrects else RelationType.ORIGINAL)
    return _retold(one, before)


def _answers_itself(one: Member, first: Member) -> bool:
    """Whether *one* is the *first* answer, or came at once in another language: no article is its source."""
    if one is first:
        return True
    ours, theirs = one.print, first.print
    return ours.published - theirs.published <= _AT_ONCE and ours.language != theirs.language


_PRINTED_ANEW = 0.12
"""What share of an article stands in what its outlet prints in its place, and the other way round."""


def _corrected(one: Member, own: Sequence[Member]) -> Member | None:
    """The article of the same outlet that *one* puts right, openly or by printing most of it anew."""
    if own and (one.corrects or (one.clarifies and not one.official)):
        return own[-1]
    for other in reversed(own):
        ours, theirs = shared(one.print, other.print)
        if min(ours, theirs) >= _PRINTED_ANEW and one.print.language == other.print.language:
            return other
    return None


def _retold(one: Member, before: Sequence[Member]) -> Relation:
    """Of an article that tells what was told: in another language, later, or in its own words."""
    source = _source(one, before)
    if one.translated or _translates(one, source):
        return Relation(RelationType.TRANSLATION, source.article_id)
    if _goes_on(one, source, before):
        return Relation(RelationType.FOLLOW_UP, source.article_id)
    return Relation(RelationType.REWRITE, source.article_id)


def _source(one: Member, before: Sequence[Member]) -> Member:
    """What *one* most likely tells after: what it is closest to, an agency's text, else the story's first."""
    known = {other.article_id: other for other in before}
    if one.closest in known:
        return known[one.closest]
    texts = [other for other in before if other.copy is None] or before
    return next((other for other in reversed(texts) if other.print.agency), texts[0])


def _translates(one: Member, source: Member) -> bool:
    """Whether *one* follows *source* closely in another language: soon, at like length, with its numbers.

    Darija retells; an outlet that prints its own text in two languages translates it at any length.
    """
    ours, theirs = one.print, source.print
    if ours.language == theirs.language or "ary" in (ours.language, theirs.language):
        return False
    if ours.outlet == theirs.outlet:
        return True
    if not 0 <= ours.published - theirs.published <= _SOON or not theirs.words:
        return False
    shortest, longest = _LIKE_LENGTH
    if not shortest <= ours.words / theirs.words <= longest:
        return False
    new = set(ours.numbers) - set(theirs.numbers)
    return len(new) <= _NEW_NUMBERS * len(ours.numbers)


def _goes_on(one: Member, source: Member, before: Sequence[Member]) -> bool:
    """Whether *one* brings news of its own: another voice or day, a development, its outlet once more."""
    if any(other.print.outlet == one.print.outlet and other.copy is None for other in before):
        return True
    if one.voice and one.voice not in {other.voice for other in before}:
        return True
    since = one.print.published - source.print.published
    return since > (_SAME_DAY if one.develops else _ANOTHER_DAY)
