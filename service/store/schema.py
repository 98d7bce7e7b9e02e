"""The schema of the store: which one a database has, and the steps to the one that this program needs."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine

from pricing.errors import InputError
from service.store import keyed_mark
from service.store.audit import begin_keyed
from service.store.database import CHAIN, reading, writing

_UNKEYED = "0001"  # whose audit log was sealed without a key


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    return config


def revisions() -> list[str]:
    """Every schema that was ever released, the oldest first."""
    script = ScriptDirectory.from_config(_config())
    return [step.revision for step in script.walk_revisions()][::-1]


def upgrade(engine: Engine, to: str = "head", home: Path | None = None) -> None:
    """Bring a database to a schema, in one transaction; a newer program's database is refused, not touched.

    home: the data folder, which keeps the mark that the log was keyed; InputError `audit_keyed_before` where it was,
    and this database says that it never was, `store_left_behind` where this database is new.
    """
    with writing(engine) as connection:
        found = MigrationContext.configure(connection).get_current_revision()
        if found is not None and found not in revisions():
            raise InputError("store_newer", "", found=found, known=revisions()[-1])
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("SET LOCAL statement_timeout = 0")  # of a large table it takes its time
        if found == _UNKEYED and home is not None:
            keyed_mark.check_not_keyed(connection, home)
        chain = connection.get_execution_options().get(CHAIN)
        if found is None and home is not None and chain is not None:
            keyed_mark.check_not_left(chain, home)
        command.upgrade(_config(connection), to)
        if found == _UNKEYED and to == "head":
            begin_keyed(connection)
    if home is not None:
        with reading(engine) as connection:  # once it is on the disk, else a log that is still to be keyed has a mark
            keyed_mark.put(connection, home)


def check_newest(connection: Connection) -> None:
    """InputError where a database is not at the schema of this program's tables, for whoever only reads it."""
    found, known = MigrationContext.configure(connection).get_current_revision(), revisions()
    if found != known[-1]:
        code = "store_older" if found is None or found in known else "store_newer"
        raise InputError(code, "", found=found or "—", known=known[-1])


def current(engine: Engine) -> str | None:
    """The schema of a database; None where it has none yet."""
    with reading(engine) as connection:
        return MigrationContext.configure(connection).get_current_revision()
