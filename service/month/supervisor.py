"""The supervisor: starts a process for each month that waits, and begins again those whose process has died.

Any number of services may look after one store: who settles a month is decided by the claim in its transaction and by
the hold on its folder, not here. Whether a run lives is told by that hold, which the system ends with the process;
where the folder is out of reach, or its process is stuck, by a pulse that stands still.
"""

from __future__ import annotations

import os
import secrets
import subprocess
import threading
import time
from contextlib import suppress
from dataclasses import dataclass

from service.json_text import json_bytes
from service.month.folders import LevyFolder, left_receiving
from service.month.process import command, surroundings
from service.month.run import RunSettings
from service.month.turns import in_turn
from service.refusals import both
from service.serving import Serving
from service.store import levies
from service.store.database import Engine, reading, writing
from service.store.levies import QUEUED, RUNNING, Ended, Levy
from service.store.unavailable import StoreNotAvailable
from service.telemetry.logs import Log, failure

MOST_ATTEMPTS = 3
SILENT_S = 30.0  # a pulse that stands still for so long is none
PAUSE_S = 5.0  # after a process that failed, before the next try
LEFT_S = 5.0  # after which what is received and held by nobody is left; it is made a moment before it is held
_LOOK_S = 1.0
_STOP_S = 10.0


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
        self._serving, self._engine, self._silent_s, self._pause_s = serving, engine, silent_s, pause_s
        self._log = log
        self._not_before: dict[str, float] = {}
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._heard: dict[str, _Heard] = {}
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
        for child in self._children.values():
            child.terminate()
        for child in self._children.values():
            try:
                child.wait(_STOP_S)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()

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
        self._reap()
        with reading(self._engine) as connection:
            found = levies.unfinished(connection)
            queued = [levy for levy in found if levy.state == QUEUED]
            last_run = levies.last_runs(connection, {levy.tenant for levy in queued})
        self._heard = {levy.id: self._hear(levy) for levy in found if levy.state == RUNNING}
        for levy in found:
            if levy.state == RUNNING and self._is_dead(levy):
                self._begin_again(levy)
        for levy in in_turn(queued, last_run):
            self._begin(levy)

    def _reap(self) -> None:
        """Processes that have ended; where one failed, its month waits a little."""
        for levy_id, child in list(self._children.items()):
            if child.poll() is not None:
                del self._children[levy_id]
                if child.returncode:
                    self._not_before[levy_id] = time.monotonic() + self._pause_s

    def _hear(self, levy: Levy) -> _Heard:
        known = self._heard.get(levy.id)
        return known if known and known.beat_at == levy.beat_at else _Heard(levy.beat_at, time.monotonic())

    def _is_dead(self, levy: Levy) -> bool:
        """Whether nobody settles it any more. A process of ours that is stuck is ended first."""
        silent = time.monotonic() - self._heard[levy.id].at > self._silent_s
        folder = LevyFolder(self._serving.home, levy.id)
        if not folder.root.is_dir():
            return silent
        if silent and levy.id in self._children:
            self._children[levy.id].kill()
            self._children.pop(levy.id).wait()
        with folder.held() as free:
            return free

    def _begin_again(self, levy: Levy) -> None:
        folder = LevyFolder(self._serving.home, levy.id)
        hopeless = levy.attempts >= MOST_ATTEMPTS and not (folder.month.is_dir() or folder.error.is_file())
        with writing(self._engine) as connection:
            if not hopeless:
                levies.give_back(connection, levy)
                self._wanted.set()
                return
            error = {**both("levy_given_up", attempts=levy.attempts), "place": levy.id}
            folder.tidy()
            folder.drop_upload()
            levies.finish(connection, levy.id, levy.runner or "", Ended(error=json_bytes(error).decode()))

    def _begin(self, levy: Levy) -> None:
        """Start a process, where one is free and the files are here."""
        ready = time.monotonic() >= self._not_before.get(levy.id, 0) and not self._stopping
        free = levy.id not in self._children and len(self._children) < self._serving.runs
        if not (ready and free and LevyFolder(self._serving.home, levy.id).root.is_dir()):
            return
        runner = f"{os.uname().nodename[:40]}:{secrets.token_hex(8)}"
        child = subprocess.Popen(
            command("service.month.run", levy.id),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            env=surroundings(),
        )
        self._children[levy.id] = child
        assert child.stdin is not None
        with child.stdin:
            child.stdin.write(RunSettings.of(self._serving, runner).text)
