"""What extraction may know of an outlet."""

# ruff: noqa: E501 -- a source on few lines

from __future__ import annotations

import pytest

from config.model import Source
from pipeline.rules import Rules, host


def source(**more: object) -> Source:
    given: dict[str, object] = {
        "id": "manara", "name": {"ar": "المنارة", "fr": "Al Manara"}, "country": "MA", "languages": ("ar", "fr"), "scope": "national",
        "homepage": "https://www.almanara.example/ar/", "timezone": "Africa/Casablanca",
    }  # fmt: skip
    return Source(**(given | more))  # type: ignore[arg-type]  # the keywords are those of Source, spelled above


def test_rules_of_an_outlet_of_the_catalogue() -> None:
    rules = Rules.of(source(domains=("www.manara-tv.example", "almanara.example")))
    assert rules.source_id == "manara"
    assert rules.domains == ("almanara.example", "manara-tv.example")
    assert rules.names == ("المنارة", "Al Manara")
    assert rules.day_first
    assert hash(rules) == hash(Rules.of(source(domains=("www.manara-tv.example", "almanara.example"))))


def test_month_first_in_the_united_states_alone() -> None:
    assert not Rules.of(source(country="US", timezone="America/New_York")).day_first
    assert Rules.of(source(country="GB", timezone="Europe/London")).day_first


@pytest.mark.parametrize(
    ("url", "expected"),
    [("https://www.A.example/x", "a.example"), ("", ""), ("http://[", ""), ("relative", "")],
)
def test_host(url: str, expected: str) -> None:
    assert host(url) == expected
