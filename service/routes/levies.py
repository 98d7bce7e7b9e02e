"""`/v1/levies`: a platform's month is sent, settled by a process of its own, watched, read as pages or whole."""

from __future__ import annotations

import asyncio
from pathlib import Path

from anyio import to_thread
from fastapi import APIRouter, Request, Response

from service.addresses import LEVIES
from service.clock import today
from service.conventions.bodies import media_type
from service.conventions.caller import caller_of
from service.conventions.idempotency import Answer, idempotent
from service.conventions.in_flight import in_flight
from service.conventions.noted import note_read
from service.conventions.paging import page_of, page_response
from service.conventions.permits import listed_of, permit
from service.conventions.problems import Problem
from service.conventions.queries import query_of
from service.json_text import json_bytes
from service.month.answered import PROVISIONAL, is_over, levy_answer
from service.month.asked import TEXTS, Asked
from service.month.keys import SenderKeys
from service.running import running
from service.store import levies
from service.store.database import Connection, reading
from service.store.levies import Levy
from service.uploads.own import own_levy, sender_of
from service.uploads.receiving import TAKEN, OneFile, Receiver
from service.uploads.sending import check_room, received

router = APIRouter(prefix="/v1", tags=["levies"])
_JSON = "application/json"


@router.post("/levies", status_code=202)
async def post_levy(request: Request) -> Response:
    """Take a month in, to be settled; 202 once it is on the disk and in the queue. Watch it at its `Location`."""
    caller = await caller_of(request)
    permit(caller, "levies.create")
    held, query, kind = running(request), query_of(request, *TEXTS), _kind(request)
    sender = sender_of(request, caller)
    if kind != TAKEN[-1]:  # a form may say in its parts what is missing here
        Asked.of(query, sender.own, held.tariffs.now().tariff, today())
    await to_thread.run_sync(
        check_room, held.serving.home, held.engine, caller.tenant, request.headers.get("content-length", "0")
    )

    def opening(folder: Path) -> Receiver:
        if kind != TAKEN[-1]:
            return OneFile(folder, kind)
        from service.uploads.form import UploadForm

        return UploadForm(folder, request.headers["content-type"], query)

    async with (
        in_flight(request).uploading(caller.key_id),
        idempotent(request, caller) as attempt,
        received(held.serving.home, request.stream(), opening) as upload,
    ):
        if replayed := attempt.replayed(upload.digest):
            return replayed
        stored, act = upload.levy(sender, held.tariffs.now().tariff, query, SenderKeys(held.keyring, caller.tenant))
        headers = {"Location": f"{LEVIES}/{stored.id}", "Retry-After": "1", **PROVISIONAL}
        answer = Answer(202, json_bytes(levy_answer(stored, caller.tenant, held.keyring)), headers, stored.id)

        def work(connection: Connection) -> None:
            levies.put(connection, stored, act)
            attempt.finish(connection, answer)

        await asyncio.wrap_future(upload.kept_with(held.writer.submit(work)))
    held.supervisor.wake()
    return answer.response()


@router.get("/levies")
async def list_levies(request: Request) -> Response:
    """The caller's levies, the newest first; an auditor's or admin's list holds everybody's."""
    caller = await caller_of(request)
    permit(caller, "levies.read")
    tenant = listed_of(caller)
    page = page_of(request, caller)

    def look() -> list[tuple[Levy, frozenset[str]]]:
        with reading(running(request).engine) as connection:
            listed = levies.listed(connection, tenant, page.limit + 1, page.after)
            return [(levy, _erased(connection, levy)) for levy in listed]

    found = await to_thread.run_sync(look)
    if page.after is None:
        await note_read(request, caller, levies.LISTED, "levies")
    keyring = running(request).keyring
    items = [levy_answer(levy, caller.tenant, keyring, erased) for levy, erased in found[: page.limit]]
    return page_response(request, page, items, items[-1]["id"] if len(found) > page.limit else None)


@router.get("/levies/{levy_id}")
async def get_levy(request: Request, levy_id: str) -> Response:
    """How far a levy is; ask again after the seconds of `Retry-After` until it is done or failed."""
    caller = await caller_of(request)
    levy = await own_levy(request, caller, levy_id)
    if is_over(levy):  # while it runs there is nothing of it to read, and it is asked for each second
        await note_read(request, caller, levies.READ, levy.id)
    held = running(request)

    def look() -> frozenset[str]:
        with reading(held.engine) as connection:
            return _erased(connection, levy)

    headers = PROVISIONAL if is_over(levy) else {**PROVISIONAL, "Retry-After": "1"}
    erased = await to_thread.run_sync(look)
    return Response(json_bytes(levy_answer(levy, caller.tenant, held.keyring, erased)), 200, dict(headers), _JSON)


def _erased(connection: Connection, levy: Levy) -> frozenset[str]:
    """Who is not named to the sender any more; asked only where the answer holds words of the sender."""
    return frozenset() if levy.error is None else levies.erased(connection, levy)


def _kind(request: Request) -> str:
    """The media type of the upload; Problem 415 where it is none that is taken. A CSV says its own encoding."""
    found, known = media_type(request), ", ".join(TAKEN)
    if found not in TAKEN:
        headers = {"Accept-Post": known, "Connection": "close"}
        raise Problem(415, "media_type_not_taken", "Content-Type", headers=headers, found=found, known=known)
    return found
