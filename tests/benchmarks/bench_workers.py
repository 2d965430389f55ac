"""``python -m tests.benchmarks.bench_workers [HOSTS PAGES DELAY_S]``: one worker beside four, and the queue.

The same outlets are crawled by one ``marsad worker`` and by four, each with eight hosts at a time, the ledger
on a PostgreSQL server of its own.  The rate is judged by the outlets' own log, from the first request to the
last.  Then processes write to one ledger as fast as they can: how many commits a second the queue lets pass.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests import postgres
from tests.e2e.test_workers import ended, fleet

_WRITER = """
import sys, time
from store.ledger import Ledger
from tests.store.made import link
with Ledger.open(sys.argv[1], create=False) as ledger:
    print("ready", flush=True)
    sys.stdin.readline()
    end, done = time.monotonic() + 5, 0
    while time.monotonic() < end:
        with ledger.together():
            for n in range(10):
                ledger.touch_host(f"h{sys.argv[2]}-{n}", 1, ledger.clock(), ledger.clock(), 60)
                ledger.add_links([link(done * 10 + n, f"s{sys.argv[2]}")], ledger.clock())
        done += 1
    print(done * 20 / 5)
"""


def crawled(place: str, folder: Path, workers: int, hosts: int, pages: int, delay_s: float) -> float:
    """Requests a second."""
    with fleet(folder, place, hosts, pages, delay_s=delay_s, lease_s=60) as all_:
        running = [all_.start(f"w{number}", f"home{number}") for number in range(workers)]
        all_.until(all_.is_done, 3600)
        hits = sorted(hit.at for host in all_.hosts for hit in host.hits)
        for each in running:
            ended(each)
        all_.check_politeness()
        return len(hits) / (hits[-1] - hits[0])


def written(place: str, processes: int) -> float:
    """Calls a second, ten of two kinds a commit, all *processes* together."""
    command = [sys.executable, "-c", _WRITER, place]
    running = [
        subprocess.Popen([*command, str(n)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for n in range(processes)
    ]
    for each in running:
        assert each.stdout is not None and each.stdin is not None
        each.stdout.readline()
    for each in running:
        assert each.stdin is not None
        each.stdin.write("\n")
        each.stdin.flush()
    return sum(float(each.communicate()[0]) for each in running)


def main() -> None:
    asked = sys.argv[1:] or ("32", "12", "3.0")
    hosts, pages, delay_s = int(asked[0]), int(asked[1]), float(asked[2])
    where = postgres.binaries()
    if where is None:
        sys.exit(postgres.ABSENT)
    began = time.monotonic()
    rates = {}
    with postgres.Server(where) as server, tempfile.TemporaryDirectory() as folder:
        for number in (1, 4):
            place = server.new_database()
            (Path(folder) / str(number)).mkdir()
            rates[number] = crawled(place, Path(folder) / str(number), number, hosts, pages, delay_s)
            print(f"{number} workers, requests a second      {rates[number]:10.2f}", flush=True)
        print(f"four beside one                    {rates[4] / rates[1]:10.2f}")
        for number in (1, 4, 8):
            rate = written(server.new_database(), number)
            print(f"{number} processes that write, calls/s      {rate:10.0f}", flush=True)
    print(f"load of the machine                {os.getloadavg()[0]:10.2f}")
    print(f"took, s                            {time.monotonic() - began:10.0f}")


if __name__ == "__main__":
    main()
