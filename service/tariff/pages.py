"""What is in force for a month as known on a date: entries with values, sources and marks."""

from __future__ import annotations

import datetime as dt
from typing import Any

from pricing.errors import InputError
from pricing.rate_table import EVIDENCE, NATION, STATUSES, By, Curve, Found, Steps, Value, levels_of
from pricing.tariff import Tariff
from pricing.units import month_text


def in_force(tariff: Tariff, month: int, known: dt.date, region: str = "", table: str = "") -> dict[str, Any]:
    """Every entry in force, or those that answer for a region, or those of one table; with the edition's hash."""
    if table and table not in tariff.tables:
        raise InputError("request_value", "table", key="table", value=table, known=", ".join(sorted(tariff.tables)))
    if region and (len(region) != 6 or region[:2] + "0000" not in tariff.regions):
        raise InputError("region_not_known", "region", value=region)
    edition = tariff.on(month, known)
    tables = [tariff.tables[table]] if table else list(tariff.tables.values())
    shown = []
    for one in tables:
        for entry_region in levels_of(region) if region else one.entries:
            found = one.on(entry_region, month, known)
            if isinstance(found, Found):
                shown.append(entry_page(found, one.unit, one.title))
            if region and found != "before":
                break
    return {"month": month_text(month), "known_on": known.isoformat(), "edition": edition.hash, "entries": shown}


def entry_page(found: Found, unit: str, title: Any) -> dict[str, Any]:
    """An entry as JSON shows it: dates, marks, value, source."""
    entry = found.entry
    shown: dict[str, Any] = {
        "entry": entry.id,
        "title": dict(title),
        "region": entry.region if entry.region != NATION else "",
        "effective_from": month_text(entry.effective_from),
        "ends": month_text(entry.ends) if entry.ends is not None else None,
        "known_from": entry.known_from.isoformat(),
        "known_from_assumed": entry.known_from_assumed,
        "carried_forward": found.carried,
        "status": STATUSES[found.status],
        "evidence": EVIDENCE[entry.evidence],
        "unit": unit,
        "value": plain(entry.value),
        "source": " · ".join(filter(None, (entry.source, entry.clause))),
    }
    return shown | ({"note": dict(entry.note)} if entry.note else {})


def plain(value: Value) -> Any:
    """A value as JSON shows it."""
    if isinstance(value, By):
        return {level: plain(node) for level, node in value.nodes.items()}
    if isinstance(value, Curve):
        knots = [list(knot) for knot in zip(value.x, value.y, strict=True)]
        more = {"off_balance_ppm": value.off_balance_ppm, "reference_portfolio": value.reference_portfolio}
        return {"curve": knots, **{name: said for name, said in more.items() if said}}
    if isinstance(value, Steps):
        return {"step": value.step, "limit": value.limit}
    return list(value) if isinstance(value, tuple) else value
