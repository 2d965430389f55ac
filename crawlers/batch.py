"""``python -m crawlers.batch``: one disposable crawl process.

Takes an :class:`~crawlers.assignment.Assignment` as JSON on stdin, settings from the environment, tells what
happens as JSON lines on stdout (``{"event": …}``, at the end ``{"event": "rows", …}``) and logs to stderr,
where every listing and every failure is a line with its ``source`` and ``url``.
SIGTERM and Ctrl-C end it cleanly: leased links go back to the frontier.

Exit codes: 0 done (stopped early included), 1 storage or another fault of ours.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import signal
import sys
from contextlib import suppress
from typing import Any


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m crawlers.batch")
    parser.add_argument("--store", required=True, help="folder of ledger and archive")
    parser.add_argument("-s", dest="settings", action="append", default=[], metavar="NAME=VALUE")
    options = parser.parse_args(arguments)

    _die_with_parent()
    # Whatever a library prints must not get between the events.
    events = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
    os.dup2(2, 1)

    def emit(event: dict[str, Any]) -> None:
        with suppress(BrokenPipeError, ValueError):  # if nobody listens: the ledger knows what matters
            events.write(json.dumps(event, ensure_ascii=False) + "\n")
        if "url" in event:
            level = log.warning if event["event"].endswith("_failed") else log.info
            level(**event)

    import structlog
    from scrapy.crawler import AsyncCrawlerProcess
    from scrapy.settings import Settings

    import config
    from config.logs import configure, json_lines
    from crawlers.assignment import Assignment
    from crawlers.spiders.outlet import OutletSpider

    log = structlog.get_logger("marsad.crawl")
    configure(config.load().settings)
    for name in ("addons", "middleware", "utils.log", "extensions.memusage"):
        # The same forty lines in each log.  Filtered, because Scrapy sets the levels of loggers anew.
        logging.getLogger(f"scrapy.{name}").addFilter(lambda record: record.levelno >= logging.WARNING)
    assignment = Assignment.from_json(sys.stdin.read(), emit)
    settings = Settings()
    settings.setmodule("crawlers.settings", priority="project")
    settings.set("MARSAD_STORE", options.store, priority="cmdline")
    settings.set("ASSIGNMENT", assignment, priority="cmdline")
    for pair in options.settings:
        name, _, value = pair.partition("=")
        settings.set(name, value, priority="cmdline")
    if settings.getbool("LOG_JSON"):
        settings.set("LOG_INSTALL_ROOT_HANDLER", False, priority="cmdline")  # it knows text alone
        json_lines(settings["LOG_LEVEL"])
    # The threads that write must not hold the loop up for their whole default slice of 5 ms.
    sys.setswitchinterval(0.001)
    process = AsyncCrawlerProcess(settings)
    crawler = process.create_crawler(OutletSpider)
    process.crawl(crawler)
    emit({"event": "started", "pid": os.getpid(), "sources": len(assignment.sources)})
    process.start()

    spider = crawler.spider
    if not isinstance(spider, OutletSpider) or not spider.collecting.finished:
        emit({"event": "fault", "detail": "the crawl did not start: see log/crawl.log"})
        return 1
    collecting = spider.collecting
    emit({"event": "rows", "rows": collecting.rows(), "stopped": collecting.stopped})
    return 1 if (collecting.stopped or "").startswith("storage") else 0


def _die_with_parent() -> None:
    """A crawl whose watcher was killed must not go on unwatched (Linux; elsewhere the wall clock ends it)."""
    import ctypes

    if sys.platform == "linux":
        death_signal = 1  # PR_SET_PDEATHSIG
        ctypes.CDLL(None).prctl(death_signal, signal.SIGKILL)
        if os.getppid() == 1:
            sys.exit(1)  # it died before we asked


if __name__ == "__main__":
    sys.exit(main())
