"""An article cut into pages, made whole."""

from __future__ import annotations

import pytest

from pipeline.extraction import extract, joined
from store.records import Access, Article, Reason, Rejection
from tests.pipeline.extraction.pages import page, rules
from tests.pipeline.extraction.test_fields import story

SECOND = (
    "<p>Le parquet a ordonné une enquête, confiée à la brigade, qui devra dire d'où venaient les motos.</p>"
    "<p>La brigade de la ville a mené une opération qui a permis l'interpellation de deux personnes, "
    "selon le communiqué.</p>"
)


def second(**more: str) -> str:
    body = story(**more)
    start, end = body.index("<div class=article-body>"), body.index("</div></article>")
    return f"{body[:start]}<div class=article-body><img src=/i/2.jpg>{SECOND}{body[end:]}"


def whole(*bodies: str) -> Article:
    got = joined([page(body) for body in bodies], rules())
    assert isinstance(got, Article), got
    return got


def test_text_goes_on_without_what_each_page_repeats() -> None:
    got = whole(story(), second())
    assert [line.split()[1] for line in got.paragraphs] == ["brigade", "deux", "parquet"]
    assert [image.url for image in got.images] == ["https://outlet.example/i/2.jpg"]
    assert got.flags == ("pages_joined",)


def test_title_and_authors_are_those_of_the_first_page() -> None:
    got = whole(
        story(),
        second(title="Deux interpellations au port de la ville (2/2)", below="<p class=byline>Par X Y</p>"),
    )
    assert (got.title, got.authors) == ("Deux interpellations au port de la ville", ())


def test_one_page_is_read_as_ever() -> None:
    assert joined([page(story())], rules()) == extract(page(story()), rules())


def test_a_page_that_is_none_is_flagged_and_loses_nothing() -> None:
    got = whole(story(), "<title>404</title><h1>Page introuvable</h1>", second())
    assert got.flags == ("pages_joined", "page_missing") and len(got.paragraphs) == 3


def test_the_last_page_says_whether_all_is_shown() -> None:
    wall = "<p>La suite de cet article est réservée aux abonnés</p>"
    assert (
        whole(story(), second().replace("</div></article>", f"{wall}</div></article>")).access
        is Access.PARTIAL
    )


def test_without_a_first_page_there_is_no_article() -> None:
    got = joined([page("<title>404</title><h1>Page introuvable</h1>"), page(story())], rules())
    assert isinstance(got, Rejection) and got.reason in (Reason.SOFT_404, Reason.NO_TEXT)
    with pytest.raises(ValueError, match="no page"):
        joined([], rules())
