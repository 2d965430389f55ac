"""The Arabic chain: clitics and light stems of folded words, with names that are left whole.

What a light stemmer does to ``وجدة`` and ``جدة`` (one stem) or to ``وزارة`` and ``الوزارة`` (two) it does because
it knows no words.  This one is told the words: :class:`Lemmas` are generated from configuration, and a word
that is one of them, bare or behind clitics, is that lemma and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass

# Longest first: what may stand before a word.  Single letters only before a word that is known.
_ARTICLES = ("وبال", "وكال", "فبال", "ولل", "فلل", "وال", "فال", "بال", "كال", "لل", "ال")
_BEFORE_KNOWN = (*_ARTICLES, "لال", "ول", "وب", "وك", "وف", "فب", "فل", "ب", "ل", "ف", "ك", "و")
_PRONOUNS = (("هما", 3), ("ها", 3), ("هم", 4), ("هن", 4), ("كم", 4), ("نا", 4))
_ENDINGS = (("يات", 2), ("ات", 3), ("تين", 3), ("تان", 3), ("ون", 3), ("ين", 3), ("ان", 3), ("وا", 3))


@dataclass(frozen=True, slots=True)
class Lemmas:
    """Words the stemmer knows, all folded and without article."""

    whole: frozenset[str]
    """Names: their stem is themselves."""
    known: frozenset[str]
    """Ordinary words: a single-letter clitic before one is taken off, then it is stemmed like any other."""
    same: dict[str, str]
    """Forms no rule derives (broken plurals): the form → its stem."""


def stem(word: str, lemmas: Lemmas) -> str:
    """The stem of a folded *word*; never empty."""
    rest = _without_clitics(word, lemmas)
    if rest in lemmas.same:
        return lemmas.same[rest]
    if rest in lemmas.whole:
        return rest
    return _without_endings(rest)


def _known(word: str, lemmas: Lemmas) -> bool:
    return word in lemmas.whole or word in lemmas.same or word in lemmas.known


def _without_clitics(word: str, lemmas: Lemmas) -> str:
    if _known(word, lemmas):
        return word
    for prefix in _BEFORE_KNOWN:
        if word.startswith(prefix) and _known(word[len(prefix) :], lemmas):
            return word[len(prefix) :]
    for prefix in _ARTICLES:
        if word.startswith(prefix) and len(word) - len(prefix) >= 3:
            rest = word[len(prefix) :]
            # الالتزام and التزام: the second article is a part of the word, and goes from both
            return rest[2:] if rest.startswith("ال") and len(rest) >= 5 else rest
    if word.startswith("و") and len(word) >= 4:
        return word[1:]
    return word


def _without_endings(word: str) -> str:
    for ending, least in _PRONOUNS:
        if word.endswith(ending) and len(word) - len(ending) >= least:
            word = word[: -len(ending)]
            if word.endswith("ت") and len(word) >= 4:
                return word[:-1]
            break
    for ending, least in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= least:
            return word[:-3] + "ي" if ending == "يات" else word[: -len(ending)]
    if word.endswith("ه") and len(word) >= 4:
        return word[:-1]
    if word.endswith("ت") and len(word) >= 5:
        return word[:-1]
    if word.endswith("ا") and len(word) >= 4 and word[-2] != "ي":
        return word[:-1]
    return word
