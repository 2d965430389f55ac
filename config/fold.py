"""How a word is folded before it is compared: the one folding of names, cues and searches.

Matching never looks at the printed form: ``الأمن`` and ``الامن``, ``Fès`` and ``Fes``, ``أگادير`` and
``أكادير`` are one spelling here.  Folding never changes *which* words there are, only their letters, and it
can be traced back to the printed characters (:func:`fold_with_offsets`), so that evidence and highlights show
what was printed.
"""

from __future__ import annotations

import unicodedata

_ARABIC = {
    "آ": "ا", "أ": "ا", "إ": "ا", "ٱ": "ا", "ٲ": "ا", "ٳ": "ا",
    "ى": "ي", "ی": "ي", "ې": "ي", "ئ": "ي",
    "ؤ": "و",
    "ة": "ه", "ۀ": "ه", "ە": "ه", "ہ": "ه", "ھ": "ه",
    "ک": "ك", "گ": "ك", "ڭ": "ك", "ݣ": "ك", "ڪ": "ك",  # Maghrebi and Persian gaf: أڭادير = أكادير
    "ڤ": "ف", "ڥ": "ف", "پ": "ب", "چ": "ج", "ژ": "ز",
}  # fmt: skip
# Written or left out at will: harakat, tatweel, hamza marks, bidi and zero-width marks, soft hyphen.
_DROPPED = frozenset(
    [chr(c) for c in range(0x0610, 0x061B)]
    + [chr(c) for c in range(0x064B, 0x0660)]
    + [chr(c) for c in range(0x06D6, 0x06ED)]
    + list("\u0640\u0670\u00ad\u034f\u061c\u200b\u200c\u200d\u200e\u200f\u2060\ufeff")
    + [chr(c) for c in range(0x202A, 0x202F)]
    + [chr(c) for c in range(0x2066, 0x206A)]
)
_LATIN = {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ł": "l", "ı": "i"}
_APOSTROPHES = "’‘ʼ‛′`´"
_HYPHENS = "‐‑‒–—−"


def _fold_char(char: str) -> str:
    """The folded form of one printed character: empty, one character, or (ligatures) several."""
    if char in _DROPPED:
        return ""
    if char in _APOSTROPHES:  # before it is taken apart: ´ would become a space and an accent
        return "'"
    out = []
    for piece in unicodedata.normalize("NFKD", char):
        if piece in _DROPPED or unicodedata.combining(piece):
            continue
        piece = _ARABIC.get(piece, piece)
        piece = "-" if piece in _HYPHENS else piece
        digit = unicodedata.decimal(piece, None)
        if digit is not None:
            piece = str(digit)
        for low in piece.casefold():
            if not unicodedata.combining(low):
                out.append(_LATIN.get(low, low))
    return "".join(out)


class _Folding(dict[int, str]):
    """Code point → :func:`_fold_char`, worked out when first met: texts have few distinct characters."""

    def __missing__(self, code: int) -> str:
        folded = self[code] = _fold_char(chr(code))
        return folded


_FOLDING = _Folding()


def fold(text: str) -> str:
    """*text* in the letters that are compared; idempotent.

    >>> fold("الأمنُ الوطنـي"), fold("Sûreté"), fold("أڭادير ٢٠٢٦")
    ('الامن الوطني', 'surete', 'اكادير 2026')
    """
    return text.translate(_FOLDING)


def fold_with_offsets(text: str) -> tuple[str, list[int]]:
    """*text* folded, and for every folded character (and the end) the index of its printed character.

    ``offsets`` has ``len(folded) + 1`` entries, so the printed form of ``folded[i:j]`` is
    ``text[offsets[i]:offsets[j]]``, with marks written on its last letter included.
    """
    folded: list[str] = []
    offsets: list[int] = []
    for index, char in enumerate(text):
        piece = _FOLDING[ord(char)]
        folded.append(piece)
        offsets.extend([index] * len(piece))
    offsets.append(len(text))
    return "".join(folded), offsets
