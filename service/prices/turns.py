"""Turns: one piece of work beside the loop at a time, those of several owners in rotation.

Who has many pieces waiting delays others by one of them, and itself by all.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

_Waiting = deque["asyncio.Future[None]"]


class Turns:
    """Whose turn it is, on the loop alone."""

    def __init__(self) -> None:
        self._busy = False
        self._waiting: dict[str, _Waiting] = {}  # by owner, who waits longest for a turn first

    @asynccontextmanager
    async def of(self, owner: str) -> AsyncIterator[None]:
        """The turn of an owner, when it has come; it is over with the block."""
        await self.take(owner)
        try:
            yield
        finally:
            self.leave()

    async def take(self, owner: str) -> None:
        """Wait for the turn of an owner; who took it leaves it."""
        if self._busy:
            await self._come(owner)
        self._busy = True

    async def _come(self, owner: str) -> None:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(owner, deque()).append(future)
        try:
            await future
        except asyncio.CancelledError:
            if future.done() and not future.cancelled():  # it had just been given the turn
                self.leave()
            raise

    def leave(self) -> None:
        """Give the turn to the owner whose last is longest over, or to nobody."""
        while self._waiting:
            owner = next(iter(self._waiting))
            queue = self._waiting.pop(owner)
            future = queue.popleft()
            if queue:
                self._waiting[owner] = queue
            if not future.done():
                future.set_result(None)
                return
        self._busy = False
