"""Trends against a count by hand, with the clock changes of 2026 in them."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.zones import zone
from search.answers import Searcher
from search.calendar import INTERVALS, Axis, TooLong, hour_start, midnight, uncovered
from search.chart import svg
from search.documents import document
from search.embedded import EmbeddedEngine
from search.trends import Point, Trend, TrendFault
from store.records import StoredArticle
from tests.search.generated import TIMES
from tests.search.press import NOW, SOURCES, FakeLedger, analysis, config, stored

CASABLANCA = zone("Africa/Casablanca")


def searcher(home: Path, *articles: StoredArticle, ledger: FakeLedger | None = None) -> Searcher:
    settings = config(home)
    with EmbeddedEngine(home, settings, analysis=analysis()) as engine:
        engine.upsert(document(one, analysis(), SOURCES) for one in articles)
        engine.refresh()
    made = Searcher(settings, home)
    made.__dict__["ledger"] = ledger or FakeLedger()
    return made


# -- the calendar -------------------------------------------------------------------------------------------


def by_hand(at: datetime, interval: str) -> str:
    """The start of the unit of *at*, worked out from its local clock reading alone."""
    local = at.astimezone(CASABLANCA)
    day = local.date()
    match interval:
        case "hour":
            return local.replace(minute=0, second=0, microsecond=0).isoformat(timespec="minutes")
        case "day":
            return day.isoformat()
        case "week":
            return date.fromisocalendar(*day.isocalendar()[:2], 1).isoformat()
        case "month":
            return f"{day:%Y-%m}-01"
        case "quarter":
            return f"{day.year}-{(day.month + 2) // 3 * 3 - 2:02}-01"
    return f"{day.year}-01-01"


INSTANTS = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31)).map(lambda at: at.replace(tzinfo=UTC))


@pytest.mark.parametrize("interval", INTERVALS)
@given(st.lists(INSTANTS | st.sampled_from(TIMES[:7]), min_size=1, max_size=8))
@settings(deadline=None, max_examples=40)
def test_units_are_those_of_the_local_clock(interval: str, instants: list[datetime]) -> None:
    axis = Axis(min(instants), max(instants), interval, CASABLANCA, 10_000)  # type: ignore[arg-type]
    keys: Counter[int] = Counter(
        int(hour_start(at, CASABLANCA).timestamp())
        if interval == "hour"
        else at.astimezone(CASABLANCA).toordinal()
        for at in instants
    )
    expected = Counter(by_hand(at, interval) for at in instants)
    found = dict(zip(axis.labels, axis.spread(keys), strict=True))
    assert {label: count for label, count in found.items() if count} == expected
    assert len(set(axis.labels)) == len(axis.labels)
    assert axis.edges == sorted(set(axis.edges)) and len(axis.edges) == len(axis) + 1
    for at in instants:
        index = axis.labels.index(by_hand(at, interval))
        assert axis.edges[index] <= at < axis.edges[index + 1]


def test_days_of_the_clock_changes_have_25_and_23_hours() -> None:
    def hours(day: date) -> float:
        return (midnight(day + timedelta(days=1), CASABLANCA) - midnight(day, CASABLANCA)) / timedelta(
            hours=1
        )

    assert [hours(date(2026, *day)) for day in ((2, 15), (3, 22), (9, 20), (11, 24))] == [25, 23, 25, 24]


def test_day_whose_midnight_is_skipped_begins_at_the_skip() -> None:
    # Egypt's clocks go from 00:00 to 01:00 on the last Friday of April
    assert midnight(date(2026, 4, 24), zone("Africa/Cairo")) == datetime(2026, 4, 23, 22, tzinfo=UTC)


def test_hours_of_a_zone_with_half_an_hour() -> None:
    kolkata = zone("Asia/Kolkata")
    assert hour_start(datetime(2026, 1, 1, 10, 10, tzinfo=UTC), kolkata) == datetime(
        2026, 1, 1, 9, 30, tzinfo=UTC
    )


def test_too_many_units_are_refused_before_they_are_made() -> None:
    with pytest.raises(TooLong):
        Axis(datetime(1700, 1, 1, tzinfo=UTC), NOW, "hour", CASABLANCA, 10_000)


# -- trends -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("interval", INTERVALS)
def test_trend_is_what_counting_by_hand_gives(interval: str, tmp_path: Path) -> None:
    articles = [
        stored(
            "La police" if n % 3 else "Rien",
            name=str(n),
            at=datetime(2026, 2, 13, tzinfo=UTC) + timedelta(minutes=97 * n),
            source_id=("matin", "gazette")[n % 2],
            relevance=("in", "none", "adjacent")[n % 7 % 3],
        )
        for n in range(120)
    ]
    made = searcher(tmp_path, *articles)
    trend = made.trend("police from:2026-02-13 to:2026-02-16", interval=interval, split="source", now=NOW)  # type: ignore[arg-type]
    within = [one for one in articles if one.article.published.at < datetime(2026, 2, 17, tzinfo=UTC)]  # type: ignore[union-attr]
    found = [
        one
        for one in within
        if one.article.title == "La police" and one.annotated.relevance.decision != "none"
    ]

    def counted(some: list[StoredArticle]) -> Counter[str]:
        return Counter(by_hand(one.article.published.at, interval) for one in some)  # type: ignore[union-attr]

    assert {p.start: p.count for p in trend.points if p.count} == counted(found)
    assert {p.start: p.total for p in trend.points if p.total} == counted(within)
    assert {p.share for p in trend.points if not p.total} <= {None}
    assert all(p.share == p.count / p.total for p in trend.points if p.total)
    for name, line in trend.split.items():
        of_source = [one for one in found if one.article.source_id == name]
        assert {p.start: p.count for p in line if p.count} == counted(of_source)
    assert set(trend.split) == {"matin", "gazette"}
    if interval == "hour":
        assert len(trend.points) == 4 * 24 + 1, "the day of the change has 25 hours"
    if interval == "day":
        assert [p.start for p in trend.points] == ["2026-02-13", "2026-02-14", "2026-02-15", "2026-02-16"]


def test_empty_units_are_there_up_to_now(tmp_path: Path) -> None:
    made = searcher(tmp_path, stored("La police", at=NOW - timedelta(days=5)))
    assert [p.count for p in made.trend("police", now=NOW).points] == [1, 0, 0, 0, 0, 0]


def test_no_match_is_no_points_unless_times_are_named(tmp_path: Path) -> None:
    made = searcher(tmp_path, stored("Rien"))
    assert made.trend("police", now=NOW).points == ()
    assert [p.count for p in made.trend("police from:2026-11-23", now=NOW).points] == [0, 0]


def test_total_keeps_the_filters_on_the_press_and_drops_the_rest(tmp_path: Path) -> None:
    at = NOW - timedelta(hours=1)
    made = searcher(
        tmp_path,
        stored("La police", name="1", at=at),
        stored("Rien", name="2", at=at, relevance="none"),
        stored("Rien", name="3", at=at, source_id="gazette"),
        stored("Rien", name="4", at=at, source_id="sabah", language="ar"),
    )

    def total(query: str) -> int:
        return made.trend(query, now=NOW).points[-1].total

    assert total("police") == 4
    assert total("police country:MA") == 3
    assert total("police source:matin relevance:in") == 2
    assert total("police -lang:ar") == 3
    assert total("police (source:matin OR source:gazette)") == 3


def test_compared_queries_share_one_axis(tmp_path: Path) -> None:
    made = searcher(
        tmp_path,
        stored("La police", at=NOW - timedelta(days=3)),
        stored("La saisie", at=NOW - timedelta(days=1)),
    )
    trend = made.trend("police", compare=["saisie", "rien"], now=NOW)
    assert [[p.count for p in one.points] for one in (trend, *trend.compare)] == [
        [1, 0, 0, 0],
        [0, 0, 1, 0],
        [0, 0, 0, 0],
    ]
    assert [one["query"] for one in trend.to_json()["compare"]] == ["saisie", "rien"]


def test_what_cannot_be_drawn_is_refused_with_a_way_out(tmp_path: Path) -> None:
    made = searcher(tmp_path, stored("La police", at=datetime(2003, 1, 1, tzinfo=UTC)))
    for asked, said in (
        ({"interval": "hour"}, "name from: and to:"),
        ({"interval": "fortnight"}, "hour, day, week"),
        ({"split": "colour"}, "source, country"),
        ({"compare": ["a", "b", "c", "d", "e"]}, "1 to 5 queries"),
    ):
        with pytest.raises(TrendFault, match=said):
            made.trend("police", now=NOW, **asked)
    assert len(made.trend("police", now=NOW).points) > 8_000


def test_keys_of_a_trend_are_the_contract(tmp_path: Path) -> None:
    made = searcher(tmp_path, stored("La police", at=NOW))
    written = made.trend("police", now=NOW).to_json()
    assert list(written) == ["query", "interval", "time_zone", "points", "split"]
    assert list(written["points"][0]) == ["start", "count", "total", "share", "gaps"]


# -- gaps ---------------------------------------------------------------------------------------------------


def test_points_name_the_sources_that_were_not_collected(tmp_path: Path) -> None:
    day = datetime(2026, 11, 20, tzinfo=UTC)
    ledger = FakeLedger(
        covered={
            "matin": [(day - timedelta(days=3), NOW)],
            "gazette": [(day, day + timedelta(days=1)), (day + timedelta(days=3), NOW)],
        },
        visited={"matin", "gazette", "sabah"},
    )
    made = searcher(tmp_path, stored("La police", at=NOW), ledger=ledger)

    def gaps(query: str) -> list[tuple[str, ...]]:
        return [point.gaps for point in made.trend(f"{query} from:2026-11-20", now=NOW).points]

    assert gaps("police") == [("sabah",), ("gazette", "sabah"), ("gazette", "sabah"), ("sabah",), ("sabah",)]
    assert gaps("police source:gazette") == [(), ("gazette",), ("gazette",), (), ()]
    assert gaps("police country:MA") == [("sabah",)] * 5
    assert gaps("police -source:sabah scope:national") == [()] * 5
    assert gaps("police source:tribune") == [()] * 5, "a source that was never visited cannot have a gap"


def test_a_source_that_left_the_catalogue_is_a_gap_unless_the_query_rules_it_out(tmp_path: Path) -> None:
    ledger = FakeLedger(
        covered={
            "matin": [(NOW - timedelta(days=9), NOW)],
            "ancien": [(NOW - timedelta(days=9), NOW - timedelta(days=1))],
        },
        visited={"matin", "ancien", "parti"},
    )
    made = searcher(tmp_path, stored("La police", at=NOW), ledger=ledger)

    def gaps(query: str) -> list[tuple[str, ...]]:
        return [point.gaps for point in made.trend(f"{query} from:2026-11-23", now=NOW).points]

    assert gaps("police") == [("ancien", "parti")] * 2
    assert gaps("police source:ancien") == [("ancien",)] * 2
    assert gaps("police -source:(ancien OR parti)") == [()] * 2
    assert gaps("police source:matin") == [()] * 2
    # What nobody says of it any more, its country, cannot rule it out.
    assert gaps("police country:MA") == gaps("police -country:MA") == [("ancien", "parti")] * 2
    assert gaps("police country:FR source:(matin OR parti)") == [("parti",)] * 2


SPANS = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 20)), max_size=5)


@given(SPANS, st.integers(0, 70))
@settings(deadline=None)
def test_a_gap_is_more_than_a_tenth_of_the_past_part_uncovered(
    spans: list[tuple[int, int]], now: int
) -> None:
    edges = [36_000.0 * n for n in range(7)]
    covered = [(3600.0 * a, 3600.0 * (a + size)) for a, size in spans]
    held = {hour for a, size in spans for hour in range(a, a + size)}
    expected = []
    for n in range(6):
        past = [hour for hour in range(10 * n, 10 * n + 10) if hour < now]
        expected.append(bool(past) and sum(hour not in held for hour in past) / len(past) > 0.1 + 1e-9)
    assert uncovered(edges, covered, 3600.0 * now, 0.1 + 1e-9) == expected


# -- the picture --------------------------------------------------------------------------------------------


def year(gaps: bool = True) -> Trend:
    first = date(2026, 1, 1)
    points = tuple(
        Point((first + timedelta(days=n)).isoformat(), n * 37 % 113, 200, n * 37 % 113 / 200,
              tuple(f"s{k}" for k in range(n % 9)) if gaps and n % 2 else ())
        for n in range(365)
    )  # fmt: skip
    return Trend("الأمن & <script>", "day", "Africa/Casablanca", points, sources=20)


@pytest.mark.parametrize("measure", ["count", "share"])
def test_picture_is_small_well_formed_and_points_nowhere(measure: str) -> None:
    drawn = svg(year(), measure=measure)  # type: ignore[arg-type]
    assert len(drawn.encode()) <= 30_000
    root = ElementTree.fromstring(drawn)
    space = "{http://www.w3.org/2000/svg}"
    assert root.get("role") == "img"
    assert "الأمن & <script>" in (root.findtext(f"{space}title") or "")
    assert "365 points" in (root.findtext(f"{space}desc") or "")
    names = {element.tag.removeprefix(space) for element in root.iter()}
    assert names <= {"svg", "title", "desc", "defs", "pattern", "path", "rect", "text"}
    attributes = {name for element in root.iter() for name in element.attrib}
    assert not attributes & {"href", "style", "class", "onload", "{http://www.w3.org/1999/xlink}href"}
    assert drawn.replace("http://www.w3.org/2000/svg", "").count("http") == 0


def test_picture_says_in_words_which_sources_are_missing() -> None:
    points = tuple(
        Point(f"2026-01-0{n}", 1, 2, 0.5, ("hibr", "qalam") if n in (3, 4) else ()) for n in range(1, 7)
    )
    drawn = svg(Trend("q", "day", "Africa/Casablanca", points, sources=4))
    assert drawn.count("<rect") == 1
    assert "2026-01-03 \u2013 2026-01-04: not collected: hibr, qalam" in drawn


def test_split_and_compared_lines_are_named_and_break_where_a_share_is_unknown() -> None:
    line = tuple(
        Point(f"2026-01-0{n}", 0, 0 if n == 2 else 4, None if n == 2 else 0.25, ()) for n in (1, 2, 3)
    )
    drawn = svg(Trend("q", "day", "UTC", line, {"أمن": line, "b&c": line}), measure="share")
    assert "أمن" in drawn and "b&amp;c" in drawn
    paths = [part for part in drawn.split("<path ") if 'stroke-width="2"' in part and 'fill="none"' in part]
    assert len(paths) == 2 and all(path.split('"')[1].count("M") == 2 for path in paths)


def test_empty_trend_is_drawn_too() -> None:
    assert "No article was found." in svg(Trend("q", "day", "UTC", ()))
