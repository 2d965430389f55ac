"""Writing many documents: what each answer of the server means, and what is sent again.

The loop is ours because the client's own loses items that are answered 429, gives up the chunks behind a
failed one, and retries on two levels that multiply.  Every item ends in one of three ways: taken, stale (the
server has a newer one) or refused with a reason; else an exception says why the whole writing stopped, and
everything may be sent again: ids and versions are in the items, so that nothing is there twice.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from config.settings import redact
from config.wording import counted
from search.elasticsearch.client import Connection, blocked
from search.engine import EngineError, IndexMissing, ReadOnly, Unreachable

_RETRIES = 8
_FIRST_WAIT_S = 0.5
_LONGEST_WAIT_S = 30.0
_BUSY = frozenset({429, 500, 502, 503, 504})
_MOST_ITEMS = 1_000
_MANY = 100
"""Where so many documents are refused and none is taken, it is the index that is wrong, not each of them."""


@dataclass(frozen=True, slots=True)
class Item:
    """One document (or, without a body, a removal) as it is sent."""

    article_id: str
    lines: bytes
    """The action and the document, each ended by a line break."""

    @classmethod
    def index(cls, partition: str, article_id: str, version: int, body: dict[str, Any]) -> Item:
        action = {
            "index": {
                "_index": partition,
                "_id": article_id,
                "version": version,
                # the same state again is no fault; an older one never takes the place of a newer one
                "version_type": "external_gte",
            }
        }
        return cls(article_id, _line(action) + _line(body))

    @classmethod
    def delete(cls, partition: str, article_id: str) -> Item:
        return cls(article_id, _line({"delete": {"_index": partition, "_id": article_id}}))


@dataclass(slots=True)
class Outcome:
    """What became of the items."""

    taken: int = 0
    stale: set[str] = field(default_factory=set)
    """Articles passed over, as the server has a newer state."""
    refused: dict[str, str] = field(default_factory=dict)
    """Article → why the server will never take it."""


class Bulk:
    """Sends items over *connection* in requests of at most *most_bytes*.

    *wait* sleeps some seconds (a test may shorten it).
    """

    def __init__(
        self,
        connection: Connection,
        *,
        most_bytes: int,
        wait: Callable[[float], object] = time.sleep,
    ) -> None:
        self._connection = connection
        self._most_bytes = most_bytes
        self._wait = wait

    def send(self, items: Iterable[Item]) -> Outcome:
        """Write all of *items*.

        Raises :class:`~search.engine.ReadOnly` (the index takes no writes),
        :class:`~search.engine.IndexMissing` (it was removed), :class:`~search.engine.Unreachable` (the server
        was too busy or away for all retries), or another :class:`~search.engine.EngineError` where it is not
        a matter of one document.
        """
        outcome = Outcome()
        for chunk in self._chunks(items):
            self._send(chunk, outcome)
        return outcome

    def _chunks(self, items: Iterable[Item]) -> Iterator[list[Item]]:
        chunk: list[Item] = []
        size = 0
        for item in items:
            if chunk and (size + len(item.lines) > self._most_bytes or len(chunk) >= _MOST_ITEMS):
                yield chunk
                chunk, size = [], 0
            chunk.append(item)
            size += len(item.lines)
        if chunk:
            yield chunk

    def _send(self, chunk: list[Item], outcome: Outcome) -> None:
        busy = ""
        for attempt in range(_RETRIES + 1):
            try:
                answers = self._ask(chunk)
            except _TooLarge as fault:
                if len(chunk) == 1:
                    outcome.refused[chunk[0].article_id] = str(fault)
                    return
                middle = len(chunk) // 2
                self._send(chunk[:middle], outcome)
                self._send(chunk[middle:], outcome)
                return
            except Unreachable:
                if attempt == _RETRIES:
                    raise
                self._wait(_pause(attempt))
                continue
            chunk, busy = self._sorted(chunk, answers, outcome)
            if not chunk:
                return
            if attempt < _RETRIES:
                self._wait(_pause(attempt))
        raise Unreachable(
            f"the server did not take {counted(len(chunk), 'document')} in {_RETRIES + 1} attempts ({busy}). "
            "Nothing is lost, what is to be indexed waits. Next: give the server more room if this goes on"
        )

    def _ask(self, chunk: list[Item]) -> list[dict[str, Any]]:
        """The answer to each item of *chunk*."""
        from elasticsearch import ApiError

        with self._connection.asked() as client:
            try:
                answer = client.bulk(operations=[item.lines for item in chunk])  # type: ignore[misc]  # as bytes, too
            except ApiError as fault:
                if fault.status_code == 413:
                    size = len(chunk[0].lines)
                    raise _TooLarge(
                        f"413: {size} bytes are more than the server takes (its http.max_content_length)"
                    ) from fault
                raise
        return [next(iter(each.values())) for each in answer["items"]]

    def _sorted(
        self, chunk: list[Item], answers: list[dict[str, Any]], outcome: Outcome
    ) -> tuple[list[Item], str]:
        """The items of *chunk* that are to be sent again, and why; what became of the others goes into
        *outcome*."""
        again, busy = [], ""
        refused: dict[str, str] = {}
        for item, answer in zip(chunk, answers, strict=True):
            status, error = answer["status"], answer.get("error") or {}
            kind = error.get("type")
            if status < 300 or (status == 404 and not error):
                outcome.taken += 1
            elif status == 409:
                outcome.stale.add(item.article_id)
            elif kind == "cluster_block_exception" and status != 503:  # 503: the server is just starting
                raise ReadOnly(blocked(str(error.get("reason"))))
            elif kind == "index_closed_exception":
                raise ReadOnly(blocked(f"{error.get('index')} is closed"))
            elif status in _BUSY:
                again.append(item)
                busy = _reason(status, error)
            elif status == 404:
                raise IndexMissing(
                    f"there is no index {answer['_index']} on the server. Next: `marsad index rebuild`"
                )
            elif status == 400:
                refused[item.article_id] = _reason(status, error)
            else:
                raise EngineError(
                    f"{redact(self._connection.url)} takes no document: {_reason(status, error)}. "
                    "Next: use the writer's key of `marsad index keys`"
                )
        if len(refused) == len(chunk) >= _MANY:
            reason = next(iter(refused.values()))
            raise EngineError(
                f"{redact(self._connection.url)} refuses every document, the first one with {reason}. "
                "Next: `marsad index rebuild`"
            )
        outcome.refused |= refused
        return again, busy


class _TooLarge(Exception):
    """The request is larger than the server takes."""


def _line(value: dict[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _pause(attempt: int) -> float:
    """Seconds to wait after an attempt: twice as long each time, by chance up to a half less."""
    longest: float = min(_LONGEST_WAIT_S, _FIRST_WAIT_S * 2**attempt)
    return longest * random.uniform(0.5, 1.0)


def _reason(status: int, error: dict[str, Any]) -> str:
    cause = error.get("caused_by") or {}
    said = " ".join(str(error.get("reason")).split())
    more = f": {' '.join(str(cause['reason']).split())}" if cause.get("reason") else ""
    return f"{status} {error.get('type')}: {said}{more}"[:1000]
