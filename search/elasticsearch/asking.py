"""Asking the server: one request, the whole of it or a fault, and all matches page by page.

Every answer is looked at for shards that failed and for time that ran out.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from search.elasticsearch.client import Lacking, TakenAway
from search.engine import EngineError, Unreachable

if TYPE_CHECKING:
    from config.settings import Settings
    from search.elasticsearch.client import Connection
    from search.elasticsearch.generations import Generations
    from search.elasticsearch.layout import Generation
    from search.elasticsearch.queries import Query

_CHUNK = 5_000
"""Hits taken at a time while scanning."""
_KEEP_ALIVE = "5m"
_OF_TIMEOUT = 0.8
"""The part of the time that an answer may take in which the server is to search."""
_LOOK_S = 30.0
"""How long what the alias names is believed."""


class Asking:
    """Asks the generation in use or, where that has another mapping, the one of ours that is kept; or the one
    that is *pinned*."""

    def __init__(
        self,
        connection: Connection,
        generations: Generations,
        settings: Settings,
        pinned: Generation | None,
    ) -> None:
        self._connection, self._generations, self._pinned = connection, generations, pinned
        # The server gives up first: then it says what it has found so far.
        self._timeout = f"{settings['elasticsearch.timeout_s'] * _OF_TIMEOUT * 1000:.0f}ms"
        self._asked: Generation | None = None
        self._looked = 0.0
        self._held: set[_Snapshot] = set()
        """Snapshots that the server still keeps for us."""

    def reader(self) -> Generation:
        """The generation that is asked: the one in use or, where that has another mapping, the one that is
        kept; looked up again now and then."""
        if self._pinned is not None:
            return self._pinned
        if self._asked is None or time.monotonic() - self._looked > _LOOK_S:
            self._asked, state = None, self._generations.state()
            for one in (state.live, state.previous) if state.live else ():
                if one is not None and one.fingerprint == self._generations.fingerprint:
                    self._asked, self._looked = one, time.monotonic()
                    return one
            raise self._generations.unusable(state)
        return self._asked

    def count(self, query: Query) -> int:
        """How many articles match, exactly."""
        total: int = self.ask(query, size=0, track_total_hits=True)["hits"]["total"]["value"]
        return total

    def ask(self, query: Query, *, whole: bool = True, **more: Any) -> Any:
        """The answer of a search; raises :class:`EngineError` where it is not that of every shard.

        Unless it is to be *whole*, what some shards found in time will do, and the caller says so.
        """
        if "pit" in more:  # which names its index itself, and is asked of every shard
            return self._answer(query, whole=whole, **more)
        partial = {"allow_partial_search_results": not whole}
        return self._of_asked(lambda name: self._answer(query, whole=whole, index=name, **partial, **more))

    def _of_asked(self, ask: Callable[[str], Any]) -> Any:
        """What *ask* answers of the generation that is asked; once more where that was removed meanwhile."""
        asked = self.reader()
        try:
            return ask(asked.name)
        except TakenAway:
            self._asked = None
            return ask(self.reader().name)
        except EngineError as fault:
            if isinstance(fault, Unreachable) and not isinstance(fault, Lacking):
                raise
            self._asked = None
            following = self.reader()
            if following == asked:
                raise
            return ask(following.name)

    def _answer(self, query: Query, *, whole: bool, **more: Any) -> Any:
        with self._connection.asked() as client:
            # A server that lacks shards, or took too long, does so again at once.
            once = client.options(retry_on_status=(502,))
            answer = once.search(query=query, source=False, timeout=self._timeout, **more)
        if whole and (lacking := self.lacking(answer)):
            raise EngineError(lacking)
        return answer

    def lacking(self, answer: Any) -> str:
        """What an answer lacks of the whole, and what to do; empty if nothing."""
        shards, alias = answer["_shards"], self._generations.layout.alias
        if answer["timed_out"]:
            return (
                f"{alias}: the server ran out of time before it had seen everything. "
                "Next: ask for less (from: and to:), or raise elasticsearch.timeout_s"
            )
        if silent := shards["total"] - shards["successful"]:
            reasons = {_because(one.get("reason", {})) for one in shards.get("failures", ())} - {""}
            said = f" ({'; '.join(sorted(reasons))})" if reasons else ""
            return (
                f"{alias}: {silent} of {shards['total']} shards did not answer{said}. "
                "Next: see to the server (`GET _cluster/allocation/explain`), then ask again"
            )
        return ""

    def walk(self, query: Query, **more: Any) -> Iterator[list[Any]]:
        """Every match in order of id, some thousands at a time, all of one snapshot.

        The snapshot is taken, and the first page asked for, at once: a fault shows before the first match.
        """

        def begin(name: str) -> Iterator[list[Any]]:
            with self._connection.asked() as client:
                snapshot = client.open_point_in_time(index=name, keep_alive=_KEEP_ALIVE)["id"]
            pages = _Snapshot(self, snapshot).pages(query, more)
            next(pages)  # from here on its end closes the snapshot, also where nobody takes a match
            return pages

        found: Iterator[list[Any]] = self._of_asked(begin)
        return found

    def look_again(self) -> None:
        """Another generation may be in use by now."""
        self._asked = None

    def close(self) -> None:
        for snapshot in list(self._held):
            snapshot.close()
        self._asked = None


class _Snapshot:
    """A point in time of the index, which the server keeps until it is closed."""

    def __init__(self, asking: Asking, name: str) -> None:
        self._asking = asking
        self._name = name
        asking._held.add(self)

    def page(self, query: Query, after: list[Any] | None, more: Mapping[str, Any]) -> list[Any]:
        asked = {
            "pit": {"id": self._name, "keep_alive": _KEEP_ALIVE},
            "size": _CHUNK,
            "sort": [{"article_id": "asc"}],
            "track_total_hits": False,
            **more,
        }
        if after is not None:
            asked["search_after"] = after
        answer = self._asking.ask(query, **asked)
        self._name = answer["pit_id"]  # the newest is the one that is kept
        return list(answer["hits"]["hits"])

    def pages(self, query: Query, more: Mapping[str, Any]) -> Iterator[list[Any]]:
        """First nothing, when the first page is there, then page after page."""
        try:
            page = self.page(query, None, more)
            yield []
            while page:
                yield page
                if len(page) < _CHUNK:
                    return
                page = self.page(query, page[-1]["sort"], more)
        finally:
            self.close()

    def close(self) -> None:
        """Let the server forget it; the second time nothing is done."""
        if self not in self._asking._held:
            return
        self._asking._held.discard(self)
        with (
            contextlib.suppress(EngineError),
            self._asking._connection.asked() as client,
        ):  # it expires by itself
            client.close_point_in_time(id=self._name)


def _because(reason: Mapping[str, Any]) -> str:
    """Why a shard did not answer."""
    return " ".join(str(reason.get("reason") or reason.get("type") or "").split())[:200]
