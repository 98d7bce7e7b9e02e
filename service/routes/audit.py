"""`GET /v1/audit`: the audit log in pages, the first entry first, so that a reader can check the chain on the way."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from anyio import to_thread
from fastapi import APIRouter, Request, Response

from service.conventions.caller import caller_of
from service.conventions.noted import note_read
from service.conventions.paging import page_of, page_response
from service.conventions.permits import permit
from service.running import running
from service.store.audit import Entry, facts_of, page_after
from service.store.database import reading

router = APIRouter(prefix="/v1", tags=["audit"])


@router.get("/audit")
async def list_audit(request: Request) -> Response:
    """Who did what to which thing. An entry names the hash of the one before; its own takes the service's secret."""
    caller = await caller_of(request)
    permit(caller, "audit.read")
    page = page_of(request, caller)

    def look() -> list[Entry]:
        with reading(running(request).engine) as connection:
            return page_after(connection, int(page.after or 0), page.limit + 1)

    if page.after is None:
        await note_read(request, caller, "audit.listed", "audit")
    found = await to_thread.run_sync(look)
    shown = found[: page.limit]
    return page_response(
        request, page, [_shown(entry) for entry in shown], str(shown[-1].number) if len(found) > page.limit else None
    )


def _shown(entry: Entry) -> dict[str, Any]:
    """As it is answered; no facts where they are no longer what was written, which `licheng verify --audit` tells."""
    return {**asdict(entry), "detail": facts_of(entry.detail) or {}}
