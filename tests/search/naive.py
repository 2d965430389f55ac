"""What a query means, said as simply as possible: one article after the other, no index.

``docs/query.md`` describes each node in words; this is the same in code, and the oracle that every engine's
compiled queries are held to.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from itertools import combinations

from search.analysis import Analysis, Phrase
from search.figures import asked
from search.query import (
    All,
    And,
    DateRange,
    Field,
    Name,
    Near,
    Node,
    Not,
    Or,
    Prefix,
    Term,
    period,
    understand,
)
from search.query import Phrase as Quoted


@dataclass(frozen=True)
class Scanned:
    """What a query can see of an article."""

    language: str
    texts: Mapping[str, str]
    """``title``, ``subtitle``, ``text`` as printed; each is searched for itself."""
    at: datetime
    """When it was published or, if it does not say, first seen."""
    labels: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Field → values, spelled as the catalogue does."""


def matches(tree: Node, article: Scanned, analysis: Analysis, now: datetime, zone: tzinfo) -> bool:
    """Whether *article* is found by *tree*."""
    return Scan(article, analysis, now, zone).matches(tree)


class Scan:
    """An *article* to be looked through again and again."""

    def __init__(self, article: Scanned, analysis: Analysis, now: datetime, zone: tzinfo) -> None:
        self.article, self.analysis, self.now, self.zone = article, analysis, now, zone
        self.layers: dict[tuple[str, str], list[str]] = {}
        for name, text in article.texts.items():
            tokens = analysis.tokens(text, article.language)
            self.layers[name, "exact"] = tokens.exact.split()
            self.layers[name, "stem"] = tokens.stem.split()

    def matches(self, tree: Node) -> bool:
        """Whether the article is found by *tree*."""
        return self.holds(understand(tree, self.analysis), tuple(self.article.texts))

    def holds(self, node: Node, where: tuple[str, ...]) -> bool:
        match node:
            case All():
                return True
            case Term(word=word):
                return self.any_of(self.analysis.terms(word), where)
            case Name(words=words):
                return self.any_of(self.analysis.other_names(words), where)
            case Quoted(text=text):
                return self.quoted(text, 0, where)
            case Near(text=text, slop=slop):
                return self.quoted(text, slop, where)
            case Prefix(start=start):
                return self.begins(start, where)
            case DateRange(start=start, end=end):
                if start is not None and self.article.at < period(start, self.now, self.zone).start:
                    return False
                return end is None or self.article.at < period(end, self.now, self.zone).end
            case Field(name="title", of=inner):
                return self.holds(inner, ("title",))
            case Field(name=name, of=inner):
                return self.labelled(name, inner)
            case And(of=parts):
                return all(self.holds(part, where) for part in parts)
            case Or(of=parts):
                return any(self.holds(part, where) for part in parts)
            case Not(of=inner):
                return not self.holds(inner, where)
        raise TypeError(node)

    def any_of(self, phrases: Sequence[Phrase], where: tuple[str, ...], slop: int = 0) -> bool:
        return any(
            near(self.layers[text, phrase.layer], phrase.tokens, slop) for phrase in phrases for text in where
        )

    def quoted(self, text: str, slop: int, where: tuple[str, ...]) -> bool:
        phrase = self.analysis.exact(text)
        return phrase is not None and self.any_of([phrase], where, slop)

    def begins(self, start: str, where: tuple[str, ...]) -> bool:
        phrase = self.analysis.exact(start)
        if phrase is None:
            return False
        *before, last = phrase.tokens
        for text in where:
            tokens = self.layers[text, "exact"]
            for at in range(len(before), len(tokens)):
                if tokens[at].startswith(last) and tokens[at - len(before) : at] == before:
                    return True
        return False

    def labelled(self, name: str, node: Node) -> bool:
        match node:
            case Term(word=value) | Quoted(text=value):
                if name == "relevance" and value == "any":
                    return True
                said = self.article.labels.get(name, ())
                if name == "figure":
                    question = asked(value)
                    return question is not None and any(map(question.holds, said))
                if name == "story" and set(value) <= set("0123456789abcdef"):
                    return any(one.startswith(value) for one in said)
                return value in said
            case And(of=parts):
                return all(self.labelled(name, part) for part in parts)
            case Or(of=parts):
                return any(self.labelled(name, part) for part in parts)
            case Not(of=inner):
                return not self.labelled(name, inner)
        raise TypeError(node)


def near(tokens: Sequence[str], words: Sequence[str], slop: int) -> bool:
    """Whether *words* stand in *tokens*: one after the other if *slop* is 0, else every two of them at most
    *slop* moves away from where the order of *words* has them (two swapped neighbours: 2)."""
    if slop == 0:
        return any(list(tokens[at : at + len(words)]) == list(words) for at in range(len(tokens)))
    places = [[at for at, token in enumerate(tokens) if token == word] for word in words]
    if len(words) == 1:
        return bool(places[0])
    return all(
        any(abs((b - second) - (a - first)) <= slop for a in places[first] for b in places[second])
        for first, second in combinations(range(len(words)), 2)
    )
