"""Whose police is meant: the country an article speaks of, and the country of each body it names."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from config.model import Homonym, Source
from pipeline.annotation.matcher import Hit, Sense
from pipeline.annotation.words import Words, pattern

OURS = "MA"
_ENOUGH = 1.0
"""Below this weight nothing is known of the country."""
_BODIES = ("core", "adjacent", "generic", "foreign", "partner")
_CHAIN = ("core", "generic")
"""Bodies through which a name reaches the town behind them: police judiciaire de la sûreté de Fès."""


@dataclass(frozen=True, slots=True)
class Scene:
    """The countries of an article, and what each body was tied to."""

    weights: Mapping[str, float]
    """Country → what speaks for it: the cues of the text, and the outlet's country."""
    home: str
    """The outlet's country; empty if unknown."""
    tied: tuple[str, ...]
    """For each hit: the country of the adjective or place beside it, or empty."""

    def country(self, among: Iterable[str] | None = None) -> str:
        """The country the article speaks of: Morocco or one of *among* (default: any); empty if unknown."""
        ours = self.weights.get(OURS, 0.0)
        others = self.weights.keys() - {OURS} if among is None else self.weights.keys() & set(among)
        rival = max(others, key=lambda name: (self.weights[name], name), default="")
        theirs = self.weights.get(rival, 0.0)
        if max(ours, theirs) < _ENOUGH:
            return ""
        return OURS if ours >= theirs else rival


class Countries:
    """The rules of ``config/relevance.yml`` that tell countries apart."""

    def __init__(self, rules: Mapping[str, Any], homonyms: Iterable[Homonym]) -> None:
        self._prior: Mapping[str, float] = rules["prior"]
        self._endings: Mapping[str, str] = rules["domains"]["endings"]
        self._domains = {
            domain.removeprefix("*."): homonym.country for homonym in homonyms for domain in homonym.domains
        }
        self._links = frozenset(pattern(word) for word in rules["links"])
        self._reach: int = rules["link_words"]
        self._namesakes: Mapping[str, Sequence[str]] = rules["trust"]["namesakes"]

    def scene(
        self, words: Words, hits: Sequence[Hit], source: Source | None, url: str, lead_end: int
    ) -> Scene:
        """The scene of an article whose title, subtitle and first paragraph end at ``line[lead_end]``.

        Each cue counts once, twice as much in those; *url* says something where the outlet is unknown.
        """
        cues: dict[tuple[str, str], float] = {}
        for hit in hits:
            for sense in hit.senses:
                if sense.weight:
                    key = (sense.country, sense.label)
                    weight = sense.weight * (2.0 if hit.start < lead_end else 1.0)
                    cues[key] = max(cues.get(key, 0.0), weight)
        weights: dict[str, float] = defaultdict(float)
        for (country, _), weight in cues.items():
            weights[country] += weight
        home = source.country if source is not None else self._home(url)
        if home:
            weights[home] += self._prior.get(home, self._prior["other"])
        return Scene(dict(weights), home, tuple(self._tied(words, hits, index) for index in range(len(hits))))

    def owner(self, sense: Sense, tied: str, scene: Scene) -> str:
        """The country to which a body named by *sense* belongs; empty where nothing says so."""
        if sense.trust == "ours":
            return OURS
        namesakes = self._namesakes.get(sense.label) if sense.kind == "core" else None
        if tied and (namesakes is None or tied == OURS or tied in namesakes):
            return tied
        if sense.trust == "beside":
            return ""
        if sense.kind == "adjacent" and scene.home:
            return scene.home  # "the Interior Ministry", without more, is the outlet's own
        return scene.country(namesakes)

    def _home(self, url: str) -> str:
        """The country of an outlet of which only the address is known."""
        try:
            host = urlsplit(url).hostname or ""
        except ValueError:
            return ""
        labels = host.split(".")
        for start in range(len(labels)):
            if country := self._domains.get(".".join(labels[start:])):
                return country
        return self._endings.get(labels[-1], "")

    def _tied(self, words: Words, hits: Sequence[Hit], index: int) -> str:
        hit = hits[index]
        if hit.sense(*_BODIES) is None:
            return ""
        if (town := hit.sense("town")) is not None:
            return town.country
        # The words after it: الشرطة الإسبانية, police de Tanger; through bodies in between.
        last = hit
        for other in hits[index + 1 : index + 4]:
            if not self._linked(words.line[last.end : other.word]):
                break
            if place := _place(other):
                return place
            if other.sense(*_CHAIN) is None:
                break
            last = other
        # The words before it, as in English: Moroccan police, Tangier's police.
        if index and not "\u0600" <= hit.name[0] <= "\u06ff":
            before = hits[index - 1]
            gap = words.line[before.end : hit.word].split()
            if gap in ([], ["s"], ["national"], ["s", "national"]) and (place := _place(before)):
                return place
        return ""

    def _linked(self, gap: str) -> bool:
        between = gap.split()
        return len(between) <= self._reach and all(word in self._links for word in between)


def _place(hit: Hit) -> str:
    """The country of the place or adjective that *hit* is; empty for anything else."""
    sense = hit.sense("town", "cue")
    return sense.country if sense is not None and (hit.sense("town") or hit.sense(*_BODIES) is None) else ""
