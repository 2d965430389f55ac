"""What extraction may know of an outlet before it reads one of its pages."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from config.loader import Config
from config.model import Account, Agency, SelectorRule, Source

_MONTH_FIRST_ZONES = ("America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles", "US/")


@dataclass(frozen=True, slots=True)
class Known:
    """What the catalogue knows that is no single outlet's."""

    agencies: tuple[Agency, ...] = ()
    accounts: tuple[Account, ...] = ()
    """The public accounts of the institutions."""

    @staticmethod
    def of(config: Config) -> Known:
        accounts = (account for institution in config.institutions for account in institution.accounts)
        return Known(config.agencies, tuple(accounts))


NOTHING_KNOWN = Known()


@dataclass(frozen=True, slots=True)
class Rules:
    """The part of a :class:`~config.model.Source` that reading a page depends on; hashable, so it can key
    caches."""

    source_id: str
    languages: tuple[str, ...]
    """BCP 47; the first is the outlet's default. Empty = unknown."""
    timezone: str
    """IANA name: the zone of dates that name none; empty = unknown (such dates are read as UTC)."""
    homepage: str
    """Empty if unknown."""
    domains: tuple[str, ...]
    """Hosts, lower case, without ``www.``: where a canonical URL may point."""
    names: tuple[str, ...]
    """The outlet's names in every language: what a title's suffix and an author's field may repeat."""
    day_first: bool
    """How ``05/11/2026`` is read; false only for outlets of the United States."""
    selectors: tuple[SelectorRule, ...]
    known: Known = NOTHING_KNOWN

    @staticmethod
    def of(source: Source, known: Known = NOTHING_KNOWN) -> Rules:
        """The rules of one outlet of the catalogue."""
        home = host(source.homepage)
        others = tuple(d.lower().removeprefix("www.") for d in source.domains)
        return Rules(
            source_id=source.id,
            languages=tuple(source.languages),
            timezone=source.timezone,
            homepage=source.homepage,
            domains=tuple(dict.fromkeys((*((home,) if home else ()), *others))),
            names=tuple(dict.fromkeys(source.name.values())),
            day_first=not (source.country == "US" or source.timezone.startswith(_MONTH_FIRST_ZONES)),
            selectors=tuple(source.rules),
            known=known,
        )

    @staticmethod
    def default(
        language: str | None = None, timezone: str = "", *, source_id: str = "", known: Known = NOTHING_KNOWN
    ) -> Rules:
        """Rules for a page of which only the language (or nothing) is known."""
        return Rules(
            source_id=source_id,
            languages=(language,) if language else (),
            timezone=timezone,
            homepage="",
            domains=(),
            names=(),
            day_first=not timezone.startswith(_MONTH_FIRST_ZONES),
            selectors=(),
            known=known,
        )


def host(url: str) -> str:
    """The host of *url*, lower case, without ``www.``; empty if it has none."""
    try:
        return (urlsplit(url).hostname or "").removeprefix("www.")
    except ValueError:
        return ""
