"""The writer: one thread that commits what many requests wait for in one transaction (group commit).

A request is answered only when its transaction is on the disk. Each piece of work stands in a savepoint of its own, so
one that fails takes nothing of the others with it. Where the database itself fails, nobody of the transaction is told
that anything was stored.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine

from service.store.database import AUDIT_HEAD, is_unavailable, whole, writing
from service.store.unavailable import StoreNotAvailable

_MOST = 256  # pieces of work in one transaction
T = TypeVar("T")
Work = Callable[[Connection], Any]
Outcome = tuple[Future[Any], Any, BaseException | None]


@dataclass(frozen=True, slots=True)
class _Waiting:
    work: Work
    future: Future[Any]


class Writer:
    """Takes work from any thread; `close` ends it after what was taken is written.

    committed: called in the writer's thread after each transaction with the number of works in it, 0 where it failed.
    """

    def __init__(self, engine: Engine, committed: Callable[[int], None] | None = None) -> None:
        self.committed = committed
        self._engine = engine
        self._queue: SimpleQueue[_Waiting | None] = SimpleQueue()
        self._lock, self._closed = threading.Lock(), False
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
        self._thread.start()

    @property
    def alive(self) -> bool:
        """Whether work is still taken."""
        return self._thread.is_alive() and not self._closed

    def submit(self, work: Callable[[Connection], T]) -> Future[T]:
        """A future of the work's answer, resolved when it is on the disk; its own error, or StoreNotAvailable.

        A future that is cancelled before its work began does nothing; one whose work has begun can not be cancelled.
        """
        future: Future[T] = Future()
        with self._lock:
            if self._closed:
                future.set_exception(StoreNotAvailable("the service is stopping"))
            else:
                self._queue.put(_Waiting(work, future))
        return future

    def close(self) -> None:
        """Write what is waiting, then end; later work is refused."""
        with self._lock:
            if not self._closed:
                self._closed = True
                self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        going = True
        while going:
            batch, going = self._taken()
            if batch:
                self._write(batch)

    def _taken(self) -> tuple[list[_Waiting], bool]:
        """What waits now; False where the end was among it."""
        batch: list[_Waiting] = []
        one = self._queue.get()
        while one is not None:
            if one.future.set_running_or_notify_cancel():
                batch.append(one)
            if len(batch) == _MOST or self._queue.empty():
                return batch, True
            one = self._queue.get()
        return batch, False

    def _write(self, batch: list[_Waiting]) -> None:
        done: list[Outcome] = []
        written = 0
        try:
            with writing(self._engine) as connection:
                done = [_worked(connection, one) for one in batch]
            written = len(batch)
        except BaseException as error:  # the transaction did not reach the disk: nobody is told that it did
            done = [(one.future, None, error) for one in batch]
        for future, answer, failed in done:
            if failed is None:
                future.set_result(answer)
            else:
                future.set_exception(failed)
        if self.committed is not None:
            with suppress(Exception):  # who counts does not stop who writes
                self.committed(written)


def _worked(connection: Connection, one: _Waiting) -> Outcome:
    """The outcome of a work in a savepoint of its own; raises where the database fails, for then all of it is gone."""
    connection.exec_driver_sql("SAVEPOINT work")
    try:
        answer = one.work(connection)
    except Exception as error:
        if is_unavailable(error):
            raise
        whole(connection)
        connection.exec_driver_sql("ROLLBACK TO SAVEPOINT work")
        connection.info[AUDIT_HEAD] = None  # its entry of the audit log was undone with it
        return one.future, None, error
    connection.exec_driver_sql("RELEASE SAVEPOINT work")
    return one.future, answer, None
