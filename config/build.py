"""From what a YAML file says to the frozen dataclasses of :mod:`config.model`.

The mappings handed in have passed :mod:`config.schema`, or are packaged and passed it when they were written.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from config.model import (
    SELECTORS,
    Account,
    Agency,
    Collect,
    EntryPoint,
    Homonym,
    Institution,
    Kind,
    OfficeHolder,
    Place,
    Region,
    SelectorRule,
    Source,
    Unit,
)

Raw = Mapping[str, Any]
LANGUAGES = ("ar", "fr", "en", "es")
"""The languages in which places have a name."""


def source(raw: Raw) -> Source:
    """One outlet, with the defaults that follow from its other keys."""
    politeness: Raw = raw.get("politeness") or {}
    per_day = (raw.get("expect") or {}).get("articles_per_day")
    return Source(
        id=raw["id"],
        name=dict(raw["name"]),
        country=raw["country"],
        languages=tuple(raw["languages"]),
        scope=raw["scope"],
        homepage=raw["homepage"],
        timezone=raw["timezone"],
        entry_points=tuple(_entry_point(entry) for entry in raw.get("entry_points") or ()),
        collect=raw.get("collect") or default_collect(raw["scope"]),
        domains=_domains(raw["homepage"], raw.get("domains") or ()),
        enabled=raw.get("enabled", True),
        reason=raw.get("reason"),
        access=raw.get("access"),
        role=raw.get("role"),
        tier=raw.get("tier", 2),
        cms=raw.get("cms"),
        notes=raw.get("notes"),
        expect_per_day=(float(per_day[0]), float(per_day[1])) if per_day else None,
        delay_s=float(politeness["delay_s"]) if "delay_s" in politeness else None,
        max_pages_per_run=politeness.get("max_pages_per_run"),
        rules=tuple(_rule(rule) for rule in raw.get("rules") or ()),
    )


def default_collect(scope: str) -> Collect:
    """A foreign outlet prints much that has nothing to do with us: only what names us is fetched."""
    return "matching" if scope == "international" else "all"


def host(url: str) -> str:
    """The host of *url* in lower case, without ``www.``, with its port where it names one."""
    return urlsplit(url).netloc.rpartition("@")[2].lower().removeprefix("www.")


def place_of(homepage: str) -> str:
    """Host and path of a homepage: two editions may share a host, but not both.

    >>> place_of("https://www.example.com/fr/")
    'example.com/fr'
    """
    return (host(homepage) + urlsplit(homepage).path).rstrip("/")


def _domains(homepage: str, more: Iterable[str]) -> tuple[str, ...]:
    """The hosts of an outlet: the homepage's first, each once."""
    hosts = [host(homepage), *(domain.lower().removeprefix("www.") for domain in more)]
    return tuple(dict.fromkeys(hosts))


def _entry_point(raw: Raw) -> EntryPoint:
    return EntryPoint(
        kind=raw["kind"],
        url=raw["url"],
        language=raw.get("language"),
        evidence=tuple(raw.get("evidence") or ()),
        confidence=raw.get("confidence"),
        note=raw.get("note"),
        links=raw.get("links"),
    )


def _rule(raw: Raw) -> SelectorRule:
    return SelectorRule(
        valid_from=raw.get("valid_from"),
        drop=tuple(raw.get("drop") or ()),
        **{name: raw.get(name) for name in SELECTORS},
    )


def _by_language(raw: Mapping[str, Iterable[str]] | None) -> dict[str, tuple[str, ...]]:
    return {language: tuple(words) for language, words in (raw or {}).items()}


def institution(raw: Raw) -> Institution:
    return Institution(
        id=raw["id"],
        scope=raw["scope"],
        kind=raw["kind"],
        names=_by_language(raw["names"]),
        variants=_by_language(raw.get("variants")),
        acronyms=tuple(raw.get("acronyms") or ()),
        parent=raw.get("parent"),
        ambiguity=raw.get("ambiguity"),
        needs=raw.get("needs") or {},
        accounts=tuple(
            Account(raw["id"], account["network"], account["handle"]) for account in raw.get("accounts") or ()
        ),
        notes=raw.get("notes"),
    )


def agency(raw: Raw) -> Agency:
    names = (name for names in raw["names"].values() for name in names)
    return Agency(id=raw["id"], names=tuple(names), signs=tuple(raw.get("signs") or ()))


def homonym(raw: Raw) -> Homonym:
    return Homonym(
        id=raw["id"],
        country=raw["country"],
        body=raw["body"],
        same=tuple(raw.get("same") or ()),
        cues=_by_language(raw.get("cues")),
        domains=tuple(raw.get("domains") or ()),
    )


def office_holder(raw: Raw) -> OfficeHolder:
    return OfficeHolder(
        office=raw["office"],
        holder=raw["holder"],
        names=_by_language(raw["names"]),
        institution=raw.get("institution"),
        as_of=raw.get("as_of"),
    )


def region(raw: Raw) -> Region:
    return Region(
        id=raw["id"],
        iso=raw["iso"],
        names=dict(raw["names"]),
        variants=tuple(raw.get("variants") or ()),
        seat=raw.get("seat"),
    )


def unit(raw: Raw) -> Unit:
    return Unit(
        id=raw["id"],
        type=raw["type"],
        city=raw["city"],
        region=raw["region"],
        names=_by_language(raw["names"]),
    )


def place(raw: Raw) -> Place:
    return Place(
        id=raw["id"],
        names=dict(raw["names"]),
        variants=tuple(raw.get("variants") or ()),
        region=raw["region"],
        province=raw.get("province"),
        lat=raw.get("lat"),
        lon=raw.get("lon"),
        ambiguity=raw.get("ambiguity"),
    )


def kind(raw: Raw) -> Kind:
    return Kind(
        id=raw["id"],
        axis=raw["axis"],
        names=dict(raw["names"]),
        definition=raw["definition"],
        cues=_by_language(raw["cues"]),
        not_when=tuple(raw.get("not_when") or ()),
        rules=raw.get("rules"),
    )
