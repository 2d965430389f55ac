"""How links come to be known, leased, captured, tried again and ended."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from store.ledger import LeasedLink, Ledger, LinkState
from store.records import Reason, Rejection, Via
from store.urls import url_key
from tests.store.made import NOW, after, annotated, decision, link, page


def lease(
    ledger: Ledger, at: float = 0, limit: int = 100, owner: str = "a", **options: object
) -> list[LeasedLink]:
    return ledger.lease_links(owner, after(minutes=at), 600, limit, **options)  # type: ignore[arg-type]  # by name


def states(ledger: Ledger) -> dict[str, int]:
    return dict(ledger.status().frontier)


# ---- adding ----------------------------------------------------------------------------------------------


def test_new_links_are_counted_once(ledger: Ledger) -> None:
    found = [link(1), link(2), link(2)]
    assert ledger.add_links(found, NOW) == Counter(new=2, known=1)
    assert ledger.add_links(found[:2], NOW) == Counter(new=0, known=2)
    assert states(ledger) == {"discovered": 2}


def test_variants_of_one_address_are_one_link(ledger: Ledger) -> None:
    urls = [
        "https://a.example/x?id=1",
        "http://www.a.example/x/?id=1&utm_source=b",
        "https://m.a.example/x?id=1#c",
    ]
    counts = ledger.add_links([link(url=url) for url in urls], NOW)
    assert counts == Counter(new=1, known=2)
    assert lease(ledger)[0].link.url == urls[0]


def test_a_link_that_is_no_address_is_counted_and_harms_no_other(ledger: Ledger) -> None:
    assert ledger.add_links([link(url="http://["), link(1)], NOW) == Counter(new=1, invalid=1)


def test_a_link_comes_back_as_it_was_shown(ledger: Ledger) -> None:
    ledger.add_links([link(1)], NOW)
    (leased,) = lease(ledger)
    assert leased == LeasedLink(url_key(link(1).url), link(1), 0, "www.akhbar.example")


def test_links_passed_over_are_counted_and_wanted_once_shown_without_verdict(ledger: Ledger) -> None:
    verdicts = {link(1).url: Reason.TOO_OLD, link(2).url: Reason.NOT_MATCHING}
    assert ledger.add_links([link(1), link(2), link(3)], NOW, verdicts=verdicts) == Counter(new=1, passed=2)
    assert ledger.status().rejections == {"not_matching": 1, "too_old": 1}
    assert ledger.add_links([link(1), link(2)], NOW, verdicts=verdicts) == Counter(known=2)
    assert len(lease(ledger)) == 1
    assert ledger.add_links([link(1)], NOW) == Counter(new=1)
    assert [leased.link for leased in lease(ledger)] == [link(1)]


def test_a_verdict_does_not_end_a_link_that_is_already_wanted(ledger: Ledger) -> None:
    ledger.add_links([link(1)], NOW)
    ledger.add_links([link(1)], NOW, verdicts={link(1).url: Reason.TOO_OLD})
    assert len(lease(ledger)) == 1


@pytest.mark.parametrize(
    ("reason", "days", "again"),
    [
        (Reason.BUDGET, 0, True),
        (Reason.UNREACHABLE, 0.5, False),
        (Reason.UNREACHABLE, 1, True),
        (Reason.ROBOTS, 1, True),
        (Reason.REDIRECT, 1, True),
        (Reason.HTTP_CLIENT_ERROR, 30, False),
        (Reason.GONE, 30, False),
        (Reason.LISTING, 30, False),
    ],
)
def test_which_rejected_links_are_taken_up_again(
    ledger: Ledger, reason: Reason, days: float, again: bool
) -> None:
    ledger.add_links([link(1)], NOW)
    (leased,) = lease(ledger)
    ledger.reject_link(leased.key, Rejection(reason, link(1).url, "why"), NOW)
    assert ledger.status().rejections == {str(reason): 1}
    counts = ledger.add_links([link(1)], after(days=days))
    assert counts == (Counter(new=1) if again else Counter(known=1))
    assert len(lease(ledger, at=days * 1440)) == again


def test_a_lead_is_credited_to_the_outlet_once_the_outlet_shows_it(ledger: Ledger) -> None:
    lead = replace(link(1), source_id="gdelt", via=Via.GDELT)
    assert ledger.add_links([lead], NOW) == Counter(new=1)
    assert ledger.add_links([link(1)], NOW) == Counter(known=1)
    assert ledger.add_links([lead], NOW) == Counter(known=1)
    assert [leased.link for leased in lease(ledger)] == [link(1)]


def test_the_first_source_keeps_a_link(ledger: Ledger) -> None:
    ledger.add_links([link(1), replace(link(1), source_id="other")], NOW)
    ledger.add_links([replace(link(1), source_id="third")], NOW)
    assert [leased.link.source_id for leased in lease(ledger)] == ["akhbar"]


def test_variants_of_a_stored_article_are_known(ledger: Ledger) -> None:
    moved = page(link(1), final_url="https://www.akhbar.example/moved/1-title")
    ledger.write(None, annotated(link(1)), decision(link(1)), moved)
    found = [link(1), link(url="http://akhbar.example/moved/1-title?utm_source=x")]
    assert ledger.add_links(found, NOW) == Counter(known=2)


def test_a_revisit_reopens_a_stored_link_and_keeps_its_origin(ledger: Ledger) -> None:
    ledger.add_links([link(1)], NOW)
    (leased,) = lease(ledger)
    ledger.captured(leased.key, page(link(1)))
    ledger.write(leased.key, annotated(link(1)), decision(link(1)), page(link(1)))
    assert lease(ledger, at=60) == []
    assert ledger.add_links([replace(link(1), via=Via.REVISIT)], after(hours=1)) == Counter(new=1)
    (again,) = lease(ledger, at=60)
    assert again.link == link(1)
    assert ledger.captured(again.key, page(link(1), after(hours=1), offset=9))
    assert states(ledger) == {"captured": 1}


# ---- leasing ---------------------------------------------------------------------------------------------


def test_27_validators_of_a_stored_page_are_kept_and_an_unmodified_one_is_stored_again(
    ledger: Ledger,
) -> None:
    headers = (("etag", 'W/"x  y"'), ("last-modified", "Tue, 24 Nov 2026 08:00:00 GMT"))
    ledger.add_links([link(1)], NOW)
    (fresh,) = lease(ledger)
    assert (fresh.etag, fresh.last_modified, fresh.fetched_at) == (None, None, None)
    first = page(link(1), headers=headers)
    ledger.captured(fresh.key, first)
    stored = ledger.write(fresh.key, annotated(link(1)), decision(link(1)), first)
    ledger.outbox_done([row.seq for row in ledger.outbox_take(9, "indexer", NOW, 60)])

    ledger.add_links([link(1, via=Via.REVISIT)], after(hours=1))
    (again,) = lease(ledger, at=60)
    assert (again.etag, again.last_modified) == tuple(value for _, value in headers)
    assert again.fetched_at == NOW
    ledger.not_modified(again.key, after(hours=1))
    found = ledger.find(stored.article_id)
    assert found is not None
    assert (found.revision, found.last_seen_at, found.capture) == (1, after(hours=1), first.capture)
    assert (states(ledger), ledger.outbox_size()) == ({"stored": 1}, 0)
    ledger.not_modified(again.key, after(hours=2))  # told twice: it is nobody's any more
    assert ledger.find(stored.article_id) == found


def test_27_the_tag_of_an_error_page_is_not_that_of_the_article(ledger: Ledger) -> None:
    ledger.add_links([link(1)], NOW)
    (leased,) = lease(ledger)
    whole = page(link(1), headers=(("etag", '"1"'),))
    ledger.captured(leased.key, whole)
    ledger.write(leased.key, annotated(link(1)), decision(link(1)), whole)
    ledger.add_links([link(1, via=Via.REVISIT)], after(hours=1))
    gone = page(link(1), at=after(hours=1), offset=9, status=404, headers=(("etag", '"404"'),))
    ledger.captured(leased.key, gone)
    ledger.reject_page(leased.key, Rejection(Reason.GONE, link(1).url), gone, after(hours=1))
    ledger.add_links([link(1, via=Via.REVISIT)], after(hours=2))
    (again,) = lease(ledger, at=120)
    assert (again.etag, again.last_modified) == (None, None)


def test_66_an_article_taken_down_and_listed_again_a_day_later_is_asked_for(ledger: Ledger) -> None:
    ledger.add_links([link(1), link(2)], NOW)
    known, unknown = lease(ledger)
    first = page(link(1))
    ledger.captured(known.key, first)
    ledger.write(known.key, annotated(link(1)), decision(link(1)), first)
    ledger.reject_link(unknown.key, Rejection(Reason.GONE, link(2).url), NOW)
    ledger.add_links([link(1, via=Via.REVISIT)], after(hours=1))
    (known,) = lease(ledger, at=60)
    gone = page(link(1), at=after(hours=1), offset=9, status=404)
    ledger.captured(known.key, gone)
    ledger.reject_page(known.key, Rejection(Reason.GONE, link(1).url), gone, after(hours=1))
    shown = [link(1), link(2)]
    assert ledger.add_links(shown, after(hours=20))["new"] == 0
    assert ledger.add_links(shown, after(hours=26))["new"] == 1
    assert [leased.link.url for leased in lease(ledger, at=26 * 60)] == [link(1).url]


@pytest.mark.parametrize("how", ["given up", "refused"])
def test_29_66_a_revisit_that_brings_no_page_leaves_the_article_to_be_revisited(
    how: str, ledger: Ledger
) -> None:
    ledger.add_links([link(1)], NOW)
    (leased,) = lease(ledger)
    first = page(link(1))
    ledger.captured(leased.key, first)
    ledger.write(leased.key, annotated(link(1)), decision(link(1)), first)
    ledger.add_links([link(1, via=Via.REVISIT)], after(hours=1))
    at = after(hours=1)
    for _ in range(ledger.retry_times + 1):
        (leased,) = lease(ledger, at=60)
        if how == "refused":
            ledger.reject_link(leased.key, Rejection(Reason.ROBOTS, link(1).url), at)
            break
        ledger.retry(leased.key, "http_5xx", at, at)
    assert states(ledger) == {"stored": 1}
    assert [each.url for each in ledger.links_to_revisit(NOW)] == [link(1).url]


def test_a_leased_link_is_nobody_elses_until_the_lease_runs_out(ledger: Ledger) -> None:
    ledger.add_links([link(1)], NOW)
    assert len(lease(ledger, owner="a")) == 1
    assert lease(ledger, at=9.9, owner="b") == []
    assert len(lease(ledger, at=10, owner="b")) == 1
    assert states(ledger) == {"fetching": 1}


def test_hosts_take_turns_and_feeds_go_before_sitemaps(ledger: Ledger) -> None:
    ledger.add_links([link(n, "big", Via.SITEMAP) for n in range(50)], NOW)
    ledger.add_links([link(n, "small") for n in range(2)], after(minutes=1))
    ledger.add_links([link(90, "big"), link(91, "big")], after(minutes=1))
    got = [(leased.link.source_id, leased.link.via) for leased in lease(ledger, at=1, limit=8)]
    assert got[:4] == [("big", Via.FEED), ("small", Via.FEED)] * 2
    assert got[4:] == [("big", Via.SITEMAP)] * 4


def test_hosts_take_turns_across_leases_of_one_link(ledger: Ledger) -> None:
    ledger.add_links([link(n, source) for source in ("a", "b", "c") for n in range(3)], NOW)
    got = [lease(ledger, at=n, limit=1)[0].link.source_id for n in range(9)]
    assert [set(got[n : n + 3]) for n in (0, 3, 6)] == [{"a", "b", "c"}] * 3


def test_a_sitemap_link_that_a_feed_shows_too_moves_up(ledger: Ledger) -> None:
    ledger.add_links([link(n, via=Via.SITEMAP) for n in range(5)], NOW)
    ledger.add_links([link(4)], NOW)
    assert lease(ledger, limit=1)[0].link.url == link(4).url


def test_the_limit_is_reached_however_links_are_spread(ledger: Ledger) -> None:
    ledger.add_links([link(n, "big") for n in range(40)] + [link(0, f"s{n}") for n in range(7)], NOW)
    assert len(lease(ledger, limit=30)) == 30
    assert len(lease(ledger, limit=30)) == 17
    assert lease(ledger, limit=0) == []


def test_only_the_sources_and_hosts_that_are_asked_for(ledger: Ledger) -> None:
    ledger.add_links([link(1, "a"), link(1, "b"), link(1, "c")], NOW)
    assert [
        x.link.source_id for x in lease(ledger, source_ids=["b", "a"], exclude_hosts=["www.a.example"])
    ] == ["b"]
    assert lease(ledger, source_ids=[]) == []


def test_a_blocked_host_gives_no_links_until_its_block_ends(ledger: Ledger) -> None:
    ledger.add_links([link(1)], NOW)
    ledger.block_host("www.akhbar.example", after(hours=1), "429")
    assert lease(ledger, at=59) == []
    assert len(lease(ledger, at=60)) == 1


def test_links_given_back_are_due_at_once_and_bear_no_blame(ledger: Ledger) -> None:
    ledger.add_links([link(1), link(2)], NOW)
    leased = lease(ledger, owner="a")
    ledger.return_links([leased[0].key], "b")
    assert lease(ledger, owner="c") == []
    ledger.return_links([each.key for each in leased], "a")
    assert lease(ledger, owner="c") == leased


def test_a_link_is_tried_again_when_due_and_given_up_after_its_retries(ledger: Ledger) -> None:
    ledger.add_links([link(1)], NOW)
    for attempt in range(ledger.retry_times):
        (leased,) = lease(ledger, at=10 * attempt)
        assert leased.attempts == attempt
        assert ledger.retry(
            leased.key, "timeout", after(minutes=10 * attempt), after(minutes=10 * attempt + 10)
        )
        assert lease(ledger, at=10 * attempt + 9) == []
    (leased,) = lease(ledger, at=30)
    assert not ledger.retry(leased.key, "timeout", after(minutes=30), after(minutes=40))
    assert ledger.status().rejections == {"unreachable": 1}
    assert lease(ledger, at=600) == []


def test_unknown_links_are_key_errors(ledger: Ledger) -> None:
    with pytest.raises(KeyError):
        ledger.retry("nobody", "dns", NOW, NOW)
    with pytest.raises(KeyError):
        ledger.captured("nobody", page(link(1)))
    with pytest.raises(KeyError):
        ledger.quarantine("nobody", "", NOW)


# ---- capturing and reading -------------------------------------------------------------------------------


def capture(ledger: Ledger, *numbers: int) -> None:
    ledger.add_links([link(n) for n in numbers], NOW)
    for leased in lease(ledger, limit=len(numbers)):
        number = int(leased.link.url.rpartition("/")[2].split("-")[0])
        assert ledger.captured(leased.key, page(leased.link, after(seconds=number), offset=number))


def test_captured_pages_are_read_in_the_order_they_were_fetched(ledger: Ledger) -> None:
    capture(ledger, 3, 1, 2)
    got = ledger.lease_captured("r", NOW, 60, 10)
    assert [each.capture.offset for each in got] == [1, 2, 3]
    assert got[0].link == link(1)
    assert ledger.lease_captured("s", NOW, 60, 10) == []
    assert len(ledger.lease_captured("s", after(seconds=60), 60, 1)) == 1


def test_a_page_that_a_reader_died_on_comes_alone(ledger: Ledger) -> None:
    capture(ledger, 1, 2, 3)
    ledger.lease_captured("r", NOW, 60, 2)  # and the reader dies
    alone = [ledger.lease_captured("s", after(minutes=5), 60, 10) for _ in range(3)]
    assert [[(each.capture.offset, each.attempts) for each in got] for got in alone] == [
        [(1, 1)],
        [(2, 1)],
        [(3, 0)],
    ]


def test_pages_given_back_unread_are_not_suspected(ledger: Ledger) -> None:
    capture(ledger, 1, 2)
    got = ledger.lease_captured("r", NOW, 60, 10)
    ledger.return_captured([each.key for each in got], "r")
    assert ledger.lease_captured("s", NOW, 60, 10) == got


def test_a_page_set_aside_is_counted_and_not_read_again(ledger: Ledger) -> None:
    capture(ledger, 1)
    (got,) = ledger.lease_captured("r", NOW, 60, 10)
    ledger.quarantine(got.key, "Traceback: …", NOW)
    assert states(ledger) == {"quarantined": 1}
    assert ledger.lease_captured("r", after(days=1), 60, 10) == []


def test_a_rejected_page_is_counted_with_its_reason(ledger: Ledger) -> None:
    capture(ledger, 1)
    (got,) = ledger.lease_captured("r", NOW, 60, 10)
    ledger.reject_page(got.key, Rejection(Reason.LISTING, link(1).url), page(link(1), offset=1), NOW)
    ledger.reject_page(None, Rejection(Reason.HOME, link(2).url), page(link(2), offset=2), NOW)
    assert ledger.status().rejections == {"home": 1, "listing": 1}
    assert ledger.add_links([link(1), link(2)], NOW) == Counter(known=2)


def test_the_same_capture_told_twice_changes_nothing(ledger: Ledger) -> None:
    ledger.add_links([link(1)], NOW)
    (leased,) = lease(ledger)
    assert ledger.captured(leased.key, page(link(1), offset=5))
    assert not ledger.captured(leased.key, page(link(1), offset=5))
    ledger.write(leased.key, annotated(link(1)), decision(link(1)), page(link(1), offset=5))
    assert not ledger.captured(leased.key, page(link(1), offset=5))
    assert states(ledger) == {"stored": 1}


def test_an_owner_that_lost_its_lease_still_delivers_but_never_twice(ledger: Ledger) -> None:
    ledger.add_links([link(1)], NOW)
    (first,) = lease(ledger, owner="slow")
    (second,) = lease(ledger, at=11, owner="quick")
    assert ledger.captured(second.key, page(link(1), after(minutes=12), offset=2))
    assert not ledger.captured(first.key, page(link(1), after(minutes=13), offset=1))
    assert not ledger.retry(first.key, "timeout", NOW, NOW)
    ledger.reject_link(first.key, Rejection(Reason.BLOCKED, link(1).url), NOW)
    (read,) = ledger.lease_captured("r", after(minutes=14), 60, 10)
    assert read.capture.offset == 2


def test_a_page_without_a_capture_is_refused(ledger: Ledger) -> None:
    ledger.add_links([link(1)], NOW)
    with pytest.raises(ValueError, match="without a capture"):
        ledger.captured(url_key(link(1).url), page(link(1), capture=None))


def test_the_queues_read_their_own_indexes(ledger: Ledger) -> None:
    from store import frontier
    from store.tables import CAPTURED, OPEN, links

    ledger.add_links([link(n, f"s{n % 3}") for n in range(30)], NOW)
    import sqlalchemy as sa

    on_file = ledger._db.path is not None
    waiting = sa.select(links).where(OPEN, links.c.host == "x").order_by(links.c.tier, links.c.discovered_at)
    read = sa.select(links).where(CAPTURED).order_by(links.c.fetched_at, links.c.link_id)
    with ledger._db.reading() as connection:
        for statement, index in ((frontier._OPEN_HOSTS, "open"), (waiting, "open"), (read, "captured")):
            text = str(statement.compile(connection, compile_kwargs={"literal_binds": True}))
            if not on_file:  # so few rows are not worth an index to the server; can it be used at all?
                connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
                connection.exec_driver_sql("SET LOCAL enable_bitmapscan = off")
                plan = " ".join(row[0] for row in connection.exec_driver_sql(f"EXPLAIN {text}"))
                assert f"using ix_links_{index}" in plan and "Seq Scan" not in plan, plan
                continue
            plan = " ".join(row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}"))
            assert f"ix_links_{index}" in plan
            assert "SCAN links" not in plan.replace(f"SCAN links USING INDEX ix_links_{index}", "")
            assert "TEMP B-TREE" not in plan


def test_states_are_the_words_of_the_contract() -> None:
    assert [str(state) for state in LinkState] == [
        "discovered", "fetching", "retry", "captured", "stored", "rejected", "quarantined"
    ]  # fmt: skip
