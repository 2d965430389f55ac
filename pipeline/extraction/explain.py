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
    walked, claims, chosen, url = found.walked, found.claims, found.chosen, found.url
    headline = title.find(walked, claims, rules, url, chosen.title)
    name, at = (headline[0], headline[2]) if headline else ("", -1)
    text = article.text_of(found, name, at)
    hint = page.link.hint.published_at
    zone = article.zone_of(rules, url)
    stamps = chosen.published, chosen.modified
    dated, changed = published.attempts(
        walked, claims, rules, zone, page.fetched_at, url, text.place, hint, stamps
    )
    stated = walked.lang or claims.meta("og:locale", "content-language")
    spoken = language.attempts(name, text.paragraphs, stated, rules.languages)
    words = f"{name} {' '.join(text.paragraphs)}"
    rubrics = [(chosen.section, "rule"), *labels.sections(walked, claims, text.place, name)]
    tagged = [(chosen.tags, "rule"), *labels.tag_lists(walked, claims, text.place, words)]
    fields = {
        "title": _titles(walked, claims, rules, url, chosen.title),
        "published": [Attempt(moment.origin, _moment(moment)) for moment in dated],
        "modified": [Attempt(moment.origin, _moment(moment)) for moment in changed],
        "authors": _signed(walked, claims, rules, url, text, list(chosen.authors)),
        "language": [Attempt(origin, said) for origin, said in spoken],
        "section": [Attempt(origin, rubric) for rubric, origin in rubrics if rubric],
        "tags": [Attempt(origin, ", ".join(line)) for line, origin in tagged if line],
    }
    if isinstance(result, Article):
        origins = dict(result.origins)
        answers = {
            "title": result.title,
            "published": _moment(result.published) if result.published else "",
            "modified": _moment(result.modified) if result.modified else "",
            "authors": ", ".join(result.authors),
            "section": result.section or "",
        }
        fields = {
            field: _won(tried, origins.get(field, ""), answers.get(field, ""))
            for field, tried in fields.items()
        }
        fields["tags"] = [
            replace(one, won=bool(result.tags) and number == 0) for number, one in enumerate(fields["tags"])
        ]
    fates = (
        _of_rule(walked, text)
        if text.origin == "rule"
        else body.explained(walked, claims, name, at, text.place.body)
    )
    blocks = tuple(Fate(block.tag, block.text, why) for block, why in zip(walked.blocks, fates, strict=True))
    return Explanation(result, {field: tuple(tried) for field, tried in fields.items()}, blocks)


def _of_rule(walked: Page, text: body.Text) -> list[str]:
    """Why each block is not of the text that a rule selected."""
    selected = "\n".join(text.paragraphs)
    return ["" if block.text in selected else "outside what the rule selects" for block in walked.blocks]


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
