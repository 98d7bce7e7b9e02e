"""The filing of quotes: who waits at the same moment is stored together, and answered for himself."""

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from service.ids import new_id
from service.store import keys
from service.store.database import Connection, Engine, connect, reading, writing
from service.store.filing import Filing
from service.store.quotes import CREATED, PREFIX, Quote, documents_hash, find, row_hash
from service.store.unavailable import StoreNotAvailable
from service.store.writer import Writer
from tests.service.secrets import CHAIN
from tests.service.test_store_writer import held, log

DAYS = {"created_at": "2026-11-26T10:00:00+08:00", "valid_until": "2026-12-26", "month": "2026-10"}


@pytest.fixture
def quote(engine: Engine) -> Callable[[], Quote]:
    """A quote of a key in the store, each time another."""
    with writing(engine) as connection:
        key = keys.create(connection, keys.Wanted("insurer", "picc", "Quoting system"), "operator").key_id

    def made() -> Quote:
        whose: dict[str, Any] = {"id": new_id(PREFIX), "key_id": key, "tenant": "picc", "worker_key": "w_1", **DAYS}
        documents: dict[str, Any] = {"request": b"sealed", "answer": b"sealed too", "answer_sha256": "sha256:3"}
        return Quote(**whose, known_on="2026-11-26", edition="sha256:2", release=0, **documents)

    return made


def fails(error: Exception) -> Callable[[Connection], Quote]:
    def made(connection: Connection) -> Quote:
        raise error

    return made


def told(writer: Writer, *several: Callable[[Connection], Quote]) -> list[BaseException | None]:
    """What each is told, where all wait at the same moment."""

    async def together() -> list[BaseException | None]:
        filing = Filing(writer)
        waiting: list[Coroutine[Any, Any, None]] = [
            filing.put(made, f"rq_{number}") for number, made in enumerate(several)
        ]
        return await asyncio.gather(*waiting, return_exceptions=True)

    return asyncio.run(together())


def created(engine: Engine) -> dict[str, str | None]:
    """Quotes of the log with the ids of their requests; each is stored as its entry says."""
    entries = [entry for entry in log(engine) if entry.action == CREATED]
    with reading(engine) as connection:
        for entry in entries:
            stored = find(connection, entry.subject)
            assert stored is not None
            assert row_hash(stored) in entry.detail
            assert documents_hash(stored) in entry.detail
    return {entry.subject: entry.request_id for entry in entries}


def test_quotes_that_wait_at_the_same_moment_are_one_work(
    engine: Engine, writer: Writer, sizes: list[int], quote: Callable[[], Quote]
) -> None:
    several = [quote() for _ in range(300)]
    assert told(writer, *(lambda _, one=one: one for one in several)) == [None] * 300
    assert created(engine) == {one.id: f"rq_{number}" for number, one in enumerate(several)}
    writer.close()
    assert sizes == [1, 1]  # 256 of them, and the others


def test_one_that_cannot_be_made_takes_nobody_along(engine: Engine, writer: Writer, quote: Callable[[], Quote]) -> None:
    first, last, refused = quote(), quote(), ValueError("over its quota")
    assert told(writer, lambda _: first, fails(refused), lambda _: last) == [None, refused, None]
    assert created(engine) == {first.id: "rq_0", last.id: "rq_2"}
    assert told(writer, fails(refused)) == [refused]


def test_one_that_cannot_be_stored_takes_nobody_along(
    engine: Engine, writer: Writer, quote: Callable[[], Quote]
) -> None:
    first, last = quote(), quote()
    good, twice, other = told(writer, lambda _: first, lambda _: first, lambda _: last)
    assert good is None
    assert other is None
    assert "IntegrityError" in type(twice).__name__
    assert created(engine) == {first.id: "rq_0", last.id: "rq_2"}


def test_who_gave_up_before_it_began_is_not_stored(engine: Engine, writer: Writer, quote: Callable[[], Quote]) -> None:
    async def given_up() -> None:
        filing = Filing(writer)
        go = held(writer)
        first = asyncio.create_task(filing.put(lambda _: stays[0], None))
        await asyncio.sleep(0.05)  # on its way; who comes now waits for it
        gone, last = (asyncio.create_task(filing.put(lambda _, one=one: one, None)) for one in (quote(), stays[1]))
        await asyncio.sleep(0)
        gone.cancel()
        go.set()
        await asyncio.gather(first, last)

    stays = [quote(), quote()]
    asyncio.run(given_up())
    assert set(created(engine)) == {one.id for one in stays}


def test_where_the_database_fails_everyone_is_told(tmp_path: Path, quote: Callable[[], Quote]) -> None:
    (tmp_path / "broken.db").write_bytes(b"no database at all" * 100)
    engine = connect(f"sqlite:///{tmp_path / 'broken.db'}", CHAIN)
    writer = Writer(engine)
    assert [type(one) for one in told(writer, *(lambda _: quote() for _ in range(3)))] == [StoreNotAvailable] * 3
    writer.close()
    engine.dispose()
    assert type(told(writer, lambda _: quote())[0]) is StoreNotAvailable  # and when it is closed
