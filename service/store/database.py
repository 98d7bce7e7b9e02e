"""The database: its engine, and transactions that are on the disk when they have ended.

SQLite: write-ahead log, `synchronous=FULL` (a commit is fsynced, so it survives power loss), every write transaction
begins IMMEDIATE, so that two writers wait for each other instead of losing what the other read. PostgreSQL: writers
take one advisory lock, because the audit log is one chain. A database that does not answer is `StoreNotAvailable` on
either, and soon: nobody waits for it longer than the limits below.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection as Connection
from sqlalchemy import Engine as Engine
from sqlalchemy import create_engine, event, exc, make_url, text

from pricing.errors import InputError
from service.store.unavailable import StoreNotAvailable

_BUSY_MS = 10_000  # a writer waits so long for the others
_CHAIN = 0x6C6963  # the advisory lock of writers
_WRITES = "licheng_writes"
AUDIT_HEAD = "licheng_audit_head"  # of a write transaction's connection: the last entry, None: to be read
_OPENED = "licheng_opened"  # of a connection to SQLite: which file it has open
_LOCK = text("SELECT pg_advisory_xact_lock(:chain)")
_CONNECTIONS = {"pool_size": 8, "max_overflow": 8, "pool_timeout": 5}  # seconds; readers in threads, one writer
_SQLITE = (
    *("journal_mode=WAL", "synchronous=FULL", "fullfsync=ON", "foreign_keys=ON", f"busy_timeout={_BUSY_MS}"),
    *("cache_size=-8000", "journal_size_limit=67108864"),
)
_POSTGRESQL = {
    "connect_timeout": 5,
    "application_name": "licheng",
    "options": f"-c lock_timeout={_BUSY_MS} -c statement_timeout=30000 -c idle_in_transaction_session_timeout=60000",
    # A server that vanished without a word is noticed by the system's own probes.
    **{"keepalives": 1, "keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 3},
    "tcp_user_timeout": 10_000,
}
# What the database says when it is gone, full or locked; the other errors are of a statement.
_NOT_AVAILABLE = (exc.OperationalError, exc.InterfaceError, exc.TimeoutError, exc.ResourceClosedError)


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


def sqlite_file(url: str) -> Path | None:
    """The file of an SQLite database; None where it is PostgreSQL."""
    parsed = make_url(url)
    return Path(parsed.database or "") if parsed.get_backend_name() == "sqlite" else None


def connect(url: str) -> Engine:
    """An engine whose connections are set as this module says."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        settings: dict[str, Any] = {"check_same_thread": False, "timeout": _BUSY_MS / 1000}
        engine = create_engine(parsed, connect_args=settings, **_CONNECTIONS)
        file = _File(Path(parsed.database or ""))
        event.listen(engine, "do_connect", file.opening)
        event.listen(engine, "connect", file.opened)
        event.listen(engine, "checkout", file.taken)
        event.listen(engine, "connect", _set_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    else:
        engine = create_engine(parsed, pool_pre_ping=True, connect_args=_POSTGRESQL, **_CONNECTIONS)
    return engine


class _File:
    """The file of an SQLite database: what is written into one that was moved away would be lost, and nobody told."""

    def __init__(self, path: Path) -> None:
        self._path, self._known = path, False

    def opening(self, *_: Any) -> None:
        """A new file is for its owner alone (SQLite gives those beside it the same permissions); one that was there
        is not made a second time: StoreNotAvailable.
        """
        if self._known:
            self._which()
        elif self._path.parent.is_dir():
            self._path.touch(mode=0o600)

    def opened(self, _connection: Any, record: Any) -> None:
        """A connection is open."""
        self._known = True
        record.info[_OPENED] = self._which()

    def taken(self, _connection: Any, record: Any, _proxy: Any) -> None:
        """A connection is to be used: on to the file that stands there now, where it is another."""
        if record.info[_OPENED] != self._which():
            raise exc.DisconnectionError("the file of the database was replaced")

    def _which(self) -> tuple[int, int]:
        try:
            found = self._path.stat()
        except OSError as error:
            raise StoreNotAvailable(f"the file of the database: {error.strerror}") from None
        return found.st_dev, found.st_ino


def _set_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # pysqlite begins nothing on its own
    for pragma in _SQLITE:
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A write transaction: committed and on the disk when the block ends, undone where it raises."""
    with _answering(), engine.connect() as opened:
        connection = opened.execution_options(**{_WRITES: True})
        with connection.begin():
            if connection.dialect.name == "postgresql":
                connection.execute(_LOCK, {"chain": _CHAIN})
            info = connection.info  # held here, for a connection that is gone gives it no more
            info[AUDIT_HEAD] = None
            try:
                yield connection
                whole(connection)
            finally:
                info.pop(AUDIT_HEAD, None)


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A read transaction: one consistent view."""
    with _answering(), engine.connect() as connection:
        if connection.dialect.name == "postgresql":  # SQLite reads so always
            connection.execution_options(isolation_level="REPEATABLE READ")
        with connection.begin():
            yield connection


def whole(connection: Connection) -> None:
    """StoreNotAvailable where the database ended the transaction on its own: SQLite does, when the disk is full.

    What would follow then, would be written piece by piece, and what came before is gone.
    """
    driver: Any = connection.connection.dbapi_connection
    if connection.dialect.name == "sqlite" and not driver.in_transaction:
        raise StoreNotAvailable("the transaction was rolled back by the database")


def is_unavailable(error: BaseException) -> bool:
    """Whether an error says that the database does not answer, rather than that a statement is wrong."""
    if isinstance(error, StoreNotAvailable | exc.TimeoutError):
        return True
    if isinstance(error, exc.DBAPIError):
        # The plain class is what SQLite says of a file that is broken or no database.
        return error.connection_invalidated or isinstance(error, _NOT_AVAILABLE) or type(error) is exc.DatabaseError
    return isinstance(error, _NOT_AVAILABLE)


@contextmanager
def _answering() -> Iterator[None]:
    try:
        yield
    except exc.SQLAlchemyError as error:
        if not is_unavailable(error):
            raise
        said = error.orig if isinstance(error, exc.DBAPIError) else error
        raise StoreNotAvailable(f"{type(said).__name__}: {said}") from error
