"""How well annotation tells the kinds of communication: ``python -m tests.quality.kinds [--errors]``.

Measured on the articles of ``data/coverage`` that are about the institution: by their label (``given``), so
that only kinds are measured, and by our own decision (``--decided``), as annotation does it.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from config.loader import load
from pipeline.annotation import Annotator
from pipeline.annotation.kinds import Kinds
from pipeline.annotation.voices import Voices
from store.records import KindLabel, Relevant
from tests.data import data_dir
from tests.quality.coverage import Case, cases
from tests.quality.relevance import Score

FREQUENT = 8
"""The mean over kinds counts those with so many examples in the whole corpus."""


@dataclass(slots=True)
class Result:
    """What was measured on one set of articles."""

    articles: int = 0
    micro: Score = field(default_factory=Score)
    by_kind: dict[str, Score] = field(default_factory=dict)
    languages: dict[str, Score] = field(default_factory=dict)
    confusion: Counter[tuple[str, str]] = field(default_factory=Counter)
    errors: list[tuple[Case, tuple[KindLabel, ...]]] = field(default_factory=list)

    def add(self, case: Case, said: tuple[KindLabel, ...]) -> None:
        self.articles += 1
        found, gold = {label.id for label in said}, set(case.gold["kinds"])
        for kind in found | gold:
            for score in (
                self.micro,
                self.by_kind.setdefault(kind, Score()),
                self.languages.setdefault(case.article.language, Score()),
            ):
                score.add(kind in found, kind in gold)
        for extra in found - gold:
            self.confusion[extra, " ".join(sorted(gold - found)) or "nothing"] += 1
        if found != gold:
            self.errors.append((case, said))

    def macro(self, kinds: Iterable[str]) -> float:
        """The mean F1 of those of *kinds* that were asked."""
        scores = [self.by_kind[kind].f1 for kind in kinds if kind in self.by_kind]
        return sum(scores) / len(scores) if scores else 1.0


def measure(
    labelled: Iterable[Case], annotator: Annotator, kinds: Kinds, voices: Voices, *, decided: bool = False
) -> dict[str, Result]:
    """The results on all articles, on the seen and on the unseen half."""
    results = {"all": Result(), "seen": Result(), "unseen": Result()}
    for case in labelled:
        if not decided and case.gold["relevance"] != "in":
            continue
        reading = annotator.read(case.article, case.source)
        if not decided:
            reading = replace(reading, judgement=replace(reading.judgement, decision=Relevant.IN))
        speech = voices.listen(reading)
        attribution = voices.attribution(reading, speech)
        told = voices.is_told(reading, attribution, speech)
        said = kinds.find(reading, attribution, told=told, unsaid=speech.unsaid)
        for name in ("all", "seen" if case.seen else "unseen"):
            results[name].add(case, said)
    return results


def frequent(results: dict[str, Result]) -> list[str]:
    """The kinds with enough examples, the most frequent first."""
    counts = {kind: score.hit + score.missed for kind, score in results["all"].by_kind.items()}
    return sorted(
        (kind for kind, count in counts.items() if count >= FREQUENT), key=lambda kind: -counts[kind]
    )


def reached(given: dict[str, Result], decided: dict[str, Result]) -> dict[str, float]:
    """The figures that have a floor."""
    kinds = frequent(given)
    return {
        "micro_f1": given["all"].micro.f1,
        "macro_f1": given["all"].macro(kinds),
        "unseen_micro_f1": given["unseen"].micro.f1,
        "unseen_macro_f1": given["unseen"].macro(kinds),
        "decided_micro_f1": decided["all"].micro.f1,
        "decided_unseen_micro_f1": decided["unseen"].micro.f1,
    }


def _print(title: str, results: dict[str, Result]) -> None:
    kinds = frequent(results)
    print(f"\n{title}\n{'':8}{'articles':>9}{'micro P':>9}{'R':>7}{'F1':>7}{'macro F1':>10}  F1 by language")
    for name, result in results.items():
        micro = result.micro
        languages = "  ".join(f"{name} {score.f1:.2f}" for name, score in sorted(result.languages.items()))
        print(
            f"{name:8}{result.articles:9}{micro.precision:9.3f}{micro.recall:7.3f}{micro.f1:7.3f}"
            f"{result.macro(kinds):10.3f}  {languages}"
        )


def _print_kinds(results: dict[str, Result]) -> None:
    print(f"\n{'':24}" + "".join(f"{name + ' tp':>12}{'extra':>6}{'missed':>7}{'F1':>6}" for name in results))
    every = results["all"].by_kind
    for kind in sorted(every, key=lambda kind: -(every[kind].hit + every[kind].missed)):
        cells = []
        for result in results.values():
            score = result.by_kind.get(kind, Score())
            figure = f"{score.f1:6.2f}" if score.asked else f"{'-':>6}"
            cells.append(f"{score.hit:12}{score.extra:6}{score.missed:7}{figure}")
        print(f"{kind:24}" + "".join(cells))


def _print_errors(result: Result) -> None:
    for case, said in result.errors:
        gold = set(case.gold["kinds"])
        print(f"\n{case.id} {case.article.language}: {case.article.title[:100]}")
        print(f"  gold {sorted(gold)}  missed {sorted(gold - {label.id for label in said})}")
        for label in said:
            if label.id not in gold:
                print(f"  extra {label.id}: {[cue.words for cue in label.cues]}")


def _milliseconds(labelled: list[Case], annotator: Annotator, kinds: Kinds) -> float:
    readings: list[Any] = [annotator.read(case.article, case.source) for case in labelled]
    begin = time.process_time()
    for reading in readings:
        kinds.find(reading, None)
    return (time.process_time() - begin) / max(1, len(readings)) * 1000


def main(arguments: list[str] | None = None) -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser(prog="python -m tests.quality.kinds", description=__doc__)
    parser.add_argument("--errors", action="store_true", help="list what is wrong in the seen half")
    options = parser.parse_args(arguments)
    try:
        labelled = list(cases(data_dir("coverage")))
    except pytest.skip.Exception as absent:
        print(absent)
        return 0
    config = load(environ={})
    annotator, kinds, voices = Annotator(config), Kinds(config), Voices(config)
    given = measure(labelled, annotator, kinds, voices)
    decided = measure(labelled, annotator, kinds, voices, decided=True)
    if options.errors:
        _print_errors(given["seen"])
    _print("articles about the institution, by their label", given)
    _print("all articles, by our own decision", decided)
    _print_kinds(given)
    print("\nsaid in place of (all articles about the institution)")
    for (extra, missed), count in given["all"].confusion.most_common(12):
        print(f"{count:5}  {extra} for {missed}")
    print(f"\n{_milliseconds(labelled, annotator, kinds):.2f} ms an article")
    return 0


if __name__ == "__main__":
    sys.exit(main())
