"""Merging: the quantities of a worker's accepted rows, added. Attributes are never merged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from pricing.coding import Rows
from pricing.key_order import BoolArray
from pricing.units import IntArray
from pricing.usage import GREATEST


@dataclass(frozen=True, slots=True, eq=False)
class Merged:
    """Merged quantities of each row's worker, shape (rows,), computed when first asked for.

    `given` replaces a quantity by a value per row: for "what if the month had one kilometre more".
    """

    rows: Rows
    given: Mapping[str, IntArray] = field(default_factory=dict)
    _kept: dict[str, IntArray] = field(default_factory=dict)

    def total(self, name: str) -> IntArray:
        """Sum over the worker's rows, of GREATEST the greatest; unknown ones count as nothing, so ask `lacks` too."""
        if name in self.given:
            return self.given[name]
        if name not in self._kept:
            cells = self.rows.numbers.get(name)
            known = np.zeros(len(self.rows), dtype=np.int64) if cells is None else cells
            known = np.maximum(known, 0) if name in self.rows.unsure else known
            self._kept[name] = self._per_worker(np.maximum if name in GREATEST else np.add, known)
        return self._kept[name]

    def sum_of(self, names: tuple[str, ...]) -> tuple[IntArray, BoolArray | None]:
        """Totals of several quantities, added, and whether any row of the worker lacks one of them."""
        total, lacks = self.total(names[0]), self.lacks(names[0])
        for name in names[1:]:
            total, lacks = total + self.total(name), either(lacks, self.lacks(name))
        return total, lacks

    def greatest(self, name: str) -> IntArray:
        """The greatest value over the worker's rows."""
        cells = self.rows.numbers.get(name)
        return np.full(len(self.rows), -1, dtype=np.int64) if cells is None else self._per_worker(np.maximum, cells)

    def lacks(self, name: str) -> BoolArray | None:
        """Whether any row of the worker has no number; None where none lacks one."""
        if name in self.given:
            return None
        cells = self.rows.numbers.get(name)
        if cells is None:
            return np.ones(len(self.rows), dtype=bool)
        if name not in self.rows.unsure:
            return None
        least = self._per_worker(np.minimum, cells)
        return least < 0

    def with_total(self, name: str, values: IntArray) -> Merged:
        """The same month with another merged quantity."""
        return Merged(self.rows, {**self.given, name: values}, dict(self._kept))

    def _per_worker(self, operation: np.ufunc, values: IntArray) -> IntArray:
        if len(self.rows.starts) == len(self.rows):
            return values
        per_worker: IntArray = operation.reduceat(values, self.rows.starts)
        return per_worker.take(self.rows.worker)


def either(one: BoolArray | None, other: BoolArray | None) -> BoolArray | None:
    """Where one of two conditions holds; None stands for nowhere."""
    if one is None or other is None:
        return other if one is None else one
    return one | other
