"""Tokens, stems and spans: what is a word, where it stands, and that every way of asking says the same."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from config import load
from config.fold import fold
from search.analysis import Analysis, _Memory, tables, words

LANGUAGES = ("ar", "ary", "fr", "en", "es", "und", "pt")
# Characters in whose neighbourhood words are cut, or that fold to something of another kind.
ODD = (
    "aéB1٢²½❶ '’.,:-_#/@«»()…،؛؟!ـًّ\u200f\u202b\u00ad\u00a0\u2009\u202f\u3000\u0301"
    "ﷺﻻⅣ①ﬁ🚓ß中ⵣاأإآىيةهوءپگلبفكدN"
)
TEXTS = st.text() | st.text(alphabet=ODD, max_size=30) | st.text(alphabet="12 \u00a0.,'ab", max_size=20)


@pytest.mark.parametrize(
    ("text", "exact"),
    [
        ("l’État, d'Etat", "etat etat"),
        ("jusqu’à aujourd’hui", "a aujourdhui"),
        ("Hammouchi's officers’ don't", "hammouchi officers dont"),
        ("D.G.S.N. U.S. e.g.", "dgsn us eg"),
        ("M. A. Dupont", "m a dupont"),
        ("DGSN-DGST/DGSN", "dgsn dgst dgsn"),
        ("M’diq F'nideq", "mdiq fnideq"),
        ("1.200 1 200 1,200 1\u00a0200 1\u202f200 12 000 000", "1200 1200 1200 1200 1200 12000000"),
        ("2,5 2.5 ٢٫٥", "2.5 2.5 2.5"),
        ("٧٬٥٠٠ ٧٥٠٠", "7500 7500"),
        ("25.11.2026 2026-11-25 12:30", "25 11 2026 2026 11 25 12 30"),
        ("20h30 covid-19 Covid19 5kg", "20 h 30 covid 19 covid 19 5 kg"),
        ("2025 300", "2025 300"),
        ("#الأمن_الوطني @DGSN_MAROC", "الامن الوطني dgsn maroc"),
        ("www.dgsn.gov.ma/x?y=1", "www dgsn gov ma x y 1"),
        ("a.b@c.ma", "ab c ma"),
        ("🚓 – … !", ""),
        ("¼", "1 4"),
        ("الـDGSN و2025 ب-3 ف مراكش", "dgsn 2025 3 ف مراكش"),
        ("الأَمْـنُ مسؤول مسئول", "الامن مسوول مسيول"),
        ("\u200fالأمن\u200f \u202bالوطني\u202c", "الامن الوطني"),
        ("ﻻ ﷺ", "لا صلي الله عليه وسلم"),
    ],
)
def test_text_is_cut_into_words(analysis: Analysis, text: str, exact: str) -> None:
    assert analysis.tokens(text, "fr").exact == exact


def test_arabic_words_are_stemmed_in_any_article_and_latin_words_by_its_language(analysis: Analysis) -> None:
    assert analysis.tokens("بالأمن agents", "fr").stem == "امن agent|fr"
    assert analysis.tokens("بالأمن agents", "en").stem == "امن agent|en"
    assert analysis.tokens("بالأمن agents", "ar").stem == "امن agents"
    assert analysis.tokens("agentes", "es-MX").stem == "agent|es"
    assert analysis.tokens("agents", "und").stem == "agents"


def test_a_stop_word_keeps_its_place_and_meets_no_other_word(analysis: Analysis) -> None:
    tokens = analysis.tokens("على علي عَلى على\u200f", "ar")
    assert tokens.exact == "علي علي علي علي"
    assert tokens.stem == "علي| علي علي| علي|"


@settings(deadline=None)
@given(TEXTS, st.sampled_from(LANGUAGES))
@example("a1 200", "fr")
@example("1\u200f 200", "ar")
@example("1 ²00", "fr")
@example("5´000", "fr")
@example("1\n²00 1 200\n\n!\n200 على الـ\nDGSN l'\nÉtat D.G\n.S", "fr")
def test_the_quick_way_and_the_exact_way_agree(text: str, language: str) -> None:
    tokens = ANALYSIS.tokens(text, language)
    spans = ANALYSIS.spans(text, language)
    assert tokens.exact == " ".join(span.exact for span in spans)
    assert tokens.stem == " ".join(span.stem for span in spans)


@settings(deadline=None)
@given(TEXTS, st.sampled_from(LANGUAGES))
def test_tokens_are_aligned_and_folded(text: str, language: str) -> None:
    tokens = ANALYSIS.tokens(text, language)
    exact, stem = tokens.exact.split(" "), tokens.stem.split(" ")
    assert len(exact) == len(stem)
    assert len(tokens.exact.split()) == len(tokens.stem.split())
    assert all(exact) or exact == [""]
    assert all(stem) or stem == [""]
    assert ANALYSIS.tokens(fold(text), language).exact == tokens.exact


@settings(deadline=None)
@given(TEXTS, st.sampled_from(LANGUAGES))
def test_spans_lie_in_the_text_in_order_and_cover_their_token(text: str, language: str) -> None:
    before = 0
    for span in ANALYSIS.spans(text, language):
        assert before <= span.start < span.end <= len(text)
        before = span.end if text[span.start : span.end].isascii() else span.start  # ¼ is two tokens
        printed = fold(text[span.start : span.end])
        if text[span.start : span.end].isascii():
            assert [c for c in printed if c.isalnum()] == [c for c in span.exact if c.isalnum()]


@settings(deadline=None)
@given(TEXTS)
def test_what_quotes_ask_for_is_what_is_indexed(text: str) -> None:
    phrase = ANALYSIS.exact(text)
    assert (" ".join(phrase.tokens) if phrase else "") == ANALYSIS.tokens(text, "fr").exact


@settings(deadline=None)
@given(st.text(alphabet=ODD, max_size=12), st.sampled_from(("ar", "fr", "en", "es")))
def test_a_word_finds_itself(word: str, language: str) -> None:
    tokens = ANALYSIS.tokens(word, language)
    layers = {"exact": tokens.exact.split(), "stem": tokens.stem.split()}
    phrases = ANALYSIS.terms(word)
    assert bool(phrases) == bool(layers["exact"])
    if len(layers["exact"]) == 1:
        assert any(list(phrase.tokens) == layers[phrase.layer] for phrase in phrases)


def test_the_quick_way_is_taken_for_what_the_press_prints() -> None:
    assert not words.UNUSUAL.search("La DGSN « dément » l’arrestation… “oui” 1 200 € – à Fès, cœur ; Škoda")
    assert not words.UNUSUAL.search("المديرية العامة للأمن الوطني، «تنفي»: ١٢٠٠ قرص؟ 🚓 أَمْن")


def test_characters_of_the_quick_way_fold_one_by_one() -> None:
    """What :data:`words.UNUSUAL` lets pass must not fold to a space or, unless it is one, to a digit."""
    for code in range(0x110000):
        char = chr(code)
        if 0xD800 <= code < 0xE000 or words.UNUSUAL.search(char):
            continue
        folded = fold(char)
        assert folded.isspace() == char.isspace() or not folded, hex(code)
        assert any(map(str.isdecimal, folded)) == char.isdecimal(), hex(code)


def test_frequent_words_stay_in_a_memory_that_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("search.analysis._REMEMBERED", 10)
    asked: list[str] = []

    def learn(word: str) -> str:
        asked.append(word)
        return word.upper()

    memory = _Memory(learn)
    for number in range(100):
        assert memory["often"] == "OFTEN"
        assert memory[f"rare{number}"] == f"RARE{number}"
        assert len(memory) <= 10
    assert asked.count("often") == 1
    assert memory["rare0"] == "RARE0" and asked.count("rare0") == 2


def test_tables_are_read_back_as_they_were_built(tmp_path: Path) -> None:
    config = load(home=tmp_path, environ={})
    built = tables.load(config)
    (cached,) = (tmp_path / "cache").glob("analysis-*.json")
    assert tables.load(load(home=tmp_path, environ={})) == built == tables.build(config)
    cached.write_text("{", "utf-8")
    assert tables.load(config) == built


def test_tables_follow_the_configuration(tmp_path: Path) -> None:
    overlay = tmp_path / "overlay"
    overlay.mkdir()
    packaged = Path(tables.__file__).parents[2] / "config" / "analysis.yml"
    text = packaged.read_text("utf-8")
    (overlay / "analysis.yml").write_text(text.replace("[لفتيت, Laftit]", "[لفتيت, Laftit, Lftit]"), "utf-8")
    home = tmp_path / "home"
    home.mkdir()
    packaged_one, overlaid = (
        Analysis(load(home=home, environ={})),
        Analysis(load(overlay, home=home, environ={})),
    )
    assert not packaged_one.other_names("Lftit")
    assert overlaid.other_names("Lftit")
    assert overlaid.version == packaged_one.version  # names are looked up when a question is asked
    (overlay / "analysis.yml").write_text(
        text.replace("arabic_words: >-", "arabic_words: >-\n  قرميد"), "utf-8"
    )
    other = Analysis(load(overlay, home=home, environ={}))
    assert other.tokens("بقرميد", "ar").stem == "قرميد" != packaged_one.tokens("بقرميد", "ar").stem
    assert other.version != packaged_one.version  # a word that is known makes other tokens


def test_a_home_that_does_not_exist_is_not_made(tmp_path: Path) -> None:
    tables.load(load(home=tmp_path / "none", environ={}))
    assert not (tmp_path / "none").exists()


def test_stems_do_not_depend_on_the_process() -> None:
    """Sets are ordered by a seed; tokens must not be."""
    program = (
        "from config import load; from search.analysis import Analysis; import sys\n"
        "a = Analysis(load(home='/nonexistent', environ={}))\n"
        "sys.stdout.buffer.write(repr([a.terms(w) for w in ('DGSN', 'طنجة', 'anti-terroriste')]).encode())"
    )
    answers = {
        subprocess.run(
            [sys.executable, "-c", program],
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
            cwd=Path(tables.__file__).parents[2],
        ).stdout
        for seed in ("1", "2")
    }
    assert len(answers) == 1


ANALYSIS = Analysis(load(home=Path("/nonexistent"), environ={}))
