"""What the server's own analysers make of words (:mod:`search.elasticsearch.native`), on a real server.

The mistakes named here are those that a plain ``arabic`` or ``french`` analyser makes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from search.analysis import arabic
from search.elasticsearch import native
from tests.elasticsearch import server
from tests.search.press import analysis

Analyse = Callable[[str, str], list[str]]
GOLDEN = [
    line.split("\t")
    for line in (Path(__file__).parent / "words.tsv").read_text("utf-8").splitlines()
    if not line.startswith("# ")
]
PREFIXES = "و ف ب ك وب ال وال فال بال كال وبال لل ل ول ولل".split()


@pytest.fixture(scope="module")
def analyse(elasticsearch: str) -> Iterator[Analyse]:
    """(analyser, text) → tokens."""
    name = server.index_name()
    settings = {"number_of_replicas": 0, "analysis": native.settings(analysis())}
    server.ask(elasticsearch, "PUT", f"/{name}", {"settings": {"index": settings}})

    def tokens(analyser: str, text: str) -> list[str]:
        asked = {"analyzer": f"marsad_{analyser}", "text": text}
        found = server.ask(elasticsearch, "POST", f"/{name}/_analyze", asked)["tokens"]
        return [token["token"] for token in found]

    yield tokens
    server.drop(elasticsearch, name)


@pytest.mark.parametrize("language", native.LANGUAGES)
def test_words_are_read_as_they_were_reviewed(analyse: Analyse, language: str) -> None:
    lines = [line for line in GOLDEN if line[0] == language]
    assert len(lines) >= 60
    found = [
        [language, text, *(" ".join(analyse(name, text)) or "–" for name in (language, "exact"))]
        for _, text, *_ in lines
    ]
    assert found == lines


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("وجدة", "جدة"),  # Oujda is not Jeddah
        ("بوجدة", "بجدة"),
        ("الداخلة", "الداخلية"),  # Dakhla is not the Interior
        ("بالداخلة", "بالداخلية"),
        ("وزارة", "زار"),  # a ministry has not visited
        ("الوطني", "الوطن"),
        ("المديرية", "المدير"),
        ("علي", "على"),
    ],
)
def test_8_what_differs_stays_apart(analyse: Analyse, one: str, other: str) -> None:
    assert analyse("ar", one) != analyse("ar", other)


@pytest.mark.parametrize(
    "words",
    [
        "وزارة الوزارة ووزارة بوزارة للوزارة لوزارة وبالوزارة وزارات الوزارات",
        "وجدة بوجدة لوجدة ووجدة",
        "الداخلة بالداخلة والداخلة للداخلة",
        "المغرب بالمغرب للمغرب والمغرب لمغرب وبالمغرب",
        "وزير الوزير وزراء الوزراء بالوزراء",
        "الأمن الامن بالأمن للأمن الأمـــن الأمنُ ٱلأمن",
        "أڭادير أكادير أگادير لأكادير بأكادير",
        "مسؤول مسئول المسؤول",
    ],
)
def test_8_forms_of_one_word_meet(analyse: Analyse, words: str) -> None:
    first, *others = [analyse("ar", word) for word in words.split()]
    assert len(first) == 1
    assert others == [first] * len(others)


def test_7_the_stop_words_are_as_printed(analyse: Analyse) -> None:
    assert analyse("ar", "على") == []  # on
    assert analyse("ar", "إلى") == []
    assert analyse("ar", "علي") != []  # Ali
    assert analyse("exact", "على") == analyse("exact", "علي"), "which a list after normalisation mixes up"


@pytest.mark.parametrize("printed", ["l’État", "l'État", "L’ÉTAT", "État", "état", "d’état", "e\u0301tat"])
def test_9_an_elided_article_is_none_of_the_word(analyse: Analyse, printed: str) -> None:
    assert analyse("fr", printed) == analyse("exact", printed) == ["etat"]


@pytest.mark.parametrize("printed", ["M’diq", "M'diq", "m’diq", "M’DIQ", "Mdiq"])
@pytest.mark.parametrize("analyser", ["fr", "es", "en", "exact"])
def test_9_an_apostrophe_in_a_name_is_no_elision(analyse: Analyse, analyser: str, printed: str) -> None:
    assert analyse(analyser, printed) == ["mdiq"]


@pytest.mark.parametrize("text", ["في الـDGSN", "الDGSN", "وDGSN", "DGSN", "D.G.S.N.", "«DGSN»", "#DGSN"])
def test_an_acronym_is_found_in_an_arabic_text(analyse: Analyse, text: str) -> None:
    assert analyse("ar", text) == ["dgsn"]
    assert "dgsn" in analyse("exact", text)


@pytest.mark.parametrize(
    ("printed", "plain"),
    [
        ("\u202bالأمن\u202c الوطني\u200f", "الأمن الوطني"),  # marks of direction
        ("الأ\u200cمن", "الأمن"),
        ("\ufefb\ufed2\ufedd", "لافل"),  # shapes instead of letters
        ("ﷲ", "الله"),
        ("#الأمن_الوطني", "الأمن الوطني"),
        ("٢٠٢٦", "2026"),
    ],
)
@pytest.mark.parametrize("analyser", ["ar", "exact"])
def test_one_word_is_one_however_it_is_encoded(
    analyse: Analyse, analyser: str, printed: str, plain: str
) -> None:
    assert analyse(analyser, printed) == analyse(analyser, plain)


def test_every_name_is_one_word_behind_every_clitic(analyse: Analyse) -> None:
    lemmas = analysis().known.lemmas
    forms = [prefix + name for name in sorted(lemmas.whole) for prefix in ("", *PREFIXES)]
    meant = [arabic.stem(form, lemmas) for form in forms]
    # what begins like another word (ك before a short name, ابن …) is that one in our own analysis too
    names = [(form, stem) for form, stem in zip(forms, meant, strict=True) if stem in lemmas.whole]
    assert len(names) > 0.9 * len(forms)
    assert analyse("ar", " ".join(form for form, _ in names)) == [stem for _, stem in names]


def test_the_server_stems_as_the_rules_suppose(elasticsearch: str) -> None:
    words = sorted({prefix + word for word in analysis().known.lemmas.words for prefix in ("", *PREFIXES)})
    for start in range(0, len(words), 5000):
        some = words[start : start + 5000]
        asked = {
            "tokenizer": "whitespace",
            "filter": [{"type": "stemmer", "language": "arabic"}],
            "text": " ".join(some),
        }
        found = server.ask(elasticsearch, "POST", "/_analyze", asked)["tokens"]
        assert [token["token"] for token in found] == [native.server_stem(word) for word in some]
