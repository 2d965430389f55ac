"""``marsad demo`` as a newcomer runs it, and the contract of ``docs/output.md`` on what it collected."""

from __future__ import annotations

import csv
import io
import json
import subprocess
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from demo.press import load
from tests.e2e.conftest import Shown
from tests.e2e.harness import Desk

pytestmark = [pytest.mark.timeout(600), pytest.mark.xdist_group("demo")]


def test_it_ends_by_saying_what_to_try_with_real_output(shown: Shown) -> None:
    out = shown.out
    assert "الأمن الوطني ينفي وجود عصابة لاختطاف الأطفال بسلا" in out
    assert "Try next:" in out
    assert "█" in out
    assert out.count("everything below is invented") >= 5


@pytest.mark.parametrize(
    "arguments", [("config", "check"), ("sources", "list"), ("index", "status"), ("status",)], ids=" ".join
)
def test_its_home_speaks_of_its_own_outlets_and_says_that_they_are_invented(
    arguments: tuple[str, ...], desk: Desk
) -> None:
    plain = Desk(desk.home, desk.home / "nowhere")  # under whatever configuration: the home has its own
    out = plain.run(*arguments)
    assert out.startswith("— demo press: everything below is invented —")
    if arguments == ("config", "check"):
        assert f"{len(load(datetime.now().date()).by_outlet)}  outlets\n" in out
    if arguments == ("sources", "list"):
        assert "atlas-sabah" in out and "hespress" not in out


def test_everything_that_may_be_collected_is(desk: Desk) -> None:
    press = load(datetime.now().date())
    exported = desk.export()
    by_source: dict[str, int] = {}
    for row in exported.values():
        by_source[row["source"]] = by_source.get(row["source"], 0) + 1
    # International outlets print more than names the institution: what does not is counted, not fetched.
    expected = {outlet: len(pieces) for outlet, pieces in press.by_outlet.items()}
    passed_over = {"strait-herald": 5, "correo-alboran": 5, "echo-djurdjura": 1, "revue-fermee": 1}
    expected = {outlet: count - passed_over.get(outlet, 0) for outlet, count in expected.items()}
    assert by_source == {outlet: count for outlet, count in expected.items() if count}
    assert sum(by_source.values()) >= 160


def test_an_outlet_that_refuses_crawlers_is_left_alone(desk: Desk) -> None:
    status = desk.json("status")
    assert status["sources"]["refused"] == 1
    assert not desk.run("search", "source:revue-fermee relevance:any", expect=3)


def test_edits_are_revisions_and_a_page_taken_down_keeps_its_text(desk: Desk) -> None:
    exported = desk.export()
    revised = {row["source"]: row["revision"] for row in exported.values() if row["revision"] > 1}
    assert revised == {"zanqa-press": 2, "chellah-quotidien": 2}
    removed = [row for row in exported.values() if row["removed_at"]]
    assert [row["source"] for row in removed] == ["akhbar-sahel"]
    assert removed[0]["text"]


def test_a_revision_shows_what_it_changed(desk: Desk) -> None:
    row = next(
        row for row in desk.export().values() if row["source"] == "zanqa-press" and row["revision"] > 1
    )
    out = desk.run("show", row["article_id"], "--revisions")
    assert "- فيديو خطير" in out
    assert "+ مديرية الأمن تنفي" in out
    assert len(desk.json("show", row["article_id"], "--revisions")["revisions"]) == 2


def test_namesakes_are_told_apart(desk: Desk) -> None:
    found = desk.json("search", "relevance:homonym", "--limit", "50")
    assert {hit["source"] for hit in found["hits"]} == {"echo-djurdjura"}
    assert found["total"] == 7
    assert not desk.run("search", "source:echo-djurdjura", expect=3)


MEETS = [
    ("توقيف طنجة كوكايين", {"agence-tamaris", "atlas-sabah", "jaridat-rif", "akhbar-sahel", "strait-herald"}),
    ("place:Tánger", {"courrier-bouregreg", "correo-alboran", "zanqa-press"}),
    ('institution:BCIJ "أسلحة بيضاء"', {"agence-tamaris", "atlas-sabah"}),
    ("démenti OR dément", {"courrier-bouregreg", "chellah-quotidien"}),
]


@pytest.mark.parametrize(("query", "sources"), MEETS)
def test_a_question_meets_its_articles(desk: Desk, query: str, sources: set[str]) -> None:
    found = desk.json("search", query, "--limit", "100")
    met = {hit["source"] for hit in found["hits"]}
    assert met & sources, met


# -- the contract -----------------------------------------------------------------------------------------

EXPORT_KEYS = (
    "article_id revision url canonical_url source country scope language language_confidence languages kind "
    "title subtitle alternative_title authors desks agencies published modified_at first_seen_at "
    "last_seen_at removed_at text word_count text_sha256 section tags images videos entries "
    "official_accounts access relevance institutions kinds attribution unit places other_places "
    "foreign_places partners figures quotes claim hearsay story_id copy_of copy_share relation voice capture"
).split()


def test_export_has_the_documented_keys(desk: Desk) -> None:
    for row in desk.export().values():
        assert list(row) == EXPORT_KEYS
        assert "" not in row.values()
        assert set(row["published"]) == {"at", "local_date", "precision", "origin", "earliest", "latest"}
        assert set(row["capture"]) == {"file", "offset", "sha256"}


def test_the_same_export_twice_gives_the_same_bytes(desk: Desk, tmp_path: Path) -> None:
    for form in ("jsonl", "csv"):
        files = [tmp_path / f"{number}.{form}" for number in (1, 2)]
        for file in files:
            desk.run("export", "relevance:any", "--format", form, "--output", str(file))
        assert files[0].read_bytes() == files[1].read_bytes()
        assert not list(tmp_path.glob("*.part"))


def test_csv_has_a_row_for_every_article(desk: Desk) -> None:
    text = desk.run("export", "relevance:any", "--format", "csv").lstrip("\ufeff")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert {row["article_id"] for row in rows} == set(desk.export())


def test_search_has_the_documented_keys(desk: Desk) -> None:
    found = desk.json("search", "الأمن", "--facets", "source,lang,country,scope,relevance,institution,place")
    assert set(found) == {"query", "total", "took_ms", "hits", "facets", "partial", "demo"}
    hit_keys = {"article_id", "url", "source", "title", "language", "published_at", "score"}
    for hit in found["hits"]:
        assert set(hit) == hit_keys | {"highlights", "matched"}
        assert all(set(each) == {"field", "text", "marks"} for each in hit["highlights"])
        assert all(set(each) == {"term", "via", "words"} for each in hit["matched"])
    assert sum(bucket["count"] for bucket in found["facets"]["lang"]) == found["total"]


def test_trend_has_the_documented_keys_and_no_hole(desk: Desk) -> None:
    found = desk.json("trend", "DGSN from:60d", "--by", "day", "--split", "lang")
    assert set(found) == {"query", "interval", "time_zone", "points", "split", "demo"}
    assert set(found["points"][0]) == {"start", "count", "total", "share", "gaps"}
    assert len(found["points"]) == 61
    assert found["time_zone"] == "Africa/Casablanca"


def test_queries_are_compared_on_one_axis(desk: Desk) -> None:
    found = desk.json("trend", "place:tanger", "--compare", "place:fes", "--by", "month")
    starts = [point["start"] for point in found["points"]]
    assert [point["start"] for point in found["compare"][0]["points"]] == starts


def test_a_trend_is_drawn(desk: Desk, tmp_path: Path) -> None:
    desk.run("trend", "DGSN", "--by", "week", "--svg", str(tmp_path / "t.svg"))
    assert (tmp_path / "t.svg").read_text(encoding="utf-8").startswith("<svg")


def test_status_has_the_documented_keys(desk: Desk) -> None:
    status = desk.json("status")
    assert set(status) == {
        "articles", "revisions", "frontier", "outbox", "rejections", "sources", "demo",
    }  # fmt: skip
    assert status["outbox"] == 0
    assert status["articles"] + 2 == status["revisions"]


def test_index_and_show_have_the_documented_keys(desk: Desk) -> None:
    keys = {
        "engine",
        "generation",
        "indexed",
        "size_bytes",
        "articles",
        "outbox",
        "refused",
        "warnings",
        "demo",
    }
    assert set(desk.json("index", "status")) == keys
    assert set(desk.json("index", "verify")) == {
        "articles", "missing", "stale", "surplus", "outbox", "refused", "demo",
    }  # fmt: skip
    revised = [key for key, row in desk.export().items() if row["revision"] > 1]
    shown = desk.json("show", revised[0], "--revisions")
    assert set(shown) == {*EXPORT_KEYS, "revisions", "demo"}
    assert [list(row) for row in shown["revisions"]] == [EXPORT_KEYS] * shown["revision"]
    assert [row["revision"] for row in shown["revisions"]] == list(range(1, shown["revision"] + 1))


@pytest.mark.parametrize(
    "command",
    ["search DGSN", "trend DGSN --by month", "status", "index status", "index verify"],
)
def test_what_is_invented_says_so_wherever_a_person_reads_it(desk: Desk, command: str) -> None:
    said = desk.run(*command.split())
    assert "everything below is invented" in said.splitlines()[0]


def test_crawl_has_the_documented_keys(desk: Desk) -> None:
    """The press is closed by now: every outlet fails, is counted, and nothing is lost."""
    before = desk.export()
    found: Any = desk.json("crawl", "atlas-sabah", "jaridat-rif", expect=1)
    keys = "source found fetched stored revised unchanged rejected errors not_modified next_due_at".split()
    assert [list(row) for row in found["sources"]] == [keys, keys]
    assert all(row["errors"] for row in found["sources"])
    assert set(found["totals"]) == set(keys) - {"source", "next_due_at"}
    assert desk.export() == before


FAULTS = [
    ("(طنجة", 2, "col 1: "),
    ("colour:red", 2, "colour"),
    ("zzzzqqq", 3, "nothing found"),
]


@pytest.mark.parametrize(("query", "code", "words"), FAULTS)
def test_a_question_without_an_answer_says_why(desk: Desk, query: str, code: int, words: str) -> None:
    done = subprocess.run(desk.command("search", query), capture_output=True, text=True)
    assert done.returncode == code
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_json_is_one_line_on_stdout(desk: Desk) -> None:
    assert len(desk.run("search", "الأمن", "--json").splitlines()) == 1
    json.loads(desk.run("index", "status", "--json"))


def test_gaps_of_each_compared_query_are_counted_among_its_own_outlets(desk: Desk) -> None:
    shown = desk.run("trend", "from:600d", "--compare", "from:600d scope:agency", "--by", "month")
    everywhere, agencies = shown.split("scope:agency", 1)
    assert "of 11 outlets not collected" in everywhere
    assert "of 1 outlet not collected" in agencies
    assert "of 11 outlets" not in agencies
