"""Whose word, whose quotation, which claim: tables of invented lines."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

import config
from config import schema
from config.model import Source
from pipeline.annotation import Annotator
from pipeline.annotation.quotations import MOST
from pipeline.annotation.reading import Reading
from pipeline.annotation.voices import Voices
from store.records import Article, Attribution, Quotation

_HOME = {"ar": "MA", "ary": "MA", "fr": "MA", "es": "ES", "en": "GB"}
_CONFIG = config.load(environ={})
_ANNOTATOR = Annotator(_CONFIG)
_VOICES = Voices(_CONFIG)


def _read(
    text: str,
    language: str = "ar",
    *,
    title: str = "",
    section: str | None = None,
    name: str = "Outlet",
    home: str | None = None,
) -> Reading:
    source = Source(
        id="outlet",
        name={language: name},
        country=home or _HOME[language],
        languages=(language,),
        scope="national",
        homepage="https://outlet.example/",
        timezone="UTC",
    )
    url = "https://outlet.example/1"
    paragraphs = tuple(text.split("\n")) if text else ()
    return _ANNOTATOR.read(Article("outlet", url, url, title, paragraphs, language, section=section), source)


def _table() -> Iterator[tuple[str, str, str]]:
    for line in (Path(__file__).parent / "voices.tsv").read_text("utf-8").splitlines():
        if not line.startswith("#"):
            value, language, text = line.split("\t")
            yield value, language, text.replace("|", "\n")


@pytest.mark.parametrize(("value", "language", "text"), list(_table()), ids=lambda cell: str(cell)[:40])
def test_whose_word_an_article_rests_on(value: str, language: str, text: str) -> None:
    said = _VOICES.attribution(_read(text, language))
    assert said.value.value == value
    assert said.cue is None or (said.cue.label == value and said.cue.words in text)


def _reports() -> Iterator[tuple[str, str, str, str]]:
    for line in (Path(__file__).parent / "voices_reports.tsv").read_text("utf-8").splitlines():
        if not line.startswith("#"):
            value, language, title, text = line.split("\t")
            yield value, language, title, text.replace("|", "\n")


@pytest.mark.parametrize(
    ("value", "language", "title", "text"), list(_reports()), ids=lambda cell: str(cell)[:40]
)
def test_whose_word_a_report_rests_on(value: str, language: str, title: str, text: str) -> None:
    assert _VOICES.attribution(_read(text, language, title=title)).value.value == value


_CONTEXT = [
    # a headline gives the word by a colon
    ("official", "ar", "ولاية أمن فاس: لا وجود لأي اختطاف", "انتشر الخبر أمس في المدينة.", None),
    (
        "official",
        "fr",
        "DGSN : trois policiers suspendus",
        "Ils sont soupçonnés de corruption à Rabat.",
        None,
    ),
    # whence a text was copied is no source
    (
        "official",
        "ar",
        "نقلا عن جريدة الشمال: توقيف شخصين بطنجة",
        "أفادت وسائل إعلام متطابقة بالحادث.\nوذكر بلاغ للمديرية العامة للأمن الوطني أنهما أوقفا.",
        None,
    ),
    # an opinion is nobody's news, whomever it cites
    (
        "none",
        "fr",
        "Le bruit des sirènes",
        "La DGSN a annoncé hier des nominations à Rabat. Et après ?",
        "Tribune",
    ),
    ("none", "ar", "رأي: عن الشرطة والناس", "أعلنت المديرية العامة للأمن الوطني أمس حصيلتها.", None),
    # what is told of a namesake abroad is its own word
    (
        "foreign_official",
        "fr",
        "Oran : deux arrestations",
        "La police d'Oran a arrêté deux hommes, selon des témoins.",
        None,
    ),
]


@pytest.mark.parametrize(("value", "language", "title", "text", "section"), _CONTEXT)
def test_headline_and_section_count(
    value: str, language: str, title: str, text: str, section: str | None
) -> None:
    home = "DZ" if value == "foreign_official" else None
    said = _VOICES.attribution(_read(text, language, title=title, section=section, home=home))
    assert said.value.value == value


def test_an_outlet_that_names_itself_asked() -> None:
    text = "La police patrouille devant la gare de Fès. « Tout va bien », assure au Messager un taxi."
    assert _VOICES.attribution(_read(text, "fr", name="Messager")).value is Attribution.OUTLET


def test_the_cue_is_the_sentence_that_says_so() -> None:
    text = (
        "Deux hommes sont recherchés à Fès. Selon la DGSN, ils ont volé 12.500 dirhams. Ils courent encore."
    )
    cue = _VOICES.attribution(_read(text, "fr")).cue
    assert cue is not None
    assert (cue.label, cue.field) == ("official", "text")
    assert cue.words == "Selon la DGSN, ils ont volé 12.500 dirhams"
    assert text[cue.start : cue.end] == cue.words


# (language, text, speaker, verb, words, direct) of the one quotation that the text holds
_QUOTATIONS = [
    (
        "ar",
        "وقال والي أمن فاس إن «الخبر لا أساس له من الصحة».",
        "والي أمن فاس",
        "وقال",
        "الخبر لا أساس له من الصحة",
        True,
    ),
    (
        "ar",
        "«سمعنا صراخا ثم وصلت الدورية»، تقول سيدة تسكن قرب المكان.",
        "سيدة تسكن قرب المكان",
        "تقول",
        "سمعنا صراخا ثم وصلت الدورية",
        True,
    ),
    (
        "ar",
        "وأفاد بلاغ لولاية أمن مراكش بأن السائق لاذ بالفرار.",
        "بلاغ لولاية أمن مراكش",
        "وأفاد",
        "السائق لاذ بالفرار",
        False,
    ),
    ("ar", "وأضاف المصدر ذاته أن الأبحاث متواصلة.", "المصدر ذاته", "وأضاف", "الأبحاث متواصلة", False),
    (
        "ar",
        "حسب مصدر أمني، فإن الموقوف من ذوي السوابق.",
        "مصدر أمني",
        "حسب",
        "الموقوف من ذوي السوابق",
        False,
    ),
    ("ary", "ولاية أمن كازا قالت بلي الفيديو قديم.", "ولاية أمن كازا", "قالت", "الفيديو قديم", False),
    (
        "fr",
        "« Je n'ai rien vu ce soir-là », raconte une voisine.",
        "une voisine",
        "raconte",
        "Je n'ai rien vu ce soir-là",
        True,
    ),
    (
        "fr",
        "Le préfet de police a déclaré : « Nous ne cacherons rien aux familles. »",
        "préfet de police",
        "a déclaré",
        "Nous ne cacherons rien aux familles",
        True,
    ),
    (
        "fr",
        "La DGSN précise que la vidéo date de 2021.",
        "La DGSN",
        "précise",
        "la vidéo date de 2021",
        False,
    ),
    (
        "fr",
        "Selon un communiqué de la DGSN, le suspect a 40 ans.",
        "communiqué de la DGSN",
        "Selon",
        "le suspect a 40 ans",
        False,
    ),
    (
        "es",
        "«No hubo ningún secuestro en Tánger», aseguró la DGSN.",
        "la DGSN",
        "aseguró",
        "No hubo ningún secuestro en Tánger",
        True,
    ),
    (
        "es",
        "La policía marroquí afirma que el vídeo es de 2021.",
        "La policía marroquí",
        "afirma",
        "el vídeo es de 2021",
        False,
    ),
    (
        "en",
        "“We heard two shots and ran,” said a witness.",
        "a witness",
        "said",
        "We heard two shots and ran",
        True,
    ),
    (
        "en",
        "The DGSN said that the video was filmed abroad.",
        "DGSN",
        "said",
        "the video was filmed abroad",
        False,
    ),
    (
        "en",
        "The video is old, according to the police prefecture.",
        "police prefecture",
        "according to",
        "The video is old",
        False,
    ),
]


@pytest.mark.parametrize(("language", "text", "speaker", "verb", "words", "direct"), _QUOTATIONS)
def test_a_quotation_has_speaker_verb_and_words(
    language: str, text: str, speaker: str, verb: str, words: str, direct: bool
) -> None:
    (said,) = _VOICES.quotations(_read(text, language))
    assert (said.speaker, said.verb, said.words, said.direct) == (speaker, verb, words, direct)
    assert text[said.start : said.end] == said.words


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("ar", "أطلقت المديرية منصة «إبلاغ» الرقمية بالرباط."),
        ("ar", "تحت شعار «أمن قريب من المواطن دائما» تنظم الأبواب المفتوحة."),
        ("fr", "Le film « La nuit des longs silences » sort mercredi."),
        ("en", "Officers seized a so-called “ghost” car."),
        ("es", "La operación «Marhaba» empieza en junio."),
        ("fr", "La DGSN n'a pas confirmé. Rien de plus."),
        ("ar", "نفت ولاية أمن فاس وقوع أي حادث «في ظروف جد غامضة»."),
    ],
)
def test_names_slogans_and_silence_are_no_quotation(language: str, text: str) -> None:
    assert _VOICES.quotations(_read(text, language)) == ()


def test_a_pronoun_is_no_speaker() -> None:
    said = _VOICES.quotations(_read("« Je ne savais pas du tout », dit-il.", "fr"))
    assert [one.speaker for one in said] == [""]


def test_who_is_spoken_of_does_not_speak() -> None:
    said = _VOICES.quotations(_read("“You never see police in this street,” he told us.", "en"))
    assert [one.speaker for one in said] == [""]


def test_quotations_stand_in_order_and_are_not_endless() -> None:
    said = _VOICES.quotations(_read("La DGSN affirme que tout va bien. " * 50, "fr"))
    assert len(said) == MOST
    assert [one.start for one in said] == sorted(one.start for one in said)


# (kind, language, text, the claim)
_CLAIMS = [
    (
        "denial",
        "ar",
        "نفت المديرية العامة للأمن الوطني، بشكل قاطع، ما راج بخصوص اختفاء فتاة بسلا، مؤكدة أنها بخير.",
        "اختفاء فتاة بسلا",
    ),
    ("denial", "ar", "كذبت ولاية أمن أكادير أن تكون قد أوقفت لاعبا معروفا.", "قد أوقفت لاعبا معروفا"),
    (
        "denial",
        "ar",
        "فندت المديرية العامة للأمن الوطني الأخبار التي تزعم وجود عصابة تختطف الأطفال.",
        "وجود عصابة تختطف الأطفال",
    ),
    ("denial", "ary", "البوليس ديال كازا كذب هاد الهضرة بخصوص سرقة البنكة.", "سرقة البنكة"),
    (
        "denial",
        "fr",
        "La DGSN dément catégoriquement les informations selon lesquelles un policier aurait été tué à Fès.",
        "un policier aurait été tué à Fès",
    ),
    (
        "denial",
        "fr",
        "La préfecture de police de Rabat a démenti qu'un enfant ait été enlevé, précisant qu'il dormait.",
        "un enfant ait été enlevé",
    ),
    (
        "denial",
        "fr",
        "La DGSN dément l'existence d'une note interne sur les contrôles.",
        "une note interne sur les contrôles",
    ),
    (
        "denial",
        "es",
        "La DGSN desmintió que dos turistas hubieran sido asaltados en Fez.",
        "dos turistas hubieran sido asaltados en Fez",
    ),
    (
        "denial",
        "en",
        "The DGSN denied that an officer had been stabbed in Rabat, saying the video was old.",
        "an officer had been stabbed in Rabat",
    ),
    ("denial", "en", "The DGSN dismissed reports of a mass escape in Salé.", "a mass escape in Salé"),
    (
        "clarification",
        "ar",
        "تفاعلا مع ما نشرته بعض المواقع حول توقيف صحافي بالرباط، أوضحت ولاية الأمن أنه حر.",
        "توقيف صحافي بالرباط",
    ),
    (
        "clarification",
        "fr",
        "En réaction à un article faisant état de la fermeture d'un commissariat à Safi, la DGSN répond.",
        "la fermeture d'un commissariat à Safi",
    ),
    (
        "denial",
        "en",
        "A clip of masked men was not filmed in Tangier, Moroccan police said.",
        "A clip of masked men was not filmed in Tangier, Moroccan police said",
    ),
]


@pytest.mark.parametrize(("kind", "language", "text", "claim"), _CLAIMS)
def test_what_is_denied_or_put_right(kind: str, language: str, text: str, claim: str) -> None:
    reading = _read(text, language)
    found = _VOICES.claim(reading, frozenset([kind, "communique"]))
    assert found is not None
    assert (found.label, found.field, found.words) == ("claim", "text", claim)
    assert text[found.start : found.end] == claim
    assert _VOICES.claim(reading, frozenset(["communique"])) is None


def test_the_suspects_denial_gives_way_to_the_institutions() -> None:
    text = "Le suspect a nié que l'arme fût à lui.\nLa DGSN a démenti que le commissaire ait été suspendu."
    found = _VOICES.claim(_read(text, "fr"), frozenset(["denial"]))
    assert found is not None
    assert found.words == "le commissaire ait été suspendu"


def test_words_in_quotation_marks_keep_both() -> None:
    text = "ردا على ما نشر حول «اختطاف» تلميذة بفاس، أوضحت ولاية الأمن أنها عادت إلى بيتها."
    found = _VOICES.claim(_read(text), frozenset(["clarification"]))
    assert found is not None
    assert found.words == "«اختطاف» تلميذة بفاس"


_PIECES = st.sampled_from(
    "نفت المديرية العامة للأمن الوطني أن بلاغ مصدر أمني قال حسب الجريدة ، . « » : 50.000 12 “ ” \" ' \n "
    "Selon la DGSN dément que communiqué de a indiqué Le Monde , said police denied that according to según "
    "informó desmiente — ( ) … ? \u200f \u0651".split(" ")
)


def _holds(reading: Reading, one: Quotation) -> bool:
    return reading.words.text(one.field)[one.start : one.end] == one.words and bool(one.words.strip())


@settings(max_examples=150, deadline=None)
@given(
    st.lists(_PIECES | st.text(max_size=6), max_size=60),
    st.sampled_from(["ar", "ary", "fr", "es", "en"]),
    st.booleans(),
)
def test_no_text_breaks_it_and_every_span_is_printed(pieces: list[str], language: str, titled: bool) -> None:
    text = " ".join(pieces)
    reading = _read("" if titled else text, language, title=text if titled else "")
    said = _VOICES.attribution(reading)
    if said.cue is not None:
        assert reading.words.text(said.cue.field)[said.cue.start : said.cue.end] == said.cue.words
    assert all(_holds(reading, one) for one in _VOICES.quotations(reading))
    for kinds in (frozenset(["denial"]), frozenset(["clarification", "communique"])):
        if (claim := _VOICES.claim(reading, kinds)) is not None:
            assert reading.words.text(claim.field)[claim.start : claim.end] == claim.words


@pytest.mark.parametrize(
    "text",
    [
        "",
        "DGSN",
        "12345 678",
        "« " * 20_000,
        "قال أن " * 20_000,
        "selon la DGSN, " * 3_000,
        "نفت المديرية صحة " * 5_000,
    ],
    ids=lambda text: text[:12],
)
def test_any_text_ends_soon(text: str) -> None:
    reading = _read(text, "ar")
    begun = time.process_time()
    _VOICES.attribution(reading)
    _VOICES.quotations(reading)
    _VOICES.claim(reading, frozenset(["denial"]))
    assert time.process_time() - begun < 5


def test_the_file_of_words_has_a_schema() -> None:
    raw = yaml.safe_load((Path(config.__file__).parent / "voices.yml").read_text("utf-8"))
    schema.VoicesFile.model_validate(raw)
    with pytest.raises(ValueError, match="extra"):
        schema.VoicesFile.model_validate({**raw, "voice": 1})
