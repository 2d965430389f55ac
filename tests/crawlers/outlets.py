"""An overlay configuration of outlets on the fault site, and crawls of it by the real path."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

import config
from crawlers.run import CrawlSummary, run_crawl
from store.ledger import Ledger
from tests.site.faults import NETWORK, Host

FAST: dict[str, dict[str, Any]] = {
    "politeness": {"delay_s": 0.1},
    "network": {"allow": [NETWORK], "timeout_s": 1.5},
    "crawl": {"concurrent_hosts": 100, "wall_clock_s": 60},
    "log": {"level": "error"},
}
"""Settings under which a crawl of small outlets takes a second or two."""


@dataclass(slots=True)
class Outlets:
    """Sources on the fault site, in a folder that ``MARSAD_CONFIG`` may name."""

    folder: Path
    settings: Mapping[str, Mapping[str, Any]] = field(default_factory=lambda: FAST)
    events: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        (self.folder / "sources").mkdir(parents=True, exist_ok=True)
        self.write_settings(self.settings)

    @property
    def home(self) -> Path:
        return self.folder / "home"

    def write_settings(self, settings: Mapping[str, Mapping[str, Any]]) -> None:
        lines = []
        for section, values in settings.items():
            lines.append(f"[{section}]")
            for key, value in values.items():
                shown = f'"{value}"' if isinstance(value, str) else str(value).replace("'", '"').lower()
                lines.append(f"{key} = {shown}")
        (self.folder / "marsad.toml").write_text("\n".join(lines) + "\n")

    def add(self, name: str, host: Host, *entries: tuple[str, str], **more: Any) -> None:
        """A source *name* on *host*; *entries* are (kind, path), by default one feed."""
        points = [
            {"kind": kind, "url": path if "://" in path else host.url(path)}
            for kind, path in entries or (("feed", "/feed"),)
        ]
        source = {
            "id": name,
            "name": {"en": name},
            "country": "MA",
            "languages": ["en"],
            "scope": "national",
            "homepage": host.url("/"),
            "timezone": "Africa/Casablanca",
            "entry_points": points,
            **more,
        }
        (self.folder / "sources" / f"{name}.yml").write_text(yaml.safe_dump(source))

    def crawl(self, ids: Sequence[str] | None = None, **more: Any) -> CrawlSummary:
        """One crawl; its events are added to :attr:`events`."""
        options = {"BACK_OFF_S": 0.2, "PATIENCE_S": 8, **more.pop("scrapy_settings", {})}
        loaded = config.load(self.folder, home=self.home)
        return run_crawl(
            loaded, ids, home=self.home, progress=self.events.append, scrapy_settings=options, **more
        )

    def ledger(self) -> Ledger:
        return Ledger.open(self.home)


def row_of(summary: CrawlSummary, name: str) -> dict[str, Any]:
    return next(row for row in summary.rows if row["source"] == name)
