"""Which printed words made an article match, and the sentences in which they stand.

The same analysis that indexed the article reads it again, so marks are exact in every script and say nothing
about the engine.  Positions count characters (code points), not bytes.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

from search.engine import TEXTS
from search.figures import asked, label
from search.query import And, Field, Name, Near, Node, Not, Or, Phrase, Prefix, Term

if TYPE_CHECKING:
    from search.analysis import Analysis, Span
    from search.analysis import Phrase as Tokens
    from store.records import Annotated

FRAGMENTS_MAX = 3
FRAGMENT_CHARS = 280
WORDS_MAX = 5

_SENTENCE_END = re.compile(r"[.!?؟۔…]+[\"'»”’)\]]*\s+|\n+")
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Highlight:
    """A piece of one field, as printed, and the marked ranges in it."""

    field: str
    text: str
    marks: tuple[tuple[int, int], ...]
    """``text[start:end]`` is a word or phrase that matched; in order, not overlapping."""

    def to_json(self) -> dict[str, Any]:
        return {"field": self.field, "text": self.text, "marks": [list(mark) for mark in self.marks]}


@dataclass(frozen=True, slots=True)
class Matched:
    """One part of the query and how it was met."""

    term: str
    """As typed: ``DGSN``, ``"sûreté nationale"``, ``place:fes``."""
    via: str
    """``exact`` the word itself · ``form`` another form of it · ``equivalent`` another name of the same thing
    · ``phrase`` · ``near`` · ``prefix`` · ``label`` what annotation or the catalogue says of the article."""
    words: tuple[str, ...]
    """The printed words, first ones first; for a label its evidence, else its value."""

    def to_json(self) -> dict[str, Any]:
        return {"term": self.term, "via": self.via, "words": list(self.words)}


@dataclass(frozen=True, slots=True)
class _Leaf:
    node: Node
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Mark:
    start: int
    end: int
    leaf: int


def explain(
    tree: Node, annotated: Annotated, labels: Mapping[str, Sequence[str]], analysis: Analysis
) -> tuple[tuple[Highlight, ...], tuple[Matched, ...]]:
    """The highlights of an article that *tree* found, and why it was found.

    *labels* are the article's (:class:`search.engine.Document`).  An article found by its labels alone is
    shown with its beginning, unmarked.
    """
    article = annotated.article
    texts = {"title": article.title, "subtitle": article.subtitle or "", "text": article.told}
    spans = {name: analysis.spans(text, article.language) for name, text in texts.items()}
    leaves = list(_leaves(tree, TEXTS))
    marks: dict[str, list[_Mark]] = {name: [] for name in TEXTS}
    matched: dict[tuple[str, str], dict[str, None]] = {}
    for index, leaf in enumerate(leaves):
        if isinstance(leaf.node, Field):
            for value, words in _label_words(leaf.node, labels, annotated):
                matched.setdefault((f"{leaf.node.name}:{value}", "label"), {}).update(dict.fromkeys(words))
            continue
        for name in leaf.fields:
            for first, last, via in _occurrences(leaf.node, spans[name], analysis):
                start, end = spans[name][first].start, spans[name][last].end
                marks[name].append(_Mark(start, end, index))
                words_met = matched.setdefault((str(leaf.node), via), {})
                words_met.setdefault(_SPACE.sub(" ", texts[name][start:end]))
    highlights: list[Highlight] = []
    for name in TEXTS:
        if not marks[name]:
            continue
        if name == "text":
            highlights.extend(_fragments(texts[name], marks[name]))
        else:
            highlights.append(Highlight(name, texts[name], _merged(marks[name], 0, len(texts[name]))))
    if not any(highlight.field == "text" for highlight in highlights) and texts["text"]:
        start, end = _window(texts["text"], 0, _sentences(texts["text"])[0][1], [])
        highlights.append(_cut(texts["text"], start, end, []))
    return tuple(highlights), tuple(
        Matched(term, via, tuple(words)[:WORDS_MAX]) for (term, via), words in matched.items()
    )


def _leaves(node: Node, fields: tuple[str, ...]) -> Iterator[_Leaf]:
    """The parts that can be met, in order; what is excluded cannot."""
    match node:
        case Term() | Name() | Phrase() | Near() | Prefix():
            yield _Leaf(node, fields)
        case Field(name="title", of=inner):
            yield from _leaves(inner, ("title",))
        case Field():
            yield _Leaf(node, ())
        case And(of=parts) | Or(of=parts):
            for part in parts:
                yield from _leaves(part, fields)
        case Not():
            return


# -- words ------------------------------------------------------------------------------------------------


def _occurrences(node: Node, spans: Sequence[Span], analysis: Analysis) -> Iterator[tuple[int, int, str]]:
    """(first token, last token, via) of each place at which *node* is met."""
    match node:
        case Term(word=word):
            yield from _met(word, analysis.terms(word), spans, analysis)
        case Name(words=words):
            yield from _met(words, analysis.other_names(words), spans, analysis)
        case Phrase(text=text):
            if wanted := analysis.exact(text):
                for first in _runs([span.exact for span in spans], wanted.tokens):
                    yield first, first + len(wanted.tokens) - 1, "phrase"
        case Near(text=text, slop=slop):
            if wanted := analysis.exact(text):
                for first, last in _near([span.exact for span in spans], wanted.tokens, slop):
                    yield first, last, "near"
        case Prefix(start=start):
            if wanted := analysis.exact(start):
                *before, last_token = wanted.tokens
                size = len(before)
                for at in range(len(spans) - size):
                    run = [span.exact for span in spans[at : at + size]]
                    if run == before and spans[at + size].exact.startswith(last_token):
                        yield at, at + size, "prefix"


def _met(
    typed: str, phrases: Sequence[Tokens], spans: Sequence[Span], analysis: Analysis
) -> Iterator[tuple[int, int, str]]:
    """Where one of *phrases*, all of which stand for the *typed* words, is met, each word once."""
    exact = analysis.exact(typed)
    wanted = exact.tokens if exact else ()
    names = set(analysis.other_names(typed))
    taken: set[int] = set()
    for phrase in sorted(phrases, key=lambda phrase: -len(phrase.tokens)):
        size = len(phrase.tokens)
        for first in _runs([getattr(span, phrase.layer) for span in spans], phrase.tokens):
            if not taken.isdisjoint(range(first, first + size)):
                continue
            taken.update(range(first, first + size))
            if tuple(span.exact for span in spans[first : first + size]) == wanted:
                via = "exact"
            else:
                via = "equivalent" if phrase in names else "form"
            yield first, first + size - 1, via


def _runs(tokens: Sequence[str], wanted: Sequence[str]) -> Iterator[int]:
    size, first = len(wanted), wanted[0]
    for at, token in enumerate(tokens):
        if token == first and (size == 1 or tuple(tokens[at : at + size]) == tuple(wanted)):
            yield at


def _near(tokens: Sequence[str], wanted: Sequence[str], slop: int) -> Iterator[tuple[int, int]]:
    """Stretches between two of *wanted* that stand at most *slop* moves from where they would stand in a
    phrase; nothing unless every two of them do somewhere."""
    places = [[at for at, token in enumerate(tokens) if token == word] for word in wanted]
    if len(wanted) == 1:
        yield from ((at, at) for at in places[0])
        return
    found: list[tuple[int, int]] = []
    for (first, heres), (second, theres) in combinations(enumerate(places), 2):
        pairs = [(a, b) for a in heres for b in theres if abs((b - second) - (a - first)) <= slop]
        if not pairs:
            return
        found += [(min(pair), max(pair)) for pair in pairs]
    yield from sorted(set(found))


def _label_words(
    field: Field, labels: Mapping[str, Sequence[str]], annotated: Annotated
) -> Iterator[tuple[str, list[str]]]:
    """(value, its evidence) for each value of the article that the field's query names."""
    for value in labels.get(field.name, ()):
        if _names(field.of, value):
            yield value, list(dict.fromkeys(_cues(field.name, value, annotated))) or [value]


def _cues(field: str, value: str, annotated: Annotated) -> Iterator[str]:
    """The words of an article that made it bear *value*."""
    match field:
        case "relevance":
            yield from (cue.words for cue in annotated.relevance.evidence)
        case "kind":
            yield from (cue.words for kind in annotated.kinds if kind.id == value for cue in kind.cues)
        case "attribution":
            if annotated.attribution and annotated.attribution.cue:
                yield annotated.attribution.cue.words
        case "partner":
            yield from (one.name for one in annotated.partners if value in (one.id, one.name.lower()))
        case "figure":
            yield from (one.words for one in annotated.figures if label(one.what, one.value) == value)
        case _:
            yield from (cue.words for cue in annotated.evidence if cue.label == value)


def _names(node: Node, value: str) -> bool:
    match node:
        case Term(word=word) | Phrase(text=word):
            question = asked(word)
            if "=" in value and question is not None:  # of all labels only those of figures hold one
                return question.holds(value)
            return word.lower() == value.lower() or word.lower() == "any"
        case And(of=parts) | Or(of=parts):
            return any(_names(part, value) for part in parts)
    return False


# -- fragments --------------------------------------------------------------------------------------------


def _sentences(text: str) -> list[tuple[int, int]]:
    out, start = [], 0
    for end in _SENTENCE_END.finditer(text):
        if end.end() > start:
            out.append((start, end.end()))
            start = end.end()
    if start < len(text) or not out:
        out.append((start, len(text)))
    return out


def _fragments(text: str, marks: list[_Mark]) -> list[Highlight]:
    """The sentences that meet most of the query, in the order of the text."""
    marks = sorted(marks, key=lambda mark: (mark.start, -mark.end))
    sentences = _sentences(text)
    starts = [start for start, _ in sentences]
    held: dict[int, list[_Mark]] = {}
    for mark in marks:
        held.setdefault(bisect_right(starts, mark.start) - 1, []).append(mark)
    best = sorted(held, key=lambda index: (-len({m.leaf for m in held[index]}), -len(held[index]), index))
    out = []
    for index in sorted(best[:FRAGMENTS_MAX]):
        start, end = _window(text, *sentences[index], held[index])
        out.append(_cut(text, start, end, marks))
    return out


def _window(text: str, start: int, end: int, marks: Sequence[_Mark]) -> tuple[int, int]:
    """The sentence or, of a long one, as much around its first mark as fits, cut between words."""
    if end - start <= FRAGMENT_CHARS:
        return start, end
    left = max(start, marks[0].start - FRAGMENT_CHARS // 3) if marks else start
    right = min(end, max(left + FRAGMENT_CHARS, marks[0].end if marks else 0))
    if (
        left > start
        and (space := _SPACE.search(text, left, right))
        and (not marks or space.end() <= marks[0].start)
    ):
        left = space.end()
    if right < end:
        cut = max((space.start() for space in _SPACE.finditer(text, left, right)), default=right)
        right = cut if not marks or cut >= marks[0].end else right
    return left, right


def _cut(text: str, start: int, end: int, marks: Sequence[_Mark]) -> Highlight:
    while end > start and text[end - 1].isspace():
        end -= 1
    return Highlight("text", text[start:end], _merged(marks, start, end))


def _merged(marks: Sequence[_Mark], start: int, end: int) -> tuple[tuple[int, int], ...]:
    """The marks within ``start..end``, overlapping ones joined, counted from *start*."""
    out: list[list[int]] = []
    for left, right in sorted((mark.start, mark.end) for mark in marks):
        if left < start or right > end:
            continue
        if out and left < out[-1][1]:
            out[-1][1] = max(out[-1][1], right)
        else:
            out.append([left, right])
    return tuple((left - start, right - start) for left, right in out)
