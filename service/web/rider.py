"""The rider's form: a month on one or several platforms, in yuan, kilometres and hours, as a quote request."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from service.web.form import Fault, Texts, dates_of, record_of, text_of

TEXTS = ("platform", "region", "occupation", "vehicle", "employment")
AMOUNTS = ("orders", "distance_m", "active_days", "income_fen", "worked_min", "night_min")
COLUMNS = (*TEXTS, *AMOUNTS)
TIER = "pilot_tier"
COVERS = ("third_party", "cargo_damage")
MOST_ROWS = 8
_WORKER = "w_page_rider"
_EXAMPLE = Path(__file__).parents[1] / "examples" / "rider.json"


@dataclass(frozen=True, slots=True)
class RiderForm:
    """What was typed: fields by id; those of a row begin with its number from 0 and a hyphen."""

    texts: Texts
    rows: int

    @classmethod
    def of(cls, texts: Texts) -> RiderForm:
        """From a posted form: `do` may ask for one more row, or without a row."""
        counted = texts.get("rows", "1")
        rows = min(max(int(counted), 1), MOST_ROWS) if counted.isdecimal() and len(counted) < 3 else 1
        do = texts.get("do", "")
        if do == "add" and rows < MOST_ROWS:
            return cls(texts, rows + 1)
        if do.startswith("remove-") and rows > 1:
            return cls(_without(texts, do.removeprefix("remove-"), rows), rows - 1)
        return cls(texts, rows)

    def request(self, lang: str) -> tuple[dict[str, Any], list[Fault]]:
        """The request of the API that it stands for, and what is wrong with its fields."""
        usage, faults = [], []
        register: dict[tuple[Any, ...], dict[str, Any]] = {}
        for row in range(self.rows):
            record, wrong = record_of(self.texts, f"{row}-", COLUMNS)
            usage.append(record)
            faults += wrong
            if tier := self.texts.get(f"{row}-{TIER}", ""):
                named: dict[str, Any] = {key: record[key] for key in ("platform", "region") if key in record}
                register[tuple(named.values())] = {**named, TIER: tier}
        covers = [cover for cover in COVERS if self.texts.get(f"cover-{cover}")]
        rest = {"platforms": list(register.values()), "covers": covers, "lang": lang, "curve": True}
        return {**dates_of(self.texts), "worker": _WORKER, "usage": usage, **rest}, faults


def _without(texts: Texts, gone: str, rows: int) -> dict[str, str]:
    """The fields with a row taken out and those behind it moved up."""
    kept = [str(row) for row in range(rows) if str(row) != gone]
    moved = {old: str(new) for new, old in enumerate(kept)}
    found = {}
    for name, text in texts.items():
        row, hyphen, column = name.partition("-")
        if not hyphen or not row.isdecimal():
            found[name] = text
        elif row in moved:
            found[f"{moved[row]}-{column}"] = text
    return found


@cache
def example() -> RiderForm:
    """The shipped example rider, as a person would type it."""
    raw: Mapping[str, Any] = json.loads(_EXAMPLE.read_text("utf-8"))
    texts = {"month": raw["month"], "known_on": raw["known_on"]}
    tiers = {(one["platform"], one["region"]): one[TIER] for one in raw["platforms"]}
    for row, record in enumerate(raw["usage"]):
        texts |= {f"{row}-{column}": text_of(column, value) for column, value in record.items()}
        texts[f"{row}-{TIER}"] = tiers.get((record["platform"], record["region"]), "")
    return RiderForm(texts, len(raw["usage"]))
