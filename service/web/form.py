"""Forms: what was typed, kept as text, and what it means in the request that the API would be sent."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from fastapi import Request

from pricing.errors import LichengError
from pricing.words import say
from service.conventions.limits import too_large
from service.conventions.problems import Problem
from service.web.exact import minutes, scaled, typed, typed_hours

Texts = Mapping[str, str]
WHOLE = ("orders", "active_days", "eligible", "enrolled")
_MOST_FIELDS, _MOST_BYTES = 600, 64_000


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a field. at: its id in the page, "" for the form as a whole."""

    at: str
    code: str
    values: Mapping[str, object] = field(default_factory=dict)

    def words(self, lang: str) -> str:
        """The sentence that the API says of it."""
        return say(self.code, lang, **self.values)

    @classmethod
    def of(cls, error: LichengError, fields: Container[str]) -> Fault:
        """An error of pricing at the field it is about; at the form where it is about none."""
        last = error.place.split(", ")[-1]
        return cls(last if last in fields else "", error.code, dict(error.values))


async def small_body(request: Request) -> bytes:
    """The body of a form without files; Problem 413 where it is longer than any of ours."""
    body = bytearray()
    async for block in request.stream():
        body += block
        if len(body) > _MOST_BYTES:
            raise too_large(_MOST_BYTES)
    return bytes(body)


def read_form(body: bytes) -> dict[str, str]:
    """Fields of a form; Problem 400 where the body is none."""
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=_MOST_FIELDS, errors="strict")
    except (UnicodeDecodeError, ValueError):
        raise Problem(400, "page_form_unreadable") from None
    return {name: text.strip() for name, text in pairs}


def value_of(column: str, text: str) -> str | int | None:
    """What a typed text means in a column: fen, metres, minutes, a count or a text; None where it means nothing."""
    if column.endswith("_fen"):
        return scaled(text, 2)
    if column == "distance_m":
        return scaled(text, 3)
    if column.endswith("_min"):
        return minutes(text)
    return scaled(text, 0) if column in WHOLE else text


def text_of(column: str, value: Any) -> str:
    """How a person would type a value of a column."""
    if not isinstance(value, int):
        return str(value)
    if column.endswith("_fen"):
        return typed(value, 2)
    if column == "distance_m":
        return typed(value, 3)
    return typed_hours(value) if column.endswith("_min") else str(value)


def dates_of(texts: Texts) -> dict[str, str]:
    """The month that is priced, and the date of knowledge where one was given."""
    known = texts.get("known_on", "")
    return {"month": texts.get("month", ""), **({"known_on": known} if known else {})}


def record_of(texts: Texts, prefix: str, columns: Iterable[str]) -> tuple[dict[str, Any], list[Fault]]:
    """The columns of a row that were filled in, and what is wrong with others. A field's id is prefix + column."""
    record, faults = {}, []
    for column in columns:
        text = texts.get(prefix + column, "")
        if text:
            value = value_of(column, text)
            if value is None:
                faults.append(Fault(prefix + column, _fault_code(column), {"value": text[:40]}))
            else:
                record[column] = value
    return record, faults


def _fault_code(column: str) -> str:
    if column.endswith("_fen"):
        return "page_fault_yuan"
    if column == "distance_m":
        return "page_fault_km"
    return "page_fault_hours" if column.endswith("_min") else "page_fault_whole"
