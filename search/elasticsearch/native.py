"""How the server itself reads the readable fields, for Kibana and other clients: two analysers a language.

``exact`` takes words as they are printed, but for case, accents and the ways of writing an Arabic letter.
``ar``, ``fr``, ``en`` and ``es`` join the forms of a word besides.  The server's Arabic stemmer knows no
words: it has one stem for ``وجدة`` and ``جدة``, and two for ``وزارة`` and ``الوزارة``.  So it is told of
those that :mod:`search.analysis` knows, behind each clitic that may stand before them.

Only what the analysis module of every server has: no plugin, no ICU.
"""

from __future__ import annotations

import re
import string
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from config.fold import fold
from search.analysis import arabic
from search.analysis.words import CLITICS, MARKS

if TYPE_CHECKING:
    from search.analysis import Analysis
    from search.analysis.tables import Tables

# Light stemmers: the server's others join police with policy, and change their tables between versions.
_LANGUAGES: dict[str, tuple[str, Any]] = {
    "ar": ("arabic", ["_arabic_", *sorted(CLITICS)]),
    "fr": ("light_french", "_french_"),
    "en": ("light_english", "_english_"),
    "es": ("light_spanish", "_spanish_"),
}
LANGUAGES = tuple(_LANGUAGES)
"""Languages that have an analyser of their own; a text in another one is read by ``exact`` alone."""

# Letters that print one of ours, as in config/fold.py; not those that tell one stop word from another.
_LETTERS = {
    "ؤ": "و", "ئ": "ي",
    "ٱ": "ا", "ٲ": "أ", "ٳ": "إ", "ی": "ي", "ې": "ي", "ۀ": "ة", "ە": "ه", "ہ": "ه", "ھ": "ه",
    "ک": "ك", "گ": "ك", "ڭ": "ك", "ݣ": "ك", "ڪ": "ك", "ڤ": "ف", "ڥ": "ف", "پ": "ب", "چ": "ج", "ژ": "ز",
}  # fmt: skip
_APOSTROPHES = "’‘ʼ‛′`´"
_HYPHENS = "‐‑‒–—−"
_PRESENTATION = (0xFDF2, *range(0xFE70, 0xFEFD))
"""Letters in the shape that they have at a place of a word, as some old pages have them."""
_GLUED = "ولفبك"
"""The last letters of what is written in one with an acronym or a number; tatweel may stand between."""
_ELIDED = "l m t qu n s j d c jusqu quoiqu lorsqu puisqu".split()

_NAMED = ("place", "institution", "unit")
_BEFORE = ("", "و", "ف", "ب", "ك", "وب")
"""What may stand before a word, with its article or without."""
_WITH_LI = ("لل", "ل", "ول", "ولل")
"""لِ takes the place of the article's first letter."""


@lru_cache(maxsize=1)
def settings(analysis: Analysis) -> dict[str, Any]:
    """The settings ``index.analysis`` of the readable fields, which nobody is to change.

    Lists of many words are one text: a server takes its time for every item of a list.
    """
    tables = analysis.known
    fold = ["lowercase", "decimal_digit"]
    chains = {
        "exact": [*fold, "marsad_dots", "marsad_elision", "marsad_possessive", "arabic_normalization"],
        # The list of stop words is as printed: على is one, علي is a name, and normalised they are equal.
        "ar": [*fold, "marsad_dots", "marsad_ar_stop", "arabic_normalization", "marsad_ar_words"],
        "fr": [*fold, "marsad_dots", "marsad_elision", "marsad_fr_stop", "marsad_names"],
        "es": [*fold, "marsad_dots", "marsad_es_stop", "marsad_names"],
        "en": [*fold, "marsad_dots", "marsad_possessive", "marsad_en_stop", "marsad_names"],
    }
    filters: dict[str, Any] = {
        "marsad_dots": {  # D.G.S.N. is DGSN
            "type": "pattern_replace",
            "pattern": r"^(\p{L})\.(\p{L})(?:\.(\p{L}))?(?:\.(\p{L}))?(?:\.(\p{L}))?(?:\.(\p{L}))?$",
            "replacement": "$1$2$3$4$5$6",
            "all": False,
        },
        "marsad_elision": {"type": "elision", "articles": _ELIDED, "articles_case": True},
        "marsad_possessive": {"type": "stemmer", "language": "possessive_english"},
        "marsad_ar_words": {"type": "stemmer_override", "rules": ",".join(rules(tables))},
        "marsad_names": {"type": "stemmer_override", "rules": ",".join(_names(tables))},
    }
    for language, (stemmer, stops) in _LANGUAGES.items():
        filters[f"marsad_{language}_stop"] = {"type": "stop", "stopwords": stops}
        filters[f"marsad_{language}_stem"] = {"type": "stemmer", "language": stemmer}
        chains[language].append(f"marsad_{language}_stem")
    return {
        "char_filter": {
            "marsad_letters": {"type": "mapping", "mappings": ",".join(_mappings(tables))},
        },
        "filter": filters,
        "analyzer": {
            f"marsad_{name}": {
                "type": "custom",
                "char_filter": ["marsad_letters"],
                "tokenizer": "standard",
                "filter": [*chain, "asciifolding"],
            }
            for name, chain in chains.items()
        },
    }


# -- characters ---------------------------------------------------------------------------------------------


def _mappings(tables: Tables) -> Iterator[str]:
    """The rules of the filter of characters: what is one letter however it is encoded, and what is none."""
    told: dict[str, str] = dict(_LETTERS)
    told |= dict.fromkeys(_APOSTROPHES, "'") | dict.fromkeys(_HYPHENS, "-") | {"_": " "}
    told |= dict.fromkeys(_marks(), "")
    for other in string.ascii_letters + string.digits:  # الـDGSN: no tokenizer parts the two alphabets
        told |= {f"\N{ARABIC TATWEEL}{other}": f" {other}"}
        told |= {f"{letter}{other}": f"{letter} {other}" for letter in _GLUED}
    for code in _PRESENTATION:
        char = chr(code)
        plain = unicodedata.normalize("NFKC", char)
        if plain != char:
            told[char] = "".join(told.get(letter, letter) for letter in plain)
    for code in range(0xC0, 0x180):
        apart = unicodedata.normalize("NFD", chr(code))
        if len(apart) > 1:  # é in two characters is é
            told[apart] = chr(code)
    for name in sorted(tables.printed):
        if re.search(f"['{_APOSTROPHES}]", name):  # M'diq is one word
            for printed in _spellings(name):
                told[printed] = re.sub(f"['{_APOSTROPHES}]", "", printed)
    for char, instead in told.items():
        yield f"{_escaped(char)}=>{_escaped(instead)}"


def _marks() -> Iterator[str]:
    for part in re.findall("(.)-(.)|(.)", MARKS):
        first, last = (part[2], part[2]) if part[2] else part[:2]
        yield from map(chr, range(ord(first), ord(last) + 1))


def _spellings(name: str) -> Iterator[str]:
    for cased in (name, name.capitalize(), name.upper(), name.title()):
        for apostrophe in "'’":
            yield re.sub(f"['{_APOSTROPHES}]", apostrophe, cased)


def _escaped(text: str) -> str:
    """*text* as a rule writes it: the server cuts white space away, and some marks cannot be seen."""
    return "".join(char if char.isalnum() else f"\\u{ord(char):04X}" for char in text)


# -- words --------------------------------------------------------------------------------------------------


def rules(tables: Tables) -> Iterator[str]:
    """The words that the Arabic stemmer is told of: ``form=>stem``.

    Of words in the names of towns, bodies and units, and of those with broken plurals, every form for which
    it has another stem; of others too, where it has two for the word with and without its article.  Not of
    all that are known: every index keeps a copy of these rules.
    """
    lemmas = tables.lemmas
    named = {word for kind in _NAMED for name in tables.values[kind] for word in name.split()}
    named |= lemmas.whole | lemmas.same.keys()
    told: set[str] = set()
    for lemma in sorted(lemmas.words):
        stem = arabic.stem(lemma, lemmas)
        if lemma not in named and server_stem(lemma) == server_stem(f"ال{lemma}"):
            continue
        if lemma not in lemmas.whole and lemma[-1] != "ي" and f"{lemma}ه" in lemmas.words:
            continue  # what an ending leaves, and no word
        for form in _forms(lemma):
            # One form may be of two words: وجده is Oujda, not "and Jeddah".
            if form not in told and server_stem(form) != stem and arabic.stem(form, lemmas) == stem:
                told.add(form)
                yield f"{form}=>{stem}"


def _forms(lemma: str) -> Iterator[str]:
    """*lemma* and its plural in ات, each behind what may stand before it."""
    for word in (lemma, lemma[:-1] + "ات") if lemma.endswith("ه") else (lemma,):
        for before in _BEFORE:
            yield before + word
            yield f"{before}ال{word}"
        for before in _WITH_LI:
            yield before + word


def server_stem(word: str) -> str:
    """The stem that the server's Arabic stemmer has for a normalised *word*."""
    for prefix in ("ال", "وال", "بال", "كال", "فال", "لل", "و"):
        if word.startswith(prefix) and len(word) >= (4 if prefix == "و" else len(prefix) + 2):
            word = word[len(prefix) :]
            break
    for suffix in ("ها", "ان", "ات", "ون", "ين", "يه", "ية", "ه", "ة", "ي"):
        if word.endswith(suffix) and len(word) >= len(suffix) + 2:
            word = word[: -len(suffix)]
    return word


def _names(tables: Tables) -> Iterator[str]:
    """Latin names, which have no other forms: as folded, and as printed with accents."""
    yield from (f"{name}=>{name}" for name in sorted(tables.latin) if name.isalnum())
    for name in sorted(tables.printed):
        folded = fold(name)
        if folded != name and folded.isalnum():
            yield f"{name}=>{folded}"
