"""The embedded engine: reads and writes the tantivy index under a home.

Readers are snapshots and take no lock; the first write takes the one writer lock and makes the index if there
is none.  tantivy panics (with a ``BaseException`` of its own) where others raise: everything that reaches
it goes through :func:`_guarded`.
"""

from __future__ import annotations

import contextlib
import functools
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import tantivy

from config.zones import zone
from search.compile import Compiler
from search.cursors import decode, encode
from search.embedded import layout, schema
from search.embedded.queries import TantivyQueries
from search.engine import (
    LABELS,
    Bucket,
    Clock,
    CursorFault,
    Document,
    EngineError,
    EngineInfo,
    Hit,
    IndexMissing,
    Page,
    RebuildNeeded,
    Sort,
    TimeCounts,
    Unwritten,
)
from search.fields import QUARTER_S

if TYPE_CHECKING:
    from config import Config
    from search.analysis import Analysis
    from search.query import Node

_MEBIBYTE = 1 << 20
_CHUNK = 5_000
"""Hits taken at a time while scanning: the cost of one look is spread over many, memory stays small."""
_VALUES = 10_000
"""Values of a facet field that are counted exactly; only tags could have more."""
_SCORED_MAX = 10_000
"""How deep paging by score goes: there is no stable key to continue from, so pages are cut from the top."""
_TIED = 64
"""Hits looked at beyond a page: more articles never share a second and 30 bits of their id."""

_ANY_TIME = datetime(1970, 1, 1, tzinfo=UTC)
"""For queries that name no time."""

P = ParamSpec("P")
T = TypeVar("T")


def _guarded(method: Callable[P, T]) -> Callable[P, T]:
    """Turns what tantivy raises, its ``PanicException`` included, into :class:`EngineError`."""

    @functools.wraps(method)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return method(*args, **kwargs)
        except BaseException as fault:
            if type(fault).__name__ == "PanicException" or (
                isinstance(fault, ValueError) and not isinstance(fault, UnicodeError) and _from_tantivy(fault)
            ):
                # tantivy's own words end in a stray "None" where it has no more to say of a lock.
                said = f"{fault}".removesuffix(". None")
                where = getattr(args[0], "_folder", "")
                raise EngineError(f"{where}: the embedded index failed: {said}{_next_move(said)}") from fault
            raise

    return wrapper


def _next_move(said: str) -> str:
    if "PermissionDenied" in said or "ReadOnlyFilesystem" in said:
        return (
            ". marsad needs to write this folder, also to search in it. "
            "Next: change its owner or mode, or name another home with --home"
        )
    if "No space left" in said or "StorageFull" in said:
        return ". Nothing is lost: free some space and go on"
    return ""


def _from_tantivy(fault: ValueError) -> bool:
    """Whether the call that raised was tantivy's (compiled code leaves no frame of its own)."""
    trace = fault.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return trace is not None and Path(trace.tb_frame.f_code.co_filename).parent == Path(__file__).parent


class EmbeddedEngine:
    """The :class:`search.engine.Engine` of one machine.

    Opening is lazy: a reader of a home without an index raises :class:`IndexMissing` at its first question,
    and one whose schema, analysis or time zone has changed raises :class:`RebuildNeeded`.
    """

    shared = None

    def __init__(
        self, home: Path, config: Config, *, analysis: Analysis | None = None, purpose: str = "indexing"
    ) -> None:
        if analysis is None:
            from search.analysis import Analysis

            analysis = Analysis(config)
        self._config = config
        self._analysis = analysis
        self._purpose = purpose
        self._home = home
        self._folder = layout.root(home)
        self._zone_name: str = config.settings["index.time_zone"]
        self._zone = zone(self._zone_name)
        self._fingerprint = schema.fingerprint(analysis.version, self._zone_name)
        self._schema = schema.build()
        self._compiler = Compiler(TantivyQueries(self._schema), analysis, self._zone)
        self._index: tantivy.Index | None = None
        self._searcher: tantivy.Searcher | None = None
        self._name: str | None = None
        self._seen: tuple[int, int] | None = None
        self._lock: layout.WriterLock | None = None
        self._writer: tantivy.IndexWriter | None = None
        self._pending: dict[str, int] = {}
        """Revisions written since the last commit: the searcher does not see them yet."""
        self._held: dict[str, tuple[int, int]] = {}
        """Articles passed over, with the newer revision that is here."""

    # -- opening ------------------------------------------------------------------------------------------

    def _open(self, name: str, *, create: bool = False) -> tantivy.Index:
        path = self._folder / name
        if create:
            path.mkdir(parents=True)
        index = tantivy.Index(self._schema, path=str(path))
        # The default policy watches the folder from a thread and makes commits visible at some later time.
        index.config_reader("manual")
        schema.register(index)
        return index

    def _reader(self) -> tantivy.Searcher:
        """A snapshot of the newest committed state; cheap when nothing was committed since the last call."""
        for _ in range(5):
            name = layout.current(self._folder) if self._lock is None or self._name is None else self._name
            if name is None:
                raise IndexMissing(
                    f"nothing is indexed under {self._folder} yet: run `marsad crawl`, "
                    "or `marsad index rebuild` where articles are stored already"
                )
            if layout.fingerprint_of(name) != self._fingerprint:
                raise RebuildNeeded(
                    f"{self._folder / name} was written under another schema, analysis or time zone "
                    f"(now {self._fingerprint}): run `marsad index rebuild`"
                )
            try:
                meta = (self._folder / name / "meta.json").stat()
                seen = (meta.st_mtime_ns, meta.st_ino)
                if self._index is None or name != self._name:
                    self._index, self._searcher, self._name = self._open(name), None, name
                if self._searcher is None or seen != self._seen:
                    self._index.reload()
                    self._searcher, self._seen = self._index.searcher(), seen
                return self._searcher
            except (FileNotFoundError, ValueError):
                # A rebuild took over between the reading of CURRENT and the opening of what it named.
                if layout.current(self._folder) == name:
                    raise
                self._index = self._searcher = self._name = None
        raise EngineError(f"{self._folder} keeps changing under its reader; try again")

    def _writing(self) -> tantivy.IndexWriter:
        if self._writer is not None:
            return self._writer
        lock = layout.WriterLock(self._folder, self._purpose)
        try:
            name = layout.current(self._folder)
            if name is None:
                name = layout.following(self._folder, self._fingerprint)
                self._open(name, create=True)
                layout.point(self._folder, name)
            elif layout.fingerprint_of(name) != self._fingerprint:
                raise RebuildNeeded(
                    f"{self._folder / name} was written under another schema, analysis or time zone: "
                    "run `marsad index rebuild`"
                )
            index = self._open(name)
            self._writer = index.writer(
                heap_size=self._config.settings["index.heap_mb"] * _MEBIBYTE, num_threads=1
            )
        except BaseException:
            lock.release()
            raise
        self._lock, self._index, self._searcher, self._name = lock, index, None, name
        return self._writer

    # -- writing ------------------------------------------------------------------------------------------

    @_guarded
    def upsert(self, documents: Iterable[Document]) -> int:
        writer = self._writing()
        batch = list(documents)
        known = self._revisions_of([document.article_id for document in batch])
        taken = 0
        for document in batch:
            if document.revision < known.get(document.article_id, 0):
                self._held[document.article_id] = (known[document.article_id], 0)
                continue
            if document.article_id in known:
                writer.delete_documents_by_term("article_id", document.article_id)
            writer.add_document(schema.to_tantivy(document, self._zone))
            known[document.article_id] = self._pending[document.article_id] = document.revision
            taken += 1
        return taken

    def unwritten(self) -> Unwritten:
        held, self._held = self._held, {}
        return Unwritten(held=held)

    def newest_order(self) -> int:
        return 0  # one process writes at a time, in order

    def _revisions_of(self, ids: Sequence[str]) -> dict[str, int]:
        searcher = self._reader()
        found: dict[str, int] = {}
        if searcher.num_docs and ids:
            query = tantivy.Query.term_set_query(self._schema, "article_id", list(ids))
            addresses = [address for _, address in searcher.search(query, limit=len(ids), count=False).hits]
            revisions = _numbers(searcher, "revision", addresses)
            found = dict(zip(self._ids(searcher, addresses), revisions, strict=True))
        found.update((identity, self._pending[identity]) for identity in ids if identity in self._pending)
        return found

    @_guarded
    def delete(self, article_ids: Iterable[str]) -> None:
        writer = self._writing()
        for identity in article_ids:
            writer.delete_documents_by_term("article_id", identity)
            self._pending.pop(identity, None)

    @_guarded
    def refresh(self) -> None:
        if self._writer is not None:
            try:
                self._writer.commit()
            except BaseException:
                # A full disk: what was committed before is whole, and the writer lives on after a rollback.
                with contextlib.suppress(ValueError):
                    self._writer.rollback()
                self._pending.clear()
                raise
            self._pending.clear()
        if self._writer is not None or layout.current(self._folder) is not None:
            self._reader()

    @contextlib.contextmanager
    def rebuilding(self) -> Iterator[EmbeddedEngine]:
        if self._writer is not None:
            raise EngineError("this engine is writing the current index: rebuild with another one")
        lock = layout.WriterLock(self._folder, "rebuild")
        fresh = EmbeddedEngine(self._home, self._config, analysis=self._analysis)
        name = layout.following(self._folder, self._fingerprint)
        try:
            index = fresh._open(name, create=True)
            heap = max(256, self._config.settings["index.heap_mb"]) * _MEBIBYTE
            fresh._writer = index.writer(heap_size=heap, num_threads=1)
            fresh._lock, fresh._index, fresh._name = lock, index, name
            yield fresh
            fresh.refresh()
            fresh._writer.wait_merging_threads()
            fresh._writer = None
            layout.point(self._folder, name)
        except BaseException:
            fresh._writer = None
            shutil.rmtree(self._folder / name, ignore_errors=True)
            raise
        finally:
            fresh.close()
        layout.sweep(self._folder, keep=name)

    # -- asking -------------------------------------------------------------------------------------------

    @_guarded
    def search(
        self,
        tree: Node | None,
        *,
        now: datetime,
        sort: Sort = "time",
        limit: int = 20,
        cursor: str | None = None,
        facets: Sequence[str] = (),
        facet_size: int = 10,
    ) -> Page:
        searcher = self._reader()
        query = self._compiler.query(tree, now)
        counted = self._facets(searcher, query, facets, facet_size) if facets else {}
        if limit <= 0:
            return Page(_total(searcher.search(query, limit=1)), (), None, counted)
        if sort == "time":
            total, hits, following = self._by_time(searcher, query, limit, cursor)
        else:
            total, hits, following = self._by_score(searcher, query, limit, cursor)
        return Page(total, hits, following, counted)

    def _by_time(
        self, searcher: tantivy.Searcher, query: tantivy.Query, limit: int, cursor: str | None
    ) -> tuple[int, tuple[Hit, ...], str | None]:
        result = None
        page = query
        after: tuple[int, str] | None = None
        if cursor is not None:
            key, identity = decode(cursor, "time")
            after = (-int(key), identity)
            older = tantivy.Query.range_query(
                self._schema, "sort_key", tantivy.FieldType.Integer, upper_bound=int(key)
            )
            page = self._compiler.both(query, older)
            result = searcher.search(page, limit=limit + _TIED, count=False, order_by_field="sort_key")
            total = _total(searcher.search(query, limit=1))
        else:
            result = searcher.search(page, limit=limit + _TIED, order_by_field="sort_key")
            total = _total(result)
        keys = [key for key, _ in result.hits]
        ids = self._ids(searcher, [address for _, address in result.hits])
        found = sorted((-key, identity) for key, identity in zip(keys, ids, strict=True))
        if after is not None:
            found = [entry for entry in found if entry > after]
        shown = found[:limit]
        more = len(found) > limit
        following = encode("time", str(-shown[-1][0]), shown[-1][1]) if more else None
        return total, tuple(Hit(identity, None) for _, identity in shown), following

    def _by_score(
        self, searcher: tantivy.Searcher, query: tantivy.Query, limit: int, cursor: str | None
    ) -> tuple[int, tuple[Hit, ...], str | None]:
        offset = int(decode(cursor, "score")[0]) if cursor is not None else 0
        wanted = offset + limit
        if wanted > _SCORED_MAX:
            raise CursorFault(f"pages by score end at hit {_SCORED_MAX}: sort by time, or export")
        reach = wanted + _TIED
        while True:
            result = searcher.search(query, limit=reach)
            # Whole groups of equal scores, so that ties can be put in order of id.
            whole = len(result.hits) < reach or result.hits[-1][0] < result.hits[wanted - 1][0]
            if whole or reach > _SCORED_MAX:
                break
            reach *= 4
        ids = self._ids(searcher, [address for _, address in result.hits])
        scores = [score for score, _ in result.hits]
        found = sorted((-score, identity) for score, identity in zip(scores, ids, strict=True))
        total = _total(result)
        hits = tuple(Hit(identity, -minus) for minus, identity in found[offset:wanted])
        more = wanted < min(total, _SCORED_MAX)
        return total, hits, encode("score", str(wanted), "") if more else None

    def _facets(
        self, searcher: tantivy.Searcher, query: tantivy.Query, fields: Sequence[str], size: int
    ) -> dict[str, tuple[Bucket, ...]]:
        request = {name: self._terms(name, _VALUES) for name in fields}
        answer = searcher.aggregate(query, request)
        return {
            name: tuple(Bucket(entry["key"], entry["doc_count"]) for entry in _top(answer[name], size))
            for name in fields
        }

    def _terms(self, name: str, size: int) -> dict[str, Any]:
        if name not in LABELS:  # tantivy answers an unknown field with no buckets
            raise EngineError(f"no field {name!r} to count by; there are {', '.join(LABELS)}")
        return {"terms": {"field": name, "size": size, "segment_size": size}}

    @_guarded
    def count_over_time(
        self,
        tree: Node | None,
        *,
        now: datetime,
        clock: Clock,
        between: tuple[datetime, datetime] | None = None,
        split: str | None = None,
        size: int = 12,
    ) -> TimeCounts:
        searcher = self._reader()
        query = self._compiler.query(tree, now)
        if between is not None:
            query = self._compiler.both(query, self._compiler.between(*between))
        times = _TIMES[clock]
        # The most frequent values first, then their times alone, not the times of every value.
        answer = searcher.aggregate(
            query, {"all": times, **({"by": self._terms(split, _VALUES)} if split else {})}
        )
        unit = QUARTER_S if clock == "hour" else 1
        counts = _times(answer["all"], unit)
        if split is None:
            return TimeCounts(counts)
        parts: dict[str, Mapping[int, int]] = {}
        for entry in _top(answer["by"], size):
            value = entry["key"]
            part = self._compiler.both(query, tantivy.Query.term_query(self._schema, split, value, "basic"))
            parts[value] = _times(searcher.aggregate(part, {"all": times})["all"], unit)
        return TimeCounts(counts, parts)

    @_guarded
    def articles_with(self, stems: Sequence[str], within: Node | None, *, now: datetime) -> list[int]:
        searcher = self._reader()
        query = self._compiler.query(within, now)
        found = (self._compiler.both(query, self._compiler.stem(each)) for each in stems)
        return [_total(searcher.search(each, limit=1)) for each in found]

    def scan(self, tree: Node | None, *, now: datetime) -> Iterator[str]:
        searcher, query = self._begin(tree, now)
        return (identity for ids, _ in self._walk(searcher, query) for identity in ids)

    def revisions(self) -> Iterator[tuple[str, int]]:
        searcher, query = self._begin(None, _ANY_TIME)
        for ids, addresses in self._walk(searcher, query):
            yield from zip(ids, _numbers(searcher, "revision", addresses), strict=True)

    @_guarded
    def _begin(self, tree: Node | None, now: datetime) -> tuple[tantivy.Searcher, tantivy.Query]:
        return self._reader(), self._compiler.query(tree, now)

    def _walk(
        self, searcher: tantivy.Searcher, query: tantivy.Query
    ) -> Iterator[tuple[list[str], list[tantivy.DocAddress]]]:
        """Every match in order of id, some thousands at a time, all of one snapshot."""
        last: tuple[int, str] = (0, "")
        while True:
            rest = tantivy.Query.range_query(
                self._schema, "id_high", tantivy.FieldType.Unsigned, lower_bound=last[0]
            )
            page = self._compiler.both(query, rest)
            hits = searcher.search(
                page, limit=_CHUNK, count=False, order_by_field="id_high", order=tantivy.Order.Asc
            ).hits
            addresses = [address for _, address in hits]
            rows = sorted(
                zip(self._ids(searcher, addresses), addresses, strict=True), key=lambda entry: entry[0]
            )
            rows = [row for row in rows if row[0] > last[1]]
            if not rows:
                return
            yield [identity for identity, _ in rows], [address for _, address in rows]
            if len(hits) < _CHUNK:
                return
            last = (int(rows[-1][0][:16], 16), rows[-1][0])

    def _ids(self, searcher: tantivy.Searcher, addresses: list[tantivy.DocAddress]) -> list[str]:
        if not addresses:
            return []
        high = _numbers(searcher, "id_high", addresses)
        low = _numbers(searcher, "id_low", addresses)
        return [schema.identifier(*both) for both in zip(high, low, strict=True)]

    # -- the rest -----------------------------------------------------------------------------------------

    @_guarded
    def info(self) -> EngineInfo:
        searcher = self._reader()
        assert self._name is not None
        size = sum(entry.stat().st_size for entry in (self._folder / self._name).iterdir())
        details = {"segments": str(searcher.num_segments), "time_zone": self._zone_name}
        return EngineInfo("embedded", searcher.num_docs, size, self._name, details)

    def close(self) -> None:
        """Let the writer and its lock go; what was not refreshed is lost, as after a crash."""
        if self._writer is not None:
            with contextlib.suppress(ValueError):
                self._writer.rollback()
            self._writer = None
        self._index = self._searcher = None
        if self._lock is not None:
            self._lock.release()
            self._lock = None
        self._name = None

    def __enter__(self) -> EmbeddedEngine:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


# Terms on a number: half the time of a histogram with interval 1, and no limit on the span of the times.
_TIMES: Mapping[Clock, dict[str, Any]] = {
    clock: {"terms": {"field": clock, "size": 60_000, "segment_size": 60_000}} for clock in ("day", "hour")
}


def _times(answer: Mapping[str, Any], unit: int) -> dict[int, int]:
    if answer.get("sum_other_doc_count"):
        raise EngineError("too many different hours to count one by one: name from: and to:")
    return {int(entry["key"]) * unit: entry["doc_count"] for entry in answer["buckets"]}


def _total(result: Any) -> int:
    """How many matched in all (the published type of a result lacks the attribute)."""
    return int(result.count)


def _numbers(searcher: Any, field: str, addresses: list[tantivy.DocAddress]) -> list[int]:
    """The values of a number that every document has."""
    return list(searcher.fast_field_values(field, addresses)) if addresses else []


def _top(answer: Mapping[str, Any], size: int) -> list[Mapping[str, Any]]:
    """The *size* greatest buckets, ties by value."""
    return sorted(answer["buckets"], key=lambda entry: (-entry["doc_count"], entry["key"]))[:size]
