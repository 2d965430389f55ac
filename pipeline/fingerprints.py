"""What is kept of an article's text to tell whether another article is a copy of it.

A fingerprint is small (about 2 kB) and holds no word of the text: hashes of its sentences, which say how
much is word for word the same, and hashes of its runs of three words (shingles), which still agree where
words were swapped inside sentences.  Of a long text only those shingles are kept whose hash falls below a
bound; the bound halves until few enough are left, so that the shingles of two texts can be compared at the
coarser of their bounds as fairly as if all had been kept.

Words are those of :mod:`pipeline.annotation.words`: folded, blind to typography.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from zlib import crc32

from config.model import Source
from pipeline.annotation.words import PAUSE, STOP, Words
from store.records import Annotated

SHINGLE = 3
"""Words of a shingle: two are too many formulas, four lose a text whose words were swapped."""
KEPT = 256
"""How many shingles are kept at most; a text of 250 words keeps all."""
_SPACE = 1 << 32


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What :func:`pipeline.copies.copy_of` compares; plain numbers, fit for JSON (:meth:`as_dict`)."""

    article_id: str
    outlet: str
    published: int
    """Seconds since 1970; 0 where the article bears no date."""
    language: str
    title: int
    """Hash of the folded title."""
    sentences: array[int]
    """Hash of each sentence of the body, in order."""
    lengths: array[int]
    """Words of each sentence."""
    shingles: array[int]
    """Hashes of the kept shingles, in order of size."""
    bound: int
    """Shingles whose hash is below it were kept."""
    numbers: array[int]
    """Hashes of the numbers written in digits, in order of size."""
    agencies: tuple[str, ...] = ()
    """Agencies that the article credits (``config/agencies.yml``)."""
    agency: bool = False
    """The outlet is an agency, or the institution's own: what others copy from."""
    aggregator: bool = False
    """The outlet republishes others and is never the origin of a text."""

    @property
    def words(self) -> int:
        return sum(self.lengths)

    def as_dict(self) -> dict[str, Any]:
        """For JSON; :meth:`of` reads it back."""
        told = {name: getattr(self, name) for name in self.__slots__}
        return {name: list(one) if isinstance(one, array) else one for name, one in told.items()}

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> Fingerprint:
        """What :meth:`as_dict` gave, whether or not it went through JSON."""
        fields: dict[str, Any] = {
            key: array(_HASHES, value) if key in _ARRAYS else value for key, value in kept.items()
        }
        fields["agencies"] = tuple(fields["agencies"])
        return cls(**fields)


_HASHES = "I"
"""The type code of hashes in an array: four bytes, an eighth of what a tuple of numbers takes."""
_ARRAYS = ("sentences", "lengths", "shingles", "numbers")


def published_at(annotated: Annotated) -> int:
    """Seconds since 1970 of the publication; 0 where the article bears no date."""
    moment = annotated.article.published
    return int(moment.at.timestamp()) if moment else 0


def hashed(words: str) -> int:
    return crc32(words.encode("utf-8", "surrogatepass"))


def body_sentences(text: str) -> list[list[str]]:
    """The words of each sentence of *text*; pauses are left out, because copies set commas anew."""
    line = Words.of([("text", text)]).line
    parts = (part.split() for part in line.split(f" {STOP} "))
    kept = ([word for word in part if word not in (PAUSE, STOP)] for part in parts)
    return [words for words in kept if words]


def fingerprint(article_id: str, annotated: Annotated, source: Source | None = None) -> Fingerprint:
    """The fingerprint of an article; *source* is its outlet, ``None`` where it is unknown."""
    article = annotated.article
    sentences = body_sentences(article.text)
    words = [word for sentence in sentences for word in sentence]
    shingles, bound = sampled(
        hashed(" ".join(words[at : at + SHINGLE])) for at in range(max(1, len(words) - SHINGLE + 1))
    )
    digits = {word for word in words if word[0].isdigit()}
    return Fingerprint(
        article_id=article_id,
        outlet=article.source_id,
        published=published_at(annotated),
        language=article.language,
        title=hashed(" ".join(word for part in body_sentences(article.title) for word in part)),
        sentences=array(_HASHES, [hashed(" ".join(sentence)) for sentence in sentences]),
        lengths=array(_HASHES, map(len, sentences)),
        shingles=array(_HASHES, shingles),
        bound=bound,
        numbers=array(_HASHES, sorted(map(hashed, digits))),
        agencies=article.agencies,
        agency=source is not None and source.scope in ("agency", "official"),
        aggregator=source is not None and source.role == "aggregator",
    )


def sampled(hashes: Iterable[int]) -> tuple[tuple[int, ...], int]:
    """At most :data:`KEPT` of *hashes*, those below the bound that is given with them."""
    found = set(hashes)
    bound = _SPACE
    while len(found) > KEPT:
        bound >>= 1
        found = {one for one in found if one < bound}
    return tuple(sorted(found)), bound


def shared(new: Fingerprint, old: Fingerprint) -> tuple[float, float]:
    """What share of *new*'s shingles stand in *old*, and of *old*'s in *new*."""
    bound = min(new.bound, old.bound)
    ours, theirs = _below(new.shingles, bound), _below(old.shingles, bound)
    if not ours or not theirs:
        return 0.0, 0.0
    common = len(set(ours).intersection(theirs))
    return common / len(ours), common / len(theirs)


def _below(shingles: array[int], bound: int) -> array[int]:
    """Those of *shingles*, which are in order and each there once, that are smaller than *bound*."""
    if not shingles or shingles[-1] < bound:
        return shingles
    return shingles[: bisect_left(shingles, bound)]
