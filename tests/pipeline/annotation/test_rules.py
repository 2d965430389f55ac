"""The rules are data: a change of them is seen, and an overlay's rules hold."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

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


# -- one cue less or more changes exactly the labels that it makes ----------------------------------------

TEXTS = {
    "ransom": (
        "Un rançongiciel vise un hôtel de Fès",
        "La DGSN enquête sur le rançongiciel qui a visé un hôtel de Fès.",
    ),
    "pills": ("Fès : 900 pilules saisies", "La DGSN annonce la saisie de 900 pilules à Fès."),
    "tablets": ("Nador : 700 comprimés saisis", "La DGSN annonce la saisie de 700 comprimés à Nador."),
    "tailor": (
        "Rumeur à Salé",
        "Une bande rôderait à Salé, selon un couturier. La police de Salé enquête.",
    ),
    "museum": (
        "Une convention à Rabat",
        "La DGSN et le Conservatoire Ibn Sina ont signé une convention de partenariat à Rabat.",
    ),
    "cargo": (
        "Agadir : un camion intercepté",
        "La police d’Agadir a saisi un camion déboulant à Taza avec 40 kilos de chira, indique la DGSN.",
    ),
    "name": (
        "Un suspect à Fès",
        "Karim Benali, vitrailliste, a parlé à la police de Fès.",
    ),
    "weather": ("La pluie revient", "La pluie revient sur les plaines du Gharb."),
}


def _labels(annotator: Annotator) -> dict[tuple[str, str], object]:
    """(article, label) → what it says, cues left out."""
    found: dict[tuple[str, str], object] = {}
    for name, (title, text) in TEXTS.items():
        said = annotator.annotate(replace(article(title, text), language="fr"), source("MA", "fr"))
        found |= {
            (name, "kinds"): {kind.id for kind in said.kinds},
            (name, "attribution"): said.attribution and said.attribution.value.value,
            (name, "figures"): {(figure.what, figure.value) for figure in said.figures},
            (name, "partners"): {partner.name for partner in said.partners},
            (name, "places"): set(said.places),
            (name, "masks"): {mask.words for mask in said.masks},
            (name, "unit"): said.unit,
            (name, "relevance"): said.relevance.decision,
        }
    return found


@pytest.mark.parametrize(
    ("rules", "before", "after", "changed"),
    [
        # taken away
        ("kinds.yml", "\n        rançongiciel\n", "\n        cryptolocker\n", {("ransom", "kinds"): set()}),
        ("figures.yml", "comprimes, pilules, cachets", "comprimes, cachets", {("pills", "figures"): set()}),
        # added
        (
            "voices.yml",
            "épicier, épicière,",
            "épicier, épicière, couturier,",
            {("tailor", "attribution"): "outlet"},
        ),
        (
            "partners.yml",
            "  [تعاضدية,",
            "  [conservatoire, تعاضدية,",
            {("museum", "partners"): {"Conservatoire Ibn Sina"}},
        ),
        (
            "whereabouts.yml",
            "originaire, originaires,",
            "originaire, déboulant, originaires,",
            {("cargo", "places"): {"agadir"}},
        ),
        ("persons.yml", "trade: [\n", "trade: [\n  vitrailliste,\n", {("name", "masks"): set()}),
    ],
)
def test_one_cue_changes_exactly_its_labels(
    annotator: Annotator,
    tmp_path: Path,
    rules: str,
    before: str,
    after: str,
    changed: dict[tuple[str, str], object],
) -> None:
    text = (PACKAGED / rules).read_text("utf-8")
    assert text.count(before) == 1
    (tmp_path / rules).write_text(text.replace(before, after), "utf-8")
    one, other = _labels(annotator), _labels(Annotator(config.load(tmp_path, environ={})))
    assert {key: other[key] for key in one if one[key] != other[key]} == changed
