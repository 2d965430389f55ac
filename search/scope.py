"""What a query says about the press rather than about words: its sources, its times, its relevance.

A query is a conjunction at its top; each function here looks at the parts of that conjunction.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING

from search.query import All, And, DateRange, Field, Node, Not, Or, Phrase, Term, period, walk

if TYPE_CHECKING:
    from config.model import Source

PRESS = frozenset({"source", "country", "scope", "lang"})
"""The fields that say which part of the press is looked at: the filters that a trend's total keeps."""

_SHOWN = Field("relevance", Or((Term("in"), Term("adjacent"))))


def parts(tree: Node) -> tuple[Node, ...]:
    """The parts that all must hold."""
    match tree:
        case All():
            return ()
        case And(of=inner):
            return tuple(part for node in inner for part in parts(node))
    return (tree,)


def together(nodes: tuple[Node, ...]) -> Node:
    if not nodes:
        return All()
    return nodes[0] if len(nodes) == 1 else And(nodes)


def shown(tree: Node) -> Node:
    """*tree* with the filter that a search has unless it names ``relevance:`` anywhere: about the institution
    (``in``) or next to it (``adjacent``)."""
    if any(isinstance(node, Field) and node.name == "relevance" for node in walk(tree)):
        return tree
    return together((*parts(tree), _SHOWN))


def press(tree: Node) -> Node:
    """The part of the press that *tree* looks at: those of its parts that speak of nothing but
    :data:`PRESS` and time.  Whatever matches *tree* matches this too."""
    return together(tuple(part for part in parts(tree) if _of_press(part)))


def _of_press(node: Node) -> bool:
    match node:
        case Field(name=name):
            return name in PRESS
        case DateRange():
            return True
        case And(of=inner) | Or(of=inner):
            return all(map(_of_press, inner))
        case Not(of=inner):
            return _of_press(inner)
    return False


def times(tree: Node, now: datetime, zone: tzinfo) -> tuple[datetime | None, datetime | None]:
    """The time that *tree* keeps to: from (inclusive) and until (exclusive), ``None`` where it is open."""
    ranges = [node for node in parts(tree) if isinstance(node, DateRange)]
    starts = [period(node.start, now, zone).start for node in ranges if node.start is not None]
    ends = [period(node.end, now, zone).end for node in ranges if node.end is not None]
    return max(starts, default=None), min(ends, default=None)


def admits(tree: Node, source_id: str, source: Source | None) -> bool:
    """Whether an article of the outlet *source_id* could match *tree*, by what the catalogue says of it.

    What it does not say (*source* is ``None``: the outlet left the catalogue) rules nothing out.
    """
    values: dict[str, frozenset[str]] = {"source": frozenset((source_id.lower(),))}
    if source is not None:
        values |= {
            "country": frozenset((source.country.lower(),)),
            "scope": frozenset((source.scope,)),
            "lang": frozenset(language.lower() for language in source.languages),
        }
    return _possible(tree, values)[0]


_Possible = tuple[bool, bool]
"""Whether something may hold of some article of an outlet, and whether it may fail to hold of one."""


def _possible(node: Node, values: Mapping[str, frozenset[str]], name: str = "") -> _Possible:
    """Of an outlet whose articles bear *values*; words inside of a field *name* are values of it."""
    match node:
        case All():
            return True, False
        case Field(name=field, of=inner) if field in PRESS:
            return _possible(inner, values, field)
        case Term(word=value) | Phrase(text=value) if name in values:
            # An outlet of several languages has articles in each of them.
            return value.lower() in values[name], values[name] != {value.lower()}
        case And(of=inner):
            both = [_possible(part, values, name) for part in inner]
            return all(holds for holds, _ in both), any(fails for _, fails in both)
        case Or(of=inner):
            both = [_possible(part, values, name) for part in inner]
            return any(holds for holds, _ in both), all(fails for _, fails in both)
        case Not(of=inner):
            holds, fails = _possible(inner, values, name)
            return fails, holds
    return True, True
