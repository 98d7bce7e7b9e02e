"""Answers of the service: JSON by the one writer, marked with the release and the edition that answered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import Response

from service.json_text import json_bytes
from service.releases.history import DEMONSTRATION
from service.tariff.held import InForce

JSON = "application/json"


def reply(
    answer: Any, status: int = 200, *, of: InForce | None = None, headers: Mapping[str, str] | None = None
) -> Response:
    """An answer as JSON. of: the tariff that was taken for it, once; headers: to send along."""
    body = answer if isinstance(answer, bytes) else json_bytes(answer)
    edition = answer.get("edition") if isinstance(answer, Mapping) else None
    marked = {} if of is None else marks(of, edition)
    return Response(body, status, {**marked, **headers} if headers else marked, JSON)


def marks(of: InForce, edition: str | None = None) -> dict[str, str]:
    """Headers that say which release answered, and of one edition which."""
    return release_marks(of.number, edition)


def release_marks(number: int | None, edition: str | None = None) -> dict[str, str]:
    """The same of a release's number; None: a folder that `LICHENG_TARIFF` names."""
    release = "demonstration" if number == DEMONSTRATION else "named" if number is None else str(number)
    return {"Licheng-Release": release, "Licheng-Edition": edition} if edition else {"Licheng-Release": release}
