"""The invented press as data: outlets, and articles with their dates counted back from a day.

``press/outlets.yml`` lists the outlets, ``press/stories/*.yml`` the stories: each has a ``day`` (0 = the last
day, -84 = twelve weeks before) and its articles; texts name days as ``{date+3:fr}``, from that day on.  An
article is written out, or is a copy of another (``copy_of``, ``edit``: how it was changed).  Act 1 is what
the first visit sees; in act 2 some pages have been edited (``revised``) or taken down (``removed``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from config.zones import zone

FOLDER = Path(__file__).parent / "press"


@dataclass(frozen=True, slots=True)
class Outlet:
    """One invented outlet."""

    id: str
    name: str
    language: str
    country: str
    scope: str
    timezone: str
    address: str
    """Loopback address that it is served on."""
    layout: str
    """Which page layout of :mod:`demo.pages` it uses."""
    entry_points: tuple[str, ...]
    """Kinds of listing that it offers, in order."""
    behaviour: str = "ok"
    """``ok``, ``refuses`` (robots.txt forbids everything) or ``sick_feed`` (a feed cut off in the middle)."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One article as its outlet prints it."""

    id: str
    number: int
    """Unique, stable: what outlets with numeric URLs use."""
    story: str
    outlet: str
    published_at: datetime
    """Aware, in the outlet's zone."""
    title: str
    paragraphs: tuple[str, ...]
    subtitle: str | None = None
    authors: tuple[str, ...] = ()
    section: str | None = None
    tags: tuple[str, ...] = ()
    captions: tuple[str, ...] = ()
    """Of its pictures, one each."""
    video: str | None = None
    modified_at: datetime | None = None


@dataclass(frozen=True)
class Press:
    """The whole press as one act shows it on *today*."""

    outlets: Mapping[str, Outlet]
    pieces: tuple[Piece, ...]
    """Newest first."""
    removed: tuple[Piece, ...] = ()
    """What was there in act 1 and is gone."""

    @cached_property
    def by_outlet(self) -> dict[str, list[Piece]]:
        """The pieces of each outlet, newest first."""
        shelves: dict[str, list[Piece]] = {outlet: [] for outlet in self.outlets}
        for piece in self.pieces:
            shelves[piece.outlet].append(piece)
        return shelves


def load(today: date, act: int = 1, folder: Path = FOLDER) -> Press:
    """The press on *today*, in *act* 1 or 2.

    Raises ``ValueError`` naming the article for an outlet, a copy or an edit that does not exist.
    """
    outlets = {row["id"]: _outlet(row) for row in _read(folder / "outlets.yml")}
    pieces: dict[str, Piece] = {}
    removed: list[Piece] = []
    for path in sorted((folder / "stories").glob("*.yml")):
        for story in _episodes(_read(path)):
            for row in story["articles"]:
                piece = _piece(row, story, outlets, pieces, today, number=1000 + len(pieces) + len(removed))
                if piece.id in pieces:
                    raise ValueError(f"{path.name}: two articles are called {piece.id!r}")
                if act >= 2 and row.get("removed"):
                    removed.append(piece)
                    continue
                if act >= 2 and "revised" in row:
                    piece = _revised(piece, row["revised"], today)
                pieces[piece.id] = piece
    newest_first = sorted(pieces.values(), key=lambda piece: (piece.published_at, piece.id), reverse=True)
    return Press(outlets, tuple(newest_first), tuple(removed))


def _read(path: Path) -> list[dict[str, Any]]:
    rows = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    return list(rows or [])


def _outlet(row: dict[str, Any]) -> Outlet:
    return Outlet(**{**row, "entry_points": tuple(row["entry_points"])})


def _episodes(stories: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Each story once, or once for each entry of its ``series``, with article ids made whole."""
    for story in stories:
        for episode in story.get("series", [{}]):
            name = "-".join(filter(None, [story["id"], episode.get("id")]))
            rows = []
            for row in story["articles"]:
                whole = {**row, "id": f"{name}-{row['id']}"}
                if "copy_of" in row and episode:
                    whole["copy_of"] = row["copy_of"].replace(story["id"], name, 1)
                rows.append(whole)
            yield {**story, **episode, "id": name, "articles": rows}


def _piece(
    row: dict[str, Any],
    story: dict[str, Any],
    outlets: Mapping[str, Outlet],
    known: Mapping[str, Piece],
    today: date,
    number: int,
) -> Piece:
    if row["outlet"] not in outlets:
        raise ValueError(f"{row['id']}: no outlet {row['outlet']!r}")
    where = zone(outlets[row["outlet"]].timezone)
    day = today + timedelta(days=story["day"] + row.get("days_later", 0))
    clock = time.fromisoformat(row["time"])
    facts = {
        "id": row["id"],
        "number": number,
        "story": story["id"],
        "outlet": row["outlet"],
        "published_at": datetime.combine(day, clock, where),
        "authors": tuple(row.get("authors", ())),
        "section": row.get("section"),
        "tags": tuple(row.get("tags", ())),
        "captions": tuple(row.get("captions", ())),
        "video": row.get("video"),
    }
    began = today + timedelta(days=story["day"])

    def filled(text: str) -> str:
        return _filled(text, story.get("fill", {}), began)

    if "copy_of" in row:
        if row["copy_of"] not in known:
            raise ValueError(f"{row['id']}: copies {row['copy_of']!r}, which is not printed before it")
        return _copied({**row, "title": filled(row.get("title", ""))}, facts, known[row["copy_of"]])
    return Piece(
        **facts,
        title=filled(row["title"]),
        subtitle=filled(row["subtitle"]) if row.get("subtitle") else None,
        paragraphs=tuple(map(filled, row["paragraphs"])),
    )


_DATE = re.compile(r"\{date([+-]\d+):(\w\w)\}")
_MONTHS = {
    "ar": "يناير فبراير مارس أبريل ماي يونيو يوليوز غشت شتنبر أكتوبر نونبر دجنبر".split(),
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre".split(),
}


def _filled(text: str, fill: Mapping[str, Any], began: date) -> str:
    """*text* with ``{names}`` of the story's ``fill`` put in, and ``{date-4:ar}``: the day four days before
    the story *began*, as that language writes it."""
    for name, value in fill.items():
        text = text.replace("{" + name + "}", str(value))

    def written(match: re.Match[str]) -> str:
        day = began + timedelta(days=int(match[1]))
        return f"{day.day} {_MONTHS[match[2]][day.month - 1]}"

    return _DATE.sub(written, text)


def _copied(row: dict[str, Any], facts: dict[str, Any], source: Piece) -> Piece:
    """A copy of *source*, changed as desks change copies."""
    paragraphs = source.paragraphs
    match row.get("edit", "verbatim"):
        case "verbatim" | "retitled":
            pass
        case "truncated":
            paragraphs = paragraphs[: (len(paragraphs) + 1) // 2]
        case "prefixed":
            paragraphs = (row["lead"], *paragraphs)
        case other:
            raise ValueError(f"{row['id']}: no edit {other!r}")
    return Piece(
        **facts, title=row["title"] or source.title, subtitle=row.get("subtitle"), paragraphs=paragraphs
    )


def _revised(piece: Piece, change: dict[str, Any], today: date) -> Piece:
    """*piece* as the outlet shows it after its edit, stamped at the last day's noon or later."""
    stamp = max(
        piece.published_at + timedelta(hours=1),
        datetime.combine(today, time(0, 5), piece.published_at.tzinfo),
    )
    return replace(
        piece,
        title=change.get("title", piece.title),
        paragraphs=tuple(change.get("paragraphs", piece.paragraphs)),
        modified_at=stamp,
    )
