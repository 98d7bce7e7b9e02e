"""The process that serves: one event loop on one socket, which says where it listens and stops politely."""

from __future__ import annotations

import gc
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import uvicorn

from service.operations.guarded import Guarded
from service.operations.listening import BACKLOG
from service.serving import Serving
from service.store import keys

_YOUNG = 100_000  # objects made before the collector looks for those that hold each other
_TURN_S = 0.001  # after which a thread that prices a batch gives the interpreter to the loop
_IDLE_S = 15  # a connection that asks nothing is closed


class Announced(uvicorn.Server):
    """A server that calls back once it answers."""

    def __init__(self, config: uvicorn.Config, listens: Callable[[], None]) -> None:
        super().__init__(config)
        self._listens = listens

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then say so."""
        await super().startup(sockets)
        gc.collect()
        gc.set_threshold(_YOUNG)  # a request makes hundreds of objects that are gone with it: nothing to look for
        gc.freeze()  # tariff and program stay: the collector need not look through them again and again
        sys.setswitchinterval(_TURN_S)
        self._listens()


def serve(app: Any, serving: Serving, opened: socket.socket, listens: Callable[[], None]) -> None:
    """Serve until the process is told to stop: then take no more, finish what is in flight, close. A second Ctrl-C
    does not wait.
    """
    config = uvicorn.Config(
        app,
        loop="uvloop",
        http=Guarded,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(serving.proxies),
        forwarded_allow_ips=serving.proxies,
        backlog=BACKLOG,
        limit_concurrency=serving.connections,
        timeout_keep_alive=_IDLE_S,
        timeout_graceful_shutdown=serving.stop_seconds,
    )
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with suppress(KeyboardInterrupt):  # the signal that stopped it, raised once more when all is closed
        Announced(config, listens).run([opened])


def demonstration_keys(app: Any) -> keys.Demonstration:
    """Keys to try the service with, made when it has started; they end when it stops."""
    made: keys.Demonstration = app.state.running.writer.submit(keys.demonstration).result()
    return made
