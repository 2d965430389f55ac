"""What the ledger keeps of articles: revisions in order, removals, variants, and what the index is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from itertools import permutations

import pytest

from store.ledger import Ledger
from store.records import Annotated, FetchedPage, Reason, Rejection, StoredArticle, Verdict
from store.states import IndexDue, Refusal
from store.urls import article_id, url_key
from tests.store.made import NOW, after, annotated, decision, link, page

ID = article_id(link(1).url)


def write(
    ledger: Ledger, text: str, verdict: Verdict, revision: int, minutes: float, offset: int | None = None
) -> StoredArticle:
    at = after(minutes=minutes)
    made = page(link(1), at, offset=int(minutes) if offset is None else offset)
    return ledger.write(None, annotated(link(1), text), decision(link(1), verdict, revision), made)


def drain(ledger: Ledger) -> list[tuple[str, int]]:
    rows = ledger.outbox_take(1000, "index", NOW, 60)
    ledger.outbox_done([row.seq for row in rows])
    return [(row.article_id, row.revision) for row in rows]


def test_an_article_comes_back_as_it_was_written(ledger: Ledger) -> None:
    source, made = link(1), page(link(1), offset=7)
    stored = ledger.write(None, annotated(source), decision(source), made)
    assert stored == StoredArticle(ID, 1, annotated(source), NOW, NOW, None, made.capture)  # type: ignore[arg-type]
    assert ledger.find(ID) == stored
    assert ledger.revisions(ID) == [stored]
    assert list(ledger.articles()) == [stored]
    assert ledger.count() == 1
    assert drain(ledger) == [(ID, 1)]


def test_unknown_articles_are_absent(ledger: Ledger) -> None:
    assert ledger.find("0" * 32) is None
    assert ledger.find_by_key("a.example/x") is None
    assert ledger.revisions("0" * 32) == []
    with pytest.raises(KeyError):
        ledger.tombstone("0" * 32, NOW)


def test_a_changed_article_keeps_its_history(ledger: Ledger) -> None:
    write(ledger, "first", Verdict.NEW, 1, 0)
    stored = write(ledger, "second", Verdict.REVISION, 2, 60)
    assert (stored.revision, stored.annotated.content_hash) == (2, "hash of second")
    assert (stored.first_seen_at, stored.last_seen_at) == (NOW, after(minutes=60))
    history = ledger.revisions(ID)
    assert [each.annotated.article.paragraphs[0] for each in history] == ["first", "second"]
    assert [each.capture.offset for each in history] == [0, 60]
    assert drain(ledger) == [(ID, 1), (ID, 2)]


def test_an_unchanged_article_only_moves_its_last_sight(ledger: Ledger) -> None:
    write(ledger, "first", Verdict.NEW, 1, 0)
    drain(ledger)
    stored = write(ledger, "first", Verdict.UNCHANGED, 1, 60)
    assert (stored.revision, stored.capture.offset) == (1, 0)
    assert (stored.first_seen_at, stored.last_seen_at) == (NOW, after(minutes=60))
    assert drain(ledger) == []


def test_the_decision_tells_a_revision_where_it_is_about_the_present_state(ledger: Ledger) -> None:
    write(ledger, "first", Verdict.NEW, 1, 0)
    assert write(ledger, "date widget", Verdict.UNCHANGED, 1, 10).revision == 1
    assert write(ledger, "first", Verdict.REVISION, 2, 20).revision == 2


A, A2 = ("a", Verdict.NEW, 1), ("a", Verdict.UNCHANGED, 1)
B, C = ("b", Verdict.REVISION, 2), ("c", Verdict.REVISION, 2)
STALE = {
    "new twice, same text": ([A, A], ["a"]),
    "new twice, other text": ([A, ("b", Verdict.NEW, 1)], ["a", "b"]),
    "revised twice alike": ([A, B, B], ["a", "b"]),
    "revised twice": ([A, B, C], ["a", "b", "c"]),
    "unchanged, but not now": ([A, B, A2], ["a", "b", "a"]),
}


@pytest.mark.parametrize("case", STALE.values(), ids=STALE.keys())
def test_a_decision_about_an_earlier_state_is_settled_by_the_text(
    ledger: Ledger, case: tuple[list[tuple[str, Verdict, int]], list[str]]
) -> None:
    steps, expected = case
    for minute, (text, verdict, revision) in enumerate(steps):
        write(ledger, text, verdict, revision, minute)
    assert [each.annotated.article.paragraphs[0] for each in ledger.revisions(ID)] == expected


def test_the_same_page_again_changes_nothing(ledger: Ledger) -> None:
    first = write(ledger, "first", Verdict.NEW, 1, 0)
    second = write(ledger, "second", Verdict.REVISION, 2, 5)
    drain(ledger)
    assert write(ledger, "first", Verdict.NEW, 1, 0) == second
    assert write(ledger, "second", Verdict.REVISION, 3, 5) == second
    assert ledger.revisions(ID)[0].annotated == first.annotated
    assert ledger.status().revisions == 2
    assert drain(ledger) == []


def test_the_same_page_read_by_newer_rules_brings_the_annotations_up_to_date(ledger: Ledger) -> None:
    write(ledger, "first", Verdict.NEW, 1, 0)
    drain(ledger)
    newer = replace(annotated(link(1), "first"), places=("fes",), rules_version="2")
    stored = ledger.write(None, newer, decision(link(1)), page(link(1), NOW, offset=0))
    assert stored.annotated == newer
    assert ledger.status().revisions == 1
    assert drain(ledger) == [(ID, 1)]


HISTORY: list[tuple[str, int]] = [("a", 0), ("a", 10), ("b", 20), ("b", 30), ("c", 40)]


@pytest.mark.parametrize("order", list(permutations(range(5)))[::7])
def test_pages_in_any_order_make_one_history(ledger: Ledger, order: tuple[int, ...]) -> None:
    for index in order:
        text, minute = HISTORY[index]
        current = ledger.find(ID)
        made = annotated(link(1), text)
        if current is None:
            verdict, revision = Verdict.NEW, 1
        elif current.annotated.content_hash == made.content_hash:
            verdict, revision = Verdict.UNCHANGED, current.revision
        else:
            verdict, revision = Verdict.REVISION, current.revision + 1
        write(ledger, text, verdict, revision, minute)
    found = ledger.revisions(ID)
    assert [(each.annotated.article.paragraphs[0], each.capture.offset) for each in found] == [
        ("a", 0),
        ("b", 20),
        ("c", 40),
    ]
    assert [each.revision for each in found] == [1, 2, 3]
    assert (found[0].first_seen_at, found[0].last_seen_at) == (NOW, after(minutes=40))
    assert drain(ledger)[-1] == (ID, 3)


# ---- removal ---------------------------------------------------------------------------------------------


def test_a_removed_article_keeps_its_text_and_may_come_back(ledger: Ledger) -> None:
    write(ledger, "first", Verdict.NEW, 1, 0)
    drain(ledger)
    ledger.tombstone(ID, after(minutes=20))
    ledger.tombstone(ID, after(minutes=30))
    ledger.tombstone(ID, after(minutes=10))
    removed = ledger.find(ID)
    assert removed is not None
    assert removed.removed_at == after(minutes=10)
    assert removed.article.paragraphs[0] == "first"
    assert drain(ledger) == [(ID, 1)] * 2
    back = write(ledger, "first", Verdict.UNCHANGED, 1, 60)
    assert back.removed_at is None
    assert drain(ledger) == [(ID, 1)]


@pytest.mark.parametrize("minute", [0, 5, 10])
def test_an_article_seen_later_is_not_removed_by_an_older_answer(ledger: Ledger, minute: int) -> None:
    write(ledger, "first", Verdict.NEW, 1, 0)
    write(ledger, "first", Verdict.UNCHANGED, 1, 10)
    ledger.tombstone(ID, after(minutes=minute))
    stored = ledger.find(ID)
    assert stored is not None
    assert stored.removed_at is None


def test_a_page_from_before_the_removal_does_not_undo_it(ledger: Ledger) -> None:
    write(ledger, "first", Verdict.NEW, 1, 0)
    ledger.tombstone(ID, after(minutes=20))
    assert write(ledger, "first", Verdict.UNCHANGED, 1, 10).removed_at == after(minutes=20)


# ---- variants --------------------------------------------------------------------------------------------


def test_every_address_it_was_met_under_leads_to_the_article(ledger: Ledger) -> None:
    own = "https://www.akhbar.example/news/1-title"
    asked = link(url="http://akhbar.example/?p=1&utm_source=x")
    made = page(asked, final_url="https://www.akhbar.example/amp/news/1-title")
    read = annotated(asked, canonical_url=own)
    first = ledger.write(None, read, decision(link(1)), made)
    assert first == ledger.find(ID)
    ledger.write(None, read, decision(link(1), Verdict.UNCHANGED), replace(made, fetched_at=after(minutes=1)))
    for url in (own, "https://akhbar.example/?p=1", "https://m.akhbar.example/news/1-title"):
        assert ledger.find_by_key(url_key(url)) == ID
    stored = ledger.find(ID)
    assert stored is not None
    assert stored.variants == ("http://akhbar.example/?p=1", "https://www.akhbar.example/amp/news/1-title")


def test_of_several_keys_the_first_that_is_known_decides(ledger: Ledger) -> None:
    one, two = link(1), link(2)
    shared, other = "https://akhbar.example/both", "https://akhbar.example/other"
    ledger.write(None, annotated(one), decision(one), page(one, final_url=shared))
    ledger.write(None, annotated(two), decision(two), page(two, offset=1, final_url=shared))
    ledger.write(None, annotated(two), decision(two), page(two, offset=2, final_url=other))
    first, second = article_id(one.url), article_id(two.url)
    keys = {name: url_key(url) for name, url in (("1", one.url), ("2", two.url), ("s", shared), ("o", other))}
    for asked, answer in {
        "1": first, "2": second, "12": first, "21": second, "o1": second, "so": min(first, second),
        "x1": first, "x": None, "xyz": None, "": None, "s1": min(first, second), "11": first,
    }.items():  # fmt: skip
        assert ledger.find_by_keys([keys.get(name, f"a.example/{name}") for name in asked]) == answer, asked


def test_an_article_s_own_key_goes_before_another_s_variant(ledger: Ledger) -> None:
    one, two = link(1), link(2)
    ledger.write(None, annotated(one), decision(one), page(one, final_url=two.url))
    ledger.write(None, annotated(two), decision(two), page(two, offset=1, final_url=one.url))
    for each in (one, two):
        assert ledger.find_by_key(url_key(each.url)) == article_id(each.url)


# ---- links, together with articles -----------------------------------------------------------------------


def test_writing_ends_the_link_in_the_same_transaction(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger.add_links([link(1)], NOW)
    (leased,) = ledger.lease_links("a", NOW, 60, 1)
    ledger.captured(leased.key, page(link(1)))
    import store.articles

    def fails(*_: object) -> None:
        raise RuntimeError("killed here")

    with monkeypatch.context() as patched:
        patched.setattr(store.articles, "announce", fails)
        with pytest.raises(RuntimeError):
            ledger.write(leased.key, annotated(link(1)), decision(link(1)), page(link(1)))
    status = ledger.status()
    assert (status.articles, status.revisions, status.outbox) == (0, 0, 0)
    assert status.frontier == {"captured": 1}
    ledger.write(leased.key, annotated(link(1)), decision(link(1)), page(link(1)))
    status = ledger.status()
    assert (status.articles, status.revisions, status.outbox) == (1, 1, 1)
    assert status.frontier == {"stored": 1}


def test_a_late_reader_does_not_end_a_link_that_was_captured_anew(ledger: Ledger) -> None:
    ledger.add_links([link(1)], NOW)
    (leased,) = ledger.lease_links("a", NOW, 60, 1)
    old, new = page(link(1), offset=1), page(link(1), after(minutes=5), offset=2)
    ledger.captured(leased.key, old)
    ledger.write(leased.key, annotated(link(1)), decision(link(1)), old)
    ledger.captured(leased.key, new)
    ledger.reject_page(leased.key, Rejection(Reason.NO_TEXT, link(1).url), old, after(minutes=6))
    ledger.write(leased.key, annotated(link(1)), decision(link(1)), old)
    assert ledger.status().frontier == {"captured": 1}


def test_pages_without_a_link_make_their_link_known(ledger: Ledger) -> None:
    write(ledger, "first", Verdict.NEW, 1, 0)
    assert ledger.status().frontier == {"stored": 1}
    assert ledger.add_links([link(1)], after(days=9)) == {"new": 0, "known": 1, "passed": 0}


def test_an_imported_page_does_not_end_a_link_that_somebody_holds(ledger: Ledger) -> None:
    ledger.add_links([link(1), link(2)], NOW)
    first, second = ledger.lease_links("a", NOW, 60, 2)
    ledger.captured(first.key, page(first.link, offset=1))
    for n, each in enumerate((first, second)):
        newer = page(each.link, after(minutes=5), offset=10 + n)
        ledger.write(None, annotated(each.link), decision(each.link), newer)
    assert ledger.status().frontier == {"captured": 1, "fetching": 1}


def test_an_imported_page_that_is_no_good_does_not_end_a_link_still_to_be_fetched(ledger: Ledger) -> None:
    ledger.add_links([link(1), link(2)], NOW)
    ledger.reject_page(None, Rejection(Reason.CHALLENGE, link(1).url), page(link(1), offset=1), NOW)
    ledger.write(None, annotated(link(2)), decision(link(2)), page(link(2), offset=2))
    assert ledger.status().frontier == {"discovered": 1, "stored": 1}
    assert [leased.link for leased in ledger.lease_links("a", NOW, 60, 9)] == [link(1)]


def test_a_page_without_a_capture_is_refused(ledger: Ledger) -> None:
    with pytest.raises(ValueError, match="without a capture"):
        ledger.write(None, annotated(link(1)), decision(link(1)), page(link(1), capture=None))


# ---- streaming and the outbox ----------------------------------------------------------------------------


def fill(ledger: Ledger, number: int) -> list[str]:
    for n in range(number):
        ledger.write(None, annotated(link(n)), decision(link(n)), page(link(n), offset=n))
    return sorted(article_id(link(n).url) for n in range(number))


def test_all_articles_stream_in_order_and_from_any_place(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("store.articles._PAGE", 4)
    ids = fill(ledger, 12)
    assert [each.article_id for each in ledger.articles()] == ids
    assert [each.article_id for each in ledger.articles(after=ids[4])] == ids[5:]
    assert list(ledger.articles(after=ids[-1])) == []


def test_outbox_rows_are_leased_in_order_and_taken_over_when_a_lease_runs_out(ledger: Ledger) -> None:
    fill(ledger, 5)
    first = ledger.outbox_take(2, "a", NOW, 60)
    second = ledger.outbox_take(10, "b", NOW, 60)
    assert [row.seq for row in first + second] == [1, 2, 3, 4, 5]
    ledger.outbox_done([row.seq for row in second])
    assert ledger.outbox_size() == 2
    assert ledger.outbox_take(10, "b", after(seconds=59), 60) == []
    assert ledger.outbox_take(10, "b", after(seconds=60), 60) == first


def test_outbox_rows_of_the_dead_are_due_again_at_once(ledger: Ledger) -> None:
    fill(ledger, 5)
    first = ledger.outbox_take(2, "dead", NOW, 60)
    ledger.outbox_take(2, "alive", NOW, 60)
    ledger.outbox_free(lambda owner: owner == "dead")
    assert [row.seq for row in ledger.outbox_take(10, "next", NOW, 60)] == [*(row.seq for row in first), 5]


def test_the_last_number_of_the_outbox_is_known_when_its_rows_are_done(ledger: Ledger) -> None:
    assert ledger.outbox_last() == 0
    ids = fill(ledger, 3)
    ledger.outbox_done([row.seq for row in ledger.outbox_take(9, "a", NOW, 60)])
    assert (ledger.outbox_size(), ledger.outbox_last()) == (0, 3)
    ledger.index_again(ids[:1])
    assert ledger.outbox_last() == 4
    assert ledger.outbox_refill() == 3
    assert ledger.outbox_last() == 7


def test_a_refusal_is_kept_until_the_article_is_taken(ledger: Ledger) -> None:
    ids = fill(ledger, 3)
    seqs = [row.seq for row in ledger.outbox_take(9, "a", NOW, 60)]
    refused = [Refusal(ids[0], 1, NOW, "400: too long"), Refusal(ids[1], 1, after(seconds=1), "400: no")]
    ledger.outbox_done(seqs[:2], ids, refused)
    assert ledger.refusals() == refused[::-1]
    assert ledger.index_due() == IndexDue(articles=3, waiting=1, refused=2)
    again = Refusal(ids[0], 2, after(seconds=2), "400: still too long")
    ledger.outbox_done([], ids[:1], [again])
    assert ledger.refusals() == [again, refused[1]]
    ledger.outbox_done(seqs[2:], ids[1:])
    assert ledger.refusals() == [again]
    ledger.refused_anew([], since=after(seconds=2))
    assert ledger.refusals() == [again], "refused since the rebuild began"
    ledger.refused_anew([refused[1]], since=after(seconds=3))
    assert ledger.refusals() == [refused[1]]


def test_what_the_index_should_hold_counts_an_article_once(ledger: Ledger) -> None:
    ids = fill(ledger, 3)
    ledger.index_again([ids[0], ids[0], "0" * 32])
    assert ledger.index_due() == IndexDue(articles=3, waiting=3, refused=0)
    assert ledger.known([*ids, "0" * 32]) == set(ids)


def test_a_refilled_outbox_holds_every_article_once(ledger: Ledger) -> None:
    ids = fill(ledger, 4)
    taken = ledger.outbox_take(2, "a", NOW, 60)
    assert ledger.outbox_refill() == 4
    ledger.outbox_done([row.seq for row in taken])  # of before: deletes nothing of the new rows
    assert [row.article_id for row in ledger.outbox_take(10, "b", NOW, 60)] == ids


def test_what_was_written_is_what_was_given_whatever_the_text(ledger: Ledger) -> None:
    texts = ["\0", "\ud800 lone", "a'b\"c;--", "\u202eبلاغ\u0000", "𝒜" * 1000]
    made: list[tuple[Annotated, FetchedPage]] = []
    for n, text in enumerate(texts):
        made.append((annotated(link(n), text), page(link(n), offset=n)))
        ledger.write(None, made[-1][0], decision(link(n)), made[-1][1])
    found = {each.article_id: each.annotated for each in ledger.articles()}
    assert [found[article_id(link(n).url)] for n in range(len(texts))] == [each for each, _ in made]


@pytest.mark.parametrize("naive", [datetime(2026, 11, 24)])
def test_times_without_a_zone_are_refused(ledger: Ledger, naive: datetime) -> None:
    with pytest.raises(Exception, match="without a zone"):
        ledger.add_links([link(1)], naive)
