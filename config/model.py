"""What configuration says, as the other rooms see it: plain frozen dataclasses.

The YAML and TOML that analysts edit are checked by :mod:`config.schema` (pydantic at the door); beyond the
door there are only these.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from config.settings import Settings as Settings  # defined where commands that need no more can import it

Scope = Literal["national", "international", "agency", "official"]
EntryKind = Literal["feed", "sitemap", "news_sitemap", "section", "wordpress", "gdelt"]
Collect = Literal["all", "matching"]


@dataclass(frozen=True, slots=True)
class EntryPoint:
    """One URL at which an outlet lists what it publishes."""

    kind: EntryKind
    url: str
    language: str | None = None
    """Where it differs from the source's first language."""
    evidence: tuple[str, ...] = ()
    """Codes of ``config/evidence.yml``: who saw this URL; empty = a guess."""
    confidence: str | None = None
    note: str | None = None
    links: str | None = None
    """For a section page: CSS selector of the links to articles, where the heuristics are not enough."""


@dataclass(frozen=True, slots=True)
class SelectorRule:
    """Dated CSS selectors for one outlet; a rule holds for pages fetched from *valid_from* on."""

    valid_from: date | None = None
    title: str | None = None
    subtitle: str | None = None
    body: str | None = None
    authors: str | None = None
    published: str | None = None
    modified: str | None = None
    section: str | None = None
    tags: str | None = None
    images: str | None = None
    """Pictures, or boxes of a picture with its caption."""
    videos: str | None = None
    """Players, links or other elements that bear a video's address."""
    drop: tuple[str, ...] = ()
    """Elements removed before reading (boxes that the generic reading takes for text)."""


SELECTORS = (
    "title",
    "subtitle",
    "body",
    "authors",
    "published",
    "modified",
    "section",
    "tags",
    "images",
    "videos",
)
"""The fields that a :class:`SelectorRule` can select."""


@dataclass(frozen=True, slots=True)
class Source:
    """One outlet."""

    id: str
    name: Mapping[str, str]
    """By language."""
    country: str
    languages: tuple[str, ...]
    """BCP 47; the first is the default for a page that does not say."""
    scope: Scope
    homepage: str
    timezone: str
    entry_points: tuple[EntryPoint, ...] = ()
    collect: Collect = "all"
    domains: tuple[str, ...] = ()
    """Hosts (without ``www.``) whose pages are this outlet's; the homepage's host is always one."""
    enabled: bool = True
    reason: str | None = None
    """Why it is disabled; always given when ``enabled`` is false."""
    access: str | None = None
    role: str | None = None
    """``aggregator`` (republishes others, never an independent voice) or ``homonym-risk``."""
    tier: int = 2
    cms: str | None = None
    notes: str | None = None
    expect_per_day: tuple[float, float] | None = None
    delay_s: float | None = None
    """``None`` = the setting ``politeness.delay_s``."""
    max_pages_per_run: int | None = None
    rules: tuple[SelectorRule, ...] = ()


Network = Literal["x", "facebook", "instagram", "youtube", "tiktok"]


@dataclass(frozen=True, slots=True)
class Account:
    """A public account of an institution: the only accounts of which posts are noted."""

    institution: str
    network: Network
    handle: str
    """As in the address of its page, without ``@``."""


@dataclass(frozen=True, slots=True)
class Agency:
    """A news agency, as the press credits it."""

    id: str
    names: tuple[str, ...]
    """In full, in every language: found wherever an article is signed."""
    signs: tuple[str, ...] = ()
    """Short forms (``MAP``, ``و م ع``), which mean an agency only where they stand apart."""


@dataclass(frozen=True, slots=True)
class Institution:
    """A body, service or event of ``config/institutions``: a name that the press may print."""

    id: str
    scope: Literal["core", "adjacent", "partner"]
    kind: str
    names: Mapping[str, tuple[str, ...]]
    """Full names by language; the first is the one shown."""
    variants: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Other ways to print it, by language (``ary`` colloquial, ``noise`` misprints)."""
    acronyms: tuple[str, ...] = ()
    parent: str | None = None
    ambiguity: str | None = None
    """What else the name may mean, in words; its machine-readable half is :attr:`needs`."""
    needs: Mapping[str, Any] = field(default_factory=dict)
    """Conditions under which an ambiguous name counts; schema in ``config/schema.py``."""
    accounts: tuple[Account, ...] = ()
    notes: str | None = None


@dataclass(frozen=True, slots=True)
class Homonym:
    """A body abroad that bears a name of ours, with the cues that betray it."""

    id: str
    country: str
    body: str
    same: tuple[str, ...] = ()
    cues: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By language."""
    domains: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OfficeHolder:
    office: str
    holder: str
    names: Mapping[str, tuple[str, ...]]
    """``ar`` and ``latin`` spellings."""
    institution: str | None = None
    as_of: str | None = None


@dataclass(frozen=True, slots=True)
class Region:
    id: str
    iso: str
    names: Mapping[str, str]
    variants: tuple[str, ...] = ()
    seat: str | None = None


@dataclass(frozen=True, slots=True)
class Unit:
    """A police unit with a territory (``wilaya-rabat`` …)."""

    id: str
    type: str
    city: str
    region: str
    names: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Place:
    """A Moroccan town."""

    id: str
    names: Mapping[str, str]
    """``ar``, ``fr``, ``en``, ``es``."""
    variants: tuple[str, ...]
    region: str
    province: str | None
    lat: float | None
    lon: float | None
    ambiguity: str | None = None


@dataclass(frozen=True, slots=True)
class Kind:
    """A form or topic of communication, with the cues by language."""

    id: str
    axis: Literal["form", "topic"]
    names: Mapping[str, str]
    definition: str
    cues: Mapping[str, tuple[str, ...]]
    not_when: tuple[str, ...] = ()
    rules: str | None = None
