"""The application: the service's doors put together, opened and closed with what they need."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request, Response

from pricing.errors import LichengError
from service.conventions.problems import Problem, problem_response
from service.routes import prices
from service.running import Running
from service.serving import Serving


def create_app(serving: Serving) -> FastAPI:
    """The application for these settings; it opens the store when it starts and closes it when it stops."""

    @asynccontextmanager
    async def opened(app: FastAPI) -> AsyncIterator[None]:
        app.state.running = Running.start(serving)
        try:
            yield
        finally:
            app.state.running.close()

    app = FastAPI(title="Licheng", version="1", lifespan=opened)
    app.include_router(prices.router)
    app.add_exception_handler(LichengError, _problem)
    return app


def _problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, LichengError)
    return problem_response(Problem.of(error), request)
