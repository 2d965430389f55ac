"""Text as it is kept: NFC, one line, no marks that nobody sees."""

from __future__ import annotations

import re
import unicodedata

# Bidi controls, zero-width space and no-break marks, soft hyphen: no reader sees them,
# and a search, a hash or a comparison stumbles over them.  ZWNJ and ZWJ stay: Persian spelling and emoji
# need them.
_MARKS = (0xAD, 0x61C, 0x180E, 0x200B, 0x200E, 0x200F, 0x2060, 0xFEFF)
_INVISIBLE = dict.fromkeys((*_MARKS, *range(0x202A, 0x202F), *range(0x2066, 0x206A)))
CONTROLS = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
_WORD = re.compile(r"\w+")


def clean(text: str) -> str:
    """*text* on one line: white space collapsed, invisible marks and controls dropped, NFC."""
    text = " ".join(text.split())
    if not text.isprintable():  # as nearly all text is, at the price of one look in C
        text = " ".join(CONTROLS.sub("", text.translate(_INVISIBLE)).split())
    return (
        text
        if text.isascii() or unicodedata.is_normalized("NFC", text)
        else unicodedata.normalize("NFC", text)
    )


def key(text: str) -> str:
    """*text* for comparing: compatibility forms, case and punctuation set aside, words joined by one
    space."""
    return " ".join(_WORD.findall(unicodedata.normalize("NFKD", text).casefold().replace("_", " ")))
