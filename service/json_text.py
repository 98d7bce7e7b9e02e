"""Answers as JSON text: one writer for the command line, the service and what it stores, so that bytes are equal."""

from __future__ import annotations

import json
from typing import Any

import orjson


def member(written: bytes) -> Any:
    """What `json_bytes` gave, to stand as a value in another answer without being written a second time."""
    return orjson.Fragment(written.removesuffix(b"\n"))


def json_bytes(answer: Any) -> bytes:
    """An answer as one line of UTF-8 with a line feed at its end; keys stay in their order."""
    try:
        return orjson.dumps(answer) + b"\n"
    except TypeError:  # whole numbers beyond 64 bits, which a refusal may repeat
        return json.dumps(answer, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
