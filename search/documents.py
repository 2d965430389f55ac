"""An article of the ledger as the document an engine indexes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from search.engine import TEXTS, Document
from search.figures import label
from store.records import ArticleKind

if TYPE_CHECKING:
    from config.model import Source
    from search.analysis import Analysis
    from store.records import StoredArticle

_LABEL_CHARS = 512
"""A "tag" longer than this is a mistake of the page; it is cut, as engines refuse terms of some size."""

HAS: Mapping[str, Callable[[StoredArticle], bool]] = {
    "author": lambda stored: bool(stored.article.authors),
    "caption": lambda stored: (
        any(one.caption for one in stored.article.images) or any(one.caption for one in stored.article.videos)
    ),
    "date": lambda stored: stored.article.published is not None,
    "image": lambda stored: bool(stored.article.images),
    "live": lambda stored: stored.article.kind is ArticleKind.LIVE,
    "modified": lambda stored: stored.article.modified is not None,
    "photo": lambda stored: stored.article.kind is ArticleKind.PHOTO,
    "removed": lambda stored: stored.removed_at is not None,
    "revision": lambda stored: stored.revision > 1,
    "rumour": lambda stored: stored.ties is not None and stored.ties.relation == "rumour",
    "section": lambda stored: bool(stored.article.section),
    "subtitle": lambda stored: bool(stored.article.subtitle),
    "tag": lambda stored: bool(stored.article.tags),
    "video": lambda stored: bool(stored.article.videos),
}
"""The values of ``has:``, and which articles have each."""

Texts = tuple[str, str, str, str]
"""What is analysed of an article: its language, then the :data:`~search.engine.TEXTS`."""
TokenStrings = tuple[str, ...]
"""For each of the :data:`~search.engine.TEXTS` in turn its exact and its stemmed tokens."""
_TOKENS = tuple(f"{text}_{layer}" for text in TEXTS for layer in ("exact", "stem"))


def document(stored: StoredArticle, analysis: Analysis, sources: Mapping[str, Source]) -> Document:
    """What *stored* is found by."""
    return analysed(stored, token_strings(texts(stored), analysis), sources)


def texts(stored: StoredArticle) -> Texts:
    article = stored.article
    title, subtitle, text = map(writable, (article.title, article.subtitle or "", article.told))
    return article.language, title, subtitle, text


def token_strings(texts: Texts, analysis: Analysis) -> TokenStrings:
    language, *parts = texts
    found = [analysis.tokens(part, language) for part in parts]
    return tuple([string for tokens in found for string in (tokens.exact, tokens.stem)])


def analysed(stored: StoredArticle, strings: TokenStrings, sources: Mapping[str, Source]) -> Document:
    """The document of *stored*, whose :func:`texts` have the tokens *strings*.

    The time is that of publication or, where the outlet states none, that of the first capture.
    """
    return Document(
        article_id=stored.article_id,
        revision=stored.revision,
        at=told_at(stored),
        tokens=dict(zip(_TOKENS, strings, strict=True)),
        labels=labels(stored, sources.get(stored.article.source_id)),
        stored=stored,
    )


def told_at(stored: StoredArticle) -> datetime:
    """When *stored* was published or, where the outlet does not say, first captured."""
    published = stored.article.published
    return published.at if published else stored.first_seen_at


def labels(stored: StoredArticle, source: Source | None) -> dict[str, tuple[str, ...]]:
    """What *stored* can be filtered and counted by; what has no value is absent.

    Values are as the catalogue writes them (``MA``, ``hespress``), except that section and tags are the
    outlet's own words.
    """
    article, annotated = stored.article, stored.annotated
    found: dict[str, tuple[str, ...]] = {
        "source": (article.source_id,),
        "country": (source.country,) if source else (),
        "scope": (source.scope,) if source else (),
        "lang": (article.language,),
        "relevance": (str(annotated.relevance.decision),),
        "agency": article.agencies,
        "institution": annotated.institutions,
        "place": annotated.places,
        "kind": tuple(kind.id for kind in annotated.kinds),
        "attribution": (str(annotated.attribution.value),) if annotated.attribution else (),
        "unit": (annotated.unit,) if annotated.unit else (),
        "partner": tuple(partner.id or partner.name.lower() for partner in annotated.partners),
        "figure": tuple(label(one.what, one.value) for one in annotated.figures if not one.recalled),
        "story": (stored.ties.story_id,) if stored.ties else (),
        "voice": (str(stored.ties.voice),) if stored.ties else (),
        "has": tuple(name for name, held in HAS.items() if held(stored)),
        "section": (article.section,) if article.section else (),
        "tag": article.tags,
    }
    return {
        name: tuple(dict.fromkeys(writable(value)[:_LABEL_CHARS] for value in values if value))
        for name, values in found.items()
        if values
    }


def writable(text: str) -> str:
    """*text* as UTF-8 can hold it: broken pages leave halves of surrogate pairs."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode()
    return text
