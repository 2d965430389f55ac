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

    What stands before it (warnings of PHP, a BOM) and after it is passed over, control characters within
    strings are accepted, and a backslash that starts no escape stands for itself (GDELT sends such).
    """
    decoder = json.JSONDecoder(strict=False)
    for attempt in (text, _ESCAPE.sub(lambda m: m[0] if m[1] else r"\\", text)):
        for number, opening in enumerate(_OPENING.finditer(attempt)):
            if number >= _TRIES:
                break
            try:
                return decoder.raw_decode(attempt, opening.start())[0]
            except RecursionError as error:
                raise ValueError("nested too deeply") from error
            except ValueError:
                continue
    raise ValueError("no JSON value")


def string(value: Any) -> str | None:
    """*value* if it is a string; outlets also put numbers, ``false`` and lists where text belongs."""
    return value if isinstance(value, str) else None
