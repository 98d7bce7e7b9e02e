"""Bodies of requests, read as strictly as the command line reads its files."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, TypeVar

from anyio import to_thread
from fastapi import Request
from starlette.requests import ClientDisconnect

from service.conventions.limits import most_body
from service.conventions.problems import Problem
from service.json_text import is_small, readable
from service.reading import read_json
from service.running import running

T = TypeVar("T")
JSON = "application/json"
MOST_MEMBERS = 1_000  # of one list or object inside a request for one worker
REGISTER_ROWS = 5  # of each request of the longest batch, on average
MOST_CELL = 4_000  # characters of a text, or of what a caller's own x_ key holds, as JSON
BYTES_OF_VALUE = 15  # as many values are taken as fill a body of the greatest size with so many bytes each
_LONG = 20_000  # bytes of a body that takes the loop too long
_VALUES = (b",", b"[", b"{")  # before every value of JSON but the first stands one of them, or a key


def media_type(request: Request) -> str:
    """The media type of the body without its parameters, in small letters; "" where none is said."""
    return _media(request.headers.get("content-type", ""))[0]


@lru_cache(maxsize=64)
def _media(header: str) -> tuple[str, str]:
    """The media type that a header says, with its charset."""
    said = header.lower()
    return said.split(";")[0].strip(), said.partition("charset=")[2].split(";")[0].strip(' "')


def check_media_type(request: Request, *known: str) -> str:
    """The media type of the body; Problem 415 where it is none of those known, or its charset is not UTF-8."""
    header = request.headers.get("content-type", "")
    found, charset = _media(header)
    if found not in known or charset not in ("", "utf-8", "utf8"):
        accepted = ", ".join(known)
        raise Problem(
            415, "media_type_not_taken", "Content-Type", headers={"Accept-Post": accepted}, found=header, known=accepted
        )
    return found


async def body_of(request: Request) -> bytes:
    """The whole body; Problem 413 where it holds so many values, in JSON or as cells, that to read it were too much.

    A value takes up to thirty times its size in memory, so they are counted before anything is read. Commas in texts
    are counted with them.
    """
    body = await _whole(request)
    most = most_body(request.scope["path"], running(request).serving) // BYTES_OF_VALUE
    if len(body) > most:
        found = sum(map(body.count, _VALUES))
        if found > most:
            raise Problem(413, "too_many_values", "body", found=f"{found:,}", most=f"{most:,}")
    return body


async def _whole(request: Request) -> bytes:
    """The body piece by piece; ClientDisconnect where it ends before it is whole."""
    pieces, more = [], True
    while more:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        pieces.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(pieces)


async def beside(body: bytes, work: Callable[[], T]) -> T:
    """What a body's reading gives; of a long body in a thread, beside the loop."""
    return work() if len(body) < _LONG else await to_thread.run_sync(work)


def check_lines(body: bytes, most: int) -> None:
    """Problem 413 where a batch has more lines than that: they are counted before any is read."""
    found = max(body.count(b"\n"), body.count(b"\r"))
    if found > most:
        raise Problem(413, "batch_too_long", "request", found=found, most=most)


def parsed(request: Request, body: bytes) -> Any:
    """A body's JSON, its text strictly UTF-8; Problem 400 or InputError says where it is not."""
    raw = read_json(text_of(body), "request")
    request.state.raw = raw
    return raw


def text_of(body: bytes) -> str:
    """A body as text: UTF-8, with or without a byte order mark; Problem 400."""
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Problem(400, "body_not_utf8", "request", byte=error.start) from None


def check_members(raw: Any) -> None:
    """Problem 422 where a request for one worker has a list or object of very many members, two levels deep, or a cell
    that is very long.
    """
    if is_small(raw):
        return
    if isinstance(raw, Mapping):
        _few(raw, "")
        _short(raw, "")
        for key, value in raw.items():
            _few(value, key)
            inner = value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else ()
            for name, member in inner:
                place = f"{key}, {name}" if isinstance(name, str) else f"{key}, row {name}"
                _few(member, place)
                _short(member, place)


class Registers:
    """Rows of registers in the requests of one batch: each is read, so that all together are bounded as well."""

    def __init__(self, requests: int) -> None:
        """requests: in the longest batch."""
        self._most, self._found = max(requests * REGISTER_ROWS, MOST_MEMBERS), 0

    def count(self, raw: Any) -> None:
        """Problem 422 where a request brings more than its batch may have."""
        rows = raw.get("platforms") if isinstance(raw, Mapping) else None
        more = len(rows) if isinstance(rows, list) else 0
        if self._found + more > self._most:
            raise Problem(422, "too_many_register_rows", "platforms", most=self._most)
        self._found += more


def _few(value: Any, place: str) -> None:
    if isinstance(value, (list, Mapping)) and len(value) > MOST_MEMBERS:
        raise Problem(422, "too_many_members", place, key=place, found=len(value), most=MOST_MEMBERS)


def _short(record: Any, place: str) -> None:
    """Problem 422 where a text or something nested is longer than a cell may be; at the top, under own names alone."""
    for name, cell in record.items() if isinstance(record, Mapping) else ():
        found = len(cell) if isinstance(cell, str) else 0
        if isinstance(cell, list | Mapping) and (place or name.startswith("x_")):
            found = len(json.dumps(readable(cell, "request"), ensure_ascii=False))
        if found > MOST_CELL:
            where = f"{place}, {name}" if place else name
            raise Problem(422, "cell_too_long", where, key=name, found=f"{found:,}", most=f"{MOST_CELL:,}")
