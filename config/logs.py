"""How log lines are written: to stderr, as the settings of section ``log`` say.

On a terminal for people, elsewhere one JSON object a line.  Passwords in URLs and values of keys such as
``token`` never stand in a line, whoever wrote it.
"""

from __future__ import annotations

import json
import logging
import os
import re
import sys
import traceback
from collections.abc import Callable, MutableMapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from config.settings import redact

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

    from config.settings import Settings

_LAST_BYTES = 16_384
_SHOWN = 300
RUN_ID = "MARSAD_RUN_ID"
"""Environment variable: the run of which a process is a part."""

_WORDS = "(?:password|passwd|secret|token|api[_-]?key|authorization)"
_SECRET = re.compile(
    rf"({_WORDS}[\"']?\s*[=:]\s*|--{_WORDS}\s+)"
    r"((?:bearer|basic|apikey)\s+)?(\"[^\"]*\"|'[^']*'|[^\s&,;\"'}]+)",
    re.IGNORECASE,
)


def as_json(settings: Settings) -> bool:
    """Whether lines are JSON: as ``log.format`` says or, where it says ``auto``, off a terminal."""
    asked = settings["log.format"]
    return asked == "json" or (asked == "auto" and not sys.stderr.isatty())


def without_secrets(value: Any) -> Any:
    """*value* as it may be logged.

    >>> without_secrets("GET https://me:hidden@a.example/?token=hidden&x=1")
    'GET https://***@a.example/?token=***&x=1'
    >>> without_secrets({"url": "//u:p@h", "api_key": "hidden", "n": 3})
    {'url': '//***@h', 'api_key': '***', 'n': 3}
    """
    if isinstance(value, str):
        return _SECRET.sub(r"\1\2***", redact(value))
    if isinstance(value, dict):
        return {
            key: "***"
            if isinstance(item, str) and _SECRET.fullmatch(f"{key}={item}")
            else without_secrets(item)
            for key, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [without_secrets(item) for item in value]
    return value


def _redacted(_logger: object, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return without_secrets(dict(event))  # type: ignore[no-any-return]  # a dict gives a dict


def configure(settings: Settings) -> None:
    """Make ``structlog`` write to stderr by ``log.level`` and ``log.format``: stdout carries data only."""
    import structlog

    render: Callable[..., Any] = (
        structlog.processors.JSONRenderer(ensure_ascii=False, default=str)
        if as_json(settings)
        else structlog.dev.ConsoleRenderer(colors=False)
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.format_exc_info,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _redacted,
            render,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, settings["log.level"].upper())),
        # Asked for anew at each line: stderr may have been replaced in between.
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
        cache_logger_on_first_use=False,
    )
    if RUN_ID in os.environ:
        structlog.contextvars.bind_contextvars(run_id=int(os.environ[RUN_ID]))


def last_fault(log: Path) -> str | None:
    """What the process that wrote *log* last said of its end: ``fault`` of a line of JSON or, where it
    crashed, the last line of ``exception``."""
    try:
        with log.open("rb") as lines:
            lines.seek(max(0, log.stat().st_size - _LAST_BYTES))
            last = lines.read().splitlines()[-1:]
        said = json.loads(last[0]) if last else None
    except (OSError, ValueError):
        return None
    if not isinstance(said, dict):
        return None
    if said.get("fault"):
        return str(said["fault"])
    return str(said.get("exception") or "").strip().rpartition("\n")[2][:_SHOWN] or None


class JsonLines(logging.Formatter):
    """Records of the standard library's logging as the lines that our own are where they are JSON.

    One line a record, whatever it holds: ``event``, ``level``, ``timestamp``, ``logger`` and, where there is
    one, ``exception``; ``source`` and ``url`` where a record's ``extra`` gives them.
    """

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "event": record.getMessage(),
            "level": record.levelname.lower(),
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat().replace("+00:00", "Z"),
            "logger": record.name,
        }
        line |= {name: getattr(record, name) for name in ("source", "url") if hasattr(record, name)}
        if RUN_ID in os.environ:
            line["run_id"] = int(os.environ[RUN_ID])
        if record.exc_info and record.exc_info[0] is not None:
            line["exception"] = "".join(traceback.format_exception(*record.exc_info)).rstrip()
        return json.dumps(without_secrets(line), ensure_ascii=False)


def for_process(settings: Settings) -> None:
    """As :func:`configure`, for a process with a log of its own: also what libraries say, and its end."""
    configure(settings)
    if as_json(settings):
        json_lines(settings["log.level"].upper())


def json_lines(level: str) -> None:
    """Let all that libraries log in this process, its warnings and its end by an error be lines of JSON."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines())
    handler.setLevel(level)
    logging.root.addHandler(handler)
    logging.root.setLevel(level)
    logging.captureWarnings(True)

    def ended(kind: type[BaseException], fault: BaseException, trace: TracebackType | None) -> None:
        logging.getLogger("marsad").critical("ended by an error", exc_info=(kind, fault, trace))

    sys.excepthook = ended
