"""The packaged catalogue and knowledge: all of it is there, and it is honest."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

import config
from config import Config, build, checking, dump, schema
from config.fold import fold
from config.reading import read_yaml


@pytest.fixture(scope="module")
def packaged() -> Config:
    return config.load(environ={})


def test_the_whole_packaged_configuration_is_without_fault() -> None:
    assert config.check(environ={}) == {
        "outlets": 178,
        "outlets enabled": 157,
        "entry points": 260,
        "institutions": 52,
        "agencies": 22,
        "homonyms": 11,
        "office holders": 5,
        "regions": 12,
        "police units": 96,
        "towns": 140,
        "kinds of communication": 32,
        "watchwords": len(config.load(environ={}).watchwords),
    }


REFUSING = [
    # (outlet, what its reason must say)
    ("map", "403"),
    ("map-express", "403"),
    ("2m", "403"),
    ("medias24", "403"),
    ("lematin", "403"),
    ("leconomiste", "403"),
    ("h24info", "403"),
    ("ledesk", "403"),
    ("maroc-diplomatique", "403"),
    ("albayane", "403"),
    ("snrtnews", "403"),
    ("alyaoum24", "robots.txt"),
    ("maroc-hebdo", "robots.txt"),
    ("lemonde", "legal notice"),
    ("reuters", "terms"),
    ("ap", "blocked"),
    ("efe", "blocked"),
    ("yabiladi-en", "blocked"),
    ("dgsn-official", "refuses connections"),
    ("e-blagh", "no entry point"),
    ("afp", "No public feed"),
]


@pytest.mark.parametrize(("source_id", "said"), REFUSING)
def test_an_outlet_that_refuses_crawlers_is_present_and_disabled(
    packaged: Config, source_id: str, said: str
) -> None:
    source = packaged.sources[source_id]
    assert not source.enabled
    assert said in (source.reason or "")


def test_no_other_outlet_is_disabled(packaged: Config) -> None:
    disabled = {source.id for source in packaged.sources.values() if not source.enabled}
    assert disabled == {source_id for source_id, _ in REFUSING}


def test_entry_points_keep_their_kinds_and_their_witnesses(packaged: Config) -> None:
    entries = [entry for source in packaged.sources.values() for entry in source.entry_points]
    kinds = Counter(entry.kind for entry in entries)
    assert set(kinds) == {"feed", "sitemap", "news_sitemap", "section", "wordpress"}
    confidence = Counter(entry.confidence for entry in entries)
    assert confidence == {"public-evidence": 213, "pattern-guess": 47}
    assert all(entry.evidence for entry in entries if entry.confidence == "public-evidence")
    assert not any(entry.evidence for entry in entries if entry.confidence == "pattern-guess")


def test_the_first_entry_points_of_an_outlet_stay_first(packaged: Config) -> None:
    assert [entry.kind for entry in packaged.sources["hespress"].entry_points] == [
        "feed",
        "news_sitemap",
        "feed",
        "section",
        "section",
        "wordpress",
    ]


def test_scopes_and_roles_are_as_they_were_found(packaged: Config) -> None:
    sources = packaged.sources.values()
    assert Counter(source.scope for source in sources) == {
        "national": 97,
        "international": 62,
        "agency": 15,
        "official": 4,
    }
    assert {source.id for source in sources if source.role == "aggregator"} == {
        "allafrica",
        "allafrica-fr",
        "maghress",
    }
    assert {source.country for source in sources if source.role == "homonym-risk"} == {"DZ"}


def test_every_outlet_has_a_zone_of_its_country_and_its_homepage_as_a_domain(packaged: Config) -> None:
    zones = {source.country: source.timezone for source in packaged.sources.values()}
    assert zones["MA"] == "Africa/Casablanca"
    assert len({(source.country, source.timezone) for source in packaged.sources.values()}) == len(zones)
    assert packaged.sources["hespress"].domains == ("hespress.com",)
    assert packaged.sources["fesnews"].domains == ("fesnews.net", "fesnews.media")


def test_foreign_outlets_are_collected_where_they_match(packaged: Config) -> None:
    collect = {source.id: source.collect for source in packaged.sources.values()}
    assert (collect["hespress"], collect["elpais"], collect["ansa"]) == ("all", "matching", "matching")
    assert collect["allafrica"] == "all"  # lists Morocco only


def test_languages_of_entry_points_are_languages_of_their_outlet(packaged: Config) -> None:
    for source in packaged.sources.values():
        for entry in source.entry_points:
            assert entry.language is None or entry.language in source.languages[1:], source.id


def test_no_file_of_the_catalogue_speaks_of_where_it_was_made(packaged: Config) -> None:
    folder = Path(config.__file__).parent
    for path in folder.rglob("*.yml"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"/work/|/tmp/|/root/|data/press", text), path


def test_reading_an_outlet_writing_it_and_reading_it_again_changes_nothing(
    packaged: Config, tmp_path: Path
) -> None:
    for source in packaged.sources.values():
        path = tmp_path / f"{source.id}.yml"
        path.write_text(dump.source_text(source), encoding="utf-8")
        raw, faults = read_yaml(path, path.name)
        assert not faults
        assert not checking.validate(raw, schema.SourceFile, path.name)
        assert build.source(raw) == source


# -- knowledge --------------------------------------------------------------------------------------------


def test_names_are_there_in_the_languages_of_the_press(packaged: Config) -> None:
    for institution in packaged.institutions:
        assert set(institution.names) >= {"ar", "fr", "en", "es"}, institution.id
    named = {
        thing.id: thing.names
        for things in (packaged.regions, packaged.places, packaged.kinds)
        for thing in things
    }
    assert all(set(names) == {"ar", "fr", "en", "es"} for names in named.values())


def test_names_are_words_as_printed_and_no_templates(packaged: Config) -> None:
    for institution in packaged.institutions:
        for words in (*institution.names.values(), *institution.variants.values(), institution.acronyms):
            assert not any("<" in word or word.startswith("“") for word in words), institution.id
    assert "DST" in next(body for body in packaged.institutions if body.id == "dgst").acronyms


def test_kinds_are_six_forms_and_26_topics(packaged: Config) -> None:
    assert Counter(kind.axis for kind in packaged.kinds) == {"form": 6, "topic": 26}
    assert packaged.kinds[0].id == "communique"
    assert packaged.data("communications/topics")["kinds"][0]["corpus_hits"]


def test_the_watchwords_hold_institution_country_and_head(packaged: Config) -> None:
    words = packaged.watchwords
    for word in (
        "DGSN",
        "المديرية العامة للأمن الوطني",
        "Hammouchi",
        "الحموشي",
        "Marruecos",
        "المغرب",
        "BCIJ",
    ):
        assert fold(word) in words
    assert all(word == fold(word) and word for word in words)
    assert fold("البوليس") not in words  # colloquial names are for reading, not for choosing


def test_the_fast_way_and_the_checked_way_read_the_same(packaged: Config, tmp_path: Path) -> None:
    folder = Path(config.__file__).parent
    for name in [*schema.FILES, *packaged.files("institutions")]:
        copy = tmp_path / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes((folder / name).read_bytes())
    checked = config.load(tmp_path, environ={})
    for name in (
        "institutions",
        "homonyms",
        "office_holders",
        "regions",
        "units",
        "places",
        "kinds",
        "watchwords",
    ):
        assert getattr(checked, name) == getattr(packaged, name), name
