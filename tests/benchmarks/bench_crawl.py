"""``python -m tests.benchmarks.bench_crawl [HOSTS PAGES DELAY_S]``: a crawl's rate beside what delays allow.

Loopback hosts with a feed and pages each, crawled by the real path (robots.txt, feed, pages, archive, ledger)
in one process.  The rate is judged by the servers' own log: requests of a host cannot follow faster than its
delay, so the time that the delays alone take is the measure.
"""

from __future__ import annotations

import os
import resource
import sys
import tempfile
import time
from pathlib import Path

from tests.crawlers.outlets import FAST, Outlets
from tests.site.faults import Site


def measure(hosts: int = 50, pages: int = 20, delay_s: float = 2.0) -> dict[str, float]:
    """Ratio to the allowed rate, shortest gap on any host, start-up and memory of the crawl process."""
    with tempfile.TemporaryDirectory() as folder, Site() as site:
        outlets = Outlets(Path(folder), settings={**FAST, "politeness": {"delay_s": delay_s}})
        outlets.write_settings({**outlets.settings, "crawl": {"concurrent_hosts": hosts}})
        all_hosts = [site.host() for _ in range(hosts)]
        for number, host in enumerate(all_hosts):
            host.feed("/feed", [f"/p{page}" for page in range(pages)])
            outlets.add(f"s{number}", host)
        began = time.monotonic()
        summary = outlets.crawl(scrapy_settings={"WALL_CLOCK_S": 3600})
        first = min(host.hits[0].at for host in all_hosts)
        last = max(host.hits[-1].at for host in all_hosts)
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        requests = sum(len(host.hits) for host in all_hosts)
        assert summary.totals["fetched"] == hosts * pages, summary.totals
        return {
            "requests": requests,
            "of the allowed rate": (pages + 1) * delay_s / (last - first),
            "shortest gap, delays": min(min(host.gaps()) for host in all_hosts) / delay_s,
            "start to first request, s": first - began,
            "memory of the process, MB": used.ru_maxrss / 1024,
            "CPU a request, ms": (used.ru_utime + used.ru_stime) / requests * 1000,
            "load of the machine": os.getloadavg()[0],
        }


def main() -> None:
    hosts, pages, delay_s = (float(text) for text in (sys.argv[1:] or ("50", "20", "2.0")))
    for name, value in measure(int(hosts), int(pages), delay_s).items():
        print(f"{name:28} {value:10.3f}")


if __name__ == "__main__":
    main()
