"""Parameters of an address, read strictly: an unknown one is refused by name, and none may stand twice."""

from __future__ import annotations

from fastapi import Request

from service.conventions.problems import Problem


def query_of(request: Request, *known: str) -> dict[str, str]:
    """The parameters by name; Problem 422 names what is unknown, or stands twice."""
    found: dict[str, str] = {}
    for name, value in request.query_params.multi_items():
        if name not in known:
            said = ", ".join(known) or "-"
            raise Problem(422, "query_unknown", name, pointer="", key=name, known=said)
        if name in found:
            raise Problem(422, "query_twice", name, pointer="", key=name)
        found[name] = value
    return found
