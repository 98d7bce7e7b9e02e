"""What a tariff changes against the one before it: entries by table, other parts, and the sources of what is new."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any

from pricing.rate_table import EVIDENCE, STATUSES, Entry, RateTable
from pricing.tariff import Tariff

_BESIDE_TABLES = ("schemes", "factors", "regions", "platforms", "portfolios", "packages", "perils")
_OPENED = ("platform", "industry")  # factors whose levels come from the tables
KINDS = ("new", "altered", "gone")
Key = tuple[str, str, int, dt.date]


def changes(before: Tariff, after: Tariff) -> dict[str, Any]:
    """Tables with the ids of entries that are new, altered or gone; and parts beside the tables that are otherwise."""
    tables = []
    for name in dict.fromkeys((*before.tables, *after.tables)):
        old, new = before.tables.get(name), after.tables.get(name)
        found = {"table": name, **_entries(old, new), "frame": _frame(old) != _frame(new)}
        if any(found[kind] for kind in (*KINDS, "frame")):
            tables.append(found)
    return {"tables": tables, "parts": list(_parts(before, after))}


def undone(found: Mapping[str, Any]) -> list[str]:
    """Ids of entries of the tariff before that are gone or altered."""
    return [entry for table in found["tables"] for entry in (*table["gone"], *table["altered"])]


def sources(after: Tariff, found: Mapping[str, Any]) -> list[dict[str, str]]:
    """Source, status and evidence of every entry that is new or altered."""
    listed = []
    for table in found["tables"]:
        touched = {entry: kind for kind in ("new", "altered") for entry in table[kind]}
        per_region = after.tables[table["table"]].entries.values() if touched else ()
        for entry in (entry for entries in per_region for entry in entries if entry.id in touched):
            said = {"source": entry.source, "clause": entry.clause}
            marks = {"status": STATUSES[entry.status], "evidence": EVIDENCE[entry.evidence]}
            listed.append({"entry": entry.id, "change": touched[entry.id], **said, **marks})
    return listed


def _entries(before: RateTable | None, after: RateTable | None) -> dict[str, list[str]]:
    """Ids by what happened to them. An entry is the same one where region and both dates are."""
    old, new = _by_dates(before), _by_dates(after)
    return {
        "new": [entry.id for key, entry in new.items() if key not in old],
        "altered": [entry.id for key, entry in new.items() if key in old and _content(old[key]) != _content(entry)],
        "gone": [entry.id for key, entry in old.items() if key not in new],
    }


def _by_dates(table: RateTable | None) -> dict[Key, Entry]:
    found = [entry for entries in table.entries.values() for entry in entries] if table else []
    return {(entry.id.split("@")[0], entry.region, entry.effective_from, entry.known_from): entry for entry in found}


def _content(entry: Entry) -> dict[str, object]:
    """All that an entry says; its id may move when an earlier entry is put in front of it."""
    return {field.name: getattr(entry, field.name) for field in fields(entry) if field.name != "id"}


def _frame(table: RateTable | None) -> tuple[object, ...]:
    return () if table is None else (table.unit, table.title, table.review_by, table.carry_forward_months)


def _parts(before: Tariff, after: Tariff) -> Iterator[dict[str, str]]:
    for part in _BESIDE_TABLES:
        old: Mapping[str, object] = getattr(before, part)
        new: Mapping[str, object] = getattr(after, part)
        for name in dict.fromkeys((*old, *new)):
            if old.get(name) != new.get(name) and not (part == "factors" and name in _OPENED):
                kind = "new" if name not in old else "gone" if name not in new else "altered"
                yield {"part": part, "name": name, "change": kind}
