"""Time zones from the ``tzdata`` package, never from the machine's own files.

Morocco stays on UTC+00 since 2026-09-20 (tzdb 2026c).  A machine whose system files are older would put every
Moroccan hour, and many days, wrong without a word, and :class:`zoneinfo.ZoneInfo` asks those files first.  So
every room takes its zones from :func:`zone`; :func:`stale_tzdata` says when even the package is too old.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import tzdata  # type: ignore[import-untyped]  # a package of data: it has no types

_FOLDER = Path(tzdata.__file__).with_name("zoneinfo")
_AFTER_THE_CHANGE = datetime(2026, 10, 1, 12)


@cache
def zone(name: str) -> ZoneInfo:
    """The zone *name* (``Africa/Casablanca``); raises ``ZoneInfoNotFoundError`` for a name tzdb lacks.

    The same object for the same name, so that arithmetic within a zone stays wall-clock arithmetic.
    """
    parts = name.split("/")
    if not all(part and part[0] != "." and "\\" not in part for part in parts):
        raise ZoneInfoNotFoundError(f"no time zone named {name!r}")
    file = _FOLDER.joinpath(*parts)
    try:
        with file.open("rb") as data:
            return ZoneInfo.from_file(data, key=name)
    except (OSError, ValueError) as error:
        raise ZoneInfoNotFoundError(f"no time zone named {name!r}") from error


def zone_of_host(host: str) -> ZoneInfo | None:
    """The zone of an outlet of which only its *host* is known: that of its top-level domain's country.

    Of a country with several zones it is that of its capital or largest city, where most of its press sits (a
    better guess than UTC, which is none of them).  ``None`` where that is not so clear, or where the country
    sells its domain to the whole world.
    """
    country = host.rpartition(".")[2].lower()
    if country in _MAIN:
        return zone(_MAIN[country])
    zones = _by_country().get({"uk": "gb"}.get(country, country), ())
    return zone(zones[0]) if len(zones) == 1 and country not in _SOLD else None


_MAIN = {
    "ar": "America/Argentina/Buenos_Aires",
    "au": "Australia/Sydney",
    "br": "America/Sao_Paulo",
    "ca": "America/Toronto",
    "cl": "America/Santiago",
    "cn": "Asia/Shanghai",
    "cy": "Asia/Nicosia",
    "de": "Europe/Berlin",
    "ec": "America/Guayaquil",
    "es": "Europe/Madrid",
    "id": "Asia/Jakarta",
    "mx": "America/Mexico_City",
    "my": "Asia/Kuala_Lumpur",
    "nz": "Pacific/Auckland",
    "pt": "Europe/Lisbon",
    "ru": "Europe/Moscow",
    "ua": "Europe/Kyiv",
    "us": "America/New_York",
}


_SOLD = frozenset("ai am cc co fm gg im io is la ly me nu pw sh st su sx tk to tv vc ws".split())
"""Country domains that outlets of any country bear."""


@cache
def _by_country() -> dict[str, tuple[str, ...]]:
    """Two-letter country code, lower case → its zones (tzdb's ``zone.tab``)."""
    found: dict[str, tuple[str, ...]] = {}
    for line in (_FOLDER / "zone.tab").read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            country, _, name, *_ = line.split("\t")
            found[country.lower()] = (*found.get(country.lower(), ()), name)
    return found


def stale_tzdata() -> str | None:
    """What is wrong with the installed ``tzdata``, in one line for a person; ``None`` if it is new enough."""
    offset = _AFTER_THE_CHANGE.replace(tzinfo=zone("Africa/Casablanca")).utcoffset()
    if offset == timedelta(0):
        return None
    return (
        f"tzdata is older than 2026c: Africa/Casablanca reads as UTC{offset} in October 2026, "
        "expected UTC+00; install tzdata>=2026.3"
    )
