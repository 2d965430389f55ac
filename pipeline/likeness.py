"""A text that somebody pastes or asks, compared with what was collected, in whatever language either is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pipeline.annotation import Annotator
from pipeline.annotation.claims import ANSWERS
from pipeline.extraction import language
from pipeline.fingerprints import shared
from pipeline.linking import Linker, Marks
from pipeline.stories import score
from pipeline.traits import Sort, sort_of
from store.records import Annotated, Article, StoredArticle

if TYPE_CHECKING:
    from config import Config
    from store.ties import Marked

_SAME_TEXT = 0.4
"""Share of the runs of words of a pasted text from which an article holds it."""
_WEIGHTS = {
    Sort.NAME: 3.0,
    Sort.TOWN: 2.0,
    Sort.CONCEPT: 2.0,
    Sort.NUMBER: 2.0,
    Sort.PLACE: 1.0,
    Sort.WORD: 1.0,
    Sort.BROAD: 0.5,
}
"""What each sort of thing that two claims share says of their being one claim."""
_LIKE, _LIKE_ACROSS = 0.45, 0.6
"""Share of what a claim says that a denial must share with it, in one language and across two, where
fewer things can be compared."""
_FEWEST, _FEWEST_OF_MANY = 2, 3
"""So many things a claim and a denial have in common, of a claim of more than three things one more: one word
alone makes no claim."""
_TELLING = frozenset([Sort.NAME, Sort.CONCEPT, Sort.WORD])
"""A town alone, or a number, makes no claim."""


class Asked:
    """Reads free text as if it were an article; made once for a configuration."""

    def __init__(self, config: Config) -> None:
        self._annotator = Annotator(config)
        self._linker = Linker(config)

    def owns_up(self, annotated: Annotated) -> bool:
        """Whether a text says of itself, or of another of its outlet, that it was put right."""
        return self._linker.members.corrects(annotated)

    def _marks(self, title: str, *paragraphs: str) -> Marks:
        spoken = language.detect(title, paragraphs, None, ())
        article = Article("", "", "", title, paragraphs, spoken.language)
        annotated = self._annotator.annotate(article, None)
        return self._linker.marks("", annotated, None, datetime(1970, 1, 1, tzinfo=UTC))

    def nearest(self, text: str, rows: Iterable[Marked]) -> str | None:
        """The id of the article whose text is *text*, whole or in part, else of one that tells the same fact
        in other words or another language; ``None`` for none."""
        asked = self._marks("", *(line.strip() for line in text.splitlines() if line.strip()))
        best: tuple[float, float, str] | None = None
        for row in rows:
            marks = Marks.of(row)
            ours, theirs = shared(asked.print, marks.print)
            same = max(ours, theirs) if max(ours, theirs) >= _SAME_TEXT else 0.0
            told = 0.0 if same else self._told(asked, marks)
            found = (same, told, row.article_id)
            if (same or told > 0) and (best is None or found[:2] > best[:2]):
                best = found
        return best[2] if best else None

    def _told(self, asked: Marks, marks: Marks) -> float:
        """How strongly two texts tell one fact, the time between them aside."""
        from pipeline.links import Prepared

        beside = replace(asked.traits, published=marks.traits.published)
        strength = score(Prepared.of(beside), Prepared.of(marks.traits), self._linker.rules)
        return (strength or 0) / 1000

    def likeness(self, text: str, denials: Iterable[StoredArticle]) -> list[tuple[float, StoredArticle]]:
        """(likeness from 0 to 1, denial) of those whose claim is like *text*, the likest first, of equals the
        earliest.

        Articles that run a claim can be asked about too; one that denies what nobody can tell is passed over.
        """
        # A claim is said as a headline is, where a town needs no more than its name to be the place.
        claim = self._marks(" ".join(text.split()))
        asked = {words: self._weights(claim, words=words) for words in (True, False)}
        found = []
        for one in denials:
            if one.annotated.claim is None and any(kind.id in ANSWERS for kind in one.annotated.kinds):
                continue
            denied = self._of_claim(one)
            # Words of two languages cannot be the same: nothing follows from their being others.
            same = denied.traits.language == claim.traits.language
            weights = asked[same]
            common = weights.keys() & set(denied.traits.keys)
            if len(common) < (_FEWEST_OF_MANY if len(weights) > _FEWEST_OF_MANY else _FEWEST):
                continue
            if not any(sort_of(key) in _TELLING for key in common):
                continue
            like = sum(weights[key] for key in common) / sum(weights.values())
            if like >= (_LIKE if same else _LIKE_ACROSS):
                found.append((round(like, 2), one))
        return sorted(found, key=lambda pair: (-pair[0], _since(pair[1]), pair[1].article_id))

    def _of_claim(self, one: StoredArticle) -> Marks:
        """The marks of what *one* denies: its claim, its headline, and its first paragraph."""
        said = one.annotated.claim.words if one.annotated.claim else ""
        lead = one.article.paragraphs[:1]
        article = replace(one.article, paragraphs=tuple(filter(None, (said, *lead))), subtitle=None)
        annotated = replace(one.annotated, article=article)
        return self._linker.marks(one.article_id, annotated, None, datetime(1970, 1, 1, tzinfo=UTC))

    def _weights(self, marks: Marks, *, words: bool) -> dict[int, float]:
        """What each key of a claim weighs; *words* of its language among them or not."""
        return {
            key: _WEIGHTS[sort]
            for key in marks.traits.keys
            if (sort := sort_of(key)) in _WEIGHTS and (words or sort is not Sort.WORD)
        }


def _since(one: StoredArticle) -> datetime:
    published = one.article.published
    return published.at if published else one.first_seen_at
