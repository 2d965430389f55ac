"""What each YAML file may say: pydantic at the door.

The models check and describe (``marsad config schema``); what the other rooms are handed are the frozen
dataclasses of :mod:`config.model`, made by :mod:`config.build` from mappings that passed here.  A key that no
model knows is a fault: a misspelt key would otherwise be silently without effect.
"""

from __future__ import annotations

import re
from datetime import date
from functools import cache
from importlib import resources
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from config.model import SELECTORS, Collect, EntryKind, Network, Scope

Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=False, pattern=r"\S")]
SourceId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+([._-][a-z0-9]+)*$")]
Id = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]

LANGUAGES = frozenset(
    """
    aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de
    dv dz ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id
    ie ig ii ik io is it iu ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu
    lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu
    rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st su sv sw ta te tg th ti tk tl tn to tr
    ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu
    """.split()
    # ISO 639-3, where 639-1 has no code: colloquial Arabic and the Amazigh languages
    + "ary arq aeb ayl arz apc acm afb zgh tzm shi rif kab ber".split()
)
"""Primary language subtags that are known; BCP 47 subtags after them (``pt-BR``) are checked by form only."""


@cache
def countries() -> frozenset[str]:
    """ISO 3166-1 alpha-2, from the table that comes with the time zones."""
    table = resources.files("tzdata.zoneinfo").joinpath("iso3166.tab").read_text(encoding="utf-8")
    return frozenset(line[:2] for line in table.splitlines() if line and not line.startswith("#"))


@cache
def zones() -> frozenset[str]:
    """Every name of the time zone database, as the ``tzdata`` package has it (see :mod:`config.zones`)."""
    return frozenset(resources.files("tzdata").joinpath("zones").read_text(encoding="utf-8").split())


class Unknown(ValueError):
    """A name that is not in a known list; carries the list for the nearest one."""

    def __init__(self, expected: str, known: frozenset[str]) -> None:
        super().__init__(expected)
        self.expected, self.known = expected, known


class Rule(ValueError):
    """A rule between keys: at which *key*, what was *got* there, what is *expected*."""

    def __init__(self, key: str, got: str, expected: str) -> None:
        super().__init__(expected)
        self.key, self.got, self.expected = key, got, expected


def web_url(value: str) -> str:
    """*value*, if it is an address of the web; raises ``ValueError`` that says what is expected."""
    try:
        parts = urlsplit(value)
    except ValueError:
        raise ValueError("a URL") from None
    if parts.scheme not in ("http", "https"):
        raise ValueError("http or https")
    if not parts.hostname or any(char.isspace() for char in value):
        raise ValueError("a URL with a host and no white space")
    if parts.username is not None or parts.password is not None:
        raise ValueError("a URL without user or password")
    try:
        parts.port  # noqa: B018 (reading it checks it)
    except ValueError:
        raise ValueError("a port from 0 to 65535") from None
    return value


def _domain(value: str) -> str:
    if not re.fullmatch(r"[^\s/@?#]+", value) or value != value.lower():
        raise ValueError("a host name in lower case, like example.com")
    return value


def _country(value: str) -> str:
    if value not in countries():
        raise Unknown("an ISO 3166-1 country code in capitals, like MA", countries())
    return value


def _language(value: str) -> str:
    primary, *rest = value.split("-")
    if primary not in LANGUAGES or not all(re.fullmatch(r"[A-Za-z0-9]{2,8}", part) for part in rest):
        raise Unknown("a BCP 47 language, like ar, ary, fr, pt-BR", LANGUAGES)
    return value


def _zone(value: str) -> str:
    if value not in zones():
        raise Unknown("a time zone, like Africa/Casablanca", zones())
    return value


def _selector(value: str) -> str:
    from soupsieve import SelectorSyntaxError, compile

    try:
        compile(value)
    except SelectorSyntaxError as error:
        raise ValueError(f"a CSS selector ({str(error).splitlines()[0]})") from None
    return value


def _expression(value: str) -> str:
    try:
        re.compile(value)
    except re.error as error:
        raise ValueError(f"a regular expression ({error})") from None
    return value


def _distinct(values: list[str]) -> list[str]:
    twice = next((value for index, value in enumerate(values) if value in values[:index]), None)
    if twice is not None:
        raise ValueError(f"each value once ({twice!r} stands twice)")
    return values


Url = Annotated[str, AfterValidator(web_url)]
Domain = Annotated[str, AfterValidator(_domain)]
Country = Annotated[str, AfterValidator(_country)]
Language = Annotated[str, AfterValidator(_language)]
Zone = Annotated[str, AfterValidator(_zone)]
Selector = Annotated[str, AfterValidator(_selector)]
Expression = Annotated[str, AfterValidator(_expression)]
Names = Annotated[dict[Language, Text], Field(min_length=1)]
NameLists = dict[str, list[Text]]


class Strict(BaseModel):
    """Every model here: no unknown key, no silent conversion (``yes`` is no country, ``5`` no text)."""

    model_config = ConfigDict(extra="forbid", strict=True)


# -- sources/<cc>/<id>.yml --------------------------------------------------------------------------------


class EntryPointFile(Strict):
    kind: EntryKind
    url: Url
    language: Language | None = None
    confidence: Literal["public-evidence", "pattern-guess"] | None = None
    evidence: list[Text] = []
    note: Text | None = None
    links: Selector | None = None

    @model_validator(mode="after")
    def _links_of_sections_only(self) -> EntryPointFile:
        if self.links is not None and self.kind != "section":
            raise Rule("links", repr(self.links), "none, as only section pages have links to select")
        return self


class PolitenessFile(Strict):
    delay_s: Annotated[float, Field(ge=0, le=3600)] | None = None
    max_pages_per_run: Annotated[int, Field(ge=1)] | None = None


class ExpectFile(Strict):
    articles_per_day: Annotated[list[Annotated[float, Field(ge=0)]], Field(min_length=2, max_length=2)]

    @model_validator(mode="after")
    def _from_low_to_high(self) -> ExpectFile:
        if self.articles_per_day[0] > self.articles_per_day[1]:
            low, high = self.articles_per_day
            raise Rule("articles_per_day", f"[{low:g}, {high:g}]", "[low, high]")
        return self


class RuleFile(Strict):
    valid_from: date | None = None
    title: Selector | None = None
    subtitle: Selector | None = None
    body: Selector | None = None
    authors: Selector | None = None
    published: Selector | None = None
    modified: Selector | None = None
    section: Selector | None = None
    tags: Selector | None = None
    images: Selector | None = None
    videos: Selector | None = None
    drop: list[Selector] = []

    @model_validator(mode="after")
    def _says_something(self) -> RuleFile:
        if not self.drop and not any(getattr(self, name) for name in SELECTORS):
            raise Rule("", "no selector", "at least one")
        return self


class SourceFile(Strict):
    """One outlet: a file ``sources/<cc>/<id>.yml``."""

    id: SourceId
    name: Names
    country: Country
    languages: Annotated[list[Language], Field(min_length=1), AfterValidator(_distinct)]
    scope: Scope
    homepage: Url
    timezone: Zone
    tier: Annotated[int, Field(ge=1, le=3)] = 2
    role: Literal["aggregator", "homonym-risk"] | None = None
    cms: Text | None = None
    domains: Annotated[list[Domain], AfterValidator(_distinct)] = []
    enabled: bool = True
    reason: Text | None = None
    access: Text | None = None
    notes: Text | None = None
    collect: Collect | None = None
    entry_points: list[EntryPointFile] = []
    politeness: PolitenessFile | None = None
    expect: ExpectFile | None = None
    rules: list[RuleFile] = []

    @model_validator(mode="after")
    def _disabled_says_why(self) -> SourceFile:
        if not self.enabled and self.reason is None:
            raise Rule("reason", "nothing", "the reason, as enabled is false")
        if self.enabled and self.reason is not None:
            raise Rule("reason", repr(self.reason), "none, as the outlet is enabled")
        if self.enabled and not self.entry_points:
            raise Rule("entry_points", "none", "at least one, or enabled: false with a reason")
        return self


# -- institutions, places, communications -----------------------------------------------------------------


class AccountFile(Strict):
    network: Network
    handle: Annotated[str, StringConstraints(pattern=r"^[\w.\-]+$")]
    sure: Text
    evidence: list[Text] = []


class InstitutionFile(Strict):
    id: Id
    scope: Literal["core", "adjacent", "partner"]
    kind: Text
    names: Annotated[NameLists, Field(min_length=1)]
    acronyms: list[Text] = []
    variants: NameLists = {}
    parent: Id | None = None
    since: Text | None = None
    ambiguity: Text | None = None
    needs: dict[str, Any] = {}
    accounts: list[AccountFile] = []
    notes: Text | None = None
    sure: Text
    evidence: list[Text] = []


class InstitutionsFile(Strict):
    institutions: list[InstitutionFile]


class HomonymFile(Strict):
    id: Id
    country: Text
    body: Text
    same: list[Text] = []
    cues: NameLists = {}
    domains: list[Domain] = []
    sure: Text


class HomonymsFile(Strict):
    homonyms: list[HomonymFile]
    rules: list[Text] = []


class OfficeHolderFile(Strict):
    office: Text
    holder: Text
    names: Annotated[NameLists, Field(min_length=1)]
    institution: Id | None = None
    as_of: Text | None = None
    since: Text | None = None
    previous: list[Text] = []
    sure: Text
    evidence: list[Text] = []


class OfficeHoldersFile(Strict):
    office_holders: list[OfficeHolderFile]


class AgencyFile(Strict):
    id: SourceId
    names: Annotated[NameLists, Field(min_length=1)]
    signs: list[Text] = []


class SeriesEntry(Strict):
    id: Id
    names: dict[Language, Text]
    kind: Text
    figures: Annotated[list[Text], Field(min_length=1)]
    days: Annotated[int, Field(ge=1, le=366)]


class SeriesFile(Strict):
    series: list[SeriesEntry]


class AgenciesFile(Strict):
    agencies: list[AgencyFile]


class RegionFile(Strict):
    id: Id
    iso: Annotated[str, StringConstraints(pattern=r"^MA-\d\d$")]
    names: Names
    variants: list[Text] = []
    seat: Text | None = None
    population_2024: Annotated[int, Field(ge=0)] | None = None


class RegionsFile(Strict):
    regions: list[RegionFile]


class UnitFile(Strict):
    id: Id
    type: Literal["wilaya", "regional", "provincial", "commissariat", "district", "border"]
    city: Id
    region: Text
    names: Annotated[NameLists, Field(min_length=1)]
    covers: list[Id] = []
    note: Text | None = None
    sure: Literal["evidence", "mixed", "conflict", "knowledge"]
    evidence: list[Text] = []


class UnitsFile(Strict):
    name_templates: NameLists = {}
    units: list[UnitFile]


class TownFile(Strict):
    id: Id
    names: Names
    variants: list[Text] = []
    region: Text
    province: Text | None = None
    lat: Annotated[float, Field(ge=-90, le=90)] | None = None
    lon: Annotated[float, Field(ge=-180, le=180)] | None = None
    coord: Literal["simplemaps", "knowledge-approx"] | None = None
    ambiguity: Text | None = None


class TownsFile(Strict):
    towns: list[TownFile]


class KindFile(Strict):
    id: Annotated[str, StringConstraints(pattern=r"^[a-z]+(_[a-z]+)*$")]
    axis: Literal["form", "topic"]
    names: Names
    definition: Text
    cues: NameLists
    not_when: list[Text] = []
    rules: Text | None = None
    corpus_hits: dict[str, Annotated[list[int], Field(min_length=3, max_length=3)]] = {}


class KindsFile(Strict):
    kinds: list[KindFile]


CueLists = dict[Literal["arabic", "latin", "any"], Text]
"""Phrases, parted by semicolons, by the letters in which they are written."""
Strength = Literal["sure", "fair", "news", "titled", "good", "hint", "against"]
KindId = Annotated[str, StringConstraints(pattern=r"^[a-z]+(_[a-z]+)*$")]


class PositionsFile(Strict):
    headline: Annotated[int, Field(ge=0)]
    lead: Annotated[int, Field(ge=0)]
    rest: Annotated[int, Field(ge=0)]


class NegationFile(Strict):
    reach_words: Annotated[int, Field(ge=1)]
    before: list[Text]


class CueTogetherFile(Strict):
    of: Annotated[list[Text], Field(min_length=2)]
    points: Strength
    within: Literal["sentence", "article"] = "sentence"


class AnsweredFile(Strict):
    by: Annotated[list[KindId], Field(min_length=1)]
    unless: Text


class KindRulesFile(Strict):
    needs: Literal["strong"] | None = None
    spoken: bool = False
    negated: bool = False
    recalled: bool = False
    not_behind: list[Text] = []
    answered: AnsweredFile | None = None
    sections: list[Text] = []
    sure: CueLists = {}
    fair: CueLists = {}
    news: CueLists = {}
    titled: CueLists = {}
    good: CueLists = {}
    hint: CueLists = {}
    against: CueLists = {}
    together: list[CueTogetherFile] = []
    not_read: list[Text] = []


class PrecedenceFile(Strict):
    when: Annotated[list[KindId], Field(min_length=1)]
    unless: list[KindId] = []
    drop: list[KindId] = []
    add: list[KindId] = []
    below: int | None = None
    above: int = 0


class KindCuesFile(Strict):
    version: int
    points: dict[Strength, PositionsFile]
    enough: Annotated[int, Field(ge=1)]
    lead_words: Annotated[int, Field(ge=1)]
    attribution: dict[
        Literal["official", "security_source", "other_official", "foreign_official", "outlet", "none"],
        dict[KindId, int],
    ]
    negation: NegationFile
    words: dict[Text, Annotated[list[Text], Field(min_length=1)]]
    sets: dict[Text, CueLists]
    marks: dict[Literal["closing", "recalled"], CueLists]
    kinds: dict[KindId, KindRulesFile]
    precedence: list[PrecedenceFile]


HearsaySort = Literal["circulates", "unconfirmed", "rumoured", "said", "unnamed", "attributed", "alarm"]


class RumoursFile(Strict):
    version: int
    unresolved_after_days: Annotated[int, Field(ge=1)]
    enough: Annotated[int, Field(ge=1)]
    enough_of_acts: Annotated[int, Field(ge=1)]
    points: dict[HearsaySort, PositionsFile]
    never: list[KindId]
    acts: list[KindId]
    words: dict[Text, Annotated[list[Text], Field(min_length=1)]]
    cues: dict[HearsaySort, CueLists]


class EditionFile(Strict):
    number: Annotated[int, Field(ge=1)]
    town: Id
    from_: Annotated[date | None, Field(alias="from")] = None
    to: date | None = None
    month: Annotated[str, StringConstraints(pattern=r"^\d{4}-\d\d$")] | None = None
    """Where the days are not known."""
    visitors: Annotated[int, Field(ge=0)] | None = None
    sure: Literal["evidence", "mixed", "conflict", "knowledge"]


class CampaignFile(Strict):
    id: Id
    institution: Id
    kind: Text
    notes: Text | None = None
    editions: list[EditionFile]


class CampaignsFile(Strict):
    campaigns: list[CampaignFile]


class ReadingFile(Strict):
    model: Text
    precedence: list[Text]
    traps: list[Text]
    matching: list[Text]


class EvidenceCode(Strict):
    what: Text
    where: Text
    grade: Text


class EvidenceFile(Strict):
    evidence: dict[str, EvidenceCode]
    places: dict[str, Text] = {}


class WatchwordsFile(Strict):
    institutions: list[Id] = []
    words: dict[Language, list[Text]]


Script = Literal["ar", "la"]
"""Arabic letters (Arabic, Darija) or Latin ones (French, Spanish, English)."""


class CopyLimitsFile(Strict):
    window_days: Annotated[float, Field(gt=0)]
    new_share: Annotated[float, Field(gt=0, le=1)]
    origin_share: Annotated[float, Field(gt=0, le=1)]
    own_share: Annotated[float, Field(gt=0, le=1)]
    other_numbers: Annotated[float, Field(ge=0, le=1)]
    agency_behind_hours: Annotated[float, Field(ge=0)]
    shortest_words: Annotated[int, Field(ge=1)]
    postings: Annotated[int, Field(ge=1)]
    compared: Annotated[int, Field(ge=1)]


class LinkWeightsFile(Strict):
    town: float
    towns: float
    town_apart: float
    unit: float
    number: float
    numbers: float
    small: float
    smalls: float
    digit: float
    concept: float
    focus: float
    focus_concept: float
    broad: float
    place: float
    place_apart: float
    body: float
    kind: float
    kind_apart: float
    name: float
    short: float
    word_arabic: float
    head_arabic: float
    word_latin: float
    head_latin: float
    word_between: float
    figure: float


class StoryRulesFile(Strict):
    window_days: Annotated[float, Field(gt=0)]
    link: float
    join: float
    absent: float
    best: Annotated[float, Field(ge=0, le=1)]
    largest: Annotated[int, Field(ge=2)]
    postings: Annotated[int, Field(ge=1)]
    compared: Annotated[int, Field(ge=1)]
    bias: float
    gap_per_day: Annotated[float, Field(le=0)]
    weights: LinkWeightsFile


class AnswersFile(Strict):
    denial: dict[Script, Text]
    clarification: dict[Script, Text]
    correction: dict[Script, Text]
    erratum: dict[Script, Text]
    official: dict[Script, Text]
    development: dict[Script, Text]
    translated: dict[Script, Text]


class ConceptsFile(Strict):
    narrow: dict[str, dict[Script, Text]]
    broad: dict[str, dict[Script, Text]]
    places: dict[str, dict[Script, Text]]


class StoriesFile(Strict):
    copies: CopyLimitsFile
    stories: StoryRulesFile
    relations: AnswersFile
    concepts: ConceptsFile
    numbers: dict[Annotated[int, Field(ge=1)], Text]
    months: Text
    common: dict[Language, Text]


class UnitFormsFile(Strict):
    """How a unit of the police is printed (``forms`` of whereabouts.yml)."""

    rank: list[Text]
    service: list[Text]
    common: list[Text]
    loose: list[Text]
    national: list[Text]


class UnitWorthFile(Strict):
    rank: int
    service: int
    common: int
    loose: int
    title: int
    lead: int
    acting: int
    at_home: int


class UnitRulesFile(Strict):
    forms: UnitFormsFile
    worth: UnitWorthFile
    links: list[Text]
    link_words: Annotated[int, Field(ge=0)]
    behind: list[Text]
    of_the_town: list[Text]
    bare: list[Text]
    acts: list[Text]
    silent: list[Text]
    silent_words: Annotated[int, Field(ge=1)]
    several: Annotated[int, Field(ge=2)]
    elsewhere: list[Id]


class PlaceRulesFile(Strict):
    title: Annotated[float, Field(ge=0)]
    subtitle: Annotated[float, Field(ge=0)]
    lead: Annotated[float, Field(ge=0)]
    text: Annotated[float, Field(ge=0)]
    telling: Annotated[float, Field(ge=0)]
    least: Annotated[float, Field(ge=0)]
    else_: Annotated[float, Field(alias="else", ge=0)]
    many: Annotated[int, Field(ge=2)]
    network: list[Text]
    few: Annotated[int, Field(ge=2)]
    centres: list[Text]
    at: list[Text]
    needs_at: list[Text]
    skip: list[Text]
    conjunctions: list[Text]
    for_: Annotated[list[Text], Field(alias="for")]
    against: NameLists
    weak: NameLists
    away: list[Text]
    behind: list[Text]
    where: list[Text]
    fact: list[Text]
    takes: list[Text]
    recalled: list[Text]
    landmarks: dict[Id, list[Text]]
    epithets: NameLists
    doubles: dict[Id, Id]
    seats: list[Id]
    several: Annotated[int, Field(ge=2)]
    spots: list[Text]
    motion: dict[Language, list[Text]]
    warns: list[Text]
    lies: list[Text]
    later: list[Text]
    in_month: list[Text]
    months: dict[Annotated[int, Field(ge=1, le=12)], list[Text]]


class WhereaboutsFile(Strict):
    version: int
    units: UnitRulesFile
    places: PlaceRulesFile
    foreign: dict[Country, list[Text]]


class PartnerCuesFile(Strict):
    agreement: list[Text]
    joint: list[Text]
    shared: list[Text]
    honour: list[Text]


class AsideFile(Strict):
    words: Annotated[int, Field(ge=1)]
    quoted: list[Text]
    speaks: list[Text]
    before: list[Text]
    right_before: list[Text]
    after: list[Text]


class PartnersFile(Strict):
    version: int
    heads: list[Text]
    departments: list[Text]
    named: dict[Country | Literal["XX"], list[Text]]
    known: dict[Id, list[Text]]
    bodies: dict[Id, dict[Language, Annotated[list[Text], Field(min_length=1)]]]
    indefinite: list[Text]
    unnamed: list[Text]
    services: list[Text]
    countries: dict[Country, list[Text]]
    between: list[Text]
    hands: list[Text]
    of: list[Text]
    of_a_country: list[Text]
    stops: list[Text]
    articles: list[Text]
    runs: list[Text]
    together: PartnerCuesFile
    joins: list[Text]
    with_: Annotated[list[Text], Field(alias="with")]
    acts: list[Text]
    partnership: list[Text]
    beside: list[Text]
    aside: AsideFile
    always: dict[Id, Country]
    never: list[Id]
    headed: list[Id]
    general: list[Text]
    common: list[Text]
    same: dict[Text, list[Text]]


class TriggersFile(Strict):
    verb: dict[Language, list[Text]]
    marker: dict[Language, list[Text]]
    relay: dict[Language, list[Text]]
    denial: dict[Language, list[Text]]
    denying: dict[Language, list[Text]]
    going_on: dict[Language, list[Text]]


class SpeakersFile(Strict):
    official: dict[Language, list[Text]]
    security_source: dict[Language, list[Text]]
    other_official: dict[Language, list[Text]]
    foreign_official: dict[Language, list[Text]]
    outlet: dict[Language, list[Text]]
    relays: dict[Language, list[Text]]
    bystander: dict[Language, list[Text]]
    none: dict[Language, list[Text]]


class SpokenSignsFile(Strict):
    outlet: dict[Language, list[Text]]
    opinion: dict[Language, list[Text]]
    rumour: dict[Language, list[Text]]


class GenresFile(Strict):
    opinion: list[Text]
    feature: list[Text]


class ClaimsFile(Strict):
    leads: dict[Language, list[Text]]
    reach_words: Annotated[int, Field(ge=1)]
    skipped: dict[Language, list[Text]]
    anaphors: list[Text]
    hearsay: dict[Language, list[Text]]
    negations: list[Text]
    replies: dict[Language, list[Text]]
    ends: dict[Language, list[Text]]


Weight = Annotated[float, Field(ge=0)]


class TriggerWeightsFile(Strict):
    marker: Weight
    relay: Weight
    verb: Weight
    denial: Weight
    document: Weight


class SpeakerWeightsFile(Strict):
    official: Weight
    security_source: Weight
    other_official: Weight
    foreign_official: Weight
    outlet: Weight
    relays: Weight
    bystander: Weight
    stranger: Weight
    none: Weight


class VoiceWeightsFile(Strict):
    places: Annotated[list[Weight], Field(min_length=1)]
    triggers: TriggerWeightsFile
    titled: Weight
    speakers: SpeakerWeightsFile
    documented: Weight
    inherited: Weight
    far: Weight
    titled_relay: Weight
    embedded: Weight
    recalled: Weight
    answering: Weight
    share: Weight
    rumour: Weight
    reporter: Weight
    own_name: Weight
    essay: Weight
    opinion: Weight
    feature: Weight
    homonym: Weight
    act: Weight
    rumoured: Weight
    nothing: Weight


class VoicesFile(Strict):
    version: int
    triggers: TriggersFile
    silent: list[Text]
    recalled: list[Text]
    passive: list[Text]
    articles: list[Text]
    before_only: list[Text]
    addressed: list[Text]
    that: dict[Language, list[Text]]
    documents: dict[Language, list[Text]]
    same: dict[Language, list[Text]]
    speakers: SpeakersFile
    unnamed: dict[Language, list[Text]]
    spokespersons: list[Text]
    signs: SpokenSignsFile
    genres: GenresFile
    claims: ClaimsFile
    weights: VoiceWeightsFile


class ScriptNamesFile(Strict):
    names: list[Text]
    also_words: list[Text]


class GivenNamesFile(Strict):
    arabic: ScriptNamesFile
    latin: ScriptNamesFile
    with_next: list[Text]
    honorifics: list[Text]


class FamilyNamesFile(Strict):
    particles: list[Text]
    particles_latin: list[Text]
    particles_of_places: list[Text]
    arabic_forms: Annotated[list[Expression], Field(min_length=1)]
    arabic_plain: Expression
    arabic: list[Text]
    not_arabic: list[Text]
    not_latin: list[Text]


class ReachFile(Strict):
    before: Annotated[int, Field(ge=1)]
    after: Annotated[int, Field(ge=1)]
    title_after: Annotated[int, Field(ge=1)]


class PrivateFile(Strict):
    before: Annotated[list[Text], Field(min_length=1)]
    after: Annotated[list[Text], Field(min_length=1)]
    age: list[Text]


class CaseWordsFile(Strict):
    told: Annotated[int, Field(ge=0)]
    untold: Annotated[int, Field(ge=0)]


class PersonsFile(Strict):
    given: GivenNamesFile
    family: FamilyNamesFile
    named_after: list[Text]
    named_after_adjectives: list[Text]
    reach: ReachFile
    courtesy: list[Text]
    called: list[Text]
    private: PrivateFile
    deeds: Annotated[list[Text], Field(min_length=1)]
    parted_by: list[Text]
    office: Annotated[list[Text], Field(min_length=1)]
    trade: Annotated[list[Text], Field(min_length=1)]
    and_: Annotated[list[Text], Field(alias="and")]
    bylines: list[Text]
    public_names: list[Text]
    debate: list[Text]
    case_words: CaseWordsFile
    case: list[Text]


Words = Annotated[list[Text], Field(min_length=1)]


class NumberWordsFile(Strict):
    add: dict[int, Words]
    one: Words
    hundred: Words
    scales: dict[int, Words]
    joins: Words
    about: dict[int, Words]
    half: Words
    only: dict[Text, Language]
    vague: Words


class InsteadFile(Strict):
    what: Text
    becomes: Text
    near: Words


class AboveFile(Strict):
    than: int
    becomes: Text


class FiguresFile(Strict):
    version: int
    numbers: NumberWordsFile
    money: dict[Text, dict[int | float, Words]]
    price_below: int
    mass: dict[int | float, Words]
    mass_dual: dict[int, Words]
    substances: dict[Text, Words]
    things: dict[Text, Words]
    persons: Words
    person: Words
    fates: dict[Text, Words]
    weak: Words
    measures: Words
    labels: Words
    months: dict[Annotated[int, Field(ge=1, le=12)], Words]
    weekdays: Words
    to: Words
    range_openers: Words
    approximate: Words
    subset: Words
    claimed: Words
    recalled: Words
    nationals: Words
    bystanders: Words
    compared: Words
    differences: Words
    custody: Words
    penalty: Words
    pluperfect: Words
    above: dict[Text, AboveFile]
    pair: Words
    many: Words
    family: Words
    neutral: Words
    purposes: Words
    of_now: Words
    half_of: Words
    one_of: Words
    year_words: Words
    times: Words
    done: dict[Text, Words]
    count_of: Words
    negations: Words
    relatives: Words
    others: Words
    single: dict[Text, Words]
    instead: list[InsteadFile]
    things_too: Words
    nouns_of_arrest: Words
    one_unit: Words
    denials: Words
    taken: dict[Text, Words]
    at_least: dict[Text, int]
    ends_in: Words
    claims: dict[Text, Text]
    auxiliaries: Words
    fillers: Words
    stops: Words
    of: Words
    rank_of: Words
    before_number: Words


FILES: dict[str, type[Strict]] = {
    "evidence.yml": EvidenceFile,
    "agencies.yml": AgenciesFile,
    "homonyms.yml": HomonymsFile,
    "office_holders.yml": OfficeHoldersFile,
    "watchwords.yml": WatchwordsFile,
    "stories.yml": StoriesFile,
    "whereabouts.yml": WhereaboutsFile,
    "partners.yml": PartnersFile,
    "persons.yml": PersonsFile,
    "voices.yml": VoicesFile,
    "figures.yml": FiguresFile,
    "series.yml": SeriesFile,
    "kinds.yml": KindCuesFile,
    "rumours.yml": RumoursFile,
    "places/regions.yml": RegionsFile,
    "places/units.yml": UnitsFile,
    "places/towns.yml": TownsFile,
    "communications/forms.yml": KindsFile,
    "communications/topics.yml": KindsFile,
    "communications/campaigns.yml": CampaignsFile,
    "communications/reading.yml": ReadingFile,
}
"""The model of every file that has one; ``sources/`` and ``institutions/`` hold any number of theirs."""


def model_of(name: str) -> type[Strict] | None:
    """The model of the file *name* (below the configuration), or ``None`` where another room reads it."""
    if name.startswith("sources/"):
        return SourceFile
    if name.startswith("institutions/"):
        return InstitutionsFile
    return FILES.get(name)
