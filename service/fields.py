"""Fields of a request, read strictly: InputError names the key and what it may be."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from pricing.errors import InputError
from pricing.units import parse_month
from pricing.words import as_json


def repeated(value: Any) -> str | int | None:
    """A sent value as an answer may repeat it: text or a whole number, else null."""
    return value if isinstance(value, (str, int)) else None


def read_month(value: Any, key: str) -> int:
    """A required `YYYY-MM`, as months since year 0."""
    if value is None:
        raise InputError("missing_field", key, key=key)
    month = parse_month(value) if isinstance(value, str) else None
    if month is None:
        raise InputError("request_month", key, value=value)
    return month


def read_date(value: Any, key: str) -> dt.date | None:
    """An optional `YYYY-MM-DD`."""
    if value is None or value == "":
        return None
    try:
        date = dt.date.fromisoformat(value)
    except (TypeError, ValueError):
        raise InputError("request_date", key, value=value) from None
    if date.isoformat() != value:
        raise InputError("request_date", key, value=value)
    return date


def read_known(value: Any, key: str, today: dt.date) -> dt.date:
    """The day by which it was known what a month is charged by: today by default; InputError where it has not come."""
    known_on = read_date(value, key) or today
    if known_on > today:
        raise InputError("known_on_ahead", key, known_on=known_on.isoformat(), today=today.isoformat())
    return known_on


def list_of(raw: Mapping[str, Any], key: str) -> list[Any]:
    """A list, empty where the key is absent."""
    value = raw.get(key, [])
    if not isinstance(value, list):
        raise InputError("not_a_list", key, key=key, found=as_json(value))
    return value


def object_of(value: Any, key: str) -> Mapping[str, Any]:
    """An object."""
    if not isinstance(value, (dict, Mapping)):
        raise InputError("not_an_object", key, key=key, found=as_json(value))
    return value


def names_of(raw: Mapping[str, Any], key: str, known: tuple[str, ...]) -> tuple[str, ...]:
    """Names out of a known list, each once; all of them where the key is absent."""
    if key not in raw:
        return known
    return tuple(dict.fromkeys([one_of(name, key, known) for name in list_of(raw, key)]))


def one_of(value: Any, key: str, known: tuple[Any, ...]) -> Any:
    """A value out of a known list; true is not 1."""
    if type(value) is str and value in known:
        return value
    for one in known:
        if value is one or (type(value) is type(one) and value == one):
            return value
    raise InputError("request_value", key, key=key, value=value, known=shown_values(known))


def shown_values(known: tuple[Any, ...]) -> str:
    """Allowed values as JSON writes them, texts without quotation marks; that a key may be left out is not said."""
    return ", ".join(one if isinstance(one, str) else as_json(one) for one in known if one is not None)
