"""What each article is to the others of its story: the original, a copy, a rumour, its denial …

A rumour is known by what comes after it: an article that no official word carries, in a story that is later
denied or clarified.  So relations belong to a story as it stands, not to the moment of arrival, and are made
anew when it grows.  Pure functions of the members.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pipeline.annotation.words import Words, pattern
from pipeline.copies import CopyOf
from pipeline.fingerprints import Fingerprint, shared
from store.records import Annotated, Attribution

HOUR = 3600


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
    """The article that it stands in this relation to; ``None`` for an original and a rumour's first."""


@dataclass(frozen=True, slots=True)
class Member:
    """What of an article decides its relation."""

    print: Fingerprint
    denies: bool = False
    clarifies: bool = False
    corrects: bool = False
    """It says of itself, or of a text of its outlet, that it puts it right."""
    official: bool = False
    """It rests on the word of the institution or of another authority."""
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
        self, annotated: Annotated, print_: Fingerprint, copy: CopyOf | None = None, closest: str = ""
    ) -> Member:
        """The member that *annotated* is; *copy* and *closest* are what copies and stories say of it."""
        article = annotated.article
        kinds = {kind.id for kind in annotated.kinds}
        title = Words.of([("title", article.title), ("subtitle", article.subtitle or "")]).line
        first = Words.of([("text", article.paragraphs[0] if article.paragraphs else "")]).line
        # Kinds are given to articles about the institution alone; other bodies deny too.
        untold = not kinds
        denies = "denial" in kinds or (untold and bool(self._cues["denial"].search(title)))
        clarifies = "clarification" in kinds or (untold and bool(self._cues["clarification"].search(title)))
        corrects = bool(
            self._cues["correction"].search(title + first)
            or self._cues["erratum"].search(Words.of([("text", article.text)]).line)
        )
        attribution = annotated.attribution.value if annotated.attribution else None
        official = (
            "communique" in kinds
            or "social_post" in kinds
            or attribution in (Attribution.OFFICIAL, Attribution.OTHER_OFFICIAL, Attribution.FOREIGN_OFFICIAL)
            or (untold and attribution is None and bool(self._cues["official"].search(first)))
        )
        return Member(print_, denies, clarifies and not denies, corrects, official, copy, closest)


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
    rumours = [one for one in story if one.copy is None and _rumour(one, answers)]
    found: dict[str, Relation] = {}
    for at, one in enumerate(story):
        found[one.article_id] = _of_one(one, story[:at], rumours, answers)
    return found


def _rumour(one: Member, answers: Sequence[Member]) -> bool:
    """Whether *one* is what a later answer answers: told before it, on nobody's word."""
    if one.denies or one.clarifies or one.corrects or one.official:
        return False
    return any(one.rank < answer.rank for answer in answers)


def _of_one(
    one: Member, before: Sequence[Member], rumours: Sequence[Member], answers: Sequence[Member]
) -> Relation:
    if one.copy is not None:
        type_ = RelationType.LIGHT_EDIT if one.copy.how == "lightly_edited" else RelationType.VERBATIM_COPY
        return Relation(type_, one.copy.origin)
    own = [other for other in before if other.print.outlet == one.print.outlet]
    if corrected := _corrected(one, own):
        return Relation(RelationType.CORRECTION, corrected.article_id)
    if any(one is rumour for rumour in rumours):
        earlier = [other for other in rumours if other.rank < one.rank]
        return Relation(RelationType.RUMOUR, earlier[0].article_id if earlier else None)
    if one.denies or one.clarifies:
        own_rumours = [other for other in own if not (other.denies or other.clarifies)]
        first = all(one.rank <= answer.rank for answer in answers)
        if before and (first or own_rumours):
            told = own_rumours or [other for other in rumours if other.rank < one.rank] or before
            type_ = RelationType.DENIAL if one.denies else RelationType.CLARIFICATION
            return Relation(type_, told[0].article_id)
    if not before:
        return Relation(RelationType.ORIGINAL)
    return _retold(one, before)


_PRINTED_ANEW = 0.25
"""What share of an article stands in what its outlet prints in its place, and the other way round."""


def _corrected(one: Member, own: Sequence[Member]) -> Member | None:
    """The article of the same outlet that *one* puts right, openly or by printing most of it anew."""
    if one.corrects and own:
        return own[-1]
    for other in reversed(own):
        ours, theirs = shared(one.print, other.print)
        if min(ours, theirs) >= _PRINTED_ANEW and one.print.language == other.print.language:
            return other
    return None


def _retold(one: Member, before: Sequence[Member]) -> Relation:
    """Of an article that tells what was told: in another language, later, or in its own words."""
    known = {other.article_id: other for other in before}
    source = known.get(one.closest, before[0])
    late = one.print.published - before[0].print.published > 20 * HOUR and not one.official
    if late:
        return Relation(RelationType.FOLLOW_UP, source.article_id)
    if one.print.language != source.print.language and one.print.outlet == source.print.outlet:
        return Relation(RelationType.TRANSLATION, source.article_id)
    return Relation(RelationType.REWRITE, source.article_id)
