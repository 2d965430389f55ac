"""How often three kinds are right on real texts: ``python -m tests.quality.press_kinds``.

The labels of ``data/press`` were given from the title and the first 450 characters, topics and attribution
only: a communiqué that is cited further down counts as wrong here.  Half of the labelled texts, told apart by
a digest of their id as the stories of ``coverage`` are, were read while rules were made (*seen*); of the
others only these figures were looked at.  ``--sample`` prints fifty texts with their kinds and cues, to be
read by a person.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from config.loader import load
from config.model import Source
from pipeline.annotation import Annotator
from store.records import Annotated, Article
from tests.data import data_dir
from tests.quality.coverage import seen
from tests.quality.relevance import PRESS_COUNTRY, Score

KINDS = ("communique", "denial", "operation")
_SAMPLE = 50


def texts(folder: Path) -> Iterator[tuple[Article, Source, dict[str, Any]]]:
    """(article, its outlet, its labels or nothing) of every text of ``data/press``."""
    for name in ("marsum.jsonl.gz", "mnc.jsonl.gz"):
        with gzip.open(folder / name, "rt", encoding="utf-8") as lines:
            for line in lines:
                raw = json.loads(line)
                url = f"https://press.example/{raw['id']}"
                paragraphs = tuple(raw["body"].split("\n"))
                article = Article(
                    str(raw["source"]), url, url, raw["title"] or "", paragraphs, raw["language"]
                )
                yield article, _outlet(article.source_id), raw.get("gold") or {}


def _outlet(name: str) -> Source:
    home = f"https://{name}.example/"
    return Source(name, {"ar": name}, PRESS_COUNTRY, ("ar",), "national", home, "Africa/Casablanca")


def measure(folder: Path, annotator: Annotator) -> dict[str, dict[str, Score]]:
    """``all``, ``seen``, ``unseen`` → kind → how often it was right among the labelled texts."""
    results = {half: {kind: Score() for kind in KINDS} for half in ("all", "seen", "unseen")}
    for article, source, gold in texts(folder):
        if "topics" not in gold:
            continue
        topics = set(gold["topics"])
        true = {
            "communique": gold["attribution"] == "official",
            "denial": bool(topics & {"denial", "fake_news"}),
            "operation": "operation" in topics,
        }
        said = {one.id for one in annotator.annotate(article, source).kinds}
        for half in ("all", "seen" if seen(article.url.rpartition("/")[2]) else "unseen"):
            for kind in KINDS:
                results[half][kind].add(kind in said, true[kind])
    return results


def _line(article: Article, said: Annotated) -> str:
    kinds = "; ".join(f"{one.id} ({'، '.join(cue.words for cue in one.cues)})" for one in said.kinds)
    return f"{article.title[:90]}\n    {kinds}"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.quality.press_kinds", description=__doc__)
    parser.add_argument("--sample", action="store_true", help="fifty texts with their kinds, to be read")
    options = parser.parse_args(arguments)
    try:
        folder = data_dir("press")
    except pytest.skip.Exception as absent:
        print(absent)
        return 0
    annotator = Annotator(load(environ={}))
    for half, scores in measure(folder, annotator).items():
        for kind, score in scores.items():
            said = score.hit + score.extra
            print(
                f"{half:8}{kind:12} right {score.hit:3} of {said:3} said  precision {score.precision:.2f}"
                f"  missed {score.missed:2}"
            )
    if options.sample:
        told = ((one, annotator.annotate(one, source)) for one, source, _ in texts(folder))
        shown = [(one, said) for one, said in told if said.kinds]
        for one, said in shown[:: max(1, len(shown) // _SAMPLE)][:_SAMPLE]:
            print(_line(one, said))
    return 0


if __name__ == "__main__":
    sys.exit(main())
