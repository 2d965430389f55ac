"""An explanation tells what extraction answers, which finds won, and why each block is text or not."""

# ruff: noqa: E501 -- a row of a table is one page or string, kept on its line

from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.extraction import extract
from pipeline.extraction.explain import Explanation, explain
from store.records import Article, Rejection
from tests.pipeline.extraction.pages import GOLD_NAMES, gold, page, rules
from tests.pipeline.extraction.test_fields import LD, story
from tests.pipeline.extraction.test_selected import MEDIA, RULE


@pytest.mark.parametrize("name", GOLD_NAMES)
def test_it_tells_what_extraction_answers(name: str) -> None:
    captured, of_outlet, _ = gold(name)
    told = explain(captured, of_outlet)
    result = extract(captured, of_outlet)
    assert told.result == result
    if not isinstance(result, Article):
        return
    for field, found in (
        ("title", result.title),
        ("published", result.published),
        ("modified", result.modified),
        ("authors", result.authors),
        ("language", result.language),
        ("section", result.section),
        ("tags", result.tags),
    ):
        assert sum(one.won for one in told.fields[field]) == bool(found), field
    if dict(result.origins)["paragraphs"] == "dom":
        kept = [block.text for block in told.blocks if not block.why]
        assert len(kept) >= len(result.paragraphs), "cells of a row are one paragraph"
        assert [word for word in " ".join(kept).split() if "pic." not in word and "(@" not in word] == [
            *" ".join(result.paragraphs).split()
        ]


def told_of(body: str) -> Explanation:
    return explain(page(body), rules())


def test_finds_stand_in_order_of_trust_and_the_winner_is_marked() -> None:
    told = told_of(
        story(
            LD.format("2026-11-20T08:00:00Z")
            + '<meta property="og:title" content="Deux interpellations - The Outlet">',
            below="<p class=byline>Par Nadia Belhaj</p><p class=date>Publié le 20 novembre 2026</p>",
        )
    )
    won = {
        field: [(one.origin, one.found[:10]) for one in tried if one.won]
        for field, tried in told.fields.items()
    }
    assert won == {
        "title": [("h1", "Deux inter")],
        "published": [("json-ld", "2026-11-20")],
        "modified": [],
        "authors": [("byline", "Nadia Belh")],
        "language": [("text", "fr (0.98)")],
        "section": [],
        "tags": [],
    }
    assert [one.origin for one in told.fields["published"]] == ["json-ld", "text"]
    assert [one.origin for one in told.fields["title"]] == ["h1", "og", "json-ld"]


@pytest.mark.parametrize(
    ("markup", "why"),
    [
        ("<p>Lire aussi : une autre histoire du port</p>", "read also"),
        ("<p>Suivez-nous sur les réseaux de la ville.</p>", "furniture's words"),
        ("<p>Photo d'archives du port de la ville.</p>", "credit"),
        ("<p>Publié le 20 novembre 2026</p>", "date or signature"),
        ("<p><a href=/x>Une autre histoire du port</a></p>", "links"),
        ("<div class=newsletter><p>Recevez chaque matin notre lettre, avec tout le port.</p></div>", "furniture: newsletter"),
    ],
)  # fmt: skip
def test_a_block_that_is_left_out_says_why(markup: str, why: str) -> None:
    told = told_of(story().replace("<p>Les deux", f"{markup}<p>Les deux"))
    left_out = [
        block.why for block in told.blocks if block.why and block.why != "outside the box of the text"
    ]
    assert left_out == [why]


def test_no_page_at_all_is_explained_by_its_rejection() -> None:
    told = told_of("")
    assert isinstance(told.result, Rejection) and told.fields == {} and told.blocks == ()


def test_what_a_rule_selects_wins_and_its_blocks_are_the_text() -> None:
    rule = replace(RULE, modified=".mod", section=".sec", tags=".tg")
    told = explain(page(MEDIA), replace(rules(), selectors=(rule,)))
    for field in ("title", "published", "modified", "authors", "section", "tags"):
        assert [one.origin for one in told.fields[field] if one.won] == ["rule"], field
    assert [block.text[:20] for block in told.blocks if not block.why] == ["La brigade de la vil"]
    assert {block.why for block in told.blocks} == {"", "outside what the rule selects"}


def test_keywords_that_are_no_tags_do_not_win() -> None:
    told = told_of(story('<meta property="article:tag" content="@outlet">'))
    assert isinstance(told.result, Article) and told.result.tags == ()
    assert [(one.found, one.won) for one in told.fields["tags"]] == [("@outlet", False)]
