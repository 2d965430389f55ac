"""How well the figures of an article are read: ``python -m tests.quality.figures [--errors] [--whats]``.

Measured on ``data/coverage`` as pairs (what, value) of every labelled article; stories are halved by the
digest of their id (:mod:`tests.quality.coverage`).  Ids ``other:…`` are open-ended: ``overall`` compares them
by value alone, ``strict`` by the id too.
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
from pipeline.annotation.figures import Figures
from store.records import Figure
from tests.data import data_dir
from tests.quality.coverage import Case, cases
from tests.quality.relevance import Score

Pair = tuple[str, float]


@dataclass(slots=True)
class Result:
    """What was measured on one set of articles."""

    articles: int = 0
    strict: Score = field(default_factory=Score)
    """Every pair, ids ``other:…`` by their id too."""
    overall: Score = field(default_factory=Score)
    """Every pair, ids ``other:…`` by their value alone."""
    ours: Score = field(default_factory=Score)
    """``overall`` of the articles of relevance ``in``."""
    listed: Score = field(default_factory=Score)
    other: Score = field(default_factory=Score)
    recalled: Score = field(default_factory=Score)
    languages: dict[str, Score] = field(default_factory=dict)
    whats: dict[str, Score] = field(default_factory=dict)
    errors: list[tuple[Case, Counter[Pair], Counter[Pair], tuple[Figure, ...]]] = field(default_factory=list)

    def add(self, case: Case, said: tuple[Figure, ...]) -> None:
        self.articles += 1
        gold = _pairs((one["what"], one["value"]) for one in case.gold["figures"])
        mine = _pairs((one.what, one.value) for one in said if not one.recalled)
        _compare(self.strict, mine, gold)
        for what in {what for what, _ in mine | gold}:
            _compare(self.whats.setdefault(what, Score()), _only(mine, what), _only(gold, what))
        loose_mine, loose_gold = _loose(mine), _loose(gold)
        _compare(self.overall, loose_mine, loose_gold)
        _compare(self.languages.setdefault(case.article.language or "", Score()), loose_mine, loose_gold)
        if case.gold["relevance"] == "in":
            _compare(self.ours, loose_mine, loose_gold)
        _compare(self.other, _only(loose_mine, "other"), _only(loose_gold, "other"))
        _compare(
            self.listed, loose_mine - _only(loose_mine, "other"), loose_gold - _only(loose_gold, "other")
        )
        earlier = _pairs((one["what"], one["value"]) for one in case.gold.get("figures_recalled", ()))
        recalled = _pairs((one.what, one.value) for one in said if one.recalled)
        _compare(self.recalled, recalled, earlier)
        if loose_mine != loose_gold:
            self.errors.append((case, mine - gold, gold - mine, said))


def _pairs(told: Iterable[tuple[str, float]]) -> Counter[Pair]:
    return Counter({(what, float(value)): 1 for what, value in told})


def _loose(pairs: Counter[Pair]) -> Counter[Pair]:
    return Counter([("other" if what.startswith("other:") else what, value) for what, value in pairs])


def _only(pairs: Counter[Pair], what: str) -> Counter[Pair]:
    return Counter({pair: count for pair, count in pairs.items() if pair[0] == what})


def _compare(score: Score, mine: Counter[Pair], gold: Counter[Pair]) -> None:
    hit = (mine & gold).total()
    score.hit += hit
    score.extra += mine.total() - hit
    score.missed += gold.total() - hit


def measure(labelled: Iterable[Case], annotator: Annotator, figures: Figures) -> dict[str, Result]:
    """The results on all articles, on the seen and on the unseen half."""
    results = {"all": Result(), "seen": Result(), "unseen": Result()}
    for case in labelled:
        said = figures.find(annotator.read(case.article, case.source))
        for name in ("all", "seen" if case.seen else "unseen"):
            results[name].add(case, said)
    return results


def reached(results: dict[str, Result]) -> dict[str, float]:
    """The figures that may have a floor, under the floors' names."""
    return {
        "f1": results["all"].overall.f1,
        "unseen_f1": results["unseen"].overall.f1,
        "unseen_precision": results["unseen"].overall.precision,
        "unseen_recall": results["unseen"].overall.recall,
        "listed_f1": results["all"].listed.f1,
        "unseen_listed_f1": results["unseen"].listed.f1,
    }


def _said(score: Score) -> str:
    return f"{score.precision:.3f} / {score.recall:.3f} / {score.f1:.3f}" if score.asked else "-"


def _print(results: dict[str, Result]) -> None:
    columns = ("overall", "strict", "ours", "listed", "other", "recalled")
    print(f"{'P / R / F1':8}{'articles':>9}  " + "".join(f"{name:24}" for name in columns))
    for name, result in results.items():
        cells = "".join(f"{_said(getattr(result, column)):24}" for column in columns)
        print(f"{name:8}{result.articles:9}  {cells}")
    for name, result in results.items():
        spoken = "  ".join(
            f"{language} {score.f1:.3f}" for language, score in sorted(result.languages.items())
        )
        print(f"{name:8} F1 {spoken}")


def _print_whats(result: Result) -> None:
    for what, score in sorted(result.whats.items()):
        print(f"{what:26}{score.hit:5} hit {score.extra:3} + {score.missed:3} -")


def _print_errors(result: Result) -> None:
    for case, extra, missed, said in result.errors:
        print(f"\n{case.id} {case.article.language}: {case.article.title[:80]}")
        for what, value in missed:
            print(f"  missed {what} {value:g}")
        for figure in said:
            if (figure.what, figure.value) in extra and not figure.recalled:
                print(f"  extra  {figure.what} {figure.value:g}  {figure.field}: {figure.words!r}")
            elif figure.recalled:
                print(f"  (recalled {figure.what} {figure.value:g}  {figure.words!r})")


def _speed(labelled: list[Case], annotator: Annotator, figures: Figures) -> float:
    """Milliseconds an article."""
    readings = [annotator.read(case.article, case.source) for case in labelled]
    begun = time.process_time()
    for reading in readings:
        figures.find(reading)
    return (time.process_time() - begun) * 1000 / len(readings)


def main(arguments: list[str] | None = None) -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser(prog="python -m tests.quality.figures", description=__doc__)
    parser.add_argument("--errors", action="store_true", help="list what is wrong in the seen half")
    parser.add_argument("--whats", action="store_true", help="score each id in the seen half")
    options = parser.parse_args(arguments)
    try:
        folder = data_dir("coverage")
    except pytest.skip.Exception as absent:
        print(absent)
        return 0
    config = load(environ={})
    annotator, figures = Annotator(config), Figures(config)
    labelled = list(cases(folder))
    results = measure(labelled, annotator, figures)
    _print(results)
    print(f"{_speed(labelled, annotator, figures):.2f} ms an article")
    if options.whats:
        _print_whats(results["seen"])
    if options.errors:
        _print_errors(results["seen"])
    return 0


if __name__ == "__main__":
    sys.exit(main())
