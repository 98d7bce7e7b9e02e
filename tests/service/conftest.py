"""Fixtures of the service's tests: an empty database of either kind, for what must hold on both."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from service.store import schema
from service.store.database import Engine, connect
from service.store.writer import Writer
from tests.service.postgres import Postgres, postgres
from tests.service.secrets import CHAIN


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Postgres]:
    """One PostgreSQL for all tests of a process."""
    with postgres() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """URL of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'licheng.db'}"
    server: Postgres = request.getfixturevalue("postgres_server")
    number = server.psql("postgres", "SELECT count(*) FROM pg_database").strip()
    return server.database(f"store_{number}")


@pytest.fixture
def engine(database: str) -> Iterator[Engine]:
    """Its engine, the schema at this program's."""
    made = connect(database, CHAIN)
    schema.upgrade(made)
    try:
        yield made
    finally:
        made.dispose()


@pytest.fixture
def sizes() -> list[int]:
    """Works of each transaction."""
    return []


@pytest.fixture
def writer(engine: Engine, sizes: list[int]) -> Iterator[Writer]:
    """A writer of that database."""
    made = Writer(engine, sizes.append)
    yield made
    made.close()
