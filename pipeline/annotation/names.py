"""All names that annotation looks up, gathered from the configuration into one :class:`Lexicon`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from config.loader import Config
from config.model import Institution, Place
from pipeline.annotation.matcher import Lexicon, Sense
from pipeline.annotation.words import pattern

_PLACEHOLDER = re.compile(r"<[^>]*>")
_ARTICLE = re.compile(r"^(?:le|la|les|the|el|los|las)\s+|^l['’]", re.IGNORECASE)
"""A name listed with its article is also printed without (le « FBI marocain », du FBI marocain)."""
_HEAVY = 3.0
"""The weight, for the country, of a name that only a Moroccan body bears."""


def lexicon(config: Config) -> Lexicon:
    """Every name of *config* with what it stands for."""
    rules = config.relevance
    names = Lexicon()
    trust = _Trust(rules["trust"])
    also: Mapping[str, Iterable[str]] = rules["also"]
    for body in config.institutions:
        for name in dict.fromkeys((*_printed(body), *also.get(body.id, ()))):
            how = trust.of(body, name)
            if how == "never":
                continue
            bare = _PLACEHOLDER.sub("", name)
            names.add(bare, _sense(body, how), article=True)
            if (without := _ARTICLE.sub("", bare)) != bare and pattern(without) not in trust:
                names.add(without, _sense(body, how))
    for unit in config.units:
        if unit.type == "district":  # of a wilaya, which speaks for it
            sense = Sense("generic", "dgsn", "MA", _HEAVY, "ours")
        else:
            label = "wilaya-amn" if unit.type == "wilaya" else "dgsn"
            sense = Sense("core", label, "MA", _HEAVY, "ours")
        for name in _flat(unit.names):
            names.add(name, sense)
            names.add(name, Sense("town", unit.city, "MA", 1.0))
    scopes = {body.id: body.scope for body in config.institutions}
    for holder in config.office_holders:
        if holder.institution is None:
            sense = Sense("cue", holder.holder, "MA", _HEAVY)
        else:
            sense = Sense(scopes[holder.institution], holder.institution, "MA", _HEAVY, "ours")
        for name in _flat(holder.names):
            names.add(name, sense)
    for trusted, by_language in rules["generic"].items():
        for name in _flat(by_language):
            names.add(name, Sense("generic", "dgsn", trust="faint" if trusted == "faint" else "shared"))
    for name in _flat(rules["noise"]):
        names.add(name, Sense("noise", name))
    for country, forces in rules["foreign"].items():
        for name in forces:
            names.add(name, Sense("foreign", f"police-{country}", country))
    for homonym in config.homonyms:
        for name in _flat(homonym.cues):
            names.add(name, Sense("cue", name, homonym.country, 1.0), proper=True)
    for country, groups in rules["countries"].items():
        for group in groups:
            for name in group["names"]:
                names.add(name, Sense("cue", name, country, float(group["weight"])), proper=True)
    for place in config.places:
        for name in _town_names(place):
            names.add(name, Sense("town", place.id, "MA", 1.0), proper=True)
    for region in config.regions:
        # A region's name holds the names of towns that it does not speak of.
        for name in (*region.names.values(), *region.variants):
            if " " in pattern(name):
                names.add(name, Sense("cue", region.id, "MA", 1.0), proper=True)
    return names.freeze()


class _Trust:
    """How far each name of an institution can be believed (``trust`` of config/relevance.yml)."""

    def __init__(self, rules: Mapping[str, Any]) -> None:
        self._scopes = rules["by_scope"]
        self._ids = rules["ids"]
        self._names = {pattern(name): how for name, how in rules["names"].items()}
        self._country_words = frozenset(pattern(word) for word in rules["country_words"])

    def __contains__(self, key: str) -> bool:
        return key in self._names

    def of(self, body: Institution, name: str) -> str:
        if _PLACEHOLDER.search(name):
            return "beside"
        key = pattern(name)
        if key in self._names:
            return str(self._names[key])
        if body.scope != "partner" and not self._country_words.isdisjoint(key.split()):
            return "ours"
        return str(self._ids.get(body.id) or self._scopes[body.scope])


def _sense(body: Institution, how: str) -> Sense:
    if body.scope == "partner":
        return Sense("partner", body.id, trust=how)
    return Sense(body.scope, body.id, "MA", _HEAVY if how == "ours" else 0.0, how)


def _flat(by_language: Mapping[str, Iterable[str]]) -> Iterable[str]:
    for names in by_language.values():
        yield from names


def _printed(body: Institution) -> Iterable[str]:
    """Every way to print *body*'s name; some hold a placeholder for a town (``ولاية أمن <مدينة>``)."""
    yield from (*_flat(body.names), *_flat(body.variants), *body.acronyms)


def _town_names(place: Place) -> Iterable[str]:
    yield from dict.fromkeys((*place.names.values(), *place.variants))
