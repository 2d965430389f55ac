"""What is wrong with a configuration: every fault at once, each with its place and what is allowed there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing to correct."""

    file: str
    """Path below the configuration folder (``sources/fr/example.yml``), or where else the value came from:
    an environment variable, ``command line``."""
    path: str
    """Key path inside the file (``entry_points[1].url``); empty where the file as a whole is meant."""
    got: str
    """What was read, ready to print."""
    expected: str
    """What is allowed."""
    near: str | None = None
    """The nearest known name, where a name is not known."""
    line: int | None = None
    """Line in the file (from 1), where the parser knows it."""

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        if self.path:
            place += f": {self.path}"
        hint = f" (did you mean {self.near!r}?)" if self.near else ""
        return f"{place}: got {self.got}, expected {self.expected}{hint}"


class ConfigError(Exception):
    """The configuration cannot be used; ``str(error)`` lists every fault, one a line."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults: tuple[Fault, ...] = tuple(faults)
        super().__init__(self.faults)

    def __str__(self) -> str:
        count = len(self.faults)
        head = f"configuration: {count} fault{'' if count == 1 else 's'}"
        return "\n".join([head, *(f"  {fault}" for fault in self.faults)])

    def __reduce__(self) -> tuple[type[ConfigError], tuple[tuple[Fault, ...]]]:
        return type(self), (self.faults,)


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that *name* was probably meant to be, or ``None``."""
    import difflib  # only faults need it, and most runs have none

    found = difflib.get_close_matches(name, list(known), 1, 0.6)
    return found[0] if found else None


def shown(value: object, limit: int = 60) -> str:
    """*value* as a fault prints it: quoted, on one line, cut where it is long."""
    text = repr(value)
    return text if len(text) <= limit else text[: limit - 1] + "…"
