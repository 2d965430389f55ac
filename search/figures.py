"""``figure:arrests>=10``: what is asked of the numbers that articles give, and of their labels.

An article's figures are labels like ``arrests=12`` and ``cocaine_kg=1.5``; a question about them is a regular
expression over labels, which every engine can look up in its list of terms.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_OTHER = "other:"
_COUNTED = ("things", "fates", "single", "substances", "money", "done")
"""Keys of ``config/figures.yml`` whose own keys are names of figures."""
_ASKED = re.compile(r"(?P<what>[a-z][a-z_-]*)(?:(?P<sign>>=|<=|>|<|=)(?P<number>\d{1,15}))?")
_HOLDS: dict[str, Callable[[float, float], bool]] = {
    ">=": operator.ge,
    ">": operator.gt,
    "=": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
}
_FRACTION = "(\\.[0-9]+)?"


@dataclass(frozen=True, slots=True)
class Asked:
    """A figure, and which values of it are asked for; every one where there is no *sign*."""

    what: str
    sign: str = ""
    number: int = 0

    def holds(self, label: str) -> bool:
        """Whether the figure that *label* says is asked for."""
        what, _, value = label.partition("=")
        return what == self.what and (not self.sign or _HOLDS[self.sign](float(value), self.number))

    def pattern(self) -> str:
        """The regular expression (no more than ``[]``, ``()``, ``|``, ``?``, ``+``, ``*``) of such labels."""
        return f"{self.what}=({'|'.join(self._values()) or 'x'})"  # no label has an x

    def _values(self) -> Iterator[str]:
        if not self.sign:
            yield f"[0-9]+{_FRACTION}"
            return
        digits = str(self.number)
        if self.sign in (">", ">="):
            yield f"[1-9][0-9]{'[0-9]' * (len(digits) - 1)}[0-9]*{_FRACTION}"
            yield from _larger(digits)
        if self.sign in ("<", "<="):
            yield from _smaller(digits)
        if self.sign in ("=", ">=", "<="):
            yield digits
        if self.sign in (">", ">="):
            yield digits + "\\.[0-9]+"


def _larger(digits: str) -> Iterator[str]:
    """Numbers of as many *digits* that are larger, whole part apart from the fraction."""
    for at, digit in enumerate(digits):
        if digit < "9":
            yield f"{digits[:at]}[{int(digit) + 1}-9]{'[0-9]' * (len(digits) - at - 1)}{_FRACTION}"


def _smaller(digits: str) -> Iterator[str]:
    """Smaller numbers, of as many *digits* and of fewer."""
    for length in range(1, len(digits)):
        yield f"{'[1-9]' if length > 1 else '[0-9]'}{'[0-9]' * (length - 1)}{_FRACTION}"
    for at, digit in enumerate(digits):
        lowest = 1 if at == 0 and len(digits) > 1 else 0
        if int(digit) > lowest:
            yield f"{digits[:at]}[{lowest}-{int(digit) - 1}]{'[0-9]' * (len(digits) - at - 1)}{_FRACTION}"


def asked(text: str) -> Asked | None:
    """What *text* (``arrests``, ``arrests>=10``) asks; ``None`` if it is nothing that can be asked."""
    match = _ASKED.fullmatch(text.lower().removeprefix(_OTHER))
    if match is None:
        return None
    return Asked(match["what"], match["sign"] or "", int(match["number"] or 0))


def names(rules: Mapping[str, Any]) -> list[str]:
    """Every name of a figure that *rules* (``config/figures.yml``) can give, as it is asked for, sorted."""
    told = {what for key in _COUNTED for what in rules[key]}
    told |= {rule["becomes"] for rule in (*rules["instead"], *rules["above"].values())}
    told |= set(rules["claims"].values())
    return sorted(what.removeprefix(_OTHER) for what in told)


def label(what: str, value: float) -> str:
    """The label of a figure: ``arrests=12``, ``cocaine_kg=1.5``."""
    written = f"{value:.3f}".rstrip("0").rstrip(".")
    return f"{what.removeprefix(_OTHER)}={written}"
