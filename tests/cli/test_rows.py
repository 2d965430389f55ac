"""Rows of an answer as a person reads them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from cli.context import App
from cli.rows import in_local_time, iso, lasting, local


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (None, "–"),
        (0, "0 min"),
        (45 * 60, "45 min"),
        (200 * 60, "3 h 20 min"),
        (52 * 3600 + 59, "2 d 4 h"),
        (-3600, "–1 h"),
        (-(23 * 3600 + 1800), "–23 h 30 min"),
    ],
)
def test_a_span_in_words(seconds: float | None, told: str) -> None:
    assert lasting(seconds) == told


AT = datetime(2026, 7, 1, 23, 30, 15, 9, tzinfo=UTC)
TOKYO = {"index.time_zone": "Asia/Tokyo"}


def test_a_time_is_utc_for_programs_and_the_newsrooms_for_people(tmp_path: Path) -> None:
    app = App(home=tmp_path, overrides=TOKYO)
    assert iso(AT) == iso(AT.astimezone(timezone(timedelta(hours=-5)))) == "2026-07-01T23:30:15Z"
    assert local(app, AT) == local(app, iso(AT)) == "2026-07-02 08:30"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("paused since 2026-07-01T23:30Z", "paused since 2026-07-02 08:30"),
        ("2026-07-01T23:30:15Z to 2026-07-02T00:00:00.5Z", "2026-07-02 08:30 to 2026-07-02 09:00"),
        ("newest 2026-07-01T23:30:15+00:00", "newest 2026-07-02 08:30"),
        ("ledger-20260701T233015Z.sqlite", "ledger-20260701T233015Z.sqlite"),
        ("on 2026-07-01", "on 2026-07-01"),
        ("", ""),
    ],
)
def test_every_time_in_a_text_is_told_as_people_read_it(tmp_path: Path, text: str, told: str) -> None:
    assert in_local_time(App(home=tmp_path, overrides=TOKYO), text) == told
