"""Bringing an older ledger to the newest schema; imported only where there is one."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from store.database import Database, LedgerSchema
from store.tables import SCHEMA_VERSION

_FOLDER = Path(__file__).parent / "migrations"


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    return config


def upgrade(database: Database, version: str | None, target: str = SCHEMA_VERSION) -> None:
    """Bring *database* from schema *version* (``None`` = empty) to *target*, in one transaction.

    Of a file that holds something a copy ``ledger.sqlite.schema-<version>`` is kept first.  Raises
    :class:`LedgerSchema` for a version that is unknown here.
    """
    config = _config()
    known = {revision.revision for revision in ScriptDirectory.from_config(config).walk_revisions()}
    if version is not None and version not in known:
        raise LedgerSchema(
            f"{database.name}: has schema {version}, this program knows none later than {SCHEMA_VERSION}; "
            "use the program that wrote it, or a newer one"
        )
    if version is not None and database.path is not None:
        _keep_copy(database, version)
    with database.writing() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, target)


def _keep_copy(database: Database, version: str) -> None:
    assert database.path is not None  # asked by the caller
    copy = database.path.with_name(f"{database.path.name}.schema-{version}")
    if copy.exists():
        return  # an earlier attempt kept it
    part = copy.with_name(copy.name + ".part")
    part.unlink(missing_ok=True)
    with database._translated(), database.engine.connect() as connection:
        raw = connection.connection.dbapi_connection
        raw.execute("VACUUM INTO ?", (str(part),))  # type: ignore[union-attr]  # sqlite3's own shortcut
    part.rename(copy)
