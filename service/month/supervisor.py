"""The supervisor: starts a process for each month that waits, and begins again those whose process has died.

Any number of services may look after one store: who settles a month is decided by the claim in its transaction and by
the hold on its folder, not here. Whether a run lives is told by that hold, which the system ends with the process;
where the folder is out of reach, or its process is stuck, by a pulse that stands still.

A month is given up after three runs that died while their service lived. A run that had been silent since before the
supervisor that found it dead was started most likely died with the service or the machine, and a healthy month only
stood there: ten such runs are borne, lest a month that takes the machine down every time do so for ever. Runs that were
told to stop count as neither. A run that takes longer than the setting `run_minutes`, from its claim to its last beat,
is ended, and its month has failed: another run at once would most likely take as long. One that no service looks after
ends itself.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from service.json_text import json_bytes
from service.month.children import Children
from service.month.folders import LevyFolder, left_receiving
from service.month.turns import in_turn
from service.refusals import both
from service.serving import Serving
from service.store import levies
from service.store.database import Engine, reading, writing
from service.store.levies import QUEUED, RUNNING, Ended, Levy
from service.store.unavailable import StoreNotAvailable
from service.telemetry.logs import Log, failure

MOST_ATTEMPTS = 3
MOST_LOST = 10  # attempts that died together with their service
SILENT_S = 30.0  # a pulse that stands still for so long is none
PAUSE_S = 5.0  # after a process that failed, before the next try
LEFT_S = 5.0  # after which what is received and held by nobody is left; it is made a moment before it is held
_LOOK_S = 1.0


@dataclass(frozen=True, slots=True)
class _Heard:
    """The last beat of a run, and when this supervisor first saw it, on its own clock."""

    beat_at: str | None
    at: float


class Supervisor:
    """Looks after the months of a store, in a thread of its own."""

    def __init__(
        self,
        serving: Serving,
        engine: Engine,
        silent_s: float = SILENT_S,
        pause_s: float = PAUSE_S,
        log: Log | None = None,
    ) -> None:
        self._serving, self._engine, self._silent_s = serving, engine, silent_s
        self._log, self._since = log, levies.moment()
        self._children = Children(serving, pause_s)
        self._heard: dict[str, _Heard] = {}
        self._refused: set[str] = set()  # months that the disk refused when they were last looked at
        self._receiving: dict[str, float] | None = None  # when each was first seen, on this supervisor's clock
        self._wanted, self._stopping = threading.Event(), False
        self._thread = threading.Thread(target=self._run, name="supervisor", daemon=True)

    def start(self) -> None:
        """Begin, with what an earlier service left."""
        self._thread.start()

    def wake(self) -> None:
        """A month was received."""
        self._wanted.set()

    def stop(self) -> None:
        """End, and hand back what runs: it is queued again, for the next service to begin."""
        self._stopping = True
        self._wanted.set()
        self._thread.join()
        self._children.stop()

    def _run(self) -> None:
        while not self._stopping:
            try:
                self._sweep()
                self._look()
            except (StoreNotAvailable, OSError):
                pass  # the store or the disk may come back; the next look tells
            except Exception as error:  # a bug, but months that follow are still to be settled
                if self._log is None:
                    raise
                self._log.error("months_not_looked_after", **failure(error))
            self._wanted.wait(_LOOK_S)
            self._wanted.clear()

    def _sweep(self) -> None:
        """Uploads that nobody receives any more: all that an earlier service left, and later those that stand still."""
        folders, at = left_receiving(self._serving.home), time.monotonic()
        before = self._receiving
        self._receiving = {folder.id: at if before is None else before.get(folder.id, at) for folder in folders}
        for folder in folders:
            if before is None or at - self._receiving[folder.id] > LEFT_S:
                self._finish(folder)

    def _finish(self, folder: LevyFolder) -> None:
        """What the store knows gets its name, the rest is taken away; an upload that is received is held."""
        with suppress(OSError), folder.held() as ours:  # what the disk refuses is tried again, others meanwhile
            if not ours:
                return
            with reading(self._engine) as connection:
                known = levies.find(connection, folder.id) is not None
            if known:
                folder.received()
            else:
                folder.discard()

    def _look(self) -> None:
        self._children.reap()
        with reading(self._engine) as connection:
            found = levies.unfinished(connection)
            queued = [levy for levy in found if levy.state == QUEUED]
            last_run = levies.last_runs(connection, {levy.tenant for levy in queued})
        running = [levy for levy in found if levy.state == RUNNING]
        self._heard = {levy.id: self._hear(levy) for levy in running}
        for levy in running:
            self._each(self._see_to, levy)
        for levy in in_turn(queued, last_run):
            self._each(self._begin, levy)

    def _each(self, work: Callable[[Levy], None], levy: Levy) -> None:
        """Do something about one month. What the disk refuses is tried again, others meanwhile, and logged once."""
        try:
            work(levy)
            self._refused.discard(levy.id)
        except OSError as error:
            if self._log is not None and levy.id not in self._refused:
                self._log.error("month_not_looked_after", levy=levy.id, **failure(error))
            self._refused.add(levy.id)

    def _hear(self, levy: Levy) -> _Heard:
        known = self._heard.get(levy.id)
        return known if known and known.beat_at == levy.beat_at else _Heard(levy.beat_at, time.monotonic())

    def _see_to(self, levy: Levy) -> None:
        """A month that runs. A process of ours that is stuck, or takes too long, is ended."""
        silent = time.monotonic() - self._heard[levy.id].at > self._silent_s
        folder = LevyFolder(self._serving.home, levy.id)
        if not folder.root.is_dir():
            if silent:
                self._left(levy, folder)
            return
        if (silent or self._is_too_long(levy)) and levy.id in self._children:
            self._children.end(levy.id)
        with folder.held() as free:
            if free:
                self._left(levy, folder)

    def _is_too_long(self, levy: Levy) -> bool:
        return levy.ran_s >= self._serving.run_minutes * 60

    def _left(self, levy: Levy, folder: LevyFolder) -> None:
        """A month that nobody settles any more: begun again, or failed where that is in vain; what a run came to is
        on the disk, and the next one tells the store.
        """
        lost = levy.beat_at is not None and levy.beat_at < self._since
        over = folder.month.is_dir() or folder.error.is_file()
        why = None if over else self._why_in_vain(levy, lost)
        with reading(self._engine) as connection:
            if levies.find(connection, levy.id) != levy:
                return  # somebody has said something since: the next look tells
        if why is not None:
            self._fail(levy, folder, why)
            return
        with writing(self._engine) as connection:
            levies.give_back(connection, levy, lost)
        self._wanted.set()

    def _why_in_vain(self, levy: Levy, lost: bool) -> dict[str, str] | None:
        """Why another run of a month would be in vain; None where it would not. lost: the last one died together with
        its service.
        """
        all_lost = levy.lost + int(lost)
        if self._is_too_long(levy):
            return both("levy_too_long", minutes=self._serving.run_minutes)
        if all_lost >= MOST_LOST or levy.attempts - all_lost >= MOST_ATTEMPTS:
            return both("levy_given_up", attempts=levy.attempts)
        return None

    def _fail(self, levy: Levy, folder: LevyFolder, why: dict[str, str]) -> None:
        """End a month, on the disk first: whoever comes after a crash tells the store the same."""
        error = json_bytes({**why, "place": levy.id})
        folder.tidy()
        if folder.root.is_dir():
            folder.fail(error)
        folder.drop_upload()
        with writing(self._engine) as connection:
            levies.finish(connection, levy.id, levy.runner or "", Ended(error=error.decode()))

    def _begin(self, levy: Levy) -> None:
        """Start a process, where one is free and the files are here."""
        if not self._stopping and LevyFolder(self._serving.home, levy.id).root.is_dir():
            self._children.begin(levy)
