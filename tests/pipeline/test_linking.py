"""Articles compared through the ledger: the same ties in whatever order and goes they come."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.loader import load
from pipeline import linking
from pipeline.linking import link
from store.ledger import Ledger
from store.records import Annotated, Capture, Decision, FetchedPage, Link, Override, Ties, Verdict, Via, Voice
from store.ties import Marked
from store.urls import article_id
from tests.pipeline.test_stories import PIANO, SCHOOL, annotated

CONFIG = load(environ={})
SEEN = datetime(2026, 6, 1, tzinfo=UTC)
LATER = (
    "Nador : le voleur de motos devant le juge",
    "L’homme de 38 ans arrêté à Nador pour le vol de 17 motos a été présenté au juge.",
)
MADE: dict[str, Annotated] = {
    **{
        f"moto-{language}": annotated(f"moto-{language}", language, *PIANO[language], at, f"o{at}")
        for at, language in enumerate(PIANO)
    },
    **{
        f"visa-{language}": annotated(f"visa-{language}", language, *SCHOOL[language], 2, f"v{language}")
        for language in SCHOOL
    },
    "copy": annotated("copy", "fr", "Un voleur arrêté", PIANO["fr"][1], 9, "copieur"),
    "later": annotated("later", "fr", *LATER, 40, "suite"),
    "far": annotated("far", "fr", *PIANO["fr"], 24 * 40, "loin"),
}  # fmt: skip
IDS = {name: article_id(one.article.canonical_url) for name, one in MADE.items()}


def write(ledger: Ledger, name: str, said: Annotated | None = None, revision: int = 1) -> None:
    one = said or MADE[name]
    url = one.article.url
    lead = Link(one.article.source_id, url, url, Via.FEED)
    capture = Capture("a.warc.gz", list(MADE).index(name) + 100 * revision, "0" * 64)
    at = SEEN + timedelta(hours=revision)
    page = FetchedPage(lead, url, url, 200, (), b"", at, capture)
    verdict = Verdict.NEW if revision == 1 else Verdict.REVISION
    ledger.write(None, one, Decision(verdict, IDS[name], revision), page)


def ties(ledger: Ledger) -> dict[str, Ties]:
    names = {value: key for key, value in IDS.items()}
    return {names[one.article_id]: one.ties for one in ledger.articles() if one.ties}


def linked(folder: Path, goes: Sequence[Sequence[str]]) -> dict[str, Ties]:
    with Ledger.open(folder) as ledger:
        for go in goes:
            for name in go:
                write(ledger, name)
            link(ledger, CONFIG)
        return ties(ledger)


@pytest.fixture(scope="module")
def at_once(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Ties]:
    return linked(tmp_path_factory.mktemp("whole"), [list(MADE)])


def test_what_ties_articles_is_kept(at_once: dict[str, Ties]) -> None:
    first = IDS["moto-ar"]
    assert {name for name, one in at_once.items() if one.story_id == first} == {
        "moto-ar", "moto-ary", "moto-fr", "moto-es", "moto-en", "copy", "later",
    }  # fmt: skip
    copy = at_once["copy"]
    assert (copy.copy_of, copy.copy_how, copy.voice) == (IDS["moto-fr"], "retitled", Voice.COPY)
    assert copy.copy_share == 1.0 and copy.relation == "verbatim_copy"
    assert at_once["moto-ar"].because == () and at_once["moto-ar"].relation == "original"
    assert any("nador" in one for one in at_once["moto-fr"].because)
    assert at_once["far"].story_id == IDS["far"]


@settings(deadline=None, max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.permutations(list(MADE)), st.lists(st.integers(1, 4), min_size=12, max_size=12))
def test_order_and_goes_change_nothing(at_once: dict[str, Ties], order: list[str], sizes: list[int]) -> None:
    goes, left = [], list(order)
    for size in sizes:
        goes.append(left[:size])
        left = left[size:]
    with tempfile.TemporaryDirectory() as folder:
        assert linked(Path(folder), [*filter(None, goes), left]) == at_once


@pytest.mark.parametrize("size", [1, 2, 5])
def test_small_goes_change_nothing(
    tmp_path: Path, at_once: dict[str, Ties], size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(linking, "_GO", size)
    assert linked(tmp_path, [list(MADE)]) == at_once


def test_a_first_call_reads_each_article_a_few_times_however_many_there_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    count, read = 60, 0

    def reading(*asked: datetime) -> Iterator[Marked]:
        nonlocal read
        for row in comparable(*asked):
            read += 1
            yield row

    with Ledger.open(tmp_path) as ledger:
        comparable = ledger.comparable
        for number in range(count):
            one = annotated(f"n{number}", "fr", f"Fait {number}", f"Un fait divers {number}.", number, "o")
            monkeypatch.setitem(IDS, f"n{number}", article_id(one.article.canonical_url))
            monkeypatch.setitem(MADE, f"n{number}", one)
            write(ledger, f"n{number}")
        monkeypatch.setattr(linking, "_GO", 3)
        monkeypatch.setattr(ledger, "comparable", reading)
        assert link(ledger, CONFIG).articles == count
    assert count <= read <= 3 * count


def test_a_second_call_compares_nothing_and_tells_the_index_nothing(tmp_path: Path) -> None:
    with Ledger.open(tmp_path) as ledger:
        for name in MADE:
            write(ledger, name)
        assert link(ledger, CONFIG).articles == len(MADE)
        ledger.outbox_done([row.seq for row in ledger.outbox_take(99, "me", SEEN, 60)])
        assert link(ledger, CONFIG).articles == 0 == ledger.outbox_size()
        ledger.unmark()
        again = link(ledger, CONFIG)
        assert (again.articles, again.changed, ledger.outbox_size()) == (len(MADE), 0, 0)


def test_a_revision_is_compared_again(tmp_path: Path, at_once: dict[str, Ties]) -> None:
    with Ledger.open(tmp_path) as ledger:
        for name in MADE:
            write(ledger, name)
        link(ledger, CONFIG)
        other = annotated(
            "moto-es", "es", "Concurso de la policía", "Las pruebas escritas serán en mayo.", 3, "o3"
        )
        changed = replace(other, article=replace(other.article, published=MADE["moto-es"].article.published))
        write(ledger, "moto-es", replace(changed, content_hash="other"), 2)
        link(ledger, CONFIG)
        assert ties(ledger)["moto-es"].story_id == IDS["moto-es"]
        write(ledger, "moto-es", replace(MADE["moto-es"], content_hash="third"), 3)
        link(ledger, CONFIG)
        assert ties(ledger) == at_once


def test_analysts_have_the_last_word_also_after_all_is_compared_again(tmp_path: Path) -> None:
    with Ledger.open(tmp_path) as ledger:
        for name in MADE:
            write(ledger, name)
        link(ledger, CONFIG)
        for one in (
            Override("merge", (IDS["moto-ar"], IDS["visa-ar"]), SEEN),
            Override("split", (IDS["moto-en"],), SEEN),
        ):
            ledger.override(one)
            link(ledger, CONFIG, again=one.article_ids)
        found = ties(ledger)
        assert found["visa-fr"].story_id == found["moto-fr"].story_id == IDS["moto-ar"]
        assert found["moto-en"].story_id == IDS["moto-en"]
        told = {
            name: "override" in found[name].because for name in ("moto-ar", "moto-fr", "visa-ar", "moto-en")
        }
        assert told == {"moto-ar": False, "moto-fr": False, "visa-ar": True, "moto-en": False}
        ledger.unmark()
        link(ledger, CONFIG)
        assert ties(ledger) == found


def test_killed_in_between_the_next_call_ends_it(
    tmp_path: Path, at_once: dict[str, Ties], monkeypatch: pytest.MonkeyPatch
) -> None:
    with Ledger.open(tmp_path) as ledger:
        for name in MADE:
            write(ledger, name)
        with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
            patched.setattr(ledger, "tie", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
            link(ledger, CONFIG)
        assert ties(ledger) == {}
        link(ledger, CONFIG)
        assert ties(ledger) == at_once
