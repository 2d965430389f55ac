"""The fields that every engine writes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from search.documents import document
from search.fields import NO_WORDS, REST, TOKENS, token_fields
from tests.search.press import SOURCES, analysis, stored


@pytest.mark.parametrize(("relevance", "own", "other"), [("in", "", REST), ("none", REST, "")])
def test_every_token_field_of_every_article_holds_something(relevance: str, own: str, other: str) -> None:
    fields = token_fields(document(stored("Un titre", relevance=relevance), analysis(), SOURCES))
    assert set(fields) == {before + name for before in ("", REST) for name in TOKENS}
    assert fields[own + "title_exact"] == "un titre"
    assert fields[own + "subtitle_exact"] == NO_WORDS
    assert {fields[other + name] for name in TOKENS} == {NO_WORDS}


def test_nothing_that_can_be_typed_or_printed_is_the_mark_of_no_words() -> None:
    assert analysis().exact(NO_WORDS) is None
    assert NO_WORDS not in analysis().tokens(f"rien {NO_WORDS} rien", "fr").exact


def test_a_field_that_does_not_exist_is_refused() -> None:
    made = document(stored(), analysis(), SOURCES)
    with pytest.raises(ValueError, match="colour"):
        token_fields(replace(made, tokens={**made.tokens, "colour": "rouge"}))
