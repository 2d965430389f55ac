"""Dated selectors of one outlet, where generic reading is not enough."""

# ruff: noqa: E501 -- a row of a table is one page or string, kept on its line

from __future__ import annotations

from dataclasses import replace
from datetime import date

from config.model import SELECTORS, SelectorRule
from pipeline.extraction import extract
from pipeline.extraction.selected import rule_for
from store.records import Image, Video
from tests.pipeline.extraction.pages import article, page, rules

BODY = """<!doctype html><html lang=fr><head><title>Autre chose</title></head><body>
<h1>Un titre générique du site entier</h1><div class="t">Deux interpellations au port</div>
<div class="s">Un chapô bien court.</div><span class="who">Par Nadia Belhaj</span><span class="when">20/11/2026</span>
<div class="x"><p>La brigade de la ville a mené une opération qui a permis deux interpellations, selon le communiqué.</p>
<p class="ad-text">Une réclame qui se donne des airs de phrase, assez longue pour qu'on la prenne pour du texte.</p></div>
</body></html>"""
RULE = SelectorRule(
    title=".t",
    subtitle=".s",
    body=".x",
    authors=".who",
    published=".when",
    drop=("p.ad-text",),
    valid_from=date(2026, 1, 1),
)


def test_rule_decides_every_field_it_names() -> None:
    got = article(extract(page(BODY), replace(rules(), selectors=(RULE,))))
    assert got.title == "Deux interpellations au port"
    assert got.subtitle == "Un chapô bien court."
    assert got.paragraphs == (
        "La brigade de la ville a mené une opération qui a permis deux interpellations, selon le communiqué.",
    )
    assert got.authors == ("Nadia Belhaj",)
    assert got.published is not None
    assert got.published.local_date == "2026-11-20"
    origins = dict(got.origins)
    assert {origins[f] for f in ("title", "subtitle", "paragraphs", "authors", "published")} == {"rule"}


MEDIA = BODY.replace(
    "</body>",
    '<i class="mod" content="2026-11-21T08:00:00Z">hier</i><b class="sec">Société</b><u class="tg">Port</u><u class="tg">Police</u>'
    '<div class="pic"><img data-src="/i/1.jpg">Le port</div><s class="vid" data-href="https://www.youtube.com/watch?v=abc"></s></body>',
)


def test_rule_decides_what_stands_around_the_text_too() -> None:
    rule = replace(RULE, modified=".mod", section=".sec", tags=".tg", images=".pic", videos=".vid")
    got = article(extract(page(MEDIA), replace(rules(), selectors=(rule,))))
    assert got.modified is not None and got.modified.local_date == "2026-11-21"
    assert (got.section, got.tags) == ("Société", ("Port", "Police"))
    assert got.images == (Image("https://outlet.example/i/1.jpg", "Le port"),)
    assert got.videos == (Video("https://www.youtube.com/watch?v=abc", "youtube"),)


def test_rule_that_finds_nothing_leaves_the_generic_reading() -> None:
    blind = SelectorRule(**dict.fromkeys(SELECTORS, ".none"))
    assert extract(page(BODY), replace(rules(), selectors=(blind,))) == extract(page(BODY), rules())


def test_the_rule_in_force_on_the_day_of_the_fetch() -> None:
    old, new = replace(RULE, valid_from=None), replace(RULE, valid_from=date(2026, 6, 1))
    assert rule_for((old, new), date(2026, 5, 31)) is old
    assert rule_for((new, old), date(2026, 6, 1)) is new
    assert rule_for((new,), date(2026, 5, 31)) is None


def test_text_of_a_rule_keeps_no_account_of_a_post() -> None:
    body = BODY.replace(
        "communiqué.</p>",
        "communiqué.</p><p>Le port. pic.twitter.com/a — Une passante (@some_one) 24 nov.</p>",
    )
    got = article(extract(page(body), replace(rules(), selectors=(RULE,))))
    assert got.paragraphs[1] == "Le port. — Une passante 24 nov."
