"""Each way in which a file can be wrong → what the person who wrote it is told."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path

import pytest

import config
from config import ConfigError, Fault
from tests.config.conftest import GOOD

Overlay = Callable[..., Path]


def faults_of(folder: Path) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        config.check(folder, environ={})
    return [str(fault) for fault in caught.value.faults]


def faults_of_outlets(folder: Path) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        _ = config.load(folder, environ={}).sources
    return [str(fault) for fault in caught.value.faults]


def changed(old: str, new: str) -> str:
    assert old in GOOD
    return GOOD.replace(old, new)


SOURCE_FAULTS = [
    # (the file, what is said after its name)
    (
        changed("https://www.example.com/feed", "ftp://example.com/feed"),
        ": entry_points[0].url: got 'ftp://example.com/feed', expected http or https",
    ),
    (
        changed("https://www.example.com/feed", "https://user:pw@example.com/feed"),
        ": entry_points[0].url: got 'https://user:pw@example.com/feed', expected a URL without user or"
        " password",
    ),
    (
        changed("https://www.example.com/feed", "https:///feed"),
        ": entry_points[0].url: got 'https:///feed', expected a URL with a host and no white space",
    ),
    (
        changed("https://www.example.com/feed", "'https://example.com/a b'"),
        ": entry_points[0].url: got 'https://example.com/a b', expected a URL with a host and no white space",
    ),
    (
        changed("https://www.example.com/feed", "'https://example.com:99999/'"),
        ": entry_points[0].url: got 'https://example.com:99999/', expected a port from 0 to 65535",
    ),
    (
        changed("https://www.example.com/feed", "'https://[::1/'"),
        ": entry_points[0].url: got 'https://[::1/', expected a URL",
    ),
    (
        changed("kind: feed", "kind: rss"),
        ": entry_points[0].kind: got 'rss', expected one of feed, sitemap, news_sitemap, section,"
        " wordpress, gdelt",
    ),
    (
        changed("kind: feed", "kind: fed"),
        ": entry_points[0].kind: got 'fed', expected one of feed, sitemap, news_sitemap, section,"
        " wordpress, gdelt"
        " (did you mean 'feed'?)",
    ),
    (changed("homepage:", "hompage:"), ": homepage: got nothing, expected a value: this key is required"),
    (changed("id: example", "id: other"), ": id: got 'other', expected 'example', the name of the file"),
    (
        changed("id: example", "id: Ex__ample"),
        ": id: got 'Ex__ample', expected small letters and digits, with single hyphens, dots or underscores",
    ),
    (
        changed("country: FR", "country: UK"),
        ": country: got 'UK', expected an ISO 3166-1 country code in capitals, like MA",
    ),
    (
        changed("country: FR", "country: NO"),
        ": country: got False, expected a text (YAML takes no, yes, on and off for true or false: quote it)",
    ),
    (
        changed("[fr]", "[fr, xx]"),
        ": languages[1]: got 'xx', expected a BCP 47 language, like ar, ary, fr, pt-BR",
    ),
    (
        changed("[fr]", "[fr, fr]"),
        ": languages: got ['fr', 'fr'], expected each value once ('fr' stands twice)",
    ),
    (changed("[fr]", "[]"), ": languages: got [], expected more of them"),
    (changed("[fr]", "fr"), ": languages: got 'fr', expected a list"),
    (
        changed("Europe/Paris", "Europe/Pariss"),
        ": timezone: got 'Europe/Pariss', expected a time zone, like Africa/Casablanca (did you mean"
        " 'Europe/Paris'?)",
    ),
    (
        changed("international", "internationl"),
        ": scope: got 'internationl', expected one of national, international, agency, official"
        " (did you mean 'international'?)",
    ),
    (
        changed("name: {fr: Exemple}", "name: {fr: ''}"),
        ": name.fr: got '', expected a text that is not empty",
    ),
    (
        changed("name: {fr: Exemple}", "name: {zz: Exemple}"),
        ": name.zz: got 'zz', expected a BCP 47 language, like ar, ary, fr, pt-BR",
    ),
    (GOOD + "enabled: false\n", ": reason: got nothing, expected the reason, as enabled is false"),
    (GOOD + "reason: none\n", ": reason: got 'none', expected none, as the outlet is enabled"),
    (GOOD + "enabled: maybe\n", ": enabled: got 'maybe', expected true or false"),
    (GOOD + "tier: 7\n", ": tier: got 7, expected at most 3"),
    (GOOD + "tier: one\n", ": tier: got 'one', expected a whole number"),
    (GOOD + "notes: 2026-11-25\n", ": notes: got datetime.date(2026, 11, 25), expected a text (quote it)"),
    (GOOD + "politeness: {delay_s: -1}\n", ": politeness.delay_s: got -1, expected at least 0.0"),
    (
        GOOD + "politeness: {delay: 3}\n",
        ": politeness.delay: got an unknown key, expected one of delay_s, max_pages_per_run"
        " (did you mean 'delay_s'?)",
    ),
    (
        GOOD + "expect: {articles_per_day: [9, 1]}\n",
        ": expect.articles_per_day: got [9, 1], expected [low, high]",
    ),
    (GOOD + "expect: {articles_per_day: [9]}\n", ": expect.articles_per_day: got [9], expected more of them"),
    (
        GOOD + "rules: [{body: 'div[[x'}]\n",
        ": rules[0].body: got 'div[[x', expected a CSS selector (Malformed ",
    ),
    (GOOD + "rules: [{valid_from: 2026-01-01}]\n", ": rules[0]: got no selector, expected at least one"),
    (
        GOOD + "domains: [Example.org]\n",
        ": domains[0]: got 'Example.org', expected a host name in lower case, like example.com",
    ),
    (
        changed("url: https://www.example.com/feed", "url: https://www.example.com/feed, evidence: [SEEED]"),
        ": entry_points[0].evidence[0]: got 'SEEED', expected a code of evidence.yml (did you mean 'SEED'?)",
    ),
    (
        changed("url: https://www.example.com/feed", "url: https://www.example.com/feed, links: h2 a"),
        ": entry_points[0].links: got 'h2 a', expected none, as only section pages have links to select",
    ),
    (
        changed(
            "url: https://www.example.com/feed", "url: https://www.example.com/f, confidence: public-evidence"
        ),
        ": entry_points[0]: got public-evidence without evidence, expected its evidence codes",
    ),
    (
        changed("  - {kind: feed, url: https://www.example.com/feed}\n", "  []\n"),
        ": entry_points: got none, expected at least one, or enabled: false with a reason",
    ),
    (GOOD + "tier: 1\ntier: 2\n", ":11: tier: got the same key twice, expected each key once"),
    (GOOD + "notes: [1, 2\n", ":11: got did not find expected ',' or ']', expected YAML"),
    (GOOD + "\tnotes: x\n", ":10: got found character that cannot start any token, expected YAML"),
    ("", ": got an empty file, expected a mapping"),
    ("# only a comment\n", ": got an empty file, expected a mapping"),
    ("- a list\n", "[0]: got 'a list', expected a mapping"),
    ("\ufeff" + GOOD, ": got a byte order mark (UTF-8), expected UTF-8 without a byte order mark"),
    (GOOD.encode("utf-16"), ": got UTF-16, expected UTF-8 without a byte order mark"),
    (
        changed("Exemple", "Libération").encode("latin-1"),
        ":2: got byte 0xe9, which is not UTF-8, expected UTF-8",
    ),
    (GOOD + "notes: 2026-13-45\n", ": got month must be in 1..12"),
]


@pytest.mark.parametrize(("content", "said"), SOURCE_FAULTS)
def test_a_fault_of_an_outlet_says_place_value_and_what_is_allowed(
    overlay: Overlay, content: str | bytes, said: str
) -> None:
    found = faults_of_outlets(overlay({"sources/fr/example.yml": content}))
    assert any(fault.startswith("sources/fr/example.yml" + said) for fault in found), found


def test_an_unknown_key_is_told_the_nearest_one(overlay: Overlay) -> None:
    found = faults_of_outlets(overlay({"sources/fr/example.yml": changed("homepage:", "hompage:")}))
    assert found[1].startswith(
        "sources/fr/example.yml: hompage: got an unknown key, expected one of id, name, "
    )
    assert found[1].endswith("(did you mean 'homepage'?)")


def test_every_fault_of_every_file_is_listed_in_one_go(overlay: Overlay) -> None:
    folder = overlay(
        {
            "sources/fr/example.yml": changed("country: FR", "country: XX").replace(
                "kind: feed", "kind: rss"
            ),
            "sources/fr/second.yml": "",
            "institutions/mine.yml": "institutions: [{id: x}]",
            "places/regions.yml": "regions: {}",
            "marsad.toml": "[crawl]\nbackfill_days = 'many'\n",
        }
    )
    found = faults_of(folder)
    for start in (
        "sources/fr/example.yml: country: ",
        "sources/fr/example.yml: entry_points[0].kind: ",
        "sources/fr/second.yml: ",
        "institutions/mine.yml: institutions[0].scope: ",
        "places/regions.yml: regions: ",
        "marsad.toml: crawl.backfill_days: got 'many', expected a whole number",
    ):
        assert any(fault.startswith(start) for fault in found), (start, found)


PAIRS = [
    # (what the second outlet shares with the first, what is said)
    (
        {"id: second": "id: example"},
        "id: got 'example', expected an id of its own (also in sources/fr/example.yml)",
    ),
    (
        {"https://second.example/\n": "http://EXAMPLE.com\n"},
        "homepage: got 'http://EXAMPLE.com', expected a homepage of its own (also in sources/fr/example.yml)",
    ),
    (
        {"https://second.example/feed": "https://www.example.com/feed"},
        "entry_points[0].url: got 'https://www.example.com/feed', expected an entry point of its own"
        " (also in sources/fr/example.yml)",
    ),
]


@pytest.mark.parametrize(("shared", "said"), PAIRS)
def test_two_outlets_share_nothing(overlay: Overlay, shared: dict[str, str], said: str) -> None:
    second = GOOD.replace("id: example", "id: second").replace("www.example.com", "second.example")
    for old, new in shared.items():
        assert old in second
        second = second.replace(old, new)
    found = faults_of_outlets(overlay({"sources/fr/example.yml": GOOD, "sources/fr/second.yml": second}))
    assert f"sources/fr/second.yml: {said}" in found


def test_two_editions_may_share_a_host(overlay: Overlay) -> None:
    second = (
        GOOD.replace("id: example", "id: second")
        .replace("www.example.com/\n", "www.example.com/en/\n")
        .replace("/feed", "/en/feed")
    )
    config.check(overlay({"sources/fr/example.yml": GOOD, "sources/fr/second.yml": second}), environ={})


REFERENCES = [
    (
        "institutions/mine.yml",
        "institutions: [{id: x, scope: core, kind: unit, names: {fr: [X]}, parent: bcji, sure: knowledge}]",
        "institutions/mine.yml: institutions[0].parent: got 'bcji', expected the id of an institution"
        " (did you mean 'bcij'?)",
    ),
    (
        "institutions/mine.yml",
        "institutions: [{id: dgsn, scope: core, kind: unit, names: {fr: [X]}, sure: knowledge}]",
        "institutions/mine.yml: institutions[0].id: got 'dgsn', expected an id of its own"
        " (also institutions/core.yml: institutions[1])",
    ),
    (
        "watchwords.yml",
        "institutions: [dgsnn]\nwords: {fr: [Maroc]}",
        "watchwords.yml: institutions[0]: got 'dgsnn', expected the id of an institution (did you mean"
        " 'dgsn'?)",
    ),
    (
        "places/towns.yml",
        "towns: [{id: rabat, names: {fr: Rabat}, region: MA-99}]",
        "places/towns.yml: towns[0].region: got 'MA-99', expected the id of a region (iso) (did you mean"
        " 'MA-09'?)",
    ),
    (
        "places/units.yml",
        "units: [{id: u, type: wilaya, city: rabatt, region: MA-04, names: {fr: [U]}, covers: [sal],"
        " sure: mixed}]",
        "places/units.yml: units[0].city: got 'rabatt', expected the id of a town (did you mean 'rabat'?)",
    ),
    (
        "places/units.yml",
        "units: [{id: u, type: wilaya, city: fes, region: MA-03, names: {fr: [U]}, sure: mixed,"
        " evidence: [DATO]}]",
        "places/units.yml: units[0].evidence[0]: got 'DATO', expected a code of evidence.yml, under places"
        " (did you mean 'DATA'?)",
    ),
    (
        "communications/campaigns.yml",
        "campaigns: [{id: c, institution: dgsn, kind: open_dais, editions: [{number: 1, town: fes, sure:"
        " mixed}]}]",
        "communications/campaigns.yml: campaigns[0].kind: got 'open_dais', expected the id of a kind"
        " (did you mean 'open_days'?)",
    ),
    (
        "office_holders.yml",
        "office_holders: [{office: O, holder: H, names: {ar: [H]}, institution: bcji, sure: mixed}]",
        "office_holders.yml: office_holders[0].institution: got 'bcji', expected the id of an institution"
        " (did you mean 'bcij'?)",
    ),
]


@pytest.mark.parametrize(("name", "content", "said"), REFERENCES)
def test_a_name_that_stands_nowhere_is_a_fault(overlay: Overlay, name: str, content: str, said: str) -> None:
    assert said in faults_of(overlay({name: content}))


def test_an_edition_is_asked_for_its_keys_as_they_are_written(overlay: Overlay) -> None:
    edition = "{number: 1, town: fes, sure: mixed, form: 1}"
    campaign = f"campaigns: [{{id: c, institution: dgsn, kind: open_days, editions: [{edition}]}}]"
    found = faults_of(overlay({"communications/campaigns.yml": campaign}))
    assert found[0].endswith(
        "expected one of number, town, from, to, month, visitors, sure (did you mean 'from'?)"
    )


STRANGERS = [
    ("source/fr/example.yml", "(did you mean 'sources'?)"),
    ("sources/fr/example.yaml", "got a file that ends in .yaml, expected the ending .yml"),
    ("communications/form.yml", "(did you mean 'communications/forms.yml'?)"),
    ("marsad.tml.toml", "(did you mean 'marsad.toml'?)"),
]


@pytest.mark.parametrize(("name", "said"), STRANGERS)
def test_a_file_that_nothing_would_read_is_a_fault(overlay: Overlay, name: str, said: str) -> None:
    assert any(
        fault.startswith(f"{name}: ") and said in fault for fault in faults_of(overlay({name: "a: 1"}))
    )


def test_files_of_other_kinds_and_hidden_ones_are_left_alone(overlay: Overlay) -> None:
    files = {
        "README.md": "#",
        "sources/fr/example.yml": GOOD,
        "sources/fr/._example.yml": b"\0\5",
        ".git/x.yml": "",
    }
    assert config.check(overlay(files), environ={})["outlets"] == 1


@pytest.mark.parametrize("name", ["relevance.yml", "analysis.yml"])
def test_files_that_other_rooms_read_must_be_yaml(overlay: Overlay, name: str) -> None:
    if not (Path(config.__file__).parent / name).exists():
        pytest.skip(f"{name} is not packaged")
    assert faults_of(overlay({name: "a: [1"}))[0].startswith(f"{name}:")


def test_a_folder_that_is_not_there_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such folder, expected the folder of an overlay"):
        config.load(tmp_path / "absent", environ={})
    with pytest.raises(ConfigError, match="no such folder"):
        config.load(environ={"MARSAD_CONFIG": str(tmp_path / "absent")})
    (tmp_path / "file").write_text("x")
    with pytest.raises(ConfigError, match="a file, expected the folder"):
        config.check(tmp_path / "file", environ={})


def test_the_error_reads_as_a_list_and_travels_between_processes() -> None:
    error = ConfigError(
        [
            Fault("sources/fr/example.yml", "entry_points[1].url", "'ftp://…'", "http or https"),
            Fault("marsad.toml", "", "x", "TOML", line=3),
        ]
    )
    assert str(error) == (
        "configuration: 2 faults\n"
        "  sources/fr/example.yml: entry_points[1].url: got 'ftp://…', expected http or https\n"
        "  marsad.toml:3: got x, expected TOML"
    )
    assert pickle.loads(pickle.dumps(error)).faults == error.faults
