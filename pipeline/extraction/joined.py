"""An article that its outlet cut into several pages, made whole again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TypeVar

from pipeline.extraction.article import extract
from pipeline.extraction.text import key
from pipeline.rules import Rules
from store.records import Article, FetchedPage, Rejection

Part = TypeVar("Part")


def joined(pages: Sequence[FetchedPage], rules: Rules) -> Article | Rejection:
    """The article whose *pages* are given in order, or why the first one shows none.

    What the first page says of title, date and authors holds; text, pictures, videos, entries and quoted
    accounts of the others are added, less what every page repeats (standfirst, player).  Flags:
    ``pages_joined``, and ``page_missing`` where one of the others could not be read.
    Raises :class:`ValueError` for no page at all.
    """
    if not pages:
        raise ValueError("no page to read")
    whole = extract(pages[0], rules)
    if isinstance(whole, Rejection) or len(pages) == 1:
        return whole
    flags = [*whole.flags, "pages_joined"]
    for page in pages[1:]:
        part = extract(page, rules)
        if isinstance(part, Rejection):
            flags.append("page_missing")
        else:
            whole = _with(whole, part)
    return replace(whole, flags=tuple(dict.fromkeys(flags)))


def _with(whole: Article, part: Article) -> Article:
    said = {key(line) for line in whole.paragraphs}
    begun = {entry.paragraph for entry in part.entries}
    kept = [index for index, line in enumerate(part.paragraphs) if index in begun or key(line) not in said]
    places = {old: len(whole.paragraphs) + new for new, old in enumerate(kept)}
    return replace(
        whole,
        paragraphs=(*whole.paragraphs, *(part.paragraphs[index] for index in kept)),
        images=_once((*whole.images, *part.images)),
        videos=_once((*whole.videos, *part.videos)),
        entries=(*whole.entries, *(replace(one, paragraph=places[one.paragraph]) for one in part.entries)),
        official_accounts=_once((*whole.official_accounts, *part.official_accounts)),
        agencies=_once((*whole.agencies, *part.agencies)),
        tags=_once((*whole.tags, *part.tags)),
        access=part.access,
    )


def _once(parts: Iterable[Part]) -> tuple[Part, ...]:
    """*parts* without those met before: by address where they have one."""
    found: dict[object, Part] = {}
    for part in parts:
        found.setdefault(getattr(part, "url", part), part)
    return tuple(found.values())
