"""From the tree as typed to the tree as meant: with the names that words make together, and with ids.

Every engine compiles the result, and every reader of one tree gets the same.  Nothing here depends on the
day: dates stay as typed (:func:`search.query.period`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from search.query.resolve import Names
from search.query.tree import And, DateRange, Field, Name, Node, Not, Or, Phrase, Term, is_word

if TYPE_CHECKING:
    from search.analysis import Analysis


def understand(tree: Node, analysis: Analysis) -> Node:
    """*tree* with these three done to it; done twice it is the same.

    * Words beside one another that name a body or town (``Direction générale de la Sûreté nationale``) may
      also be found as any of its other names: ``Or(And(words), Name)``.
    * Words that only tie others together (``de``, ``the``, ``في``) are not asked for beside others.
    * Values of fields become ids: ``place:Tangier`` is ``place:tanger``.
    """
    return _meant(tree, analysis, Names(analysis.values))


def _meant(node: Node, analysis: Analysis, names: Names) -> Node:
    match node:
        case And(of=parts):
            return _all_of(_joined(parts, analysis, names), analysis)
        case Or(of=parts) if not any(isinstance(part, Name) for part in parts):
            return Or(tuple(_meant(part, analysis, names) for part in parts))
        case Not(of=inner):
            return Not(_meant(inner, analysis, names))
        case Field(name="title", of=inner):
            return Field("title", _meant(inner, analysis, names))
        case Field(name=name, of=inner):
            return Field(name, _valued(name, inner, names))
    return node


def _joined(parts: tuple[Node, ...], analysis: Analysis, names: Names) -> list[Node]:
    """*parts*, understood, with each run of words that makes a name in one."""
    found: list[Node] = []
    at = 0
    while at < len(parts):
        run = at
        while run < len(parts) and isinstance(parts[run], Term):
            run += 1
        if run == at:
            found.append(_meant(parts[at], analysis, names))
            at += 1
            continue
        terms = [part for part in parts[at:run] if isinstance(part, Term)]
        done = 0
        for start, end in analysis.named([term.word for term in terms]):
            found += terms[done:start]
            name = Name(" ".join(term.word for term in terms[start:end]))
            found.append(Or((_all_of(list(terms[start:end]), analysis), name)))
            done = end
        found += terms[done:]
        at = run
    return found


def _all_of(parts: list[Node], analysis: Analysis) -> Node:
    asked = [part for part in parts if not (isinstance(part, Term) and analysis.is_function_word(part.word))]
    if not any(map(_of_words, asked)):
        asked = parts  # function words, and nothing else to look for
    return asked[0] if len(asked) == 1 else And(tuple(asked))


def _of_words(node: Node) -> bool:
    return not isinstance(node, Not | DateRange) and (not isinstance(node, Field) or node.name == "title")


def _valued(field: str, node: Node, names: Names) -> Node:
    match node:
        case Term(word=value) | Phrase(text=value):
            ids = tuple(Term(each) if is_word(each) else Phrase(each) for each in names.ids(field, value))
            return ids[0] if len(ids) == 1 else Or(ids)
        case And(of=parts):
            return And(tuple(_valued(field, part, names) for part in parts))
        case Or(of=parts):
            return Or(tuple(_valued(field, part, names) for part in parts))
        case Not(of=inner):
            return Not(_valued(field, inner, names))
    return node
