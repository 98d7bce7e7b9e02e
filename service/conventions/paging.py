"""Pages of a list: a limit, and a signed cursor that says where the page before ended."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from fastapi import Request, Response

from service.conventions.problems import Problem
from service.conventions.queries import query_of
from service.json_text import json_bytes
from service.running import running

DEFAULT, MOST = 100, 1000


@dataclass(frozen=True, slots=True)
class Page:
    """What is asked for. limit: how many items; after: where the page before ended, as `next_page` was told, or None.

    scope: to whom and for which list a cursor was given; it is worth nothing elsewhere.
    """

    limit: int
    after: str | None
    scope: str


def page_of(request: Request, tenant: str) -> Page:
    """The page that `?limit=` and `?cursor=` ask for; Problem 422 where either is not valid.

    tenant: whose list it is, for a cursor of one tenant is none of another's.
    """
    scope, asked = f"{request.url.path} {tenant}", query_of(request, "limit", "cursor", "format")
    cursor = asked.get("cursor")
    after = None if cursor is None else _opened(request, cursor, scope)
    return Page(_limit(asked.get("limit", str(DEFAULT))), after, scope)


def next_page(request: Request, page: Page, last: str) -> str:
    """Address of the page after the item that `last` names, the other parameters kept."""
    text = base64.urlsafe_b64encode(last.encode()).decode().rstrip("=")
    cursor = f"{text}.{running(request).keyring.sign(_signed(page.scope, last))}"
    kept = [(name, value) for name, value in request.query_params.multi_items() if name not in ("cursor", "limit")]
    return f"{request.url.path}?{urlencode([*kept, ('limit', page.limit), ('cursor', cursor)])}"


def page_response(request: Request, page: Page, items: Sequence[Any], last: str | None, **said: Any) -> Response:
    """A page as it is sent. last: where it ended, None where nothing follows; said: what stands before the items."""
    address = None if last is None else next_page(request, page, last)
    headers = {"Link": f'<{address}>; rel="next"'} if address else {}
    body = json_bytes({"format": 1, **said, "items": list(items), "next": address})
    return Response(body, 200, headers, "application/json")


def _limit(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 4 and 1 <= int(text) <= MOST):
        raise Problem(422, "limit_not_valid", "limit", pointer="", value=text[:20], most=MOST)
    return int(text)


def _opened(request: Request, cursor: str, scope: str) -> str:
    text, _, signature = cursor.partition(".")
    try:
        last = base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True).decode()
    except (binascii.Error, ValueError):  # ValueError: not ASCII, or no UTF-8 inside
        last = ""
    signed = signature.isascii() and running(request).keyring.is_signed(_signed(scope, last), signature)
    if not (last and signed):
        raise Problem(422, "cursor_not_valid", "cursor", pointer="")
    return last


def _signed(scope: str, last: str) -> str:
    return f"cursor {scope} {last}"
