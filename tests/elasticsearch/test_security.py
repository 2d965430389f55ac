"""Three keys, each of which may do its part and no more, over TLS; and no secret in anything that is said."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from base64 import b64decode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import product
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from click.testing import CliRunner, Result

from cli.main import main
from pipeline.reader import read_captured
from tests.elasticsearch import server
from tests.elasticsearch.fetch import BUILDS
from tests.elasticsearch.secure import PASSWORD, SecureNode
from tests.pipeline.newsroom import LEAD, capture, html, overlay, page, stories

# A server of its own, with security on: half a minute to start.
pytestmark = pytest.mark.soak

ALL = "relevance:any"
CAIRO = {"MARSAD_INDEX__TIME_ZONE": "Africa/Cairo"}
"""Another version of the mapping."""


@pytest.fixture(scope="module")
def node() -> Iterator[SecureNode]:
    if not server.available(BUILDS["8"]):
        assert server.ASKED != "require", server.ABSENT
        pytest.skip(server.ABSENT)
    with SecureNode() as running:
        yield running


class Desk:
    """A home, and ``marsad`` on it as the holder of a key."""

    def __init__(self, folder: Path, node: SecureNode, index: str) -> None:
        self.folder, self.node, self.index = folder, node, index
        self.overlay = overlay(folder)
        self.home = folder / "home"
        self.keys: dict[str, str] = {}

    def environment(self, key: str, **more: str) -> dict[str, str]:
        return {
            "MARSAD_INDEX__ENGINE": "elasticsearch",
            "MARSAD_ELASTICSEARCH__INDEX": self.index,
            "ELASTICSEARCH_URL": self.node.url,
            "ELASTICSEARCH_CA_CERTS": str(self.node.authority),
            "ELASTICSEARCH_API_KEY": key,
            **more,
        }

    def marsad(self, key: str, *words: str, **more: str) -> Result:
        """*more*: environment variables that differ."""
        hidden = {name: None for name in os.environ if name.startswith(("MARSAD_", "ELASTICSEARCH_"))}
        return CliRunner().invoke(
            main,
            ["--config", str(self.overlay), "--home", str(self.home), *words],
            env={**hidden, **self.environment(key, **more)},
        )

    def ok(self, key: str, *words: str, **more: str) -> str:
        done = self.marsad(key, *words, **more)
        assert done.exit_code == 0, done.output
        return done.stdout

    def refused(self, key: str, *words: str, **more: str) -> str:
        """The one line in which *words* ended."""
        done = self.marsad(key, *words, **more)
        assert done.exit_code == 5, done.output
        (line,) = done.stderr.strip().splitlines()
        assert "Next: " in line and done.stdout == ""
        return line

    def collect(self, *numbers: int) -> None:
        """Pages come in and are read; they wait in the outbox."""
        pages = [page(f"more/{n}", html(f"Titre {n}", f"{LEAD} Numéro {n}."), minutes=n) for n in numbers]
        capture(self.home, *pages)
        self.read()

    def read(self) -> None:
        import config

        read_captured(config.load(self.overlay, home=self.home, environ={}), self.home)

    def make(self, body: Mapping[str, Any]) -> Any:
        return self.node.ask("POST", "/_security/api_key", body)


@pytest.fixture(scope="module")
def desk(node: SecureNode, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """Four articles, indexed by the migrator; the keys made of what ``index keys`` prints, word for word."""
    made = Desk(tmp_path_factory.mktemp("desk"), node, server.index_name())
    capture(made.home, *stories(4))
    made.read()
    for each in json.loads(made.ok("", "index", "keys", "--json"))["roles"]:
        made.keys[each["role"]] = made.make(each["body"])["encoded"]
    made.ok(made.keys["migrator"], "index", "rebuild")
    made.ok(made.keys["writer"], "link")
    return made


# ---- roles -----------------------------------------------------------------------------------------------


def test_what_is_printed_is_what_a_shell_sends(desk: Desk) -> None:
    printed = desk.ok("", "index", "keys").splitlines()
    lines = [line for line in printed if line.startswith("curl ")]
    assert [line.split(":")[0] for line in printed if line.startswith("#")] == [
        "# reader",
        "# writer",
        "# migrator",
    ]
    whole = lines[0].replace("-u elastic", f"-u elastic:{PASSWORD}")  # else it asks for the password
    sent = subprocess.run(["sh", "-c", whole], capture_output=True, text=True, check=True)
    key = json.loads(sent.stdout)["encoded"]
    assert json.loads(desk.ok(key, "search", ALL, "--json"))["total"] >= 4


READING = [
    ("search", ALL),
    ("search", ALL, "--facets", "source,lang", "--sort", "score"),
    ("search", ALL, "--group", "story", "--json"),
    ("export", ALL),
    ("trend", ALL, "--split", "lang"),
    ("index", "status"),
]


@pytest.mark.parametrize("role", ["reader", "writer", "migrator"])
@pytest.mark.parametrize("words", READING, ids=lambda words: " ".join(words))
def test_every_key_may_read(desk: Desk, role: str, words: tuple[str, ...]) -> None:
    assert desk.ok(desk.keys[role], *words)


def test_a_reader_writes_nothing(desk: Desk) -> None:
    desk.collect(1)
    before = desk.ok(desk.keys["reader"], "search", ALL, "--json").partition('"hits"')[2]
    for words in (("index", "rebuild"), ("link",)):
        done = desk.marsad(desk.keys["reader"], *words)
        assert done.exit_code == 5, done.output
        assert "the key may not do this" in done.stderr and "`marsad index keys`" in done.stderr
        assert desk.ok(desk.keys["reader"], "search", ALL, "--json").partition('"hits"')[2] == before


def test_a_writer_drains_the_outbox_and_makes_the_partition_of_a_new_year(desk: Desk) -> None:
    desk.collect(2, 3)
    desk.ok(desk.keys["writer"], "link")
    assert json.loads(desk.ok(desk.keys["reader"], "index", "verify", "--json"))["missing"] == []
    alias = desk.node.ask("GET", f"/_alias/{desk.index}")
    gone = next(iter(alias))
    years = {name[-4:] for name in alias}
    later = page("late/1", html("Une autre année", LEAD), minutes=60 * 24 * 366)
    capture(desk.home, later)
    desk.read()
    desk.ok(desk.keys["writer"], "link")
    assert {name[-4:] for name in desk.node.ask("GET", f"/_alias/{desk.index}")} - years == {"2027"}
    # It made what it needed; to remove an index is not its part, nor to make the templates of one.
    for method, path in (("DELETE", f"/{gone}"), ("PUT", f"/_component_template/{desk.index}-x")):
        assert status_of(desk, desk.keys["writer"], method, path) == 403
    refused = desk.marsad(desk.keys["writer"], "index", "rebuild")
    assert refused.exit_code == 5 and "the key may not do this" in refused.stderr


def test_a_migrator_rebuilds_and_is_forgotten_after_a_day(desk: Desk) -> None:
    desk.ok(desk.keys["migrator"], "index", "rebuild")
    assert desk.ok(desk.keys["reader"], "search", ALL)
    found = desk.node.ask("GET", f"/_security/api_key?name={desk.index}-*")["api_keys"]
    lasts = {one["metadata"]["role"]: "expiration" in one for one in found}
    assert lasts == {"reader": False, "writer": False, "migrator": True}


def test_a_migrator_migrates_rolls_back_and_drops(desk: Desk) -> None:
    """Another time zone is another mapping; readers and writers of each version go on with their keys."""
    migrator, writer, reader = (desk.keys[role] for role in ("migrator", "writer", "reader"))

    def done(*words: str) -> str:
        answer = desk.ok(migrator, "index", "migrate", "--json", *words, **CAIRO)
        return str(json.loads(answer)["action"])

    desk.collect(20)
    assert done() == "migrated"
    desk.collect(21)
    desk.ok(writer, "link", **CAIRO)
    for version in ({}, CAIRO):
        assert json.loads(desk.ok(reader, "index", "verify", "--json", **version))["missing"] == []
    assert done("--rollback") == "rolled_back"
    desk.ok(writer, "link")
    assert done("--rollback") == "rolled_back"
    assert done("--drop-old") == "dropped"
    desk.ok(migrator, "index", "rebuild")
    assert desk.ok(reader, "search", ALL)
    names = {template["name"] for template in desk.node.ask("GET", "/_index_template")["index_templates"]}
    assert len({name for name in names if name.startswith(desk.index)}) == 1, "and leaves no template"


def test_a_writer_leaves_no_half_made_partition_that_is_written(desk: Desk) -> None:
    """The templates are gone when a new year begins, and its key may neither put them nor remove an index."""
    (template,) = {name[:-12] for name in desk.node.ask("GET", f"/_alias/{desk.index}")}
    desk.node.ask("DELETE", f"/_index_template/{template}")
    capture(desk.home, page("late/2", html("Encore une année", LEAD), minutes=60 * 24 * 366 * 2))
    desk.read()
    for _ in range(2):
        done = desk.marsad(desk.keys["writer"], "link")
        assert done.exit_code == 5, done.output
        assert f"{template} was edited or removed" in done.stderr and "marsad index migrate" in done.stderr
    desk.ok(desk.keys["migrator"], "index", "migrate")
    desk.ok(desk.keys["writer"], "link")
    assert json.loads(desk.ok(desk.keys["reader"], "index", "verify", "--json"))["missing"] == []
    made = desk.node.ask("GET", f"/{desk.index}/_mapping").values()
    assert {index["mappings"]["dynamic"] for index in made} == {"strict"}


@pytest.mark.parametrize("role", ["reader", "writer", "migrator"])
def test_no_key_reaches_what_is_not_of_this_index(desk: Desk, role: str) -> None:
    other = server.index_name()
    desk.node.ask("PUT", f"/{other}")
    for method, path in (("GET", f"/{other}/_search"), ("DELETE", f"/{other}"), ("GET", "/_security/role")):
        assert status_of(desk, desk.keys[role], method, path) == 403
    settings = {"persistent": {"search.max_buckets": 7}}
    assert status_of(desk, desk.keys[role], "PUT", "/_cluster/settings", settings) == 403


def status_of(desk: Desk, key: str, method: str, path: str, body: Any = None) -> int:
    import ssl
    import urllib.request

    request = urllib.request.Request(desk.node.url + path, method=method)
    request.add_header("Authorization", f"ApiKey {key}")
    request.add_header("Content-Type", "application/json")
    if body is not None or method == "PUT":
        request.data = json.dumps(body or {"template": {}}).encode()
    trusting = ssl.create_default_context(cafile=str(desk.node.authority))
    try:
        with urllib.request.urlopen(request, context=trusting) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as fault:
        return fault.code


# ---- keys that are none ----------------------------------------------------------------------------------


def test_a_key_that_opens_nothing_says_why_in_one_line(desk: Desk) -> None:
    made = {name: desk.make({"name": name}) for name in ("revoked", "reused")}
    expired = desk.make({"name": "expired", "expiration": "1ms"})["encoded"]
    desk.node.ask("DELETE", "/_security/api_key", {"ids": [made["revoked"]["id"]]})
    wrong = made["reused"]["encoded"][:-6] + "AAAA=="
    cases = [
        (made["revoked"]["encoded"], "refused the key: it was revoked"),
        (expired, "refused the key: it has expired"),
        (wrong, "refused the key: it is none of this server's"),
        ("nothing", "refused the key: it is none of this server's"),
        ("", "asks for a key, and none is set"),
    ]
    for key, said in cases:
        for words in (("search", ALL), ("export", ALL), ("index", "status")):
            line = desk.refused(key, *words)
            assert said in line and "ELASTICSEARCH_API_KEY" in line, words


# ---- TLS -------------------------------------------------------------------------------------------------


def test_without_the_authority_the_certificate_is_not_trusted(desk: Desk) -> None:
    line = desk.refused(desk.keys["reader"], "search", ALL, ELASTICSEARCH_CA_CERTS="")
    assert "its certificate is not trusted" in line and "ELASTICSEARCH_CA_CERTS" in line
    line = desk.refused(desk.keys["reader"], "search", ALL, ELASTICSEARCH_CA_CERTS="/no/where.pem")
    assert "elasticsearch.ca_certs /no/where.pem: no such file" in line


def test_a_url_and_a_server_that_differ_in_tls_are_told_apart(desk: Desk) -> None:
    plain = desk.node.url.replace("https://", "http://")
    line = desk.refused(desk.keys["reader"], "search", ALL, ELASTICSEARCH_URL=plain)
    assert "is without TLS, and elasticsearch.ca_certs is set" in line
    line = desk.refused(
        desk.keys["reader"], "search", ALL, ELASTICSEARCH_URL=plain, ELASTICSEARCH_CA_CERTS=""
    )
    assert "https://" in line
    with plain_server() as port:
        line = desk.refused(desk.keys["reader"], "search", ALL, ELASTICSEARCH_URL=f"https://127.0.0.1:{port}")
    assert "speaks no TLS" in line


class Quiet(BaseHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Its stderr is that of the command under test."""


@contextmanager
def plain_server() -> Iterator[int]:
    """The port of a server on loopback that speaks HTTP without TLS."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Quiet) as running:
        thread = Thread(target=running.serve_forever)
        thread.start()
        yield running.server_port
        running.shutdown()
        thread.join()


# ---- secrets ---------------------------------------------------------------------------------------------


def secrets_of(key: str) -> list[str]:
    """*key* in every form in which it could be read."""
    return [key, *b64decode(key).decode().split(":")[1:]]


ASKING = [
    ("search", ALL),
    ("search", "("),
    ("export", ALL, "--format", "csv"),
    ("trend", ALL, "--json"),
    ("index", "status", "--json"),
    ("index", "verify"),
    ("link",),
]
TELLING = [
    ("index", "keys"),
    ("index", "keys", "--json"),
    ("config", "show", "--origin"),
    ("config", "show", "--json"),
    ("config", "check"),
    ("status", "--json"),
    ("health",),
]


def test_no_command_says_a_secret(desk: Desk) -> None:
    """Whether it is let in, as somebody with a password, or does not find the server or trust it."""
    key = desk.keys["reader"]
    with_password = desk.node.url.replace("https://", f"https://elastic:{PASSWORD}@")
    asked_as = [
        {},
        {"ELASTICSEARCH_URL": with_password, "ELASTICSEARCH_API_KEY": ""},
        {"ELASTICSEARCH_URL": with_password, "ELASTICSEARCH_CA_CERTS": ""},
        {"ELASTICSEARCH_URL": with_password.replace(str(desk.node.port), "1")},
    ]
    said = []
    for words, more in [*product(ASKING, asked_as), *product(TELLING, asked_as[1:2])]:
        done = desk.marsad(key, "--set", "log.level=debug", *words, **more)
        assert done.exit_code in range(6) and not isinstance(done.exception, Exception), done.output
        said.append(done.output)
    assert len([text for text in said if text]) > len(said) / 2
    for secret in (*secrets_of(key), PASSWORD):
        assert not [text for text in said if secret in text]


FAULTY = [
    ("ELASTICSEARCH_URL", "https://elastic:hidden/word@127.0.0.1:9200"),
    ("ELASTICSEARCH_URL", "https://elastic:hidden#word@127.0.0.1:9200"),
    ("ELASTICSEARCH_URL", "elastic:hidden@127.0.0.1:9200"),
    ("ELASTICSEARCH_API_KEY", "hidden\nhidden"),
    ("ELASTICSEARCH_API_KEY", "hidden مفتاح"),
]


@pytest.mark.parametrize(("variable", "value"), FAULTY, ids=lambda value: repr(value)[:40])
def test_a_secret_that_cannot_be_sent_is_a_fault_of_the_configuration_and_not_shown(
    desk: Desk, variable: str, value: str
) -> None:
    for words in (("search", ALL), ("config", "show"), ("config", "check")):
        done = desk.marsad("", *words, **{variable: value})
        assert done.exit_code == 4, done.output
        assert variable in done.output and "hidden" not in done.output


def test_processes_that_write_keep_it_to_themselves_also_in_their_logs(desk: Desk) -> None:
    """Logs of libraries at level debug, and the traceback of a process that ends by an error."""
    key = desk.keys["writer"]
    desk.collect(4)
    wrong = key[:-4]
    base = {name: value for name, value in os.environ.items() if name[:7] not in ("MARSAD_", "ELASTIC")}
    base |= desk.environment(key, MARSAD_LOG__LEVEL="debug", MARSAD_LOG__FORMAT="json")
    for more in ({}, {"ELASTICSEARCH_CA_CERTS": ""}, {"ELASTICSEARCH_API_KEY": wrong}):
        done = subprocess.run(
            [sys.executable, "-m", "search.indexer", "--home", desk.home, "--config", desk.overlay],
            env={**base, **more},
            capture_output=True,
            text=True,
        )
        if more:
            assert done.returncode == 5 and "indexing_ended" in done.stderr, done.stderr
        else:
            assert done.returncode == 0 and "articles_indexed" in done.stderr, done.stderr
            assert '"level": "debug"' in done.stderr  # what libraries say is there to be looked at
        for secret in (*secrets_of(key), wrong):
            assert secret not in done.stderr + done.stdout


def test_a_key_that_expires_meanwhile_is_said_at_the_next_question(desk: Desk) -> None:
    body = {"name": "short", "expiration": "1ms"}
    key = desk.make(body)["encoded"]
    end = time.monotonic() + 10
    while status_of(desk, key, "GET", "/") != 401:
        assert time.monotonic() < end
    assert "it has expired" in desk.refused(key, "trend", ALL)
