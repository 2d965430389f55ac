"""Unit and places: invented lines, and what holds for any text."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import config
from pipeline.annotation import Annotator
from pipeline.annotation.whereabouts import Where, Whereabouts
from tests.pipeline.newsroom import article, source

CONFIG = config.load(environ={})
ANNOTATOR = Annotator(CONFIG)
WHEREABOUTS = Whereabouts(CONFIG)


def found(text: str, title: str = "", country: str = "MA") -> Where:
    return WHEREABOUTS.find(ANNOTATOR.read(article(title, *text.split("\n")), source(country)))


@pytest.mark.parametrize(
    ("unit", "text"),
    [
        ("wilaya-fes", "أفاد بلاغ لولاية أمن فاس بتوقيف شخصين."),
        ("wilaya-settat", "أوقفت المصلحة الولائية للشرطة القضائية بسطات شخصا."),
        ("provincial-khouribga", "باشرت المنطقة الإقليمية للأمن بخريبكة أبحاثا."),
        ("wilaya-tanger", "بوليس طنجة شدو واحد السيد."),
        ("wilaya-casablanca", "La police judiciaire de Casablanca a interpellé trois hommes."),
        ("regional-el-jadida", "La sûreté régionale d’El Jadida annonce deux interpellations."),
        ("wilaya-tetouan", "La jefatura de policía de Tetuán informó de la detención."),
        ("wilaya-tanger", "Tangier’s police prefecture said two men were arrested."),
        ("wilaya-agadir", "Police in the southern city of Agadir have arrested a man."),
        # Not tied to a town, not acting, or a body of the whole country.
        (None, "أوقفت الفرقة الوطنية للشرطة القضائية بالدار البيضاء شخصا."),
        (None, "وحتى لدابا لا بوليس طنجة خرجو شي كلمة."),
        (None, "La police marocaine a interpellé un homme à Kénitra."),
        (None, "طالب السكان مصالح الأمن بفاس بالتدخل."),
        (None, "La Gendarmerie royale de Settat a arrêté un homme."),
    ],
)
def test_the_unit_is_tied_to_its_town(unit: str | None, text: str) -> None:
    assert found(text).unit == unit


def test_a_rank_without_a_town_is_that_of_the_town_of_the_fact() -> None:
    title = "Casablanca : onze personnes arrêtées"
    assert found("La préfecture de police indique un bilan.", title).unit == "wilaya-casablanca"
    assert found("Un appel à la préfecture de police suffisait.", title).unit is None


@pytest.mark.parametrize(
    ("places", "text"),
    [
        (["oued-zem"], "تم توقيف أربعة أشخاص بمدينة وادي زم من طرف مصالح الأمن الوطني."),
        (["agadir", "inezgane", "ait-melloul"], "جرى توقيف الشرطة لهم بكل من أكادير وإنزكان وآيت ملول."),
        (["fes"], "La police a saisi deux armes à Fès."),
        (["asilah"], "La policía marroquí detuvo a tres hombres en Arcila."),
        (["nouaceur"], "Il a été arrêté par la police à l’aéroport Mohammed V de Casablanca."),
        (["casablanca"], "أوقفت الشرطة شخصا بدرب السلطان."),
        # Destinations, origins, residence and seats are none.
        (["tiznit"], "أوقفت الشرطة بتيزنيت شاحنة متوجهة إلى أكادير."),
        (["safi"], "أوقفت الشرطة بآسفي شخصا ينحدر من الصويرة."),
        (["nador"], "La police a arrêté à Nador un homme originaire de Berkane."),
        (["larache"], "La policía detuvo en Larache a un vecino de Ouezzane."),
        (["meknes"], "Police arrested in Meknes a truck driver bound for Oujda."),
        # Where somebody is taken, posted, tried, wanted or treated, and where he lives or works.
        (["nador"], "تم تنصيب رئيس جديد للأمن الجهوي بالناظور، بعدما سبق له أن اشتغل بكل من مكناس والحسيمة."),
        (["tiflet"], "توفي شرطي بالمستشفى العسكري بالرباط، بعدما دهسته سيارة أثناء مزاولته مهامه بتيفلت."),
        (["sale"], "أحيل المشتبه فيه على محكمة الاستئناف بالرباط بعد توقيفه من طرف الشرطة بسلا."),
        (["taza"], "أوقفت مصالح الشرطة القضائية بتازة شخصا مبحوثا عنه بموجب مذكرات صادرة عن أمن فاس ومكناس."),
        (
            ["errachidia"],
            "جرى ترحيل الموقوف من الرشيدية، حيث ضبط من طرف الشرطة، إلى مقر الفرقة الوطنية بالدار البيضاء.",
        ),
        (
            ["el-jadida"],
            "Un gardien de la paix a été blessé à El Jadida ; il a été transféré au CHU de Casablanca.",
        ),
        (
            ["rabat"],
            "Le policier avait, selon la DGSN, frappé un automobiliste à Rabat avant d’être muté à Guelmim.",
        ),
        (
            ["khemisset"],
            "La policía hirió a un hombre en Khemisset. El herido fue trasladado al hospital de Rabat.",
        ),
        (
            ["tanger"],
            "El detenido, que vivía en Tetuán, fue arrestado en Tánger y entregado a la policía de Fez.",
        ),
        (
            ["berrechid"],
            "A policeman shot a man in Berrechid on Sunday. He was taken to hospital in Casablanca.",
        ),
        # Ends of a road, a flight or a region; the airport of a town; a prefecture of two towns.
        (["oujda"], "La police d’Oujda a intercepté un autocar de la ligne Oujda-Casablanca."),
        (["meknes"], "Le vol Paris-Fès a été dérouté, et c’est à Meknès que la police a arrêté le fraudeur."),
        ([], "La DGSN alerte sur de faux sites de paiement du péage de l’autoroute Casablanca-Rabat."),
        (
            ["bouznika"],
            "La fondation de la police livre des logements à Bouznika, entre Rabat et Casablanca.",
        ),
        (
            ["nouaceur"],
            "The police arrested at Casablanca's Mohammed V airport a passenger bound for Agadir.",
        ),
        (["tanger"], "أوقفت الشرطة شخصين بعمالة طنجة-أصيلة."),
        # Earlier facts in the same sentence; what was not there.
        (
            ["el-jadida"],
            "Les Portes ouvertes se tiennent à El Jadida, après Agadir l’an dernier et Fès en 2023.",
        ),
        (
            ["fes"],
            "Les Portes ouvertes de la DGSN, organisées à Fès, succèdent à celles de Tanger et de Marrakech.",
        ),
        (["oujda"], "فيديو الاعتداء على شرطي صور بوجدة وليس بالناظور، توضح المديرية العامة للأمن الوطني."),
        (["sidi-slimane"], "أنهت عناصر الشرطة بسيدي سليمان فرار سجين كان قد هرب من السجن المحلي بالقنيطرة."),
        # Who speaks or suffers from a town; where the hosts received; what the press calls a town.
        ([], "La DGSN met en garde contre un faux SMS ; des usagers de Fès, Oujda et Agadir l’ont reçu."),
        (["rabat"], "استقبل المدير العام للأمن الوطني عبد اللطيف حموشي بمكتبه بالرباط سفير ألمانيا."),
        (["marrakech"], "La police de la ville ocre a arrêté deux hommes."),
        (["tanger"], "أوقفت الشرطة بعاصمة البوغاز ثلاثة أشخاص."),
        ([], "The ambassador in Rabat praised the Moroccan police."),
        ([], "Rabat prefers silence, the Moroccan police too."),
    ],
)
def test_places_are_those_of_the_fact(places: list[str], text: str) -> None:
    assert sorted(found(text).places) == sorted(places)


def test_a_dateline_is_no_place_where_another_is_told() -> None:
    where = found("الرباط – أوقفت الشرطة شخصين بمراكش.")
    assert where.places == ("marrakech",)
    assert found("Tanger – La police a interpellé deux hommes.").places == ("tanger",)


def test_the_sure_town_of_a_title_is_the_place() -> None:
    where = found("أوقفت الشرطة شخصا.", "فاس.. توقيف مشتبه فيه في النصب على مهاجرين تاونات")
    assert where.places == ("fes",)
    where = found("Les bénéficiaires travaillent à Salé.", "Rabat : la DGSN remet 120 logements")
    assert where.places == ("rabat",)


def test_a_fact_of_another_country_has_no_place() -> None:
    text = "La Policía Nacional detuvo en Valencia a tres hombres. Uno había vivido en Nador."
    assert found(text, country="ES").places == ()


def test_an_earlier_fact_is_elsewhere() -> None:
    text = "أوقفت الشرطة شخصا بفاس.\nوسبق أن أوقفت الشرطة شخصا بمكناس."
    where = found(text)
    assert where.places == ("fes",)
    assert where.other_places == ("meknes",)


def test_a_list_of_exam_centres_is_no_place() -> None:
    text = "تجرى مباراة الأمن الوطني بمراكز الامتحان بطنجة وفاس ومراكش وأكادير ووجدة."
    assert found(text).places == ()
    assert found("أجلت المديرية العامة للأمن الوطني المباراة بمركزي العيون والداخلة.").places == ()


def test_places_abroad_are_countries() -> None:
    text = "Madrid, 2 oct (Agencia) – La policía marroquí siguió el camión hasta Algeciras y Lisboa."
    assert found(text).foreign_places == ("ES", "PT")


PIECES = [
    "ولاية أمن فاس",
    "بوليس",
    "ديال",
    "طنجة",
    "وفاس",
    "Tanger",
    "police de",
    "prefecture of police",
    "بدرب السلطان",
    "ميناء طنجة المتوسط",
    "متوجهة إلى",
    "«",
    "،",
    ".",
    "\n",
    " – ",
    "أگادير",
    "ﷺ",
    "\u200f",
    "in",
    "de",
    "2019",
]
TEXT = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=8)), max_size=14).map(" ".join)


@settings(deadline=None, max_examples=150)
@given(TEXT, TEXT)
def test_evidence_is_a_slice_of_what_was_printed(title: str, text: str) -> None:
    one = article(title, text)
    where = WHEREABOUTS.find(ANNOTATOR.read(one, source("MA")))
    printed = {"title": one.title, "subtitle": one.subtitle or "", "text": one.text}
    for cue in where.evidence:
        assert cue.words == printed[cue.field][cue.start : cue.end]
        assert cue.label in (*where.places, where.unit)
    assert not set(where.places) & set(where.other_places)
    assert {cue.label for cue in where.evidence} >= set(where.places)


def test_a_long_line_of_names_ends_soon() -> None:
    assert found("شرطة طنجة وفاس " * 500).unit
