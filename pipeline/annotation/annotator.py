"""The annotator: names found, countries weighed, relevance decided, every label with its evidence."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from config.fold import fold
from config.loader import Config
from config.model import Source
from pipeline.annotation import names
from pipeline.annotation.countries import Countries
from pipeline.annotation.judgement import Judge
from pipeline.annotation.matcher import Hit
from pipeline.annotation.reading import Reading, sentences
from pipeline.annotation.towns import Towns, is_dateline
from pipeline.annotation.words import Words
from store.records import Annotated, Article, Evidence, Relevance

_MENTIONS = 5
"""How many mentions of one institution or town are kept as evidence."""


class Annotator:
    """Annotates articles by the rules of one configuration; keeps no state between articles."""

    def __init__(self, config: Config) -> None:
        rules = config.relevance
        self._lexicon = names.lexicon(config)
        self._countries = Countries(rules, config.homonyms)
        self._judge = Judge(rules, self._countries)
        self._towns = Towns(rules)
        self.rules_version = _rules_version(config)

    def annotate(self, article: Article, source: Source | None) -> Annotated:
        """*article* with what it names and whether it is about the watched institution.

        *source* is the outlet, whose country is a prior; ``None`` where it is unknown.
        """
        reading = self.read(article, source)
        words, hits, judgement = reading.words, reading.hits, reading.judgement
        towns = _by_label(
            (sense.label, hit)
            for hit in hits
            for sense in hit.senses
            if sense.kind == "town" and not is_dateline(words, hit)
        )
        bodies = _by_label(judgement.named)
        evidence = [
            _evidence(words, label, hit)
            for found in (bodies, towns)
            for label, mentions in found.items()
            for hit in mentions[:_MENTIONS]
        ]
        return Annotated(
            article=article,
            relevance=Relevance(
                judgement.decision,
                tuple(_evidence(words, label, hit) for label, hit in judgement.because),
                judgement.reason,
            ),
            institutions=tuple(bodies),
            places=tuple(towns),
            evidence=tuple(evidence),
            content_hash=content_hash(article),
            rules_version=self.rules_version,
        )

    def read(self, article: Article, source: Source | None) -> Reading:
        """What every label of *article* is read from."""
        words = Words.of(
            (("title", article.title), ("subtitle", article.subtitle or ""), ("text", article.text))
        )
        hits = tuple(self._towns.keep(words, self._lexicon.find(words)))
        lead_end = _lead_end(words, article)
        scene = self._countries.scene(words, hits, source, article.url, lead_end)
        judgement = self._judge.judge(words, hits, scene)
        return Reading(article, source, words, hits, scene, judgement, lead_end, sentences(words, article))


def _lead_end(words: Words, article: Article) -> int:
    """Where, in the line, title, subtitle and first paragraph end."""
    return words.reaches("text", len(article.paragraphs[0])) if article.paragraphs else len(words.line)


def _by_label(found: Iterable[tuple[str, Hit]]) -> dict[str, list[Hit]]:
    """The mentions of each label, labels in order of first mention."""
    labels: dict[str, list[Hit]] = {}
    for label, hit in sorted(found, key=lambda pair: pair[1].word):
        labels.setdefault(label, []).append(hit)
    return labels


def _evidence(words: Words, label: str, hit: Hit) -> Evidence:
    return Evidence(label, *words.where(hit.word, hit.end))


class _Read(dict[int, str]):
    """What is left of a printed character in the content hash; a table for :meth:`str.translate`."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        left = "" if char.isspace() else "'" if char in '«»“”„‟"' else fold(char)
        self[code] = left = "".join(left.split())
        return left


_READ = _Read()


def content_hash(article: Article) -> str:
    """Hex digest of what a reader reads: title, subtitle and paragraphs.

    Blind to white space, to invisible and optional marks and to typographic variants (quotes, dashes,
    apostrophes, letter forms: :func:`config.fold.fold`), so that a page set anew is not a page rewritten.
    """
    parts = (article.title, article.subtitle or "", *article.paragraphs)
    read = "\n".join(filter(None, (part.translate(_READ) for part in parts)))
    return hashlib.sha256(read.encode("utf-8", "surrogatepass")).hexdigest()


def _rules_version(config: Config) -> str:
    """Digest of everything that decides an annotation, short enough to read."""
    told = (
        config.relevance,
        config.institutions,
        config.units,
        config.office_holders,
        config.places,
        config.regions,
    )
    return hashlib.sha256(repr(told).encode()).hexdigest()[:16]
