"""What annotation costs: an article of about 300 words, and labels made anew from a ledger, on one core.

    python -m tests.benchmarks.bench_understanding

The texts are those of the labelled coverage; short articles about the institution are joined to 300 words.
"""

from __future__ import annotations

import gc
import os
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

import config
from pipeline.annotation import Annotator
from pipeline.reannotate import reannotate
from store.ledger import Ledger
from store.records import Article, Capture, Decision, FetchedPage, Link, Verdict, Via
from store.urls import article_id
from tests.data import data_dir
from tests.quality.coverage import Case, cases

_WORDS = 300
_COPIES = 5


def joined(found: list[Case]) -> list[tuple[Case, Article]]:
    """Articles about the institution, each with paragraphs of the next ones of its language."""
    ours = [case for case in found if case.gold["relevance"] == "in"]
    out = []
    for at, case in enumerate(ours):
        paragraphs = list(case.article.paragraphs)
        for other in (*ours[at + 1 :], *ours[:at]):
            if sum(len(line.split()) for line in paragraphs) >= _WORDS:
                break
            if other.article.language == case.article.language:
                paragraphs += other.article.paragraphs
        out.append((case, replace(case.article, paragraphs=tuple(paragraphs))))
    return out


def main() -> None:
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    try:
        found = list(cases(data_dir("coverage")))
    except pytest.skip.Exception as absent:
        print(absent)
        return
    settings = config.load(environ={})
    annotator, articles = Annotator(settings), joined(found)
    gc.freeze()  # as a reading process does
    gc.set_threshold(5000)
    words = sum(len(article.text.split()) for _, article in articles) / len(articles)
    spent = []
    for _ in range(3):
        began = time.process_time()
        for case, article in articles:
            annotator.annotate(article, case.source)
        spent.append((time.process_time() - began) / len(articles) * 1000)
    cost = min(spent) / words * _WORDS
    print(f"annotation, ms an article of {_WORDS} words   {cost:12.2f}   (to reach: 5)")
    with tempfile.TemporaryDirectory() as folder, Ledger.open(Path(folder)) as ledger:
        _fill(ledger, annotator, found)
        began = time.perf_counter()
        counts = reannotate(ledger, settings)
        rate = counts["revisions"] / (time.perf_counter() - began)
    print(f"labels made anew, articles/s on one core   {rate:8.0f}   (to reach: 200)")


def _fill(ledger: Ledger, annotator: Annotator, found: list[Case]) -> None:
    """Keep each article several times, as other rules would have read it."""
    at = datetime(2026, 11, 1, tzinfo=UTC)
    with ledger.together():
        for number in range(_COPIES * len(found)):
            case = found[number % len(found)]
            url = f"https://copy{number}.example/{case.id}"
            article = replace(case.article, url=url, canonical_url=url)
            annotated = replace(annotator.annotate(article, case.source), rules_version="old")
            capture = Capture("a", number, "0" * 64)
            page = FetchedPage(Link("x", url, url, Via.FEED), url, url, 200, (), b"", at, capture)
            ledger.write(None, annotated, Decision(Verdict.NEW, article_id(url), 1), page)


if __name__ == "__main__":
    main()
