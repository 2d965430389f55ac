"""What is wrong with a query, where, and what to write instead."""

from __future__ import annotations


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
