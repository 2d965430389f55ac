"""How fast texts become tokens, how soon a cold process may search, and the stems beside Snowball's.

    python -m tests.benchmarks.bench_analysis [--articles 4000] [--json]

Texts are those of the invented press of :mod:`tests.benchmarks.bench_index` (350 words each, a vocabulary
far larger than a newspaper's) and, where the labelled data is, real ones.  One core; the peer in the same
run is words by ``\\w+``, lower case, stemmed by PyStemmer's Snowball.
"""

from __future__ import annotations

import argparse
import gzip
import json
import platform
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import Stemmer

from config import load
from search.analysis import Analysis
from tests.benchmarks.bench_index import Press
from tests.data import data_dir

ROOT = Path(__file__).resolve().parents[2]
Text = tuple[str, str]
SNOWBALL = {"ar": "arabic", "ary": "arabic", "fr": "french", "en": "english", "es": "spanish"}
PAIRS = ROOT / "tests" / "search" / "analysis" / "pairs.tsv"


def invented(count: int) -> list[Text]:
    press = Press()
    articles = (press.article(number).article for number in range(count))
    return [(f"{article.title}\n{article.text}", article.language) for article in articles]


def real() -> list[Text]:
    """The labelled articles and the gold texts of pages; empty where they are not."""
    found: list[Text] = []
    try:
        for line in (data_dir("coverage") / "articles.jsonl").read_text("utf-8").splitlines():
            row = json.loads(line)
            found.append(("\n".join([row["title"], *row["paragraphs"]]), row["language"]))
        for file in sorted(data_dir("press").glob("*.jsonl.gz")):
            with gzip.open(file, "rt", encoding="utf-8") as lines:
                found += [(json.loads(line)["body"], "ar") for line in lines]
    except pytest.skip.Exception:
        return []
    return found


def rate(texts: Sequence[Text], analyse: Callable[[str, str], Any]) -> float:
    """Articles of 350 words a second of processor time: the machine may have other work."""
    total = sum(len(text.split()) for text, _ in texts)
    began = time.process_time()
    for text, language in texts:
        analyse(text, language)
    return total / 350 / (time.process_time() - began)


class Snowball:
    """What most others do, with a cache of its own (PyStemmer's)."""

    def __init__(self) -> None:
        self._stemmers = {language: Stemmer.Stemmer(name, 200_000) for language, name in SNOWBALL.items()}

    def __call__(self, text: str, language: str) -> str:
        found = re.findall(r"\w+", text.lower())
        return " ".join(self._stemmers[language].stemWords(found)) + " ".join(found)


def cold_ms() -> dict[str, float]:
    """Milliseconds, the middle of five new processes with a filled cache: construction, and construction and
    the first question."""
    program = """
import sys, time
from pathlib import Path
from config import load
config = load(home=Path(sys.argv[1]), environ={})
began = time.perf_counter()
from search.analysis import Analysis
imported = time.perf_counter()
analysis = Analysis(config)
made = time.perf_counter()
analysis.terms("DGSN")
print(imported - began, made - imported, time.perf_counter() - made)
"""
    with tempfile.TemporaryDirectory() as home:
        Analysis(load(home=Path(home), environ={})).terms("DGSN")
        command = [sys.executable, "-c", program, home]
        runs = [
            tuple(
                map(float, subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout.split())
            )
            for _ in range(5)
        ]
    names = ("import", "construct", "first question")
    return {name: sorted(run[at] for run in runs)[2] * 1000 for at, name in enumerate(names)}


def wrong_pairs() -> dict[str, tuple[int, int, int]]:
    """Language → (single-word pairs of the table, wrong by our stems, wrong by Snowball's)."""
    analysis = Analysis(load(home=Path("var"), environ={}))
    count: dict[str, list[int]] = {}
    for line in PAIRS.read_text("utf-8").splitlines():
        if line.startswith("# "):
            continue
        language, typed, verdict, other, printed = line.split("\t")
        ours = [analysis.tokens(word, language) for word in (typed, printed)]
        if language != other or any(" " in tokens.exact or not tokens.exact for tokens in ours):
            continue
        snowball = Stemmer.Stemmer(SNOWBALL[language])
        stems = [snowball.stemWord(word.lower()) for word in (typed, printed)]
        row = count.setdefault(language, [0, 0, 0])
        row[0] += 1
        row[1] += (ours[0].stem == ours[1].stem) is (verdict == "!")
        row[2] += (stems[0] == stems[1]) is (verdict == "!")
    return {language: (row[0], row[1], row[2]) for language, row in count.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--articles", type=int, default=4000)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    figures: dict[str, Any] = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": f"{platform.machine()}, Python {platform.python_version()}, one core",
    }
    for name, texts in (("invented", invented(asked.articles)), ("real", real())):
        if not texts:
            continue
        analysis = Analysis(load(home=Path("var"), environ={}))
        analysis.tokens("", "ar"), analysis.values  # the tables, which are made once a process
        figures[name] = {
            "articles": len(texts),
            "first pass, articles/s": rate(texts, analysis.tokens),
            "words known, articles/s": rate(texts, analysis.tokens),
            "spans, articles/s": rate(texts[:300], analysis.spans),
            "Snowball first pass, articles/s": rate(texts, peer := Snowball()),
            "Snowball words known, articles/s": rate(texts, peer),
        }
    figures["cold, ms"] = cold_ms()
    figures["pairs: single words, wrong by ours, by Snowball"] = wrong_pairs()
    if asked.json:
        print(json.dumps(figures, ensure_ascii=False))
        return
    for name, value in figures.items():
        rows = value.items() if isinstance(value, dict) else [("", value)]
        for key, figure in rows:
            shown = f"{figure:,.1f}" if isinstance(figure, float) else figure
            print(f"{name:<50} {key:<40} {shown}")


if __name__ == "__main__":
    main()
