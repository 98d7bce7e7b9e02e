"""Keys as a running service knows them: read from the store at most once a second each, not at every request.

A key that was revoked, or a fresh one, is seen within a second. While the store does not answer, keys that were known
go on for ten minutes, so that prices, which need no store, do not stop with it; whatever reads or writes the store
stops on its own, and nobody can revoke a key in a store that is away. Ids that are not known are remembered as such.
Which ids are of keys that hold is looked up as a whole, once a second at most however many unknown ones are sent: so
that who guesses cannot lock out a good key that was not seen yet.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple, TypeVar

from service.store.keys import Key
from service.store.unavailable import StoreNotAvailable

FRESH_S = 1.0  # for how long what was read is believed
_KEPT_S = 600.0  # for how long it is while the store does not answer
_WAIT_S = 1.0  # for an answer of the store, where one that was read before could stand in
_MOST = 10_000  # ids that are remembered of each kind
T = TypeVar("T")


class _Seen(NamedTuple):
    """A key as it was read, and when the reading began."""

    key: Key
    at: float


class _Asked(NamedTuple):
    task: asyncio.Future[Key | None]
    at: float


class KnownKeys:
    """Belongs to one event loop. read: a key by its id from the store; holding: ids of all that hold; both are run in a
    thread.
    """

    def __init__(self, read: Callable[[str], Key | None], holding: Callable[[], frozenset[str]]) -> None:
        self._read, self._holding = read, holding
        self._ids: frozenset[str] = frozenset()
        self._listing: asyncio.Future[None] | None = None
        self._listed_at = float("-inf")
        self._known: dict[str, _Seen] = {}
        self._unknown: dict[str, float] = {}
        self._asked: dict[str, _Asked] = {}
        self._failed_at = float("-inf")

    async def knows(self, key_id: str) -> bool:
        """Whether an id is one of a key that was read before, or that held a second ago."""
        if key_id in self._known or key_id in self._ids:
            return True
        with suppress(StoreNotAvailable, TimeoutError):
            await asyncio.wait_for(asyncio.shield(self._listed(time.monotonic())), _WAIT_S)
        return key_id in self._ids

    def _listed(self, clock: float) -> asyncio.Future[None]:
        """The last listing of the ids, a new one where it is over and a second old."""
        if self._listing is None or (self._listing.done() and clock - self._listed_at >= FRESH_S):
            self._listed_at = clock
            self._listing = asyncio.get_running_loop().run_in_executor(None, self._list)
            self._listing.add_done_callback(lambda done: done.cancelled() or done.exception())  # it need not be awaited
        return self._listing

    def _list(self) -> None:
        self._ids = self._holding()

    async def find(self, key_id: str) -> Key | None:
        """A key by its id; the store's own error where it does not answer and the key was not known before."""
        clock = time.monotonic()
        seen = self._known.get(key_id)
        if seen is not None and clock - seen.at < FRESH_S:
            return seen.key
        if clock - self._unknown.get(key_id, float("-inf")) < FRESH_S:
            return None
        if seen is None or clock - seen.at > _KEPT_S:
            return await asyncio.shield(self._ask(key_id, clock).task)
        return await self._again(seen, clock)

    async def _again(self, seen: _Seen, clock: float) -> Key | None:
        """A key that was known, read anew; as it was known where the store does not answer."""
        if clock - self._failed_at < FRESH_S:
            return seen.key
        asked = self._ask(seen.key.id, clock)
        try:
            return await asyncio.wait_for(asyncio.shield(asked.task), max(0.0, asked.at + _WAIT_S - clock))
        except (StoreNotAvailable, TimeoutError):
            return seen.key

    def _ask(self, key_id: str, clock: float) -> _Asked:
        """The reading of a key that is on its way, for all who wait for it."""
        if key_id not in self._asked:
            task = asyncio.get_running_loop().run_in_executor(None, self._read, key_id)
            self._asked[key_id] = _Asked(task, clock)
            task.add_done_callback(lambda done: self._take(key_id, done))
        return self._asked[key_id]

    def _take(self, key_id: str, done: asyncio.Future[Key | None]) -> None:
        asked = self._asked.pop(key_id)
        if done.cancelled():
            return
        if done.exception() is not None:
            self._failed_at = time.monotonic()
            return
        key = done.result()
        self._known.pop(key_id, None)
        self._unknown.pop(key_id, None)
        if key is None:
            _remember(self._unknown, key_id, asked.at)
        else:
            _remember(self._known, key_id, _Seen(key, asked.at))


def _remember(kept: dict[str, T], key_id: str, found: T) -> None:
    """Put an id at the end; the one that was read longest ago goes where there are too many."""
    if len(kept) >= _MOST:
        del kept[next(iter(kept))]
    kept[key_id] = found
