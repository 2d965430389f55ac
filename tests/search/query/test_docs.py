"""``docs/query.md`` shows queries: each is understood, or faulted with the very words it shows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from search.analysis import Analysis
from search.query import Names, QueryFault, parse
from search.query.parser import CLOSED
from search.query.tree import DATES, FIELDS

TEXT = (Path(__file__).parents[3] / "docs" / "query.md").read_text("utf-8")
CELLS = [
    [cell.strip() for cell in line.strip("|").split(" | ")]
    for line in TEXT.splitlines()
    if line.startswith("| ") and not line.startswith("|---")
]
FAULTS = [(cells[0].strip("`"), cells[1]) for cells in CELLS if re.match(r"col \d+:", cells[1])]
SHOWN = sorted(
    {
        query
        for cells in CELLS
        if not re.match(r"col \d+:", cells[1])
        for query in re.findall("`([^`…]+)`", cells[0] if cells[0].count("`") else "")
    }
)


@pytest.mark.parametrize("query", [query for query in SHOWN if query not in (*FIELDS, *DATES)])
def test_a_query_that_is_shown_is_understood(query: str) -> None:
    parse(query)


@pytest.mark.parametrize(("query", "said"), FAULTS)
def test_a_fault_that_is_shown_is_said(query: str, said: str) -> None:
    with pytest.raises(QueryFault) as caught:
        parse(query)
    assert str(caught.value) == said


def test_every_field_and_closed_value_is_described() -> None:
    for field in (*FIELDS, *DATES):
        assert f"`{field}`" in TEXT or f"`{field}:`" in TEXT, field
    for values in CLOSED.values():
        for value in values:
            assert f"`{value}`" in TEXT, value


def test_values_that_are_shown_are_known(analysis: Analysis) -> None:
    names = Names(analysis.values)
    shown = re.findall(r"`((?:place|institution|unit|kind):(?:\"[^\"]+\"|[^\s`(]+))`", TEXT)
    assert len(shown) >= 8
    for query in shown:
        parse(query, names)
