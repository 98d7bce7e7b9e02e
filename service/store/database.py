"""The database: its engine, and transactions that are on the disk when they have ended.

SQLite: write-ahead log, `synchronous=FULL` (a commit is fsynced, so it survives power loss), every write transaction
begins IMMEDIATE, so that two writers wait for each other instead of losing what the other read. PostgreSQL: writers
take one advisory lock, because the audit log is one chain.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url, text

from pricing.errors import InputError

_BUSY_MS = 10_000
_CHAIN = 0x6C6963  # the advisory lock of writers
_WRITES = "licheng_writes"


def database_url(named: str, home: Path) -> str:
    """`LICHENG_DATABASE_URL` as SQLAlchemy reads it, else SQLite in the data folder; psycopg 3 drives PostgreSQL."""
    if not named:
        return f"sqlite:///{home / 'licheng.db'}"
    for scheme in ("postgres://", "postgresql://"):
        if named.startswith(scheme):
            return "postgresql+psycopg://" + named.removeprefix(scheme)
    if not named.startswith(("sqlite:///", "postgresql+psycopg://")):
        raise InputError("database_unknown", "LICHENG_DATABASE_URL", kind=named.split(":")[0])
    return named


def connect(url: str) -> Engine:
    """An engine whose connections are set as this module says."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        engine = create_engine(parsed, connect_args={"check_same_thread": False, "timeout": _BUSY_MS / 1000})
        event.listen(engine, "connect", _set_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    else:
        engine = create_engine(parsed, pool_pre_ping=True, pool_size=8, connect_args={"connect_timeout": 5})
    return engine


def _set_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # pysqlite begins nothing on its own
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={_BUSY_MS}"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A write transaction: committed and on the disk when the block ends, undone where it raises."""
    with engine.connect() as opened:
        connection = opened.execution_options(**{_WRITES: True})
        with connection.begin():
            if connection.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:chain)"), {"chain": _CHAIN})
            yield connection


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A read transaction: one consistent view."""
    with engine.connect() as connection, connection.begin():
        yield connection
