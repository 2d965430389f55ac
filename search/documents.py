"""An article of the ledger as the document an engine indexes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from search.engine import Document

if TYPE_CHECKING:
    from config.model import Source
    from search.analysis import Analysis
    from store.records import StoredArticle

_LABEL_CHARS = 512
"""A "tag" longer than this is a mistake of the page; it is cut, as engines refuse terms of some size."""


def document(stored: StoredArticle, analysis: Analysis, sources: Mapping[str, Source]) -> Document:
    """What *stored* is found by.

    The time is that of publication or, where the outlet states none, that of the first capture.
    """
    article = stored.article
    tokens: dict[str, str] = {}
    for name, text in (
        ("title", article.title),
        ("subtitle", article.subtitle or ""),
        ("text", article.text),
    ):
        found = analysis.tokens(_writable(text), article.language)
        tokens[f"{name}_exact"], tokens[f"{name}_stem"] = found.exact, found.stem
    published = article.published
    return Document(
        article_id=stored.article_id,
        revision=stored.revision,
        at=published.at if published else stored.first_seen_at,
        tokens=tokens,
        labels=labels(stored, sources.get(article.source_id)),
    )


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
        "institution": annotated.institutions,
        "place": annotated.places,
        "has": _has(stored),
        "section": (article.section,) if article.section else (),
        "tag": article.tags,
    }
    return {
        name: tuple(dict.fromkeys(_writable(value)[:_LABEL_CHARS] for value in values if value))
        for name, values in found.items()
        if values
    }


def _has(stored: StoredArticle) -> tuple[str, ...]:
    article = stored.article
    holds = {
        "image": bool(article.images),
        "video": bool(article.videos),
        "author": bool(article.authors),
        "subtitle": bool(article.subtitle),
        "date": article.published is not None,
        "revision": stored.revision > 1,
        "removed": stored.removed_at is not None,
        "modified": article.modified is not None,
        "section": bool(article.section),
        "tag": bool(article.tags),
    }
    return tuple(name for name, held in holds.items() if held)


def _writable(text: str) -> str:
    """*text* as UTF-8 can hold it: broken pages leave halves of surrogate pairs."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode()
    return text
