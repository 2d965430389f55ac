"""Where the next page of a search begins, as a text to be handed back."""

from __future__ import annotations

import base64

from search.engine import CursorFault


def encode(sort: str, *parts: str) -> str:
    """The cursor of a search sorted by *sort* (two *parts*, of which the first is a whole number)."""
    return base64.urlsafe_b64encode("|".join((sort, *parts)).encode()).decode().rstrip("=")


def decode(cursor: str, sort: str) -> list[str]:
    """The parts of *cursor*; raises :class:`CursorFault` for a foreign one and for that of another sort."""
    try:
        kind, *parts = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().split("|")
        if not -(1 << 63) <= int(parts[0]) < 1 << 63 or (kind == "score" and int(parts[0]) < 0):
            raise ValueError
    except (ValueError, IndexError):
        raise CursorFault(f"no cursor of this search: {cursor!r}") from None
    if kind != sort or len(parts) != 2:
        raise CursorFault(f"this cursor belongs to a search sorted by {kind}, not by {sort}")
    return parts
