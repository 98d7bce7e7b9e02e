"""What a running service holds: its settings, the tariff in force, the store and the keyring."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import Request
from sqlalchemy import Engine

from service.auth.keyring import Keyring
from service.serving import Serving
from service.store import schema
from service.store.database import connect
from service.store.writer import Writer
from service.tariffs import Tariffs


@dataclass(frozen=True, slots=True)
class Running:
    """Opened once at the start, closed at the end."""

    serving: Serving
    tariffs: Tariffs
    engine: Engine
    writer: Writer
    keyring: Keyring

    @classmethod
    def start(cls, serving: Serving) -> Running:
        """Open everything, the database at this program's schema; an error says what is missing."""
        engine = connect(serving.database)
        schema.upgrade(engine)
        return cls(serving, Tariffs(serving.releases), engine, Writer(engine), Keyring.of(serving.secret))

    def close(self) -> None:
        """Write what waits, and let go."""
        self.writer.close()
        self.engine.dispose()


def running(request: Request) -> Running:
    """What the service of a request holds."""
    found: Running = request.app.state.running
    return found
