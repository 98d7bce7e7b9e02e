"""Levies of each row of a month under several editions, batch by batch, as a levy of the whole month allocates them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from pricing.arrow import Part, levies_of, settled
from pricing.arrow_usage import usage_of
from pricing.coding import COLUMN
from pricing.edition import Edition
from pricing.errors import ROW_CODES
from pricing.key_order import BoolArray
from pricing.month import allocation, may_leave_fractions
from pricing.settle import Priced, settle
from pricing.units import IntArray
from pricing.usage import Usage
from training.impact_editions import unit_of
from training.impact_month import Month


@dataclass(frozen=True, slots=True, eq=False)
class Charged:
    """What a scheme charges the rows of a batch, in the batch's order. fen: 0 where refused; units: of its usage, 0
    where refused; refused: rows by code. Shapes (rows,).
    """

    fen: IntArray
    units: IntArray
    priced: BoolArray
    refused: Mapping[str, int]


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Whole workers of a month, with what each edition's schemes charge them, by the edition's hash."""

    records: pa.RecordBatch
    usage: Usage
    charged: Mapping[str, Mapping[str, Charged]]


Named = tuple[Edition, Sequence[str]]  # an edition with the schemes that are wanted of it


def settle_month(month: Month, priced_as: int, wanted: Sequence[Named]) -> Iterator[Batch]:
    """A month's batches under each edition. priced_as: the month of the editions."""
    shares = [Shares(month, priced_as, edition, names) for edition, names in wanted]
    for number, records in enumerate(month.batches(priced_as)):
        usage = usage_of(records)
        charged = {}
        for (edition, names), share in zip(wanted, shares, strict=True):
            part = Part(records, usage, settle(usage, edition, names))
            charged[edition.hash] = {name: _charged(part, name, edition, number, share) for name in names}
        yield Batch(records, usage, charged)


class Shares:
    """Fen to add to the lines of declared schemes, from a first pass where lines may be other than whole fen."""

    def __init__(self, month: Month, priced_as: int, edition: Edition, names: Sequence[str]) -> None:
        declared = [name for name in names if edition.schemes[name].declared]
        declared = [name for name in declared if may_leave_fractions(edition, edition.schemes[name])]
        parts = settled(month.batches(priced_as), edition, declared)
        self._of = allocation(parts, edition) if declared else {}

    def extra(self, name: str, number: int, rows: int) -> IntArray:
        """Fen to add to the whole fen of each line of a part. Shape (rows,)."""
        return self._of[name].extra(number, rows) if name in self._of else np.zeros(rows, dtype=np.int64)


def _charged(part: Part, name: str, edition: Edition, number: int, share: Shares) -> Charged:
    rows, priced = len(part.batch), part.settlement.priced[name]
    codes = part.settlement.refusals[name] % COLUMN
    counts = np.bincount(codes, minlength=len(ROW_CODES))
    refused = {code: int(count) for code, count in zip(ROW_CODES, counts, strict=True) if code and count}
    fen, units = (np.zeros(rows, dtype=np.int64) for _ in range(2))
    kept = np.zeros(rows, dtype=bool)
    if priced is not None:
        place = part.settlement.checked.order.take(priced.kept)
        kept[place] = True
        fen[place] = levies_of(priced, edition.schemes[name], number, share.extra)
        units[place] = _units(priced, unit_of(edition.schemes[name]))
    return Charged(fen, units, kept, refused)


def _units(priced: Priced, unit: str) -> IntArray:
    cells = priced.rows.numbers.get(unit)
    return np.ones(len(priced.rows), dtype=np.int64) if unit == "rows" or cells is None else np.maximum(cells, 0)
