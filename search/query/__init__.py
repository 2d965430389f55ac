"""One query text everywhere: what can be asked, read into a tree that each engine compiles.

``parse`` reads, ``str`` prints, :class:`QueryFault` names the column; ``docs/query.md`` has the language.
"""

from .faults import QueryFault
from .parser import parse
from .tree import All, And, DateRange, Field, Near, Node, Not, Or, Phrase, Prefix, Term, walk

__all__ = [
    "All", "And", "DateRange", "Field", "Near", "Node", "Not", "Or", "Phrase", "Prefix", "QueryFault", "Term",
    "parse", "walk",
]  # fmt: skip
