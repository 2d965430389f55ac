"""Written dates, one row each: what the press prints, and the moment it means."""

# ruff: noqa: E501 -- a row of a table is one page or string, kept on its line

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from config.zones import zone
from pipeline.extraction import dates
from store.records import Precision
from tests.data import data_dir

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)  # a Tuesday
MONTHS_AR = {
    1: "يناير جانفي", 2: "فبراير فيفري شباط", 3: "مارس آذار", 4: "أبريل إبريل أفريل نيسان", 5: "ماي مايو أيار",
    6: "يونيو يونيه جوان حزيران", 7: "يوليوز يوليو يوليه جويلية تموز", 8: "غشت أغسطس أوت آب", 9: "شتنبر سبتمبر أيلول",
    10: "أكتوبر", 11: "نونبر نوفمبر", 12: "دجنبر ديسمبر",
}  # fmt: skip
MONTHS_LATIN = {
    1: "janvier janv. enero ene January Jan Jan.", 2: "février fév. févr. febrero feb. February Feb", 3: "mars marzo March Mar",
    4: "avril avr. abril April Apr.", 5: "mai mayo May", 6: "juin junio June Jun", 7: "juillet juil. julio July Jul",
    8: "août aout agosto ago. August Aug", 9: "septembre sept. septiembre setiembre September Sept. Sep",
    10: "octobre oct. octubre October Oct", 11: "novembre nov. noviembre November Nov", 12: "décembre déc. diciembre dic. December Dec",
}  # fmt: skip
TWO_WORDS = {
    "كانون الثاني": 1,
    "تشرين الأول": 10,
    "تشرين الثاني": 11,
    "كانون الأول": 12,
    "كانون ثاني": 1,
    "تشرين أول": 10,
}
NAMES = [
    (name, month)
    for table in (MONTHS_AR, MONTHS_LATIN)
    for month, names in table.items()
    for name in names.split()
]


@pytest.mark.parametrize(("name", "month"), [*NAMES, *TWO_WORDS.items()])
def test_every_month_name_is_read(name: str, month: int) -> None:
    found = dates.written(f"12 {name} 2025", now=NOW)
    assert [one.day.isoformat() for one in found] == [f"2025-{month:02}-12"]


WRITTEN = [
    # text, day, time, offset in minutes
    ("الأحد، 15 فبراير 2026 على الساعة 10:30", "2026-02-15", "10:30", None),
    ("الإثنين ١٦ مارس ٢٠٢٦ - ١٠:٣٠", "2026-03-16", "10:30", None),
    ("نشر في 24 نونبر 2026 الساعة 22:05", "2026-11-24", "22:05", None),
    ("24 تشرين الثاني/نوفمبر 2026", "2026-11-24", None, None),
    ("24 نوفمبر/تشرين الثاني 2026 الساعة 8:30 م", "2026-11-24", "20:30", None),
    ("24 نونبر 2026 - 10:15 صباحا", "2026-11-24", "10:15", None),
    ("24 نونبر 2026 - 10:15 مساء", "2026-11-24", "22:15", None),
    ("الثلاثاء 24 نونبر 2026 الموافق 14 جمادى الآخرة 1448", "2026-11-24", None, None),
    ("24 نونبر 2026 - 22:15 بتوقيت غرينتش", "2026-11-24", "22:15", 0),
    ("12 أيّار ٢٠٢٦", "2026-05-12", None, None),
    ("24 من نونبر 2026", "2026-11-24", None, None),
    ("24-نونبر-2026", "2026-11-24", None, None),
    ("2026/11/24 09:08", "2026-11-24", "09:08", None),
    ("mardi 24 novembre 2026 à 10h30", "2026-11-24", "10:30", None),
    ("Publié le 24/11/2026 à 09:00", "2026-11-24", "09:00", None),
    ("Le 1er mai 2026 à 8h", "2026-05-01", "08:00", None),
    ("24 nov. 2026, 7 h 05", "2026-11-24", "07:05", None),
    ("10h30, le 24 novembre 2026", "2026-11-24", "10:30", None),
    ("24.11.2026 | 14:20", "2026-11-24", "14:20", None),
    ("24-11-26", "2026-11-24", None, None),
    ("martes, 24 de noviembre de 2026 10:30", "2026-11-24", "10:30", None),
    ("24 noviembre 2026, 10:30 h", "2026-11-24", "10:30", None),
    ("24 de noviembre del 2026 a las 18:00", "2026-11-24", "18:00", None),
    ("November 24, 2026 10:30 am", "2026-11-24", "10:30", None),
    ("Nov. 24, 2026 at 7:05 p.m. EST", "2026-11-24", "19:05", -300),
    ("Tuesday 24th November 2026, 00:05", "2026-11-24", "00:05", None),
    ("12 am, 24 November 2026", "2026-11-24", "00:00", None),
    ("24 Nov 2026 09:15 GMT+1", "2026-11-24", "09:15", 60),
    ("Tue, 24 Nov 2026 10:30:00 +0100", "2026-11-24", "10:30", 60),
    ("2026-11-24", "2026-11-24", None, None),
    ("2026-11-24T10:30:00Z", "2026-11-24", "10:30", 0),
    ("2026-11-24T10:30:00.123+01:00", "2026-11-24", "10:30", 60),
    ("2026-11-24 10:30", "2026-11-24", "10:30", None),
    ("20261124", "2026-11-24", None, None),
    ("20261124T103000", "2026-11-24", "10:30", None),
    ("31/12/2025", "2025-12-31", None, None),
    ("12/31/2025", "2025-12-31", None, None),  # no 31st month
    ("05/11/2026", "2026-11-05", None, None),  # day first
    ("mardi 24 novembre", "2026-11-24", None, None),  # the weekday proves the year
    ("lundi 24 novembre - 12h30", "2025-11-24", "12:30", None),
]


@pytest.mark.parametrize(("text", "day", "clock", "offset"), WRITTEN)
def test_written_date(text: str, day: str, clock: str | None, offset: int | None) -> None:
    found = dates.written(text, now=NOW)
    assert len(found) == 1
    one = found[0]
    assert one.day.isoformat() == day
    assert (one.clock.isoformat("minutes") if one.clock else None) == clock
    assert one.offset == (None if offset is None else timedelta(minutes=offset))


@pytest.mark.parametrize(
    "text",
    [
        "", "2026", "© 2026", "May 2026", "novembre 2026", "24 novembre", "dimanche 24 novembre", "31 juin 2026", "0000-00-00",
        "1970-01-01", "30/02/2026", "10.30.15", "5/11", "Version 10.2.3.4", "12:30", "24 نونبر", "1448", "12 mars 1789", "99/99/9999",
        "+212 5 37 20 26 11", "8 mai 20", "24 heures",
    ],
)  # fmt: skip
def test_no_date_is_made_of_less(text: str) -> None:
    assert dates.written(text, now=NOW) == []


def test_month_first_outlets() -> None:
    assert dates.written("05/11/2026", day_first=False, now=NOW)[0].day.isoformat() == "2026-05-11"


def test_a_reading_in_the_future_is_turned_round() -> None:
    assert dates.written("11/12/2026", now=NOW)[0].day.isoformat() == "2026-11-12"


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("5 ربيع الثاني 1447", "2025-09-28"),
        ("1 محرم 1447 هـ", "2025-06-27"),
        ("1 رمضان 1445", "2024-03-11"),
        ("٢٧ رمضان ١٤٤٦", "2025-03-27"),
    ],
)
def test_hijri_alone_is_converted_to_within_a_day(text: str, day: str) -> None:
    one = dates.written(text, now=NOW)[0]
    assert (one.day.isoformat(), one.flags) == (day, ("hijri",))
    moment = dates.moment(one, zone("Africa/Casablanca"), NOW, "text")
    # three days, less or more the hour that Morocco turns its clocks by for Ramadan
    assert abs(moment.latest - moment.earliest - timedelta(days=3)) <= timedelta(hours=1)
    assert moment.precision is Precision.DAY


RELATIVE = [
    ("منذ 3 ساعات", "2026-11-24T09:00", Precision.HOUR), ("منذ ساعتين", "2026-11-24T10:00", Precision.HOUR),
    ("قبل ساعة", "2026-11-24T11:00", Precision.HOUR), ("منذ ٥ دقائق", "2026-11-24T11:55", Precision.MINUTE),
    ("قبل يومين", "2026-11-22T12:00", Precision.DAY), ("منذ أسبوع", "2026-11-17T12:00", Precision.DAY),
    ("il y a 5 minutes", "2026-11-24T11:55", Precision.MINUTE), ("il y a une heure", "2026-11-24T11:00", Precision.HOUR),
    ("Il y a 2 jours", "2026-11-22T12:00", Precision.DAY), ("hace una hora", "2026-11-24T11:00", Precision.HOUR),
    ("hace 20 minutos", "2026-11-24T11:40", Precision.MINUTE), ("hace 3 días", "2026-11-21T12:00", Precision.DAY),
    ("2 hours ago", "2026-11-24T10:00", Precision.HOUR), ("an hour ago", "2026-11-24T11:00", Precision.HOUR),
    ("3h ago", "2026-11-24T09:00", Precision.HOUR), ("45 mins ago", "2026-11-24T11:15", Precision.MINUTE),
    ("أمس", "2026-11-23T00:00", Precision.DAY), ("اليوم 10:30", "2026-11-24T10:30", Precision.MINUTE),
    ("hier à 14h05", "2026-11-23T14:05", Precision.MINUTE), ("ayer", "2026-11-23T00:00", Precision.DAY),
    ("yesterday at 6 pm", "2026-11-23T18:00", Precision.HOUR), ("aujourd'hui, 9h15", "2026-11-24T09:15", Precision.MINUTE),
    ("أول أمس", "2026-11-22T00:00", Precision.DAY),
]  # fmt: skip


@pytest.mark.parametrize(("text", "at", "precision"), RELATIVE)
def test_relative_date_is_told_from_the_fetch(text: str, at: str, precision: Precision) -> None:
    found = dates.relative(text, NOW, zone("Africa/Casablanca"))
    assert found is not None
    assert found.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M") == at
    assert found.precision is precision
    moment = dates.moment_of_relative(found, zone("Africa/Casablanca"), NOW, "text")
    assert moment.earliest <= moment.at < moment.latest
    assert "relative" in moment.flags


@pytest.mark.parametrize("text", ["ago", "il y a", "منذ", "قبل الحادث", "two tonnes", "hace"])
def test_no_relative_date_in_other_words(text: str) -> None:
    assert dates.relative(text, NOW, UTC) is None


class TestMoment:
    def read(
        self, text: str, zone_name: str | None = "Africa/Casablanca", now: datetime = NOW
    ) -> dates.Moment:
        return dates.moment(
            dates.written(text, now=now)[0], zone(zone_name) if zone_name else None, now, "text"
        )

    def test_a_day_is_the_outlets_local_day(self) -> None:
        got = self.read("24 novembre 2026", "Asia/Dubai")
        assert got.earliest.isoformat() == "2026-11-23T20:00:00+00:00"
        assert got.latest - got.earliest == timedelta(days=1)
        assert got.local_date == "2026-11-24"

    def test_morocco_left_summer_time_in_september_2026(self) -> None:
        assert self.read("15 septembre 2026 10:00").at.isoformat() == "2026-09-15T09:00:00+00:00"
        assert self.read("24 novembre 2026 10:00").at.isoformat() == "2026-11-24T10:00:00+00:00"

    def test_a_utc_stamp_moves_the_local_day(self) -> None:
        got = self.read("2026-07-14T23:30:00Z")
        assert (got.at.isoformat(), got.local_date) == ("2026-07-14T23:30:00+00:00", "2026-07-15")

    def test_midnight_utc_is_a_day_without_a_time(self) -> None:
        got = self.read("2026-11-20T00:00:00Z", "America/New_York")
        assert (got.local_date, got.precision) == ("2026-11-20", Precision.DAY)

    def test_unknown_zone_keeps_the_stated_day(self) -> None:
        assert self.read("2026-04-25T22:30:00-04:00", None).local_date == "2026-04-25"

    def test_future_is_clamped_and_flagged(self) -> None:
        got = self.read("2026-12-24T10:00:00Z")
        assert (got.at, got.local_date, got.flags) == (NOW, "2026-11-24", ("future_clamped",))

    def test_today_is_no_future(self) -> None:
        assert self.read("24 novembre 2026").flags == ()

    @pytest.mark.parametrize(
        ("text", "precision"),
        [
            ("24 nov. 2026", "day"),
            ("24 nov. 2026 10h", "hour"),
            ("24 nov. 2026 10h30", "minute"),
            ("2026-11-24T10:30:05Z", "second"),
        ],
    )
    def test_precision_is_kept(self, text: str, precision: str) -> None:
        assert self.read(text).precision.value == precision


@pytest.mark.data
def test_every_visible_date_of_the_labelled_set() -> None:
    wrong = []
    for line in (data_dir("extraction") / "dates-visible" / "gold.jsonl").read_text("utf-8").splitlines():
        gold = json.loads(line)
        found = [one.day.isoformat() for one in dates.written(gold["text"], now=NOW)]
        if found != [gold["date"]]:
            wrong.append((gold["text"], found))
    assert wrong == []
