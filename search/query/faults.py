"""What is wrong with a query, where, and what to write instead."""

from __future__ import annotations

from collections.abc import Iterable


class QueryFault(ValueError):
    """A query that cannot be understood as typed."""

    def __init__(self, message: str, column: int, proposal: str = "") -> None:
        super().__init__(message, column, proposal)
        self.message = message
        """What is wrong, in a few words."""
        self.column = column
        """Where, counted from 1 in the characters that were typed."""
        self.proposal = proposal
        """What to write instead; empty where nothing can be guessed."""

    def __str__(self) -> str:
        proposal = f"; {self.proposal}" if self.proposal else ""
        return f"col {self.column}: {self.message}{proposal}"


def close(typed: str, known: Iterable[str], most: int, least: float) -> list[str]:
    """The *most* of *known* that *typed* may stand for, nearest first; *least* of 1 is equal."""
    from difflib import get_close_matches  # only a fault waits for it

    return get_close_matches(typed, list(known), most, least)
