"""The Arabic chain: clitics and light stems of folded words, with names that are left whole.

What a light stemmer does to ``وجدة`` and ``جدة`` (one stem) or to ``وزارة`` and ``الوزارة`` (two) it does
because it knows no words.  This one is told the words: :class:`Lemmas` are generated from configuration, and
a word that is one of them, bare or behind clitics, is that lemma and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

# Longest first: what may stand before a word.  The letters alone, and the Darija forms, only before a word
# that is known; ك alone, which begins too many words, only before a longer one (كبير is not "like بير").
_ARTICLES = ("وبال", "وكال", "فبال", "ولال", "لال", "ولل", "فلل", "وال", "فال", "بال", "كال", "لل", "ال")
_BEFORE_KNOWN = (
    *_ARTICLES,
    "دال", "عال", "ول", "وب", "وك", "وف", "فب", "فل", "دل", "ب", "ل", "ف", "و", "د", "ك",
)  # fmt: skip
_BEFORE_LONG = {"ك": 5, "د": 4, "دل": 4, "عال": 4, "وك": 4}

# (ending, letters that must remain).  The adjective's ي is no ending: وطني is not وطن.
_PRONOUNS = (("اته", 4), ("ته", 3), ("هما", 3), ("ها", 3), ("هم", 4), ("هن", 4), ("كم", 4), ("نا", 4))
_ENDINGS = (("يات", 2), ("ات", 3), ("تين", 3), ("تان", 3), ("ون", 3), ("ين", 3), ("ان", 3), ("وا", 3))
_FEMININE = frozenset({"ات", "تين", "تان"})


def _by_letter(affixes: tuple[str, ...], at: int) -> dict[str, tuple[str, ...]]:
    """The *affixes* by their letter *at*, so that a word is asked for those alone that it may have."""
    return {letter: tuple(a for a in affixes if a[at] == letter) for letter in {a[at] for a in affixes}}


_ARTICLES_BY = _by_letter(_ARTICLES, 0)
_BEFORE_KNOWN_BY = _by_letter(_BEFORE_KNOWN, 0)
_LEAST = dict(_PRONOUNS + _ENDINGS)
_PRONOUNS_BY = _by_letter(tuple(ending for ending, _ in _PRONOUNS), -1)
_ENDINGS_BY = _by_letter(tuple(ending for ending, _ in _ENDINGS), -1)
_LAST = frozenset(_PRONOUNS_BY) | frozenset(_ENDINGS_BY)
"""The letters that a word with an ending has last; ه, ت and ا, which may go alone, are among them."""


@dataclass(frozen=True, slots=True)
class Lemmas:
    """Words the stemmer knows, all folded and without article."""

    whole: frozenset[str]
    """Names, and words whose ending makes another word: their stem is themselves."""
    known: frozenset[str]
    """Ordinary words and their stems: a clitic of one letter before one is taken off."""
    same: Mapping[str, str]
    """Forms that no rule derives (broken plurals): the form → the stem of its word."""

    words: frozenset[str] = field(init=False)
    """All of them."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "words", self.whole | self.known | frozenset(self.same))


def lemmas(whole: Iterable[str], known: Iterable[str], same: Iterable[Iterable[str]]) -> Lemmas:
    """The lemmas of folded words; each group of *same* is one word in several forms, its first form leads."""
    names = frozenset(map(without_article, whole))
    bare = Lemmas(names, frozenset(), {})
    forms: dict[str, str] = {}
    for group in same:
        first, *others = map(without_article, group)
        target = _without_endings(first, bare)
        for form in (first, *others):
            forms.setdefault(form, target)
    words = {without_article(word) for word in known}
    words |= {_without_endings(word, bare) for word in words if len(word) >= 4}
    return Lemmas(names, frozenset(word for word in words if len(word) >= 3), forms)


def without_article(word: str) -> str:
    return word[2:] if word.startswith("ال") and len(word) >= 5 else word


def stem(word: str, lemmas: Lemmas) -> str:
    """The stem of a folded *word*; never empty."""
    rest = _without_clitics(word, lemmas)
    if rest in lemmas.same:
        return lemmas.same[rest]
    if rest in lemmas.whole:
        return rest
    base = _without_endings(rest, lemmas)
    return lemmas.same.get(base, base)


def _is_word(word: str, lemmas: Lemmas) -> bool:
    """Whether the lemmas know *word*, or the word that it is a form of."""
    if word in lemmas.words:
        return True
    return word[-1] in _LAST and len(word) >= 5 and _without_endings(word, lemmas) in lemmas.known


def _without_clitics(word: str, lemmas: Lemmas) -> str:
    if _is_word(word, lemmas):
        return word
    first = word[0]
    for prefix in _BEFORE_KNOWN_BY.get(first, ()):
        if word.startswith(prefix):
            rest = word[len(prefix) :]
            if len(rest) >= _BEFORE_LONG.get(prefix, 3) and _is_word(rest, lemmas):
                return rest
    for prefix in _ARTICLES_BY.get(first, ()):
        if word.startswith(prefix) and len(word) - len(prefix) >= 3:
            # الالتزام and التزام: the second article is a part of the word, and goes from both
            return without_article(word[len(prefix) :])
    if first == "و" and len(word) >= 4:
        return word[1:]
    return word


def _without_endings(word: str, lemmas: Lemmas) -> str:
    if word[-1] not in _LAST:
        return word
    for ending in _PRONOUNS_BY.get(word[-1], ()):
        if word.endswith(ending) and len(word) - len(ending) >= _LEAST[ending]:
            word = word[: -len(ending)]
            if ending.endswith("ته"):  # سيارته, تصريحاته
                return _feminine(word, lemmas)
            if word.endswith("ت") and len(word) >= 4 and not word.endswith("ات"):
                return _feminine(word[:-1], lemmas)
            break
    if word in lemmas.whole:
        return word
    for ending in _ENDINGS_BY.get(word[-1], ()):
        if word.endswith(ending) and len(word) - len(ending) >= _LEAST[ending]:
            if ending == "يات":
                return word[:-2]
            base = word[: -len(ending)]
            return _feminine(base, lemmas) if ending in _FEMININE else base
    if word.endswith("ه") and len(word) >= 4:
        return word[:-1]
    if word.endswith("ت") and len(word) >= 5:
        return word[:-1]
    if word.endswith("ا") and len(word) >= 4 and word[-2] != "ي":
        return word[:-1]
    return word


def _feminine(base: str, lemmas: Lemmas) -> str:
    """*base* had a feminine ending: the whole word with ة where that is another word than *base*."""
    return base + "ه" if base + "ه" in lemmas.whole else base
