"""Every figure of understanding that has a floor, in one go (``understanding`` in ``floors.toml``)."""

from __future__ import annotations

import tomllib
from pathlib import Path

from config.loader import Config
from pipeline.annotation.figures import Figures
from pipeline.annotation.kinds import Kinds
from pipeline.annotation.partners import Partners
from pipeline.annotation.persons import Persons
from pipeline.annotation.voices import Voices
from pipeline.annotation.whereabouts import Whereabouts
from tests.quality import claims, copies, figures, kinds, persons, stories, voices, where
from tests.quality.coverage import annotator_of, cases


def reached(folder: Path, config: Config) -> dict[str, float]:
    """``<measure>.<figure>`` → value, on the labelled coverage in *folder*."""
    annotator, found = annotator_of(config), list(cases(folder))
    speakers, forms = Voices(config), Kinds(config)
    told = stories.said_stories(found, config)
    said = stories.said_relations(found, config, told, False)
    scores = {
        half: stories.relation_scores([one for one in found if one.seen is not unseen or half == "all"], said)
        for half, unseen in (("all", False), ("seen", False), ("unseen", True))
    }
    measured = {
        "kinds": kinds.reached(
            kinds.measure(found, annotator, forms, speakers),
            kinds.measure(found, annotator, forms, speakers, decided=True),
        ),
        "voices": voices.reached(voices.measure(found, annotator, speakers)),
        "where": where.reached(where.measure(found, annotator, Whereabouts(config), Partners(config))[0]),
        "figures": figures.reached(figures.measure(found, annotator, Figures(config))),
        "persons": persons.reached(persons.measure(found, annotator, Persons(config))),
        "copies": copies.reached(copies.measure(folder, config)),
        "claims": claims.reached(claims.measure(folder, config)),
        "stories": stories.reached(
            stories.by_half(found, told),
            scores,
            stories.unanswered(found, config, {one.id: one.story for one in found}),
        ),
    }
    return {f"{name}.{key}": value for name, rows in measured.items() for key, value in rows.items()}


def below(measured: dict[str, float]) -> list[str]:
    """A line for each figure below its floor."""
    floors = tomllib.loads((Path(__file__).parent / "floors.toml").read_text("utf-8"))["understanding"]
    return [
        f"{name}: {measured[name]:.3f}, floor {floor}"
        for name, floor in floors.items()
        if measured[name] < floor
    ]
