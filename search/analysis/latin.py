"""Light stems of French, Spanish and English words that are folded already: inflection only.

Number, gender and the regular verb endings are taken off; what a word is derived from is not looked for, so
``nation`` stays apart from ``national`` and ``police`` from ``policier``.
"""

from __future__ import annotations


def french(word: str) -> str:
    """
    >>> french("nationaux"), french("nationales"), french("arretees"), french("policieres")
    ('national', 'national', 'arret', 'policier')
    """
    if len(word) < 4 or word[0].isdigit():
        return word
    if word.endswith("eaux"):
        return word[:-1]
    if word.endswith("aux") and len(word) > 5:
        return word[:-3] + "al"
    if word[-1] in "sx" and word[-2] not in "s":
        word = word[:-1]
    for ending, other in _FRENCH:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: len(word) - len(ending)] + other
    if len(word) > 4 and word[-1] == word[-2] and word[-1] in "lnt":
        return word[:-1]
    return word


_FRENCH = (
    ("iere", "ier"), ("trice", "teur"), ("euse", "eur"), ("ive", "if"), ("elle", "el"), ("enne", "en"),
    ("onne", "on"), ("ier", "ier"), ("eur", "eur"), ("ee", ""), ("er", ""), ("e", ""),
)  # fmt: skip


def spanish(word: str) -> str:
    """
    >>> spanish("detenciones"), spanish("detenidas"), spanish("casos"), spanish("luces")
    ('detencion', 'detenid', 'caso', 'luz')
    """
    if len(word) < 4 or word[0].isdigit():
        return word
    if word.endswith("ces") and len(word) > 4:
        return word[:-3] + "z"
    if word.endswith("es") and len(word) > 4:
        word = word[:-2]
    elif word.endswith("s"):
        word = word[:-1]
    elif word.endswith("e") and len(word) > 4:
        return word[:-1]
    for ending in _SPANISH:
        if word.endswith(ending) and len(word) - len(ending) >= 2:
            return word[:-1]
    return word


_SPANISH = tuple(
    stem + vowel for stem in ("ad", "id", "os", "iv", "ic", "an", "in", "ari", "er") for vowel in "oa"
)


def english(word: str) -> str:
    """
    >>> english("arrested"), english("agencies"), english("policing"), english("seized")
    ('arrest', 'agency', 'polic', 'seiz')
    """
    if len(word) < 4 or word[0].isdigit():
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "shes", "ches", "xes")):
        word = word[:-2]
    elif word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    for ending in ("ing", "ied", "ed"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            base = word[: len(word) - len(ending)]
            if not any(vowel in base for vowel in "aeiouy"):
                continue
            if ending == "ied":
                return base + "y"
            if base[-1] == base[-2] and base[-1] not in "lsz":
                return base[:-1]
            return base.removesuffix("e")
    if word.endswith("e") and len(word) > 4:
        return word[:-1]
    return word
