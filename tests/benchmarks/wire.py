"""An endless invented press for benches: the same each time, as unevenly spread as the real one.

Stories begin all the time, in a town that is in the news often or rarely, are told in one language or in
several, by few outlets or by many; a third of the articles are copies (whole, with another title, cut, or
with a sentence before); some stories are taken up again days later.  Words come with the frequencies of a
language: what is common (formulas, towns, things, small numbers) is shared by thousands, what is rare by few.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush
from itertools import accumulate

from config.loader import Config
from store.records import (
    Annotated,
    Article,
    Attributed,
    Attribution,
    KindLabel,
    Moment,
    Precision,
    Relevance,
    Relevant,
)

BEGIN = datetime(2026, 3, 1, tzinfo=UTC)
OUTLETS = 170
_LETTERS = {"ar": "بتجحخدرزسشصطعغفقكلمنهوي", "la": "aeioubcdflmnprstvaeio"}
_LANGUAGES = {"ar": 50, "ary": 8, "fr": 26, "es": 9, "en": 7}
_ARTICLES = (1, 1, 1, 2, 2, 3, 4, 6, 9, 14)
"""How many articles a story has, each as likely."""
_COPIED = 0.35
_FOLLOWED = 0.2
_FORMULAS = {
    "ar": (
        "وقد تم الاحتفاظ بالمشتبه فيهم تحت تدبير الحراسة النظرية رهن إشارة البحث القضائي",
        "وأضاف المصدر ذاته أن الأبحاث لا تزال متواصلة لتوقيف باقي المتورطين",
    ),
    "ary": ("والبحث مازال مستمر باش يشدو لخرين لي دايرين معاهم",),
    "fr": ("Une enquête a été ouverte sous la supervision du parquet compétent, ajoute la même source",),
    "es": ("La investigación sigue abierta y no se descartan nuevas detenciones, añade la misma fuente",),
    "en": ("An investigation has been opened under the supervision of the public prosecutor",),
}


@dataclass(frozen=True, slots=True)
class Facts:
    """What the articles of one story have in common."""

    town: str
    kind: str
    numbers: tuple[int, ...]
    things: tuple[tuple[str, str], ...]
    """In Arabic and in Latin letters."""
    words: dict[str, tuple[str, ...]]
    """By language."""


class Wire:
    """The stream; *per_day* articles are printed a day."""

    def __init__(self, config: Config, per_day: int, seed: int = 20260301) -> None:
        self._random = draw = random.Random(seed)
        self._between = 86_400 / per_day * sum(_ARTICLES) / len(_ARTICLES) * (1 + _FOLLOWED)
        self._towns = [place.id for place in config.places]
        self._town_weights = list(accumulate(1 / (rank + 2) for rank in range(len(self._towns))))
        self._kinds = [kind.id for kind in config.kinds]
        self._things = [
            (_first(words["ar"]), _first(words["la"]))
            for words in config.data("stories")["concepts"]["narrow"].values()
        ]
        self._words = {
            language: [
                "".join(draw.choices(_LETTERS["ar" if language[:2] == "ar" else "la"], k=draw.randint(4, 9)))
                for _ in range(40_000)
            ]
            for language in _LANGUAGES
        }
        self._weights = list(accumulate(1 / (rank + 20) for rank in range(40_000)))

    def articles(self) -> Iterator[Annotated]:
        """The articles in the order in which they are printed."""
        draw = self._random
        waiting: list[tuple[float, int, Annotated]] = []
        begin, number = 0.0, 0
        while True:
            begin += draw.expovariate(1 / self._between)
            while waiting and waiting[0][0] <= begin:
                yield heappop(waiting)[2]
            facts = self._facts()
            told = [(begin, facts)]
            if draw.random() < _FOLLOWED:
                later = replace(facts, numbers=(*facts.numbers[:2], draw.randint(2, 60)))
                told.append((begin + draw.uniform(1, 4) * 86_400, later))
            for at, one in told:
                for seconds, annotated in self._story(at, one):
                    number += 1
                    heappush(waiting, (seconds, number, annotated))

    def _facts(self) -> Facts:
        draw = self._random
        languages = {language: tuple(self._draw(language, 40)) for language in _LANGUAGES}
        return Facts(
            draw.choices(self._towns, cum_weights=self._town_weights)[0],
            draw.choice(self._kinds),
            tuple(draw.choice((draw.randint(2, 60), draw.randint(100, 9000))) for _ in range(4)),
            tuple(draw.sample(self._things, 3)),
            languages,
        )

    def _draw(self, language: str, count: int) -> list[str]:
        return self._random.choices(self._words[language], cum_weights=self._weights, k=count)

    def _story(self, begin: float, facts: Facts) -> Iterator[tuple[float, Annotated]]:
        draw = self._random
        spoken = draw.choices([*_LANGUAGES], [*_LANGUAGES.values()], k=draw.choice((1, 1, 2, 3)))
        printed: dict[str, list[tuple[str, tuple[str, ...]]]] = {}
        at = begin
        for _ in range(draw.choice(_ARTICLES)):
            language = draw.choice(spoken)
            before = printed.setdefault(language, [])
            if before and draw.random() < _COPIED / 0.7:  # the first of a language copies nobody
                title, text = self._copied(language, facts, *draw.choice(before))
            else:
                title, text = self._title(language, facts), self._text(language, facts)
                before.append((title, text))
            yield at, self._article(at, language, facts, title, text)
            at += draw.expovariate(1 / (5 * 3600))

    def _title(self, language: str, facts: Facts) -> str:
        return " ".join([*self._random.sample(facts.words[language], 5), self._thing(language, facts)])

    def _thing(self, language: str, facts: Facts) -> str:
        return self._random.choice(facts.things)[language[:2] != "ar"]

    def _text(self, language: str, facts: Facts) -> tuple[str, ...]:
        draw = self._random
        sentences = []
        for _ in range(draw.randint(5, 11)):
            mixed = [
                *self._draw(language, 14),
                *draw.sample(facts.words[language], 6),
                self._thing(language, facts),
                str(draw.choice(facts.numbers)),
            ]
            draw.shuffle(mixed)
            sentences.append(" ".join(mixed) + ".")
        return (*sentences, draw.choice(_FORMULAS[language]) + ".")

    def _copied(
        self, language: str, facts: Facts, title: str, text: tuple[str, ...]
    ) -> tuple[str, tuple[str, ...]]:
        draw = self._random
        how = draw.choice(("verbatim", "retitled", "cut", "prefixed"))
        if how == "cut":
            return title, text[: max(3, len(text) * 2 // 3)]
        if how == "prefixed":
            return title, (" ".join(self._draw(language, 12)) + ".", *text)
        return (title if how == "verbatim" else self._title(language, facts)), text

    def _article(
        self, seconds: float, language: str, facts: Facts, title: str, text: tuple[str, ...]
    ) -> Annotated:
        draw = self._random
        at = BEGIN + timedelta(seconds=int(seconds))
        outlet = f"outlet{min(int(draw.paretovariate(0.7)), OUTLETS)}-{language}"
        url = f"https://{outlet}.example/{draw.getrandbits(48):x}"
        moment = Moment(at, Precision.MINUTE, "meta", at, at + timedelta(minutes=1), at.date().isoformat())
        return Annotated(
            Article(outlet, url, url, title, text, language, published=moment),
            Relevance(Relevant.IN),
            ("dgsn",),
            (facts.town,),
            kinds=(KindLabel(facts.kind),),
            attribution=Attributed(Attribution.OFFICIAL),
        )


def _first(words: str) -> str:
    return words.split()[0].strip("*").replace("_", " ")
