"""Small words of messages."""

from __future__ import annotations


def counted(number: int, one: str, many: str | None = None) -> str:
    """*number* with the noun that fits it.

    >>> counted(1, "outlet"), counted(0, "outlet"), counted(2, "address", "addresses")
    ('1 outlet', '0 outlets', '2 addresses')
    """
    return f"{number} {one if number == 1 else many or one + 's'}"
