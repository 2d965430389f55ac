"""Every fetched page, kept before anything tries to read it: WARC 1.1 files, one gzip member a record.

A page is three records: ``request``, ``response`` and a ``metadata`` record (JSON) with what HTTP does not
say: the link that led there, the URL asked for, the digest.  They are written in one go and synced to the
disk before :meth:`ArchiveWriter.write_page` returns; a writer that is killed leaves at most one unfinished
page at the end of its file, which was never promised to anybody.  A file belongs to one writer: a restarted
process begins a new one.

The body is stored as its reader wants it, so the headers that describe its transport (``content-encoding``,
``transfer-encoding``, ``content-length``) stand in the response record under ``x-archive-orig-…`` and any
WARC tool can read the record; reading gives the headers as they were received.

A visit of a source (which window was collected, with what outcome) is a ``metadata`` record too: without it a
replay could not tell silence from a hole.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from io import BytesIO
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import Any, BinaryIO, Self, cast
from urllib.parse import quote, urlsplit

from store import codec
from store.payload import PayloadError, PayloadTooLarge, dechunked, decoded
from store.records import Capture, FetchedPage, Link, Via
from store.warc import Broken, Record, records

_SOFTWARE = "Marsad"
_PAGE = "application/vnd.marsad.page+json"
_VISIT = "application/vnd.marsad.visit+json"
_OVERRIDE = "application/vnd.marsad.override+json"
_TRANSPORT = re.compile(r"(?:x-archive-orig-)*(?:content-encoding|transfer-encoding|content-length)\Z")
_DEFAULT_ROTATE_BYTES = 268_435_456
_ASCII = "".join(map(chr, range(0x80)))
MAX_BYTES = 8_388_608
"""Largest body taken from a foreign WARC (the limit of a live fetch: ``network.max_bytes``)."""


class ArchiveError(Exception):
    """The archive cannot keep or give back a page; names the file, the offset and what was found."""


class Archive:
    """The folder ``archive`` of a home; as many writers and readers as one likes."""

    def __init__(self, home: Path, rotate_bytes: int = _DEFAULT_ROTATE_BYTES) -> None:
        """*home* is ``MARSAD_HOME``; a writer begins a new file once its own has *rotate_bytes*."""
        self.folder = Path(home) / "archive"
        self.rotate_bytes = rotate_bytes

    def writer(self, folder: str = "") -> ArchiveWriter:
        """A writer with a file of its own (made at its first record); one a process, for one thread.

        *folder* is that of a worker, whose name (see :func:`store.owners.is_worker_id`) all its captures
        bear: archives of several machines can be put together.
        """
        return ArchiveWriter(self, folder)

    def files(self) -> list[Path]:
        """Every WARC file of the archive, in order of the time it was begun."""
        if not self.folder.is_dir():
            return []
        found = [
            p for p in self.folder.rglob("*.warc*") if p.name.endswith((".warc", ".warc.gz")) and p.is_file()
        ]
        return sorted(found, key=lambda path: (path.name, path))

    def path_of(self, capture: Capture) -> Path:
        """The file that holds *capture*; raises :class:`ArchiveError` if it lies outside of the archive."""
        name = PurePosixPath(capture.file)
        if name.is_absolute() or ".." in name.parts or "\0" in capture.file or "\\" in capture.file:
            raise ArchiveError(f"{capture.file!r} is no file name below {self.folder}")
        path = self.folder / name
        if not path.resolve().is_relative_to(self.folder.resolve()):
            raise ArchiveError(f"{capture.file!r} leads out of {self.folder}")
        return path

    def is_being_written(self, path: Path) -> bool:
        """Whether a living process appends to *path*, a file of this archive; raises :class:`OSError`."""
        with path.open("rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
        return False

    def read(self, capture: Capture) -> FetchedPage:
        """The page at *capture*, equal to the one written (with *capture* filled in).

        Raises :class:`ArchiveError` if the file is missing or damaged, or the body is not the one that
        *capture* names.
        """
        path = self.path_of(capture)
        place = f"{capture.file} at {capture.offset}"
        try:
            found = records(path, start=capture.offset)
            response = next(found, None)
            if isinstance(response, Broken):
                raise ArchiveError(f"{place}: {response.detail}")
            if response is None or response.type != "response":
                raise ArchiveError(
                    f"{place}: expected a response, found {response.type if response else 'nothing'}"
                )
            described = next(found, None)
        except OSError as fault:
            raise ArchiveError(f"{place}: {fault.strerror or fault}") from fault
        if not isinstance(described, Record) or not _describes(described, response):
            raise ArchiveError(f"{place}: the record that describes the page is missing")
        page = _own_page(response, described, capture.file)
        found_sha256 = cast(Capture, page.capture).sha256
        if found_sha256 != capture.sha256:
            raise ArchiveError(f"{place}: the body has digest {found_sha256}, expected {capture.sha256}")
        return page

    def iter_pages(
        self,
        path: Path,
        counts: Counter[str] | None = None,
        *,
        start: int = 0,
        max_bytes: int = MAX_BYTES,
        on_visit: Callable[[dict[str, Any]], object] = lambda visit: None,
        on_override: Callable[[dict[str, Any]], object] = lambda override: None,
        on_broken: Callable[[Broken], object] = lambda broken: None,
    ) -> Iterator[FetchedPage]:
        """Every page of a WARC file, ours or anybody's, in file order; memory stays at a few pages.

        Of a file of ours, from byte *start* on, where a record begins.

        A page of ours comes with its link and its :class:`Capture`.  Of a foreign file each ``response`` to
        an HTTP request is a page: ``link.source_id`` is empty, ``link.found_in`` the file's name, ``via``
        warc, ``fetched_at`` its WARC-Date, chunks and content encodings undone, ``capture`` ``None``: the
        importer names the source and copies the page into the archive with :meth:`ArchiveWriter.write_page`.

        What cannot be had whole is skipped and counted in *counts*: ``broken`` (damaged record),
        ``truncated`` (the crawler says so, or the body ends early), ``too_large``, ``not_http``; ``pages``
        counts the rest.  The visits met on the way (:meth:`iter_visits`) are handed to *on_visit*, what
        analysts said of stories to *on_override*, what is damaged in a file of ours to *on_broken*.  Raises
        :class:`ArchiveError` if the file cannot be read at all.
        """
        counts = Counter() if counts is None else counts
        name = self.name_of(path)
        own = bool(start)
        waiting: Record | None = None
        most = max_bytes + (1 << 20) if name is None else 1 << 30
        try:
            for record in records(path, start=start, max_block=most):
                if isinstance(record, Broken):
                    counts["broken"] += 1
                    on_broken(record)
                    continue
                if record.type == "warcinfo":
                    own = f"software: {_SOFTWARE}/".encode() in (record.block or b"")
                elif (kept := record.headers.get("content-type")) in (_VISIT, _OVERRIDE):
                    said = _said(record, kept)
                    if said is None:
                        counts["broken"] += 1
                    elif kept == _VISIT:
                        on_visit(said)
                    else:
                        on_override(said)
                elif own and record.type == "response":
                    waiting = record
                elif own and record.type == "metadata" and waiting is not None:
                    if _describes(record, waiting):
                        page = self._counted_own(waiting, record, name, counts, on_broken)
                        waiting = None
                        if page is not None:
                            yield page
                elif record.type == "response":
                    found = _foreign_page(record, path.name, max_bytes)
                    if isinstance(found, str):
                        counts[found] += 1
                    else:
                        counts["pages"] += 1
                        yield found
        except OSError as fault:
            raise ArchiveError(f"{path}: {fault.strerror or fault}") from fault
        if waiting is not None:
            counts["broken"] += 1
            on_broken(Broken(waiting.offset, "the record that describes the page is missing", cut=True))

    def _counted_own(
        self,
        response: Record,
        described: Record,
        name: str | None,
        counts: Counter[str],
        on_broken: Callable[[Broken], object],
    ) -> FetchedPage | None:
        try:
            page = _own_page(response, described, name)
        except ArchiveError as fault:
            counts["broken"] += 1
            on_broken(Broken(response.offset, str(fault)))
            return None
        counts["pages"] += 1
        return page

    def iter_visits(self, path: Path) -> Iterator[dict[str, Any]]:
        """The visits that :meth:`ArchiveWriter.write_visit` wrote to *path*, as they were given.

        Who reads the pages too has them from :meth:`iter_pages`, without reading the file twice.
        """
        try:
            for record in records(path):
                if isinstance(record, Record) and (visit := _said(record, _VISIT)) is not None:
                    yield visit
        except OSError as fault:
            raise ArchiveError(f"{path}: {fault.strerror or fault}") from fault

    def name_of(self, path: Path) -> str | None:
        """*path* below the archive folder, with forward slashes; ``None`` for a file from elsewhere."""
        try:
            return path.resolve().relative_to(self.folder.resolve()).as_posix()
        except ValueError:
            return None


class ArchiveWriter:
    """Appends pages to a file of its own; a context manager."""

    def __init__(self, archive: Archive, folder: str = "") -> None:
        self._archive = archive
        self._folder = folder
        self._file: BinaryIO | None = None
        self._name = ""
        self._number = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; the next write begins a new one."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def write_page(
        self, page: FetchedPage, request_headers: Iterable[tuple[str, str]] | Mapping[str, str] = ()
    ) -> Capture:
        """Keep *page*; on return it is on the disk.  *request_headers* are those that were sent.

        Raises :class:`ArchiveError` if it cannot be written (disk full); the file then ends where it ended.
        """
        digest = sha256(page.body).hexdigest()
        sent = request_headers.items() if isinstance(request_headers, Mapping) else request_headers
        request, response, described = _page_records(page, tuple(sent), digest)
        start = self._append([request, response, described])
        return Capture(self._name, start + len(request), digest)

    def write_visit(self, visit: Mapping[str, Any]) -> None:
        """Keep the record of a source's visit: the keys of :meth:`store.ledger.Ledger.restore_visit`."""
        block = json.dumps(dict(visit), ensure_ascii=True, sort_keys=True).encode()
        uri = "urn:marsad:visit:" + quote(str(visit.get("source_id", "")), safe="")
        self._append([_record_bytes("metadata", uri, datetime.now(UTC), _VISIT, block)])

    def write_override(self, override: Mapping[str, Any]) -> None:
        """Keep an analyst's word on stories: the keys of :meth:`store.ledger.Ledger.restore_override`."""
        block = json.dumps(dict(override), ensure_ascii=True, sort_keys=True).encode()
        self._append([_record_bytes("metadata", "urn:marsad:override", datetime.now(UTC), _OVERRIDE, block)])

    def _append(self, members: list[bytes]) -> int:
        """Write *members* in one go and sync; the offset at which they begin."""
        try:
            file = self._ready_file()
            start = file.tell()
            try:
                _write_all(file, b"".join(members))
                os.fsync(file.fileno())
            except OSError:
                file.truncate(start)
                raise
            return start
        except OSError as fault:
            self._abandon()
            raise ArchiveError(f"{self._archive.folder / self._name}: {fault.strerror or fault}") from fault

    def _abandon(self) -> None:
        """Leave the file after a fault; what was synced in it stays good."""
        if self._file is not None:
            file, self._file = self._file, None
            with contextlib.suppress(OSError):  # the fault that brought us here is the one to report
                file.close()

    def _ready_file(self) -> BinaryIO:
        if self._file is not None and self._file.tell() >= self._archive.rotate_bytes:
            self.close()
        if self._file is None:
            self._file = self._new_file()
        return self._file

    def _new_file(self) -> BinaryIO:
        folder = self._archive.folder / self._folder
        if not folder.is_dir():
            folder.mkdir(parents=True, exist_ok=True)
            _sync(folder.parent)
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%fZ")
        while True:
            self._number += 1
            name = f"marsad-{stamp}-{os.getpid()}-{self._number:05d}.warc.gz"
            self._name = f"{self._folder}/{name}" if self._folder else name
            try:
                # Unbuffered, so that a failed write leaves nothing behind to be written later.
                file = cast(BinaryIO, (folder / name).open("xb", buffering=0))
            except FileExistsError:
                continue
            break
        with contextlib.suppress(OSError):  # a file system without locks
            fcntl.flock(file, fcntl.LOCK_EX)  # goes when this process does: until then the file is open
        info = f"software: {_SOFTWARE}/{_version()}\r\nformat: WARC File Format 1.1\r\n".encode()
        member = _record_bytes(
            "warcinfo",
            None,
            datetime.now(UTC),
            "application/warc-fields",
            info,
            {"WARC-Filename": name},
        )
        _write_all(file, member)
        _sync(folder)  # the name of the new file, too
        return file


def _sync(folder: Path) -> None:
    entry = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(entry)
    finally:
        os.close(entry)


# ---- writing ---------------------------------------------------------------------------------------------


def _write_all(file: BinaryIO, data: bytes) -> None:
    """Write all of *data*: a disk that is nearly full takes a part, and refuses only what comes next."""
    left = memoryview(data)
    while left:
        left = left[file.write(left) :]


@cache
def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("marsad")
    except PackageNotFoundError:  # run from a bare checkout
        return "0"


def _uri(url: str) -> str:
    """*url* as it may stand in a WARC header: ASCII, no white space."""
    return quote(url.encode("utf-8", "surrogatepass"), safe="!#$%&'()*+,/:;=?@[]~")


def _line(text: str) -> str:
    """*text* as it may stand in a header line: ASCII, other letters as ``%XX`` of UTF-8.

    Left to warcio, a letter beside a ``;`` or ``=`` would be an error.
    """
    line = re.sub(r"[\r\n\0]+", " ", text).encode("utf-8", "replace")
    return line.decode() if line.isascii() else quote(line, safe=_ASCII)


def _record_bytes(
    kind: str,
    uri: str | None,
    at: datetime,
    content_type: str,
    block: bytes,
    extra: Mapping[str, str] | None = None,
    http: tuple[str, list[tuple[str, str]]] | None = None,
) -> bytes:
    """One WARC record as a gzip member; *http* is the start line and the headers in front of *block*."""
    from warcio.statusandheaders import StatusAndHeaders
    from warcio.warcwriter import WARCWriter

    buffer = BytesIO()
    writer = WARCWriter(buffer, gzip=True, warc_version="WARC/1.1")
    headers = {"WARC-Date": at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"), **(extra or {})}
    http_headers = None
    if http is not None:
        start, lines = http
        if kind == "request":
            http_headers = StatusAndHeaders(start, lines, is_http_request=True)
        else:
            protocol, _, rest = start.partition(" ")
            http_headers = StatusAndHeaders(rest, lines, protocol=protocol)
    record = writer.create_warc_record(
        uri or "",
        kind,
        payload=BytesIO(block),
        length=len(block),
        warc_content_type=content_type,
        warc_headers_dict=headers,
        http_headers=http_headers,
    )
    writer.write_record(record)
    return buffer.getvalue()


def _page_records(
    page: FetchedPage, sent: tuple[tuple[str, str], ...], digest: str
) -> tuple[bytes, bytes, bytes]:
    """The three records of a page: request, response, metadata."""
    from warcio.statusandheaders import StatusAndHeadersParser

    uri = _uri(page.final_url)
    response_id = StatusAndHeadersParser.make_warc_id()
    concurrent = {"WARC-Concurrent-To": response_id}
    target = urlsplit(uri)
    path = (target.path or "/") + (f"?{target.query}" if target.query else "")
    lines = [(_token(name), _line(value)) for name, value in sent]
    if not any(name.lower() == "host" for name, _ in lines):
        lines.insert(0, ("Host", target.netloc.rpartition("@")[2]))
    request = _record_bytes(
        "request",
        uri,
        page.fetched_at,
        "application/http; msgtype=request",
        b"",
        concurrent,
        (f"GET {path} HTTP/1.1", lines),
    )
    lines = [(_stored_name(name), _line(value)) for name, value in page.headers]
    lines.append(("content-length", str(len(page.body))))
    response = _record_bytes(
        "response",
        uri,
        page.fetched_at,
        "application/http; msgtype=response",
        page.body,
        {"WARC-Record-ID": response_id},
        (f"HTTP/1.1 {page.status} {_phrase(page.status)}", lines),
    )
    # The headers again, to the letter: those above had to be fitted into lines of ASCII.
    description = {
        "v": codec.VERSION,
        "link": codec.encode(page.link),
        "url": page.url,
        "final_url": page.final_url,
        "status": page.status,
        "headers": [list(pair) for pair in page.headers],
        "fetched_at": codec.instant(page.fetched_at),
        "sha256": digest,
    }
    block = codec.dumps(description).encode()
    described = _record_bytes("metadata", uri, page.fetched_at, _PAGE, block, concurrent)
    return request, response, described


def _token(name: str) -> str:
    """*name* as a header name that any reader accepts."""
    return re.sub(r"[^0-9A-Za-z!#$%&'*+.^_`|~-]", "_", name) or "_"


def _stored_name(name: str) -> str:
    """The name under which a response header is stored: what describes the transport is set aside."""
    name = _token(name)
    return f"x-archive-orig-{name}" if _TRANSPORT.match(name.lower()) else name


def _phrase(status: int) -> str:
    from http import HTTPStatus

    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"


# ---- reading ---------------------------------------------------------------------------------------------


def _describes(record: Record, response: Record) -> bool:
    """Whether *record* is the metadata that :func:`_page_records` wrote beside *response*."""
    return (
        record.headers.get("content-type") == _PAGE
        and record.headers.get("warc-concurrent-to") == response.headers.get("warc-record-id")
        and record.block is not None
    )


def _said(record: Record, kind: str) -> dict[str, Any] | None:
    """The visit or override (*kind* is its content type) that *record* keeps; ``None`` for none."""
    if record.headers.get("content-type") != kind:
        return None
    try:
        said = json.loads(record.block or b"")
    except ValueError:
        return None
    return said if isinstance(said, dict) else None


def _http_body(block: bytes) -> tuple[bytes, bytes]:
    """*block* cut into its head (start line and headers) and its body."""
    cuts = [(at, len(mark)) for mark in (b"\r\n\r\n", b"\n\n") if (at := block.find(mark)) >= 0]
    if not cuts:
        return block, b""
    at, size = min(cuts)
    return block[:at], block[at + size :]


def _own_page(response: Record, described: Record, name: str | None) -> FetchedPage:
    """The page of our own two records; raises :class:`ArchiveError` if they do not fit together."""
    place = f"{name or 'archive file'} at {response.offset}"
    try:
        document = json.loads(described.block or b"")
        if document.pop("v") != codec.VERSION:
            raise ArchiveError(f"{place}: written by a newer program")
        body = _http_body(response.block or b"")[1]
        digest = sha256(body).hexdigest()
        if digest != document["sha256"]:
            raise ArchiveError(f"{place}: the body has digest {digest}, expected {document['sha256']}")
        return FetchedPage(
            link=codec.decode(Link, document["link"]),
            url=document["url"],
            final_url=document["final_url"],
            status=document["status"],
            headers=tuple((key, value) for key, value in document["headers"]),
            body=body,
            fetched_at=codec.decode(datetime, document["fetched_at"]),
            capture=None if name is None else Capture(name, response.offset, digest),
        )
    except (ValueError, KeyError, TypeError) as fault:
        raise ArchiveError(f"{place}: the record that describes the page is damaged: {fault}") from fault


_STATUS = re.compile(rb"HTTP/\d(?:\.\d)?\s+(\d{3})\b")


def _text(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _foreign_headers(lines: list[bytes]) -> list[tuple[str, str]]:
    headers: list[tuple[str, str]] = []
    for line in lines:
        if line[:1] in b" \t" and line.strip() and headers:  # folded
            name, value = headers[-1]
            headers[-1] = (name, f"{value} {_text(line.strip())}")
        elif b":" in line:
            raw_name, _, raw_value = line.partition(b":")
            headers.append((_text(raw_name.strip()).lower(), _text(raw_value.strip())))
    return headers


def _foreign_page(record: Record, file_name: str, max_bytes: int) -> FetchedPage | str:
    """The page of a ``response`` record written by another crawler, or the word under which it is counted."""
    url = record.headers.get("warc-target-uri", "").strip("<>")
    if not url.lower().startswith(("http://", "https://")):
        return "not_http"
    if record.block is None:
        return "too_large"
    if "warc-truncated" in record.headers:
        return "truncated"
    head, body = _http_body(record.block)
    lines = head.split(b"\n")
    status = _STATUS.match(lines[0])
    try:
        date = record.headers.get("warc-date", "").strip()
        fetched_at = datetime.fromisoformat(date)
    except ValueError:
        return "broken"
    if status is None:
        return "not_http"
    headers = _foreign_headers(lines[1:])
    fields = dict(headers)
    try:
        if "chunked" in fields.get("transfer-encoding", "").lower():
            body = dechunked(body)
        body = decoded(body, fields.get("content-encoding"), max_bytes)
    except PayloadTooLarge:
        return "too_large"
    except PayloadError:
        return "truncated"
    if fetched_at.tzinfo is None:
        fetched_at = fetched_at.replace(tzinfo=UTC)
    # The body is plain from here on, so nothing may say that it is encoded.
    kept = tuple((k, v) for k, v in headers if k not in ("content-encoding", "transfer-encoding"))
    link = Link(source_id="", url=url, found_in=file_name, via=Via.WARC)
    return FetchedPage(link, url, url, int(status[1]), kept, body, fetched_at.astimezone(UTC))
