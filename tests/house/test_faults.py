"""The table of faults names each once and every test that it names is there; data never becomes code."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "faults.md"
FAULTS = range(1, 93)
_TEST = re.compile(r"`([\w/]+\.py)::(\w+)`")
_WAITS = re.compile(r"^Wait for[^:]*:(.*)$", re.MULTILINE)


def numbers(text: str) -> list[int]:
    """``1, 3–5`` as [1, 3, 4, 5]."""
    found: list[int] = []
    for first, last in re.findall(r"\b(\d+)(?:–(\d+))?", text):
        found += range(int(first), int(last or first) + 1)
    return found


def rows() -> list[tuple[list[int], list[str]]]:
    """(numbers, cells) of each row of the table."""
    table = [
        line.strip("|").split("|") for line in PAGE.read_text().splitlines() if re.match(r"\| *\d", line)
    ]
    return [(numbers(cells[0]), [cell.strip() for cell in cells]) for cells in table]


def waiting() -> list[int]:
    return [number for line in _WAITS.findall(PAGE.read_text()) for number in numbers(line)]


def test_every_fault_is_there_once() -> None:
    named = [number for row, _ in rows() for number in row] + waiting()
    assert sorted(named) == list(FAULTS)


@pytest.mark.parametrize("row", rows(), ids=lambda row: row[1][0])
def test_a_row_says_what_is_done_and_names_tests_that_exist(row: tuple[list[int], list[str]]) -> None:
    _, (_, fault, done, tests) = row
    assert fault and done
    named = _TEST.findall(tests)
    assert named, f"no test in {tests!r}"
    for file, test in named:
        path = ROOT / "tests" / file
        assert path.is_file(), f"no file tests/{file}"
        functions = {
            node.name for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef)
        }
        assert test in functions, f"no {test} in tests/{file}"


def test_91_nothing_that_runs_code_is_read_from_data() -> None:
    """No pickle of a file or a network, no YAML beyond plain values, no ``eval``, no template language.

    Pickles pass between a process and the children that it started, over a pipe that nobody else holds.
    """
    pipes = {"pipeline/isolated.py", "search/analysers.py"}
    banned = {"pickle", "marshal", "shelve", "dill", "cloudpickle", "jsonpickle", "jinja2", "mako"}
    for room in ("config", "store", "crawlers", "pipeline", "search", "cli", "demo"):
        for path in sorted((ROOT / room).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Import | ast.ImportFrom):
                    modules = [each.name for each in node.names] + [getattr(node, "module", None) or ""]
                    met = banned & {module.partition(".")[0] for module in modules}
                    assert not met or (met == {"pickle"} and name in pipes), f"{name} imports {met}"
                elif isinstance(node, ast.Call):
                    called = ast.unparse(node.func)
                    assert called not in ("eval", "exec", "os.system"), f"{name}: {called}"
                    if called == "yaml.load":
                        assert "_Loader" in ast.unparse(node) or "CSafeLoader" in ast.unparse(node), name
                    assert not any(
                        each.arg == "shell" and ast.unparse(each.value) == "True" for each in node.keywords
                    ), f"{name}: a shell"
