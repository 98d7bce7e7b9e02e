"""The writer: many wait for one commit; who fails takes nobody along; who was told so is on the disk."""

import threading
from concurrent.futures import Future, wait
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from service.store import schema
from service.store.audit import Act, Entry, append, entries
from service.store.database import Connection, Engine, connect, reading, writing
from service.store.unavailable import StoreNotAvailable
from service.store.writer import Writer
from tests.service.secrets import CHAIN


def act(number: int, fails: bool = False) -> Any:
    def work(connection: Connection) -> int:
        append(connection, Act("operator", "key.created", f"k_{number}"))
        if fails:
            raise ValueError(number)
        return number

    return work


def log(engine: Engine) -> list[Entry]:
    """The audit log, its chain looked at."""
    with reading(engine) as connection:
        found = list(entries(connection))
    assert [entry.number for entry in found] == list(range(1, len(found) + 1))
    assert all(entry.holds(CHAIN) for entry in found)
    assert all(later.previous == earlier.hash for earlier, later in pairwise(found))
    return found


def held(writer: Writer) -> threading.Event:
    """Keep the writer busy until the event is set, so that what is submitted meanwhile is one transaction."""
    begun, go = threading.Event(), threading.Event()

    def work(connection: Connection) -> None:
        begun.set()
        assert go.wait(20)

    writer.submit(work)
    assert begun.wait(20)
    return go


def test_what_waits_is_one_transaction_and_answers_are_each_ones_own(
    engine: Engine, writer: Writer, sizes: list[int]
) -> None:
    go = held(writer)
    futures = [writer.submit(act(number)) for number in range(50)]
    go.set()
    assert [future.result(20) for future in futures] == list(range(50))
    assert [entry.subject for entry in log(engine)] == [f"k_{number}" for number in range(50)]
    writer.close()
    assert sizes == [1, 50]


def test_a_work_that_fails_leaves_nothing_and_takes_nobody_along(engine: Engine, writer: Writer) -> None:
    go = held(writer)
    futures = [writer.submit(act(number, fails=number % 3 == 1)) for number in range(9)]
    go.set()
    wait(futures, 20)
    assert [number for number, future in enumerate(futures) if future.exception()] == [1, 4, 7]
    assert [entry.subject for entry in log(engine)] == ["k_0", "k_2", "k_3", "k_5", "k_6", "k_8"]


def test_a_caller_that_gave_up_does_not_stop_the_writer(engine: Engine, writer: Writer) -> None:
    go = held(writer)
    gone, stays = writer.submit(act(1)), writer.submit(act(2))
    assert gone.cancel()
    go.set()
    assert stays.result(20) == 2
    assert [entry.subject for entry in log(engine)] == ["k_2"]


def test_after_its_end_work_is_refused_at_once(writer: Writer) -> None:
    writer.submit(act(1))
    writer.close()
    assert not writer.alive
    assert isinstance(writer.submit(act(2)).exception(1), StoreNotAvailable)


def test_threads_that_write_beside_the_writer_keep_one_chain(engine: Engine, writer: Writer) -> None:
    futures: list[Future[int]] = []

    def beside() -> None:
        for number in range(10):
            with writing(engine) as connection:
                append(connection, Act("operator", "key.revoked", f"k_{number}"))

    threads = [threading.Thread(target=beside) for _ in range(3)]
    for thread in threads:
        thread.start()
    futures = [writer.submit(act(number)) for number in range(30)]
    for thread in threads:
        thread.join()
    assert [future.result(20) for future in futures] == list(range(30))
    assert len(log(engine)) == 60


def test_a_transaction_that_the_database_ended_answers_nobody(tmp_path: Path) -> None:
    engine = connect(f"sqlite:///{tmp_path / 'licheng.db'}", CHAIN)
    schema.upgrade(engine)
    writer = Writer(engine)
    go = held(writer)
    first = writer.submit(act(1))
    # SQLite rolls the whole transaction back when it is full or the disk fails; this is what is left then.
    ended = writer.submit(lambda connection: connection.connection.dbapi_connection.rollback())
    last = writer.submit(act(3))
    go.set()
    assert all(isinstance(one.exception(20), StoreNotAvailable) for one in (first, ended, last))
    assert writer.submit(act(4)).result(20) == 4
    assert [entry.subject for entry in log(engine)] == ["k_4"]
    writer.close()
    engine.dispose()


def test_a_file_that_is_no_database_is_said_to_be_not_available(tmp_path: Path) -> None:
    (tmp_path / "licheng.db").write_bytes(b"no database at all" * 100)
    engine = connect(f"sqlite:///{tmp_path / 'licheng.db'}", CHAIN)
    writer = Writer(engine)
    assert isinstance(writer.submit(act(1)).exception(20), StoreNotAvailable)
    with pytest.raises(StoreNotAvailable), reading(engine):
        pass
    writer.close()
    engine.dispose()


def test_a_commit_is_synced_and_in_the_write_ahead_log(tmp_path: Path) -> None:
    engine = connect(f"sqlite:///{tmp_path / 'licheng.db'}", CHAIN)
    with reading(engine) as connection:
        found = {name: connection.execute(text(f"PRAGMA {name}")).scalar() for name in ("journal_mode", "synchronous")}
    assert found == {"journal_mode": "wal", "synchronous": 2}  # 2: FULL
    engine.dispose()


def test_a_view_does_not_change_while_it_is_read(engine: Engine, writer: Writer) -> None:
    writer.submit(act(1)).result(20)
    with reading(engine) as connection:
        before = [entry.subject for entry in entries(connection)]
        writer.submit(act(2)).result(20)
        assert [entry.subject for entry in entries(connection)] == before == ["k_1"]
    assert len(log(engine)) == 2


def test_who_counts_transactions_does_not_stop_them(engine: Engine) -> None:
    def committed(works: int) -> None:
        raise ValueError(works)

    writer = Writer(engine, committed)
    assert [writer.submit(act(number)).result(20) for number in (1, 2)] == [1, 2]
    writer.close()
