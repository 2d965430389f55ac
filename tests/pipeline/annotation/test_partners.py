"""Partners: invented lines, and what holds for any text."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import config
from pipeline.annotation import Annotator
from pipeline.annotation.partners import Partners
from tests.pipeline.newsroom import article, source

CONFIG = config.load(environ={})
ANNOTATOR = Annotator(CONFIG)
PARTNERS = Partners(CONFIG)


def named(text: str, title: str = "", country: str = "MA") -> list[str]:
    said = PARTNERS.find(ANNOTATOR.read(article(title, *text.split("\n")), source(country)))
    return [one.id or one.name for one in said]


@pytest.mark.parametrize(
    ("bodies", "text"),
    [
        (["المكتب الوطني للسكك الحديدية"], "وقع الأمن الوطني والمكتب الوطني للسكك الحديدية اتفاقية."),
        (["بنك المغرب"], "أبرمت المديرية العامة للأمن الوطني وبنك المغرب مذكرة تفاهم."),
        (["وزارة التربية الوطنية"], "بشراكة مع وزارة التربية الوطنية، نظمت ولاية أمن فاس حملة تحسيسية."),
        (["douane"], "تمكنت عناصر الشرطة، بتنسيق مع عناصر الجمارك، من حجز الشحنة."),
        (["gendarmerie"], "لابيجي ديال طنجة والجدارمية دارو كبسة مشتركة."),
        (["الشرطة الفيدرالية البلجيكية"], "زودت الديستي الشرطة الفيدرالية البلجيكية بمعلومات."),
        (["ONCF"], "La DGSN et l’ONCF ont signé une convention."),
        (
            ["université Mohammed V de Rabat"],
            "La DGSN a signé avec l’université Mohammed V de Rabat un accord.",
        ),
        (["police fédérale belge"], "La police fédérale belge et la DGST ont agi de concert."),
        (["fbi"], "Moroccan police made the arrests at the request of the FBI."),
        (["Ministry of Education"], "The DGSN and the Ministry of Education signed an agreement."),
        (
            ["University of Ifrane", "Bank of Africa"],
            "The DGSN signed an agreement with the University of Ifrane and the Bank of Africa.",
        ),
        (
            ["Universidad Mohamed VI", "Banco Popular"],
            "La DGSN firmó un acuerdo con la Universidad Mohamed VI y el Banco Popular.",
        ),
        (["policía alemana"], "La policía alemana agradeció a la DGSN las informaciones facilitadas."),
        # Sources, guests, formulae and mere mentions are none.
        ([], "حسب مصادر من الدرك الملكي، أوقفت الشرطة بطنجة شخصا."),
        ([], "نظمت ولاية أمن فاس حفلا بحضور ممثلي وزارة العدل."),
        ([], "La police de Fès a interpellé un homme, sous la supervision du parquet compétent."),
        ([], "Fuentes de la Guardia Civil consultadas confirman la operación de la DGSN."),
        ([], "La DGSN a ouvert un guichet à l’université Mohammed V."),
    ],
)
def test_partners_act_together(bodies: list[str], text: str) -> None:
    assert named(text) == bodies


def test_a_country_that_hands_over_is_one() -> None:
    assert named("أفاد بلاغ للأمن الوطني بتسلم المطلوب.", "البرتغال تسلم المغرب منعشا عقاريا") == ["البرتغال"]


def test_authorities_give_way_to_a_service_of_their_country() -> None:
    text = "بفضل معلومات الديستي أوقف الحرس المدني الإسباني السائق بتعاون مع السلطات الإسبانية."
    assert named(text) == ["guardia-civil"]


def test_another_police_has_no_partners() -> None:
    text = "La Policía Nacional y la Guardia Civil detuvieron a once personas en una operación conjunta."
    assert named(text, country="ES") == []


def test_one_body_is_named_once() -> None:
    text = "وقع الأمن الوطني ووزارة الصحة والحماية الاجتماعية اتفاقية.\nوقالت وزارة الصحة إنها مهمة."
    assert named(text, "الأمن الوطني ووزارة الصحة يوقعان اتفاقية") == ["وزارة الصحة"]


PIECES = [
    "المديرية العامة للأمن الوطني",
    "DGSN",
    "ووزارة الصحة",
    "للجمارك",
    "جامعة",
    "اتفاقية",
    "بتنسيق مع",
    "FBI",
    "Ministry of",
    "University",
    "Spanish",
    "police",
    "et la",
    "(",
    ")",
    "،",
    ".",
    "\n",
    "\u200f",
    "الشرطة البلجيكية",
    "Banque",
    "ﷺ",
]
TEXT = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=8)), max_size=14).map(" ".join)


@settings(deadline=None, max_examples=150)
@given(TEXT, TEXT)
def test_the_cue_is_a_slice_of_what_was_printed(title: str, text: str) -> None:
    one = article(title, text)
    printed = {"title": one.title, "subtitle": one.subtitle or "", "text": one.text}
    for partner in PARTNERS.find(ANNOTATOR.read(one, source("MA"))):
        assert partner.name
        assert partner.cue is not None
        assert partner.cue.words == printed[partner.cue.field][partner.cue.start : partner.cue.end]
