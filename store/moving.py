"""A whole ledger copied into an empty one, on whatever engine each of them is."""

from __future__ import annotations

from collections.abc import Callable

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from store.articles import last_number
from store.database import LedgerError
from store.ledger import Ledger
from store.tables import metadata

_ROWS = 1000


def copy_ledger(
    source: Ledger, target: Ledger, progress: Callable[[int], object] = lambda rows: None
) -> dict[str, int]:
    """Copy every row of *source* into *target*, in one transaction; table → rows copied.

    What is written to *source* meanwhile is not copied: stop whoever writes first.  Raises
    :class:`LedgerError` if *target* holds anything already; nothing is changed then.
    """
    copied: dict[str, int] = {}
    done = 0
    with source._db.reading() as old, target._db.writing() as new:
        for table in metadata.sorted_tables:
            if new.execute(sa.select(table).limit(1)).first() is not None:
                move = "move it aside" if target.file else "name a new database in ledger.url (createdb)"
                raise LedgerError(
                    f"{target.name}: table {table.name} holds rows already, expected an empty ledger. "
                    f"Next: {move}"
                )
        for table in metadata.sorted_tables:
            copied[table.name] = 0
            rows = old.execution_options(yield_per=_ROWS).execute(
                sa.select(table).order_by(*table.primary_key)
            )
            for some in rows.mappings().partitions(_ROWS):
                new.execute(sa.insert(table), [dict(row) for row in some])
                copied[table.name] += len(some)
                progress(done := done + len(some))
            if table.autoincrement_column is not None:
                last = last_number(old, table)
                _count_on(new, table, table.autoincrement_column, last)
    return copied


def _count_on(connection: Connection, table: sa.Table, counter: sa.Column[int], last: int) -> None:
    """Let *table* give its next row a number behind *last* and behind all that it has.

    Also where its rows are gone: the index goes by the numbers that rows of the outbox had.
    """
    last = max(last, connection.scalar(sa.select(sa.func.max(counter))) or 0)
    if not last:
        return
    if connection.dialect.name == "postgresql":
        of = sa.func.pg_get_serial_sequence(table.name, counter.name)
        connection.execute(sa.select(sa.func.setval(of, last)))
    elif table.dialect_options["sqlite"]["autoincrement"]:
        named = {"name": table.name, "last": last}
        connection.execute(sa.text("DELETE FROM sqlite_sequence WHERE name = :name"), named)
        connection.execute(sa.text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :last)"), named)
