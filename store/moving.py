"""A whole ledger copied into an empty one, on whatever engine each of them is."""

from __future__ import annotations

from collections.abc import Callable

import sqlalchemy as sa

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
                raise LedgerError(
                    f"{target._db.name}: table {table.name} holds rows already, expected an empty ledger. "
                    "Next: name a new database in ledger.url (createdb)"
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
            counter = table.autoincrement_column
            if counter is not None and new.dialect.name == "postgresql" and copied[table.name]:
                of = sa.func.pg_get_serial_sequence(table.name, counter.name)
                new.execute(sa.select(sa.func.setval(of, sa.select(sa.func.max(counter)).scalar_subquery())))
    return copied
