"""Whose names are masked: private persons', not those of people who act or speak by office or trade."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

import config
from pipeline.annotation import Annotator
from pipeline.annotation.persons import Persons
from store.records import Article, ArticleKind, Evidence, Image
from tests.pipeline.newsroom import article, source

CONFIG = config.load(environ={})
ANNOTATOR = Annotator(CONFIG)
PERSONS = Persons(CONFIG)
MOROCCO = source("MA")


def found(one: Article) -> tuple[Evidence, ...]:
    return PERSONS.find(ANNOTATOR.read(one, MOROCCO))


def said(title: str, *paragraphs: str, **fields: object) -> list[str]:
    return [name.words for name in found(replace(article(title, *paragraphs), **fields))]  # type: ignore[arg-type]


MASKED = [
    # suspects
    ("أوقفت الشرطة بفاس المدعو كريم بنعلي للاشتباه في تورطه في النصب.", ["كريم بنعلي"]),
    ("أحالت الشرطة القضائية المشتبه فيه عبد الرحيم لعروصي على النيابة العامة.", ["عبد الرحيم لعروصي"]),
    ("الشرطة توقف بفاس نور الدين حامي الدين بتهمة النصب", ["نور الدين حامي الدين"]),
    ("البوليس شدو سيمو العلوي فكازا على قبل النصب", ["سيمو العلوي"]),
    ("الديستي شدات يوسف المريني فطنجة حيت نصب على الناس", ["يوسف المريني"]),
    ("La police de Fès a arrêté Karim Benali, soupçonné d’escroquerie.", ["Karim Benali"]),
    ("Le suspect, un certain Karim El Idrissi, 34 ans, a été déféré au parquet.", ["Karim El Idrissi"]),
    ("Le procureur a ordonné la garde à vue de Karim Aït Lahcen, selon la DGSN.", ["Karim Aït Lahcen"]),
    ("La police de Rabat a arrêté le suspect Xhevdet Shala.", ["Xhevdet Shala"]),
    ("The Moroccan police said Ahmed Bel and Said Tijani were held.", ["Ahmed Bel", "Said Tijani"]),
    ("Moroccan police held Omar Tazi, 42, on suspicion of fraud.", ["Omar Tazi"]),
    ("La policía marroquí detuvo a Youssef El Amrani, acusado de tráfico.", ["Youssef El Amrani"]),
    ("La policía de Marruecos buscaba a un hombre llamado Zoran Petrovic.", ["Zoran Petrovic"]),
    # victims, families, witnesses
    ("عثرت الشرطة بطنجة على جثة الطفل ياسين أزروال.", ["ياسين أزروال"]),
    ("طالبت أسرة سعاد المرابط الأمن الوطني بالبحث عنها.", ["سعاد المرابط"]),
    ("مراتو فاطمة الزهراء بنسليمان قالت للبوليس باللي بريء", ["فاطمة الزهراء بنسليمان"]),
    ("Fatima Zahra Bennani, mère de la victime, accuse la police.", ["Fatima Zahra Bennani"]),
    ("Le brigadier Said Lahlou, tué à Agadir, a été promu par la DGSN.", ["Said Lahlou"]),
    ("« On a eu peur », confie Latifa Bennis, une voisine, à la police.", ["Latifa Bennis"]),
    ("The victim was identified as Jane Doefield, Moroccan police said.", ["Jane Doefield"]),
    ("Missing: Layla Hart, 19, was last seen in Tangier, police said.", ["Layla Hart"]),
    ("La madre de Pedro Martínez García pide ayuda a la policía.", ["Pedro Martínez García"]),
    # a client is no lawyer
    ("L’avocat de Karim Alaoui a demandé sa libération à la police.", ["Karim Alaoui"]),
    ("قال محامي كريم العلوي إن الشرطة القضائية لم تستمع إليه.", ["كريم العلوي"]),
    # whatever trade, a victim
    ("مقتل الصحافي جمال الزرهوني أمام مقر الشرطة", ["جمال الزرهوني"]),
    # joined letters are no part of the name, marks are
    ("سلمت الشرطة القضائية لعماد الزَّهراوي، المشتبه فيه، استدعاء.", ["عماد الزَّهراوي"]),
    # a list is of one kind
    ("الشرطة تبحث عن المختفين: المختفية سعاد بلحاج وعثمان بوزيد", ["سعاد بلحاج", "عثمان بوزيد"]),
]


@pytest.mark.parametrize(("text", "names"), MASKED)
def test_private_persons_are_masked(text: str, names: list[str]) -> None:
    assert said("", text) == names


NOT_MASKED = [
    # by office
    "أكد وزير العدل، السيد محمد بناني، أن الشرطة القضائية أوقفت المشتبه فيه.",
    "قال والي أمن فاس، محمد بوزيد، إن الأمن الوطني أوقف خمسة أشخاص.",
    "محمد بوزيد، الناطق الرسمي باسم المديرية العامة للأمن الوطني، نفى الخبر.",
    "تعيين كريم العلوي رئيسا للمنطقة الإقليمية للأمن الوطني",
    "Le porte-parole de la DGSN, Rachid Benomar, a démenti l’arrestation de deux suspects.",
    "Le préfet de police d’Agadir, Mustapha Amrani, a annoncé l’arrestation du suspect.",
    "Moroccan police spokesman Omar Tazi said two suspects were arrested.",
    "FBI Director John Smithson met the DGSN chief in Rabat about a murder.",
    "El ministro del Interior, Fernando López, visitó la DGSN en Rabat.",
    "استقبل المدير العام للشرطة الإسبانية (السي إن بي)، خوسيه غارسيا، مسؤولا من الأمن الوطني.",
    "Le directeur général de la Police nationale (PN), Juan Pérez Soto, a visité la DGSN à Rabat.",
    "Le directeur de la coopération et de la sécurité du royaume de Norvège, Jan Olsen, a vu la DGSN.",
    "أطلقت المديرية العامة للأمن الوطني مركزا جديدا يحمل اسم سعاد بلحاج.",
    "عبد اللطيف حموشي المدير العام للأمن الوطني يستقبل السفير",
    # by trade
    "Selon Me Karim Alaoui, avocat de la victime, la police a arrêté deux suspects.",
    "Nadia Chraibi, sociologue à l’université, estime que la police marocaine change.",
    "Ahmed Belkacem, a lawyer, said the Moroccan police had no proof.",
    "El abogado Juan Pérez criticó a la policía marroquí.",
    "قال المحامي خالد الفاسي إن موكله ينفي التهم أمام الشرطة القضائية.",
    "وقال محمد أمين بوخبزة، أستاذ علم الإجرام، إن المديرية العامة للأمن الوطني تتواصل.",
    "L’attaquant Karim Benomar et le gardien Yassine Amrani ont salué la police de Rabat.",
    # streets, hospitals, kings
    "عثر على الجثة بشارع محمد الزرقطوني قرب مقر الشرطة بالدار البيضاء.",
    "أوقفت الشرطة مشتبها فيه قرب المركب الرياضي محمد العربي.",
    "Le corps a été retrouvé boulevard Mohamed Zerktouni, près de la police de Casablanca.",
    "L’hôpital Cheikh Zaid a reçu deux blessés, selon la police de Rabat.",
    "Two suspects were arrested near Mohammed V Stadium, Moroccan police said.",
    "La DGSN vote la loi Karim Benali et lit la page Samir Infos.",
    "فاز فريق الأمن الوطني ببطولة المرحوم محمد جسوس أمام منصة محمد بناني.",
    "La policía marroquí cortó la sala Juan Pérez y la escuela Ana Ruiz.",
    # known by name alone: who holds an office today, who once did, who stands beside such a one in a list
    "كاين حبوب الشرقاوي وبوبكر سبيك فالبورط أوفيرت ديال البوليس.",
    "Boubker Sabik said the police hub would open daily.",
    "Driss Basri n’aimait pas la police.",
    "El general Mohamed Ufkir y Driss Basri marcaron la policía marroquí.",
    "Achraf Hakimi et Karim Benomar sont arrivés escortés par la police de Rabat.",
    # before a chamber, at a table, behind a microphone
    "Interrogé à la Chambre, Karim Benali a défendu la police de Rabat.",
    "Ont pris la parole Karim Benali, Samir Chraibi et Nadia Alaoui, devant la police de Rabat.",
    "Defence counsel Omar Tazi told the court that the Moroccan police had erred.",
    "El debate, moderado por Juan Pérez, trató de la policía marroquí.",
    "تحدث عميد الأمن الوطني في برنامج يقدمه كريم العلوي.",
    # initials, given names alone, ordinary words
    "فتحت الشرطة القضائية بحثا مع (م.ع) و(كريم ب.) بمدينة فاس.",
    "La police de Fès a arrêté Karim B. et M. A. ; Karim a avoué.",
    "صعد رجال الأمن الوطني على متن سيارة على الرغم من ذلك",
    "سعيد جدا بهذا التكريم، يقول عميد الأمن الوطني",
    "Police in Fez made arrests. Said Moroccan officials: two suspects were held.",
    "حسن المعاملة وجمال المدينة من شيم الأمن الوطني",
    # nothing of police, nothing of a case
    "Karim Benali a remporté la course devant Said Tijani à Ifrane.",
    "نظم كريم العلوي أمسية بمشاركة سعاد بلحاج في مراكش",
    "",
    "2026",
]


@pytest.mark.parametrize("text", NOT_MASKED)
def test_others_are_not(text: str) -> None:
    assert said("", text) == []


def test_single_names_of_somebody_masked_are_masked_too() -> None:
    names = said(
        "La douleur des Ouhmid",
        "Le père de la victime, Abdellah Ouhmid, attend la police de Fès. Ouhmid a peur.",
        "Abdellah appelle à témoins avec le commissaire Abdelhak Naciri. Naciri a promis d’agir.",
    )
    assert names == ["Ouhmid", "Abdellah Ouhmid", "Ouhmid", "Abdellah"]


def test_a_single_name_that_somebody_else_bears_is_left() -> None:
    text = "الشرطة تبحث عن الضحية سعاد العلوي. وقال الوزير محمد العلوي إن العلوي وسعاد، كما قال، بخير."
    names = said("", text)
    assert names == ["سعاد العلوي", "سعاد"]


def test_what_is_known_of_one_mention_holds_for_all() -> None:
    text = "Karim Benali a parlé à Fès. Karim Benali, ministre de la Justice, loue la police marocaine."
    assert said("Karim Benali en visite à la DGSN", text) == []


def test_a_victim_stays_one_whatever_the_trade() -> None:
    text = "La police marocaine sait qui a tué la victime, Karim Benali. Karim Benali, joueur, avait 20 ans."
    assert said("", text) == ["Karim Benali", "Karim Benali"]


def test_whoever_signs_is_not_masked() -> None:
    lead = "La police marocaine a arrêté un suspect à Fès."
    assert said("Titre", "Par Karim Benali", lead) == []
    assert said("Titre", lead, "Karim Benali") == []
    assert said("Titre", "Karim Benali – Fès", lead) == []
    assert said("Titre", f"{lead} (Karim Benali)") == []
    assert said("Titre", f"Karim Benali était là. {lead}", authors=("Karim Benali",)) == []


@pytest.mark.parametrize(
    "line", ["Texte : Karim Alami", "Karim Alami", "Karim Alami, à Rabat", "كريم العلمي، من الرباط"]
)
def test_a_line_that_names_who_wrote_it_is_not_masked(line: str) -> None:
    assert said("La police de Fès innove", "La police de Fès a ouvert un guichet.", line) == []


def test_a_line_that_names_a_suspect_is_masked() -> None:
    assert said("La police de Fès a un suspect", "Voici son nom.", "Karim Alami, 34 ans") == ["Karim Alami"]


def test_captions_that_tell_the_story_are_masked_once() -> None:
    images = (Image("https://o.example/1.jpg", "Le suspect, Karim Benali, conduit au commissariat de Fès."),)
    one = replace(
        article("En images : la police de Fès", "Une arrestation."), images=images, kind=ArticleKind.PHOTO
    )
    masks = ANNOTATOR.annotate(one, MOROCCO).masks
    assert [(mask.field, mask.words) for mask in masks] == [("caption:0", "Karim Benali")]


def test_pages_of_opinion_mask_only_who_is_told_to_be_private() -> None:
    text = "La police marocaine a répondu à Karim Benali, et la mère de Said Lahlou attend."
    assert said("", text) == ["Karim Benali", "Said Lahlou"]
    assert said("", text, section="Opinion") == ["Said Lahlou"]


def test_captions_are_read_with_the_article() -> None:
    one = article("La police de Fès arrête un suspect", "La police marocaine a arrêté Karim Benali.")
    images = (Image("https://a.example/1.jpg", None), Image("https://a.example/2.jpg", "Karim Benali, hier"))
    reading = ANNOTATOR.read(replace(one, images=images), MOROCCO)
    (name,) = PERSONS.find_in_captions(reading)
    assert (name.field, name.start, name.end, name.words) == ("caption:1", 0, 12, "Karim Benali")
    assert PERSONS.find_in_captions(ANNOTATOR.read(one, MOROCCO)) == ()


PIECES = [
    "كريم", "بنعلي", "لعماد", "عبد", "الرحيم", "نور", "الدين", "بن", "المدعو", "الضحية", "الشرطة",
    "مَحمّــد", "على", "مولاي", "Karim", "El", "Benali", "Aït-Omar", "Mme", "nommé", "34", "ans", "(29)",
    "DGSN", "arrêté", "police de Fès", "،", ".", ",", " – ", "«", "»", "\u200f", "\u00a0", "\n", "😀",
    "ﷺ", "ﬁ", "É.", "D.G.S.N.", "٣٢", "de", "la",
]  # fmt: skip
TEXT = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=6)), max_size=16).map(" ".join)


@examples(deadline=None, max_examples=300)
@given(TEXT, st.one_of(st.none(), TEXT), st.lists(TEXT, max_size=3))
def test_every_name_is_a_slice_of_what_was_printed(
    title: str, subtitle: str | None, paragraphs: list[str]
) -> None:
    one = article(title, *paragraphs, subtitle=subtitle)
    fields = {"title": one.title, "subtitle": one.subtitle or "", "text": one.text}
    last = ("", 0)
    for name in found(one):
        assert name.label == "person"
        assert name.words == fields[name.field][name.start : name.end]
        assert name.words.strip() == name.words != ""
        assert name.field != last[0] or name.start >= last[1], "in order, none overlapping"
        last = (name.field, name.end)


@pytest.mark.parametrize(
    "piece", ["المدعو كريم بنعلي ", "arrêté Karim Benali, 34 ans. ", "34 , ", "Karim ", "x", "بن "]
)
def test_a_huge_text_ends_soon(piece: str) -> None:
    reading = ANNOTATOR.read(article("", piece * (500_000 // len(piece))), MOROCCO)
    begin = time.process_time()
    PERSONS.find(reading)
    assert time.process_time() - begin < 10
