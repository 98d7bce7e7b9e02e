"""`/status/live`, `/status/ready` and `/metrics`: for whoever runs the service."""

from __future__ import annotations

import asyncio
import hmac

from fastapi import APIRouter, Request, Response

from service.conventions.problems import Problem
from service.json_text import json_bytes
from service.running import running
from service.serving import is_loopback
from service.telemetry.metrics import CONTENT_TYPE
from service.telemetry.watch import NOT_READY

router = APIRouter(tags=["status"])
_FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip", "via")


@router.get("/status/live")
async def live() -> Response:
    """The process runs and its event loop turns."""
    return Response(json_bytes({"format": 1, "status": "live"}), media_type="application/json")


@router.get("/status/ready")
async def ready(request: Request) -> Response:
    """Whether requests can be answered: 503 names what is wrong; `degraded` answers with an older release."""
    state = await running(request).watch.state()
    headers = {"Cache-Control": "no-store"}
    status = 503 if state.status == NOT_READY else 200
    return Response(json_bytes(state.plain()), status, headers, "application/json")


@router.get("/metrics")
async def metrics(request: Request) -> Response:
    """Figures for Prometheus: for this machine alone, or with the token of LICHENG_METRICS_TOKEN."""
    _may_read(request)
    held = running(request)
    levies = await asyncio.to_thread(held.watch.levies)
    return Response(held.metrics.text(levies), headers={"Cache-Control": "no-store"}, media_type=CONTENT_TYPE)


def _may_read(request: Request) -> None:
    token = running(request).serving.metrics_token
    if token:
        sent = request.headers.get("authorization", "")
        if not hmac.compare_digest(sent.encode("utf-8", "replace"), f"Bearer {token}".encode()):
            raise Problem(401, "metrics_token_wrong", "Authorization", headers={"WWW-Authenticate": "Bearer"})
        return
    near = request.client is not None and is_loopback(request.client.host)
    if not near or any(name in request.headers for name in _FORWARDED):
        raise Problem(403, "metrics_for_this_machine")
