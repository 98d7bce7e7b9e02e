"""The dated register of platforms: tiers, floats, classes and filing entities per platform and region.

A row holds from its `effective_from` until the next row of the same platform and region; the look-up falls
county → city → province → nation, as in the rate tables.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from pricing.errors import InputError
from pricing.rate_table import NATION
from pricing.units import parse_month
from pricing.words import as_json

COLUMNS = (
    "platform",
    "region",
    "effective_from",
    "pilot_tier",
    "pilot_float_pct",
    "risk_class",
    "class_float_pct",
    "entity",
    "known_from",
)
_GREATEST = {"pilot_float_pct": 10_000, "class_float_pct": 10_000, "risk_class": 8}


class Terms(NamedTuple):
    """One row of the register. Percentages are whole; None where the row says nothing."""

    platform: str
    region: str
    effective_from: int
    known_from: dt.date
    pilot_tier: str
    pilot_float_pct: int | None
    risk_class: int | None
    class_float_pct: int | None
    entity: str


def read_register(
    rows: Iterable[Mapping[str, object]], tiers: Collection[str], regions: Collection[str]
) -> tuple[Terms, ...]:
    """Rows of a register (a request's `platforms` or a file) as terms; InputError names the row and the column.

    tiers: the levels a tier may have; regions: codes, among them every known province.
    """
    terms = tuple([_terms(row, tiers, regions, f"platforms, row {number}") for number, row in enumerate(rows)])
    seen: set[tuple[str, str, int, dt.date]] = set()
    for number, term in enumerate(terms):
        key = (term.platform, term.region, term.effective_from, term.known_from)
        if key in seen:
            raise InputError("register_overlap", f"platforms, row {number}", platform=term.platform, region=term.region)
        seen.add(key)
    return terms


def in_force(register: Iterable[Terms], month: int, known: dt.date) -> list[Terms]:
    """The rows that hold in a month as known on a date, wide regions first."""
    held: dict[tuple[str, str], Terms] = {}
    for term in sorted(register, key=lambda t: (t.effective_from, t.known_from)):
        if term.effective_from <= month and term.known_from <= known:
            held[term.platform, term.region] = term
    return sorted(held.values(), key=lambda t: (t.region != NATION, -len(t.region) + len(t.region.rstrip("0"))))


def _terms(row: Mapping[str, object], tiers: Collection[str], regions: Collection[str], place: str) -> Terms:
    if not isinstance(row, Mapping):
        raise InputError("not_an_object", place, key=place, found=as_json(row))
    for key in row:
        if key not in COLUMNS and not str(key).startswith("x_"):
            raise InputError("unknown_column", f"{place}, {key}", key=key, known=", ".join(COLUMNS))
    platform, region = _text(row, "platform", place), _text(row, "region", place) or NATION
    if not platform:
        raise InputError("register_value", f"{place}, platform", column="platform", value=row.get("platform", ""))
    if len(region) != 6 or not (region.isascii() and region.isdigit()) or region[:2] + "0000" not in regions:
        raise InputError("register_value", f"{place}, region", column="region", value=region)
    tier = _text(row, "pilot_tier", place)
    if tier and tier not in tiers:
        raise InputError("register_value", f"{place}, pilot_tier", column="pilot_tier", value=tier)
    return Terms(
        platform=platform,
        region=region,
        effective_from=_month(row, place),
        known_from=_date(row, place),
        pilot_tier=tier,
        pilot_float_pct=_whole(row, "pilot_float_pct", place),
        risk_class=_whole(row, "risk_class", place),
        class_float_pct=_whole(row, "class_float_pct", place),
        entity=_text(row, "entity", place),
    )


def _text(row: Mapping[str, object], column: str, place: str) -> str:
    value = row.get(column)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise InputError("register_value", f"{place}, {column}", column=column, value=value)
    return value


def _whole(row: Mapping[str, object], column: str, place: str) -> int | None:
    value = row.get(column)
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= _GREATEST[column]:
        raise InputError("register_value", f"{place}, {column}", column=column, value=value)
    return value


def _month(row: Mapping[str, object], place: str) -> int:
    text = _text(row, "effective_from", place)
    month = parse_month(text) if text else 0
    if month is None:
        raise InputError("register_value", f"{place}, effective_from", column="effective_from", value=text)
    return month


def _date(row: Mapping[str, object], place: str) -> dt.date:
    text = _text(row, "known_from", place)
    try:
        date = dt.date.fromisoformat(text) if text else dt.date.min
    except ValueError:
        raise InputError("register_value", f"{place}, known_from", column="known_from", value=text) from None
    if text and date.isoformat() != text:
        raise InputError("register_value", f"{place}, known_from", column="known_from", value=text)
    return date
