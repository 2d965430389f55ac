"""Rumours known by their own words: what circulates, what nobody confirms; an arrest is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.loader import load
from pipeline.annotation import Annotator
from store.records import Annotated, Article, Attribution
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


OF_THE_INSTITUTION = {"communique", "denial", "clarification", "spokesperson", "social_post"}
SILENT = {
    "ar": [
        "ولم يصدر عن ولاية أمن الناظور أي بلاغ.",
        "ولم يصدر عن مصالح الأمن الوطني أي توضيح.",
        "ولم يصدر إلى حدود الساعة أي نفي من ولاية أمن الناظور.",
        "ولم تصدر المديرية العامة للأمن الوطني أي تكذيب أو توضيح في الموضوع.",
        "ولم تقدم المديرية العامة للأمن الوطني بعد أي توضيحات بخصوص الواقعة.",
        "في غياب أي توضيح من المديرية العامة للأمن الوطني.",
        "ولم ينف الأمن الوطني الخبر ولم يؤكده.",
    ],
    "ary": [
        "حتى لدابا ما خرج حتى توضيح من عند البوليس.",
        "والبوليس ما كذبو ما أكدو حتى حاجة.",
    ],
    "fr": [
        "La DGSN n’a publié aucun démenti.",
        "Aucun démenti de la DGSN n’était disponible mardi soir.",
        "La DGSN n’a ni confirmé ni démenti l’information.",
        "La préfecture de police n’a apporté aucun éclaircissement.",
        "La Sûreté nationale ne s’est pas exprimée.",
    ],
    "en": [
        "The DGSN has not commented.",
        "The DGSN has neither confirmed nor denied it.",
        "The DGSN has issued no denial.",
        "There was no clarification from the DGSN by Monday night.",
    ],
    "es": [
        "La DGSN no se ha pronunciado.",
        "La DGSN no ha publicado ningún desmentido.",
        "No hay ninguna aclaración de la DGSN.",
        "La policía marroquí no ha desmentido ni confirmado la noticia.",
    ],
}
ATTRIBUTED = {
    "ar": [
        "تداول نشطاء وثيقة منسوبة إلى مصالح الأمن الوطني تعلن حظر التجول بالقنيطرة ليلا.",
        "انتشر بلاغ قيل إنه صادر عن الأمن الوطني يعلن حظر التجول بالقنيطرة ليلا.",
        "انتشر على واتساب بلاغ منسوب للمديرية العامة للأمن الوطني يعلن حظر التجول بالقنيطرة.",
    ],
    "fr": [
        "Une note attribuée à la DGSN annonce un couvre-feu à Kénitra.",
        "Un communiqué prétendument publié par la DGSN annonce un couvre-feu à Kénitra.",
        "Un document présenté comme un communiqué de la Sûreté nationale annonce un couvre-feu à Kénitra.",
    ],
    "en": [
        "A statement purportedly issued by the DGSN announces a curfew in Kenitra.",
        "A statement attributed to the DGSN says a curfew starts in Kenitra on Friday.",
    ],
    "es": [
        "Un comunicado atribuido a la DGSN anuncia un toque de queda en Kenitra.",
        "Un comunicado supuestamente emitido por la DGSN anuncia un toque de queda en Kenitra.",
    ],
}
TOLD = {
    "ar": "تتداول صفحات خبرا عن عصابة بالناظور.",
    "ary": "كيدور خبر على عصابة فالناظور.",
    "fr": "Un message vocal parle d’une bande à Nador.",
    "en": "A voice note speaks of a gang in Nador.",
    "es": "Un audio habla de una banda en Nador.",
}


def _each(listed: dict[str, list[str]]) -> list[tuple[str, str]]:
    return [(language, line) for language, lines in listed.items() for line in lines]


@pytest.mark.parametrize(("language", "line"), _each(SILENT))
def test_silence_is_nobodys_word_and_answers_nothing(language: str, line: str) -> None:
    said = annotated(TOLD[language], f"{TOLD[language]} {line}", language=language)
    assert said.attribution is not None
    assert said.attribution.value is not Attribution.OFFICIAL
    assert not OF_THE_INSTITUTION & {kind.id for kind in said.kinds}
    assert said.claim is None


@pytest.mark.parametrize(("language", "line"), _each(ATTRIBUTED))
def test_words_that_others_attribute_to_a_body_are_not_its_own(language: str, line: str) -> None:
    said = annotated("القنيطرة" if language == "ar" else "Kénitra", line, language=language)
    assert said.attribution is not None
    assert said.attribution.value is not Attribution.OFFICIAL
    assert not OF_THE_INSTITUTION & {kind.id for kind in said.kinds}


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("ar", "نفت المديرية العامة للأمن الوطني صحة وثيقة منسوبة إليها حول حظر التجول بالقنيطرة."),
        ("ar", "أكدت المديرية العامة للأمن الوطني أنها لم تصدر أي بلاغ، ونفت صحة الوثيقة المتداولة."),
        ("fr", "La DGSN dément une note qui lui est attribuée et dit n’avoir publié aucun communiqué."),
        (
            "fr",
            "La DGSN a démenti, dans un communiqué, une note attribuée à la Sûreté nationale.",
        ),
        ("en", "The DGSN denied a memo attributed to it and said it had issued no statement on a curfew."),
        ("es", "La DGSN desmintió haber publicado ningún comunicado sobre un toque de queda."),
    ],
)
def test_the_institution_denies_what_is_attributed_to_it(language: str, line: str) -> None:
    said = annotated("Kénitra", line, language=language)
    assert said.attribution is not None
    assert said.attribution.value is Attribution.OFFICIAL
    assert "denial" in {kind.id for kind in said.kinds}
    assert said.hearsay == ()


def test_an_opinion_is_no_rumour() -> None:
    text = "La rumeur qui circule sur les réseaux sociaux dit plus de nos peurs que de la police de Salé."
    assert annotated("La rumeur de Salé", text, language="fr").hearsay
    assert annotated("La rumeur de Salé", text, language="fr", section="Tribune").hearsay == ()


def test_one_sort_of_words_is_not_enough() -> None:
    assert annotated("فيديو بالناظور", "انتشر مقطع فيديو لرجل أمن بالناظور على واتساب.").hearsay == ()
