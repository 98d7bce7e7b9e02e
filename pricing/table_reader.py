"""Reads a dated table from YAML into frozen entries.

Numbers are whole in the table's unit; whatever is unknown, missing, doubled or out of order is refused by name, with
file and entry. The format is described in `rates/README.md`.
"""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path
from typing import Any

from pricing.errors import TariffError
from pricing.rate_table import EVIDENCE, NATION, STATUSES, UNITS, By, Curve, Entry, Node, RateTable, Steps, Value
from pricing.strict_yaml import (
    both_languages,
    date_of,
    known_keys,
    month_of,
    read_yaml,
    required,
    truth_of,
    whole,
    word_of,
)
from pricing.units import month_text

_TABLE_KEYS = frozenset({"name", "title", "unit", "review_by", "carry_forward_months", "entries"})
_ENTRY_KEYS = frozenset(
    [
        "region",
        "effective_from",
        "ends",
        "known_from",
        "known_from_assumed",
        "status",
        "evidence",
        "source",
        "note",
        "value",
        "steps",
        "curve",
        "off_balance_ppm",
        "reference_portfolio",
    ]
)
_REGION = re.compile(r"[0-9]{6}")
_GREATEST_X = 100_000_000_000  # with UNITS["ppm"] it keeps a curve's arithmetic below 2^63


def read_table(path: Path, table_id: str) -> RateTable:
    """Read one dated table; TariffError with file and entry where it is not of the format."""
    raw = read_yaml(path)
    known_keys(raw, _TABLE_KEYS, str(path))
    for key in ("name", "title", "unit", "entries"):
        required(raw, key, str(path))
    if raw["name"] != path.stem:
        raise TariffError("name_differs", str(path), name=raw["name"], stem=path.stem)
    if not isinstance(raw["unit"], str) or raw["unit"] not in UNITS:
        raise TariffError("unknown_unit", str(path), unit=raw["unit"], known=", ".join(UNITS))
    if not isinstance(raw["entries"], list) or not raw["entries"]:
        raise TariffError("missing_key", str(path), key="entries")
    return RateTable(
        id=table_id,
        title=both_languages(raw["title"], str(path)),
        unit=raw["unit"],
        review_by=month_of(raw["review_by"], str(path)) if "review_by" in raw else None,
        carry_forward_months=whole(raw.get("carry_forward_months", "0"), 120, str(path)),
        entries=_in_order(raw["entries"], raw["unit"], table_id, str(path)),
    )


def _in_order(raw: list[Any], unit: str, table_id: str, path: str) -> dict[str, tuple[Entry, ...]]:
    per_region: dict[str, tuple[Entry, ...]] = {}
    for number, item in enumerate(raw, 1):
        place = f"{path}, entry {number}"
        if not isinstance(item, dict):
            raise TariffError("missing_key", place, key="effective_from")
        entry = _entry(item, unit, table_id, place)
        before = per_region.get(entry.region, ())
        if before and (before[-1].effective_from, before[-1].known_from) >= (entry.effective_from, entry.known_from):
            raise TariffError("entry_out_of_order", place, month=month_text(entry.effective_from), region=entry.region)
        if before and before[-1].effective_from == entry.effective_from:
            entry = _renamed(entry)
        per_region[entry.region] = (*before, entry)
    return per_region


def _renamed(entry: Entry) -> Entry:
    """A later statement about the same month keeps its own id, and the earlier one keeps the short one."""
    values = {name: getattr(entry, name) for name in Entry.__slots__}
    return Entry(**{**values, "id": f"{entry.id}~{entry.known_from.isoformat()}"})


def _entry(raw: dict[str, Any], unit: str, table_id: str, place: str) -> Entry:
    known_keys(raw, _ENTRY_KEYS, place, allow_by=True)
    for key in ("effective_from", "known_from", "status", "evidence", "source"):
        required(raw, key, place)
    region = raw.get("region", NATION)
    if not isinstance(region, str) or not _REGION.fullmatch(region):
        raise TariffError("region_not_valid", place, region=region)
    effective = month_of(raw["effective_from"], place)
    ends = month_of(raw["ends"], place) if "ends" in raw else None
    if ends is not None and ends < effective:
        raise TariffError("ends_before_start", place, ends=raw["ends"], start=raw["effective_from"])
    source = raw["source"] if isinstance(raw["source"], dict) else {}
    if not source.get("title") or not all(isinstance(text, str) for text in source.values()):
        raise TariffError("missing_source", place)
    known_keys(source, frozenset({"title", "clause"}), place)
    return Entry(
        id=f"{table_id}@{raw['effective_from']}" + ("" if region == NATION else f"/{region}"),
        region=region,
        effective_from=effective,
        ends=ends,
        known_from=date_of(raw["known_from"], place),
        known_from_assumed=truth_of(raw, "known_from_assumed", place),
        status=word_of(raw["status"], STATUSES, "unknown_status", place),
        evidence=word_of(raw["evidence"], EVIDENCE, "unknown_evidence", place),
        source=source["title"],
        clause=source.get("clause", ""),
        note=both_languages(raw["note"], place) if "note" in raw else {},
        value=_value(raw, unit, place),
    )


def _value(raw: dict[str, Any], unit: str, place: str) -> Value:
    keys = [key for key in raw if key in ("value", "steps", "curve") or key.startswith("by_")]
    if len(keys) != 1:
        raise TariffError("one_value", place, found=", ".join(keys) or "-")
    if keys[0] == "curve":
        return _curve(raw, unit, place)
    for key in ("off_balance_ppm", "reference_portfolio"):
        if key in raw:
            raise TariffError("unknown_key", place, key=key, known="only beside a curve")
    if keys[0] == "steps":
        steps = _mapping(raw["steps"], place)
        known_keys(steps, frozenset({"step", "limit"}), place)
        values = [whole(required(steps, key, place), UNITS[unit], place) for key in ("step", "limit")]
        if not 0 < values[0] <= values[1] <= 100:
            raise TariffError("steps_not_valid", place, step=values[0], limit=values[1])
        return Steps(*values)
    return _node(raw["value"] if keys[0] == "value" else {keys[0]: raw[keys[0]]}, unit, place)


def _node(raw: Any, unit: str, place: str) -> Node:
    if isinstance(raw, dict):
        if len(raw) != 1 or not next(iter(raw)).startswith("by_"):
            raise TariffError("one_value", place, found=", ".join(raw) or "-")
        key, levels = next(iter(raw.items()))
        nodes = {level: _node(node, unit, place) for level, node in _mapping(levels, place).items()}
        return By(key.removeprefix("by_"), nodes)
    if isinstance(raw, list):
        return tuple(whole(item, UNITS[unit], place) for item in raw)
    if raw == "":
        raise TariffError("one_value", place, found="-")
    return str(raw) if unit == "word" else whole(raw, UNITS[unit], place)


def _curve(raw: dict[str, Any], unit: str, place: str) -> Curve:
    knots = raw["curve"]
    if not isinstance(knots, list) or len(knots) < 2 or any(not isinstance(k, list) or len(k) != 2 for k in knots):
        raise TariffError("curve_knots", place)
    x = tuple(whole(knot[0], _GREATEST_X, place) for knot in knots)
    y = tuple(whole(knot[1], UNITS[unit], place) for knot in knots)
    if any(b <= a for a, b in pairwise(x)):
        raise TariffError("curve_not_ascending", place)
    off_balance = whole(raw["off_balance_ppm"], UNITS["ppm"], place) if "off_balance_ppm" in raw else None
    if off_balance == 0:
        raise TariffError("number_not_whole", place, text="0", greatest=UNITS["ppm"])
    return Curve(x, y, off_balance, raw.get("reference_portfolio", ""))


def _mapping(raw: Any, place: str) -> dict[str, Any]:
    if not isinstance(raw, dict) or not raw:
        raise TariffError("one_value", place, found=str(raw))
    return raw
