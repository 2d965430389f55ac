"""Whole pages written by us, in four languages: one test a field."""

from __future__ import annotations

import pytest

from pipeline.extraction import extract
from tests.pipeline.extraction.pages import FIELDS, GOLD_NAMES, article, gold, plain, wanted


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("name", GOLD_NAMES)
def test_field_of_gold_page(name: str, field: str) -> None:
    page, rules, expected = gold(name)
    got = article(extract(page, rules))
    assert plain(got, field) == wanted(expected, field)


@pytest.mark.parametrize("name", GOLD_NAMES)
def test_every_found_field_names_its_origin(name: str) -> None:
    page, rules, _ = gold(name)
    got = article(extract(page, rules))
    origins = dict(got.origins)
    assert {"title", "paragraphs", "language", "canonical_url"} <= set(origins)
    assert bool(got.authors) == ("authors" in origins)
    assert (got.published is not None) == ("published" in origins)
