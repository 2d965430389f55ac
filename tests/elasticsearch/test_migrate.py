"""From one mapping to the next while the index is written and asked, and what is refused in between.

The numbers are of the list of mistakes that others made with Elasticsearch.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from structlog.testing import capture_logs

from cli.main import main
from search.documents import document
from search.elasticsearch.layout import Generation, State
from search.engine import Document, EngineBusy, EngineError, IndexMissing, RebuildNeeded
from search.indexer import drain, rebuild
from search.query import parse
from store.ledger import Ledger
from tests.elasticsearch import server
from tests.elasticsearch.house import NEW, OLD, House
from tests.elasticsearch.test_faults import until
from tests.search.press import NOW, SOURCES, analysis, stored

EARLY, NEW_YEAR = datetime(2025, 3, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def empty(elasticsearch: str, tmp_path: Path) -> Iterator[House]:
    name = server.index_name()
    with Ledger.open(tmp_path) as ledger:
        yield House(tmp_path, elasticsearch, name, ledger)
    server.drop(elasticsearch, name)


@pytest.fixture
def house(empty: House) -> House:
    """Fifty articles of two years, indexed by the version of before."""
    empty.fill(range(40))
    empty.fill(range(40, 50), at=datetime(2025, 6, 1, tzinfo=UTC), source="sabah", places=("rabat", "fes"))
    assert empty.drain(OLD) == 50
    return empty


# -- the way there and back --------------------------------------------------------------------------------


def test_a_migration_leaves_nothing_out_and_keeps_the_old_index(house: House) -> None:
    with house.engine(OLD) as before, house.engine() as after:
        old = before.info().generation
        with pytest.raises(RebuildNeeded, match="marsad index migrate"):
            after.info()
        done = house.migrate()
        assert (done.action, done.kept, done.articles, done.again) == ("migrated", old, 50, 0)
        assert done.cells == 2 and done.queries >= 10 and done.differs == () and done.refused == {}
        assert after.info().generation == done.generation != old
        assert after.info().details["previous"] == old
        for version, engine in ((NEW, after), (OLD, before)):
            assert engine.search(parse("police"), now=NOW).total == 50
            assert house.verify(version).agrees
        assert before.info().details["live"] == done.generation
    assert [len(house.aliases()[alias]) for alias in ("", "-previous")] == [2, 2]
    assert house.migrate().action == "current"


def test_both_are_written_meanwhile_and_after(house: House) -> None:
    with house.engine() as engine:
        engine.generations.begin()
    house.fill(range(5), text="corrigée")
    house.fill(range(60, 65))
    assert house.drain() == 10, "the new version writes the index of the old one, too"
    assert house.verify(OLD).agrees
    assert house.migrate().action == "migrated"
    house.fill(range(5), text="corrigée encore")
    gone = house.fill(range(70, 71))[0]
    house.drain()
    assert house.verify().agrees and house.verify(OLD).agrees
    with house.engine() as engine:
        engine.delete([gone])
        engine.refresh()
    assert house.verify().missing == house.verify(OLD).missing == (gone,)


def test_an_indexer_of_the_old_version_waits_while_one_of_the_new_one_is_at_it(house: House) -> None:
    with house.engine() as engine:
        engine.generations.begin()
    house.fill(range(60, 65))
    with pytest.raises(EngineBusy, match=r"another version of Marsad.*Next: wait"):
        house.drain(OLD)
    assert house.ledger.outbox_size() == 5
    house.migrate()
    assert house.ledger.outbox_size() == 0 and house.verify().agrees and house.verify(OLD).agrees
    house.fill(range(70, 71))
    with pytest.raises(RebuildNeeded):
        house.drain(OLD)


def test_what_the_old_mapping_lacks_is_left_out_of_it(house: House) -> None:
    """An old index without the field ``place`` and without French texts."""
    house.ask("DELETE", f"/_index_template/{house.aliases()[''][0][: -len('-000001-2025')]}")
    for index in house.aliases()[""]:
        made = house.ask("GET", f"/{index}")[index]
        fields = made["mappings"]["properties"]
        del fields["place"], fields["title"]["properties"]["fr"]
        made["settings"] = {"analysis": made["settings"]["index"]["analysis"]}
        house.ask("DELETE", f"/{index}")
        house.ask("PUT", f"/{index}", made)
    with house.engine() as engine:
        engine.generations.begin()
    house.ledger.outbox_refill()
    assert house.drain() == 50
    assert house.verify(OLD).agrees
    done = house.migrate()
    assert done.action == "migrated" and done.again == 0
    with house.engine() as engine, house.engine(OLD) as before:
        assert engine.search(parse("place:rabat"), now=NOW).total == 10
        assert before.search(parse("place:rabat"), now=NOW).total == 0


def test_a_rollback_is_one_step_and_loses_nothing(house: House) -> None:
    old = house.engine(OLD).info().generation
    new = house.migrate().generation
    house.fill(range(7), text="corrigée")
    house.fill(range(60, 65))
    house.drain()
    with house.engine() as engine:
        done = house.migration(engine).roll_back()
    assert (done.action, done.generation, done.kept) == ("rolled_back", old, new)
    assert house.ledger.outbox_size() == 12, "the version of this index has to make them itself"
    with house.engine() as engine, pytest.raises(RebuildNeeded):
        engine.upsert(())
    assert house.drain(OLD) == 12
    assert house.verify(OLD).agrees
    with house.engine() as engine:  # and forward again, the same way
        done = house.migration(engine).roll_back()
        assert (done.generation, done.kept) == (new, old)
        house.drain()
        assert house.verify().agrees
        assert house.migration(engine).drop_old().action == "dropped"
        assert house.migration(engine).drop_old().action == "current"
        with pytest.raises(EngineError, match="no generation is kept"):
            house.migration(engine).roll_back()
        assert list(house.aliases()) == [""]
    with house.engine(OLD) as engine, pytest.raises(RebuildNeeded):
        engine.info()


def test_an_unfinished_migration_can_be_given_up(house: House) -> None:
    with house.engine() as engine:
        engine.generations.begin()
        assert house.migration(engine).roll_back().action == "abandoned"
    assert list(house.aliases()) == [""]
    house.fill(range(60, 61))
    assert house.drain(OLD) == 1


def test_the_next_migration_removes_the_kept_index(house: House) -> None:
    house.migrate()
    assert house.migrate(OLD).action == "migrated"
    assert [len(indices) for indices in house.aliases().values()] == [2, 2]
    assert house.verify(OLD).agrees and house.verify().agrees


# -- what comes between ------------------------------------------------------------------------------------

_MIGRATES = """
owner, method, when, turn, call = given
owner = {"generations": Generations, "writing": Writing, "ledger": Ledger}[owner]
killed_at(owner, method, before=when == "before", turn=int(turn))
migrations._NOTE_S = 0.0
with house.engine() as engine:
    getattr(house.migration(engine), call)()
"""

_STEPS = [
    ("generations", "put_templates", "after", 1),
    ("generations", "begin", "after", 1),
    ("generations", "note", "after", 2),
    ("writing", "upsert", "after", 2),
    ("writing", "settle_moved", "before", 1),
    ("generations", "take_over", "before", 1),
    ("generations", "take_over", "after", 1),
]


@pytest.mark.parametrize("steps", [_STEPS[2::2], pytest.param(_STEPS, marks=pytest.mark.soak)], ids=len)
def test_killed_at_its_steps_in_turn_it_goes_on(house: House, steps: list[tuple[str, str, str, int]]) -> None:
    with house.engine(OLD) as reader:
        for owner, method, when, turn in steps:
            process = house.python(_MIGRATES, owner, method, when, turn, "run")
            process.communicate(timeout=120)
            assert process.returncode == -9, f"was not killed at {method}"
            assert reader.search(parse("police"), now=NOW).total == 50
        assert house.migrate().action == "current", "the last one was killed when all was done"
        assert house.verify().agrees and house.verify(OLD).agrees
        assert [len(indices) for indices in house.aliases().values()] == [2, 2]


def test_a_killed_rollback_is_ended_by_the_next(house: House) -> None:
    house.migrate()
    house.fill(range(7), text="corrigée")
    house.drain()
    process = house.python(_MIGRATES, "ledger", "index_again", "before", 1, "roll_back")
    process.communicate(timeout=120)
    assert process.returncode == -9 and house.ledger.outbox_size() == 0
    with house.engine() as engine:
        assert house.migration(engine).roll_back().action == "rolled_back"
    assert house.ledger.outbox_size() == 7 and house.drain(OLD) == 7
    assert house.verify(OLD).agrees and set(house.aliases()) == {"", "-previous"}


_ASKS = """
askings._LOOK_S = 0.3
engine = house.engine(given[0])
print("asking", flush=True)
asked, least = 0, 50
while not (Path(home) / "enough").exists():
    page = engine.search(None, now=NOW, limit=100, facets=["source"])
    ids = list(engine.scan(None, now=NOW))
    days = engine.count_over_time(None, now=NOW, clock="day")
    sources = sum(bucket.count for bucket in page.facets["source"])
    distinct = len({hit.article_id for hit in page.hits})
    found = [page.total, distinct, sources, len(set(ids)), sum(days.counts.values())]
    assert min(found) >= least, (found, least)
    least = min(found)
    asked += 1
print(asked)
"""


@pytest.mark.soak
def test_who_asks_all_along_sees_neither_a_fault_nor_a_hole(house: House) -> None:
    with house.python(_ASKS, OLD) as reader:
        assert reader.stdout is not None and reader.stdout.readline() == "asking\n"
        house.fill(range(60, 63))
        house.migrate()
        house.fill(range(63, 66))
        house.drain()
        with house.engine() as engine:
            house.migration(engine).roll_back()
        house.drain(OLD)
        with house.engine(OLD) as engine:
            rebuild(house.ledger, engine, house.config(OLD), analysis=analysis(), workers=1)
        (house.home / "enough").touch()
        told, _ = reader.communicate(timeout=120)
        assert reader.returncode == 0 and int(told) > 0


_HOLDS = """
from search.indexer import sole_writer
with house.engine() as engine, sole_writer(house.ledger, engine):
    print(os.getpid(), flush=True)
    sys.stdin.read()
"""


def test_of_two_at_once_the_second_is_told_who_the_first_is(house: House) -> None:
    with house.python(_HOLDS) as first:
        assert first.stdout is not None
        told = rf"/{int(first.stdout.readline())}/\d+ \(host/.*is writing the index {house.name} anew already"
        with pytest.raises(EngineBusy, match=told):
            house.migrate()
        with house.engine(OLD) as engine, pytest.raises(EngineBusy, match=told):
            rebuild(house.ledger, engine, house.config(OLD), analysis=analysis(), workers=1)
        assert list(house.aliases()) == [""]
        first.kill()
    assert house.migrate().action == "migrated", "the dead hold nothing"
    assert house.ledger.lock_holder(f"index {house.name}", datetime.now(UTC)) is None


# -- comparing ---------------------------------------------------------------------------------------------


def test_what_differs_from_the_ledger_is_indexed_again(house: House) -> None:
    """Damage that a migration finds in what it has filled: a lost article, a strange one, a wrong day."""
    process = house.python(_MIGRATES, "writing", "settle_moved", "before", 1, "run")
    process.communicate(timeout=120)
    lost, moved = house.ledger.articles(), house.ledger.articles()
    first = next(lost).article_id
    *_, last = moved
    with house.engine() as engine:
        following = engine.generations.state().following
        assert following is not None
        with engine.of(following) as fresh:
            fresh.delete([first])
            strange = document(stored("Un étranger"), analysis(), SOURCES)
            wrong = document(last, analysis(), SOURCES)
            wrong = replace(wrong, at=datetime(2020, 1, 1, tzinfo=UTC), revision=last.revision)
            fresh.upsert([strange, wrong])
    done = house.migrate()
    assert (done.action, done.again) == ("migrated", 3)
    assert house.verify().agrees


def test_golden_queries_that_differ_stop_it_unless_they_are_accepted(house: House) -> None:
    with house.engine(OLD) as engine:
        state = engine.generations.state()
        assert state.live is not None
        with engine.of(state.live) as old:
            old.delete(one.article_id for one in [*house.ledger.articles()][10:20])
            old.refresh()
    with pytest.raises(EngineError, match=r"golden queries differently.*stays in use.*--accept"):
        house.migrate()
    assert house.engine(OLD).info().articles == 40
    done = house.migrate(accept=True)
    assert done.action == "migrated" and done.differs and house.verify().agrees
    assert all(one.before < one.after for one in done.differs)


def test_3_a_late_backfill_does_not_replace_what_was_drained(house: House) -> None:
    with house.engine() as engine:
        made = engine.generations.begin()
        early = [*house.ledger.articles()]
        ids = house.fill(range(5), text="corrigée")
        house.drain()
        with engine.of(made) as fresh:
            fresh.upsert(document(one, analysis(), SOURCES) for one in early)
            fresh.writing.refresh(everything=True)
            assert {id: n for id, n in fresh.revisions() if n == 2} == dict.fromkeys(ids, 2)
            assert fresh.info().articles == 50


@pytest.mark.parametrize("filled", ["before", "after"])
def test_4_an_article_seen_earlier_than_was_known_moves_and_is_there_once(house: House, filled: str) -> None:
    """An import finds it in the archive of the year before: its partition is another one."""
    with house.engine() as engine:
        made = engine.generations.begin()
        stale = [*house.ledger.articles()]
        with engine.of(made) as fresh:
            if filled == "before":
                fresh.upsert(document(one, analysis(), SOURCES) for one in stale)
            house.fill(range(3), text="première version", at=datetime(2025, 3, 1, tzinfo=UTC))
            house.drain()
            if filled == "after":
                fresh.upsert(document(one, analysis(), SOURCES) for one in stale)
                fresh.writing.settle_moved()
            fresh.writing.refresh(everything=True)
            assert fresh.info().articles == len({*fresh.scan(None, now=NOW)}) == 50
    assert house.verify(OLD).agrees
    house.migrate()
    assert house.verify().agrees


def test_4_what_was_stopped_for_long_puts_no_article_where_it_was_before(house: House) -> None:
    """The server has forgotten by then that it was taken out there."""
    with house.engine(OLD) as late, house.engine(OLD) as other:
        late_ones = [one for one in house.ledger.articles() if one.first_seen_at > NEW_YEAR][:3]
        stale = [document(one, analysis(), SOURCES) for one in late_ones]
        house.ask("PUT", f"/{house.name}-*/_settings", {"index.gc_deletes": "0s"})
        moved = [replace(one, stored=replace(one.stored, first_seen_at=EARLY), order=900) for one in stale]
        other.upsert(moved)

        def is_taken() -> bool:
            house.ask("POST", f"/{house.name}/_refresh")
            return late.upsert(stale) == 3

        until(is_taken, "the server has forgotten")
        late.refresh()
        assert other.info().articles == len([*other.revisions()]) == 50


def test_4_a_copy_that_cannot_be_looked_at_is_not_taken_for_none(house: House) -> None:
    """A later partition has lost its shard when an article turns out to be of an earlier year."""
    live = house.aliases()[""][0][:-5]
    nowhere = {"index.routing.allocation.require._name": "nowhere"}
    house.ask("PUT", f"/{live}-2099?wait_for_active_shards=0", {"settings": nowhere})
    house.fill(range(1), text="corrigée")
    with pytest.raises(EngineError, match=r"2099.*Next: "):
        house.drain(OLD)
    assert house.ledger.outbox_size() == 1


def test_a_kept_index_that_refuses_everything_stands_in_nobodys_way(house: House) -> None:
    house.migrate()
    for index in house.aliases()["-previous"]:
        house.ask("PUT", f"/{index}/_settings", {"index.final_pipeline": "_none"})
    script = {"script": {"source": "throw new IllegalArgumentException('poison')"}}
    house.ask("PUT", f"/_ingest/pipeline/{house.name}", {"processors": [script]})
    house.ask("PUT", f"/{house.name}-previous/_settings", {"index.final_pipeline": house.name})
    house.fill(range(100, 220))
    try:
        with house.engine() as engine:
            drain(house.ledger, engine, house.config(commit_every="500"), analysis=analysis(), workers=1)
    finally:
        house.ask("PUT", f"/{house.name}-previous/_settings", {"index.final_pipeline": "_none"})
        house.ask("DELETE", f"/_ingest/pipeline/{house.name}")
    assert house.verify().agrees


# -- rebuilding --------------------------------------------------------------------------------------------

_REBUILDS = """
from search.indexer import rebuild
killed_at(Writing, "upsert", turn=2)
with house.engine(given[0]) as engine:
    rebuild(house.ledger, engine, house.config(given[0]), analysis=analysis(), workers=1)
"""


def test_a_rebuild_removes_what_a_killed_one_left(house: House) -> None:
    process = house.python(_REBUILDS, OLD)
    process.communicate(timeout=120)
    assert process.returncode == -9 and set(house.aliases()) == {"", "-next"}
    with house.engine(OLD) as engine:
        assert rebuild(house.ledger, engine, house.config(OLD), analysis=analysis(), workers=1) == 50
    assert set(house.aliases()) == {""} and house.verify(OLD).agrees
    numbers = {index.split("-")[2] for index in house.ask("GET", f"/{house.name}-*/_alias")}
    assert len(numbers) == 1, "of the one before and of the killed one nothing is left"


def test_what_is_drained_during_a_rebuild_is_in_both(house: House) -> None:
    with house.engine(OLD) as engine:
        with engine.rebuilding() as fresh:
            fresh.upsert(document(one, analysis(), SOURCES) for one in house.ledger.articles())
            house.fill(range(5), text="corrigée")
            house.fill(range(60, 63))
            house.drain(OLD)
            assert house.verify(OLD).agrees, "in the one in use"
        assert house.verify(OLD).agrees, "in the new one"


def test_a_rebuild_goes_on_behind_a_batch_that_drains_have_overtaken(house: House) -> None:
    """Every article of its first batches is stale: the drain was quicker."""
    house.ledger.outbox_refill()
    with house.engine(OLD) as engine, house.engine(OLD) as other:
        begin = engine.generations.begin

        def begin_and_drain() -> Generation:
            made = begin()
            drain(house.ledger, other, house.config(OLD), analysis=analysis(), workers=1)
            return made

        engine.generations.begin = begin_and_drain  # type: ignore[method-assign]
        assert rebuild(house.ledger, engine, house.config(OLD), analysis=analysis(), workers=1) == 50
    assert house.verify(OLD).agrees


def test_a_rebuild_that_fails_late_removes_nothing_of_the_next_one(house: House) -> None:
    """It was stopped so long that its right had ended, and another one has begun."""
    with house.engine(OLD) as late, house.engine(OLD) as other:
        with pytest.raises(IndexMissing), late.rebuilding() as fresh:
            made = other.generations.begin()
            fresh.upsert(document(one, analysis(), SOURCES) for one in house.ledger.articles())
        assert other.generations.state().following == made
        with pytest.raises(IndexMissing, match=r"was removed.*Next: "), late.rebuilding():
            other.generations.begin()
    assert house.verify(OLD).agrees


def test_an_export_outlives_the_rebuild_that_ends_meanwhile(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("search.elasticsearch.asking._CHUNK", 5)
    with house.engine(OLD) as reader, house.engine(OLD) as writer, ThreadPoolExecutor(1) as pool:
        before = reader.info().generation
        export = reader.scan(None, now=NOW)
        rows = [next(export)]
        given = house.ledger, writer, house.config(OLD)
        done = pool.submit(rebuild, *given, analysis=analysis(), workers=1)
        until(lambda: reader.info().generation != before, "the new one is in use")
        rows += export
        assert len(set(rows)) == len(rows) == 50 and done.result(60) == 50
        assert len(writer.generations.state().partitions) == 1, "the old one is gone when nobody reads it"


def test_an_index_that_is_read_for_too_long_is_left_to_the_next_rebuild(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("search.elasticsearch.asking._CHUNK", 5)
    monkeypatch.setattr("search.elasticsearch.generations._READ_S", 0.0)
    with house.engine(OLD) as reader, house.engine(OLD) as writer:
        export = reader.scan(None, now=NOW)
        given = house.ledger, writer, house.config(OLD)
        with capture_logs() as lines:
            rebuild(*given, analysis=analysis(), workers=1)
        assert [line["event"] for line in lines] == ["index_still_read", "index_left"]
        assert len(writer.generations.state().unnamed) == 1 and len({*export}) == 50
        rebuild(*given, analysis=analysis(), workers=1)
        assert len(writer.generations.state().partitions) == 1


# -- refusals ----------------------------------------------------------------------------------------------


def test_a_missing_alias_is_told_and_what_it_named_is_swept_up(house: House) -> None:
    """The next drain writes the index anew; what lost its name goes with the next rebuild or migration."""
    house.ask("DELETE", f"/{house.name}-*/_alias/{house.name}")
    told = rf"the alias {house.name} is missing.*somebody removed it. Next: .*marsad index rebuild"
    with house.engine(OLD) as engine:
        with pytest.raises(IndexMissing, match=told):
            engine.search(None, now=NOW)
        with pytest.raises(IndexMissing, match=told):
            house.migrate()
        house.fill(range(60, 61))
        assert house.drain(OLD) == 51 and house.verify(OLD).agrees
        assert len(engine.generations.state().unnamed) == 1
        assert house.migrate(OLD).action == "current" and engine.generations.state().unnamed == []
    assert house.verify(OLD).agrees


def test_a_partition_that_lost_its_name_gets_it_again(house: House) -> None:
    (old, new) = house.aliases()[""]
    house.ask("DELETE", f"/{old}/_alias/{house.name}")
    with house.engine(OLD) as engine:
        assert engine.search(None, now=NOW, limit=0).total == 50, "who asks sees no difference"
        engine.upsert(())
    assert house.aliases()[""] == [old, new]


@pytest.mark.parametrize("which", ["live", "following"])
def test_a_partition_whose_maker_was_killed_before_it_was_named_is_named(house: House, which: str) -> None:
    with house.engine() as engine:
        if which == "following":
            made = engine.generations.begin()
            engine.generations.note(made, filled="")
        else:
            made = house.engine(OLD).asking.reader()
    house.ask("PUT", f"/{made.name}-2024")
    house.fill(range(60, 61), at=datetime(2024, 1, 1, tzinfo=UTC))
    if which == "live":
        assert house.drain(OLD) == 1 and house.verify(OLD).agrees
    else:
        assert house.migrate().action == "migrated" and house.verify().agrees


@pytest.mark.parametrize("look", [2, 3, *(pytest.param(one, marks=pytest.mark.soak) for one in (1, 4, 5))])
def test_a_year_begun_while_another_index_comes_into_use_is_named_as_its_own_index(
    house: House, look: int
) -> None:
    """The rollback comes behind each look in turn that a writer takes at which indices there are."""
    new = house.migrate().generation
    batch = [_of_2024(house)]
    with house.engine() as writer, house.engine() as other:
        state, looks = writer.generations.state, 0

        def looked() -> State:
            nonlocal looks
            looks += 1
            found = state()
            if looks == look:
                house.migration(other).roll_back()
            return found

        writer.generations.state = looked  # type: ignore[method-assign]
        assert writer.upsert(batch) == 1 and looks > look
    _three_years_each(house, new)


def test_a_year_begun_while_the_alias_is_moved_is_named_as_its_own_index(house: House) -> None:
    """The server looks first which indices there are, and then moves the alias from those."""
    new = house.migrate().generation
    batch = [_of_2024(house)]
    with house.engine() as writer, house.engine() as other:
        name, calls = other.generations._name, 0

        def moved(actions: Sequence[Mapping[str, Any]]) -> None:
            nonlocal calls
            calls += 1
            if calls == 1:
                there = [*house.ask("GET", f"/{house.name}-*/_alias")]
                found = [(act, one) for each in actions for act, one in each.items()]
                indices = [[name for name in there if fnmatch(name, one["index"])] for _, one in found]
                assert writer.upsert(batch) == 1
                actions = [
                    {act: {**one, "index": index}}
                    for (act, one), known in zip(found, indices, strict=True)
                    for index in known
                ]
            name(actions)

        other.generations._name = moved  # type: ignore[method-assign]
        house.migration(other).roll_back()
    _three_years_each(house, new)


def _of_2024(house: House) -> Document:
    (identity,) = house.fill(range(60, 61), at=datetime(2024, 1, 1, tzinfo=UTC))
    one = house.ledger.find(identity)
    assert one is not None
    return document(one, analysis(), SOURCES)


def _three_years_each(house: House, left: str) -> None:
    """After a rollback that has left the generation *left*."""
    named = house.aliases()
    assert [index[-4:] for index in named[""]] == ["2024", "2025", "2026"]
    assert named["-previous"] == [f"{left}-{year}" for year in (2024, 2025, 2026)]
    assert not {*named[""]} & {*named["-previous"]}
    house.drain(OLD)
    assert house.verify(OLD).agrees


def test_nothing_to_migrate_is_no_index(empty: House) -> None:
    with pytest.raises(IndexMissing, match="marsad index rebuild"):
        empty.migrate()


def test_6_a_template_that_is_gone_is_put_back_before_a_partition_is_made(house: House) -> None:
    """As where the index was restored from a snapshot, which has no templates."""
    template = house.aliases()[""][0][: -len("-000001-2025")]
    house.ask("DELETE", f"/_index_template/{template}")
    house.fill(range(60, 61), at=datetime(2024, 1, 1, tzinfo=UTC))
    assert house.drain(OLD) == 1 and house.verify(OLD).agrees
    assert len(house.aliases()[""]) == 3


def test_6_no_partition_is_made_by_another_template_than_ours(house: House) -> None:
    """The template is not as we put it when a new year begins: no half-made index comes of it."""
    template = house.aliases()[""][0][: -len("-000001-2025")]
    path = f"/_component_template/{template}-mapping"
    body = house.ask("GET", path)["component_templates"][0]["component_template"]
    body["template"]["mappings"]["properties"]["source"] = {"type": "text"}
    house.ask("PUT", path, {name: body[name] for name in ("template", "version", "_meta")})
    house.fill(range(60, 61), at=datetime(2024, 1, 1, tzinfo=UTC))
    with pytest.raises(EngineError, match=rf"{template} was edited or removed.*marsad index migrate"):
        house.drain(OLD)
    assert len(house.aliases()[""]) == 2 and house.ledger.outbox_size() == 1
    with house.engine(OLD) as engine:
        assert house.migration(engine).run().action == "current"
    assert house.drain(OLD) == 1 and house.verify(OLD).agrees


def test_2_a_lost_shard_is_no_smaller_answer(house: House) -> None:
    """A partition of which no copy is there: whatever counts or exports says so."""
    index = f"{house.aliases()[''][0][:-4]}1999"
    generation = index[:-5]
    nowhere = {"index.routing.allocation.require._name": "nowhere"}
    house.ask(
        "PUT", f"/{index}?wait_for_active_shards=0",
        {"settings": nowhere, "aliases": {house.name: {}, generation: {}}},
    )  # fmt: skip
    with house.engine(OLD) as engine:
        with pytest.raises(EngineError, match="shard"):
            engine.search(None, now=NOW, limit=0)
        with pytest.raises(EngineError, match="shard"):
            engine.count_over_time(None, now=NOW, clock="day")
        with pytest.raises(EngineError, match="shard"):
            list(engine.scan(None, now=NOW))


# -- the commands ------------------------------------------------------------------------------------------


def marsad(house: House, *words: str, version: str = NEW, expect: int = 0) -> str:
    given = {"index.engine": "elasticsearch", "elasticsearch.url": house.url}
    given |= {"elasticsearch.index": house.name, "index.time_zone": version}
    options = [part for key, value in given.items() for part in ("--set", f"{key}={value}")]
    done = CliRunner().invoke(main, ["--home", str(house.home), *options, *words], catch_exceptions=False)
    assert done.exit_code == expect, done.output
    return done.stdout if expect in (0, 1) else done.output


def test_the_commands_say_what_is_in_use_and_what_is_kept(house: House) -> None:
    old = house.engine(OLD).info().generation
    assert "marsad index migrate" in marsad(house, "index", "status", expect=5)
    done = json.loads(marsad(house, "index", "migrate", "--json"))
    assert (done["action"], done["kept"], done["compared"], done["differs"]) == ("migrated", old, 2, [])
    assert f"{old}\n" in marsad(house, "index", "status")
    assert json.loads(marsad(house, "index", "status", "--json"))["previous"] == old
    assert "nothing to do" in marsad(house, "index", "migrate")
    told = marsad(house, "index", "migrate", "--rollback")
    assert f"{old} is in use again" in told and "marsad index verify" in told
    assert json.loads(marsad(house, "index", "verify", "--json", version=OLD))["articles"] == 50
    assert "kept one was removed" in marsad(house, "index", "migrate", "--drop-old", version=OLD)
    assert "embedded" in marsad(house, "--set", "index.engine=embedded", "index", "migrate", expect=2)


def test_verify_finds_and_mends_what_is_missing_old_or_strange(house: House) -> None:
    lost = next(house.ledger.articles()).article_id
    (aged,) = house.fill(range(1), text="corrigée")
    rows = house.ledger.outbox_take(10, "a test", datetime.now(UTC), 60)
    house.ledger.outbox_done([row.seq for row in rows])  # said to be indexed, and is not
    strange = stored("Un étranger")
    with house.engine(OLD) as engine:
        engine.delete([lost])
        engine.upsert([document(strange, analysis(), SOURCES)])
        engine.refresh()
    found = json.loads(marsad(house, "index", "verify", "--json", version=OLD, expect=1))
    assert (found["missing"], found["surplus"]) == ([lost], [strange.article_id])
    assert found["stale"] == [{"article_id": aged, "indexed": 1, "ledger": 2}]
    # Exit 1: the archive, of which this ledger speaks, is not there.
    done = json.loads(marsad(house, "verify", "--json", version=OLD, expect=1))
    kinds = {row["kind"]: (row["count"], row["mended"]) for row in done["disagreements"]}
    assert kinds["indexed_stray"] == (1, True)
    assert house.verify(OLD).agrees and house.ledger.outbox_size() == 0


def test_verify_takes_no_index_from_another_version(house: House) -> None:
    """Neither before a migration nor, run by the version of before, after it."""
    for version, migrates in ((NEW, False), (OLD, True)):
        if migrates:
            house.migrate()
            house.fill(range(60, 61))
        before = house.aliases()
        done = json.loads(marsad(house, "verify", "--json", version=version, expect=1))
        assert "index_of_another" in [row["kind"] for row in done["disagreements"]]
        assert house.aliases() == before


@pytest.mark.parametrize("words", [("index", "status"), ("kibana", "health")], ids=" ".join)
def test_where_the_client_is_not_installed_a_line_says_how_it_is(
    tmp_path: Path, words: tuple[str, ...]
) -> None:
    with Ledger.open(tmp_path):
        code = "import sys; sys.modules['elasticsearch'] = None; from cli.main import main; main()"
        command = [sys.executable, "-c", code, "--home", str(tmp_path), "--set", "index.engine=elasticsearch"]
        done = subprocess.run([*command, *words], capture_output=True, text=True, timeout=120)
    assert done.returncode == 5 and done.stderr.count("\n") == 1, done.stderr
    assert "is not installed: pip install 'marsad[es]'" in done.stderr


def test_the_commands_answer_without_a_server(tmp_path: Path) -> None:
    """Nothing listens there: one line, exit 5."""
    with Ledger.open(tmp_path):
        command = [sys.executable, "-m", "cli.main", "--home", str(tmp_path)]
        command += ["--set", "index.engine=elasticsearch", "--set", "elasticsearch.url=http://127.0.0.1:1"]
        done = subprocess.run([*command, "index", "migrate"], capture_output=True, text=True, timeout=120)
    assert done.returncode == 5 and done.stderr.count("\n") == 1 and "does not answer" in done.stderr
