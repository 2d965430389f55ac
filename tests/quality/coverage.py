"""The labelled coverage (``data/coverage``) as the measures of understanding read it.

Stories are divided in two halves by the digest of their id (``seen``): rules are made while looking at the
texts of the seen half only; of the other one only figures are looked at.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from config.loader import Config
from config.model import Source
from pipeline.annotation import Annotator
from store.records import Article, Image, Moment, Precision, Video


@cache
def annotator_of(config: Config) -> Annotator:
    """The annotator of *config*, made once for all measures."""
    return Annotator(config)


@dataclass(frozen=True, slots=True)
class Case:
    """An article with what its annotator said of it."""

    id: str
    story: str
    seen: bool
    article: Article
    source: Source
    gold: dict[str, Any]
    """As the data's README defines it."""
    raw: dict[str, Any]
    """The whole line."""


def cases(folder: Path) -> Iterator[Case]:
    """Every article of ``data/coverage``, in the file's order."""
    outlets = json.loads((folder / "outlets.json").read_text("utf-8"))
    for line in (folder / "articles.jsonl").read_text("utf-8").splitlines():
        raw = json.loads(line)
        yield Case(
            id=raw["id"],
            story=raw["story"],
            seen=seen(raw["story"]),
            article=_article(raw),
            source=_source(raw["outlet"], outlets[raw["outlet"]]),
            gold=raw["gold"],
            raw=raw,
        )


def seen(story: str) -> bool:
    """Whether the texts of *story* may be looked at while rules are made."""
    return not hashlib.sha256(story.encode()).digest()[0] & 1


def _source(name: str, outlet: dict[str, Any]) -> Source:
    return Source(
        id=name,
        name={outlet["language"]: outlet["name"]},
        country=outlet["country"],
        languages=(outlet["language"],),
        scope=outlet["scope"],
        homepage=f"https://{name}.example/",
        timezone="UTC",
    )


def _article(raw: dict[str, Any]) -> Article:
    url = f"https://{raw['outlet']}.example/{raw['id']}"
    local = datetime.fromisoformat(raw["published"])
    at = local.astimezone(UTC)
    moment = Moment(at, Precision.MINUTE, "meta", at, at + timedelta(minutes=1), local.date().isoformat())
    caption = raw.get("image_caption")
    return Article(
        source_id=raw["outlet"],
        url=url,
        canonical_url=url,
        title=raw["title"] or "",
        subtitle=raw.get("subtitle"),
        paragraphs=tuple(raw["paragraphs"]),
        language=raw["language"],
        authors=tuple(raw.get("authors") or ()),
        published=moment,
        section=raw.get("section"),
        images=(Image(f"{url}.jpg", caption),) if caption else (),
        videos=(Video(f"{url}.mp4", "html5"),) if raw.get("video") else (),
    )
