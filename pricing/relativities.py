"""Compiled tables: levels as flat arrays, continuous curves as knots. Read-only once built."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from pricing.rate_table import Curve
from pricing.units import PPM, IntArray, interpolate


@dataclass(frozen=True, slots=True)
class Grid:
    """Values of a table over the product of its keys, flat in C order; `entries` names the entry of each value."""

    keys: tuple[str, ...]
    sizes: tuple[int, ...]
    values: IntArray
    entries: IntArray

    @classmethod
    def of(cls, keys: tuple[str, ...], values: IntArray, entries: IntArray) -> Grid:
        """A grid from arrays with one axis per key."""
        flat = (np.ascontiguousarray(values).reshape(-1), np.ascontiguousarray(entries).reshape(-1))
        for array in flat:
            array.setflags(write=False)
        return cls(keys, values.shape, *flat)

    def places(self, codes: Mapping[str, IntArray], rows: int) -> IntArray:
        """Flat place of each row. codes: number of the level per key, shape (rows,)."""
        return places(self.keys, self.sizes, codes, rows)

    def only(self, key: str, level: int) -> Grid:
        """The grid at one level of a key."""
        axis = self.keys.index(key)
        values, entries = (array.reshape(self.sizes).take(level, axis=axis) for array in (self.values, self.entries))
        return Grid.of(self.keys[:axis] + self.keys[axis + 1 :], values, entries)


def places(keys: tuple[str, ...], sizes: tuple[int, ...], codes: Mapping[str, IntArray], rows: int) -> IntArray:
    """Place of each row in a flat array over keys (C order). codes: number of the level per key, shape (rows,)."""
    if not keys:
        return np.zeros(rows, dtype=np.int64)
    place = codes[keys[0]]
    for key, size in zip(keys[1:], sizes[1:], strict=True):
        place = place * size + codes[key]
    return place


@dataclass(frozen=True, slots=True)
class CompiledCurve:
    """A continuous piecewise-linear relativity. x in its quantity's unit, y in ppm."""

    x: IntArray
    y: IntArray
    entry: int
    off_balance_ppm: int

    @classmethod
    def of(cls, curve: Curve, entry: int) -> CompiledCurve:
        """From an entry's knots; without an off-balance of its own it keeps 1."""
        x, y = np.array(curve.x, dtype=np.int64), np.array(curve.y, dtype=np.int64)
        x.setflags(write=False)
        y.setflags(write=False)
        return cls(x, y, entry, PPM if curve.off_balance_ppm is None else curve.off_balance_ppm)

    def at(self, quantity: IntArray) -> IntArray:
        """The relativity at each quantity. [ppm]"""
        return interpolate(quantity, self.x, self.y)
