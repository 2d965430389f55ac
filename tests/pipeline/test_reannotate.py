"""Rules that change make labels anew: exactly those that they should, from the texts in the ledger."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import config
from pipeline.annotation import Annotator
from pipeline.reannotate import changes, reannotate
from store.ledger import Ledger
from store.records import Annotated, Capture, Decision, FetchedPage, Link, Verdict, Via
from store.urls import article_id
from tests.pipeline.newsroom import article

SEEN = datetime(2026, 11, 24, 9, tzinfo=UTC)
TEXTS = {
    "days": ("JPO de la DGSN à Fès", "La DGSN tient sa JPO à Fès, où la police montre ses chevaux."),
    "doors": ("Portes ouvertes de la DGSN", "Les journées portes ouvertes de la DGSN se tiennent à Rabat."),
    "denial": (
        "La DGSN dément une rumeur",
        "La DGSN dément l'existence d'un gang à Salé, selon un communiqué.",
    ),
    "none": ("La pluie revient", "La pluie revient sur les plaines du Gharb."),
}


def write(ledger: Ledger, name: str, annotated: Annotated, revision: int = 1) -> None:
    url = annotated.article.url
    link = Link("sabah", url, url, Via.FEED)
    capture = Capture("a.warc.gz", list(TEXTS).index(name) + 100 * revision, "0" * 64)
    page = FetchedPage(link, url, url, 200, (), b"", SEEN.replace(minute=revision), capture)
    verdict = Verdict.NEW if revision == 1 else Verdict.REVISION
    ledger.write(None, annotated, Decision(verdict, article_id(url), revision), page)


def filled(folder: Path) -> Ledger:
    annotator = Annotator(config.load(environ={}))
    ledger = Ledger.open(folder)
    for name, (title, text) in TEXTS.items():
        write(ledger, name, annotator.annotate(article(title, text, url=f"https://a.example/{name}"), None))
    edited = article("JPO de la DGSN à Fès : demain", TEXTS["days"][1], url="https://a.example/days")
    write(ledger, "days", annotator.annotate(edited, None), 2)
    ledger.outbox_done([row.seq for row in ledger.outbox_take(99, "me", SEEN, 60)])
    return ledger


def kinds(ledger: Ledger) -> dict[str, set[str]]:
    return {
        one.article.url.rpartition("/")[2]: {kind.id for kind in one.annotated.kinds}
        for one in ledger.articles()
    }


def test_rules_as_they_were_change_nothing(tmp_path: Path) -> None:
    with filled(tmp_path) as ledger:
        assert reannotate(ledger, config.load(environ={})) == {"revisions": 5, "changed": 0}
        assert ledger.outbox_size() == 0


def test_one_cue_less_changes_exactly_the_label_that_it_made(tmp_path: Path) -> None:
    packaged = Path(config.__file__).with_name("kinds.yml").read_text(encoding="utf-8")
    assert "portes ouvertes; jpo; open door*" in packaged
    overlay = tmp_path / "overlay"
    overlay.mkdir()
    changed = packaged.replace("portes ouvertes; jpo; open door*", "portes ouvertes; open door*")
    (overlay / "kinds.yml").write_text(changed, encoding="utf-8")
    with filled(tmp_path / "home") as ledger:
        before = kinds(ledger)
        assert "open_days" in before["days"] and "open_days" in before["doors"]
        counts = reannotate(ledger, config.load(overlay, environ={}))
        assert counts == {"revisions": 5, "changed": 2, "kinds": 2}, "both revisions of one article"
        after = kinds(ledger)
        assert after["days"] == before["days"] - {"open_days"}
        assert {name: after[name] for name in after if name != "days"} == {
            name: before[name] for name in before if name != "days"
        }
        told = ledger.outbox_take(9, "me", SEEN, 60)
        assert [row.article_id for row in told] == [article_id("https://a.example/days")]
        assert reannotate(ledger, config.load(overlay, environ={}))["changed"] == 0


def test_what_changed_is_told_by_its_name() -> None:
    one = Annotator(config.load(environ={})).annotate(article("Titre", "La DGSN dément."), None)
    assert list(changes(one, one)) == []
    other = replace(one, unit="wilaya-fes", places=("fes",), rules_version="x")
    assert list(changes(one, other)) == ["places", "unit"]
