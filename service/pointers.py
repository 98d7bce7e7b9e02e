"""Where in a request an error is: its place as a JSON pointer (RFC 6901)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

WHOLE = ("", "request", "declaration")  # places that are the request itself
_ROW = re.compile(r"row (\d+)")


def pointer_of(place: str, raw: Any = None) -> str:
    """The place of an error, such as `usage, row 0, orders`, as a pointer such as `/usage/0/orders`.

    raw: the request as it was sent. A place is put together with commas, which a key may hold as well, so keys that
    are there go before a comma. "" is the whole request; a key that is lacking is pointed at where it belongs.
    """
    if place in WHOLE and not (isinstance(raw, Mapping) and place in raw):
        return ""
    parts: list[str] = []
    rest, node = place, raw
    while rest:
        token, rest = _next(rest, node)
        row = _ROW.fullmatch(token)
        name = row[1] if row and not (isinstance(node, Mapping) and token in node) else token
        parts.append(name)
        node = _inside(node, name)
    return "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in parts)


def _next(rest: str, node: Any) -> tuple[str, str]:
    """The first part of a place and what follows: the longest key that is there, else up to the comma."""
    keys = [key for key in node if rest == key or rest.startswith(f"{key}, ")] if isinstance(node, Mapping) else []
    if keys:
        token = max(keys, key=len)
        return token, rest[len(token) + 2 :]
    token, _, after = rest.partition(", ")
    return token, after


def _inside(node: Any, name: str) -> Any:
    if isinstance(node, Mapping):
        return node.get(name)
    if isinstance(node, list) and name.isdecimal() and int(name) < len(node):
        return node[int(name)]
    return None
