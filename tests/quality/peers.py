"""The extractors that ours is measured against, on the same pages in the same run.

They live in an environment of their own (``make quality`` makes ``.venv-peers``) and run in processes of
their own, so that nothing of theirs ever comes near the product.  This file is both ends: :func:`ask` hands
pages over, and ``python -m tests.quality.peers`` in the peers' environment answers: JSON lines in (``{"path",
"url", "language"}``), one JSON line each out (``{peer: {"text", "title", "authors", "date", "seconds"}}``).
"""

from __future__ import annotations

import gzip
import json
import logging
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PYTHON = ROOT / ".venv-peers" / "bin" / "python"
MISSING = "the peers are not installed: `make quality` makes .venv-peers and measures beside them"

Found = dict[str, Any]
"""``text``, ``title``, ``authors`` (list), ``date`` (``YYYY-MM-DD``); what is absent is empty or ``None``."""
Asked = tuple[str, str, str]
"""Page, its URL, its language."""


def installed() -> bool:
    return PYTHON.exists()


def ask(pages: Sequence[tuple[Path, dict[str, Any]]], workers: int = 2) -> list[dict[str, Found]]:
    """For each page (its file, its gold) what every peer found on it, by the peer's name."""
    lines = [
        json.dumps({"path": str(path), "url": gold["url"], "language": gold["lang"]}) for path, gold in pages
    ]
    with ThreadPoolExecutor(workers) as pool:
        parts = list(pool.map(_process, [lines[start::workers] for start in range(workers)]))
    answers: list[dict[str, Found]] = [{}] * len(lines)
    for start, part in enumerate(parts):
        answers[start::workers] = part
    return answers


def _process(lines: Sequence[str]) -> list[dict[str, Found]]:
    done = subprocess.run(
        [PYTHON, "-m", "tests.quality.peers"],
        input="\n".join(lines),
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        check=True,
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


# --- what follows runs in the peers' environment --------------------------------------------------------


def _trafilatura(**how: bool) -> Callable[[Asked], Found]:
    import trafilatura

    def read(asked: Asked) -> Found:
        page, url, _ = asked
        found = trafilatura.bare_extraction(page, url=url, with_metadata=True, include_comments=False, **how)
        if found is None:
            return {}
        authors = [name.strip() for name in (found.author or "").split(";") if name.strip()]
        return {"text": found.text, "title": found.title, "authors": authors, "date": found.date}

    return read


def _newspaper() -> Callable[[Asked], Found]:
    import newspaper

    def read(asked: Asked) -> Found:
        page, url, language = asked
        article = newspaper.Article(url, language=language.split("-")[0], fetch_images=False)
        article.download(input_html=page)
        article.parse()
        day = article.publish_date
        return {
            "text": article.text,
            "title": article.title,
            "authors": article.authors,
            "date": day.date().isoformat() if hasattr(day, "date") else None,
        }

    return read


def _readability() -> Callable[[Asked], Found]:
    from lxml import html
    from readability import Document

    def read(asked: Asked) -> Found:
        document = Document(asked[0])
        box = html.fromstring(document.summary())
        blocks = (" ".join(each.text_content().split()) for each in box.iter("p", "h2", "h3", "li", "pre"))
        return {"text": "\n".join(filter(None, blocks)), "title": document.short_title()}

    return read


def readers() -> dict[str, Callable[[Asked], Found]]:
    """Every peer, newspaper4k with the language given."""
    return {
        "trafilatura": _trafilatura(),
        "trafilatura fast": _trafilatura(fast=True),
        "trafilatura precision": _trafilatura(favor_precision=True),
        "newspaper4k": _newspaper(),
        "readability-lxml": _readability(),
    }


def _timed(read: Callable[[Asked], Found], asked: Asked) -> Found:
    began = time.process_time()
    try:
        found = read(asked)
    except Exception as fault:  # a page that a peer fails on is one on which it found nothing
        found = {"fault": f"{type(fault).__name__}: {fault}"}
    return {"seconds": time.process_time() - began, **found}


def _answers(lines: Iterator[str]) -> Iterator[dict[str, Found]]:
    peers = list(readers().items())
    for number, line in enumerate(lines):
        row = json.loads(line)
        page = gzip.decompress(Path(row["path"]).read_bytes()).decode("utf-8", "replace")
        asked = page, row["url"], row["language"]
        turned = peers[number % len(peers) :] + peers[: number % len(peers)]  # nobody is always first
        yield {name: _timed(read, asked) for name, read in turned}


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    for answer in _answers(iter(sys.stdin)):
        print(json.dumps(answer), flush=True)
