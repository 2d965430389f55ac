"""Every label shows the words that it rests on, as printed."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import config
from pipeline.annotation import Annotator, content_hash
from pipeline.annotation.matcher import Lexicon, Sense
from pipeline.annotation.words import Words, pattern
from store.records import Annotated
from tests.pipeline.newsroom import article, source

ANNOTATOR = Annotator(config.load(environ={}))
PIECES = [
    "المديرية العامة للأمن الوطني", "لِلأمـنِ الوطنــي", "بولاية أمن فاس", "الحموشي", "DGSN", "D.G.S.N.",
    "Sûreté nationale", "préfecture de police de Fès", "Moroccan police", "وهران", "Alger", "l’Intérieur",
    "،", ".", " – ", "«", "»", "\u200f",
    "\u00a0", "أگادير", "ﷺ", "😀", "ﬁ", "\n", "(", ")", "police", "بسلا", "٣٢",
]  # fmt: skip
TEXT = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=8)), max_size=12).map(" ".join)


def field(said: Annotated, name: str) -> str:
    one = said.article
    return {"title": one.title, "subtitle": one.subtitle or "", "text": one.text}[name]


@settings(deadline=None, max_examples=300)
@given(
    TEXT, st.one_of(st.none(), TEXT), st.lists(TEXT, max_size=3), st.sampled_from(["MA", "DZ", "FR", None])
)
def test_evidence_is_a_slice_of_what_was_printed(
    title: str, subtitle: str | None, paragraphs: list[str], country: str | None
) -> None:
    one = article(title, *paragraphs, subtitle=subtitle)
    outlet = source(country) if country else None
    said = ANNOTATOR.annotate(one, outlet)
    for cue in (*said.evidence, *said.relevance.evidence):
        assert cue.words == field(said, cue.field)[cue.start : cue.end]
        assert cue.words.strip()
    named = {*said.institutions, *said.places, *said.other_places, *filter(None, (said.unit,))}
    assert {cue.label for cue in said.evidence} <= named
    assert {*said.institutions, *said.places} <= {cue.label for cue in said.evidence}
    assert ANNOTATOR.annotate(one, outlet) == said


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("قالت «المديريّة العامّة للأمن الوطنيّ» إن", "المديريّة العامّة للأمن الوطنيّ"),
        ("بيان للأمـــن الوطني.", "للأمـــن الوطني"),
        ("selon la  Sûreté\u00a0nationale.", "la  Sûreté\u00a0nationale"),
        ("(D.G.S.N.) a dit", "D.G.S.N."),
        ("ولاية أمن الدار-البيضاء", "ولاية أمن الدار-البيضاء"),
    ],
)
def test_words_are_shown_as_printed(text: str, words: str) -> None:
    said = ANNOTATOR.annotate(article("|", text), source("MA"))
    assert words in [cue.words for cue in said.evidence]


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        ("الأمن", "والأمن", "والأمن"),
        ("الأمن", "للأمن", "للأمن"),
        ("الأمن", "مالأمن", None),
        ("الأمن", "الأمنية", None),
        ("البوليس", "لبوليس", "لبوليس"),
        ("تنفي", "تنفيذ", None),
        ("ديستي", "ديستيني", None),
        ("police", "policée", None),
        ("police", "l'police!", "police"),
        ("DGSN", "DGSNI", None),
        ("Nice", "nice", None),
        ("BRI", "bri", None),
        ("BRI", "(BRI)", "BRI"),
        ("a b", "a. b", None),
        ("a b", "a, b", None),
        ("a b", "a-b", "a-b"),
        ("a b", "a « b »", "a « b"),
    ],
)
def test_names_match_whole_words_with_their_particles(name: str, text: str, found: str | None) -> None:
    lexicon = Lexicon()
    lexicon.add(name, Sense("cue", "x"), proper=True)
    words = Words.of([("text", text)])
    hits = lexicon.freeze().find(words)
    assert [words.as_printed(hit.word, hit.end) for hit in hits] == ([] if found is None else [found])


@given(st.text(max_size=60))
def test_every_word_is_traced_to_where_it_was_printed(text: str) -> None:
    words = Words.of([("text", text)])
    for begin, start, end in zip(words.begins, words.starts, words.ends, strict=True):
        end_of_word = words.line.index(" ", begin)
        word = words.line[begin:end_of_word]
        if word not in (".", ","):
            assert pattern(text[start:end]) == word


HASHED = ("Titre d'hier : « l'affaire »", "Le texte -- 34 ans.", "أعلنت الأمن")
SAME = [
    ('Titre d’hier\u00a0: "l’affaire"', "Le  texte -- 34 ans.", "أعلنتِ الأمـن"),
    ("Titre d'hier: «l'affaire»", "Le texte\u200f -- 34\u00a0ans.\n", "أعلنت الأمن "),
    tuple(unicodedata.normalize("NFD", part) for part in HASHED),
]
OTHER = [
    ("Titre d'hier : « l'affaire »", "Le texte -- 43 ans.", "أعلنت الأمن"),
    ("Titre d'hier : « l'affaire »", "Le texte -- 34 ans?", "أعلنت الأمن"),
    ("Titre d'hier : « l'affaire »", "Le texte -- 34 ans."),
    ("Titre d'hier : l'affaire", "Le texte -- 34 ans.", "أعلنت الأمن"),
]  # fmt: skip


@pytest.mark.parametrize("parts", SAME)
def test_a_page_set_anew_has_the_same_hash(parts: tuple[str, ...]) -> None:
    assert content_hash(article(*parts)) == content_hash(article(*HASHED))


@pytest.mark.parametrize("parts", OTHER)
def test_a_page_rewritten_has_another_hash(parts: tuple[str, ...]) -> None:
    assert content_hash(article(*parts)) != content_hash(article(*HASHED))


def test_subtitle_is_part_of_what_is_read() -> None:
    assert content_hash(article("A", "B", subtitle="C")) != content_hash(article("A", "B"))
