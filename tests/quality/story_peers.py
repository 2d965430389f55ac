"""What copies and stories are measured beside, on the same articles in the same run.

``datasketch``: MinHash of runs of three words and its LSH index, for copies.  ``scikit-learn``: TF-IDF of
words and a single pass, in which an article joins the story of the likest one before it, for stories.  Both
as their documentation shows them, with the thresholds named; both see a window of days as ours does.

They live in the environment of the peers of extraction (:mod:`tests.quality.peers`) and run in a process of
their own.  This file is both ends: :func:`ask` hands articles over, and in the peers' environment
``python -m tests.quality.story_peers`` answers.  Lines in (JSON) are the fields of :class:`Told`, in order of
time; an article that is not ``asked`` only fills the window, and its time is not counted.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from tests.quality.peers import PYTHON, ROOT

DAY = 86_400
COPY_DAYS, STORY_DAYS = 5, 6
"""The windows of ``config/stories.yml``."""
_PERMUTATIONS = 128


@dataclass(frozen=True, slots=True)
class Told:
    """An article as the peers are told of it."""

    id: str
    title: str
    text: str
    at: int
    """Seconds since 1970."""
    asked: bool = True


@dataclass(frozen=True, slots=True)
class Answer:
    """What one peer says of the articles asked about."""

    sort: str
    """``copies`` (article → origin) or ``stories`` (article → story)."""
    peer: str
    said: dict[str, str]
    ms: float
    """Processor time an article that was asked about."""


def ask(articles: Iterable[Told]) -> list[Answer]:
    """The answer of each peer; *articles* in any order."""
    lines = (json.dumps(asdict(one)) for one in sorted(articles, key=lambda one: (one.at, one.id)))
    done = subprocess.run(
        [PYTHON, "-m", "tests.quality.story_peers"],
        input="\n".join(lines),
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        check=True,
    )
    return [Answer(**json.loads(line)) for line in done.stdout.splitlines()]


# --- what follows runs in the peers' environment --------------------------------------------------------


def _shingles(text: str) -> list[bytes]:
    words = text.lower().split()
    return [" ".join(words[at : at + 3]).encode() for at in range(max(1, len(words) - 2))]


def _minhash(articles: Sequence[Told], threshold: float) -> Iterator[tuple[str, str, float]]:
    """(article, origin or nothing, seconds): the first before it that is like enough."""
    from datasketch import MinHash, MinHashLSH

    index = MinHashLSH(threshold=threshold, num_perm=_PERMUTATIONS)
    prints: dict[str, tuple[int, Any]] = {}
    for one in articles:
        began = time.process_time()
        new = MinHash(num_perm=_PERMUTATIONS)
        new.update_batch(_shingles(one.text))
        origins = [
            (prints[name][0], name)
            for name in index.query(new)
            if one.at - prints[name][0] <= COPY_DAYS * DAY and prints[name][1].jaccard(new) >= threshold
        ]
        index.insert(one.id, new)
        prints[one.id] = one.at, new
        yield one.id, min(origins)[1] if origins else "", time.process_time() - began


def _single_pass(articles: Sequence[Told], threshold: float) -> Iterator[tuple[str, str, float]]:
    """(article, story, seconds): that of the likest article before it, if it is like enough."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    began = time.process_time()
    vectors = TfidfVectorizer(sublinear_tf=True).fit_transform(
        [f"{one.title}\n{one.text}" for one in articles]
    )
    share = (time.process_time() - began) / len(articles)
    story: list[str] = []
    first = 0
    for number, one in enumerate(articles):
        began = time.process_time()
        while articles[first].at < one.at - STORY_DAYS * DAY:
            first += 1
        story.append(one.id)
        if number > first and one.asked:
            like = (vectors[first:number] @ vectors[number].T).toarray().ravel()
            likest = int(like.argmax())
            if like[likest] >= threshold:
                story[number] = story[first + likest]
        yield one.id, story[number], time.process_time() - began + share


_PEERS = (
    ("copies", "MinHashLSH, threshold .5", _minhash, 0.5),
    ("copies", "MinHashLSH, threshold .8", _minhash, 0.8),
    ("stories", "TF-IDF single pass, threshold .2", _single_pass, 0.2),
    ("stories", "TF-IDF single pass, threshold .3", _single_pass, 0.3),
)


def _answers(articles: Sequence[Told]) -> Iterator[dict[str, Any]]:
    asked = {one.id for one in articles if one.asked}
    for sort, name, peer, threshold in _PEERS:
        if len(asked) < len(articles) and threshold not in (0.5, 0.3):
            continue  # a window that is filled to be timed needs no second threshold
        said: dict[str, str] = {}
        spent = 0.0
        for article, answer, seconds in peer(articles, threshold):
            if article in asked:
                spent += seconds
                if answer:
                    said[article] = answer
        yield {"sort": sort, "peer": name, "said": said, "ms": spent / len(asked) * 1000}


if __name__ == "__main__":
    for answer in _answers([Told(**json.loads(line)) for line in sys.stdin]):
        print(json.dumps(answer), flush=True)
