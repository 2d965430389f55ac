"""Runs ``marsad`` as a user does: a process of its own, its output read back."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Desk:
    """One home under one configuration folder."""

    home: Path
    overlay: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    """Variables of ours that are set; nothing else of ours is."""

    def command(self, *arguments: str) -> list[str]:
        where = ["--home", str(self.home), "--config", str(self.overlay)]
        return [sys.executable, "-m", "cli.main", *where, *arguments]

    def run(self, *arguments: str, expect: int | tuple[int, ...] = 0) -> str:
        """stdout of ``marsad …``; fails the test on another exit code than *expect*."""
        return self._done(arguments, expect).stdout

    def fails(self, expect: int, *arguments: str) -> str:
        """stderr of ``marsad …``, which ends with the exit code *expect*."""
        return self._done(arguments, expect).stderr

    def _done(
        self, arguments: tuple[str, ...], expect: int | tuple[int, ...]
    ) -> subprocess.CompletedProcess[str]:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("MARSAD_")}
        done = subprocess.run(
            self.command(*arguments),
            capture_output=True,
            text=True,
            env={**environment, **self.environment},
            timeout=240,
        )
        codes = (expect,) if isinstance(expect, int) else expect
        assert done.returncode in codes, (
            f"exit {done.returncode}: {done.stdout[-2000:]}\n{done.stderr[-4000:]}"
        )
        return done

    def json(self, *arguments: str, expect: int | tuple[int, ...] = 0) -> Any:
        """The one JSON value that ``marsad … --json`` prints."""
        return json.loads(self.run(*arguments, "--json", expect=expect))

    def export(self, query: str = "relevance:any") -> dict[str, dict[str, Any]]:
        """Every match, by article id."""
        lines = self.run("export", query, expect=(0, 3)).splitlines()
        return {row["article_id"]: row for row in map(json.loads, lines)}


def kept(articles: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """*articles* without what depends on when and where a page was fetched."""
    moving = {"first_seen_at", "last_seen_at", "removed_at", "capture"}
    return {
        key: {name: value for name, value in row.items() if name not in moving}
        for key, row in articles.items()
    }
