"""Records made up for the tests of the store."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from store.records import (
    Annotated,
    Article,
    Capture,
    Decision,
    Evidence,
    FetchedPage,
    Hint,
    Link,
    Moment,
    Precision,
    Relevance,
    Relevant,
    Verdict,
    Via,
)
from store.urls import article_id

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)


def after(**span: float) -> datetime:
    """:data:`NOW` plus *span* (``minutes=5``)."""
    return NOW + timedelta(**span)


def link(number: int = 1, source: str = "akhbar", via: Via = Via.FEED, url: str | None = None) -> Link:
    return Link(
        source_id=source,
        url=url or f"https://www.{source}.example/news/{number}-title",
        found_in=f"https://www.{source}.example/{via}",
        via=via,
        hint=Hint(title=f"عنوان {number}", published_at=NOW, published_raw="24 نونبر"),
    )


def page(of: Link, at: datetime = NOW, offset: int = 0, status: int = 200, **changes: Any) -> FetchedPage:
    made = FetchedPage(
        link=of,
        url=of.url,
        final_url=of.url,
        status=status,
        headers=(("content-type", "text/html"),),
        body=b"<html></html>",
        fetched_at=at,
        capture=Capture("marsad-1.warc.gz", offset, f"{offset:064x}"),
    )
    return replace(made, **changes)


def annotated(of: Link, text: str = "أعلنت المديرية العامة للأمن الوطني", **changes: Any) -> Annotated:
    article = Article(
        source_id=of.source_id,
        url=of.url,
        canonical_url=of.url,
        title="بلاغ",
        paragraphs=(text, "فقرة ثانية"),
        language="ar",
        published=Moment(NOW, Precision.MINUTE, "meta", NOW, after(minutes=1), "2026-11-24"),
        origins=(("title", "h1"),),
    )
    found = Evidence("dgsn", "text", 7, 22, "المديرية العامة")
    made = Annotated(
        article=replace(article, **{k: changes.pop(k) for k in list(changes) if hasattr(article, k)}),
        relevance=Relevance(Relevant.IN, (found,), "institution named"),
        institutions=("dgsn",),
        evidence=(found,),
        content_hash=f"hash of {ascii(text)[1:-1]}",
        rules_version="1",
    )
    return replace(made, **changes)


def decision(of: Link, verdict: Verdict = Verdict.NEW, revision: int = 1) -> Decision:
    return Decision(verdict, article_id(of.url), revision)
