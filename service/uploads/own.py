"""Whose a month is: the caller as its sender, the levies that it may see, and how it sees their tables."""

from __future__ import annotations

from typing import Any

from anyio import to_thread
from fastapi import Request

from service.auth.roles import PLATFORM
from service.conventions.caller import Caller
from service.conventions.noted import request_id_of
from service.conventions.permits import permit, seen
from service.ids import is_id
from service.month.answered import eyes_of
from service.running import Running, running
from service.store import levies
from service.store.database import reading
from service.store.levies import Levy
from service.uploads.sending import PREFIX, Sender


def sender_of(request: Request, caller: Caller) -> Sender:
    """The caller as who sends a month; a platform may send its own alone."""
    own = caller.tenant if caller.role == PLATFORM else ""
    return Sender(caller.key_id, caller.tenant, own, request_id_of(request))


async def own_levy(request: Request, caller: Caller, levy_id: str) -> Levy:
    """A levy that the caller may see; Problem 403 or 404."""
    permit(caller, "levies.read")

    def look() -> Levy | None:
        with reading(running(request).engine) as connection:
            return levies.find(connection, levy_id)

    return seen(caller, await to_thread.run_sync(look) if is_id(levy_id, PREFIX) else None, levy_id)


def eyes_for(held: Running, caller: Caller, levy: Levy) -> Any:
    """How a caller sees the tables of a levy, as the engines ask for it; it reads the store."""
    with reading(held.engine) as connection:
        erased = levies.erased(connection, levy)
    return eyes_of(levy, held.keyring, caller.tenant, erased, caller.role != PLATFORM)
