"""Entity tags: whoever has an answer already is told so, instead of being sent it again."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from fastapi import Request, Response


def tag_of(body: bytes) -> str:
    """The strong entity tag of a body: equal tags, equal bytes."""
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'


def has_it(request: Request, tag: str) -> bool:
    """Whether `If-None-Match` names the tag, or any; weak tags are compared as what they stand for (RFC 9110)."""
    given = request.headers.get("if-none-match", "")
    return given.strip() == "*" or tag in (one.strip().removeprefix("W/") for one in given.split(","))


def tagged(request: Request, body: bytes, tag: str, headers: Mapping[str, str], media_type: str) -> Response:
    """The body with its tag, or 304 where the caller has it."""
    said = {**headers, "ETag": tag}
    return Response(status_code=304, headers=said) if has_it(request, tag) else Response(body, 200, said, media_type)
