"""How well annotation tells whose word an article rests on: ``python -m tests.quality.voices [--errors]``.

Measured on ``data/coverage``.  Rules were made while looking at the texts of the *seen* half of the stories;
of the other one only these figures were looked at.  Quotations and claims have no labels; tests hold tables.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

import pytest

from config.loader import load
from pipeline.annotation import Annotator
from pipeline.annotation.voices import Voices
from store.records import Attributed
from tests.data import data_dir
from tests.quality.coverage import Case, cases
from tests.quality.relevance import Score


@dataclass(slots=True)
class Result:
    """What was measured on one set of articles."""

    right: int = 0
    articles: int = 0
    right_in: int = 0
    articles_in: int = 0
    values: dict[str, Score] = field(default_factory=dict)
    confusion: Counter[tuple[str, str]] = field(default_factory=Counter)
    errors: list[tuple[Case, Attributed]] = field(default_factory=list)

    def add(self, case: Case, said: Attributed) -> None:
        true, found = case.gold["attribution"], said.value.value
        self.articles += 1
        self.right += found == true
        if case.gold["relevance"] == "in":
            self.articles_in += 1
            self.right_in += found == true
        for value in {true, found}:
            self.values.setdefault(value, Score()).add(value == found, value == true)
        if found != true:
            self.confusion[true, found] += 1
            self.errors.append((case, said))

    @property
    def accuracy(self) -> float:
        return self.right / self.articles if self.articles else 1.0

    @property
    def accuracy_in(self) -> float:
        return self.right_in / self.articles_in if self.articles_in else 1.0


@dataclass(slots=True)
class Measured:
    results: dict[str, Result]
    milliseconds: float
    """Of attribution and quotations, for one article."""


def measure(labelled: Iterable[Case], annotator: Annotator, voices: Voices) -> Measured:
    """The results on all articles, on the seen and on the unseen half."""
    results = {"all": Result(), "seen": Result(), "unseen": Result()}
    readings = [(case, annotator.read(case.article, case.source)) for case in labelled]
    begun = time.process_time()
    said = []
    for case, reading in readings:
        speech = voices.listen(reading)
        said.append((case, voices.attribution(reading, speech)))
        voices.quotations(reading, speech)
    spent = time.process_time() - begun
    for case, attributed in said:
        for name in ("all", "seen" if case.seen else "unseen"):
            results[name].add(case, attributed)
    return Measured(results, spent * 1000 / max(1, len(readings)))


def reached(measured: Measured) -> dict[str, float]:
    """The figures that may have a floor."""
    every, unseen = measured.results["all"], measured.results["unseen"]
    return {
        "attribution": every.accuracy,
        "attribution_in": every.accuracy_in,
        "unseen_attribution": unseen.accuracy,
        "unseen_attribution_in": unseen.accuracy_in,
    }


def _print(measured: Measured) -> None:
    values = sorted(measured.results["all"].values)
    print(f"{'':8}{'articles':>9}{'right':>7}{'in':>7}", *(f"{value:>18}" for value in values))
    for name, result in measured.results.items():
        scores = [result.values.get(value, Score()) for value in values]
        cells = [f"{f'{score.precision:.2f} / {score.recall:.2f}':>18}" for score in scores]
        print(f"{name:8}{result.articles:9}{result.accuracy:7.3f}{result.accuracy_in:7.3f}", *cells)
    for name in ("seen", "unseen"):
        print(f"\n{name}: gold → said")
        for (true, found), count in measured.results[name].confusion.most_common():
            print(f"{true:>18} → {found:18}{count:4}")
    print(f"\n{measured.milliseconds:.2f} ms an article")


def main(arguments: list[str] | None = None) -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser(prog="python -m tests.quality.voices", description=__doc__)
    parser.add_argument("--errors", action="store_true", help="list what is wrong in the seen half")
    options = parser.parse_args(arguments)
    try:
        folder = data_dir("coverage")
    except pytest.skip.Exception as absent:
        print(absent)
        return 0
    config = load(environ={})
    measured = measure(cases(folder), Annotator(config), Voices(config))
    _print(measured)
    if options.errors:
        for case, said in measured.results["seen"].errors:
            print(f"\n{case.id} {case.article.language} {case.source.country}: {case.article.title[:90]}")
            print(f"  gold {case.gold['attribution']}, said {said.value.value}", end=" ")
            print(repr(said.cue.words[:200]) if said.cue else "")
    return 0


if __name__ == "__main__":
    sys.exit(main())
