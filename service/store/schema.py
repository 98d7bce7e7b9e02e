"""The schema of the store: which one a database has, and the steps to the one that this program needs."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine

from pricing.errors import InputError
from service.store.audit import begin_keyed
from service.store.database import reading, writing

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


def upgrade(engine: Engine, to: str = "head") -> None:
    """Bring a database to a schema, in one transaction; a newer program's database is refused, not touched."""
    with writing(engine) as connection:
        found = MigrationContext.configure(connection).get_current_revision()
        if found is not None and found not in revisions():
            raise InputError("store_newer", "", found=found, known=revisions()[-1])
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("SET LOCAL statement_timeout = 0")  # of a large table it takes its time
        command.upgrade(_config(connection), to)
        if found == _UNKEYED and to == "head":
            begin_keyed(connection)


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
