"""What one crawl process is to do: which sources, by which terms; made by ``run`` or of ``-a`` arguments."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, date, datetime
from typing import Any, Self

from config.model import EntryPoint, Source


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(item) for item in value]
    return value


def _source(data: dict[str, Any]) -> Source:
    known = {field.name for field in fields(Source)}
    values: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in data.items() if key in known
    }
    values["entry_points"] = tuple(
        EntryPoint(**{**entry, "evidence": tuple(entry.get("evidence", ()))})
        for entry in data["entry_points"]
    )
    # Selector rules are for reading, which happens elsewhere.
    values["rules"] = ()
    return Source(**values)


def leads_of(sources: Iterable[Source], catalogue: Iterable[Source]) -> tuple[Source, ...]:
    """What :attr:`Assignment.leads` holds for *sources*: the enabled outlets, if one of them asks GDELT."""
    if not any(entry.kind == "gdelt" for source in sources for entry in source.entry_points):
        return ()
    return tuple(source for source in catalogue if source.enabled)


@dataclass(frozen=True, slots=True)
class Assignment:
    sources: tuple[Source, ...]
    watchwords: tuple[str, ...] = ()
    since: datetime | None = None
    force: bool = False
    """Visit listings that are not due, too: the sources were named by a person."""
    leads: tuple[Source, ...] = ()
    """The outlets that an aggregator's list may point at; none where nothing here is an aggregator."""
    heir_of: str = ""
    """Who has leased hosts for the crawl process to take over; empty = nobody."""
    folder: str = ""
    """The folder of the archive for what is fetched, a worker's; empty = the archive itself."""
    emit: Callable[[dict[str, Any]], None] | None = field(default=None, compare=False)

    def to_json(self) -> str:
        """For the stdin of ``python -m crawlers.batch``, which so need not read the catalogue."""
        return json.dumps(
            {
                "sources": [_plain(asdict(source)) for source in self.sources],
                "watchwords": list(self.watchwords),
                "since": self.since.isoformat() if self.since else None,
                "force": self.force,
                "leads": [_plain(asdict(source)) for source in self.leads],
                "heir_of": self.heir_of,
                "folder": self.folder,
            }
        )

    @classmethod
    def from_json(cls, text: str, emit: Callable[[dict[str, Any]], None] | None = None) -> Self:
        data = json.loads(text)
        return cls(
            sources=tuple(_source(item) for item in data["sources"]),
            watchwords=tuple(data["watchwords"]),
            since=datetime.fromisoformat(data["since"]) if data["since"] else None,
            force=data["force"],
            leads=tuple(_source(item) for item in data["leads"]),
            heir_of=data["heir_of"],
            folder=data["folder"],
            emit=emit,
        )

    @classmethod
    def from_arguments(cls, source: str = "", since: str | None = None) -> Self:
        """``-a source=ID[,ID…] [-a since=YYYY-MM-DD]``; raises ``ValueError`` for an unknown id."""
        import config  # only here: a batch gets its sources ready-made

        catalogue = config.load()
        ids = [part.strip() for part in source.split(",") if part.strip()]
        if not ids:
            raise ValueError("which outlet? scrapy crawl outlet -a source=ID[,ID…]")
        unknown = [name for name in ids if name not in catalogue.sources]
        if unknown:
            raise ValueError(f"no source {', '.join(unknown)} in the catalogue (marsad sources list)")
        for name in ids:
            if not catalogue.sources[name].enabled:
                raise ValueError(f"{name} is disabled: {catalogue.sources[name].reason}")
        sources = tuple(catalogue.sources[name] for name in ids)
        return cls(
            sources=sources,
            leads=leads_of(sources, catalogue.sources.values()),
            watchwords=tuple(catalogue.watchwords),
            since=datetime.fromisoformat(since).replace(tzinfo=UTC) if since else None,
            force=True,
        )
