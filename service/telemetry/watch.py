"""The watch: looks for new releases each second, and says whether the service can answer."""

from __future__ import annotations

import asyncio
import logging
import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pricing.errors import LichengError
from service.refusals import both
from service.releases.release_standing import NOT_RECORDED
from service.store.counts import answers, levies_by_state
from service.store.database import reading
from service.store.writer import Writer
from service.tariff.held import Tariffs
from service.telemetry.logs import Log, OfLibraries, failure
from service.telemetry.metrics import Metrics

_EVERY_S = 1.0
_AFTER_FAILURE_S = 5.0  # a release that cannot be loaded is tried again
_DATABASE_S = 1.0
_LEAST_FREE = 64_000_000  # bytes on the data folder's disk
_WHY = {NOT_RECORDED: "ready_not_recorded"}
READY, DEGRADED, NOT_READY = "ready", "degraded", "not_ready"


@dataclass(frozen=True, slots=True)
class State:
    """How a service stands. wrong: name of a check to the code of its sentence."""

    status: str
    wrong: Mapping[str, str]
    release: int | None

    def plain(self) -> dict[str, Any]:
        """As `/status/ready` says it."""
        names = ("database", "writer", "disk", "tariff")
        checks = [
            {"check": name, "ok": name not in self.wrong, **({"code": code, **both(code)} if code else {})}
            for name, code in ((name, self.wrong.get(name)) for name in names)
        ]
        return {"format": 1, "status": self.status, "release": self.release, "checks": checks}


@dataclass(slots=True)
class Watch:
    """Watches over what a running service holds."""

    tariffs: Tariffs
    engine: Any  # of the store
    writer: Writer
    home: Path
    log: Log
    metrics: Metrics
    stopping: bool = False
    _failed: str | None = None
    _gone: bool = False
    _asking: asyncio.Task[bool] | None = field(default=None, repr=False)

    @asynccontextmanager
    async def kept(self) -> AsyncIterator[None]:
        """Watch while the block runs."""
        handler = OfLibraries(self.log)
        logging.getLogger().addHandler(handler)
        self.writer.committed = self.metrics.committed
        await self.look()  # says at once where it began with another release than history names
        self.log.info("started", release=self.tariffs.now().number)
        task = asyncio.create_task(self._run())
        try:
            yield
        finally:
            self.stopping = True
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            logging.getLogger().removeHandler(handler)
            self.log.info("stopping")

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(_AFTER_FAILURE_S if self._failed else _EVERY_S)
            await self.look()

    async def look(self) -> None:
        """Put a new release in force, if there is one; a failure is logged once, and the old one stays."""
        try:
            changed = await asyncio.to_thread(self.tariffs.refresh)
        except Exception as error:  # whatever a broken release does, the old one goes on answering
            said = error.code if isinstance(error, LichengError) else type(error).__name__
            if said != self._failed:
                self.log.error("release_not_loaded", code=said, **failure(error))
            self._failed = said
        else:
            if changed or self._failed:
                self.log.info("release_in_force", release=self.tariffs.now().number)
            self._failed = None
        self._say_release()

    def _say_release(self) -> None:
        self.metrics.in_force(self.tariffs.now().number, self._failed is not None)

    def levies(self) -> dict[str, int]:
        """Uploaded months by state; none where the database does not answer."""
        try:
            with reading(self.engine) as connection:
                return levies_by_state(connection)
        except LichengError:
            return {}

    async def state(self) -> State:
        """How the service stands now, within little more than a second."""
        wrong = {
            "database": None if await self._database_answers() else "ready_database",
            "writer": None if self.writer.alive else "ready_writer",
            "disk": None if await asyncio.to_thread(self._has_room) else "ready_disk",
            "tariff": None if self._failed is None else _WHY.get(self._failed, "ready_tariff"),
        }
        found = {name: code for name, code in wrong.items() if code is not None}
        status = READY if not found else DEGRADED if set(found) == {"tariff"} else NOT_READY
        return State(NOT_READY if self.stopping else status, found, self.tariffs.now().number)

    async def _database_answers(self) -> bool:
        """Whether it does within a second; one question at a time, so that a database that hangs holds one thread."""
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(asyncio.to_thread(self._ask))
        try:
            return await asyncio.wait_for(asyncio.shield(self._asking), _DATABASE_S)
        except TimeoutError:
            return False

    def _ask(self) -> bool:
        try:
            with reading(self.engine) as connection:
                answers(connection)
        except Exception as error:  # any failure is no answer
            if not self._gone:
                reason = getattr(error, "reason", type(error).__name__)
                self.log.error("database_gone", error=" ".join(str(reason).split())[:300])
            self._gone = True
            return False
        if self._gone:
            self.log.info("database_back")
        self._gone = False
        return True

    def _has_room(self) -> bool:
        try:
            return shutil.disk_usage(self.home).free >= _LEAST_FREE
        except OSError:
            return False
