"""A ledger that moves from its file to a server, and back."""

from __future__ import annotations

from pathlib import Path

import pytest

from store.ledger import EntryState, Ledger, LedgerError
from store.moving import copy_ledger
from store.records import Override, Reason
from store.urls import article_id
from tests.store.made import NOW, after, annotated, decision, link, page


def fill(ledger: Ledger) -> None:
    found = [link(n) for n in range(1, 8)]
    ledger.add_links(found, NOW, verdicts={found[-1].url: Reason.TOO_OLD})
    for leased in ledger.lease_links("a", NOW, 60, 3):
        ledger.captured(leased.key, page(leased.link, offset=int(leased.link.url[-7])))
    of = link(1)
    ledger.write(None, annotated(of, "أولى"), decision(of), page(of, offset=1))
    ledger.save_entry_state(EntryState("akhbar", "https://a.example/feed", '"abc"', next_due_at=NOW))
    ledger.end_visit(ledger.start_visit("akhbar", NOW), NOW, "ok", {"found": 3}, (after(days=-1), NOW))
    ledger.robots_put("www.akhbar.example", 200, b"User-agent: *\n\xff\0", NOW)
    ledger.override(Override("merge", ("a", "b"), NOW))
    ledger.end_run(ledger.start_run("crawl", "o", NOW), NOW, "ok", counts={"fetched": 3})
    ledger.set_due("source:akhbar", NOW)
    ledger.take_lock("scheduler", "a", NOW, 30)


def held(ledger: Ledger) -> tuple[object, ...]:
    """What a ledger says, asked in every room."""
    return (
        ledger.status(),
        list(ledger.articles()),
        ledger.revisions(article_id(link(1).url)),
        ledger.coverage(),
        ledger.source_states(),
        ledger.entry_states("akhbar"),
        ledger.robots_get("www.akhbar.example"),
        ledger.overrides(),
        ledger.runs(),
        ledger.job_states(),
        ledger.lock_holder("scheduler", NOW),
    )


def test_a_ledger_is_the_same_on_a_server_and_back_in_a_file(database: str, tmp_path: Path) -> None:
    with Ledger.open(tmp_path / "old") as old, Ledger.open(database) as server:
        fill(old)
        copied = copy_ledger(old, server)
        assert copied["links"] == 7 and sum(copied.values()) >= 20
        assert held(server) == held(old)
        with pytest.raises(LedgerError, match="holds rows already"):
            copy_ledger(old, server)
        with Ledger.open(tmp_path / "back") as back:
            copy_ledger(server, back)
            assert held(back) == held(old)
        # What counts rows goes on behind those that came.
        assert server.start_run("crawl", "o", NOW) == 2
        assert server.add_links([link(99)], NOW)["new"] == 1
        server.tombstone(article_id(link(1).url), after(days=1))
        assert [row.seq for row in server.outbox_take(9, "i", NOW, 60)] == [1, 2]


def test_the_outbox_counts_on_where_all_of_its_rows_were_done(database: str, tmp_path: Path) -> None:
    """The index goes by the numbers that rows had: a ledger that moved must not begin anew."""
    with Ledger.open(tmp_path / "old") as old, Ledger.open(database) as server:
        fill(old)
        old.tombstone(article_id(link(1).url), after(days=1))
        old.outbox_done([row.seq for row in old.outbox_take(9, "i", NOW, 60)])
        assert (old.outbox_size(), old.outbox_last()) == (0, 2)
        copy_ledger(old, server)
        assert server.outbox_last() == 2
        with Ledger.open(tmp_path / "back") as back:
            copy_ledger(server, back)
            assert back.outbox_last() == 2
            for ledger in (server, back):
                ledger.index_again([article_id(link(1).url)])
                assert [row.seq for row in ledger.outbox_take(9, "i", NOW, 60)] == [3]
