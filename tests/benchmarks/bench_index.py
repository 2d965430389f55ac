"""How fast the embedded index takes articles in and answers, on an invented press.

    python -m tests.benchmarks.bench_index [--articles 100000 | --million] [--home DIR] [--json]

The corpus: four languages (35 % Arabic), words by Zipf's law with the prefixes and endings of their language,
350 words an article, 300 sources, 730 days, bursts around events, every article different.  Making them is
not in the time; everything from the article to the committed index is, by the code that ``marsad index
rebuild`` runs.  ``--workers N`` says how many processes analyse (1 = the writing one alone; default: one a
core).
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import shutil
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import accumulate, chain, islice
from multiprocessing import get_context
from pathlib import Path
from statistics import quantiles
from typing import Any

import config as configuration
from config.model import Source
from config.zones import zone
from search import scope
from search.analysers import Analysers
from search.analysis import Analysis
from search.embedded import EmbeddedEngine
from search.indexer import REBUILD_COMMIT
from search.query import parse
from search.trends import Asked, count_over_time
from store.records import Annotated, Article, Capture, Moment, Precision, Relevance, Relevant, StoredArticle

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
DAYS = 730
LANGUAGES = ("ar", "fr", "en", "es")
SHARES = (35, 35, 15, 15)
FACETS = ("source", "lang", "country", "institution", "place")
_ALPHABET = {
    "ar": "ابتثجحخدذرزسشصضطظعغفقكلمنهوي",
    "fr": "abcdefgilmnoprstuv",
    "en": "abcdefghiklmnoprstuwy",
    "es": "abcdefgilmnoprstuvz",
}
_FORMS = {
    "ar": ("{}", "ال{}", "وال{}", "ب{}", "{}ة", "{}ات", "ال{}ين"),
    "fr": ("{}", "{}s", "l'{}", "{}e", "{}ement"),
    "en": ("{}", "{}s", "{}ed", "{}ing"),
    "es": ("{}", "{}s", "{}os", "{}ado"),
}
_VOCABULARY = 60_000


class Press:
    """Articles by number: the same number gives the same article in every process."""

    def __init__(self) -> None:
        self.words: dict[str, list[str]] = {}
        self.forms: dict[str, tuple[list[str], list[float]]] = {}
        for language in LANGUAGES:
            rng = random.Random(f"words {language}")
            letters = _ALPHABET[language]
            self.words[language] = [
                "".join(
                    rng.choices(letters, k=min(9, 3 + int(rng.expovariate(0.4)) + rank.bit_length() // 5))
                )
                for rank in range(_VOCABULARY)
            ]
            printed, weights = [], []
            for rank, word in enumerate(self.words[language]):
                for place, form in enumerate(_FORMS[language]):
                    printed.append(form.format(word))
                    weights.append(1 / (rank + 2.7) / (place + 1))
            self.forms[language] = printed, list(accumulate(weights))
        self.sources = {f"s{number:03}": _source(number) for number in range(300)}
        rng = random.Random("bursts")
        self.bursts = [rng.randrange(DAYS) for _ in range(24)]

    def article(self, number: int) -> StoredArticle:
        rng = random.Random(number)
        language = rng.choices(LANGUAGES, SHARES)[0]
        day = rng.choice(self.bursts) if rng.random() < 0.1 else rng.randrange(DAYS)
        at = NOW - timedelta(days=day, minutes=rng.randrange(1440))
        size = max(30, int(rng.gauss(350, 120)))
        printed, weights = self.forms[language]
        text = rng.choices(printed, cum_weights=weights, k=size)
        source = f"s{int(rng.paretovariate(0.6)) % 300:03}"
        url = f"https://{source}.example/{number}"
        relevance = rng.choices(("in", "adjacent", "homonym", "none"), (35, 15, 5, 45))[0]
        article = Article(
            source_id=source, url=url, canonical_url=url, title=" ".join(text[:11]),
            paragraphs=(" ".join(text[11:]),), language=language,
            published=Moment(at, Precision.MINUTE, "meta", at, at, at.date().isoformat()),
        )  # fmt: skip
        return StoredArticle(
            article_id=f"{random.Random(-number - 1).getrandbits(128):032x}",
            revision=1,
            annotated=Annotated(
                article, Relevance(Relevant(relevance)),
                tuple(f"i{rng.randrange(60)}" for _ in range(rng.randrange(3))),
                tuple(f"p{rng.randrange(120)}" for _ in range(rng.randrange(3))),
            ),
            first_seen_at=at, last_seen_at=at, removed_at=None, capture=Capture("b.warc.gz", 0, "0" * 64),
        )  # fmt: skip


def _source(number: int) -> Source:
    return Source(
        id=f"s{number:03}",
        name={},
        country=("MA", "FR", "ES", "GB", "DZ")[number % 5 if number % 3 else 0],
        languages=("ar",),
        scope=("national", "international", "agency")[number % 3],
        homepage="https://e.example/",
        timezone="Africa/Casablanca",
    )


_press: Press
_analysis: Analysis


def _prepare() -> None:
    global _press, _analysis
    _press = Press()
    _analysis = Analysis(configuration.load(home=Path("var"), environ={}))


def _articles(numbers: range) -> list[StoredArticle]:
    return [_press.article(number) for number in numbers]


def build(home: Path, total: int, workers: int | None, report: Callable[[str], None]) -> dict[str, float]:
    """Fill an index under *home*; returns the rates."""
    config = configuration.load(home=home, environ={})
    engine = EmbeddedEngine(home, config, analysis=_analysis)
    step, uncommitted, spent, used = 10_000, 0, 0.0, 0.0
    # Forked before there is any thread.  The analysers end first, so that the children's CPU is theirs.
    with get_context("fork").Pool(2) as pool, engine.rebuilding() as fresh:
        with Analysers(_analysis, workers) as analysers:
            analysers.expect(lambda: total)
            for start in range(0, total, step):
                end = min(start + step, total)
                made = pool.map(_articles, [range(at, min(at + 500, end)) for at in range(start, end, 500)])
                began, before = time.perf_counter(), time.process_time()
                documents = analysers.documents(chain.from_iterable(made), _press.sources)
                while count := fresh.upsert(islice(documents, 500)):
                    uncommitted += count
                if uncommitted >= REBUILD_COMMIT or end == total:
                    fresh.refresh()
                    uncommitted = 0
                spent += time.perf_counter() - began
                used += time.process_time() - before
                if end % 50_000 == 0:
                    report(f"  {end:,} articles, {end / spent:,.0f}/s so far; load {os.getloadavg()[0]:.1f}")
        helping = os.times().children_user + os.times().children_system
    engine.close()
    return {
        "articles": total,
        "articles_per_s": round(total / spent),
        "build_s": round(spent, 1),
        "cpu_ms_helpers": round(helping / total * 1000, 3),
        "cpu_ms_writer": round(used / total * 1000, 3),
    }


def queries(rng: random.Random) -> dict[str, list[str]]:
    """Query texts by kind; words of every language, common to rare."""

    def word(low: int, high: int) -> str:
        return _press.words[rng.choice(LANGUAGES)][rng.randrange(low, high)]

    return {
        "term, common": [word(0, 40) for _ in range(60)],
        "term, middling": [word(300, 3000) for _ in range(60)],
        "term, rare": [word(20_000, 60_000) for _ in range(60)],
        "two terms": [f"{word(0, 40)} {word(300, 3000)}" for _ in range(60)],
        "prefix": [f"{word(0, 3000)[:3]}*" for _ in range(40)],
        "term, 30 days": [f"{word(0, 40)} from:30d" for _ in range(40)],
    }


def ask(home: Path) -> dict[str, tuple[float, float, float, float]]:
    """Milliseconds of each kind of question: p50 and p95 on the clock, then of CPU; the index is warm.

    A question runs in one thread, so on a machine with other work its CPU time says more than the clock.
    """
    config = configuration.load(home=home, environ={})
    engine = EmbeddedEngine(home, config, analysis=_analysis)
    rng = random.Random("queries")
    asked = queries(rng)
    tasks: list[tuple[str, Callable[[], object]]] = []

    def hits(text: str, **more: Any) -> Callable[[], object]:
        tree = scope.shown(parse(text))
        return lambda: engine.search(tree, now=NOW, limit=10, **more)

    def days(text: str, **more: Any) -> Callable[[], object]:
        tree = parse(text)
        since, until = scope.times(tree, NOW, zone("Africa/Casablanca"))
        one = Asked(text, scope.shown(tree), scope.press(tree), since, until, {})
        return lambda: count_over_time(engine, [one], now=NOW, time_zone="Africa/Casablanca", **more)

    def histogram() -> object:
        return engine.count_over_time(None, now=NOW, clock="day")

    for kind, texts in asked.items():
        tasks += [(kind, hits(text)) for text in texts]
    common = asked["term, common"] + asked["term, middling"]
    tasks += [("term, by score", hits(text, sort="score")) for text in common]
    tasks += [("term + 5 facets", hits(text, facets=FACETS)) for text in common]
    tasks += [("term -> trend by day (count and total)", days(text)) for text in common]
    tasks += [("term -> trend by day, split by lang", days(text, split="lang")) for text in common[:40]]
    tasks += [("day histogram over all", histogram)] * 60
    tasks += [("trend by day over all (count and total)", days(""))] * 30
    tasks += [("trend by hour, 30 days", days(f"{text} from:30d", interval="hour")) for text in common[:20]]
    for _, task in tasks[:: max(1, len(tasks) // 50)]:
        task()
    rng.shuffle(tasks)
    taken: dict[str, list[tuple[float, float]]] = {}
    for kind, task in tasks:
        began, used = time.perf_counter(), time.process_time()
        task()
        both = (time.perf_counter() - began) * 1000, (time.process_time() - used) * 1000
        taken.setdefault(kind, []).append(both)
    engine.close()
    return {kind: (*_spread(clock), *_spread(cpu)) for kind, (clock, cpu) in _columns(taken)}


def _columns(
    taken: dict[str, list[tuple[float, float]]],
) -> list[tuple[str, tuple[list[float], list[float]]]]:
    return [(kind, ([c for c, _ in both], [u for _, u in both])) for kind, both in sorted(taken.items())]


def _spread(times: list[float]) -> tuple[float, float]:
    cuts = quantiles(times, n=20)
    return cuts[9], cuts[18]


BARS = {
    "term, common": 10.0,
    "term, middling": 10.0,
    "term, rare": 10.0,
    "term + 5 facets": 25.0,
    "day histogram over all": 25.0,
}
"""Milliseconds at p95 that are to be kept at a million articles."""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--articles", type=int, default=100_000)
    parser.add_argument("--million", action="store_const", dest="articles", const=1_000_000)
    parser.add_argument("--workers", type=int, default=None)
    parser.add_argument(
        "--home", type=Path, help="keep the index here, and ask it alone if it is there already"
    )
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    _prepare()
    home = asked.home or Path(tempfile.mkdtemp(prefix="marsad-bench-"))
    try:
        built: dict[str, float] = {}
        if not (home / "index" / "CURRENT").exists():
            home.mkdir(parents=True, exist_ok=True)
            built = build(home, asked.articles, asked.workers, lambda line: print(line, flush=True))
        config = configuration.load(home=home, environ={})
        with EmbeddedEngine(home, config, analysis=_analysis) as engine:
            info = engine.info()
        latencies = ask(home)
    finally:
        if asked.home is None:
            shutil.rmtree(home, ignore_errors=True)
    if asked.json:
        print(
            json.dumps({"built": built, "articles": info.articles, "bytes": info.size_bytes, "ms": latencies})
        )
        return
    print(f"\n{info.articles:,} articles, {info.size_bytes / 2**20:,.0f} MiB, {platform.platform()}")
    if built:
        print(
            f"in: {built['articles_per_s']:,} articles/s in {built['build_s']} s [bar 1,500/s]; "
            f"CPU a thousand: {built['cpu_ms_helpers']} s of the analysing processes, "
            f"{built['cpu_ms_writer']} s of the writing one; load now {os.getloadavg()[0]:.1f}\n"
        )
    print(f"{'milliseconds':42} {'p50':>8} {'p95':>8} {'bar':>6} {'CPU p50':>9} {'CPU p95':>8}")
    for kind, (middle, high, cpu, cpu_high) in latencies.items():
        bar = BARS.get(kind, "")
        print(f"{kind:42} {middle:8.1f} {high:8.1f} {bar:>6} {cpu:9.1f} {cpu_high:8.1f}")


if __name__ == "__main__":
    main()
