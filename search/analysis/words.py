"""Where words begin and end: one tokenisation for every language, made on folded text.

A token is a run of Arabic letters, a run of other letters, or a number.  So ``DGSN-DGST`` is two tokens,
``covid19`` and ``Covid-19`` are the same two, ``#الأمن_الوطني`` is two words, and a bare clitic glued to a
Latin acronym or a number (``الـDGSN``, ``و2025``) is none.  ``D.G.S.N.`` is one token, as are ``1.200``,
``1 200`` and ``1,200``; ``l’État`` is ``etat``; ``Hammouchi’s`` is ``hammouchi``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from config.fold import fold_with_offsets

ARABIC = (
    "\u0620-\u063f\u0641-\u064a\u066e-\u066f\u0671-\u06d3\u06d5\u06ee-\u06ef\u06fa-\u06fc\u06ff"
    "\u0750-\u077f\u08a0-\u08c7"
)
_LETTER = rf"[^\W\d_{ARABIC}]"
_SEPARATOR = r"[.,'\u066b\u066c ]"

_TOKEN = re.compile(
    rf"""
      (?P<arabic>[{ARABIC}]+)
    | (?P<dotted>(?<![^\W_])(?:{_LETTER}\.)+{_LETTER}(?![^\W_])\.?)
    | (?P<number>(?<![\d])(?<!\d[.,])(?:\d{{1,3}}(?:{_SEPARATOR}\d{{3}})+|\d+(?:[.,\u066b]\d+)?)(?![.,]?\d))
    | (?P<digits>\d+)
    | (?P<latin>{_LETTER}+(?:'{_LETTER}+)*'?)
    """,
    re.VERBOSE,
)
# A whole piece of text (folded) that holds one word and nothing that could tie it to what stands around it.
LONE_WORD = re.compile(rf"[^\w']*(?:([{ARABIC}]+)|({_LETTER}+))[^\w']*")
# What a clitic looks like when it is glued to something that is not Arabic.
CLITICS = frozenset("ال و ف ب ك ل د وال فال بال كال لل ول وب".split())
_ELISION = re.compile(r"(?:l|d|j|m|n|s|t|c|qu|jusqu|lorsqu|puisqu|quoiqu)'(?=.)")
_POSSESSIVE = re.compile(r"'s?$")
_THOUSANDS = re.compile(rf"\d{{1,3}}(?:{_SEPARATOR}\d{{3}})+")
_NOT_DIGIT = re.compile(r"\D")
_GLUED = re.compile(r"-?[^\W_]")

# A text may be cut at white space, and the tokens of each piece be remembered, as no token but 1 200 holds a
# space: a piece that goes on with such a number looks like this, behind a piece that ends with a digit.
CONTINUES = re.compile(r"\d{3}(?!\d)")
CONTINUED = re.compile(r"\d[ \u00a0\u2007\u2009\u202f]\d{3}(?!\d)")
# It may not where a piece has characters outside the usual ones (a presentation form or a superscript may
# fold to several letters, to a digit, to a space), or a mark beside a digit.
MARKS = (
    "\u00ad\u0300-\u036f\u0610-\u061a\u061c\u0640\u064b-\u065f\u0670\u06d6-\u06ed"
    "\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufe0f\ufeff"
)
UNUSUAL = re.compile(
    rf"[^\x00-\x7f\u00a0-\u00a7\u00a9-\u00ae\u00b0\u00b1\u00b6\u00b7\u00bb\u00bf-\u017f\u0600-\u06ff"
    rf"\u2007\u2009\u2010-\u2016\u2018-\u2027\u202f\u2030\u2039\u203a\u20ac\u2190-\u21ff\u2600-\u27bf"
    rf"\U0001f300-\U0001faff{MARKS}]|\d[{MARKS}]|[{MARKS}]\d"
)


def _latin(word: str, names: frozenset[str]) -> tuple[str, int, int]:
    """*word* without what an apostrophe ties to it, and where in *word* that lies.

    Elided articles go in front, the possessive behind; a name of *names* (``M’diq``) is one word.
    """
    start, end = 0, len(word)
    if "'" not in word:
        return word, start, end
    joined = word.replace("'", "")
    if joined in names:
        return joined, start, len(word.rstrip("'"))
    if possessive := _POSSESSIVE.search(word):
        end = possessive.start()
    while elided := _ELISION.match(word, start, end):
        start = elided.end()
    return word[start:end].replace("'", ""), start, end


def tokens_of(folded: str, names: frozenset[str] = frozenset()) -> Iterator[tuple[str, bool, int, int]]:
    """``(token, is_arabic, start, end)`` of text that is folded already, in order; offsets into *folded*.

    *names* are words written with an apostrophe, given without it.
    """
    for match in _TOKEN.finditer(folded):
        kind = match.lastgroup
        word = match.group()
        start, end = match.span()
        if kind == "arabic":
            if word in CLITICS and _GLUED.match(folded, end):
                continue
            yield word, True, start, end
        elif kind == "latin":
            token, left, right = _latin(word, names)
            if token:
                yield token, False, start + left, start + right
        elif kind == "dotted":
            yield word.replace(".", ""), False, start, end
        elif kind == "number" and not _THOUSANDS.fullmatch(word):
            yield word.replace(",", ".").replace("\u066b", "."), False, start, end
        else:
            yield _NOT_DIGIT.sub("", word), False, start, end


def printed(text: str, names: frozenset[str] = frozenset()) -> Iterator[tuple[str, bool, int, int]]:
    """As :func:`tokens_of`, of printed *text*; offsets into *text*."""
    folded, offsets = fold_with_offsets(text)
    for token, arabic, start, end in tokens_of(folded, names):
        # up to the next letter, so that the marks on the last one belong to it; ¼ is two tokens in one place
        yield token, arabic, offsets[start], max(offsets[end], offsets[end - 1] + 1)
