"""Imports go one way, as the design draws the house."""

from __future__ import annotations

import ast
import importlib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MAY_IMPORT = {
    "config": set(),
    "store": {"config"},
    "crawlers": {"config", "store"},
    "pipeline": {"config", "store"},
    "search": {"config", "store"},
    "demo": {"config"},
    "scheduler": {"config", "store", "crawlers", "pipeline", "search"},
    "cli": {"config", "store", "crawlers", "pipeline", "search", "demo", "scheduler"},
}
"""room → the rooms to its left that it may enter; crawlers, pipeline and search meet only in store."""


def imported_rooms(path: Path) -> set[str]:
    """The rooms that a module imports, wherever in it the import stands."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import hides which room it enters"
            names.add(node.module or "")
    return {name.split(".")[0] for name in names} & set(MAY_IMPORT)


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_a_room_imports_only_rooms_to_its_left(room: str) -> None:
    allowed = MAY_IMPORT[room] | {room}
    strays = {
        f"{path.relative_to(ROOT)} imports {', '.join(sorted(entered - allowed))}"
        for path in (ROOT / room).rglob("*.py")
        if (entered := imported_rooms(path)) - allowed
    }
    assert not strays


def test_every_folder_of_code_is_a_room() -> None:
    folders = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    assert folders - {"tests"} == set(MAY_IMPORT)


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_a_room_is_loaded_from_this_repository(room: str) -> None:
    """Names such as ``config`` are common: another package of that name must not win."""
    module = importlib.import_module(room)
    assert module.__file__ is not None
    assert Path(module.__file__).is_relative_to(ROOT)
