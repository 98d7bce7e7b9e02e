"""Reads that stand in the audit log: what an auditor or admin looks at of others' data, and which request it was."""

from __future__ import annotations

import asyncio
from typing import Any

from fastapi import Request

from service.auth.roles import SEE_ALL
from service.conventions.caller import Caller
from service.running import running
from service.store.audit import Act, append
from service.store.database import Connection


def request_id_of(request: Request) -> str | None:
    """The id of a request, as the log has it."""
    return getattr(request.state, "request_id", None)


async def note_read(request: Request, caller: Caller, action: str, subject: str, **detail: Any) -> None:
    """Note a read, where the caller's role sees every tenant's data; it is answered once the entry is on the disk.

    Many reads at once share one commit. A list is one entry however many pages are read of it: its
    cursors go on for the same key alone, and for an hour.
    """
    if caller.role not in SEE_ALL:
        return
    act = Act(caller.key_id, action, subject, detail, request_id_of(request))

    def work(connection: Connection) -> None:
        append(connection, act)

    await asyncio.wrap_future(running(request).writer.submit(work))
