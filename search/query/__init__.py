"""One query text everywhere: what can be asked, read into a tree that each engine compiles.

``parse`` reads, ``str`` prints, :class:`QueryFault` names the column; ``docs/query.md`` has the language.
"""

from search.query.dates import Period, period
from search.query.faults import QueryFault
from search.query.meaning import understand
from search.query.parser import parse
from search.query.resolve import Names
from search.query.tree import (
    All,
    And,
    DateRange,
    Field,
    Name,
    Near,
    Node,
    Not,
    Or,
    Phrase,
    Prefix,
    Term,
    walk,
)

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
