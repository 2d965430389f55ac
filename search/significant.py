"""The words that stand out in what matches: frequent there, rare in the rest of the same language.

A sample of the matches is read in the ledger and its words are counted there, as printed; how rare each is
otherwise, the index says, of every article of that language and not of a sample.  An engine's own way
(Elasticsearch's ``significant_text``) gives stems of another analysis, or nothing on our own tokens, which
are not kept in the documents that it reads again; so both engines have one answer, word for word.

The sample is the first articles in order of id: ids are digests, so that is a choice by chance which is the
same every time and on every engine.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

from search import scope
from search.documents import texts
from search.query import Field, Name, Node, Not, Or, Phrase, Prefix, Term, walk
from search.query.tree import is_word

if TYPE_CHECKING:
    from search.analysis import Analysis
    from search.engine import Engine
    from store.records import StoredArticle

SAMPLE = 500
"""Articles of a query that are read."""
_LOOKED_AT = 4 * SAMPLE
"""So many are looked at to find them: others are of an outlet that has its share."""
A_SOURCE = 100
"""Of one outlet at most so many, so that the words of the busiest are not taken for those of the press."""
LEAST = 3
"""Articles in which a word must stand: less is chance."""
_CANDIDATES = 200
"""Words of a language whose frequency elsewhere is asked for: the most frequent ones of the sample."""
_OWN = Not(Field("voice", Or((Term("copy"), Term("translation"), Term("aggregator")))))
_LETTERS = 2
"""A shorter word is none, or a letter of a list."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word that stands out."""

    word: str
    """As it is printed most often."""
    language: str
    """Of the articles that it was counted in."""
    articles: int
    """Of the sample, those in which it stands in some form."""
    sample: int
    """Articles of this language in the sample."""
    elsewhere: int
    """Articles of this language in the whole index in which it stands."""
    background: int
    """Articles of this language in the whole index."""

    @property
    def score(self) -> float:
        """How much more frequent it is, absolutely and in relation: (p - q) * p / q."""
        here, there = self.articles / self.sample, self.elsewhere / self.background
        return (here - there) * here / there

    def to_json(self) -> dict[str, Any]:
        return {
            "word": self.word,
            "language": self.language,
            "score": round(self.score, 4),
            "articles": self.articles,
            "sample": self.sample,
            "elsewhere": self.elsewhere,
            "background": self.background,
        }


@dataclass(frozen=True, slots=True)
class Significant:
    """The answer to a query."""

    query: str
    total: int
    """Articles that match."""
    sampled: int
    """Those of which the words were counted; copies are not among them."""
    words: tuple[Word, ...]
    """The most outstanding first."""

    def to_json(self) -> dict[str, Any]:
        return {
            "query": self.query,
            "total": self.total,
            "sampled": self.sampled,
            "words": [word.to_json() for word in self.words],
        }


@dataclass(slots=True)
class _Counted:
    """The words of the sample's articles in one language."""

    sample: int = 0
    articles: Counter[str] = field(default_factory=Counter)
    """Stem → articles."""
    printed: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    """Stem → how it is printed."""


def own_words(tree: Node) -> Node:
    """*tree* without copies, which would make one text's words those of many; unless it names ``voice:``."""
    if any(isinstance(node, Field) and node.name == "voice" for node in walk(tree)):
        return tree
    return scope.together((*scope.parts(tree), _OWN))


def significant(
    engine: Engine,
    analysis: Analysis,
    articles: Iterable[StoredArticle],
    tree: Node,
    *,
    query: str,
    total: int,
    now: datetime,
    limit: int,
) -> Significant:
    """The *limit* words that stand out in *articles*, all that match *tree*, in order of id."""
    chosen = list(islice(_sample(islice(articles, _LOOKED_AT)), SAMPLE))
    asked = set(_asked(tree, analysis))
    found: list[Word] = []
    for language, counted in _count(chosen, analysis).items():
        stems = [
            stem
            for stem, count in sorted(counted.articles.items(), key=lambda each: (-each[1], each[0]))
            if count >= LEAST and stem not in asked
        ][:_CANDIDATES]
        if not stems:
            continue
        within = scope.shown(scope.together((*_kept(tree), _of_language(language))))
        background = engine.search(within, now=now, limit=0).total
        for stem, elsewhere in zip(stems, engine.articles_with(stems, within, now=now), strict=True):
            printed = min(counted.printed[stem].items(), key=lambda each: (-each[1], each[0]))[0]
            # The index may be a moment behind the ledger.
            elsewhere = max(elsewhere, counted.articles[stem])
            word = Word(
                printed,
                language,
                counted.articles[stem],
                counted.sample,
                elsewhere,
                max(background, elsewhere, counted.sample),
            )
            if word.score > 0:
                found.append(word)
    found.sort(key=lambda word: (-word.score, word.language, word.word))
    return Significant(query, total, len(chosen), tuple(found[:limit]))


def _sample(articles: Iterable[StoredArticle]) -> Iterator[StoredArticle]:
    """*articles*, of each source no more than :data:`A_SOURCE`."""
    of_source: Counter[str] = Counter()
    for one in articles:
        of_source[one.article.source_id] += 1
        if of_source[one.article.source_id] <= A_SOURCE:
            yield one


def _count(articles: Sequence[StoredArticle], analysis: Analysis) -> Mapping[str, _Counted]:
    """Language → its words."""
    found: dict[str, _Counted] = defaultdict(_Counted)
    ties: dict[str, bool] = {}
    for one in articles:
        language, *parts = texts(one)
        counted = found[language]
        counted.sample += 1
        stems = set()
        for part in parts:
            for span in analysis.spans(part, language):
                word = part[span.start : span.end]
                if span.exact not in ties:
                    ties[span.exact] = (
                        len(span.exact) < _LETTERS
                        or not span.exact.isalpha()
                        or analysis.is_function_word(word)
                    )
                if ties[span.exact] or span.stem.endswith("|"):  # a stop word of Arabic
                    continue
                stems.add(span.stem)
                counted.printed[span.stem][word] += 1
        counted.articles.update(stems)
    return found


def _asked(node: Node, analysis: Analysis) -> Iterator[str]:
    """The stems of the words that every match has because they were asked for: they stand out for nothing."""
    for each in walk(node):
        match each:
            case Term(word=text) | Phrase(text=text) | Prefix(start=text):
                words = [text]
            case Name(words=text):
                words = text.split()
            case _:
                continue
        for word in words:
            for language in ("ar", "fr", "es", "en", "und"):
                yield from analysis.tokens(word, language).stem.split()


def _kept(tree: Node) -> tuple[Node, ...]:
    """What *tree* says of relevance and of copies: the rest of the language is looked at in the same way."""
    return tuple(part for part in scope.parts(tree) if _field(part) in ("relevance", "voice"))


def _field(node: Node) -> str | None:
    if isinstance(node, Not):
        return _field(node.of)
    return node.name if isinstance(node, Field) else None


def _of_language(language: str) -> Node:
    return Field("lang", Term(language) if is_word(language) else Phrase(language))
