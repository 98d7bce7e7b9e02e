"""`POST /v1/declarations`: totals without workers, stateless; the same bytes as `licheng declare --json`."""

from __future__ import annotations

from functools import partial
from itertools import chain, islice
from typing import Any

from anyio import to_thread
from fastapi import APIRouter, Request, Response

from service.clock import today
from service.conventions.batches import batch_response
from service.conventions.bodies import (
    JSON,
    beside,
    body_of,
    check_lines,
    check_media_type,
    check_members,
    parsed,
)
from service.conventions.caller import caller_of
from service.conventions.languages import language_of
from service.conventions.permits import only_own, permit
from service.conventions.problems import Problem
from service.conventions.replies import marks, reply
from service.prices.declare import declared, read_csv_totals
from service.reading import decoded
from service.running import running

router = APIRouter(prefix="/v1", tags=["declarations"])
CSV = "text/csv"
_SLICE = 32  # declarations that are made at a time


@router.post("/declarations")
async def post_declarations(request: Request) -> Response:
    """Price one declaration, a list of them, or the rows of a CSV; a refused one is answered with its refusal."""
    caller = await caller_of(request)
    permit(caller, "declarations")
    media_type = check_media_type(request, JSON, CSV)
    body, held = await body_of(request), running(request)
    if media_type == CSV:
        check_lines(body, held.serving.most_batch + 1)  # and the header
    read = _read_csv if media_type == CSV else parsed
    sent = await beside(body, partial(read, request, body))
    if isinstance(sent, list) and len(sent) > held.serving.most_batch:
        raise Problem(413, "batch_too_long", "request", found=len(sent), most=held.serving.most_batch)
    only_own(caller, sent)
    in_force = held.tariffs.now()
    answers = declared(sent, in_force.tariff, today(), language_of(request), "request", check=check_members)
    async with held.turns.of(caller.tenant):
        first = await to_thread.run_sync(lambda: list(islice(answers, _SLICE)))
    if not isinstance(sent, list):
        return reply(first[0], of=in_force)
    slices = chain([first], iter(lambda: list(islice(answers, _SLICE)), []))
    return batch_response(slices, JSON, marks(in_force), held.turns, caller.tenant)


def _read_csv(request: Request, body: bytes) -> list[dict[str, Any]]:
    return read_csv_totals(decoded(body, "request"), "request")
