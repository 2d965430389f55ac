"""Dates as feeds and listings print them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from config.zones import zone
from crawlers.dates import read_date, url_day
from tests.crawlers.discovery.outlet import NOW

CASABLANCA = zone("Africa/Casablanca")

# as written, as UTC in ISO form without seconds (None: cannot be read)
DATES = [
    ("Tue, 24 Nov 2026 10:30:00 GMT", "2026-11-24T10:30"),
    ("Tue, 24 Nov 2026 10:30:00 +0100", "2026-11-24T09:30"),
    ("Tue, 24 Nov 2026 10:30 -05:30", "2026-11-24T16:00"),
    ("24 Nov 26 10:30 EST", "2026-11-24T15:30"),
    ("Tue, 24 Nov 2026 10:30:00 GMT+0100", "2026-11-24T09:30"),
    ("Tue, 24 Nov 2026 10:30:00", "2026-11-24T10:30"),
    ("Tue Nov 24 10:30:00 +0000 2026", "2026-11-24T10:30"),
    ("Tuesday, November 24th, 2026 at 3:05 PM", "2026-11-24T15:05"),
    ("24-Nov-2026", "2026-11-24T00:00"),
    ("Fri, 24 Jul 2026 10:30:00", "2026-07-24T09:30"),
    ("2026-11-24T10:30:00Z", "2026-11-24T10:30"),
    ("2026-11-24T10:30:00.123+01:00", "2026-11-24T09:30"),
    ("2026-11-24T10:30+01", "2026-11-24T09:30"),
    ("2026-11-24 10:30:00", "2026-11-24T10:30"),
    ("2026-11-24 10:30 +0000", "2026-11-24T10:30"),
    ("2026-11-24", "2026-11-24T00:00"),
    ("2026-07-24", "2026-07-23T23:00"),
    ("20261124T101500Z", "2026-11-24T10:15"),
    ("20261124", "2026-11-24T00:00"),
    ("2026/11/24 10:30", "2026-11-24T10:30"),
    ("24/11/2026 - 10h30", "2026-11-24T10:30"),
    ("05/11/2026", "2026-11-05T00:00"),
    ("11/24/2026 10:30 AM", "2026-11-24T10:30"),
    ("24.11.2026", "2026-11-24T00:00"),
    ("الثلاثاء 24 نونبر 2026 - 10:30", "2026-11-24T10:30"),
    ("الثلاثاء، 24 نوفمبر 2026 على الساعة 10:30", "2026-11-24T10:30"),
    ("٢٤ نونبر ٢٠٢٦", "2026-11-24T00:00"),
    ("24 تشرين الثاني 2026 10:30 مساءً", "2026-11-24T22:30"),
    ("12 غشت 2026 08:15 ص", "2026-08-12T07:15"),
    ("5 يوليوز 2026", "2026-07-04T23:00"),
    ("3 شتنبر 2026 12:05 م", "2026-09-03T11:05"),
    ("ديسمبر 24, 2025", "2025-12-23T23:00"),
    ("9 جانفي 2026", "2026-01-08T23:00"),
    ("mar., 24 nov. 2026 10:30:00 +0100", "2026-11-24T09:30"),
    ("mardi 3 mars 2026 à 08h05", "2026-03-03T08:05"),
    ("Publié le 1er août 2026 à 10:30", "2026-08-01T09:30"),
    ("24 décembre 2025", "2025-12-23T23:00"),
    ("martes, 24 de noviembre de 2026 22:05", "2026-11-24T22:05"),
    ("3 ene 2026", "2026-01-02T23:00"),
    ("Thu, 01 Jan 1970 00:00:00 +0000", None),
    ("0000-00-00 00:00:00", None),
    ("1900-01-01", None),
    ("2027-05-24", None),
    ("Tue, 24 Nov 2062 10:30:00 +0000", None),
    ("31/02/2026", None),
    ("2026-13-45", None),
    ("24 نونبر", None),
    ("نونبر 2026", None),
    ("2026", None),
    ("10:30", None),
    ("yesterday", None),
    ("منذ 3 ساعات", None),
    ("١٤ جمادى الأولى ١٤٤٨", None),
    ("", None),
    ("9" * 500, None),
]


@pytest.mark.parametrize(("written", "expected"), DATES, ids=[case[0][:40] or "empty" for case in DATES])
def test_date_as_written(written: str, expected: str | None) -> None:
    read = read_date(written, CASABLANCA, NOW)
    assert (read and read.strftime("%Y-%m-%dT%H:%M")) == expected
    assert read is None or read.tzinfo is UTC


MONTHS = [
    "يناير فبراير مارس أبريل ماي يونيو يوليوز غشت شتنبر أكتوبر نونبر دجنبر".split(),
    "جانفي فيفري مارس أفريل ماي جوان جويلية أوت سبتمبر أكتوبر نوفمبر ديسمبر".split(),
    "كانون الثاني,شباط,آذار,نيسان,أيار,حزيران,تموز,آب,أيلول,تشرين الأول,تشرين الثاني,كانون الأول".split(","),
    "يناير فبراير مارس أبريل مايو يونيو يوليو أغسطس سبتمبر أكتوبر نوفمبر ديسمبر".split(),
    "janvier février mars avril mai juin juillet août septembre octobre novembre décembre".split(),
    "janv. févr. mars avr. mai juin juil. août sept. oct. nov. déc.".split(),
    "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre".split(),
    "ene feb mar abr may jun jul ago sep oct nov dic".split(),
    "January February March April May June July August September October November December".split(),
    "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(),
]


@pytest.mark.parametrize("names", MONTHS, ids=[names[0] for names in MONTHS])
def test_every_month_by_every_name(names: list[str]) -> None:
    read = [read_date(f"15 {name} 2025 12:00", UTC, NOW) for name in names]
    assert [at and at.month for at in read] == list(range(1, 13))


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/2026/11/24/slug", ("2026-11-23", "2026-11-26")),
        ("/news-20261124.html", ("2026-11-23", "2026-11-26")),
        ("/2026/11/slug", ("2026-10-31", "2026-12-02")),
        ("/2025/12/slug", ("2025-11-30", "2026-01-02")),
        ("/sitemap-2026-11.xml", ("2026-10-31", "2026-12-02")),
        ("/a-123456789.html", None),
        ("/news/2026", None),
        ("/rapport-2026-sur-la-securite", None),
        ("/20263199", None),
        ("/x?date=2026-11-24", None),
    ],
)
def test_day_in_an_address(path: str, expected: tuple[str, str] | None) -> None:
    span = url_day("https://x.example" + path)
    assert (span and tuple(at.strftime("%Y-%m-%d") for at in span)) == expected
    assert span is None or span[0].tzinfo is UTC


def test_date_is_read_in_the_outlets_zone() -> None:
    assert read_date("2026-11-24 10:30", zone("Europe/Madrid"), NOW) == datetime(
        2026, 11, 24, 9, 30, tzinfo=UTC
    )
