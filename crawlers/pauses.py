"""How long a host is left alone, and what an answer means: tables and sums, no I/O, no clock of its own."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum

from store.records import Reason

DAY_S = 86_400.0
FIRST_PAUSE_S = 60.0
"""After a 429 or 503 that names no time: doubles with each one that follows, up to a day."""
BLOCKED_S = DAY_S
"""After a challenge: it says that machines are not wanted, and is never worked around."""
BREAKER = 3
"""Consecutive failures to reach a host after which it is paused."""
JITTER = 0.1
FORGIVEN_S = 1800.0
"""Quiet time after a pause has ended that makes the next trouble count as the first again."""


class Do(StrEnum):
    """What becomes of a link after an answer."""

    KEEP = "keep"
    REJECT = "reject"
    RETRY = "retry"
    """The page's own trouble: counts as one of its tries."""
    RETRY_ONCE = "retry_once"
    """Tried a second time, then rejected with the reason given."""
    WAIT = "wait"
    """The host's trouble: the host is paused, the link keeps its tries."""


@dataclass(frozen=True, slots=True)
class Judgement:
    do: Do
    reason: Reason = Reason.UNREACHABLE
    """The reason of the rejection, at once or when the tries are used up."""
    kind: str = ""
    """The word under which an error is counted; empty for none."""
    blocked: bool = False
    """The outlet keeps machines out: the host is left alone for :data:`BLOCKED_S`."""


Header = Callable[[str], str | None]


def challenge(status: int, header: Header) -> str | None:
    """The mark of an anti-bot service that an answer bears, or ``None``.

    >>> challenge(403, {"cf-mitigated": "challenge"}.get)
    'cf-mitigated'
    """
    if header("cf-mitigated") is not None:
        return "cf-mitigated"
    action = (header("x-amzn-waf-action") or "").lower()
    if action in ("challenge", "captcha"):
        return "x-amzn-waf-action"
    if status == 999:
        return "status 999"
    if status in (401, 403, 405, 406, 429, 503):
        for name in ("x-datadome", "x-sucuri-block", "x-px-block", "x-iinfo"):
            if header(name) is not None:
                return name
        if "ddos-guard" in (header("server") or "").lower():
            return "ddos-guard"
    return None


_KEEP = Judgement(Do.KEEP)
_REFUSED = Judgement(Do.REJECT, Reason.HTTP_CLIENT_ERROR, "http_4xx")
_TABLE = {
    202: Judgement(Do.RETRY_ONCE, Reason.INCOMPLETE, "http_202"),
    204: Judgement(Do.REJECT, Reason.INCOMPLETE, "http_204"),
    205: Judgement(Do.REJECT, Reason.INCOMPLETE, "http_205"),
    206: Judgement(Do.RETRY_ONCE, Reason.INCOMPLETE, "http_206"),
    304: Judgement(Do.RETRY_ONCE, Reason.INCOMPLETE, "http_304"),  # nobody asked "if modified"
    404: Judgement(Do.REJECT, Reason.GONE, "http_404"),
    410: Judgement(Do.REJECT, Reason.GONE, "http_410"),
    408: Judgement(Do.RETRY, Reason.UNREACHABLE, "http_408"),
    425: Judgement(Do.RETRY, Reason.UNREACHABLE, "http_425"),
    429: Judgement(Do.WAIT, Reason.UNREACHABLE, "http_429"),
    501: Judgement(Do.REJECT, Reason.HTTP_CLIENT_ERROR, "http_501"),
    503: Judgement(Do.WAIT, Reason.UNREACHABLE, "http_503"),
    505: Judgement(Do.REJECT, Reason.HTTP_CLIENT_ERROR, "http_505"),
}
_GATEWAY = frozenset({502, 504, *range(520, 528), 530})


def judge(status: int, header: Header, body_bytes: int) -> Judgement:
    """What an answer to the request of a page means: the fixed table of status → action.

    Unknown codes mean what their class means (RFC 9110 §15).  A redirect that arrives here led nowhere.
    """
    if challenge(status, header) is not None:
        return Judgement(Do.REJECT, Reason.BLOCKED, "blocked", blocked=True)
    if status in _TABLE:
        return _TABLE[status]
    if 200 <= status < 300:
        return _KEEP if body_bytes else Judgement(Do.RETRY_ONCE, Reason.INCOMPLETE, "empty")
    if 300 <= status < 400:
        return Judgement(Do.REJECT, Reason.REDIRECT, "bad_redirect")
    if 400 <= status < 500:
        return _REFUSED
    if status in _GATEWAY:
        return Judgement(Do.WAIT, Reason.UNREACHABLE, "http_5xx")
    if 500 <= status < 600:
        return Judgement(Do.RETRY, Reason.UNREACHABLE, "http_5xx")
    return Judgement(Do.REJECT, Reason.HTTP_CLIENT_ERROR, "http_odd")


_FAILURES = {
    "dns": Judgement(Do.WAIT, Reason.UNREACHABLE, "dns"),
    "connect": Judgement(Do.WAIT, Reason.UNREACHABLE, "connect"),
    "certificate": Judgement(Do.WAIT, Reason.UNREACHABLE, "certificate"),
    "timeout": Judgement(Do.RETRY, Reason.UNREACHABLE, "timeout"),
    "reset": Judgement(Do.RETRY, Reason.UNREACHABLE, "reset"),
    "bad_answer": Judgement(Do.RETRY_ONCE, Reason.INCOMPLETE, "bad_answer"),
    "incomplete": Judgement(Do.RETRY_ONCE, Reason.INCOMPLETE, "incomplete"),
    "too_large": Judgement(Do.REJECT, Reason.TOO_LARGE, "too_large"),
    "forbidden_address": Judgement(Do.REJECT, Reason.FORBIDDEN_ADDRESS, "forbidden_address"),
    "redirects": Judgement(Do.REJECT, Reason.TOO_MANY_REDIRECTS, "redirects"),
    "bad_redirect": Judgement(Do.REJECT, Reason.REDIRECT, "bad_redirect"),
    "robots": Judgement(Do.REJECT, Reason.ROBOTS, ""),
    "paused": Judgement(Do.WAIT, Reason.UNREACHABLE, ""),
    "robots_unknown": Judgement(Do.WAIT, Reason.UNREACHABLE, "robots_unknown"),
}


def judge_failure(kind: str) -> Judgement:
    """What a request without an answer means, by the ``kind`` of the error."""
    return _FAILURES.get(kind, Judgement(Do.RETRY, Reason.UNREACHABLE, kind))


def retry_after(value: str | None, now: datetime) -> float | None:
    """Seconds that a Retry-After asks for (a number or a date), capped at a day; ``None`` if unreadable.

    >>> retry_after("120", datetime(2026, 1, 1, tzinfo=UTC))
    120.0
    """
    text = (value or "").strip()
    if not text:
        return None
    if text.isascii() and text.isdigit():
        return min(float(text[:12]), DAY_S)
    try:
        at = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    return min(max((at - now).total_seconds(), 0.0), DAY_S)


def doubling(strikes: int, rng: random.Random) -> float:
    """The pause after the *strikes*-th trouble in a row that names no time: 60 s, 120 s … a day, ± 10 %."""
    base = min(FIRST_PAUSE_S * 2.0 ** min(strikes - 1, 20), DAY_S)
    return min(base * (1 + rng.uniform(-JITTER, JITTER)), DAY_S)


def back_off(attempts: int, first_s: float, rng: random.Random) -> timedelta:
    """When a page with a trouble of its own is tried again, after *attempts* tries before this one."""
    return timedelta(seconds=first_s * 2.0 ** min(attempts, 10) * (1 + rng.uniform(-JITTER, JITTER)))
