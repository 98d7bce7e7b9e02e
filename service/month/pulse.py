"""The pulse of a run: each second it tells the store that the run lives, and how far it is.

A run is ended when its last beat is too long after its claim. So beats go by the clock that nobody sets: a month is no
slower for the machine's time having been put right, or for the machine having slept.
"""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Callable
from types import TracebackType

from service.clock import SHANGHAI
from service.store import levies
from service.store.database import Engine, writing
from service.store.levies import Beat
from service.store.unavailable import StoreNotAvailable

EVERY_S = 1.0
_READ = "read"


class Superseded(Exception):
    """The levy is no longer this run's: another process has taken it."""


class BeatClock:
    """When a beat is: by the wall's clock as it stood at the start, and the time that has passed since; earlier where
    the wall's clock was set back.
    """

    def __init__(
        self,
        wall: Callable[[], dt.datetime] = lambda: dt.datetime.now(SHANGHAI),
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        """steady: a clock that is never set. [s]"""
        self._wall, self._steady = wall, steady
        self._began, self._since = wall(), steady()

    def now(self) -> dt.datetime:
        """This moment."""
        return min(self._wall(), self._began + dt.timedelta(seconds=self._steady() - self._since))


class Pulse:
    """Counts rows as the engine does them, while the block runs."""

    def __init__(self, engine: Engine, levy_id: str, runner: str) -> None:
        self._engine, self._levy_id, self._runner = engine, levy_id, runner
        self._stage, self._done, self._rows = _READ, 0, 0
        self._clock = BeatClock()
        self._lost, self._over = False, threading.Event()
        self._thread = threading.Thread(target=self._run, name="pulse", daemon=True)

    def progress(self, stage: str, rows: int) -> None:
        """Rows done of a stage; Superseded where all is in vain."""
        if self._lost:
            raise Superseded(self._levy_id)
        if stage != self._stage:
            self._stage, self._done = stage, 0
        self._done += rows
        if stage == _READ:
            self._rows += rows

    def __enter__(self) -> Pulse:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._over.wait(EVERY_S) and not self._lost:
            said = Beat(self._stage, self._done, None if self._stage == _READ else self._rows)
            try:
                with writing(self._engine) as connection:
                    at = levies.moment(self._clock.now())
                    self._lost = not levies.beat(connection, self._levy_id, self._runner, said, at)
            except StoreNotAvailable:
                continue  # it may come back; who watches meanwhile sees only that nothing is said
