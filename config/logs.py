"""How log lines are written: to stderr, as the settings of section ``log`` say."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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
