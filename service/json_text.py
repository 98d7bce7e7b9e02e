"""Answers as JSON text: one writer for the command line, the service and what it stores, so that bytes are equal; and
what of a request an answer could not repeat.
"""

from __future__ import annotations

import json
from itertools import chain
from json.encoder import encode_basestring
from typing import Any

import orjson

from pricing.errors import InputError

quoted = encode_basestring  # a text as JSON, other letters than ASCII as they are
SMALL = 2_000  # bytes of JSON
_DEEPEST = 16


def written(text: str | bytes) -> Any:
    """JSON text, such as `json_bytes` gives, to stand as a value in an answer without being written a second time."""
    return orjson.Fragment(text.strip())


def json_bytes(answer: Any) -> bytes:
    """An answer as one line of UTF-8 with a line feed at its end; keys stay in their order."""
    try:
        return orjson.dumps(answer) + b"\n"
    except TypeError:  # whole numbers beyond 64 bits, which a refusal may repeat
        return json.dumps(answer, ensure_ascii=False, separators=(",", ":"), default=_read_again).encode() + b"\n"


def as_read(answer: Any) -> Any:
    """An answer as who receives it reads it: what was written stands in it as lists and objects."""
    return json.loads(json_bytes(answer))


def _read_again(text: orjson.Fragment) -> Any:
    return orjson.loads(orjson.dumps(text))


def is_small(value: Any) -> bool:
    """Whether a parsed value is so short as JSON that nothing in it can be long, many (SMALL // 2) or deep, and UTF-8
    can write it: nearly all are, and need not be looked through. To write it takes a tenth of looking.
    """
    try:
        text = orjson.dumps(value)
    except TypeError:  # broken Unicode, a number beyond 64 bits, or nesting beyond what it writes
        return False
    return len(text) <= SMALL and text.count(b"[") + text.count(b"{") <= _DEEPEST


def readable(value: Any, key: str) -> Any:
    """The value as it is; InputError where no answer could repeat it: broken Unicode, or nesting without end."""
    if not is_small(value):
        _read(value, key, 0)
    return value


def _read(value: Any, key: str, depth: int) -> None:
    if isinstance(value, str):
        if not value.isascii() and any("\ud800" <= letter <= "\udfff" for letter in value):
            raise InputError("text_broken", key, value=value)
    elif isinstance(value, (dict, list)):
        if depth == _DEEPEST:
            raise InputError("nested_too_deeply", key)
        for inner in chain.from_iterable(value.items()) if isinstance(value, dict) else value:
            kind = type(inner)
            if (kind is str and inner.isascii()) or kind is int:
                continue  # nearly all are, and nothing is wrong with them
            _read(inner, key, depth + 1)
