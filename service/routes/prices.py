"""`POST /v1/prices`: prices of a worker's month, stateless; the same bytes as `licheng quote --json`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

from fastapi import APIRouter, Request, Response

from pricing.errors import LichengError
from service.clock import today
from service.conventions.asked import quote_request
from service.conventions.batches import batch_response
from service.conventions.bodies import (
    JSON,
    Registers,
    beside,
    body_of,
    check_lines,
    check_media_type,
    check_members,
    parsed,
    text_of,
)
from service.conventions.caller import Caller, caller_of
from service.conventions.languages import language_of
from service.conventions.permits import only_own, permit
from service.conventions.problems import Problem
from service.conventions.replies import marks, reply
from service.prices.batch import Batch, Json
from service.reading import read_json
from service.running import running
from service.tariff.held import InForce
from service.telemetry.metrics import Metrics

router = APIRouter(prefix="/v1", tags=["prices"])
LINES = "application/x-ndjson"


@router.post("/prices")
async def post_prices(request: Request) -> Response:
    """Price one worker's month, or a list of them, under every scheme and cover that applies; nothing is stored."""
    caller = await caller_of(request)
    permit(caller, "prices")
    media_type = check_media_type(request, JSON, LINES)
    body = await body_of(request)
    held = running(request)
    in_force = held.tariffs.now()
    if media_type == LINES:
        check_lines(body, held.serving.most_batch)
        lines = enumerate(body.removeprefix(b"\xef\xbb\xbf").splitlines())
        sent = [(row, line) for row, line in lines if line.strip()]  # a blank line is a line, and no request
        return _batch(request, caller, in_force, len(sent), ((row, _read(line)) for row, line in sent), LINES)
    raw = await beside(body, partial(parsed, request, body))
    if isinstance(raw, list):
        return _batch(request, caller, in_force, len(raw), enumerate(raw), JSON)
    lang = language_of(request, raw)
    asked = await beside(body, partial(quote_request, caller, raw, in_force.tariff, today(), lang))
    return reply(await held.priced(asked, in_force.tariff, caller.tenant), of=in_force)


def _batch(
    request: Request, caller: Caller, in_force: InForce, count: int, sent: Iterable[tuple[int, Any]], media_type: str
) -> Response:
    """The answers to a batch, sent slice by slice as they are made. sent: each request with its row."""
    held = running(request)
    if not count:
        raise Problem(422, "batch_empty", "request")
    if count > held.serving.most_batch:
        raise Problem(413, "batch_too_long", "request", found=count, most=held.serving.most_batch)

    registers = Registers(held.serving.most_batch)

    def check(raw: Any) -> None:
        check_members(raw)
        registers.count(raw)
        only_own(caller, raw)

    batch = Batch(in_force.tariff, today(), language_of(request), check)
    slices = _counted(batch.answers(sent), held.metrics)
    return batch_response(slices, media_type, marks(in_force), held.turns, caller.tenant)


def _read(line: bytes) -> Any:
    """A line's request, or what is wrong with the line: the others are read all the same."""
    try:
        return read_json(text_of(line), "request")
    except LichengError as error:
        return error


def _counted(slices: Iterator[list[Json]], metrics: Metrics) -> Iterator[list[Json]]:
    for items in slices:
        metrics.priced([item for item in items if "problem" not in item])
        yield items
