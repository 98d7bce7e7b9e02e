"""What a running service holds: its settings, the tariff in force, the store and the keyring."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from fastapi import Request
from sqlalchemy import Engine

from service.auth.keyring import Keyring
from service.auth.known_keys import KnownKeys
from service.month.supervisor import Supervisor
from service.operations.logs import Log
from service.operations.metrics import Metrics
from service.operations.watch import Watch
from service.prices.desk import Desk
from service.serving import Serving
from service.store import keys, schema
from service.store.database import connect
from service.store.release_standing import checked_standing
from service.store.writer import Writer
from service.tariff.held import Tariffs


@dataclass(frozen=True, slots=True)
class Running:
    """Opened once at the start, closed at the end."""

    serving: Serving
    tariffs: Tariffs
    engine: Engine
    writer: Writer
    keyring: Keyring
    known: KnownKeys
    log: Log
    metrics: Metrics
    watch: Watch
    supervisor: Supervisor
    desk: Desk

    @classmethod
    def start(cls, serving: Serving) -> Running:
        """Open everything, the database at this program's schema; an error says what is missing."""
        keyring, desk = Keyring.of(serving.secret), Desk()
        engine = connect(serving.database, keyring.chaining)
        schema.upgrade(engine)
        known = KnownKeys(lambda key_id: keys.look(engine, key_id))
        tariffs = Tariffs(serving.releases, partial(checked_standing, engine))
        writer = Writer(engine)
        log, metrics = Log(level=serving.log_level), Metrics()
        watch = Watch(tariffs, engine, writer, serving.home, log, metrics)
        supervisor = Supervisor(serving, engine, log=log)
        supervisor.start()
        return cls(serving, tariffs, engine, writer, keyring, known, log, metrics, watch, supervisor, desk)

    def close(self) -> None:
        """Write what waits, and let go."""
        self.supervisor.stop()
        self.writer.close()
        self.engine.dispose()
        self.log.close()


def running(request: Request) -> Running:
    """What the service of a request holds."""
    found: Running = request.app.state.running
    return found
