"""Setting a page aside for a person to look at: whatever it did to its reader, its neighbours go on."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    from store.ledger import Ledger

log = structlog.get_logger("marsad.aside")


def set_aside(ledger: Ledger, key: str, source_id: str, url: str, detail: str, now: datetime) -> None:
    """Quarantine the captured page of link *key*; the ledger keeps *detail* whole, the log what it says."""
    ledger.quarantine(key, detail, now)
    log.warning("page_quarantined", source=source_id, url=url, detail=gist(detail))


def gist(detail: str) -> str:
    """The line of *detail* that says what happened.

    A traceback says it last; whatever else may follow a message (where a reader hung, its last words)
    comes after it.
    """
    lines = [line.strip() for line in detail.splitlines() if line.strip()]
    if not lines:
        return ""
    return lines[-1] if lines[0].startswith("Traceback") else lines[0]
