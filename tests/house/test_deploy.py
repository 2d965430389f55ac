"""The files of deploy/ name commands, settings, metrics and labels that exist."""

from __future__ import annotations

import configparser
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from cli.main import main
from config.settings import defaults, variable_of
from scheduler.clock import END_S
from scheduler.metrics import OUTCOMES, families
from scheduler.outside import ADDRESS
from store.health import State
from store.states import LinkState
from tests.house.test_imports import ROOT
from tests.scheduler.test_metrics import SEEN

DEPLOY = ROOT / "deploy"
LABELS = {sample.name: set(sample.labels) for family in families(SEEN) for sample in family.samples}
WORDS = {
    "state": {*map(str, State), *map(str, LinkState)},
    "outcome": {*OUTCOMES, "under way"},
    "queue": {"frontier", "captured", "outbox", "quarantined"},
    "operation": {"read", "write"},
}
"""label → the words that it may have, where there is a list of them."""
RULES = yaml.safe_load((DEPLOY / "prometheus-rules.yml").read_text("utf-8"))["groups"]
DASHBOARD = json.loads((DEPLOY / "grafana-dashboard.json").read_text("utf-8"))
COMPOSE = yaml.safe_load((DEPLOY / "compose.yml").read_text("utf-8"))
PORT = defaults()["metrics"]["port"]


def rules() -> list[dict[str, Any]]:
    return [rule for group in RULES for rule in group["rules"]]


def expressions() -> Iterator[tuple[str, str, str]]:
    """(where it stands, PromQL, templates of what is shown of its labels)."""
    for rule in rules():
        yield (
            rule.get("alert") or rule["record"],
            rule["expr"],
            " ".join(rule.get("annotations", {}).values()),
        )
    for panel in DASHBOARD["panels"]:
        for target in panel["targets"]:
            yield panel["title"], target["expr"], target.get("legendFormat", "")


def known() -> dict[str, set[str]]:
    """Every name that may stand in PromQL, with its labels: what we print, and what rules record of it."""
    found = dict(LABELS)
    for rule in rules():
        if "record" in rule:
            (source,) = re.findall(r"marsad_\w+", rule["expr"])
            found[rule["record"]] = LABELS[source]
    return found


@pytest.mark.parametrize(("where", "promql", "shown"), [*expressions()], ids=lambda one: str(one)[:40])
def test_rules_and_dashboard_use_metrics_and_labels_that_are_printed(
    where: str, promql: str, shown: str
) -> None:
    names = known()
    used = re.findall(r"\bmarsad[_:][\w:]+", promql)
    assert used, where
    labels = set()
    for name in used:
        assert name in names, f"{where}: {name}"
        labels |= names[name]
    for name, matchers in re.findall(r"\b(marsad[_:][\w:]+)\{([^}]*)\}", promql):
        for label, words in re.findall(r'(\w+)\s*[=!]~?\s*"([^"]*)"', matchers):
            assert label in names[name], f"{where}: {name} has no label {label}"
            if label in WORDS:
                assert set(words.split("|")) <= WORDS[label], f"{where}: {label} {words}"
    for group in re.findall(r"\b(?:by|on|without|ignoring)\s*\(([^)]*)\)", promql):
        assert {word.strip() for word in group.split(",") if word.strip()} <= labels, where
    templates = re.findall(r"\{\{\s*(?:\$labels\.)?(\w+)\s*\}\}", shown)
    aggregated = re.search(r"\bby \(([^)]*)\)", promql)
    left = set(re.findall(r"\w+", aggregated[1])) if aggregated else labels
    assert set(templates) <= left, where


def test_every_metric_is_on_the_dashboard_or_in_a_rule() -> None:
    text = " ".join(promql for _, promql, _ in expressions())
    unused = {name for name in LABELS if not re.search(rf"\b{name}\b", text)}
    assert unused == {
        "marsad_build_info",
        "marsad_links",
        "marsad_job_paused",
        "marsad_collection_duration_seconds",
    }


def test_alerts_say_what_to_do_and_how_urgent_it_is() -> None:
    alerts = [rule for rule in rules() if "alert" in rule]
    assert len({rule["alert"] for rule in alerts}) == len(alerts) > 15
    for rule in alerts:
        assert rule["labels"]["severity"] in ("page", "ticket"), rule["alert"]
        assert set(rule["annotations"]) == {"summary", "next"}, rule["alert"]
        assert re.fullmatch(r"\d+[mhd]", rule["for"])
        commands_exist(rule["annotations"]["next"])


def commands_exist(text: str) -> None:
    """Every ``marsad …`` in *text* is a command."""
    for words in re.findall(r"\bmarsad ((?:[a-z-]+ ?)+)", text):
        context, command = click.Context(main), main
        for word in words.split():
            if not isinstance(command, click.Group):
                break  # an argument
            found = command.get_command(context, word)
            assert found is not None, f"marsad {words}"
            command = found  # type: ignore[assignment]  # a group or the command at the end


def test_promtool_takes_the_rules() -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not installed")
    done = subprocess.run(
        [promtool, "check", "rules", DEPLOY / "prometheus-rules.yml"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_prometheus_asks_where_the_endpoint_is() -> None:
    told = yaml.safe_load((DEPLOY / "prometheus.yml").read_text("utf-8"))
    (scrape,) = told["scrape_configs"]
    assert scrape["static_configs"] == [{"targets": [f"{ADDRESS}:{PORT}"]}]
    assert told["rule_files"] == ["prometheus-rules.yml"]


def test_panels_lie_beside_each_other() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        at = panel["gridPos"]
        cells = {(at["x"] + x, at["y"] + y) for x in range(at["w"]) for y in range(at["h"])}
        assert not cells & taken, panel["title"]
        assert at["x"] + at["w"] <= 24
        taken |= cells
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])


# -- systemd ------------------------------------------------------------------------------------------------


def unit() -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # names of systemd have capitals
    parser.read(DEPLOY / "marsad.service")
    return parser


def test_the_unit_starts_what_exists_and_gives_it_time_to_end() -> None:
    service = unit()["Service"]
    assert service["Type"] == "exec"
    assert service["ExecStart"].endswith("/marsad up")
    assert service["ExecReload"] == "/bin/kill -HUP $MAINPID"
    assert END_S < int(service["TimeoutStopSec"]) <= 15
    assert service["KillMode"] == "mixed", "the scheduler ends its processes in order"
    assert service["Environment"] == f"MARSAD_HOME=/var/lib/{service['StateDirectory']}"
    for line in ("NoNewPrivileges=yes", "ProtectSystem=strict", "Restart=on-failure", "PrivateTmp=yes"):
        name, _, value = line.partition("=")
        assert service[name] == value


def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("systemd-analyze is not installed")
    program = tmp_path / "marsad"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    text = (DEPLOY / "marsad.service").read_text("utf-8")
    copy = tmp_path / "marsad.service"
    # It looks whether the program is there, and it need not be installed where this runs.
    copy.write_text(text.replace("/opt/marsad/.venv/bin/marsad", str(program)))
    done = subprocess.run([analyze, "verify", "--man=no", copy], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


# -- compose ------------------------------------------------------------------------------------------------


def test_compose_runs_commands_and_settings_that_exist() -> None:
    service = COMPOSE["services"]["marsad"]
    assert service["command"] == ["up"]
    assert service["healthcheck"]["test"] == ["CMD", "marsad", "health"]
    for words in (service["command"], service["healthcheck"]["test"][2:]):
        commands_exist(f"marsad {' '.join(words)}")
    assert service["stop_grace_period"] == "15s"
    names = {variable_of(f"{section}.{key}") for section, keys in defaults().items() for key in keys}
    assert set(service["environment"]) <= names
    assert service["environment"]["MARSAD_METRICS__PORT"] == str(PORT)
    assert service["build"]["dockerfile"] == "deploy/Dockerfile"
    assert (ROOT / service["build"]["dockerfile"]).is_file()


def test_whatever_compose_mounts_is_there_and_what_is_written_is_a_volume() -> None:
    for name, service in COMPOSE["services"].items():
        for mount in service["volumes"]:
            source = mount.split(":")[0]
            if source.startswith("."):
                assert (DEPLOY / source).is_file(), f"{name}: {mount}"
            else:
                assert source in COMPOSE["volumes"], f"{name}: {mount}"
    image = (DEPLOY / "Dockerfile").read_text("utf-8")
    home = re.search(r"MARSAD_HOME=(\S+)", image)
    assert home is not None
    assert f"home:{home[1]}" in COMPOSE["services"]["marsad"]["volumes"]
    assert "USER marsad" in image


def test_prometheus_reaches_an_endpoint_that_is_bound_to_the_container_alone() -> None:
    assert COMPOSE["services"]["prometheus"]["network_mode"] == "service:marsad"
    published = COMPOSE["services"]["marsad"]["ports"]
    assert all(port.startswith("127.0.0.1:") for port in published)
    assert not any(str(PORT) in port for port in published), "it is bound to 127.0.0.1: nobody would answer"
