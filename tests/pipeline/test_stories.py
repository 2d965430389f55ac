"""Stories: one fact across languages and days, and the same partition in whatever order articles come."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.fold import fold
from config.loader import load
from config.model import Source
from pipeline.annotation import Annotator
from pipeline.clusters import Linkage, groups
from pipeline.copies import CopyOf
from pipeline.fingerprints import fingerprint
from pipeline.relations import Member, MemberMaker, relation, relations
from pipeline.stories import StoryRules, StoryWindow, overridden, partition
from pipeline.traits import TraitMaker, Traits, consonants
from store.records import Annotated, Article, KindLabel, Moment, Override, Precision
from tests.benchmarks.wire import Wire

BEGIN = datetime(2026, 5, 4, 9, tzinfo=UTC)
CONFIG = load(environ={})
RULES = StoryRules.of(CONFIG.data("stories"))


@cache
def makers() -> tuple[Annotator, TraitMaker, MemberMaker]:
    return Annotator(CONFIG), TraitMaker(CONFIG), MemberMaker(CONFIG.data("stories"))


def annotated(name: str, language: str, title: str, text: str, hours: float, outlet: str) -> Annotated:
    at = BEGIN + timedelta(hours=hours)
    moment = Moment(at, Precision.MINUTE, "meta", at, at + timedelta(minutes=1), at.date().isoformat())
    url = f"https://{outlet}.example/{name}"
    article = Article(outlet, url, url, title, (text,) if text else (), language, published=moment)
    source = Source(
        id=outlet, name={language: outlet}, country="MA", languages=(language,), scope="national",
        homepage=f"https://{outlet}.example/", timezone="UTC",
    )  # fmt: skip
    return makers()[0].annotate(article, source)


def made(name: str, language: str, title: str, text: str, hours: float = 0) -> Traits:
    return makers()[1].traits(name, annotated(name, language, title, text, hours, f"outlet-{name}"))


PIANO = {
    "ar": ("الناظور.. توقيف شخص متلبسا بسرقة دراجات نارية",
           "أوقفت الشرطة القضائية بمدينة الناظور شخصا يبلغ من العمر 38 سنة يشتبه في سرقته 17 دراجة نارية، "
           "وحجزت لديه 4350 درهما وسكينا."),
    "ary": ("شدو مول الموطورات فالناظور",
            "بوليس الناظور شد واحد عندو 38 عام سرق 17 موطور، ولقاو عندو 4350 درهم وجنوي."),
    "fr": ("Nador : un voleur de motos sous les verrous",
           "La police judiciaire de Nador a interpellé un homme de 38 ans soupçonné du vol de 17 motos. "
           "Un couteau et 4.350 dirhams ont été saisis."),
    "es": ("Detenido en Nador un ladrón de motos",
           "La policía de Nador detuvo a un hombre de 38 años por el robo de 17 motos y le incautó "
           "un cuchillo y 4.350 dirhams."),
    "en": ("Motorbike thief held in Nador",
           "Police in Nador arrested a 38-year-old man over the theft of 17 motorbikes and seized "
           "a knife and 4,350 dirhams."),
}  # fmt: skip
"""One fact in five languages."""
SCHOOL = {
    "ar": ("الناظور.. توقيف امرأة بتهمة النصب عبر تأشيرات وهمية",
           "أوقفت مصالح الأمن بالناظور امرأة تبلغ من العمر 52 سنة للاشتباه في النصب على 9 أشخاص "
           "بتأشيرات مزورة مقابل 61500 درهم."),
    "fr": ("Nador : une quinquagénaire interpellée pour une escroquerie aux visas",
           "La police de Nador a interpellé une femme de 52 ans soupçonnée d’avoir escroqué 9 personnes "
           "avec de faux visas pour 61.500 dirhams."),
}  # fmt: skip
"""Another arrest, in the same town on the same day."""


def articles() -> list[Traits]:
    first = [
        made(f"moto-{language}", language, *PIANO[language], hours=at) for at, language in enumerate(PIANO)
    ]
    return first + [made(f"visa-{language}", language, *SCHOOL[language], hours=2) for language in SCHOOL]


@pytest.mark.parametrize("language", ["ary", "fr", "es", "en"])
def test_one_fact_in_two_languages(language: str) -> None:
    one, other = made("a", "ar", *PIANO["ar"]), made("b", language, *PIANO[language], hours=3)
    assert partition([one, other], RULES) == {"a": "a", "b": "a"}


def test_two_arrests_in_one_town_on_one_day_stay_apart() -> None:
    said = partition(articles(), RULES)
    assert {said[f"moto-{language}"] for language in PIANO} == {"moto-ar"}
    assert {said[f"visa-{language}"] for language in SCHOOL} == {"visa-ar"}


@pytest.mark.parametrize(
    ("title", "text", "hours", "joins"),
    [
        pytest.param("Nador : le voleur de motos devant le juge",
                     "L’homme de 38 ans arrêté à Nador pour le vol de 17 motos a été présenté au juge.",
                     48, True,
                     id="a follow-up"),
        pytest.param(*PIANO["fr"], 24 * 30, False, id="the same words a month later"),
        pytest.param("Agadir : un voleur de motos sous les verrous",
                     "La police d’Agadir a interpellé un homme de 24 ans soupçonné du vol de 3 motos.",
                     1, False,
                     id="another town"),
        pytest.param("", "", 1, False, id="nothing"),
    ],
)  # fmt: skip
def test_who_joins(title: str, text: str, hours: float, joins: bool) -> None:
    said = partition([made("a", "fr", *PIANO["fr"]), made("b", "fr", title, text, hours)], RULES)
    assert (said["b"] == "a") is joins


def test_a_join_says_why() -> None:
    window = StoryWindow(RULES)
    for one in articles():
        window.add(one)
    join = window.join("moto-es", makers()[1])
    assert join.story_id == "moto-ar"
    assert {"town nador", "number 4350", "number 17", "about motorbike"} <= set(join.because)
    assert join.score > 0
    assert join.closest.startswith("moto-")


ARTICLES = articles()


@settings(max_examples=40, deadline=None)
@given(st.permutations(range(len(ARTICLES))), st.integers(0, len(ARTICLES) - 1), st.booleans())
def test_the_order_does_not_matter(order: list[int], again: int, ask: bool) -> None:
    window = StoryWindow(RULES)
    for at in order:
        window.add(ARTICLES[at], "moto-fr" if ARTICLES[at].article_id == "moto-es" else None)
        if ask:
            window.stories()
    window.remove(ARTICLES[again].article_id)
    window.add(ARTICLES[again], "moto-fr" if ARTICLES[again].article_id == "moto-es" else None)
    assert window.stories() == partition(ARTICLES, RULES, {"moto-es": "moto-fr"})


WIRE = [
    makers()[1].traits(f"w{number:02}", one)
    for number, one in enumerate(islice(Wire(CONFIG, per_day=10_000).articles(), 55))
]


@settings(max_examples=15, deadline=None)
@given(st.randoms(), st.integers(1, 12), st.integers(1, 40))
def test_crowds_are_taken_apart_in_whatever_order_they_come(
    dice: random.Random, largest: int, often: int
) -> None:
    loose = replace(RULES, bias=RULES.bias + 3, linkage=replace(RULES.linkage, largest=largest))
    whole = partition(WIRE, loose)
    window = StoryWindow(loose)
    order = [*WIRE]
    dice.shuffle(order)
    for number, one in enumerate(order):
        window.add(one)
        if number % often == 0:
            window.stories()
    for one in order[:5]:
        window.remove(one.article_id)
        window.stories()
        window.add(one)
    assert window.stories() == whole


def test_a_copy_is_where_its_origin_is_even_if_it_came_before() -> None:
    window = StoryWindow(RULES)
    window.add(made("copy", "ar", "", ""), "moto-ar")
    for one in articles():
        window.add(one)
    assert window.story_of("copy") == "moto-ar"
    assert window.join("copy", makers()[1]).because == ("copy",)


def test_the_window_forgets() -> None:
    window = StoryWindow(RULES)
    for one in articles():
        window.add(one)
    for one in articles():
        window.remove(one.article_id)
    assert len(window) == 0
    assert not window.stories()
    assert not window._postings


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(st.tuples(st.integers(0, 25), st.integers(0, 25)), st.integers(-500, 5000)), st.randoms()
)
def test_groups_are_a_function_of_the_links(pairs: dict[tuple[int, int], int], dice: random.Random) -> None:
    linkage = Linkage(0, -2000, 0.5, 8)
    names = [f"n{number:02}" for number in range(26)]

    def grouped(order: list[tuple[tuple[int, int], int]]) -> list[list[str]]:
        links: dict[str, dict[str, int]] = {name: {} for name in names}
        for (a, b), score in order:
            if a < b:
                links[names[a]][names[b]] = links[names[b]][names[a]] = score
        return groups(names, links, lambda name: (0, name), linkage)

    items = list(pairs.items())
    whole = grouped(items)
    dice.shuffle(items)
    assert grouped(items) == whole
    assert sorted(name for group in whole for name in group) == names


def said(kind: str, *ids: str) -> Override:
    return Override(kind, ids, BEGIN)


@pytest.mark.parametrize(
    ("overrides", "expected"),
    [
        ([said("merge", "a", "c")], {"a": "a", "b": "a", "c": "a"}),
        ([said("split", "b")], {"a": "a", "b": "b*", "c": "c"}),
        ([said("merge", "a", "c"), said("split", "a")], {"a": "a*", "b": "a", "c": "a"}),
        ([said("merge", "nobody"), said("split")], {"a": "a", "b": "a", "c": "c"}),
    ],
)
def test_analysts_have_the_last_word(overrides: list[Override], expected: dict[str, str]) -> None:
    assert overridden({"a": "a", "b": "a", "c": "c"}, overrides) == expected


@pytest.mark.parametrize(
    ("overrides", "stories"),
    [
        ([said("split", "b")], {"a": "a", "b": "b*", "copy": "b*"}),
        ([said("split", "copy")], {"a": "a", "b": "a", "copy": "copy*"}),
        ([said("split", "copy"), said("split", "b")], {"a": "a", "b": "b*", "copy": "copy*"}),
    ],
)
def test_copies_go_where_their_origin_is_split_off_to(
    overrides: list[Override], stories: dict[str, str]
) -> None:
    assert overridden({"a": "a", "b": "a", "copy": "a"}, overrides, {"copy": "b", "gone": "x"}) == stories


@pytest.mark.parametrize(
    ("arabic", "latin"),
    [
        ("مكادة", "Makada"),
        ("الشريفي", "Charifi"),
        ("بوشعيب", "Bouchaib"),
        ("خنيفرة", "Khenifra"),
        ("قاسم", "Kacem"),
    ],
)
def test_a_name_in_two_scripts(arabic: str, latin: str) -> None:
    assert consonants(fold(arabic).removeprefix("ال")) == consonants(fold(latin))


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("ثلاثمائة وأربعين كيلوغراما", 340), ("اثني عشر ألفا وخمسمائة قرص", 12500), ("41 ألف درهم", 41000),
        ("quatre cent trente kilos", 430), ("douze mille cinq cents comprimés", 12500),
        ("1.312 victimes", 1312),
        ("treinta y seis detenidos", 36), ("4.200 policías", 4200), ("MAD 184,000 in cash", 184000),
        ("twelve thousand pills", 12000),
    ],
)  # fmt: skip
def test_numbers_in_words_and_digits(text: str, number: int) -> None:
    keys = makers()[1].traits("a", annotated("a", "ar", text, "", 0, "x")).keys
    assert f"number {number}" in {makers()[1].told(key) for key in keys}


def test_days_and_years_are_no_numbers() -> None:
    keys = makers()[1].traits("a", annotated("a", "fr", "Le 17 octobre 2026", "", 0, "x")).keys
    assert not [key for key in keys if makers()[1].told(key).startswith("number")]


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=200), st.sampled_from(["ar", "fr", "xx"]))
def test_any_text(text: str, language: str) -> None:
    said = partition([made("a", language, text, text), made("b", language, "", text, 1)], RULES)
    assert set(said) == {"a", "b"}


# -- relations ------------------------------------------------------------------------------------------


def member(
    name: str, title: str, text: str, hours: float, *kinds: str, outlet: str = "", copy: CopyOf | None = None
) -> Member:
    said = annotated(name, "ar", title, text, hours, outlet or f"outlet-{name}")
    object.__setattr__(said, "kinds", tuple(KindLabel(kind) for kind in kinds))
    return makers()[2].member(said, fingerprint(name, said), copy)


RUMOUR = "تداولت صفحات خبرا عن انفجار قارورة غاز داخل سوق السمك دون أن يتسن لنا التأكد منه."
POLICE_SILENT = (
    "يتداول نشطاء على واتساب تسجيلا عن انفجار بسوق السمك، ولم يصدر عن المديرية العامة للأمن الوطني بلاغ."
)
DENIAL = "نفت مصالح الأمن نفيا قاطعا ما راج عن انفجار بالسوق، مؤكدة أن الأمر يتعلق بتمرين للوقاية."


def test_a_rumour_and_its_denial() -> None:
    story = [
        member("a", "انفجار بسوق السمك؟", RUMOUR, 0),
        member("b", "انفجار بسوق السمك؟", RUMOUR, 1, copy=CopyOf("a", "verbatim", 1.0, 1.0)),
        member("c", "الأمن ينفي خبر انفجار", DENIAL, 5, "denial", "communique"),
        member(
            "d",
            "لا انفجار بالسوق",
            "أكد بلاغ أن لا انفجار وقع بالسوق وأن التمرين كان مبرمجا.",
            6,
            "communique",
        ),
    ]
    found = {name: (one.type.value, one.of) for name, one in relations(story).items()}
    assert found["a"] == ("rumour", None)
    assert found["b"] == ("verbatim_copy", "a")
    assert found["c"] == ("denial", "a")
    assert found["d"][0] == "rewrite"
    assert relations(story[::-1]) == relations(story)
    assert relation(story[2], [story[0]]).type.value == "denial"


PLAIN = "اشتكى تجار سوق السمك من انقطاع الكهرباء وقالوا إنهم سمعوا دويا قويا صباح اليوم."


def test_a_rumour_is_one_by_its_own_words_or_by_its_answer() -> None:
    spread = member("a", "انفجار بسوق السمك؟", POLICE_SILENT, 0)
    assert spread.hearsay and relation(spread, []).type.value == "rumour"
    plain = member("b", "دوي بسوق السمك", PLAIN, 1)
    assert relation(plain, []).type.value == "original"
    denied = member("c", "الأمن ينفي خبر انفجار", DENIAL, 5, "denial", "communique")
    assert {name: one.type.value for name, one in relations([spread, plain, denied]).items()} == {
        "a": "rumour", "b": "rumour", "c": "denial",
    }  # fmt: skip


def test_who_tells_on_nobodys_word_what_another_tells_as_hearsay_spreads_it_too() -> None:
    plain = replace(member("a", "دوي بسوق السمك", PLAIN, 0), voice="")
    spread = member("b", "انفجار بسوق السمك؟", POLICE_SILENT, 1)
    sourced = replace(member("c", "رؤوس أخرى", PLAIN, 2), voice="outlet")
    found = {name: (one.type.value, one.of) for name, one in relations([plain, spread, sourced]).items()}
    assert (found["a"], found["b"]) == (("rumour", None), ("rumour", "a"))
    assert found["c"][0] != "rumour", "somebody answers for it"
    official = member("d", "توقيف سارق", DISPATCH, 3, "communique")
    confirmed = {name: one.type.value for name, one in relations([plain, spread, official]).items()}
    assert (confirmed["a"], confirmed["b"]) == ("original", "rumour"), "an authority carries what it told"


CURFEW = {
    "ar": ("وثيقة حول حظر التجول بالناظور", "تتحدث وثيقة عن حظر للتجول الليلي بالناظور."),
    "fr": ("Couvre-feu à Nador ?", "Un document annonce un couvre-feu nocturne à Nador."),
    "es": ("¿Toque de queda en Nador?", "Un documento anuncia un toque de queda en Nador."),
    "en": ("Curfew in Nador?", "A document announces a night curfew in Nador."),
}


@pytest.mark.parametrize("language", CURFEW)
def test_a_curfew_is_one_thing_in_every_language(language: str) -> None:
    """A word of the lists may have a hyphen, which texts part it at."""
    traits = made(language, language, *CURFEW[language])
    assert "about curfew" in {makers()[1].told(key) for key in traits.keys}


def test_who_retells_an_official_word_spreads_no_rumour_and_an_unnamed_source_does() -> None:
    official = member("a", "توقيف سارق", DISPATCH, 0, "communique")
    retold = member("b", "سارق الدراجات", PLAIN, 1)
    source = replace(member("c", "رؤوس أخرى", PLAIN, 2), voice="security_source")
    denied = member("d", "الأمن ينفي", DENIAL, 5, "denial", "communique")
    found = {name: one.type.value for name, one in relations([official, retold, source, denied]).items()}
    assert (found["b"] == "rumour", found["c"], found["d"]) == (False, "rumour", "denial")


def test_answers_at_once_in_two_languages_are_two_answers() -> None:
    rumour = member("a", "انفجار بسوق السمك؟", RUMOUR, 0)
    first = member("b", "الأمن ينفي", DENIAL, 5, "denial", "communique")
    said = annotated("c", "fr", "La police dément", "La DGSN a démenti toute explosion au marché.", 5.3, "c")
    for hours, answers in ((5.3, True), (7, False)):
        print_ = replace(fingerprint("c", said), published=first.print.published + round((hours - 5) * 3600))
        also = makers()[2].member(said, print_)
        assert also.denies
        assert (relations([rumour, first, also])["c"].type.value == "denial") == answers


def test_a_page_put_right_in_its_place_is_a_correction_of_itself() -> None:
    first = annotated("a", "ar", "انفجار بسوق السمك؟", RUMOUR, 0, "a")
    now = annotated("a", "ar", "حقيقة الانفجار: الأمن ينفي", DENIAL, 0, "a")
    object.__setattr__(now, "kinds", (KindLabel("denial"),))
    mended = makers()[2].member(now, fingerprint("a", now), first=first)
    assert mended.mended and not mended.denies
    denied = member("b", "الأمن ينفي خبر انفجار", DENIAL, 5, "denial", "communique")
    found = {name: (one.type.value, one.of) for name, one in relations([mended, denied]).items()}
    assert found == {"a": ("correction", "a"), "b": ("denial", "a")}
    unchanged = makers()[2].member(now, fingerprint("a", now), first=now)
    assert unchanged.denies and not unchanged.mended


DISPATCH = "أوقفت الشرطة القضائية بالناظور شخصا سرق 17 دراجة نارية وحجزت لديه 4350 درهما، وفق بلاغ."


@pytest.mark.parametrize(
    ("type_", "language", "outlet", "title", "text", "hours", "kinds"),
    [
        ("translation", "fr", "b", "Nador : un voleur de motos arrêté",
         "La police judiciaire de Nador a interpellé un homme qui a volé 17 motos et saisi 4350 dirhams, "
         "selon un communiqué de la DGSN.", 1, "communique"),
        # too late, too short, or Darija: told anew
        ("rewrite", "fr", "b", "Nador : un voleur de motos arrêté",
         "La police judiciaire de Nador a interpellé un homme qui a volé 17 motos et saisi 4350 dirhams, "
         "selon un communiqué de la DGSN.", 9, "communique"),
        ("rewrite", "es", "b", "Ladrón de motos detenido", "Cae en Nador, según la DGSN.", 1, "communique"),
        ("rewrite", "ary", "b", "شدو مول الموطورات",
         "بوليس الناظور شدو واحد سرق 17 موطور ولقاو عندو 4350 درهم، قالت مديرية الأمن فبلاغ ديالها.", 1,
         "communique"),
        ("translation", "ar", "b", "عمود مترجم: درس الناظور", "ترجمة عن لغة أخرى لما نشر بالأمس.", 30, ""),
        # another voice, another day, a development, its outlet once more
        ("follow_up", "ar", "b", "سارق دراجات الناظور", "قال أحد الجيران للجريدة إنه كان هادئا.", 3, ""),
        ("follow_up", "ar", "b", "سارق دراجات الناظور", "أوضح بلاغ للأمن الوطني أن التحقيق مستمر.", 30,
         "communique"),
        ("follow_up", "ar", "b", "إحالة سارق دراجات الناظور على النيابة العامة",
         "أفاد بلاغ للأمن الوطني أنه أحيل على العدالة.", 12, "communique"),
        ("follow_up", "ar", "a", "عودة إلى سارق الدراجات", "أوضح بلاغ للأمن الوطني ظروف توقيفه.", 3,
         "communique"),
    ],
)  # fmt: skip
def test_who_tells_after_another(
    type_: str, language: str, outlet: str, title: str, text: str, hours: float, kinds: str
) -> None:
    first = member("first", "توقيف سارق دراجات بالناظور", DISPATCH, 0, "communique", outlet="a")
    said = annotated("second", language, title, text, hours, outlet)
    object.__setattr__(said, "kinds", tuple(KindLabel(kind) for kind in kinds.split()))
    later = makers()[2].member(said, fingerprint("second", said))
    found = relation(later, [first])
    assert (found.type.value, found.of) == (type_, "first")


def test_what_puts_right_an_unknown_text_is_a_correction() -> None:
    alone = member("a", "تصحيح واعتذار", "نشرت الجريدة خطأ خبر انفجار، ونعتذر لقرائنا.", 4)
    found = relation(alone, [])
    assert (found.type.value, found.of) == ("correction", None)


def test_an_outlet_that_puts_its_own_text_right() -> None:
    first = member("a", "انفجار بسوق السمك", RUMOUR, 0, outlet="same")
    later = member(
        "b", "تصحيح: لم يقع انفجار", "نشرت الجريدة خطأ خبر انفجار، ونعتذر لقرائنا.", 4, outlet="same"
    )
    other = member("c", "تصحيح: لم يقع انفجار", "نشرت الجريدة خطأ خبر انفجار، ونعتذر لقرائنا.", 4)
    assert relation(later, [first]).type.value == "correction"
    assert relation(other, [first]).type.value != "correction"
