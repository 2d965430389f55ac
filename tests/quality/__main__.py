"""``make quality``: every quality measured on the labelled data, and the floors under it."""

from __future__ import annotations

from tests.quality import (
    claims,
    copies,
    extraction,
    figures,
    kinds,
    newsrooms,
    persons,
    press_kinds,
    relevance,
    shapes,
    stories,
    voices,
    where,
)

if __name__ == "__main__":
    extraction.main()
    for measured in (
        newsrooms,
        shapes,
        relevance,
        kinds,
        voices,
        where,
        figures,
        persons,
        press_kinds,
        copies,
        stories,
        claims,
    ):
        print(f"\n== {measured.__name__.rpartition('.')[2]}")
        measured.main()
