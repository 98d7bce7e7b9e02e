"""`POST /v1/prices`: prices of a worker's month, stateless; the same bytes as `licheng quote --json`."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from service.clock import today
from service.json_text import json_bytes
from service.quote import quote
from service.reading import read_json
from service.running import running

router = APIRouter(prefix="/v1", tags=["prices"])


@router.post("/prices")
async def post_prices(request: Request) -> Response:
    """Price one worker's month under every scheme and cover that applies; nothing is stored."""
    body = await request.body()
    raw = read_json(body.decode("utf-8"), "request")
    return Response(
        json_bytes(quote(raw, running(request).tariffs.now().tariff, today())), media_type="application/json"
    )
