"""`/v1/workers`: what is kept of one worker, given out whole, and its erasure."""

from __future__ import annotations

import asyncio
from typing import Any

from anyio import to_thread
from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse

from service import worker_data
from service.conventions.caller import caller_of
from service.conventions.noted import request_id_of
from service.conventions.permits import permit
from service.conventions.replies import JSON, reply
from service.running import running
from service.store import workers
from service.store.database import Connection

router = APIRouter(prefix="/v1", tags=["workers"])


@router.get("/workers/{worker}/export")
async def export_worker(request: Request, worker: str) -> Response:
    """All that is kept of a worker, by the pseudonym that senders give it: quotes, and of settled months its lines,
    rows of usage and of side files, and what was refused of them.

    What cannot be read is named in `errors`; the rest is given all the same.
    """
    caller = await caller_of(request)
    permit(caller, "workers.export")
    held = running(request)
    found = await to_thread.run_sync(worker_data.export, held.engine, held.keyring, held.serving.home, worker, held.log)

    def work(connection: Connection) -> None:
        workers.exported(connection, caller.key_id, found.counts, request_id_of(request))

    await asyncio.wrap_future(held.writer.submit(work))
    return StreamingResponse(found.pieces, media_type=JSON)


@router.delete("/workers/{worker}")
async def erase_worker(request: Request, worker: str) -> Response:
    """Erase a worker: stored requests and answers are emptied, the given id is never shown again. Rows of settled
    months stay under the id that they are stored by.
    """
    caller = await caller_of(request)
    permit(caller, "workers.erase")
    held = running(request)

    def work(connection: Connection) -> dict[str, Any]:
        return worker_data.erase(connection, held.keyring, worker, caller.key_id, request_id_of(request))

    return reply(await asyncio.wrap_future(held.writer.submit(work)))
