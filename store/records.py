"""What passes from hand to hand: one frozen record per stage.

A step returns a new record and never alters its input, so no field is ``None`` "because we are not there
yet".  Times are aware and UTC and end in ``_at``; durations end in ``_s``; sizes in ``_bytes``.  Languages
are BCP 47 (Darija in Arabic script is ``ary``, undetermined is ``und``), countries ISO 3166-1 alpha-2.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum


class Via(StrEnum):
    """The kind of entry point that showed a link; the same words stand in the source files."""

    FEED = "feed"
    SITEMAP = "sitemap"
    NEWS_SITEMAP = "news_sitemap"
    SECTION = "section"
    WORDPRESS = "wordpress"
    GDELT = "gdelt"
    WARC = "warc"  # imported from a WARC file: no entry point showed it
    REVISIT = "revisit"


@dataclass(frozen=True, slots=True)
class Hint:
    """What the entry point claimed about a link; never trusted over the page itself."""

    title: str | None = None
    published_at: datetime | None = None
    published_raw: str | None = None
    """The date as written, kept because the reading of it may be wrong."""
    summary: str | None = None
    language: str | None = None
    modified_at: datetime | None = None
    """A sitemap's ``lastmod``, a feed's ``updated``: when the page changed, not when it was published."""
    videos: tuple[str, ...] = ()
    """Addresses of the video files that a feed encloses."""


@dataclass(frozen=True, slots=True)
class Link:
    """A page somebody pointed at; made by discovery."""

    source_id: str
    url: str
    """Absolute, as written by the outlet (resolved, not canonicalised): what will be asked for."""
    found_in: str
    """URL of the feed, sitemap or section that showed it; the WARC file's name for an import."""
    via: Via
    hint: Hint = Hint()


@dataclass(frozen=True, slots=True)
class Capture:
    """Where the bytes of a fetched page lie in the archive."""

    file: str
    """Path below the archive folder, with forward slashes."""
    offset: int
    """Byte offset of the response record's gzip member."""
    sha256: str
    """Hex digest of the body as delivered to the reader (content encodings undone)."""


@dataclass(frozen=True, slots=True)
class FetchedPage:
    """What the server sent; made by the spider, or by the archive on replay (the two are equal)."""

    link: Link
    url: str
    """The URL asked for."""
    final_url: str
    """The URL that answered, after redirects."""
    status: int
    headers: tuple[tuple[str, str], ...]
    """As received, names in lower case; a name may occur more than once."""
    body: bytes
    """Content encodings undone, character encoding untouched."""
    fetched_at: datetime
    capture: Capture | None = None
    """``None`` only where no archive is kept (``scrapy crawl -O``, ``marsad extract``)."""

    @classmethod
    def of(
        cls,
        url: str,
        body: bytes,
        *,
        content_type: str = "text/html",
        fetched_at: datetime | None = None,
        found_in: str = "",
    ) -> FetchedPage:
        """A page that somebody else fetched: *body* as *url* gave it, at *fetched_at* (default: now)."""
        link = Link("", url, found_in, Via.WARC)
        headers = (("content-type", content_type),)
        return cls(link, url, url, 200, headers, body, fetched_at or datetime.now(UTC))

    def header(self, name: str) -> str | None:
        """The last value of header *name* (any case), or ``None``."""
        wanted = name.lower()
        return next((value for key, value in reversed(self.headers) if key == wanted), None)


class Precision(StrEnum):
    """How finely a date was stated."""

    SECOND = "second"
    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Moment:
    """A date as well as it is known.

    ``earliest <= at < latest`` bound the instant; ``at`` is ``earliest`` for a day or month.  A stated day is
    the outlet's local day: for ``2026-11-24`` in Casablanca ``earliest`` is that zone's midnight, in UTC.
    """

    at: datetime
    precision: Precision
    origin: str
    """Which attempt read it: ``json-ld``, ``meta``, ``time``, ``text``, ``url``, ``hint`` …"""
    earliest: datetime
    latest: datetime
    local_date: str
    """``YYYY-MM-DD``: the calendar day as the outlet's readers saw it."""
    flags: tuple[str, ...] = ()
    """``future_clamped``, ``relative``, ``hijri`` … : why ``at`` may differ from what is written."""


@dataclass(frozen=True, slots=True)
class Image:
    url: str
    caption: str | None = None


@dataclass(frozen=True, slots=True)
class Video:
    url: str
    kind: str
    """``html5``, ``youtube``, ``facebook``, ``dailymotion``, ``x``, ``vimeo``, ``enclosure``, ``iframe``."""
    caption: str | None = None


class ArticleKind(StrEnum):
    """By what an article tells its story; what it communicates is another matter
    (``config/communications``)."""

    TEXT = "text"
    VIDEO = "video"
    """A video with a line or two of text, or none."""
    PHOTO = "photo"
    """Pictures with captions, and a line or two of text, or none."""
    LIVE = "live"
    """A live blog: entries, each with its own time."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a live blog."""

    at: Moment
    paragraph: int
    """Index of its first paragraph."""


@dataclass(frozen=True, slots=True)
class LanguageShare:
    language: str
    share: float
    """Of those paragraphs of which the language is sure; 0 to 1, two decimals."""


@dataclass(frozen=True, slots=True)
class OfficialAccount:
    """An institution's public account that the article quotes: a link to it, or one of its posts shown."""

    institution: str
    """Id of ``config/institutions``."""
    network: str
    handle: str
    url: str
    """Of the post, or of the account's page."""


class Access(StrEnum):
    FULL = "full"
    PARTIAL = "partial"
    """The outlet shows part of the text (paywall stub); what it shows is kept."""


@dataclass(frozen=True, slots=True)
class Article:
    """What the page claims; made by extraction, which adds nothing of its own."""

    source_id: str
    url: str
    """The URL asked for."""
    canonical_url: str
    """The believed canonical URL (see :mod:`store.urls`), readable, not the identity key."""
    title: str
    paragraphs: tuple[str, ...]
    """The body in reading order: the lead first unless it is ``subtitle``; no captions, no credits."""
    language: str
    subtitle: str | None = None
    alternative_title: str | None = None
    """What the page gives for sharing (``og:title``), without the site's name, where the headline differs."""
    kind: ArticleKind = ArticleKind.TEXT
    authors: tuple[str, ...] = ()
    """Everybody who signs, as printed: people, desks, the outlet, agencies."""
    desks: tuple[str, ...] = ()
    """Those of *authors* that are no people."""
    agencies: tuple[str, ...] = ()
    """Ids of ``config/agencies.yml`` that by-line, dateline or last line credit."""
    published: Moment | None = None
    modified: Moment | None = None
    images: tuple[Image, ...] = ()
    videos: tuple[Video, ...] = ()
    entries: tuple[Entry, ...] = ()
    """Of a live blog, in the order of the page."""
    official_accounts: tuple[OfficialAccount, ...] = ()
    section: str | None = None
    tags: tuple[str, ...] = ()
    access: Access = Access.FULL
    language_confidence: float | None = None
    """How sure the text is of *language*, 0 to 1; ``None`` where page or outlet said it."""
    languages: tuple[LanguageShare, ...] = ()
    """Of a text in several languages, each with its share, the largest first; empty for a text in one."""
    origins: tuple[tuple[str, str], ...] = ()
    """(field, origin) for each field that was found: which attempt won."""
    flags: tuple[str, ...] = ()
    """``mojibake_repaired``, ``title_truncated`` … : what was done to the page to read it."""

    @property
    def text(self) -> str:
        """The body, one paragraph a line."""
        return "\n".join(self.paragraphs)

    @property
    def telling_captions(self) -> tuple[tuple[str, str], ...]:
        """(name of the field, caption) of pictures and videos where they tell the story; beside a text, none.

        The first picture's is called ``caption:0``, the first video's ``video:0``.
        """
        if self.kind not in (ArticleKind.PHOTO, ArticleKind.VIDEO):
            return ()
        images = ((f"caption:{number}", one.caption) for number, one in enumerate(self.images))
        videos = ((f"video:{number}", one.caption) for number, one in enumerate(self.videos))
        return tuple((name, caption) for name, caption in (*images, *videos) if caption)

    @property
    def told(self) -> str:
        """The body and, where pictures or a video tell the story, their captions: one a line."""
        return "\n".join([*self.paragraphs, *(caption for _, caption in self.telling_captions)])

    @property
    def word_count(self) -> int:
        """Words of the body: what stands between two spaces and has a letter or a digit."""
        return sum(1 for word in self.text.split() if any(map(str.isalnum, word)))


class Reason(StrEnum):
    """Why a link or page ended without an article: the closed list, each one counted."""

    # decided before the page is asked for
    TOO_OLD = "too_old"
    NOT_MATCHING = "not_matching"
    ROBOTS = "robots"
    FORBIDDEN_ADDRESS = "forbidden_address"
    BUDGET = "budget"
    # decided by the answer
    HTTP_CLIENT_ERROR = "http_client_error"
    GONE = "gone"
    BLOCKED = "blocked"
    UNREACHABLE = "unreachable"
    TOO_LARGE = "too_large"
    INCOMPLETE = "incomplete"
    TOO_MANY_REDIRECTS = "too_many_redirects"
    REDIRECT = "redirect"
    NOT_HTML = "not_html"
    # decided by reading
    HOME = "home"
    LISTING = "listing"
    LOGIN = "login"
    CONSENT = "consent"
    CHALLENGE = "challenge"
    SOFT_404 = "soft_404"
    NO_TEXT = "no_text"
    NO_TITLE = "no_title"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Rejection:
    """An answer, not an accident: this page is no article, and why."""

    reason: Reason
    url: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Evidence:
    """The words that made a label fire; *start* and *end* count characters of the named field."""

    label: str
    """What the cue speaks for: an institution id, a homonym group id, a place id …"""
    field: str
    """``title``, ``subtitle`` or ``text`` (the paragraphs joined by newlines)."""
    start: int
    end: int
    words: str
    """The words as printed: ``field[start:end]``."""


class Relevant(StrEnum):
    """Whether an article is about the watched institution; the default search shows the first two."""

    IN = "in"
    ADJACENT = "adjacent"
    HOMONYM = "homonym"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Relevance:
    decision: Relevant
    evidence: tuple[Evidence, ...] = ()
    reason: str = ""
    """The rule that decided, in a few words, for a person to check."""


@dataclass(frozen=True, slots=True)
class KindLabel:
    """A form or topic of communication that an article has (``config/communications``)."""

    id: str
    cues: tuple[Evidence, ...] = ()
    """The words that decided, the heaviest first."""


class Attribution(StrEnum):
    """Whose word the main fact of an article rests on."""

    OFFICIAL = "official"
    """The institution's, or one of its units'."""
    SECURITY_SOURCE = "security_source"
    """An unnamed source's inside it."""
    OTHER_OFFICIAL = "other_official"
    """Another Moroccan authority's: a prosecutor, a court, a ministry, the Gendarmerie, a university …"""
    FOREIGN_OFFICIAL = "foreign_official"
    OUTLET = "outlet"
    """The outlet's own: its reporter, witnesses, another paper's inquiry."""
    NONE = "none"
    """Nobody's who would answer for it: an opinion, an NGO, a rumour; or no source is named."""


@dataclass(frozen=True, slots=True)
class Attributed:
    value: Attribution
    cue: Evidence | None = None
    """The sentence that says so; ``None`` where it is the lack of any."""


@dataclass(frozen=True, slots=True)
class Quotation:
    """Words that an article gives as somebody's."""

    speaker: str
    """As printed; empty where the sentence names nobody."""
    verb: str
    """The verb or phrase that introduces it, as printed."""
    words: str
    """What was said: ``field[start:end]``, without the quotation marks of direct speech."""
    direct: bool
    """Word for word, between quotation marks; else a paraphrase."""
    field: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Figure:
    """A number that an article gives of its fact."""

    what: str
    """``arrests``, ``dead``, ``cannabis_kg`` … (``config/figures.yml``); ``other:<word>`` without an id."""
    value: float
    words: str
    """As printed, with what is counted: ``field[start:end]``."""
    field: str
    start: int
    end: int
    recalled: bool = False
    """Of an earlier or another fact."""
    period: tuple[str, str] | None = None
    """First and last day (ISO 8601) of the week or period that it belongs to, where the text says one."""


@dataclass(frozen=True, slots=True)
class Partner:
    """A body that signs, organises or operates together with the institution in the fact."""

    name: str
    """As printed."""
    id: str = ""
    """Of ``config/institutions`` or ``config/partners.yml``; empty for a body that has none."""
    cue: Evidence | None = None


@dataclass(frozen=True, slots=True)
class Annotated:
    """The article and what we add to it; made by annotation from the article and the rules alone."""

    article: Article
    relevance: Relevance
    institutions: tuple[str, ...] = ()
    """Ids of ``config/institutions``, in order of first mention."""
    places: tuple[str, ...] = ()
    """Ids of towns of ``config/places`` where the fact happened, in order of first mention: not the dateline,
    not a destination or an origin, not the town of a recalled fact."""
    other_places: tuple[str, ...] = ()
    """Ids of the other towns named."""
    foreign_places: tuple[str, ...] = ()
    """Countries (ISO 3166-1) named beside Morocco."""
    unit: str | None = None
    """Id of the security unit (``config/places/units.yml``) that speaks or acts."""
    kinds: tuple[KindLabel, ...] = ()
    """Forms and topics; only of articles about the institution (relevance ``in``)."""
    attribution: Attributed | None = None
    partners: tuple[Partner, ...] = ()
    figures: tuple[Figure, ...] = ()
    quotations: tuple[Quotation, ...] = ()
    claim: Evidence | None = None
    """What is denied or put right, in a denial or clarification: the clause that tells the claim."""
    hearsay: tuple[Evidence, ...] = ()
    """The words by which it tells what nobody answers for, one of each sort, the heaviest first; empty unless
    it is a rumour on its own words."""
    masks: tuple[Evidence, ...] = ()
    """Every mention of a private person by name (label ``person``): to be masked outside the ledger."""
    evidence: tuple[Evidence, ...] = ()
    """The cue and span of every institution, unit and place."""
    content_hash: str = ""
    """Hex digest of what a reader reads (title, subtitle, paragraphs), blind to white space, typographic
    variants and invisible marks: equal hashes mean "unchanged"."""
    rules_version: str = ""
    """Digest of the rules that annotated it, so that a change of rules is seen."""


class Verdict(StrEnum):
    NEW = "new"
    REVISION = "revision"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class Decision:
    """What a captured page is to the ledger; made by identity, without I/O."""

    verdict: Verdict
    article_id: str
    revision: int
    """The number that the article has after this page: 1 for a new one."""
    changed: tuple[str, ...] = ()
    """For a revision: the fields that differ from the one before."""


class Voice(StrEnum):
    """What an article adds to the number of those who speak."""

    INDEPENDENT = "independent"
    """Words of its own."""
    COPY = "copy"
    """The words of another outlet, an agency or a communiqué."""
    TRANSLATION = "translation"
    """The same in another language."""
    AGGREGATOR = "aggregator"
    """An outlet that republishes others, whatever it prints."""


@dataclass(frozen=True, slots=True)
class Ties:
    """What an article is to others; made between articles, and made anew whenever others come."""

    story_id: str
    """The id of the story's first article."""
    because: tuple[str, ...] = ()
    """The facts that tie it to the story (``place:fes``, ``figure:arrests=12`` …); empty for the first."""
    copy_of: str | None = None
    """Id of the article that it was copied from."""
    copy_share: float | None = None
    """Of its words, those in sentences that stand in that one word for word; 0 to 1."""
    copy_how: str | None = None
    """``verbatim``, ``retitled``, ``truncated``, ``prefixed`` or ``lightly_edited``."""
    relation: str = "original"
    """``original``, ``verbatim_copy``, ``light_edit``, ``rewrite``, ``translation``, ``follow_up``,
    ``rumour``, ``denial``, ``clarification`` or ``correction``."""
    relation_of: str | None = None
    """Id of the article that it is that to."""
    voice: Voice = Voice.INDEPENDENT


@dataclass(frozen=True, slots=True)
class Override:
    """An analyst's word on stories, which stands above what is worked out."""

    kind: str
    """``merge``: the stories of these articles are one; ``split``: these articles are one of their own."""
    article_ids: tuple[str, ...]
    made_at: datetime


@dataclass(frozen=True, slots=True)
class StoredArticle:
    """One article as the ledger keeps it, at one revision."""

    article_id: str
    revision: int
    annotated: Annotated
    first_seen_at: datetime
    """Fetch time of the first capture."""
    last_seen_at: datetime
    """Fetch time of the last capture that showed it (changed or not)."""
    removed_at: datetime | None
    """When the outlet was first seen to answer 404 or 410 for it; the text is kept."""
    capture: Capture
    """The capture that this revision was read from."""
    variants: tuple[str, ...] = field(default=())
    """Other URLs under which the same article was met."""
    ties: Ties | None = None
    """What it is to other articles; ``None`` until that was worked out."""

    @property
    def article(self) -> Article:
        return self.annotated.article
