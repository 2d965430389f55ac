"""The rules are data: a change of them is seen, and an overlay's rules hold."""

from __future__ import annotations

from pathlib import Path

import config
from config.loader import PACKAGED
from pipeline.annotation import Annotator
from store.records import Relevant
from tests.pipeline.newsroom import article, source


def test_changed_rules_have_another_version_and_decide(annotator: Annotator, tmp_path: Path) -> None:
    text = (PACKAGED / "relevance.yml").read_text("utf-8")
    assert "مديرية الحموشي" in (PACKAGED / "institutions" / "core.yml").read_text("utf-8")
    (tmp_path / "relevance.yml").write_text(text.replace("Algérie, ", ""), "utf-8")
    other = Annotator(config.load(tmp_path, environ={}))
    assert other.rules_version != annotator.rules_version
    one = article("Algérie : la DGSN communique", "Rien de plus.")
    assert annotator.annotate(one, source("FR")).relevance.decision is Relevant.HOMONYM
    assert other.annotate(one, source("FR")).relevance.decision is Relevant.NONE


def test_equal_rules_have_equal_versions(annotator: Annotator) -> None:
    assert Annotator(config.load(environ={})).rules_version == annotator.rules_version


def test_every_rule_names_something_that_exists() -> None:
    """A misspelt id or name in the rules would be silently without effect."""
    settings = config.load(environ={})
    rules = settings.relevance
    ids = {body.id for body in settings.institutions}
    trust = rules["trust"]
    named = {
        *trust["ids"],
        *trust["namesakes"],
        *rules["also"],
        *rules["namesake_partners"],
        *rules["background"],
    }
    named |= {*rules["closing"]["bodies"], *rules["acting"]["bodies"]}
    assert named <= ids
    known = {"ours", "shared", "beside", "weak", "never"}
    assert {*trust["ids"].values(), *trust["names"].values(), *trust["by_scope"].values()} <= known
    countries = {*rules["countries"], *(homonym.country for homonym in settings.homonyms)}
    for listed in trust["namesakes"].values():
        assert set(listed) <= countries
