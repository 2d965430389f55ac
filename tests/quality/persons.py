"""How well names of private persons are found: ``python -m tests.quality.persons [--errors]``.

Measured on the labelled coverage, by distinct full name and article: a name is found if a span equals or
covers it.  Single names of somebody masked are masked too and not counted; captions are read too.
``--errors`` shows the seen half only.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass, field

import pytest

from config.loader import load
from pipeline.annotation import Annotator
from pipeline.annotation.persons import Persons
from pipeline.annotation.words import pattern
from store.records import Evidence
from tests.data import data_dir
from tests.quality.coverage import Case, cases
from tests.quality.relevance import Score


@dataclass(slots=True)
class Result:
    """What was measured on one set of articles."""

    articles: int = 0
    seconds: float = 0.0
    names: Score = field(default_factory=Score)
    languages: dict[str, Score] = field(default_factory=dict)
    errors: list[tuple[Case, list[str], list[str]]] = field(default_factory=list)

    def add(self, case: Case, said: Iterable[Evidence], seconds: float) -> None:
        self.articles += 1
        self.seconds += seconds
        extra, missed, hit = compared((one.words for one in said), case.gold["masks"])
        for score in (self.names, self.languages.setdefault(case.article.language, Score())):
            score.hit += hit
            score.extra += len(extra)
            score.missed += len(missed)
        if extra or missed:
            self.errors.append((case, extra, missed))


def compared(said: Iterable[str], gold: Iterable[str]) -> tuple[list[str], list[str], int]:
    """(names said and not labelled, names labelled and not said, how many were found)."""
    names = {pattern(words) for words in said}
    names = {name for name in names if " " in name}
    wanted = {pattern(name) for name in gold}
    found = {name for name in wanted if any(f" {name} " in f" {one} " for one in names)}
    extra = [one for one in names if not any(f" {name} " in f" {one} " for name in wanted)]
    return extra, sorted(wanted - found), len(found)


def measure(labelled: Iterable[Case], annotator: Annotator, persons: Persons) -> dict[str, Result]:
    """The results on all articles, on the seen and on the unseen half."""
    results = {"all": Result(), "seen": Result(), "unseen": Result()}
    for case in labelled:
        reading = annotator.read(case.article, case.source)
        begin = time.process_time()
        said = persons.find(reading)
        seconds = time.process_time() - begin
        said += persons.find_in_captions(reading)
        for name in ("all", "seen" if case.seen else "unseen"):
            results[name].add(case, said, seconds)
    return results


def reached(results: dict[str, Result]) -> dict[str, float]:
    """The figures that may have a floor."""
    every, unseen = results["all"].names, results["unseen"].names
    return {
        "precision": every.precision,
        "recall": every.recall,
        "unseen_precision": unseen.precision,
        "unseen_recall": unseen.recall,
    }


def main(arguments: list[str] | None = None) -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.quality.persons", description=__doc__)
    parser.add_argument("--errors", action="store_true", help="list what is wrong in the seen half")
    options = parser.parse_args(arguments)
    try:
        folder = data_dir("coverage")
    except pytest.skip.Exception as absent:
        print(absent)
        return 0
    config = load(environ={})
    results = measure(cases(folder), Annotator(config), Persons(config))
    print(f"{'':8}{'articles':>9}{'hit':>5}{'extra':>7}{'missed':>8}{'P':>8}{'R':>8}{'ms':>8}")
    for name, result in results.items():
        one, ms = result.names, 1000 * result.seconds / max(1, result.articles)
        print(
            f"{name:8}{result.articles:9}{one.hit:5}{one.extra:7}{one.missed:8}"
            f"{one.precision:8.3f}{one.recall:8.3f}{ms:8.3f}"
        )
    for language, score in results["all"].languages.items():
        print(f"{'':8}{language:>9}{score.hit:5}{score.extra:7}{score.missed:8}")
    if options.errors:
        for case, extra, missed in results["seen"].errors:
            print(f"{case.id} {case.article.language}: extra {extra}, missed {missed}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
