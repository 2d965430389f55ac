"""Extraction measured on the labelled pages: ``python -m tests.quality.extraction`` prints the table.

Metrics as the data's README defines them: 4-gram word-shingle precision, recall and F1 a page, then the mean;
title by equality after NFKD, case folding and removal of punctuation; date by exact day; authors by exact set.
``meta_baseline`` (JSON-LD / Open Graph, else every ``<p>``) is the peer, run on the same pages in the same run.
"""

from __future__ import annotations

import gzip
import json
import re
import statistics
import sys
import time
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from lxml import etree

from pipeline.extraction import extract
from pipeline.rules import Rules
from store.records import Article, FetchedPage, Link, Via
from tests.data import data_dir

FETCHED_AT = datetime(2026, 11, 23, 12, tzinfo=timezone.utc)
LANGUAGES = ("ar", "fr", "es", "en")
_WORD = re.compile(r"\w+")


def gold_pages(root: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    for folder in sorted(root.iterdir()):
        if (folder / "pages").is_dir():
            for line in (folder / "gold.jsonl").read_text("utf-8").splitlines():
                gold = json.loads(line)
                gold["set"] = folder.name
                yield folder / "pages" / f"{gold['id']}.html.gz", gold


def fetched(body: bytes, gold: dict[str, Any]) -> FetchedPage:
    url = gold["url"]
    return FetchedPage(
        Link(gold["set"], url, url, Via.FEED), url, url, 200, (("content-type", "text/html; charset=utf-8"),), body, FETCHED_AT
    )


def words(text: str) -> list[str]:
    return _WORD.findall(unicodedata.normalize("NFKC", text).lower())


def shingles(text: str, n: int = 4) -> Counter[tuple[str, ...]]:
    tokens = words(text)
    if len(tokens) < n:
        return Counter([tuple(tokens)]) if tokens else Counter()
    return Counter(zip(*(tokens[i:] for i in range(n)), strict=False))


def prf(found: str, gold: str) -> tuple[float, float, float]:
    a, b = shingles(found), shingles(gold)
    if not a or not b:
        return (1.0, 1.0, 1.0) if not a and not b else (0.0, 0.0, 0.0)
    common = (a & b).total()
    p, r = common / a.total(), common / b.total()
    return p, r, 2 * p * r / (p + r) if common else 0.0
