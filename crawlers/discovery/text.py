"""From bytes to text, and from a feed's markup to plain words."""

from __future__ import annotations

import codecs
import html
import re
import zlib

MAX_INFLATED_BYTES = 50 * 1024 * 1024
"""The sitemap standard's own limit for one file, uncompressed."""
_RAW_CHARS = 20_000

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_DECLARED = re.compile(rb"""<\?xml[^>]{0,200}?encoding\s*=\s*["']([\w.:-]{2,40})["']""", re.IGNORECASE)
_META = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?([\w.:-]{2,40})""", re.IGNORECASE)
_CHARSET = re.compile(r"""charset\s*=\s*["']?([\w.:-]{2,40})""", re.IGNORECASE)
# What a label means on the web (WHATWG), where Python reads it otherwise.
_ALIASES = {"x-cp1256": "cp1256"} | dict.fromkeys(("iso-8859-1", "latin1", "ascii", "us-ascii"), "cp1252")
_TAGS = re.compile(r"<(/?[a-z]+|[!?])[^<>]*(?:>|\Z)", re.IGNORECASE)
_INVISIBLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ufeff\ufffe\uffff]|[\ud800-\udfff]")
_ARABIC = re.compile(r"[\u0621-\u064a]")


def inflate(body: bytes) -> tuple[bytes, str | None]:
    """*body* with a gzip wrapping undone as far as it goes, and what is wrong with it (code, or ``None``).

    Told by the magic bytes, not by name or header: a ``.xml.gz`` may arrive already inflated.  Stops at
    :data:`MAX_INFLATED_BYTES` while inflating, so a bomb costs no more than that.
    """
    if body[:2] != b"\x1f\x8b":
        return body, None
    parts: list[bytes] = []
    room = MAX_INFLATED_BYTES
    rest = body
    while rest[:2] == b"\x1f\x8b":
        member = zlib.decompressobj(wbits=31)
        try:
            piece = member.decompress(rest, room)
        except zlib.error:
            return b"".join(parts) + _salvaged(rest, room), "truncated"
        parts.append(piece)
        room -= len(piece)
        if not member.eof:
            return b"".join(parts), "too_large" if room <= 0 else "truncated"
        rest = member.unused_data
        if room <= 0:
            return b"".join(parts), "too_large" if rest else None
    return b"".join(parts), None


def _salvaged(member: bytes, room: int) -> bytes:
    """What can be inflated of a gzip member that turns bad inside, fed in small bites up to the fault."""
    inflater = zlib.decompressobj(wbits=31)
    parts: list[bytes] = []
    for start in range(0, len(member), 4096):
        try:
            piece = inflater.decompress(member[start : start + 4096], room)
        except zlib.error:
            break
        parts.append(piece)
        room -= len(piece)
        if room <= 0 or inflater.eof:
            break
    return b"".join(parts)


def decode(body: bytes, content_type: str | None, languages: tuple[str, ...]) -> tuple[str, bool]:
    """*body* as text, and whether it said the truth about its encoding.

    BOM, then valid UTF-8 whatever is declared, then the HTTP header, the XML declaration or ``<meta>``, then
    the single-byte encoding of the outlet's language.  A declared UTF-8 that is none (windows-1256 labelled
    utf-8 is the common case) is a wrong label, unless only a few bytes of it are broken.
    """
    for bom, name in _BOMS:
        if body.startswith(bom):
            return body[len(bom) :].decode(name, "replace"), True
    if body[:4] in (b"<\x00?\x00", b"<\x00r\x00") or body[:4] in (b"\x00<\x00?", b"\x00<\x00r"):
        return body.decode("utf-16-le" if body[0] == 0x3C else "utf-16-be", "replace"), True
    try:
        return body.decode("utf-8"), True
    except UnicodeDecodeError:
        pass
    head = body[:2048]
    claims = [_CHARSET.search(content_type or "")]
    names = [match[1].lower() for match in claims if match]
    names += [
        m[1].decode("ascii", "replace").lower() for m in (_DECLARED.search(head), _META.search(head)) if m
    ]
    arabic = any(language.split("-")[0] in ("ar", "ary", "fa", "ur") for language in languages)
    for name in names:
        codec = _codec(name)
        if codec and codec != "utf-8":
            text = body.decode(codec, "replace")
            # A Latin label on an Arabic outlet's bytes gives "ÇáÃãä": no Arabic letter anywhere.
            if not (arabic and codec == "cp1252" and not _ARABIC.search(text)):
                return text, True
    text = body.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    if sum(char > "\x7f" for char in text) > 4 * broken:
        return text, False  # real UTF-8 with a few bad bytes
    return body.decode("cp1256" if arabic else "cp1252", "replace"), False


def _codec(name: str) -> str | None:
    """The Python codec of a web label, or ``None`` where there is none (or it is no text codec)."""
    try:
        found = codecs.lookup(_ALIASES.get(name, name))
    except (LookupError, ValueError):
        return None
    return found.name if found._is_text_encoding else None


def plain(text: str | None, limit: int) -> str | None:
    """The words of a title or summary: no tags, no entities (also doubly escaped ones), one space between
    words.

    >>> plain("<b>La S&amp;ucirc;ret&eacute;</b>", 80)
    'La Sûreté'
    """
    if not text:
        return None
    text = text[:_RAW_CHARS]
    for _ in range(2):  # "&amp;lt;b&amp;gt;": what is escaped twice is read twice, never more
        text = _untagged(text)
        if "&" not in text:
            break
        text = html.unescape(text)
    text = _untagged(text)
    text = " ".join(_INVISIBLE.sub(" ", text).split())
    if len(text) > limit:
        text = text[:limit].rsplit(" ", 1)[0] + " …"
    return text or None


def _untagged(text: str) -> str:
    """*text* without its tags and without what stands in ``<script>`` and ``<style>``; linear in any
    input.
    """
    if "<" not in text:
        return text
    kept: list[str] = []
    at = 0
    silent = ""
    for tag in _TAGS.finditer(text):
        if not silent:
            kept.append(text[at : tag.start()])
        at = tag.end()
        name = tag[1].lower()
        if silent:
            silent = "" if name == "/" + silent else silent
        elif name in ("script", "style"):
            silent = name
    if not silent:
        kept.append(text[at:])
    return " ".join(kept)
