"""Prints ``docs/questions.md``: each question, the commands that answer it, what they print on a demo home.

python -m tests.questions HOME > docs/questions.md
"""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

FILE = Path(__file__).with_suffix(".yml")
_LINES, _WIDTH = 14, 150
_HEAD = """# The thirty questions

Each question with the command that answers it and what it prints on the demo press (`marsad demo`:
invented articles of invented outlets; dates and addresses differ). Printed by `python -m tests.questions`.
"""


def questions() -> list[dict[str, Any]]:
    """The questions, in order: ``ask``, ``run`` (commands without ``marsad``), ``note``."""
    found: list[dict[str, Any]] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return found


def command(home: Path, text: str, pasted: Path) -> list[str]:
    """The words of *text* as a process runs them; ``TEXT`` is the file *pasted*."""
    words = [str(pasted) if word == "TEXT" else word for word in shlex.split(text)]
    return [sys.executable, "-m", "cli.main", "--home", str(home), *words]


def paste(home: Path, pasted: Path) -> None:
    """Write the text of the newest communiqué of the demo press into *pasted*."""
    ask = "import json,sys; print(json.load(sys.stdin)['communiques'][0]['text'])"
    rows = subprocess.run(
        command(home, "communiques --limit 1 --json", pasted), capture_output=True, check=True
    ).stdout
    said = subprocess.run([sys.executable, "-c", ask], input=rows, capture_output=True, check=True).stdout
    pasted.write_bytes(said)


def main() -> None:
    home, pasted = Path(sys.argv[1]), Path(sys.argv[1]) / "pasted.txt"
    paste(home, pasted)
    print(_HEAD)
    for number, one in enumerate(questions(), 1):
        print(f"## {number}. {one['ask']}\n")
        if note := one.get("note"):
            print(f"{note}\n")
        for text in one.get("run", ()):
            done = subprocess.run(command(home, text, pasted), capture_output=True, text=True)
            lines = [
                line[:_WIDTH] for line in (done.stdout or done.stderr).splitlines() if "invented" not in line
            ]
            cut = [f"… {len(lines) - _LINES} lines more"] if len(lines) > _LINES else []
            print("```\n$ marsad " + "\n".join([text, *lines[:_LINES], *cut]) + "\n```\n")


if __name__ == "__main__":
    main()
