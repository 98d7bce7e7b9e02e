"""The history of a table: its entries in order, each with its dates, marks, source and the change to the one before."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from pricing.rate_table import Entry, Found, RateTable, levels_of
from pricing.tariff import Tariff
from pricing.units import month_text
from pricing.words import LANGUAGES, say
from service.tariff.change_words import value_lines, written
from service.tariff.changes import check_names
from service.tariff.pages import entry_page
from service.tariff.values import compare


def history(tariff: Tariff, name: str, region: str = "") -> dict[str, Any]:
    """All entries of a table, region by region; with a region, its look-up levels, the most specific first."""
    check_names((tariff,), region, name)
    table = tariff.tables[name]
    levels = [code for code in (levels_of(region) if region else table.entries) if code in table.entries]
    return {
        "table": name,
        "title": dict(table.title),
        "unit": table.unit,
        "carry_forward_months": table.carry_forward_months,
        "review_by": None if table.review_by is None else month_text(table.review_by),
        "region": region,
        "levels": [
            {
                "region": code,
                "region_name": dict(tariff.regions.get(code, {})),
                "entries": [
                    _entry(before, entry, table) for before, entry in pairwise((None, *table.entries[code])) if entry
                ],
            }
            for code in levels
        ],
    }


def _entry(before: Entry | None, entry: Entry, table: RateTable) -> dict[str, Any]:
    shown = entry_page(Found(entry, carried=False), table.unit, table.title)
    for key in ("title", "unit", "carried_forward"):
        del shown[key]
    changes = compare(before.value, entry.value, table.unit, {}) if before else []
    shown["changes"] = [change.plain() for change in changes]
    texts = {lang: [written(entry.value, table.unit, lang), *value_lines(changes, lang)] for lang in LANGUAGES}
    if before and not changes:
        texts = {lang: [*lines, say("change_same_values", lang)] for lang, lines in texts.items()}
    return shown | {"message": "\n".join(texts["en"]), "message_zh": "\n".join(texts["zh"])}
