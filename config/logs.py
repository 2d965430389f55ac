"""How log lines are written: to stderr, as the settings of section ``log`` say."""

from __future__ import annotations

import json
import logging
import sys
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import TracebackType

    from config.settings import Settings


def configure(settings: Settings) -> None:
    """Make ``structlog`` write to stderr by ``log.level`` and ``log.format``: stdout carries data only."""
    import structlog

    render: Callable[..., Any] = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if settings["log.format"] == "json"
        else structlog.dev.ConsoleRenderer(colors=False)
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.format_exc_info,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            render,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, settings["log.level"].upper())),
        # Asked for anew at each line: stderr may have been replaced in between.
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
        cache_logger_on_first_use=False,
    )


class JsonLines(logging.Formatter):
    """Records of the standard library's logging as the lines that ``log.format = "json"`` has everywhere.

    One line a record, whatever it holds: ``event``, ``level``, ``timestamp``, ``logger`` and, where there is
    one, ``exception``.
    """

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "event": record.getMessage(),
            "level": record.levelname.lower(),
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat().replace("+00:00", "Z"),
            "logger": record.name,
        }
        if record.exc_info and record.exc_info[0] is not None:
            line["exception"] = "".join(traceback.format_exception(*record.exc_info)).rstrip()
        return json.dumps(line, ensure_ascii=False)


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
