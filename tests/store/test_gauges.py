"""What monitoring counts, and that counting it reads indexes alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from store.gauges import Holdings, Queues
from store.ledger import Ledger
from store.records import Link, Reason, Rejection, Via
from store.states import EntryState
from store.urls import article_id, url_key
from tests.store import made

NOW = datetime(2026, 11, 25, 3, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def write(ledger: Ledger, number: int) -> None:
    one = made.link(number)
    ledger.write(None, made.annotated(one), made.decision(one), made.page(one, offset=number))


def link(number: int) -> Link:
    return Link("akhbar", f"https://a.example/{number}", "feed", Via.FEED)


def test_everything_is_counted(ledger: Ledger) -> None:
    empty = ledger.holdings()
    assert (empty.articles, empty.revisions, empty.rejected) == (0, 0, {})
    assert set(empty.links.values()) == {0}, "a state that no link is in is a zero, not an absence"
    ledger.add_links([link(number) for number in range(5)], NOW)
    for number, reason in enumerate([Reason.GONE, Reason.GONE, Reason.HOME]):
        ledger.reject_link(url_key(link(number).url), Rejection(reason, link(number).url), NOW)
    found = ledger.holdings()
    assert isinstance(found, Holdings)
    assert {state: count for state, count in found.links.items() if count} == {"discovered": 2, "rejected": 3}
    assert found.rejected == {"gone": 2, "home": 1}
    assert ledger.queues() == Queues(captured=0, outbox=0, oldest_captured_at=None, oldest_queued_at=None)


def test_an_article_waits_for_the_index_since_it_was_first_announced(ledger: Ledger) -> None:
    began = datetime.now(UTC) - timedelta(milliseconds=1)  # kept as whole microseconds
    write(ledger, 1)
    first = ledger.queues().oldest_queued_at
    assert first is not None and began < first <= datetime.now(UTC)
    write(ledger, 2)
    ledger.index_again([article_id(made.link(1).url)])
    assert ledger.queues().oldest_queued_at == first
    (row, *_) = ledger.outbox_take(9, "w", NOW, 60)
    ledger.outbox_done([row.seq])
    since = ledger.queues().oldest_queued_at
    assert since is not None and since > first
    ledger.outbox_refill()
    filled = ledger.queues()
    assert filled.outbox == 2 and filled.oldest_queued_at is not None and filled.oldest_queued_at > since


def test_listings_are_counted_by_their_last_status(ledger: Ledger) -> None:
    for number, status in enumerate([200, 200, 304, None]):
        ledger.save_entry_state(EntryState("akhbar", f"https://a.example/feed/{number}", last_status=status))
    assert ledger.listing_statuses() == {("akhbar", 200): 2, ("akhbar", 304): 1, ("akhbar", None): 1}


@pytest.mark.parametrize(
    ("visits", "since", "minutes"),
    [
        ([("ok", 3), ("ok", 0), ("ok", 0)], -1, 0),
        ([("ok", 3), ("partial", 2), ("ok", 0)], -1, 1),
        ([("ok", 3), ("ok", 0), ("ok", 0)], 0, None),
        ([("ok", 0), ("failed", 9)], -1, None),
        ([], -1, None),
    ],
)
def test_the_newest_visit_that_brought_something(
    ledger: Ledger, visits: list[tuple[str, int]], since: int, minutes: int | None
) -> None:
    for number, (outcome, new) in enumerate(visits):
        visit = ledger.start_visit("akhbar", NOW + number * MINUTE)
        ledger.end_visit(visit, NOW + (number + 0.5) * MINUTE, outcome, {"new": new})  # type: ignore[arg-type]
    found = ledger.last_new({"akhbar": NOW + since * MINUTE, "other": NOW})
    assert found == ({} if minutes is None else {"akhbar": NOW + minutes * MINUTE})


def test_runs_by_outcome_and_the_last_of_a_job(ledger: Ledger) -> None:
    for hours, outcome in enumerate(["ok", "failed", "partial", "failed", None]):
        number = ledger.start_run("read", "o", NOW + timedelta(hours=hours))
        if outcome is not None:
            ledger.end_run(number, NOW + timedelta(hours=hours, minutes=1), outcome)  # type: ignore[arg-type]
    assert ledger.run_outcomes(NOW + timedelta(minutes=1)) == {
        ("read", "failed"): 2,
        ("read", "partial"): 1,
        ("read", None): 1,
    }
    last, good = ledger.last_run("read"), ledger.last_run("read", ("ok", "partial"))
    assert last is not None and last.started_at == NOW + timedelta(hours=3)
    assert good is not None and good.started_at == NOW + timedelta(hours=2)
    assert ledger.last_run("backup") is None


@pytest.mark.parametrize("place", ["sqlite"], indirect=True)  # whose plans can be read so
def test_no_question_reads_the_rows_of_links(ledger: Ledger) -> None:
    """With a million of them that would take a core for seconds, and monitoring asks four times a minute."""
    asked: list[str] = []

    def heard(_c: object, _cursor: object, statement: str, values: tuple[object, ...], *_: object) -> None:
        if statement.startswith("SELECT"):
            asked.append(statement.replace("?", "0"))

    engine = ledger._db.engine
    sa.event.listen(engine, "before_cursor_execute", heard)
    ledger.holdings()
    ledger.queues()
    ledger.last_new({"akhbar": NOW})
    ledger.run_outcomes(NOW)
    ledger.last_run("read", ("ok",))
    sa.event.remove(engine, "before_cursor_execute", heard)
    assert len(asked) >= 8
    with ledger._db.reading() as connection:
        for statement in asked:
            for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}"):
                assert "INDEX" in row[3] or row[3].startswith(("USE TEMP", "SCAN outbox")), (statement, row)
