"""Metrics of a running scheduler as others get them: by HTTP, by a file, by the command."""

from __future__ import annotations

import http.client
import json
import random
import signal
import socket
import stat
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from scheduler.outside import write
from tests.crawlers.outlets import Outlets
from tests.scheduler.up import SWIFT, marsad, up
from tests.site.faults import Host, Site, status

Values = dict[tuple[str, ...], float]


@pytest.fixture
def site() -> Iterator[Site]:
    with Site() as site:
        yield site


@pytest.fixture
def port() -> int:
    """A port that nobody has, below those which the system gives to whoever connects somewhere."""
    for number in random.sample(range(20_000, 32_000), 200):
        with closing(socket.socket()) as probe, suppress(OSError):
            probe.bind(("127.0.0.1", number))
            return number
    raise AssertionError("no port is free")


def settings(port: int, file: Path | None = None) -> dict[str, dict[str, Any]]:
    return {
        **SWIFT,
        "metrics": {"port": port, "file": str(file or "")},
        "scheduler": {**SWIFT["scheduler"], "health_every_s": 1},
    }


def parsed(text: str) -> Values:
    """Every sample of Prometheus' text, under its name and label values."""
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def asked(port: int, path: str = "/metrics", *, method: str = "GET", host: str | None = "") -> Any:
    """(status, headers, body) of the endpoint; *host* as the header says it, ``None``: no such header."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        connection.putrequest(method, path, skip_host=True)
        if host is not None:
            connection.putheader("Host", host or f"127.0.0.1:{port}")
        connection.endheaders()
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read().decode()


def metrics_of(port: int) -> Values:
    try:
        code, headers, body = asked(port)
    except OSError:
        return {}
    assert code == 200
    assert headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    return parsed(body)


def stock(host: Host, count: int) -> None:
    host.feed("/feed", [f"/news/{number}" for number in range(count)])


def test_endpoint_file_and_command_tell_what_a_crawl_has_brought(
    site: Site, tmp_path: Path, port: int
) -> None:
    file = tmp_path / "textfile" / "marsad.prom"
    file.parent.mkdir()
    outlets = Outlets(tmp_path, settings(port, file))
    good, sick = site.host(), site.host()
    stock(good, 3)
    good.on("/news/1", status(404))
    sick.on("/feed", status(500))
    outlets.add("good", good)
    outlets.add("sick", sick)
    began = datetime.now(UTC).timestamp()
    with up(outlets) as clock:
        clock.until(lambda: clock.ledger.status().articles == 2, "two articles")
        clock.until(lambda: clock.ledger.health().get("sick"), "a judgement")
        clock.until(lambda: clock.ended("outbox", outcome="ok"), "an indexing run")

        def complete() -> Values | None:
            values = metrics_of(port)
            ready = (
                values.get(("marsad_articles",)) == 2
                and values.get(("marsad_job_last_success_timestamp_seconds", "outbox"))
                and values.get(("marsad_source_health", "sick", "failing")) == 1
                and values.get(("marsad_source_listings", "sick", "500"))
                and values.get(("marsad_queue_size", "outbox")) == 0
            )
            return values if ready else None

        served = clock.until(complete, "all of it in the metrics")
        assert served["marsad_scheduler_up",] == 1
        assert 20e6 < served["marsad_scheduler_resident_memory_bytes",] < 500e6
        assert served["marsad_revisions",] == 2
        assert served["marsad_links", "stored"] == 2
        assert served["marsad_links", "rejected"] == 1
        assert served["marsad_rejected_links", "gone"] == 1
        for queue in ("frontier", "captured", "quarantined"):
            assert served["marsad_queue_size", queue] == 0
        now = datetime.now(UTC).timestamp()
        assert began < served["marsad_source_last_ok_timestamp_seconds", "good"] < now
        assert began - 60 < served["marsad_source_last_new_timestamp_seconds", "good"] < now, "to the minute"
        assert ("marsad_source_last_ok_timestamp_seconds", "sick") not in served
        assert served["marsad_source_health", "sick", "ok"] == 0
        assert served["marsad_source_health", "good", "failing"] == 0
        assert began < served["marsad_job_last_success_timestamp_seconds", "read"] < now
        assert served["marsad_recent_runs", "outbox", "ok"] >= 1
        assert (
            sum(value for key, value in served.items() if key[:2] == ("marsad_job_last_outcome", "read")) == 1
        )
        assert served["marsad_job_last_peak_memory_bytes", "read"] > 10e6
        assert served["marsad_open_gaps",] == 0
        assert 0 < served["marsad_store_latency_seconds", "read"] < 60
        assert 0 < served["marsad_store_latency_seconds", "write"] < 60
        assert served["marsad_disk_free_bytes",] > served["marsad_disk_required_bytes",] == 1 << 20
        assert served["marsad_collected_timestamp_seconds",] < now

        written = parsed(clock.until(lambda: file.exists() and file.read_text(), "the file"))
        assert written["marsad_scheduler_up",] == 1
        assert stat.S_IMODE(file.stat().st_mode) & 0o444 == 0o444, "the node exporter is somebody else"

        told = parsed(marsad(outlets, "metrics").stdout)
        names = {key[0] for key in served} - {"marsad_skipped_wakeups_total"}
        assert names <= {key[0] for key in told}, "the command says what the endpoint says"
        assert told["marsad_scheduler_up",] == 1
        assert clock.stop()[0] == 0
    assert metrics_of(port) == {}
    after = marsad(outlets, "metrics", "--output", str(tmp_path / "late.prom"))
    assert after.stdout == ""
    assert parsed((tmp_path / "late.prom").read_text())["marsad_scheduler_up",] == 0
    as_json = json.loads(marsad(outlets, "metrics", "--json").stdout)["metrics"]
    articles = next(family for family in as_json if family["name"] == "marsad_articles")
    assert articles["samples"] == [{"name": "marsad_articles", "labels": {}, "value": 2}]
    assert articles["type"] == "gauge"


def test_90_each_line_of_a_log_says_whose_it_is_and_none_holds_a_password(site: Site, tmp_path: Path) -> None:
    good, sick = site.host(), site.host()
    good.feed("/feed", ["/news/1", "/news/2?password=geheim"])
    good.on("/news/2?password=geheim", status(404))
    sick.on("/feed", status(500))
    told = tmp_path / "told"
    alerts = {"command": f"tee {told} --token geheim"}
    outlets = Outlets(tmp_path, {**settings(0), "alerts": alerts, "log": {"level": "info"}})
    outlets.add("good", good)
    outlets.add("sick", sick)
    with up(outlets) as clock:
        clock.until(lambda: clock.ledger.status().articles == 1, "the article")
        clock.until(lambda: clock.ended("outbox", outcome="ok"), "an indexing run")
        clock.until(lambda: "alert_failed" in clock.text(), "an alert command that does not take its option")
        first = clock.ended("crawl")[-1]
        crawl, read, index = (
            [json.loads(line) for line in (outlets.home / str(run.log)).read_text().splitlines()]
            for run in (first, clock.ended("read", outcome="ok")[0], clock.ended("outbox", outcome="ok")[0])
        )
        assert clock.stop()[0] == 0
    assert {line["run_id"] for line in crawl} == {first.run_id}
    said = {(line["event"], line["source"], line["url"], line["level"]) for line in crawl if "url" in line}
    assert said >= {
        ("listing", "good", good.url("/feed"), "info"),
        ("fetched", "good", good.url("/news/1"), "info"),
        ("page_failed", "good", good.url("/news/2?password=***"), "warning"),
        ("listing_failed", "sick", sick.url("/feed"), "warning"),
    }
    assert (read[-1]["event"], index[-1]["event"]) == ("pages_read", "articles_indexed")
    assert all("run_id" in line for line in read + index)
    assert all(isinstance(json.loads(line), dict) for line in clock.text().splitlines())
    shown = marsad(outlets, "config", "show").stdout
    assert f'command = "tee {told} --token ***"' in shown
    logs = [path.read_text() for path in (outlets.home / "log").iterdir()]
    assert not [text for text in [*logs, clock.text(), shown] if "geheim" in text]


def test_it_answers_this_machine_alone_and_only_by_its_own_name(
    site: Site, tmp_path: Path, port: int
) -> None:
    outlets = Outlets(tmp_path, settings(port))
    stock(site.host(), 1)
    outlets.add("akhbar", site.host())
    with up(outlets) as clock:
        clock.until(lambda: "metrics_served" in clock.text(), "the endpoint")
        for host in ("127.0.0.1", f"127.0.0.1:{port}", "localhost", f"LocalHost:{port}"):
            assert asked(port, host=host)[0] == 200, host
        for host in (
            "evil.example", f"evil.example:{port}", "127.0.0.1.evil.example", "localhost.evil.example",
            "user@localhost", "127.0.0.1:80:90", "127.1", "[::1]", "0.0.0.0", None,
        ):  # fmt: skip
            code, headers, body = asked(port, host=host)
            assert (code, "marsad_" in body) == (421, False), host
            assert "Access-Control-Allow-Origin" not in headers
        assert asked(port, "/")[0] == 404
        assert asked(port, "http://evil.example/metrics")[0] == 404
        assert asked(port, method="HEAD")[0::2] == (200, "")
        assert asked(port, method="POST")[0] == 501
        with pytest.raises(OSError), closing(socket.create_connection(("127.0.0.2", port), 5)):
            pass  # bound to 127.0.0.1, not to whatever leads here
        # Somebody who connects and says nothing keeps nobody else waiting, nor the end.
        with closing(socket.create_connection(("127.0.0.1", port))):
            assert asked(port)[0] == 200
            code, seconds = clock.stop()
        assert code == 0
        assert seconds < 10


def test_what_cannot_be_served_or_written_is_told_and_nothing_else_stops(
    site: Site, tmp_path: Path, port: int
) -> None:
    host = site.host()
    stock(host, 1)
    with closing(socket.create_server(("127.0.0.1", port))):
        outlets = Outlets(tmp_path, settings(port, tmp_path / "no such folder" / "marsad.prom"))
        outlets.add("akhbar", host)
        with up(outlets) as clock:
            clock.until(lambda: clock.ledger.status().articles == 1, "an article all the same")
            lines = [json.loads(line) for line in clock.text().splitlines()]
            told = {line["event"]: line for line in lines if line["level"] == "error"}
            assert told["metrics_not_served"]["address"] == f"127.0.0.1:{port}"
            assert "metrics.port" in told["metrics_not_served"]["next"]
            assert told["metrics_file_not_written"]["fault"] == "No such file or directory"
            assert clock.stop()[0] == 0


def test_a_changed_port_holds_after_sighup(site: Site, tmp_path: Path, port: int) -> None:
    outlets = Outlets(tmp_path, settings(0))
    outlets.add("akhbar", site.host())
    with up(outlets) as clock:
        clock.until(lambda: "scheduler_started" in clock.text(), "a scheduler without an endpoint")
        assert metrics_of(port) == {}
        outlets.write_settings(settings(port))
        clock.process.send_signal(signal.SIGHUP)
        clock.until(lambda: metrics_of(port), "the endpoint")
        outlets.write_settings(settings(0))
        clock.process.send_signal(signal.SIGHUP)
        clock.until(lambda: not metrics_of(port), "none any more")
        assert clock.stop()[0] == 0


def test_read_again_the_options_of_the_call_hold_and_nothing_under_way_is_doubled(
    site: Site, outlets: Outlets, tmp_path: Path, port: int
) -> None:
    host, told = site.host(), tmp_path / "told"
    host.on("/feed", status(500))
    outlets.add("akhbar", host)
    hook = tmp_path / "hook.sh"
    hook.write_text(f'#!/bin/sh\ncat > /dev/null; echo told >> "{told}"; exec sleep 60\n')
    hook.chmod(0o755)
    swift = {**SWIFT["scheduler"], "health_every_s": 1, "archive_every_s": 1}
    outlets.write_settings({**SWIFT, "scheduler": swift, "alerts": {"command": str(hook)}})
    with up(outlets, options=("--set", f"metrics.port={port}")) as clock:
        clock.until(told.exists, "the command that hangs is run")
        clock.process.send_signal(signal.SIGHUP)
        clock.until(lambda: "configuration_read_again" in clock.text(), "the configuration is read again")
        number = clock.ended("archive")[0].run_id
        clock.until(lambda: clock.ended("archive")[0].run_id > number + 1, "another job goes on")
        assert metrics_of(port)["marsad_scheduler_up",] == 1
        assert told.read_text() == "told\n", "the health job is under way still"
        code, seconds = clock.stop()
        assert code == 0
        assert seconds < 10, "a command that hangs is not waited for"


def test_whoever_reads_the_file_sees_it_whole(tmp_path: Path) -> None:
    path = tmp_path / "marsad.prom"
    texts = [str(number).encode() * 200_000 for number in range(8)]
    write(path, texts[0])
    end = threading.Event()

    def read() -> None:
        while not end.is_set():
            seen.add(path.read_bytes())

    seen: set[bytes] = set()
    reader = threading.Thread(target=read)
    reader.start()
    for text in texts * 5:
        write(path, text)
    end.set()
    reader.join()
    assert seen <= set(texts)
    assert [*tmp_path.iterdir()] == [path]


def test_the_command_needs_a_ledger_and_says_what_does_not_go_together(outlets: Outlets) -> None:
    assert "nothing has been collected here" in marsad(outlets, "metrics", expect=3).stderr
    assert "leave --json out" in marsad(outlets, "metrics", "--json", "--output", "x", expect=2).stderr
    outlets.ledger().close()
    missing = marsad(outlets, "metrics", "--output", str(outlets.folder / "none" / "x.prom"), expect=2)
    assert "No such file or directory" in missing.stderr


@pytest.fixture
def outlets(tmp_path: Path) -> Outlets:
    return Outlets(tmp_path, SWIFT)


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"'[^']*/nowhere/marsad\.prom'"):
        write(tmp_path / "nowhere" / "marsad.prom", b"")
