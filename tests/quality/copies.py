"""How well copies, and what they were copied from, are found on ``data/coverage``.

    python -m tests.quality.copies [--errors]

All articles stand in one window.  ``is a copy``: a copy or not; ``origin``: of the copies that are found, the
share for which the very article is named that the text was made from; ``how``: the same for the way in which
it was changed.  Stories are halved as :mod:`tests.quality.coverage` says.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from config.loader import Config, load
from pipeline.copies import CopyLimits, CopyOf, copies
from pipeline.fingerprints import Fingerprint, fingerprint
from tests.data import data_dir
from tests.quality.coverage import Case, annotator_of, cases
from tests.quality.relevance import Score

AGGREGATORS = frozenset(["barq-agg"])
"""Outlets of ``data/coverage`` that republish others."""
EDITS = {"none": ("verbatim", "retitled")}
"""What an edit of the labels may be called; else by its own name.  ``none`` leaves the title open."""


@dataclass(slots=True)
class Result:
    copy: Score = field(default_factory=Score)
    origins: int = 0
    how: int = 0
    confusion: Counter[tuple[str, str]] = field(default_factory=Counter)
    errors: list[tuple[Case, CopyOf | None]] = field(default_factory=list)

    def add(self, case: Case, said: CopyOf | None) -> None:
        true = case.raw.get("copy_of")
        self.copy.add(said is not None, true is not None)
        edit = case.raw.get("edit") or "none"
        if said is not None and true is not None:
            self.origins += said.origin == true
            self.how += said.how in EDITS.get(edit, (edit,))
            self.confusion[edit, said.how] += 1
        if (said.origin if said else None) != true:
            self.errors.append((case, said))

    @property
    def origin(self) -> float:
        return self.origins / self.copy.hit if self.copy.hit else 1.0

    @property
    def named(self) -> float:
        return self.how / self.copy.hit if self.copy.hit else 1.0


def fingerprints(found: list[Case], config: Config) -> dict[str, Fingerprint]:
    """The fingerprint of every article, by its id in the labels."""
    annotator = annotator_of(config)
    out = {}
    for case in found:
        role = "aggregator" if case.source.id in AGGREGATORS else None
        source = replace(case.source, role=role)
        out[case.id] = fingerprint(case.id, annotator.annotate(case.article, source), source)
    return out


def measure(folder: Path, config: Config) -> dict[str, Result]:
    """The results on all articles, on the seen and on the unseen half."""
    found = list(cases(folder))
    limits = CopyLimits.of(config.data("stories"))
    said = copies(list(fingerprints(found, config).values()), limits)
    results = {"all": Result(), "seen": Result(), "unseen": Result()}
    for case in found:
        for name in ("all", "seen" if case.seen else "unseen"):
            results[name].add(case, said.get(case.id))
    return results


def reached(results: dict[str, Result]) -> dict[str, float]:
    """The figures that have a floor (``copies`` in ``floors.toml``), under the floors' names."""
    return {
        "f1": results["all"].copy.f1,
        "origin": results["all"].origin,
        "how": results["all"].named,
        "unseen_f1": results["unseen"].copy.f1,
        "unseen_origin": results["unseen"].origin,
        "unseen_how": results["unseen"].named,
    }


def main(arguments: list[str] | None = None) -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.quality.copies", description=__doc__)
    parser.add_argument("--errors", action="store_true", help="list what is wrong in the seen half")
    options = parser.parse_args(arguments)
    try:
        folder = data_dir("coverage")
    except pytest.skip.Exception as absent:
        print(absent)
        return 0
    results = measure(folder, load(environ={}))
    print(f"{'copies':10}{'copies':>8}{'P':>8}{'R':>8}{'F1':>8}{'origin':>8}{'how':>8}")
    for name, result in results.items():
        copy = result.copy
        print(
            f"{name:10}{copy.hit + copy.missed:8}{copy.precision:8.3f}{copy.recall:8.3f}{copy.f1:8.3f}"
            f"{result.origin:8.3f}{result.named:8.3f}"
        )
    for (edit, how), count in sorted(results["all"].confusion.items()):
        print(f"{'':10}{edit:>15} → {how:15}{count:4}")
    if options.errors:
        for case, said in results["seen"].errors:
            print(f"{case.id}: gold {case.raw.get('copy_of')} ({case.raw.get('edit')}), said {said}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
