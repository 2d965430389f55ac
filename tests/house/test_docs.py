"""What the documents say of the output is what the program prints."""

from __future__ import annotations

import re

from store.consistency import Kind
from store.records import Reason
from tests.house.test_imports import ROOT

OUTPUT = (ROOT / "docs" / "output.md").read_text("utf-8")


def test_every_reason_of_a_rejection_is_described() -> None:
    table = OUTPUT.partition("### Reasons of a rejection")[2].partition("\n#")[0]
    described = [
        word
        for line in table.splitlines()
        if line.startswith("| `")
        for word in re.findall(r"`(\w+)`", line.split(" | ")[0])
    ]
    assert sorted(described) == sorted(Reason)


def test_every_kind_of_disagreement_is_named() -> None:
    section = OUTPUT.partition("`kind` is one of")[2].partition(".\n")[0]
    assert re.findall(r"`(\w+)`", section) == [str(kind) for kind in Kind]
