"""One article as every label is read from it: its words, sentences and the names found in it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from config.model import Source
from pipeline.annotation.countries import Scene
from pipeline.annotation.judgement import Judgement
from pipeline.annotation.matcher import Hit
from pipeline.annotation.words import STOP, Words
from store.records import Article, Evidence


@dataclass(frozen=True, slots=True)
class Sentence:
    """``line[begin:end]`` of the words: a sentence, a title, or a line of a paragraph."""

    begin: int
    end: int
    field: str
    """``title``, ``subtitle`` or ``text``."""
    paragraph: int
    """Number of the paragraph in ``text``, from 0; -1 in title and subtitle."""


SILENT = "unconfirmed"
"""The sort of hearsay that says so: nobody official has spoken."""


@dataclass(frozen=True, slots=True)
class Heard:
    """Words of hearsay (``config/rumours.yml``): ``line[begin:end]``."""

    sort: str
    begin: int
    end: int
    place: str
    """``headline``, ``lead`` or ``rest``."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What label makers share; they add nothing to it."""

    article: Article
    source: Source | None
    """The outlet, if the catalogue knows it."""
    words: Words
    hits: tuple[Hit, ...]
    """Names found (:mod:`pipeline.annotation.names`), in order."""
    scene: Scene
    judgement: Judgement
    lead_end: int
    """Where, in the line, title, subtitle and first paragraph end."""
    sentences: tuple[Sentence, ...]
    heard: tuple[Heard, ...] = ()
    """Words of hearsay, in order."""

    @property
    def tells_of_silence(self) -> bool:
        """Whether the article says that nobody official has spoken."""
        return any(cue.sort == SILENT for cue in self.heard)

    def evidence(self, label: str, begin: int, end: int) -> Evidence:
        """``line[begin:end]``, whole words of one field, as evidence for *label*."""
        return Evidence(label, *self.words.where(begin, end))

    def words_in(self, sentence: Sentence) -> list[str]:
        """The folded words of *sentence*."""
        begins = self.words.begins
        first = bisect_left(begins, sentence.begin)
        return self.words.said[first : bisect_left(begins, sentence.end, first)]

    def hits_in(self, sentence: Sentence) -> Sequence[Hit]:
        """The names found in *sentence*."""
        first = bisect_left(self.hits, sentence.begin, key=lambda hit: hit.word)
        last = bisect_left(self.hits, sentence.end, first, key=lambda hit: hit.word)
        return self.hits[first:last]

    def sentence_at(self, index: int) -> Sentence:
        """The sentence that holds ``line[index]``."""
        return self.sentences[bisect_left(self.sentences, index + 1, key=lambda one: one.end)]


def sentences(words: Words, article: Article) -> tuple[Sentence, ...]:
    """The sentences of *words*, in order; stops without words between them make none.

    A full stop ends one, and so does the end of a paragraph.
    """
    ends: list[int] = []
    offset = 0
    for paragraph in article.paragraphs:
        offset += len(paragraph) + 1
        ends.append(offset)
    out = []
    begin = 1
    line = words.line
    while begin < len(line):
        stop = line.find(f" {STOP} ", begin - 1)
        end = stop + 1 if stop >= 0 else len(line)
        if line[begin:end].strip():
            field, printed, _, _ = words.where(begin, end)
            number = bisect_left(ends, printed + 1) if field == "text" else -1
            out.append(Sentence(begin, end, field, number))
        begin = end + 2
    return tuple(out)
