"""Time zones come from the tzdata package."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfoNotFoundError

import pytest

from config.zones import stale_tzdata, zone, zone_of_host


def test_morocco_is_on_utc_since_september_2026() -> None:
    assert stale_tzdata() is None
    casablanca = zone("Africa/Casablanca")
    assert datetime(2026, 9, 19, 12, tzinfo=casablanca).utcoffset() == timedelta(hours=1)
    assert datetime(2026, 9, 21, 12, tzinfo=casablanca).utcoffset() == timedelta(0)


def test_the_same_zone_is_the_same_object() -> None:
    assert zone("Europe/Paris") is zone("Europe/Paris")


@pytest.mark.parametrize("name", ["", "Nowhere", "../etc/passwd", "Africa", "Africa/", "a\\b"])
def test_a_name_that_is_no_zone_is_refused(name: str) -> None:
    with pytest.raises(ZoneInfoNotFoundError):
        zone(name)


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("www.outlet.ma", "Africa/Casablanca"),
        ("outlet.co.uk", "Europe/London"),
        ("OUTLET.FR", "Europe/Paris"),
        ("outlet.ca", "America/Toronto"),  # of several zones that of most of the press
        ("outlet.kz", None),  # of several, none clearly
        ("outlet.tv", None),  # a country's domain that the world buys
        ("outlet.com", None),
        ("127.66.0.3", None),
        ("", None),
    ],
)
def test_a_host_may_tell_its_zone(host: str, name: str | None) -> None:
    found = zone_of_host(host)
    assert (found.key if found else None) == name
