"""What a query says about the press rather than about words: its sources, its times, its relevance.

A query is a conjunction at its top; each function here looks at the parts of that conjunction.
"""

from __future__ import annotations

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


def admits(tree: Node, source: Source) -> bool:
    """Whether an article of *source* could match *tree*, by what the catalogue says of the source."""
    match tree:
        case Field(name=name, of=inner) if name in PRESS:
            return _admits(_of(source, name), inner)
        case And(of=inner):
            return all(admits(part, source) for part in inner)
        case Or(of=inner):
            return any(admits(part, source) for part in inner)
        case Not(of=inner) if _of_press(inner) and not _dated(inner):
            # A source of several languages may have articles in another one than the excluded.
            return not admits(inner, source) or (_named(inner, "lang") and len(source.languages) > 1)
    return True


def _of(source: Source, name: str) -> frozenset[str]:
    match name:
        case "source":
            return frozenset((source.id.lower(),))
        case "country":
            return frozenset((source.country.lower(),))
        case "scope":
            return frozenset((source.scope,))
    return frozenset(language.lower() for language in source.languages)


def _admits(values: frozenset[str], node: Node) -> bool:
    match node:
        case Term(word=value) | Phrase(text=value):
            return value.lower() in values
        case And(of=inner):
            return all(_admits(values, part) for part in inner)
        case Or(of=inner):
            return any(_admits(values, part) for part in inner)
        case Not(of=inner):
            return not _admits(values, inner) or len(values) > 1
    return True


def _dated(node: Node) -> bool:
    return any(isinstance(part, DateRange) for part in walk(node))


def _named(node: Node, name: str) -> bool:
    return any(isinstance(part, Field) and part.name == name for part in walk(node))
