"""Ours, a neighbour's, a namesake's or nobody's: tables of invented lines."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.annotation import Annotator
from store.records import Relevant
from tests.pipeline.newsroom import article, source


def table(name: str) -> list[list[str]]:
    """The rows of a tab-separated file beside this one."""
    lines = (Path(__file__).parent / name).read_text("utf-8").splitlines()
    return [line.split("\t") for line in lines if line and not line.startswith("#")]


@pytest.mark.parametrize(("expected", "text"), table("namesakes.tsv"))
def test_namesakes_are_told_apart_without_an_outlet(annotator: Annotator, expected: str, text: str) -> None:
    relevance = annotator.annotate(article(text), None).relevance
    if expected == "MA":
        assert relevance.decision is Relevant.IN
    elif len(expected) == 2:
        assert relevance.decision is Relevant.HOMONYM
        assert any(cue.label == f"police-{expected}" for cue in relevance.evidence)
    else:
        assert relevance.decision is Relevant.NONE
        assert relevance.reason.startswith("undetermined") == (expected == "undetermined")


@pytest.mark.parametrize(("country", "decision", "named", "text"), table("cases.tsv"))
def test_decision_and_institutions(
    annotator: Annotator, country: str, decision: str, named: str, text: str
) -> None:
    title, _, body = text.partition(" | ")
    said = annotator.annotate(article(title, body), source(country))
    assert said.relevance.decision == decision
    assert named == "-" or set(named.split()) <= set(said.institutions)
    assert said.relevance.reason
    assert said.relevance.evidence or decision == "none"


def institutions(annotator: Annotator, *paragraphs: str, country: str = "MA") -> tuple[str, ...]:
    return annotator.annotate(article("Titre", *paragraphs), source(country)).institutions


@pytest.mark.parametrize(
    "formula",
    [
        "وضع تحت الحراسة النظرية رهن إشارة البحث الذي يجري تحت إشراف النيابة العامة المختصة.",
        "وقد جرى الاحتفاظ به بتعليمات من النيابة العامة المختصة.",
        "Il a été placé en garde à vue sous la supervision du parquet compétent.",
        "The suspect is held under the supervision of the competent public prosecutor.",
        "Quedó a disposición de la investigación supervisada por la fiscalía competente.",
    ],
)
def test_closing_formula_names_no_institution(annotator: Annotator, formula: str) -> None:
    assert "ministere-public" not in institutions(
        annotator, "Fès : la DGSN annonce une arrestation.", formula
    )


@pytest.mark.parametrize(
    "speech",
    [
        "أعلن الوكيل العام للملك لدى محكمة الاستئناف بفاس عن فتح بحث.",
        "النيابة العامة أمرت بإجراء تشريح.",
        "Le procureur du Roi a annoncé l’ouverture d’une enquête.",
        "La fiscalía anunció una investigación en Rabat.",
    ],
)
def test_prosecutor_who_acts_is_named(annotator: Annotator, speech: str) -> None:
    assert "ministere-public" in institutions(annotator, speech)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("قال ولد درب ديستيني لصاحبو.", False),
        ("دعت الجمعية إلى إبلاغ المستهلكين بفاس.", False),
        ("منصة “إبلاغ” تتلقى تبليغات المواطنين.", True),
        ("Les journées portes ouvertes de l’université de Fès.", False),
        ("La CIN reste exigée au guichet de la commune de Fès.", False),
        ("La DGSN rappelle que la CIN reste exigée au guichet.", True),
    ],
)
def test_ordinary_words_need_a_cue(annotator: Annotator, text: str, named: bool) -> None:
    assert bool(institutions(annotator, text)) is named


def test_longest_name_wins(annotator: Annotator) -> None:
    said = annotator.annotate(
        article("مصر", "قالت وزارة الداخلية المصرية إنها أحبطت هجوما في سيناء."), source("MA")
    )
    assert "interieur" not in said.institutions
    said = annotator.annotate(
        article("حصيلة", "أفاد قطب المديرية العامة للأمن الوطني ومراقبة التراب الوطني."), None
    )
    assert said.institutions == ("pole-dgsn-dgst",)


def test_region_is_not_the_towns_in_its_name(annotator: Annotator) -> None:
    said = annotator.annotate(article("Bilan de la région Rabat-Salé-Kénitra", "Rien d’autre."), source("MA"))
    assert said.places == ()


def test_dateline_is_no_place_unless_the_text_names_it_too(annotator: Annotator) -> None:
    said = annotator.annotate(
        article("Titre", "Rabat, 9 sep (Agence) – Deux hommes arrêtés à Tétouan."), None
    )
    assert said.places == ("tetouan",)
    said = annotator.annotate(article("Titre", "Fès – Deux hommes arrêtés.", "Ils vivaient à Fès."), None)
    assert said.places == ("fes",)


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("أوقفت المصالح الأمنية بسلا شخصا", ("sale",)),
        ("سلا عن الدنيا", ()),
        ("المنصة الجديدة", ()),
        ("بمدينة الجديدة", ("el-jadida",)),
        ("Sale a la luz un nuevo caso", ()),
        ("Un homme arrêté à Salé", ("sale",)),
        ("بفاس ولوجدة وطنجة", ("fes", "oujda", "tanger")),
        ("العريش", ()),
        ("أگادير", ("agadir",)),
    ],
)
def test_towns_are_whole_words_and_ordinary_words_are_none(
    annotator: Annotator, text: str, places: tuple[str, ...]
) -> None:
    assert annotator.annotate(article("|", text), source("MA")).places == places


@pytest.mark.parametrize(("url", "decision"), [("https://x.ma/1", "in"), ("https://x.dz/1", "homonym")])
def test_address_of_an_unknown_outlet_says_its_country(annotator: Annotator, url: str, decision: str) -> None:
    said = annotator.annotate(article("DGSN : deux arrestations", "Rien de plus.", url=url), None)
    assert said.relevance.decision == decision
