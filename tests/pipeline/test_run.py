"""All steps on one page, and every way in which they end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import config
from pipeline.annotation import Annotator
from pipeline.rules import Rules
from pipeline.run import run
from store.ledger import Ledger
from store.records import FetchedPage, Reason, Rejection, StoredArticle
from store.urls import url_key
from tests.pipeline.newsroom import LEAD, capture, html, page

PATH = "news/1"
Take = Callable[[FetchedPage], Any]
"""Archives a page, runs it and gives back how it ended."""


@pytest.fixture(scope="module")
def annotator() -> Annotator:
    return Annotator(config.load(environ={}))


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.open(tmp_path) as opened:
        yield opened


@pytest.fixture
def take(tmp_path: Path, ledger: Ledger, annotator: Annotator) -> Take:
    def through(one: FetchedPage) -> StoredArticle | Rejection:
        (kept,) = capture(tmp_path, one)
        rules = Rules.default("fr", "Africa/Casablanca", source_id="sabah")
        return run(kept, rules, annotator, ledger, url_key(one.link.url))

    return through


def frontier(ledger: Ledger) -> dict[str, int]:
    return dict(ledger.status().frontier)


def test_article_is_stored_with_what_it_says_and_is(take: Take, ledger: Ledger) -> None:
    stored = take(page(PATH, html("Fès : un homme interpellé", LEAD)))
    assert stored.article.title == "Fès : un homme interpellé"
    assert stored.annotated.relevance.decision == "in"
    assert "fes" in stored.annotated.places
    assert (stored.revision, frontier(ledger)) == (1, {"stored": 1})


def test_same_text_in_another_dress_is_unchanged(take: Take, ledger: Ledger) -> None:
    take(page(PATH, html("Titre d'hier", LEAD)))
    widget = "<aside><ul><li><a href=/x>Autre article</a></ul></aside>"
    stored = take(page(PATH, html("Titre d’hier", LEAD.replace(" ", "  "), extra=widget), minutes=5))
    assert stored.revision == 1
    assert stored.last_seen_at > stored.first_seen_at
    assert ledger.status().revisions == 1


def test_edited_text_is_a_revision(take: Take, ledger: Ledger) -> None:
    take(page(PATH, html("Titre", LEAD)))
    stored = take(page(PATH, html("Titre", LEAD.replace("34 ans", "43 ans")), minutes=5))
    assert stored.revision == 2
    assert [one.revision for one in ledger.revisions(stored.article_id)] == [1, 2]


@pytest.mark.parametrize("status", [404, 410])
def test_gone_page_of_a_known_article_leaves_a_tombstone_and_the_text(
    take: Take, ledger: Ledger, status: int
) -> None:
    stored = take(page(PATH, html("Titre", LEAD)))
    gone = take(page(PATH, b"gone", minutes=9, status=status))
    assert gone.reason is Reason.GONE
    after = ledger.find(stored.article_id)
    assert after.removed_at == page(PATH, b"", minutes=9).fetched_at
    assert after.article.text == LEAD
    assert after.revision == 1


def test_gone_page_of_an_unknown_article_is_rejected(take: Take, ledger: Ledger) -> None:
    assert take(page(PATH, b"gone", status=404)).reason is Reason.GONE
    assert ledger.status().rejections == {"gone": 1}
    assert ledger.count() == 0


def test_soft_404_of_a_known_article_does_not_touch_it(take: Take, ledger: Ledger) -> None:
    stored = take(page(PATH, html("Titre", LEAD)))
    nothing = b"<html><head><title>404</title></head><body><h1>Page introuvable</h1></body></html>"
    assert isinstance(take(page(PATH, nothing, minutes=9)), Rejection)
    assert ledger.find(stored.article_id) == replace(stored, variants=ledger.find(stored.article_id).variants)


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (301, Reason.REDIRECT),
        (302, Reason.REDIRECT),
        (403, Reason.HTTP_CLIENT_ERROR),
        (500, Reason.UNREACHABLE),
    ],
)
def test_an_answer_of_an_archive_that_is_no_page_is_rejected_by_its_status(
    status: int, reason: Reason, take: Take, ledger: Ledger
) -> None:
    assert take(page(PATH, html("Erreur", LEAD), status=status)).reason is reason
    assert ledger.count() == 0


def test_known_url_stays_its_article_whatever_canonical_it_claims_later(take: Take, ledger: Ledger) -> None:
    first = take(page(PATH, html("Titre", LEAD)))
    canonical = "<link rel=canonical href=https://www.sabah.example/news/1-titre-long>"
    second = take(page(PATH, html("Titre", LEAD, "Un ajout de fin d'article.", head=canonical), minutes=5))
    assert second.article_id == first.article_id
    assert second.revision == 2
    assert ledger.count() == 1
