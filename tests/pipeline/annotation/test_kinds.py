"""Which kinds of communication are told, by which words; the lines are invented."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import config
from pipeline.annotation import Annotator
from pipeline.annotation.cue_notation import Line, Phrasebook, Unreadable, parse
from pipeline.annotation.kinds import Kinds
from store.records import ArticleKind, Attributed, Attribution, Evidence, Image, KindLabel
from tests.pipeline.annotation.test_figures import PUBLISHED
from tests.pipeline.newsroom import article, source

CONFIG = config.load(environ={})
ANNOTATOR = Annotator(CONFIG)
KINDS = Kinds(CONFIG)
IDS = [kind.id for kind in CONFIG.kinds]


def labels(
    title: str, *paragraphs: str, attribution: Attributed | None = None, told: bool = False
) -> tuple[KindLabel, ...]:
    reading = ANNOTATOR.read(article(title, *paragraphs), source("MA"))
    return KINDS.find(reading, attribution, told=told)


def found(title: str, *paragraphs: str) -> set[str]:
    return {label.id for label in labels(title, *paragraphs)}


# -- what is told -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kinds", "title", "text"),
    [
        (
            "communique operation",
            "أكادير.. توقيف شخصين بحوزتهما كمية من الشيرا",
            "أفاد بلاغ لولاية أمن أكادير أن عناصر الشرطة القضائية أوقفت شخصين وحجزت الشيرا.",
        ),
        (
            "communique operation",
            "Oujda : saisie de 40 kilos de chira",
            "Deux suspects ont été interpellés à Oujda, indique la DGSN dans un communiqué.",
        ),
        (
            "communique operation",
            "Moroccan police arrest two men in Nador",
            "The DGSN said in a statement that officers seized forty kilos of hashish.",
        ),
        (
            "communique operation",
            "Dos detenidos en Nador con cuarenta kilos de hachís",
            "Según un comunicado de la DGSN, la policía marroquí detuvo a dos hombres.",
        ),
        ("operation", "بوليس مكناس شدو جوج شفارة", "البوليس ديال مكناس شدو جوج ديال الشفارة البارح بالليل."),
        (
            "communique denial",
            "المديرية العامة للأمن الوطني تنفي خبر اختفاء حافلة",
            "نفت المديرية العامة للأمن الوطني في بلاغ لها، بشكل قاطع، صحة هذه المزاعم.",
        ),
        (
            "communique denial",
            "La DGSN dément l’existence d’un gang à Safi",
            "Dans un communiqué, la DGSN dément catégoriquement ces allégations.",
        ),
        (
            "communique denial",
            "La DGSN desmiente un secuestro en Larache",
            "La DGSN desmintió en un comunicado esas informaciones falsas.",
        ),
        (
            "communique clarification",
            "ولاية أمن مراكش توضح",
            "أصدرت ولاية أمن مراكش بيانا توضيحيا تنويرا للرأي العام.",
        ),
        (
            "spokesperson",
            "سبيك: عدد الشكايات في ارتفاع",
            "قال الناطق الرسمي باسم المديرية العامة للأمن الوطني بوبكر سبيك خلال ندوة صحفية إن العدد ارتفع.",
        ),
        (
            "recruitment",
            "الأمن الوطني: مباراة لتوظيف حراس الأمن",
            "يجتاز آلاف المترشحين الاختبارات الكتابية يوم الأحد في مختلف المدن.",
        ),
        (
            "recruitment",
            "DGSN : le concours des gardiens de la paix",
            "Les épreuves écrites auront lieu en mai.",
        ),
        ("recruitment", "DGSN opens police entrance exam", "Candidates sit the written tests in May."),
        ("open_days", "انطلاق أيام الأبواب المفتوحة للأمن الوطني بوجدة", "توافد الزوار على الأروقة."),
        ("open_days", "Les Journées portes ouvertes de la DGSN à Oujda", "Les visiteurs ont afflué."),
        ("open_days", "DGSN Open Days draw crowds in Oujda", "Visitors queued for the mounted police."),
        (
            "road_safety",
            "حوادث السير: عشرة قتلى خلال أسبوع بالمناطق الحضرية",
            "سجلت مصالح الأمن الوطني إصابات بليغة وأخرى خفيفة.",
        ),
        ("terrorism operation", "BCIJ foils terror plot", "The BCIJ arrested three ISIS supporters in Safi."),
        (
            "terrorism operation",
            "La BCIJ desarticula una célula yihadista",
            "Tres sospechosos fueron detenidos en Safi.",
        ),
        (
            "partnership",
            "DGSN : signature d’une convention de partenariat avec l’université de Settat",
            "Les deux parties ont signé une convention.",
        ),
        (
            "staff_sanction",
            "فاس.. توقيف مؤقت عن العمل في حق مفتش شرطة",
            "سيعرض المفتش على المجلس التأديبي للأمن الوطني.",
        ),
        (
            "weapon_use",
            "شرطي بسلا يشهر سلاحه الوظيفي",
            "اضطر مفتش شرطة يعمل بمدينة سلا إلى استعمال سلاحه الوظيفي وإطلاق رصاصة تحذيرية.",
        ),
        (
            "staff_welfare",
            "مساعدات مالية استثنائية لأرامل موظفي الأمن الوطني",
            "منحت مؤسسة محمد السادس للأعمال الاجتماعية لموظفي الأمن الوطني هذه المساعدات.",
        ),
        ("magazine", "Nouveau numéro de la Revue Police", "La DGSN y consacre un dossier à la formation."),
        (
            "anniversary",
            "ذكرى تأسيس الأمن الوطني",
            "تخلد أسرة الأمن الوطني يوم 16 ماي ذكرى تأسيس المديرية العامة للأمن الوطني.",
        ),
        (
            "missing_person",
            "العثور على طفل مختف بتازة",
            "عثرت مصالح أمن تازة على طفل قاصر بعد اختفاء طفل من بيت أسرته.",
        ),
        (
            "dg_activity intl_coop",
            "Hammouchi reçoit l’ambassadeur d’Espagne",
            "Les deux hommes se sont vus au siège de la DGSN.",
        ),
    ],
)
def test_kinds_are_told(kinds: str, title: str, text: str) -> None:
    assert found(title, text) >= set(kinds.split())


def _reports() -> Iterator[tuple[str, ...]]:
    for line in (Path(__file__).parent / "kinds.tsv").read_text("utf-8").splitlines():
        if not line.startswith("#"):
            yield tuple(line.split("\t"))


@pytest.mark.parametrize(("kinds", "title", "text"), list(_reports()), ids=lambda cell: str(cell)[:40])
def test_kinds_of_reports(kinds: str, title: str, text: str) -> None:
    assert found(title, text) >= set(kinds.split())


# -- what is not ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "title", "text"),
    [
        # The closing formula is nobody's news, and the name of a fugitive's court is none either.
        ("operation", "الأمن الوطني ينظم لقاء بسطات", "ويجري ذلك كله تحت إشراف النيابة العامة المختصة."),
        # Denied.
        ("operation", "Fès : la police vérifie", "Aucune interpellation n’a été annoncée par la DGSN."),
        ("operation", "Fez police check a report", "No arrest was made, the DGSN said."),
        # Recalled.
        ("operation", "La DGSN tient un forum à Salé", "L’an dernier, la police y avait arrêté un suspect."),
        # A suspension is no arrest.
        (
            "operation",
            "توقيف مؤقت عن العمل في حق شرطي بفاس",
            "يعمل بولاية أمن فاس وسيمثل أمام المجلس التأديبي.",
        ),
        # Whole words: تنفيذ is not تنفي; a match is not an entrance exam; a toll is no report.
        ("denial", "المديرية العامة للأمن الوطني تشرع في تنفيذ خطة", "يتم تنفيذ الخطة ابتداء من اليوم."),
        ("recruitment", "الأمن الوطني يؤمن مباراة الديربي", "تنطلق المباراة بالملعب مساء الأحد."),
        ("annual_report", "حصيلة الزلزال ترتفع", "أعلنت المديرية العامة للأمن الوطني حصيلة القتلى."),
        # Another subject denies.
        ("denial", "الأمن يوقف مشتبها فيه بسلا", "ونفى المتهم أمام الشرطة القضائية علاقته بالسرقة."),
        # Another body's communiqué.
        ("communique", "بلاغ للوكيل العام للملك بطنجة", "أوقفت الشرطة القضائية بطنجة رجلا في الأربعين."),
        # A stolen weapon is not a used one.
        ("weapon_use", "سرقة سلاح وظيفي من سيارة للشرطة بسلا", "كانت السيارة مركونة قرب مقر الأمن الوطني."),
        # A car that is stopped, a trial, an arrest that people call for: nobody is arrested.
        ("operation", "شريط لمخالفة يثير الجدل بسلا", "سأل السائق شرطي المرور بولاية أمن سلا عن سبب توقيفه."),
        (
            "operation",
            "تأجيل محاكمة تاجر بطنجة",
            "مثل التاجر، المتابع في حالة اعتقال، أمام غرفة الجنايات بعد بحث الفرقة الوطنية للشرطة القضائية.",
        ),
        ("operation", "ليلة رعب بتازة", "ووجه السكان مطالبات إلى الأمن الوطني بضبط المتهمين."),
        # Arrests for breaking a curfew are public order, an officer's are a sanction, cars are road safety.
        (
            "operation",
            "الأمن الوطني: 900 موقوف",
            "بلغ عدد الموقوفين بسبب خرق حالة الطوارئ 900 شخص، حسب الأمن الوطني.",
        ),
        ("operation", "اعتقال عميد شرطة بسلا", "قررت المديرية العامة للأمن الوطني توقيفه عن العمل مؤقتا."),
        (
            "operation",
            "حوادث السير: سبعة قتلى خلال أسبوع",
            "سجلت مصالح الأمن الوطني داخل المناطق الحضرية 90 مخالفة، وخضعت للتوقيف 20 عربة.",
        ),
        # Cells are spoken of, nobody acts.
        (
            "operation",
            "عودة المقاتلين",
            "ينصح الباحث بالاعتقال لا بالعفو، فيما يذكر البسيج أن تنظيم داعش انتهى.",
        ),
        # A fraud with promised posts is no competition.
        (
            "recruitment",
            "Faux portail des concours de la DGSN : un homme arrêté",
            "Il est poursuivi pour escroquerie en ligne et atteinte aux systèmes de traitement automatisé.",
        ),
    ],
)
def test_kinds_are_not_told(kind: str, title: str, text: str) -> None:
    assert kind not in found(title, text)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("حوادث السير داخل المناطق الحضرية: 14 قتيلا في 2015 حادثة، حسب الأمن الوطني.", True),
        ("Accidents de la route en périmètre urbain : 14 morts dans 2015 accidents, selon la DGSN.", True),
        ("Road accidents in urban areas: 14 killed in 2015 accidents, the DGSN said.", True),
        ("Accidentes de tráfico en zona urbana: 14 muertos en 2015 accidentes, según la DGSN.", True),
        ("Accidents de la route en périmètre urbain : 14 morts en 2015, selon la DGSN.", False),
        ("حوادث السير داخل المناطق الحضرية: 14 قتيلا سنة 2015، حسب الأمن الوطني.", False),
    ],
)
def test_a_number_that_counts_something_is_no_earlier_year(text: str, told: bool) -> None:
    one = replace(article("Bilan", text), published=PUBLISHED)
    found = {label.id for label in KINDS.find(ANNOTATOR.read(one, source("MA")), None)}
    assert ("road_safety" in found) == told


@pytest.mark.parametrize(
    ("title", "text"),
    [
        (
            "ولاية أمن فاس تنفي اتهامات",
            "نفت ولاية أمن فاس اتهامات وجهت إلى عناصر الشرطة، وأكدت أن ادعاءات التعنيف لا أساس لها.",
        ),
        (
            "الأمن الوطني يوضح حقيقة اتهام شرطي بالاعتداء على سيدة",
            "قدمت ولاية أمن سلا توضيحات بخصوص ادعاءات سيدة بتعرضها للضرب.",
        ),
        (
            "المديرية العامة للأمن الوطني ترد على انتقادات",
            "ردت المديرية العامة للأمن الوطني على انتقادات بخصوص الطوابير.",
        ),
        (
            "La DGSN dément des accusations de violences policières",
            "La DGSN a démenti les accusations visant des agents de Salé.",
        ),
        (
            "Cartes d’identité : la DGSN répond aux critiques",
            "La DGSN tient à préciser, au sujet des lenteurs, que le délai est respecté.",
        ),
        (
            "DGSN denies abuse allegations",
            "The DGSN denied allegations of police brutality in Fez and called claims of torture baseless.",
        ),
        (
            "La DGSN niega las acusaciones de malos tratos",
            "La DGSN negó las acusaciones de violencia policial en Nador.",
        ),
    ],
)
def test_who_answers_a_criticism_does_not_criticise(title: str, text: str) -> None:
    assert "criticism" not in found(title, text)
    assert {"denial", "clarification"} & found(title, text)


@pytest.mark.parametrize(
    ("title", "text"),
    [
        (
            "جمعية حقوقية تندد بتعنيف شاب بفاس",
            "نددت جمعية حقوقية بتعنيف شاب من طرف شرطي بفاس، فيما نفت ولاية الأمن ذلك.",
        ),
        (
            "L’AMDH dénonce des violences policières à Salé",
            "L’AMDH demande une enquête indépendante. La DGSN dément ces accusations.",
        ),
        (
            "Amnesty criticises police over Rabat arrests",
            "Amnesty International criticised the use of force. The DGSN denied the claims.",
        ),
        (
            "Una ONG denuncia malos tratos en Nador",
            "La ONG denuncia la violencia policial. La DGSN negó las acusaciones.",
        ),
    ],
)
def test_a_criticism_that_is_answered_in_the_end_is_one(title: str, text: str) -> None:
    assert "criticism" in found(title, text)


def test_only_of_articles_about_the_institution() -> None:
    assert labels("Recette du couscous", "Trois suspects arrêtés, selon un communiqué du ministère.") == ()


def test_a_column_is_opinion_and_its_examples_are_no_news() -> None:
    one = article("La police et nous", "La DGSN annonce une saisie ; un policier a été arrêté, dit-elle.")
    section = ANNOTATOR.read(one.__class__(**{**_fields(one), "section": "Chroniques"}), source("MA"))
    told = KINDS.find(section, None)
    assert [label.id for label in told] == ["opinion"]
    assert told[0].cues == (Evidence("opinion", "title", 0, 17, "La police et nous"),)


def test_attribution_speaks_where_the_text_is_silent() -> None:
    line = "Le guichet de la préfecture de police de Fès rouvre dès lundi matin, y annonce-t-on."
    cue = Evidence("official", "text", 0, len(line), line)
    told = labels(
        "Fès : le guichet rouvre", line, attribution=Attributed(Attribution.OFFICIAL, cue), told=True
    )
    assert [label.cues for label in told if label.id == "communique"] == [
        (Evidence("communique", "text", 0, len(line), line),)
    ]
    assert "communique" not in {label.id for label in labels("Fès : le guichet rouvre", line)}


def test_who_only_acts_has_said_nothing() -> None:
    line = "La préfecture de police de Fès rouvre son guichet."
    cue = Evidence("official", "text", 0, len(line), line)
    told = labels("Fès : le guichet rouvre", line, attribution=Attributed(Attribution.OFFICIAL, cue))
    assert "communique" not in {label.id for label in told}


def test_another_s_word_is_no_communique_of_ours() -> None:
    title, text = "Fès : le marché a rouvert", "La DGSN indique que le marché a rouvert."
    told = Attributed(Attribution.OUTLET, None)
    assert "communique" in found(title, text)
    assert "communique" not in {label.id for label in labels(title, text, attribution=told)}


def test_a_first_paragraph_that_is_the_article_is_not_all_lead() -> None:
    market = "Le marché était plein de monde. " * 20
    cue = "La police de Fès parle d’une saisie et d’un suspect."
    assert "operation" in found("Le marché de Fès", cue + " " + market)
    assert "operation" not in found("Le marché de Fès", market + cue)


def _fields(one: object) -> dict[str, object]:
    return {name: getattr(one, name) for name in one.__dataclass_fields__}  # type: ignore[attr-defined]


# -- evidence, order, robustness --------------------------------------------------------------------------

PIECES = [
    "DGSN", "المديرية العامة للأمن الوطني", "بلاغ", "أوقفت", "شخصين", "communiqué de la DGSN", "arrested",
    "detuvo", "نفت", "dément", "،", ".", "\n", "2019", "2026", "توقيف", "شبكة", "Interpol", "Hammouchi",
    "«", "ﷺ", "٣٢", "Moroccan police", "said in a statement", "كلها", "aucune", "الأبواب المفتوحة", ", , ,",
]  # fmt: skip
TEXT = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=6)), max_size=25).map(" ".join)


@settings(deadline=None, max_examples=200)
@given(TEXT, st.lists(TEXT, max_size=3))
def test_every_label_shows_printed_words(title: str, paragraphs: list[str]) -> None:
    one = article(title, *paragraphs)
    told = KINDS.find(ANNOTATOR.read(one, source("MA")), None)
    fields = {"title": one.title, "subtitle": one.subtitle or "", "text": one.text}
    for label in told:
        assert 1 <= len(label.cues) <= 5
        for cue in label.cues:
            assert cue.label == label.id
            assert cue.words == fields[cue.field][cue.start : cue.end] != ""
    order = [IDS.index(label.id) for label in told]
    assert order == sorted(set(order))


def test_a_photo_story_is_read_by_its_captions_and_a_text_is_not() -> None:
    caption = "Le porte-parole de la DGSN, Boubker Sabik, devant la presse à Fès."
    beside = replace(
        article("En images : la DGSN à Fès", "Des photos."),
        images=(Image("https://o.example/1.jpg", caption),),
    )
    told = [
        {one.id: one.cues for one in ANNOTATOR.annotate(story, source("MA")).kinds}
        for story in (replace(beside, kind=ArticleKind.PHOTO), beside)
    ]
    assert {cue.field for cue in told[0]["spokesperson"]} == {"caption:0"}
    assert all(cue.words == caption[cue.start : cue.end] for cue in told[0]["spokesperson"])
    assert "spokesperson" not in told[1]


def test_the_heaviest_cue_stands_first() -> None:
    (label,) = (
        one
        for one in labels(
            "Saisie à Nador", "La DGSN indique dans un communiqué que l’enquête suit son cours."
        )
        if one.id == "communique"
    )
    assert label.cues[0].words == "La DGSN indique dans un communiqué"


@pytest.mark.parametrize(
    "piece", ["المديرية العامة للأمن الوطني. ", "DGSN arrested. , ,  , , , , ", "1 ", "بلاغ توقيف. "]
)
def test_a_megabyte_ends_soon(piece: str) -> None:
    reading = ANNOTATOR.read(article("DGSN", piece * (1_000_000 // len(piece))), source("MA"))
    begin = time.process_time()
    KINDS.find(reading, None)
    assert time.process_time() - begin < 20


# -- the notation -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("phrase", "line", "found"),
    [
        ("arrest*", "two arrested", ["arrested"]),
        ("arrest*", "two unarrested", []),
        ("توقيف ~1 عن العمل", "بتوقيف مؤقت عن العمل", ["بتوقيف مؤقت عن العمل"]),
        ("توقيف ~1 عن العمل", "توقيف مؤقت . عن العمل", []),
        ("توقيف ~1 عن العمل", "توقيف موظف مؤقت عن العمل", []),
        ("a ~2 b", "a , x , y b", ["a , x , y b"]),
        ("a/c b", "c b", ["c b"]),
        ("a b? c", "a c a b c", ["a c", "a b c"]),
        ("{beast} runs", "dog runs cat runs cow runs", ["dog runs", "cat runs"]),
        ("# km", "12 km x km", ["12 km"]),
        ("<core> said", "N said M said", ["N said"]),
        ("a ~5 b", "a N b", ["a N b"]),
        ("a ~5 b", "a M b", []),
        ("=رد", "ورد رد", ["رد"]),
        ("الأمن", "للامن وبالامن امن", ["للامن", "وبالامن"]),
    ],
)
def test_notation(phrase: str, line: str, found: list[str]) -> None:
    words = line.split()
    names = {("core", at): at + 1 for at, word in enumerate(words) if word == "N"}
    barriers = frozenset(at for at, word in enumerate(words) if word == "M")
    book: Phrasebook[int] = Phrasebook({"beast": ["dog", "cat"]})
    book.add(phrase, 1)
    sentence_of = [words[:at].count(".") for at in range(len(words))]
    spans = book.find(Line(words, sentence_of, names, barriers))
    assert [" ".join(words[begin:end]) for _, begin, end in spans] == found


@pytest.mark.parametrize("phrase", ["", "~ a", "a? b", "{unknown}", "*", "a/ b"])
def test_unreadable_phrases_are_refused(phrase: str) -> None:
    with pytest.raises(Unreadable):
        parse(phrase, {})
