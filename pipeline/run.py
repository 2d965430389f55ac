"""All steps on one page, and every way in which they end."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from config.model import Source
from pipeline.annotation import Annotator
from pipeline.extraction import extract
from pipeline.identity import decide, is_same
from pipeline.rules import Rules
from store.records import Annotated, FetchedPage, Reason, Rejection, StoredArticle, Verdict
from store.urls import article_id, canonicalize, url_key

if TYPE_CHECKING:  # a child that reads pages needs no database, and starts sooner without
    from store.ledger import Ledger

GONE = frozenset([404, 410])
"""The answers by which an outlet says that a page is no more."""

COMMIT_PAGES = 8
"""How many pages a process ends in one commit, whose sync of the disk costs as much as writing three of them.

A kill undoes no more than these, and they are read again; with many more, the children would wait for pages.
"""

Read = Annotated | Rejection
"""What reading a page gives, before the ledger is asked."""


def run(
    page: FetchedPage,
    rules: Rules,
    annotator: Annotator,
    ledger: Ledger,
    key: str | None,
    *,
    source: Source | None = None,
) -> StoredArticle | Rejection:
    """Take one captured page through every step and store how it ends.

    *key* is the link's key in the frontier (``None`` for a page that no link led to), *source* the outlet,
    whose country annotation weighs.  Returns the article as stored, or the rejection of the first step
    that refused; a page that says "gone" of a known article leaves a tombstone and is a rejection too.
    Raises what the ledger raises if it cannot be reached; the caller retries the page.
    """
    return settle(read(page, rules, annotator, source), page, ledger, key)[1]


def read(page: FetchedPage, rules: Rules, annotator: Annotator, source: Source | None) -> Read:
    """The pure half: what *page* is, without asking what is known already."""
    if page.status in GONE:
        return Rejection(Reason.GONE, page.url, f"status {page.status}")
    if not 200 <= page.status < 300:  # a crawl keeps none of these; other people's archives do
        return Rejection(_refusal(page.status), page.url, f"status {page.status}")
    article = extract(page, rules)
    if isinstance(article, Rejection):
        return article
    return annotator.annotate(article, source)


def _refusal(status: int) -> Reason:
    if 300 <= status < 400:
        return Reason.REDIRECT
    return Reason.UNREACHABLE if 500 <= status < 600 else Reason.HTTP_CLIENT_ERROR


def settle(
    outcome: Read, page: FetchedPage, ledger: Ledger, key: str | None
) -> tuple[str, StoredArticle | Rejection]:
    """The other half: write how *page* ends; returns the name of that end too, for the counters.

    The names are ``new``, ``revision``, ``unchanged``, ``removed`` (a tombstone) and ``rejected``.
    """
    if isinstance(outcome, Rejection):
        current = _known(ledger, page.final_url, page.url) if outcome.reason is Reason.GONE else None
        if current is not None:
            ledger.tombstone(current.article_id, page.fetched_at)
        ledger.reject_page(key, outcome, page, page.fetched_at)
        return ("rejected" if current is None else "removed"), outcome
    outcome, current = _placed(outcome, page, ledger)
    stored = ledger.write(key, outcome, decide(outcome, current, page), page)
    if current is None:
        return Verdict.NEW.value, stored
    # What the ledger made of it: a page older than the newest revision may be in the history already.
    return (Verdict.REVISION if stored.revision > current.revision else Verdict.UNCHANGED).value, stored


def _placed(outcome: Annotated, page: FetchedPage, ledger: Ledger) -> tuple[Annotated, StoredArticle | None]:
    """The article that *page* is of, ``None`` for a new one; *outcome* without a claim that cannot be true.

    A template that gives every page the canonical URL of one, or two pages that claim each other, would
    otherwise write one article over another.
    """
    article = outcome.article
    current = _known(ledger, article.canonical_url, page.final_url, page.url)
    if current is None or is_same(article, current, page):
        return outcome, current
    for url in dict.fromkeys((page.final_url, page.url, article.canonical_url)):
        try:
            held, shown = ledger.find(article_id(url)), canonicalize(url)
        except ValueError:  # no web address
            continue
        if held is None or is_same(article, held, page):
            flags = (*article.flags, "canonical_disbelieved")
            return replace(outcome, article=replace(article, canonical_url=shown, flags=flags)), held
    return outcome, current


def _known(ledger: Ledger, *urls: str) -> StoredArticle | None:
    """The article that the ledger holds under the first of *urls* that it knows."""
    keys = []
    for url in dict.fromkeys(urls):
        try:
            keys.append(url_key(url))
        except ValueError:  # no web address (an archive may hold anything)
            continue
    article_id = ledger.find_by_keys(keys)
    return None if article_id is None else ledger.find(article_id)


def count(end: str, ended: StoredArticle | Rejection) -> str:
    """The name under which an end is counted; a rejection with its reason (``rejected:listing``)."""
    return f"{end}:{ended.reason.value}" if end == "rejected" and isinstance(ended, Rejection) else end
