"""Problems after RFC 9457: a refusal of a whole request, with the same code and words as at the command line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import Request, Response

from pricing.errors import InputError, LichengError, TariffError
from service.json_text import json_bytes
from service.refusals import of_error

MEDIA_TYPE = "application/problem+json"
_TITLES = {
    400: "Bad request",
    401: "Not authenticated",
    403: "Not permitted",
    404: "Not found",
    405: "Method not allowed",
    406: "Not acceptable",
    409: "Conflict",
    410: "Gone",
    411: "Length required",
    413: "Too large",
    415: "Unsupported media type",
    422: "Cannot be processed",
    429: "Too many requests",
    431: "Headers too large",
    500: "A bug",
    503: "Not available",
}
# Errors of the text itself; every other InputError is a readable request of the wrong form.
_UNREADABLE = ("json_unreadable", "duplicate_json_key", "text_unreadable", "text_broken", "csv_unreadable")


class Problem(LichengError):
    """A request that is not answered as asked. status: of HTTP; headers: to send along; pointer: RFC 6901, or ""."""

    def __init__(
        self,
        status: int,
        code: str,
        place: str = "",
        *,
        pointer: str = "",
        headers: Mapping[str, str] | None = None,
        **values: object,
    ) -> None:
        self.status, self.pointer, self.headers = status, pointer, dict(headers or {})
        super().__init__(code, place, **values)

    @classmethod
    def of(cls, error: LichengError) -> Problem:
        """An error of any door as a problem of this one."""
        if isinstance(error, Problem):
            return error
        if isinstance(error, TariffError):
            status = 503
        elif isinstance(error, InputError):
            status = 400 if error.code in _UNREADABLE else 422
        else:
            status = 500
        values: dict[str, Any] = dict(error.values)
        return cls(status, error.code, error.place, pointer=pointer_of(error.place), **values)


def pointer_of(place: str) -> str:
    """The place of an error in a request as a JSON pointer; "" where it is the whole, or no place of JSON."""
    parts = [part.removeprefix("row ") for part in place.split(", ")] if place else []
    return "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in parts)


def body_of(problem: Problem, request_id: str) -> dict[str, Any]:
    """What a problem says."""
    said = of_error(problem)
    return {
        "type": f"/v1/schema#{problem.code}",
        "title": _TITLES[problem.status],
        "status": problem.status,
        "detail": said["message"],
        **said,
        "pointer": problem.pointer,
        "request_id": request_id,
    }


def problem_response(problem: Problem, request: Request) -> Response:
    """The answer of a problem."""
    body = json_bytes(body_of(problem, getattr(request.state, "request_id", "")))
    return Response(body, problem.status, {**problem.headers, "cache-control": "no-store"}, MEDIA_TYPE)
