"""The demo on an Elasticsearch server answers as it does on the embedded engine, question by question."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import config as configuration
from cli.context import App
from cli.demo import clear_index
from cli.main import main
from search.answers import Searcher
from search.engine import LABELS, Page, Sort
from search.scope import shown as only_shown
from tests.e2e.conftest import Shown, run_demo
from tests.e2e.harness import Desk
from tests.elasticsearch import server
from tests.house.test_imports import ROOT
from tests.house.test_readme import BLOCKS
from tests.questions import questions

pytestmark = [pytest.mark.soak, pytest.mark.timeout(600)]

ENGINES = ("embedded", "elasticsearch")
NOW = datetime.now(UTC)
"""One instant for all questions: what is asked of both engines has the same `today`."""
# These ask nothing of the index that the others do not, and load their models for seconds.
_SLOW = frozenset({"claim", "rumour", "communique"})
COMMANDS = sorted(
    {text for one in questions() for text in one["run"] if text.split()[0] not in _SLOW}
    | {f"export {form}" for form in ("relevance:any", "'DGSN from:90d' --format csv")}
)
QUERIES = (
    "",
    "relevance:any",
    "الأمن الوطني",
    "DGSN",
    "police relevance:any",
    "توقيف طنجة كوكايين",
    '"fausse information" OR démenti OR dément',
    '"الأمن الوطني ينفي"',
    '"vidéo police"~5 relevance:any',
    "drog*",
    "title:police relevance:any",
    "place:Tánger -kind:denial",
    "institution:BCIJ (أسلحة OR armes)",
    "figure:dead>=10",
    "-has:date relevance:any",
    "has:revision relevance:any",
    "lang:fr from:60d sûreté",
    "scope:international relevance:homonym",
    "nowhere-to-be-found",
)


@dataclass(frozen=True)
class Place:
    """The server's part of a demo."""

    url: str
    name: str

    @property
    def variables(self) -> dict[str, str]:
        return {
            "MARSAD_INDEX__ENGINE": "elasticsearch",
            "ELASTICSEARCH_URL": self.url,
            "MARSAD_ELASTICSEARCH__INDEX": self.name,
        }


@pytest.fixture
def place(elasticsearch: str) -> Iterator[Place]:
    made = Place(elasticsearch, server.index_name())
    yield made
    server.drop(made.url, made.name)


@dataclass(frozen=True)
class Demo:
    """What ``MARSAD_INDEX__ENGINE=elasticsearch marsad demo`` left, indexed by the embedded engine too."""

    place: Place
    home: Path
    out: str
    day: str

    def variables(self, engine: str) -> dict[str, str]:
        return self.place.variables if engine == "elasticsearch" else {}

    def desk(self, engine: str) -> Desk:
        return Desk(self.home, self.home / "config", self.variables(engine))


@pytest.fixture(scope="module")
def demo(elasticsearch: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    place = Place(elasticsearch, server.index_name())
    folder = tmp_path_factory.mktemp("demo")
    day = str(datetime.now(UTC).date())
    made = Demo(place, folder / "demo", run_demo(folder, place.variables), day)
    yield made
    server.drop(place.url, place.name)


@pytest.fixture(scope="module")
def both(demo: Demo) -> Demo:
    demo.desk("embedded").run("index", "rebuild")
    return demo


@pytest.fixture(scope="module")
def searchers(both: Demo) -> Iterator[dict[str, Searcher]]:
    opened = {}
    for engine in ENGINES:
        overrides = {
            "index.engine": engine,
            "elasticsearch.url": both.place.url,
            "elasticsearch.index": f"{both.place.name}-demo",
        }
        loaded = configuration.load(both.home / "config", home=both.home, overrides=overrides, environ={})
        opened[engine] = Searcher(loaded, both.home)
    yield opened
    for one in opened.values():
        one.close()


@pytest.fixture(scope="module")
def fresh(both: Demo, searchers: dict[str, Searcher]) -> dict[str, Searcher]:
    """Both without a trace of articles that were replaced: until it merges, each engine counts their words
    when it weighs one."""
    both.desk("elasticsearch").run("index", "rebuild")
    return searchers


# -- the command ------------------------------------------------------------------------------------------


def test_the_demo_ends_as_on_the_embedded_engine(demo: Demo, shown: Shown) -> None:
    assert not (demo.home / "index").exists(), "nothing was indexed in the home"
    if demo.day != shown.day:
        pytest.skip("midnight has passed between the two demos, whose press is of today")
    # Whether the unit that runs just now was covered depends on the minute, and on no index.
    printed = [
        re.sub(r"\d+ (of \d+ outlets? not)", r"N \1", _timeless(text, folder))
        for text, folder in ((demo.out, demo.home.parent), (shown.out, shown.ran_in))
    ]
    assert printed[0] == printed[1]
    assert demo.desk("elasticsearch").json("index", "status")["engine"] == "elasticsearch"
    demo.desk("elasticsearch").run("index", "verify")


def test_a_demo_stays_out_of_the_index_of_what_was_collected(demo: Demo) -> None:
    found = server.ask(demo.place.url, "GET", f"/_alias/{demo.place.name}*")
    own = f"{demo.place.name}-demo"
    assert own in {alias for index in found.values() for alias in index["aliases"]}
    assert all(name.startswith(own) for index in found.values() for name in index["aliases"])


def _timeless(text: str, folder: Path) -> str:
    """*text* without durations, the name of the folder, and where a next page begins, which an engine says in
    its own way."""
    text = text.replace(os.path.relpath(folder), "HOME").replace(str(folder), "HOME")
    text = re.sub(r"\(\d[\d.,]* ms\)", "(N ms)", text)
    text = re.sub(r"--cursor \S+", "--cursor C", text)
    return re.sub(r" in \d+ s:", " in N s:", text)


# -- every question ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", COMMANDS)
def test_a_command_prints_the_same(text: str, both: Demo) -> None:
    printed = {}
    for engine in ENGINES:
        cleared = dict.fromkeys(("MARSAD_CONFIG", "MARSAD_HOME", *both.place.variables))
        done = CliRunner().invoke(
            main,
            ["--home", str(both.home), *shlex.split(text)],
            env={**cleared, **both.variables(engine)},
        )
        assert done.exit_code in (0, 3), f"{engine}: {done.output}"
        printed[engine] = (done.exit_code, _timeless(done.output, both.home))
    assert printed["elasticsearch"] == printed["embedded"]


# -- every way of asking ----------------------------------------------------------------------------------


@pytest.mark.parametrize("query", QUERIES)
def test_totals_and_facets_of_every_field_are_the_same(query: str, searchers: dict[str, Searcher]) -> None:
    answers = {
        engine: searcher.search(query, limit=0, facets=LABELS, facet_size=1000, now=NOW)
        for engine, searcher in searchers.items()
    }
    assert answers["elasticsearch"].total == answers["embedded"].total
    assert answers["elasticsearch"].facets == answers["embedded"].facets
    short = {
        engine: searcher.search(query, limit=0, facets=LABELS, facet_size=3, now=NOW).facets
        for engine, searcher in searchers.items()
    }
    assert short["elasticsearch"] == short["embedded"]


@pytest.mark.parametrize("query", QUERIES)
@pytest.mark.parametrize("limit", [7, 400])
def test_pages_by_time_are_the_same(query: str, limit: int, searchers: dict[str, Searcher]) -> None:
    found = {engine: _pages(searcher, query, "time", limit) for engine, searcher in searchers.items()}
    assert [one.hits for one in found["elasticsearch"]] == [one.hits for one in found["embedded"]]
    assert {one.total for pages in found.values() for one in pages} == {len(_ids(found["embedded"]))}


@pytest.mark.parametrize("split", [None, *LABELS])
@pytest.mark.parametrize(
    ("query", "interval"),
    [
        ("DGSN", "day"),
        ("relevance:any", "month"),
        ("الأمن from:3d", "hour"),
        ("kind:denial from:500d", "quarter"),
    ],
)
def test_trends_are_the_same(
    query: str, interval: Any, split: str | None, searchers: dict[str, Searcher]
) -> None:
    drawn = {
        engine: searcher.trend(query, interval=interval, split=split, now=NOW)
        for engine, searcher in searchers.items()
    }
    assert drawn["elasticsearch"] == drawn["embedded"]
    assert drawn["embedded"].points


@pytest.mark.parametrize("query", QUERIES)
def test_exports_are_the_same_bytes(query: str, searchers: dict[str, Searcher]) -> None:
    written = {
        engine: list(searcher.export(query, "jsonl", now=NOW)) for engine, searcher in searchers.items()
    }
    assert written["elasticsearch"] == written["embedded"]


def test_both_hold_the_same_revisions(searchers: dict[str, Searcher]) -> None:
    held = {engine: list(searcher.engine.revisions()) for engine, searcher in searchers.items()}
    assert held["elasticsearch"] == held["embedded"]
    assert len(held["embedded"]) == searchers["embedded"].ledger.count() > 200


@pytest.mark.parametrize("query", QUERIES)
@pytest.mark.parametrize("limit", [7, 400])
def test_pages_by_score_differ_within_ties_alone(query: str, limit: int, fresh: dict[str, Searcher]) -> None:
    ours, theirs = (
        [hit for page in _pages(fresh[engine], query, "score", limit) for hit in page.hits]
        for engine in ENGINES
    )
    scores = [[hit.score for hit in hits] for hits in (ours, theirs)]
    assert scores[1] == pytest.approx(scores[0], rel=1e-5, abs=1e-5)
    by_id = {hit.article_id: hit.score for hit in ours}
    assert len(by_id) == len(ours), "no article stands twice"
    assert {hit.article_id: hit.score for hit in theirs} == pytest.approx(by_id, rel=1e-5, abs=1e-5)


def test_equal_scores_are_ordered_by_id(fresh: dict[str, Searcher]) -> None:
    (page,) = _pages(fresh["elasticsearch"], "relevance:any", "score", 400)
    tied = [[hit.article_id for hit in hits] for _, hits in groupby(page.hits, key=lambda hit: hit.score)]
    assert max(map(len, tied)) > 100
    assert all(ids == sorted(ids) for ids in tied)


def _pages(searcher: Searcher, query: str, sort: Sort, limit: int) -> list[Page]:
    """Every page of what the engine finds."""
    tree = only_shown(searcher._meant(query))
    pages = [searcher.engine.search(tree, now=NOW, sort=sort, limit=limit)]
    while (cursor := pages[-1].cursor) is not None:
        pages.append(searcher.engine.search(tree, now=NOW, sort=sort, limit=limit, cursor=cursor))
    return pages


def _ids(pages: list[Page]) -> list[str]:
    return [hit.article_id for page in pages for hit in page.hits]


# -- the next demo ----------------------------------------------------------------------------------------


def test_another_demo_begins_with_an_empty_index(demo: Demo, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its home is cleared, which clears nothing on a server."""
    for name, value in demo.place.variables.items():
        monkeypatch.setenv(name, value)
    before = demo.desk("elasticsearch").json("index", "status")
    clear_index(App(home=demo.home))
    after = demo.desk("elasticsearch").json("index", "status")
    assert (before["indexed"] > 200, after["indexed"]) == (True, 0)
    demo.desk("elasticsearch").run("index", "rebuild")


# -- moving an archive, and back --------------------------------------------------------------------------

MOVE, LEAVE = ([*text.splitlines()] for language, text in BLOCKS if language == "sh")


def test_an_archive_moves_to_a_server_and_back_as_the_readme_says(
    shown: Shown, place: Place, tmp_path: Path
) -> None:
    assert len(MOVE) == 6 and len(LEAVE) == 1
    home = shown.desk.home
    programs = tmp_path / "bin"
    programs.mkdir()
    _program(programs / "marsad", f'exec {sys.executable} -m cli.main "$@"')
    _program(programs / "pip", f'echo "$@" >> {tmp_path}/installed')  # the test has it, and has no network
    before = shown.desk.export()
    there = [
        line.replace("https://es.example:9200", place.url)
        .replace("ELASTICSEARCH_API_KEY=…", "")
        .replace("ELASTICSEARCH_CA_CERTS=/etc/marsad/ca.pem", "")
        for line in MOVE
    ]
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("MARSAD_")},
        "PATH": f"{programs}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "MARSAD_HOME": str(home),
        "MARSAD_ELASTICSEARCH__INDEX": place.name,
    }

    def typed(*lines: str) -> str:
        done = subprocess.run(
            ["bash", "-e"],
            input="\n".join(lines),
            env=environment,
            capture_output=True,
            text=True,
            timeout=240,
        )
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
        return done.stdout

    out = typed(*there)
    assert (tmp_path / "installed").read_text() == "install marsad[es]\n"
    assert f"{len(before)} articles indexed" in out
    assert Desk(home, home / "config", place.variables).export() == before
    _remove_embedded_index(home)
    assert "articles, 3 shown" in out and "الأمن الوطني" in out
    typed(*there[:-1], *LEAVE)
    assert shown.desk.export() == before
    assert shown.desk.json("index", "status")["engine"] == "embedded"
    shown.desk.run("index", "verify")


def _remove_embedded_index(home: Path) -> None:
    """So that what comes back is what was written anew."""
    import shutil

    shutil.rmtree(home / "index")


def _program(path: Path, script: str) -> None:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
