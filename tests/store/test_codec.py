"""Records as JSON and back: equal, or refused by name."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store import codec, records
from store.records import Annotated, Article, Capture, Link, Moment, Precision, Rejection, Via
from tests.store.made import NOW, annotated, link

st.register_type_strategy(datetime, st.datetimes(timezones=st.just(UTC)))
st.register_type_strategy(float, st.floats(allow_nan=False, allow_infinity=False))
st.register_type_strategy(str, st.text(st.characters(exclude_categories=()), max_size=12))


@pytest.mark.parametrize("kind", [Annotated, Article, Link, Moment, Rejection, Capture, records.Decision])
@given(data=st.data())
def test_every_record_survives(kind: type[Any], data: st.DataObject) -> None:
    record = data.draw(st.from_type(kind))
    text = codec.to_document(record)
    text.encode("utf-8")
    assert codec.from_document(kind, text) == record
    assert codec.decode(kind, json.loads(json.dumps(codec.encode(record)))) == record


def test_a_time_of_another_zone_is_the_same_instant() -> None:
    local = NOW.astimezone(timezone(timedelta(hours=1)))
    moment = Moment(local, Precision.DAY, "meta", local, local, "2026-11-24")
    assert codec.decode(Moment, codec.encode(moment)) == moment


def test_letters_stay_readable_and_defaults_are_left_out() -> None:
    text = codec.to_document(Link("akhbar", "https://a.example/خبر", "f", Via.FEED))
    assert text == '{"v":1,"source_id":"akhbar","url":"https://a.example/خبر","found_in":"f","via":"feed"}'


GOOD = codec.encode(annotated(link()))
ARTICLE = GOOD["article"]


def modified(at: str) -> dict[str, Any]:
    """The good document with *at* as the time of its last change."""
    return {**GOOD, "article": {**ARTICLE, "modified": {**ARTICLE["published"], "at": at}}}


BROKEN = {
    "no JSON": ("{", "no JSON"),
    "no object": ("[]", "expected an object"),
    "later format": ('{"v":2}', "format version 2"),
    "no format": ("{}", "format version None"),
    "unknown field": ({**GOOD, "mood": "good"}, r"Annotated\.mood: unknown"),
    "missing field": ({k: v for k, v in GOOD.items() if k != "article"}, r"Annotated\.article: missing"),
    "wrong type": ({**GOOD, "content_hash": 7}, r"Annotated\.content_hash: expected str"),
    "list wanted": ({**GOOD, "places": "fes"}, r"Annotated\.places: expected a list"),
    "wrong member": ({**GOOD, "relevance": {"decision": "maybe"}}, r"relevance\.decision: expected one of"),
    "pair wanted": ({**GOOD, "article": {**ARTICLE, "origins": [["a"]]}}, r"origins: expected a list of 2"),
    "naive time": (modified("2026-11-24T08:00"), r"modified\.at: expected a UTC time"),
    "no time": (modified("todayZ"), r"modified\.at: expected a UTC time"),
    "bool for int": (
        {**GOOD, "evidence": [{**GOOD["evidence"][0], "start": True}]},
        r"evidence\.start: expected int",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", BROKEN.values(), ids=BROKEN.keys())
def test_what_is_not_the_record_is_refused_with_its_place(case: tuple[Any, str]) -> None:
    document, message = case
    text = document if isinstance(document, str) else json.dumps({"v": 1, **document})
    with pytest.raises(codec.CodecError, match=message):
        codec.from_document(Annotated, text)


def test_a_naive_time_is_not_written() -> None:
    with pytest.raises(ValueError, match="without a zone"):
        codec.instant(NOW.replace(tzinfo=None))
