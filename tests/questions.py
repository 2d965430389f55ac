"""Prints ``docs/questions.md``: each question, the commands that answer it, what they print on a demo home.

python -m tests.questions HOME > docs/questions.md
"""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml

FILE = Path(__file__).with_suffix(".yml")
_LINES, _WIDTH = 22, 150
_HEAD = """# The thirty questions

Each question with the command that answers it and what it prints on the demo press (`marsad demo`:
invented articles of invented outlets; dates and addresses differ). Printed by `python -m tests.questions`.
"""


def questions() -> list[dict[str, Any]]:
    """The questions, in order: ``ask``, ``run`` (commands without ``marsad``), maybe ``note``."""
    found: list[dict[str, Any]] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return found


def command(home: Path, text: str, given: Mapping[str, str]) -> list[str]:
    """The words of *text* as a process runs them; *given* says what ``TEXT`` and ``RUMOUR`` stand for."""
    words = [given.get(word, word) for word in shlex.split(text)]
    return [sys.executable, "-m", "cli.main", "--home", str(home), *words]


def given(home: Path, folder: Path) -> dict[str, str]:
    """A file in *folder* with the text of a communiqué that was printed abroad too, and the id of a rumour
    that an outlet ran before it ran the denial."""
    (told,) = _ask(home, "communiques 'place:tanger kind:operation' --limit 1")["communiques"]
    pasted = folder / "pasted.txt"
    pasted.write_text(told["text"], encoding="utf-8")
    rumours = _ask(home, "rumours --limit 50")["rumours"]
    return {
        "TEXT": str(pasted),
        "RUMOUR": next((one["rumour_id"] for one in rumours if one["ran_both"]), rumours[0]["rumour_id"]),
    }


def _ask(home: Path, text: str) -> Any:
    done = subprocess.run(command(home, f"{text} --json", {}), capture_output=True, check=True)
    return json.loads(done.stdout)


def main() -> None:
    home = Path(sys.argv[1])
    with TemporaryDirectory() as folder:
        names = given(home, Path(folder))
        print(_HEAD)
        for number, one in enumerate(questions(), 1):
            print(f"## {number}. {one['ask']}\n")
            if note := one.get("note"):
                print(f"{note}\n")
            for text in one["run"]:
                print("```\n$ marsad " + "\n".join([text, *_answer(command(home, text, names))]) + "\n```\n")


def _answer(words: list[str]) -> list[str]:
    """What the command prints, long lines and long answers cut."""
    done = subprocess.run(words, capture_output=True, text=True)
    lines = [
        line[:_WIDTH].rstrip() for line in (done.stdout or done.stderr).splitlines() if "invented" not in line
    ]
    cut = [f"… {len(lines) - _LINES} lines more"] if len(lines) > _LINES else []
    return [*lines[:_LINES], *cut]


if __name__ == "__main__":
    main()
