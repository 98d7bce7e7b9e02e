"""The writer: one thread that commits what many requests wait for in one transaction (group commit).

A request is answered only when its transaction is on the disk. Each piece of work stands in a savepoint of its own, so
one that fails takes nothing of the others with it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine

from service.store.database import writing

_MOST = 256  # pieces of work in one transaction
T = TypeVar("T")
Work = Callable[[Connection], Any]


@dataclass(frozen=True, slots=True)
class _Waiting:
    work: Work
    future: Future[Any]


class Writer:
    """Takes work from any thread; `close` ends it after what was taken is written."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._queue: SimpleQueue[_Waiting | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
        self._thread.start()

    def submit(self, work: Callable[[Connection], T]) -> Future[T]:
        """A future of the work's answer, resolved when it is on the disk; its own error, or the database's."""
        future: Future[T] = Future()
        self._queue.put(_Waiting(work, future))
        return future

    def close(self) -> None:
        """Write what is waiting, then end."""
        self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        going = True
        while going:
            batch, going = self._taken()
            if batch:
                self._write(batch)

    def _taken(self) -> tuple[list[_Waiting], bool]:
        """What waits now, at least one; False where the end was among it."""
        batch: list[_Waiting] = []
        one = self._queue.get()
        while one is not None:
            batch.append(one)
            if len(batch) == _MOST or self._queue.empty():
                return batch, True
            one = self._queue.get()
        return batch, False

    def _write(self, batch: list[_Waiting]) -> None:
        done: list[tuple[Future[Any], Any, BaseException | None]] = []
        try:
            with writing(self._engine) as connection:
                done = [_worked(connection, one) for one in batch]
        except BaseException as error:  # the transaction did not reach the disk: nobody is told that it did
            done = [(one.future, None, error) for one in batch]
        for future, answer, failed in done:
            if failed is None:
                future.set_result(answer)
            else:
                future.set_exception(failed)


def _worked(connection: Connection, one: _Waiting) -> tuple[Future[Any], Any, BaseException | None]:
    try:
        with connection.begin_nested():
            return one.future, one.work(connection), None
    except Exception as error:
        if connection.invalidated:
            raise
        return one.future, None, error
