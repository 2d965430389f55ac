"""Why a page was read as it was: what was found for each field and which find won, and each block's fate."""

from __future__ import annotations

from dataclasses import dataclass, replace

from pipeline.extraction import article, authors, body, labels, language, published, title
from pipeline.extraction.metadata import Claims
from pipeline.extraction.text import clean
from pipeline.extraction.tree import Page
from pipeline.rules import Rules
from store.records import Article, FetchedPage, Moment, Rejection


@dataclass(frozen=True, slots=True)
class Attempt:
    """One find for one field."""

    origin: str
    found: str
    won: bool = False


@dataclass(frozen=True, slots=True)
class Fate:
    """One block of the page's text, and why it is not the article's words (empty: it is)."""

    tag: str
    text: str
    why: str


@dataclass(frozen=True, slots=True)
class Explanation:
    result: Article | Rejection
    fields: dict[str, tuple[Attempt, ...]]
    """``title``, ``published``, ``modified``, ``authors``, ``language``, ``section``, ``tags`` → what was
    found for it, the most trusted first."""
    blocks: tuple[Fate, ...]
    """The page from top to bottom."""


def explain(page: FetchedPage, rules: Rules) -> Explanation:
    """What :func:`~pipeline.extraction.extract` answers for *page*, and how it came to that."""
    result = article.extract(page, rules)
    found = article.opened(page, rules)
    if isinstance(found, Rejection):
        return Explanation(result, {}, ())
    walked, claims, url = found.walked, found.claims, found.url
    headline = title.find(walked, claims, rules, url, found.chosen.title)
    name, at = (headline[0], headline[2]) if headline else ("", -1)
    text = body.find(walked, claims, name, at)
    hint = page.link.hint.published_at
    zone = article.zone_of(rules, url)
    dated, changed = published.attempts(walked, claims, rules, zone, page.fetched_at, url, text.place, hint)
    stated = walked.lang or claims.meta("og:locale", "content-language")
    spoken = language.attempts(name, text.paragraphs, stated, rules.languages)
    words = f"{name} {' '.join(text.paragraphs)}"
    rubrics = labels.sections(walked, claims, text.place, name)
    tagged = labels.tag_lists(walked, claims, text.place, words)
    fields = {
        "title": _titles(walked, claims, rules, url, found.chosen.title),
        "published": [Attempt(moment.origin, _moment(moment)) for moment in dated],
        "modified": [Attempt(moment.origin, _moment(moment)) for moment in changed],
        "authors": _signed(walked, claims, rules, url, text, list(found.chosen.authors)),
        "language": [Attempt(origin, said) for origin, said in spoken],
        "section": [Attempt(origin, rubric) for rubric, origin in rubrics],
        "tags": [Attempt(origin, ", ".join(line)) for line, origin in tagged],
    }
    if isinstance(result, Article):
        origins = dict(result.origins)
        chosen = {
            "title": result.title,
            "published": _moment(result.published) if result.published else "",
            "modified": _moment(result.modified) if result.modified else "",
            "authors": ", ".join(result.authors),
            "section": result.section or "",
        }
        fields = {
            field: _won(tried, origins.get(field, ""), chosen.get(field, ""))
            for field, tried in fields.items()
        }
        fields["tags"] = [replace(one, won=number == 0) for number, one in enumerate(fields["tags"])]
    fates = body.explained(walked, claims, name, at, text.place.body)
    blocks = tuple(Fate(block.tag, block.text, why) for block, why in zip(walked.blocks, fates, strict=True))
    return Explanation(result, {field: tuple(tried) for field, tried in fields.items()}, blocks)


def _signed(
    walked: Page, claims: Claims, rules: Rules, url: str, text: body.Text, chosen: list[str]
) -> list[Attempt]:
    outlet = authors.outlet_names(claims, rules, url)
    return [
        Attempt(origin, ", ".join(authors.names_in(lines)) or f"no name in {'; '.join(lines)}")
        for lines, origin in authors.sources(walked, claims, text.place, chosen, outlet)
        if lines
    ]


def _won(tried: list[Attempt], origin: str, chosen: str) -> list[Attempt]:
    """*tried* with the winner marked: of that origin, and saying what was chosen where one does."""
    places = [number for number, one in enumerate(tried) if one.origin == origin]
    best = next((number for number in places if tried[number].found == chosen), places[0] if places else -1)
    return [replace(one, won=number == best) for number, one in enumerate(tried)]


def _titles(walked: Page, claims: Claims, rules: Rules, url: str, chosen: str) -> list[Attempt]:
    site = title.site_names(claims, rules, url)
    claimed = title.stated(walked, claims, site)
    lines = sorted(title.printed(walked, claimed, site), key=lambda one: -one[0])
    return [
        *([Attempt("rule", chosen)] if chosen else []),
        *(Attempt("h1", line) for _, line, _ in lines),
        *(Attempt(origin, clean(value)) for value, origin in claimed),
    ]


def _moment(moment: Moment) -> str:
    flags = f" ({', '.join(moment.flags)})" if moment.flags else ""
    return f"{moment.local_date}, {moment.at:%Y-%m-%d %H:%M} UTC, to the {moment.precision}{flags}"
