"""Problems after RFC 9457: a refusal of a whole request, with the same code and words as at the command line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import Request, Response

from pricing.errors import InputError, LichengError, TariffError
from pricing.words import LANGUAGES, say
from service.json_text import json_bytes
from service.pointers import pointer_of
from service.refusals import of_error
from service.store.unavailable import RETRY_AFTER_S, StoreNotAvailable

MEDIA_TYPE = "application/problem+json"
TITLES = {
    400: "problem_unreadable",
    401: "problem_not_authenticated",
    403: "problem_not_permitted",
    404: "problem_not_found",
    405: "problem_method",
    406: "problem_not_acceptable",
    408: "problem_too_slow",
    409: "problem_conflict",
    410: "problem_gone",
    413: "problem_too_large",
    414: "problem_address",
    415: "problem_media_type",
    417: "problem_expectation",
    422: "problem_not_processed",
    429: "problem_too_many",
    431: "problem_headers",
    500: "problem_bug",
    503: "problem_not_available",
}
_WITHOUT_BODY = ("GET", "HEAD", "DELETE", "OPTIONS")  # the place is a parameter of the address there
# Errors of the text itself; every other InputError is a readable request of the wrong form.
UNREADABLE = (
    "json_unreadable",
    "duplicate_json_key",
    "body_not_utf8",
    "text_unreadable",
    "text_broken",
    "csv_unreadable",
)
# What the operator must mend: another secret, or a published file that is not what it was.
OPERATORS = ("seal_broken", "levy_files_changed")


class Problem(LichengError):
    """A request that is not answered as asked. status: of HTTP; headers: to send along; pointer: RFC 6901, "": the
    whole, or no part of the body; None: found from the place of what cannot be processed.
    """

    def __init__(
        self,
        status: int,
        code: str,
        place: str = "",
        *,
        pointer: str | None = None,
        headers: Mapping[str, str] | None = None,
        **values: object,
    ) -> None:
        self.status, self.headers = status, dict(headers or {})
        self.pointer = pointer if status == 422 or pointer is not None else ""
        super().__init__(code, place, **values)

    @classmethod
    def of(cls, error: LichengError) -> Problem:
        """An error of any door as a problem of this one. Of a tariff that cannot answer, files are named to nobody."""
        if isinstance(error, Problem):
            return error
        if isinstance(error, StoreNotAvailable):
            return cls(503, error.code, pointer="", headers={"Retry-After": str(RETRY_AFTER_S)})
        if error.code in OPERATORS:  # what was asked is right, and answered once the operator has mended it
            facts: dict[str, Any] = dict(error.values)
            return cls(503, error.code, pointer="", headers={"Retry-After": "60"}, **facts)
        if isinstance(error, TariffError):
            return cls(503, "tariff_not_available", pointer="", headers={"Retry-After": "5"})
        if not isinstance(error, InputError):
            return cls(500, "internal_error", pointer="", request_id="-")
        values: dict[str, Any] = dict(error.values)
        if error.code in UNREADABLE:
            return cls(400, error.code, error.place, pointer="", **values)
        return cls(422, error.code, error.place, **values)


def bug_of(request: Request) -> Problem:
    """What is told of a bug: nothing but the request's id."""
    return Problem(500, "internal_error", request_id=request.state.request_id)


def problem_body(problem: Problem, request_id: str, lang: str = LANGUAGES[0], raw: Any = None) -> dict[str, Any]:
    """What a problem says. lang: of title and detail; raw: the body as parsed, in which the place is looked up."""
    said = of_error(problem)
    pointer = pointer_of(problem.place, raw) if problem.pointer is None else problem.pointer
    return {
        "type": f"/v1/schema#{problem.code}",
        "title": say(TITLES[problem.status], lang),
        "status": problem.status,
        "detail": problem.message(lang),
        **said,
        "pointer": pointer,
        "request_id": request_id,
    }


def problem_response(problem: Problem, request: Request) -> Response:
    """The answer of a problem, in the language of the request."""
    state = request.state
    state.code = problem.code
    shown: Response | None = request.app.state.shown_problem(problem, request)  # as a page, where a person asks
    if shown is not None:
        return shown
    lang, raw = getattr(state, "lang", LANGUAGES[0]), getattr(state, "raw", None)
    if problem.pointer is None and request.method in _WITHOUT_BODY:
        problem.pointer = ""
    body = json_bytes(problem_body(problem, getattr(state, "request_id", ""), lang, raw))
    return Response(body, problem.status, problem.headers, MEDIA_TYPE)
