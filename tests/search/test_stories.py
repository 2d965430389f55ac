"""Stories, communications, rumours, series, campaigns: pure functions over articles made up for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from search.series import Series, missing, points
from search.stories import Change, changes, communique, rumour, time_of
from search.units import counted, over_time
from store.records import (
    Attributed,
    Attribution,
    Evidence,
    Figure,
    KindLabel,
    Precision,
    StoredArticle,
    Ties,
    Voice,
)
from tests.search.press import NOW, SEEN, SOURCES, source, stored

STORY = "5" * 32


def made(
    name: str,
    outlet: str = "matin",
    *,
    hours: float = 0,
    kinds: tuple[str, ...] = (),
    said: Attribution | None = None,
    figures: tuple[Figure, ...] = (),
    ties: Mapping[str, Any] | None = None,
    at: datetime | None = None,
    labels: Mapping[str, Any] | None = None,
    **more: Any,
) -> StoredArticle:
    """An article of the story, *hours* after :data:`SEEN`."""
    return stored(
        name,
        "Corps",
        name=name,
        source_id=outlet,
        at=at or SEEN + timedelta(hours=hours),
        labels={
            "kinds": tuple(map(KindLabel, kinds)),
            "attribution": Attributed(said) if said else None,
            "figures": figures,
            **(labels or {}),
        },
        ties=Ties(STORY, **(ties or {})),
        **more,
    )


def figure(
    what: str, value: float, *, recalled: bool = False, period: tuple[str, str] | None = None
) -> Figure:
    return Figure(what, value, str(value), "text", 0, 1, recalled, period)


# -- communications ---------------------------------------------------------------------------------------

OFFICIAL = made(
    "origin",
    "wakala",
    kinds=("communique", "operation"),
    said=Attribution.OFFICIAL,
    figures=(figure("arrests", 18),),
)
NATIONAL = {**SOURCES, **{name: source(name) for name in ("un", "deux", "trois", "quatre")}}


def test_a_communication_is_traced_from_the_first_official_word() -> None:
    early = made("rumeur", "sabah", hours=-3, said=Attribution.OUTLET)
    copy = made(
        "copie",
        "matin",
        hours=2,
        ties={"copy_of": OFFICIAL.article_id, "copy_share": 0.9, "voice": Voice.COPY},
    )
    abroad = made("ailleurs", "diario", hours=5, figures=(figure("arrests", 8),))
    found = communique([early, OFFICIAL, copy, abroad], SOURCES, {})
    assert found is not None and found.origin == OFFICIAL
    assert [(one.article.article.title, one.delay) for one in found.pick_ups] == [
        ("copie", timedelta(hours=2)),
        ("ailleurs", timedelta(hours=5)),
    ]
    assert (found.pick_ups[0].share, found.pick_ups[0].voice) == (0.9, Voice.COPY)
    assert found.first_foreign == timedelta(hours=5) and found.fifth_national is None
    assert found.voices == 2, "the copy is none, nor is who told of it before"
    assert found.pick_ups[1].figures == (Change("arrests", (18.0,), (8.0,)),)
    assert [(one.article.article.title, one.delay) for one in found.apart] == [
        ("rumeur", timedelta(hours=-3))
    ]


@pytest.mark.parametrize(
    ("hours", "ties", "carries"),
    [
        (2, {}, True),
        (2, {"relation": "rumour"}, False),
        (-2, {}, False),
        (-2, {"relation": "rumour"}, False),
        (-0.2, {"copy_of": "0" * 32, "copy_share": 1.0, "voice": Voice.COPY}, True),
        (-0.2, {"relation": "translation", "voice": Voice.TRANSLATION}, True),
    ],
)
def test_a_pick_up_carries_the_communication(hours: float, ties: Mapping[str, Any], carries: bool) -> None:
    other = made("x", "gazette", hours=hours, ties=ties)
    story = sorted([OFFICIAL, other], key=time_of)
    found = communique(story, SOURCES, {})
    assert found is not None
    assert ([one.article for one in found.pick_ups], [one.article for one in found.apart]) == (
        ([other], []) if carries else ([], [other])
    )
    assert found.first_foreign == (timedelta(hours=hours) if carries else None)


def test_who_ran_the_rumour_alone_is_silent_on_its_denial_and_not_among_the_fifth() -> None:
    rumour_ = made("x", "sabah", hours=-9, ties={"relation": "rumour"})
    others = [made(outlet, outlet, hours=1) for outlet in ("matin", "un", "deux")]
    whole = (SEEN - timedelta(days=1), SEEN + timedelta(days=2))
    found = communique([rumour_, OFFICIAL, *others], NATIONAL, {"sabah": [whole], "matin": [whole]})
    assert found is not None
    assert (found.fifth_national, found.silent) == (None, ("sabah",))


@pytest.mark.parametrize("precision", [Precision.DAY, Precision.MONTH])
def test_no_delay_is_told_of_an_article_that_bears_no_time_of_day(precision: Precision) -> None:
    dated = made("x", "gazette", hours=-9)
    published = replace(dated.article.published, precision=precision)  # type: ignore[type-var]
    other = replace(
        dated, annotated=replace(dated.annotated, article=replace(dated.article, published=published))
    )
    found = communique([other, OFFICIAL], SOURCES, {})
    assert found is not None
    assert [(one.article, one.delay) for one in found.pick_ups] == [(other, None)]
    assert found.first_foreign is None


@pytest.mark.parametrize("form", ["communique", "denial", "clarification", "spokesperson", "social_post"])
def test_a_communication_begins_with_the_institution_s_word_in_whatever_form(form: str) -> None:
    spoken = made("spoken", kinds=(form, "cyber"), said=Attribution.OFFICIAL)
    later = made("later", hours=5, kinds=("communique", "cyber"), said=Attribution.OFFICIAL)
    found = communique([spoken, later], SOURCES, {})
    assert found is not None
    assert found.origin is spoken


def test_a_story_on_nobody_s_official_word_is_no_communication() -> None:
    assert communique([made("x", kinds=("operation",), said=Attribution.OUTLET)], SOURCES, {}) is None
    assert communique([made("x", kinds=("operation",), said=Attribution.OFFICIAL)], SOURCES, {}) is None


def test_the_fifth_national_outlet_counts_outlets_not_articles() -> None:
    others = [
        made(f"{outlet} {hours}", outlet, hours=hours)
        for outlet, hours in (("matin", 1), ("matin", 2), ("un", 3), ("deux", 4), ("trois", 6), ("quatre", 9))
    ]
    found = communique([OFFICIAL, *others], NATIONAL, {})
    assert found is not None and found.fifth_national == timedelta(hours=6)


def test_outlets_are_silent_only_where_they_were_collected() -> None:
    whole, half = (SEEN - timedelta(days=1), SEEN + timedelta(days=2)), (SEEN, SEEN + timedelta(hours=6))
    coverage = {"sabah": [whole], "un": [half], "matin": [whole], "gazette": [whole]}
    found = communique([OFFICIAL, made("x", "matin", hours=1)], NATIONAL, coverage)
    assert found is not None and found.silent == ("sabah",)


@pytest.mark.parametrize(
    ("said", "printed", "how"),
    [
        ((18,), (18,), "kept"),
        ((18,), (8,), "changed"),
        ((18,), (), "dropped"),
        ((), (3,), "added"),
        ((10, 12), (12, 10), "kept"),
    ],
)
def test_figures_beside_figures(said: tuple[int, ...], printed: tuple[int, ...], how: str) -> None:
    rows = changes([figure("arrests", n) for n in said], [figure("arrests", n) for n in printed])
    assert [row.how for row in rows] == [how]


def test_recalled_figures_are_not_compared() -> None:
    assert changes([figure("arrests", 18, recalled=True)], [figure("dead", 1, recalled=True)]) == ()


# -- rumours ----------------------------------------------------------------------------------------------

OFFICIALLY = Attribution.OFFICIAL
SPREAD = made("rumeur", "matin", said=Attribution.NONE, ties={"relation": "rumour"})
ALSO = made("rumeur 2", "sabah", hours=2, ties={"relation": "rumour", "relation_of": SPREAD.article_id})
DENIED = made(
    "démenti",
    "wakala",
    hours=9,
    kinds=("denial", "communique"),
    said=Attribution.OFFICIAL,
    ties={"relation": "denial"},
    labels={"claim": Evidence("claim", "text", 0, 4, "des enlèvements")},
)


STILL = timedelta(days=7)


def test_a_rumour_and_its_denial() -> None:
    late = made("démenti aussi", "sabah", hours=10, kinds=("denial",), ties={"relation": "denial"})
    found = rumour([SPREAD, ALSO, DENIED, late], NOW, STILL)
    assert found is not None
    assert (found.state, found.claim, found.first) == ("denied", "des enlèvements", SPREAD)
    assert (found.delay, found.answer, found.voices) == (timedelta(hours=9), DENIED, 2)
    assert (found.ran_both, found.ran_rumour_only, found.ran_answer_only) == (
        ("sabah",),
        ("matin",),
        ("wakala",),
    )


@pytest.mark.parametrize(
    ("story", "state"),
    [
        ([SPREAD], "circulating"),
        ([made("vieux", at=NOW - timedelta(days=9), ties={"relation": "rumour"})], "unresolved"),
        ([SPREAD, made("c", hours=5, kinds=("clarification",), said=Attribution.OFFICIAL)], "clarified"),
        ([SPREAD, made("oui", hours=5, kinds=("operation",), said=Attribution.OFFICIAL)], "confirmed"),
        ([SPREAD, made("oui", hours=5, said=Attribution.OTHER_OFFICIAL)], "confirmed"),
        # looking into it confirms nothing; arresting who spread it as false denies it
        ([SPREAD, made("on", hours=5, kinds=("reaction_to_content",), said=OFFICIALLY)], "circulating"),
        ([SPREAD, made("f", hours=5, kinds=("fake_news_enforcement",), said=OFFICIALLY)], "denied"),
        ([SPREAD, made("avant", hours=-5, kinds=("operation",), said=OFFICIALLY)], "circulating"),
        ([DENIED], "denied"),
    ],
)
def test_what_becomes_of_a_rumour(story: list[StoredArticle], state: str) -> None:
    found = rumour(story, NOW, STILL)
    assert found is not None and found.state == state


def test_how_long_a_rumour_circulates_is_configured() -> None:
    found = rumour([SPREAD], NOW, timedelta(hours=1))
    assert found is not None and found.state == "unresolved"


@pytest.mark.parametrize("kind", ["operation", "fake_news_enforcement"])
def test_an_arrest_is_no_rumour(kind: str) -> None:
    assert rumour([made("arrestation", kinds=(kind,), said=Attribution.OFFICIAL)], NOW, STILL) is None


def test_who_copied_a_rumour_ran_it_and_who_copied_its_denial_answered() -> None:
    copy = made("copie", "sabah", hours=1, ties={"copy_of": SPREAD.article_id, "voice": Voice.COPY})
    denial = made(
        "copie du démenti", "sabah", hours=10, kinds=("denial",), ties={"copy_of": DENIED.article_id}
    )
    found = rumour([SPREAD, copy, DENIED, denial], NOW, STILL)
    assert found is not None
    assert (found.ran_both, found.ran_rumour_only, found.voices) == (("sabah",), ("matin",), 1)


def test_edits_after_the_denial_are_told_with_what_was_there_before() -> None:
    first = made("rumeur", labels={"hearsay": (Evidence("said", "text", 0, 4, "aurait été"),)})
    now = replace(
        made("démenti", "matin", revision=2, kinds=("denial",)), article_id=first.article_id,
        ties=Ties(STORY, relation="correction", relation_of=first.article_id),
    )  # fmt: skip
    again = replace(now, revision=3)
    early, late = SEEN + timedelta(hours=1), SEEN + timedelta(hours=20)
    history = {first.article_id: [(SEEN, first), (early, now), (late, again)]}
    for owns_up in (False, True):
        found = rumour([now, DENIED], NOW, STILL, history, lambda annotated, said=owns_up: said)
        assert found is not None
        (edit,) = found.edits  # of the two changes, the one after the denial
        assert (edit.article_id, edit.seen_at, edit.silent) == (first.article_id, late, not owns_up)
        assert (found.state, found.answer, found.first.article.title) == ("denied", DENIED, "rumeur")
        assert found.hearsay == first.annotated.hearsay and found.ran_rumour_only == ("matin",)


# -- series -----------------------------------------------------------------------------------------------

TOLL = Series("road-toll", "road_safety", ("accidents", "dead"), 7)
WEEK, NEXT = ("2026-11-02", "2026-11-08"), ("2026-11-16", "2026-11-22")


def toll(
    name: str, outlet: str, period: tuple[str, str], dead: float, said: Attribution, hours: float = 0
) -> StoredArticle:
    figures = (figure("dead", dead, period=period), figure("accidents", 1500, period=period))
    return made(name, outlet, hours=hours, kinds=("road_safety",), said=said, figures=figures)


def test_a_series_has_a_point_a_week_and_missing_weeks_stay_missing() -> None:
    outlet, official = Attribution.OUTLET, Attribution.OFFICIAL
    rows = points(
        TOLL,
        [
            toll("b", "matin", NEXT, 17, official, 3),
            toll("a", "sabah", WEEK, 21, outlet),
            toll("a2", "wakala", WEEK, 12, official, 2),
            toll("a3", "matin", WEEK, 12, official, 4),
            toll("year", "matin", ("2026-01-01", "2026-11-22"), 900, official),
            made("none", kinds=("operation",), figures=(figure("dead", 3, period=WEEK),)),
        ],
    )
    assert [(one.start, one.values["dead"], one.source.article.source_id) for one in rows] == [
        ("2026-11-02", 12, "wakala"),
        ("2026-11-16", 17, "matin"),
    ]
    assert rows[0].others == {"dead": (21.0,)} and rows[1].others == {}
    assert missing(TOLL, rows) == [("2026-11-09", "2026-11-15")]


def test_an_article_of_last_week_is_of_the_week_before_it() -> None:
    friday = datetime(2026, 11, 27, 10, tzinfo=UTC)
    figures = (figure("dead", 19), figure("accidents", 1651), figure("visitors", 3))
    told = made("a", at=friday, kinds=("road_safety",), said=Attribution.OFFICIAL, figures=figures)
    few = made("b", at=friday, kinds=("road_safety",), figures=(figure("dead", 2),))
    (point,) = points(TOLL, [told, few])
    assert (point.start, point.end, point.assumed) == ("2026-11-16", "2026-11-22", True)
    assert (point.values, point.source) == ({"dead": 19, "accidents": 1651}, told)
    exact = toll("c", "wakala", ("2026-11-16", "2026-11-22"), 18, Attribution.OFFICIAL)
    (point,) = points(TOLL, [told, exact])
    assert not point.assumed and point.values["dead"] in (18, 19) and point.others["dead"]


@pytest.mark.parametrize("days", [("2026-11-17", "2026-11-23"), ("2026-11-16", "2026-11-23")])
def test_weeks_that_share_most_of_their_days_are_one(days: tuple[str, str]) -> None:
    """Whether a desk says "last week" or counts from Tuesday: one week has one point."""
    friday = datetime(2026, 11, 27, 10, tzinfo=UTC)
    figures = (figure("dead", 18), figure("accidents", 1500))
    loose = made("a", at=friday, kinds=("road_safety",), figures=figures)
    rows = [toll(name, name, NEXT, 19, Attribution.OFFICIAL) for name in ("wakala", "sabah")]
    (point,) = points(TOLL, [loose, *rows, toll("b", "matin", days, 20, Attribution.OUTLET)])
    assert (point.start, point.end, point.assumed) == (*NEXT, False)
    assert (point.values["dead"], point.others["dead"]) == (19, (18, 20))


def test_no_period_is_missing_where_weeks_follow_one_another() -> None:
    weeks = [WEEK, ("2026-11-09", "2026-11-15"), ("2026-11-17", "2026-11-23")]
    rows = points(
        TOLL, [toll(start, "wakala", (start, end), 9, Attribution.OFFICIAL) for start, end in weeks]
    )
    assert len(rows) == 3 and missing(TOLL, rows) == [] == missing(TOLL, [])
    holes = missing(TOLL, [rows[0], replace(rows[2], start="2026-12-07", end="2026-12-13")])
    assert holes == [(f"2026-11-{day:02}", f"2026-11-{day + 6:02}") for day in (9, 16, 23)] + [
        ("2026-11-30", "2026-12-06")
    ]


# -- units ------------------------------------------------------------------------------------------------


def test_forty_copies_are_one_story_one_voice_and_one_communication() -> None:
    copies = [
        replace(OFFICIAL, article_id=f"{n:032x}", ties=Ties(STORY, voice=Voice.COPY)) for n in range(39)
    ]
    assert counted([OFFICIAL, *copies]) == {"articles": 40, "stories": 1, "voices": 1, "communications": 1}


def test_articles_that_were_not_compared_yet_count_for_themselves() -> None:
    alone = [replace(made(name, kinds=("operation",)), ties=None) for name in ("a", "b")]
    assert counted(alone) == {"articles": 2, "stories": 2, "voices": 2, "communications": 0}


def test_a_story_counts_once_when_it_began() -> None:
    articles = [made("a", hours=0), made("b", hours=30), replace(made("c", hours=30), ties=None)]
    zone = UTC
    assert over_time(articles, "stories", "day", zone) == {"2026-11-24": 1, "2026-11-25": 1}
    assert over_time(articles, "articles", "month", zone) == {"2026-11-01": 3}
    assert over_time([articles[0]], "voices", "hour", zone) == {"2026-11-24T09:00+00:00": 1}
