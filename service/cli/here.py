"""The store of the environment, as commands open it: `LICHENG_DATABASE_URL`, else a file in the data folder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from pricing.errors import InputError
from service.auth.keyring import Keyring
from service.releases.release_record import StoreRecord
from service.secret import secret_of
from service.settings import home, releases_folder
from service.store import schema, sealed_with
from service.store.database import Engine, connect, database_url, reading, sqlite_file

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
    embedded = not os.environ.get(VARIABLE)
    if embedded:
        home().mkdir(parents=True, exist_ok=True)
    with _connected(make=embedded and not _has_secret()) as engine:
        sealed_with.check(engine, secret_of(os.environ, home(), make=False)[0])
        schema.upgrade(engine, home=home())
        yield engine


@contextmanager
def changed() -> Iterator[Engine]:
    """The store to write into what is there; InputError `store_missing` where there is none."""
    _check_there()
    with opened() as engine:
        yield engine


@contextmanager
def looked_at() -> Iterator[Engine]:
    """The store as it is, to be read; InputError `store_missing` where there is none."""
    _check_there()
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


def _check_there() -> None:
    if not is_here():
        raise InputError("store_missing", str(home()), folder=home())


def chain_here(make: bool = False) -> bytes | None:
    """The key of the audit log, from the secret of the environment; None where there is none. make: write one then."""
    secret, _ = secret_of(os.environ, home(), make)
    return Keyring.of(secret).chaining if secret else None


def _has_secret() -> bool:
    """Whether the store was sealed with a secret, so that no other may be made."""
    if not is_here():
        return False
    engine = connect(url_here())
    try:
        if schema.current(engine) is None:
            return False
        with reading(engine) as connection:
            return sealed_with.is_sealed(connection)
    finally:
        engine.dispose()


@contextmanager
def _connected(make: bool = False) -> Iterator[Engine]:
    engine = connect(url_here(), chain_here(make))
    try:
        yield engine
    finally:
        engine.dispose()
