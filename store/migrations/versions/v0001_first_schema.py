"""The first released schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

# Frozen: what store.tables says today may differ tomorrow, this file may not.
_SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_INSTANT = sa.BigInteger()
_OPEN = sa.text("state IN ('discovered', 'fetching', 'retry')")
_CAPTURED = sa.text("state = 'captured'")


def upgrade() -> None:
    op.create_table(
        "articles",
        sa.Column("article_id", sa.String(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("source_id", sa.String(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("first_seen_at", _INSTANT, nullable=False),
        sa.Column("last_seen_at", _INSTANT, nullable=False),
        sa.Column("removed_at", _INSTANT),
        sa.PrimaryKeyConstraint("article_id", name=op.f("pk_articles")),
        sa.UniqueConstraint("key", name=op.f("uq_articles_key")),
    )
    op.create_table(
        "coverage",
        sa.Column("source_id", sa.String(), nullable=False),
        sa.Column("from_at", _INSTANT, nullable=False),
        sa.Column("to_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("source_id", "from_at", name=op.f("pk_coverage")),
    )
    op.create_table(
        "entry_points",
        sa.Column("source_id", sa.String(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("etag", sa.Text()),
        sa.Column("last_modified", sa.Text()),
        sa.Column("body_sha256", sa.String()),
        sa.Column("next_due_at", _INSTANT),
        sa.Column("interval_s", sa.Float()),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_status", sa.Integer()),
        sa.Column("last_fetched_at", _INSTANT),
        sa.Column("moved_to", sa.Text()),
        sa.PrimaryKeyConstraint("source_id", "url", name=op.f("pk_entry_points")),
    )
    op.create_table(
        "hosts",
        sa.Column("host", sa.String(), nullable=False),
        sa.Column("token", sa.Integer(), nullable=False),
        sa.Column("lease_owner", sa.String()),
        sa.Column("lease_until", _INSTANT),
        sa.Column("next_allowed_at", _INSTANT),
        sa.Column("blocked_until", _INSTANT),
        sa.Column("blocked_reason", sa.Text()),
        sa.Column("crawl_delay_s", sa.Float()),
        sa.Column("served_at", _INSTANT),
        sa.Column("robots_status", sa.Integer()),
        sa.Column("robots_body", sa.LargeBinary()),
        sa.Column("robots_fetched_at", _INSTANT),
        sa.PrimaryKeyConstraint("host", name=op.f("pk_hosts")),
    )
    op.create_table(
        "links",
        sa.Column("link_id", _SERIAL, autoincrement=True, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("source_id", sa.String(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("host", sa.String(), nullable=False),
        sa.Column("found_in", sa.Text(), nullable=False),
        sa.Column("via", sa.String(), nullable=False),
        sa.Column("hint", sa.Text()),
        sa.Column("tier", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("discovered_at", _INSTANT, nullable=False),
        sa.Column("changed_at", _INSTANT, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("ready_at", _INSTANT),
        sa.Column("lease_owner", sa.String()),
        sa.Column("reason", sa.String()),
        sa.Column("detail", sa.Text()),
        sa.Column("capture_file", sa.Text()),
        sa.Column("capture_offset", sa.BigInteger()),
        sa.Column("capture_sha256", sa.String()),
        sa.Column("fetched_at", _INSTANT),
        sa.Column("status", sa.Integer()),
        sa.Column("readings", sa.Integer(), nullable=False),
        sa.Column("article_id", sa.String()),
        sa.CheckConstraint(
            "state <> 'captured' OR capture_file IS NOT NULL", name=op.f("ck_links_captured_has_capture")
        ),
        sa.PrimaryKeyConstraint("link_id", name=op.f("pk_links")),
        sa.UniqueConstraint("key", name=op.f("uq_links_key")),
    )
    op.create_index(
        "ix_links_captured",
        "links",
        ["fetched_at", "link_id"],
        sqlite_where=_CAPTURED,
        postgresql_where=_CAPTURED,
    )
    op.create_index(
        "ix_links_open",
        "links",
        ["host", "tier", "discovered_at", "link_id"],
        sqlite_where=_OPEN,
        postgresql_where=_OPEN,
    )
    op.create_index("ix_links_reason_state", "links", ["reason", "state"])
    op.create_table(
        "outbox",
        sa.Column("seq", _SERIAL, autoincrement=True, nullable=False),
        sa.Column("article_id", sa.String(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("lease_owner", sa.String()),
        sa.Column("lease_until", _INSTANT),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_outbox")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "sources",
        sa.Column("source_id", sa.String(), nullable=False),
        sa.Column("first_visited_at", _INSTANT),
        sa.Column("last_visited_at", _INSTANT),
        sa.Column("last_ok_at", _INSTANT),
        sa.Column("next_due_at", _INSTANT),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.Text()),
        sa.PrimaryKeyConstraint("source_id", name=op.f("pk_sources")),
    )
    op.create_table(
        "visits",
        sa.Column("visit_id", _SERIAL, autoincrement=True, nullable=False),
        sa.Column("source_id", sa.String(), nullable=False),
        sa.Column("started_at", _INSTANT, nullable=False),
        sa.Column("ended_at", _INSTANT),
        sa.Column("outcome", sa.String()),
        sa.Column("counts", sa.Text()),
        sa.PrimaryKeyConstraint("visit_id", name=op.f("pk_visits")),
    )
    op.create_index("ix_visits_source_id_started_at", "visits", ["source_id", "started_at"])
    op.create_table(
        "revisions",
        sa.Column("article_id", sa.String(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("fetched_at", _INSTANT, nullable=False),
        sa.Column("content_hash", sa.String(), nullable=False),
        sa.Column("rules_version", sa.String(), nullable=False),
        sa.Column("capture_file", sa.Text(), nullable=False),
        sa.Column("capture_offset", sa.BigInteger(), nullable=False),
        sa.Column("capture_sha256", sa.String(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"], ["articles.article_id"], name=op.f("fk_revisions_article_id")
        ),
        sa.PrimaryKeyConstraint("article_id", "revision", name=op.f("pk_revisions")),
    )
    op.create_table(
        "variants",
        sa.Column("article_id", sa.String(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["articles.article_id"], name=op.f("fk_variants_article_id")),
        sa.PrimaryKeyConstraint("article_id", "url", name=op.f("pk_variants")),
    )
    op.create_index(op.f("ix_variants_key"), "variants", ["key"])
