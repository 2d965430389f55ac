"""The tables of the ledger, as of the newest schema; ``docs/ledger.md`` says what each is for.

``store/migrations`` leads older files here step by step; a test holds the two together.  Only types and
clauses that SQLite and PostgreSQL share.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    literal_column,
)
from sqlalchemy.engine import Dialect

SCHEMA_VERSION = "0005"
"""The Alembic revision that these tables are."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Instant(TypeDecorator[datetime]):
    """An aware time, kept as whole microseconds since 1970 UTC: exact, and the same on every database."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> int | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"time without a zone: {value!r}")
        return int((value - _EPOCH) // _MICROSECOND)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        return None if value is None else _EPOCH + timedelta(microseconds=value)


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)

# SQLite counts rows in INTEGER keys only; PostgreSQL needs the wider type.
_Serial = BigInteger().with_variant(Integer, "sqlite")

entry_points = Table(
    "entry_points",
    metadata,
    Column("source_id", String, primary_key=True),
    Column("url", Text, primary_key=True),
    Column("etag", Text),
    Column("last_modified", Text),
    Column("body_sha256", String),
    Column("next_due_at", Instant),
    Column("interval_s", Float),
    Column("failures", Integer, nullable=False),
    Column("last_status", Integer),
    Column("last_fetched_at", Instant),
    Column("moved_to", Text),
    Column("turnover_s", Float),
)

sources = Table(
    "sources",
    metadata,
    Column("source_id", String, primary_key=True),
    Column("first_visited_at", Instant),
    Column("last_visited_at", Instant),
    Column("last_ok_at", Instant),
    Column("next_due_at", Instant),
    Column("state", String, nullable=False),
    Column("reason", Text),
)

visits = Table(
    "visits",
    metadata,
    Column("visit_id", _Serial, primary_key=True, autoincrement=True),
    Column("source_id", String, nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("outcome", String),
    Column("counts", Text),
    Index("ix_visits_source_id_started_at", "source_id", "started_at"),
)

coverage = Table(
    "coverage",
    metadata,
    Column("source_id", String, primary_key=True),
    Column("from_at", Instant, primary_key=True),
    Column("to_at", Instant, nullable=False),
)

links = Table(
    "links",
    metadata,
    Column("link_id", _Serial, primary_key=True, autoincrement=True),
    Column("key", Text, nullable=False, unique=True),
    Column("source_id", String, nullable=False),
    Column("url", Text, nullable=False),
    Column("host", String, nullable=False),
    Column("found_in", Text, nullable=False),
    Column("via", String, nullable=False),
    Column("hint", Text),
    Column("tier", Integer, nullable=False),
    Column("state", String, nullable=False),
    Column("discovered_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("ready_at", Instant),
    Column("lease_owner", String),
    Column("reason", String),
    Column("detail", Text),
    Column("capture_file", Text),
    Column("capture_offset", BigInteger),
    Column("capture_sha256", String),
    Column("fetched_at", Instant),
    Column("status", Integer),
    Column("readings", Integer, nullable=False),
    Column("article_id", String),
    Column("etag", Text),
    Column("last_modified", Text),
    Column("checked_at", Instant),
    CheckConstraint("state <> 'captured' OR capture_file IS NOT NULL", name="captured_has_capture"),
)
# What waits is small beside what is done: the queues read indexes that hold nothing else.  Written as
# literals, because SQLite uses a partial index only for a query that repeats its condition to the letter.
OPEN = links.c.state.in_([literal_column(f"'{state}'") for state in ("discovered", "fetching", "retry")])
"""Links still to be fetched."""
CAPTURED = links.c.state == literal_column("'captured'")
"""Links whose page waits to be read."""
Index(
    "ix_links_open",
    links.c.host,
    links.c.tier,
    links.c.discovered_at,
    links.c.link_id,
    sqlite_where=OPEN,
    postgresql_where=OPEN,
)
Index(
    "ix_links_captured",
    links.c.fetched_at,
    links.c.link_id,
    sqlite_where=CAPTURED,
    postgresql_where=CAPTURED,
)
# Reason first: with the state in front, SQLite would take this index for the queues.
Index("ix_links_reason_state", links.c.reason, links.c.state)

articles = Table(
    "articles",
    metadata,
    Column("article_id", String, primary_key=True),
    Column("key", Text, nullable=False, unique=True),
    Column("source_id", String, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("first_seen_at", Instant, nullable=False),
    Column("last_seen_at", Instant, nullable=False),
    Column("removed_at", Instant),
)

revisions = Table(
    "revisions",
    metadata,
    Column("article_id", String, ForeignKey("articles.article_id"), primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("fetched_at", Instant, nullable=False),
    Column("content_hash", String, nullable=False),
    Column("rules_version", String, nullable=False),
    Column("capture_file", Text, nullable=False),
    Column("capture_offset", BigInteger, nullable=False),
    Column("capture_sha256", String, nullable=False),
    Column("document", Text, nullable=False),
)

variants = Table(
    "variants",
    metadata,
    Column("article_id", String, ForeignKey("articles.article_id"), primary_key=True),
    Column("url", Text, primary_key=True),
    Column("key", Text, nullable=False, index=True),
)

ties = Table(
    "ties",
    metadata,
    Column("article_id", String, ForeignKey("articles.article_id"), primary_key=True),
    Column("revision", Integer, nullable=False),
    Column("rules_version", String, nullable=False),
    Column("at", Instant, nullable=False, index=True),
    Column("marks", Text, nullable=False),
    Column("story_id", String, index=True),
    Column("document", Text),
)

overrides = Table(
    "overrides",
    metadata,
    Column("override_id", _Serial, primary_key=True, autoincrement=True),
    Column("made_at", Instant, nullable=False),
    Column("document", Text, nullable=False),
)

outbox = Table(
    "outbox",
    metadata,
    Column("seq", _Serial, primary_key=True, autoincrement=True),
    Column("article_id", String, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("lease_owner", String),
    Column("lease_until", Instant),
    Column("queued_at", Instant, default=lambda: datetime.now(UTC)),  # by the clock of whoever stores
    sqlite_autoincrement=True,  # a number is never given twice: a late outbox_done deletes no newer row
)

refusals = Table(
    "refusals",
    metadata,
    Column("article_id", String, primary_key=True),
    Column("revision", Integer, nullable=False),
    Column("at", Instant, nullable=False),
    Column("reason", Text, nullable=False),
)

hosts = Table(
    "hosts",
    metadata,
    Column("host", String, primary_key=True),
    Column("token", Integer, nullable=False),
    Column("lease_owner", String),
    Column("lease_until", Instant),
    Column("next_allowed_at", Instant),
    Column("blocked_until", Instant),
    Column("blocked_reason", Text),
    Column("crawl_delay_s", Float),
    Column("served_at", Instant),
    Column("robots_status", Integer),
    Column("robots_body", LargeBinary),
    Column("robots_fetched_at", Instant),
)

runs = Table(
    "runs",
    metadata,
    Column("run_id", _Serial, primary_key=True, autoincrement=True),
    Column("job", String, nullable=False),
    Column("sources", Text),
    Column("owner", String, nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("outcome", String),
    Column("detail", Text),
    Column("counts", Text),
    Column("exit_code", Integer),
    Column("peak_kb", Integer),
    Column("log", Text),
    Index("ix_runs_job_started_at", "job", "started_at"),
    Index("ix_runs_started_at", "started_at"),
)

jobs = Table(
    "jobs",
    metadata,
    Column("job", String, primary_key=True),
    Column("next_due_at", Instant),
    Column("paused_at", Instant),
    Column("wanted_at", Instant),
)

health = Table(
    "health",
    metadata,
    Column("source_id", String, primary_key=True),
    Column("state", String, nullable=False),
    Column("since", Instant, nullable=False),
    Column("checked_at", Instant, nullable=False),
    Column("document", Text, nullable=False),
)

health_changes = Table(
    "health_changes",
    metadata,
    Column("change_id", _Serial, primary_key=True, autoincrement=True),
    Column("source_id", String, nullable=False),
    Column("at", Instant, nullable=False),
    Column("was", String),
    Column("state", String, nullable=False),
    Column("reason", Text, nullable=False),
    Column("told_at", Instant),
    Index("ix_health_changes_source_id_at", "source_id", "at"),
)

gaps = Table(
    "gaps",
    metadata,
    Column("source_id", String, primary_key=True),
    Column("from_at", Instant, primary_key=True),
    Column("to_at", Instant),
    Column("reason", Text, nullable=False),
)

locks = Table(
    "locks",
    metadata,
    Column("name", String, primary_key=True),
    Column("token", Integer, nullable=False),
    Column("owner", String),
    Column("until", Instant),
)

workers = Table(
    "workers",
    metadata,
    Column("worker_id", String, primary_key=True),
    Column("owner", String, nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
    Column("stopped_at", Instant),
)

alembic_version = Table(
    "alembic_version",
    MetaData(),  # Alembic's own table: not part of the schema that it compares
    Column("version_num", String(32), primary_key=True),
)
