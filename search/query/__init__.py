"""One query text everywhere: what can be asked, read into a tree that each engine compiles.

``parse`` reads, ``str`` prints, :class:`QueryFault` names the column; ``docs/query.md`` has the language.
"""

from .dates import Period, period
from .faults import QueryFault
from .meaning import understand
from .parser import parse
from .resolve import Names
from .tree import All, And, DateRange, Field, Name, Near, Node, Not, Or, Phrase, Prefix, Term, walk

__all__ = [
    "All",
    "And",
    "DateRange",
    "Field",
    "Name",
    "Names",
    "Near",
    "Node",
    "Not",
    "Or",
    "Period",
    "Phrase",
    "Prefix",
    "QueryFault",
    "Term",
    "parse",
    "period",
    "understand",
    "walk",
]
