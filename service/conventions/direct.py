"""Calls whose path names nothing go straight to their function: the router is asked only where there is a choice.

The routes themselves, their names and their OpenAPI document stay the router's. A function that is called here takes
the request alone and answers with a response, so that nothing of what the router would do for it is left out.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute

from pricing.errors import LichengError
from service.conventions.problems import Problem, problem_response

Call = tuple[APIRoute, Callable[[Request], Awaitable[Response]]]


class Direct:
    """The innermost layer of the application."""

    def __init__(self, app: Any, calls: Mapping[tuple[str, str], Call]) -> None:
        self._app, self._calls = app, calls

    async def __call__(self, scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        """Answer a call that is known by its method and path; pass on what is not."""
        found = self._calls.get((scope["method"], scope["path"])) if scope["type"] == "http" else None
        if found is None or scope.get("root_path"):
            await self._app(scope, receive, send)
            return
        scope["route"], answer = found
        request = Request(scope, receive, send)
        try:
            response = await answer(request)
        except LichengError as error:
            response = problem_response(Problem.of(error), request)
        await response(scope, receive, send)


def direct_calls(*routers: APIRouter) -> dict[tuple[str, str], Call]:
    """The calls of routers that have a path without names, by method and path."""
    return {
        (method, route.path): (route, route.endpoint)
        for router in routers
        for route in router.routes
        if isinstance(route, APIRoute) and "{" not in route.path
        for method in route.methods or ()
    }
