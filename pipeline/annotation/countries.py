"""Whose police is meant: the country an article speaks of, and the country of each body it names."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from config.model import Source
from pipeline.annotation.matcher import Hit
from pipeline.annotation.words import PAUSE, STOP, Words, pattern

OURS = "MA"
BODIES = ("core", "adjacent", "generic", "foreign", "partner")


@dataclass(frozen=True, slots=True)
class Scene:
    """The countries of an article: how much speaks for each, and what each body was tied to."""

    scores: Mapping[str, float]
    """Country → weight of its cues in the text, without the outlet's."""
    prior: Mapping[str, float]
    """What the outlet's country adds."""
    owners: tuple[str, ...]
    """For each hit: the country it was tied to by the words beside it, or empty."""

    def weight(self, country: str) -> float:
        return self.scores.get(country, 0.0) + self.prior.get(country, 0.0)

    @property
    def rival(self) -> tuple[str, float]:
        """The foreign country that most speaks for, and its weight."""
        weights = {c: self.weight(c) for c in {*self.scores, *self.prior} if c != OURS}
        return max(weights.items(), key=lambda item: (item[1], item[0]), default=("", 0.0))

    @property
    def country(self) -> str:
        """The country the article speaks of; empty where nothing says so."""
        ours = self.weight(OURS)
        name, theirs = self.rival
        if max(ours, theirs) < 1.0:
            return ""
        return OURS if ours >= theirs else name


class Countries:
    """The rules of ``config/relevance.yml`` that tell countries apart."""

    def __init__(self, rules: Mapping[str, Any]) -> None:
        self._prior: Mapping[str, float] = rules["prior"]
        self._links = frozenset(pattern(word) for word in rules["links"])
        self._reach: int = rules["link_words"]

    def scene(self, words: Words, hits: Sequence[Hit], source: Source | None, lead_end: int) -> Scene:
        """The scene of an article whose title and first paragraph end at ``line[lead_end]``."""
        best: dict[tuple[str, str], float] = {}
        for hit in hits:
            for sense in hit.senses:
                if sense.weight and sense.country:
                    key = (sense.country, sense.label)
                    weight = sense.weight * (2.0 if hit.start < lead_end else 1.0)
                    best[key] = max(best.get(key, 0.0), weight)
        scores: dict[str, float] = defaultdict(float)
        towns = 0.0
        for (country, label), weight in best.items():
            scores[country] += weight
        prior = {}
        if source is not None:
            country = source.country
            prior[country] = float(self._prior.get(country, self._prior["other"]))
        owners = tuple(self._owner(words, hits, index) for index in range(len(hits)))
        return Scene(dict(scores), prior, owners)

    def _owner(self, words: Words, hits: Sequence[Hit], index: int) -> str:
        """The country of the adjective or place that stands beside body *index*, or empty."""
        hit = hits[index]
        if hit.sense(*BODIES) is None:
            return ""
        own = hit.sense("town")
        if own is not None and own.country:
            return own.country
        # The words after it: الشرطة الإسبانية, police de Tanger, DGSN (Maroc); through other bodies in between.
        last = hit
        for other in hits[index + 1 : index + 4]:
            if not self._linked(words.line[last.end : other.word]):
                break
            if place := _place(other):
                return place
            last = other
        # The words before it: Moroccan police, Tangier's police.
        if index and not "\u0600" <= hit.name[0] <= "\u06ff":
            before = hits[index - 1]
            gap = words.line[before.end : hit.word].split()
            if (not gap or gap == ["s"] or gap == ["national"]) and (place := _place(before)):
                return place
        return ""

    def _linked(self, gap: str) -> bool:
        between = gap.split()
        return len(between) <= self._reach and all(word in self._links for word in between)


def _place(hit: Hit) -> str:
    """The country that *hit* names by a place or an adjective."""
    sense = hit.sense("town", "cue")
    return sense.country if sense is not None and hit.sense(*BODIES) is None else ""


__all__ = ["BODIES", "OURS", "PAUSE", "STOP", "Countries", "Scene"]
