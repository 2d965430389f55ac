"""How well annotation tells our institution from the rest: ``python -m tests.quality.relevance [--errors]``.

Measured on the labelled data (``data/coverage``: invented coverage in five languages; ``data/press``: real
Arabic articles).  Stories are divided in two halves by the digest of their id: rules were tuned while looking
at the texts of the first half only (``seen``); of the other (``unseen``) only these figures were looked at.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import sys
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from config.loader import load
from config.model import Source
from pipeline.annotation import Annotator
from store.records import Annotated, Article, Relevant
from tests.data import data_dir

PRESS_COUNTRY = "MA"
"""All three outlets of ``data/press`` are Moroccan."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """An article with what an annotator of the data set said of it."""

    id: str
    seen: bool
    article: Article
    source: Source
    relevance: str
    """``in``, ``adjacent``, ``homonym``, ``none``; for ``data/press`` only ``in`` or ``none``."""
    institutions: frozenset[str] | None
    """``None`` where the set does not say."""
    places: frozenset[str] | None = None


def _outlet(name: str, country: str, language: str) -> Source:
    return Source(
        id=name,
        name={language: name},
        country=country,
        languages=(language,),
        scope="national",
        homepage=f"https://{name}.example/",
        timezone="UTC",
    )


def _article(raw: dict[str, Any], language: str, paragraphs: Iterable[str]) -> Article:
    url = f"https://outlet.example/{raw['id']}"
    return Article(
        source_id=str(raw.get("outlet") or raw.get("source")),
        url=url,
        canonical_url=url,
        title=raw["title"] or "",
        subtitle=raw.get("subtitle"),
        paragraphs=tuple(paragraphs),
        language=language,
    )


def coverage(folder: Path) -> Iterator[Labelled]:
    """The articles of ``data/coverage``."""
    outlets = json.loads((folder / "outlets.json").read_text("utf-8"))
    for line in (folder / "articles.jsonl").read_text("utf-8").splitlines():
        raw = json.loads(line)
        outlet = outlets[raw["outlet"]]
        gold = raw["gold"]
        yield Labelled(
            id=raw["id"],
            seen=not hashlib.sha256(raw["story"].encode()).digest()[0] & 1,
            article=_article(raw, raw["language"], raw["paragraphs"]),
            source=_outlet(raw["outlet"], outlet["country"], outlet["language"]),
            relevance=gold["relevance"],
            institutions=frozenset(gold["institutions"]),
            places=frozenset(gold["places"]),
        )


def press(folder: Path) -> Iterator[Labelled]:
    """The texts of ``data/press`` that are labelled, and those that name no police (``other``)."""
    for name in ("marsum.jsonl.gz", "mnc.jsonl.gz"):
        with gzip.open(folder / name, "rt", encoding="utf-8") as lines:
            for line in lines:
                raw = json.loads(line)
                if raw["set"] == "police_word":
                    continue
                grade = (raw.get("gold") or {}).get("relevance", 0)
                language = raw["language"]
                yield Labelled(
                    id=f"{raw['set']}:{raw['id']}",
                    seen=not hashlib.sha256(raw["id"].encode()).digest()[0] & 1,
                    article=_article(raw, language, raw["body"].split("\n")),
                    source=_outlet(str(raw["source"]), PRESS_COUNTRY, "ar"),
                    relevance="in" if grade else "none",
                    institutions=None,
                )


@dataclass(slots=True)
class Score:
    """True and false positives and negatives of one question."""

    hit: int = 0
    extra: int = 0
    missed: int = 0

    def add(self, said: bool, true: bool) -> None:
        self.hit += said and true
        self.extra += said and not true
        self.missed += true and not said

    @property
    def asked(self) -> bool:
        """Whether anything was there to be found or taken: without, every figure is an empty 1."""
        return bool(self.hit + self.extra + self.missed)

    @property
    def precision(self) -> float:
        return self.hit / (self.hit + self.extra) if self.hit + self.extra else 1.0

    @property
    def recall(self) -> float:
        return self.hit / (self.hit + self.missed) if self.hit + self.missed else 1.0

    @property
    def f1(self) -> float:
        total = 2 * self.hit + self.extra + self.missed
        return 2 * self.hit / total if total else 1.0


@dataclass(slots=True)
class Result:
    """What was measured on one set of articles."""

    articles: int = 0
    overall: Score = field(default_factory=Score)
    languages: dict[str, Score] = field(default_factory=dict)
    institutions: Score = field(default_factory=Score)
    by_institution: dict[str, Score] = field(default_factory=dict)
    places: Score = field(default_factory=Score)
    homonyms: int = 0
    homonyms_taken: int = 0
    confusion: Counter[tuple[str, str]] = field(default_factory=Counter)
    errors: list[tuple[Labelled, Annotated]] = field(default_factory=list)

    def add(self, labelled: Labelled, said: Annotated) -> None:
        self.articles += 1
        decision = said.relevance.decision
        ours, true = decision is Relevant.IN, labelled.relevance == "in"
        self.overall.add(ours, true)
        self.languages.setdefault(labelled.article.language, Score()).add(ours, true)
        self.confusion[labelled.relevance, decision.value] += 1
        if labelled.relevance == "homonym":
            self.homonyms += 1
            self.homonyms_taken += ours
        wrong = ours != true
        if labelled.institutions is not None:
            found = frozenset(said.institutions)
            for label in found | labelled.institutions:
                for score in (self.institutions, self.by_institution.setdefault(label, Score())):
                    score.add(label in found, label in labelled.institutions)
            wrong = wrong or found != labelled.institutions or decision.value != labelled.relevance
        if labelled.places is not None:
            for label in frozenset(said.places) | labelled.places:
                self.places.add(label in said.places, label in labelled.places)
        if wrong:
            self.errors.append((labelled, said))

    @property
    def homonym_share(self) -> float:
        return self.homonyms_taken / self.homonyms if self.homonyms else 0.0


def measure(labelled: Iterable[Labelled], annotator: Annotator) -> dict[str, Result]:
    """The results on all articles, on the seen and on the unseen half."""
    results = {"all": Result(), "seen": Result(), "unseen": Result()}
    for item in labelled:
        said = annotator.annotate(item.article, item.source)
        for name in ("all", "seen" if item.seen else "unseen"):
            results[name].add(item, said)
    return results


def _print(title: str, results: dict[str, Result]) -> None:
    spoken = results["all"].languages
    print(f"\n{title}")
    print(f"{'':10}{'articles':>9}{'P in':>7}{'R in':>7}", *(f"R {name:<6}" for name in spoken), end="")
    print(f"  {'homonyms taken':16}{'institutions P/R/F1':25}places P/R")
    for name, result in results.items():
        languages = [result.languages.get(language, Score()) for language in spoken]
        per_language = [f"{one.recall:<8.3f}" if one.hit + one.missed else f"{'-':8}" for one in languages]
        inst, places = result.institutions, result.places
        homonyms = f"{result.homonyms_taken} of {result.homonyms}" if result.homonyms else "-"
        print(
            f"{name:10}{result.articles:9}{result.overall.precision:7.3f}{result.overall.recall:7.3f}",
            *per_language,
            f" {homonyms:16}"
            + f"{f'{inst.precision:.3f} / {inst.recall:.3f} / {inst.f1:.3f}' if inst.asked else '-':25}"
            + (f"{places.precision:.2f} / {places.recall:.2f}" if places.asked else "-"),
        )


def _print_institutions(results: dict[str, Result]) -> None:
    print(f"{'':22}" + "".join(f"{name:>24}" for name in results))
    for label in sorted(results["all"].by_institution):
        cells = []
        for result in results.values():
            score = result.by_institution.get(label, Score())
            cells.append(f"{score.hit:5} hit {score.extra:3} + {score.missed:3} -")
        print(f"{label:22}" + "".join(f"{cell:>24}" for cell in cells))


def _print_errors(result: Result) -> None:
    for labelled, said in result.errors:
        gold = sorted(labelled.institutions or ())
        article = labelled.article
        print(f"\n{labelled.id} {article.language} {labelled.source.country}: {article.title[:90]}")
        print(f"  gold {labelled.relevance:9} {gold}")
        print(
            f"  said {said.relevance.decision.value:9} {sorted(said.institutions)}  ({said.relevance.reason})"
        )
        for cue in said.relevance.evidence:
            print(f"       {cue.label} {cue.field}[{cue.start}:{cue.end}] {cue.words!r}")


def reached(coverage_results: dict[str, Result], press_results: dict[str, Result]) -> dict[str, float]:
    """The figures that have a floor (``relevance`` in ``floors.toml``), under the floors' names."""
    every, unseen, real = coverage_results["all"], coverage_results["unseen"], press_results["all"]
    return {
        "precision": every.overall.precision,
        "recall": every.overall.recall,
        "recall_in_each_language": min(score.recall for score in every.languages.values()),
        "homonyms_taken_for_ours": every.homonym_share,
        "institutions_f1": every.institutions.f1,
        "unseen_precision": unseen.overall.precision,
        "unseen_recall": unseen.overall.recall,
        "unseen_institutions_f1": unseen.institutions.f1,
        "press_precision": real.overall.precision,
        "press_recall": real.overall.recall,
    }


AT_MOST = frozenset(["homonyms_taken_for_ours"])
"""Floors that are ceilings."""


def below(figures: dict[str, float]) -> list[str]:
    """A line for each figure on the wrong side of its floor."""
    floors = tomllib.loads((Path(__file__).parent / "floors.toml").read_text("utf-8"))["relevance"]
    return [
        f"{name}: {figures[name]:.3f}, floor {floor}"
        for name, floor in floors.items()
        if (figures[name] > floor if name in AT_MOST else figures[name] < floor)
    ]


def main(arguments: list[str] | None = None) -> int:
    """Print the tables; exit status 1 if a figure is below its floor."""
    parser = argparse.ArgumentParser(prog="python -m tests.quality.relevance", description=__doc__)
    parser.add_argument(
        "--errors", choices=["seen", "all"], nargs="?", const="seen", help="list what is wrong"
    )
    parser.add_argument("--institutions", action="store_true", help="score each institution")
    options = parser.parse_args(arguments)
    try:
        folders = {name: data_dir(name) for name in ("coverage", "press")}
    except pytest.skip.Exception as absent:
        print(absent)
        return 0
    annotator = Annotator(load(environ={}))
    measured = {}
    for name, read in (("coverage", coverage), ("press", press)):
        results = measured[name] = measure(read(folders[name]), annotator)
        _print(f"data/{name}", results)
        for (gold, said), count in sorted(results["all"].confusion.items()):
            print(f"{'':10}{gold:>9} → {said:9}{count:5}")
        if options.institutions:
            _print_institutions(results)
        if options.errors:
            _print_errors(results[options.errors])
    lost = below(reached(measured["coverage"], measured["press"]))
    for line in lost:
        print(f"BELOW ITS FLOOR: {line}")
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main())
