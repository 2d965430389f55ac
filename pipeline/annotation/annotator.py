"""The annotator: one reading of an article, from which every label is made, each with its evidence."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import replace

from config.fold import fold
from config.loader import Config
from config.model import Source
from pipeline.annotation import names
from pipeline.annotation.countries import Countries
from pipeline.annotation.figures import Figures
from pipeline.annotation.hearsay import Hearsay
from pipeline.annotation.judgement import Judge
from pipeline.annotation.kinds import Kinds
from pipeline.annotation.matcher import Hit
from pipeline.annotation.partners import Partners
from pipeline.annotation.persons import Persons
from pipeline.annotation.reading import Reading, sentences
from pipeline.annotation.towns import Towns
from pipeline.annotation.voices import Voices
from pipeline.annotation.whereabouts import Whereabouts
from pipeline.annotation.words import Words
from store.records import Annotated, Article, Evidence, Relevance, Relevant

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
        self._kinds = Kinds(config)
        self._voices = Voices(config)
        self._whereabouts = Whereabouts(config)
        self._partners = Partners(config)
        self._figures = Figures(config)
        self._persons = Persons(config)
        self._hearsay = Hearsay(config)
        self.rules_version = _rules_version(config)

    def annotate(self, article: Article, source: Source | None) -> Annotated:
        """*article* with whether it is about the watched institution, and what it is and says.

        *source* is the outlet, whose country is a prior; ``None`` where it is unknown.
        """
        reading = self.read(article, source)
        words, judgement = reading.words, reading.judgement
        bodies = _by_label(judgement.named)
        evidence = [
            _evidence(words, label, hit) for label, mentions in bodies.items() for hit in mentions[:_MENTIONS]
        ]
        where = self._whereabouts.find(reading)
        speech = self._voices.listen(reading)
        attribution = self._voices.attribution(reading, speech)
        told = self._voices.is_told(reading, attribution, speech)
        kinds = self._kinds.find(reading, attribution, told=told, unsaid=speech.unsaid)
        hearsay = self._hearsay.find(reading, kinds, attribution)
        # Most of what an outlet prints names no police at all: nobody asks for its figures.
        of_police = judgement.decision is not Relevant.NONE or bool(judgement.because)
        return Annotated(
            article=article,
            relevance=Relevance(
                judgement.decision,
                tuple(_evidence(words, label, hit) for label, hit in judgement.because),
                judgement.reason,
            ),
            institutions=tuple(bodies),
            places=where.places,
            other_places=where.other_places,
            foreign_places=where.foreign_places,
            unit=where.unit,
            kinds=kinds,
            attribution=attribution,
            partners=self._partners.find(reading) if of_police else (),
            figures=self._figures.find(reading) if of_police else (),
            quotations=self._voices.quotations(reading, speech) if of_police else (),
            claim=self._voices.claim(reading, frozenset(one.id for one in kinds), speech),
            hearsay=hearsay,
            masks=(*self._persons.find(reading), *self._persons.find_in_captions(reading)),
            evidence=(*evidence, *where.evidence),
            content_hash=content_hash(article),
            rules_version=self.rules_version,
        )

    def read(self, article: Article, source: Source | None) -> Reading:
        """What every label of *article* is read from."""
        words = Words.of(
            (
                ("title", article.title),
                ("subtitle", article.subtitle or ""),
                ("text", article.text),
                *article.telling_captions,
            )
        )
        hits = tuple(self._towns.keep(words, self._lexicon.find(words)))
        lead_end = _lead_end(words, article)
        scene = self._countries.scene(words, hits, source, article.url, lead_end)
        judgement = self._judge.judge(words, hits, scene)
        found = Reading(article, source, words, hits, scene, judgement, lead_end, sentences(words, article))
        return replace(found, heard=self._hearsay.hear(found))


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


_RULES = ("kinds", "voices", "whereabouts", "partners", "figures", "persons", "rumours")


def _rules_version(config: Config) -> str:
    """Digest of everything that decides an annotation, short enough to read."""
    told = (
        config.relevance,
        config.institutions,
        config.units,
        config.office_holders,
        config.places,
        config.regions,
        config.kinds,
        *(config.data(name) for name in _RULES),
    )
    return hashlib.sha256(repr(told).encode()).hexdigest()[:16]
