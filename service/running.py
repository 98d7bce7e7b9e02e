"""What a running service holds: its settings, the tariff in force, the store and the keyring."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from anyio import to_thread
from fastapi import Request
from sqlalchemy import Engine

from pricing.tariff import Tariff
from service.auth.keyring import Keyring
from service.month.supervisor import Supervisor
from service.prices.desk import MOST_WEIGHT, Desk
from service.prices.quote_request import Request as QuoteRequest
from service.prices.together import Ready, answers
from service.prices.turns import Turns
from service.releases.release_standing import checked_standing, logged_standing
from service.serving import Serving
from service.store import keys, schema
from service.store.database import connect
from service.store.filing import Filing
from service.store.known_keys import KnownKeys
from service.store.writer import Writer
from service.tariff.held import Tariffs
from service.telemetry.logs import Log
from service.telemetry.metrics import Metrics
from service.telemetry.watch import Watch


@dataclass(frozen=True, slots=True)
class Running:
    """Opened once at the start, closed at the end."""

    serving: Serving
    tariffs: Tariffs
    engine: Engine
    writer: Writer
    filing: Filing
    keyring: Keyring
    known: KnownKeys
    log: Log
    metrics: Metrics
    watch: Watch
    supervisor: Supervisor
    desk: Desk
    turns: Turns  # of what is priced beside the loop

    @classmethod
    def start(cls, serving: Serving) -> Running:
        """Open everything, the database at this program's schema; an error says what is missing."""
        keyring, desk = Keyring.of(serving.secret), Desk()
        engine = connect(serving.database, keyring.chaining)
        schema.upgrade(engine, home=serving.home)
        keys.end_left_demonstrations(engine)
        known = KnownKeys(partial(keys.look, engine), partial(keys.holding, engine))
        standing, instead = partial(checked_standing, engine), partial(logged_standing, engine)
        tariffs = Tariffs(serving.releases, serving.tariff, standing, instead)
        writer = Writer(engine)
        log, metrics = Log(level=serving.log_level), Metrics()
        watch = Watch(tariffs, engine, writer, serving.home, log, metrics)
        supervisor = Supervisor(serving, engine, log=log)
        supervisor.start()
        return cls(
            serving=serving,
            tariffs=tariffs,
            engine=engine,
            writer=writer,
            filing=Filing(writer),
            keyring=keyring,
            known=known,
            log=log,
            metrics=metrics,
            watch=watch,
            supervisor=supervisor,
            desk=desk,
            turns=Turns(),
        )

    async def priced(self, asked: QuoteRequest, tariff: Tariff, who: str) -> dict[str, Any]:
        """The answer to a request for prices, counted: by the desk, or beside the loop where an edition is new or the
        request is long.

        who: tenant or address, whose turn that takes.
        """
        if asked.weight <= MOST_WEIGHT and tariff.has(asked.month, asked.known_on, asked.register):
            answer = await self.desk.answer(Ready.of(asked, tariff))
        else:
            async with self.turns.of(who):
                answer = await to_thread.run_sync(_alone, asked, tariff)
        self.metrics.priced([answer])
        return answer

    def close(self) -> None:
        """Write what waits, and let go. A demonstration's keys end first: a month that is settled may take long."""
        if self.serving.demo:
            self.writer.submit(keys.end_demonstrations)
        self.supervisor.stop()
        self.writer.close()
        self.engine.dispose()
        self.log.close()


def _alone(asked: QuoteRequest, tariff: Tariff) -> dict[str, Any]:
    [answer] = answers([Ready.of(asked, tariff)])
    return answer


def running(request: Request) -> Running:
    """What the service of a request holds."""
    found: Running = request.app.state.running
    return found
