"""The values of fields: what was typed, in any language, and the ids it means."""

from __future__ import annotations

from collections.abc import Mapping

from search.analysis.tables import plain
from search.figures import asked
from search.query.faults import close

_AS_TYPED = frozenset({"partner", "figure", "voice"})
_PARTLY = 12
"""So many names are looked at that have the one typed for a word (``fes`` of ``wilaya fes``)."""
_TOLD = 8
"""So many names are told where none is like the one typed."""


class Names:
    """Knows the values of ``place:``, ``institution:``, ``unit:``, ``kind:``, ``agency:`` and ``figure:``.

    *values* is :attr:`search.analysis.Analysis.values`.
    """

    def __init__(self, values: Mapping[str, Mapping[str, tuple[str, ...]]]) -> None:
        self._values = values

    def ids(self, field: str, value: str) -> tuple[str, ...]:
        """The ids that *value* names, several for a shared name; itself, as the catalogue would spell it, if
        *field* has no list of names or the list does not have it."""
        if field in _AS_TYPED:
            return (value,)
        known = self._values.get(field, {})
        return known.get(plain(value)) or (value.upper() if field == "country" else value.lower(),)

    def fault(self, field: str, value: str) -> tuple[str, str] | None:
        """``(message, proposal)`` if *field* has a list of values and *value* is not among them."""
        if field == "figure":
            return self._figure_fault(value)
        known = self._values.get(field)
        if known is None or plain(value) in known:
            return None
        return self._unknown(field, value, known)

    def _figure_fault(self, value: str) -> tuple[str, str] | None:
        question, known = asked(value), self._values.get("figure", {})
        if question is None:
            return (
                f"figure: cannot read {value!r}",
                "write figure:arrests or figure:arrests>=10, a whole number",
            )
        if not known or plain(question.what) in known:
            return None
        message, proposal = self._unknown("figure", question.what, known)
        if not proposal.startswith("did you mean"):  # quotes are no help: no text has such a word
            near = close(plain(question.what), known, _TOLD, 0.0)
            proposal = f"known are, nearest first, {', '.join(known[name][0] for name in near)} …"
        return message, proposal

    def _unknown(self, field: str, value: str, known: Mapping[str, tuple[str, ...]]) -> tuple[str, str]:
        typed = plain(value)
        near = close(typed, known, 3, 0.6) or [name for name in known if typed in name.split()][:_PARTLY]
        meant = list(dict.fromkeys(each for name in near for each in known[name]))
        proposal = (
            f"did you mean {' or '.join(meant)}" if meant else f"quotes alone search for the word: {value!r}"
        )
        return f"{field}: does not know {value!r}", proposal
