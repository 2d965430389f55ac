"""Pages from files: what ``extract`` and ``gold`` read, and how they put it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from cli.context import App

if TYPE_CHECKING:
    from pipeline.rules import Rules
    from store.records import Article, FetchedPage, Rejection


def url_fault(url: str) -> str | None:
    """Why *url* can be no page's address, or ``None``."""
    from store.urls import canonicalize

    try:
        canonicalize(url)
    except ValueError as fault:
        return str(fault)
    return None


def page_of(row: dict[str, Any], path: str | None = None) -> FetchedPage:
    """The page of a row ``{path, url, content_type?, fetched_at?}``, or the one at *path* in its place.

    Raises :class:`OSError` for a file that cannot be read, :class:`ValueError` and :class:`KeyError` for a
    row that is none.
    """
    from store.records import FetchedPage

    file, url = Path(path or row["path"]), row["url"]
    if fault := url_fault(url):
        raise ValueError(f"url: {fault}")
    fetched_at = fetch_time(row["fetched_at"]) if row.get("fetched_at") else None
    content_type = row.get("content_type") or "text/html"
    return FetchedPage.of(
        url, file.read_bytes(), content_type=content_type, fetched_at=fetched_at, found_in=str(file)
    )


def fetch_time(raw: str) -> datetime:
    """When a page was fetched, in UTC.  Raises :class:`ValueError` for what is no time with its offset."""
    try:
        at = datetime.fromisoformat(raw)
        if at.tzinfo is not None:
            return at.astimezone(UTC)
    except OverflowError as fault:
        raise ValueError(f"fetched_at: got {raw!r}, {fault}") from None
    raise ValueError(f"fetched_at: got {raw!r}, expected a time with its offset")


def rules_of(app: App, url: str, language: str | None) -> Rules:
    """What the catalogue knows of the outlet, or the language alone."""
    from pipeline.rules import Known, Rules

    source, known = app.config.source_of(urlsplit(url).netloc), Known.of(app.config)
    return Rules.of(source, known) if source else Rules.default(language, known=known)


def answer(result: Article | Rejection) -> dict[str, Any]:
    """The JSON answer for a page: the article, or why there is none."""
    from search.export import article_record
    from store.records import Rejection

    if isinstance(result, Rejection):
        return {"rejected": str(result.reason), "url": result.url, "detail": result.detail}
    return {**article_record(result), "origins": dict(result.origins)}
