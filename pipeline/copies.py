"""Which articles are copies, and of what: the press reprints dispatches and communiqués, often unsigned.

An article is a copy of an earlier one if most of its runs of three words stand there, or if it holds most of
the earlier text and little else.  An outlet that quotes a communiqué in a report of its own copies nothing,
and neither does this week's bulletin, which repeats last week's sentences with other numbers.

The origin is the first that printed the text: an agency or the institution itself, where one of them is among
those that have it (outlets' clocks disagree, and a page often bears the hour of its last touch), else the
earliest; never an aggregator.  The answer depends on the articles alone, not on the order in which they came.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from heapq import nsmallest
from typing import Any

from pipeline.fingerprints import Fingerprint, shared

HOUR = 3600


@dataclass(frozen=True, slots=True)
class CopyLimits:
    """``copies`` of ``config/stories.yml``, where each is explained."""

    window_days: float = 5
    new_share: float = 0.6
    origin_share: float = 0.75
    own_share: float = 0.4
    other_numbers: float = 0.34
    agency_behind_hours: float = 12
    shortest_words: int = 8
    postings: int = 200
    compared: int = 24

    @classmethod
    def of(cls, rules: Any) -> CopyLimits:
        """From what ``config/stories.yml`` says."""
        return cls(**rules["copies"])


DEFAULT = CopyLimits()


@dataclass(frozen=True, slots=True)
class CopyOf:
    """What an article was copied from."""

    origin: str
    """Article id of the first that printed the text."""
    how: str
    """``verbatim``, ``retitled``, ``truncated``, ``prefixed``, ``lightly_edited``."""
    verbatim: float
    """Share of the copy's words that stand in sentences which the origin has word for word, 0 to 1."""
    overlap: float
    """Share of the copy's runs of three words that the origin has."""


def copy_of(
    new: Fingerprint, candidates: Iterable[Fingerprint], limits: CopyLimits = DEFAULT
) -> CopyOf | None:
    """What *new* is a copy of, if any of *candidates* (in any order) holds its text and came before it."""
    best: Fingerprint | None = None
    for old in candidates:
        if best is not None and _rank(old) > _rank(best):
            continue
        if precedes(old, new, limits) and same_text(new, old, limits):
            best = old
    if best is None:
        return None
    overlap, _ = shared(new, best)
    return CopyOf(best.article_id, _how(new, best), round(verbatim_share(new, best), 3), round(overlap, 3))


def _rank(one: Fingerprint) -> tuple[bool, int, str]:
    """Who comes first as an origin."""
    return (not one.agency, one.published, one.article_id)


def precedes(old: Fingerprint, new: Fingerprint, limits: CopyLimits = DEFAULT) -> bool:
    """Whether *old* may be what *new* was copied from, by who they are and when they came."""
    if old.aggregator or old.article_id == new.article_id:
        return False
    behind = old.published - new.published
    if abs(behind) > limits.window_days * 24 * HOUR:
        return False
    if (old.agency and not new.agency) or new.aggregator:
        return behind <= limits.agency_behind_hours * HOUR
    if new.agency and not old.agency:
        return behind < -limits.agency_behind_hours * HOUR
    return (old.published, old.article_id) < (new.published, new.article_id)


def same_text(new: Fingerprint, old: Fingerprint, limits: CopyLimits = DEFAULT) -> bool:
    """Whether the two are one text, one of them perhaps cut, prefixed or touched."""
    if new.language != old.language or min(new.words, old.words) < limits.shortest_words:
        return False
    ours, theirs = shared(new, old)
    if ours < limits.new_share and (theirs < limits.origin_share or ours < limits.own_share):
        return False
    return not _other_numbers(new, old, limits)


def _other_numbers(new: Fingerprint, old: Fingerprint, limits: CopyLimits) -> bool:
    """Whether the numbers say that one form of words tells two facts: a copy keeps the numbers."""
    ours, theirs = set(new.numbers), set(old.numbers)
    smaller = min(len(ours), len(theirs))
    if smaller < 3:
        return False
    return 1 - len(ours & theirs) / smaller > limits.other_numbers


def verbatim_share(new: Fingerprint, old: Fingerprint) -> float:
    """Share of *new*'s words in sentences that *old* has word for word."""
    there = set(old.sentences)
    same = sum(
        length for sentence, length in zip(new.sentences, new.lengths, strict=True) if sentence in there
    )
    return same / new.words if new.words else 0.0


_CUT = 0.85
"""What is left of a text that was cut; to lose less is a light edit."""


def _how(new: Fingerprint, old: Fingerprint) -> str:
    if new.sentences == old.sentences:
        return "verbatim" if new.title == old.title else "retitled"
    kept = len(new.sentences)
    # A cut may fall inside a sentence: the last one need not be whole.
    if kept <= len(old.sentences) and new.words < _CUT * old.words and _starts(new, old, max(1, kept - 1)):
        return "truncated"
    own = next((at for at, one in enumerate(new.sentences) if one in old.sentences), kept)
    if 0 < own < kept and new.sentences[own:] == old.sentences[: kept - own]:
        return "prefixed"
    return "lightly_edited"


def _starts(new: Fingerprint, old: Fingerprint, count: int) -> bool:
    """Whether *new* begins with the first *count* sentences of *old*, and ends with or inside its next."""
    if new.sentences[:count] != old.sentences[:count]:
        return False
    if count == len(new.sentences) or new.sentences[count] == old.sentences[count]:
        return True
    return new.sentences[count] not in old.sentences and new.lengths[count] < old.lengths[count]


@dataclass(slots=True)
class CopyWindow:
    """Fingerprints, found by what they share; in memory, as many as were added.

    A key that very many articles share (a formula) keeps only those that come first as an origin.
    """

    limits: CopyLimits = DEFAULT
    _kept: dict[str, Fingerprint] = field(default_factory=dict)
    _postings: dict[int, str | list[str]] = field(default_factory=dict)
    """Key → the article that has it or, of a key that several have, these; most keys are of one article."""

    def __len__(self) -> int:
        return len(self._kept)

    def add(self, one: Fingerprint) -> None:
        """Take *one* in; an article that is there already is replaced."""
        self.remove(one.article_id)
        self._kept[one.article_id] = one
        for key in _keys(one):
            posting = self._postings.setdefault(key, one.article_id)
            if isinstance(posting, list):
                posting.append(one.article_id)
                if len(posting) > self.limits.postings:
                    last = max(posting, key=lambda name: _rank(self._kept[name]))
                    posting.remove(last)
            elif posting != one.article_id:
                self._postings[key] = [posting, one.article_id]

    def remove(self, article_id: str) -> None:
        """Forget an article, if it is there."""
        one = self._kept.pop(article_id, None)
        for key in _keys(one) if one else ():
            posting = self._postings.get(key)
            if isinstance(posting, list) and article_id in posting:
                posting.remove(article_id)
                if len(posting) == 1:
                    self._postings[key] = posting[0]
            elif posting == article_id:
                del self._postings[key]

    def candidates(self, new: Fingerprint) -> list[Fingerprint]:
        """Those that share most with *new*."""
        count: Counter[str] = Counter()
        for key in _keys(new):
            posting = self._postings.get(key)
            if isinstance(posting, list):
                count.update(posting)
            elif posting is not None:
                count[posting] += 1
        count.pop(new.article_id, None)
        likely = nsmallest(
            self.limits.compared, count.items(), key=lambda pair: (-pair[1], _rank(self._kept[pair[0]]))
        )
        return [self._kept[name] for name, _ in likely]

    def copy_of(self, new: Fingerprint) -> CopyOf | None:
        """What *new* is a copy of, if it is one."""
        return copy_of(new, self.candidates(new), self.limits)


_INDEXED = 12
_SHORT = 6
"""Sentences of fewer words ("the same source said") are no keys."""


def _keys(one: Fingerprint) -> set[int]:
    """What two copies share: a whole sentence or, where each was touched, one of the first shingles."""
    long = (sentence for sentence, length in zip(one.sentences, one.lengths, strict=True) if length >= _SHORT)
    return {*long, *(~shingle for shingle in one.shingles[:_INDEXED])}


def copies(all_of_them: Sequence[Fingerprint], limits: CopyLimits = DEFAULT) -> dict[str, CopyOf]:
    """The copies among the articles given, by id."""
    window = CopyWindow(limits)
    for one in all_of_them:
        window.add(one)
    found = {one.article_id: window.copy_of(one) for one in all_of_them}
    return {name: copy for name, copy in found.items() if copy is not None}
