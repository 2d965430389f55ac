"""A pytest plugin under which Protego's own tests ask our robots rules (``crawlers.robots.Rules``)."""

from __future__ import annotations

from typing import Any

import protego
import pytest

from crawlers import robots


class Ours:
    """What Protego's tests call ``Protego``; what Marsad does not read of a robots.txt is skipped."""

    def __init__(self, content: str) -> None:
        self._body = content.encode("utf-8", "surrogatepass")

    @classmethod
    def parse(cls, content: str) -> Ours:
        return cls(content)

    def _rules(self, user_agent: str) -> robots.Rules:
        robots.TOKEN = user_agent
        return robots.Rules(200, self._body)

    def can_fetch(self, url: str, user_agent: str) -> bool:
        return self._rules(user_agent).allowed(url)

    def crawl_delay(self, user_agent: str) -> float | None:
        return self._rules(user_agent).crawl_delay_s

    def __getattr__(self, name: str) -> Any:
        pytest.skip(f"Marsad does not read {name}")


protego.Protego = Ours
