"""What copies and stories cost where a great many articles are in the window.

    python -m tests.benchmarks.bench_stories [--articles 100000] [--asked 2000] [--json]

Invented articles as the press writes them: five in a story, two of them copies, words and towns as unevenly
spread as in life.  The window is filled, then further articles are timed one by one: fingerprint and keys,
search for the origin, story.  One core.  Measured as processor time: the machine may have other work.
"""

from __future__ import annotations

import argparse
import json
import platform
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

from config.loader import Config, load
from pipeline.copies import CopyLimits, CopyWindow
from pipeline.fingerprints import fingerprint
from pipeline.stories import StoryRules, StoryWindow
from pipeline.traits import TraitMaker
from store.records import Annotated, Article, Moment, Precision, Relevance, Relevant

BATCH = 100
"""Articles of a crawl after which stories are asked for."""
BEGIN = datetime(2026, 3, 1, tzinfo=UTC)
LETTERS = "بتجحخدرزسشصطعغفقكلمنهوي"
FORMULAS = (
    "وقد تم الاحتفاظ بالمشتبه فيهم تحت تدبير الحراسة النظرية رهن إشارة البحث القضائي",
    "وأضاف المصدر ذاته أن الأبحاث لا تزال متواصلة لتوقيف باقي المتورطين",
)


@dataclass(frozen=True, slots=True)
class Facts:
    """What the articles of one story have in common."""

    town: str
    words: tuple[str, ...]
    numbers: tuple[int, ...]
    things: tuple[str, ...]


class Wire:
    """An endless stream of articles, the same each time."""

    def __init__(self, config: Config, per_day: int) -> None:
        self._random = random.Random(20260301)
        self._towns = [place.id for place in config.places]
        draw = self._random
        self._vocabulary = ["".join(draw.choices(LETTERS, k=draw.randint(4, 8))) for _ in range(60_000)]
        self._weights = list(accumulate(1 / (rank + 20) for rank in range(len(self._vocabulary))))
        self._town_weights = [1 / (rank + 1) for rank in range(len(self._towns))]
        self._per_day = per_day
        concepts = config.data("stories")["concepts"]["narrow"].values()
        self._things = [words["ar"].split()[0].strip("*").replace("_", " ") for words in concepts]

    def _facts(self) -> Facts:
        draw = self._random
        return Facts(
            draw.choices(self._towns, self._town_weights)[0],
            tuple(draw.choices(self._vocabulary, cum_weights=self._weights, k=40)),
            tuple(draw.choice((draw.randint(2, 60), draw.randint(100, 9000))) for _ in range(4)),
            tuple(draw.sample(self._things, 3)),
        )

    def articles(self) -> Iterator[Annotated]:
        number = 0
        while True:
            facts = self._facts()
            texts = [self._text(facts) for _ in range(3)]
            for copy, text in enumerate([*texts, texts[0], texts[0]]):
                at = BEGIN + timedelta(seconds=number * 86_400 / self._per_day)
                yield self._article(number, at, facts, text, f"outlet{number % 170}-{copy}")
                number += 1

    def _text(self, facts: Facts) -> tuple[str, ...]:
        draw = self._random
        sentences = []
        for _ in range(8):
            own = draw.choices(self._vocabulary, cum_weights=self._weights, k=12)
            told = [*draw.sample(facts.words, 6), draw.choice(facts.things), str(draw.choice(facts.numbers))]
            mixed = [*own, *told]
            draw.shuffle(mixed)
            sentences.append(" ".join(mixed))
        return (*sentences, draw.choice(FORMULAS))

    def _article(
        self, number: int, at: datetime, facts: Facts, text: tuple[str, ...], outlet: str
    ) -> Annotated:
        url = f"https://press.example/{number}"
        title = " ".join([*self._random.sample(facts.words, 5), facts.things[0]])
        moment = Moment(at, Precision.MINUTE, "meta", at, at + timedelta(minutes=1), at.date().isoformat())
        paragraphs = tuple(f"{sentence}." for sentence in text)
        article = Article(outlet, url, url, title, paragraphs, "ar", published=moment)
        return Annotated(article, Relevance(Relevant.IN), ("dgsn",), (facts.town,))


def resident_mb() -> float:
    """Memory of this process that is in use."""
    for line in Path("/proc/self/status").read_text("ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return float("nan")


def run(count: int, asked: int) -> dict[str, Any]:
    config = load(environ={})
    rules = config.data("stories")
    maker, limits, story_rules = TraitMaker(config), CopyLimits.of(rules), StoryRules.of(rules)
    stream = Wire(config, int(count / story_rules.window_days)).articles()
    before = resident_mb()
    copy_window, story_window = CopyWindow(limits), StoryWindow(story_rules)
    spent = dict.fromkeys(("keys", "copies", "stories"), 0.0)
    worst = 0.0
    for number in range(count + asked):
        annotated = next(stream)
        name = f"a{number}"
        marks = [time.process_time()]
        print_, traits = fingerprint(name, annotated), maker.traits(name, annotated)
        marks.append(time.process_time())
        copy = copy_window.copy_of(print_)
        copy_window.add(print_)
        marks.append(time.process_time())
        story_window.add(traits, copy.origin if copy else None)
        if number % BATCH == 0 or number >= count + asked - 1:
            story_window.story_of(name)
        marks.append(time.process_time())
        if number >= count:
            for part, (begin, end) in zip(spent, pairwise(marks), strict=True):
                spent[part] += end - begin
            worst = max(worst, marks[-1] - marks[0])
    stories = story_window.stories()
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": f"{platform.machine()}, Python {platform.python_version()}, one core",
        "articles in the window": count,
        **{f"{part}, ms an article": seconds / asked * 1000 for part, seconds in spent.items()},
        "together, ms an article": sum(spent.values()) / asked * 1000,
        "worst, ms": worst * 1000,
        "memory, MB": resident_mb() - before,
        "articles a story": len(stories) / max(1, len(set(stories.values()))),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--articles", type=int, default=100_000)
    parser.add_argument("--asked", type=int, default=2000)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    figures = run(asked.articles, asked.asked)
    if asked.json:
        print(json.dumps(figures, ensure_ascii=False))
        return
    for name, value in figures.items():
        print(f"{name:28}{value:.2f}" if isinstance(value, float) else f"{name:28}{value}")


if __name__ == "__main__":
    main()
