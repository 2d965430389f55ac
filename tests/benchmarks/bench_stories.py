"""What copies and stories cost where a great many articles are in the window.

    python -m tests.benchmarks.bench_stories [--articles 100000] [--asked 2000] [--peers 100000] [--json]

The window is filled with the articles of an invented press (:mod:`tests.benchmarks.wire`), then further ones
are timed one by one: fingerprint and keys, search for the origin, story.  One core.  Measured as processor
time: the machine may have other work.  Beside them in the same run, where the peers are installed: datasketch
and a TF-IDF clustering (:mod:`tests.quality.story_peers`), how right they are on ``data/coverage``, and what
they cost there and in a window of the same articles.
"""

from __future__ import annotations

import argparse
import gc
import json
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

import pytest

from config.loader import load
from pipeline.copies import CopyLimits, CopyOf, CopyWindow, copies
from pipeline.fingerprints import fingerprint
from pipeline.stories import StoryRules, StoryWindow
from pipeline.traits import TraitMaker
from store.records import Annotated, Relevance, Relevant
from store.urls import article_id
from tests.benchmarks.machine import described
from tests.benchmarks.wire import Wire
from tests.data import data_dir
from tests.quality import peers
from tests.quality.copies import Result, fingerprints
from tests.quality.coverage import Case, cases
from tests.quality.stories import result, said_stories
from tests.quality.story_peers import Told, ask

BATCH = 100
"""Articles of a crawl after which stories are asked for."""


def resident_mb() -> float:
    """Memory of this process that is in use."""
    for line in Path("/proc/self/status").read_text("ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return float("nan")


def run(count: int, asked: int) -> dict[str, Any]:
    config = load(environ={})
    rules = config.data("stories")
    maker, limits, story_rules = TraitMaker(config), CopyLimits.of(rules), StoryRules.of(rules)
    stream = Wire(config, int(count / story_rules.window_days)).articles()
    gc.freeze()  # as a reading process does
    gc.set_threshold(5000)
    before = resident_mb()
    copy_window, story_window = CopyWindow(limits), StoryWindow(story_rules)
    spent = dict.fromkeys(("keys", "copies", "stories"), 0.0)
    worst = 0.0
    for number in range(count + asked):
        annotated = next(stream)
        name = article_id(annotated.article.url)
        marks = [time.process_time()]
        print_, traits = fingerprint(name, annotated), maker.traits(name, annotated)
        marks.append(time.process_time())
        copy = copy_window.copy_of(print_)
        copy_window.add(print_)
        marks.append(time.process_time())
        story_window.add(traits, copy.origin if copy else None)
        if number % BATCH == 0 or number >= count + asked - 1:
            story_window.story_of(name)
        marks.append(time.process_time())
        if number >= count:
            for part, (begin, end) in zip(spent, pairwise(marks), strict=True):
                spent[part] += end - begin
            worst = max(worst, marks[-1] - marks[0])
    memory = resident_mb() - before
    stories = story_window.stories()
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": f"{described()}, one of them",
        "articles in the window": count,
        **{f"{part}, ms an article": seconds / asked * 1000 for part, seconds in spent.items()},
        "together, ms an article": sum(spent.values()) / asked * 1000,
        "worst, ms": worst * 1000,
        "memory, MB": memory,
        "memory, kB an article": memory * 1024 / (count + asked),
        "articles a story": len(stories) / max(1, len(set(stories.values()))),
    }


def told(annotated: Annotated, asked: bool = True) -> Told:
    article = annotated.article
    at = int(article.published.at.timestamp()) if article.published else 0
    return Told(article_id(article.url), article.title, article.text, at, asked)


def beside(count: int, asked: int) -> Iterator[dict[str, Any]]:
    """Copies and stories of the labelled coverage by ours and by each peer; of these also the cost of one
    article with *count* in the window."""
    config = load(environ={})
    found = list(cases(data_dir("coverage")))
    rules = config.data("stories")
    ours = copies([*fingerprints(found, config).values()], CopyLimits.of(rules))
    yield _copies_right("marsad", found, {name: one.origin for name, one in ours.items()})
    yield _stories_right("marsad", found, said_stories(found, config))
    if not peers.installed():
        print(peers.MISSING, file=sys.stderr)
        return
    labelled = [replace(told(Annotated(case.article, Relevance(Relevant.IN))), id=case.id) for case in found]
    stream = Wire(config, int(count / StoryRules.of(rules).window_days)).articles()
    filled = [told(one, number >= count) for number, one in enumerate(islice(stream, count + asked))]
    in_window = {answer.peer: answer.ms for answer in ask(filled)}
    for answer in ask(labelled):
        right = _copies_right if answer.sort == "copies" else _stories_right
        row = right(answer.peer, found, answer.said)
        yield {**row, "ms": answer.ms, "ms_in_window": in_window.get(answer.peer)}


def _copies_right(who: str, found: Sequence[Case], said: Mapping[str, str]) -> dict[str, Any]:
    result = Result()
    for case in found:
        origin = said.get(case.id)
        result.add(case, CopyOf(origin, "", 0.0, 0.0) if origin else None)
    return {
        "sort": "copies",
        "who": who,
        "precision": result.copy.precision,
        "recall": result.copy.recall,
        "f1": result.copy.f1,
        "origin": result.origin,
    }


def _stories_right(who: str, found: Sequence[Case], said: Mapping[str, str]) -> dict[str, Any]:
    right = result(found, said)
    return {
        "sort": "stories",
        "who": who,
        "precision": right.overall.precision,
        "recall": right.overall.recall,
        "f1": right.overall.f1,
        "f1_within": right.within.f1,
    }


def _shown(row: Mapping[str, Any]) -> str:
    also = f"origin {row['origin']:.3f}" if "origin" in row else f"within a language {row['f1_within']:.3f}"
    cost = f"{row['ms']:.1f} ms an article" if "ms" in row else ""
    if row.get("ms_in_window") is not None:
        cost += f", {row['ms_in_window']:.1f} in the window"
    figures = f"P {row['precision']:.3f}  R {row['recall']:.3f}  F1 {row['f1']:.3f}"
    return f"{row['sort']:9}{row['who']:36}{figures}  {also:26}{cost}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--articles", type=int, default=100_000)
    parser.add_argument("--asked", type=int, default=2000)
    parser.add_argument("--peers", type=int, default=100_000, help="articles in the window of the peers")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    figures = run(asked.articles, asked.asked)
    if not asked.json:
        for name, value in figures.items():
            print(f"{name:28}{value:.2f}" if isinstance(value, float) else f"{name:28}{value}", flush=True)
    try:
        rows = list(beside(asked.peers, min(asked.asked, 200)))
    except pytest.skip.Exception as absent:
        print(absent, file=sys.stderr)
        rows = []
    if asked.json:
        print(json.dumps({**figures, "beside": rows}, ensure_ascii=False))
        return
    for row in rows:
        print(_shown(row))


if __name__ == "__main__":
    main()
