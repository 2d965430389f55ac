"""Rumours followed to their end on loopback: invented outlets, two crawls, what `marsad rumour` shows.

The times of publication are real ones, hours and days before the test: states depend on the clock.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.crawlers.outlets import Outlets
from tests.e2e.harness import Desk
from tests.site.faults import Host, Site, answer

pytestmark = [pytest.mark.timeout(300), pytest.mark.xdist_group("rumours")]

NOW = datetime.now(UTC)
LANGUAGES = {"akhbar": "ar", "janoub": "ar", "wikala": "ar", "courrier": "fr", "gaceta": "es"}


@dataclass(frozen=True)
class Page:
    """A row of ``rumours.tsv``."""

    story: str
    outlet: str
    path: str
    hours: str
    title: str
    paragraphs: str

    def publish(self, host: Host) -> None:
        """Show it on *host*; it bears its time of publication, edited or not."""
        at = (NOW - timedelta(hours=int(self.hours))).isoformat(timespec="seconds")
        body = "".join(f"<p>{paragraph}</p>" for paragraph in self.paragraphs.split(" | "))
        host.page(
            self.path,
            f"<html lang={LANGUAGES[self.outlet]}><head><meta charset=utf-8><title>{self.title}</title>"
            f'<meta property="article:published_time" content="{at}"></head>'
            f"<body><article><h1>{self.title}</h1>{body}</article></body></html>",
        )


ROWS = Path(__file__).with_name("rumours.tsv").read_text("utf-8").splitlines()[1:]
*PAGES, EDITED = sorted((Page(*row.split("\t")) for row in ROWS), key=lambda one: one.story == "edited")
FIRST = next(one for one in PAGES if one.path == EDITED.path)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """Everything crawled, then the first rumour's page edited without a word, and crawled again."""
    folder = tmp_path_factory.mktemp("rumours")
    with Site() as site:
        outlets = Outlets(folder)
        hosts = {name: site.host() for name in LANGUAGES}
        for name, host in hosts.items():
            own = [one for one in PAGES if one.outlet == name]
            for one in own:
                one.publish(host)
            host.on("/feed", answer(_feed(host, [one.path for one in own]), kind="application/rss+xml"))
            outlets.add(name, host, languages=[LANGUAGES[name]])
        desk = Desk(folder / "home", folder)
        assert desk.json("crawl")["totals"]["fetched"] == len(PAGES)
        EDITED.publish(hosts[EDITED.outlet])
        desk.json("crawl", "--revisit", "72h")
        yield desk


def _feed(host: Host, paths: list[str]) -> str:
    """A feed without dates: the pages bear them."""
    items = "".join(
        f"<item><title>{path}</title><link>{host.url(path)}</link><guid>{host.url(path)}</guid></item>"
        for path in paths
    )
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>F</title>{items}</channel></rss>'


def of_place(desk: Desk, place: str) -> dict[str, Any]:
    """The rumour of which an article's fact is placed in *place*, whole."""
    (row,) = desk.json("rumours", f"place:{place}")["rumours"]
    return dict(desk.json("rumour", row["rumour_id"]))


def test_a_denied_rumour_with_who_ran_which_and_the_silent_edit(desk: Desk) -> None:
    told = of_place(desk, "kenitra")
    assert (told["state"], told["first_source"]) == ("denied", "akhbar")
    assert told["first_title"] == FIRST.title, "as it stood before it was edited"
    assert told["hearsay"], "the words by which it was told"
    assert (told["answer"]["source"], told["delay_s"]) == ("wikala", 10 * 3600)
    assert told["ran_both"] == ["janoub"]
    assert told["ran_rumour_only"] == ["akhbar"]
    assert told["ran_answer_only"] == ["courrier", "wikala"]
    (edit,) = told["edits"]
    assert edit["source"] == "akhbar" and edit["silent"]
    assert (edit["before"], edit["after"]) == (FIRST.title, EDITED.title)
    assert told["edited_after"] == [edit["article_id"]]
    story = desk.json("story", told["rumour_id"])
    assert [(row["source"], row["relation"]) for row in story["members"]][:3] == [
        ("akhbar", "correction"), ("janoub", "rumour"), ("wikala", "denial"),
    ]  # fmt: skip
    printed = desk.run("rumour", told["rumour_id"])
    assert "without a word" in printed and EDITED.title in printed


def test_it_came_back_in_another_place(desk: Desk) -> None:
    (again,) = of_place(desk, "kenitra")["came_back"]
    assert (again["source"], again["place"]) == ("akhbar", ["berkane"])
    assert of_place(desk, "berkane")["state"] == "circulating"


def test_a_rumour_that_an_authority_carries_is_confirmed(desk: Desk) -> None:
    told = of_place(desk, "agadir")
    assert (told["state"], told["first_source"], told["answer"]["source"]) == (
        "confirmed",
        "gaceta",
        "wikala",
    )
    assert (told["ran_rumour_only"], told["ran_answer_only"]) == (["gaceta"], ["wikala"])
    assert told["edits"] == [] and told["came_back"] == []


@pytest.mark.parametrize(("place", "state"), [("oujda", "circulating"), ("nador", "unresolved")])
def test_a_rumour_without_an_answer(place: str, state: str, desk: Desk) -> None:
    told = of_place(desk, place)
    assert (told["state"], told["answer"], told["delay_s"]) == (state, None, None)
    assert told["hearsay"] and told["voices"] == 1


def test_an_arrest_is_no_rumour(desk: Desk) -> None:
    assert "no rumour found" in desk.fails(3, "rumours", "place:safi")
    assert len(desk.json("rumours")["rumours"]) == 5
    assert desk.json("search", "--count", "has:rumour relevance:any")["articles"] == 5


def test_a_configured_time_makes_a_rumour_unresolved(desk: Desk, tmp_path: Path) -> None:
    rules = (Path(__file__).parents[2] / "config" / "rumours.yml").read_text("utf-8")
    file = desk.overlay / "rumours.yml"
    file.write_text(rules.replace("unresolved_after_days: 7", "unresolved_after_days: 20"), encoding="utf-8")
    try:
        assert of_place(desk, "nador")["state"] == "circulating"
    finally:
        file.unlink()
