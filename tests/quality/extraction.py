"""Extraction measured on the labelled pages: ``python -m tests.quality.extraction`` prints the table.

Metrics as the data's README defines them: 4-gram word-shingle precision, recall and F1 a page, then the mean;
title by equality after NFKD, case folding and removal of punctuation; date by exact day; authors by exact
set.
``meta_baseline`` (JSON-LD ``articleBody``, else every ``<p>``) is the peer that is always there; the others
(:mod:`tests.quality.peers`) are asked where they are installed, on the same pages in the same run.
Rules hold nothing but the language of the page, as for an outlet that the catalogue does not know.
"""

from __future__ import annotations

import gzip
import json
import re
import statistics
import time
import tomllib
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from lxml import etree

import config
from pipeline.extraction import dates, extract
from pipeline.rules import Known, Rules
from store.records import Article, FetchedPage, Link, Via
from tests.data import data_dir

FETCHED_AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
LANGUAGES = ("ar", "fr", "es", "en")
SHORT_BODY = 1500
_WORD = re.compile(r"\w+")


def gold_pages(root: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    """(page file, its gold with the name of its set) of every labelled page."""
    for folder in sorted(root.iterdir()):
        if (folder / "pages").is_dir():
            for line in (folder / "gold.jsonl").read_text("utf-8").splitlines():
                gold = json.loads(line)
                gold["set"] = folder.name
                yield folder / "pages" / f"{gold['id']}.html.gz", gold


def fetched(body: bytes, gold: dict[str, Any]) -> FetchedPage:
    """The page as a spider would hand it over, without any hint."""
    url = gold["url"]
    headers = (("content-type", "text/html; charset=utf-8"),)
    return FetchedPage(Link(gold["set"], url, url, Via.FEED), url, url, 200, headers, body, FETCHED_AT)


# --- metrics --------------------------------------------------------------------------------------------


def words(text: str) -> list[str]:
    return _WORD.findall(unicodedata.normalize("NFKC", text).lower())


def shingles(text: str, n: int = 4) -> Counter[tuple[str, ...]]:
    """The runs of *n* words of a text, counted; a shorter text is one run."""
    tokens = words(text)
    if len(tokens) < n:
        return Counter([tuple(tokens)]) if tokens else Counter()
    return Counter(zip(*(tokens[i:] for i in range(n)), strict=False))


def prf(found: str, gold: str) -> tuple[float, float, float]:
    """Precision, recall and F1 of the shingles of one text against another."""
    a, b = shingles(found), shingles(gold)
    if not a or not b:
        return (1.0, 1.0, 1.0) if not a and not b else (0.0, 0.0, 0.0)
    common = (a & b).total()
    p, r = common / a.total(), common / b.total()
    return p, r, 2 * p * r / (p + r) if common else 0.0


def bare(text: str) -> str:
    """A title or name without case, accents' compositions, punctuation and spaces."""
    return re.sub(r"[\W_]", "", unicodedata.normalize("NFKD", text).casefold())


def meta_baseline(body: bytes) -> str:
    """The peer: JSON-LD ``articleBody``, else every ``<p>`` of the longest ``<article>``, else every
    ``<p>``."""
    root = etree.fromstring(body, parser=etree.HTMLParser(encoding="utf-8", huge_tree=True))
    if root is None:
        return ""
    for script in root.iter("script"):
        if "ld+json" in (script.get("type") or "") and script.text:
            try:
                queue = [json.loads(script.text, strict=False)]
            except ValueError:
                continue
            while queue:
                value = queue.pop()
                if isinstance(value, list):
                    queue += value
                elif isinstance(value, dict):
                    text = value.get("articleBody")
                    if isinstance(text, str) and len(text) > 200:
                        return text
                    queue += [v for k, v in value.items() if k == "@graph"]
    boxes = [_paragraphs(box) for box in root.iter("article")]
    longest = max(boxes, key=len, default="")
    return longest if len(longest) > 200 else _paragraphs(root)


def _paragraphs(box: Any) -> str:
    return "\n".join(" ".join("".join(p.itertext()).split()) for p in box.iter("p"))


# --- one page -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Score:
    """How well one extractor read one page; ``None`` = no gold for that field."""

    seconds: float
    body: tuple[float, float, float] | None
    title: bool | None
    authors: bool | None
    date: bool | None
    date_given: bool


def score(
    gold: dict[str, Any], seconds: float, text: str, title: str, authors: Iterable[str], day: str | None
) -> Score:
    """What was found on a page against its *gold*; *seconds* is the CPU time that it took."""
    return Score(
        seconds=seconds,
        body=prf(text, gold["body"]) if gold.get("body") else None,
        title=bare(title) == bare(gold["title"]) if gold.get("title") else None,
        authors=set(map(bare, authors)) == set(map(bare, gold["authors"])) if gold.get("authors") else None,
        date=day == gold["date"] if gold.get("date") else None,
        date_given=day is not None,
    )


@dataclass(frozen=True, slots=True)
class Row:
    """What one page came to."""

    gold: dict[str, Any]
    score: Score
    text: str
    """What was read; empty if the page was rejected."""
    rejected: str | None
    second: bool
    """Whether the text was found at a second reading."""
    peer: float | None
    """Body F1 of ``meta_baseline``; ``None`` = no gold body."""
    with_found: int
    with_all: int
    without_found: int
    without_all: int

    @property
    def language(self) -> str:
        return str(self.gold["lang"]).split("-")[0]

    @property
    def site(self) -> str:
        return str(self.gold.get("domain") or urlsplit(self.gold["url"]).hostname or "")

    @property
    def short(self) -> bool:
        return len(self.gold.get("body", "")) < SHORT_BODY


@cache
def known() -> Known:
    """What the catalogue knows of agencies and accounts, as in the product."""
    return Known.of(config.load(environ={}))


def measure_page(item: tuple[Path, dict[str, Any]]) -> Row:
    path, gold = item
    raw = gzip.decompress(path.read_bytes())
    page = fetched(raw, gold)
    rules = Rules.default(gold["lang"], known=known())
    start = time.process_time()
    got = extract(page, rules)
    seconds = time.process_time() - start
    article = got if isinstance(got, Article) else None
    text = article.text if article else ""
    day = article.published.local_date if article and article.published else None
    flat = " ".join(text.split())
    head = f"{article.title} {article.subtitle or ''} {flat}" if article else ""
    have = [" ".join(s.split()) for s in gold.get("with", ())]
    avoid = [" ".join(s.split()) for s in gold.get("without", ())]
    return Row(
        gold=gold,
        score=score(
            gold, seconds, text, article.title if article else "", article.authors if article else (), day
        ),
        text=text,
        rejected=None if isinstance(got, Article) else f"{got.reason}: {got.detail}",
        second=article is not None and "second_reading" in article.flags,
        peer=prf(meta_baseline(raw), gold["body"])[2] if gold.get("body") else None,
        with_found=sum(s in head for s in have),
        with_all=len(have),
        without_found=sum(s in flat for s in avoid),
        without_all=len(avoid),
    )


def rows(root: Path, workers: int = 2) -> list[Row]:
    """Every labelled page, measured in *workers* processes."""
    pages = list(gold_pages(root))
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        return list(pool.map(measure_page, pages, chunksize=16))


# --- the figures ----------------------------------------------------------------------------------------


def _mean(values: Iterable[float]) -> float:
    values = list(values)
    return statistics.fmean(values) if values else 0.0


def visible_dates(root: Path) -> float:
    """Share of the written dates that are read to the exact day."""
    lines = (root / "dates-visible" / "gold.jsonl").read_text("utf-8").splitlines()
    gold = [json.loads(line) for line in lines]
    right = 0
    for one in gold:
        found = dates.written(one["text"], now=FETCHED_AT)
        right += bool(found) and found[0].day.isoformat() == one["date"]
    return right / len(gold)


def fields(scores: Sequence[Score], languages: Sequence[str], short: Sequence[bool]) -> dict[str, float]:
    """The figures of one extractor on the same pages: its *scores*, the pages' languages and lengths."""
    read = [(s.body, language, brief) for s, language, brief in zip(scores, languages, short, strict=True)]
    bodies = [(body, language, brief) for body, language, brief in read if body]
    out = {
        "body_f1": _mean(body[2] for body, _, _ in bodies),
        "body_p": _mean(body[0] for body, _, _ in bodies),
        "body_r": _mean(body[1] for body, _, _ in bodies),
        "body_f1_short": _mean(body[2] for body, _, brief in bodies if brief),
    }
    for name in LANGUAGES:
        out[f"body_f1_{name}"] = _mean(body[2] for body, language, _ in bodies if language == name)
    out["body_f1_mean_of_4"] = _mean(out[f"body_f1_{name}"] for name in LANGUAGES)
    out["title"] = _mean(s.title for s in scores if s.title is not None)
    out["authors"] = _mean(s.authors for s in scores if s.authors is not None)
    dated = [s for s in scores if s.date is not None]
    out["date"] = _mean(bool(s.date) for s in dated)
    out["date_wrong_when_given"] = _mean(not s.date for s in dated if s.date_given)
    times = sorted(s.seconds * 1000 for s in scores)
    out["ms_p50"], out["ms_p95"] = times[len(times) // 2], times[int(len(times) * 0.95)]
    return out


def measure(all_rows: Sequence[Row], root: Path) -> dict[str, float]:
    """Every figure of ours by name; shares between 0 and 1, times in ms of CPU."""
    bodies = [r for r in all_rows if r.score.body]
    out: dict[str, float] = {"pages": len(all_rows), "bodies": len(bodies)}
    out |= fields([r.score for r in all_rows], [r.language for r in all_rows], [r.short for r in all_rows])
    out["peer_f1"] = _mean(r.peer for r in bodies if r.peer is not None)
    for language in LANGUAGES:
        out[f"peer_f1_{language}"] = _mean(
            r.peer for r in bodies if r.language == language and r.peer is not None
        )
    out["snippets_with"] = sum(r.with_found for r in all_rows) / max(1, sum(r.with_all for r in all_rows))
    out["snippets_without"] = sum(r.without_found for r in all_rows) / max(
        1, sum(r.without_all for r in all_rows)
    )
    out["visible_dates"] = visible_dates(root)
    out["second_reading"] = _mean(r.second for r in all_rows)
    out["rejected"] = sum(r.rejected is not None for r in all_rows)
    return out


AT_MOST = frozenset(("snippets_without", "date_wrong_when_given", "rejected"))


def below(figures: dict[str, float]) -> list[str]:
    """A line for each figure on the wrong side of its floor, and for each language in which the peer is
    better."""
    floors = tomllib.loads((Path(__file__).parent / "floors.toml").read_text("utf-8"))["extraction"]
    faults = [
        f"{name}: {figures[name]:.4f}, floor {floor}"
        for name, floor in floors.items()
        if (figures[name] > floor if name in AT_MOST else figures[name] < floor)
    ]
    return faults + [
        f"{language}: {figures[f'body_f1_{language}']:.4f}, the peer {figures[f'peer_f1_{language}']:.4f}"
        for language in LANGUAGES
        if figures[f"body_f1_{language}"] < figures[f"peer_f1_{language}"]
    ]


def main() -> None:
    from tests.quality import peers, side_by_side

    root = data_dir("extraction")
    all_rows = rows(root)
    for name, value in measure(all_rows, root).items():
        print(f"{name:32}{value:>10.4f}" if value != int(value) or value <= 1 else f"{name:32}{value:>10.0f}")
    print()
    if peers.installed():
        print(side_by_side.report(all_rows, peers.ask(list(gold_pages(root)))))
    else:
        print(peers.MISSING)


if __name__ == "__main__":
    main()
