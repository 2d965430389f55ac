"""What lies between articles: kept, found again, and told to the index where it changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from store import codec
from store.glance import Glance
from store.ledger import Ledger
from store.records import Override, StoredArticle, Ties, Verdict, Voice
from store.ties import Marked, StoryHead
from tests.store.made import NOW, after, annotated, decision, link, page


def write(ledger: Ledger, number: int, text: str = "Un texte", rules: str = "1") -> StoredArticle:
    of = link(number)
    return ledger.write(None, annotated(of, text, rules_version=rules), decision(of), page(of, offset=number))


def marked(one: StoredArticle, at: datetime = NOW, marks: str = "{}") -> Marked:
    return Marked(one.article_id, one.revision, one.annotated.rules_version, at, marks)


def test_articles_are_unmarked_until_their_marks_are_of_today(ledger: Ledger) -> None:
    one, two = write(ledger, 1), write(ledger, 2)
    assert {each.article_id for each in ledger.unmarked(9)} == {one.article_id, two.article_id}
    ledger.mark([marked(one), marked(two)])
    assert ledger.unmarked(9) == []
    later = page(link(1), after(hours=1), offset=9)
    ledger.write(None, annotated(link(1), "Un autre"), decision(link(1), Verdict.REVISION, 2), later)
    write(ledger, 2, rules="2")  # the same capture, read by other rules
    assert {each.article_id for each in ledger.unmarked(9)} == {one.article_id, two.article_id}
    assert len(ledger.unmarked(1)) == 1


def test_marks_are_found_by_time(ledger: Ledger) -> None:
    first, second, third = (write(ledger, number) for number in (1, 2, 3))
    rows = [marked(first, after(days=-9)), marked(second), marked(third, after(days=1), '{"a":1}')]
    ledger.mark(rows)
    assert ledger.marked(NOW, after(days=2)) == rows[1:]
    ledger.mark([replace(rows[2], marks="{}")])
    assert ledger.marked(after(days=1), after(days=1)) == [replace(rows[2], marks="{}")]


def test_the_index_hears_of_ties_that_change_and_of_no_others(ledger: Ledger) -> None:
    one, two = write(ledger, 1), write(ledger, 2)
    ledger.mark([marked(one), marked(two)])
    ledger.outbox_done([row.seq for row in ledger.outbox_take(9, "me", NOW, 60)])
    ties = {
        one.article_id: Ties(one.article_id),
        two.article_id: Ties(
            one.article_id, ("place:fes",), one.article_id, 0.9, "verbatim", voice=Voice.COPY
        ),
    }
    assert ledger.tie(ties) == 2
    assert ledger.tie(ties) == 0
    assert ledger.tie({two.article_id: replace(ties[two.article_id], copy_share=0.8)}) == 1
    assert ledger.tie({"f" * 32: Ties("f" * 32)}) == 0, "no article, no ties"
    assert [row.article_id for row in ledger.outbox_take(9, "me", NOW, 60)].count(two.article_id) == 2


def test_ties_are_of_the_article_whoever_reads_it(ledger: Ledger, place: Path | str) -> None:
    one = write(ledger, 1)
    ledger.mark([marked(one)])
    ties = Ties(one.article_id, relation="rumour")
    ledger.tie({one.article_id: ties})
    found = ledger.find(one.article_id)
    assert found is not None and found.ties == ties
    assert [each.ties for each in (*ledger.articles(), *ledger.revisions(one.article_id))] == [ties, ties]
    if isinstance(place, Path):
        looked = Glance.at(place)
        assert looked is not None and looked.find(one.article_id) == found
        looked.close()
    assert [each.ties for each in ledger.marked(NOW, NOW)] == [ties]


def test_stories_and_their_articles_in_order_of_time(ledger: Ledger) -> None:
    first, second, other = (write(ledger, number) for number in (1, 2, 3))
    rows = [marked(first, after(hours=5)), marked(second), marked(other, after(days=3))]
    ledger.mark(rows)
    story = second.article_id
    ledger.tie(
        {
            first.article_id: Ties(story, ("place:fes",)),
            story: Ties(story),
            other.article_id: Ties(other.article_id),
        }
    )
    assert [each.article_id for each in ledger.story(story)] == [story, first.article_id]
    assert ledger.story("nobody") == []
    newest, oldest = (
        StoryHead(other.article_id, 1, after(days=3), after(days=3)),
        StoryHead(story, 2, NOW, after(hours=5)),
    )
    assert ledger.stories() == [newest, oldest]
    assert ledger.stories(until=after(days=1)) == [oldest]
    assert ledger.stories(since=after(hours=1)) == [newest, oldest], "whole, though it began before"
    assert ledger.stories_beginning(story[:6], 5) == [story]


def test_what_analysts_say_is_kept_in_order(ledger: Ledger) -> None:
    said = [Override("merge", ("a", "b"), NOW), Override("split", ("c",), datetime(2026, 1, 1, tzinfo=UTC))]
    for one in said:
        ledger.override(one)
    assert ledger.overrides() == sorted(said, key=lambda one: one.made_at)


def test_what_analysts_say_is_put_back_once(ledger: Ledger) -> None:
    said = Override("merge", ("a", "b"), NOW)
    for _ in range(2):
        ledger.restore_override(codec.encode(said))
    assert ledger.overrides() == [said]
    with pytest.raises(ValueError, match="kind"):
        ledger.restore_override({"kind": 7})
