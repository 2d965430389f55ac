"""What every test of the command line begins with."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _no_settings_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MARSAD_CONFIG", "MARSAD_HOME"):
        monkeypatch.delenv(name, raising=False)
