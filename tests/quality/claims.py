"""Whether a claim finds its denial, and nothing else finds one: ``python -m tests.quality.claims``.

Asked are the headlines of ``data/coverage``: of rumours (their story's denial or clarification must come
first) and of articles of stories without any denial (nothing may come).  Denials are those that annotation
finds.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from config.loader import Config, load
from pipeline.likeness import Asked
from store.records import Annotated, Capture, StoredArticle
from tests.data import data_dir
from tests.quality.coverage import Case, annotator_of, cases

_ANSWERS = frozenset(["denial", "clarification"])


@dataclass(slots=True)
class Result:
    asked: int = 0
    first: int = 0
    """The first answer is of the claim's own story."""
    others: int = 0
    """Asked of stories that nobody denies."""
    offered: int = 0
    """Of these, those to which a denial was offered all the same."""


def measure(folder: Path, config: Config) -> dict[str, Result]:
    """``all``, ``seen``, ``unseen`` → how claims fared."""
    annotator, asked = annotator_of(config), Asked(config)
    found = list(cases(folder))
    said = {case.id: annotator.annotate(case.article, case.source) for case in found}
    stories = {case.id: case.story for case in found}
    denials = [_stored(case, said[case.id]) for case in found if _answers(said[case.id])]
    denied = {case.story for case in found if _ANSWERS & set(case.gold["kinds"])}
    results = {"all": Result(), "seen": Result(), "unseen": Result()}
    for case in found:
        rumour = case.gold["relation"]["type"] == "rumour" and case.story in denied
        if not rumour and case.story in denied:
            continue
        like = asked.likeness(case.article.title, denials)
        for name in ("all", "seen" if case.seen else "unseen"):
            one = results[name]
            one.asked += rumour
            one.first += rumour and bool(like) and stories[like[0][1].article_id] == case.story
            one.others += not rumour
            one.offered += not rumour and bool(like)
    return results


def reached(results: dict[str, Result]) -> dict[str, float]:
    """The figures that have a floor."""
    every = results["all"]
    return {"found": every.first / every.asked, "quiet": 1 - every.offered / every.others}


def _answers(annotated: Annotated) -> bool:
    return bool(_ANSWERS & {kind.id for kind in annotated.kinds})


def _stored(case: Case, annotated: Annotated) -> StoredArticle:
    assert case.article.published is not None  # every article of the corpus bears its time
    at = case.article.published.at
    return StoredArticle(case.id, 1, annotated, at, at, None, Capture("", 0, ""))


def main() -> int:
    try:
        folder = data_dir("coverage")
    except pytest.skip.Exception as absent:
        print(absent)
        return 0
    print(f"{'claims':10}{'asked':>7}{'found first':>13}{'other headlines':>17}{'offered a denial':>18}")
    for name, one in measure(folder, load(environ={})).items():
        print(f"{name:10}{one.asked:7}{one.first:13}{one.others:17}{one.offered:18}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
