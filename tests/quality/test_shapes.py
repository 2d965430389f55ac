"""Pages that are no article stay out, in the shapes that sites use."""

from __future__ import annotations

import tomllib
from pathlib import Path

from tests.quality.shapes import shapes, taken_for


def test_pages_that_are_no_article_are_told_by_their_reason() -> None:
    floors = tomllib.loads((Path(__file__).parent / "floors.toml").read_text("utf-8"))["shapes"]
    made = list(shapes())
    found = {shape.name: taken_for(shape) for shape in made}
    articles = [shape.name for shape in made if found[shape.name] == "article"]
    assert len(articles) <= floors["taken_for_an_article"] * len(made), articles
    right = sum(found[shape.name] == shape.reason.value for shape in made)
    assert right >= floors["right_reason"] * len(made)
