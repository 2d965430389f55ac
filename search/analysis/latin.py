"""Light stems of French, Spanish and English words that are folded already: inflection only.

Number, gender and the regular verb endings are taken off; what a word is derived from is not looked for, so
``nation`` stays apart from ``national`` and ``police`` from ``policier``.  (The Snowball stemmers join those,
and ``author`` with ``authority``: see the table in ``docs/analysis.md``.)  Accents are gone by now, which is
why ``arrêté`` and ``arrête`` are one word here.
"""

from __future__ import annotations

import re

_FRENCH_IRREGULAR = {
    "travaux": "travail", "yeux": "oeil", "morte": "mort", "forte": "fort", "haute": "haut", "seule": "seul",
    "toute": "tout", "verte": "vert", "chere": "cher", "mixte": "mixte",
}  # fmt: skip
# Every one ends in e.
_FRENCH = (
    ("iere", "ier"), ("gere", "ger"), ("trice", "teur"), ("euse", "eur"), ("ive", "if"), ("elle", "el"),
    ("enne", "en"), ("onne", "on"), ("ee", ""),
)  # fmt: skip


def french(word: str) -> str:
    """
    >>> french("nationaux"), french("nationales"), french("arretees"), french("policieres"), french("portes")
    ('national', 'national', 'arret', 'policier', 'porte')
    """
    if len(word) < 4:
        return word
    if word.endswith("eaux"):
        return word[:-1]
    if word in _FRENCH_IRREGULAR:
        return _FRENCH_IRREGULAR[word]
    if word.endswith("aux") and len(word) > 5:
        return word[:-3] + "al"
    if word[-1] in "sx" and word[-2] != "s":
        word = word[:-1]
        if word in _FRENCH_IRREGULAR:
            return _FRENCH_IRREGULAR[word]
    if word[-1] == "e":
        for ending, instead in _FRENCH:
            if word.endswith(ending) and len(word) - len(ending) >= 3:
                word = word[: len(word) - len(ending)] + instead
                break
        else:
            if len(word) >= 6 or word.endswith("ee"):  # short words keep their e: port is not porte
                word = word[:-1]
    elif (
        word.endswith("er") and len(word) >= 6 and word[-3] not in "gi"
    ):  # étranger, policier: no infinitives
        word = word[:-2]
    return word[:-1] if word[-2:] in ("ll", "nn", "tt") and len(word) > 4 else word


_SPANISH_IRREGULAR = {"muerta": "muerto", "nueva": "nuevo", "comisaria": "comisaria"}
# Adjectives and participles, and the few nouns with a feminine of their own: elsewhere the vowel makes
# another word (caso, casa; puerto, puerta).
_SPANISH_GENDER = re.compile(r"..(?:ad|id|os|iv|ic|an|in|ari|er|str)[oa]$|..(?:nol|[dts]or)a$")


def spanish(word: str) -> str:
    """
    >>> spanish("detenciones"), spanish("detenidas"), spanish("casos"), spanish("luces"), spanish("francesa")
    ('detencion', 'detenid', 'caso', 'luz', 'franc')
    """
    if len(word) < 4:
        return word
    if word.endswith("ces") and len(word) > 4 and word[-4] in "aeiou":
        return word[:-3] + "z"
    if word.endswith("es") and len(word) > 4:
        word = word[:-2]
        if word.endswith("es") and len(word) > 5:  # franceses, as francés
            word = word[:-2]
    elif word.endswith("s"):
        word = word[:-1]
    elif word.endswith("e") and len(word) > 4:
        return word[:-1]
    if word in _SPANISH_IRREGULAR:
        return _SPANISH_IRREGULAR[word]
    if word.endswith("esa") and len(word) > 5:
        return word[:-3]
    return word[:-1] if word[-1] in "oa" and _SPANISH_GENDER.search(word) else word


_ENGLISH_IRREGULAR = {
    "news": "news", "buses": "bus", "viruses": "virus", "campuses": "campus", "men": "man", "women": "woman",
    "policemen": "policeman", "policewomen": "policewoman", "gunmen": "gunman", "children": "child",
    "people": "people", "series": "series", "held": "hold", "said": "say", "shot": "shoot",
    "thieves": "thief", "knives": "knife", "wives": "wife", "lives": "life",
}  # fmt: skip
_SYLLABLE = re.compile("[aeiouy]+[^aeiouy]+")
_CLOSED = re.compile("[^aeiouy][aeiouy][^aeiouywx]$")


def english(word: str) -> str:
    """
    >>> english("arrested"), english("agencies"), english("policing"), english("seized"), english("planes")
    ('arrest', 'agency', 'polic', 'seiz', 'plane')
    """
    if len(word) < 4:
        return _ENGLISH_IRREGULAR.get(word, word)
    if word in _ENGLISH_IRREGULAR:
        return _ENGLISH_IRREGULAR[word]
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "shes", "ches", "xes", "zes")):
        word = word[:-2]
    elif word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    for ending in ("ied", "ed", "ing") if word[-1] in "dg" else ():
        base = word.removesuffix(ending)
        if base != word and len(base) >= 3 and re.search("[aeiouy]", base):
            if ending == "ied":
                return base + "y"
            if base[-1] == base[-2] and base[-1] not in "lsz":
                return base[:-1]
            short = len(_SYLLABLE.findall(base)) == 1 and _CLOSED.search(base)
            word = base + "e" if short or base.endswith(("at", "bl", "iz")) else base
            break
    if word.endswith("e"):  # a long word loses its e, and a short one that is not plan with an e
        syllables = len(_SYLLABLE.findall(word[:-1]))
        if syllables > 1 or (syllables == 1 and not _CLOSED.search(word[:-1])):
            return word[:-1]
    return word
