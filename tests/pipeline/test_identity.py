"""What a page is to the ledger: new, a revision, or the same again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.identity import decide
from store.records import Annotated, Image, StoredArticle, Verdict
from store.urls import article_id
from tests.pipeline.newsroom import BEGAN, CAPTURE, annotated, html, page

PAGE = page("news/1", html("Title"), minutes=60)


def stored(said: Annotated, revision: int = 1) -> StoredArticle:
    return StoredArticle("id-1", revision, said, BEGAN, BEGAN, None, CAPTURE)


def test_unknown_article_is_new_and_named_after_its_canonical_url() -> None:
    said = annotated("A", canonical_url="https://www.sabah.example/news/1?utm_source=x")
    decision = decide(said, None, PAGE)
    assert decision.verdict is Verdict.NEW
    assert decision.article_id == article_id("https://sabah.example/news/1")
    assert decision.revision == 1


def test_canonical_that_is_no_address_falls_back_to_the_page() -> None:
    assert decide(annotated("A", canonical_url="nothing"), None, PAGE).article_id == article_id(PAGE.url)


@pytest.mark.parametrize(
    "touched",
    [
        {"authors": ("N. B.",)},
        {"tags": ("Fès",)},
        {"section": "Société"},
        {"images": (Image("https://a.example/i.jpg"),)},
    ],
)
def test_metadata_alone_is_no_revision(touched: dict[str, object]) -> None:
    decision = decide(annotated("A", **touched), stored(annotated("A")), PAGE)
    assert decision.verdict is Verdict.UNCHANGED
    assert (decision.article_id, decision.revision) == ("id-1", 1)


def test_changed_text_is_a_revision_that_says_what_changed() -> None:
    decision = decide(annotated("B", authors=("N. B.",)), stored(annotated("A"), 3), PAGE)
    assert (decision.verdict, decision.article_id, decision.revision) == (Verdict.REVISION, "id-1", 4)
    assert decision.changed == ("text", "authors")


def test_going_back_to_an_earlier_text_is_a_revision() -> None:
    first, second = annotated("A"), annotated("B")
    assert decide(second, stored(first, 1), PAGE).revision == 2
    assert decide(first, stored(second, 2), PAGE).revision == 3


@given(st.text(), st.text())
def test_deciding_again_about_what_was_decided_changes_nothing(old: str, new: str) -> None:
    said = annotated(new, content_hash=f"#{new}")
    first = decide(said, stored(annotated(old, content_hash=f"#{old}")), PAGE)
    again = decide(said, stored(said, first.revision), page("news/1", b"", minutes=61))
    assert again.verdict is Verdict.UNCHANGED
    assert again.revision == first.revision
    assert first.verdict is (Verdict.UNCHANGED if old == new else Verdict.REVISION)


def test_the_clock_decides_nothing() -> None:
    late = page("news/1", b"", minutes=60 + timedelta(days=900).total_seconds())
    assert decide(annotated("A"), stored(annotated("A")), late) == decide(
        annotated("A"), stored(annotated("A")), PAGE
    )
