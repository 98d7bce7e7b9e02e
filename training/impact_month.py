"""A published month as an impact reads it: receipt, register, usage in batches of whole workers, in another month."""

from __future__ import annotations

import csv
import datetime as dt
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pricing.arrow_usage import whole_workers
from pricing.errors import InputError
from pricing.folder_hash import file_hash
from pricing.units import month_text, parse_month

USAGE, REGISTER, RECEIPT = "usage.parquet", "register.csv", "receipt.json"
_BATCH = 122_880
_WHOLE = ("pilot_float_pct", "class_float_pct", "risk_class")
# A cell that a spreadsheet would run stands behind an apostrophe in the files that people open.
_GUARDED = re.compile(r"^'+[=+\-@\t\r]")


@dataclass(frozen=True, slots=True)
class Month:
    """A levy's folder. month: counted since year 0; register: rows as they were sent; schemes: what it settled."""

    folder: Path
    month: int
    known_on: dt.date
    schemes: tuple[str, ...]
    synthetic: bool
    register: tuple[Mapping[str, Any], ...]

    @property
    def rows(self) -> int:
        """Rows of usage that were read."""
        return int(pq.ParquetFile(self.folder / USAGE).metadata.num_rows)

    def batches(self, month: int) -> Iterator[pa.RecordBatch]:
        """The usage in batches of whole workers, in key order, as if it had been worked in another month.

        Rows that were of another month than the folder's stay so.
        """
        batches = pq.ParquetFile(self.folder / USAGE).iter_batches(batch_size=_BATCH)
        yield from whole_workers(_moved(batch, month_text(self.month), month_text(month)) for batch in batches)


def read_month(folder: Path) -> Month:
    """A published levy; InputError where it has no receipt, or where usage or register are not as it says."""
    path = folder / RECEIPT
    if not path.is_file():
        raise InputError("no_receipt", str(folder), folder=folder)
    receipt = json.loads(path.read_text(encoding="utf-8"))
    for name in (USAGE, REGISTER):
        if not (folder / name).is_file() or file_hash(folder / name) != receipt["files"][name]:
            raise InputError("folder_changed", str(folder / name), file=name)
    month = parse_month(receipt["month"])
    if month is None:
        raise InputError("folder_changed", str(path), file=RECEIPT)
    return Month(
        folder=folder,
        month=month,
        known_on=dt.date.fromisoformat(receipt["known_on"]),
        schemes=tuple(receipt["schemes"]),
        synthetic=bool(receipt.get("synthetic")),
        register=tuple(_register(folder / REGISTER)),
    )


def _moved(batch: pa.RecordBatch, own: str, other: str) -> pa.RecordBatch:
    """A batch with two months exchanged, so that what was refused for its month is refused again."""
    if own == other:
        return batch
    place = batch.schema.get_field_index("month")
    months = batch.column(place)
    exchanged = pc.if_else(pc.equal(months, other), own, months)
    return batch.set_column(place, "month", pc.if_else(pc.equal(months, own), other, exchanged))


def _register(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            cells = {name: cell[1:] if _GUARDED.match(cell) else cell for name, cell in row.items() if cell}
            yield {name: int(v) if name in _WHOLE and v.isdecimal() else v for name, v in cells.items()}
