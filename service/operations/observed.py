"""Every request observed: one line in the log, one figure, an in-flight count; nothing of what it asks about."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from time import perf_counter
from typing import Any

from service.telemetry.logs import failure

Scope = MutableMapping[str, Any]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
_METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))
UNMATCHED = "unmatched"


class Observed:
    """The outermost layer of the application."""

    def __init__(self, app: Any) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and see how it was answered."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = perf_counter()
        state: dict[str, Any] = scope.setdefault("state", {})
        try:
            await self._app(scope, receive, send)
        except Exception as error:
            state["status"] = 500
            scope["app"].state.running.log.error("bug", request_id=state.get("request_id"), **failure(error))
            raise
        finally:
            _record(scope, state, perf_counter() - began)


def _record(scope: Scope, state: dict[str, Any], seconds: float) -> None:
    running = scope["app"].state.running
    route = getattr(scope.get("route"), "path", UNMATCHED)
    status = state.get("status", 499)  # as the envelope sent it; 499: who asked went away
    code, caller = state.get("code"), state.get("caller")
    running.metrics.answered(route, status, seconds)
    if code is not None:
        running.metrics.problem(code)
    tell = running.log.error if status >= 500 else running.log.info
    tell(
        "request",
        request_id=state.get("request_id"),
        method=scope["method"] if scope["method"] in _METHODS else "OTHER",
        route=route,
        status=status,
        ms=round(seconds * 1000, 2),
        key_id=None if caller is None else caller.key_id,
        code=code,
    )
