"""The style, the script and the picture of the pages, read once; their addresses change with their content."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from fastapi import Response

from service.conventions.problems import Problem

_KINDS = {"site.css": "text/css", "site.js": "text/javascript", "favicon.svg": "image/svg+xml"}
_FOREVER = "public, max-age=31536000, immutable"


def static_address(name: str) -> str:
    """Where a page finds a file."""
    return f"/static/{name}?v={_file(name)[1]}"


def static_response(name: str, version: str) -> Response:
    """A file; Problem 404 where there is none of this name. version: the content that the page named, or another."""
    if name not in _KINDS:
        raise Problem(404, "address_unknown")
    content, now = _file(name)
    kept = _FOREVER if version == now else "no-cache"
    return Response(content, 200, {"Cache-Control": kept}, _KINDS[name])


@cache
def _file(name: str) -> tuple[bytes, str]:
    content = (Path(__file__).parent / "static" / name).read_bytes()
    return content, hashlib.sha256(content).hexdigest()[:12]
