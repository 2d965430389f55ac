"""Settings: four layers, types and ranges, no secrets in files, nothing misspelt passes."""

from __future__ import annotations

import itertools
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import config
from config import ConfigError, settings
from tests.data import ROOT

Overlay = Callable[..., Path]
NAMES = settings.names()


def load(environ: dict[str, str] | None = None, folder: Path | None = None) -> config.Config:
    return config.load(folder, environ=environ or {})


# -- layers -----------------------------------------------------------------------------------------------


def test_each_layer_wins_over_the_one_below(overlay: Overlay) -> None:
    folder = overlay({"marsad.toml": "[crawl]\nbackfill_days = 1\nretry_times = 1\nlease_s = 10\n"})
    environ = {"MARSAD_CRAWL__RETRY_TIMES": "2", "MARSAD_CRAWL__LEASE_S": "20"}
    loaded = config.load(folder, environ=environ, overrides={"crawl.lease_s": "30"}).settings
    names = ("crawl.memory_mb", "crawl.backfill_days", "crawl.retry_times", "crawl.lease_s")
    assert [loaded[name] for name in names] == [400, 1, 2, 30]
    assert [loaded.origins[name] for name in names] == [
        "defaults.toml",
        str(folder / "marsad.toml"),
        "MARSAD_CRAWL__RETRY_TIMES",
        "command line",
    ]


def test_the_overlay_is_named_by_argument_before_environment(tmp_path: Path) -> None:
    for name, days in (("one", 1), ("two", 2)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "marsad.toml").write_text(f"[crawl]\nbackfill_days = {days}\n")
    environ = {"MARSAD_CONFIG": str(tmp_path / "one")}
    assert load(environ).settings["crawl.backfill_days"] == 1
    assert config.load(tmp_path / "two", environ=environ).settings["crawl.backfill_days"] == 2


def test_home_is_argument_then_environment_then_var(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert load().settings.home == tmp_path / "var"
    assert load({"MARSAD_HOME": "there"}).settings.home == tmp_path / "there"
    assert config.load(home=Path("here"), environ={"MARSAD_HOME": "there"}).settings.home == tmp_path / "here"


def test_a_setting_that_no_schema_knows_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        load().settings["crawl.nothing"]


def test_empty_variables_that_name_folders_count_as_not_set() -> None:
    assert config.load(environ={"MARSAD_CONFIG": "", "MARSAD_HOME": ""}).overlay is None


# -- values -----------------------------------------------------------------------------------------------

VALUES = [
    ("crawl.backfill_days", " 7 ", 7),
    ("politeness.delay_s", "0.5", 0.5),
    ("politeness.delay_s", "3", 3.0),
    ("network.verify_certificates", "FALSE", False),
    ("network.verify_certificates", "on", True),
    ("network.allow", "127.66.0.0/16, ::1/128", ["127.66.0.0/16", "::1/128"]),
    ("network.allow", '["127.66.0.0/16"]', ["127.66.0.0/16"]),
    ("network.allow", "", []),
    ("index.time_zone", "Europe/Madrid", "Europe/Madrid"),
    ("log.format", "json", "json"),
]


@pytest.mark.parametrize(("name", "text", "value"), VALUES)
@pytest.mark.parametrize("layer", ["environment", "command line", "file"])
def test_texts_are_read_in_the_type_of_the_default(
    tmp_path: Path, layer: str, name: str, text: str, value: Any
) -> None:
    variable = settings.variable_of(name)
    if layer == "environment":
        loaded = load({variable: text})
    elif layer == "file":
        (tmp_path / "value").write_text(text + "\n")
        loaded = load({f"{variable}_FILE": str(tmp_path / "value")})
    else:
        loaded = config.load(environ={}, overrides={name: text})
    assert loaded.settings[name] == value
    assert type(loaded.settings[name]) is type(value)


BAD_VALUES = [
    ("crawl.backfill_days", "many", "got 'many', expected a whole number"),
    ("crawl.backfill_days", "1.5", "got '1.5', expected a whole number"),
    ("crawl.backfill_days", "-1", "got -1, expected 0 to 36500"),
    ("politeness.delay_s", "nan", "got nan, expected a number"),
    ("politeness.delay_s", "inf", "got inf, expected 0 to 3600"),
    ("ledger.url", "mysql://u:p@h/d", "got 'mysql://***@h/d', expected nothing, or postgresql+psycopg://"),
    ("ledger.url", "postgresql://h", "got 'postgresql://h', expected nothing, or postgresql+psycopg://"),
    ("politeness.user_agent", "Mozilla/5.0", "expected printable ASCII with a contact"),
    ("politeness.user_agent", "Bot\n+https://x.example", "expected printable ASCII with a contact"),
    ("network.allow", "127.0.0.1/8", "expected networks in CIDR form"),
    ("network.allow", "[1]", "got [1], expected a list of texts"),
    ("network.allow", "[", "got '[', expected a list of texts"),
    ("network.schemes", "http,ftp", "expected one of http, https"),
    ("network.schemes", "", "got [], expected at least one"),
    ("network.verify_certificates", "perhaps", "got 'perhaps', expected true or false"),
    ("index.time_zone", "Africa/Casa", "expected a time zone like Africa/Casablanca"),
    ("index.engine", "lucene", "got 'lucene', expected one of embedded, elasticsearch"),
    ("log.level", "loud", "expected one of debug, info, warning, error"),
]


@pytest.mark.parametrize(("name", "text", "said"), BAD_VALUES)
def test_a_value_out_of_type_or_range_is_a_fault(name: str, text: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        config.load(environ={}, overrides={name: text})
    (fault,) = caught.value.faults
    assert str(fault).startswith(f"command line: {name}: got ")
    assert said in str(fault)


FILES = [
    (
        "[crawl]\nbackfil_days = 3\n",
        "marsad.toml: crawl.backfil_days: got an unknown setting, expected one of "
        "backfill_days, wall_clock_s, memory_mb, poll_min_s, poll_max_s, concurrent_hosts, lease_s,"
        " revisit_after, retry_times"
        " (did you mean 'crawl.backfill_days'?)",
    ),
    (
        "[craw]\nbackfill_days = 3\n",
        "marsad.toml: craw.backfill_days: got an unknown section, expected one of crawl, "
        "politeness, network, ledger, archive, retention, backup, scheduler, alerts, metrics, privacy, read, "
        "index, elasticsearch, log (did you mean 'crawl'?)",
    ),
    ("backfill_days = 3\n", "marsad.toml: backfill_days: got 3, expected sections: crawl, "),
    ("[crawl]\nbackfill_days = '3'\n", "marsad.toml: crawl.backfill_days: got '3', expected a whole number"),
    (
        "[crawl]\nbackfill_days = true\n",
        "marsad.toml: crawl.backfill_days: got True, expected a whole number",
    ),
    ("[crawl]\nbackfill_days = \n", "marsad.toml: got Invalid value (at line 2, column 17), expected TOML"),
    ("[crawl]\na = 1\n[crawl]\n", "marsad.toml: got Cannot declare"),
    (
        "[log]\nlevel = 'é'\n".encode("latin-1"),
        "marsad.toml: got byte 0xe9, which is not UTF-8, expected UTF-8",
    ),
    (
        "[politeness]\nuser_agent = 'Bot (+https://me:secret@example.com)'\n",
        "marsad.toml: politeness.user_agent: got a URL with a password, expected no secrets in files: "
        "MARSAD_POLITENESS__USER_AGENT or MARSAD_POLITENESS__USER_AGENT_FILE",
    ),
    (
        "[crawl]\npoll_min_s = 90000\n",
        "crawl.poll_min_s: got 90000, expected at most crawl.poll_max_s (3600, defaults.toml)",
    ),
    (
        "[politeness]\ndelay_s = 200\n",
        "politeness.delay_s: got 200, expected at most politeness.max_delay_s (120, defaults.toml)",
    ),
]


@pytest.mark.parametrize(("content", "said"), FILES)
def test_a_faulty_settings_file_says_what_is_wrong(overlay: Overlay, content: str | bytes, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(folder=overlay({"marsad.toml": content}))
    (fault,) = caught.value.faults
    assert said in str(fault)
    assert "secret@" not in str(caught.value)


VARIABLES = [
    (
        "MARSAD_CRAWL__BACKFIL_DAYS",
        "3",
        "got an unknown setting, expected MARSAD_SECTION__KEY (did you mean 'MARSAD_CRAWL__BACKFILL_DAYS'?)",
    ),
    (
        "MARSAD_LOG_LEVEL",
        "info",
        "got one underscore, expected two between section and key (did you mean 'MARSAD_LOG__LEVEL'?)",
    ),
    ("MARSAD_LOG__LEVEL_FILE", "/absent", "expected a readable file"),
]


@pytest.mark.parametrize(("variable", "text", "said"), VARIABLES)
def test_a_variable_that_would_have_no_effect_is_a_fault(variable: str, text: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load({variable: text})
    (fault,) = caught.value.faults
    assert fault.file == variable
    assert said in str(fault)


def test_a_variable_and_its_file_exclude_each_other(tmp_path: Path) -> None:
    (tmp_path / "level").write_text("debug")
    with pytest.raises(ConfigError, match="MARSAD_LOG__LEVEL as well, expected one of the two"):
        load({"MARSAD_LOG__LEVEL": "info", "MARSAD_LOG__LEVEL_FILE": str(tmp_path / "level")})


def test_variables_of_others_are_left_alone() -> None:
    load({"MARSAD_TEST_DATA": "x", "MARSADX__Y": "1", "PATH": "/bin", "_MARSAD_COMPLETE": "bash_source"})


def test_all_faults_of_all_layers_come_at_once(overlay: Overlay) -> None:
    folder = overlay({"marsad.toml": "[crawl]\nretry_times = 99\nnothing = 1\n"})
    with pytest.raises(ConfigError) as caught:
        config.load(
            folder, environ={"MARSAD_LOG__LEVEL": "loud"}, overrides={"crawl.x": "1", "log.format": "xml"}
        )
    assert [fault.path or fault.file for fault in caught.value.faults] == [
        "crawl.retry_times",
        "crawl.nothing",
        "MARSAD_LOG__LEVEL",
        "crawl.x",
        "log.format",
    ]


def test_fault_90_passwords_in_urls_are_not_shown() -> None:
    assert settings.redact(["https://u:p@h/x", "a@b"]) == ["https://***@h/x", "a@b"]
    given = "postgresql+psycopg://u:p:q@h:5432/d?sslmode=require&password=r"
    assert settings.redact(given) == "postgresql+psycopg://u:***@h:5432/d?sslmode=require&password=***"
    with pytest.raises(ConfigError) as caught:
        config.load(environ={}, overrides={"network.allow": "http://me:secret@host/"})
    assert "secret" not in str(caught.value)


# -- the table itself -------------------------------------------------------------------------------------


def test_every_default_has_a_limit_and_keeps_it() -> None:
    assert list(settings.LIMITS) == NAMES
    for name in NAMES:
        section, _, key = name.partition(".")
        assert settings.LIMITS[name].fault(settings.defaults()[section][key]) is None, name


def test_every_default_has_a_comment_above_it() -> None:
    lines = settings.DEFAULTS.read_text(encoding="utf-8").splitlines()
    pairs = {"poll_max_s"}  # described together with the line above
    for above, line in itertools.pairwise(lines):
        if (found := re.match(r"(\w+) = ", line)) and found[1] not in pairs:
            assert above.startswith("# "), line


@pytest.mark.parametrize("name", NAMES)
def test_every_setting_is_described_in_the_documentation(name: str) -> None:
    section, _, key = name.partition(".")
    text = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    row = re.search(rf"^\| `{section}\.{key}` \| `?(.+?)`? \|", text, re.MULTILINE)
    assert row, f"docs/configuration.md has no row for {name}"
    assert json.loads(row[1]) == settings.defaults()[section][key]


def test_the_json_schema_knows_every_setting() -> None:
    tree = settings.json_schema()["properties"]
    assert [f"{section}.{key}" for section in tree for key in tree[section]["properties"]] == NAMES
    assert tree["network"]["properties"]["schemes"]["items"]["enum"] == ["http", "https"]
    assert tree["crawl"]["properties"]["backfill_days"] == {
        "type": "integer",
        "minimum": 0,
        "maximum": 36500,
        "default": 30,
    }


def test_loading_settings_imports_neither_pydantic_nor_yaml() -> None:
    heavy = "('pydantic', 'yaml', 'lxml', 'config.schema', 'config.model', 'difflib', 'zoneinfo')"
    code = f"import sys, config; config.load(environ={{}}); print([n for n in {heavy} if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


STANDARD = [
    ({"ELASTICSEARCH_URL": "https://es:9200"}, "elasticsearch.url", "https://es:9200"),
    ({"ELASTICSEARCH_API_KEY": "hidden"}, "elasticsearch.api_key", "hidden"),
    ({"ELASTICSEARCH_CA_CERTS": "/etc/ca.pem"}, "elasticsearch.ca_certs", "/etc/ca.pem"),
    ({"ELASTICSEARCH_URL": ""}, "elasticsearch.url", "http://127.0.0.1:9200"),
    (
        {"ELASTICSEARCH_URL": "https://es:9200", "MARSAD_ELASTICSEARCH__URL": "https://ours:9200"},
        "elasticsearch.url",
        "https://ours:9200",
    ),
]


@pytest.mark.parametrize(("environ", "name", "value"), STANDARD)
def test_variables_of_other_programs_stand_below_ours(environ: dict[str, str], name: str, value: str) -> None:
    assert load(environ).settings[name] == value


def test_fault_90_a_key_stands_in_no_file_and_no_message(tmp_path: Path) -> None:
    (tmp_path / "marsad.toml").write_text("[elasticsearch]\napi_key = 'hidden'\n")
    with pytest.raises(ConfigError, match="got a secret, expected no secrets in files") as caught:
        config.load(tmp_path, environ={})
    assert "hidden" not in str(caught.value)
