"""``marsad config`` and ``marsad sources`` as they are typed."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from cli.config_commands import config as config_group
from cli.context import App
from cli.main import main
from cli.sources_commands import sources as sources_group
from config import ConfigError, opml, schema
from config.reading import read_yaml
from tests.config.conftest import GOOD
from tests.data import ROOT

Overlay = Callable[..., Path]
FEEDS = b"""<opml version="2.0"><body><outline text="Maroc">
  <outline type="rss" text="Un" language="fr" xmlUrl="https://un.example.ma/feed"
    htmlUrl="https://un.example.ma/"/>
  <outline type="rss" text="Deux" xmlUrl="gopher://deux.example.ma/"/>
</outline></body></opml>"""


@pytest.fixture(autouse=True)
def _no_settings_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MARSAD_CONFIG", "MARSAD_HOME"):
        monkeypatch.delenv(name, raising=False)


def sources(*arguments: str, overlay: Path | None = None) -> Result:
    return CliRunner().invoke(sources_group, arguments, obj=App(overlay))


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


# -- sources ----------------------------------------------------------------------------------------------


def test_list_is_a_table_with_states_and_reasons() -> None:
    result = sources("list")
    lines = result.stdout.splitlines()
    assert lines[0].split() == ["ID", "COUNTRY", "SCOPE", "LANGUAGES", "ENTRIES", "STATE"]
    assert len(lines) == 179
    row = next(line for line in lines if line.startswith("map "))
    assert "disabled: Answers 403" in row
    assert result.stderr == "178 outlets, 157 enabled\n"


@pytest.mark.parametrize(
    ("options", "count"),
    [
        (["--all"], 178),
        (["--enabled"], 157),
        (["--country", "es"], 20),
        (["--country", "ES", "--enabled"], 19),
        (["--scope", "official"], 4),
        (["--scope", "official", "--scope", "agency", "--country", "MA"], 6),
    ],
)
def test_list_as_json_says_the_same_as_the_catalogue(options: list[str], count: int) -> None:
    rows = json.loads(sources("list", "--json", *options).stdout)
    assert len(rows) == count
    assert {"id", "name", "country", "languages", "scope", "enabled", "reason", "entry_points"} <= set(
        rows[0]
    )


def test_list_of_nothing_exits_3() -> None:
    assert sources("list", "--country", "XX").exit_code == 3


def test_dated_rules_are_listed_as_json(overlay: Overlay) -> None:
    rules = GOOD + "rules: [{valid_from: 2026-01-02, body: .text}]\n"
    rows = json.loads(sources("list", "--json", overlay=overlay({"sources/fr/example.yml": rules})).stdout)
    assert rows[0]["rules"][0]["valid_from"] == "2026-01-02"


def test_check_counts_and_names_what_rests_on_guesses() -> None:
    result = sources("check")
    assert result.stdout == "178 outlets: 157 enabled, 21 disabled with a reason\n"
    assert "enabled, but on guessed addresses alone (8): 7news-ma " in result.stderr


def test_check_of_named_outlets_says_each() -> None:
    result = sources("check", "map", "hespress")
    assert result.exit_code == 0
    assert result.stdout.splitlines()[0] == "hespress: ok, 6 entry points (1 guessed)"
    assert result.stdout.splitlines()[1].startswith(
        "map: ok, 5 entry points (1 guessed), disabled: Answers 403"
    )


def test_check_of_an_unknown_outlet_is_a_usage_error_with_the_nearest() -> None:
    result = sources("check", "hespres")
    assert result.exit_code == 2
    assert "no outlet 'hespres'; did you mean 'hespress'?" in result.stderr


def test_check_of_one_outlet_is_not_disturbed_by_another(overlay: Overlay) -> None:
    folder = overlay({"sources/fr/example.yml": GOOD, "sources/fr/other.yml": "id: [\n"})
    assert sources("check", "example", overlay=folder).exit_code == 0
    faulty = sources("check", "other", overlay=folder)
    assert isinstance(faulty.exception, ConfigError)
    assert [fault.file for fault in faulty.exception.faults] == ["sources/fr/other.yml"]


def test_an_outlet_of_a_file_of_several_is_checked_by_its_id(overlay: Overlay) -> None:
    rows = [GOOD.replace("example", name) for name in ("alpha", "beta")]
    listed = "".join("- " + row.strip().replace("\n", "\n  ") + "\n" for row in rows)
    folder = overlay({"sources/ma/several.yml": listed})
    assert sources("check", "beta", overlay=folder).stdout.startswith("beta: ok")
    assert "did you mean 'alpha'?" in sources("check", "alfa", overlay=folder).stderr


def test_import_writes_files_that_pass_and_says_what_it_refused(tmp_path: Path) -> None:
    (tmp_path / "feeds.opml").write_bytes(FEEDS)
    folder = tmp_path / "new"
    result = sources("import", str(tmp_path / "feeds.opml"), "--to", str(folder))
    assert result.exit_code == 1
    written = folder / "sources" / "ma" / "un.yml"
    assert result.stdout == f"un  1 feed  {written}\n"
    assert "refused: Deux  gopher://deux.example.ma/  expected http or https" in result.stderr
    assert "1 written, 1 refused" in result.stderr
    assert sources("check", overlay=folder).stdout == "1 outlet: 1 enabled, 0 disabled with a reason\n"


def test_import_never_overwrites(tmp_path: Path) -> None:
    (tmp_path / "feeds.opml").write_bytes(FEEDS)
    path = tmp_path / "sources" / "ma" / "un.yml"
    path.parent.mkdir(parents=True)
    path.write_text("mine")
    result = sources("import", str(tmp_path / "feeds.opml"), "--json", overlay=tmp_path)
    assert path.read_text() == "mine"
    report = json.loads(result.stdout)
    assert report["written"] == []
    assert [refusal["reason"] for refusal in report["refused"]] == [
        "expected http or https",
        f"{path} exists",
    ]


def test_import_needs_a_folder_and_an_opml_file(tmp_path: Path) -> None:
    (tmp_path / "feeds.opml").write_bytes(FEEDS)
    (tmp_path / "empty.opml").write_bytes(b"<opml/>")
    (tmp_path / "page.html").write_bytes(b"<html/>")
    assert sources("import", str(tmp_path / "feeds.opml")).exit_code == 2
    assert sources("import", str(tmp_path / "page.html"), "--to", str(tmp_path)).exit_code == 2
    assert sources("import", str(tmp_path / "empty.opml"), "--to", str(tmp_path)).exit_code == 3


def test_what_is_exported_and_imported_is_a_catalogue_again(tmp_path: Path) -> None:
    path, folder = tmp_path / "out.opml", tmp_path / "overlay"
    exported = sources("export", "--opml", "--output", str(path))
    assert re.fullmatch(r"164 feeds of 139 outlets; enabled without a feed: 18\n", exported.stderr)
    assert sources("export", "--opml").stdout_bytes == path.read_bytes()
    assert sources("import", str(path), "--to", str(folder)).exit_code == 0
    assert sources("check", overlay=folder).stdout == "139 outlets: 139 enabled, 0 disabled with a reason\n"
    again = sources("export", "--opml", overlay=folder)
    assert feeds(again.stdout_bytes) == feeds(path.read_bytes())


def feeds(data: bytes) -> list[tuple[str, str]]:
    return [(dict(outline.ours)["id"], outline.feed) for outline in opml.read(data)[0]]


# -- config -----------------------------------------------------------------------------------------------


def test_config_check_counts_what_there_is() -> None:
    result = run("config", "check")
    assert result.exit_code == 0
    assert "178  outlets\n" in result.stdout
    assert result.stderr == "configuration: ok\n"
    assert json.loads(run("config", "check", "--json").stdout)["towns"] == 140


def test_config_check_lists_faults_of_settings_and_files_and_exits_4(overlay: Overlay) -> None:
    folder = overlay({"marsad.toml": "[log]\nlevel = 'x'\n", "sources/fr/example.yml": "id: 1\n"})
    result = run("--config", str(folder), "--set", "crawl.lease_s=x", "config", "check")
    assert result.exit_code == 4
    assert result.stdout == ""
    for said in ("marsad.toml: log.level: ", "command line: crawl.lease_s: ", "sources/fr/example.yml: id: "):
        assert said in result.stderr


def test_config_show_is_toml_with_origins(overlay: Overlay) -> None:
    folder = overlay({"marsad.toml": "[crawl]\nbackfill_days = 3\n"})
    result = run(
        "--config", str(folder), "--set", "network.allow=127.66.0.0/16", "config", "show", "--origin"
    )
    tree = tomllib.loads(result.stdout)
    assert tree["crawl"]["backfill_days"] == 3
    assert tree["network"]["allow"] == ["127.66.0.0/16"]
    assert f"backfill_days = 3  # {folder}/marsad.toml" in result.stdout
    assert 'allow = ["127.66.0.0/16"]  # command line' in result.stdout
    report = json.loads(run("--config", str(folder), "config", "show", "--json").stdout)
    assert report["settings"]["crawl"]["backfill_days"] == 3
    assert report["origins"]["crawl.backfill_days"] == f"{folder}/marsad.toml"


def test_config_show_keeps_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MARSAD_POLITENESS__USER_AGENT", "Bot (+https://me:secret@example.com)")
    for options in (["--origin"], ["--json"]):
        shown = run("config", "show", *options)
        assert "https://***@example.com" in shown.stdout
        assert "secret" not in shown.output


@pytest.mark.parametrize(("what", "key"), [("source", "entry_points"), ("settings", "crawl")])
def test_config_schema_is_json_schema(what: str, key: str) -> None:
    tree = json.loads(run("config", "schema", what).stdout)
    assert tree["additionalProperties"] is False
    assert key in tree["properties"]


# -- help and documentation -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "command",
    [
        *(pytest.param(command, id=f"sources {name}") for name, command in sources_group.commands.items()),
        *(pytest.param(command, id=f"config {name}") for name, command in config_group.commands.items()),
    ],
)
def test_every_command_has_help_with_an_example(command: click.Command) -> None:
    assert command.help
    assert re.search(r"\bExamples?:\n +marsad ", command.help)
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, parameter.name


def test_the_example_of_the_documentation_is_a_valid_outlet(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "sources.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    folder = tmp_path / "sources" / "ma"
    folder.mkdir(parents=True)
    (folder / "exemple-presse.yml").write_text(example, encoding="utf-8")
    result = sources("check", "exemple-presse", overlay=tmp_path)
    assert result.stdout in text


def test_the_documentation_names_every_key_of_an_outlet() -> None:
    text = (ROOT / "docs" / "sources.md").read_text(encoding="utf-8")
    table = text.partition("## The keys")[2].partition("\n## ")[0]
    models: list[type[schema.Strict]] = [
        schema.SourceFile,
        schema.EntryPointFile,
        schema.RuleFile,
        schema.PolitenessFile,
    ]
    for model in models:
        for name in model.model_fields:
            assert f"`{name}`" in table, name


def test_the_documentation_names_every_outlet_that_refuses() -> None:
    text = (ROOT / "docs" / "sources.md").read_text(encoding="utf-8")
    refusals = text.partition("## Outlets that refuse")[2].partition("\n## ")[0]
    rows = json.loads(sources("list", "--json").stdout)
    for row in rows:
        if not row["enabled"]:
            assert f"`{row['id']}`" in refusals, row["id"]


def test_the_documentation_names_every_file_of_the_configuration() -> None:
    text = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    for name in schema.FILES:
        assert name.rpartition("/")[2] in text, name
    assert read_yaml(ROOT / "config" / "evidence.yml", "evidence.yml")[1] == []
