"""Names of private persons, hidden in what leaves the house.

A name keeps the first letter of each of its words and its length, so that the places of labels and quotations
in a text stay what they are: ``Ahmed Benani`` is ``A•••• B•••••``.  The ledger and the words of the index are
what was printed; every print and export hides it unless the operator allows otherwise (``privacy.unmasked``).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from store.records import Annotated, StoredArticle

_REST = re.compile(r"(?<=\w)\w")
_KEPT = frozenset(["source_id", "url", "canonical_url", "authors", "desks", "agencies", "content_hash"])
"""Fields that hold no words of the text."""


def masked(stored: StoredArticle) -> StoredArticle:
    """*stored* with every name to be masked hidden: in its texts, captions, tags and the words of labels."""
    annotated = stored.annotated
    if not annotated.masks:
        return stored
    hide = hider(annotated)
    return replace(stored, annotated=_applied(annotated, hide))


def hidden(name: str) -> str:
    """*name* with the first letter of each word, and a dot for each other one."""
    return _REST.sub("•", name)


def hider(annotated: Annotated) -> Callable[[str], str]:
    """Hides in a text the names that are to be masked."""
    names = sorted({cue.words for cue in annotated.masks if cue.words}, key=len, reverse=True)
    # Arabic writes particles joined to the name that follows.
    found = re.compile(rf"(?<!\w)([وفبكلد]{{0,2}})({'|'.join(map(re.escape, names))})(?!\w)")
    return lambda text: found.sub(lambda match: match[1] + hidden(match[2]), text)


def _applied(value: Any, hide: Callable[[str], str]) -> Any:
    """*value* with *hide* done to every text in it."""
    if type(value) is str:  # an enumeration's value is no text
        return hide(value)
    if isinstance(value, tuple):
        return tuple([_applied(one, hide) for one in value])
    if is_dataclass(value) and not isinstance(value, type):
        changed = {
            field.name: _applied(getattr(value, field.name), hide)
            for field in fields(value)
            if field.name not in _KEPT
        }
        return replace(value, **changed)
    return value
