"""What reading a page costs, ours beside the peers on the same labelled pages.

    python -m tests.benchmarks.bench_extraction [--pages N]

Milliseconds of CPU a page, all fields, one process for ours and one for the peers, who take turns at being
the first on a page.  Without the peers (``make quality`` installs them) ours is measured alone.
"""

from __future__ import annotations

import argparse
from statistics import fmean, quantiles

import pytest

from tests.benchmarks.machine import described
from tests.data import data_dir
from tests.quality import peers
from tests.quality.extraction import gold_pages, measure_page


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--pages", type=int, default=None, help="how many of the labelled pages (default: all)"
    )
    asked = parser.parse_args()
    try:
        pages = list(gold_pages(data_dir("extraction")))[: asked.pages]
    except pytest.skip.Exception as absent:
        print(f"not measured: {absent}")
        return
    for item in pages[:20]:  # imports, patterns and the language model are no cost of a page
        measure_page(item)
    spent = {"marsad": [measure_page(item).score.seconds for item in pages]}
    if peers.installed():
        answers = peers.ask(pages, workers=1)
        spent |= {name: [answer[name]["seconds"] for answer in answers] for name in sorted(answers[0])}
    else:
        print(peers.MISSING)
    print(f"{len(pages)} pages; {described()}")
    print(f"{'milliseconds of CPU a page':30}{'p50':>8}{'p95':>8}{'mean':>8}{'pages/s':>10}")
    for name, seconds in spent.items():
        cuts = quantiles(seconds, n=20)
        print(
            f"{name:30}{cuts[9] * 1000:8.1f}{cuts[18] * 1000:8.1f}{fmean(seconds) * 1000:8.1f}"
            f"{1 / fmean(seconds):10.0f}"
        )


if __name__ == "__main__":
    main()
