"""Refused rows of a part as the contract lists them: file, row, scheme, code, words, and what went unlevied."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from pricing.arrow import BAD_CELLS, SET_ASIDE, Part
from pricing.coding import COLUMN
from pricing.edition import Edition
from pricing.errors import CODE, ROW_CODES
from service.refusals import both, of_row

_SHOWN = ("file", "row", "worker_ref", "orders", "income_fen")
_WORDED = ("platform", "region", "occupation")
# Refusals whose words show the row's own cell or class; all others are worded once per platform, region and occupation.
_SHARED_WORDS = (
    *("industry_not_in_scope", "province_not_in_scope", "platform_not_in_scope", "scope_not_established"),
    *("occupation_not_in_scope", "contribution_base_not_known", "average_wage_not_known", "rate_tier_not_assigned"),
)
_OWN_WORDS = frozenset(
    number for number, code in enumerate(ROW_CODES) if code.startswith(("value_", "float_")) or "_not_" in code
) - frozenset(CODE[code] for code in _SHARED_WORDS)


def refused_rows(part: Part, edition: Edition) -> Iterator[dict[str, Any]]:
    """One entry per refused row and scheme, in key order. Duplicates are counted elsewhere."""
    order = part.settlement.checked.order
    cells = {name: part.batch.column(name).to_pylist() for name in (*_WORDED, *_SHOWN, SET_ASIDE)}
    for name, refusals in part.settlement.refusals.items():
        words: dict[tuple[Any, ...], dict[str, Any]] = {}
        for place in ((refusals != 0) & (refusals % COLUMN != CODE["duplicate"])).nonzero()[0].tolist():
            number, row = int(refusals[place]), int(order[place])
            own = row if number % COLUMN in _OWN_WORDS or cells[SET_ASIDE][row] else None
            key = (number, own, *(cells[column][row] for column in _WORDED))
            if key not in words:
                words[key] = _words(part, edition, name, number, row)
            yield {**{column: cells[column][row] for column in _SHOWN}, "scheme": name, **words[key]}


def _words(part: Part, edition: Edition, scheme: str, number: int, row: int) -> dict[str, Any]:
    record = {name: part.batch.column(name)[row].as_py() for name in part.batch.schema.names}
    record = {name: value for name, value in record.items() if value is not None}
    if SET_ASIDE in record:
        return {"column": "", **both("row_cells", text=record[SET_ASIDE])}
    record |= json.loads(record.pop(BAD_CELLS, "{}"))
    shown = of_row(number, record, edition, edition.schemes[scheme], None)
    return {"column": "", **shown}
