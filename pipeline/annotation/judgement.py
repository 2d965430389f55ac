"""Whether an article is about the watched institution, and which bodies it names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.annotation.countries import OURS, Countries, Scene
from pipeline.annotation.matcher import Hit, Sense
from pipeline.annotation.words import PAUSE, STOP, Words, pattern
from store.records import Relevant

_SHOWN = 6
"""How many mentions a decision shows as its evidence."""
_LONG_WORD = 40
"""Characters of a long word: as many words are not farther back than so many times these."""
_FALLBACK = "dgsn"
"""The institution meant where police is named by a common noun only."""


_Labelled = tuple[str, Hit]
"""A mention and what it stands for."""


@dataclass(frozen=True, slots=True)
class Judgement:
    decision: Relevant
    reason: str
    because: tuple[_Labelled, ...]
    """(label, mention): what the decision rests on."""
    named: tuple[_Labelled, ...]
    """(institution id, mention): every institution named."""


@dataclass(frozen=True, slots=True)
class _Mentions:
    """The bodies an article names, by whose they are and how sure that is."""

    ours: tuple[_Labelled, ...]
    """Names of the institution."""
    weak: tuple[_Labelled, ...]
    """Names that count only where the article is ours by another one."""
    common: tuple[_Labelled, ...]
    """Police of Morocco by a common noun."""
    local: bool
    """Whether one of :attr:`common` has a Moroccan place or adjective beside it."""
    beside: tuple[_Labelled, ...]
    """Other Moroccan bodies."""
    partners: tuple[_Labelled, ...]
    abroad: tuple[_Labelled, ...]
    """Police of other countries."""
    unknown: tuple[_Labelled, ...]
    """Police of nobody knows which country."""


class Judge:
    """Decides by the rules of ``config/relevance.yml``."""

    def __init__(self, rules: Mapping[str, Any], countries: Countries) -> None:
        self._countries = countries
        self._closing = _Near(rules["closing"]["before"], rules["closing"]["reach_words"])
        self._competent = frozenset(pattern(word) for word in rules["closing"]["competent"])
        self._passing = _Near(rules["passing"]["before"], rules["passing"]["reach_words"])
        acting = rules["acting"]
        self._actors = frozenset(acting["bodies"])
        self._acts = frozenset(pattern(word) for word in acting["words"])
        self._acting_reach: int = acting["reach_words"]
        self._background = frozenset(rules["background"])
        self._beat = frozenset(pattern(word) for word in rules["beat"])
        self._namesake_partners = frozenset(rules["namesake_partners"])

    def judge(self, words: Words, hits: Sequence[Hit], scene: Scene) -> Judgement:
        found = self._sort(words, hits, scene)
        decision, reason, because = self._decide(words, found, scene)
        named = [*found.ours, *found.beside, *found.partners]
        if decision is Relevant.IN and not found.ours:
            named += found.common
        if found.ours or decision is Relevant.IN:
            named += found.weak
        return Judgement(decision, reason, because[:_SHOWN], tuple(named))

    def _sort(self, words: Words, hits: Sequence[Hit], scene: Scene) -> _Mentions:
        ours: list[_Labelled] = []
        weak: list[_Labelled] = []
        common: list[_Labelled] = []
        local = False
        beside: list[_Labelled] = []
        partners: list[_Labelled] = []
        abroad: list[_Labelled] = []
        unknown: list[_Labelled] = []
        for hit, tied in zip(hits, scene.tied, strict=True):
            partner, foreign = hit.sense("partner"), hit.sense("foreign")
            if partner is not None:
                partners.append((partner.label, hit))
            if foreign is not None:
                abroad.append((foreign.label, hit))
            elif partner is not None and partner.label in self._namesake_partners:
                abroad.append((partner.label, hit))
            sense = hit.sense("core", "adjacent", "generic")
            if sense is None or partner is not None or foreign is not None or hit.sense("noise") is not None:
                continue
            owner = self._countries.owner(sense, tied, scene)
            if sense.kind == "adjacent":
                if owner == OURS and self._acting(words, hit, sense):
                    beside.append((sense.label, hit))
            elif sense.trust == "faint":
                if tied == OURS:
                    common.append((_FALLBACK, hit))
                    local = True
            elif sense.trust == "weak":
                if owner == OURS:
                    weak.append((sense.label, hit))
            elif owner == OURS and sense.kind == "core":
                ours.append((sense.label, hit))
            elif owner == OURS:
                common.append((sense.label, hit))
                local = local or tied == OURS
            elif owner:
                abroad.append((f"police-{owner}", hit))
            else:
                unknown.append((sense.label, hit))
        return _Mentions(
            tuple(ours),
            tuple(weak),
            tuple(common),
            local,
            tuple(beside),
            tuple(partners),
            tuple(abroad),
            tuple(unknown),
        )

    def _decide(
        self, words: Words, found: _Mentions, scene: Scene
    ) -> tuple[Relevant, str, tuple[_Labelled, ...]]:
        active = tuple((label, hit) for label, hit in found.ours if not self._passing.before(words, hit))
        if active:
            return Relevant.IN, "the Moroccan institution is named", active
        if found.ours and found.beside:
            return Relevant.ADJACENT, "named in passing; another Moroccan body acts", found.ours
        common = tuple((label, hit) for label, hit in found.common if not self._passing.before(words, hit))
        if common and (found.local or self._is_beat(words)):
            return Relevant.IN, "police of Morocco, by a common noun", common
        if found.ours:
            return Relevant.ADJACENT, "named in passing", found.ours
        at_home = scene.country() == OURS
        telling = any(label not in self._background for label, _ in found.beside)
        if found.beside and at_home and (telling or self._is_beat(words)):
            return Relevant.ADJACENT, "other Moroccan bodies", found.beside
        if found.abroad:
            return Relevant.HOMONYM, "police of another country", found.abroad
        if found.unknown:
            return Relevant.NONE, "undetermined: police, and no cue of a country", found.unknown
        return Relevant.NONE, "no police is named", ()

    def _is_beat(self, words: Words) -> bool:
        return not self._beat.isdisjoint(words.said)

    def _acting(self, words: Words, hit: Hit, sense: Sense) -> bool:
        """False for a prosecutor who only stands in a formula."""
        if sense.label not in self._actors:
            return True
        after = words.line[hit.end :].split(None, self._acting_reach)[: self._acting_reach]
        if (after and after[0] in self._competent) or self._closing.before(words, hit):
            return False
        if words.field(hit.word) == "title":
            return True
        before = words.line[max(0, hit.word - 60) : hit.word].split()[-self._acting_reach :]
        return any(word in self._acts for word in (*_clause(reversed(before)), *_clause(after)))


class _Near:
    """Whether one of some phrases stands in the *reach* words before a mention, in its sentence."""

    def __init__(self, phrases: Iterable[str], reach: int) -> None:
        self._phrases = tuple(f" {pattern(phrase)} " for phrase in phrases)
        self._reach = reach

    def before(self, words: Words, hit: Hit) -> bool:
        near = max(words.sentence_begin(hit.word), hit.word - _LONG_WORD * self._reach)
        said = words.line[near : hit.word].split()[-self._reach :]
        line = f" {' '.join(said)} "
        return any(phrase in line for phrase in self._phrases)


def _clause(words: Iterable[str]) -> Iterable[str]:
    """*words* up to the first pause or stop."""
    for word in words:
        if word in (STOP, PAUSE):
            return
        yield word
