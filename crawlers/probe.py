"""Try the entry points of sources, keeping nothing but what politeness has to remember of a host.

The way is that of any crawl: robots.txt, turns of hosts, network guard, limits.

``python -m crawlers.probe`` is the process that Scrapy runs in; :func:`probe` starts it and yields its rows.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from crawlers.assignment import Assignment, leads_of
from crawlers.run import environment

if TYPE_CHECKING:
    from config import Config
    from config.model import Source


class ProbeError(Exception):
    """The process that visits ended without an answer; what it said is on stderr."""


def probe(
    config: Config, sources: Sequence[Source], *, scrapy_settings: Mapping[str, Any] | None = None
) -> Iterator[dict[str, Any]]:
    """One row for every entry point of *sources* (and for a child of each index), as its answer comes.

    Keys: those of :attr:`crawlers.spiders.probe.Visit.row`.  Where a ledger stands in the home, its leases,
    pauses and robots.txt are honoured and kept up: a probe beside a crawl asks no host twice as often.
    Raises :class:`ProbeError` if the visiting process fails.
    """
    command = [sys.executable, "-m", "crawlers.probe"]
    home = config.settings.home
    if config.settings["ledger.url"] or (home / "ledger.sqlite").exists():
        command += ["--store", str(home)]
    for name, value in (scrapy_settings or {}).items():
        command += ["-s", f"{name}={json.dumps(value) if isinstance(value, dict) else value}"]
    leads = leads_of(sources, config.sources.values())
    matching = any(source.collect == "matching" for source in (*sources, *leads))
    words = tuple(config.watchwords) if matching else ()
    assignment = Assignment(tuple(sources), watchwords=words, force=True, leads=leads)
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        env=environment(config),
    ) as process:
        assert process.stdin is not None and process.stdout is not None
        try:
            process.stdin.write(assignment.to_json())
            process.stdin.close()
            for line in process.stdout:
                yield json.loads(line)
        finally:
            if process.poll() is None:
                process.terminate()
        if process.wait() > 0:
            raise ProbeError(f"the visiting process ended with exit code {process.returncode}")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m crawlers.probe")
    parser.add_argument("--store", help="folder of the ledger whose leases and pauses are to be honoured")
    parser.add_argument("-s", dest="settings", action="append", default=[], metavar="NAME=VALUE")
    options = parser.parse_args(arguments)

    # Whatever a library prints must not get between the rows.
    rows = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
    os.dup2(2, 1)

    def emit(row: dict[str, Any]) -> None:
        rows.write(json.dumps(row, ensure_ascii=False) + "\n")

    from scrapy.crawler import AsyncCrawlerProcess
    from scrapy.settings import Settings

    from crawlers.spiders.probe import ProbeSpider

    settings = Settings()
    settings.setmodule("crawlers.settings", priority="project")
    settings.set("LOG_LEVEL", "WARNING", priority="project")  # what came is told by the rows, to a person
    settings.set("ASSIGNMENT", Assignment.from_json(sys.stdin.read(), emit), priority="cmdline")
    if options.store:
        settings.set("MARSAD_STORE", options.store, priority="cmdline")
    for pair in options.settings:
        name, _, value = pair.partition("=")
        settings.set(name, value, priority="cmdline")
    process = AsyncCrawlerProcess(settings)
    crawler = process.create_crawler(ProbeSpider)
    process.crawl(crawler)
    process.start()
    return 0 if crawler.spider is not None else 1


if __name__ == "__main__":
    sys.exit(main())
