"""Gold files of discovery: a whole body in, everything found out.

``python -m tests.crawlers.discovery.gold`` writes what discovery finds now into ``expected.json`` of every
case; a person reads the diff.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.crawlers.discovery.outlet import look

CASES = sorted((Path(__file__).resolve().parents[2] / "gold" / "discovery").iterdir())


def found(case: Path) -> dict[str, Any]:
    """What discovery finds in *case*, as JSON would hold it."""
    asked = json.loads((case / "case.json").read_text("utf-8"))
    body = next(case.glob("body.*")).read_bytes()
    result = asdict(look(body, asked["kind"], asked["url"], content_type=asked["content_type"]))
    return json.loads(json.dumps(result, default=_plain, ensure_ascii=False))


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(type(value))


if __name__ == "__main__":
    for folder in CASES:
        text = json.dumps(found(folder), ensure_ascii=False, indent=2)
        (folder / "expected.json").write_text(text + "\n", "utf-8")
