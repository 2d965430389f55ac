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
USUAL = CONFIG.data("partners")["bodies"]


def named(text: str, title: str = "", country: str = "MA") -> list[str]:
    said = PARTNERS.find(ANNOTATOR.read(article(title, *text.split("\n")), source(country)))
    return [one.id if one.id and one.id not in USUAL else one.name for one in said]


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
        (
            ["Fédération royale marocaine de football"],
            "La Fédération royale marocaine de football et la DGSN signent un accord.",
        ),
        (
            ["ministère de la Transition numérique"],
            "La DGSN et le ministère de la Transition numérique dévoilent une plateforme.",
        ),
        (
            ["société Casa Transports"],
            "La wilaya de police de Casablanca et la société Casa Transports mènent une campagne commune.",
        ),
        (
            ["Ligue marocaine de lutte contre le sida"],
            "La DGSN agit en partenariat avec la Ligue marocaine de lutte contre le sida.",
        ),
        (["Rabat Bar Association"], "The DGSN signed a memorandum with the Rabat Bar Association."),
        (["التعاضدية العامة"], "وقع المدير العام للأمن الوطني اتفاقية مع التعاضدية العامة."),
        (["الشرطة الإيطالية"], "سلم الأمن الوطني للشرطة الإيطالية مطلوبا دوليا."),
        (
            ["الشرطة الألمانية"],
            "قام المدير العام للأمن الوطني بزيارة عمل التقى خلالها رئيس الشرطة الألمانية.",
        ),
        (["police belge"], "La DGST avait renseigné la police belge."),
        (
            ["policía italiana"],
            "La DGST marroquí alertó a la policía italiana de la presencia de un sospechoso.",
        ),
        (
            ["Norwegian police"],
            "Norwegian police thanked Morocco's DGST for its help in arresting the suspect.",
        ),
        (["British police"], "Detectives from the British police flew to Rabat to work with the DGSN."),
        (["dgsi"], "Les services de renseignement français remercient la DGST pour ses informations."),
        # A body called like ours.
        (["الأمن الوطني الموريتاني"], "استقبل المدير العام للأمن الوطني حموشي مدير الأمن الوطني الموريتاني."),
        (
            ["Seguridad Nacional de Mauritania"],
            "Hammouchi recibió en la DGSN al director general de la Seguridad Nacional de Mauritania.",
        ),
        (
            ["German Federal Criminal Police"],
            "The arrests followed cooperation between the DGST and the German Federal Criminal Police.",
        ),
        (["جهاز الأمن الداخلي النمساوي"], "استقبل حموشي المدير العام لجهاز الأمن الداخلي النمساوي."),
        # Common nouns are no names.
        ([], "La DGSN a signé la fin d’une association de malfaiteurs, et une agence bancaire rouvre."),
        ([], "The DGSN and partners broke up the terrorist organisation Daech."),
        ([], "The FBI said the DGSN signed nothing."),
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


def test_a_name_and_its_abbreviation_are_one_body() -> None:
    text = "La Caisse nationale de sécurité sociale (CNSS) et la DGSN ont signé.\nLa CNSS s’en loue."
    assert named(text, "La DGSN et la CNSS signent") == ["Caisse nationale de sécurité sociale (CNSS)"]
    assert named("The DGSN and Mohammed VI Polytechnic University signed a deal.", "DGSN, UM6P sign") == [
        "Mohammed VI Polytechnic University"
    ]


@pytest.mark.parametrize(
    ("bodies", "text"),
    [
        (
            ["ministère de la Justice", "ministère de la Santé"],
            "La DGSN, le ministère de la Justice et le ministère de la Santé ont signé une convention.",
        ),
        (
            ["المكتب الوطني للمطارات", "المكتب الوطني للسكك الحديدية"],
            "وقع الأمن الوطني والمكتب الوطني للمطارات والمكتب الوطني للسكك الحديدية اتفاقية.",
        ),
        (["وزارة الصحة"], "وقع الأمن الوطني ووزارة الصحة اتفاقية.\nوقال وزير الصحة إن الاتفاقية مهمة."),
    ],
)
def test_bodies_of_one_kind_are_told_apart(bodies: list[str], text: str) -> None:
    assert named(text) == bodies


def test_of_a_list_of_bodies_all_take_part_or_none() -> None:
    text = "La DGSN, ONU Femmes et l’ambassade du Canada ont lancé un programme."
    assert named(text) == ["ONU Femmes", "ambassade du Canada"]
    text = "Après CIH et la Banque Populaire, Bank Of Africa a signé un contrat avec la DGSN."
    assert named(text) == ["Bank Of Africa"]


def test_a_committee_of_an_agreement_is_no_partner() -> None:
    text = "La DGSN et l’OMPIC ont signé un accord dont le comité de suivi se réunira à Rabat."
    assert named(text) == ["OMPIC"]


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


@pytest.mark.parametrize(
    ("id_", "lines"),
    [
        (
            "ministere-education",
            [
                "وقعت المديرية العامة للأمن الوطني ووزارة التربية الوطنية اتفاقية شراكة بالرباط.",
                "وقع الأمن الوطني اتفاقية شراكة مع وزارة التربية الوطنية والتعليم الأولي والرياضة.",
                "La DGSN et le ministère de l’éducation nationale ont signé une convention à Rabat.",
                "The DGSN and the Ministry of National Education signed an agreement in Rabat.",
                "La DGSN y el Ministerio de Educación Nacional firmaron un convenio en Rabat.",
            ],
        ),
        (
            "ministere-justice",
            [
                "وقع المدير العام للأمن الوطني ووزير العدل اتفاقية شراكة.",
                "La DGSN et le ministère de la Justice ont signé une convention.",
            ],
        ),
        (
            "oncf",
            [
                "وقعت المديرية العامة للأمن الوطني والمكتب الوطني للسكك الحديدية اتفاقية.",
                "La DGSN et l’ONCF ont signé une convention.",
                "La DGSN et l’Office national des chemins de fer (ONCF) ont signé une convention.",
            ],
        ),
        ("narsa", ["La DGSN y la NARSA firmaron un convenio."]),
    ],
)
def test_a_usual_partner_has_one_id_in_all_languages(id_: str, lines: list[str]) -> None:
    for line in lines:
        said = ANNOTATOR.annotate(article("Partenariat", line), source("MA")).partners
        assert [one.id for one in said] == [id_], line


def test_another_country_s_ministry_is_not_ours() -> None:
    line = "La DGSN et le ministère français de la Justice ont signé une convention à Paris."
    said = ANNOTATOR.annotate(article("Partenariat", line), source("MA")).partners
    assert [one.id for one in said] == [""]
