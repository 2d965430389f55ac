"""Whole pages written by us, in four languages: one test a field."""

from __future__ import annotations

import pytest

from pipeline.extraction import extract
from store.records import Article
from tests.pipeline.extraction.pages import GOLD_NAMES, article, gold

FIELDS = (
    "title",
    "paragraphs",
    "authors",
    "published",
    "language",
    "images",
    "videos",
    "tags",
    "section",
    "access",
    "kind",
    "subtitle",
    "alternative_title",
    "desks",
    "agencies",
    "official_accounts",
    "entries",
    "languages",
)
WHERE_ABSENT = {"kind": "text", "subtitle": None, "alternative_title": None}
"""What a gold page that does not name a field expects of it; of the others nothing."""


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("name", GOLD_NAMES)
def test_field_of_gold_page(name: str, field: str) -> None:
    page, rules, expected = gold(name)
    got = article(extract(page, rules))
    assert plain(got, field) == expected.get(field, WHERE_ABSENT.get(field, []))


def plain(got: Article, field: str) -> object:
    """A field as the gold writes it."""
    value: object = getattr(got, field)
    if field == "published":
        assert got.published is not None
        return {
            "at": got.published.at.isoformat(),
            "local_date": got.published.local_date,
            "precision": got.published.precision.value,
            "origin": got.published.origin,
        }
    if field == "entries":
        return [[one.at.at.isoformat(), one.paragraph] for one in got.entries]
    parts = {
        "images": ("url", "caption"),
        "videos": ("url", "kind"),
        "official_accounts": ("institution", "network", "handle", "url"),
        "languages": ("language", "share"),
    }.get(field)
    if parts:
        return [[getattr(one, part) for part in parts] for one in getattr(got, field)]
    return list(value) if isinstance(value, tuple) else value


@pytest.mark.parametrize("name", GOLD_NAMES)
def test_every_found_field_names_its_origin(name: str) -> None:
    page, rules, _ = gold(name)
    got = article(extract(page, rules))
    origins = dict(got.origins)
    assert {"title", "paragraphs", "language", "canonical_url"} <= set(origins)
    assert bool(got.authors) == ("authors" in origins)
    assert (got.published is not None) == ("published" in origins)
