"""Addresses without an answer: none there (404), none by this method (405), and what `OPTIONS` says instead."""

from __future__ import annotations

from fastapi import Request, Response
from starlette.routing import Match

from service.conventions.problems import Problem

_OPTIONS = "OPTIONS"
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def problem_of(request: Request, status: int) -> Problem:
    """The problem of a request that no route takes. status: as the router found it."""
    methods = _methods(request)
    if status != 405 or not methods:
        return Problem(404, "address_unknown")
    known = ", ".join(methods)
    return Problem(405, "method_not_allowed", headers={"Allow": known}, method=request.method, known=known)


def options_of(request: Request) -> Response | None:
    """The answer of `OPTIONS` at an address that is there: its methods. No other site is allowed anything (no CORS)."""
    methods = _methods(request) if request.method == _OPTIONS else []
    return Response(status_code=204, headers={"Allow": ", ".join(methods)}) if methods else None


def _methods(request: Request) -> list[str]:
    """Every method that some route takes at the address."""
    routes = request.app.router.routes
    found = [
        method
        for method in _METHODS
        if any(route.matches({**request.scope, "method": method})[0] is Match.FULL for route in routes)
    ]
    head = ["HEAD"] if "GET" in found else []
    return [*found, *head, _OPTIONS] if found else []
