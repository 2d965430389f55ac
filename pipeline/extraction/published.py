"""Which of a page's dates is the article's: falling order of trust, none rather than a guess."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from itertools import pairwise
from urllib.parse import urlsplit

from config.fold import fold
from pipeline.extraction import dates
from pipeline.extraction.metadata import Claims, string, types
from pipeline.extraction.tree import Block, Node, Page, text
from pipeline.extraction.words import DATE_BOX, OWN_FOOTER
from pipeline.rules import Rules
from store.records import Moment, Precision

PUBLISHED_METAS = tuple(
    """
    article:published_time og:article:published_time og:published_time datepublished
    article:published parsely-pub-date sailthru.date publication_date publish-date publishdate
    publish_date pubdate date.published article.published article_date_original
    originalpublicationdate cxenseparse:recs:publishtime cxenseparse:publishtime dc.date.issued
    dcterms.issued dcterms.created dc.date.created dc.date dcterms.date dc.created
    rnews:datepublished bt:pubdate displaydate dat prism.publicationdate citation_publication_date
    citation_online_date citation_date bepress_citation_date dc:date date datecreated
    article:create_time shareaholic:article_published_time
    pdate ptime vr:published_time iso-8601-publish-date gentics.publishdate
    """.split()
)
MODIFIED_METAS = tuple(
    """
    article:modified_time og:article:modified_time og:updated_time datemodified dcterms.modified
    dc.date.modified last-modified revised lastmod article:updated_time
    """.split()
)
_UPDATED = re.compile(
    r"\b(?:updated?|modified|last\s+(?:edited|changed)|mise?\s+[àa]\s+jour|modifi[ée]e?|actualizad[oa]|"
    r"actualizaci[oó]n|modificad[oa]|maj)\b|تحديث|تعديل|حُدِّث|آخر\s+تعديل",
    re.IGNORECASE,
)
_PUBLISHED = re.compile(
    r"\b(?:published|posted|publi[ée]e?s?|post[ée]|cr[ée]{1,2}e?|publicad[oa]|first\s+published|on)\b|نشر|"
    r"النشر|بتاريخ|تاريخ|حرر|أضيف",
    re.IGNORECASE,
)
_NOT_OURS = re.compile(r"©|\(c\)|copyright|all\s+rights|tous\s+droits|derechos|جميع\s+الحقوق", re.IGNORECASE)
_UPDATED_NAME = re.compile(r"updat|modif|maj\b|mise-a-jour|actualiz", re.IGNORECASE)
_PUBLISHED_NAME = re.compile(r"entry-date|pub(?:lished|-date|date)|post-?date", re.IGNORECASE)
"""Newspaper themes call the day of publication ``entry-date updated``."""
_URL_DATE = re.compile(
    r"(?<!\d)((?:19|20)\d{2})[/\-_.](\d{1,2})[/\-_.](\d{1,2})(?!\d)|(?<!\d)((?:19|20)\d{2})(0[1-9]|"
    r"1[0-2])(0[1-9]|[12]\d|3[01])(?!\d)"
)
_MAX_LABEL = 160
_STAMPS = ("content", "datetime", "title")
_FACTS = 20
_DATE_LABEL = re.compile(
    r"(?:(?:first )?publish(?:ed)?(?: date| on)?|date (?:published|of publication)|date de publication|"
    r"publi[ée]e? le|fecha de publicaci[oó]n|publicado(?: el)?|تاريخ النشر|نشر (?:في|بتاريخ))\W*",
    re.IGNORECASE,
)
_STALE = timedelta(days=30)
_SHORTEST_DATE = 8
_BELOW = 3
"""How many blocks below the headline a bare date is the article's without further proof."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where on the page the article is: block indexes."""

    title: int
    """Of the headline; -1 if it stands in no block."""
    start: int
    end: int
    """The body's first block, and the one after its last."""
    body: frozenset[int]
    """The blocks that are the body's paragraphs."""

    @property
    def top(self) -> int:
        """The headline's block; that of the body's beginning, if the headline stands in none."""
        return self.title if self.title >= 0 else self.start


@dataclass(slots=True)
class _Reader:
    rules: Rules
    zone: tzinfo | None
    now: datetime

    def stamp(self, raw: str | None, origin: str) -> Moment | None:
        """A machine's date: the whole string is one."""
        if not raw or len(raw) > 100:
            return None
        raw = raw.strip()
        if raw.isdecimal() and len(raw) in (10, 13):
            seconds = int(raw) / (1000 if len(raw) == 13 else 1)
            at = datetime.fromtimestamp(seconds, UTC).replace(microsecond=0)
            one = dates.Written(at.date(), at.time(), timedelta(0), Precision.SECOND)
        else:
            found = dates.written(raw, day_first=self.rules.day_first, now=self.now)
            if not found:
                return None
            one = found[0]
        if one.day <= date(1990, 1, 1):
            return None
        return dates.moment(one, self.zone, self.now, origin)

    def visible(self, line: str, origin: str) -> tuple[Moment | None, Moment | None]:
        """(published, modified) told by one short line of the page."""
        published = modified = None
        before = 0
        for one in dates.written(line, day_first=self.rules.day_first, now=self.now):
            label = line[before : one.start]
            before = one.end
            if _NOT_OURS.search(label) or one.day > (self.now + timedelta(days=1)).date():
                continue
            found = dates.moment(one, self.zone, self.now, origin)
            if _UPDATED.search(label) and not _PUBLISHED.search(label):
                modified = modified or found
            else:
                published = published or found
        if published is None and modified is None and len(line) < 80:
            near = dates.relative(line, self.now, self.zone or UTC)
            if near:
                found = dates.moment_of_relative(near, self.zone, self.now, origin)
                if _UPDATED.search(line):
                    modified = found
                else:
                    published = found
        return published, modified


def find(
    page: Page,
    claims: Claims,
    rules: Rules,
    zone: tzinfo | None,
    now: datetime,
    url: str,
    place: Place,
    hint: datetime | None,
    chosen: tuple[str, str] = ("", ""),
) -> tuple[Moment | None, Moment | None]:
    """(published, modified) of the article; *chosen* is what the outlet's rule selected for the two."""
    read = _Reader(rules, zone, now)
    in_url = from_url(url, zone, now)
    machine = [m for m in _machine(page, claims, read) if m is not None]
    shown, shown_modified = _shown(page, read, place)
    stated_change = next(_modified(claims, read), None)
    witness = None if _is_change(shown, stated_change, machine) else shown
    published = read.stamp(chosen[0], "rule") or _choose(machine, witness, in_url, now)
    if published is None:
        published = shown or in_url
    if published is not None and shown is not None and published is not shown and not rules.timezone:
        published = _local_day(published, shown)
    if (
        published is not None
        and "future_clamped" in published.flags
        and in_url
        and "future_clamped" not in in_url.flags
    ):
        published = in_url
    if published is None and hint is not None:
        published = from_hint(hint, zone, now)
    modified = read.stamp(chosen[1], "rule") or stated_change or shown_modified
    if modified and published and modified.latest < published.earliest:
        modified = None
    return published, modified


def attempts(
    page: Page,
    claims: Claims,
    rules: Rules,
    zone: tzinfo | None,
    now: datetime,
    url: str,
    place: Place,
    hint: datetime | None,
    chosen: tuple[str, str] = ("", ""),
) -> tuple[list[Moment], list[Moment]]:
    """Everything on the page and beside it that could be the date of publication, and that of the last
    change, in order of trust; *chosen* as for :func:`find`."""
    read = _Reader(rules, zone, now)
    by_rule, changed_by_rule = (read.stamp(raw, "rule") for raw in chosen)
    shown, shown_modified = _shown(page, read, place)
    told = by_rule, *_machine(page, claims, read), shown, from_url(url, zone, now)
    found = [moment for moment in told if moment]
    if hint is not None:
        found.append(from_hint(hint, zone, now))
    changed = changed_by_rule, *_modified(claims, read), shown_modified
    return found, [moment for moment in changed if moment]


def from_hint(hint: datetime, zone: tzinfo | None, now: datetime) -> Moment:
    """What the feed or sitemap said, where the page says nothing."""
    stated = hint.astimezone(UTC)
    return dates.moment(
        dates.Written(stated.date(), stated.time().replace(microsecond=0), timedelta(0), Precision.SECOND),
        zone,
        now,
        "hint",
    )


def _machine(page: Page, claims: Claims, read: _Reader) -> Iterator[Moment | None]:
    yield read.stamp(string(claims.article.get("datePublished")), "json-ld")
    for name in PUBLISHED_METAS:
        for content in claims.metas.get(name, ())[:1]:
            yield read.stamp(content, "meta")
    for mark in page.itemprops:
        if (mark.attributes.get("itemprop") or "").strip().lower() in ("datepublished", "datecreated"):
            if _elsewhere(mark.node):
                continue
            raw = next(
                (mark.attributes[name] for name in _STAMPS if mark.attributes.get(name)), text(mark.el)
            )
            yield read.stamp(raw, "microdata")
            break
    for other in claims.others:
        if not claims.article and other.get("datePublished") and not _is_list_item(other):
            yield read.stamp(string(other.get("datePublished")), "json-ld")
            break
    yield read.stamp(string(claims.article.get("dateCreated")), "json-ld")
    if not claims.article:
        for other in claims.others:
            if "videoobject" in types(other) and other.get("uploadDate"):
                yield read.stamp(string(other.get("uploadDate")), "json-ld")
                break


def _is_list_item(value: dict[str, object]) -> bool:
    return value.get("@type") in ("ListItem", "Comment", "ImageObject", "Product")


def _elsewhere(node: Node) -> bool:
    """Within a box of other articles, comments or page furniture."""
    for one in (node, *node.ancestors()):
        if one.furniture and one.furniture not in _DATE_FURNITURE and one.end - one.start < 400:
            return not DATE_BOX.search(one.name) and not OWN_FOOTER.search(one.name)
    return False


_DATE_FURNITURE = frozenset(
    "meta byline timestamp vcard author entry-meta post-meta article-meta post-date entry-date info".split()
)


def _is_change(shown: Moment | None, changed: Moment | None, machine: list[Moment]) -> bool:
    """Whether the printed day is that of the last change, stated too, long after the page's first stamp."""
    return (
        shown is not None
        and changed is not None
        and bool(machine)
        and shown.local_date == changed.local_date
        and shown.at - machine[0].at > _STALE
    )


def _is_of_the_template(stamp: Moment, shown: Moment | None, now: datetime) -> bool:
    """Whether a ``<meta>`` says when the page was sent, or its template made: the day of the fetch, with an
    earlier one printed, or a day long before the one printed with its time."""
    if stamp.origin != "meta" or shown is None or "relative" in shown.flags:
        return False
    if abs(stamp.at - now) < timedelta(hours=26):
        return shown.precision is not Precision.MONTH and stamp.at - shown.latest > timedelta(hours=26)
    return shown.precision is Precision.MINUTE and shown.at - stamp.at > _STALE


def _choose(
    machine: list[Moment], shown: Moment | None, in_url: Moment | None, now: datetime
) -> Moment | None:
    """The most trusted stamp; one that the URL or the printed date bears out goes first."""
    sound = [m for m in machine if "future_clamped" not in m.flags and not _is_of_the_template(m, shown, now)]
    for witness in (in_url, shown if shown and "relative" not in shown.flags else None):
        if witness is None or witness.precision is Precision.MONTH:
            continue
        for one in sound:
            if one.local_date == witness.local_date or abs(one.at - witness.at) < timedelta(hours=26):
                return one
    if sound:
        return sound[0]
    return machine[0] if machine and shown is None else None


def _local_day(published: Moment, shown: Moment) -> Moment:
    """A page of an outlet of unknown zone prints its own day: a UTC stamp one day off is set to it."""
    if published.precision is Precision.DAY or "relative" in shown.flags:
        return published
    a, b = date.fromisoformat(published.local_date), date.fromisoformat(shown.local_date)
    if abs((a - b).days) == 1:
        return replace(published, local_date=shown.local_date, flags=(*published.flags, "local_day_shown"))
    return published


def _modified(claims: Claims, read: _Reader) -> Iterator[Moment]:
    """Stated times of the last change, the most trusted first."""
    stamps = [(string(claims.article.get("dateModified")), "json-ld")]
    stamps += [(content, "meta") for name in MODIFIED_METAS for content in claims.metas.get(name, ())[:1]]
    for raw, origin in stamps:
        found = read.stamp(raw, origin)
        if found:
            yield found


def _shown(page: Page, read: _Reader, place: Place) -> tuple[Moment | None, Moment | None]:
    """What the page prints near its headline, above its text, or just below it."""
    title = place.top
    published = modified = None
    last = max(place.start + 3, title + 12)
    for mark in page.times:
        if not title - 12 <= mark.at <= last or _other_article(mark.node, title):
            continue
        raw = mark.attributes.get("datetime") or ""
        label = text(mark.el)[:_MAX_LABEL]
        name = f"{mark.attributes.get('class') or ''} {mark.node.name}"
        found = read.stamp(raw, "time") or read.visible(label, "time")[0]
        if found is None:
            continue
        around = page.blocks[mark.at].text if mark.at < len(page.blocks) else ""
        position = around.find(label) if label else -1
        updated = (
            (_UPDATED_NAME.search(name) and not _PUBLISHED_NAME.search(name))
            or _UPDATED.search(label)
            or (position > 0 and _UPDATED.search(around[max(0, position - 25) : position]))
        )
        if updated:
            modified = modified or found
        elif published is None:
            published = found
    if published is not None:
        return published, modified
    unsure = None
    for index in _near(page, place, title):
        block = page.blocks[index]
        if not _may_date(block, index, title, read.rules.day_first):
            continue
        found, changed = read.visible(block.text, "text")
        modified = modified or changed
        if found is None or (index < title and _is_clock(found, page, index, title, read.now)):
            continue
        if not _UPDATED_NAME.search(block.node.name):
            return found, modified
        unsure = unsure or found  # named as an update, but not printed as one
    labelled = _labelled(page, read, place)
    if labelled is not None:
        return labelled, modified
    return (None, modified) if modified else (unsure, None)


def _labelled(page: Page, read: _Reader, place: Place) -> Moment | None:
    """The date below a line that says no more than "Publication date", in a box of facts after the text."""
    for label, below in pairwise(page.blocks[place.end : place.end + _FACTS]):
        found = (
            read.visible(below.text, "text")[0]
            if len(below.text) <= _MAX_LABEL and _DATE_LABEL.fullmatch(label.text)
            else None
        )
        if found is not None:
            return found
    return None


def _may_date(block: Block, index: int, title: int, day_first: bool) -> bool:
    """Whether a block may state the article's date: a short line of its own, in no other article's box."""
    line = block.text
    if len(line) > _MAX_LABEL or not (any(char.isdigit() for char in line) or len(line) < 40):
        return False
    if title < index <= title + _BELOW and _is_bare(line, day_first):
        return True  # whatever its box is called, and though it may link to the day's archive
    if _other_article(block.node, title):
        return False
    linked = block.links > 0.6 * len(line) and len(line) - block.links < _SHORTEST_DATE
    return not linked or bool(DATE_BOX.search(block.node.name))


def _is_bare(line: str, day_first: bool) -> bool:
    """Whether *line* is nothing but a date, with or without a time."""
    folded = fold(line)
    found = dates.written(folded, day_first=day_first)
    return len(found) == 1 and found[0].start <= 1 and len(folded) - found[0].end <= 1


def _near(page: Page, place: Place, title: int) -> Iterator[int]:
    """Blocks to look into: after the headline, then before it, then after the text."""
    count = len(page.blocks)
    for index in range(title + 1, min(count, max(place.start + 2, title + 12))):
        if index not in place.body or index <= place.start + 1:
            yield index
    yield from range(title - 1, max(-1, title - 9), -1)
    for index in range(place.end, min(count, place.end + 4)):
        if DATE_BOX.search(page.blocks[index].node.name) or _PUBLISHED.search(page.blocks[index].text[:40]):
            yield index
    if 0 <= title < count:
        yield title


def _other_article(node: Node, title: int) -> bool:
    """Whether the box belongs to another article's card, a list, a comment or the page's frame."""
    for one in (node, *node.ancestors()):
        if one.start <= title < one.end:
            return False
        if one.tag in ("nav", "aside", "footer", "li") and one.end - one.start > 0:
            if (
                one.tag == "li"
                and one.end - one.start <= 2
                and DATE_BOX.search(one.name + " " + (one.parent.name if one.parent else ""))
            ):
                continue
            if one.tag == "li" and one.start > title and one.start - title <= 4:
                continue
            return True
        if one.furniture and _ELSEWHERE.search(one.furniture):
            return True
    return False


_ELSEWHERE = re.compile(
    r"comment|relat|recomm|popular|trend|latest|teaser|side|widget|rail|nav|menu|ticker|weather|foot|more|"
    r"next|prev|lire|read|respond|card|hidden|promo"
)


def _is_clock(found: Moment, page: Page, index: int, title: int, now: datetime) -> bool:
    """A date in the page's head that is today's: the clock of the site, unless it stands in one box with the
    headline."""
    if abs(found.at - now) > timedelta(hours=48):
        return False
    for one in page.blocks[index].node.ancestors():
        if one.start <= title < one.end:
            return title - one.start > 6 or one.tag in ("body", "html")
    return True


def from_url(url: str, zone: tzinfo | None, now: datetime) -> Moment | None:
    """A full day in the path (``/2026/11/24/``, ``-20261124``); a year and month alone are no day."""
    try:
        path = urlsplit(url).path
    except ValueError:
        return None
    for match in _URL_DATE.finditer(path):
        parts = match.group(1, 2, 3) if match[1] else match.group(4, 5, 6)
        try:
            day = date(*(int(part) for part in parts))
        except ValueError:
            continue
        if day.year >= 1995 and day <= (now + timedelta(days=1)).date():
            return dates.moment(dates.Written(day), zone, now, "url")
    return None
