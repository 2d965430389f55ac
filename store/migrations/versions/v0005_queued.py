"""Since when an article waits for the index."""

from __future__ import annotations

import time

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("outbox", sa.Column("queued_at", sa.BigInteger()))
    # Since when those wait that are there already is not known: at least since now.
    op.execute(f"UPDATE outbox SET queued_at = {time.time_ns() // 1000}")
