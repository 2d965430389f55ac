"""Pages a second from the archive to the index, on one core, and whether memory stays flat.

    python -m tests.benchmarks.bench_replay [--pages 3000]

The pages are the labelled ones where they are present, else the demo press's; each is archived under several
URLs until there are enough.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import threading
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import config
from pipeline.replay import replay_pages
from search.answers import Searcher
from search.indexer import drain
from store.archive import Archive
from store.records import FetchedPage, Link, Via
from tests.data import ROOT

BEGAN = datetime(2026, 11, 1, tzinfo=UTC)


def bodies() -> Iterator[tuple[str, bytes]]:
    """(URL, page) of each distinct page."""
    folder = Path(os.environ.get("MARSAD_TEST_DATA") or ROOT.parent / "shared" / "data") / "extraction"
    if folder.is_dir():
        from tests.e2e import shelf

        for pages in shelf.load(folder).pages.values():
            for page in pages:
                yield str(page.gold["url"]), page.body
        return
    from demo.pages import article_page, path_of
    from demo.press import load

    press = load(date(2026, 11, 24))
    for piece in press.pieces:
        outlet = press.outlets[piece.outlet]
        base = f"https://{outlet.id}.example"
        yield base + path_of(piece, outlet), article_page(piece, outlet, base, press.pieces[:6]).encode()


def fill(home: Path, count: int) -> int:
    """Archive *count* pages; how many bytes of page they are."""
    known = list(bodies())
    size = 0
    with Archive(home).writer() as writer:
        for number in range(count):
            url, body = known[number % len(known)]
            url = f"https://copy{number // len(known)}.example/{number}/" + url.split("//", 1)[1]
            link = Link("bench", url, url, Via.SITEMAP)
            at = BEGAN + timedelta(seconds=number)
            page = FetchedPage(link, url, url, 200, (("content-type", "text/html"),), body, at)
            writer.write_page(page)
            size += len(body)
    return size


def resident_mb() -> float:
    """Memory of this process and those below it."""
    from tests.benchmarks.machine import family

    total = 0
    for pid in family(os.getpid()):
        try:
            total += int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        except (OSError, IndexError):
            continue
    return total / 1e6


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=3000)
    asked = parser.parse_args(arguments)
    # Children inherit it: reading and writing share one core.
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        size = fill(home, asked.pages)
        settings = config.load(home=home, environ={})
        memory: list[float] = []
        ended = threading.Event()

        def watch() -> None:
            while not ended.wait(0.5):
                memory.append(resident_mb())

        watcher = threading.Thread(target=watch)
        watcher.start()
        began = time.perf_counter()
        counts = replay_pages(settings, home)
        read = time.perf_counter()
        with Searcher(settings, home) as searcher:
            indexed = drain(searcher.ledger, searcher.engine, settings, analysis=searcher.analysis).indexed
        done = time.perf_counter()
        ended.set()
        watcher.join()
    half = len(memory) // 2
    print(f"{asked.pages} pages, {size / 1e6:.0f} MB; {dict(counts)}; {indexed} indexed")
    print(f"archive → ledger  {asked.pages / (read - began):7.1f} pages/s")
    print(f"ledger → index    {indexed / (done - read):7.1f} articles/s")
    print(f"archive → indexed {asked.pages / (done - began):7.1f} pages/s on one core   (to reach: 40)")
    print(f"memory, first half at most {max(memory[:half]):.0f} MB, second half {max(memory[half:]):.0f} MB")


if __name__ == "__main__":
    main()
