"""Undoing content encodings while the bytes come in: capped, and strict about the end.

Stock inflation is lenient by design: a gzip body cut in half yields half an article with no error.  Here a
stream that does not reach its own end (gzip: checksum and size) is :class:`Truncated`, and the cap holds
*while* inflating, so that a bomb costs the cap and not its full size.
"""

from __future__ import annotations

import sys
import zlib
from collections.abc import Callable
from typing import Protocol

import brotli

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

ACCEPT = "gzip, deflate, br, zstd"
_STEP = 1 << 16


class Truncated(Exception):
    """The encoded stream ended before its end mark, or its checksum is wrong."""


class Bomb(Exception):
    """More bytes than the cap came out."""


class Undecodable(Exception):
    """Not the encoding that the header names, or an encoding that nobody here knows."""


class _Decoder(Protocol):
    def feed(self, data: bytes, room: int) -> bytes:
        """The bytes that *data* inflates to, at most about *room* + one step; raises :class:`Bomb`."""

    def finished(self) -> bool: ...


class _Zlib:
    """gzip (several members allowed) and deflate, with or without the zlib frame."""

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._inner = zlib.decompressobj(31 if kind == "gzip" else 15)
        self._began = False
        self._ended = False

    def feed(self, data: bytes, room: int) -> bytes:
        out = bytearray()
        while data and not self._ended:
            try:
                out += self._inner.decompress(data, max(1, room + 1 - len(out)))
            except zlib.error as error:
                if self._kind == "deflate" and not self._began:
                    self._began, self._inner = True, zlib.decompressobj(-15)  # raw deflate, as IIS sends it
                    continue
                if self._began or "incorrect data" in str(error) or "incorrect length" in str(error):
                    raise Truncated(str(error)) from error  # damaged on the way, or a wrong checksum
                raise Undecodable(str(error)) from error
            self._began = True
            if len(out) > room:
                raise Bomb
            if not self._inner.eof:
                data = self._inner.unconsumed_tail
                continue
            data = self._inner.unused_data
            if self._kind == "gzip" and data[:2] == b"\x1f\x8b":
                self._inner = zlib.decompressobj(31)
            else:
                self._ended = True  # padding after the last member means nothing
        return bytes(out)

    def finished(self) -> bool:
        return self._inner.eof


class _Brotli:
    def __init__(self) -> None:
        self._inner = brotli.Decompressor()

    def feed(self, data: bytes, room: int) -> bytes:
        out = bytearray()
        try:
            out += self._inner.process(data, output_buffer_limit=_STEP)
            while not self._inner.can_accept_more_data():
                if len(out) > room:
                    raise Bomb
                out += self._inner.process(b"", output_buffer_limit=_STEP)
        except brotli.error as error:
            raise Undecodable(str(error)) from error
        if len(out) > room:
            raise Bomb
        return bytes(out)

    def finished(self) -> bool:
        return bool(self._inner.is_finished())


class _Zstd:
    def __init__(self) -> None:
        self._inner = self._frame()

    @staticmethod
    def _frame() -> zstd.ZstdDecompressor:
        # RFC 9659: a window of 8 MiB is all that content coding may ask of a client.
        return zstd.ZstdDecompressor(options={zstd.DecompressionParameter.window_log_max: 23})

    def feed(self, data: bytes, room: int) -> bytes:
        out = bytearray()
        try:
            while True:
                if self._inner.eof:  # frames may follow one another
                    if not data:
                        break
                    self._inner = self._frame()
                out += self._inner.decompress(data, _STEP)
                if len(out) > room:
                    raise Bomb
                if self._inner.eof:
                    data = self._inner.unused_data
                elif self._inner.needs_input:
                    break
                else:
                    data = b""
        except zstd.ZstdError as error:
            raise Undecodable(str(error)) from error
        return bytes(out)

    def finished(self) -> bool:
        return bool(self._inner.eof)


_KINDS: dict[str, Callable[[], _Decoder]] = {
    "gzip": lambda: _Zlib("gzip"),
    "x-gzip": lambda: _Zlib("gzip"),
    "deflate": lambda: _Zlib("deflate"),
    "br": _Brotli,
    "zstd": _Zstd,
}
_MAGIC = {
    "gzip": (b"\x1f\x8b",),
    "x-gzip": (b"\x1f\x8b",),
    "zstd": (b"\x28\xb5\x2f\xfd", b"\x50\x2a\x4d\x18"),
}
_TEXT_STARTS = (b"<", b"{", b"[", b"\xef\xbb\xbf", b"\r", b"\n", b" ", b"\t", b"#", b"%", b"User", b"user")


class Inflator:
    """Undo *encodings* (the words of Content-Encoding in the order written), at most *cap* bytes out.

    Some servers name an encoding and send plain text, or name one that does not exist (``utf-8``, ``none``):
    where the first bytes are plainly text the body is taken as it is.
    """

    def __init__(self, encodings: tuple[str, ...], cap: int) -> None:
        self._cap = cap
        self._names = tuple(name for name in encodings if name not in ("", "identity"))
        self._chain: list[_Decoder] | None = None
        self._size = 0

    def _begin(self, head: bytes) -> list[_Decoder]:
        if not self._names:
            return []
        outermost = self._names[-1]
        unknown = [name for name in self._names if name not in _KINDS]
        mislabelled = outermost in _MAGIC and not head.startswith(_MAGIC[outermost])
        # A br or deflate stream may by chance begin like text: of those only markup is believed.
        if head.startswith(_TEXT_STARTS) and (unknown or mislabelled or head[:1] == b"<"):
            return []
        if unknown:
            raise Undecodable(f"unknown content encoding {', '.join(unknown)}")
        return [_KINDS[name]() for name in reversed(self._names)]

    def feed(self, data: bytes) -> bytes:
        """What *data* adds to the body; raises Bomb, Truncated or Undecodable."""
        if self._chain is None:
            if not data:
                return b""
            self._chain = self._begin(data)
        for decoder in self._chain:
            data = decoder.feed(data, self._cap - self._size)
        self._size += len(data)
        if self._size > self._cap:
            raise Bomb
        return data

    def close(self) -> None:
        """Raises :class:`Truncated` unless every stream reached its end (an empty body is complete)."""
        if self._chain and not all(decoder.finished() for decoder in self._chain):
            raise Truncated("the compressed body ends before its end mark")
