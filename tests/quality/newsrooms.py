"""Extraction measured on whole pages of ours in the shapes of newsrooms: every field of every page.

``tests/gold/newsrooms`` holds invented pages with what a careful reader would say is right on them, written
without sight of the rules.  Not all of it can be read; what is right must not become less.
"""

from __future__ import annotations

import statistics
import tomllib
from dataclasses import dataclass
from pathlib import Path

from pipeline.extraction import extract
from store.records import Article
from tests.data import ROOT
from tests.pipeline.extraction.pages import FIELDS, gold, plain, wanted
from tests.quality.extraction import SHORT_BODY, prf

FOLDER = ROOT / "tests" / "gold" / "newsrooms"


@dataclass(frozen=True, slots=True)
class Read:
    """How one page was read."""

    name: str
    language: str
    f1: float
    short: bool
    wrong: tuple[str, ...]
    """Fields that are not what the gold says."""


def read(name: str) -> Read:
    page, rules, expected = gold(name, FOLDER)
    text = "\n".join(expected["paragraphs"])
    got = extract(page, rules)
    if not isinstance(got, Article):
        return Read(name, expected["language"], 0.0, len(text) < SHORT_BODY, FIELDS)
    wrong = tuple(
        field
        for field in FIELDS
        if (field == "published" and got.published is None) or plain(got, field) != wanted(expected, field)
    )
    return Read(name, expected["language"], prf(got.text, text)[2], len(text) < SHORT_BODY, wrong)


def reads() -> list[Read]:
    return [read(path.stem) for path in sorted(FOLDER.glob("*.json"))]


def measure(pages: list[Read]) -> dict[str, float]:
    """Mean body F1, of all pages and of the short ones; the share of pages on which each field is right."""
    out = {
        "body_f1": statistics.fmean(page.f1 for page in pages),
        "body_f1_short": statistics.fmean(page.f1 for page in pages if page.short),
    }
    out |= {field: 1 - sum(field in page.wrong for page in pages) / len(pages) for field in FIELDS}
    out["all_fields"] = 1 - sum(len(page.wrong) for page in pages) / (len(pages) * len(FIELDS))
    return out


def below(figures: dict[str, float]) -> list[str]:
    """A line for each figure below its floor."""
    floors = tomllib.loads((Path(__file__).parent / "floors.toml").read_text("utf-8"))["newsrooms"]
    return [
        f"{name}: {figures[name]:.3f}, floor {floor}"
        for name, floor in floors.items()
        if figures[name] < floor
    ]


def main() -> None:
    pages = reads()
    print(f"{len(pages)} pages of ours in the shapes of newsrooms")
    for name, value in measure(pages).items():
        print(f"  {name:<20}{value:>7.3f}")
    for page in sorted(pages, key=lambda page: page.f1):
        if page.wrong:
            print(f"  {page.f1:.3f} {page.name:<32}{', '.join(page.wrong)}")


if __name__ == "__main__":
    main()
