"""The fields that every engine indexes besides the labels, and how their values are made.

They are the same in each, so that one question has one answer: the words of an article, whether nearly
every search keeps to it, its time as numbers, and its local day and hour, worked out here and not by an
engine whose zone data may be older than ours.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo

from search.engine import TEXTS, Document

SHOWN_AS = frozenset({"in", "adjacent"})
"""The relevance of the articles that nearly every search keeps to."""
SHOWN = "shown"
"""A label of our own: ``1`` for :data:`SHOWN_AS`, as one posting list instead of the union of two."""
REST = "rest_"
"""In front of the token fields of the articles that are not shown.  Their words stand in posting lists of
their own: a search that keeps to the shown ones never walks past the others, nor asks which is which."""
TOKENS = tuple(f"{text}_{form}" for text in TEXTS for form in ("exact", "stem"))
NO_WORDS = "∅"
"""What stands in a token field of an article that has no words for it; no analysis makes it.

BM25 weighs a word by how many articles have the field and by how long it is on average.  Engines differ on
whether an article without words counts among them; with this, each has some."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_SECOND = timedelta(seconds=1)
_QUARTER = timedelta(minutes=15)
QUARTER_S = 900


def is_shown(document: Document) -> bool:
    """Whether nearly every search keeps to *document*."""
    return not SHOWN_AS.isdisjoint(document.labels.get("relevance", ()))


def token_fields(document: Document) -> dict[str, str]:
    """Every token field of *document* and what is written into it.

    Raises ``ValueError`` for tokens of a field that does not exist.
    """
    for name in document.tokens:
        if name not in TOKENS:
            raise ValueError(f"document {document.article_id}: no token field {name!r}")
    own, other = ("", REST) if is_shown(document) else (REST, "")
    written = {own + name: document.tokens.get(name) or NO_WORDS for name in TOKENS}
    return written | {other + name: NO_WORDS for name in TOKENS}


def microseconds(at: datetime) -> int:
    """Since 1970, UTC."""
    return (at - _EPOCH) // _MICROSECOND


def seconds(at: datetime) -> int:
    """Whole seconds since 1970, UTC: what hits are ordered by."""
    return (at - _EPOCH) // _SECOND


def local_day(at: datetime, zone: tzinfo) -> int:
    """``date.toordinal`` of the local day of *at*."""
    return at.astimezone(zone).toordinal()


def local_hour(at: datetime, zone: tzinfo) -> int:
    """The instant at which the local clock hour of *at* began, in quarters of an hour since 1970.

    An instant rather than a clock reading: the hour that is lived twice when clocks go back is two hours.
    """
    local = at.astimezone(zone)
    began = at - timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
    return (began - _EPOCH) // _QUARTER
