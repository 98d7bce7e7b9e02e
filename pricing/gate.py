"""Gates: refusal codes over a few attributes, with the marks of the entries they rest on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pricing.edition import MISSING, Edition
from pricing.errors import CODE
from pricing.rate_table import NATION
from pricing.relativities import places
from pricing.rules import PAYERS
from pricing.scheme import Scheme
from pricing.units import IntArray


@dataclass(frozen=True, slots=True, eq=False)
class Gate:
    """Refusal codes over `keys`, flat in C order; marks: the weakest of what was looked up, status above evidence."""

    keys: tuple[str, ...]
    sizes: tuple[int, ...]
    refusal: IntArray
    marks: IntArray

    def places(self, codes: Mapping[str, IntArray], rows: int) -> IntArray:
        """Flat place of each row. codes: number of the level per key, shape (rows,)."""
        return places(self.keys, self.sizes, codes, rows)


def closed(edition: Edition, scheme: Scheme) -> int:
    """Refusal code where the month lies before the scheme's first entries, or a table of it has ended; else 0."""
    return edition.keep("closed", scheme.name, lambda: _closed(edition, scheme))


def _closed(edition: Edition, scheme: Scheme) -> int:
    national = [*(relativity.table for relativity in scheme.relativities), *([scheme.limits] if scheme.limits else [])]
    if scheme.product is not None:
        national += scheme.product.national()
    if any(edition.starts_later(table) for table in (scheme.base_rate, *national)):
        return CODE["month_before_first_entry"]
    lacking = any(isinstance(edition.number_of(table, NATION), str) for table in national)
    lacking |= scheme.product is None and scheme.name not in edition.nodes(PAYERS)
    return CODE["rate_not_known"] if lacking else 0


def first_of(shape: tuple[int, ...], refusals: Sequence[tuple[object, str]]) -> IntArray:
    """The code of the first condition that holds, in the order given. Conditions broadcast to `shape`."""
    codes = np.zeros(shape, dtype=np.int64)
    for condition, code in reversed(refusals):
        codes[np.broadcast_to(np.asarray(condition, dtype=bool), shape)] = CODE[code]
    return codes


def built(keys: tuple[str, ...], refusal: IntArray, rests_on: Sequence[IntArray], edition: Edition) -> Gate:
    """A gate from its codes and the entries it rests on, all of one shape. [axes: keys]"""
    marks = np.zeros((2, *refusal.shape), dtype=np.int64)
    for entries in rests_on:
        np.maximum(marks, edition.marks[:, entries], out=marks)
    return Gate(keys, refusal.shape, refusal.reshape(-1), marks.reshape(2, -1))


def by_region(edition: Edition, table: str) -> tuple[IntArray, IntArray]:
    """Values and entries of a table per region number, shape (regions,)."""
    grid = edition.grid(table)
    if grid.keys == ("region",):
        return grid.values, grid.entries
    ones = np.ones(len(edition.regions) + 1, dtype=np.int64)
    ones[0] = 0
    return np.where(ones, grid.values[0], MISSING), np.where(ones, grid.entries[0], MISSING)
