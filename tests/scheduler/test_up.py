"""``marsad up``: everything that is due, in processes of its own, and a clean end."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from store.archive import Archive
from store.ledger import LedgerUnreachable
from store.records import Capture
from tests.crawlers.outlets import Outlets
from tests.postgres import ABSENT, Server, binaries
from tests.scheduler.up import SWIFT, Up, command, environment, marsad, up
from tests.site.faults import Host, Site, silent, status
from tests.store import made


@pytest.fixture
def site() -> Iterator[Site]:
    with Site() as site:
        yield site


@pytest.fixture
def outlets(tmp_path: Path) -> Outlets:
    return Outlets(tmp_path, SWIFT)


def stock(host: Host, count: int) -> None:
    host.feed("/feed", [f"/news/{number}" for number in range(count)])


def test_it_collects_reads_indexes_and_finds_what_comes_later(site: Site, outlets: Outlets) -> None:
    host = site.host()
    stock(host, 3)
    outlets.add("akhbar", host)
    with up(outlets) as clock:
        clock.until(lambda: clock.ledger.status().articles == 3, "three articles")
        stock(host, 5)
        clock.until(lambda: clock.ledger.status().articles == 5, "two more, that were published later")
        clock.until(lambda: clock.ended("outbox", outcome="ok"), "an indexing run")
        clock.until(lambda: not clock.ledger.outbox_size(), "everything indexed")
        code, seconds = clock.stop()
        crawl = clock.ended("crawl")[-1]
        assert (code, crawl.outcome, crawl.sources) == (0, "ok", ("akhbar",))
        assert crawl.counts["fetched"] == 3
        assert crawl.peak_kb
        assert crawl.log and (outlets.home / crawl.log).is_file()
        assert seconds < 10
    found = json.loads(marsad(outlets, "search", "relevance:any", "--json").stdout)
    assert found["total"] == 5
    events = [json.loads(line)["event"] for line in clock.text().splitlines()]
    assert events[0] == "scheduler_started"
    assert events[-1] == "scheduler_ended"


def test_79_a_second_scheduler_is_told_who_runs_and_one_standing_by_takes_over(
    site: Site, outlets: Outlets
) -> None:
    host = site.host()
    stock(host, 1)
    outlets.add("akhbar", host)
    with up(outlets) as first:
        first.until(lambda: first.holder(), "the lock")
        refused = marsad(outlets, "up", expect=5).stderr
        assert f"process {first.process.pid}" in refused
        assert "--standby" in refused
        with up(outlets, "--standby", name="second") as second:
            second.until(lambda: "standing_by" in second.text(), "it stands by")
            first.process.kill()
            first.process.wait()
            second.until(lambda: "scheduler_started" in second.text(), "it takes over")
            holder = second.holder()
            assert holder is not None and holder.owner.split("/")[1] == str(second.process.pid)
            assert second.stop()[0] == 0
    assert first.ledger is not None


def test_79_whoever_lost_the_lock_ends_with_5_so_that_it_is_started_again(
    site: Site, outlets: Outlets
) -> None:
    outlets.add("akhbar", site.host())
    with up(outlets) as clock:
        lock = clock.until(lambda: clock.holder(), "the lock")
        # As when it was frozen, or its machine asleep, until another one took over.
        later = lock.until + timedelta(hours=1)
        clock.ledger.take_lock("scheduler", "elsewhere/7/7", later, 60.0)
        assert clock.process.wait(30) == 5
        assert "process 7 on elsewhere" in clock.text()
        assert clock.holder().owner == "elsewhere/7/7"


def test_it_ends_within_ten_seconds_while_an_outlet_hangs_and_gives_back_what_it_held(
    site: Site, outlets: Outlets
) -> None:
    host = site.host()
    host.feed("/feed", [f"/news/{number}" for number in range(4)], pages=False)
    for number in range(4):
        host.on(f"/news/{number}", silent)
    outlets.write_settings({**SWIFT, "network": {**SWIFT["network"], "timeout_s": 60}})
    outlets.add("slow", host)
    with up(outlets) as clock:
        clock.until(lambda: host.count("/news/0") or host.count("/news/3"), "it hangs in a page")
        code, seconds = clock.stop(signal.SIGINT)
        assert code == 0
        assert seconds < 10
        status = clock.ledger.status().frontier
        assert status.get("fetching", 0) == 0
        assert sum(status.values()) == 4
        assert clock.ended("crawl")[0].outcome == "interrupted"


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """Another process, no one of ours, holds the ledger."""
    code = (
        "import sqlite3, sys; held = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=60); "
        "held.execute('BEGIN IMMEDIATE'); print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None and process.stdout.readline()
        try:
            yield
        finally:
            process.kill()


def test_it_ends_within_ten_seconds_while_another_process_holds_the_ledger(
    site: Site, outlets: Outlets
) -> None:
    host = site.host()
    stock(host, 1)
    outlets.add("akhbar", host)
    with up(outlets) as clock:
        clock.until(lambda: clock.ledger.status().articles == 1, "it works")
        with locked(outlets.home / "ledger.sqlite"):
            lock = clock.holder()
            assert lock is not None
            clock.until(lambda: clock.ledger.clock() > lock.until - timedelta(seconds=14), "it waits")
            code, seconds = clock.stop()
        assert code == 0
        assert seconds < 10
        assert "lock_not_given_back" in clock.text()
    with up(outlets, name="again") as clock:
        clock.until(lambda: "scheduler_started" in clock.text(), "the next one begins at once")
        assert clock.stop()[0] == 0


@pytest.mark.soak
def test_a_worker_ends_within_ten_seconds_while_another_process_holds_the_ledger(
    site: Site, outlets: Outlets
) -> None:
    host = site.host()
    stock(host, 1)
    outlets.add("akhbar", host)
    log = outlets.folder / "worker.log"
    with log.open("wb") as output, outlets.ledger() as ledger:
        process = subprocess.Popen(command(outlets, "worker"), stderr=output, env=environment())
        working = Up(process, log, ledger)
        try:
            working.until(lambda: ledger.status().articles == 1, "it works")
            with locked(outlets.home / "ledger.sqlite"):
                code, seconds = working.stop()
            assert code == 0
            assert seconds < 10
            assert "run out by themselves" in working.text()
        finally:
            process.kill()


def test_78_killed_and_started_again_it_goes_on_at_once(site: Site, outlets: Outlets) -> None:
    host = site.host()
    stock(host, 12)
    outlets.add("akhbar", host)
    with up(outlets) as clock:
        clock.until(lambda: host.count("/news/3") or host.count("/news/9"), "pages are under way")
        clock.process.kill()
        clock.process.wait()
    with up(outlets, name="again") as clock:
        clock.until(lambda: clock.ledger.status().articles == 12, "all twelve")
        killed = clock.ended("crawl", outcome="killed")
        assert [run.detail for run in killed] == ["its owner ended without a word"]
        assert clock.stop()[0] == 0


@pytest.mark.soak
def test_what_is_paused_waits_and_what_is_asked_for_begins(site: Site, outlets: Outlets) -> None:
    paused, other = site.host(), site.host()
    stock(paused, 1)
    stock(other, 1)
    outlets.add("paused", paused)
    outlets.add("other", other)
    assert "no scheduler runs now" in marsad(outlets, "schedule", "pause", "paused").stderr
    with up(outlets) as clock:
        clock.until(lambda: clock.ledger.status().articles == 1, "the article of the other one")
        listed = json.loads(marsad(outlets, "schedule", "list", "--json").stdout)["schedule"]
        rows = {row["name"]: row for row in listed}
        assert rows["paused"]["next_at"] is None
        assert rows["paused"]["why"].startswith("paused since")
        assert rows["other"]["last"] == "ok"
        assert rows["crawl"]["last"] in ("ok", "under way")
        assert paused.count("/feed") == 0
        marsad(outlets, "schedule", "run-now", "paused")
        clock.until(lambda: clock.ledger.status().articles == 2, "the visit that was asked for")
        asked = paused.count("/feed")
        marsad(outlets, "schedule", "resume", "paused")
        clock.until(lambda: paused.count("/feed") > asked, "visits after the pause")
        assert clock.stop()[0] == 0
    told = json.loads(marsad(outlets, "runs", "--json", "--job", "crawl").stdout)["runs"]
    assert {tuple(row["sources"]) for row in told} >= {("other",), ("paused",)}


@pytest.mark.soak
def test_people_read_local_time_and_programs_utc(site: Site, outlets: Outlets) -> None:
    host = site.host()
    stock(host, 1)
    outlets.add("akhbar", host)
    tokyo = {"MARSAD_INDEX__TIME_ZONE": "Asia/Tokyo"}
    with up(outlets, more=tokyo) as clock:
        clock.until(lambda: clock.ended("outbox", outcome="ok"), "an article is indexed")
        marsad(outlets, "schedule", "pause", "akhbar")
        assert clock.stop()[0] == 0
    for asked in (
        ("schedule", "list"),
        ("runs",),
        ("sources", "list", "--health"),
        ("sources", "show", "akhbar"),
        ("health",),
    ):
        shown = marsad(outlets, *asked, expect=None, more=tokyo)
        assert not UTC_STAMP.search(shown.stdout), asked
        assert "times: Asia/Tokyo" in shown.stderr, asked
        given = marsad(outlets, *asked, "--json", expect=None, more=tokyo)
        assert not LOCAL_STAMP.search(given.stdout) and "times:" not in given.stderr, asked
        hours = {found[1] for found in LOCAL_STAMP.finditer(shown.stdout)}
        behind = {found[1] for found in UTC_STAMP.finditer(given.stdout)}
        assert hours <= {f"{(int(hour) + 9) % 24:02}" for hour in behind}, asked


UTC_STAMP = re.compile(r"\d{4}-\d\d-\d\dT(\d\d):\d\d")
LOCAL_STAMP = re.compile(r"\d{4}-\d\d-\d\d (\d\d):\d\d")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("runs", "--job", "crwl"), 2, "no job 'crwl'. Nearest: crawl"),
        (("schedule", "pause", "akhbr"), 2, "no job or source 'akhbr'. Nearest: akhbar"),
        (("schedule", "run-now", "shut"), 2, "it is disabled: closed for good"),
        (("runs",), 3, "no run yet"),
    ],
)
def test_wrong_names_are_told(
    site: Site, outlets: Outlets, arguments: tuple[str, ...], code: int, said: str
) -> None:
    outlets.add("akhbar", site.host())
    outlets.add("shut", site.host(), enabled=False, reason="closed for good")
    outlets.ledger().close()
    assert said in marsad(outlets, *arguments, expect=code).stderr


@pytest.mark.soak
def test_a_faulty_configuration_is_not_read_again(site: Site, outlets: Outlets) -> None:
    host, later = site.host(), site.host()
    stock(host, 1)
    stock(later, 1)
    outlets.add("akhbar", host)
    with up(outlets) as clock:
        clock.until(lambda: clock.ledger.status().articles == 1, "the first outlet")
        outlets.add("later", later, scope="galactic")
        clock.process.send_signal(signal.SIGHUP)
        clock.until(lambda: "configuration_kept" in clock.text(), "the fault is told")
        outlets.add("later", later)
        clock.process.send_signal(signal.SIGHUP)
        clock.until(lambda: clock.ledger.status().articles == 2, "the outlet that was added")
        assert clock.stop()[0] == 0


def test_a_run_whose_log_cannot_be_written_failed_and_is_not_under_way(site: Site, outlets: Outlets) -> None:
    host = site.host()
    stock(host, 1)
    outlets.add("akhbar", host)
    outlets.home.mkdir(parents=True)
    (outlets.home / "log").write_text("a file where the folder should be")
    with up(outlets) as clock:
        failed = clock.until(lambda: clock.ended("crawl", outcome="failed"), "a failed crawl")
        assert "log" in str(failed[0].detail)
        (outlets.home / "log").unlink()
        clock.until(lambda: clock.ledger.status().articles == 1, "the article, once there is a folder")
        assert clock.stop()[0] == 0
        assert clock.ledger.open_runs() == []


def test_a_catalogue_without_outlets_is_no_clock(outlets: Outlets) -> None:
    done = subprocess.run(
        command(outlets, "up"), capture_output=True, text=True, env=environment(), timeout=60
    )
    assert done.returncode == 4
    assert "nothing to collect" in done.stderr


def clocked(offset: Path) -> dict[str, str]:
    """The environment of processes whose wall clock is off by what the file *offset* says, in seconds."""
    here = Path(__file__).parent
    path = os.pathsep.join([str(here / "wrong_clock"), str(here.parents[1])])
    return {"WRONG_CLOCK": str(offset), "PYTHONPATH": path}


@pytest.mark.soak
def test_79_a_scheduler_that_is_frozen_is_replaced_within_thirty_seconds_and_ends_when_it_wakes(
    site: Site, outlets: Outlets, database: str
) -> None:
    host = site.host()
    stock(host, 1)
    outlets.add("akhbar", host)
    with ExitStack() as both:
        first = both.enter_context(up(outlets, url=database))
        first.until(lambda: first.ledger.status().articles == 1, "the first article")
        second = both.enter_context(up(outlets, "--standby", name="second", url=database))
        second.until(lambda: "standing_by" in second.text(), "it stands by")
        # Frozen, it looks alive to its own machine: as one of another machine does, whatever became of it.
        first.process.send_signal(signal.SIGSTOP)
        try:
            second.until(lambda: "scheduler_started" in second.text(), "it takes over", patience_s=30)
            stock(host, 2)
            second.until(lambda: second.ledger.status().articles == 2, "what was published meanwhile")
        finally:
            first.process.send_signal(signal.SIGCONT)
        assert first.process.wait(30) == 5
        assert f"process {second.process.pid}" in first.text()
        assert second.stop()[0] == 0
        assert second.ledger.status().revisions == 2


@pytest.mark.soak
def test_a_server_that_is_away_is_told_of_once_by_each_job_and_used_again(
    site: Site, outlets: Outlets
) -> None:
    where = binaries()
    if where is None:
        pytest.skip(ABSENT)
    host = site.host()
    stock(host, 1)
    outlets.add("akhbar", host)
    with Server(where) as own, up(outlets, url=own.new_database()) as clock:
        clock.until(lambda: clock.ledger.status().articles == 1, "the first article")
        own.stop()
        clock.until(lambda: told(clock, "job_put_off")["crawl"], "it is told")
        clock.until(lambda: "lock_not_prolonged" in clock.text(), "time goes by")
        own.start()
        with suppress(LedgerUnreachable):  # our own connection, which was cut
            clock.ledger.count()
        stock(host, 2)
        clock.until(lambda: clock.ledger.status().articles == 2, "an article published meanwhile")
        clock.until(lambda: told(clock, "job_goes_on")["crawl"], "that it goes on is told")
        assert clock.stop()[0] == 0
        assert max(told(clock, "job_put_off").values()) == 1


def told(clock: Up, event: str) -> Counter[str]:
    """How often the scheduler said *event*, by job."""
    lines = [json.loads(line) for line in clock.text().splitlines()]
    return Counter(line["job"] for line in lines if line["event"] == event)


@pytest.mark.soak
def test_81_a_ledger_on_a_server_does_not_care_for_the_schedulers_clock(
    site: Site, outlets: Outlets, tmp_path: Path, database: str
) -> None:
    host = site.host()
    stock(host, 1)
    outlets.add("akhbar", host)
    offset = tmp_path / "offset"
    offset.write_text("0")
    with up(outlets, more=clocked(offset), url=database) as clock:
        clock.until(lambda: clock.ledger.status().articles == 1, "the first article")
        now = clock.ledger.clock()
        assert clock.ledger.claim_hosts({"taken.example"}, "elsewhere/7/7", now, 3600, 1.0)
        for articles, hours in ((2, -6), (3, 6)):
            offset.write_text(str(hours * 3600))
            stock(host, articles)
            clock.until(
                lambda n=articles: clock.ledger.status().articles == n, f"the next one, {hours} h off"
            )
        now = clock.ledger.clock()
        assert not clock.ledger.claim_hosts({"taken.example"}, "me/1/1", now, 60, 1.0), "it is held still"
        asked = {**clocked(offset), "MARSAD_LEDGER__URL": database}
        assert "ok  scheduler" in marsad(outlets, "health", expect=None, more=asked).stdout
        assert clock.stop()[0] == 0


@pytest.mark.soak
def test_pages_that_lie_with_a_worker_are_not_for_the_scheduler_to_read(
    site: Site, outlets: Outlets, database: str
) -> None:
    host = site.host()
    stock(host, 1)
    outlets.add("akhbar", host)
    with up(outlets, url=database) as clock:
        clock.until(lambda: clock.ledger.status().articles == 1, "the article")
        clock.until(lambda: clock.ended("outbox", outcome="ok"), "an indexing run")
        theirs = made.link(1, "elsewhere")
        clock.ledger.add_links([theirs], made.NOW)
        (leased,) = [one for one in clock.ledger.lease_links("w", made.NOW, 60, 9) if one.link == theirs]
        place = Capture("paris-1/marsad-1.warc.gz", 0, "0" * 64)
        clock.ledger.captured(leased.key, replace(made.page(theirs), capture=place))
        reads, crawls = len(clock.ended("read")), len(clock.ended("crawl"))
        clock.until(lambda: len(clock.ended("crawl")) > crawls + 6, "time goes by")
        assert len(clock.ended("read")) <= reads + 2
        assert clock.ledger.captured_waiting("paris-1") == 1
        assert clock.stop()[0] == 0


@pytest.mark.soak
def test_81_a_clock_that_is_set_by_hours_stops_nothing(site: Site, outlets: Outlets, tmp_path: Path) -> None:
    host = site.host()
    stock(host, 1)
    outlets.add("akhbar", host)
    offset = tmp_path / "offset"
    offset.write_text("0")
    with up(outlets, more=clocked(offset)) as clock:
        clock.until(lambda: clock.ledger.status().articles == 1, "the first article")
        for articles, hours in ((2, -6), (3, 6), (4, 0)):
            offset.write_text(str(hours * 3600))
            stock(host, articles)
            clock.until(
                lambda n=articles: clock.ledger.status().articles == n, f"the next one, {hours} h off"
            )
        assert clock.stop()[0] == 0
        assert clock.text().count("clock_was_set") >= 2
        assert min(host.gaps()) >= 0.1, "the delay is kept on a clock that nobody sets"
        assert clock.ledger.status().revisions == 4


def test_a_child_that_is_killed_is_a_row_and_the_next_one_goes_on(site: Site, outlets: Outlets) -> None:
    host = site.host()
    stock(host, 30)
    outlets.add("akhbar", host)
    with up(outlets) as clock:

        def child() -> int | None:
            for folder in Path("/proc").iterdir():
                if not folder.name.isdigit():
                    continue
                try:
                    said = (folder / "cmdline").read_bytes().split(b"\0")
                except OSError:
                    continue
                if b"crawlers.batch" in said and str(outlets.home).encode() in said:
                    return int(folder.name)
            return None

        clock.until(lambda: host.count("/news/3") or host.count("/news/20"), "pages are under way")
        os.kill(clock.until(child, "the crawl process"), signal.SIGKILL)
        clock.until(lambda: clock.ledger.status().articles == 30, "all thirty")
        assert clock.stop()[0] == 0
        assert all(run.outcome != "failed" for run in clock.ended("crawl"))


@pytest.mark.soak
def test_an_outlet_that_shuts_us_out_is_told_of_once_and_needs_a_person(
    site: Site, outlets: Outlets, tmp_path: Path
) -> None:
    well, shut = site.host(), site.host()
    stock(well, 2)
    stock(shut, 2)
    outlets.add("well", well)
    outlets.add("shut", shut)
    told = tmp_path / "told"
    hook = tmp_path / "hook.sh"
    hook.write_text(f'#!/bin/sh\ncat >> "{told}"; echo >> "{told}"\n')
    hook.chmod(0o755)
    outlets.write_settings(
        {
            **SWIFT,
            "scheduler": {**SWIFT["scheduler"], "health_every_s": 1},
            "alerts": {"command": str(hook)},
        }
    )
    with up(outlets) as clock:
        clock.until(lambda: clock.ledger.status().articles == 4, "all articles")
        clock.until(lambda: len(clock.ledger.health()) == 2, "both judged")
        assert json.loads(marsad(outlets, "health", "--json").stdout)["ok"]
        shut.on("/feed", status(403, [("cf-mitigated", "challenge")]))
        clock.until(told.exists, "the command is run")
        asked = shut.count("/feed")
        found = json.loads(marsad(outlets, "health", "--json", expect=1).stdout)
        assert [check["name"] for check in found["checks"] if not check["ok"]] == ["sources"]
        stock(well, 3)
        clock.until(lambda: clock.ledger.status().articles == 5, "the other outlet goes on")
        assert shut.count("/feed") == asked, "it is not asked again"
        assert clock.stop()[0] == 0
    (line,) = told.read_text().splitlines()
    assert [(one["source"], one["was"], one["state"]) for one in json.loads(line)["changes"]] == [
        ("shut", "ok", "blocked")
    ]
    shown = marsad(outlets, "sources", "show", "shut").stdout
    assert "shut  blocked since" in shown
    assert "never evaded" in shown
    listed = marsad(outlets, "sources", "list", "--health").stdout.splitlines()
    assert listed[1].split()[:2] == ["shut", "blocked"]


def test_an_indexing_that_fails_is_told_of_once_and_once_more_when_it_goes_on(
    site: Site, outlets: Outlets, tmp_path: Path
) -> None:
    host = site.host()
    stock(host, 2)
    outlets.add("akhbar", host)
    told = tmp_path / "told"
    hook = tmp_path / "hook.sh"
    hook.write_text(f'#!/bin/sh\ncat >> "{told}"; echo >> "{told}"\n')
    hook.chmod(0o755)
    often = {**SWIFT["scheduler"], "health_every_s": 1}
    outlets.write_settings({**SWIFT, "scheduler": often, "alerts": {"command": str(hook)}})
    outlets.home.mkdir(parents=True)
    index = outlets.home / "index"
    index.write_text("a file where the folder of the index should be")
    with up(outlets) as clock:
        clock.until(told.exists, "the command is run")
        assert len(clock.ended("outbox", outcome="failed")) == 2, "from now on it rests longer each time"
        marsad(outlets, "schedule", "run-now", "outbox")
        clock.until(lambda: len(clock.ended("outbox", outcome="failed")) > 2, "it goes on failing")
        checks = json.loads(marsad(outlets, "health", "--json", expect=1).stdout)["checks"]
        (bad,) = [check for check in checks if not check["ok"]]
        assert bad["name"] == "indexing"
        assert bad["said"].startswith("fails since 20") and "2 articles waiting: exit 5: " in bad["said"]
        assert "Not a directory" in bad["said"]
        assert bad["next"]
        index.unlink()
        marsad(outlets, "schedule", "run-now", "outbox")
        clock.until(lambda: len(told.read_text().splitlines()) > 1, "the command is told of the end")
        assert json.loads(marsad(outlets, "health", "--json").stdout)["ok"]
        assert clock.stop()[0] == 0
    changes = [one for line in told.read_text().splitlines() for one in json.loads(line)["changes"]]
    assert [(one["source"], one["job"], one["state"]) for one in changes] == [
        (None, "outbox", "failing"),
        (None, "outbox", "ok"),
    ]
    events = [json.loads(line) for line in clock.text().splitlines()]
    assert [one["change"].split()[1] for one in events if one["event"] == "indexing_changed"] == [
        "failing",
        "ok",
    ]


@pytest.mark.soak
def test_upkeep_is_done_when_asked_and_what_it_finds_calls_for_a_person(site: Site, outlets: Outlets) -> None:
    host = site.host()
    stock(host, 4)
    outlets.write_settings({**SWIFT, "archive": {"sample": 1000}, "backup": {"keep": 2}})
    outlets.add("akhbar", host)
    with up(outlets) as clock:
        clock.until(lambda: clock.ledger.status().articles == 4, "four articles")
        for job in ("backup", "archive", "retention"):
            clock.until(lambda job=job: clock.ended(job, outcome="ok"), f"the first run of {job}")
        marsad(outlets, "schedule", "run-now", "backup", "archive", "retention")
        backup = clock.until(
            lambda: [run for run in clock.ended("backup", outcome="ok") if run.counts["articles"] == 4],
            "a backup with the articles",
        )
        assert backup[0].counts["mb"] > 0
        assert [path.suffix for path in (outlets.home / "backup").iterdir()] == [".sqlite"] * len(
            clock.ended("backup")
        )
        again = clock.until(
            lambda: [run for run in clock.ended("archive", outcome="ok") if run.counts["read"] == 4],
            "every page read again",
        )
        clock.until(lambda: len(clock.ended("retention", outcome="ok")) > 1, "retention again")
        clock.until(lambda: not clock.ledger.outbox_size(), "everything indexed")
        assert json.loads(marsad(outlets, "verify", "--json").stdout)["disagreements"] == []
        refused = marsad(outlets, "restore", str(next((outlets.home / "backup").iterdir())), expect=5).stderr
        assert "has it open" in refused

        capture = next(clock.ledger.articles()).capture
        path = Archive(outlets.home).path_of(capture)
        data = bytearray(path.read_bytes())
        data[capture.offset + 60] ^= 1
        path.write_bytes(data)
        marsad(outlets, "schedule", "run-now", "archive")
        (run,) = clock.until(lambda: clock.ended("archive", outcome="failed"), "the damage found")
        assert run.run_id > again[0].run_id
        assert list(run.counts["lost"]) == [f"{capture.file} at {capture.offset}"]
        told = json.loads(marsad(outlets, "health", "--json", expect=1).stdout)["checks"]
        (said,) = [check["said"] for check in told if check["name"] == "runs"]
        assert "archive failed: 1 of 4 pages" in said
        assert clock.stop()[0] == 0
    told = json.loads(marsad(outlets, "verify", "--json", expect=1).stdout)
    assert {row["kind"] for row in told["disagreements"]} == {"page_lost", "damaged_place"}
