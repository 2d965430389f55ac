"""What the documents say of the output is what the program prints."""

from __future__ import annotations

import re

from scheduler.metrics import families
from store.consistency import Kind
from store.records import Reason
from tests.house.test_imports import ROOT
from tests.scheduler.test_metrics import SEEN

OUTPUT = (ROOT / "docs" / "output.md").read_text("utf-8")


def test_every_metric_is_described_with_its_labels() -> None:
    table = OUTPUT.partition("## `metrics`")[2].partition("\n#")[0]
    described = {}
    for line in table.splitlines():
        if line.startswith("| `"):
            _, names, labels, _ = line.split("|", 3)
            groups = labels.split(";")
            found = re.findall(r"`(\w+)`", names)
            for name, group in zip(found, groups if len(groups) == len(found) else groups * 2, strict=False):
                described[name] = set(re.findall(r"`(\w+)`", group))
    printed = {sample.name: set(sample.labels) for family in families(SEEN) for sample in family.samples}
    assert described == printed


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
