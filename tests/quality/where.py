"""How well unit, places and partners are found, measured on the labelled coverage (``data/coverage``).

Places are scored over (article, town), partners over (article, body), the unit over articles (none is a
value).  A partner that the gold gives by its name and not by an id is found where the two names share a word
that tells bodies apart, endings aside, or where all words of one are in the other.
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
from pipeline.annotation.partners import Partners
from pipeline.annotation.phrases import stems
from pipeline.annotation.whereabouts import Where, Whereabouts
from store.records import Partner
from tests.data import data_dir
from tests.quality.coverage import Case, cases
from tests.quality.relevance import Score

_ROOT = 6
_COMMON = frozenset(
    word[:_ROOT]
    for phrase in (
        "de la le du des l d del los las el the of et y and",
        "وزارة جامعة بنك مؤسسة سفارة وكالة المديرية العامة المكتب الوطني الوطنية مجلس معهد اتحاد",
        "المغربي المغربية المغرب محمد السادس",
        "ministère ministerio ministry université universidad university banque banco bank",
        "fondation fundación foundation ambassade embajada embassy agence agencia agency office",
        "national nationale nacional institut institute conseil",
    )
    for word in stems(phrase)
)
"""Words that many bodies have in their names."""


def _roots(name: str) -> set[str]:
    """The words of *name* without their endings: Spanish ambassador and embassy, إسباني and إسبانية."""
    return {word[:_ROOT] for word in stems(name)}


def same_body(said: Partner, gold: str) -> bool:
    """Whether *said* is the body that the gold names by its id or in the words of the text."""
    if said.id and said.id == gold:
        return True
    theirs, ours = _roots(gold), _roots(said.name)
    both = theirs & ours
    return bool(both - _COMMON) or (bool(both) and (theirs <= ours or ours <= theirs))


@dataclass(slots=True)
class Result:
    """What was measured on one set of articles."""

    articles: int = 0
    unit_right: int = 0
    units: Score = field(default_factory=Score)
    places: Score = field(default_factory=Score)
    partners: Score = field(default_factory=Score)
    errors: list[str] = field(default_factory=list)

    @property
    def unit_accuracy(self) -> float:
        return self.unit_right / self.articles if self.articles else 1.0

    def add(self, case: Case, where: Where, partners: tuple[Partner, ...]) -> None:
        self.articles += 1
        gold = case.gold
        wrong = []
        if where.unit == gold["unit"]:
            self.unit_right += 1
        else:
            wrong.append(f"unit {where.unit} for {gold['unit']}")
        self.units.hit += where.unit is not None and where.unit == gold["unit"]
        self.units.extra += where.unit is not None and where.unit != gold["unit"]
        self.units.missed += gold["unit"] is not None and where.unit != gold["unit"]
        for town in {*where.places, *gold["places"]}:
            self.places.add(town in where.places, town in gold["places"])
        if set(where.places) != set(gold["places"]):
            wrong.append(f"places {sorted(where.places)} for {sorted(gold['places'])}")
        if self._add_partners(partners, gold["partners"]):
            said = [f"{one.id or '-'}:{one.name}" for one in partners]
            wrong.append(f"partners {said} for {gold['partners']}")
        if wrong:
            self.errors.append(
                f"{case.id} {case.article.language}: {case.article.title[:80]}\n    " + "\n    ".join(wrong)
            )

    def _add_partners(self, said: tuple[Partner, ...], gold: list[str]) -> bool:
        """Score them, each gold body found once; whether any was wrong."""
        left = list(said)
        wrong = False
        for body in gold:
            found = next((one for one in left if same_body(one, body)), None)
            self.partners.add(found is not None, True)
            if found is not None:
                left.remove(found)
            wrong = wrong or found is None
        for _ in left:
            self.partners.add(True, False)
        return wrong or bool(left)


def measure(
    labelled: Iterable[Case], annotator: Annotator, whereabouts: Whereabouts, partners: Partners
) -> tuple[dict[str, Result], float]:
    """The results on all articles, on the seen and on the unseen half; milliseconds for an article."""
    results = {"all": Result(), "seen": Result(), "unseen": Result()}
    spent = 0.0
    for case in labelled:
        reading = annotator.read(case.article, case.source)
        began = time.process_time()
        where, with_whom = whereabouts.find(reading), partners.find(reading)
        spent += time.process_time() - began
        for name in ("all", "seen" if case.seen else "unseen"):
            results[name].add(case, where, with_whom)
    return results, 1000 * spent / max(1, results["all"].articles)


def reached(results: dict[str, Result]) -> dict[str, float]:
    """The figures that may have a floor."""
    return {
        f"{prefix}{name}": value
        for prefix, result in (("", results["all"]), ("unseen_", results["unseen"]))
        for name, value in (
            ("unit_accuracy", result.unit_accuracy),
            ("unit_f1", result.units.f1),
            ("places_f1", result.places.f1),
            ("partners_f1", result.partners.f1),
        )
    }


def _three(score: Score) -> str:
    return f"{score.precision:.3f} / {score.recall:.3f} / {score.f1:.3f}"


def main(arguments: list[str] | None = None) -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.quality.where", description=__doc__)
    parser.add_argument("--errors", action="store_true", help="list what is wrong in the seen half")
    options = parser.parse_args(arguments)
    try:
        folder = data_dir("coverage")
    except pytest.skip.Exception as absent:
        print(absent)
        return 0
    config = load(environ={})
    results, spent = measure(cases(folder), Annotator(config), Whereabouts(config), Partners(config))
    titles = [f"{name + ' P / R / F1':24}" for name in ("unit", "places", "partners")]
    print(f"{'':8}{'articles':>9}  {'unit':8}{''.join(titles)}")
    for name, result in results.items():
        print(
            f"{name:8}{result.articles:9}  {result.unit_accuracy:<8.3f}{_three(result.units):24}"
            f"{_three(result.places):24}{_three(result.partners)}"
        )
    print(f"{spent:.3f} ms for an article")
    if options.errors:
        print("\n" + "\n".join(results["seen"].errors))
    return 0


if __name__ == "__main__":
    sys.exit(main())
