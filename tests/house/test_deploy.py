"""The files of deploy/ name commands, settings, metrics and labels that exist."""

from __future__ import annotations

import configparser
import json
import os
import re
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from cli.main import main
from config.loader import load
from config.settings import STANDARD, defaults, variable_of
from scheduler.clock import END_S
from scheduler.jobs import jobs
from scheduler.metrics import OUTCOMES, families
from scheduler.outside import ADDRESS
from search.elasticsearch.client import OLDEST
from store.health import State
from store.states import LinkState
from tests.elasticsearch.fetch import BUILDS
from tests.house.test_imports import ROOT
from tests.scheduler.test_metrics import SEEN

DEPLOY = ROOT / "deploy"
LABELS = {sample.name: set(sample.labels) for family in families(SEEN) for sample in family.samples}
WORDS = {
    "job_name": {job.name for job in jobs(load(environ={}).settings)},
    "state": {*map(str, State), *map(str, LinkState)},
    "outcome": {*OUTCOMES, "under way"},
    "queue": {"frontier", "captured", "outbox", "quarantined"},
    "operation": {"read", "write"},
}
"""label → the words that it may have, where there is a list of them."""
RULES = yaml.safe_load((DEPLOY / "prometheus-rules.yml").read_text("utf-8"))["groups"]
DASHBOARD = json.loads((DEPLOY / "grafana-dashboard.json").read_text("utf-8"))
COMPOSE = yaml.safe_load((DEPLOY / "docker-compose.yml").read_text("utf-8"))
COMPOSE_TEXT = (DEPLOY / "docker-compose.yml").read_text("utf-8")
IMAGE = (DEPLOY / "Dockerfile").read_text("utf-8")
LOCK = (DEPLOY / "requirements.lock").read_text("utf-8")
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


def promtool(*arguments: str | Path) -> None:
    """Run Prometheus' own program (Debian's package ``prometheus``), where it is installed."""
    program = shutil.which("promtool")
    if program is None:
        pytest.skip("promtool is not installed")
    done = subprocess.run([program, *arguments], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_promtool_takes_the_configuration_the_rules_and_all_that_the_dashboard_asks(tmp_path: Path) -> None:
    promtool("check", "config", DEPLOY / "prometheus.yml")  # and the rules that it names
    asked = [target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]]
    asked_as_rules = [{"record": f"panel:{at}", "expr": expr} for at, expr in enumerate(asked)]
    file = tmp_path / "dashboard.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": asked_as_rules}]}))
    promtool("check", "rules", file)


def health(source: str, state: str) -> str:
    return f'marsad_source_health{{source="{source}",state="{state}"}}'


GOES_ON = "0+60x3600"
"""A timestamp that is always now: a value a minute, as Prometheus is told them here."""
STOOD_STILL = "0x3600"
ONE, NONE = "1x3600", "0x3600"
A = {"source": "a"}
ALERTS: list[tuple[str, str, dict[str, str], dict[str, str] | None, str]] = [
    ("MarsadSchedulerDown", "6m", {}, {}, "No scheduler runs, so nothing is collected."),
    (
        "MarsadSchedulerDown", "6m", {"marsad_scheduler_up": NONE}, {},
        "No scheduler runs, so nothing is collected.",
    ),
    ("MarsadSchedulerDown", "6m", {"marsad_scheduler_up": ONE}, None, ""),
    (
        "MarsadMetricsOld", "12m", {"marsad_collected_timestamp_seconds": STOOD_STILL}, {},
        "Metrics are 12m 0s old; whoever writes the file has stopped.",
    ),
    ("MarsadMetricsOld", "12m", {"marsad_collected_timestamp_seconds": GOES_ON}, None, ""),
    (
        "MarsadNothingNew", "4h",
        {f'marsad_source_last_new_timestamp_seconds{{source="{one}"}}': STOOD_STILL for one in "ab"}, {},
        "No source at all has listed anything new for 4h 0m 0s.",
    ),
    (
        "MarsadNothingNew", "4h",
        {
            'marsad_source_last_new_timestamp_seconds{source="a"}': STOOD_STILL,
            'marsad_source_last_new_timestamp_seconds{source="b"}': GOES_ON,
        }, None, "",
    ),
    (
        "MarsadManySourcesDown", "16m",
        {
            health("a", "ok"): NONE, health("a", "failing"): ONE, health("a", "blocked"): NONE,
            health("b", "ok"): ONE, health("b", "failing"): NONE, health("b", "blocked"): NONE,
        }, {}, "50% of the sources are failing or blocked: rather us than them.",
    ),
    (
        "MarsadManySourcesDown", "16m",
        {
            health("a", "failing"): ONE, **{health(one, "ok"): ONE for one in "abcde"},
        }, None, "",
    ),
    (
        "MarsadSourceFailing", "2h", {health("a", "retired"): ONE}, {**A, "state": "retired"},
        "a is retired.",
    ),
    (
        "MarsadSourceBlocked", "2h", {health("a", "blocked"): ONE}, {**A, "state": "blocked"},
        "a keeps us out (blocked); that is never evaded.",
    ),
    (
        "MarsadSourceUnusual", "6h", {health("a", "warning"): ONE}, {**A, "state": "warning"},
        "a brings less or more than it usually does, or a listing of it fails.",
    ),
    ("MarsadSourceUnusual", "6h", {health("a", "warning"): "1x200 0 1x3600"}, None, ""),
    (
        "MarsadGapOpen", "11m", {'marsad_source_open_gap_seconds{source="a"}': "90000x99"}, A,
        "a has not been collected for 1d 1h 0m 0s.",
    ),
    (
        "MarsadReadingStuck", "3h", {'marsad_queue_oldest_timestamp_seconds{queue="captured"}': STOOD_STILL},
        {"queue": "captured"}, "The oldest page that waits to be read was fetched 3h 0m 0s ago.",
    ),
    (
        "MarsadReadingStuck", "3h", {'marsad_queue_oldest_timestamp_seconds{queue="captured"}': GOES_ON},
        None, "",
    ),
    (
        "MarsadIndexingStuck", "3h", {'marsad_queue_oldest_timestamp_seconds{queue="outbox"}': STOOD_STILL},
        {"queue": "outbox"}, "The article that waits longest for the index has waited 3h 0m 0s.",
    ),
    (
        "MarsadIndexingStuck", "3h", {'marsad_queue_oldest_timestamp_seconds{queue="outbox"}': GOES_ON},
        None, "",
    ),
    (
        "MarsadReadingStuck", "3h", {'marsad_queue_oldest_timestamp_seconds{queue="outbox"}': STOOD_STILL},
        None, "",
    ),
    (
        "MarsadQuarantine", "61m", {'marsad_queue_size{queue="quarantined"}': "3x99"},
        {"queue": "quarantined"}, "3 pages could not be read and were set aside.",
    ),
    (
        "MarsadJobFailing", "2h", {'marsad_job_last_outcome{job_name="read",outcome="timeout"}': ONE},
        {"job_name": "read", "outcome": "timeout"}, "The last run of job read ended as timeout.",
    ),
    (
        "MarsadJobFailing", "2h", {'marsad_job_last_outcome{job_name="read",outcome="partial"}': ONE}, None,
        "",
    ),
    (
        "MarsadJobOverdue", "3h", {'marsad_job_due_timestamp_seconds{job_name="crawl"}': STOOD_STILL},
        {"job_name": "crawl"}, "Job crawl has been due for 3h 0m 0s.",
    ),
    (
        "MarsadBackupOld", "50h",
        {'marsad_job_last_success_timestamp_seconds{job_name="backup"}': STOOD_STILL},
        {"job_name": "backup"}, "The newest backup of the ledger is 2d 2h 0m 0s old.",
    ),
    (
        "MarsadBackupMissing", "49h", {'marsad_job_paused{job_name="backup"}': NONE}, {"job_name": "backup"},
        "The ledger has never been backed up by the scheduler.",
    ),
    ("MarsadBackupMissing", "49h", {}, None, ""),
    (
        "MarsadBackupMissing", "49h",
        {
            'marsad_job_paused{job_name="backup"}': NONE,
            'marsad_job_last_success_timestamp_seconds{job_name="backup"}': STOOD_STILL,
        }, None, "",
    ),
    (
        "MarsadDiskFull", "2m",
        {"marsad_disk_free_bytes": "1048576x9", "marsad_disk_required_bytes": "2097152x9"}, {},
        "1MiB are free: nothing more is fetched.",
    ),
    (
        "MarsadDiskFills", "16m",
        {"marsad_disk_free_bytes": "8388608x99", "marsad_disk_required_bytes": "2097152x99"}, {},
        "8MiB are free at the home.",
    ),
    (
        "MarsadDiskFull", "16m",
        {"marsad_disk_free_bytes": "8388608x99", "marsad_disk_required_bytes": "2097152x99"}, None, "",
    ),
    (
        "MarsadStoreFails", "6m", {'marsad_store_up{operation="write"}': NONE}, {"operation": "write"},
        "The ledger cannot be used: write fails.",
    ),
    (
        "MarsadStoreSlow", "16m", {'marsad_store_latency_seconds{operation="read"}': "7.5x99"},
        {"operation": "read"}, "A read of the ledger takes 7.5s.",
    ),
    (
        "MarsadMemory", "16m", {"marsad_scheduler_resident_memory_bytes": "629145600x99"}, {},
        "The scheduler holds 600MiB; a fifth of that is usual.",
    ),
]  # fmt: skip
"""(alert, after how long, metric → its values a minute, labels of the one that fires or ``None``, summary)"""


def alert_test(rule: dict[str, Any], after: str, series: dict[str, str], fires: Any) -> dict[str, Any]:
    return {
        "name": f"{rule['alert']} after {after}",
        "interval": "1m",
        "input_series": [{"series": name, "values": values} for name, values in series.items()],
        "alert_rule_test": [{"alertname": rule["alert"], "eval_time": after, "exp_alerts": fires}],
    }


@pytest.mark.parametrize(("days", "every"), [(False, "1m"), (True, "30m")], ids=["hours", "days"])
def test_promtool_sees_each_alert_fire_when_it_should_and_only_then(
    days: bool, every: str, tmp_path: Path
) -> None:
    known = {rule["alert"]: rule for rule in rules() if "alert" in rule}
    assert {alert for alert, _, _, labels, _ in ALERTS if labels is not None} == set(known)
    tests = []
    for alert, after, series, labels, summary in ALERTS:
        if days is not (after in ("49h", "50h")):
            continue
        rule, fires = known[alert], []
        if labels is not None:
            move = rule["annotations"]["next"]
            for label, word in labels.items():
                move = move.replace(f"{{{{ $labels.{label} }}}}", word)
            annotations = {"summary": summary, "next": move}
            fires = [{"exp_labels": {**rule["labels"], **labels}, "exp_annotations": annotations}]
        tests.append(alert_test(rule, after, series, fires))
    file = tmp_path / "tests.yml"
    named = [str(DEPLOY / "prometheus-rules.yml")]
    file.write_text(yaml.safe_dump({"rule_files": named, "evaluation_interval": every, "tests": tests}))
    promtool("test", "rules", file)


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


OURS = ("marsad", "marsad-command")
ELASTIC = ("elasticsearch", "kibana-password", "snapshots-owner", "kibana")


def test_compose_runs_commands_and_settings_that_exist() -> None:
    service = COMPOSE["services"]["marsad"]
    assert service["command"] == ["up"]
    assert service["healthcheck"]["test"] == ["CMD", "marsad", "health"]
    for words in (service["command"], service["healthcheck"]["test"][2:]):
        commands_exist(f"marsad {' '.join(words)}")
    assert int(service["stop_grace_period"].removesuffix("s")) > END_S
    names = {variable_of(f"{section}.{key}") for section, keys in defaults().items() for key in keys}
    for name in OURS:
        service = COMPOSE["services"][name]
        assert set(service["environment"]) <= names | set(STANDARD)
        assert service["environment"]["MARSAD_METRICS__PORT"] == str(PORT)
        assert service["build"]["dockerfile"] == "deploy/Dockerfile"
        assert (ROOT / service["build"]["dockerfile"]).is_file()
    for line in re.findall(r"run --rm marsad-command (.*)", COMPOSE_TEXT):
        commands_exist(f"marsad {line}")


def test_the_server_is_of_the_version_that_is_tested_and_is_asked_where_it_listens() -> None:
    services = COMPOSE["services"]
    versions = {name: services[name]["image"].rpartition(":")[2] for name in ELASTIC}
    assert set(versions.values()) == {BUILDS["8"].version}
    assert tuple(map(int, BUILDS["8"].version.split(".")[:2])) >= OLDEST
    client = re.search(r"^elasticsearch==(\d+)\.", LOCK, re.M)
    assert client is not None and client[1] == BUILDS["8"].version.split(".")[0]
    port = services["elasticsearch"]["ports"][0].rpartition(":")[2]
    asked = {services[name]["environment"]["ELASTICSEARCH_URL"] for name in OURS}
    asked.add(services["kibana"]["environment"]["ELASTICSEARCH_HOSTS"])
    assert asked == {f"http://elasticsearch:{port}"}
    assert f"127.0.0.1:{port}/" in services["elasticsearch"]["healthcheck"]["test"][1]
    assert services["elasticsearch"]["environment"]["xpack.security.enabled"] == "true"
    heap = int(re.search(r"-Xmx(\d+)g", services["elasticsearch"]["environment"]["ES_JAVA_OPTS"])[1])  # type: ignore[index]
    assert services["elasticsearch"]["mem_limit"] == f"{2 * heap}g", "half of the memory is the heap"


def test_every_variable_that_compose_asks_for_is_named_in_its_head() -> None:
    head = COMPOSE_TEXT.partition("\nname:")[0]
    asked = set(re.findall(r"(?<!\$)\$\{(\w+)", COMPOSE_TEXT))
    assert asked == {"ELASTIC_PASSWORD", "KIBANA_PASSWORD", "ELASTICSEARCH_API_KEY", "MARSAD_INDEX__ENGINE"}
    assert all(name in head for name in asked)


@pytest.mark.parametrize("name", COMPOSE["services"])
def test_a_service_has_limits_no_privileges_and_ports_of_this_machine_alone(name: str) -> None:
    service = COMPOSE["services"][name]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["mem_limit"] and service["pids_limit"]
    # One is root, to give a folder away, and can do nothing else.
    assert service["user"].split(":")[0] != "0" or service["cap_add"] == ["CHOWN"]
    assert all(port.startswith("127.0.0.1:") for port in service.get("ports", ()))
    if name.endswith(("-password", "-owner", "-command")):
        assert "restart" not in service, "it ends"
    else:
        assert service["healthcheck"]["test"]
    wanted = service.get("depends_on", {})
    for other in wanted:
        condition = wanted[other]["condition"] if isinstance(wanted, dict) else ""
        assert other in COMPOSE["services"]
        assert condition != "service_healthy" or "healthcheck" in COMPOSE["services"][other]


def test_compose_starts_again_whatever_a_reboot_of_the_machine_ended() -> None:
    told = {service["restart"] for service in COMPOSE["services"].values() if "restart" in service}
    assert told == {"unless-stopped"}


def test_whatever_compose_mounts_is_there_and_what_is_written_is_a_volume() -> None:
    used = set()
    for name, service in COMPOSE["services"].items():
        for mount in service.get("volumes", ()):
            source = mount.split(":")[0]
            if source.startswith("."):
                assert (DEPLOY / source).is_file(), f"{name}: {mount}"
            else:
                assert source in COMPOSE["volumes"], f"{name}: {mount}"
                used.add(source)
    assert used == set(COMPOSE["volumes"])
    home = re.search(r"MARSAD_HOME=(\S+)", IMAGE)
    assert home is not None
    for name in OURS:
        assert f"home:{home[1]}" in COMPOSE["services"][name]["volumes"]
        assert f"USER {COMPOSE['services'][name]['user']}\n" in IMAGE
    path = COMPOSE["services"]["elasticsearch"]["environment"]["path.repo"]
    assert f"snapshots:{path}" in COMPOSE["services"]["elasticsearch"]["volumes"]


def test_the_image_holds_what_was_tested_and_no_test_tools() -> None:
    """Each package of the image is one of those that the tests ran with, in the same version."""
    pinned = set(re.findall(r"^[a-z0-9.-]+==[^ ]+", LOCK, re.M))
    assert pinned < set(re.findall(r"^[a-z0-9.-]+==[^ ]+", (ROOT / "requirements.lock").read_text(), re.M))
    names = {one.partition("==")[0] for one in pinned}
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    asked = [*declared["dependencies"], *chain.from_iterable(declared["optional-dependencies"].values())]
    for wanted in asked:
        name = re.split(r"[<>=\[ ;]", wanted)[0].lower().replace(".", "-").replace("_", "-")
        assert name in names, wanted
    assert not names & {"pytest", "mypy", "ruff", "hypothesis"}
    assert "--require-hashes" in IMAGE and "deploy/requirements.lock" in IMAGE
    version = re.search(r"FROM python:(\d+\.\d+)-slim", IMAGE)
    assert version is not None and version[1] in ("3.11", "3.12", "3.13", "3.14")


def test_hadolint_takes_the_dockerfile() -> None:
    hadolint = shutil.which("hadolint")
    if hadolint is None:
        pytest.skip("hadolint is not installed")
    done = subprocess.run([hadolint, DEPLOY / "Dockerfile"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_docker_takes_the_compose_file() -> None:
    docker = shutil.which("docker")
    if docker is None or subprocess.run([docker, "compose", "version"], capture_output=True).returncode:
        pytest.skip("docker compose is not installed")
    done = subprocess.run(
        [docker, "compose", "-f", DEPLOY / "docker-compose.yml", "config", "--quiet"],
        capture_output=True,
        text=True,
        env={**os.environ, "ELASTIC_PASSWORD": "x"},
    )
    assert done.returncode == 0, done.stderr


def test_prometheus_reaches_an_endpoint_that_is_bound_to_the_container_alone() -> None:
    assert COMPOSE["services"]["prometheus"]["network_mode"] == "service:marsad"
    published = COMPOSE["services"]["marsad"]["ports"]
    assert all(port.startswith("127.0.0.1:") for port in published)
    assert not any(str(PORT) in port for port in published), "it is bound to 127.0.0.1: nobody would answer"
