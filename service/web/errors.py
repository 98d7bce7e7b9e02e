"""Problems as pages, for people: the same words as the API says, in the language of the page."""

from __future__ import annotations

from fastapi import Request, Response

from pricing.words import say
from service.addresses import MACHINES
from service.conventions.problems import TITLES, Problem
from service.web.languages import language_of
from service.web.rendering import page


def shown_problem(problem: Problem, request: Request) -> Response | None:
    """A problem as a page where a person asks, with a browser at an address that is not the API's; None elsewhere."""
    path = request.url.path
    api = any(path == one or path.startswith(one + "/") for one in MACHINES)
    return None if api or "text/html" not in request.headers.get("accept", "") else _page(problem, request)


def _page(problem: Problem, request: Request) -> Response:
    lang = language_of(request)
    response = page(
        request,
        "problem.html",
        status=problem.status,
        problem=problem,
        heading=say(TITLES[problem.status], lang),
        words=problem.message(lang),
        request_id=getattr(request.state, "request_id", "") if problem.status >= 500 else "",
    )
    response.headers.update(problem.headers)
    return response
