"""What an overlay replaces, what it adds, and what stays packaged."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from textwrap import indent

import pytest

import config
from config import ConfigError, loader
from tests.config.conftest import GOOD

Overlay = Callable[..., Path]


def test_its_sources_stand_in_place_of_the_catalogue(overlay: Overlay) -> None:
    loaded = config.load(overlay({"sources/fr/example.yml": GOOD}), environ={})
    assert list(loaded.sources) == ["example"]
    assert len(loaded.institutions) == 52


def test_sources_may_lie_flat(overlay: Overlay) -> None:
    assert list(config.load(overlay({"sources/example.yml": GOOD}), environ={}).sources) == ["example"]


def test_a_file_may_hold_a_list_of_outlets(overlay: Overlay) -> None:
    other = GOOD.replace("example", "autre").replace("Exemple", "Autre")
    rows = "".join(f"-\n{indent(text, '  ')}" for text in (GOOD, other))
    assert list(config.load(overlay({"sources/all.yml": rows}), environ={}).sources) == ["autre", "example"]


def test_a_fault_in_a_list_of_outlets_names_which(overlay: Overlay) -> None:
    rows = f"-\n{indent(GOOD, '  ')}-\n{indent(GOOD.replace('country: FR', 'country: UK'), '  ')}"
    with pytest.raises(ConfigError, match=r"sources/all.yml\[1\]: country: got 'UK'"):
        config.load(overlay({"sources/all.yml": rows}), environ={}).sources  # noqa: B018  # read when asked for


HOSTS = [
    ("example.com", "example"),
    ("WWW.Example.com", "example"),
    ("m.example.com", "example"),
    ("notexample.com", None),
    ("com", None),
    ("", None),
]


@pytest.mark.parametrize(("host", "expected"), HOSTS)
def test_an_outlet_is_found_by_a_host_of_its_domains(
    overlay: Overlay, host: str, expected: str | None
) -> None:
    found = config.load(overlay({"sources/example.yml": GOOD}), environ={}).source_of(host)
    assert (found.id if found else None) == expected


def test_an_empty_sources_folder_means_no_outlets(overlay: Overlay) -> None:
    folder = overlay()
    (folder / "sources").mkdir()
    assert config.load(folder, environ={}).sources == {}


def test_without_sources_the_catalogue_stays(overlay: Overlay) -> None:
    assert len(config.load(overlay({"marsad.toml": ""}), environ={}).sources) == 178


def test_a_file_of_the_same_path_replaces_the_packaged_one(overlay: Overlay) -> None:
    holders = "office_holders: [{office: O, holder: H, names: {latin: [H]}, sure: knowledge}]"
    loaded = config.load(overlay({"office_holders.yml": holders}), environ={})
    assert [holder.holder for holder in loaded.office_holders] == ["H"]
    assert len(loaded.places) == 140


def test_a_new_file_of_institutions_is_added(overlay: Overlay) -> None:
    mine = "institutions: [{id: mine, scope: partner, kind: body, names: {fr: [Mien]}, sure: knowledge}]"
    loaded = config.load(overlay({"institutions/mine.yml": mine}), environ={})
    assert len(loaded.institutions) == 53
    assert loaded.data("institutions/mine")["institutions"][0]["id"] == "mine"


def test_overlaid_knowledge_is_checked_when_it_is_read(overlay: Overlay) -> None:
    loaded = config.load(overlay({"places/regions.yml": "regions: [{id: x}]"}), environ={})
    with pytest.raises(ConfigError, match=r"places/regions.yml: regions\[0\].iso: got nothing"):
        assert loaded.regions


def test_packaged_knowledge_that_cannot_be_used_is_checked_after_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "homonyms.yml").write_text("homonyms: [{id: x, country: DZ}]")
    monkeypatch.setattr(loader, "PACKAGED", tmp_path)
    with pytest.raises(ConfigError, match=r"homonyms.yml: homonyms\[0\].body: got nothing"):
        assert config.load(environ={}).homonyms


def test_data_gives_any_file_as_read_and_names_the_nearest(overlay: Overlay) -> None:
    loaded = config.load(overlay({"watchwords.yml": "words: {fr: [Maroc]}"}), environ={})
    assert loaded.data("watchwords") == {"words": {"fr": ["Maroc"]}}
    assert "precedence" in loaded.data("communications/reading")
    with pytest.raises(ConfigError, match=r"homonym.yml: got no such file, .* \(did you mean 'homonyms'\?\)"):
        loaded.data("homonym")


def test_watchwords_of_an_overlay_may_name_no_institution(overlay: Overlay) -> None:
    loaded = config.load(overlay({"watchwords.yml": "words: {fr: [Maroc, MAROC, ' rumeur ']}"}), environ={})
    assert loaded.watchwords == ("maroc", "rumeur")
