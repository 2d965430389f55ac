"""Reading WARC files as they are found: ours, CC-NEWS, anybody's, whole or damaged.

Own code, because warcio's reader takes a gzip member that breaks off (a writer killed, a flipped bit) for one
that ends, prints to stderr and hands over the stump; here a record comes whole, with its CRC checked, or is
reported as broken, and reading goes on at the next record.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

_GZIP = b"\x1f\x8b\x08"
_STEP = 65536
"""How much is read from a file at a time."""
_PIECE = 1 << 18
"""How much is inflated at a time: most pages whole."""
_LINE = 65536
_HEADERS = 1000


@dataclass(frozen=True, slots=True)
class Record:
    """One WARC record."""

    offset: int
    """Byte offset of its gzip member (of the record itself in a plain file)."""
    type: str
    """``response``, ``request``, ``metadata``, ``warcinfo`` …, in lower case."""
    headers: dict[str, str]
    """WARC headers, names in lower case."""
    block: bytes | None
    """``None`` where it is larger than the reader asked for."""


@dataclass(frozen=True, slots=True)
class Broken:
    """A place in a WARC file where no whole record could be read."""

    offset: int
    detail: str
    cut: bool = False
    """The file ends inside it: as a writer leaves it that was killed, where nothing whole follows."""


class _Damaged(Exception):
    """The bytes at hand are no whole record."""


class _Cut(_Damaged):
    """The file ends before the record does."""


class _Stream(Protocol):
    def read(self, size: int) -> bytes: ...
    def line(self) -> bytes: ...


class _Plain:
    """Records straight from a file."""

    def __init__(self, file: BinaryIO, offset: int) -> None:
        self._file = file
        file.seek(offset)

    def read(self, size: int) -> bytes:
        return self._file.read(size)

    def line(self) -> bytes:
        return self._file.readline(_LINE)

    def tell(self) -> int:
        return self._file.tell()


class _Member:
    """Records out of one gzip member; the CRC is checked when its end is read."""

    def __init__(self, file: BinaryIO, offset: int) -> None:
        self._file = file
        file.seek(offset)
        self._inflater = zlib.decompressobj(16 + zlib.MAX_WBITS)
        self._compressed = b""
        self._buffer = b""
        self._at = 0
        """How much of the buffer was taken."""

    def _inflated(self) -> bytes:
        """A little more of the member; empty at its end."""
        while not self._inflater.eof:
            if not self._compressed:
                self._compressed = self._file.read(_STEP)
            try:
                piece = self._inflater.decompress(self._compressed, _PIECE)
            except zlib.error as fault:
                raise _Damaged(str(fault)) from None
            exhausted = not self._compressed
            self._compressed = self._inflater.unconsumed_tail
            if piece:
                return piece
            if exhausted and not self._inflater.eof:
                raise _Cut("the file ends inside a gzip member")
        return b""

    def read(self, size: int) -> bytes:
        taken = self._buffer[self._at : self._at + size]
        self._at += len(taken)
        if len(taken) == size:
            return taken
        pieces = [taken]
        missing = size - len(taken)
        while missing and (piece := self._inflated()):
            pieces.append(piece[:missing])
            self._buffer, self._at = piece, len(pieces[-1])
            missing -= self._at
        return b"".join(pieces)

    def line(self) -> bytes:
        while (end := self._buffer.find(b"\n", self._at)) < 0 and len(self._buffer) - self._at < _LINE:
            piece = self._inflated()
            if not piece:
                break
            self._buffer, self._at = self._buffer[self._at :] + piece, 0
        begin = self._at
        self._at = end + 1 if end >= 0 else min(len(self._buffer), begin + _LINE)
        return self._buffer[begin : self._at]

    def end(self) -> int:
        """Offset of what follows the member in the file; only once its end was read."""
        return self._file.tell() - len(self._inflater.unused_data)


def _headers(stream: _Stream) -> dict[str, str] | None:
    """The WARC headers of the record that begins here; ``None`` where nothing follows."""
    line = stream.line()
    while line and not line.strip():  # blank lines between records
        line = stream.line()
    if not line:
        return None
    if not line.startswith(b"WARC/"):
        raise _Damaged(f"expected a WARC record, found {line[:40]!r}")
    headers: dict[str, str] = {}
    last = ""
    for _ in range(_HEADERS):
        line = stream.line()
        if not line:
            raise _Damaged("ends inside the headers of a record")
        text = line.decode("utf-8", "replace").rstrip("\r\n")
        if not text:
            return headers
        if text[0] in " \t" and last:
            headers[last] += " " + text.strip()
            continue
        last, _, value = text.partition(":")
        last = last.strip().lower()
        headers[last] = value.strip()
    raise _Damaged("more headers than any record has")


def _record(stream: _Stream, offset: int, max_block: int) -> Record | None:
    headers = _headers(stream)
    if headers is None:
        return None
    length = headers.get("content-length", "")
    if not length.isascii() or not length.isdigit():
        raise _Damaged(f"Content-Length is {length!r}")
    size = int(length)
    block: bytes | None = None
    if size <= max_block:
        block = stream.read(size)
        if len(block) < size:
            raise _Damaged(f"record has {len(block)} of {size} bytes")
    else:
        left = size
        while left:
            piece = stream.read(min(left, _STEP))
            if not piece:
                raise _Damaged(f"record has {size - left} of {size} bytes")
            left -= len(piece)
    return Record(offset, headers.get("warc-type", "").lower(), headers, block)


def _next_start(file: BinaryIO, after: int, marks: tuple[bytes, ...]) -> int | None:
    """Offset of the first of *marks* behind *after*, or ``None``."""
    file.seek(after)
    position = after
    tail = b""
    longest = max(map(len, marks))
    while piece := file.read(1 << 20):
        data = tail + piece
        found = [at for mark in marks if (at := data.find(mark)) >= 0]
        if found:
            return position - len(tail) + min(found)
        position += len(piece)
        tail = data[-(longest - 1) :]
    return None


def records(path: Path, *, start: int = 0, max_block: int = 1 << 26) -> Iterator[Record | Broken]:
    """The records of the WARC file *path* from byte *start* on, in file order; gzipped or plain.

    A record that cannot be had whole comes as :class:`Broken`, and reading resumes behind it.  One gzip
    member a record is the rule; a file gzipped in one piece is read too.  Raises :class:`OSError` if the file
    cannot be read at all.
    """
    with path.open("rb") as file:
        head = file.read(2)
        yield from (_gzipped if head == _GZIP[:2] else _plain)(file, start, max_block)


def _gzipped(file: BinaryIO, start: int, max_block: int) -> Iterator[Record | Broken]:
    offset: int | None = start
    while offset is not None:
        file.seek(offset)
        if not (first := file.read(3)):
            return
        try:
            if not first.startswith(_GZIP):
                raise _Damaged("no gzip member begins here")
            member = _Member(file, offset)
            # Held back until what follows is read: at the member's end its CRC is known.
            held = _record(member, offset, max_block)
            while held is not None:
                following = _record(member, offset, max_block)
                yield held
                held = following
            offset = member.end()
        except _Damaged as fault:
            yield Broken(offset, str(fault), isinstance(fault, _Cut))
            offset = _next_start(file, offset + 1, (_GZIP,))


def _plain(file: BinaryIO, start: int, max_block: int) -> Iterator[Record | Broken]:
    offset: int | None = start
    while offset is not None:
        stream = _Plain(file, offset)
        try:
            record = _record(stream, offset, max_block)
            if record is None:
                return
            after = stream.tell()
            yield record
            offset = after
        except _Damaged as fault:
            yield Broken(offset, str(fault))
            found = _next_start(file, offset + 1, (b"\nWARC/1.", b"\nWARC/0."))
            offset = None if found is None else found + 1
