"""Runs, jobs, the health of sources, locks between processes, and what a revisit asks with."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

# Frozen: what store.tables says today may differ tomorrow, this file may not.
_SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_INSTANT = sa.BigInteger()


def upgrade() -> None:
    op.add_column("entry_points", sa.Column("turnover_s", sa.Float()))
    op.add_column("links", sa.Column("etag", sa.Text()))
    op.add_column("links", sa.Column("last_modified", sa.Text()))
    op.add_column("links", sa.Column("checked_at", _INSTANT))
    op.create_table(
        "runs",
        sa.Column("run_id", _SERIAL, nullable=False),
        sa.Column("job", sa.String(), nullable=False),
        sa.Column("sources", sa.Text()),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("started_at", _INSTANT, nullable=False),
        sa.Column("ended_at", _INSTANT),
        sa.Column("outcome", sa.String()),
        sa.Column("detail", sa.Text()),
        sa.Column("counts", sa.Text()),
        sa.Column("exit_code", sa.Integer()),
        sa.Column("peak_kb", sa.Integer()),
        sa.Column("log", sa.Text()),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_runs")),
    )
    op.create_index("ix_runs_job_started_at", "runs", ["job", "started_at"])
    op.create_index("ix_runs_started_at", "runs", ["started_at"])
    op.create_table(
        "jobs",
        sa.Column("job", sa.String(), nullable=False),
        sa.Column("next_due_at", _INSTANT),
        sa.Column("paused_at", _INSTANT),
        sa.Column("wanted_at", _INSTANT),
        sa.PrimaryKeyConstraint("job", name=op.f("pk_jobs")),
    )
    op.create_table(
        "health",
        sa.Column("source_id", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("since", _INSTANT, nullable=False),
        sa.Column("checked_at", _INSTANT, nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("source_id", name=op.f("pk_health")),
    )
    op.create_table(
        "health_changes",
        sa.Column("change_id", _SERIAL, nullable=False),
        sa.Column("source_id", sa.String(), nullable=False),
        sa.Column("at", _INSTANT, nullable=False),
        sa.Column("was", sa.String()),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("told_at", _INSTANT),
        sa.PrimaryKeyConstraint("change_id", name=op.f("pk_health_changes")),
    )
    op.create_index("ix_health_changes_source_id_at", "health_changes", ["source_id", "at"])
    op.create_table(
        "gaps",
        sa.Column("source_id", sa.String(), nullable=False),
        sa.Column("from_at", _INSTANT, nullable=False),
        sa.Column("to_at", _INSTANT),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("source_id", "from_at", name=op.f("pk_gaps")),
    )
    op.create_table(
        "locks",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("token", sa.Integer(), nullable=False),
        sa.Column("owner", sa.String()),
        sa.Column("until", _INSTANT),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_locks")),
    )
    op.create_table(
        "workers",
        sa.Column("worker_id", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("started_at", _INSTANT, nullable=False),
        sa.Column("seen_at", _INSTANT, nullable=False),
        sa.Column("stopped_at", _INSTANT),
        sa.PrimaryKeyConstraint("worker_id", name=op.f("pk_workers")),
    )
