"""Rumours known by their own words: what circulates, what nobody confirms; an arrest is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.loader import load
from pipeline.annotation import Annotator
from store.records import Annotated, Article
from tests.pipeline.newsroom import source

ANNOTATOR = Annotator(load(environ={}))
CASES = [
    tuple(line.split("\t"))
    for line in Path(__file__).with_name("hearsay.tsv").read_text("utf-8").splitlines()
    if not line.startswith("#")
]


def annotated(title: str, *paragraphs: str, language: str = "ar", section: str | None = None) -> Annotated:
    url = "https://x.example/"
    article = Article("x", url, url, title, paragraphs, language, section=section)
    return ANNOTATOR.annotate(article, source("MA"))


@pytest.mark.parametrize(("expected", "language", "title", "text"), CASES)
def test_what_nobody_answers_for_is_hearsay_and_news_is_none(
    expected: str, language: str, title: str, text: str
) -> None:
    said = annotated(title, text, language=language)
    assert bool(said.hearsay) == (expected == "rumour")
    for cue in said.hearsay:
        whole = {"title": title, "text": text}[cue.field]
        assert whole[cue.start : cue.end] == cue.words


VIDEO = "انتشر مقطع فيديو على واتساب قيل إنه لعصابة تقطع الطريق بالناظور. "


def test_an_authority_that_speaks_answers_for_it_and_one_that_is_silent_does_not() -> None:
    silent = annotated("عصابة بالناظور", VIDEO + "ولم يصدر عن ولاية أمن الناظور أي بلاغ.")
    spoken = annotated("عصابة بالناظور", VIDEO + "وأكد بلاغ لولاية أمن الناظور توقيف أفرادها.")
    assert [cue.label for cue in silent.hearsay] == ["unconfirmed", "circulates", "said"]
    assert spoken.hearsay == ()


def test_that_nobody_has_spoken_is_no_communique_and_no_denial() -> None:
    assert annotated("عصابة بالناظور", VIDEO + "ولم يصدر عن ولاية أمن الناظور أي بلاغ.").kinds == ()


def test_an_opinion_is_no_rumour() -> None:
    text = "La rumeur qui circule sur les réseaux sociaux dit plus de nos peurs que de la police de Salé."
    assert annotated("La rumeur de Salé", text, language="fr").hearsay
    assert annotated("La rumeur de Salé", text, language="fr", section="Tribune").hearsay == ()


def test_one_sort_of_words_is_not_enough() -> None:
    assert annotated("فيديو بالناظور", "انتشر مقطع فيديو لرجل أمن بالناظور على واتساب.").hearsay == ()
