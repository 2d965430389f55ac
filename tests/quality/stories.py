"""How well stories, and the relations of articles in them, are found on ``data/coverage``.

    python -m tests.quality.stories [--errors] [--gold] [--one-day]

BCubed precision, recall and F1 of the partition: over all articles, and within each language (an article is
asked about those of its own language only).  ``--one-day`` moves all stories to one day, where nothing but
what they say keeps 115 of them apart; ``--gold`` takes kinds, unit, places and figures from the labels.
Stories are halved as :mod:`tests.quality.coverage` says; all are in the window at once.
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from config.loader import Config, load
from pipeline.copies import CopyLimits, copies
from pipeline.relations import Member, MemberMaker, Relation, RelationType, relations
from pipeline.stories import StoryRules, partition
from pipeline.traits import TraitMaker
from store.records import Annotated, Attributed, Attribution, Figure, KindLabel, Moment
from tests.data import data_dir
from tests.quality.copies import fingerprints
from tests.quality.coverage import Case, annotator_of, cases
from tests.quality.relevance import Score


@dataclass(frozen=True, slots=True)
class BCubed:
    precision: float
    recall: float

    @property
    def f1(self) -> float:
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


def bcubed(said: Mapping[str, str], true: Mapping[str, str]) -> BCubed:
    """Of each article: what share of its group belongs there, what share of what belongs there is in it."""
    found: dict[str, set[str]] = defaultdict(set)
    gold: dict[str, set[str]] = defaultdict(set)
    for name, story in true.items():
        found[said[name]].add(name)
        gold[story].add(name)
    if not true:
        return BCubed(1.0, 1.0)
    pairs = [(found[said[name]], gold[story]) for name, story in true.items()]
    return BCubed(
        sum(len(ours & theirs) / len(ours) for ours, theirs in pairs) / len(pairs),
        sum(len(ours & theirs) / len(theirs) for ours, theirs in pairs) / len(pairs),
    )


@dataclass(frozen=True, slots=True)
class Result:
    overall: BCubed
    within: BCubed
    """The mean over articles, each asked about those of its language."""
    stories: int
    said: int


def labelled(said: Annotated, case: Case) -> Annotated:
    """*said* with what the labels know."""
    gold = case.gold
    places = tuple(gold["places"])
    return replace(
        said,
        kinds=tuple(KindLabel(kind) for kind in gold["kinds"]),
        unit=gold["unit"],
        places=places,
        other_places=tuple(one for one in said.places if one not in places),
        figures=tuple(Figure(one["what"], one["value"], "", "text", 0, 0) for one in gold["figures"]),
    )


def on_one_day(found: Sequence[Case]) -> list[Case]:
    """*found* with every story moved to begin at one instant."""
    begin: dict[str, Moment] = {}
    for case in found:
        moment = case.article.published
        assert moment is not None
        if case.story not in begin or moment.at < begin[case.story].at:
            begin[case.story] = moment
    first = min(moment.at for moment in begin.values())
    moved = []
    for case in found:
        moment = case.article.published
        assert moment is not None
        at = first + (moment.at - begin[case.story].at)
        moved.append(replace(case, article=replace(case.article, published=replace(moment, at=at))))
    return moved


def said_stories(found: Sequence[Case], config: Config, gold: bool = False) -> dict[str, str]:
    """article → story, as the pipeline would have it."""
    rules = config.data("stories")
    annotator, maker = annotator_of(config), TraitMaker(config)
    prints = fingerprints(list(found), config)
    origins = {name: copy.origin for name, copy in copies([*prints.values()], CopyLimits.of(rules)).items()}
    traits = []
    for case in found:
        annotated = annotator.annotate(case.article, case.source)
        traits.append(maker.traits(case.id, labelled(annotated, case) if gold else annotated))
    return partition(traits, StoryRules.of(rules), origins)


def result(found: Sequence[Case], said: Mapping[str, str]) -> Result:
    """The figures of *found*."""
    true = {case.id: case.story for case in found}
    per_language = {
        name: (bcubed(said, {case.id: case.story for case in ours}), len(ours))
        for name in sorted({case.article.language for case in found})
        if (ours := [case for case in found if case.article.language == name])
    }
    count = sum(number for _, number in per_language.values()) or 1
    return Result(
        overall=bcubed(said, true),
        within=BCubed(
            sum(one.precision * number for one, number in per_language.values()) / count,
            sum(one.recall * number for one, number in per_language.values()) / count,
        ),
        stories=len(set(true.values())),
        said=len({said[name] for name in true}),
    )


def measure(folder: Path, config: Config, gold: bool = False, one_day: bool = False) -> dict[str, Result]:
    """The results on all articles, on the seen and on the unseen half."""
    found = list(cases(folder))
    return by_half(found, said_stories(on_one_day(found) if one_day else found, config, gold))


def by_half(found: Sequence[Case], said: Mapping[str, str]) -> dict[str, Result]:
    """The results of *said* (article → story) on all of *found*, on its seen and on its unseen half."""
    halves = {
        "all": found,
        "seen": [case for case in found if case.seen],
        "unseen": [case for case in found if not case.seen],
    }
    return {name: result(part, said) for name, part in halves.items()}


ANSWERS = ("rumour", "denial", "clarification", "correction")
"""The relations whose F1 has a goal."""


def said_relations(
    found: Sequence[Case], config: Config, stories: Mapping[str, str], gold: bool
) -> dict[str, Relation]:
    """article → relation, in the *stories* given; kinds and attribution are the labels' if *gold*."""
    rules = config.data("stories")
    annotator, maker = annotator_of(config), MemberMaker(rules)
    prints = fingerprints(list(found), config)
    copied = copies([*prints.values()], CopyLimits.of(rules))
    members: dict[str, list[Member]] = defaultdict(list)
    for case in found:
        annotated = annotator.annotate(case.article, case.source)
        if gold:
            attributed = Attributed(Attribution(case.gold["attribution"]))
            annotated = replace(labelled(annotated, case), attribution=attributed)
        members[stories[case.id]].append(maker.member(annotated, prints[case.id], copied.get(case.id)))
    return {name: one for story in members.values() for name, one in relations(story).items()}


def relation_scores(found: Sequence[Case], said: Mapping[str, Relation]) -> dict[str, Score]:
    """The score of each relation, and of the answers together (``answers``)."""
    scores: dict[str, Score] = defaultdict(Score)
    for case in found:
        true, ours = case.gold["relation"]["type"], said[case.id].type.value
        for name in {true, ours}:
            scores[name].add(name == ours, name == true)
            if name in ANSWERS:
                scores["answers"].add(name == ours, name == true)
    return scores


def unanswered(found: Sequence[Case], config: Config, stories: Mapping[str, str]) -> dict[str, Score]:
    """``all``, ``seen``, ``unseen`` → how well rumours are told with every answer hidden.

    Left out are articles that deny, clear up or correct, by their labels; of a copy its origin is asked.
    """
    hidden = {"denial", "clarification"}
    left = [
        case
        for case in found
        if hidden.isdisjoint(case.gold["kinds"]) and case.gold["relation"]["type"] not in ANSWERS[1:]
    ]
    said = said_relations(left, config, stories, False)
    scores = {"all": Score(), "seen": Score(), "unseen": Score()}
    for case in left:
        ours, true = said[case.id].type is RelationType.RUMOUR, case.gold["relation"]["type"] == "rumour"
        for name in ("all", "seen" if case.seen else "unseen"):
            scores[name].add(ours, true)
    return scores


def reached(
    results: dict[str, Result],
    scores: Mapping[str, Mapping[str, Score]] | None = None,
    rumours: Mapping[str, Score] | None = None,
) -> dict[str, float]:
    """The figures that have a floor (``stories`` in ``floors.toml``), under the floors' names.

    *scores* are those of relations (:func:`relation_scores`), by half, *rumours* those of :func:`unanswered`.
    """
    told = (
        {"unanswered_precision": rumours["all"].precision, "unanswered_recall": rumours["all"].recall}
        if rumours
        else {}
    )
    answers = {
        f"{prefix}answers_f1": scores[half]["answers"].f1
        for half, prefix in (("all", ""), ("unseen", "unseen_"))
        if scores
    }
    return (
        answers
        | told
        | {
            "bcubed_f1": results["all"].overall.f1,
            "bcubed_f1_within": results["all"].within.f1,
            "unseen_bcubed_f1": results["unseen"].overall.f1,
            "unseen_bcubed_f1_within": results["unseen"].within.f1,
        }
    )


def _print(title: str, results: dict[str, Result]) -> None:
    print(f"{title:24}{'stories':>8}{'said':>6}   {'over all P/R/F1':24}within a language P/R/F1")
    for name, one in results.items():
        over, within = one.overall, one.within
        figures = [(part.precision, part.recall, part.f1) for part in (over, within)]
        cells = "   ".join(" / ".join(f"{figure:.3f}" for figure in part) for part in figures)
        print(f"  {name:22}{one.stories:8}{one.said:6}   {cells}")


def _print_errors(found: Sequence[Case], said: Mapping[str, str]) -> None:
    seen = [case for case in found if case.seen]
    for story in sorted({case.story for case in seen}):
        parts = defaultdict(list)
        for case in seen:
            if case.story == story:
                parts[said[case.id]].append(f"{case.id.removeprefix(story)}({case.article.language})")
        strangers = {case.id for case in seen if case.story != story and said[case.id] in parts}
        if len(parts) > 1 or strangers:
            print(f"  {story}: {' | '.join(' '.join(part) for part in parts.values())}", *strangers)


def main(arguments: list[str] | None = None) -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser(prog="python -m tests.quality.stories", description=__doc__)
    parser.add_argument("--errors", action="store_true", help="list what is wrong in the seen half")
    parser.add_argument("--gold", action="store_true", help="kinds, unit, places, figures of the labels")
    parser.add_argument("--one-day", action="store_true", help="all stories on one day")
    options = parser.parse_args(arguments)
    try:
        folder = data_dir("coverage")
    except pytest.skip.Exception as absent:
        print(absent)
        return 0
    config = load(environ={})
    _print("stories", measure(folder, config, options.gold, options.one_day))
    if options.errors:
        found = list(cases(folder))
        moved = on_one_day(found) if options.one_day else found
        _print_errors(found, said_stories(moved, config, options.gold))
    _relations(list(cases(folder)), config, options.gold, options.errors)
    return 0


def _relations(found: Sequence[Case], config: Config, gold: bool, errors: bool) -> None:
    said = said_relations(found, config, said_stories(found, config, gold), gold)
    halves = [
        ("all", found),
        ("seen", [c for c in found if c.seen]),
        ("unseen", [c for c in found if not c.seen]),
    ]
    scores = {name: relation_scores(part, said) for name, part in halves}
    print(f"{'relations, F1':24}" + "".join(f"{name:>10}" for name in scores))
    for type_ in ("answers", *RelationType):
        cells = "".join(f"{one[type_].f1:10.3f}" for one in scores.values())
        counts = " ".join(
            f"{one[type_].hit}/+{one[type_].extra}/-{one[type_].missed}" for one in scores.values()
        )
        print(f"  {type_:22}{cells}   found/extra/missed {counts}")
    print(f"{'rumours, answers hidden':24}{'precision':>10}{'recall':>10}")
    for name, one in unanswered(found, config, {case.id: case.story for case in found}).items():
        counts = f"found/extra/missed {one.hit}/+{one.extra}/-{one.missed}"
        print(f"  {name:22}{one.precision:10.3f}{one.recall:10.3f}   {counts}")
    for case in found if errors else ():
        true, ours = case.gold["relation"]["type"], said[case.id].type.value
        if case.seen and true != ours and {true, ours} & {*ANSWERS}:
            print(f"  {case.id} {case.article.language}: gold {true}, said {ours}")


if __name__ == "__main__":
    sys.exit(main())
