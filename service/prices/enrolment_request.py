"""Enrolment and history of a request, read strictly into the rows of side files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pricing.errors import InputError
from pricing.tariff import Tariff
from pricing.units import month_text
from pricing.words import as_json
from service.fields import object_of

_FRAME = ("from_month", "to_month")
_GROUP = {"id": "group", "eligible": "eligible", "enrolled": "enrolled"}
Record = dict[str, Any]


def enrolments_of(raw: Mapping[str, Any], tariff: Tariff, worker: str, month: int) -> list[Record]:
    """Rows of `enrolment`: an object of options per cover or package, or a list of them where one follows another.

    Without from_month a cover starts in the month asked for. InputError names an unknown cover, option or group key.
    """
    if "enrolment" not in raw:
        return []
    body = dict(object_of(raw["enrolment"], "enrolment"))
    group = _group(body.pop("group", {}))
    records = []
    for name, given in body.items():
        for cover in _covers(name, tariff):
            for one in given if isinstance(given, list) else [given]:
                options = _options(object_of(one, f"enrolment, {name}"), cover, name, tariff)
                frame = {"worker": worker, "cover": cover, "from_month": month_text(month)}
                records.append({**frame, **group, **options})
    return records


def _covers(name: str, tariff: Tariff) -> tuple[str, ...]:
    package = tariff.packages.get(name)
    if package is None and name not in tariff.covers:
        known = ", ".join((*tariff.covers, *tariff.packages, "group"))
        raise InputError("unknown_column", f"enrolment, {name}", key=name, known=known)
    return (name,) if package is None else package.covers


def _group(raw: Any) -> Record:
    body = object_of(raw, "enrolment, group")
    for key in body:
        if key not in _GROUP:
            raise InputError("unknown_column", f"enrolment, group, {key}", key=key, known=", ".join(_GROUP))
    return {column: body[key] for key, column in _GROUP.items() if key in body}


def _options(given: Mapping[str, Any], cover: str, name: str, tariff: Tariff) -> Record:
    """Options of a cover as texts. What a package names for another of its covers is left to that one."""
    product = tariff.schemes[cover].product
    assert product is not None
    of_package = {option for one in _covers(name, tariff) for option in _names(one, tariff)}
    found: Record = {}
    for key, value in given.items():
        if key in _FRAME:
            found[key] = value
        elif key not in of_package:
            known = ", ".join((*sorted(of_package), *_FRAME))
            raise InputError("unknown_column", f"enrolment, {name}, {key}", key=key, known=known)
        elif key in product.options:
            found[key] = _level(value, tariff.factors[key].levels)
    return found


def _level(value: Any, levels: tuple[str, ...]) -> str:
    """An option's level as text: a number or a text as it is, true and false where the option is yes or no."""
    if isinstance(value, bool) and "yes" in levels:
        return "yes" if value else "no"
    return value if isinstance(value, str) else as_json(value)


def _names(cover: str, tariff: Tariff) -> tuple[str, ...]:
    product = tariff.schemes[cover].product
    return () if product is None else tuple(product.options)


def history_of(raw: Mapping[str, Any], worker: str) -> list[Record]:
    """Rows of `history`: revenue per month, oldest first; the order of keys in an object says nothing."""
    if "history" not in raw:
        return []
    body = object_of(raw["history"], "history")
    for key in body:
        if key != "revenue_fen":
            raise InputError("unknown_column", f"history, {key}", key=key, known="revenue_fen")
    return list(_months(object_of(body.get("revenue_fen", {}), "history, revenue_fen"), worker))


def _months(amounts: Mapping[str, Any], worker: str) -> Iterator[Record]:
    for month, amount in sorted(amounts.items()):
        yield {"worker": worker, "month": month, "revenue_fen": amount}
