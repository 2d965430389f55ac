"""What is written is read back equal, whatever it says."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import yaml
from hypothesis import given
from hypothesis import strategies as st

from config import build, dump
from config.model import EntryPoint, SelectorRule, Source

awkward = [
    *("yes", "NO", "null", "~", "1", "1.5", "2026-11-25", "0x1F", "1_000", "12:30:45", "=", "<<"),
    *("-", "- x", "a: b", "a #b", "{x}", "[x]", "'", '"', "…", "@x", "%x", "?", "!x", "*", "&a", "|", ">"),
    *("`", "\\", "key:", ":x", ",", "a,b", "trailing#", "#x", " padded ", "line\nbreak", "هسبريس: “أخبار”"),
    *("long words " * 20 + "end", "two  spaces " * 12),
]
texts = st.sampled_from(awkward) | st.text(min_size=1, max_size=200).filter(
    lambda text: text.strip() and _is_writable(text)
)


def _is_writable(text: str) -> bool:
    """Half of a surrogate pair is no text that UTF-8 can hold."""
    return not any("\ud800" <= char <= "\udfff" for char in text)


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


entries = st.builds(
    EntryPoint,
    kind=st.sampled_from(["feed", "sitemap", "section"]),
    url=texts,
    language=maybe(st.sampled_from(["ar", "no"])),
    evidence=st.lists(texts, max_size=3).map(tuple),
    confidence=maybe(st.sampled_from(["public-evidence", "pattern-guess"])),
    note=maybe(texts),
    links=maybe(texts),
)
rules = st.builds(
    SelectorRule,
    valid_from=maybe(st.dates(date(2000, 1, 1), date(2030, 1, 1))),
    body=maybe(texts),
    drop=st.lists(texts, max_size=2).map(tuple),
).filter(lambda rule: rule.valid_from or rule.body or rule.drop)
sources = st.builds(
    Source,
    id=texts,
    name=st.dictionaries(st.sampled_from(["ar", "fr", "no"]), texts, min_size=1),
    country=st.sampled_from(["MA", "NO"]),
    languages=st.lists(st.sampled_from(["ar", "no", "fr"]), min_size=1, max_size=3, unique=True).map(tuple),
    scope=st.sampled_from(["national", "international"]),
    homepage=st.just("https://www.example.com/"),
    timezone=st.just("Africa/Casablanca"),
    entry_points=st.lists(entries, max_size=3).map(tuple),
    collect=st.sampled_from(["all", "matching"]),
    domains=st.sampled_from([("example.com",), ("example.com", "other.example")]),
    enabled=st.booleans(),
    reason=maybe(texts),
    access=maybe(texts),
    notes=maybe(texts),
    tier=st.integers(1, 3),
    expect_per_day=maybe(st.tuples(st.floats(0, 9), st.floats(9, 99))),
    delay_s=maybe(st.floats(0, 60)),
    max_pages_per_run=maybe(st.integers(1, 999)),
    rules=st.lists(rules, max_size=2).map(tuple),
)


@given(sources)
def test_an_outlet_written_and_read_is_equal(source: Source) -> None:
    raw = yaml.load(dump.source_text(source).encode(), yaml.CSafeLoader)
    assert build.source(raw) == source


values = st.recursive(
    maybe(texts | st.integers() | st.booleans()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=12,
)


@given(st.dictionaries(texts, values, min_size=1, max_size=4))
def test_any_mapping_written_and_read_is_equal(value: dict[str, Any]) -> None:
    assert yaml.load(dump.yaml_text(value).encode(), yaml.CSafeLoader) == value


def test_it_reads_as_a_person_would_write() -> None:
    source = Source(
        id="example",
        name={"ar": "مثال", "fr": "Exemple"},
        country="MA",
        languages=("ar", "fr"),
        scope="national",
        homepage="https://www.example.com/",
        timezone="Africa/Casablanca",
        domains=("example.com",),
        enabled=False,
        reason="Refuses: see the note. " + "It is long enough to be folded. " * 3 + "So it is.",
        entry_points=(EntryPoint("feed", "https://www.example.com/?feed=rss2&x=1", evidence=("SEED",)),),
    )
    assert dump.source_text(source) == (Path(__file__).parent / "example.yml").read_text(encoding="utf-8")
