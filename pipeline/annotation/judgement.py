"""Whether an article is about the watched institution, and which bodies it names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from config.model import Source
from pipeline.annotation.countries import OURS, Scene
from pipeline.annotation.matcher import Hit, Sense
from pipeline.annotation.words import Words, pattern
from store.records import Relevant

_SHOWN = 6
"""How many mentions a decision shows as its evidence."""


@dataclass(frozen=True, slots=True)
class Judgement:
    decision: Relevant
    reason: str
    because: tuple[tuple[str, Hit], ...]
    named: tuple[tuple[Hit, str], ...]
    """The institutions named, one entry a mention."""


class Judge:
    """Decides by the rules of ``config/relevance.yml``."""

    def __init__(self, rules: Mapping[str, Any]) -> None:
        closing = rules["closing"]
        self._closing_bodies = frozenset(closing["bodies"])
        self._closing_reach: int = closing["reach_words"]
        self._closing_before = tuple(f" {pattern(words)} " for words in closing["before"])
        self._competent = frozenset(pattern(word) for word in closing["competent"])

    def judge(self, words: Words, hits: Sequence[Hit], scene: Scene, source: Source | None) -> Judgement:
        country = scene.country
        ours: list[tuple[Hit, Sense]] = []
        weak: list[tuple[Hit, Sense]] = []
        generic: list[Hit] = []
        beside: list[tuple[Hit, Sense]] = []
        abroad: list[tuple[str, Hit]] = []
        partners: list[tuple[Hit, Sense]] = []
        unknown: list[tuple[str, Hit]] = []
        for hit, tied in zip(hits, scene.owners, strict=True):
            if (sense := hit.sense("foreign")) is not None:
                abroad.append((sense.label, hit))
            if (sense := hit.sense("partner")) is not None:
                partners.append((hit, sense))
                continue
            sense = hit.sense("core") or hit.sense("adjacent") or hit.sense("generic")
            if sense is None or hit.sense("noise", "foreign") is not None:
                continue
            owner = tied or (OURS if sense.trust == "ours" else country)
            if owner == OURS:
                if sense.kind == "adjacent":
                    if not self._is_formula(words, hit, sense):
                        beside.append((hit, sense))
                elif sense.kind == "generic":
                    if sense.trust != "faint" or tied == OURS:
                        generic.append(hit)
                elif sense.trust == "weak":
                    weak.append((hit, sense))
                else:
                    ours.append((hit, sense))
            elif owner:
                if sense.kind != "adjacent" and sense.trust not in ("weak", "faint"):
                    abroad.append((f"police-{owner}", hit))
            elif sense.kind != "adjacent" and sense.trust not in ("weak", "faint"):
                unknown.append((sense.label, hit))
        named = [(hit, sense.label) for hit, sense in (*ours, *beside, *partners)]
        if ours:
            named += [(hit, sense.label) for hit, sense in weak]
        if generic and not ours:
            named += [(hit, "dgsn") for hit in generic]
        named_all = tuple(named)
        if ours:
            shown = tuple((sense.label, hit) for hit, sense in ours[:_SHOWN])
            return Judgement(Relevant.IN, "names the Moroccan institution", shown, named_all)
        if generic:
            shown = tuple(("dgsn", hit) for hit in generic[:_SHOWN])
            return Judgement(Relevant.IN, "police of Morocco act or are spoken of", shown, named_all)
        if abroad:
            return Judgement(Relevant.HOMONYM, "police of another country", tuple(abroad[:_SHOWN]), named_all)
        if beside:
            shown = tuple((sense.label, hit) for hit, sense in beside[:_SHOWN])
            return Judgement(Relevant.ADJACENT, "other Moroccan bodies only", shown, named_all)
        if unknown:
            return Judgement(
                Relevant.NONE, "undetermined: no cue of a country", tuple(unknown[:_SHOWN]), named_all
            )
        return Judgement(Relevant.NONE, "no body is named", (), named_all)

    def _is_formula(self, words: Words, hit: Hit, sense: Sense) -> bool:
        """Whether *hit* is the prosecutor of the closing formula."""
        if sense.label not in self._closing_bodies:
            return False
        after = words.line[hit.end :].split(None, 1)
        if after and after[0] in self._competent:
            return True
        begin = max((stop for stop in words.stops if stop < hit.word), default=0)
        before = " " + " ".join(words.line[begin : hit.word].split()[-self._closing_reach :]) + " "
        return any(formula in before for formula in self._closing_before)
