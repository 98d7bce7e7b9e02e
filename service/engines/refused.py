"""Refused rows of a part as the contract lists them: file, row, scheme, code, words, and what went unlevied."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from pricing.arrow import BAD_CELLS, Part
from pricing.coding import COLUMN
from pricing.edition import Edition
from pricing.errors import CODE
from pricing.usage import COLUMN_NUMBER, TEXTS
from service.refusals import of_row

_SHOWN = ("file", "row", "worker_ref", "orders", "income_fen")
_BY_CELL = COLUMN_NUMBER["month"]


def refused_rows(part: Part, edition: Edition) -> Iterator[dict[str, Any]]:
    """One entry per refused row and scheme, in key order. Duplicates are counted elsewhere."""
    order = part.settlement.checked.order
    rows = {name: part.batch.column(name) for name in (*TEXTS, "orders", "income_fen", "file", "row", BAD_CELLS)}
    for name, refusals in part.settlement.refusals.items():
        words: dict[tuple[Any, ...], dict[str, Any]] = {}
        for place in ((refusals != 0) & (refusals % COLUMN != CODE["duplicate"])).nonzero()[0].tolist():
            number, row = int(refusals[place]), int(order[place])
            record = {column: rows[column][row].as_py() for column in ("platform", "region", "occupation")}
            key = (number, *record.values(), row if number // COLUMN >= _BY_CELL else None)
            if key not in words:
                words[key] = _words(part, edition, name, number, row)
            shown = {column: rows[column][row].as_py() for column in _SHOWN}
            yield {**shown, "scheme": name, **words[key]}


def _words(part: Part, edition: Edition, scheme: str, number: int, row: int) -> dict[str, Any]:
    record = {name: part.batch.column(name)[row].as_py() for name in part.batch.schema.names}
    record = {name: value for name, value in record.items() if value is not None}
    record |= json.loads(record.pop(BAD_CELLS, "{}"))
    shown = of_row(number, record, edition, edition.schemes[scheme], None)
    return {"column": "", **shown}
