"""One request: guarded, bounded, complete or an error.  Numbers are those of the fault catalogue."""

from __future__ import annotations

import asyncio
import gzip
import os
import ssl
import subprocess
import sys
import time
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import brotli
import pytest

from crawlers import wire
from crawlers.guard import networks
from crawlers.inflate import zstd
from crawlers.wire import Limits, SystemLookup, WireError
from tests.site.faults import (
    NETWORK,
    Behaviour,
    Host,
    Site,
    answer,
    dripping,
    reset,
    reset_in_body,
    silent,
)

ALLOW = networks([NETWORK])
TEXT = b"<html><body><p>" + b"The harbour police said so. " * 200 + b"</p></body></html>"
MIB = 1 << 20


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with Site() as site:
        yield site


@pytest.fixture(scope="module")
def host(site: Site) -> Host:
    return site.host()


def ask(url: str, **options: object) -> wire.Answer:
    options = {"allow": ALLOW, "lookup": SystemLookup(), "limits": Limits(1.0, MIB), **options}
    return asyncio.run(wire.get(url, **options))  # type: ignore[arg-type]  # a test's shorthand


def fault(url: str, **options: object) -> str:
    """The kind of error that asking *url* ends in."""
    with pytest.raises(WireError) as caught:
        ask(url, **options)
    return caught.value.kind


def encoded(body: bytes, *names: str) -> bytes:
    return answer(body, headers=[("Content-Encoding", ", ".join(names))])


def headless(head: str, body: bytes = b"") -> bytes:
    return head.replace("\n", "\r\n").encode() + b"\r\n\r\n" + body


def chunked(*pieces: bytes, end: bytes = b"0\r\n\r\n") -> bytes:
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces)
    return headless("HTTP/1.1 200 OK\nTransfer-Encoding: chunked") + chunks + end


def endless_headers(exchange_lines: int = 6000) -> bytes:
    lines = b"".join(b"X-Pad-%d: %b\r\n" % (n, b"a" * 40) for n in range(exchange_lines))
    return b"HTTP/1.1 200 OK\r\n" + lines + b"\r\n" + TEXT


GZIP = gzip.compress(TEXT)
WHOLE: list[tuple[str, bytes]] = [
    ("plain", answer(TEXT)),
    ("no length, closed", answer(TEXT, length=False)),
    ("12 gzip", encoded(GZIP, "gzip")),
    ("12 gzip, two members", encoded(gzip.compress(TEXT[:100]) + gzip.compress(TEXT[100:]), "gzip")),
    ("12 gzip, zero padding", encoded(GZIP + b"\0" * 8, "gzip")),
    ("12 deflate", encoded(zlib.compress(TEXT), "deflate")),
    ("12 raw deflate", encoded(zlib.compress(TEXT, wbits=-15), "deflate")),
    ("12 brotli", encoded(brotli.compress(TEXT), "br")),
    ("12 zstd", encoded(zstd.compress(TEXT), "zstd")),
    ("12 double", encoded(gzip.compress(gzip.compress(TEXT)), "gzip", "gzip")),
    ("12 says gzip, sends text", encoded(TEXT, "gzip")),
    ("12 says br, sends text", encoded(TEXT, "br")),
    ("12 names no encoding", encoded(TEXT, "utf-8")),
    ("chunked", chunked(TEXT[:1000], TEXT[1000:])),
    ("chunked, extension and trailer", chunked(TEXT[:7], TEXT[7:], end=b"0;x=y\r\nA: b\r\n\r\n")),
    ("14 header without colon", headless(f"HTTP/1.1 200 OK\nnonsense\nContent-Length: {len(TEXT)}", TEXT)),
    ("14 bare line feeds", b"HTTP/1.1 200 OK\nContent-Length: %d\n\n%b" % (len(TEXT), TEXT)),
    ("14 no reason phrase", headless("HTTP/1.1 200\nConnection: close", TEXT)),
    ("14 HTTP/1.0", headless("HTTP/1.0 200 OK", TEXT)),
    ("14 folded header", headless(f"HTTP/1.1 200 OK\nX: a\n b\nContent-Length: {len(TEXT)}", TEXT)),
    ("8 the same length twice", headless("HTTP/1.1 200 OK" + f"\nContent-Length: {len(TEXT)}" * 2, TEXT)),
    ("interim answer first", b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + answer(TEXT)),
]  # fmt: skip


@pytest.mark.parametrize(("name", "sent"), WHOLE, ids=[name for name, _ in WHOLE])
def test_a_whole_body_is_read(host: Host, name: str, sent: bytes) -> None:
    path = f"/whole/{name}".replace(" ", "-").replace(",", "")
    host.on(path, sent)
    assert ask(host.url(path)).body == TEXT


BROKEN: list[tuple[str, bytes | Behaviour, str]] = [
    ("3 never answers", silent, "timeout"),
    ("4 slow-loris headers", dripping(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 99), "timeout"),
    ("5 dripping body", dripping(answer(TEXT)[:2000], every_s=0.05), "timeout"),
    ("6 reset before the answer", reset, "reset"),
    ("6 reset in the body", reset_in_body(), "incomplete"),
    ("7 Content-Length too large", headless(f"HTTP/1.1 200 OK\nContent-Length: {len(TEXT) + 99}", TEXT),
     "incomplete"),
    ("8 Content-Length too small", headless("HTTP/1.1 200 OK\nContent-Length: 3000", TEXT), "incomplete"),
    ("8 two Content-Lengths", headless("HTTP/1.1 200 OK\nContent-Length: 10\nContent-Length: 20", TEXT),
     "incomplete"),
    ("8 Content-Length is no number", headless("HTTP/1.1 200 OK\nContent-Length: -5", TEXT), "bad_answer"),
    ("9 chunks cut off", chunked(TEXT[:1000], end=b""), "incomplete"),
    ("9 chunk cut short", chunked(TEXT[:1000], end=b"500\r\nabc"), "incomplete"),
    ("9 bad chunk size", chunked(TEXT[:1000], end=b"zz\r\nabc\r\n"), "incomplete"),
    ("10 truncated gzip", encoded(GZIP[: len(GZIP) // 2], "gzip"), "incomplete"),
    ("10 gzip without its trailer", encoded(GZIP[:-8], "gzip"), "incomplete"),
    ("10 gzip with a wrong checksum", encoded(GZIP[:-8] + b"\0\0\0\0" + GZIP[-4:], "gzip"), "incomplete"),
    ("10 truncated brotli", encoded(brotli.compress(os.urandom(5000))[:2000], "br"), "incomplete"),
    ("10 truncated zstd", encoded(zstd.compress(os.urandom(5000))[:2000], "zstd"), "incomplete"),
    ("10 truncated deflate", encoded(zlib.compress(TEXT)[:-4], "deflate"), "incomplete"),
    ("12 unknown encoding", encoded(b"\x99\x88\x77" * 99, "sdch"), "bad_answer"),
    ("12 says gzip, sends rubbish", encoded(b"\x99\x88\x77" * 99, "gzip"), "bad_answer"),
    ("13 large by its own word", headless("HTTP/1.1 200 OK\nContent-Length: 52428800", TEXT), "too_large"),
    ("13 large", answer(b"x" * (2 * MIB), length=False), "too_large"),
    ("13 300 KB of headers", endless_headers(), "too_large"),
    ("13 one header of 300 KB", b"HTTP/1.1 200 OK\r\nX: " + b"a" * 300_000 + b"\r\n\r\n", "too_large"),
    ("14 bad status line", b"ICY OK\r\n\r\n" + TEXT, "bad_answer"),
    ("14 HTTP/0.9", TEXT, "bad_answer"),
    ("14 closed at once", b"", "reset"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "behaviour", "kind"), BROKEN, ids=[name for name, _, _ in BROKEN])
def test_a_broken_answer_is_an_error_within_the_deadline(
    host: Host, name: str, behaviour: bytes | Behaviour, kind: str
) -> None:
    path = f"/broken/{name}".replace(" ", "-").replace(",", "")
    host.on(path, behaviour)
    began = time.monotonic()
    assert fault(host.url(path)) == kind
    assert time.monotonic() - began < 1.5  # 3, 4, 5: a total deadline of 1 s, not an idle timeout


BOMBS = {
    "gzip": lambda: gzip.compress(b"\0" * (96 * MIB), 9),
    "deflate": lambda: zlib.compress(b"\0" * (96 * MIB), 9),
    "br": lambda: brotli.compress(b"\0" * (96 * MIB), quality=5),
    "zstd": lambda: zstd.compress(b"\0" * (96 * MIB)),
}


def test_11_bombs_are_stopped_at_the_cap_while_inflating(host: Host) -> None:
    for name, make in BOMBS.items():
        host.on(f"/bomb/{name}", encoded(make(), name))
    # Measured on the client alone: this process made the bombs.
    code = (
        "import asyncio, resource, sys\n"
        "from crawlers import wire\n"
        "from crawlers.guard import networks\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "for url in sys.argv[1:]:\n"
        "    try:\n"
        f"        asyncio.run(wire.get(url, lookup=wire.SystemLookup(), allow=networks(['{NETWORK}']),\n"
        "            limits=wire.Limits(10, 8 << 20)))\n"
        "    except wire.TooLarge:\n"
        "        print('too large')\n"
        "print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)\n"
    )
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, "-c", code, *(host.url(f"/bomb/{name}") for name in BOMBS)],
        cwd=root,
        capture_output=True,
        text=True,
        timeout=60,
    )
    *said, grown_mb = done.stdout.split("\n")[:-1]
    assert said == ["too large"] * len(BOMBS), done.stderr
    assert int(grown_mb) < 2 * 8 + 24  # twice the cap, and what the interpreter takes beside it


def test_a_body_may_be_cut_instead_where_asked_for(host: Host) -> None:
    host.on("/robots", answer(b"a" * (3 * MIB)))
    assert len(ask(host.url("/robots"), cut=True, limits=Limits(5, 500_000)).body) == 500_000


# -- the guard ---------------------------------------------------------------------------------------------

PRIVATE = [
    "http://127.0.0.1:{port}/",
    "http://2130706433:{port}/",  # decimal
    "http://0177.0.0.1:{port}/",  # octal
    "http://0x7f.1:{port}/",
    "http://127.1:{port}/",
    "http://0.0.0.0:{port}/",
    "http://[::1]:{port}/",
    "http://[::ffff:127.0.0.1]:{port}/",
    "http://[::ffff:7f00:1]:{port}/",
    "http://[64:ff9b::7f00:1]:{port}/",
    "http://localhost:{port}/",
    "http://169.254.169.254/latest/meta-data/",
    "http://10.0.0.1/",
    "http://192.168.1.1/",
    "http://172.16.0.1/",
    "http://100.64.0.1/",
    "http://[fe80::1]/",
    "http://[fd00::1]/",
    "http://224.0.0.1/",
    "http://255.255.255.255/",
]


@pytest.mark.parametrize("url", PRIVATE)
def test_16_private_addresses_are_refused_before_any_connection(site: Site, url: str) -> None:
    trap = site.host("127.0.0.1")
    assert fault(url.format(port=trap.port)) == "forbidden_address"
    assert trap.hits == []


class Flipping:
    """A resolver that says a harmless address first and a private one ever after."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        return [self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]]


def test_17_a_name_that_flips_to_a_private_address_gains_nothing(site: Site) -> None:
    outlet, trap = site.host(), site.host("127.0.0.1")
    outlet.page("/")
    lookup = Flipping(outlet.address, "127.0.0.1")
    url = f"http://flip.example:{outlet.port}/"
    assert ask(url, lookup=lookup).status == 200
    assert fault(url.replace(str(outlet.port), str(trap.port)), lookup=lookup) == "forbidden_address"
    assert trap.hits == []


def test_17_a_name_with_one_private_address_among_public_ones_is_refused(site: Site) -> None:
    outlet = site.host()

    async def mixed(host: str, port: int) -> Sequence[str]:
        return [outlet.address, "10.0.0.1"]

    assert fault(f"http://mixed.example:{outlet.port}/", lookup=mixed) == "forbidden_address"
    assert outlet.hits == []


@pytest.mark.parametrize("url", ["file:///etc/passwd", "data:text/html,x", "gopher://x/", "ftp://x/y"])
def test_18_other_schemes_are_refused(url: str) -> None:
    assert fault(url) == "forbidden_address"


def test_1_a_name_that_does_not_resolve() -> None:
    assert fault("http://no-such-outlet.invalid/") == "dns"


def test_2_a_closed_port(site: Site) -> None:
    assert fault(f"http://{site.host().address}:1/") == "connect"


def test_20_a_certificate_nobody_vouches_for_is_refused(site: Site, tmp_path: Path) -> None:
    key, cert = tmp_path / "key.pem", tmp_path / "cert.pem"
    made = subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=x"),
            *("-keyout", str(key), "-out", str(cert)),
        ],
        capture_output=True,
    )
    if made.returncode:
        pytest.skip("no openssl command to make a certificate with")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    outlet = site.host(tls=context)
    outlet.page("/")
    url = outlet.url("/").replace("http:", "https:")
    assert fault(url) == "certificate"
    assert outlet.hits == []
    assert ask(url, tls=wire.tls_context(verify=False)).status == 200


def test_header_values_cannot_add_lines(host: Host) -> None:
    host.page("/inject")
    ask(host.url("/inject"), headers=[(b"If-None-Match", b'"a"\r\nX-Evil: 1')])
    hit = host.hits[-1]
    assert "x-evil" not in hit.headers
    assert hit.headers["if-none-match"] == '"a"X-Evil: 1'
