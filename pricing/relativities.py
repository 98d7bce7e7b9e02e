"""Compiled tables: levels as flat arrays, continuous curves as knots. Read-only once built."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from pricing.rate_table import Curve
from pricing.units import PPM, IntArray

_FEW_ROWS = 1_000


@dataclass(frozen=True, slots=True)
class Grid:
    """Values of a table over the product of its keys, flat in C order; `entries` names the entry of each value, `entry`
    the one that all values share, if they do.
    """

    keys: tuple[str, ...]
    sizes: tuple[int, ...]
    values: IntArray
    entries: IntArray
    entry: int | None

    @classmethod
    def of(cls, keys: tuple[str, ...], values: IntArray, entries: IntArray) -> Grid:
        """A grid from arrays with one axis per key."""
        flat = (np.ascontiguousarray(values).reshape(-1), np.ascontiguousarray(entries).reshape(-1))
        for array in flat:
            array.setflags(write=False)
        same = int(flat[1][0]) if (flat[1] == flat[1][0]).all() else None
        return cls(keys, values.shape, *flat, same)

    def places(self, codes: Mapping[str, IntArray], rows: int) -> IntArray:
        """Flat place of each row. codes: number of the level per key, shape (rows,)."""
        return places(self.keys, self.sizes, codes, rows)

    def entry_at(self, place: IntArray) -> IntArray | int:
        """Number of the entry at each place, a single number where all share one."""
        return self.entries.take(place) if self.entry is None else self.entry

    def only(self, key: str, level: int) -> Grid:
        """The grid at one level of a key."""
        axis = self.keys.index(key)
        values, entries = (
            np.asarray(array.reshape(self.sizes).take(level, axis=axis)) for array in (self.values, self.entries)
        )
        return Grid.of(self.keys[:axis] + self.keys[axis + 1 :], values, entries)


def places(keys: tuple[str, ...], sizes: tuple[int, ...], codes: Mapping[str, IntArray], rows: int) -> IntArray:
    """Place of each row in a flat array over keys (C order). codes: number of the level per key, shape (rows,)."""
    if not keys:
        return np.zeros(rows, dtype=np.int64)
    place = codes[keys[0]]
    for key, size in zip(keys[1:], sizes[1:], strict=True):
        place = place * size + codes[key]
    return place


@dataclass(frozen=True, slots=True, eq=False)
class CompiledCurve:
    """A continuous piecewise-linear relativity; below the first and beyond the last knot it is level.

    Within a segment y = ⌊(start + slope × x) ÷ width⌋, whose start holds the half that rounds half up. x in its
    quantity's unit, y in ppm; arrays (knots − 1,); `knots` are those between segments.
    """

    first: int
    knots: IntArray
    last: int
    start: IntArray
    slope: IntArray
    width: IntArray
    entry: int
    off_balance_ppm: int

    @classmethod
    def of(cls, curve: Curve, entry: int) -> CompiledCurve:
        """From an entry's knots; without an off-balance of its own it keeps 1."""
        x, y = np.array(curve.x, dtype=np.int64), np.array(curve.y, dtype=np.int64)
        width, slope = np.diff(x), np.diff(y)
        start = y[:-1] * width - slope * x[:-1] + (width >> 1)
        knots = x[1:-1]
        for array in (start, slope, width, knots):
            array.setflags(write=False)
        off_balance = PPM if curve.off_balance_ppm is None else curve.off_balance_ppm
        return cls(curve.x[0], knots, curve.x[-1], start, slope, width, entry, off_balance)

    def at(self, quantity: IntArray) -> IntArray:
        """The relativity at each quantity, half up. [ppm]"""
        within = np.minimum(quantity, self.last)
        if self.first > 0:
            within = np.maximum(within, self.first)
        if within.size <= _FEW_ROWS:
            segment = self.knots.searchsorted(within, side="right")
        else:
            segment = np.zeros(quantity.shape, dtype=np.int64)
            for knot in self.knots:  # for many rows counting the few knots passed is quicker than a binary search
                segment += within >= knot
        y: IntArray = (self.start.take(segment) + self.slope.take(segment) * within) // self.width.take(segment)
        return y
