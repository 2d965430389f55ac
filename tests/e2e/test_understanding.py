"""What is understood of the demo press, asked as an analyst asks."""

from __future__ import annotations

import csv
import io
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.harness import Desk
from tests.questions import command, given, questions

pytestmark = [pytest.mark.timeout(600), pytest.mark.xdist_group("understanding")]


TOLL = "kind:road_safety figure:dead"


def first(rows: list[dict[str, Any]], **wanted: Any) -> dict[str, Any]:
    return next(row for row in rows if all(row[key] == value for key, value in wanted.items()))


def test_stories_join_articles_of_several_languages(desk: Desk) -> None:
    found = desk.json("stories", "place:sale")["stories"]
    (story,) = [row for row in found if "denial" in row["kinds"]]
    assert set(story) == {
        "story_id", "headline", "first_at", "last_at", "articles", "voices", "outlets", "languages", "kinds",
        "places",
    }  # fmt: skip
    assert (story["articles"], story["places"]) == (4, ["sale"])
    assert 2 <= story["voices"] <= 3, "rumour and denial; not the copy"
    assert {"ar", "fr"} <= set(story["languages"])
    whole = desk.json("story", story["story_id"][:8])
    assert [row["relation"] for row in whole["members"]][:2] == ["rumour", "denial"]
    assert whole["members"][1]["because"], "a join says why"
    assert desk.json("search", "place:sale", "--group", "story")["stories"] == found


def test_a_communique_is_traced_and_found_by_its_text(desk: Desk, tmp_path: Path) -> None:
    (listed, *_) = desk.json("communiques", TOLL)["communiques"]
    assert listed["articles"] >= 5 and listed["fifth_national_s"] > 0 and listed["issuer"] == "dgsn"
    one = desk.json("communique", listed["communique_id"])
    copy = first(one["pick_ups"], voice="copy")
    assert copy["share"] == 1 and copy["delay_s"] > 0
    assert {row["how"] for row in copy["figures"]} <= {"kept", "dropped", "added", "changed"}
    pasted = tmp_path / "text"
    pasted.write_text(one["text"][: len(one["text"]) // 2], encoding="utf-8")
    assert desk.json("communique", "--text", str(pasted))["communique_id"] == listed["communique_id"]
    pasted.write_text("Une recette de cuisine, avec trois œufs et un peu de sel.", encoding="utf-8")
    assert "no article has this text" in desk.fails(3, "communique", "--text", str(pasted))
    pasted.write_text(" \n", encoding="utf-8")
    assert "no text in it" in desk.fails(2, "communique", "--text", str(pasted))
    pasted.write_text(one["text"], encoding="utf-16")
    assert "not UTF-8" in desk.fails(2, "communique", "--text", str(pasted))
    assert "begins several stories" in desk.fails(2, "communique", "")


def test_a_rumour_printed_before_its_denial_is_no_pick_up(desk: Desk) -> None:
    (one,) = desk.json("communiques", "kind:denial title:(رسائل نصية)")["communiques"]
    sources = [row["source"] for row in one["pick_ups"]]
    assert [row["source"] for row in one["apart"]] == ["jaridat-rif", "zanqa-press"]
    assert all(row["delay_s"] < 0 for row in one["apart"])
    assert "zanqa-press" not in sources and one["articles"] == 1 + len(sources)


def test_a_rumour_and_its_denial(desk: Desk) -> None:
    rows = desk.json("rumours")["rumours"]
    one = next(row for row in rows if row["state"] == "denied" and row["delay_s"])
    told = desk.json("rumour", one["rumour_id"])
    assert told == {**one, "came_back": told["came_back"], "demo": True}
    (row,) = csv.DictReader(io.StringIO(desk.run("rumour", one["rumour_id"], "--csv").lstrip("\ufeff")))
    assert (row["rumour_id"], row["state"]) == (one["rumour_id"], "denied")
    assert told["answer"]["source"] in told["ran_answer_only"]
    assert told["ran_rumour_only"] and told["voices"] >= 1


@pytest.mark.parametrize(
    "claim",
    [
        "enlèvement d’enfants à Salé",
        "kidnapped children near a school",
        "خطف أطفال بسلا",
        "secuestro de niños en Salé",
    ],
)
def test_a_claim_was_denied_whatever_language_it_is_in(claim: str, desk: Desk) -> None:
    rows = desk.json("claim", claim)["denials"]
    assert any("sale" in row["place"] or "meknes" in row["place"] for row in rows)
    assert all(0.45 <= row["score"] <= 1 and row["denied"] for row in rows)
    assert desk.run("claim", claim, "--csv").startswith("\ufeffstory_id,article_id,")


@pytest.mark.parametrize(
    "claim", ["arrestation d’un trafiquant de drogue à Agadir", "saisie de cocaïne", "توقيف شخص بتهمة السرقة"]
)
def test_an_arrest_is_never_offered_as_a_denial(claim: str, desk: Desk) -> None:
    assert "no denial found" in desk.fails(3, "claim", claim)


def test_pairs_across_languages_are_one_story(desk: Desk) -> None:
    """A French report carries the age, the length of the film, the phones that the Arabic one carries."""
    for query, languages in (
        ("place:el-jadida kind:clarification", {"ar", "fr"}),
        ("Algeciras", {"es", "fr"}),
    ):
        (story,) = desk.json("stories", query)["stories"]
        assert set(story["languages"]) == languages


def test_values_of_a_facet_are_as_many_as_asked_for(desk: Desk) -> None:
    for values in (2, 100):
        found = desk.json("search", "--facets", "source", "--values", str(values), "--limit", "0")
        assert (len(found["facets"]["source"]) == 2) == (values == 2)


def test_tables_have_local_times_and_few_facts(desk: Desk) -> None:
    (listed, *_) = desk.json("communiques", TOLL)["communiques"]
    shown = desk.run("story", listed["communique_id"])
    assert "T10:05:00Z" not in shown and " and " in shown and " more " in shown


def test_what_cannot_be_asked_is_told(desk: Desk) -> None:
    assert "no word in this claim" in desk.fails(2, "claim", " ؟ ")
    (toll, *_) = desk.json("stories", TOLL)["stories"]
    assert "is about no rumour. Next: `marsad story" in desk.fails(3, "rumour", toll["story_id"])


def test_the_road_toll_has_a_point_a_week_and_a_hole(desk: Desk) -> None:
    rows = desk.json("series", "road-toll")["points"]
    assert len(rows) >= 10 and all(row["dead"] and row["accidents"] for row in rows)
    assert len({row["start"] for row in rows}) == len(rows)
    text = desk.run("series", "road-toll", "--csv").lstrip("\ufeff")
    assert [row["start"] for row in csv.DictReader(io.StringIO(text))] == [row["start"] for row in rows]
    assert len(desk.json("series", "road-toll")["missing"]) == 1, "one week was not published"
    assert "no article tells it" in desk.run("series", "road-toll")
    assert "there are road-toll" in desk.fails(2, "series", "nothing")
    assert "--from: got 'soon'" in desk.fails(2, "series", "road-toll", "--from", "soon")


def test_series_and_editions_are_drawn(desk: Desk, tmp_path: Path) -> None:
    for words in (("series", "road-toll"), ("campaigns",)):
        file = tmp_path / f"{words[0]}.svg"
        assert "drawn: " not in desk.run(*words, "--chart", str(file)), "stdout is for data"
        picture = file.read_text(encoding="utf-8")
        assert picture.startswith("<svg") and picture.count("<g ") >= 2


def test_how_fast_communications_reach_the_press(desk: Desk) -> None:
    told = desk.json("communiques", "from:90d", "--speed")
    assert set(told) == {"communications", "undated", "fifth_national", "first_foreign", "demo"}
    fifth = told["fifth_national"]
    assert 0 < fifth["reached"] < told["communications"]
    assert 0 < fifth["median_s"] <= fifth["p90_s"]
    rows = list(csv.DictReader(io.StringIO(desk.run("communiques", "--speed", "--csv").lstrip("\ufeff"))))
    assert [row["until"] for row in rows] == ["fifth_national", "first_foreign"]
    assert "no communication found" in desk.fails(3, "communiques", "zzzz", "--speed")


def test_campaigns_show_all_numbers_of_visitors(desk: Desk) -> None:
    rows = desk.json("campaigns")["editions"]
    assert len(rows) == 2 and all(row["campaign"] == "open-days" for row in rows), "one a year"
    for row in rows:
        assert row["during"]["articles_a_day"] > row["before"]["articles_a_day"]
        assert len(row["daily"]) == sum(row[phase]["days"] for phase in ("before", "during", "after"))
    one = next(row for row in rows if row["conflict"])
    assert all(said["source"] and said["at"] and said["article_id"] for said in one["visitors"])
    assert len({said["value"] for said in one["visitors"]}) >= 2, "conflicting numbers are both shown"


def test_what_is_unusual_names_articles(desk: Desk) -> None:
    edition = desk.json("campaigns")["editions"][-1]
    told = desk.json("unusual", "--week", edition["end"])
    assert told["enough"] and told["weeks"] >= 4 and told["weeks_last_year"] >= 2
    rows = told["unusual"]
    days = first(rows, field="kind", value="open_days")
    assert days["count"] > days["usual"] >= 0 and days["last_year"] < days["count"]
    assert len(days["articles"]) == len(days["titles"]) == len(days["sources"]) == 3
    assert not [row for row in rows if row["value"] == "road_safety"], "what comes every week is no news"
    shown = desk.run("unusual", "--week", edition["end"])
    assert f"against {told['weeks']} weeks before and" in shown and "kind open_days: " in shown


def test_a_week_that_cannot_be_judged_says_why(desk: Desk) -> None:
    oldest = desk.json("campaigns")["editions"][0]
    assert "fewer than 4 are too few" in desk.fails(3, "unusual", "--week", oldest["end"])
    assert desk.json("unusual", "--week", oldest["end"], expect=3)["enough"] is False
    assert "no outlet was collected" in desk.fails(3, "unusual", "--week", "2016")
    assert "is not over" in desk.fails(2, "unusual", "--week", "today")
    assert "expected a date like" in desk.fails(2, "unusual", "--week", "soon")


def test_units_are_counted(desk: Desk) -> None:
    found = desk.json("search", "--count", "kind:road_safety")
    assert found["articles"] > found["stories"] >= found["communications"] > 0
    assert found["articles"] > found["voices"] > 0
    points = desk.json("trend", "kind:road_safety from:120d", "--by", "month", "--count", "stories")["points"]
    assert sum(point["count"] for point in points) == found["stories"]
    assert "goes without" in desk.fails(2, "trend", "from:9d", "--count", "voices", "--split", "lang")
    assert "stories of from:9d, by day" in desk.run("trend", "from:9d", "--count", "stories")


def test_one_unit_is_counted_where_it_is_named(desk: Desk) -> None:
    whole = desk.json("search", "--count", "kind:denial")
    assert set(whole) == {"query", "articles", "stories", "voices", "communications", "demo"}
    one = desk.json("search", "kind:denial", "--count", "stories")
    assert one == {"query": "kind:denial", "stories": whole["stories"], "demo": True}
    for beside in (["--group", "story"], ["--facets", "lang"], ["--sort", "score"]):
        assert f"goes without {'--count' if beside[0] == '--group' else beside[0]}" in desk.fails(
            2, "search", "kind:denial", "--count", *beside
        )


def test_a_trend_is_rows_of_a_spreadsheet(desk: Desk) -> None:
    told = desk.json("trend", "from:9d", "--compare", "kind:denial from:9d", "--split", "lang")
    printed = desk.run("trend", "from:9d", "--compare", "kind:denial from:9d", "--split", "lang", "--csv")
    rows = list(csv.DictReader(io.StringIO(printed.lstrip("\ufeff"))))
    whole = [row for row in rows if (row["query"], row["value"]) == ("from:9d", "")]
    assert [(row["start"], int(row["count"])) for row in whole] == [
        (point["start"], point["count"]) for point in told["points"]
    ]
    assert {row["value"] for row in rows if row["query"] == "from:9d"} == {"", *told["split"]}
    assert {row["query"] for row in rows} == {"from:9d", "kind:denial from:9d"}


@pytest.mark.parametrize(
    "query",
    [
        "kind:denial",
        "attribution:official",
        "figure:arrests>=2",
        "unit:wilaya-oujda",
        "voice:copy",
        "voice:independent",
    ],
)
def test_labels_can_be_asked_for(query: str, desk: Desk) -> None:
    found = desk.json("search", query, "--facets", "kind,attribution,voice", "--limit", "3")
    assert found["total"] > 0 and all(found["facets"].values())


def test_an_analyst_merges_and_splits(desk: Desk, tmp_path: Path) -> None:
    one, other = (
        row["story_id"] for row in desk.json("stories", "kind:partnership OR kind:recruitment")["stories"][:2]
    )
    assert desk.json("story", "merge", one, other)["article_ids"] == [one, other]
    assert "already" in desk.fails(2, "story", "merge", one, other, one)
    assert "--json" in desk.fails(2, "story", "split", one, "--csv")
    whole = desk.json("story", one)
    assert other in {row["article_id"] for row in whole["members"]}
    assert "override" in {fact for row in whole["members"] for fact in row["because"]}
    desk.run("story", "split", other)
    assert other not in {row["article_id"] for row in desk.json("story", one)["members"]}
    # An empty home that is given the archive has the analyst's word too.
    fresh = Desk(tmp_path, desk.overlay)
    shutil.copytree(desk.home / "archive", tmp_path / "archive")
    counts = json.loads(fresh.run("replay", "--json", expect=(0, 1)))
    assert counts["overrides"] == 2
    members = {row["article_id"] for row in fresh.json("story", one)["members"]}
    assert members == {row["article_id"] for row in desk.json("story", one)["members"]}
    assert "is no article" in desk.fails(3, "story", "merge", one, "ffffffffffff")
    assert "two ids" in desk.fails(2, "story", "merge", one)


def test_rules_that_changed_are_told_label_by_label(desk: Desk) -> None:
    assert json.loads(desk.run("replay", "--annotate", "--json"))["changed"] == 0
    said = (desk.home / "config").resolve()
    assert said.is_dir()
    assert "reads the ledger" in desk.fails(2, "replay", "--annotate", __file__)


DOCUMENT = (Path(__file__).parents[2] / "docs" / "questions.md").read_text(encoding="utf-8")
NOTHING_IS_RIGHT = frozenset({"claim 'arrestation d’un trafiquant à Agadir'", "unusual --week 440d"})
"""Commands of the questions that find nothing, and show how that is said."""


@pytest.fixture(scope="module")
def names(desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return given(desk.home, tmp_path_factory.mktemp("given"))


@pytest.mark.parametrize("number", range(len(questions())))
def test_each_question_is_documented_and_its_commands_find_something(
    number: int, desk: Desk, names: dict[str, str]
) -> None:
    one = questions()[number]
    assert f"## {number + 1}. {one['ask']}\n" in DOCUMENT
    assert one.get("note", "") in DOCUMENT
    for text in one["run"]:
        assert f"$ marsad {text}\n" in DOCUMENT
        done = subprocess.run(command(desk.home, text, names), capture_output=True, text=True)
        assert done.returncode == (3 if text in NOTHING_IS_RIGHT else 0), f"{text}: {done.stderr}"


def test_there_are_thirty_questions() -> None:
    assert len(questions()) == DOCUMENT.count("\n## ") == 30


def test_link_says_what_it_did(desk: Desk) -> None:
    assert desk.json("link") == {"articles": 0, "changed": 0, "demo": True}
    again = desk.json("link", "--all")
    assert again["articles"] == desk.json("status")["articles"] and again["changed"] == 0
