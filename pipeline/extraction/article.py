"""All fields of one page, in the order in which they lean on one another."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import tzinfo
from urllib.parse import urlsplit
from zoneinfo import ZoneInfoNotFoundError

from config.zones import zone as zone_named
from config.zones import zone_of_host
from pipeline.extraction import (
    accounts,
    authors,
    body,
    decoding,
    kinds,
    labels,
    language,
    media,
    metadata,
    published,
    selected,
    telling,
    title,
    tree,
    videos,
)
from pipeline.extraction.metadata import Claims
from pipeline.extraction.tree import Page
from pipeline.rules import Rules
from store.records import (
    Access,
    Article,
    ArticleKind,
    Entry,
    FetchedPage,
    Image,
    Moment,
    Reason,
    Rejection,
    Video,
)
from store.urls import believable_canonical, canonicalize


@dataclass(frozen=True, slots=True)
class Opened:
    """A page that may be an article, before any of its fields is read."""

    url: str
    walked: Page
    claims: Claims
    chosen: selected.Selected
    """What the outlet's rule selected."""
    flags: tuple[str, ...]


def opened(page: FetchedPage, rules: Rules) -> Opened | Rejection:
    """*page* decoded, parsed and walked, or why it cannot be an article.  Raises nothing for any bytes."""
    url = page.final_url or page.url
    other = kinds.not_html(page.body, page.header("content-type"))
    if other:
        return Rejection(Reason.NOT_HTML, page.url, other)
    decoded = decoding.decode(page.body, page.header("content-type"), rules.languages)
    try:
        parser, flattened = tree.parse(decoded.raw)
    except ValueError as error:
        return Rejection(Reason.UNREADABLE, page.url, str(error)[:200])
    rule = selected.rule_for(rules.selectors, page.fetched_at.date())
    chosen = selected.Selected()
    if rule is not None:
        selected.drop(parser, rule)
        chosen = selected.read(parser, rule)
    walked = tree.walk(parser)
    if not walked.blocks:
        return Rejection(Reason.NO_TEXT, page.url, "no visible text")
    claims = metadata.read(walked)
    no_article = kinds.before_text(walked, rules, url, decoded.text)
    if no_article:
        return Rejection(no_article[0], page.url, no_article[1])
    return Opened(
        url, walked, claims, chosen, (*decoded.flags, *(("markup_flattened",) if flattened else ()))
    )


@dataclass(frozen=True, slots=True)
class Told:
    """What decides whether a page is an article, and of which kind."""

    title: str
    title_origin: str
    text: body.Text
    images: tuple[Image, ...]
    videos: tuple[Video, ...]
    published: Moment | None
    modified: Moment | None
    entries: tuple[Entry, ...]
    kind: ArticleKind


def extract(page: FetchedPage, rules: Rules) -> Article | Rejection:
    """The article on *page*, or why it is none.

    Pure: the same page and rules give the same answer, and the only clock is ``page.fetched_at``.  Raises
    nothing for any bytes; the caller bounds time.
    """
    found = opened(page, rules)
    if isinstance(found, Rejection):
        return found
    told = _told(found, page, rules)
    if isinstance(told, Rejection):
        return told
    return _refused(found, told, page.url) or _article(found, told, page, rules)


def _told(found: Opened, page: FetchedPage, rules: Rules) -> Told | Rejection:
    """Headline, text, pictures, dates and kind, each leaning on the ones before."""
    url, walked, claims, chosen, now = found.url, found.walked, found.claims, found.chosen, page.fetched_at
    headline = title.find(walked, claims, rules, url, chosen.title)
    if headline is None or kinds.title_is_generic(headline[0]):
        return Rejection(Reason.NO_TITLE, page.url)
    name, title_origin, at = headline
    text = text_of(found, name, at)
    base = media.absolute(url, walked.base) or url
    images = media.chosen(chosen.images, base) or media.images(walked, claims, text.place, base)
    played = videos.chosen(chosen.videos, base) or videos.find(
        walked, claims, text.place, base, page.link.hint.videos
    )
    zone, hint = zone_of(rules, url), page.link.hint.published_at
    stamps = chosen.published, chosen.modified
    published_at, modified_at = published.find(
        walked, claims, rules, zone, now, url, text.place, hint, stamps
    )
    entries = telling.entries(walked, claims, url, name, text, published_at, modified_at, zone, now)
    kind = telling.kind(claims, url, name, text, images, played, entries)
    if not text.paragraphs and not text.subtitle:
        text = replace(text, subtitle=telling.description(claims, name), subtitle_origin="meta")
    return Told(name, title_origin, text, images, played, published_at, modified_at, entries, kind)


def text_of(found: Opened, title: str, title_at: int) -> body.Text:
    """The text of the page; what the outlet's rule selected stands for what was found."""
    text, chosen = body.find(found.walked, found.claims, title, title_at), found.chosen
    if chosen.paragraphs:
        text = replace(text, paragraphs=chosen.paragraphs, origin="rule", starts=())
    if chosen.subtitle:
        text = replace(text, subtitle=chosen.subtitle, subtitle_origin="rule")
    return text


def _refused(found: Opened, told: Told, url: str) -> Rejection | None:
    """Why the page is no article after all, weighed against the text that was found."""
    walked, claims, text = found.walked, found.claims, told.text
    shown = told.kind in (ArticleKind.VIDEO, ArticleKind.PHOTO)
    if not text.paragraphs and not shown:
        listing = kinds.is_listing(walked, claims, found.url, (), text.place)
        return Rejection(Reason.LISTING if listing else Reason.NO_TEXT, url, told.title[:80])
    why = kinds.after_text(walked, claims, found.url, told.title, text.paragraphs, text.place)
    if why and not (shown and why[0] is Reason.LISTING):
        return Rejection(why[0], url, why[1])
    return None


def _article(found: Opened, told: Told, page: FetchedPage, rules: Rules) -> Article:
    url, walked, claims, chosen = found.url, found.walked, found.claims, found.chosen
    text = told.text
    signed = authors.find(walked, claims, rules, text.place, url, text.paragraphs, list(chosen.authors))
    stated = walked.lang or claims.meta("og:locale", "content-language")
    spoken = language.detect(told.title, text.paragraphs, stated, rules.languages)
    canonical, canonical_origin = _canonical(walked, claims, url)
    name, cut = _shortened(told.title)
    rubric, rubric_origin = labels.section(walked, claims, text.place, name)
    if chosen.section:
        rubric, rubric_origin = chosen.section, "rule"
    origins = {
        "title": told.title_origin,
        "subtitle": text.subtitle_origin if text.subtitle else "",
        "paragraphs": text.origin,
        "authors": signed.origin,
        "published": told.published.origin if told.published else "",
        "modified": told.modified.origin if told.modified else "",
        "language": spoken.origin,
        "section": rubric_origin,
        "canonical_url": canonical_origin,
    }
    return Article(
        source_id=rules.source_id or page.link.source_id,
        url=page.url,
        canonical_url=canonical,
        title=name,
        paragraphs=text.paragraphs,
        language=spoken.language,
        subtitle=text.subtitle,
        alternative_title=title.alternative(walked, claims, rules, url, name),
        kind=told.kind,
        authors=signed.authors,
        desks=signed.desks,
        agencies=signed.agencies,
        published=told.published,
        modified=told.modified,
        images=told.images,
        videos=told.videos,
        entries=told.entries,
        official_accounts=accounts.find(walked, rules.known.accounts, text.place),
        section=rubric,
        tags=chosen.tags or labels.tags(walked, claims, text.place, name, "\n".join(text.paragraphs)),
        access=Access.PARTIAL if text.partial else Access.FULL,
        language_confidence=spoken.confidence,
        languages=spoken.shares,
        origins=tuple((field, origin) for field, origin in origins.items() if origin),
        flags=(
            *found.flags,
            *(("title_truncated",) if cut else ()),
            *(("second_reading",) if text.second else ()),
        ),
    )


def _shortened(name: str) -> tuple[str, bool]:
    """A headline of bearable length, and whether it had to be cut."""
    if len(name) <= title.MAX_TITLE:
        return name, False
    return name[: title.MAX_TITLE].rsplit(" ", 1)[0] + " …", True


def zone_of(rules: Rules, url: str) -> tzinfo | None:
    """The outlet's zone; of an unknown outlet that of its country's domain, where it tells one."""
    try:
        return zone_named(rules.timezone) if rules.timezone else zone_of_host(urlsplit(url).hostname or "")
    except (ZoneInfoNotFoundError, ValueError):  # a zone that tzdb lacks, a URL that is none
        return None


def _canonical(page: Page, claims: Claims, url: str) -> tuple[str, str]:
    """(the canonical URL that is believed, its origin); where none is, the URL that answered, cleaned."""
    claimed = [(href, "canonical") for rel, href, _ in page.links if rel == "canonical"]
    og = claims.meta("og:url")
    if og:
        claimed.append((og, "og"))
    for href, origin in claimed:
        whole = media.absolute(url, href)
        believed = believable_canonical(url, whole) if whole else None
        if believed:
            return believed, origin
    try:
        return canonicalize(url), "url"
    except ValueError:
        return url, "url"
