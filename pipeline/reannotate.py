"""Labels made anew where rules changed: from the texts that the ledger keeps, without a page read again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import fields
from typing import TYPE_CHECKING

from config.loader import Config
from pipeline.annotation import Annotator
from store.records import Annotated

if TYPE_CHECKING:
    from store.ledger import Ledger

_BATCH = 100
_APART = frozenset(["article", "rules_version", "content_hash"])
"""Fields of an annotation that are no labels."""

Progress = Callable[[int], object]
"""Told how many revisions have been looked at so far."""


def reannotate(ledger: Ledger, config: Config, progress: Progress | None = None) -> Counter[str]:
    """Annotate every revision by the rules of today; how often each label changed, under its field's name,
    ``revisions`` looked at and ``changed``.

    What reads as before is only stamped with the version of the rules.  May be stopped at any instant: what
    was not done is done by the next call.
    """
    annotator = Annotator(config)
    counts: Counter[str] = Counter(revisions=0, changed=0)
    batch: list[tuple[str, int, Annotated, bool]] = []
    for article_id, number, old in ledger.annotations():
        counts["revisions"] += 1
        if old.rules_version != annotator.rules_version:
            new = annotator.annotate(old.article, config.sources.get(old.article.source_id))
            changed = list(changes(old, new))
            counts["changed"] += bool(changed)
            counts.update(changed)
            batch.append((article_id, number, new, bool(changed)))
        if len(batch) == _BATCH:
            ledger.annotate_again(batch)
            batch = []
        if progress is not None and counts["revisions"] % _BATCH == 0:
            progress(counts["revisions"])
    ledger.annotate_again(batch)
    return counts


def changes(old: Annotated, new: Annotated) -> Iterator[str]:
    """The names of the labels in which two annotations of one text differ."""
    for field in fields(Annotated):
        if field.name not in _APART and getattr(old, field.name) != getattr(new, field.name):
            yield field.name
