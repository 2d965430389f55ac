"""Places and partners of whole short articles, as the press of five languages writes them (``where.tsv``)."""

from __future__ import annotations

import csv
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

import config
from pipeline.annotation import Annotator
from pipeline.annotation.partners import Partners
from pipeline.annotation.reading import Reading
from pipeline.annotation.whereabouts import Whereabouts
from store.records import Moment, Precision
from tests.pipeline.newsroom import article, source
from tests.quality.where import same_body

CONFIG = config.load(environ={})
ANNOTATOR = Annotator(CONFIG)
WHEREABOUTS, PARTNERS = Whereabouts(CONFIG), Partners(CONFIG)
_DAY = datetime(2026, 10, 15, 12, tzinfo=UTC)
_PUBLISHED = Moment(_DAY, Precision.MINUTE, "meta", _DAY, _DAY, "2026-10-15")


def rows() -> list[dict[str, str]]:
    with (Path(__file__).parent / "where.tsv").open(encoding="utf-8") as table:
        return list(csv.DictReader(table, delimiter="\t", quoting=csv.QUOTE_NONE))


def read(row: dict[str, str]) -> Reading:
    """The article of *row*; ¶ parts its paragraphs."""
    one = article(row["title"], *row["text"].split(" ¶ "))
    return ANNOTATOR.read(
        replace(one, language=row["language"], published=_PUBLISHED), source(row["country"])
    )


def labels(cell: str) -> list[str]:
    return [] if cell == "-" else cell.split(";")


@pytest.mark.parametrize("row", rows(), ids=lambda row: row["title"][:40])
def test_places_and_partners(row: dict[str, str]) -> None:
    reading = read(row)
    assert sorted(WHEREABOUTS.find(reading).places) == sorted(labels(row["places"]))
    found, wanted = PARTNERS.find(reading), labels(row["partners"])
    assert len(found) == len(wanted), [one.name for one in found]
    assert all(any(same_body(one, body) for one in found) for body in wanted), [one.name for one in found]
