"""The store of the environment, as commands open it: `LICHENG_DATABASE_URL`, else a file in the data folder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from pricing.errors import InputError
from service.releases.release_record import StoreRecord
from service.settings import home, releases_folder
from service.store import schema
from service.store.database import Engine, connect, database_url, sqlite_file

VARIABLE = "LICHENG_DATABASE_URL"


def url_here() -> str:
    """Where the store is."""
    return database_url(os.environ.get(VARIABLE, ""), home())


def is_here() -> bool:
    """Whether there is one: a database that is named, or the file in the data folder."""
    file = sqlite_file(url_here())
    return file is None or file.is_file()


@contextmanager
def opened() -> Iterator[Engine]:
    """The store at this program's schema, made where there is none yet."""
    if not os.environ.get(VARIABLE):
        home().mkdir(parents=True, exist_ok=True)
    with _connected() as engine:
        schema.upgrade(engine)
        yield engine


@contextmanager
def looked_at() -> Iterator[Engine]:
    """The store as it is, to be read; InputError `store_missing` where there is none."""
    if not is_here():
        raise InputError("store_missing", str(home()), folder=home())
    with _connected() as engine:
        yield engine


@contextmanager
def record_here() -> Iterator[StoreRecord | None]:
    """The record of approvals and releases in the store; None where there is no store."""
    if not is_here():
        yield None
        return
    with opened() as engine:
        yield StoreRecord(engine, releases_folder())


@contextmanager
def _connected() -> Iterator[Engine]:
    engine = connect(url_here())
    try:
        yield engine
    finally:
        engine.dispose()
