"""The body of an HTTP message as its reader wants it: chunks joined, content encodings undone, size capped.

A body that ends early is never passed off as complete: it raises.
"""

from __future__ import annotations

import zlib

import brotli


class PayloadError(ValueError):
    """A body that cannot be had whole: cut short, damaged, an encoding unknown to us."""


class PayloadTooLarge(PayloadError):
    """A body that grows beyond the cap; noticed while it inflates, so memory stays near the cap."""


_STEP = 65536


def dechunked(data: bytes) -> bytes:
    """*data* without its chunk framing (RFC 9112 §7.1); as it is where it has none.

    Crawlers often store a body joined but keep the ``transfer-encoding`` header, so data that does not begin
    like a chunk is taken as it is.  Raises :class:`PayloadError` if the chunks begin well and break off.
    """
    joined = bytearray()
    position = 0
    while True:
        end = data.find(b"\n", position, position + 256)
        line = data[position:end].split(b";")[0].strip() if end >= 0 else b""
        try:
            size = int(line, 16)
            if size < 0 or not line.isalnum():
                raise ValueError
        except ValueError:
            if position == 0:
                return data
            raise PayloadError(f"chunked body breaks off after {len(joined)} bytes") from None
        if size == 0:
            return bytes(joined)
        chunk = data[end + 1 : end + 1 + size]
        after = data[end + 1 + size : end + 3 + size]
        if len(chunk) < size or not after.startswith((b"\r\n", b"\n")):
            if position == 0 and len(chunk) == size:
                return data
            raise PayloadError(f"chunked body breaks off after {len(joined) + len(chunk)} bytes")
        joined += chunk
        position = end + 1 + size + (2 if after.startswith(b"\r\n") else 1)


def _inflated(data: bytes, wbits: int, cap: int) -> bytes:
    """*data* through zlib, all its members; stops at *cap*."""
    out = bytearray()
    rest = data
    while rest:
        inflater = zlib.decompressobj(wbits)
        while not inflater.eof:
            piece = inflater.decompress(rest, _STEP)
            out += piece
            if len(out) > cap:
                raise PayloadTooLarge(f"body grows beyond {cap} bytes")
            rest = inflater.unconsumed_tail
            if not rest and not piece and not inflater.eof:
                raise PayloadError(f"compressed body ends early, after {len(out)} bytes")
        rest = inflater.unused_data
        if wbits < 16 or not rest.startswith(b"\x1f\x8b"):
            break  # padding after the last member is common and harmless
    return bytes(out)


def _gunzipped(data: bytes, cap: int) -> bytes:
    if not data.startswith(b"\x1f\x8b"):
        return data  # labelled gzip, stored plain
    return _inflated(data, 16 + zlib.MAX_WBITS, cap)


def _deflated(data: bytes, cap: int) -> bytes:
    """``deflate`` is zlib by the standard and raw deflate by habit."""
    if len(data) >= 2 and data[0] & 0x0F == 8 and (data[0] << 8 | data[1]) % 31 == 0:
        return _inflated(data, zlib.MAX_WBITS, cap)
    try:
        return _inflated(data, -zlib.MAX_WBITS, cap)
    except zlib.error:
        return data


def _unbrotlied(data: bytes, cap: int) -> bytes:
    decoder = brotli.Decompressor()
    out = bytearray()
    try:
        for start in range(0, len(data), _STEP):
            out += decoder.process(data[start : start + _STEP], output_buffer_limit=cap + 1 - len(out))
            while not decoder.can_accept_more_data() and len(out) <= cap:
                out += decoder.process(b"", output_buffer_limit=cap + 1 - len(out))
            if len(out) > cap:
                raise PayloadTooLarge(f"body grows beyond {cap} bytes")
    except brotli.error:
        if data.lstrip()[:1] == b"<" and not out:
            return data  # labelled br, stored plain
        raise PayloadError("damaged brotli body") from None
    if not decoder.is_finished():
        raise PayloadError(f"brotli body ends early, after {len(out)} bytes")
    return bytes(out)


_DECODERS = {
    "gzip": _gunzipped,
    "x-gzip": _gunzipped,
    "deflate": _deflated,
    "br": _unbrotlied,
}


def decoded(data: bytes, content_encoding: str | None, cap: int) -> bytes:
    """*data* with its content encodings undone, last first (RFC 9110 §8.4); at most *cap* bytes.

    Raises :class:`PayloadTooLarge` beyond *cap* and :class:`PayloadError` for a body that is cut short,
    damaged or encoded in a way we do not know.
    """
    names = [name.strip().lower() for name in (content_encoding or "").split(",")]
    for name in reversed(names):
        if name in ("", "identity", "none", "utf-8"):
            continue
        decoder = _DECODERS.get(name)
        if decoder is None:
            raise PayloadError(f"content encoding {name!r} is unknown to us")
        try:
            data = decoder(data, cap)
        except zlib.error as fault:
            raise PayloadError(f"damaged {name} body: {fault}") from None
    if len(data) > cap:
        raise PayloadTooLarge(f"body is {len(data)} bytes, more than {cap}")
    return data
