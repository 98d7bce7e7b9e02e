"""The application: the service's doors put together, opened and closed with what they need."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request, Response
from fastapi.telemetry import TelemetryConfig
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send

from pricing.errors import LichengError
from service.conventions.direct import Direct, direct_calls
from service.conventions.envelope import Envelope
from service.conventions.in_flight import InFlight
from service.conventions.missing import options_of, problem_of
from service.conventions.problems import Problem, bug_of, problem_response
from service.conventions.quota import Quota
from service.conventions.rates import Rates, count_address
from service.operations.observed import Observed
from service.routes import audit, declarations, levies, levy_tables, prices, quotes, schema, status, tariffs, workers
from service.running import Running
from service.serving import Serving
from service.web import docs, errors, months, pages
from service.web.month_check import Checks

_SILENT: TelemetryConfig = {"tracing": False, "metrics": False, "logs": False}  # it has its own log and figures


def create_app(serving: Serving) -> FastAPI:
    """The application for these settings; it opens the store when it starts and closes it when it stops."""

    @asynccontextmanager
    async def opened(app: FastAPI) -> AsyncIterator[None]:
        app.state.running = Running.start(serving)
        try:
            async with app.state.running.watch.kept():
                yield
        finally:
            app.state.running.close()

    app = _Application(
        title="Licheng",
        version="1",
        lifespan=opened,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        telemetry=_SILENT,
    )
    app.state.rates = Rates(serving.per_minute, serving.address_per_minute)
    app.state.in_flight = InFlight(serving)
    app.state.checks = Checks()
    app.state.quota = Quota(serving.quotes_per_day)
    app.state.ready_tariffs = tariffs.ReadyAnswers()
    app.state.shown_problem = errors.shown_problem
    app.router.redirect_slashes = False
    for routes in (prices, declarations, quotes, levies, levy_tables, tariffs, schema, workers, audit):
        app.include_router(routes.router)
    for others in (status, docs, pages, months):
        app.include_router(others.router)
    app.add_exception_handler(LichengError, _problem)
    app.add_exception_handler(HTTPException, _missing)
    app.add_exception_handler(ClientDisconnect, _left)
    app.add_exception_handler(Exception, _bug)
    app.state.serving = serving
    return app


class _Application(FastAPI):
    """FastAPI inside of our layers, so that calls which go straight to their function pass none of its own."""

    def build_middleware_stack(self) -> Callable[..., Awaitable[None]]:
        """The layers of a request, the last one outermost."""
        calls = direct_calls(prices.router, declarations.router, quotes.router)
        return Observed(Envelope(Direct(super().build_middleware_stack(), calls), self.state.serving))


class _NoAnswer(Response):
    """Nothing is sent: who asked has gone."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send nothing."""


async def _left(_request: Request, _error: Exception) -> Response:
    return _NoAnswer()


async def _bug(request: Request, _error: Exception) -> Response:
    return problem_response(bug_of(request), request)


async def _problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, LichengError)
    return problem_response(Problem.of(error), request)


async def _missing(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    try:
        if not request.state.rate:  # a key that is sent to no call of ours was neither looked at nor counted
            count_address(request)
    except Problem as problem:
        return problem_response(problem, request)
    return options_of(request) or problem_response(problem_of(request, error.status_code), request)
