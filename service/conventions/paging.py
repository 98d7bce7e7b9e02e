"""Pages of a list: a limit, and a signed cursor that says where the page before ended.

The audit log has the first page of a list that an auditor reads; so a cursor goes on for the key alone that read it,
and for an hour.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from fastapi import Request, Response

from service.clock import now
from service.conventions.caller import Caller
from service.conventions.problems import Problem
from service.conventions.queries import query_of
from service.json_text import json_bytes
from service.running import running

DEFAULT, MOST = 100, 1000
LAPSES_S = 3600  # after the first page


@dataclass(frozen=True, slots=True)
class Page:
    """What is asked for. limit: how many items; after: where the page before ended, as `next_page` was told, or None.

    scope: to whom and for which list a cursor was given; it is worth nothing elsewhere. began: when the first page was
    read, in seconds of the epoch.
    """

    limit: int
    after: str | None
    scope: str
    began: int


def page_of(request: Request, caller: Caller, *beside: str) -> Page:
    """The page that `?limit=` and `?cursor=` ask for; Problem 422 where either is not valid.

    caller: who reads, for a cursor of one key is none of another's; beside: what else the address may ask for.
    """
    scope, asked = f"{request.url.path} {caller.key_id}", query_of(request, "limit", "cursor", *beside)
    cursor, at = asked.get("cursor"), int(now().timestamp())
    began, after = (at, None) if cursor is None else _opened(request, cursor, scope)
    if at - began > LAPSES_S:
        raise Problem(422, "cursor_lapsed", "cursor", pointer="", minutes=LAPSES_S // 60)
    return Page(_limit(asked.get("limit", str(DEFAULT))), after, scope, began)


def next_page(request: Request, page: Page, last: str) -> str:
    """Address of the page after the item that `last` names, the other parameters kept."""
    said = f"{page.began} {last}"
    text = base64.urlsafe_b64encode(said.encode()).decode().rstrip("=")
    cursor = f"{text}.{running(request).keyring.sign(_signed(page.scope, said))}"
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


def _opened(request: Request, cursor: str, scope: str) -> tuple[int, str]:
    """When its first page was read, and where the page before ended."""
    text, _, signature = cursor.partition(".")
    try:
        said = base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True).decode()
    except (binascii.Error, ValueError):  # ValueError: not ASCII, or no UTF-8 inside
        said = ""
    signed = signature.isascii() and running(request).keyring.is_signed(_signed(scope, said), signature)
    if not (said and signed):
        raise Problem(422, "cursor_not_valid", "cursor", pointer="")
    began, _, last = said.partition(" ")
    return int(began), last


def _signed(scope: str, said: str) -> str:
    return f"cursor since its first page {scope} {said}"
