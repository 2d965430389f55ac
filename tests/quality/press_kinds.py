"""How often three kinds are right on real texts: ``python -m tests.quality.press_kinds``.

The labels of ``data/press`` were given from the title and the first 450 characters, topics and attribution
only: a communiqué that is cited further down counts as wrong here.  ``--sample`` prints fifty texts with
their kinds and cues, to be read by a person.
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
from pipeline.annotation import Annotator
from store.records import Annotated, Article
from tests.data import data_dir

_SAMPLE = 50


def texts(folder: Path) -> Iterator[tuple[Article, dict[str, Any]]]:
    """(article, its labels or nothing) of every text of ``data/press``."""
    for name in ("marsum.jsonl.gz", "mnc.jsonl.gz"):
        with gzip.open(folder / name, "rt", encoding="utf-8") as lines:
            for line in lines:
                raw = json.loads(line)
                url = f"https://press.example/{raw['id']}"
                paragraphs = tuple(raw["body"].split("\n"))
                article = Article(
                    str(raw["source"]), url, url, raw["title"] or "", paragraphs, raw["language"]
                )
                yield article, raw.get("gold") or {}


def measure(folder: Path, annotator: Annotator) -> dict[str, tuple[int, int]]:
    """kind → (right, said) among the labelled texts."""
    found = dict.fromkeys(("communique", "denial", "operation"), (0, 0))
    for article, gold in texts(folder):
        if "topics" not in gold:
            continue
        topics = set(gold["topics"])
        true = {
            "communique": gold["attribution"] == "official",
            "denial": bool(topics & {"denial", "fake_news"}),
            "operation": "operation" in topics,
        }
        for kind in {one.id for one in annotator.annotate(article, None).kinds} & found.keys():
            right, said = found[kind]
            found[kind] = right + true[kind], said + 1
    return found


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
    for kind, (right, said) in measure(folder, annotator).items():
        print(f"{kind:12} right {right:3} of {said:3} said  precision {right / said if said else 1:.2f}")
    if options.sample:
        told = ((one, annotator.annotate(one, None)) for one, _ in texts(folder))
        shown = [(one, said) for one, said in told if said.kinds]
        for one, said in shown[:: max(1, len(shown) // _SAMPLE)][:_SAMPLE]:
            print(_line(one, said))
    return 0


if __name__ == "__main__":
    sys.exit(main())
