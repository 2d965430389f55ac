"""What articles are to one another, and what analysts say of it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

# Frozen: what store.tables says today may differ tomorrow, this file may not.
_SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_INSTANT = sa.BigInteger()


def upgrade() -> None:
    op.create_table(
        "ties",
        sa.Column("article_id", sa.String(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("rules_version", sa.String(), nullable=False),
        sa.Column("at", _INSTANT, nullable=False),
        sa.Column("marks", sa.Text(), nullable=False),
        sa.Column("story_id", sa.String()),
        sa.Column("document", sa.Text()),
        sa.ForeignKeyConstraint(["article_id"], ["articles.article_id"], name=op.f("fk_ties_article_id")),
        sa.PrimaryKeyConstraint("article_id", name=op.f("pk_ties")),
    )
    op.create_index(op.f("ix_ties_at"), "ties", ["at"])
    op.create_index(op.f("ix_ties_story_id"), "ties", ["story_id"])
    op.create_table(
        "overrides",
        sa.Column("override_id", _SERIAL, nullable=False),
        sa.Column("made_at", _INSTANT, nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("override_id", name=op.f("pk_overrides")),
    )
