"""Whole pages written by us, in four languages: one test a field."""

from __future__ import annotations

import pytest

from pipeline.extraction import extract
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
)


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("name", GOLD_NAMES)
def test_field_of_gold_page(name: str, field: str) -> None:
    page, rules, expected = gold(name)
    got = article(extract(page, rules))
    value: object = getattr(got, field)
    if field == "published":
        assert got.published is not None
        value = {
            "at": got.published.at.isoformat(),
            "local_date": got.published.local_date,
            "precision": got.published.precision.value,
            "origin": got.published.origin,
        }
    elif field == "images":
        value = [[one.url, one.caption] for one in got.images]
    elif field == "videos":
        value = [[one.url, one.kind] for one in got.videos]
    elif isinstance(value, tuple):
        value = list(value)
    assert value == expected[field]


@pytest.mark.parametrize("name", GOLD_NAMES)
def test_every_found_field_names_its_origin(name: str) -> None:
    page, rules, _ = gold(name)
    got = article(extract(page, rules))
    origins = dict(got.origins)
    assert {"title", "paragraphs", "language", "canonical_url"} <= set(origins)
    assert bool(got.authors) == ("authors" in origins)
    assert (got.published is not None) == ("published" in origins)
