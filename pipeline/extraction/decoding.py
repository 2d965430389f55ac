"""Bytes of a page to its characters.

Order of trust: byte order mark, valid UTF-8, the header's label, the page's own label, detection.  Labels are
read as the WHATWG Encoding standard reads them (``iso-8859-1`` is windows-1252, ``x-cp1256`` is
windows-1256). Arabic outlets send windows-1256 and ISO-8859-6 under any label, so where a single-byte
reading is needed the
languages of the outlet weigh in.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from pipeline.extraction.text import CONTROLS

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# WHATWG labels that Python knows by another name or maps to a narrower table.
_LABELS = {
    "x-cp1256": "cp1256", "cp1256": "cp1256", "windows1256": "cp1256", "win-1256": "cp1256",
    "x-cp1252": "cp1252", "iso-8859-1": "cp1252", "iso8859-1": "cp1252", "latin1": "cp1252",
    "latin-1": "cp1252", "l1": "cp1252",
    "us-ascii": "cp1252", "ascii": "cp1252", "ansi": "cp1252", "x-ansi": "cp1252",
    "iso-8859-9": "cp1254", "arabic": "iso8859_6", "asmo-708": "iso8859_6", "ecma-114": "iso8859_6",
    "iso-8859-6-e": "iso8859_6", "iso-8859-6-i": "iso8859_6", "csisolatinarabic": "iso8859_6",
    "x-cp1251": "cp1251", "x-cp1250": "cp1250", "x-sjis": "cp932", "shift_jis": "cp932", "gb2312": "gb18030",
    "gbk": "gb18030", "x-gbk": "gb18030", "ks_c_5601-1987": "cp949", "euc-kr": "cp949",
    "unicode-1-1-utf-8": "utf-8", "utf8": "utf-8", "x-unicode20utf8": "utf-8", "utf-16": "utf-16-le",
}  # fmt: skip
_META = re.compile(
    rb"""<meta[^>]{0,400}?charset\s*=\s*["']?\s*([a-zA-Z0-9_:.-]{2,40})|<\?xml[^>]{0,100}?encoding=["']([\w.-]{2,40})""",
    re.IGNORECASE,
)
_HEADER = re.compile(r"""charset\s*=\s*["']?\s*([a-z0-9_:.-]{2,40})""", re.IGNORECASE)
_TAGS = re.compile(
    r"<(?:script|style)\b.{0,200000}?</(?:script|style)|<[^>]{0,2000}>", re.IGNORECASE | re.DOTALL
)
_ARABIC_WORDS = re.compile(
    r"(?<![\w])(?:في|من|على|إلى|أن|عن|التي|الذي|هذا|مع|ما|و?ال[\u0621-\u064a]{2,})(?![\w])"
)
_ARABIC_LETTER = re.compile("[\u0621-\u063a\u0641-\u064a]")
_LATIN_ACCENT = re.compile(
    "[a-zA-Z][àâäæçèéêëîïôöœùûüÿñóáíúãõ]|[àâçèéêëîïôœùûñóáíúÀÉÈÊÇÔÁÍÓÚÑ][a-z]|[’“”«»–—¿¡][ \\w]"
)
_ASCII_CONTROLS = bytes([*range(0x09), 0x0B, *range(0x0E, 0x20), 0x7F])
_ASCII = bytes(byte for byte in range(0x80) if byte not in _ASCII_CONTROLS)
_SAMPLE = 60_000


@dataclass(frozen=True, slots=True)
class Decoded:
    text: str
    """The page's characters, without NUL and other controls that HTML forbids."""
    raw: bytes
    """The same as UTF-8: what the parser reads."""
    encoding: str
    """Python's name of the codec."""
    flags: tuple[str, ...] = ()


def decode(body: bytes, content_type: str | None, languages: tuple[str, ...] = ()) -> Decoded:
    """The characters of *body*; never raises.  *languages*: what the outlet declares, first = default."""
    flags: list[str] = []
    text, encoding = _decode(body, content_type, languages, flags)
    raw = body.removeprefix(codecs.BOM_UTF8) if encoding == "utf-8" else text.encode("utf-8", "replace")
    special = raw.translate(None, _ASCII)  # little is left, and what follows looks through it several times
    if len(special.translate(None, _ASCII_CONTROLS)) != len(special):
        text = CONTROLS.sub("", text)
        flags.append("control_characters_dropped")
    # Pairs may have come together in what is left; then those of the whole page are counted.
    if _mojibake_hints(special) >= 3 and _mojibake_hints(raw) >= 3:
        repaired = repair_mojibake(text)
        if repaired is not None:
            text = repaired
            flags.append("mojibake_repaired")
    if flags or "\ufffd" in text:  # else the bytes that came will do, as they do for nearly all pages
        raw = text.encode("utf-8", "replace")
    return Decoded(text, raw, encoding, tuple(flags))


def _decode(
    body: bytes, content_type: str | None, languages: tuple[str, ...], flags: list[str]
) -> tuple[str, str]:
    for mark, encoding in _BOMS:
        if body.startswith(mark):
            return body[len(mark) :].decode(encoding, "replace"), encoding
    wide = _utf16_without_mark(body)
    if wide:
        return body.decode(wide, "replace"), wide
    try:
        return body.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        pass
    labels = [codec(label) for label in _declared(body, content_type)]
    lenient = body.decode("utf-8", "replace")
    broken, whole = lenient.count("\ufffd"), sum(1 for _ in re.finditer(rb"[\xc3-\xf4][\x80-\xbf]", body))
    # A UTF-8 page cut or patched in a few places keeps its label; a page with more broken than whole
    # sequences is a single-byte page under a wrong one.
    if broken * 4 < whole:
        flags.append("invalid_bytes_replaced")
        return lenient, "utf-8"
    stated = next((label for label in labels if label and label != "utf-8"), None)
    encoding = _single_byte(body, stated, languages)
    if stated and encoding != stated:
        flags.append("charset_label_ignored")
    elif not stated:
        flags.append("charset_guessed")
    return body.decode(encoding, "replace"), encoding


def _declared(body: bytes, content_type: str | None) -> list[str]:
    labels = []
    found = _HEADER.search(content_type or "")
    if found:
        labels.append(found[1])
    meta = _META.search(body[:8192])
    if meta:
        labels.append((meta[1] or meta[2]).decode("ascii", "ignore"))
    return labels


def codec(label: str) -> str | None:
    """Python's codec for a charset label as the web uses it; ``None`` for one that nobody knows."""
    name = label.strip().lower()
    name = _LABELS.get(name, name)
    try:
        info = codecs.lookup(name)
    except (LookupError, ValueError):
        return None
    return info.name if info._is_text_encoding else None


def _utf16_without_mark(body: bytes) -> str | None:
    """UTF-16 betrays itself by NULs on one side of the ASCII of its tags."""
    head = body[:512]
    if len(head) < 64 or head.count(0) * 4 < len(head):
        return None
    return "utf-16-le" if head[1::2].count(0) > head[0::2].count(0) else "utf-16-be"


def _single_byte(body: bytes, stated: str | None, languages: tuple[str, ...]) -> str:
    """The single-byte codec that reads *body* best; ties go to the label, then to the outlet's languages."""
    arabic = any(language.split("-")[0] in ("ar", "ary") for language in languages)
    sample = re.sub(rb"[\x00-\x7f]{400,}", b" ", body)[:_SAMPLE]
    scores: dict[str, float] = {}
    for name in ("cp1256", "iso8859_6", "cp1252"):
        text = _TAGS.sub(" ", sample.decode(name, "replace"))
        scores[name] = _arabic_score(text) if name != "cp1252" else _latin_score(text)
    if arabic:
        scores["cp1256"] *= 1.5
        scores["iso8859_6"] *= 1.5
    best = max(scores, key=lambda name: scores[name])
    if stated and stated not in scores:
        # Cyrillic, Greek, East Asian …: believed unless the page plainly reads as Arabic.
        return best if arabic and best != "cp1252" and scores[best] > 1 else stated
    if stated and scores[stated] >= scores[best] * 0.8:
        return stated
    return best


def _arabic_score(text: str) -> float:
    letters = len(_ARABIC_LETTER.findall(text))
    high = sum(1 for char in text if char > "\x7f") or 1
    words = len(_ARABIC_WORDS.findall(text))
    return letters / high + min(1.0, words * 12 / max(letters, 60)) if letters else 0.0


def _latin_score(text: str) -> float:
    high = sum(1 for char in text if char > "\x7f" and char != "\xa0") or 1
    return 2.0 * min(1.0, len(_LATIN_ACCENT.findall(text)) / high)


def _byte_table(name: str) -> dict[str, int]:
    """Character → byte of a single-byte codec; bytes it leaves undefined stand for themselves (WHATWG)."""
    table = {}
    for value in range(0x80, 0x100):
        char = bytes([value]).decode(name, "replace")
        table[chr(value) if char == "\ufffd" else char] = value
    return table


_MOJIBAKE = []
for _name, _leads in (("cp1252", "\xc3\xc2\xe2\xd8\xd9\xda\xdb\xf0"), ("cp1256", "\xd8\xd9\xda\xdb\xc3\xe2")):
    _table = _byte_table(_name)
    _lead_chars = "".join(bytes([ord(lead)]).decode(_name) for lead in _leads)
    _trail = "".join(re.escape(char) for char, value in _table.items() if value < 0xC0)
    _any = "".join(re.escape(char) for char in _table)
    _MOJIBAKE.append((_table, re.compile(f"[{_lead_chars}][{_trail}]"), re.compile(f"[{_any}]{{2,}}")))
# What wrongly read UTF-8 is full of (``Ã©``, ``â€™``, ``Ø§``, ``ط§`` …), as bytes of UTF-8: counting a few
# pairs is cheap, looking for runs is not.
_MOJIBAKE_HINTS = tuple(
    pair.encode()
    for pair in (
        "\xc3\xa9",
        "\xc3\xa8",
        "\xc3\xa0",
        "\xc3\xb3",
        "\xe2\u20ac",
        "\xd8\xa7",
        "\xd9\u201e",
        "\u0637\xa7",
        "\u0638\u201e",
        "\u0623\xa9",
        "\xc3\u0192",
    )
)


def _mojibake_hints(raw: bytes) -> int:
    return sum([raw.count(pair) for pair in _MOJIBAKE_HINTS])


def repair_mojibake(text: str) -> str | None:
    """*text* with UTF-8 that was once read as windows-1252 or windows-1256 put right, or ``None`` if it is
    sound.

    Only runs whose bytes are valid UTF-8 are touched, and only where such runs are the rule: at least three,
    and more than the non-ASCII runs that are not.

    >>> repair_mojibake("La sÃ»retÃ© nationale a dÃ©menti") is not None
    True
    """
    result = None
    for _ in range(2):  # doubly wrong pages exist; a third time was never seen
        once = _repair_once(text)
        if once is None:
            break
        result = text = once
    return result


def _repair_once(text: str) -> str | None:
    for table, sign, runs in _MOJIBAKE:
        if len(sign.findall(text, 0, 400_000)) < 3:
            continue
        good = bad = 0

        def fix(found: re.Match[str], table: dict[str, int] = table) -> str:
            nonlocal good, bad
            run = found[0]
            try:
                fixed = bytes([table[char] for char in run]).decode("utf-8")
            except UnicodeDecodeError:
                bad += 1
                return run
            good += 1
            return fixed

        repaired = runs.sub(fix, text)
        if good >= 3 and good > bad:
            return repaired
    return None
