"""JSON as servers send it."""

from __future__ import annotations

import json
import re
from typing import Any

_OPENING = re.compile(r"[{\[]")
_ESCAPE = re.compile(r'\\(["\\/bfnrt]|u[0-9a-fA-F]{4})?')
_TRIES = 20


def load(text: str) -> Any:
    """The JSON object or list in *text*; raises ``ValueError`` where there is none.

    What stands before it (warnings of PHP, a BOM) and after it is passed over: of several values, the longest
    counts.  Control characters within strings are accepted, and a backslash that starts no escape stands for
    itself (GDELT sends such).
    """
    best, reach = _longest(text)
    if reach * 2 < len(text):
        best, reach = max(
            (best, reach),
            _longest(_ESCAPE.sub(lambda m: m[0] if m[1] else r"\\", text)),
            key=lambda found: found[1],
        )
    if not reach:
        raise ValueError("no JSON value")
    return best


def _longest(text: str) -> tuple[Any, int]:
    """The longest object or list in *text*, and its length in characters (0: none)."""
    decoder = json.JSONDecoder(strict=False)
    best, reach, at = None, 0, 0
    for _ in range(_TRIES):
        opening = _OPENING.search(text, at)
        if opening is None or len(text) - opening.start() < reach:
            break
        at = opening.start() + 1
        try:
            value, end = decoder.raw_decode(text, opening.start())
        except RecursionError as error:
            raise ValueError("nested too deeply") from error
        except ValueError:
            continue
        if end - opening.start() > reach:
            best, reach = value, end - opening.start()
        at = end
    return best, reach


def string(value: Any) -> str | None:
    """*value* if it is a string; outlets also put numbers, ``false`` and lists where text belongs."""
    return value if isinstance(value, str) else None
