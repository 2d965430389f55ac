"""What is read rightly on pages of ours in the shapes of newsrooms does not become less."""

from __future__ import annotations

from tests.quality.newsrooms import below, measure, reads


def test_newsrooms_are_read_as_well_as_before() -> None:
    assert below(measure(reads())) == []
