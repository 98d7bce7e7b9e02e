"""The filing of quotes: those that wait at the same moment are one work of the writer, stored with a statement a table.

One group is written at a time, and who comes meanwhile is the next: nobody waits for company alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from service.store import quotes
from service.store.database import Connection, is_unavailable
from service.store.quotes import Quote
from service.store.writer import Writer

_MOST = 256  # quotes in one work
Made = Callable[[Connection], Quote]


@dataclass(frozen=True, slots=True)
class _Waiting:
    made: Made
    request_id: str | None
    future: asyncio.Future[None]


class Filing:
    """Takes quotes on the event loop."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._waiting: list[_Waiting] = []
        self._task: asyncio.Task[None] | None = None

    async def put(self, made: Made, request_id: str | None) -> None:
        """Store a quote with its entry in the audit log; it is on the disk when this returns.

        made: gives the quote in the transaction, in the writer's thread; where it raises, that is raised here and it
        must have written nothing. It may be called again. StoreNotAvailable where the database fails.
        """
        one = _Waiting(made, request_id, asyncio.get_running_loop().create_future())
        self._waiting.append(one)
        if self._task is None:
            self._task = asyncio.create_task(self._file())
        await one.future

    async def _file(self) -> None:
        try:
            while self._waiting:
                group, self._waiting = self._waiting[:_MOST], self._waiting[_MOST:]
                await self._stored(group)
        finally:
            self._task = None
            for one in self._waiting:  # where it was stopped in the middle
                one.future.cancel()
            self._waiting = []

    async def _stored(self, group: Sequence[_Waiting]) -> None:
        """Store a group; where it cannot be stored, each alone, so that one spoils no other."""
        group = [one for one in group if not one.future.done()]  # who asked may have gone
        if not group:
            return
        try:
            failed: list[Exception | None] = await asyncio.wrap_future(self._writer.submit(partial(_put, group=group)))
        except Exception as error:
            if len(group) > 1 and not is_unavailable(error):
                for one in group:
                    await self._stored([one])
                return
            failed = [error for _ in group]
        for one, reason in zip(group, failed, strict=True):
            if one.future.done():
                continue
            if reason is None:
                one.future.set_result(None)
            else:
                one.future.set_exception(reason)


def _put(connection: Connection, group: Sequence[_Waiting]) -> list[Exception | None]:
    """Store what can be made; for each why it could not, None: it is stored."""
    ready: list[tuple[Quote, str | None]] = []
    failed: list[Exception | None] = []
    for one in group:
        try:
            ready.append((one.made(connection), one.request_id))
            failed.append(None)
        except Exception as error:
            if is_unavailable(error):
                raise
            failed.append(error)
    quotes.put(connection, ready)
    return failed
