"""What every engine promises (:class:`search.engine.Engine`)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from search import scope
from search.cursors import encode
from search.documents import document
from search.engine import CursorFault, Engine, EngineError, IndexMissing, Unwritten
from search.query import parse
from store.records import StoredArticle, Ties
from tests.search.press import NOW, SEEN, SOURCES, analysis, stored


def put(engine: Engine, *articles: StoredArticle) -> None:
    engine.upsert(document(one, analysis(), SOURCES) for one in articles)
    engine.refresh()


def ids(engine: Engine, text: str, **more: object) -> list[str]:
    page = engine.search(parse(text), now=NOW, **more)  # type: ignore[arg-type]  # keywords pass through
    return [hit.article_id for hit in page.hits]


def test_index_that_was_never_written_says_so(engine: Engine) -> None:
    with pytest.raises(IndexMissing, match="marsad index rebuild"):
        engine.search(None, now=NOW)


def test_document_is_found_after_refresh_and_not_before(engine: Engine) -> None:
    put(engine, stored("Premier"))
    engine.upsert([document(stored("Second"), analysis(), SOURCES)])
    assert len(ids(engine, "")) == 1
    engine.refresh()
    assert len(ids(engine, "")) == 2


def test_upsert_replaces_and_repeats_harmlessly(engine: Engine) -> None:
    put(engine, stored("Titre ancien", name="a"))
    for _ in range(2):
        put(engine, stored("Titre nouveau", name="a", revision=2))
    assert len(ids(engine, "nouveau")) == 1
    assert ids(engine, "ancien") == []
    assert engine.info().articles == 1


def test_same_id_twice_in_one_batch_is_one_article(engine: Engine) -> None:
    put(engine, stored("Un", name="a"), stored("Deux", name="a", revision=2))
    assert engine.info().articles == 1
    assert len(ids(engine, "deux")) == 1


def test_older_revision_is_passed_over(engine: Engine) -> None:
    put(engine, stored("Nouveau", name="a", revision=3))
    put(engine, stored("Ancien", name="a", revision=2))
    assert len(ids(engine, "nouveau")) == 1
    engine.upsert([document(stored("Plus nouveau", name="a", revision=5), analysis(), SOURCES)])
    taken = engine.upsert([document(stored("Entre", name="a", revision=4), analysis(), SOURCES)])
    engine.refresh()
    assert taken == 0
    assert list(engine.revisions()) == [(stored(name="a").article_id, 5)]


def test_what_was_passed_over_is_told_once_with_what_is_there(engine: Engine) -> None:
    put(engine, stored("Nouveau", name="a", revision=3), stored("Autre", name="b"))
    assert engine.unwritten() == Unwritten()
    put(engine, stored("Ancien", name="a", revision=2), stored("Autre", name="b"))
    assert engine.unwritten() == Unwritten(held={stored(name="a").article_id: (3, 0)})
    assert engine.unwritten() == Unwritten()


def test_the_newest_order_is_known_where_orders_are_kept(engine: Engine) -> None:
    made = [document(stored(name=str(n)), analysis(), SOURCES) for n in range(3)]
    engine.upsert(replace(one, order=order) for one, order in zip(made, (5, 1 << 36, 7), strict=True))
    engine.refresh()
    assert engine.newest_order() in (0, 1 << 36)


def test_deleted_is_gone_and_unknown_ids_are_no_fault(engine: Engine) -> None:
    one = stored("Un")
    put(engine, one, stored("Deux"))
    engine.delete([one.article_id, "0" * 32])
    engine.refresh()
    assert engine.info().articles == 1


@pytest.mark.parametrize("sort", ["time", "score"])
@pytest.mark.parametrize("limit", [1, 7, 50])
def test_pages_hold_every_hit_once_in_order(engine: Engine, sort: str, limit: int) -> None:
    # several a minute, so that times tie; equal texts, so that scores tie
    articles = [
        stored(f"Un titre {n % 3}", name=str(n), at=SEEN - timedelta(minutes=n // 5)) for n in range(40)
    ]
    put(engine, *articles)
    found: list[str] = []
    cursor: str | None = None
    while True:
        page = engine.search(parse("titre"), now=NOW, sort=sort, limit=limit, cursor=cursor)  # type: ignore[arg-type]
        assert page.total == 40
        found += [hit.article_id for hit in page.hits]
        cursor = page.cursor
        if cursor is None:
            break
    assert len(found) == 40 and set(found) == {one.article_id for one in articles}
    if sort == "time":
        order = sorted(articles, key=lambda one: (-one.article.published.at.timestamp(), one.article_id))  # type: ignore[union-attr]
        assert found == [one.article_id for one in order]
    else:
        assert found == sorted(found)


def test_better_hits_come_first_by_score(engine: Engine) -> None:
    put(
        engine,
        stored("Rien", "la police " + "et autre chose " * 30, name="body"),
        stored("La police", "rien", name="title"),
        stored("Rien", "encore rien", name="none"),
    )
    assert ids(engine, "police", sort="score") == [
        stored(name="title").article_id,
        stored(name="body").article_id,
    ]
    scores = [hit.score for hit in engine.search(parse("police"), now=NOW, sort="score").hits]
    assert all(score is not None and score > 0 for score in scores)


def test_limit_zero_counts_and_panics_not(engine: Engine) -> None:
    put(engine, stored("Un"), stored("Deux"))
    page = engine.search(None, now=NOW, limit=0, facets=["source"])
    assert (page.total, page.hits, page.cursor) == (2, (), None)
    assert [(b.value, b.count) for b in page.facets["source"]] == [("matin", 2)]


@pytest.mark.parametrize("cursor", ["nonsense", "", "dGltZXx4fHg", encode("time", str(1 << 63), "x")])
def test_foreign_cursor_is_refused(engine: Engine, cursor: str) -> None:
    put(engine, stored("Un"))
    with pytest.raises(CursorFault):
        engine.search(None, now=NOW, cursor=cursor)


def test_a_cursor_before_the_first_hit_is_refused(engine: Engine) -> None:
    put(engine, stored("Un"))
    with pytest.raises(CursorFault):
        engine.search(None, now=NOW, sort="score", cursor=encode("score", "-5", ""))


def test_cursor_of_another_sort_is_refused(engine: Engine) -> None:
    put(engine, *(stored("Un", name=str(n)) for n in range(3)))
    cursor = engine.search(None, now=NOW, limit=1).cursor
    with pytest.raises(CursorFault, match="sorted by time"):
        engine.search(None, now=NOW, limit=1, sort="score", cursor=cursor)


def test_facets_count_every_value_of_a_field_most_frequent_first(engine: Engine) -> None:
    put(
        engine,
        stored("Un", places=("fes", "rabat"), institutions=("dgsn",)),
        stored("Deux", places=("rabat",)),
        stored("Trois", places=("agadir",), source_id="gazette"),
    )
    page = engine.search(None, now=NOW, facets=["place", "country", "institution", "kind"], facet_size=2)
    assert [(b.value, b.count) for b in page.facets["place"]] == [("rabat", 2), ("agadir", 1)]
    assert [(b.value, b.count) for b in page.facets["country"]] == [("MA", 2), ("FR", 1)]
    assert [(b.value, b.count) for b in page.facets["institution"]] == [("dgsn", 1)]
    assert page.facets["kind"] == ()


def test_unknown_facet_is_refused(engine: Engine) -> None:
    put(engine, stored("Un"))
    with pytest.raises(EngineError, match="no field 'colour'"):
        engine.search(None, now=NOW, facets=["colour"])


def test_facets_are_exact_over_many_commits(engine: Engine) -> None:
    for batch in range(6):
        put(engine, *(stored("Un", name=f"{batch}-{n}", tags=(f"t{n}", f"b{batch}")) for n in range(30)))
    page = engine.search(None, now=NOW, facets=["tag"], facet_size=40)
    assert [(b.value, b.count) for b in page.facets["tag"]][:7] == [(f"b{n}", 30) for n in range(6)] + [
        ("t0", 6)
    ]
    assert all(bucket.count == 6 for bucket in page.facets["tag"][6:])


def test_scan_gives_every_match_in_order_of_id(engine: Engine) -> None:
    articles = [stored("Un titre", name=str(n)) for n in range(60)]
    put(engine, *articles, stored("Autre chose", "sans", name="other"))
    assert list(engine.scan(parse("titre"), now=NOW)) == sorted(one.article_id for one in articles)


def test_scan_keeps_to_one_snapshot(engine: Engine) -> None:
    put(engine, *(stored("Un titre", name=str(n)) for n in range(10)))
    scan = engine.scan(None, now=NOW)
    first = next(scan)
    put(engine, *(stored("Un titre", name=f"later {n}") for n in range(10)))
    assert len([first, *scan]) == 10
    assert len(list(engine.scan(None, now=NOW))) == 20


def test_days_are_those_of_the_time_zone(engine: Engine) -> None:
    # Casablanca was at UTC+1 on 10 September 2026 and is at UTC+0 since the 20th
    late = {
        "summer": datetime(2026, 9, 10, 23, 30, tzinfo=UTC),
        "autumn": datetime(2026, 10, 10, 23, 30, tzinfo=UTC),
    }
    put(engine, *(stored("Un", name=name, at=at) for name, at in late.items()))
    counts = engine.count_over_time(None, now=NOW, clock="day").counts
    assert counts == {datetime(2026, 9, 11).toordinal(): 1, datetime(2026, 10, 10).toordinal(): 1}


def test_hours_are_instants_and_the_doubled_hour_is_two(engine: Engine) -> None:
    # clocks went from 03:00 back to 02:00 on 15 February 2026 at 02:00 UTC
    twice = [datetime(2026, 2, 15, hour, 20, tzinfo=UTC) for hour in (1, 2)]
    put(engine, *(stored("Un", name=str(at), at=at) for at in twice))
    counts = engine.count_over_time(None, now=NOW, clock="hour").counts
    assert counts == {int(at.replace(minute=0).timestamp()): 1 for at in twice}


def test_times_are_counted_between_two_instants_and_by_value(engine: Engine) -> None:
    day = datetime(2026, 11, 3, 12, tzinfo=UTC)
    put(
        engine,
        *(stored("Un", name=f"m{n}", at=day + timedelta(days=n)) for n in range(4)),
        stored("Un", name="g", at=day, source_id="gazette"),
    )
    found = engine.count_over_time(
        None, now=NOW, clock="day", between=(day, day + timedelta(days=2)), split="source", size=5
    )
    first = day.date().toordinal()
    assert found.counts == {first: 2, first + 1: 1}
    assert list(found.split) == ["matin", "gazette"]
    assert found.split == {"matin": {first: 1, first + 1: 1}, "gazette": {first: 1}}


@pytest.mark.parametrize("year", [1700, 1969, 2240])
def test_absurd_date_harms_nothing(engine: Engine, year: int) -> None:
    at = datetime(year, 1, 1, tzinfo=UTC)
    put(engine, stored("Un"), stored("Deux", at=at))
    assert len(ids(engine, "")) == 2
    assert sum(engine.count_over_time(None, now=NOW, clock="day").counts.values()) == 2
    assert sum(engine.count_over_time(None, now=NOW, clock="hour").counts.values()) == 2


def test_article_without_date_counts_at_its_first_capture(engine: Engine) -> None:
    put(engine, stored("Un", at=None, first_seen_at=SEEN - timedelta(days=3)))
    assert ids(engine, "from:4d to:3d") != []
    assert ids(engine, "from:2d") == []
    assert ids(engine, "-has:date") != []


def test_broken_text_is_taken_in(engine: Engine) -> None:
    put(
        engine,
        stored("Un \ud83d titre", "corps \udc00 \x00 fin", tags=("\ud800", "x" * 70_000, ""), name="a"),
    )
    assert len(ids(engine, "titre fin")) == 1


def test_rebuild_replaces_everything_at_once(engine: Engine) -> None:
    put(engine, stored("Ancien"))
    before = engine.info().generation
    with engine_again(engine) as other, other.rebuilding() as fresh:
        fresh.upsert([document(stored("Nouveau"), analysis(), SOURCES)])
        fresh.refresh()
        assert len(ids(engine, "ancien")) == 1, "the reader sees the old index until the block ends"
    assert ids(engine, "ancien") == []
    assert len(ids(engine, "nouveau")) == 1
    assert engine.info().generation != before


def test_rebuild_that_fails_leaves_the_index_as_it_was(engine: Engine) -> None:
    put(engine, stored("Ancien"))
    before = engine.info()
    with pytest.raises(RuntimeError), engine_again(engine) as other, other.rebuilding() as fresh:
        fresh.upsert([document(stored("Nouveau"), analysis(), SOURCES)])
        raise RuntimeError
    assert engine.info() == before
    put(engine, stored("Encore"))
    assert len(ids(engine, "")) == 2


def engine_again(engine: Engine):  # type: ignore[no-untyped-def]  # the engine's own class, not in the protocol
    """Another engine on the same index; *engine* stops writing, and is a reader from here on."""
    engine.close()
    return type(engine)(engine._home, engine._config, analysis=engine._analysis)  # type: ignore[attr-defined,call-arg]  # as above


def test_default_filter_shows_in_and_adjacent(engine: Engine) -> None:
    put(engine, *(stored("Un", name=name, relevance=name) for name in ("in", "adjacent", "homonym", "none")))

    def found(text: str) -> int:
        return engine.search(scope.shown(parse(text)), now=NOW).total

    assert [found(text) for text in ("", "un", "relevance:any", "relevance:none", "un -relevance:none")] == [
        2, 2, 4, 1, 3,
    ]  # fmt: skip


def test_a_story_is_found_by_the_beginning_of_its_id(engine: Engine) -> None:
    one, other = "3f2a9c" + "0" * 26, "3f81bb" + "0" * 26
    put(engine, *(stored(name, name=name, ties=Ties(story)) for name, story in (("a", one), ("b", other))))
    for asked, count in (("3f", 2), ("3f2a9c", 1), (other, 1), ("a9c", 0), ("3F2A", 1)):
        assert len(ids(engine, f"story:{asked} relevance:any")) == count, asked
