"""Bodies of requests, read as strictly as the command line reads its files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import Request

from service.conventions.problems import Problem
from service.reading import read_json

JSON = "application/json"
MOST_MEMBERS = 1_000  # of one list or object inside a request for one worker


def media_type(request: Request) -> str:
    """The media type of the body without its parameters, in small letters; "" where none is said."""
    return request.headers.get("content-type", "").split(";")[0].strip().lower()


def check_media_type(request: Request, *known: str) -> str:
    """The media type of the body; Problem 415 where it is none of those known, or its charset is not UTF-8."""
    header = request.headers.get("content-type", "")
    found = media_type(request)
    charset = header.lower().partition("charset=")[2].split(";")[0].strip(' "')
    if found not in known or charset not in ("", "utf-8", "utf8"):
        accepted = ", ".join(known)
        raise Problem(
            415, "media_type_not_taken", "Content-Type", headers={"Accept-Post": accepted}, found=header, known=accepted
        )
    return found


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


def check_members(raw: Any, most: int = MOST_MEMBERS) -> None:
    """Problem 422 where a request for one worker has a list or object of very many members, two levels deep."""
    if isinstance(raw, Mapping):
        _few(raw, "", most)
        for key, value in raw.items():
            _few(value, key, most)
            inner = value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else ()
            for name, member in inner:
                _few(member, f"{key}, {name}" if isinstance(name, str) else f"{key}, row {name}", most)


def _few(value: Any, place: str, most: int) -> None:
    if isinstance(value, list | Mapping) and len(value) > most:
        raise Problem(422, "too_many_members", place, key=place, found=len(value), most=most)
