"""Pages go into the archive and come back equal; foreign and damaged files give what they have."""

from __future__ import annotations

import gzip
import os
import resource
import zlib
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import brotli
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from warcio.archiveiterator import ArchiveIterator

from store.archive import Archive, ArchiveError
from store.records import Capture, FetchedPage, Hint, Link, Via

AT = datetime(2026, 11, 24, 8, 0, 0, 123456, tzinfo=UTC)
LINK = Link(
    "akhbar",
    "https://akhbar.example/خبر 1",
    "https://akhbar.example/feed",
    Via.FEED,
    Hint(title="بلاغ", published_at=AT, published_raw="اليوم", language="ar"),
)


def page(number: int = 1, **changes: object) -> FetchedPage:
    made = FetchedPage(
        link=LINK,
        url=LINK.url,
        final_url=f"https://akhbar.example/{number}",
        status=200,
        headers=(
            ("content-type", "text/html; charset=utf-8"),
            ("content-encoding", "gzip"),
            ("content-length", "17"),
            ("set-cookie", "a=1"),
            ("set-cookie", "b=2"),
            ("x-rubric", "؛;\x80=0"),
        ),
        body=f"<html>خبر {number}</html>".encode(),
        fetched_at=AT + timedelta(seconds=number),
    )
    return replace(made, **changes)  # type: ignore[arg-type]  # fields by name, in tests


def write(archive: Archive, *pages: FetchedPage) -> list[Capture]:
    with archive.writer() as writer:
        return [writer.write_page(each, {"User-Agent": "Marsad"}) for each in pages]


TEXT = st.text(max_size=30)
PAGES = st.builds(
    FetchedPage,
    link=st.builds(
        Link,
        TEXT,
        TEXT,
        TEXT,
        st.sampled_from(Via),
        st.builds(Hint, st.none() | TEXT, st.none() | st.datetimes(timezones=st.just(UTC)), TEXT, TEXT, TEXT),
    ),
    url=TEXT,
    final_url=TEXT,
    status=st.integers(100, 999),
    headers=st.lists(
        st.tuples(
            TEXT | st.sampled_from(["content-encoding", "x-archive-orig-content-length", "content-length"]),
            TEXT,
        ),
        max_size=5,
    ).map(tuple),
    body=st.binary(max_size=200),
    fetched_at=st.datetimes(timezones=st.just(UTC)),
)


@given(st.lists(PAGES, min_size=1, max_size=3))
@settings(max_examples=40)
def test_whatever_was_written_reads_back_equal(
    tmp_path_factory: pytest.TempPathFactory, pages: list[FetchedPage]
) -> None:
    archive = Archive(tmp_path_factory.mktemp("home"))
    captures = write(archive, *pages)
    expected = [replace(each, capture=capture) for each, capture in zip(pages, captures, strict=True)]
    assert [archive.read(capture) for capture in captures] == expected
    counts: Counter[str] = Counter()
    assert list(archive.iter_pages(archive.files()[0], counts)) == expected
    assert counts == {"pages": len(pages)}


def test_other_tools_read_our_records(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    (capture,) = write(archive, page())
    with archive.files()[0].open("rb") as file:
        found = []
        for record in ArchiveIterator(file, check_digests="raise"):
            found.append(
                (record.rec_type, record.rec_headers, record.http_headers, record.content_stream().read())
            )
    assert [kind for kind, *_ in found] == ["warcinfo", "request", "response", "metadata"]
    _, request, sent, _ = found[1]
    _, response, headers, body = found[2]
    _, metadata, _, _ = found[3]
    assert body == page().body
    assert headers.get_header("x-archive-orig-content-encoding") == "gzip"
    assert headers.get_header("content-length") == str(len(body))
    assert headers.get_statuscode() == "200"
    assert sent.to_str().startswith("GET /1 HTTP/1.1\r\nHost: akhbar.example\r\nUser-Agent: Marsad\r\n")
    assert response.get_header("WARC-Date") == "2026-11-24T08:00:01.123456Z"
    assert response.protocol == "WARC/1.1"
    for other in (request, metadata):
        assert other.get_header("WARC-Concurrent-To") == response.get_header("WARC-Record-ID")
    with archive.files()[0].open("rb") as file:  # the offset is that of a gzip member of its own
        file.seek(capture.offset)
        assert next(iter(ArchiveIterator(file))).rec_type == "response"


def test_a_file_is_rotated_and_each_writer_has_its_own(tmp_path: Path) -> None:
    archive = Archive(tmp_path, rotate_bytes=4000)
    first, second = archive.writer(), archive.writer()
    captures = [writer.write_page(page(n)) for n in range(10) for writer in (first, second)]
    first.close()
    second.close()
    assert len(archive.files()) >= 4
    assert {file.name for file in archive.files()} == {capture.file for capture in captures}
    assert all(archive.read(capture).capture == capture for capture in captures)
    again = write(archive, page(99))
    assert again[0].file not in {capture.file for capture in captures}
    for file in archive.files():
        with file.open("rb") as opened:
            assert next(iter(ArchiveIterator(opened))).rec_type == "warcinfo"


def test_visits_come_back_as_they_were_given(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    visit = {"source_id": "akhbar", "outcome": "ok", "counts": {"found": 3}, "covered": None, "note": "أ"}
    with archive.writer() as writer:
        writer.write_page(page())
        writer.write_visit(visit)
        writer.write_override({"kind": "split", "article_ids": ["a"]})
        writer.write_page(page(2))
    (file,) = archive.files()
    assert list(archive.iter_visits(file)) == [visit]
    met: list[dict[str, object]] = []
    assert list(archive.iter_pages(file, on_override=met.append)) is not None
    assert met == [{"kind": "split", "article_ids": ["a"]}]
    met: list[dict[str, Any]] = []
    assert len(list(archive.iter_pages(file, on_visit=met.append))) == 2
    assert met == [visit]


@pytest.mark.parametrize("block", [b"", b"{", b"[]", b'"ok"', b"\xff"])
def test_damaged_visit_is_counted_and_harms_no_page(tmp_path: Path, block: bytes) -> None:
    archive = Archive(tmp_path)
    write(archive, page())
    (file,) = archive.files()
    head = "WARC/1.1\r\nWARC-Type: metadata\r\nContent-Type: application/vnd.marsad.visit+json\r\n"
    spoiled = f"{head}Content-Length: {len(block)}\r\n\r\n".encode() + block + b"\r\n\r\n"
    file.write_bytes(file.read_bytes() + gzip.compress(spoiled))
    counts: Counter[str] = Counter()
    met: list[dict[str, Any]] = []
    assert len(list(archive.iter_pages(file, counts, on_visit=met.append))) == 1
    assert (counts["broken"], met) == (1, [])
    assert list(archive.iter_visits(file)) == []


@pytest.mark.parametrize("cut", [1, 20, 100, 400, 700])
def test_a_file_cut_short_gives_every_whole_page(tmp_path: Path, cut: int) -> None:
    archive = Archive(tmp_path)
    captures = write(archive, page(1), page(2), page(3))
    path = archive.files()[0]
    os.truncate(path, path.stat().st_size - cut)
    counts: Counter[str] = Counter()
    found = list(archive.iter_pages(path, counts))
    assert [each.capture for each in found] == captures[: len(found)]
    assert len(found) >= 1
    assert counts["pages"] == len(found)
    assert len(found) == 3 or counts["broken"] >= 1 or cut >= 400
    with pytest.raises(ArchiveError, match=captures[2].file):
        archive.read(captures[2])
    assert archive.read(captures[0]).body == page(1).body


def test_flipped_bytes_cost_one_page_and_are_counted(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    captures = write(archive, *(page(n, body=os.urandom(500)) for n in range(5)))
    path = archive.files()[0]
    data = bytearray(path.read_bytes())
    at = captures[2].offset + 400
    data[at : at + 40] = bytes(byte ^ 0xFF for byte in data[at : at + 40])
    path.write_bytes(data)
    counts: Counter[str] = Counter()
    found = [each.capture for each in archive.iter_pages(path, counts)]
    assert found == [capture for capture in captures if capture != captures[2]]
    assert counts["broken"] >= 1
    with pytest.raises(ArchiveError, match=f"{captures[2].file} at {captures[2].offset}"):
        archive.read(captures[2])


def test_a_capture_that_names_another_body_is_refused(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    (capture,) = write(archive, page())
    with pytest.raises(ArchiveError, match="digest"):
        archive.read(replace(capture, sha256="0" * 64))
    with pytest.raises(ArchiveError, match="found warcinfo"):
        archive.read(replace(capture, offset=0))
    with pytest.raises(ArchiveError):
        archive.read(replace(capture, offset=capture.offset + 1))
    with pytest.raises(ArchiveError, match=r"gone\.warc\.gz"):
        archive.read(replace(capture, file="gone.warc.gz"))


@pytest.mark.parametrize(
    "name", ["../x.warc.gz", "/etc/passwd", "a/../../x", "a\\..\\x", "a\0b", "link/x.warc.gz"]
)
def test_no_capture_leads_out_of_the_archive(tmp_path: Path, name: str) -> None:
    archive = Archive(tmp_path / "home")
    archive.folder.mkdir(parents=True)
    (archive.folder / "link").symlink_to(tmp_path)
    (tmp_path / "x.warc.gz").write_bytes(b"")
    with pytest.raises(ArchiveError, match=r"archive|file name"):
        archive.read(Capture(name, 0, "0" * 64))


def test_a_disk_that_is_full_leaves_the_file_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = Archive(tmp_path)
    with archive.writer() as writer:
        kept = writer.write_page(page(1))

        def full(descriptor: int) -> None:
            raise OSError(28, "No space left on device")

        with monkeypatch.context() as patched:
            patched.setattr(os, "fsync", full)
            with pytest.raises(ArchiveError, match="No space left"):
                writer.write_page(page(2))
        later = writer.write_page(page(3))
    found = [each.capture for path in archive.files() for each in archive.iter_pages(path)]
    assert found == [kept, later]


def test_77_a_page_of_which_the_disk_took_a_part_is_not_kept(tmp_path: Path) -> None:
    """A write that finds some room, but not enough, is cut short by the system without a fault."""
    archive, kept = Archive(tmp_path), []
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    with archive.writer() as writer:
        kept.append(writer.write_page(page(1)))
        (path,) = archive.files()
        resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 1000, hard))
        try:
            with pytest.raises(ArchiveError, match="File too large"):
                for number in range(2, 9):
                    kept.append(writer.write_page(page(number, body=os.urandom(400))))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        kept.append(writer.write_page(page(9)))
    assert [archive.read(each).capture for each in kept] == kept
    assert [each.capture for path in archive.files() for each in archive.iter_pages(path)] == kept


# ---- files of other crawlers -----------------------------------------------------------------------------

HTML = "<html><title>خبر</title></html>".encode()


def chunked(body: bytes, size: int = 7) -> bytes:
    pieces = [body[at : at + size] for at in range(0, len(body), size)]
    return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def http(body: bytes, *headers: str, start: str = "HTTP/1.1 200 OK") -> bytes:
    return "\r\n".join([start, "Content-Type: text/html", *headers]).encode() + b"\r\n\r\n" + body


def record(block: bytes, *more: str, kind: str = "response", uri: str = "https://a.example/1") -> bytes:
    lines = ["WARC/1.0", f"WARC-Type: {kind}", f"WARC-Target-URI: {uri}", "WARC-Date: 2026-09-01T10:11:12Z"]
    lines += [*more, f"Content-Length: {len(block)}"]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + block + b"\r\n\r\n"


def foreign(
    tmp_path: Path, data: bytes, name: str = "CC-NEWS-1.warc.gz"
) -> tuple[list[FetchedPage], Counter[str]]:
    path = tmp_path / name
    path.write_bytes(data)
    counts: Counter[str] = Counter()
    return list(Archive(tmp_path / "home").iter_pages(path, counts, max_bytes=10_000)), counts


def raw_deflate(body: bytes) -> bytes:
    deflater = zlib.compressobj(wbits=-15)
    return deflater.compress(body) + deflater.flush()


ENCODED = {
    "plain": http(HTML),
    "HTTP/1.0": http(HTML, start="HTTP/1.0 200 OK"),
    "no reason phrase": http(HTML, start="HTTP/1.1 200"),
    "gzip": http(gzip.compress(HTML), "Content-Encoding: gzip"),
    "two gzip members": http(gzip.compress(HTML[:9]) + gzip.compress(HTML[9:]), "Content-Encoding: gzip"),
    "deflate": http(zlib.compress(HTML), "Content-Encoding: deflate"),
    "raw deflate": http(raw_deflate(HTML), "Content-Encoding: deflate"),
    "brotli": http(brotli.compress(HTML), "Content-Encoding: br"),
    "gzip in brotli": http(brotli.compress(gzip.compress(HTML)), "Content-Encoding: gzip, br"),
    "chunked": http(chunked(HTML), "Transfer-Encoding: chunked"),
    "chunked gzip": http(
        chunked(gzip.compress(HTML)), "Transfer-Encoding: chunked", "Content-Encoding: gzip"
    ),
    "called chunked, stored plain": http(HTML, "Transfer-Encoding: chunked"),
    "called gzip, stored plain": http(HTML, "Content-Encoding: gzip"),
    "called br, stored plain": http(HTML, "Content-Encoding: br"),
    "bare line feeds": http(HTML).replace(b"\r\n", b"\n"),
}


@pytest.mark.parametrize("block", ENCODED.values(), ids=ENCODED.keys())
def test_foreign_bodies_come_decoded(tmp_path: Path, block: bytes) -> None:
    (found,), counts = foreign(tmp_path, gzip.compress(record(block)))
    assert found.body == HTML
    assert found.status == 200
    assert found.header("content-type") == "text/html"
    assert found.header("content-encoding") is None
    assert found.fetched_at == datetime(2026, 9, 1, 10, 11, 12, tzinfo=UTC)
    assert found.link == Link("", "https://a.example/1", "CC-NEWS-1.warc.gz", Via.WARC)
    assert (found.url, found.final_url, found.capture) == ("https://a.example/1", "https://a.example/1", None)
    assert counts == {"pages": 1}


REFUSED = {
    "gzip cut short": ("truncated", record(http(gzip.compress(HTML)[:-9], "Content-Encoding: gzip"))),
    "brotli cut short": ("truncated", record(http(brotli.compress(HTML)[:-3], "Content-Encoding: br"))),
    "chunks cut short": ("truncated", record(http(chunked(HTML)[:-12], "Transfer-Encoding: chunked"))),
    "unknown encoding": ("truncated", record(http(HTML, "Content-Encoding: zstd"))),
    "said to be truncated": ("truncated", record(http(HTML), "WARC-Truncated: length")),
    "gzip bomb": ("too_large", record(http(gzip.compress(b"\0" * 10_000_000), "Content-Encoding: gzip"))),
    "brotli bomb": ("too_large", record(http(brotli.compress(b"\0" * 10_000_000), "Content-Encoding: br"))),
    "large body": ("too_large", record(http(b"x" * 10_001))),
    "huge record": ("too_large", record(http(b"x" * 3_000_000))),
    "DNS answer": ("not_http", record(b"127.0.0.1", uri="dns:a.example")),
    "no HTTP inside": ("not_http", record(b"hello")),
    "no date": ("broken", record(http(HTML)).replace(b"2026-09-01T10:11:12Z", b"yesterday")),
    "no length": ("broken", record(http(HTML)).replace(b"Content-Length: ", b"Content-Length: x")),
}


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED.keys())
@pytest.mark.parametrize("packed", [True, False], ids=["gz", "plain"])
def test_what_is_not_whole_is_counted_and_the_next_page_comes(
    tmp_path: Path, case: tuple[str, bytes], packed: bool
) -> None:
    word, data = case
    following = record(http(HTML), uri="https://a.example/2")
    members = [gzip.compress(each) if packed else each for each in (data, following)]
    found, counts = foreign(tmp_path, b"".join(members), "x.warc.gz" if packed else "x.warc")
    assert [each.url for each in found] == ["https://a.example/2"]
    assert counts == {word: 1, "pages": 1}


def test_other_records_are_passed_over(tmp_path: Path) -> None:
    kinds = ["warcinfo", "request", "metadata", "revisit", "resource", "conversion", "continuation"]
    others = [record(http(HTML), kind=kind) for kind in kinds]
    found, counts = foreign(tmp_path, b"".join(map(gzip.compress, [*others, record(http(HTML))])))
    assert len(found) == 1
    assert counts == {"pages": 1}


def test_a_file_gzipped_in_one_piece_is_read_too(tmp_path: Path) -> None:
    found, _ = foreign(tmp_path, gzip.compress(record(http(HTML)) * 3))
    assert len(found) == 3


def test_junk_between_records_is_stepped_over(tmp_path: Path) -> None:
    whole = gzip.compress(record(http(HTML)))
    found, counts = foreign(tmp_path, whole + os.urandom(3000) + whole + whole[:50] + whole)
    assert len(found) == 3
    assert counts["broken"] >= 2


@pytest.mark.parametrize(
    "data",
    [b"", b"\n\n", b"no warc at all", b"\x1f\x8b\x08nonsense", pytest.param(os.urandom(5000), id="any")],
)
def test_no_bytes_break_the_reader(tmp_path: Path, data: bytes) -> None:
    found, _ = foreign(tmp_path, data)
    assert found == []


def test_a_missing_file_is_an_archive_error(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="absent"):
        list(Archive(tmp_path).iter_pages(tmp_path / "absent.warc.gz"))


def test_a_page_of_a_foreign_file_can_be_kept_in_our_archive(tmp_path: Path) -> None:
    (found,), _ = foreign(tmp_path, gzip.compress(record(http(HTML))))
    archive = Archive(tmp_path)
    credited = replace(found, link=replace(found.link, source_id="a"))
    (capture,) = write(archive, credited)
    assert archive.read(capture) == replace(credited, capture=capture)


def test_the_archive_of_another_home_reads_with_its_links(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "one")
    write(archive, page())
    other = Archive(tmp_path / "two")
    assert list(other.iter_pages(archive.files()[0])) == [page()]


def test_memory_is_spared_by_reading_in_steps() -> None:
    stream = BytesIO(gzip.compress(b"\0" * 50_000_000))
    from store.warc import _Member

    member = _Member(stream, 0)
    assert len(member.read(1000)) == 1000
    assert len(member._buffer) <= 1 << 18
